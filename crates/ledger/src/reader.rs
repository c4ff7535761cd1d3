use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use yuntu_terms::Digest;

use crate::error::LedgerError;
use crate::flaw::{Flaw, FlawKind};
use crate::proof::{Bundle, Consistency};
use crate::tile::{self, Layer, Tile, WIDTH};
use crate::tree::{self, Nodes};
use crate::{Checkpoint, Leaf, VerifierKey, entry};

/// Reads a log and makes proofs as of one checkpoint; needs neither the lock nor the secret key.
#[derive(Debug, Clone)]
pub struct Reader {
    dir: PathBuf,
    key: VerifierKey,
    checkpoint: Checkpoint,
}

impl Reader {
    /// Reads the folder's present checkpoint.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] when there is none or its signature is not by this key.
    pub fn open(dir: impl Into<PathBuf>, key: VerifierKey) -> Result<Self, LedgerError> {
        let dir = dir.into();
        let note = read(&dir, Checkpoint::FILE)?;
        let checkpoint = Checkpoint::open(&note, &key).map_err(LedgerError::Damaged)?;
        Ok(Self::at(dir, key, checkpoint))
    }

    pub(crate) fn at(dir: PathBuf, key: VerifierKey, checkpoint: Checkpoint) -> Self {
        Self {
            dir,
            key,
            checkpoint,
        }
    }

    /// Returns the checkpoint as of which this reads.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Returns up to a bundle's worth of leaves from an index on; none at the end of the log.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] when a leaf does not read back, and on file errors.
    pub fn leaves(&self, first: u64) -> Result<Vec<Leaf>, LedgerError> {
        let width = u64::from(WIDTH);
        let Some(bundle) = Tile::at(Layer::Entries, first / width, self.checkpoint.size()) else {
            return Ok(Vec::new());
        };
        let bytes = read_grown(&self.dir, bundle)?;
        let skipped = usize::try_from(first % width).unwrap_or(usize::MAX);
        let entries = tile::entries(bundle, &bytes).map_err(LedgerError::Damaged)?;
        let wanted = entries
            .into_iter()
            .zip(bundle.index * width..)
            .skip(skipped);
        wanted
            .map(|((offset, bytes), index)| {
                Leaf::from_bytes(bytes.to_vec()).map_err(|_not_canonical| {
                    let flaw = Flaw::of(FlawKind::NotCanonical, bundle.path());
                    LedgerError::Damaged(flaw.at_entry(index).at_offset(offset))
                })
            })
            .collect()
    }

    /// Returns one leaf.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchEntry`] beyond the end, and as [`leaves`](Self::leaves).
    pub fn leaf(&self, index: u64) -> Result<Leaf, LedgerError> {
        let no_such = LedgerError::NoSuchEntry {
            index,
            size: self.checkpoint.size(),
        };
        let first = self.leaves(index)?.into_iter().next();
        first.ok_or(no_such)
    }

    /// Proves that the log holds the entry with this index.
    ///
    /// # Errors
    /// As [`leaf`](Self::leaf); a proof that would not verify is [`LedgerError::Damaged`] and is not given out.
    pub fn prove(&self, index: u64) -> Result<Bundle, LedgerError> {
        let leaf = self.leaf(index)?;
        let size = self.checkpoint.size();
        let path = tree::inclusion_path(&mut self.nodes(), index, size)?;
        if !tree::inclusion_holds(leaf.hash(), index, size, &path, &self.checkpoint.root()) {
            let bundle = Tile::at(Layer::Entries, index / u64::from(WIDTH), size);
            let file = bundle.map_or_else(String::new, Tile::path);
            let flaw = Flaw::of(FlawKind::EntryChanged, file).at_entry(index);
            return Err(LedgerError::Damaged(flaw));
        }
        let entry = entry::parse(leaf.as_bytes()).map_err(|_not_canonical| {
            LedgerError::Damaged(Flaw::of(FlawKind::NotCanonical, "proof").at_entry(index))
        })?;
        Ok(Bundle {
            entry,
            index,
            path,
            checkpoint: self.checkpoint.clone(),
            key: self.key.clone(),
        })
    }

    /// Proves that the log continues the log of an earlier checkpoint.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] when it does not, and on file errors.
    pub fn prove_consistency(&self, earlier: &Checkpoint) -> Result<Consistency, LedgerError> {
        let (old, new) = (earlier.size(), self.checkpoint.size());
        let path = if 0 < old && old < new {
            tree::consistency_path(&mut self.nodes(), old, new)?
        } else {
            Vec::new()
        };
        let proof = Consistency {
            old: earlier.clone(),
            new: self.checkpoint.clone(),
            path,
            key: self.key.clone(),
        };
        proof.check().map_err(LedgerError::Damaged)?;
        Ok(proof)
    }

    fn nodes(&self) -> TileNodes<'_> {
        TileNodes {
            dir: &self.dir,
            size: self.checkpoint.size(),
            tiles: BTreeMap::new(),
        }
    }
}

/// Finds the hashes of subtrees in tiles, reading each tile once.
struct TileNodes<'a> {
    dir: &'a Path,
    size: u64,
    tiles: BTreeMap<(u8, u64), Vec<Digest>>,
}

impl Nodes for TileNodes<'_> {
    type Error = LedgerError;

    fn node(&mut self, height: u32, index: u64) -> Result<Digest, LedgerError> {
        let level = u8::try_from(height / 8).unwrap_or(u8::MAX);
        // A subtree between two levels is folded from the hashes of the level below.
        let span = 1_u64 << (height % 8);
        let first = index * span;
        let number = first / u64::from(WIDTH);
        let gone = || LedgerError::Damaged(Flaw::of(FlawKind::HashChanged, Checkpoint::FILE));
        let tile = Tile::at(Layer::Hashes(level), number, self.size).ok_or_else(gone)?;
        let hashes = match self.tiles.entry((level, number)) {
            std::collections::btree_map::Entry::Occupied(read) => read.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let bytes = read_grown(self.dir, tile)?;
                place.insert(tile::hashes(tile, &bytes).map_err(LedgerError::Damaged)?)
            }
        };
        let start = usize::try_from(first % u64::from(WIDTH)).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(span).unwrap_or(usize::MAX));
        let part = hashes.get(start..end);
        part.and_then(tree::fold).ok_or_else(gone)
    }
}

/// Reads a file of the log; what is not there is a flaw.
pub(crate) fn read(dir: &Path, file: &str) -> Result<Vec<u8>, LedgerError> {
    match fs::read(dir.join(file)) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(LedgerError::Damaged(Flaw::of(FlawKind::Missing, file)))
        }
        Err(error) => Err(LedgerError::Io(error)),
    }
}

/// Reads a tile or bundle, from the full one when the partial one has made way for it.
fn read_grown(dir: &Path, tile: Tile) -> Result<Vec<u8>, LedgerError> {
    let gone = match fs::read(dir.join(tile.path())) {
        Ok(bytes) => return Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => tile,
        Err(error) => return Err(LedgerError::Io(error)),
    };
    let missing = || LedgerError::Damaged(Flaw::of(FlawKind::Missing, gone.path()));
    if gone.width == WIDTH {
        return Err(missing());
    }
    let mut bytes = match fs::read(dir.join(gone.full().path())) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
        Err(error) => return Err(LedgerError::Io(error)),
    };
    let wanted = match gone.layer {
        Layer::Hashes(_) => usize::from(gone.width) * 32,
        Layer::Entries => tile::entries(gone.full(), &bytes)
            .map_err(LedgerError::Damaged)?
            .get(usize::from(gone.width))
            .map_or(bytes.len(), |(start, _)| {
                usize::try_from(start.saturating_sub(2)).unwrap_or(usize::MAX)
            }),
    };
    bytes.truncate(wanted);
    Ok(bytes)
}
