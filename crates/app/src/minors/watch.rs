use std::time::Duration;

use yuntu_terms::clause;

use crate::error::AppError;
use crate::platform::Platform;

/// How long before its deadline an open report raises an alarm.
const NEAR: Duration = Duration::from_hours(24);

/// How the reports stand to their deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MinorWatch {
    /// Open, with time left.
    pub open: u64,
    /// Open, and due within a day.
    pub near: u64,
    /// Open, and past the deadline.
    pub late: u64,
}

impl Platform {
    /// Says how many reports of minors' accounts are open, and how they stand to the deadline of the statement.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R29
    pub async fn watch_minor_reports(&self) -> Result<MinorWatch, AppError> {
        clause::hit!(R29);
        let now = self.now();
        let mut watch = MinorWatch::default();
        for report in self.store().read().list_open_minor_reports().await? {
            if report.due <= now {
                watch.late += 1;
            } else if report.due <= now.plus(NEAR) {
                watch.near += 1;
            } else {
                watch.open += 1;
            }
        }
        Ok(watch)
    }
}
