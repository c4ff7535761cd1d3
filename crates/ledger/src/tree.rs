//! The Merkle tree of RFC 6962 over SHA-256: hashes, the growing edge, and proofs.

use sha2::{Digest as _, Sha256};
use yuntu_terms::Digest;

/// Hashes a leaf: a zero byte sets leaves apart from nodes.
pub(crate) fn leaf_hash(bytes: &[u8]) -> Digest {
    let hash = Sha256::new().chain_update([0]).chain_update(bytes);
    Digest::new(hash.finalize().into())
}

/// Hashes two children into their parent.
pub(crate) fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut block = [1; 65];
    let (_prefix, children) = block.split_at_mut(1);
    let (to_left, to_right) = children.split_at_mut(32);
    to_left.copy_from_slice(left.as_bytes());
    to_right.copy_from_slice(right.as_bytes());
    Digest::new(Sha256::digest(block).into())
}

/// Returns the root of the tree without leaves.
pub(crate) fn empty_root() -> Digest {
    Digest::new(Sha256::digest([]).into())
}

/// The complete subtrees that a tree of some size is made of, largest first: all that is needed to go on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frontier {
    size: u64,
    peaks: Vec<Digest>,
}

impl Frontier {
    /// Takes up a tree whose complete subtrees are known, largest first.
    ///
    /// Returns `None` when there are not as many as the size has.
    pub(crate) fn resume(size: u64, peaks: Vec<Digest>) -> Option<Self> {
        let as_many = peaks.len() == size.count_ones() as usize;
        as_many.then_some(Self { size, peaks })
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf and tells the height and hash of each subtree that it completes, from the leaf upwards.
    pub(crate) fn push(&mut self, leaf: Digest, mut completed: impl FnMut(u32, Digest)) {
        completed(0, leaf);
        let mut hash = leaf;
        for height in 1..=self.size.trailing_ones() {
            // INVARIANT: there is one peak for each one-bit of the size, so a carry finds its left neighbour.
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            completed(height, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Returns the root.
    pub(crate) fn root(&self) -> Digest {
        let mut smaller_first = self.peaks.iter().rev();
        smaller_first.next().map_or_else(empty_root, |smallest| {
            smaller_first.fold(*smallest, |right, left| node_hash(left, &right))
        })
    }
}

/// Folds the hashes of a complete subtree's lowest level into its root; `None` unless their number is a power of two.
pub(crate) fn fold(hashes: &[Digest]) -> Option<Digest> {
    match hashes {
        [] => None,
        [only] => Some(*only),
        more if more.len().is_power_of_two() => {
            let (left, right) = more.split_at(more.len() / 2);
            Some(node_hash(&fold(left)?, &fold(right)?))
        }
        _ => None,
    }
}

/// Gives the root of the complete subtree of `2^height` leaves that starts at leaf `index * 2^height`.
pub(crate) trait Nodes {
    /// Why it could not be had.
    type Error;

    /// Returns the root of that subtree.
    fn node(&mut self, height: u32, index: u64) -> Result<Digest, Self::Error>;
}

/// Returns the inclusion path of a leaf, lowest first (RFC 6962 §2.1.1); `index < size`.
pub(crate) fn inclusion_path<N: Nodes>(
    nodes: &mut N,
    index: u64,
    size: u64,
) -> Result<Vec<Digest>, N::Error> {
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(range_root(nodes, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(nodes, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Returns the consistency path between two sizes, lowest first (RFC 6962 §2.1.2); `0 < old <= new`.
pub(crate) fn consistency_path<N: Nodes>(
    nodes: &mut N,
    old: u64,
    new: u64,
) -> Result<Vec<Digest>, N::Error> {
    let (mut low, mut high) = (0, new);
    let mut path = Vec::new();
    while high != old {
        let middle = low + split(high - low);
        if old <= middle {
            path.push(range_root(nodes, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(nodes, low, middle)?);
            low = middle;
        }
    }
    if low > 0 {
        path.push(range_root(nodes, low, high)?);
    }
    path.reverse();
    Ok(path)
}

/// Returns the largest power of two below a number greater than one.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// Returns the root over a range that the recursion of the RFC reaches: its start is aligned to its largest subtree.
fn range_root<N: Nodes>(nodes: &mut N, low: u64, high: u64) -> Result<Digest, N::Error> {
    let count = high - low;
    if count.is_power_of_two() {
        let height = count.ilog2();
        return nodes.node(height, low >> height);
    }
    let middle = low + split(count);
    let left = range_root(nodes, low, middle)?;
    let right = range_root(nodes, middle, high)?;
    Ok(node_hash(&left, &right))
}

/// Says whether the path leads from the leaf to the root (RFC 9162 §2.1.3.2).
pub(crate) fn inclusion_holds(
    leaf: Digest,
    index: u64,
    size: u64,
    path: &[Digest],
    root: &Digest,
) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last) = (index, size - 1);
    let mut hash = leaf;
    for step in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(step, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Says whether the tree of the old root is the beginning of the tree of the new root (RFC 9162 §2.1.4.2).
pub(crate) fn consistency_holds(
    (old_size, old_root): (u64, &Digest),
    (new_size, new_root): (u64, &Digest),
    path: &[Digest],
) -> bool {
    if old_size == 0 || old_size >= new_size {
        // Nothing comes before the first entry, and a tree is consistent with itself; no path is needed.
        let same = old_size == new_size && old_root == new_root;
        let begins = old_size == 0 && new_size > 0 && *old_root == empty_root();
        return path.is_empty() && (same || begins);
    }
    let mut steps = path.iter();
    let mut first = *old_root;
    if !old_size.is_power_of_two() {
        let Some(step) = steps.next() else {
            return false;
        };
        first = *step;
    }
    let trailing = (old_size - 1).trailing_ones();
    let (mut place, mut last) = ((old_size - 1) >> trailing, (new_size - 1) >> trailing);
    let (mut old, mut new) = (first, first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old = node_hash(step, &old);
            new = node_hash(step, &new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, step);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old == *old_root && new == *new_root
}

#[cfg(test)]
mod tests;
