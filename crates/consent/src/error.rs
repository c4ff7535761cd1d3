use yuntu_terms::ErrorKind;

/// Why the index did not take an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// The number of the event is not above the last one applied; the index is unchanged.
    #[error("event {seq} is not newer than {version}, the last one applied")]
    NotNewer {
        /// The number of the event.
        seq: u64,
        /// The last number applied.
        version: u64,
    },
    /// The enterprise uses more combinations of purpose, operation and recipient than the index can number.
    #[error("more than 65536 combinations of purpose, operation and recipient")]
    TooManyKeys,
}

impl ConsentError {
    /// Says what the error means to a caller.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NotNewer { .. } => ErrorKind::Conflict,
            Self::TooManyKeys => ErrorKind::Invalid,
        }
    }
}
