use serde::{Deserialize, Serialize};

use crate::Text;

/// The state of one consent record, as in DPV 2.3.
///
/// # Clause
/// U4
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentStatus {
    /// Nothing is known about consent.
    Unknown,
    /// The person was asked and has not answered.
    Requested,
    /// The person put the answer off.
    Deferred,
    /// The person said no.
    Refused,
    /// The person said yes.
    Given,
    /// The person said yes again, to the same or a newer notice.
    Renewed,
    /// The consent was valid for a time that is over.
    Expired,
    /// The person took the consent back.
    Withdrawn,
    /// Somebody other than the person ended the consent.
    Revoked,
    /// The consent turned out never to have been valid.
    Invalidated,
}

impl ConsentStatus {
    /// Every status, in the order of the declaration.
    pub const ALL: [Self; 10] = [
        Self::Unknown,
        Self::Requested,
        Self::Deferred,
        Self::Refused,
        Self::Given,
        Self::Renewed,
        Self::Expired,
        Self::Withdrawn,
        Self::Revoked,
        Self::Invalidated,
    ];

    /// Says whether the status permits processing while the record is inside its validity.
    #[must_use]
    pub const fn permits(self) -> bool {
        match self {
            Self::Given | Self::Renewed => true,
            Self::Unknown
            | Self::Requested
            | Self::Deferred
            | Self::Refused
            | Self::Expired
            | Self::Withdrawn
            | Self::Revoked
            | Self::Invalidated => false,
        }
    }

    /// Returns the stable code used in files, APIs and the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Requested => "requested",
            Self::Deferred => "deferred",
            Self::Refused => "refused",
            Self::Given => "given",
            Self::Renewed => "renewed",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Revoked => "revoked",
            Self::Invalidated => "invalidated",
        }
    }

    /// Finds the status with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

/// How a consent was expressed; the law asks for different kinds in different cases.
///
/// The order is the order of strength: a stronger kind serves where a weaker one is asked for.
///
/// # Clause
/// U4
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// An unambiguous act (PIPL 14).
    Expressed,
    /// An explicit statement (明示同意).
    Explicit,
    /// Given apart from everything else (单独同意, PIPL 23, 25, 29, 39).
    Separate,
}

/// The seven grounds of PIPL 13 on which personal data may be processed.
///
/// # Clause
/// R7
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalBasis {
    /// The person's consent (PIPL 13(1)).
    Consent,
    /// Needed to conclude or perform a contract with the person, or for lawful staff management (13(2)).
    Contract,
    /// Needed for a statutory duty or power (13(3)).
    LegalDuty,
    /// Public-health emergency, or life, health and property in an emergency (13(4)).
    Emergency,
    /// News and supervision by public opinion in the public interest, within reason (13(5)).
    PublicInterestNews,
    /// Data the person published, or that is lawfully public, within reason (13(6)).
    LawfullyPublic,
    /// Another case in a law or administrative regulation (13(7)).
    OtherLaw,
}

impl LegalBasis {
    /// Every basis, in the order of the law.
    pub const ALL: [Self; 7] = [
        Self::Consent,
        Self::Contract,
        Self::LegalDuty,
        Self::Emergency,
        Self::PublicInterestNews,
        Self::LawfullyPublic,
        Self::OtherLaw,
    ];

    /// Returns the stable code used in files, APIs and the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Contract => "contract",
            Self::LegalDuty => "legal_duty",
            Self::Emergency => "emergency",
            Self::PublicInterestNews => "public_interest_news",
            Self::LawfullyPublic => "lawfully_public",
            Self::OtherLaw => "other_law",
        }
    }

    /// Finds the basis with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|basis| basis.code() == code)
    }

    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Consent => Text::new("个人同意", "consent of the person"),
            Self::Contract => Text::new(
                "订立、履行合同所必需，或依法实施的人力资源管理",
                "needed for a contract with the person, or for lawful staff management",
            ),
            Self::LegalDuty => Text::new(
                "履行法定职责或者法定义务所必需",
                "needed for a statutory duty or power",
            ),
            Self::Emergency => Text::new(
                "应对突发公共卫生事件，或紧急情况下保护生命健康和财产",
                "a public-health emergency, or life, health or property in an emergency",
            ),
            Self::PublicInterestNews => Text::new(
                "为公共利益实施新闻报道、舆论监督",
                "news and public scrutiny in the public interest",
            ),
            Self::LawfullyPublic => Text::new(
                "个人自行公开或者其他已经合法公开的信息",
                "data that the person published, or that is lawfully public",
            ),
            Self::OtherLaw => Text::new(
                "法律、行政法规规定的其他情形",
                "another case in a law or administrative regulation",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_given_and_renewed_permit() {
        let permitting: Vec<_> = ConsentStatus::ALL
            .into_iter()
            .filter(|s| s.permits())
            .collect();
        assert_eq!(permitting, [ConsentStatus::Given, ConsentStatus::Renewed]);
    }

    #[test]
    fn codes_are_what_serde_writes() {
        for status in ConsentStatus::ALL {
            assert_eq!(serde_json::json!(status), status.code());
            assert_eq!(ConsentStatus::from_code(status.code()), Some(status));
        }
        for basis in LegalBasis::ALL {
            assert_eq!(serde_json::json!(basis), basis.code());
            assert_eq!(LegalBasis::from_code(basis.code()), Some(basis));
        }
    }
}
