//! The worker's side of imports: lease a job, bring the rows in, note how far it is, end it.

use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use yuntu_lake::{
    CancelToken, ImportPlan, ImportReport, LakeError, Mapping, PathFault, Progress, Source,
    SourceFault,
};
use yuntu_policy::{Action, MissingFact, Refusal, StopReason};
use yuntu_store::{Import, ImportProgress, ImportStatus, LeasedJob, SourceLabel, StoreError, Tx};
use yuntu_terms::{ClauseId, DatasetId, Digest, ImportId, clause};

use super::ask::ImportFrom;
use super::fault::ImportFault;
use super::lanes::{IMPORT_KINDS, Lane, Turns};
use super::show::ImportView;
use super::watch::{Ends, LOOK_EVERY, Slice};
use crate::caller::{Caller, entry};
use crate::error::AppError;
use crate::platform::Platform;
use crate::running::{Entered, Task, Work};

/// How long a worker may be silent before another takes its import over.
pub(super) const LEASE: Duration = Duration::from_secs(30);
/// How long an import that a measure holds waits at most; lifting the measure, or its lapse, takes it up before.
const HELD_LOOK: Duration = Duration::from_hours(1);
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
    /// Its turn is over, and it goes on in the next one.
    GivesWay(ImportProgress),
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
    /// Lets imports of a lane be taken up at once whose server is gone. Only the server that has the ledger may call it, when
    /// it starts.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn take_up_imports(&self, lane: Lane) -> Result<u64, AppError> {
        Ok(self.store().release_jobs(&[lane.kind()]).await?)
    }

    /// Runs the next import of a lane that is due, from where it stands to its end, or until its turn is over and another
    /// enterprise waits.
    ///
    /// What was committed stays whatever happens: another run goes on from there, and no row comes in twice. `stop` is
    /// cancelled when the server stops.
    ///
    /// # Errors
    /// [`AppError`] when the worker itself fails; a failed import is not an error.
    /// # Clause
    /// U3, R13, R22
    pub async fn run_next_import(&self, lane: Lane, stop: &CancelToken) -> Result<Turn, AppError> {
        let mut turns = self.inner.importing.lane(lane).lock().await;
        self.run_due_import(lane, &mut turns, stop).await
    }

    /// Does what [`Platform::run_next_import`] does; who holds the turns sees to it that no other import runs in the lane.
    async fn run_due_import(
        &self,
        lane: Lane,
        turns: &mut Turns,
        stop: &CancelToken,
    ) -> Result<Turn, AppError> {
        if stop.is_cancelled() {
            return Ok(Turn::Stopped);
        }
        let kinds = [lane.kind()];
        let waiting = self.store().jobs_wait(&kinds).await?;
        let Some(enterprise) = turns.give(&waiting) else {
            return Ok(Turn::Idle);
        };
        let lease = self.store().lease_job_of(enterprise, &kinds, LEASE);
        let Some(job) = lease.await? else {
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
        let end = Box::pin(self.run_import(&job, &import, (lane, stop))).await?;
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
        let lane = self.lane_of(caller, id).await?;
        let end = Instant::now() + wait_max;
        loop {
            let view = self.view_import(caller, dataset, id).await?;
            match &view.import.failure {
                Some(code) => return Err(AppError::ImportFailed { code: code.clone() }),
                None if view.import.status.is_final() || Instant::now() >= end => return Ok(view),
                None => {}
            }
            let turn = match self.inner.importing.lane(lane).try_lock() {
                Ok(mut turns) => {
                    // What it does here is put down at the end of the wait and taken up by the worker.
                    let stop = CancelToken::new();
                    let mut turn = std::pin::pin!(self.run_due_import(lane, &mut turns, &stop));
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
        (of, stop): (Lane, &CancelToken),
    ) -> Result<End, AppError> {
        let noted = import.progress.clone();
        let (caller, cancel) = (caller_of(import)?, CancelToken::new());
        let entered = self.enter(work_of(import, &caller), cancel.clone());
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
        let until = self.now().plus(of.turn(self.inner.intake.turn));
        let turn = Slice::until(until, of);
        let by = Ends {
            cancel: &cancel,
            stop,
            turn: Some(&turn),
        };
        let work = (&entered, by);
        Box::pin(self.bring_in((job, import), opened, begun, work)).await
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
        let by = Ends {
            cancel: &cancel,
            stop,
            turn: None,
        };
        let (found, lost) = Box::pin(self.watched((job, import), work, none, by)).await;
        if lost {
            return Err(StoreError::Conflict { what: "job" }.into());
        }
        Ok(found?)
    }

    /// Brings the rows in while the lease is kept, progress noted and obeyed who asks to stop.
    async fn bring_in(
        &self,
        (job, import): (&LeasedJob, &Import),
        opened: Opened,
        begun: ImportProgress,
        (entered, by): (&Entered, Ends<'_>),
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
            (&note, by.cancel),
            &flags,
        );
        let work = entered.wind_down(work);
        let watched = self.watched((job, import), work, noted.clone(), by);
        let (outcome, lost) = Box::pin(watched).await;
        // One that does not put down what it has in hand is let go, as if it were killed.
        let outcome = outcome.unwrap_or(Err(LakeError::Cancelled));
        let reached = (*noted.borrow()).map_or(begun, progress_of);
        Ok(match outcome {
            Ok(report) => End::Done(report.import, reported(&report, reached.bytes_total)),
            Err(LakeError::Cancelled) if lost => End::Left,
            Err(LakeError::Cancelled) => match entered.stopped() {
                Some(reason) => end_of(reason, reached),
                None if by.turn.is_some_and(Slice::is_over) => End::GivesWay(reached),
                None => return self.stopped(import, reached, by.stop).await,
            },
            Err(error) => failed(&error.into(), Some(&source), reached),
        })
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

    /// Gives an import back that a measure holds; what was lifted meanwhile takes it up at once.
    async fn hold_import(&self, job: &LeasedJob, import: &Import) -> Result<(), AppError> {
        let store = self.store();
        store
            .put_back_job(job, "held", self.now().plus(HELD_LOOK))
            .await?;
        let work = work_of(import, &caller_of(import)?);
        if self.stop_now(&store.read(), &work).await?.is_none() {
            let kinds = IMPORT_KINDS.as_slice();
            store.hasten_jobs(import.enterprise, kinds).await?;
        }
        Ok(())
    }

    /// Finds the lane in which an import runs.
    async fn lane_of(&self, caller: &Caller, id: ImportId) -> Result<Lane, AppError> {
        let found = self
            .store()
            .read()
            .find_import(caller.enterprise, id)
            .await?;
        let found = found.ok_or(AppError::Missing { what: "import" })?;
        let bytes = found.progress.bytes_total;
        Ok(Lane::of(
            found.deposit,
            bytes,
            self.inner.intake.small_bytes_max,
        ))
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
                self.hold_import(job, import).await?;
                return Ok(Turn::Worked);
            }
            End::GivesWay(progress) => {
                let noted = store.note_import_progress(import.enterprise, import.id, &progress);
                // What is not noted now is noted when it goes on.
                drop(noted.await);
                // It keeps its place among those of its own enterprise.
                store.put_back_job(job, "turn", job.run_at).await?;
                return Ok(Turn::Worked);
            }
            End::Left => {
                // Whoever holds the lease now, or the next server, goes on.
                drop(store.put_back_job(job, "stopped", job.run_at).await);
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
        StopReason::InstructionRevoked => End::Failed(ImportFault::stopped(reason), reached),
        StopReason::ConsentWithdrawn
        | StopReason::TokenEnded
        | StopReason::PartnerEnded
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

/// Names what an import stands on.
fn work_of(import: &Import, caller: &Caller) -> Work {
    Work {
        instruction: import.instruction,
        ..Work::of(Task::Import, caller, [import.dataset])
    }
}

/// Returns on whose behalf an import runs.
fn caller_of(import: &Import) -> Result<Caller, AppError> {
    let by = import.by.ok_or(AppError::Internal {
        what: "an import that nobody asked for",
    })?;
    Ok(Caller::of(import.enterprise, by))
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

pub(super) fn progress_of(progress: Progress) -> ImportProgress {
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
