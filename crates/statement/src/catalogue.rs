use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use yuntu_terms::{ClauseId, Text};

use crate::error::StatementError;
use crate::model::coded::coded;
use crate::sources::parse_toml;

coded! {
    /// How much of a row the product enforces.
    ControlState {
        Enforced = "enforced", "已落实", "enforced";
        Partly = "partly", "部分落实", "partly enforced";
        NotYet = "not_yet", "尚未落实", "not yet enforced";
    }
}

/// What makes one row of the requirements true so far, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlEntry {
    /// The row.
    pub clause: ClauseId,
    /// How much is enforced.
    pub state: ControlState,
    /// The paths, from the root of the repository, of the code that enforces it.
    pub control: Vec<String>,
    /// The names of the tests that prove it.
    pub tests: Vec<String>,
    /// What is missing, in words; empty only where all is enforced.
    pub missing: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    row: Vec<ControlEntry>,
}

/// Returns the catalogue: one entry for each of the 37 rows, in order.
///
/// # Errors
/// [`StatementError`] when the program was built with a broken file; the tests of this crate keep that from a release.
pub fn catalogue() -> Result<&'static [ControlEntry], StatementError> {
    static CATALOGUE: OnceLock<Result<Vec<ControlEntry>, StatementError>> = OnceLock::new();
    CATALOGUE
        .get_or_init(|| {
            parse_toml::<CatalogueFile>("catalogue.toml", include_str!("../data/catalogue.toml"))
                .map(|file| file.row)
        })
        .as_ref()
        .map(Vec::as_slice)
        .map_err(StatementError::clone)
}
