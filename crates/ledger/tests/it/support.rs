use std::path::{Path, PathBuf};

use serde_json::json;
use yuntu_ledger::{Entry, EntryKind, Leaf, Log, Pseudonym, Signer};
use yuntu_terms::{ClauseId, Digest, Timestamp};

pub(crate) const NAME: &str = "yuntu.example/ledger";
pub(crate) const SECRET: [u8; 32] = [42; 32];

pub(crate) fn signer() -> Signer {
    Signer::new(NAME, &SECRET).unwrap()
}

pub(crate) fn leaves(range: std::ops::Range<u64>) -> Vec<Leaf> {
    range
        .map(|number| {
            let entry = Entry {
                kind: EntryKind::known("test.entry"),
                at: Timestamp::from_micros(i64::try_from(number).unwrap()),
                clauses: vec![ClauseId::r(23)],
                actor: Pseudonym::from_mac(Digest::new([5; 32])),
                body: json!({ "number": number }),
            };
            entry.to_leaf().unwrap()
        })
        .collect()
}

/// Makes a log that grew to these sizes one after the other.
pub(crate) fn log(dir: &Path, sizes: &[u64]) -> Log {
    let mut log = Log::open(dir, signer()).unwrap();
    for size in sizes {
        log.append(&leaves(log.size()..*size)).unwrap();
    }
    log
}

/// Lists the files below a folder.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
