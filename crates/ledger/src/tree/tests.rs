use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

/// The definition of the RFC, word for word and slow.
fn naive_root(leaves: &[Vec<u8>]) -> Digest {
    match leaves {
        [] => empty_root(),
        [only] => leaf_hash(only),
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

fn naive_inclusion(index: usize, leaves: &[Vec<u8>]) -> Vec<Digest> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let middle = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(middle);
    if index < middle {
        [naive_inclusion(index, left), vec![naive_root(right)]].concat()
    } else {
        [
            naive_inclusion(index - middle, right),
            vec![naive_root(left)],
        ]
        .concat()
    }
}

fn naive_consistency(old: usize, leaves: &[Vec<u8>], whole: bool) -> Vec<Digest> {
    if old == leaves.len() {
        return if whole {
            Vec::new()
        } else {
            vec![naive_root(leaves)]
        };
    }
    let middle = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(middle);
    if old <= middle {
        [naive_consistency(old, left, whole), vec![naive_root(right)]].concat()
    } else {
        [
            naive_consistency(old - middle, right, false),
            vec![naive_root(left)],
        ]
        .concat()
    }
}

/// Complete subtrees straight from the leaves.
struct Leaves<'a>(&'a [Vec<u8>]);

impl Nodes for Leaves<'_> {
    type Error = Infallible;

    fn node(&mut self, height: u32, index: u64) -> Result<Digest, Infallible> {
        let start = usize::try_from(index << height).unwrap();
        Ok(naive_root(&self.0[start..start + (1 << height)]))
    }
}

fn frontier(leaves: &[Vec<u8>]) -> Frontier {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(leaf_hash(leaf), |_, _| {});
    }
    frontier
}

/// The eight leaves that implementations of RFC 6962 test against.
fn published_leaves() -> Vec<Vec<u8>> {
    let texts: [&[u8]; 8] = [
        b"",
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[
            0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
            0x6e, 0x6f,
        ],
    ];
    texts.map(<[u8]>::to_vec).to_vec()
}

fn digests(texts: &[&str]) -> Vec<Digest> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Hashes of the published tree, named by the leaves that they cover.
const LEAF_1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const NODE_23: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const NODE_4567: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const LEAF_4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const NODE_67: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const NODE_45: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";

#[test]
fn the_published_roots_come_out() {
    let leaves = published_leaves();
    for (size, root) in digests(&ROOTS).into_iter().enumerate() {
        assert_eq!(frontier(&leaves[..size]).root(), root, "{size}");
    }
}

#[test]
fn the_published_inclusion_paths_come_out() {
    let cases: [(u64, u64, Vec<&str>); 5] = [
        (0, 1, vec![]),
        (0, 8, vec![LEAF_1, NODE_23, NODE_4567]),
        (5, 8, vec![LEAF_4, NODE_67, ROOTS[4]]),
        (2, 3, vec![ROOTS[2]]),
        (1, 5, vec![ROOTS[1], NODE_23, LEAF_4]),
    ];
    let leaves = published_leaves();
    for (index, size, path) in cases {
        let Ok(made) = inclusion_path(&mut Leaves(&leaves), index, size);
        assert_eq!(made, digests(&path), "{index} of {size}");
    }
}

#[test]
fn the_published_consistency_paths_come_out() {
    let cases: [(u64, u64, Vec<&str>); 4] = [
        (1, 1, vec![]),
        (1, 8, vec![LEAF_1, NODE_23, NODE_4567]),
        (6, 8, vec![NODE_45, NODE_67, ROOTS[4]]),
        (2, 5, vec![NODE_23, LEAF_4]),
    ];
    let leaves = published_leaves();
    for (old, new, path) in cases {
        let Ok(made) = consistency_path(&mut Leaves(&leaves), old, new);
        assert_eq!(made, digests(&path), "{old} to {new}");
    }
}

#[test]
fn no_other_path_size_or_place_is_accepted() {
    let leaves = published_leaves();
    for size in 1..=8_u64 {
        let root = naive_root(&leaves[..usize::try_from(size).unwrap()]);
        for index in 0..size {
            let leaf = leaf_hash(&leaves[usize::try_from(index).unwrap()]);
            let Ok(path) = inclusion_path(&mut Leaves(&leaves), index, size);
            assert!(inclusion_holds(leaf, index, size, &path, &root));
            for other in (0..9).filter(|other| *other != index) {
                assert!(!inclusion_holds(leaf, other, size, &path, &root), "{other}");
            }
            let longer = [path.clone(), vec![root]].concat();
            assert!(!inclusion_holds(leaf, index, size, &longer, &root));
            if let Some((_, shorter)) = path.split_last() {
                assert!(!inclusion_holds(leaf, index, size, shorter, &root));
            }
            assert!(size == 1 || !inclusion_holds(root, index, size, &path, &leaf));
        }
    }
    let (empty, one) = (empty_root(), leaf_hash(b""));
    assert!(consistency_holds((0, &empty), (0, &empty), &[]));
    assert!(consistency_holds((0, &empty), (1, &one), &[]));
    assert!(!consistency_holds((0, &one), (1, &one), &[]));
    assert!(!consistency_holds((0, &empty), (1, &one), &[one]));
    assert!(!consistency_holds((1, &one), (0, &empty), &[]));
    assert!(!consistency_holds((1, &one), (1, &empty), &[]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn roots_and_proofs_are_those_of_the_definition(
        leaves in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3), 1..40),
        one: prop::sample::Index,
        other: prop::sample::Index,
        flipped: prop::sample::Index,
    ) {
        let size = leaves.len() as u64;
        let (index, old) = (one.index(leaves.len()), other.index(leaves.len()) + 1);
        let grown = frontier(&leaves);
        let root = grown.root();
        prop_assert_eq!(root, naive_root(&leaves));

        let Ok(path) = inclusion_path(&mut Leaves(&leaves), index as u64, size);
        prop_assert_eq!(&path, &naive_inclusion(index, &leaves));
        let leaf = leaf_hash(&leaves[index]);
        prop_assert!(inclusion_holds(leaf, index as u64, size, &path, &root));

        let old_root = naive_root(&leaves[..old]);
        let (from, to) = ((old as u64, &old_root), (size, &root));
        let Ok(steps) = consistency_path(&mut Leaves(&leaves), old as u64, size);
        prop_assert_eq!(&steps, &naive_consistency(old, &leaves, true));
        prop_assert!(consistency_holds(from, to, &steps));

        for (place, hash) in path.iter().enumerate() {
            let mut bytes = *hash.as_bytes();
            bytes[flipped.index(32)] ^= 1;
            let mut bad = path.clone();
            bad[place] = Digest::new(bytes);
            prop_assert!(!inclusion_holds(leaf, index as u64, size, &bad, &root));
        }
        for (place, hash) in steps.iter().enumerate() {
            let mut bytes = *hash.as_bytes();
            bytes[flipped.index(32)] ^= 1;
            let mut bad = steps.clone();
            bad[place] = Digest::new(bytes);
            prop_assert!(!consistency_holds(from, to, &bad));
        }
    }
}
