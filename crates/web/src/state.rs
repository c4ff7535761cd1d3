//! What every handler may use.

use std::future::Future;
use std::sync::Arc;

use yuntu_app::{AppError, Platform};

use crate::cookies::Register;
use crate::leave::WaysOut;
use crate::metrics::Metrics;
use crate::statement::Versions;

/// The parts that handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) platform: Platform,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) register: Register,
    pub(crate) versions: Versions,
    pub(crate) ways_out: WaysOut,
}

impl Site {
    pub(crate) fn new(platform: Platform, versions: Versions) -> Self {
        Self {
            register: Register::new(platform.statement()),
            ways_out: WaysOut::of(&platform, versions.all()),
            versions,
            platform,
            metrics: Arc::default(),
        }
    }
}

/// Runs a use-case to its end even when the client leaves: what reads data also leaves its receipt.
pub(crate) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, AppError>> + Send + 'static,
) -> Result<T, AppError> {
    tokio::spawn(work)
        .await
        .map_err(|_panicked| AppError::Internal {
            what: "a use-case that stopped",
        })?
}
