use std::io;

use yuntu_terms::ErrorKind;

use crate::Flaw;

/// What can go wrong when writing to, reading from or opening a log.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another process, or another handle of this one, writes to the folder.
    #[error("the ledger folder is already open for writing elsewhere")]
    Locked,
    /// The first leaf handed in lies beyond the end of the log.
    #[error("the ledger expects entry {expected} next but was handed entry {got}")]
    Gap {
        /// The index the log would give next.
        expected: u64,
        /// The index of the first leaf handed in.
        got: u64,
    },
    /// A leaf handed in again is not the one that the log holds at this index.
    #[error("entry {index} differs from the one already in the ledger")]
    Forked {
        /// The index at which the histories part.
        index: u64,
    },
    /// The log has no entry with this index yet.
    #[error("the ledger has no entry {index}: it holds {size}")]
    NoSuchEntry {
        /// The index asked for.
        index: u64,
        /// How many entries there are.
        size: u64,
    },
    /// What lies on disk is not what was written; the log refuses to build on it.
    #[error("the ledger is damaged")]
    Damaged(#[source] Flaw),
    /// A file operation failed; nothing acknowledged is lost and the append may be tried again.
    #[error("a file operation of the ledger failed")]
    Io(#[from] io::Error),
}

impl LedgerError {
    /// Returns the kind under which callers and surfaces treat the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Locked | Self::Gap { .. } => ErrorKind::Conflict,
            Self::NoSuchEntry { .. } => ErrorKind::NotFound,
            Self::Io(_) => ErrorKind::Unavailable,
            Self::Forked { .. } | Self::Damaged(_) => ErrorKind::Internal,
        }
    }
}

/// Why an entry cannot be written as a leaf, or bytes are not a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// A number in the body is neither an `i64` nor a `u64`.
    #[error("the body holds a number that is not a whole number of 64 bits: write it as text")]
    Fraction,
    /// The body is nested more than 64 levels deep.
    #[error("the body is nested too deeply: at most 64 levels")]
    TooDeep,
    /// The leaf would not fit the format.
    #[error("the entry is too long for a leaf: at most 65535 bytes")]
    TooLong,
    /// The bytes are not an entry in canonical JSON.
    #[error("not an entry in canonical form")]
    NotCanonical,
}

/// The text is not the kind of an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an entry kind: expected lower-case words joined by full stops, such as permit.recorded"
)]
pub struct InvalidEntryKind(pub(crate) ());

/// The text is not a verifier key, or the name cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key: expected NAME+ID+KEY with an Ed25519 key whose id matches")]
pub struct InvalidKey(pub(crate) ());
