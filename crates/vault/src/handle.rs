use std::sync::Arc;

use yuntu_terms::{Clock, Digest, Entropy, clause};
use zeroize::Zeroizing;

use crate::cache::Ring;
use crate::crypto::{self, Use};
use crate::{DataKey, KeyScope, Plain, SealContext, Sealed, Suite, VaultError};

/// Seals and unseals for one scope without going to the shelf, for as long as the lease lasts.
///
/// Destroying the scope through the same vault ends the handle at once; through another process, with its lease.
///
/// # Clause
/// R22
#[derive(Debug, Clone)]
pub struct Sealer {
    ring: Arc<Ring>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Sealer {
    pub(crate) const fn new(
        ring: Arc<Ring>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            ring,
            clock,
            entropy,
        }
    }

    /// Returns the scope.
    #[must_use]
    pub fn scope(&self) -> KeyScope {
        self.ring.scope()
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// [`VaultError::LeaseEnded`], [`VaultError::TooLong`], [`VaultError::Entropy`].
    pub fn seal(&self, context: &SealContext<'_>, plain: &[u8]) -> Result<Sealed, VaultError> {
        self.ring.check(self.clock.now())?;
        clause::hit!(R22);
        let key = self.ring.latest();
        Sealed::seal(
            (&key.root, key.suite, key.number),
            self.ring.scope(),
            context,
            plain,
            &*self.entropy,
        )
    }

    /// Unseals a value that lies in its place, whichever version of the key sealed it.
    ///
    /// # Errors
    /// [`VaultError::Unreadable`] when the value was changed or moved, [`VaultError::NoKey`] when the version is
    /// unknown here, [`VaultError::LeaseEnded`].
    pub fn unseal(&self, context: &SealContext<'_>, sealed: &Sealed) -> Result<Plain, VaultError> {
        self.ring.check(self.clock.now())?;
        let key = self
            .ring
            .version(sealed.version())
            .ok_or(VaultError::NoKey)?;
        sealed.open((&key.root, key.suite), self.ring.scope(), context)
    }

    /// Gives the means to compute the keyed hashes of one domain.
    ///
    /// The hashes come from the scope's first key version and stay the same over a rotation; another domain gives
    /// unrelated hashes.
    ///
    /// # Errors
    /// [`VaultError::LeaseEnded`].
    pub fn hasher(&self, domain: &str) -> Result<KeyedHash, VaultError> {
        self.ring.check(self.clock.now())?;
        let key = self.ring.first();
        Ok(KeyedHash {
            key: crypto::derive(&key.root, key.suite, Use::Mac, domain.as_bytes())?,
            suite: key.suite,
            ring: Arc::clone(&self.ring),
            clock: Arc::clone(&self.clock),
        })
    }

    /// Derives the key for new files of the scope.
    ///
    /// # Errors
    /// [`VaultError::LeaseEnded`].
    pub fn data_key(&self) -> Result<DataKey, VaultError> {
        self.data_key_at(self.ring.latest().number)
    }

    /// Derives the key for files of the scope that were written under this version.
    ///
    /// # Errors
    /// [`VaultError::NoKey`] when the scope has no such version, [`VaultError::LeaseEnded`].
    pub fn data_key_at(&self, version: u32) -> Result<DataKey, VaultError> {
        self.ring.check(self.clock.now())?;
        clause::hit!(R22);
        let key = self.ring.version(version).ok_or(VaultError::NoKey)?;
        let bytes = crypto::derive(&key.root, key.suite, Use::Data, b"")?;
        Ok(DataKey::new(bytes, key.number, key.suite))
    }
}

/// Computes the keyed hashes of one scope and domain: look-ups of identifiers, pseudonyms.
///
/// Without the key a hash can be neither computed nor tried out; destroying the key makes the hashes meaningless.
///
/// # Clause
/// R22
#[derive(Clone)]
pub struct KeyedHash {
    key: Zeroizing<[u8; 32]>,
    suite: Suite,
    ring: Arc<Ring>,
    clock: Arc<dyn Clock>,
}

impl KeyedHash {
    /// Hashes a value.
    ///
    /// # Errors
    /// [`VaultError::LeaseEnded`].
    pub fn digest(&self, value: &[u8]) -> Result<Digest, VaultError> {
        self.ring.check(self.clock.now())?;
        clause::hit!(R22);
        crypto::hmac(self.suite, &self.key, value)
    }
}

impl std::fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyedHash")
            .field("scope", &self.ring.scope())
            .finish_non_exhaustive()
    }
}
