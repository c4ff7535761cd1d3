use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use yuntu_terms::Entropy;

use crate::crypto::{self, Use};
use crate::provider::key_file::{self, Argon2Costs, FileKey, Keks, Unlock};
use crate::{KekId, KeyProvider, ProviderError, RootKey, Suite, disk};

/// Key encryption keys in a file that a passphrase or a credential opens.
///
/// The file keeps every key until [`FileProvider::drop_old_keks`], the last one wraps. It is changed by one process
/// at a time, an administrator's command; the others find a new key when they meet the first thing it wrapped.
///
/// # Clause
/// R22
pub struct FileProvider {
    path: PathBuf,
    state: RwLock<State>,
}

struct State {
    file_key: FileKey,
    keks: Keks,
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
        let file_key = FileKey::new(unlock, suite, costs, entropy)?;
        let keks = Keks {
            older: Vec::new(),
            current: key_file::new_kek(entropy)?,
        };
        let content = file_key.render(&keks, entropy)?;
        disk::write_new(path, &content).map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                ProviderError::Exists
            } else {
                ProviderError::Io(error)
            }
        })?;
        Ok(Self::new(path, file_key, keks))
    }

    /// Opens a key file.
    ///
    /// # Errors
    /// [`ProviderError::WrongSecret`] when the passphrase or credential is another one,
    /// [`ProviderError::KeyFileDamaged`], [`ProviderError::OpenPermissions`], [`ProviderError::Costs`],
    /// [`ProviderError::CredentialLength`].
    pub fn open(path: &Path, unlock: &Unlock) -> Result<Self, ProviderError> {
        let (file_key, keks) = FileKey::read(path, unlock)?;
        Ok(Self::new(path, file_key, keks))
    }

    /// Adds a key encryption key that wraps from now on; the older ones still unwrap.
    ///
    /// # Errors
    /// As [`FileProvider::open`], and [`ProviderError::Io`] when the file cannot be written.
    pub fn add_kek(&self, entropy: &dyn Entropy) -> Result<KekId, ProviderError> {
        let mut state = self.write();
        let mut keks = state.file_key.read_again(&self.path)?;
        let added = key_file::new_kek(entropy)?;
        let id = added.0;
        keks.older.push(std::mem::replace(&mut keks.current, added));
        disk::replace(&self.path, &state.file_key.render(&keks, entropy)?)?;
        state.keks = keks;
        Ok(id)
    }

    /// Drops all key encryption keys but the current one; what they alone wrapped is lost, so the vault is rewrapped
    /// first.
    ///
    /// # Errors
    /// As [`FileProvider::add_kek`].
    pub fn drop_old_keks(&self, entropy: &dyn Entropy) -> Result<(), ProviderError> {
        let mut state = self.write();
        let mut keks = state.file_key.read_again(&self.path)?;
        keks.older.clear();
        disk::replace(&self.path, &state.file_key.render(&keks, entropy)?)?;
        state.keks = keks;
        Ok(())
    }

    /// Seals the key file with another passphrase or credential; other processes keep what they have read and need
    /// the new secret only to start again, or to find a key that is added later.
    ///
    /// # Errors
    /// As [`FileProvider::add_kek`] and [`FileProvider::create`].
    pub fn change_unlock(
        &self,
        new: &Unlock,
        costs: Argon2Costs,
        entropy: &dyn Entropy,
    ) -> Result<(), ProviderError> {
        let mut state = self.write();
        let keks = state.file_key.read_again(&self.path)?;
        let file_key = FileKey::new(new, state.file_key.suite, costs, entropy)?;
        disk::replace(&self.path, &file_key.render(&keks, entropy)?)?;
        *state = State { file_key, keks };
        Ok(())
    }

    fn new(path: &Path, file_key: FileKey, keks: Keks) -> Self {
        Self {
            path: path.to_path_buf(),
            state: RwLock::new(State { file_key, keks }),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the file again when it may hold a key that another process added.
    fn refresh(&self, wanted: KekId) -> Result<(), ProviderError> {
        if self.read().keks.get(wanted).is_some() {
            return Ok(());
        }
        let mut state = self.write();
        let keks = state.file_key.read_again(&self.path)?;
        if keks.get(wanted).is_some() {
            state.keks = keks;
        }
        Ok(())
    }
}

impl KeyProvider for FileProvider {
    fn current(&self) -> KekId {
        self.read().keks.current.0
    }

    fn wrap(
        &self,
        entropy: &dyn Entropy,
        associated: &[u8],
        key: &RootKey,
    ) -> Result<(KekId, Vec<u8>), ProviderError> {
        let state = self.read();
        let suite = state.file_key.suite;
        let (id, kek) = &state.keks.current;
        let mut out = vec![suite.code()];
        let input = (associated, key.expose().as_slice());
        crypto::seal_into(kek, suite, Use::Wrap, input, entropy, &mut out)
            .map_err(|error| key_file::provider_error(error, ProviderError::Unreadable))?;
        Ok((*id, out))
    }

    fn unwrap(
        &self,
        kek: KekId,
        associated: &[u8],
        wrapped: &[u8],
    ) -> Result<RootKey, ProviderError> {
        self.refresh(kek)?;
        let state = self.read();
        let kek = state.keks.get(kek).ok_or(ProviderError::UnknownKek)?;
        let (suite, body) = wrapped.split_first().ok_or(ProviderError::Unreadable)?;
        let suite = Suite::from_code(*suite).ok_or(ProviderError::Unreadable)?;
        let bytes = crypto::open(kek, suite, Use::Wrap, associated, body)
            .map_err(|error| key_file::provider_error(error, ProviderError::Unreadable))?;
        RootKey::from_slice(&bytes).ok_or(ProviderError::Unreadable)
    }
}
