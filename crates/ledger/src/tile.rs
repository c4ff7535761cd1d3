//! Where C2SP tlog-tiles puts each file, and what it holds.

use std::fmt::Write as _;

use yuntu_terms::Digest;

use crate::flaw::{Flaw, FlawKind};

/// How many hashes a full tile, or entries a full bundle, has.
pub(crate) const WIDTH: u16 = 256;

/// The levels of tiles that a tree of up to 2^64 leaves can have.
pub(crate) const LEVELS: u8 = 8;

/// Which files of the tree: bundles of entries, or hashes at a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    Entries,
    Hashes(u8),
}

impl Layer {
    pub(crate) fn folder(self) -> String {
        match self {
            Self::Entries => "tile/entries".to_owned(),
            Self::Hashes(level) => format!("tile/{level}"),
        }
    }

    /// Returns how many entries or hashes the layer has in a tree of this size.
    pub(crate) fn count(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Hashes(level) => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
        }
    }

    /// Lists the layers that a tree of this size has.
    pub(crate) fn of(size: u64) -> impl Iterator<Item = Self> {
        let hashes = (0..LEVELS).map(Self::Hashes);
        std::iter::once(Self::Entries)
            .chain(hashes)
            .filter(move |layer| layer.count(size) > 0)
    }
}

/// One file of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tile {
    pub(crate) layer: Layer,
    pub(crate) index: u64,
    /// 1 to 256; below 256 the file is a partial one.
    pub(crate) width: u16,
}

impl Tile {
    /// Returns the tile as it is in a tree of this size; `None` when the tree does not reach it.
    pub(crate) fn at(layer: Layer, index: u64, size: u64) -> Option<Self> {
        let before = index.checked_mul(u64::from(WIDTH))?;
        let rest = layer.count(size).checked_sub(before)?;
        let width = u16::try_from(rest).map_or(WIDTH, |rest| rest.min(WIDTH));
        (width > 0).then_some(Self {
            layer,
            index,
            width,
        })
    }

    /// Returns the same tile when it is full.
    pub(crate) fn full(self) -> Self {
        Self {
            width: WIDTH,
            ..self
        }
    }

    /// Returns the path inside the ledger folder.
    pub(crate) fn path(self) -> String {
        let mut path = self.stem();
        if self.width < WIDTH {
            // Writing to a string does not fail.
            write!(path, ".p/{}", self.width).unwrap_or_default();
        }
        path
    }

    /// Returns the folder of the tile's partial files.
    pub(crate) fn partial_folder(self) -> String {
        self.stem() + ".p"
    }

    fn stem(self) -> String {
        let mut path = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            path = format!("x{:03}/{path}", rest % 1000);
            rest /= 1000;
        }
        format!("{}/{path}", self.layer.folder())
    }

    /// Reads a path inside the ledger folder; only the one spelling of [`path`](Self::path) is taken.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let (layer, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let layer = match layer {
            "entries" => Layer::Entries,
            level => Layer::Hashes(level.parse().ok().filter(|level| *level < LEVELS)?),
        };
        let (stem, width) = match rest.split_once(".p/") {
            Some((stem, width)) => (stem, width.parse().ok()?),
            None => (rest, WIDTH),
        };
        let digits: String = stem
            .split('/')
            .map(|part| part.trim_start_matches('x'))
            .collect();
        let index = digits.parse().ok()?;
        let tile = Self {
            layer,
            index,
            width,
        };
        ((1..=WIDTH).contains(&width) && tile.path() == path).then_some(tile)
    }
}

/// Takes the hashes of a tile apart.
pub(crate) fn hashes(tile: Tile, bytes: &[u8]) -> Result<Vec<Digest>, Flaw> {
    let expected = usize::from(tile.width) * 32;
    let end = |kind| Flaw::of(kind, tile.path()).at_offset(bytes.len().min(expected) as u64);
    match bytes.len().cmp(&expected) {
        std::cmp::Ordering::Less => Err(end(FlawKind::Truncated)),
        std::cmp::Ordering::Greater => Err(end(FlawKind::TrailingBytes)),
        std::cmp::Ordering::Equal => {
            let (hashes, _none) = bytes.as_chunks::<32>();
            Ok(hashes.iter().copied().map(Digest::new).collect())
        }
    }
}

/// Puts hashes together to a tile.
pub(crate) fn tile_bytes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// Takes a bundle of entries apart, with the place of each entry's first byte.
pub(crate) fn entries(bundle: Tile, bytes: &[u8]) -> Result<Vec<(u64, &[u8])>, Flaw> {
    let flaw = |kind, rest: &[u8]| {
        Flaw::of(kind, bundle.path()).at_offset((bytes.len() - rest.len()) as u64)
    };
    let mut found = Vec::with_capacity(usize::from(bundle.width));
    let mut rest = bytes;
    for _ in 0..bundle.width {
        let entry = rest.split_first_chunk::<2>().and_then(|(length, after)| {
            after.split_at_checked(usize::from(u16::from_be_bytes(*length)))
        });
        let Some((entry, after)) = entry else {
            return Err(flaw(FlawKind::Truncated, rest)
                .at_entry(bundle.index * u64::from(WIDTH) + found.len() as u64));
        };
        let start = bytes.len() - after.len() - entry.len();
        found.push((start as u64, entry));
        rest = after;
    }
    if rest.is_empty() {
        Ok(found)
    } else {
        Err(flaw(FlawKind::TrailingBytes, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(layer: Layer, index: u64, width: u16) -> Tile {
        Tile {
            layer,
            index,
            width,
        }
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        let cases = [
            (tile(Layer::Hashes(0), 0, 256), "tile/0/000"),
            (
                tile(Layer::Hashes(2), 1_234_067, 256),
                "tile/2/x001/x234/067",
            ),
            (
                tile(Layer::Hashes(2), 1_234_067, 8),
                "tile/2/x001/x234/067.p/8",
            ),
            (
                tile(Layer::Entries, 1000, 255),
                "tile/entries/x001/000.p/255",
            ),
        ];
        for (tile, path) in cases {
            assert_eq!(tile.path(), path);
            assert_eq!(Tile::parse(path), Some(tile));
        }
    }

    #[test]
    fn another_spelling_is_no_tile() {
        for path in [
            "tile/00/000",
            "tile/8/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p",
            "tile/0/x001",
            "tile/data/000",
            "tile/0/+01",
            "tile/0/xx01/000",
            "tile/0/x001/x000",
            "tile/0/18446744073709551616",
            "Tile/0/000",
            "tile/0/000/",
        ] {
            assert_eq!(Tile::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_tree_of_70000_has_the_tiles_of_the_specification() {
        let width = |level, index| Tile::at(Layer::Hashes(level), index, 70_000).map(|t| t.width);
        assert_eq!(width(0, 272), Some(256));
        assert_eq!(width(0, 273), Some(112));
        assert_eq!(width(0, 274), None);
        assert_eq!(width(1, 0), Some(256));
        assert_eq!(width(1, 1), Some(17));
        assert_eq!(width(2, 0), Some(1));
        assert_eq!(width(3, 0), None);
        assert_eq!(
            Layer::of(256).collect::<Vec<_>>(),
            [Layer::Entries, Layer::Hashes(0), Layer::Hashes(1)]
        );
    }
}
