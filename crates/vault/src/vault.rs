use std::sync::Arc;

use yuntu_terms::{Clock, Digest, Entropy, clause};

use crate::cache::{Cache, Ring, Version};
use crate::key::RootKey;
use crate::wrap::{self, Holder, Wrapping};
use crate::{
    DataKey, Insertion, KeyProvider, KeyScope, KeyShelf, KeyedHash, Plain, SealContext, Sealed,
    Sealer, Shelved, Suite, VaultError, WrappedKey,
};

/// How often a load begins again because the scope changed under it.
const LOADS_MAX: u32 = 8;

/// What a vault is made of.
#[derive(Debug, Clone)]
pub struct VaultParts {
    /// Wraps the platform's key.
    pub provider: Arc<dyn KeyProvider>,
    /// Keeps the wrapped keys.
    pub shelf: Arc<dyn KeyShelf>,
    /// Ends the leases.
    pub clock: Arc<dyn Clock>,
    /// Gives keys and nonces.
    pub entropy: Arc<dyn Entropy>,
    /// The suite of keys made from now on; keys that exist keep theirs until they are rotated.
    pub suite: Suite,
}

/// The keys of the platform and what is done with them.
///
/// # Clause
/// R22
#[derive(Debug)]
pub struct Vault {
    parts: VaultParts,
    pub(crate) cache: Cache,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Make,
    Fail,
}

impl Vault {
    /// Opens the vault and proves that the platform's key can be unwrapped, making it on an empty shelf.
    ///
    /// # Errors
    /// [`VaultError::Provider`] when the provider does not hold the key encryption key,
    /// [`VaultError::PlatformKeyMissing`] when the shelf has lost it, [`VaultError::Shelf`].
    pub async fn open(parts: VaultParts) -> Result<Self, VaultError> {
        let vault = Self {
            parts,
            cache: Cache::default(),
        };
        if vault.parts.shelf.load(KeyScope::Platform).await? == Shelved::Absent {
            let orphans = vault.parts.shelf.below(KeyScope::Platform, None, 1).await?;
            if !orphans.is_empty() {
                return Err(VaultError::PlatformKeyMissing);
            }
        }
        vault.ring(KeyScope::Platform, Missing::Make).await?;
        Ok(vault)
    }

    /// Gives a handle on a scope's key, making the key when there is none.
    ///
    /// # Errors
    /// [`VaultError::Destroyed`] when the scope or one above it was destroyed, [`VaultError::Shelf`],
    /// [`VaultError::Provider`], [`VaultError::WrappedKeyDamaged`].
    pub async fn sealer(&self, scope: &KeyScope) -> Result<Sealer, VaultError> {
        let ring = self.ring(*scope, Missing::Make).await?;
        Ok(self.handle(ring))
    }

    /// Gives a handle on a scope's key, which must be there.
    ///
    /// # Errors
    /// [`VaultError::NoKey`] when there is none, else as [`Vault::sealer`].
    pub async fn unsealer(&self, scope: &KeyScope) -> Result<Sealer, VaultError> {
        let ring = self.ring(*scope, Missing::Fail).await?;
        Ok(self.handle(ring))
    }

    /// Gives what [`Vault::unsealer`] gives and asks the shelf in any case, so that the time it takes does not tell whether the
    /// key was used lately.
    ///
    /// # Errors
    /// As [`Vault::unsealer`].
    pub async fn unsealer_anew(&self, scope: &KeyScope) -> Result<Sealer, VaultError> {
        self.cache.forget(*scope);
        self.unsealer(scope).await
    }

    /// Seals a value for its place, making the scope's key when there is none.
    ///
    /// # Errors
    /// As [`Vault::sealer`] and [`Sealer::seal`].
    pub async fn seal(
        &self,
        scope: &KeyScope,
        context: &SealContext<'_>,
        plain: &[u8],
    ) -> Result<Sealed, VaultError> {
        self.sealer(scope).await?.seal(context, plain)
    }

    /// Unseals a value that lies in its place.
    ///
    /// # Errors
    /// As [`Vault::unsealer`] and [`Sealer::unseal`].
    pub async fn unseal(
        &self,
        scope: &KeyScope,
        context: &SealContext<'_>,
        sealed: &Sealed,
    ) -> Result<Plain, VaultError> {
        let handle = self.unsealer(scope).await?;
        match handle.unseal(context, sealed) {
            // Another process may have rotated the key since it was leased.
            Err(VaultError::NoKey) => {
                self.cache.forget(*scope);
                self.unsealer(scope).await?.unseal(context, sealed)
            }
            done => done,
        }
    }

    /// Computes the keyed hash of a value in a domain, making the scope's key when there is none.
    ///
    /// # Errors
    /// As [`Vault::sealer`].
    pub async fn mac(
        &self,
        scope: &KeyScope,
        domain: &str,
        value: &[u8],
    ) -> Result<Digest, VaultError> {
        self.hasher(scope, domain).await?.digest(value)
    }

    /// Gives the means to compute many keyed hashes of one domain; see [`Sealer::hasher`].
    ///
    /// # Errors
    /// As [`Vault::sealer`].
    pub async fn hasher(&self, scope: &KeyScope, domain: &str) -> Result<KeyedHash, VaultError> {
        self.sealer(scope).await?.hasher(domain)
    }

    /// Derives the key for new files of a scope, making the scope's key when there is none.
    ///
    /// # Errors
    /// As [`Vault::sealer`].
    pub async fn data_key(&self, scope: &KeyScope) -> Result<DataKey, VaultError> {
        self.sealer(scope).await?.data_key()
    }

    /// Derives the key of files that were written under this version of a scope's key.
    ///
    /// # Errors
    /// [`VaultError::NoKey`] when there is no such version, else as [`Vault::unsealer`].
    pub async fn data_key_at(&self, scope: &KeyScope, version: u32) -> Result<DataKey, VaultError> {
        let handle = self.unsealer(scope).await?;
        match handle.data_key_at(version) {
            Err(VaultError::NoKey) => {
                self.cache.forget(*scope);
                self.unsealer(scope).await?.data_key_at(version)
            }
            done => done,
        }
    }

    /// Gives a scope a new key version, of the vault's suite, that seals from now on; older versions still unseal.
    ///
    /// # Errors
    /// [`VaultError::NoKey`] when the scope has no key to rotate, else as [`Vault::sealer`].
    pub async fn rotate(&self, scope: &KeyScope) -> Result<u32, VaultError> {
        // What another process did meanwhile counts, so the newest version is read from the shelf.
        self.cache.forget(*scope);
        let ring = self.ring(*scope, Missing::Fail).await?;
        let version = ring
            .latest()
            .number
            .checked_add(1)
            .ok_or(VaultError::Primitive)?;
        let inserted = self.make(*scope, version).await?;
        self.cache.forget(*scope);
        match inserted {
            // Taken: another rotation of the same moment made this very version.
            Insertion::New | Insertion::Taken => Ok(version),
            Insertion::Destroyed => Err(VaultError::Destroyed),
        }
    }

    /// Wraps the keys of a scope and of all scopes below it anew wherever something older than the newest key above
    /// wraps them; afterwards the older key above is not needed for them any more.
    ///
    /// # Errors
    /// As [`Vault::unsealer`]; what was rewrapped before the error stays so, and the call can be repeated.
    pub async fn rewrap(&self, scope: &KeyScope) -> Result<RewrapReport, VaultError> {
        let mut report = RewrapReport::default();
        let mut level = vec![*scope];
        while let Some(scope) = level.pop() {
            self.rewrap_one(scope, &mut report).await?;
            let mut after = None;
            loop {
                let page = self.parts.shelf.below(scope, after, 256).await?;
                let Some(last) = page.last() else { break };
                after = Some(*last);
                for child in page {
                    if matches!(child, KeyScope::Enterprise(_)) {
                        level.push(child);
                    } else {
                        self.rewrap_one(child, &mut report).await?;
                    }
                }
            }
        }
        Ok(report)
    }

    /// Makes a newer version of the platform's key and of every enterprise's, and wraps by them whatever the older ones
    /// wrapped. What was sealed stays readable throughout, here and in other processes.
    ///
    /// # Errors
    /// As [`Vault::rotate`] and [`Vault::rewrap`]; what was done by then stays done, and the call can be repeated.
    /// # Clause
    /// R22
    pub async fn renew(&self) -> Result<RenewReport, VaultError> {
        clause::hit!(R22);
        self.rotate(&KeyScope::Platform).await?;
        let mut rotated = 1;
        let mut after = None;
        loop {
            let page = self.parts.shelf.below(KeyScope::Platform, after, 256);
            let page = page.await?;
            let Some(last) = page.last() else { break };
            after = Some(*last);
            let enterprises = page
                .iter()
                .filter(|scope| matches!(scope, KeyScope::Enterprise(_)));
            for enterprise in enterprises {
                match self.rotate(enterprise).await {
                    Ok(_version) => rotated += 1,
                    // Its keys were destroyed meanwhile; there is nothing to renew.
                    Err(VaultError::Destroyed | VaultError::NoKey) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let rewrapped = self.rewrap(&KeyScope::Platform).await?;
        Ok(RenewReport { rotated, rewrapped })
    }

    /// Destroys the keys of a scope and of all scopes below it, for ever: what they sealed cannot be read again, here
    /// at once and in other processes when their lease ends, within [`LEASE`](crate::LEASE).
    ///
    /// # Errors
    /// [`VaultError::Shelf`] when the shelf fails; the scope must then be taken for not destroyed, and the call
    /// repeated.
    /// # Clause
    /// R22
    pub async fn destroy(&self, scope: &KeyScope) -> Result<(), VaultError> {
        let now = self.parts.clock.now();
        let destroyed = self.parts.shelf.destroy(*scope, now).await;
        // Also after a failure: a key that is perhaps gone is asked for again.
        self.cache.evict(*scope);
        destroyed?;
        clause::hit!(R22);
        Ok(())
    }

    fn handle(&self, ring: Arc<Ring>) -> Sealer {
        Sealer::new(
            ring,
            Arc::clone(&self.parts.clock),
            Arc::clone(&self.parts.entropy),
        )
    }

    async fn ring(&self, scope: KeyScope, missing: Missing) -> Result<Arc<Ring>, VaultError> {
        match self.descend(scope, missing).await {
            // Another process may have renewed a key above since it was leased, and wrapped this one by the newer version.
            Err(VaultError::WrappedKeyDamaged) => {
                for above in scope.ancestry() {
                    self.cache.forget(above);
                }
                self.descend(scope, missing).await
            }
            done => done,
        }
    }

    /// Takes a ring from the cache, or follows the keys down to it.
    async fn descend(&self, scope: KeyScope, missing: Missing) -> Result<Arc<Ring>, VaultError> {
        if let Some(ring) = self.cache.get(scope, self.parts.clock.now()) {
            return Ok(ring);
        }
        let mut path: Vec<_> = scope.ancestry().collect();
        let mut above: Option<Arc<Ring>> = None;
        let mut ring = None;
        while let Some(step) = path.pop() {
            let found = self.load(step, above.as_deref(), missing).await?;
            above = Some(Arc::clone(&found));
            ring = Some(found);
        }
        ring.ok_or(VaultError::Primitive)
    }

    /// Takes a ring from the cache or from the shelf, given the ring above.
    async fn load(
        &self,
        scope: KeyScope,
        above: Option<&Ring>,
        missing: Missing,
    ) -> Result<Arc<Ring>, VaultError> {
        for _ in 0..LOADS_MAX {
            let now = self.parts.clock.now();
            if let Some(ring) = self.cache.get(scope, now) {
                return Ok(ring);
            }
            let ticket = self.cache.ticket();
            match self.parts.shelf.load(scope).await? {
                Shelved::Destroyed => return Err(VaultError::Destroyed),
                Shelved::Absent if missing == Missing::Fail => return Err(VaultError::NoKey),
                Shelved::Absent => {
                    if self.make_below(scope, 1, above).await? == Insertion::Destroyed {
                        return Err(VaultError::Destroyed);
                    }
                }
                Shelved::Live(keys) => {
                    let versions = self.unwrap_all(&keys, above).await?;
                    // INVARIANT: no longer than the lease of the ring above, so that a destroyed enterprise ends its
                    // parts and subjects within one lease, not two.
                    let since = above.map_or(now, |above| above.since().min(now));
                    let ring = Ring::new(scope, versions, since).ok_or(VaultError::NoKey)?;
                    if let Some(ring) = self.cache.put(ring, ticket, now) {
                        return Ok(ring);
                    }
                }
            }
        }
        Err(VaultError::LeaseEnded)
    }

    async fn unwrap_all(
        &self,
        keys: &[WrappedKey],
        above: Option<&Ring>,
    ) -> Result<Vec<Version>, VaultError> {
        let mut versions = Vec::with_capacity(keys.len());
        for (expected, key) in (1..).zip(keys) {
            // Keyed hashes come from the first version: without it they would silently become others.
            if key.version != expected {
                return Err(VaultError::WrappedKeyDamaged);
            }
            versions.push(self.unwrap_one(key, above).await?);
        }
        Ok(versions)
    }

    async fn unwrap_one(
        &self,
        key: &WrappedKey,
        above: Option<&Ring>,
    ) -> Result<Version, VaultError> {
        let place = (key.scope, key.version);
        let wrapping = Wrapping::parse(&key.bytes)?;
        let root = match (wrapping.holder, above) {
            (Holder::Kek(kek), None) => {
                let provider = Arc::clone(&self.parts.provider);
                let bytes = key.bytes.clone();
                blocking(move || {
                    Wrapping::parse(&bytes)?.open_with_provider(&*provider, kek, place)
                })
                .await?
            }
            (Holder::Parent(number), Some(above)) => {
                let parent = above.version(number).ok_or(VaultError::WrappedKeyDamaged)?;
                wrapping.open_with_parent((&parent.root, parent.suite, parent.number), place)?
            }
            (Holder::Kek(_), Some(_)) | (Holder::Parent(_), None) => {
                return Err(VaultError::WrappedKeyDamaged);
            }
        };
        Ok(Version {
            number: key.version,
            suite: wrapping.suite,
            root,
        })
    }

    async fn make(&self, scope: KeyScope, version: u32) -> Result<Insertion, VaultError> {
        let above = match scope.parent() {
            Some(parent) => Some(self.ring(parent, Missing::Fail).await?),
            None => None,
        };
        self.make_below(scope, version, above.as_deref()).await
    }

    /// Draws a key and puts it on the shelf, unless somebody was quicker.
    async fn make_below(
        &self,
        scope: KeyScope,
        version: u32,
        above: Option<&Ring>,
    ) -> Result<Insertion, VaultError> {
        let root = RootKey::generate(&*self.parts.entropy)?;
        let suite = self.parts.suite;
        let bytes = self.wrap((scope, version), root, suite, above).await?;
        let key = WrappedKey {
            scope,
            version,
            bytes,
        };
        Ok(self.parts.shelf.insert(&key).await?)
    }

    async fn wrap(
        &self,
        place: (KeyScope, u32),
        root: RootKey,
        suite: Suite,
        above: Option<&Ring>,
    ) -> Result<Vec<u8>, VaultError> {
        let entropy = Arc::clone(&self.parts.entropy);
        if let Some(above) = above {
            let parent = above.latest();
            return wrap::wrap_with_parent(
                (&parent.root, parent.suite, parent.number),
                place,
                (&root, suite),
                &*entropy,
            );
        }
        let provider = Arc::clone(&self.parts.provider);
        blocking(move || wrap::wrap_with_provider(&*provider, place, (&root, suite), &*entropy))
            .await
    }

    async fn rewrap_one(
        &self,
        scope: KeyScope,
        report: &mut RewrapReport,
    ) -> Result<(), VaultError> {
        let above = match scope.parent() {
            Some(parent) => Some(self.ring(parent, Missing::Fail).await?),
            None => None,
        };
        let newest = match above.as_deref() {
            Some(above) => Holder::Parent(above.latest().number),
            None => Holder::Kek(self.parts.provider.current()),
        };
        let keys = match self.parts.shelf.load(scope).await? {
            Shelved::Live(keys) => keys,
            // Destroyed meanwhile: nothing is left to wrap.
            Shelved::Absent | Shelved::Destroyed => return Ok(()),
        };
        for key in keys {
            if Wrapping::parse(&key.bytes)?.holder == newest {
                report.current += 1;
                continue;
            }
            let Version {
                number,
                suite,
                root,
            } = self.unwrap_one(&key, above.as_deref()).await?;
            let bytes = self
                .wrap((scope, number), root, suite, above.as_deref())
                .await?;
            match self.parts.shelf.replace(&key, &bytes).await? {
                crate::Replacement::Done => report.rewrapped += 1,
                crate::Replacement::Changed => report.changed += 1,
            }
        }
        Ok(())
    }
}

/// What a rewrap found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RewrapReport {
    /// Key versions wrapped anew.
    pub rewrapped: u64,
    /// Key versions that the newest key above wrapped already.
    pub current: u64,
    /// Key versions that somebody else changed or destroyed meanwhile; another rewrap finds them current or gone.
    pub changed: u64,
}

/// What a renewal did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenewReport {
    /// Keys that have a newer version.
    pub rotated: u64,
    /// What became of the keys below them.
    pub rewrapped: RewrapReport,
}

/// Runs what may block on a thread for that.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_panicked| VaultError::Primitive)?
}
