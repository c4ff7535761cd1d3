use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use yuntu_terms::Entropy;

use crate::crypto::{self, Use};
use crate::provider::key_file::{self, Argon2Costs, Keks, Unlock};
use crate::{KekId, KeyProvider, ProviderError, RootKey, Suite, disk};

/// Key encryption keys in a file that a passphrase or a credential opens.
///
/// The file keeps every key until [`FileProvider::drop_old_keks`], the last one wraps. It is changed by one process
/// at a time: an administrator's command.
///
/// # Clause
/// R22
pub struct FileProvider {
    path: PathBuf,
    suite: Suite,
    keks: RwLock<Keks>,
}

impl fmt::Debug for FileProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileProvider")
            .field("current", &self.current())
            .finish_non_exhaustive()
    }
}

impl FileProvider {
    /// Makes a key file with one new key encryption key.
    ///
    /// # Errors
    /// [`ProviderError::Exists`] when the file is there, [`ProviderError::PassphraseTooShort`],
    /// [`ProviderError::Costs`], or what reading the credential gives.
    pub fn create(
        path: &Path,
        unlock: &Unlock,
        suite: Suite,
        costs: Argon2Costs,
        entropy: &dyn Entropy,
    ) -> Result<Self, ProviderError> {
        let keks = Keks {
            older: Vec::new(),
            current: key_file::new_kek(entropy)?,
        };
        let content = key_file::render(&keks, suite, unlock, costs, entropy)?;
        disk::write_new(path, &content).map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                ProviderError::Exists
            } else {
                ProviderError::Io(error)
            }
        })?;
        Ok(Self {
            path: path.to_path_buf(),
            suite,
            keks: RwLock::new(keks),
        })
    }

    /// Opens a key file.
    ///
    /// # Errors
    /// [`ProviderError::WrongSecret`] when the passphrase or credential is another one,
    /// [`ProviderError::KeyFileDamaged`], [`ProviderError::OpenPermissions`], [`ProviderError::Costs`],
    /// [`ProviderError::CredentialLength`].
    pub fn open(path: &Path, unlock: &Unlock) -> Result<Self, ProviderError> {
        let (suite, keks) = key_file::read(path, unlock)?;
        Ok(Self {
            path: path.to_path_buf(),
            suite,
            keks: RwLock::new(keks),
        })
    }

    /// Adds a key encryption key that wraps from now on; the older ones still unwrap.
    ///
    /// # Errors
    /// As [`FileProvider::open`] and [`FileProvider::create`].
    pub fn add_kek(
        &self,
        unlock: &Unlock,
        costs: Argon2Costs,
        entropy: &dyn Entropy,
    ) -> Result<KekId, ProviderError> {
        let (_, mut keks) = key_file::read(&self.path, unlock)?;
        let added = key_file::new_kek(entropy)?;
        let id = added.0;
        keks.older.push(std::mem::replace(&mut keks.current, added));
        self.store(keks, unlock, costs, entropy)?;
        Ok(id)
    }

    /// Drops all key encryption keys but the current one; what they alone wrapped is lost, so the vault is rewrapped
    /// first.
    ///
    /// # Errors
    /// As [`FileProvider::open`] and [`FileProvider::create`].
    pub fn drop_old_keks(
        &self,
        unlock: &Unlock,
        costs: Argon2Costs,
        entropy: &dyn Entropy,
    ) -> Result<(), ProviderError> {
        let (_, mut keks) = key_file::read(&self.path, unlock)?;
        keks.older.clear();
        self.store(keks, unlock, costs, entropy)
    }

    /// Seals the key file with another passphrase or credential.
    ///
    /// # Errors
    /// As [`FileProvider::open`] and [`FileProvider::create`].
    pub fn change_unlock(
        &self,
        old: &Unlock,
        new: &Unlock,
        costs: Argon2Costs,
        entropy: &dyn Entropy,
    ) -> Result<(), ProviderError> {
        let (_, keks) = key_file::read(&self.path, old)?;
        self.store(keks, new, costs, entropy)
    }

    fn store(
        &self,
        keks: Keks,
        unlock: &Unlock,
        costs: Argon2Costs,
        entropy: &dyn Entropy,
    ) -> Result<(), ProviderError> {
        let content = key_file::render(&keks, self.suite, unlock, costs, entropy)?;
        disk::replace(&self.path, &content)?;
        *self.keks.write().unwrap_or_else(PoisonError::into_inner) = keks;
        Ok(())
    }

    fn keks(&self) -> RwLockReadGuard<'_, Keks> {
        self.keks.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyProvider for FileProvider {
    fn current(&self) -> KekId {
        self.keks().current.0
    }

    fn wrap(
        &self,
        entropy: &dyn Entropy,
        associated: &[u8],
        key: &RootKey,
    ) -> Result<(KekId, Vec<u8>), ProviderError> {
        let keks = self.keks();
        let (id, kek) = &keks.current;
        let mut out = vec![self.suite.code()];
        let input = (associated, key.expose().as_slice());
        crypto::seal_into(kek, self.suite, Use::Wrap, input, entropy, &mut out)
            .map_err(|error| key_file::provider_error(error, ProviderError::Unreadable))?;
        Ok((*id, out))
    }

    fn unwrap(
        &self,
        kek: KekId,
        associated: &[u8],
        wrapped: &[u8],
    ) -> Result<RootKey, ProviderError> {
        let keks = self.keks();
        let (_, kek) = std::iter::once(&keks.current)
            .chain(&keks.older)
            .find(|(id, _)| *id == kek)
            .ok_or(ProviderError::UnknownKek)?;
        let (suite, body) = wrapped.split_first().ok_or(ProviderError::Unreadable)?;
        let suite = Suite::from_code(*suite).ok_or(ProviderError::Unreadable)?;
        let bytes = crypto::open(kek, suite, Use::Wrap, associated, body)
            .map_err(|error| key_file::provider_error(error, ProviderError::Unreadable))?;
        RootKey::from_slice(&bytes).ok_or(ProviderError::Unreadable)
    }
}
