use serde::{Deserialize, Serialize};

use crate::SubjectSet;

/// Why a subject is not admitted: the first reason in the order of the funnel.
///
/// # Clause
/// U4
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// In no dataset with a declaration of source and lawfulness (U3).
    Undeclared,
    /// In no dataset that is active (U5).
    Inactive,
    /// Erased.
    Erased,
    /// Restricted at the person's request.
    Restricted,
    /// A minor without guardian consent.
    Minor,
    /// Said no, where a ground other than consent leaves room for that: what is public is not used against the person's
    /// refusal (PIPL 27), and marketing is not done against it (PIPL 24).
    Objected,
    /// No consent in force for the purpose.
    Purpose,
    /// Consent for the purpose, but not for the operation.
    Operation,
    /// Consent for the operation, but not towards this recipient.
    Recipient,
    /// Consent that was not expressed as strongly as the operation or the data asks.
    Kind,
}

impl Exclusion {
    /// Every reason, in the order of the funnel.
    pub const ALL: [Self; 10] = [
        Self::Undeclared,
        Self::Inactive,
        Self::Erased,
        Self::Restricted,
        Self::Minor,
        Self::Objected,
        Self::Purpose,
        Self::Operation,
        Self::Recipient,
        Self::Kind,
    ];

    /// Returns the stable code used in files and APIs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Undeclared => "undeclared",
            Self::Inactive => "inactive",
            Self::Erased => "erased",
            Self::Restricted => "restricted",
            Self::Minor => "minor",
            Self::Objected => "objected",
            Self::Purpose => "purpose",
            Self::Operation => "operation",
            Self::Recipient => "recipient",
            Self::Kind => "kind",
        }
    }

    /// Says whether asking the person could change the answer.
    #[must_use]
    pub const fn is_for_want_of_consent(self) -> bool {
        matches!(
            self,
            Self::Objected | Self::Purpose | Self::Operation | Self::Recipient | Self::Kind
        )
    }
}

/// How many subjects were uploaded, how many each reason excluded, how many are admitted.
///
/// # Units
/// Distinct subjects; `uploaded` is the sum of all the others.
/// # Clause
/// U4
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Funnel {
    /// All subjects with a row.
    pub uploaded: u64,
    /// Excluded as [`Exclusion::Undeclared`].
    pub undeclared: u64,
    /// Excluded as [`Exclusion::Inactive`].
    pub inactive: u64,
    /// Excluded as [`Exclusion::Erased`].
    pub erased: u64,
    /// Excluded as [`Exclusion::Restricted`].
    pub restricted: u64,
    /// Excluded as [`Exclusion::Minor`].
    pub minor: u64,
    /// Excluded as [`Exclusion::Objected`]; written only where somebody is, as nobody can be on the ground of consent.
    #[serde(default, skip_serializing_if = "is_nobody")]
    pub objected: u64,
    /// Excluded as [`Exclusion::Purpose`].
    pub purpose: u64,
    /// Excluded as [`Exclusion::Operation`].
    pub operation: u64,
    /// Excluded as [`Exclusion::Recipient`].
    pub recipient: u64,
    /// Excluded as [`Exclusion::Kind`].
    pub kind: u64,
    /// Admitted.
    pub admitted: u64,
}

impl Funnel {
    /// Returns how many subjects one reason excluded.
    #[must_use]
    pub const fn excluded(&self, exclusion: Exclusion) -> u64 {
        match exclusion {
            Exclusion::Undeclared => self.undeclared,
            Exclusion::Inactive => self.inactive,
            Exclusion::Erased => self.erased,
            Exclusion::Restricted => self.restricted,
            Exclusion::Minor => self.minor,
            Exclusion::Objected => self.objected,
            Exclusion::Purpose => self.purpose,
            Exclusion::Operation => self.operation,
            Exclusion::Recipient => self.recipient,
            Exclusion::Kind => self.kind,
        }
    }

    /// Lists how many are left after each reason, in the order of the funnel.
    pub fn steps(&self) -> impl Iterator<Item = (Exclusion, u64)> + '_ {
        let mut left = self.uploaded;
        Exclusion::ALL.into_iter().map(move |exclusion| {
            left = left.saturating_sub(self.excluded(exclusion));
            (exclusion, left)
        })
    }

    /// Says whether the admitted and the excluded make up the uploaded.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let excluded: u64 = Exclusion::ALL.into_iter().map(|e| self.excluded(e)).sum();
        self.uploaded == excluded + self.admitted
    }

    pub(crate) fn count(&mut self, verdict: Option<Exclusion>, subjects: u64) {
        let counter = match verdict {
            Some(Exclusion::Undeclared) => &mut self.undeclared,
            Some(Exclusion::Inactive) => &mut self.inactive,
            Some(Exclusion::Erased) => &mut self.erased,
            Some(Exclusion::Restricted) => &mut self.restricted,
            Some(Exclusion::Minor) => &mut self.minor,
            Some(Exclusion::Objected) => &mut self.objected,
            Some(Exclusion::Purpose) => &mut self.purpose,
            Some(Exclusion::Operation) => &mut self.operation,
            Some(Exclusion::Recipient) => &mut self.recipient,
            Some(Exclusion::Kind) => &mut self.kind,
            None => &mut self.admitted,
        };
        *counter += subjects;
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the serialiser passes the field by reference"
)]
const fn is_nobody(people: &u64) -> bool {
    *people == 0
}

/// The subjects a funnel starts from; each set narrows the one before.
#[derive(Debug, Clone, Copy)]
pub struct FunnelBase<'a> {
    /// All subjects with a row.
    pub uploaded: &'a SubjectSet,
    /// Those with a row in a declared dataset.
    pub declared: &'a SubjectSet,
    /// Those with a row in a declared dataset that is active.
    pub active: &'a SubjectSet,
}

impl<'a> FunnelBase<'a> {
    /// Starts from datasets that are all declared and active.
    #[must_use]
    pub const fn active(subjects: &'a SubjectSet) -> Self {
        Self {
            uploaded: subjects,
            declared: subjects,
            active: subjects,
        }
    }
}

/// The answer to: what if these subjects were asked for under another question?
///
/// # Clause
/// U4
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// Those who would be admitted at once.
    pub admitted: SubjectSet,
    /// Those who lack consent and have not said no: they may be asked.
    pub to_ask: SubjectSet,
    /// Those who said no, or took their consent back: they are not asked again.
    pub declined: SubjectSet,
    /// Those whom no consent would admit: erased, restricted, minors, and numbers nobody has.
    pub barred: SubjectSet,
}
