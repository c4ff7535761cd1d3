//! What a declaration of source and lawfulness is made of, and what it still lacks (U3).

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use yuntu_terms::{DatasetId, Digest, LegalBasis, PaperId, Text, Timestamp, clause};

use crate::Period;
use crate::role::coded;

mod gap;

pub use gap::{DeclarationGap, DeclarationPart};

/// For how many days ahead a declaration may speak: after three years somebody looks again whether it is still true.
pub const DECLARATION_DAYS_MAX: i32 = 3 * 366;

coded! {
    /// Where the data of a dataset comes from.
    ///
    /// # Clause
    /// U3
    SourceKind {
        /// From the people themselves.
        Direct = "direct";
        /// From a partner, under an agreement.
        Partner = "partner";
        /// Bought, under a contract.
        Purchased = "purchased";
        /// From a public source.
        Public = "public";
        /// Computed from the enterprise's own data.
        Derived = "derived";
        /// Recorded by devices or in logs.
        Devices = "devices";
    }
}

impl SourceKind {
    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Direct => Text::new("直接向个人收集", "collected from the people themselves"),
            Self::Partner => Text::new(
                "合作方依协议提供",
                "provided by a partner under an agreement",
            ),
            Self::Purchased => Text::new("依合同购买", "bought under a contract"),
            Self::Public => Text::new("公开来源", "taken from a public source"),
            Self::Derived => Text::new(
                "由自有数据计算得出",
                "computed from the enterprise's own data",
            ),
            Self::Devices => Text::new("设备或日志记录", "recorded by devices or in logs"),
        }
    }

    /// Returns the paper without which such a source shows nothing, where there is one.
    ///
    /// # Clause
    /// U3
    #[must_use]
    pub const fn asks(self) -> Option<EvidenceKind> {
        match self {
            Self::Partner => Some(EvidenceKind::Agreement),
            Self::Purchased => Some(EvidenceKind::Contract),
            Self::Public => Some(EvidenceKind::Publication),
            Self::Direct | Self::Derived | Self::Devices => None,
        }
    }

    /// Says whether the people were there to be told: what was public, or is computed, was not collected from them.
    #[must_use]
    pub const fn is_from_people(self) -> bool {
        match self {
            Self::Direct | Self::Partner | Self::Purchased | Self::Devices => true,
            Self::Public | Self::Derived => false,
        }
    }
}

coded! {
    /// What a paper shows.
    ///
    /// # Clause
    /// U3
    EvidenceKind {
        /// The notice as people were shown it.
        Notice = "notice";
        /// How consent was asked and given.
        ConsentForm = "consent_form";
        /// The agreement with a partner.
        Agreement = "agreement";
        /// The contract of a purchase.
        Contract = "contract";
        /// Where and how it was public.
        Publication = "publication";
        /// Something else.
        Other = "other";
    }
}

impl EvidenceKind {
    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Notice => Text::new("告知文本", "notice shown to people"),
            Self::ConsentForm => Text::new("同意书或同意页面", "form or page of consent"),
            Self::Agreement => Text::new("合作协议", "agreement with a partner"),
            Self::Contract => Text::new("采购合同", "contract of purchase"),
            Self::Publication => Text::new("公开来源证明", "proof of a public source"),
            Self::Other => Text::new("其他证明", "other proof"),
        }
    }
}

coded! {
    /// What a representative confirms; she ticks each.
    ///
    /// # Clause
    /// U3
    Confirms {
        /// The source is lawful.
        SourceLawful = "source_lawful";
        /// Consent or another ground covers it.
        ConsentCovers = "consent_covers";
        /// She may bind the enterprise.
        MayBind = "may_bind";
    }
}

impl Confirms {
    /// Returns what is confirmed, word for word as it becomes part of the version.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::SourceLawful => Text::new(
                "本说明属实，数据的来源与收集方式合法",
                "What is declared here is true, and the data was obtained and collected lawfully",
            ),
            Self::ConsentCovers => Text::new(
                "数据所涉个人对所声明的处理已给予同意，或存在本说明所列的其他合法性基础",
                "The people in the data consented to what is declared, or another ground named here covers it",
            ),
            Self::MayBind => Text::new(
                "我持有有效的授权函件，有权代表企业作出本确认",
                "I hold a letter of authorisation in force and may confirm this for the enterprise",
            ),
        }
    }
}

/// A paper that a declaration rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The paper.
    pub paper: PaperId,
    /// What it shows.
    pub kind: EvidenceKind,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// When the data was collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collected {
    /// From when.
    pub from: Timestamp,
    /// Until when (exclusive); nothing while it goes on.
    pub until: Option<Timestamp>,
}

/// What a declaration says, apart from whom to ask: a draft may lack any of it.
///
/// # Clause
/// U3
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// The kind of source.
    pub kind: Option<SourceKind>,
    /// How the data was collected.
    pub collected_how: String,
    /// When it was collected.
    pub collected: Option<Collected>,
    /// The grounds it claims.
    pub bases: Vec<LegalBasis>,
    /// The notice that people were shown.
    pub notice: Option<String>,
    /// The period it speaks for.
    pub period: Option<Period>,
    /// The papers it rests on.
    pub evidence: Vec<Evidence>,
    /// What the representative confirmed.
    pub confirms: Vec<Confirms>,
}

/// What must be known around a declaration to say what it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclarationAbout {
    /// Whether the rows of the dataset are about persons.
    pub about_persons: bool,
    /// Whether somebody is named whom to ask.
    pub has_contact: bool,
    /// The moment.
    pub now: Timestamp,
}

impl Declared {
    /// Lists what the declaration lacks, in the order of its parts; one that lacks nothing takes its dataset out of
    /// quarantine.
    ///
    /// Data about no person needs no ground, no notice and no proof, unless it came from somebody else.
    ///
    /// # Clause
    /// U3
    #[must_use]
    pub fn lacks(&self, about: DeclarationAbout) -> Vec<DeclarationGap> {
        clause::hit!(U3);
        let persons = about.about_persons;
        let needs = |gap: DeclarationGap, there: bool| (!there).then_some(gap);
        let mut gaps = vec![
            needs(DeclarationGap::SourceKind, self.kind.is_some()),
            needs(
                DeclarationGap::CollectedHow,
                !self.collected_how.trim().is_empty(),
            ),
            self.collected_gap(about.now),
            needs(DeclarationGap::Bases, !persons || !self.bases.is_empty()),
            needs(DeclarationGap::Contact, about.has_contact),
            self.period_gap(about.now),
        ];
        gaps.extend(self.lacks_proof(persons).into_iter().map(Some));
        gaps.extend(self.unconfirmed(persons).map(Some));
        gaps.into_iter().flatten().collect()
    }

    /// Lists what is missing of the notice and of the papers; asked again when one of them is taken back.
    ///
    /// # Clause
    /// U3
    #[must_use]
    pub fn lacks_proof(&self, about_persons: bool) -> Vec<DeclarationGap> {
        let has = |kind| self.evidence.iter().any(|it| it.kind == kind);
        let written = self.notice.as_ref().is_some_and(|it| !it.trim().is_empty());
        let told = written || has(EvidenceKind::Notice);
        let from_people = self.kind.is_none_or(SourceKind::is_from_people);
        let mut gaps = Vec::new();
        if about_persons && from_people && !told {
            gaps.push(DeclarationGap::Notice);
        }
        match self.kind.and_then(SourceKind::asks) {
            Some(kind) if !has(kind) => gaps.push(DeclarationGap::of_missing(kind)),
            None if about_persons && self.evidence.is_empty() => {
                gaps.push(DeclarationGap::Evidence);
            }
            Some(_) | None => {}
        }
        gaps
    }

    fn unconfirmed(&self, about_persons: bool) -> impl Iterator<Item = DeclarationGap> + '_ {
        Confirms::asked(about_persons)
            .filter(|it| !self.confirms.contains(it))
            .map(DeclarationGap::of_unconfirmed)
    }

    fn collected_gap(&self, now: Timestamp) -> Option<DeclarationGap> {
        let Some(collected) = self.collected else {
            return Some(DeclarationGap::Collected);
        };
        let ended = collected.until.is_some_and(|until| until <= collected.from);
        if ended {
            Some(DeclarationGap::CollectedOrder)
        } else if collected.from > now {
            Some(DeclarationGap::CollectedAhead)
        } else {
            None
        }
    }

    fn period_gap(&self, now: Timestamp) -> Option<DeclarationGap> {
        let Some(period) = self.period else {
            return Some(DeclarationGap::Period);
        };
        if period.until <= period.from {
            Some(DeclarationGap::PeriodOrder)
        } else if period.until <= now {
            Some(DeclarationGap::PeriodOver)
        } else if period.until > now.plus_days(DECLARATION_DAYS_MAX) {
            Some(DeclarationGap::PeriodLong)
        } else {
            None
        }
    }

    /// Lists the parts that say something else than another version.
    #[must_use]
    pub fn differs(&self, other: &Self) -> Vec<DeclarationPart> {
        let parts = [
            (DeclarationPart::SourceKind, self.kind != other.kind),
            (
                DeclarationPart::CollectedHow,
                self.collected_how != other.collected_how,
            ),
            (
                DeclarationPart::Collected,
                self.collected != other.collected,
            ),
            (DeclarationPart::Bases, self.bases != other.bases),
            (DeclarationPart::Notice, self.notice != other.notice),
            (DeclarationPart::Period, self.period != other.period),
            (DeclarationPart::Evidence, self.evidence != other.evidence),
            (DeclarationPart::Confirms, self.confirms != other.confirms),
        ];
        let changed = parts.into_iter().filter(|(_, differs)| *differs);
        changed.map(|(part, _)| part).collect()
    }

    /// Returns what was confirmed, word for word in both languages, a line each.
    #[must_use]
    pub fn confirmed_text(&self) -> String {
        let lines = self.confirms.iter().map(|it| {
            let Text { zh, en } = it.text();
            format!("{zh} / {en}\n")
        });
        lines.collect()
    }

    /// Returns the digest of a version, which its ledger entry names: of everything it says with the confirmed text, and not
    /// of whom to ask, which would be found by trying.
    ///
    /// # Clause
    /// U3, R23
    #[must_use]
    pub fn digest(&self, dataset: DatasetId, version: u64, confirmed: &str) -> Option<Digest> {
        // The fields of a struct are written in the order of its declaration, so that equal versions have equal bytes.
        let written = serde_json::to_vec(&(dataset, version, self, confirmed)).ok()?;
        let mut hash = Sha256::new();
        hash.update(b"yuntu.declaration.v1\n");
        hash.update(&written);
        Some(Digest::new(hash.finalize().into()))
    }
}

impl Confirms {
    /// Lists what must be confirmed of a dataset.
    pub fn asked(about_persons: bool) -> impl Iterator<Item = Self> {
        let asked = move |it: &Self| about_persons || *it != Self::ConsentCovers;
        Self::ALL.iter().copied().filter(asked)
    }
}

#[cfg(test)]
mod tests;
