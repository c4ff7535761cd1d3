use std::error::Error;

use yuntu_terms::{EntropyFailure, ErrorKind};

/// Why the vault did not do what was asked; it never carries a key, a value or personal data.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key of the scope, or of a scope above it, was destroyed; what it sealed cannot be read again.
    #[error("the key of this scope was destroyed")]
    Destroyed,
    /// The shelf holds no key of this scope and version.
    #[error("there is no key of this scope and version")]
    NoKey,
    /// The value was changed, or sealed for another scope, table, row or column.
    #[error("the sealed value does not belong here or was changed")]
    Unreadable,
    /// The bytes are not a sealed value.
    #[error("not a sealed value: too short or of an unknown format")]
    Malformed,
    /// The value is longer than [`PLAIN_LEN_MAX`](crate::PLAIN_LEN_MAX).
    #[error("the value is too long to be sealed in one piece")]
    TooLong,
    /// A handle outlived its lease; asking the vault for a new one checks that the key still exists.
    #[error("the lease on the key has ended")]
    LeaseEnded,
    /// A wrapped key does not open under the key above it, or a version between is missing.
    #[error("a wrapped key is missing, damaged or from another vault")]
    WrappedKeyDamaged,
    /// The shelf holds keys below the platform's but not the platform's own.
    #[error("the shelf has lost the platform key although keys below it exist")]
    PlatformKeyMissing,
    /// No randomness, so nothing is sealed.
    #[error(transparent)]
    Entropy(#[from] EntropyFailure),
    /// The shelf failed.
    #[error("the key shelf failed")]
    Shelf(#[from] ShelfError),
    /// The key provider failed.
    #[error("the key provider failed")]
    Provider(#[from] ProviderError),
    /// A primitive refused its input; a fault of ours.
    #[error("a cryptographic primitive refused its input")]
    Primitive,
}

impl VaultError {
    /// Says what the error means to a caller.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Destroyed | Self::NoKey => ErrorKind::NotFound,
            Self::Malformed | Self::TooLong => ErrorKind::Invalid,
            Self::LeaseEnded | Self::Entropy(_) | Self::Shelf(ShelfError::Unavailable(_)) => {
                ErrorKind::Unavailable
            }
            Self::Provider(error) => error.kind(),
            Self::Unreadable
            | Self::WrappedKeyDamaged
            | Self::PlatformKeyMissing
            | Self::Shelf(ShelfError::Damaged)
            | Self::Primitive => ErrorKind::Internal,
        }
    }
}

/// Why the shelf did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// The storage below does not answer; trying again may help.
    #[error("the storage of the key shelf does not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// What lies on the shelf is not what a shelf writes.
    #[error("an entry of the key shelf is truncated or damaged")]
    Damaged,
}

impl ShelfError {
    /// Wraps a failure of the storage below.
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }
}

/// Why a key provider did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The passphrase, the credential or the PIN is not the right one.
    #[error("the passphrase, credential or PIN does not open the key encryption key")]
    WrongSecret,
    /// The key file is cut short, changed or of an unknown format.
    #[error("the key file is truncated, damaged or of an unknown format")]
    KeyFileDamaged,
    /// The key file asks for derivation costs outside the accepted range.
    #[error("the key file names derivation costs outside the accepted range")]
    Costs,
    /// Others than the owner may read the file.
    #[error("the key or credential file is open to others than its owner: set its mode to 0600")]
    OpenPermissions,
    /// A credential is not exactly 32 bytes.
    #[error("the credential file does not hold exactly 32 bytes")]
    CredentialLength,
    /// A passphrase is shorter than accepted.
    #[error("the passphrase is shorter than 15 characters")]
    PassphraseTooShort,
    /// The key file, or the key on the token, that was to be made is there already.
    #[error("the key file, or the key on the token, exists already")]
    Exists,
    /// The wrapped key names a key encryption key that this provider does not hold.
    #[error("the key was wrapped by a key encryption key that this provider does not hold")]
    UnknownKek,
    /// The wrapped key was changed, or is bound to something else.
    #[error("the wrapped key is damaged or bound to another scope")]
    Unreadable,
    /// The token or the key on it is not there, or is not what is needed.
    #[error("the hardware module has no such token or no usable key: {0}")]
    Token(&'static str),
    /// A file could not be read or written.
    #[error("the key file cannot be read or written")]
    Io(#[from] std::io::Error),
    /// The hardware module failed.
    #[error("the hardware module failed")]
    Module(#[source] Box<dyn Error + Send + Sync>),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyFailure),
    /// A primitive refused its input; a fault of ours.
    #[error("a cryptographic primitive refused its input")]
    Primitive,
}

impl ProviderError {
    /// Says what the error means to a caller.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Exists => ErrorKind::Conflict,
            Self::WrongSecret
            | Self::KeyFileDamaged
            | Self::Costs
            | Self::OpenPermissions
            | Self::CredentialLength
            | Self::PassphraseTooShort
            | Self::Token(_) => ErrorKind::Invalid,
            Self::Io(_) | Self::Module(_) | Self::Entropy(_) => ErrorKind::Unavailable,
            Self::UnknownKek | Self::Unreadable | Self::Primitive => ErrorKind::Internal,
        }
    }
}
