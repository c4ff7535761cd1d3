pub(crate) mod file;
pub(crate) mod key_file;
pub(crate) mod pkcs11;

use std::fmt;

use yuntu_terms::Entropy;

use crate::{ProviderError, RootKey};

/// The random name of a key encryption key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KekId([u8; 16]);

impl KekId {
    /// The length of the name in stored forms.
    pub const LEN: usize = 16;

    /// Wraps the name.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the name.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Holds the key encryption keys that wrap the platform's key: a sealed file, or a hardware module.
///
/// Calls may block for a while; the vault makes them off the async workers.
///
/// # Clause
/// R22
pub trait KeyProvider: Send + Sync + fmt::Debug {
    /// Returns the key encryption key that wraps from now on.
    fn current(&self) -> KekId;

    /// Wraps a key under the current key encryption key, bound to the associated data, and says which one that was.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider does not answer.
    fn wrap(
        &self,
        entropy: &dyn Entropy,
        associated: &[u8],
        key: &RootKey,
    ) -> Result<(KekId, Vec<u8>), ProviderError>;

    /// Unwraps a key that the named key encryption key wrapped.
    ///
    /// # Errors
    /// [`ProviderError::UnknownKek`] when the provider does not hold it, [`ProviderError::Unreadable`] when the
    /// bytes were changed or bound to something else.
    fn unwrap(
        &self,
        kek: KekId,
        associated: &[u8],
        wrapped: &[u8],
    ) -> Result<RootKey, ProviderError>;
}
