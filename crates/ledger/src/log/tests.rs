use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use proptest::prelude::*;
use serde_json::json;
use yuntu_terms::{ClauseId, Digest, SeededEntropy, Timestamp};

use super::*;
use crate::tree::{empty_root, leaf_hash, node_hash};
use crate::{Entry, EntryKind, Pseudonym, verify_bundle, verify_consistency, verify_dir};

fn leaf(number: u64) -> Leaf {
    let entry = Entry {
        kind: EntryKind::known("test.entry"),
        at: Timestamp::from_micros(i64::try_from(number).unwrap()),
        clauses: vec![ClauseId::r(23)],
        actor: Pseudonym::from_mac(Digest::new([3; 32])),
        body: json!({ "number": number }),
    };
    entry.to_leaf().unwrap()
}

fn leaves(count: u64) -> Vec<Leaf> {
    (0..count).map(leaf).collect()
}

fn signer() -> Signer {
    Signer::new("yuntu.example/ledger", &[9; 32]).unwrap()
}

fn naive_root(leaves: &[Leaf]) -> Digest {
    match leaves {
        [] => empty_root(),
        [only] => leaf_hash(only.as_bytes()),
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// What happens at the operation at which the disk is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// It fails, and so does every later one: the process was killed.
    Kill,
    /// It fails once.
    Once,
}

/// A disk that fails at one operation and remembers what a power cut would lose.
#[derive(Debug, Clone)]
struct CutDisk(Arc<Mutex<Fate>>);

#[derive(Debug)]
struct Fate {
    operations_left: u64,
    cut: Cut,
    operations: u64,
    /// Files whose bytes are not durable.
    bytes: BTreeSet<PathBuf>,
    /// Files and folders whose names are not durable.
    names: BTreeSet<PathBuf>,
    /// What stood where a file was put, until the folder is durable.
    replaced: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

impl CutDisk {
    fn new(operations_left: u64, cut: Cut) -> Self {
        Self(Arc::new(Mutex::new(Fate {
            operations_left,
            cut,
            operations: 0,
            bytes: BTreeSet::new(),
            names: BTreeSet::new(),
            replaced: BTreeMap::new(),
        })))
    }

    fn endless() -> Self {
        Self::new(u64::MAX, Cut::Once)
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.0.lock().unwrap()
    }

    fn step(&self) -> io::Result<MutexGuard<'_, Fate>> {
        let mut fate = self.fate();
        fate.operations += 1;
        if fate.operations_left > 0 {
            fate.operations_left -= 1;
            return Ok(fate);
        }
        if fate.cut == Cut::Once {
            fate.operations_left = u64::MAX;
        }
        Err(io::Error::other("cut"))
    }

    /// Loses, at random, what was not made durable.
    fn cut_power(&self, dice: &SeededEntropy) {
        let fate = self.fate();
        for (to, before) in &fate.replaced {
            if dice.next_u64().is_multiple_of(2) {
                match before {
                    Some(bytes) => fs::write(to, bytes).unwrap(),
                    None => fs::remove_file(to).unwrap(),
                }
            }
        }
        for file in fate.bytes.iter().filter(|file| file.exists()) {
            let bytes = fs::read(file).unwrap();
            match dice.next_u64() % 4 {
                0 => fs::write(file, []).unwrap(),
                1 => fs::write(file, &bytes[..bytes.len() / 2]).unwrap(),
                2 => fs::write(file, vec![0; bytes.len()]).unwrap(),
                _ => {}
            }
        }
        for path in fate.names.iter().filter(|path| path.exists()) {
            if dice.next_u64().is_multiple_of(2) {
                if path.is_dir() {
                    fs::remove_dir_all(path).unwrap();
                } else {
                    fs::remove_file(path).unwrap();
                }
            }
        }
    }
}

impl Disk for CutDisk {
    fn make_folder(&self, path: &Path) -> io::Result<bool> {
        let mut fate = self.step()?;
        let made = RealDisk.make_folder(path)?;
        if made {
            fate.names.insert(path.to_owned());
        }
        Ok(made)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        match self.step() {
            Ok(mut fate) => {
                fate.bytes.insert(path.to_owned());
                if !path.exists() {
                    fate.names.insert(path.to_owned());
                }
                RealDisk.write(path, bytes)
            }
            Err(error) => {
                RealDisk.write(path, &bytes[..bytes.len() / 2])?;
                Err(error)
            }
        }
    }

    fn sync(&self, paths: &[PathBuf]) -> io::Result<()> {
        let mut fate = self.step()?;
        for path in paths {
            assert!(path.exists(), "only what exists can be made durable");
            fate.bytes.remove(path);
            fate.names.retain(|name| name.parent() != Some(path));
            fate.replaced.retain(|name, _| name.parent() != Some(path));
        }
        Ok(())
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut fate = self.step()?;
        if !fate.replaced.contains_key(to) {
            fate.replaced.insert(to.to_owned(), fs::read(to).ok());
        }
        // The bytes travel with the file: unsynced ones may be lost under the new name.
        if fate.bytes.remove(from) {
            fate.bytes.insert(to.to_owned());
        }
        fate.names.remove(from);
        RealDisk.replace(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let _fate = self.step()?;
        RealDisk.remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        let _fate = self.step()?;
        RealDisk.remove_folder(path)
    }
}

fn open_on(dir: &Path, disk: &CutDisk) -> Result<Log, LedgerError> {
    Log::open_on(dir.to_owned(), signer(), Box::new(disk.clone()))
}

/// Batches that begin, fill and cross tiles.
const BATCHES: [u64; 7] = [1, 4, 250, 1, 0, 270, 4];

/// Appends the batches until the disk is cut; returns how many leaves were acknowledged.
fn run(dir: &Path, disk: &CutDisk, all: &[Leaf]) -> u64 {
    let mut acknowledged = 0;
    let Ok(mut log) = open_on(dir, disk) else {
        return 0;
    };
    let mut first = 0;
    for batch in BATCHES {
        let from = usize::try_from(first).unwrap();
        let to = usize::try_from(first + batch).unwrap();
        match log.append_from(first, &all[from..to]) {
            Ok(checkpoint) => acknowledged = checkpoint.size(),
            Err(LedgerError::Io(_)) => break,
            Err(other) => panic!("{other:?}"),
        }
        first += batch;
    }
    acknowledged
}

/// Counts the operations of an uninterrupted run.
fn operations(all: &[Leaf]) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let disk = CutDisk::endless();
    assert_eq!(run(dir.path(), &disk, all), all.len() as u64);
    let operations = disk.fate().operations;
    assert!(operations > 60, "{operations}");
    operations
}

fn check_whole(dir: &Path, all: &[Leaf]) {
    let report = verify_dir(dir, Some(&signer().verifier())).unwrap();
    assert_eq!(report.checkpoint.size(), all.len() as u64);
    assert_eq!(report.checkpoint.root(), naive_root(all));
}

#[test]
fn an_append_cut_at_any_operation_loses_nothing_acknowledged() {
    let all = leaves(BATCHES.iter().sum());
    for at in 0..operations(&all) {
        // Without and with the loss of what was not durable, four rolls of the dice each.
        for roll in 0..5 {
            let dir = tempfile::tempdir().unwrap();
            let disk = CutDisk::new(at, Cut::Kill);
            let acknowledged = run(dir.path(), &disk, &all);
            if roll > 0 {
                disk.cut_power(&SeededEntropy::new(at * 10 + roll));
            }
            let mut log = open_on(dir.path(), &CutDisk::endless())
                .unwrap_or_else(|error| panic!("cut at {at}, roll {roll}: {error:?}"));
            assert!(log.size() >= acknowledged, "cut at {at}, roll {roll}");
            let held = usize::try_from(log.size()).unwrap();
            assert_eq!(log.checkpoint().root(), naive_root(&all[..held]));
            if let Err(flaw) = verify_dir(dir.path(), None) {
                panic!("cut at {at}, roll {roll}: {flaw}");
            }
            // Other leaves than those that were under way: nothing of them may remain.
            let mut other = all[..held].to_vec();
            other.extend((5000..5100).map(leaf));
            if roll % 2 == 1 {
                log.append(&other[held..]).unwrap();
                check_whole(dir.path(), &other);
            } else {
                log.append_from(0, &all).unwrap();
                check_whole(dir.path(), &all);
            }
        }
    }
}

#[test]
fn an_append_that_fails_once_can_be_tried_again() {
    let all = leaves(BATCHES.iter().sum());
    for at in 0..operations(&all) {
        let dir = tempfile::tempdir().unwrap();
        let disk = CutDisk::new(at, Cut::Once);
        let mut failed = 0;
        let mut log = loop {
            match open_on(dir.path(), &disk) {
                Ok(log) => break log,
                Err(LedgerError::Io(_)) => failed += 1,
                Err(other) => panic!("{other:?}"),
            }
        };
        let mut first = 0;
        for batch in BATCHES {
            let to = usize::try_from(first + batch).unwrap();
            while let Err(error) = log.append_from(0, &all[..to]) {
                assert!(matches!(error, LedgerError::Io(_)), "{error:?}");
                failed += 1;
            }
            assert_eq!(log.size(), first + batch);
            first += batch;
        }
        // Only the removal of outgrown partial files may fail unnoticed.
        assert!(failed <= 1, "{at}");
        check_whole(dir.path(), &all);
    }
}

#[test]
fn a_second_writer_is_kept_out() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path(), signer()).unwrap();
    assert!(matches!(
        Log::open(dir.path(), signer()),
        Err(LedgerError::Locked)
    ));
    drop(log);
    assert!(Log::open(dir.path(), signer()).is_ok());
}

#[test]
fn leaves_handed_in_again_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open_on(dir.path(), &CutDisk::endless()).unwrap();
    let all = leaves(600);
    log.append(&all[..300]).unwrap();
    let before = log.checkpoint().clone();
    assert_eq!(log.append_from(10, &all[10..290]).unwrap(), before);
    assert_eq!(log.append_from(300, &[]).unwrap(), before);

    let _mark = clause::check!(R23);
    let mut forged = all.clone();
    forged[299] = leaf(7);
    let error = log.append_from(0, &forged).unwrap_err();
    assert!(
        matches!(error, LedgerError::Forked { index: 299 }),
        "{error:?}"
    );
    let error = log.append_from(301, &all[301..]).unwrap_err();
    assert!(
        matches!(
            error,
            LedgerError::Gap {
                expected: 300,
                got: 301
            }
        ),
        "{error:?}"
    );
    assert_eq!(*log.checkpoint(), before);

    log.append_from(299, &all[299..]).unwrap();
    check_whole(dir.path(), &all);
}

#[test]
fn a_log_is_not_opened_with_another_key_or_without_its_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open_on(dir.path(), &CutDisk::endless()).unwrap();
    log.append(&leaves(3)).unwrap();
    drop(log);
    for other in [("yuntu.example/ledger", 8), ("yuntu.example/other", 9)] {
        let other = Signer::new(other.0, &[other.1; 32]).unwrap();
        let error = Log::open(dir.path(), other).unwrap_err();
        assert!(matches!(error, LedgerError::Damaged(_)), "{error:?}");
    }
    fs::remove_file(dir.path().join("checkpoint")).unwrap();
    let error = Log::open(dir.path(), signer()).unwrap_err();
    let LedgerError::Damaged(flaw) = error else {
        panic!("{error:?}");
    };
    assert_eq!(flaw.kind(), FlawKind::Missing);
}

#[test]
fn a_log_whose_edge_was_changed_is_not_built_upon() {
    for file in ["tile/0/000.p/3", "tile/entries/000.p/3"] {
        let dir = tempfile::tempdir().unwrap();
        let mut log = open_on(dir.path(), &CutDisk::endless()).unwrap();
        log.append(&leaves(3)).unwrap();
        drop(log);
        let path = dir.path().join(file);
        let mut bytes = fs::read(&path).unwrap();
        bytes[40] ^= 4;
        fs::write(&path, bytes).unwrap();
        let error = open_on(dir.path(), &CutDisk::endless()).unwrap_err();
        assert!(
            matches!(error, LedgerError::Damaged(_)),
            "{file}: {error:?}"
        );
    }
}

#[test]
fn a_reader_of_an_older_checkpoint_still_proves() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open_on(dir.path(), &CutDisk::endless()).unwrap();
    let all = leaves(700);
    log.append(&all[..100]).unwrap();
    let old = log.reader();
    log.append(&all[100..]).unwrap();
    let proof = old.prove(99).unwrap();
    assert_eq!(proof.checkpoint().size(), 100);
    verify_bundle(&proof.to_bytes().unwrap(), None).unwrap();
    assert_eq!(old.leaves(98).unwrap(), all[98..100]);
    assert_eq!(old.leaves(100).unwrap(), []);
    let error = old.leaf(100).unwrap_err();
    assert!(matches!(
        error,
        LedgerError::NoSuchEntry {
            index: 100,
            size: 100
        }
    ));
    log.prove_consistency(old.checkpoint()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_batches_make_the_tree_of_the_definition(
        batches in proptest::collection::vec(0_u64..400, 1..6),
        reopened: bool,
        place: prop::sample::Index,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let all = leaves(batches.iter().sum());
        let disk = CutDisk::endless();
        let mut log = open_on(dir.path(), &disk).unwrap();
        let mut checkpoints = vec![log.checkpoint().clone()];
        for batch in batches {
            if reopened {
                drop(log);
                log = open_on(dir.path(), &disk).unwrap();
            }
            let first = usize::try_from(log.size()).unwrap();
            let end = first + usize::try_from(batch).unwrap();
            let checkpoint = log.append(&all[first..end]).unwrap();
            prop_assert_eq!(checkpoint.root(), naive_root(&all[..end]));
            checkpoints.push(checkpoint);
        }
        check_whole(dir.path(), &all);
        for earlier in &checkpoints {
            let proof = log.prove_consistency(earlier).unwrap().to_bytes().unwrap();
            let (proof, _trust) = verify_consistency(&proof, None).unwrap();
            prop_assert_eq!(proof.earlier(), earlier);
        }
        if !all.is_empty() {
            let index = place.index(all.len());
            let proof = log.prove(index as u64).unwrap().to_bytes().unwrap();
            let verified = verify_bundle(&proof, None).unwrap();
            prop_assert_eq!(verified.entry.to_leaf().unwrap(), all[index].clone());
        }
    }
}
