//! What the register says of a partner and of the agreement with it (R15, R16).

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use yuntu_terms::{
    ColumnClass, Digest, Operation, PaperId, PartnerId, Purpose, Region, Text, Timestamp, clause,
};

use crate::role::coded;
use crate::{AgreementFacts, AssessmentResult, CrossBorderFacts, Mechanism, PartnerFacts, Period};

mod gap;

pub use gap::{PartnerGap, PartnerPart};

/// For how many days ahead an agreement may run, and within how many days its assessment is looked at again.
pub const PARTNER_DAYS_MAX: i32 = 3 * 366;

coded! {
    /// What a partner is to the enterprise.
    ///
    /// # Clause
    /// R15, R16
    PartnerRole {
        /// It works on the data for the enterprise, as an entrusted processor (PIPL 21).
        Entrusted = "entrusted";
        /// It decides for itself what it does with the data, as another controller (PIPL 23).
        Independent = "independent";
    }
}

impl PartnerRole {
    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Entrusted => Text::new(
                "受托方：受企业委托处理（个保法第二十一条）",
                "entrusted processor: it works for the enterprise (PIPL 21)",
            ),
            Self::Independent => Text::new(
                "独立的接收方：自主决定处理目的与方式（个保法第二十三条）",
                "independent recipient: it decides purpose and means itself (PIPL 23)",
            ),
        }
    }

    /// Says whether an agreement with such a partner can cover an operation: to entrust is to have processed, and to provide
    /// is to share or to transfer.
    ///
    /// # Clause
    /// R15, R16
    #[must_use]
    pub const fn takes(self, operation: Operation) -> bool {
        match operation {
            Operation::Process => matches!(self, Self::Entrusted),
            Operation::Share | Operation::Transfer => matches!(self, Self::Independent),
            Operation::Publicise => false,
        }
    }
}

coded! {
    /// Whether an entrusted processor may entrust others in turn.
    ///
    /// # Clause
    /// R16
    SubProcessing {
        /// Never.
        Never = "never";
        /// Only those whom the enterprise agreed to first.
        AgreedFirst = "agreed_first";
    }
}

impl SubProcessing {
    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Never => Text::new("不得转委托", "it entrusts nobody else"),
            Self::AgreedFirst => Text::new(
                "事先经企业同意方可转委托",
                "it entrusts others only once the enterprise agreed",
            ),
        }
    }
}

coded! {
    /// What a paper of a partner shows.
    ///
    /// # Clause
    /// R15, R16
    PartnerPaperKind {
        /// The agreement that was signed.
        Agreement = "agreement";
        /// The report of the impact assessment (PIPL 55).
        Assessment = "assessment";
        /// What was filed or certified for sending data abroad (PIPL 38).
        CrossBorder = "cross_border";
    }
}

impl PartnerPaperKind {
    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Agreement => Text::new("签订的协议", "the signed agreement"),
            Self::Assessment => Text::new("影响评估报告", "the report of the impact assessment"),
            Self::CrossBorder => Text::new("出境机制的文件", "the paper of the way abroad"),
        }
    }
}

impl Mechanism {
    /// Returns the name in both languages.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Assessment => Text::new("数据出境安全评估", "security assessment"),
            Self::Certification => Text::new("个人信息保护认证", "certification"),
            Self::StandardContract => Text::new("个人信息出境标准合同", "standard contract"),
        }
    }
}

/// A paper that a version rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartnerPaper {
    /// The paper.
    pub paper: PaperId,
    /// What it shows.
    pub kind: PartnerPaperKind,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// The impact assessment that stands before data is entrusted or provided (PIPL 55, 56).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartnerAssessment {
    /// When it was made.
    pub made: Timestamp,
    /// When it has to be looked at again; from then on it stands for nothing.
    pub review: Timestamp,
    /// What it came to.
    pub result: AssessmentResult,
}

/// The ground on which data crosses a border to the partner (R13, PIPL 38).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BorderGround {
    /// Which mechanism.
    pub mechanism: Mechanism,
    /// The number under which it was filed, approved or certified.
    pub filing: String,
    /// The region that the data leaves.
    pub from: Region,
    /// Its period.
    pub period: Period,
}

/// What the register says of a partner and the agreement with it; anything but name and region may be missing until it
/// is put in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartnerAgreement {
    /// The name of the partner.
    pub name: String,
    /// Its unified social credit code, where it has one.
    pub credit_code: Option<String>,
    /// What it is to the enterprise.
    pub role: Option<PartnerRole>,
    /// Where it works.
    pub region: Region,
    /// The purposes; each covers the purposes below it.
    pub purposes: Vec<Purpose>,
    /// The operations.
    pub operations: Vec<Operation>,
    /// The classes of column.
    pub classes: Vec<ColumnClass>,
    /// In which way the partner gets and uses the data.
    pub manner: String,
    /// What it owes: how it protects the data, and what becomes of it at the end.
    pub obligations: String,
    /// Whether an entrusted processor may entrust others.
    pub sub_processing: Option<SubProcessing>,
    /// The period of the agreement.
    pub period: Option<Period>,
    /// The impact assessment.
    pub assessment: Option<PartnerAssessment>,
    /// The ground for sending data abroad.
    pub cross_border: Option<BorderGround>,
}

/// What is known beside a version when it is asked what it lacks.
#[derive(Debug, Clone, Copy)]
pub struct AgreementAbout<'a> {
    /// The papers of the partner.
    pub papers: &'a [PartnerPaper],
    /// Whether it is said how the partner is reached.
    pub has_contact: bool,
    /// The moment.
    pub now: Timestamp,
}

impl PartnerAgreement {
    /// Lists everything that is missing or wrong; a version that lacks nothing can be put in force.
    ///
    /// # Clause
    /// R13, R15, R16
    #[must_use]
    pub fn lacks(&self, about: AgreementAbout<'_>) -> Vec<PartnerGap> {
        clause::hit!(R15);
        let needs = |gap, holds: bool| (!holds).then_some(gap);
        let domestic = self.region == Region::CN;
        let fits = |role: PartnerRole| self.operations.iter().all(|it| role.takes(*it));
        let entrusted = self.role == Some(PartnerRole::Entrusted);
        let has = |kind| about.papers.iter().any(|it| it.kind == kind);
        let mut gaps = vec![
            needs(
                PartnerGap::CreditCode,
                !domestic || self.credit_code.is_some(),
            ),
            needs(PartnerGap::Role, self.role.is_some()),
            needs(PartnerGap::Contact, about.has_contact),
            needs(PartnerGap::Purposes, !self.purposes.is_empty()),
            needs(PartnerGap::Operations, !self.operations.is_empty()),
            needs(PartnerGap::OperationsFit, self.role.is_none_or(fits)),
            needs(PartnerGap::Classes, !self.classes.is_empty()),
            needs(PartnerGap::Manner, !self.manner.trim().is_empty()),
            needs(PartnerGap::Obligations, !self.obligations.trim().is_empty()),
            needs(
                PartnerGap::SubProcessing,
                !entrusted || self.sub_processing.is_some(),
            ),
            self.period_gap(about.now),
            needs(PartnerGap::AgreementPaper, has(PartnerPaperKind::Agreement)),
            self.assessment_gap(about.now),
            needs(
                PartnerGap::AssessmentPaper,
                has(PartnerPaperKind::Assessment),
            ),
        ];
        gaps.extend(self.border_gaps(about).map(Some));
        gaps.into_iter().flatten().collect()
    }

    fn period_gap(&self, now: Timestamp) -> Option<PartnerGap> {
        let Some(period) = self.period else {
            return Some(PartnerGap::Period);
        };
        if period.until <= period.from {
            Some(PartnerGap::PeriodOrder)
        } else if period.until <= now {
            Some(PartnerGap::PeriodOver)
        } else {
            let last = now.plus_days(PARTNER_DAYS_MAX);
            (period.until > last).then_some(PartnerGap::PeriodLong)
        }
    }

    fn assessment_gap(&self, now: Timestamp) -> Option<PartnerGap> {
        clause::hit!(R15);
        let Some(assessment) = self.assessment else {
            return Some(PartnerGap::Assessment);
        };
        if assessment.result == AssessmentResult::NotAcceptable {
            Some(PartnerGap::AssessmentResult)
        } else if assessment.made > now {
            Some(PartnerGap::AssessmentMade)
        } else {
            let last = now.plus_days(PARTNER_DAYS_MAX);
            let holds = now < assessment.review && assessment.review <= last;
            (!holds).then_some(PartnerGap::AssessmentReview)
        }
    }

    fn border_gaps(&self, about: AgreementAbout<'_>) -> impl Iterator<Item = PartnerGap> {
        clause::hit!(R13);
        let abroad = self.region != Region::CN;
        let gaps = match &self.cross_border {
            None => [abroad.then_some(PartnerGap::Border), None, None, None],
            Some(ground) => {
                let period = ground.period;
                let holds = period.from < period.until && about.now < period.until;
                let has = |it: &PartnerPaper| it.kind == PartnerPaperKind::CrossBorder;
                let paper = about.papers.iter().any(has);
                let leaves = self.region != ground.from;
                [
                    ground
                        .filing
                        .trim()
                        .is_empty()
                        .then_some(PartnerGap::BorderFiling),
                    (!holds).then_some(PartnerGap::BorderPeriod),
                    (!paper).then_some(PartnerGap::BorderPaper),
                    (!leaves).then_some(PartnerGap::BorderFrom),
                ]
            }
        };
        gaps.into_iter().flatten()
    }

    /// Returns what the policy asks of a version that lacks nothing: the agreement, the ground across a border, and until when
    /// the assessment stands.
    #[must_use]
    pub fn facts(&self) -> Option<(AgreementFacts, Option<CrossBorderFacts>, Timestamp)> {
        let agreement = AgreementFacts {
            period: self.period?,
            purposes: self.purposes.clone(),
            operations: self.operations.clone(),
            classes: self.classes.clone(),
        };
        let border = self.cross_border.as_ref().map(|ground| CrossBorderFacts {
            from: ground.from,
            to: self.region,
            mechanism: ground.mechanism,
            period: ground.period,
        });
        Some((agreement, border, self.assessment?.review))
    }

    /// Returns the digest of a version with its papers, which its ledger entry names; it says nothing of how the partner is
    /// reached, which would be found by trying.
    ///
    /// # Clause
    /// R16, R23
    #[must_use]
    pub fn digest(
        &self,
        partner: PartnerId,
        version: u64,
        papers: &[PartnerPaper],
    ) -> Option<Digest> {
        // The fields of a struct are written in the order of its declaration, so that equal versions have equal bytes.
        let written = serde_json::to_vec(&(partner, version, self, papers)).ok()?;
        let mut hash = Sha256::new();
        hash.update(b"yuntu.partner_agreement.v1\n");
        hash.update(&written);
        Some(Digest::new(hash.finalize().into()))
    }
}

impl PartnerFacts {
    /// Returns when the first thing ends on which it may receive: the agreement, the assessment or the ground across a border.
    ///
    /// # Clause
    /// R13, R15
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        let agreement = self.agreement.as_ref()?.period.until;
        let border = self.cross_border.as_ref().map(|it| it.period.until);
        let ends = border.into_iter().chain(self.assessed_until);
        Some(ends.fold(agreement, Timestamp::min))
    }
}

#[cfg(test)]
mod tests;
