//! Verification without the platform: only the files under the demo's folder and the verifier key are used.

use std::fs;
use std::path::Path;

use yuntu_ledger::{VerifierKey, verify_dir};
use yuntu_terms::Digest;

use crate::error::DemoError;

/// What was verified.
#[derive(Debug, Clone)]
pub(crate) struct VerifiedProofs {
    pub(crate) receipts: usize,
    pub(crate) entries: u64,
    pub(crate) root: Digest,
    pub(crate) key: String,
}

/// Copies the public files of a ledger.
pub(crate) fn copy_ledger(from: &Path, to: &Path) -> Result<(), DemoError> {
    fs::create_dir_all(to).map_err(|e| DemoError::file(to, e))?;
    for entry in fs::read_dir(from).map_err(|e| DemoError::file(from, e))? {
        let entry = entry.map_err(|e| DemoError::file(from, e))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_ledger(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(|e| DemoError::file(&target, e))?;
        }
    }
    Ok(())
}

/// Verifies every receipt and the whole ledger.
pub(crate) fn verify(
    receipts: &Path,
    ledger: &Path,
    key: &str,
) -> Result<VerifiedProofs, DemoError> {
    let verifier: VerifierKey = key
        .parse()
        .map_err(|_key| DemoError::Broken("the verifier key cannot be read"))?;
    let mut count = 0;
    for entry in fs::read_dir(receipts).map_err(|e| DemoError::file(receipts, e))? {
        let path = entry.map_err(|e| DemoError::file(receipts, e))?.path();
        let bytes = fs::read(&path).map_err(|e| DemoError::file(&path, e))?;
        yuntu_app::verify_receipt(&bytes, Some(&verifier)).map_err(DemoError::Receipt)?;
        count += 1;
    }
    let report = verify_dir(ledger, Some(&verifier)).map_err(yuntu_app::AppError::from)?;
    Ok(VerifiedProofs {
        receipts: count,
        entries: report.checkpoint.size(),
        root: report.checkpoint.root(),
        key: key.to_owned(),
    })
}
