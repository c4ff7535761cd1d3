//! The form of a key file, and what opens it.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use yuntu_terms::{Digest, Entropy};
use zeroize::{Zeroize, Zeroizing};

use crate::crypto::{self, Use};
use crate::{KekId, ProviderError, RootKey, Suite, VaultError, disk};

const FORMAT: &str = "yuntu-key-file/1";
const FILE_LEN_MAX: u64 = 64 * 1024;
const SALT_LEN: usize = 16;
const ENTRY_LEN: usize = KekId::LEN + 32;
const PASSPHRASE_CHARS_MIN: usize = 15;

/// A secret text: a passphrase or a PIN; wiped when dropped, never printed.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What opens a key file.
#[derive(Debug, Clone)]
pub enum Unlock {
    /// A passphrase of at least 15 characters, stretched by Argon2id.
    Passphrase(SecretText),
    /// A file of exactly 32 random bytes that only its owner may read, as a service manager hands over.
    Credential(PathBuf),
}

/// The costs of Argon2id; a key file keeps those it was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argon2Costs {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Argon2Costs {
    /// The least that is accepted: 19 MiB, two passes (OWASP Password Storage).
    pub const LEAST: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
        lanes: 1,
    };
    /// What new key files use: 64 MiB, three passes; about half a second, once a start.
    pub const STANDARD: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };
    /// The most that is accepted, so that a forged file cannot exhaust the machine.
    const MOST: Self = Self {
        memory_kib: 1024 * 1024,
        passes: 16,
        lanes: 4,
    };

    pub(crate) const fn new(memory_kib: u32, passes: u32, lanes: u32) -> Self {
        Self {
            memory_kib,
            passes,
            lanes,
        }
    }

    pub(crate) fn params(self) -> argon2::Result<Params> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
    }

    /// Says whether these costs ask for less than others in any way.
    pub(crate) const fn fall_below(self, other: Self) -> bool {
        self.memory_kib < other.memory_kib || self.passes < other.passes || self.lanes < other.lanes
    }

    pub(crate) const fn are_accepted(self) -> bool {
        let (least, most) = (Self::LEAST, Self::MOST);
        self.memory_kib >= least.memory_kib
            && self.memory_kib <= most.memory_kib
            && self.passes >= least.passes
            && self.passes <= most.passes
            && self.lanes >= least.lanes
            && self.lanes <= most.lanes
    }
}

/// The key encryption keys, oldest first; the last one wraps.
#[derive(Debug)]
pub(crate) struct Keks {
    pub(crate) older: Vec<(KekId, RootKey)>,
    pub(crate) current: (KekId, RootKey),
}

impl Keks {
    pub(crate) fn get(&self, wanted: KekId) -> Option<&RootKey> {
        std::iter::once(&self.current)
            .chain(&self.older)
            .find(|(id, _)| *id == wanted)
            .map(|(_, kek)| kek)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    suite: Suite,
    unlock: Lock,
    sealed: Hex,
    /// Tells a damaged file from a wrong secret; whoever forges the file can forge this too.
    check: Digest,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Lock {
    Argon2id { costs: Argon2Costs, salt: Hex },
    Credential,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Hex(Vec<u8>);

pub(crate) fn provider_error(error: VaultError, unreadable: ProviderError) -> ProviderError {
    match error {
        VaultError::Entropy(error) => error.into(),
        VaultError::Unreadable | VaultError::Malformed => unreadable,
        VaultError::Destroyed
        | VaultError::NoKey
        | VaultError::TooLong
        | VaultError::LeaseEnded
        | VaultError::WrappedKeyDamaged
        | VaultError::PlatformKeyMissing
        | VaultError::Shelf(_)
        | VaultError::Provider(_)
        | VaultError::Primitive => ProviderError::Primitive,
    }
}

pub(crate) fn new_kek(entropy: &dyn Entropy) -> Result<(KekId, RootKey), ProviderError> {
    let mut id = [0; KekId::LEN];
    entropy.fill(&mut id)?;
    Ok((KekId::new(id), RootKey::generate(entropy)?))
}

/// What a key file is sealed with: derived once, so that the file can be read again after another process changed it.
#[derive(Debug)]
pub(crate) struct FileKey {
    pub(crate) suite: Suite,
    lock: Lock,
    key: RootKey,
}

impl FileKey {
    pub(crate) fn new(
        unlock: &Unlock,
        suite: Suite,
        costs: Argon2Costs,
        entropy: &dyn Entropy,
    ) -> Result<Self, ProviderError> {
        let lock = match unlock {
            Unlock::Passphrase(text) => {
                if text.expose().chars().count() < PASSPHRASE_CHARS_MIN {
                    return Err(ProviderError::PassphraseTooShort);
                }
                let mut salt = vec![0; SALT_LEN];
                entropy.fill(&mut salt)?;
                let salt = Hex(salt);
                Lock::Argon2id { costs, salt }
            }
            Unlock::Credential(_) => Lock::Credential,
        };
        let key = unlocking_key(unlock, &lock)?;
        Ok(Self { suite, lock, key })
    }

    pub(crate) fn render(
        &self,
        keks: &Keks,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, ProviderError> {
        let mut plain = Zeroizing::new(Vec::with_capacity((keks.older.len() + 1) * ENTRY_LEN));
        for (id, kek) in keks.older.iter().chain(std::iter::once(&keks.current)) {
            plain.extend_from_slice(id.as_bytes());
            plain.extend_from_slice(kek.expose());
        }
        let aad = associated(self.suite, &self.lock);
        let mut sealed = Vec::new();
        let input = (aad.as_slice(), plain.as_slice());
        crypto::seal_into(
            &self.key,
            self.suite,
            Use::KeyFile,
            input,
            entropy,
            &mut sealed,
        )
        .map_err(|error| provider_error(error, ProviderError::Primitive))?;
        let document = Document {
            check: checksum(&aad, &sealed),
            format: FORMAT.to_owned(),
            suite: self.suite,
            unlock: self.lock.clone(),
            sealed: Hex(sealed),
        };
        let mut content =
            serde_json::to_vec_pretty(&document).map_err(|_shape| ProviderError::Primitive)?;
        content.push(b'\n');
        Ok(content)
    }

    pub(crate) fn read(path: &Path, unlock: &Unlock) -> Result<(Self, Keks), ProviderError> {
        let document = Document::read(path)?;
        let key = unlocking_key(unlock, &document.unlock)?;
        let keks = document.open(&key)?;
        let file_key = Self {
            suite: document.suite,
            lock: document.unlock,
            key,
        };
        Ok((file_key, keks))
    }

    /// Reads the file again; fails when it was sealed with another secret meanwhile.
    pub(crate) fn read_again(&self, path: &Path) -> Result<Keks, ProviderError> {
        Document::read(path)?.open(&self.key)
    }
}

impl Document {
    fn read(path: &Path) -> Result<Self, ProviderError> {
        let content = disk::read_at_most(&open_private(path)?, FILE_LEN_MAX)?;
        let document: Self =
            serde_json::from_slice(&content).map_err(|_malformed| ProviderError::KeyFileDamaged)?;
        let aad = associated(document.suite, &document.unlock);
        if document.format != FORMAT || checksum(&aad, &document.sealed.0) != document.check {
            return Err(ProviderError::KeyFileDamaged);
        }
        Ok(document)
    }

    fn open(&self, key: &RootKey) -> Result<Keks, ProviderError> {
        let aad = associated(self.suite, &self.unlock);
        let plain = crypto::open(key, self.suite, Use::KeyFile, &aad, &self.sealed.0)
            .map_err(|error| provider_error(error, ProviderError::WrongSecret))?;
        parse(&plain).ok_or(ProviderError::KeyFileDamaged)
    }
}

fn parse(plain: &[u8]) -> Option<Keks> {
    let (entries, rest) = plain.as_chunks::<ENTRY_LEN>();
    if !rest.is_empty() {
        return None;
    }
    let mut keks = Vec::with_capacity(entries.len());
    for entry in entries {
        let (id, key) = entry.split_first_chunk::<{ KekId::LEN }>()?;
        keks.push((KekId::new(*id), RootKey::from_slice(key)?));
    }
    let current = keks.pop()?;
    Some(Keks {
        older: keks,
        current,
    })
}

/// Binds what stands in the clear: format, suite, and the costs and salt of the derivation.
fn associated(suite: Suite, lock: &Lock) -> Vec<u8> {
    let mut aad = FORMAT.as_bytes().to_vec();
    aad.push(suite.code());
    match lock {
        Lock::Argon2id { costs, salt } => {
            aad.push(1);
            for cost in [costs.memory_kib, costs.passes, costs.lanes] {
                aad.extend_from_slice(&cost.to_be_bytes());
            }
            crypto::put_field(&mut aad, &salt.0);
        }
        Lock::Credential => aad.push(2),
    }
    aad
}

fn checksum(aad: &[u8], sealed: &[u8]) -> Digest {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(aad)
        .chain_update(sealed)
        .finalize()
        .into();
    Digest::new(hash)
}

fn unlocking_key(unlock: &Unlock, lock: &Lock) -> Result<RootKey, ProviderError> {
    match (unlock, lock) {
        (Unlock::Passphrase(text), Lock::Argon2id { costs, salt }) => {
            if !costs.are_accepted() {
                return Err(ProviderError::Costs);
            }
            if salt.0.len() != SALT_LEN {
                return Err(ProviderError::KeyFileDamaged);
            }
            let params = costs.params().map_err(|_range| ProviderError::Costs)?;
            let mut key = Zeroizing::new([0; 32]);
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                .hash_password_into(text.expose().as_bytes(), &salt.0, key.as_mut())
                .map_err(|_range| ProviderError::Primitive)?;
            Ok(RootKey::new(*key))
        }
        (Unlock::Credential(path), Lock::Credential) => {
            let mut content = disk::read_at_most(&open_private(path)?, 32)?;
            let key = RootKey::from_slice(&content).ok_or(ProviderError::CredentialLength);
            content.zeroize();
            key
        }
        (Unlock::Passphrase(_), Lock::Credential)
        | (Unlock::Credential(_), Lock::Argon2id { .. }) => Err(ProviderError::WrongSecret),
    }
}

/// Opens a file that nobody but its owner may read or write; asked of the open file, so that it cannot be exchanged
/// between the question and the reading.
fn open_private(path: &Path) -> Result<File, ProviderError> {
    let file = OpenOptions::new().read(true).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        return Err(ProviderError::OpenPermissions);
    }
    Ok(file)
}

impl From<Hex> for String {
    fn from(hex: Hex) -> Self {
        const DIGITS: [char; 16] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
        ];
        let nibbles = hex.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        nibbles
            .filter_map(|nibble| DIGITS.get(usize::from(nibble)))
            .collect()
    }
}

impl TryFrom<String> for Hex {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digit = |byte: &u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if !rest.is_empty() {
            return Err("an odd number of hexadecimal digits");
        }
        pairs
            .iter()
            .map(|[high, low]| Some(digit(high)? << 4 | digit(low)?))
            .collect::<Option<Vec<_>>>()
            .map(Self)
            .ok_or("not lower-case hexadecimal digits")
    }
}
