//! Whatever is changed is found, and found where it was changed.

use std::fs;
use std::path::Path;

use yuntu_ledger::{
    Flaw, FlawKind, Log, Signer, Trust, verify_bundle, verify_consistency, verify_dir,
    verify_dir_since,
};
use yuntu_terms::{SeededEntropy, clause};

use crate::support::{SECRET, files, leaves, log, signer};

/// Changes a file, asks the verifier, and puts the file back.
fn tampered(dir: &Path, file: &Path, change: impl FnOnce(&mut Vec<u8>)) -> Flaw {
    let good = fs::read(file).unwrap();
    let mut bad = good.clone();
    change(&mut bad);
    fs::write(file, bad).unwrap();
    let found = verify_dir(dir, None);
    fs::write(file, good).unwrap();
    found.expect_err(&file.display().to_string())
}

fn name(dir: &Path, file: &Path) -> String {
    file.strip_prefix(dir).unwrap().to_str().unwrap().to_owned()
}

#[test]
fn every_flipped_bit_of_a_small_ledger_is_found_and_located() {
    let _mark = clause::check!(R23);
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    drop(log(dir, &[1, 3]));
    let report = verify_dir(dir, None).unwrap();
    assert_eq!(report.trust, Trust::Carried);
    let found = files(dir);
    assert_eq!(found.len() as u64, report.files);
    // vkey, checkpoint, and two generations of entries and hashes.
    assert_eq!(found.len(), 6);
    for file in found {
        for byte in 0..fs::metadata(&file).unwrap().len() {
            for bit in 0..8 {
                let flaw = tampered(dir, &file, |bytes| {
                    bytes[usize::try_from(byte).unwrap()] ^= 1 << bit;
                });
                // A flip in the root or the size is a forged signature, and so is one in the key that still parses.
                assert_eq!(
                    flaw.file(),
                    name(dir, &file),
                    "byte {byte} bit {bit}: {flaw}"
                );
            }
        }
    }
    verify_dir(dir, Some(&signer().verifier())).unwrap();
}

#[test]
fn ten_thousand_flipped_bits_of_a_larger_ledger_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    drop(log(dir, &[100, 258, 260]));
    let found = files(dir);
    let lengths: Vec<u64> = found
        .iter()
        .map(|file| fs::metadata(file).unwrap().len())
        .collect();
    let total: u64 = lengths.iter().sum();
    let dice = SeededEntropy::new(23);
    for _ in 0..10_000 {
        let mut place = dice.next_u64() % total;
        let mut at = 0;
        while place >= lengths[at] {
            place -= lengths[at];
            at += 1;
        }
        let file = &found[at];
        let bit = dice.next_u64() % 8;
        let flaw = tampered(dir, file, |bytes| {
            bytes[usize::try_from(place).unwrap()] ^= 1 << bit;
        });
        assert_eq!(
            flaw.file(),
            name(dir, file),
            "byte {place} bit {bit}: {flaw}"
        );
    }
    verify_dir(dir, None).unwrap();
}

#[test]
fn every_flipped_bit_of_a_proof_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = log(dir.path(), &[5]);
    let earlier = log.checkpoint().clone();
    log.append(&leaves(5..9)).unwrap();
    let key = log.verifier();
    let inclusion = log.prove(6).unwrap().to_bytes().unwrap();
    let verified = verify_bundle(&inclusion, Some(&key)).unwrap();
    assert_eq!((verified.index, verified.trust), (6, Trust::Given));
    let consistency = log.prove_consistency(&earlier).unwrap().to_bytes().unwrap();
    verify_consistency(&consistency, Some(&key)).unwrap();
    for key in [None, Some(&key)] {
        for place in 0..inclusion.len() * 8 {
            let mut bad = inclusion.clone();
            bad[place / 8] ^= 1 << (place % 8);
            assert!(verify_bundle(&bad, key).is_err(), "bit {place}");
        }
        for place in 0..consistency.len() * 8 {
            let mut bad = consistency.clone();
            bad[place / 8] ^= 1 << (place % 8);
            assert!(verify_consistency(&bad, key).is_err(), "bit {place}");
        }
    }
    for cut in 0..inclusion.len() {
        assert!(verify_bundle(&inclusion[..cut], None).is_err());
    }
    assert!(verify_bundle(&[inclusion.as_slice(), b"\n"].concat(), None).is_err());
    assert!(verify_bundle(&consistency, None).is_err());
    assert!(verify_bundle(&vec![b'['; 2 << 20], None).is_err());
}

#[test]
fn a_proof_by_another_key_is_refused_when_the_verifier_brings_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let proof = log(dir.path(), &[2]).prove(1).unwrap().to_bytes().unwrap();
    let stranger = Signer::new("yuntu.example/ledger", &[1; 32])
        .unwrap()
        .verifier();
    let flaw = verify_bundle(&proof, Some(&stranger)).unwrap_err();
    assert_eq!(flaw.kind(), FlawKind::BadKey);
    let flaw = verify_dir(dir.path(), Some(&stranger)).unwrap_err();
    assert_eq!((flaw.kind(), flaw.file()), (FlawKind::BadKey, "vkey"));
    fs::remove_file(dir.path().join("vkey")).unwrap();
    let flaw = verify_dir(dir.path(), Some(&stranger)).unwrap_err();
    assert_eq!(
        (flaw.kind(), flaw.file()),
        (FlawKind::OtherKey, "checkpoint")
    );
    assert_eq!(
        verify_dir(dir.path(), None).unwrap_err().kind(),
        FlawKind::Missing
    );
    // A copy taken by another tool carries no key, and is verified with one from elsewhere.
    let report = verify_dir(dir.path(), Some(&signer().verifier())).unwrap();
    assert_eq!(report.trust, Trust::Given);
}

#[test]
fn cut_missing_and_added_bytes_and_files_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    drop(log(dir, &[40, 300]));
    for file in files(dir) {
        let name = name(dir, &file);
        let flaw = tampered(dir, &file, |bytes| {
            bytes.pop();
        });
        assert_eq!(flaw.file(), name, "{flaw}");
        let flaw = tampered(dir, &file, |bytes| bytes.push(b'\n'));
        assert_eq!(flaw.file(), name, "{flaw}");
        let flaw = tampered(dir, &file, Vec::clear);
        assert_eq!(flaw.file(), name, "{flaw}");
        let good = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        let flaw = verify_dir(dir, None).unwrap_err();
        fs::write(&file, good).unwrap();
        assert_eq!(
            (flaw.kind(), flaw.file()),
            (FlawKind::Missing, name.as_str())
        );
    }
    for (name, kind) in [
        ("notes.txt", FlawKind::Foreign),
        ("tile/0/000.bak", FlawKind::Foreign),
        ("tile/entries/0000", FlawKind::Foreign),
        ("tile/0/001.p/45", FlawKind::BeyondCheckpoint),
        ("tile/0/002", FlawKind::BeyondCheckpoint),
        ("tile/2/000.p/1", FlawKind::BeyondCheckpoint),
        ("unfinished", FlawKind::BeyondCheckpoint),
        ("tile/0/000.p/9", FlawKind::Truncated),
    ] {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"x").unwrap();
        let flaw = verify_dir(dir, None).unwrap_err();
        fs::remove_file(&path).unwrap();
        assert_eq!((flaw.kind(), flaw.file()), (kind, name));
    }
    fs::create_dir(dir.join("tile/9")).unwrap();
    assert_eq!(verify_dir(dir, None).unwrap_err().kind(), FlawKind::Foreign);
}

#[test]
fn swapped_entries_are_found_at_the_first_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    drop(log(dir, &[10]));
    let (third, fourth) = (&leaves(3..4)[0], &leaves(4..5)[0]);
    let flaw = tampered(dir, &dir.join("tile/entries/000.p/10"), |bytes| {
        let length = third.as_bytes().len();
        assert_eq!(length, fourth.as_bytes().len());
        let start = 2 + leaves(0..3)
            .iter()
            .map(|leaf| 2 + leaf.as_bytes().len())
            .sum::<usize>();
        bytes[start..start + length].copy_from_slice(fourth.as_bytes());
        let start = start + length + 2;
        bytes[start..start + length].copy_from_slice(third.as_bytes());
    });
    assert_eq!(
        (flaw.kind(), flaw.entry()),
        (FlawKind::EntryChanged, Some(3))
    );
    let text = flaw.text();
    assert!(
        text.zh.contains("第 3 号记录") && text.en.contains("entry 3"),
        "{text:?}"
    );
}

#[test]
fn an_entry_changed_with_all_its_hashes_fails_the_signature() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    drop(log(dir, &[2]));
    let note = fs::read(dir.join("checkpoint")).unwrap();
    fs::remove_dir_all(dir.join("tile")).unwrap();
    fs::remove_file(dir.join("checkpoint")).unwrap();
    let mut forged = Log::open(dir, signer()).unwrap();
    forged.append(&leaves(1..3)).unwrap();
    fs::write(dir.join("checkpoint"), note).unwrap();
    let flaw = verify_dir(dir, None).unwrap_err();
    assert_eq!(flaw.kind(), FlawKind::RootDiffers);
}

#[test]
fn a_rolled_back_or_rewritten_ledger_is_found_with_an_earlier_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let mut longer = log(dir.path(), &[5, 20]);
    let at_20 = longer.checkpoint().clone();
    longer.append(&leaves(20..400)).unwrap();
    verify_dir_since(dir.path(), None, &at_20).unwrap();

    let shorter = tempfile::tempdir().unwrap();
    drop(log(shorter.path(), &[5]));
    let flaw = verify_dir_since(shorter.path(), None, &at_20).unwrap_err();
    assert_eq!(flaw.kind(), FlawKind::RolledBack);

    let other = tempfile::tempdir().unwrap();
    let mut rewritten = Log::open(other.path(), signer()).unwrap();
    rewritten.append(&leaves(100..150)).unwrap();
    verify_dir(other.path(), None).unwrap();
    let flaw = verify_dir_since(other.path(), None, &at_20).unwrap_err();
    assert_eq!(flaw.kind(), FlawKind::Rewritten);
    assert!(rewritten.prove_consistency(&at_20).is_err());

    // Only the checkpoint put back: what lies beyond it gives it away even without an earlier one.
    let note = fs::read(shorter.path().join("checkpoint")).unwrap();
    fs::write(dir.path().join("checkpoint"), note).unwrap();
    let flaw = verify_dir(dir.path(), None).unwrap_err();
    assert_eq!(flaw.kind(), FlawKind::BeyondCheckpoint);
}

#[test]
fn the_secret_key_is_not_printed() {
    let printed = format!("{:?}", signer());
    assert!(!printed.contains("42") && SECRET[0] == 42, "{printed}");
}
