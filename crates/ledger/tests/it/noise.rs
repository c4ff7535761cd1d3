//! Bytes from outside that are no proof, no key and no ledger: an error, never a panic.

use std::fs;

use proptest::prelude::*;
use yuntu_ledger::{VerifierKey, verify_bundle, verify_consistency, verify_dir};

use crate::support::{files, log};

/// A change of a file: bytes put in the place of others.
fn change() -> impl Strategy<Value = (prop::sample::Index, usize, Vec<u8>)> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..80);
    (any::<prop::sample::Index>(), 0_usize..80, bytes)
}

fn changed(
    good: &[u8],
    (place, removed, added): &(prop::sample::Index, usize, Vec<u8>),
) -> Vec<u8> {
    let at = place.index(good.len());
    let end = (at + removed).min(good.len());
    [&good[..at], added, &good[end..]].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_prove_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(verify_bundle(&bytes, None).is_err());
        prop_assert!(verify_consistency(&bytes, None).is_err());
    }

    #[test]
    fn random_text_is_no_key(text in "\\PC{0,120}") {
        prop_assert!(text.parse::<VerifierKey>().is_err());
    }

    #[test]
    fn a_changed_proof_does_not_hold(change in change()) {
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path(), &[5]);
        let good = log.prove(3).unwrap().to_bytes().unwrap();
        let bad = changed(&good, &change);
        prop_assert_eq!(verify_bundle(&bad, None).is_err(), bad != good);
    }

    #[test]
    fn a_changed_file_of_the_ledger_is_found(file in any::<prop::sample::Index>(), change in change()) {
        let dir = tempfile::tempdir().unwrap();
        drop(log(dir.path(), &[1, 3]));
        let files = files(dir.path());
        let file = file.get(&files);
        let good = fs::read(file).unwrap();
        let bad = changed(&good, &change);
        fs::write(file, &bad).unwrap();
        prop_assert_eq!(verify_dir(dir.path(), None).is_err(), bad != good);
    }
}
