//! The offline verifier of a whole ledger folder.

use std::fs;
use std::io;
use std::path::Path;

use crate::edge::Edge;
use crate::error::LedgerError;
use crate::flaw::{Flaw, FlawKind};
use crate::log::{KEY_FILE, UNFINISHED_FILE};
use crate::proof::Trust;
use crate::tile::{self, Layer, Tile, WIDTH};
use crate::tree::Frontier;
use crate::{Checkpoint, Leaf, VerifierKey};

/// How often a folder is looked at again whose checkpoint moved while it was read.
const TRIES: usize = 3;

/// What a folder was found to hold; given only when every byte is as the log wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderReport {
    /// The signed state that the entries add up to.
    pub checkpoint: Checkpoint,
    /// The key that signed it.
    pub key: VerifierKey,
    /// Whose word the key is.
    pub trust: Trust,
    /// How many files were compared.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
}

/// Verifies a ledger folder with a key that the verifier trusts, or else the one that the folder carries.
///
/// Recomputes every hash from the entries, compares every byte of every file, and checks the signature. A folder may
/// be verified while its log is written to.
///
/// # Errors
/// [`Flaw`] with the first thing wrong: file, place and reason.
///
/// # Clause
/// R23
pub fn verify_dir(dir: &Path, key: Option<&VerifierKey>) -> Result<FolderReport, Flaw> {
    verify(dir, key, None)
}

/// Verifies a ledger folder as [`verify_dir`] does, and that it continues an earlier checkpoint of the log.
///
/// # Errors
/// As [`verify_dir`]; [`FlawKind::RolledBack`] and [`FlawKind::Rewritten`] tell what became of the earlier entries.
///
/// # Clause
/// R23
pub fn verify_dir_since(
    dir: &Path,
    key: Option<&VerifierKey>,
    earlier: &Checkpoint,
) -> Result<FolderReport, Flaw> {
    verify(dir, key, Some(earlier))
}

fn verify(
    dir: &Path,
    given: Option<&VerifierKey>,
    earlier: Option<&Checkpoint>,
) -> Result<FolderReport, Flaw> {
    let (key, trust) = find_key(dir, given)?;
    let mut tries = 0;
    loop {
        tries += 1;
        let note = read(dir, Checkpoint::FILE)?;
        let found = verify_at(dir, (&key, trust), &note, earlier);
        let moved = || read(dir, Checkpoint::FILE).is_ok_and(|now| now != note);
        if found.is_ok() || tries == TRIES || !moved() {
            return found;
        }
    }
}

fn verify_at(
    dir: &Path,
    (key, trust): (&VerifierKey, Trust),
    note: &[u8],
    earlier: Option<&Checkpoint>,
) -> Result<FolderReport, Flaw> {
    let checkpoint = Checkpoint::open(note, key)?;
    if let Some(earlier) = earlier {
        if earlier.origin() != checkpoint.origin() {
            return Err(Flaw::of(FlawKind::OtherKey, Checkpoint::FILE));
        }
        if earlier.size() > checkpoint.size() {
            return Err(Flaw::of(FlawKind::RolledBack, Checkpoint::FILE));
        }
    }
    let mut walk = Walk {
        size: checkpoint.size(),
        ..Walk::default()
    };
    walk.folder(dir, "")?;
    replay(dir, &checkpoint, earlier)?;
    for partial in walk.outgrown {
        check_outgrown(dir, partial, checkpoint.size())?;
    }
    Ok(FolderReport {
        checkpoint,
        key: key.clone(),
        trust,
        files: walk.files,
        bytes: walk.bytes,
    })
}

fn find_key(dir: &Path, given: Option<&VerifierKey>) -> Result<(VerifierKey, Trust), Flaw> {
    let bad = || Flaw::of(FlawKind::BadKey, KEY_FILE);
    let carried = match (read(dir, KEY_FILE), given) {
        (Ok(bytes), _) => bytes,
        // A copy taken by another C2SP tool has no such file.
        (Err(flaw), Some(given)) if flaw.kind() == FlawKind::Missing => {
            return Ok((given.clone(), Trust::Given));
        }
        (Err(flaw), _) => return Err(flaw),
    };
    let text = std::str::from_utf8(&carried).map_err(|_binary| bad())?;
    let text = text.strip_suffix('\n').ok_or_else(bad)?;
    let carried: VerifierKey = text.parse().map_err(|_malformed| bad())?;
    match given {
        None => Ok((carried, Trust::Carried)),
        Some(given) if *given == carried => Ok((carried, Trust::Given)),
        Some(_) => Err(bad()),
    }
}

/// Looks at every name in the folder: what is there and should not be.
#[derive(Default)]
struct Walk {
    size: u64,
    files: u64,
    bytes: u64,
    outgrown: Vec<Tile>,
}

impl Walk {
    fn folder(&mut self, folder: &Path, inside: &str) -> Result<(), Flaw> {
        let unreadable = |_error: io::Error| Flaw::of(FlawKind::Unreadable, inside);
        let mut items = fs::read_dir(folder)
            .and_then(Iterator::collect::<io::Result<Vec<_>>>)
            .map_err(unreadable)?;
        items.sort_unstable_by_key(fs::DirEntry::file_name);
        for item in items {
            let name = item.file_name();
            let name = name.to_string_lossy();
            let path = if inside.is_empty() {
                name.into_owned()
            } else {
                format!("{inside}/{name}")
            };
            let meta = match item.metadata() {
                Ok(meta) => meta,
                // An outgrown partial file that the writer has just removed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(_error) => return Err(Flaw::of(FlawKind::Unreadable, path)),
            };
            if meta.is_dir() && is_folder(&path) {
                self.folder(&item.path(), &path)?;
            } else if meta.is_file() {
                self.files += 1;
                self.bytes += meta.len();
                self.file(path)?;
            } else {
                return Err(Flaw::of(FlawKind::Foreign, path));
            }
        }
        Ok(())
    }

    fn file(&mut self, path: String) -> Result<(), Flaw> {
        if path == KEY_FILE || path == Checkpoint::FILE {
            return Ok(());
        }
        if path == UNFINISHED_FILE {
            return Err(Flaw::of(FlawKind::BeyondCheckpoint, path));
        }
        let Some(found) = Tile::parse(&path) else {
            return Err(Flaw::of(FlawKind::Foreign, path));
        };
        match Tile::at(found.layer, found.index, self.size) {
            Some(due) if found.width == due.width => Ok(()),
            Some(due) if found.width < due.width => {
                self.outgrown.push(found);
                Ok(())
            }
            _ => Err(Flaw::of(FlawKind::BeyondCheckpoint, path)),
        }
    }
}

/// Says whether a folder could hold files of the tree: `tile`, a layer, `x001`, `000.p`.
fn is_folder(path: &str) -> bool {
    if path == "tile" || path == "tile/entries" {
        return true;
    }
    // A file that such a folder could hold tells.
    let partial = format!("{path}/1");
    let deeper = format!("{path}/000");
    Tile::parse(&partial).is_some() || Tile::parse(&deeper).is_some()
}

/// Builds the tree again from the entries and compares it with the tiles.
fn replay(dir: &Path, checkpoint: &Checkpoint, earlier: Option<&Checkpoint>) -> Result<(), Flaw> {
    let size = checkpoint.size();
    let mut edge = Edge::default();
    check_earlier(&edge, earlier)?;
    for index in 0..size.div_ceil(u64::from(WIDTH)) {
        let Some(bundle) = Tile::at(Layer::Entries, index, size) else {
            break;
        };
        let bytes = read(dir, &bundle.path())?;
        let entries = tile::entries(bundle, &bytes)?;
        for (offset, entry) in entries {
            let leaf = Leaf::from_bytes(entry.to_vec()).map_err(|_not_canonical| {
                let flaw = Flaw::of(FlawKind::NotCanonical, bundle.path());
                flaw.at_entry(edge.size()).at_offset(offset)
            })?;
            edge.push(&leaf, |tile, bytes| {
                compare(dir, tile, &bytes, checkpoint).map_err(LedgerError::Damaged)
            })
            .map_err(into_flaw)?;
            check_earlier(&edge, earlier)?;
        }
    }
    for (tile, bytes) in edge.partials(0) {
        compare(dir, tile, &bytes, checkpoint)?;
    }
    if edge.root() == checkpoint.root() {
        Ok(())
    } else {
        Err(Flaw::of(FlawKind::RootDiffers, Checkpoint::FILE))
    }
}

fn check_earlier(edge: &Edge, earlier: Option<&Checkpoint>) -> Result<(), Flaw> {
    match earlier {
        Some(earlier) if edge.size() == earlier.size() && edge.root() != earlier.root() => {
            Err(Flaw::of(FlawKind::Rewritten, Checkpoint::FILE))
        }
        _ => Ok(()),
    }
}

fn into_flaw(error: LedgerError) -> Flaw {
    if let LedgerError::Damaged(flaw) = error {
        flaw
    } else {
        Flaw::of(FlawKind::Unreadable, "tile")
    }
}

/// Compares a file with what the entries make of it.
fn compare(dir: &Path, tile: Tile, due: &[u8], checkpoint: &Checkpoint) -> Result<(), Flaw> {
    let Layer::Hashes(level) = tile.layer else {
        // The bundle is where the bytes came from.
        return Ok(());
    };
    let found = read(dir, &tile.path())?;
    if found == due {
        return Ok(());
    }
    tile::hashes(tile, &found)?;
    let offset = first_difference(&found, due);
    let place = offset / 32;
    if level > 0 {
        return Err(Flaw::of(FlawKind::HashChanged, tile.path()).at_offset(offset));
    }
    let index = tile.index * u64::from(WIDTH) + place;
    if hashes_add_up(dir, checkpoint) {
        let bundle = Tile {
            layer: Layer::Entries,
            ..tile
        };
        let bytes = read(dir, &bundle.path())?;
        let entries = tile::entries(bundle, &bytes)?;
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let offset = entries.get(place).map_or(0, |(offset, _)| *offset);
        let flaw = Flaw::of(FlawKind::EntryChanged, bundle.path());
        return Err(flaw.at_entry(index).at_offset(offset));
    }
    let flaw = Flaw::of(FlawKind::HashChanged, tile.path());
    Err(flaw.at_entry(index).at_offset(offset))
}

/// Says whether the hashes of the leaves, as the tiles have them, lead to the signed root: then it is an entry that
/// was changed, else a hash.
fn hashes_add_up(dir: &Path, checkpoint: &Checkpoint) -> bool {
    let size = checkpoint.size();
    let mut frontier = Frontier::default();
    for index in 0..size.div_ceil(u64::from(WIDTH)) {
        let hashes = Tile::at(Layer::Hashes(0), index, size)
            .and_then(|tile| tile::hashes(tile, &read(dir, &tile.path()).ok()?).ok());
        for hash in hashes.unwrap_or_default() {
            frontier.push(hash, |_, _| {});
        }
    }
    frontier.size() == size && frontier.root() == checkpoint.root()
}

/// Compares a partial file that was outgrown with the beginning of its successor, which has been found right.
fn check_outgrown(dir: &Path, partial: Tile, size: u64) -> Result<(), Flaw> {
    let found = match read(dir, &partial.path()) {
        // The writer has just removed it.
        Err(flaw) if flaw.kind() == FlawKind::Missing => return Ok(()),
        other => other?,
    };
    let Some(due) = Tile::at(partial.layer, partial.index, size) else {
        return Err(Flaw::of(FlawKind::BeyondCheckpoint, partial.path()));
    };
    let successor = read(dir, &due.path())?;
    // Taking the file apart checks its length.
    let kind = match partial.layer {
        Layer::Hashes(_) => {
            tile::hashes(partial, &found)?;
            FlawKind::HashChanged
        }
        Layer::Entries => {
            tile::entries(partial, &found)?;
            FlawKind::EntryChanged
        }
    };
    if successor.starts_with(&found) {
        return Ok(());
    }
    let offset = first_difference(&found, &successor);
    Err(Flaw::of(kind, partial.path()).at_offset(offset))
}

fn first_difference(a: &[u8], b: &[u8]) -> u64 {
    a.iter().zip(b).take_while(|(a, b)| a == b).count() as u64
}

fn read(dir: &Path, file: &str) -> Result<Vec<u8>, Flaw> {
    fs::read(dir.join(file)).map_err(|error| {
        let kind = if error.kind() == io::ErrorKind::NotFound {
            FlawKind::Missing
        } else {
            FlawKind::Unreadable
        };
        Flaw::of(kind, file)
    })
}
