use serde::{Deserialize, Serialize};
use serde_json::Value;
use yuntu_terms::Digest;

use crate::error::LeafError;
use crate::flaw::{Flaw, FlawKind};
use crate::{Checkpoint, Entry, VerifierKey, canonical, tree};

/// What a flaw in a proof is filed under.
const FILE: &str = "proof";

/// A proof larger than this is none: a leaf has 64 KiB and a path 64 hashes.
const BYTES_MAX: usize = 1 << 20;

/// Whose word the verifier key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// The verifier brought the key: the result says who signed.
    Given,
    /// The key came with what was verified: nothing was changed since it was signed, but anyone may have signed.
    Carried,
}

/// The proof that a log holds an entry: entry, place, path and signed checkpoint, to be verified without the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    pub(crate) entry: Entry,
    pub(crate) index: u64,
    pub(crate) path: Vec<Digest>,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) key: VerifierKey,
}

impl Bundle {
    /// Returns the entry.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Returns the index of the entry.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Returns the inclusion path, lowest hash first.
    #[must_use]
    pub fn path(&self) -> &[Digest] {
        &self.path
    }

    /// Returns the checkpoint that the path leads to.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Writes the proof as a text file: canonical JSON and a line end.
    ///
    /// # Errors
    /// [`LeafError`] never happens for a bundle that a log gave out.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        to_file(&BundleFile {
            checkpoint: self.checkpoint.note().to_owned(),
            entry: self.entry.clone(),
            form: InclusionForm::One,
            index: self.index,
            path: self.path.clone(),
            size: self.checkpoint.size(),
            vkey: self.key.to_string(),
        })
    }
}

/// What a bundle proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The entry, which the log holds.
    pub entry: Entry,
    /// Its index.
    pub index: u64,
    /// The signed state of the log that holds it.
    pub checkpoint: Checkpoint,
    /// The key that signed it.
    pub key: VerifierKey,
    /// Whose word the key is.
    pub trust: Trust,
}

/// Verifies the file of a [`Bundle`], with a key that the verifier trusts or else the one that the file carries.
///
/// # Errors
/// [`Flaw`] when any bit of the file is not as the log wrote it.
///
/// # Clause
/// R23
pub fn verify_bundle(bytes: &[u8], key: Option<&VerifierKey>) -> Result<Verified, Flaw> {
    let file: BundleFile = from_file(bytes)?;
    let (key, trust) = choose_key(&file.vkey, key)?;
    let checkpoint = open(&file.checkpoint, &key)?;
    let leaf = file.entry.to_leaf().map_err(|_not_a_leaf| malformed())?;
    if file.size != checkpoint.size() {
        return Err(malformed());
    }
    let (index, size) = (file.index, file.size);
    if !tree::inclusion_holds(leaf.hash(), index, size, &file.path, &checkpoint.root()) {
        return Err(Flaw::of(FlawKind::ProofFails, FILE).at_entry(index));
    }
    Ok(Verified {
        entry: file.entry,
        index,
        checkpoint,
        key,
        trust,
    })
}

/// The proof that the log of one checkpoint continues that of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    pub(crate) old: Checkpoint,
    pub(crate) new: Checkpoint,
    pub(crate) path: Vec<Digest>,
    pub(crate) key: VerifierKey,
}

impl Consistency {
    /// Returns the earlier checkpoint.
    #[must_use]
    pub fn earlier(&self) -> &Checkpoint {
        &self.old
    }

    /// Returns the later checkpoint.
    #[must_use]
    pub fn later(&self) -> &Checkpoint {
        &self.new
    }

    /// Returns the path, lowest hash first.
    #[must_use]
    pub fn path(&self) -> &[Digest] {
        &self.path
    }

    /// Writes the proof as a text file: canonical JSON and a line end.
    ///
    /// # Errors
    /// [`LeafError`] never happens for a proof that a log gave out.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        to_file(&ConsistencyFile {
            form: ConsistencyForm::One,
            new: self.new.note().to_owned(),
            old: self.old.note().to_owned(),
            path: self.path.clone(),
            vkey: self.key.to_string(),
        })
    }

    pub(crate) fn check(&self) -> Result<(), Flaw> {
        let (old, new) = (&self.old, &self.new);
        if old.size() > new.size() {
            return Err(Flaw::of(FlawKind::RolledBack, FILE));
        }
        let same_log = old.origin() == new.origin();
        let (old_root, new_root) = (old.root(), new.root());
        let (old, new) = ((old.size(), &old_root), (new.size(), &new_root));
        if same_log && tree::consistency_holds(old, new, &self.path) {
            Ok(())
        } else {
            Err(Flaw::of(FlawKind::Rewritten, FILE))
        }
    }
}

/// Verifies the file of a [`Consistency`] and says whose word the key is.
///
/// # Errors
/// [`Flaw`] when any bit of the file is not as the log wrote it, or the later log is no continuation of the earlier.
///
/// # Clause
/// R23
pub fn verify_consistency(
    bytes: &[u8],
    key: Option<&VerifierKey>,
) -> Result<(Consistency, Trust), Flaw> {
    let file: ConsistencyFile = from_file(bytes)?;
    let (key, trust) = choose_key(&file.vkey, key)?;
    let proof = Consistency {
        old: open(&file.old, &key)?,
        new: open(&file.new, &key)?,
        path: file.path,
        key,
    };
    proof.check()?;
    Ok((proof, trust))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BundleFile {
    checkpoint: String,
    entry: Entry,
    form: InclusionForm,
    index: u64,
    path: Vec<Digest>,
    size: u64,
    vkey: String,
}

#[derive(Serialize, Deserialize)]
enum InclusionForm {
    #[serde(rename = "yuntu-inclusion-1")]
    One,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsistencyFile {
    form: ConsistencyForm,
    new: String,
    old: String,
    path: Vec<Digest>,
    vkey: String,
}

#[derive(Serialize, Deserialize)]
enum ConsistencyForm {
    #[serde(rename = "yuntu-consistency-1")]
    One,
}

fn malformed() -> Flaw {
    Flaw::of(FlawKind::MalformedProof, FILE)
}

fn open(note: &str, key: &VerifierKey) -> Result<Checkpoint, Flaw> {
    Checkpoint::open(note.as_bytes(), key).map_err(|flaw| flaw.within(FILE))
}

/// Takes the given key, which the carried one must equal, or else the carried one.
fn choose_key(carried: &str, given: Option<&VerifierKey>) -> Result<(VerifierKey, Trust), Flaw> {
    let bad = || Flaw::of(FlawKind::BadKey, FILE);
    let carried: VerifierKey = carried.parse().map_err(|_malformed| bad())?;
    match given {
        None => Ok((carried, Trust::Carried)),
        Some(given) if *given == carried => Ok((carried, Trust::Given)),
        Some(_) => Err(bad()),
    }
}

fn to_file(file: &impl Serialize) -> Result<Vec<u8>, LeafError> {
    let value: Value = serde_json::to_value(file).map_err(|_unwritable| LeafError::NotCanonical)?;
    let mut bytes = canonical::to_bytes(&value, canonical::PROOF_DEPTH_MAX)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a file and refuses every byte that writing it again would not give.
fn from_file<T: Serialize + for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, Flaw> {
    if bytes.len() > BYTES_MAX {
        return Err(malformed());
    }
    let file: T = serde_json::from_slice(bytes).map_err(|_malformed| malformed())?;
    let written = to_file(&file).map_err(|_unwritable| malformed())?;
    if written == bytes {
        return Ok(file);
    }
    let same = written.iter().zip(bytes).take_while(|(a, b)| a == b);
    let offset = same.count() as u64;
    Err(malformed().at_offset(offset))
}
