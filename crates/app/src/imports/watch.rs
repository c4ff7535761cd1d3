//! What goes on beside an import that runs: its lease is kept, progress noted, and obeyed who asks it to end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior};
use yuntu_lake::{CancelToken, Progress};
use yuntu_store::{Import, LeasedJob, StoreError};
use yuntu_terms::Timestamp;

use super::lanes::Lane;
use super::run::{LEASE, progress_of};
use crate::platform::Platform;

/// How often a worker says that it is still there.
const EXTEND_EVERY: Duration = Duration::from_secs(10);
/// How often progress is noted, and looked whether to stop.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long an import may go on while another enterprise waits.
#[derive(Debug)]
pub(super) struct Slice {
    lane: Lane,
    until: Timestamp,
    over: AtomicBool,
}

impl Slice {
    pub(super) fn until(until: Timestamp, lane: Lane) -> Self {
        Self {
            lane,
            until,
            over: AtomicBool::new(false),
        }
    }

    /// Says whether the import was cancelled because its turn was over.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// What ends a run before its end.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    /// Cancelled when the work is to put down what it has in hand.
    pub(super) cancel: &'a CancelToken,
    /// Cancelled when the server stops.
    pub(super) stop: &'a CancelToken,
    /// Its turn, once it brings rows in.
    pub(super) turn: Option<&'a Slice>,
}

impl Platform {
    /// Does a piece of work while the lease is kept and progress noted; says as well whether the lease was lost.
    ///
    /// All three go on beside one another: the work may hold the turn of the only writer, for which the others wait. What the
    /// others have in hand when the work ends comes to its end too, so that no connection is given back in the middle.
    pub(super) async fn watched<T>(
        &self,
        (job, import): (&LeasedJob, &Import),
        work: impl Future<Output = T>,
        noted: watch::Receiver<Option<Progress>>,
        by: Ends<'_>,
    ) -> (T, bool) {
        let (ends, ended) = watch::channel(());
        let work = async move {
            let done = work.await;
            drop(ends);
            done
        };
        let (done, lost, ()) = tokio::join!(
            work,
            self.keep_lease(job, by.cancel, ended.clone()),
            self.look_after(import, noted, by, ended),
        );
        (done, lost)
    }

    /// Keeps the lease of a job until the work ends; says whether it was lost, and cancels the work then.
    async fn keep_lease(
        &self,
        job: &LeasedJob,
        cancel: &CancelToken,
        mut ended: watch::Receiver<()>,
    ) -> bool {
        let mut lost = false;
        let mut extends = every(EXTEND_EVERY);
        while is_next(&mut extends, &mut ended).await {
            match self.store().extend_job(job, LEASE).await {
                Ok(()) => {}
                Err(StoreError::Conflict { .. }) => {
                    lost = true;
                    cancel.cancel();
                }
                // It may be over before the lease ends.
                Err(_fault) => extends.reset_after(LOOK_EVERY),
            }
        }
        lost
    }

    /// Notes how far an import is until it ends, and cancels it when somebody asks for that or waits for its turn.
    async fn look_after(
        &self,
        import: &Import,
        mut noted: watch::Receiver<Option<Progress>>,
        by: Ends<'_>,
        mut ended: watch::Receiver<()>,
    ) {
        let mut looks = every(LOOK_EVERY);
        let mut committed = false;
        while is_next(&mut looks, &mut ended).await {
            if by.stop.is_cancelled() || self.is_cancelled(import).await {
                by.cancel.cancel();
            }
            let progress = noted.has_changed().unwrap_or(false);
            let progress = progress.then(|| *noted.borrow_and_update()).flatten();
            if let Some(progress) = progress {
                committed = true;
                let (enterprise, progress) = (import.enterprise, progress_of(progress));
                let note = self
                    .store()
                    .note_import_progress(enterprise, import.id, &progress);
                // What is not noted now is noted at the end.
                drop(note.await);
            }
            // Each turn brings something in, or a run might never come to its end.
            if let Some(turn) = by.turn.filter(|_| committed)
                && self.gives_way(import, turn).await
            {
                turn.over.store(true, Ordering::Relaxed);
                by.cancel.cancel();
            }
        }
    }

    /// Says whether the turn of an import is over and another enterprise waits.
    async fn gives_way(&self, import: &Import, turn: &Slice) -> bool {
        if self.now() < turn.until {
            return false;
        }
        let waiting = self.store().jobs_wait(&[turn.lane.kind()]).await;
        waiting.is_ok_and(|waiting| waiting.iter().any(|other| *other != import.enterprise))
    }

    pub(super) async fn is_cancelled(&self, import: &Import) -> bool {
        let read = self.store().read();
        let found = read.find_import(import.enterprise, import.id).await;
        found.is_ok_and(|found| found.is_some_and(|found| found.cancel_asked.is_some()))
    }
}

/// Ticks so often, and not the sooner when one was missed.
fn every(pause: Duration) -> Interval {
    let mut ticks = tokio::time::interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits for the next tick; says whether it came before the end.
async fn is_next(ticks: &mut Interval, ended: &mut watch::Receiver<()>) -> bool {
    tokio::select! {
        biased;
        _ended = ended.changed() => false,
        _ = ticks.tick() => true,
    }
}
