use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use yuntu_terms::Digest;

use crate::flaw::{Flaw, FlawKind};
use crate::note::{Note, NoteFault};
use crate::tree;
use crate::{Signer, VerifierKey};

/// The signed statement of a log: so many entries, under this root (C2SP tlog-checkpoint).
///
/// A value of this type has been signed or has had its signature checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Digest,
    note: String,
}

impl Checkpoint {
    /// The name of the file in a ledger folder, and what a flaw in a checkpoint is filed under.
    pub(crate) const FILE: &'static str = "checkpoint";

    pub(crate) fn sign(signer: &Signer, size: u64, root: Digest) -> Self {
        let origin = signer.verifier().name().to_owned();
        let text = format!("{origin}\n{size}\n{}\n", STANDARD.encode(root.as_bytes()));
        Self {
            note: signer.sign(&text),
            origin,
            size,
            root,
        }
    }

    /// Reads a checkpoint and checks the log's signature.
    ///
    /// Stricter than the specification: no extension lines and no further signatures, so that no byte goes unchecked.
    ///
    /// # Errors
    /// [`Flaw`] when it is malformed, by another key, or the signature does not fit.
    pub fn open(note: &[u8], key: &VerifierKey) -> Result<Self, Flaw> {
        let flaw = |kind| Flaw::of(kind, Self::FILE);
        let fault = |fault| {
            flaw(match fault {
                NoteFault::Malformed => FlawKind::MalformedCheckpoint,
                NoteFault::OtherKey => FlawKind::OtherKey,
                NoteFault::BadSignature => FlawKind::BadSignature,
            })
        };
        let parsed = Note::parse(note).map_err(fault)?;
        let malformed = || flaw(FlawKind::MalformedCheckpoint);
        if parsed.signature_count() != 1 {
            return Err(malformed());
        }
        parsed.verify(key).map_err(fault)?;
        let mut lines = parsed.text.split('\n');
        let (Some(origin), Some(size), Some(root), Some(""), None) = (
            lines.next(),
            lines.next(),
            lines.next(),
            lines.next(),
            lines.next(),
        ) else {
            return Err(malformed());
        };
        if origin != key.name() {
            return Err(flaw(FlawKind::OtherKey));
        }
        let count: u64 = size.parse().map_err(|_not_a_number| malformed())?;
        let root = STANDARD.decode(root).map_err(|_malformed| malformed())?;
        let root = <[u8; 32]>::try_from(root).map_err(|_length| malformed())?;
        let root = Digest::new(root);
        if size != count.to_string() || (count == 0 && root != tree::empty_root()) {
            return Err(malformed());
        }
        Ok(Self {
            origin: origin.to_owned(),
            size: count,
            root,
            note: String::from_utf8_lossy(note).into_owned(),
        })
    }

    /// Returns the name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns how many entries the log held.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the root of the tree over them.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.root
    }

    /// Returns the signed note, to be published or kept.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint")
            .field("size", &self.size)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}
