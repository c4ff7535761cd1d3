//! The same log read by another implementation of the formats, and its work read by ours.

use std::fs;
use std::path::Path;

use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{Hash, HashReader, Tile, TileHashReader, TileReader};
use yuntu_ledger::{Checkpoint, Leaf, Log, verify_bundle, verify_consistency};
use yuntu_terms::Digest;

use crate::support::{NAME, SECRET, leaves, log, signer};

/// Reads our folder through the other implementation's interface.
struct Folder<'a>(&'a Path);

impl TileReader for Folder<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        // Its paths name the height of tiles, which C2SP fixes at 8 and leaves out.
        let read =
            |tile: &Tile| fs::read(self.0.join(tile.path().replacen("/8/", "/", 1))).unwrap();
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}

/// The other implementation's own store of hashes.
#[derive(Default)]
struct Stored(Vec<Hash>);

impl Stored {
    fn of(leaves: &[Leaf]) -> Self {
        let mut stored = Self::default();
        for (index, leaf) in leaves.iter().enumerate() {
            let new = tlog_tiles::stored_hashes(index as u64, leaf.as_bytes(), &stored).unwrap();
            stored.0.extend(new);
        }
        stored
    }
}

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let read = |index: &u64| self.0[usize::try_from(*index).unwrap()];
        Ok(indexes.iter().map(read).collect())
    }
}

fn theirs(digest: Digest) -> Hash {
    Hash(*digest.as_bytes())
}

fn our_path(path: &[Hash]) -> Vec<Digest> {
    path.iter().map(|hash| Digest::new(hash.0)).collect()
}

fn their_path(path: &[Digest]) -> Vec<Hash> {
    path.iter().copied().map(theirs).collect()
}

fn check_against_second(log: &Log, dir: &Path, all: &[Leaf]) {
    let (size, root) = (log.size(), theirs(log.checkpoint().root()));
    let stored = Stored::of(all);
    assert_eq!(tlog_tiles::tree_hash(size, &stored).unwrap(), root);

    for tile in Tile::new_tiles(8, 0, size) {
        let due = tile.read_data(&stored).unwrap();
        let found = Folder(dir).read_tiles(&[tile]).unwrap();
        assert_eq!(found, [due], "{}", tile.path());
    }

    let folder = Folder(dir);
    let reader = TileHashReader::new(size, root, &folder);
    for index in [0, 1, size / 3, size / 2, size - 1] {
        let index = index.min(size - 1);
        let proof = log.prove(index).unwrap();
        let leaf = &all[usize::try_from(index).unwrap()];
        let record = tlog_tiles::record_hash(leaf.as_bytes());
        assert_eq!(record, theirs(leaf.hash()));
        tlog_tiles::check_record(&their_path(proof.path()), size, root, index, record).unwrap();
        let path = tlog_tiles::prove_record(size, index, &reader).unwrap();
        assert_eq!(proof.path(), our_path(&path));
        verify_bundle(&proof.to_bytes().unwrap(), Some(&log.verifier())).unwrap();
    }
    let note = Note::from_bytes(log.checkpoint().note().as_bytes()).unwrap();
    let key = StandardVerifier::new(&log.verifier().to_string()).unwrap();
    let (verified, unverified) = note
        .verify(&VerifierList::new(vec![Box::new(key)]))
        .unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    let head = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!(
        (head.origin(), head.size(), *head.hash()),
        (NAME, size, root)
    );
    // The other side signs the same text with the same key: the same note, byte for byte.
    let again = their_note(size, root);
    assert_eq!(again, log.checkpoint().note().as_bytes());
    assert_eq!(
        Checkpoint::open(&again, &log.verifier()).unwrap(),
        *log.checkpoint()
    );
}

fn their_note(size: u64, root: Hash) -> Vec<u8> {
    let encoded = {
        // Its text form of a secret key is base64 of the type byte and the seed; `Hash` lends the encoder.
        let parts: Vec<u8> = [&[1][..], &SECRET].concat();
        base64(&parts)
    };
    let id = u32::from_be_bytes(signer().verifier().id());
    let key = format!("PRIVATE+KEY+{NAME}+{id:08x}+{encoded}");
    let key = StandardSigner::new(&key).unwrap();
    let head = tlog_tiles::Checkpoint::new(NAME, size, root, "").unwrap();
    let mut note = Note::new(&head.to_bytes(), &[]).unwrap();
    note.add_sigs(&[&key]).unwrap();
    note.to_bytes()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn both_implementations_agree_on_trees_of_every_shape() {
    for size in [1, 2, 3, 7, 255, 256, 257, 511, 512, 600] {
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path(), &[size]);
        check_against_second(&log, dir.path(), &leaves(0..size));
    }
}

#[test]
fn both_implementations_agree_on_a_tree_of_three_levels() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path(), &[40_000, 70_000]);
    check_against_second(&log, dir.path(), &leaves(0..70_000));
    let names = [
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
        "tile/entries/273.p/112",
    ];
    for name in names {
        assert!(dir.path().join(name).is_file(), "{name}");
    }
    let report = yuntu_ledger::verify_dir(dir.path(), Some(&log.verifier())).unwrap();
    assert_eq!(report.checkpoint.size(), 70_000);
}

#[test]
fn both_implementations_agree_on_consistency() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Log::open(dir.path(), signer()).unwrap();
    let mut earlier = vec![log.checkpoint().clone()];
    for size in [1, 2, 5, 8, 250, 256, 257, 300, 512, 700] {
        log.append(&leaves(log.size()..size)).unwrap();
        earlier.push(log.checkpoint().clone());
        let (new, root) = (log.size(), theirs(log.checkpoint().root()));
        let folder = Folder(dir.path());
        let reader = TileHashReader::new(new, root, &folder);
        for old in &earlier {
            let proof = log.prove_consistency(old).unwrap();
            let bytes = proof.to_bytes().unwrap();
            verify_consistency(&bytes, Some(&log.verifier())).unwrap();
            if old.size() > 0 {
                let path = tlog_tiles::prove_tree(new, old.size(), &reader).unwrap();
                assert_eq!(proof.path(), our_path(&path), "{} to {new}", old.size());
                let path = their_path(proof.path());
                tlog_tiles::check_tree(&path, new, root, old.size(), theirs(old.root())).unwrap();
            }
        }
    }
}
