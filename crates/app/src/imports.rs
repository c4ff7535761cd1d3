//! Imports (U3, R22): a file is laid down or lies in the drop area, a person confirms what its columns are, and a worker
//! brings its rows in, however often its server is killed meanwhile.

mod ask;
mod events;
mod fault;
mod lanes;
mod propose;
mod run;
mod show;
mod sweep;
mod under;
mod watch;

pub use ask::{ImportFrom, NewDelivery};
pub use fault::ImportFault;
pub use lanes::Lane;
pub(crate) use lanes::{IMPORT_KINDS, Lanes};
pub use propose::{Lowered, LoweredBecause};
pub use run::Turn;
pub use show::{ImportView, Pace, Quarantine};

use std::time::Duration;

use yuntu_lake::DropArea;

/// What files may come in, and from where.
///
/// # Clause
/// U3, R13
#[derive(Debug, Clone)]
pub struct IntakeConfig {
    /// How large a file may be that is uploaded; the drop area has no limit.
    pub file_bytes_max: u64,
    /// How large an upload may be that does not wait for large ones: what has no more rows than a chunk, so that beside a large
    /// import it takes the memory of one more chunk and no further.
    pub small_bytes_max: u64,
    /// How long what may be large goes on while another enterprise waits.
    pub turn: Duration,
    /// Where enterprises put files by themselves.
    pub drop_area: Option<DropArea>,
}

impl Default for IntakeConfig {
    fn default() -> Self {
        Self {
            file_bytes_max: 64 << 30,
            small_bytes_max: 16 << 20,
            turn: Duration::from_mins(5),
            drop_area: None,
        }
    }
}
