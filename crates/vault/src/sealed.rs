use std::fmt;

use crate::crypto::{self, NONCE_LEN, TAG_LEN, Use};
use crate::key::{Plain, RootKey};
use crate::{KeyScope, Suite, VaultError};
use yuntu_terms::Entropy;

/// The longest value that is sealed in one piece: 64 MiB.
pub const PLAIN_LEN_MAX: usize = 64 << 20;

const FORMAT: u8 = 1;
const HEADER_LEN: usize = 6;

/// Where a sealed value lies; it opens there and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealContext<'a> {
    /// The table.
    pub table: &'a str,
    /// The key of the row.
    pub row: &'a [u8],
    /// The column.
    pub column: &'a str,
}

/// A sealed value: format, suite, key version, nonce, ciphertext and tag.
///
/// # Clause
/// R22
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    bytes: Vec<u8>,
    suite: Suite,
    version: u32,
}

impl Sealed {
    /// How many bytes sealing adds to a value.
    pub const OVERHEAD: usize = HEADER_LEN + NONCE_LEN + TAG_LEN;

    /// Reads the stored form; whether it was changed shows when it is unsealed.
    ///
    /// # Errors
    /// [`VaultError::Malformed`] when the bytes are too short or of an unknown format.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, VaultError> {
        if bytes.len() < Self::OVERHEAD {
            return Err(VaultError::Malformed);
        }
        let [FORMAT, suite, a, b, c, d, ..] = *bytes.as_slice() else {
            return Err(VaultError::Malformed);
        };
        Ok(Self {
            suite: Suite::from_code(suite).ok_or(VaultError::Malformed)?,
            version: u32::from_be_bytes([a, b, c, d]),
            bytes,
        })
    }

    /// Returns the stored form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the stored form.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Returns the version of the scope's key that sealed the value.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Returns the suite that sealed the value.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    pub(crate) fn seal(
        key: (&RootKey, Suite, u32),
        scope: KeyScope,
        context: &SealContext<'_>,
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Self, VaultError> {
        if plain.len() > PLAIN_LEN_MAX {
            return Err(VaultError::TooLong);
        }
        let (root, suite, version) = key;
        let aad = associated(suite, version, scope, context);
        let mut bytes = Vec::with_capacity(Self::OVERHEAD + plain.len());
        bytes.push(FORMAT);
        bytes.push(suite.code());
        bytes.extend_from_slice(&version.to_be_bytes());
        crypto::seal_into(root, suite, Use::Seal, (&aad, plain), entropy, &mut bytes)?;
        Ok(Self {
            bytes,
            suite,
            version,
        })
    }

    pub(crate) fn open(
        &self,
        (root, suite): (&RootKey, Suite),
        scope: KeyScope,
        context: &SealContext<'_>,
    ) -> Result<Plain, VaultError> {
        if suite != self.suite {
            return Err(VaultError::Unreadable);
        }
        let aad = associated(suite, self.version, scope, context);
        let body = self.bytes.get(HEADER_LEN..).ok_or(VaultError::Malformed)?;
        crypto::open(root, suite, Use::Seal, &aad, body).map(Plain::new)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("suite", &self.suite)
            .field("version", &self.version)
            .field("len", &self.bytes.len())
            .finish()
    }
}

fn associated(suite: Suite, version: u32, scope: KeyScope, context: &SealContext<'_>) -> Vec<u8> {
    let mut aad = vec![FORMAT, suite.code()];
    aad.extend_from_slice(&version.to_be_bytes());
    crypto::put_field(&mut aad, scope.to_string().as_bytes());
    crypto::put_field(&mut aad, context.table.as_bytes());
    crypto::put_field(&mut aad, context.row);
    crypto::put_field(&mut aad, context.column.as_bytes());
    aad
}
