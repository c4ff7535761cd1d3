//! An append-only Merkle log that anyone can verify offline.
//!
//! A ledger is a folder in the form of C2SP tlog-tiles, so that other implementations can read it:
//!
//! ```text
//! vkey                      NAME+ID+KEY: the log's Ed25519 key as a C2SP verifier key, and a line end
//! checkpoint                signed note of three lines: name of the log, number of entries, root (base64)
//! tile/entries/NNN          256 entries, each after two bytes of length (big-endian)
//! tile/entries/NNN.p/W      the same while there are only W of them
//! tile/L/NNN, NNN.p/W       256 (or W) hashes of level L: of leaves for L = 0, else of full tiles of level L-1
//! ```
//!
//! From 1000 on `NNN` becomes `x001/000`. Hashes are those of RFC 6962 over SHA-256: a leaf is hashed after a zero
//! byte, a node is hashed after a one byte. A partial file stays until the full one is there.
//!
//! An entry is a [`Leaf`]: canonical JSON of an [`Entry`] with the keys `actor`, `at`, `body`, `clauses`, `kind`. In
//! canonical JSON keys are in byte order and unique, nothing is spaced, numbers are whole and of 64 bits, and text
//! escapes only `"`, `\` and control characters (the short escape where there is one, else `\u00xx`). Reading an entry
//! and writing it again gives the same bytes, or it is refused. The log never looks into a body. A person appears as
//! a [`Pseudonym`], a keyed hash that points to nobody once its key is destroyed: entries are kept, persons forgotten.
//!
//! [`Log`] writes: one at a time, leaves and tiles durable before the checkpoint that calls for them. [`Reader`] reads and
//! proves beside it. [`verify_dir`] recomputes a folder from its entries and compares every byte of every file;
//! [`verify_bundle`] and [`verify_consistency`] check proofs, which are canonical JSON files and carry the key. A carried
//! key shows that nothing was changed since it was signed; *who* signed, only a key from elsewhere shows ([`Trust`]).

mod canonical;
mod checkpoint;
mod disk;
mod edge;
mod entry;
mod error;
mod flaw;
mod folder;
mod log;
mod note;
mod proof;
mod public;
mod reader;
mod tile;
mod tree;

pub use checkpoint::Checkpoint;
pub use entry::{Entry, EntryKind, Leaf, Pseudonym};
pub use error::{InvalidEntryKind, InvalidKey, LeafError, LedgerError};
pub use flaw::{Flaw, FlawKind};
pub use folder::{FolderReport, verify_dir, verify_dir_since};
pub use log::Log;
pub use note::{Signer, VerifierKey};
pub use proof::{Bundle, Consistency, Trust, Verified, verify_bundle, verify_consistency};
pub use public::HashTile;
pub use reader::Reader;
