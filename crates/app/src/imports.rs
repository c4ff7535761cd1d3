//! Imports (U3, R22): a file is laid down or lies in the drop area, a person confirms what its columns are, and a worker
//! brings its rows in, however often its server is killed meanwhile.

mod ask;
mod events;
mod fault;
mod propose;
mod run;
mod show;
mod sweep;

pub use ask::{ImportFrom, NewDelivery};
pub use fault::ImportFault;
pub use propose::{Lowered, LoweredBecause};
pub use run::{IMPORT_RUN, Turn};
pub use show::{ImportView, Pace, Quarantine};

use yuntu_lake::DropArea;

/// What files may come in, and from where.
///
/// # Clause
/// U3, R13
#[derive(Debug, Clone)]
pub struct IntakeConfig {
    /// How large a file may be that is uploaded; the drop area has no limit.
    pub file_bytes_max: u64,
    /// Where enterprises put files by themselves.
    pub drop_area: Option<DropArea>,
}

impl Default for IntakeConfig {
    fn default() -> Self {
        Self {
            file_bytes_max: 64 << 30,
            drop_area: None,
        }
    }
}
