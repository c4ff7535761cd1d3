use serde::{Deserialize, Serialize};
use yuntu_terms::{
    ConsentKind, ConsentRecordId, ConsentStatus, Digest, ImportId, Operation, Purpose, Recipient,
    SubjectId, Timestamp,
};

/// One statement about one person's consent, as in ISO/IEC TS 27560; never changed once written.
///
/// # Clause
/// U4
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentRecord {
    /// The record.
    pub id: ConsentRecordId,
    /// The person it is about.
    pub subject: SubjectId,
    /// The purpose; a permitting record covers the purposes below it too.
    pub purpose: Purpose,
    /// What may be done with the data.
    pub operation: Operation,
    /// Who receives the result.
    pub recipient: Recipient,
    /// How the consent was expressed.
    pub kind: ConsentKind,
    /// What the record says.
    pub status: ConsentStatus,
    /// When it takes effect.
    pub from: Timestamp,
    /// When a permitting record stops being valid (exclusive); a negative one has no end.
    pub until: Option<Timestamp>,
    /// When the person's act was recorded at its source.
    pub recorded: Timestamp,
    /// Where the record came from.
    pub source: ConsentSource,
    /// The digest of the proof, where there is one.
    pub evidence: Option<Digest>,
}

/// Where a consent record came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentSource {
    /// A column of an imported file.
    Import(ImportId),
    /// The enterprise's system, by the API.
    Api,
    /// A representative of the enterprise, in the console.
    Console,
    /// A request of the person that the enterprise passed on.
    Request,
    /// The platform itself, such as a sweep over expired consents.
    Platform,
}

/// A change to what may be done with one person's data; the log of these is the truth from which the index comes.
///
/// # Clause
/// U4, R26, R29
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SubjectEvent {
    /// A consent record.
    Consent(ConsentRecord),
    /// Processing of the person's data is suspended.
    Restricted {
        /// The person.
        subject: SubjectId,
        /// When it was recorded.
        recorded: Timestamp,
    },
    /// The suspension is lifted.
    Unrestricted {
        /// The person.
        subject: SubjectId,
        /// When it was recorded.
        recorded: Timestamp,
    },
    /// The person's data is erased; nothing that follows for this number has an effect.
    Erased {
        /// The person.
        subject: SubjectId,
        /// When it was recorded.
        recorded: Timestamp,
    },
    /// The person is a minor until a moment; of several moments the latest counts.
    Minor {
        /// The person.
        subject: SubjectId,
        /// When the person comes of age.
        until: Timestamp,
        /// When it was recorded.
        recorded: Timestamp,
    },
    /// What a minor's guardian says; it lifts the bar on minors and replaces no consent.
    Guardian {
        /// The person.
        subject: SubjectId,
        /// What the guardian says.
        status: ConsentStatus,
        /// When it takes effect.
        from: Timestamp,
        /// When the guardian's consent stops being valid (exclusive).
        until: Option<Timestamp>,
        /// When it was recorded.
        recorded: Timestamp,
    },
    /// Two numbers turned out to be one person: what is said, before and after, is judged number by number and the strictest
    /// counts. It joins nothing when the person had more than 16 numbers then.
    Joined {
        /// The person.
        subject: SubjectId,
        /// The other number of the same person.
        with: SubjectId,
        /// When it was recorded.
        recorded: Timestamp,
    },
}

impl SubjectEvent {
    /// Returns the person the event is about.
    #[must_use]
    pub const fn subject(&self) -> SubjectId {
        match self {
            Self::Consent(record) => record.subject,
            Self::Restricted { subject, .. }
            | Self::Unrestricted { subject, .. }
            | Self::Erased { subject, .. }
            | Self::Minor { subject, .. }
            | Self::Guardian { subject, .. }
            | Self::Joined { subject, .. } => *subject,
        }
    }
}

/// What a status does to the consent it speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    Yes,
    No,
    Nothing,
}

impl Voice {
    pub(crate) const fn of(status: ConsentStatus) -> Self {
        match status {
            ConsentStatus::Given | ConsentStatus::Renewed => Self::Yes,
            ConsentStatus::Refused
            | ConsentStatus::Expired
            | ConsentStatus::Withdrawn
            | ConsentStatus::Revoked
            | ConsentStatus::Invalidated => Self::No,
            ConsentStatus::Unknown | ConsentStatus::Requested | ConsentStatus::Deferred => {
                Self::Nothing
            }
        }
    }
}
