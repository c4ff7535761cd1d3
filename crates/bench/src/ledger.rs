use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;
use yuntu_ledger::{Entry, EntryKind, Leaf, Log, Pseudonym, Signer, VerifierKey, verify_dir};
use yuntu_terms::{ClauseId, Digest, Timestamp};

const KIND: EntryKind = EntryKind::known("bench.entry");

/// A fresh log for each turn, so that every turn does the same work.
pub(crate) struct Ledger {
    folder: PathBuf,
    key: Option<VerifierKey>,
}

impl Ledger {
    pub(crate) fn new(work: &Path) -> Self {
        Self {
            folder: work.join("ledger"),
            key: None,
        }
    }

    /// Appends so many batches of so many entries, each batch durable under a signed checkpoint before the next.
    pub(crate) fn append(&mut self, batches: u64, batch: u64) -> Result<String> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        let mut log = Log::open(&self.folder, Signer::new("bench.example", &[7; 32])?)?;
        for number in 0..batches {
            let leaves: Vec<Leaf> = (0..batch)
                .map(|entry| leaf(number * batch + entry))
                .collect::<Result<_>>()?;
            log.append(&leaves)?;
        }
        self.key = Some(log.verifier());
        Ok(log.size().to_string())
    }

    /// Recomputes the whole log from its entries and compares every byte.
    pub(crate) fn verify(&self) -> Result<String> {
        let key = self.key.as_ref().context("nothing was appended")?;
        let report = verify_dir(&self.folder, Some(key))?;
        Ok(report.checkpoint.size().to_string())
    }
}

/// An entry of about the size that a permit has.
fn leaf(number: u64) -> Result<Leaf> {
    let entry = Entry {
        kind: KIND,
        at: Timestamp::from_micros(1_735_689_600_000_000),
        clauses: vec![ClauseId::u(2), ClauseId::r(23)],
        actor: Pseudonym::from_mac(Digest::new([7; 32])),
        body: json!({ "number": number, "purpose": "marketing.insight", "operation": "process" }),
    };
    Ok(entry.to_leaf()?)
}
