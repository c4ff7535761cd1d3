//! What runs beside the server, in turns: the ledger's sequencer, the delivery of messages and the upkeep.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use yuntu_app::imports::{Lane, Turn};
use yuntu_app::lake::CancelToken;
use yuntu_app::{AppError, Platform};

use crate::metrics::Metrics;
use crate::problem::chain;
use crate::tls::{Certificates, TlsFault};

/// How often the ledger takes in what waits.
const SEQUENCE_EVERY: Duration = Duration::from_secs(1);
/// How often the outbox is asked for messages that are due.
const DELIVER_EVERY: Duration = Duration::from_secs(1);
/// How often what is over ends; it may stay so much longer.
const UPKEEP_EVERY: Duration = Duration::from_mins(10);
/// How often the database rewrites what it still holds of rows that went, which is dear.
const SCRUB_EVERY: Duration = Duration::from_hours(24);
/// How often it is looked whether keys are due for renewal.
const RENEW_EVERY: Duration = Duration::from_hours(1);
/// The wait after a turn that failed, before it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// How often the numbers of reviewed applications that are due are looked for, and replaced parts of datasets.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// How often a newer certificate is looked for.
const CERTIFICATE_EVERY: Duration = Duration::from_mins(1);
/// How often accounts of minors are erased that are due, and the deadlines of reports are watched.
const MINORS_EVERY: Duration = Duration::from_secs(15);
/// How often measures end by time, and what asks for proof announced happens.
const MEASURES_EVERY: Duration = Duration::from_secs(5);
/// How often technical help ends by time, and who may approve it is told.
const HELPS_EVERY: Duration = Duration::from_secs(5);
/// How often an import that waits is looked for.
const IMPORT_EVERY: Duration = Duration::from_secs(1);
/// How often files are looked for that were laid down and are not needed any more.
const DEPOSITS_EVERY: Duration = Duration::from_mins(10);
/// The longest wait after turns that failed.
const WAIT_LONGEST: Duration = Duration::from_mins(1);
/// How long the turns that run when the server stops may still take; a message that is cut off is sent again later.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// When the next turn begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// At once: there is more to do.
    AtOnce,
    /// After the worker's pause.
    Later,
}

/// The workers of a server.
#[derive(Debug)]
pub(crate) struct Workers {
    running: JoinSet<()>,
    stop: watch::Sender<bool>,
    /// Interrupts the imports that run: they go on with the next server.
    interrupt: CancelToken,
}

impl Workers {
    /// Starts every worker.
    pub(crate) fn start(platform: &Platform, metrics: &Arc<Metrics>) -> Self {
        let mut workers = Self {
            running: JoinSet::new(),
            stop: watch::Sender::new(false),
            interrupt: CancelToken::new(),
        };
        let ledger = platform.clone();
        workers.keep("ledger", SEQUENCE_EVERY, metrics, move || {
            let platform = ledger.clone();
            async move { platform.sequence().await.map(|_size| Next::Later) }
        });
        let (outbox, counted) = (platform.clone(), Arc::clone(metrics));
        workers.keep("messages", DELIVER_EVERY, metrics, move || {
            let (platform, counted) = (outbox.clone(), Arc::clone(&counted));
            async move {
                let done = platform.deliver_messages().await?;
                counted.delivered(&done);
                Ok(if done.more { Next::AtOnce } else { Next::Later })
            }
        });
        let (swept, alarmed) = (platform.clone(), Arc::clone(metrics));
        workers.keep("upkeep", UPKEEP_EVERY, metrics, move || {
            let (platform, alarmed) = (swept.clone(), Arc::clone(&alarmed));
            async move {
                let done = platform.upkeep().await?;
                platform.tell_endings().await?;
                let assessment = platform.assessment_state().await?;
                alarmed.alarm("assessment", assessment.alarm);
                platform.tell_duties().await?;
                platform.sweep_duties().await?;
                let duties = platform.duties_state().await?;
                alarmed.alarm("duties", duties.alarm());
                Ok(if done.more { Next::AtOnce } else { Next::Later })
            }
        });
        let scrubbed = platform.clone();
        workers.keep("scrub", SCRUB_EVERY, metrics, move || {
            let platform = scrubbed.clone();
            async move { platform.scrub().await.map(|()| Next::Later) }
        });
        let renewed = platform.clone();
        workers.keep("keys", RENEW_EVERY, metrics, move || {
            let platform = renewed.clone();
            async move {
                platform.renew_keys_when_due().await?;
                Ok(Next::Later)
            }
        });
        workers.keep_terms(platform, metrics);
        workers.keep_imports(platform, metrics);
        workers
    }

    /// Starts what brings files in. The server has the ledger, so whoever held an import before is gone.
    fn keep_imports(&mut self, platform: &Platform, metrics: &Arc<Metrics>) {
        for (worker, lane) in [("imports", Lane::Large), ("small_imports", Lane::Small)] {
            let importing = platform.clone();
            let interrupt = self.interrupt.clone();
            let taken_up = Arc::new(AtomicBool::new(false));
            self.keep(worker, IMPORT_EVERY, metrics, move || {
                let (platform, interrupt) = (importing.clone(), interrupt.clone());
                let taken_up = Arc::clone(&taken_up);
                async move {
                    if !taken_up.load(Ordering::SeqCst) {
                        platform.take_up_imports(lane).await?;
                        taken_up.store(true, Ordering::SeqCst);
                    }
                    let turn = Box::pin(platform.run_next_import(lane, &interrupt)).await?;
                    Ok(match turn {
                        Turn::Worked => Next::AtOnce,
                        Turn::Idle | Turn::Stopped => Next::Later,
                    })
                }
            });
        }
        let swept = platform.clone();
        self.keep("deposits", DEPOSITS_EVERY, metrics, move || {
            let platform = swept.clone();
            async move {
                platform.sweep_deposits().await?;
                platform.sweep_lost_deposits().await?;
                Ok(Next::Later)
            }
        });
        let replaced = platform.clone();
        self.keep("lake", SWEEP_EVERY, metrics, move || {
            let platform = replaced.clone();
            async move { platform.sweep_lake().await.map(|_swept| Next::Later) }
        });
    }

    /// Starts what erases by the deadlines of people: accounts that were reported, papers of certifications.
    fn keep_terms(&mut self, platform: &Platform, metrics: &Arc<Metrics>) {
        let (reported, watched) = (platform.clone(), Arc::clone(metrics));
        self.keep("minors", MINORS_EVERY, metrics, move || {
            let (platform, watched) = (reported.clone(), Arc::clone(&watched));
            async move {
                platform.erase_reported_accounts().await?;
                let watch = platform.watch_minor_reports().await?;
                if watched.watched(watch) {
                    tracing::error!(
                        reports.near = watch.near,
                        reports.late = watch.late,
                        "reports of minors' accounts are near their deadline or past it"
                    );
                }
                Ok(Next::Later)
            }
        });
        let measured = platform.clone();
        self.keep("measures", MEASURES_EVERY, metrics, move || {
            let platform = measured.clone();
            async move {
                platform.sweep_measures().await?;
                Ok(Next::Later)
            }
        });
        let helped = platform.clone();
        self.keep("helps", HELPS_EVERY, metrics, move || {
            let platform = helped.clone();
            async move {
                platform.sweep_helps().await?;
                Ok(Next::Later)
            }
        });
        let reviewed = platform.clone();
        self.keep("certifications", SWEEP_EVERY, metrics, move || {
            let platform = reviewed.clone();
            async move {
                let taken = platform.sweep_certifications().await?;
                Ok(if taken.more() {
                    Next::AtOnce
                } else {
                    Next::Later
                })
            }
        });
    }

    /// Looks for a newer certificate in turns; the one in use stays where there is none that can be used.
    pub(crate) fn keep_certificates(
        &mut self,
        certificates: &Arc<Certificates>,
        metrics: &Arc<Metrics>,
    ) {
        let certificates = Arc::clone(certificates);
        self.keep("certificate", CERTIFICATE_EVERY, metrics, move || {
            let read = Arc::clone(&certificates);
            async move {
                let read = tokio::task::spawn_blocking(move || read.refresh()).await;
                let read = read.unwrap_or(Err(TlsFault::Certificate));
                read.map_err(|fault| AppError::Internal { what: fault.what() })?;
                Ok(Next::Later)
            }
        });
    }

    /// Runs turns until the workers stop: a pause between two, and a growing one after turns that failed.
    fn keep<F, T>(&mut self, worker: &'static str, pause: Duration, metrics: &Arc<Metrics>, turn: F)
    where
        F: Fn() -> T + Send + 'static,
        T: Future<Output = Result<Next, AppError>> + Send,
    {
        let (mut stop, metrics) = (self.stop.subscribe(), Arc::clone(metrics));
        self.running.spawn(async move {
            let mut failures = 0_u32;
            while !*stop.borrow() {
                let turned = turn().await;
                metrics.turned(worker, turned.is_ok());
                let wait = match turned {
                    Ok(next) => {
                        if failures > 0 {
                            tracing::info!(worker.kind = worker, "the worker works again");
                        }
                        failures = 0;
                        match next {
                            Next::AtOnce => continue,
                            Next::Later => pause,
                        }
                    }
                    Err(error) => {
                        failures = failures.saturating_add(1);
                        if failures == 1 {
                            let cause = chain(&error);
                            tracing::error!(worker.kind = worker, cause, "the worker fails");
                        }
                        pause_after(failures)
                    }
                };
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    // The sender lives as long as the workers; its end is their end.
                    _ = stop.changed() => {}
                }
            }
        });
    }

    /// Lets the turns that run come to their end, and begins no other.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        self.interrupt.cancel();
        let ended = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WITHIN, ended).await.is_err() {
            tracing::warn!("a worker was cut off in its turn");
        }
    }
}

/// Doubles the wait with each failure, up to the longest.
fn pause_after(failures: u32) -> Duration {
    let doublings = failures.min(16);
    (FIRST_WAIT * 2_u32.pow(doublings)).min(WAIT_LONGEST)
}
