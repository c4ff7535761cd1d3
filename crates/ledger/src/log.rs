use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use yuntu_terms::clause;

use crate::disk::{Disk, RealDisk};
use crate::edge::{Edge, edge_tile};
use crate::error::LedgerError;
use crate::flaw::{Flaw, FlawKind};
use crate::proof::{Bundle, Consistency};
use crate::reader::{Reader, read};
use crate::tile::{Layer, Tile, WIDTH};
use crate::{Checkpoint, Leaf, Signer, VerifierKey};

/// How many tiles one commit may fill, so that an interrupted one leaves traces in a known range only.
const STEP_TILES: u64 = 64;

/// The file that carries the verifier key, so that a folder can be verified by itself.
pub(crate) const KEY_FILE: &str = "vkey";

/// A checkpoint or key on its way to its name.
pub(crate) const UNFINISHED_FILE: &str = "unfinished";

/// An append-only Merkle log in a folder, open for writing by one owner at a time.
///
/// Every acknowledged append outlives a crash or a power cut at any point: tiles and bundles are durable before the
/// checkpoint that calls for them takes the place of the last, and what lies beyond the checkpoint is written anew.
#[derive(Debug)]
pub struct Log {
    dir: PathBuf,
    disk: Box<dyn Disk>,
    signer: Signer,
    checkpoint: Checkpoint,
    edge: Edge,
    /// An append failed half-way: memory may be ahead of the disk.
    stale: bool,
    /// Holds the lock on the folder.
    _lock: File,
}

impl Log {
    /// Opens the log in a folder, or begins one there, and keeps every other writer out until dropped.
    ///
    /// # Errors
    /// [`LedgerError::Locked`] when another has it open, [`LedgerError::Damaged`] when its right edge is not what was
    /// signed or the key is not the log's, and on file errors.
    pub fn open(dir: impl Into<PathBuf>, signer: Signer) -> Result<Self, LedgerError> {
        Self::open_on(dir.into(), signer, Box::new(RealDisk))
    }

    pub(crate) fn open_on(
        dir: PathBuf,
        signer: Signer,
        disk: Box<dyn Disk>,
    ) -> Result<Self, LedgerError> {
        fs::create_dir_all(&dir)?;
        // The folder itself is locked, so that no file is in it that is not the log's.
        let lock = File::open(&dir)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::Locked),
            Err(TryLockError::Error(error)) => return Err(LedgerError::Io(error)),
        }
        begin(&dir, &signer, disk.as_ref())?;
        let (checkpoint, edge) = recover(&dir, &signer.verifier(), disk.as_ref())?;
        Ok(Self {
            dir,
            disk,
            signer,
            checkpoint,
            edge,
            stale: false,
            _lock: lock,
        })
    }

    /// Returns the last signed state.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Returns how many entries the log holds: the index of the next.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.checkpoint.size()
    }

    /// Returns the key that verifies the log.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        self.signer.verifier()
    }

    /// Adds leaves at the end; when it returns they are durable under the checkpoint.
    ///
    /// # Errors
    /// [`LedgerError::Io`] when a file operation fails; some of the leaves may then be in the log, so try again with
    /// [`append_from`](Self::append_from).
    pub fn append(&mut self, leaves: &[Leaf]) -> Result<Checkpoint, LedgerError> {
        self.refresh()?;
        // Steps are cut where bundles end, which spares a partial file each.
        let mut rest = leaves;
        while !rest.is_empty() {
            let room = STEP_TILES * u64::from(WIDTH) - self.size() % u64::from(WIDTH);
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            let (step, after) = rest.split_at(room.min(rest.len()));
            self.stale = true;
            self.commit(step)?;
            self.stale = false;
            rest = after;
        }
        Ok(self.checkpoint.clone())
    }

    /// Adds numbered leaves: those that the log has already are compared and passed over, the others added.
    ///
    /// # Errors
    /// [`LedgerError::Gap`] when leaves are missing before the first, [`LedgerError::Forked`] when one differs from
    /// what the log holds, and as [`append`](Self::append).
    ///
    /// # Clause
    /// R23
    pub fn append_from(&mut self, first: u64, leaves: &[Leaf]) -> Result<Checkpoint, LedgerError> {
        self.refresh()?;
        let expected = self.size();
        let known = expected.checked_sub(first).ok_or(LedgerError::Gap {
            expected,
            got: first,
        })?;
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        let (known, fresh) = leaves.split_at(known.min(leaves.len()));
        let reader = self.reader();
        let mut held = Vec::new().into_iter();
        for (leaf, index) in known.iter().zip(first..) {
            let mut next = held.next();
            if next.is_none() {
                held = reader.leaves(index)?.into_iter();
                next = held.next();
            }
            if next.as_ref() != Some(leaf) {
                // R23: a rewritten history is never accepted.
                clause::hit!(R23);
                return Err(LedgerError::Forked { index });
            }
        }
        self.append(fresh)
    }

    /// Returns a reader as of the present checkpoint, which works beside the writer.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::at(self.dir.clone(), self.verifier(), self.checkpoint.clone())
    }

    /// Proves that the log holds the entry with this index; see [`Reader::prove`].
    ///
    /// # Errors
    /// As [`Reader::prove`].
    pub fn prove(&self, index: u64) -> Result<Bundle, LedgerError> {
        self.reader().prove(index)
    }

    /// Proves that the log continues that of an earlier checkpoint; see [`Reader::prove_consistency`].
    ///
    /// # Errors
    /// As [`Reader::prove_consistency`].
    pub fn prove_consistency(&self, earlier: &Checkpoint) -> Result<Consistency, LedgerError> {
        self.reader().prove_consistency(earlier)
    }

    /// Takes up what is on disk after a failed append.
    fn refresh(&mut self) -> Result<(), LedgerError> {
        if self.stale {
            let recovered = recover(&self.dir, &self.verifier(), self.disk.as_ref())?;
            (self.checkpoint, self.edge) = recovered;
            self.stale = false;
        }
        Ok(())
    }

    fn commit(&mut self, leaves: &[Leaf]) -> Result<(), LedgerError> {
        let before = self.edge.size();
        let mut batch = Batch {
            dir: &self.dir,
            disk: self.disk.as_ref(),
            unsynced: BTreeSet::new(),
        };
        for leaf in leaves {
            self.edge
                .push(leaf, |tile, bytes| batch.put(tile, &bytes))?;
        }
        for (tile, bytes) in self.edge.partials(before) {
            batch.put(tile, &bytes)?;
        }
        let checkpoint = Checkpoint::sign(&self.signer, self.edge.size(), self.edge.root());
        batch.finish(Checkpoint::FILE, checkpoint.note().as_bytes())?;
        let after = checkpoint.size();
        self.checkpoint = checkpoint;
        for layer in Layer::of(before) {
            let outgrown = edge_tile(layer, before).filter(|tile| {
                Tile::at(layer, tile.index, after).is_some_and(|t| t.width == WIDTH)
            });
            if let Some(tile) = outgrown {
                // The partial files say nothing that the full one does not; the next opening tries again.
                self.disk
                    .remove_folder(&self.dir.join(tile.partial_folder()))
                    .ok();
            }
        }
        Ok(())
    }
}

/// The files of one commit.
struct Batch<'a> {
    dir: &'a Path,
    disk: &'a dyn Disk,
    unsynced: BTreeSet<PathBuf>,
}

impl Batch<'_> {
    fn put(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), LedgerError> {
        let path = tile.path();
        let mut folder = self.dir.to_path_buf();
        if let Some((parents, _file)) = path.rsplit_once('/') {
            for part in parents.split('/') {
                let parent = folder.clone();
                folder.push(part);
                if self.disk.make_folder(&folder)? {
                    self.unsynced.insert(parent);
                }
            }
        }
        let file = self.dir.join(path);
        self.disk.write(&file, bytes)?;
        self.unsynced.extend([folder, file]);
        Ok(())
    }

    /// Makes everything durable, and only then puts a file in the place of its predecessor.
    fn finish(mut self, name: &str, bytes: &[u8]) -> Result<(), LedgerError> {
        let unfinished = self.dir.join(UNFINISHED_FILE);
        self.disk.write(&unfinished, bytes)?;
        self.unsynced.insert(unfinished.clone());
        let unsynced: Vec<_> = self.unsynced.into_iter().collect();
        self.disk.sync(&unsynced)?;
        self.disk.replace(&unfinished, &self.dir.join(name))?;
        self.disk.sync(&[self.dir.to_path_buf()])?;
        Ok(())
    }
}

/// Writes the key and the checkpoint of an empty log where there is none.
fn begin(dir: &Path, signer: &Signer, disk: &dyn Disk) -> Result<(), LedgerError> {
    let batch = || Batch {
        dir,
        disk,
        unsynced: BTreeSet::new(),
    };
    let key = format!("{}\n", signer.verifier());
    match fs::read(dir.join(KEY_FILE)) {
        Ok(found) if found == key.as_bytes() => {}
        Ok(_other) => {
            return Err(LedgerError::Damaged(Flaw::of(FlawKind::BadKey, KEY_FILE)));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            batch().finish(KEY_FILE, key.as_bytes())?;
        }
        Err(error) => return Err(LedgerError::Io(error)),
    }
    // A tree without a checkpoint has lost it: beginning again would destroy the tree.
    if !dir.join(Checkpoint::FILE).try_exists()? && !dir.join("tile").try_exists()? {
        let empty = Checkpoint::sign(signer, 0, crate::tree::empty_root());
        batch().finish(Checkpoint::FILE, empty.note().as_bytes())?;
    }
    Ok(())
}

/// Reads what the checkpoint vouches for and removes what an interrupted append left beyond it.
fn recover(
    dir: &Path,
    key: &VerifierKey,
    disk: &dyn Disk,
) -> Result<(Checkpoint, Edge), LedgerError> {
    // A checkpoint that was put in place but not yet made durable is about to be relied on.
    disk.sync(&[dir.to_path_buf()])?;
    let note = read(dir, Checkpoint::FILE)?;
    let checkpoint = Checkpoint::open(&note, key).map_err(LedgerError::Damaged)?;
    let edge = Edge::load(dir, &checkpoint)?;
    let unfinished = dir.join(UNFINISHED_FILE);
    if unfinished.try_exists()? {
        disk.remove_file(&unfinished)?;
    }
    let size = checkpoint.size();
    let furthest = size.saturating_add(STEP_TILES * u64::from(WIDTH));
    for layer in Layer::of(furthest) {
        clear_beyond(dir, disk, layer, size)?;
    }
    Ok((checkpoint, edge))
}

fn clear_beyond(dir: &Path, disk: &dyn Disk, layer: Layer, size: u64) -> Result<(), LedgerError> {
    let edge = layer.count(size) / u64::from(WIDTH);
    for index in edge.saturating_sub(1)..=edge + STEP_TILES {
        let full = Tile {
            layer,
            index,
            width: WIDTH,
        };
        let held = Tile::at(layer, index, size).map_or(0, |tile| tile.width);
        let file = dir.join(full.path());
        if held < WIDTH && file.try_exists()? {
            disk.remove_file(&file)?;
        }
        let partials = dir.join(full.partial_folder());
        if !partials.try_exists()? {
            continue;
        }
        if held == 0 || held == WIDTH {
            // Beyond the checkpoint, or outgrown.
            disk.remove_folder(&partials)?;
            continue;
        }
        for width in held + 1..WIDTH {
            let file = dir.join(Tile { width, ..full }.path());
            if file.try_exists()? {
                disk.remove_file(&file)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
