use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use yuntu_terms::{Clock, Timestamp, clause};

use crate::error::{Budget, EngineError};

/// Stops a run from outside; clones stop the same run.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Makes a handle that stops nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the run at its next batch.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is looked at before each batch of a run, and what is counted of it.
#[derive(Debug)]
pub(crate) struct Watch {
    clock: Arc<dyn Clock>,
    expires: Timestamp,
    deadline: Timestamp,
    cancel: Cancel,
    /// Set when nobody waits for the run any more.
    left: Cancel,
    rows: AtomicU64,
}

/// Ends a run when the one who waits for it goes away.
pub(crate) struct EndWithWaiter(pub(crate) Arc<Watch>);

impl Drop for EndWithWaiter {
    fn drop(&mut self) {
        self.0.left.cancel();
    }
}

impl Watch {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        expires: Timestamp,
        deadline: Timestamp,
        cancel: Cancel,
    ) -> Self {
        Self {
            clock,
            expires,
            deadline,
            cancel,
            left: Cancel::new(),
            rows: AtomicU64::new(0),
        }
    }

    /// Says whether the run may go on: not cancelled, waited for, permit in force, time left.
    ///
    /// # Clause
    /// U2
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        if self.cancel.is_cancelled() || self.left.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        let now = self.clock.now();
        if now >= self.expires {
            clause::hit!(U2);
            return Err(EngineError::Expired);
        }
        if now >= self.deadline {
            return Err(EngineError::Budget(Budget::Time));
        }
        Ok(())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn count(&self, rows: usize) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// Returns how many admitted rows the run has read.
    pub(crate) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }
}
