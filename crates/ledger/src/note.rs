//! Signed notes as C2SP defines them: text, a blank line, and signature lines of Ed25519 keys.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::error::InvalidKey;

/// The assigned type byte of Ed25519 in key ids and encoded keys.
const ED25519: u8 = 1;

/// The secret key of a log with the log's name; the key is wiped from memory when dropped.
pub struct Signer {
    name: String,
    secret: SigningKey,
}

impl Signer {
    /// Makes a signer from the log's name (such as `yuntu.example/ledger`) and the 32 secret bytes, which the caller
    /// keeps and wipes.
    ///
    /// # Errors
    /// [`InvalidKey`] when the name is empty or has a space, a control character or a plus sign.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, InvalidKey> {
        check_name(name)?;
        Ok(Self {
            name: name.to_owned(),
            secret: SigningKey::from_bytes(secret),
        })
    }

    /// Returns the public half, to be published.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey {
            name: self.name.clone(),
            key: self.secret.verifying_key(),
        }
    }

    /// Signs a text, which ends in a line end, and returns the whole note.
    pub(crate) fn sign(&self, text: &str) -> String {
        let mut line = self.verifier().id().to_vec();
        line.extend_from_slice(&self.secret.sign(text.as_bytes()).to_bytes());
        format!("{text}\n— {} {}\n", self.name, STANDARD.encode(line))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The public key of a log; the text form is C2SP's `NAME+ID+KEY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Returns the log's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the four bytes that stand for the key in a signature line.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize();
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash);
        [a, b, c, d]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(self.id());
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{id:08x}+{}", self.name, STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let bad = || InvalidKey(());
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad());
        };
        check_name(name)?;
        let bytes = STANDARD.decode(key).map_err(|_malformed| bad())?;
        let [ED25519, key @ ..] = bytes.as_slice() else {
            return Err(bad());
        };
        let key = key.try_into().map_err(|_length| bad())?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_not_a_point| bad())?;
        let parsed = Self {
            name: name.to_owned(),
            key,
        };
        // Writing it again checks the id and refuses every other spelling.
        if parsed.to_string() == text && !parsed.key.is_weak() {
            Ok(parsed)
        } else {
            Err(bad())
        }
    }
}

fn check_name(name: &str) -> Result<(), InvalidKey> {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    if !name.is_empty() && name.chars().all(fits) {
        Ok(())
    } else {
        Err(InvalidKey(()))
    }
}

/// Why a note is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoteFault {
    /// The bytes are not a signed note.
    Malformed,
    /// No signature is by this key.
    OtherKey,
    /// The signature of this key does not fit the text.
    BadSignature,
}

/// A note taken apart, not yet checked.
#[derive(Debug)]
pub(crate) struct Note<'a> {
    pub(crate) text: &'a str,
    signatures: Vec<(&'a str, [u8; 4], Vec<u8>)>,
}

/// The specification asks for at least 16; more would only cost time.
const SIGNATURES_MAX: usize = 16;

impl<'a> Note<'a> {
    /// Takes a note apart.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, NoteFault> {
        let note = std::str::from_utf8(bytes).map_err(|_binary| NoteFault::Malformed)?;
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteFault::Malformed);
        }
        let (head, lines) = note.rsplit_once("\n\n").ok_or(NoteFault::Malformed)?;
        // The text keeps its last line end, which the separator took.
        let text = note.get(..=head.len()).ok_or(NoteFault::Malformed)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteFault::Malformed)?;
        let signatures: Vec<_> = lines
            .split('\n')
            .map(|line| signature(line).ok_or(NoteFault::Malformed))
            .collect::<Result<_, _>>()?;
        if signatures.len() > SIGNATURES_MAX {
            return Err(NoteFault::Malformed);
        }
        Ok(Self { text, signatures })
    }

    /// Returns how many signature lines there are.
    pub(crate) fn signature_count(&self) -> usize {
        self.signatures.len()
    }

    /// Checks every signature of this key; those of other keys are passed over.
    pub(crate) fn verify(&self, key: &VerifierKey) -> Result<(), NoteFault> {
        let id = key.id();
        let mut found = NoteFault::OtherKey;
        for (_, _, bytes) in self
            .signatures
            .iter()
            .filter(|(name, of, _)| *name == key.name && *of == id)
        {
            found = NoteFault::BadSignature;
            let signature = Signature::from_slice(bytes).map_err(|_length| found)?;
            key.key
                .verify_strict(self.text.as_bytes(), &signature)
                .map_err(|_forged| found)?;
        }
        if found == NoteFault::BadSignature {
            Ok(())
        } else {
            Err(found)
        }
    }
}

fn signature(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    check_name(name).ok()?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (!signature.is_empty()).then(|| (name, *id, signature.to_vec()))
}

#[cfg(test)]
mod tests;
