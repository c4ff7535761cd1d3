//! The growing right edge of a log: all that is kept in memory, whatever the size of the log.

use std::path::Path;

use yuntu_terms::Digest;

use crate::error::LedgerError;
use crate::flaw::{Flaw, FlawKind};
use crate::reader::read;
use crate::tile::{self, LEVELS, Layer, Tile, WIDTH};
use crate::tree::{self, Frontier};
use crate::{Checkpoint, Leaf};

/// The tiles that are not full yet, and the subtrees that the size is made of.
#[derive(Debug, Default)]
pub(crate) struct Edge {
    frontier: Frontier,
    levels: [Vec<Digest>; LEVELS as usize],
    bundle: Vec<u8>,
}

impl Edge {
    /// Recovers the edge of a signed tree from its partial tiles, and checks it against the signed root.
    pub(crate) fn load(dir: &Path, checkpoint: &Checkpoint) -> Result<Self, LedgerError> {
        let size = checkpoint.size();
        let mut edge = Self::default();
        let mut peaks = Vec::new();
        for (level, hashes) in (0..LEVELS).zip(&mut edge.levels).rev() {
            let layer = Layer::Hashes(level);
            let Some(tile) = edge_tile(layer, size) else {
                continue;
            };
            *hashes =
                tile::hashes(tile, &read(dir, &tile.path())?).map_err(LedgerError::Damaged)?;
            peaks.extend(peaks_of(hashes));
        }
        let differs = || LedgerError::Damaged(Flaw::of(FlawKind::RootDiffers, Checkpoint::FILE));
        edge.frontier = Frontier::resume(size, peaks).ok_or_else(differs)?;
        if edge.frontier.root() != checkpoint.root() {
            return Err(differs());
        }
        if let Some(bundle) = edge_tile(Layer::Entries, size) {
            edge.bundle = read(dir, &bundle.path())?;
            edge.check_bundle(bundle).map_err(LedgerError::Damaged)?;
        }
        Ok(edge)
    }

    fn check_bundle(&self, bundle: Tile) -> Result<(), Flaw> {
        let [leaves, ..] = &self.levels;
        let entries = tile::entries(bundle, &self.bundle)?;
        for (index, ((offset, entry), hash)) in entries.into_iter().zip(leaves).enumerate() {
            if tree::leaf_hash(entry) != *hash {
                let index = bundle.index * u64::from(WIDTH) + index as u64;
                let flaw = Flaw::of(FlawKind::EntryChanged, bundle.path());
                return Err(flaw.at_entry(index).at_offset(offset));
            }
        }
        Ok(())
    }

    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) fn root(&self) -> Digest {
        self.frontier.root()
    }

    /// Adds a leaf; hands on each tile and bundle that it fills.
    pub(crate) fn push(
        &mut self,
        leaf: &Leaf,
        mut filled: impl FnMut(Tile, Vec<u8>) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let bytes = leaf.as_bytes();
        // INVARIANT: a leaf is never longer than its length field can say.
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.bundle.extend_from_slice(&length.to_be_bytes());
        self.bundle.extend_from_slice(bytes);
        let levels = &mut self.levels;
        self.frontier.push(leaf.hash(), |height, hash| {
            if height.is_multiple_of(8)
                && let Some(level) = levels.get_mut(height as usize / 8)
            {
                level.push(hash);
            }
        });
        let mut count = self.frontier.size();
        if count.is_multiple_of(u64::from(WIDTH)) {
            let tile = full_tile(Layer::Entries, count);
            filled(tile, std::mem::take(&mut self.bundle))?;
        }
        for (level, hashes) in (0..LEVELS).zip(&mut self.levels) {
            if !count.is_multiple_of(u64::from(WIDTH)) {
                break;
            }
            let tile = full_tile(Layer::Hashes(level), count);
            filled(tile, tile::tile_bytes(hashes))?;
            hashes.clear();
            count /= u64::from(WIDTH);
        }
        Ok(())
    }

    /// Lists the partial files of a layer's edge that a tree grown from this size needs.
    pub(crate) fn partials(&self, grown_from: u64) -> Vec<(Tile, Vec<u8>)> {
        let size = self.size();
        let mut files = Vec::new();
        for layer in Layer::of(size) {
            let grown = layer.count(size) != layer.count(grown_from);
            if let Some(tile) = edge_tile(layer, size).filter(|_| grown) {
                let bytes = match layer {
                    Layer::Entries => self.bundle.clone(),
                    Layer::Hashes(level) => self
                        .levels
                        .get(usize::from(level))
                        .map(|hashes| tile::tile_bytes(hashes))
                        .unwrap_or_default(),
                };
                files.push((tile, bytes));
            }
        }
        files
    }
}

/// Returns the partial tile at the right edge of a layer; `None` when the last tile is full.
pub(crate) fn edge_tile(layer: Layer, size: u64) -> Option<Tile> {
    Tile::at(layer, layer.count(size) / u64::from(WIDTH), size)
}

fn full_tile(layer: Layer, count: u64) -> Tile {
    Tile {
        layer,
        index: (count / u64::from(WIDTH)).saturating_sub(1),
        width: WIDTH,
    }
}

/// Folds the hashes of a partial tile into the complete subtrees that they make, largest first.
fn peaks_of(hashes: &[Digest]) -> Vec<Digest> {
    let mut rest = hashes;
    let mut peaks = Vec::new();
    for bit in (0..8).rev() {
        if hashes.len() & (1 << bit) != 0
            && let Some((subtree, after)) = rest.split_at_checked(1 << bit)
        {
            peaks.extend(tree::fold(subtree));
            rest = after;
        }
    }
    peaks
}
