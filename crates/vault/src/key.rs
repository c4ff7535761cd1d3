use std::fmt;

use yuntu_terms::{Entropy, EntropyFailure, Pii};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::Suite;

/// 32 secret bytes from which the keys of one scope and version are derived; wiped when dropped, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RootKey([u8; 32]);

impl RootKey {
    /// Takes the bytes of a key.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Draws a new key.
    ///
    /// # Errors
    /// [`EntropyFailure`] when there is no randomness.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyFailure> {
        let mut key = Self([0; 32]);
        entropy.fill(&mut key.0)?;
        Ok(key)
    }

    /// Takes a key from a slice of exactly 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Self([0; 32]);
        if bytes.len() != key.0.len() {
            return None;
        }
        key.0.copy_from_slice(bytes);
        Some(key)
    }

    /// Lends the bytes; only a key provider needs them.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey([redacted])")
    }
}

/// A 32-byte key for encrypting a file, with the version of the scope's key that it comes from.
///
/// The file's manifest keeps the version, so that the same key is found after a rotation.
///
/// # Clause
/// R22
pub struct DataKey {
    bytes: Zeroizing<[u8; 32]>,
    version: u32,
    suite: Suite,
}

impl DataKey {
    pub(crate) const fn new(bytes: Zeroizing<[u8; 32]>, version: u32, suite: Suite) -> Self {
        Self {
            bytes,
            version,
            suite,
        }
    }

    /// Lends the bytes to a cipher.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Returns the version of the scope's key, to be kept beside the file.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Returns the suite that derived the key.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey")
            .field("version", &self.version)
            .field("suite", &self.suite)
            .finish_non_exhaustive()
    }
}

/// An unsealed value; wiped when dropped, never printed.
pub struct Plain(Zeroizing<Vec<u8>>);

impl Plain {
    pub(crate) const fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Lends the bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Puts the value under the protection of personal data.
    #[must_use]
    pub fn into_pii(mut self) -> Pii<Vec<u8>> {
        Pii::new(std::mem::take(&mut *self.0))
    }

    /// Puts a text under the protection of personal data, or nothing when it is not UTF-8.
    #[must_use]
    pub fn into_pii_text(mut self) -> Option<Pii<String>> {
        match String::from_utf8(std::mem::take(&mut *self.0)) {
            Ok(text) => Some(Pii::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                None
            }
        }
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain([redacted])")
    }
}
