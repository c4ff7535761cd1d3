//! The worker's side of imports: lease a job, bring the rows in, note how far it is, end it.

use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, timeout_at};
use yuntu_lake::{
    CancelToken, ImportPlan, ImportReport, LakeError, Mapping, PathFault, Progress, Source,
    SourceFault,
};
use yuntu_policy::{Action, MissingFact, Refusal, StopReason};
use yuntu_store::{Import, ImportProgress, ImportStatus, LeasedJob, SourceLabel, StoreError, Tx};
use yuntu_terms::{ClauseId, DatasetId, Digest, ImportId, clause};

use super::ask::ImportFrom;
use super::fault::ImportFault;
use super::show::ImportView;
use crate::caller::{Caller, entry};
use crate::error::AppError;
use crate::platform::Platform;
use crate::running::{Entered, Task, Work};

/// The kind of the jobs that import.
pub const IMPORT_RUN: &str = "import.run";

/// What the job of an import says that a measure holds.
const HELD: &str = "held";

/// How long a worker may be silent before another takes its import over.
const LEASE: Duration = Duration::from_secs(30);
/// How often it says that it is still there.
const EXTEND_EVERY: Duration = Duration::from_secs(10);
/// How often progress is noted, and looked whether to stop.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often an import that a measure holds is looked at, besides the moment at which the measure is lifted: one may end by time.
const HELD_LOOK: Duration = Duration::from_mins(1);
/// After how many runs in a row that read nothing new an import is given up: it may be what kills the server.
const RUNS_IN_VAIN_MAX: u64 = 50;

/// What a turn of the worker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// There was nothing to do.
    Idle,
    /// An import ended, or is to be tried again later.
    Worked,
    /// The server stops; the import goes on with the next one.
    Stopped,
}

/// How an import ended.
enum End {
    Done(Digest, ImportProgress),
    Cancelled(ImportProgress),
    Failed(ImportFault, ImportProgress),
    /// It is to be tried again.
    Later(ImportFault),
    /// A measure holds it: it goes on when that is lifted.
    Held,
    /// It goes on elsewhere: the server stops, or the lease went to somebody else.
    Left,
}

/// What is opened for an import.
struct Opened {
    plan: ImportPlan,
    source: Source,
    digest: Digest,
    /// What the lake knows the import by.
    import: Digest,
}

impl Platform {
    /// Lets imports be taken up at once whose server is gone. Only the server that has the ledger may call it, when it starts.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn take_up_imports(&self) -> Result<u64, AppError> {
        Ok(self.store().release_jobs(&[IMPORT_RUN]).await?)
    }

    /// Runs the next import that is due, from where it stands to its end.
    ///
    /// What was committed stays whatever happens: another run goes on from there, and no row comes in twice. `stop` is
    /// cancelled when the server stops.
    ///
    /// # Errors
    /// [`AppError`] when the worker itself fails; a failed import is not an error.
    /// # Clause
    /// U3, R13, R22
    pub async fn run_next_import(&self, stop: &CancelToken) -> Result<Turn, AppError> {
        // One at a time: each takes the memory of a few chunks and a core.
        let _alone = self.inner.importing.lock().await;
        self.run_due_import(stop).await
    }

    /// Does what [`Platform::run_next_import`] does; the caller sees to it that no other import runs.
    async fn run_due_import(&self, stop: &CancelToken) -> Result<Turn, AppError> {
        if stop.is_cancelled() {
            return Ok(Turn::Stopped);
        }
        let Some(job) = self.store().lease_job(&[IMPORT_RUN], LEASE).await? else {
            return Ok(Turn::Idle);
        };
        let id = job.payload.get("import").and_then(|id| id.as_str());
        let id: Option<ImportId> = id.and_then(|id| id.parse().ok());
        let found = match (job.enterprise, id) {
            (Some(enterprise), Some(id)) => self.store().read().find_import(enterprise, id).await?,
            _ => None,
        };
        let Some(import) = found.filter(|import| !import.status.is_final()) else {
            self.store().finish_job(&job).await?;
            return Ok(Turn::Worked);
        };
        let end = Box::pin(self.run_import(&job, &import, stop)).await?;
        self.end_run(&job, &import, end).await
    }

    /// Asks for the import of one file and waits for its end, for whoever sends a small file and wants the outcome. After
    /// the longest wait it says how far the import is, which goes on.
    ///
    /// # Errors
    /// As [`Platform::begin_import`]; [`AppError::ImportFailed`] when it fails.
    /// # Clause
    /// U3, R8, R13
    pub async fn import_now(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        from: &ImportFrom,
        (mapping, wait_max): (Option<&Mapping>, Duration),
    ) -> Result<ImportView, AppError> {
        let begun = self.begin_import(caller, dataset, from, mapping).await?;
        let id = begun.first().copied();
        let id = id.ok_or(AppError::Internal { what: "import" })?;
        let end = Instant::now() + wait_max;
        loop {
            let view = self.view_import(caller, dataset, id).await?;
            match &view.import.failure {
                Some(code) => return Err(AppError::ImportFailed { code: code.clone() }),
                None if view.import.status.is_final() || Instant::now() >= end => return Ok(view),
                None => {}
            }
            let turn = match self.inner.importing.try_lock() {
                Ok(_alone) => {
                    // What it does here is put down at the end of the wait and taken up by the worker.
                    let stop = CancelToken::new();
                    let mut turn = std::pin::pin!(self.run_due_import(&stop));
                    match timeout_at(end, &mut turn).await {
                        Ok(turn) => turn?,
                        Err(_elapsed) => {
                            stop.cancel();
                            turn.await?
                        }
                    }
                }
                // Another import runs, which may take longer than anybody waits.
                Err(_busy) => Turn::Idle,
            };
            if turn == Turn::Idle {
                tokio::time::sleep_until(end.min(Instant::now() + LOOK_EVERY)).await;
            }
        }
    }

    async fn run_import(
        &self,
        job: &LeasedJob,
        import: &Import,
        stop: &CancelToken,
    ) -> Result<End, AppError> {
        let noted = import.progress.clone();
        let (caller, cancel) = (caller_of(import)?, CancelToken::new());
        let work = Work::of(Task::Import, &caller, [import.dataset]);
        let entered = self.enter(work, cancel.clone());
        if let Some(end) = self.may_not(import, &caller, &entered).await? {
            return Ok(end);
        }
        let opened = match Box::pin(self.open_import(job, import, stop)).await {
            Ok(opened) => opened,
            Err(AppError::Lake(LakeError::Cancelled)) => return self.cut_short(import, stop).await,
            Err(AppError::Store(StoreError::Conflict { .. })) => return Ok(End::Left),
            Err(error) => return Ok(failed(&error, None, noted)),
        };
        if import.source.is_some_and(|known| known != opened.import) {
            return Ok(End::Failed(ImportFault::changed(), noted));
        }
        let lake = &self.inner.lake;
        let standing = match lake.import_standing(&opened.plan, opened.digest).await {
            Ok(standing) => standing.unwrap_or_default(),
            Err(error) => return Ok(failed(&error.into(), None, noted)),
        };
        let begun = progress_of(Progress {
            bytes_total: opened.source.len(),
            ..standing
        });
        let store = self.store();
        let run = store.begin_import_run(import.enterprise, import.id, opened.import, &begun);
        let run = match run.await {
            Ok(run) => run,
            // Somebody cancelled it between two looks.
            Err(StoreError::Missing { .. }) => return Ok(End::Left),
            Err(error) => return Err(error.into()),
        };
        if run.runs_in_vain >= RUNS_IN_VAIN_MAX {
            return Ok(End::Failed(ImportFault::stuck(), begun));
        }
        let held = (&entered, &cancel, stop);
        Box::pin(self.bring_in(job, import, opened, begun, held)).await
    }

    /// Says how an import ends that may not run, or not now.
    ///
    /// What stands against it is looked up before it is asked who may: a refusal is noted in the log of whoever asked for the
    /// import, and one that only waits is no refusal.
    async fn may_not(
        &self,
        import: &Import,
        caller: &Caller,
        entered: &Entered,
    ) -> Result<Option<End>, AppError> {
        clause::hit!(U5);
        let noted = import.progress.clone();
        if import.cancel_asked.is_some() {
            return Ok(Some(End::Cancelled(noted)));
        }
        let read = self.store().read();
        if let Some(reason) = self.stop_of(&read, entered.under_way()).await? {
            return Ok(Some(end_of(reason, noted)));
        }
        match self.authorise(caller, Action::ImportData).await {
            Ok(_role) => Ok(None),
            // A measure may be taken between the two looks.
            Err(AppError::Refused(refusal)) if is_measured(&refusal) => Ok(Some(End::Held)),
            Err(AppError::Refused(_)) => Ok(Some(End::Failed(ImportFault::refused(), noted))),
            Err(error) => Err(error),
        }
    }

    /// Opens the source of an import and finds what it is known by.
    async fn open_import(
        &self,
        job: &LeasedJob,
        import: &Import,
        stop: &CancelToken,
    ) -> Result<Opened, AppError> {
        let mapping: Mapping = serde_json::from_value(import.mapping.clone())
            .map_err(|_other| AppError::Internal { what: "a mapping" })?;
        let plan = ImportPlan {
            enterprise: import.enterprise,
            dataset: import.dataset,
            mapping,
        };
        let lake = &self.inner.lake;
        let (source, digest) = if let Some(deposit) = import.deposit {
            let (deposit, source) = lake.open_deposit(import.enterprise, deposit).await?;
            (source, deposit.digest)
        } else {
            let Some(SourceLabel::Path(path)) = self.store().open_source(import).await? else {
                return Err(LakeError::from(SourceFault::Path(PathFault::Nothing)).into());
            };
            let area = self.drop_area()?;
            let source = area.open(import.enterprise, &path).await?;
            let digest = self.digest_of(job, import, &source, stop).await?;
            (source, digest)
        };
        let known = plan.identity(digest)?;
        Ok(Opened {
            plan,
            source,
            digest,
            import: known,
        })
    }

    /// Reads a file of the drop area once through, for what it is known by, and keeps the lease meanwhile.
    async fn digest_of(
        &self,
        job: &LeasedJob,
        import: &Import,
        source: &Source,
        stop: &CancelToken,
    ) -> Result<Digest, AppError> {
        let cancel = CancelToken::new();
        let work = self.inner.lake.identify(source, &cancel);
        let (_sender, none) = watch::channel(None);
        let watched = (none, &cancel, stop);
        let (found, lost) = Box::pin(self.watched(job, import, work, watched)).await;
        if lost {
            return Err(StoreError::Conflict { what: "job" }.into());
        }
        Ok(found?)
    }

    /// Brings the rows in while the lease is kept, progress noted and obeyed who asks to stop.
    async fn bring_in(
        &self,
        job: &LeasedJob,
        import: &Import,
        opened: Opened,
        begun: ImportProgress,
        (entered, cancel, stop): (&Entered, &CancelToken, &CancelToken),
    ) -> Result<End, AppError> {
        let (sender, noted) = watch::channel(None);
        let note = |progress: Progress| {
            sender.send_replace(Some(progress));
        };
        let source = opened.source.clone();
        let flags = self.flag_log(&caller_of(import)?, import.id, &opened.plan.mapping);
        let work = self.inner.lake.import_identified(
            &opened.plan,
            (opened.source, opened.digest),
            (&note, cancel),
            &flags,
        );
        let watched = (noted.clone(), cancel, stop);
        let work = entered.wind_down(work);
        let (outcome, lost) = Box::pin(self.watched(job, import, work, watched)).await;
        // One that does not put down what it has in hand is let go, as if it were killed.
        let outcome = outcome.unwrap_or(Err(LakeError::Cancelled));
        let reached = (*noted.borrow()).map_or(begun, progress_of);
        Ok(match outcome {
            Ok(report) => End::Done(report.import, reported(&report, reached.bytes_total)),
            Err(LakeError::Cancelled) if lost => End::Left,
            Err(LakeError::Cancelled) => match entered.stopped() {
                Some(reason) => end_of(reason, reached),
                None => return self.stopped(import, reached, stop).await,
            },
            Err(error) => failed(&error.into(), Some(&source), reached),
        })
    }

    /// Does a piece of work while the lease is kept and progress noted; says as well whether the lease was lost.
    ///
    /// All three go on beside one another: the work may hold the turn of the only writer, for which the others wait. What the
    /// others have in hand when the work ends comes to its end too, so that no connection is given back in the middle.
    async fn watched<T>(
        &self,
        job: &LeasedJob,
        import: &Import,
        work: impl Future<Output = T>,
        (noted, cancel, stop): (
            watch::Receiver<Option<Progress>>,
            &CancelToken,
            &CancelToken,
        ),
    ) -> (T, bool) {
        let (ends, ended) = watch::channel(());
        let work = async move {
            let done = work.await;
            drop(ends);
            done
        };
        let (done, lost, ()) = tokio::join!(
            work,
            self.keep_lease(job, cancel, ended.clone()),
            self.look_after(import, (noted, cancel, stop), ended),
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

    /// Notes how far an import is until it ends, and cancels it when somebody asks for that.
    async fn look_after(
        &self,
        import: &Import,
        (mut noted, cancel, stop): (
            watch::Receiver<Option<Progress>>,
            &CancelToken,
            &CancelToken,
        ),
        mut ended: watch::Receiver<()>,
    ) {
        let mut looks = every(LOOK_EVERY);
        while is_next(&mut looks, &mut ended).await {
            if stop.is_cancelled() || self.is_cancelled(import).await {
                cancel.cancel();
            }
            let progress = noted.has_changed().unwrap_or(false);
            let progress = progress.then(|| *noted.borrow_and_update()).flatten();
            if let Some(progress) = progress {
                let (enterprise, progress) = (import.enterprise, progress_of(progress));
                let note = self
                    .store()
                    .note_import_progress(enterprise, import.id, &progress);
                // What is not noted now is noted at the end.
                drop(note.await);
            }
        }
    }

    async fn is_cancelled(&self, import: &Import) -> bool {
        let read = self.store().read();
        let found = read.find_import(import.enterprise, import.id).await;
        found.is_ok_and(|found| found.is_some_and(|found| found.cancel_asked.is_some()))
    }

    /// Tells a cancelled import from one that the end of the server interrupts.
    async fn stopped(
        &self,
        import: &Import,
        last: ImportProgress,
        stop: &CancelToken,
    ) -> Result<End, AppError> {
        Ok(if self.is_cancelled(import).await {
            End::Cancelled(last)
        } else if stop.is_cancelled() {
            End::Left
        } else {
            End::Later(ImportFault::of(&LakeError::Cancelled.into(), None))
        })
    }

    async fn cut_short(&self, import: &Import, stop: &CancelToken) -> Result<End, AppError> {
        self.stopped(import, import.progress.clone(), stop).await
    }

    /// Records how a run ended, in one transaction with the end of its job.
    async fn end_run(&self, job: &LeasedJob, import: &Import, end: End) -> Result<Turn, AppError> {
        let store = self.store();
        let (status, progress, outcome) = match end {
            End::Done(known, progress) => (ImportStatus::Done, progress, Ok(Some(known))),
            End::Cancelled(progress) => (ImportStatus::Cancelled, progress, Ok(None)),
            End::Failed(fault, progress) => (ImportStatus::Failed, progress, Err(fault)),
            End::Later(fault) => {
                store.fail_job(job, fault.code()).await?;
                return Ok(Turn::Worked);
            }
            End::Held => {
                let look = self.now().plus(HELD_LOOK);
                store.put_back_job(job, HELD, look).await?;
                return Ok(Turn::Worked);
            }
            End::Left => {
                // Whoever holds the lease now, or the next server, goes on.
                drop(store.put_back_job(job, "stopped", self.now()).await);
                return Ok(Turn::Stopped);
            }
        };
        let outcome = outcome
            .as_ref()
            .map(|known| *known)
            .map_err(ImportFault::code);
        let caller = caller_of(import)?;
        let actor = self.pseudonym(&caller).await?;
        let (loaded, quarantined) = (progress.rows_loaded, progress.rows_quarantined);
        let ended = store
            .run_tx("import.finish", async |tx: Tx| {
                tx.finish_import(import.enterprise, import.id, status, &progress, outcome)
                    .await?;
                let body = json!({
                    "enterprise": import.enterprise, "dataset": import.dataset, "import": import.id,
                    "status": status, "rows": loaded, "quarantined": quarantined,
                });
                let clauses = [ClauseId::u(3), ClauseId::r(22)];
                let finished = entry(&tx, "import.finished", &clauses, actor, body)?;
                tx.append_own(&caller, &finished).await?;
                tx.finish_job(job).await?;
                Ok::<_, AppError>(())
            })
            .await;
        match ended {
            // Somebody else holds the job, or it ended while nobody looked: theirs counts.
            Err(AppError::Store(StoreError::Conflict { .. } | StoreError::Missing { .. })) => {}
            ended => ended?,
        }
        if import.deposit.is_some() {
            self.sweep_deposits().await?;
        }
        Ok(Turn::Worked)
    }
}

/// Says how an import ends that is stopped: what a measure stops goes on when that is lifted. An enterprise ends by a measure
/// only, which may be lifted like any other.
fn end_of(reason: StopReason, reached: ImportProgress) -> End {
    match reason {
        StopReason::DatasetFrozen
        | StopReason::EnterpriseFrozen
        | StopReason::EnterpriseClosed
        | StopReason::FeatureLimited => End::Held,
        StopReason::InstructionRevoked
        | StopReason::ConsentWithdrawn
        | StopReason::MemberRemoved
        | StopReason::ExceptionEnded
        | StopReason::HelpEnded => End::Failed(ImportFault::refused(), reached),
    }
}

/// Says whether it is a measure for which something is refused, whatever else is missing.
fn is_measured(refusal: &Refusal) -> bool {
    let mut reasons = refusal.reasons();
    reasons.any(|reason| reason.fact() == MissingFact::Measure)
}

/// Returns on whose behalf an import runs.
fn caller_of(import: &Import) -> Result<Caller, AppError> {
    let by = import.by.ok_or(AppError::Internal {
        what: "an import that nobody asked for",
    })?;
    Ok(Caller::of(import.enterprise, by))
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

fn failed(error: &AppError, source: Option<&Source>, last: ImportProgress) -> End {
    let fault = ImportFault::of(error, source);
    if fault.may_work_later() {
        tracing::warn!(
            import.fault = fault.code(),
            "an import is tried again later"
        );
        End::Later(fault)
    } else {
        End::Failed(fault, last)
    }
}

fn progress_of(progress: Progress) -> ImportProgress {
    ImportProgress {
        rows_read: progress.rows + progress.quarantined,
        rows_loaded: progress.rows,
        rows_quarantined: progress.quarantined,
        conflicts: progress.conflicts,
        bytes_done: progress.bytes_done,
        bytes_total: progress.bytes_total,
        checkpoint: None,
    }
}

fn reported(report: &ImportReport, bytes_total: u64) -> ImportProgress {
    ImportProgress {
        rows_read: report.rows + report.quarantined,
        rows_loaded: report.rows,
        rows_quarantined: report.quarantined,
        conflicts: report.conflicts,
        bytes_done: bytes_total,
        bytes_total,
        checkpoint: None,
    }
}
