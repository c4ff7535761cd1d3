//! What runs in this process on business data, so that it can be stopped: whoever takes a measure stops it at once, and
//! what another process took is found in the rows within a second.
//!
//! Work is registered before the facts are read on which it stands, so that nothing can change between the two unseen; and
//! the transaction that records its receipt looks once more, so that no result leaves after a measure is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use yuntu_consent::{SubjectEvent, SubjectSet};
use yuntu_engine::Cancel;
use yuntu_lake::CancelToken;
use yuntu_policy::{Action, Standing, StopReason};
use yuntu_store::{Measure, Reader, Standings, StandsOn};
use yuntu_terms::{
    ApiTokenId, ConsentStatus, DatasetId, EnterpriseId, ExceptionUseId, HelpId, InstructionId,
    Operation, PartnerId, PermitId, Purpose, Recipient, RepresentativeId, SubjectId, Timestamp,
    clause,
};

use crate::caller::Caller;
use crate::error::AppError;
use crate::platform::{Inner, Platform};

/// How often what runs is compared with the rows.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long an import that is stopped may take to put down what it has in hand; then it is let go, as if it were killed.
const PUT_DOWN_WITHIN: Duration = Duration::from_secs(2);

/// What kind of work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// A run under this permit.
    Run(PermitId),
    /// An import; its dataset may still wait for its declaration.
    Import,
}

/// A piece of work and what it stands on.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    /// What it is.
    pub(crate) task: Task,
    /// For which enterprise.
    pub(crate) enterprise: EnterpriseId,
    /// Who asked for it.
    pub(crate) representative: RepresentativeId,
    /// Which datasets it reads or fills.
    pub(crate) datasets: BTreeSet<DatasetId>,
    /// Which instruction it cites.
    pub(crate) instruction: Option<InstructionId>,
    /// By which token a program asked for it.
    pub(crate) token: Option<ApiTokenId>,
    /// Under which technical help an operator looks.
    pub(crate) help: Option<HelpId>,
    /// Which use of an exception it claims.
    pub(crate) exception: Option<ExceptionUseId>,
    /// What it is to do it.
    pub(crate) action: Action,
    /// Who receives the result of a run.
    pub(crate) recipient: Option<Recipient>,
}

impl Work {
    /// Names work that a representative asks for.
    pub(crate) fn of(
        task: Task,
        caller: &Caller,
        datasets: impl IntoIterator<Item = DatasetId>,
    ) -> Self {
        Self {
            task,
            enterprise: caller.enterprise,
            representative: caller.representative,
            datasets: datasets.into_iter().collect(),
            instruction: None,
            token: caller.token,
            help: None,
            exception: None,
            action: Action::ImportData,
            recipient: None,
        }
    }

    const fn partner(&self) -> Option<PartnerId> {
        match self.recipient {
            Some(Recipient::Partner(id)) => Some(id),
            Some(Recipient::Enterprise | Recipient::Public) | None => None,
        }
    }

    fn stands_on(&self, on: &mut StandsOn) {
        on.enterprises.insert(self.enterprise);
        on.datasets.extend(&self.datasets);
        on.instructions.extend(self.instruction);
        on.tokens.extend(self.token);
        on.helps.extend(self.help);
        on.exceptions.extend(self.exception);
        on.partners.extend(self.partner());
        on.seats.insert((self.enterprise, self.representative));
    }

    /// Says by what the work is to be stopped, as everything stands now; what is not there any more has ended.
    fn stopped_by(&self, now: &Standings, at: Timestamp) -> Option<StopReason> {
        clause::hit!(U5);
        if let Some(reason) = now.measures.iter().find_map(|it| self.measured(it, at)) {
            return Some(reason);
        }
        match now.enterprises.get(&self.enterprise) {
            Some(Standing::Active) => {}
            Some(Standing::Frozen | Standing::Pending) => {
                return Some(StopReason::EnterpriseFrozen);
            }
            Some(Standing::Ended) | None => return Some(StopReason::EnterpriseClosed),
        }
        let usable = |dataset| match now.datasets.get(dataset) {
            Some(Standing::Active) => true,
            Some(Standing::Pending) => self.task == Task::Import,
            Some(Standing::Frozen | Standing::Ended) | None => false,
        };
        if !self.datasets.iter().all(usable) {
            return Some(StopReason::DatasetFrozen);
        }
        let active = Some(&Standing::Active);
        if let Some(instruction) = self.instruction
            && now.instructions.get(&instruction) != active
        {
            return Some(StopReason::InstructionRevoked);
        }
        if let Some(help) = self.help
            && now.helps.get(&help) != active
        {
            return Some(StopReason::HelpEnded);
        }
        if let Some(exception) = self.exception
            && now.exceptions.get(&exception) != active
        {
            return Some(StopReason::ExceptionEnded);
        }
        if let Some(token) = self.token
            && now.tokens.get(&token) != active
        {
            return Some(StopReason::TokenEnded);
        }
        if let Some(partner) = self.partner()
            && now.partners.get(&partner) != active
        {
            clause::hit!(R15);
            return Some(StopReason::PartnerEnded);
        }
        (now.seats.get(&self.representative) != active).then_some(StopReason::MemberRemoved)
    }
}

impl Work {
    /// Says by what a measure stops the work, if it does.
    pub(crate) fn measured(&self, measure: &Measure, at: Timestamp) -> Option<StopReason> {
        let against = measure.told.enterprise == self.enterprise
            && measure
                .told
                .dataset
                .is_none_or(|dataset| self.datasets.contains(&dataset));
        let facts = measure.facts();
        (against && facts.stops(self.action, at)).then(|| facts.stop())
    }
}

/// Whose data a run reads, what for, and with which consents.
#[derive(Debug)]
pub(crate) struct Reads {
    /// The last event of the log that its consents know.
    pub(crate) version: u64,
    /// What for.
    pub(crate) purpose: Purpose,
    /// What is done.
    pub(crate) operation: Operation,
    /// Who receives the result.
    pub(crate) recipient: Recipient,
    /// Whether a person's "no" takes her out, on the ground and for the purpose of the run.
    pub(crate) hears_refusal: bool,
    /// The people in its datasets, with every number that they are known under.
    pub(crate) people: Vec<Arc<SubjectSet>>,
}

impl Reads {
    /// Says whether an event takes somebody out whose data is read; a doubt is a yes.
    fn is_left_by(&self, event: &SubjectEvent) -> bool {
        clause::hit!(U4);
        let leaves = match event {
            SubjectEvent::Consent(_) if !self.hears_refusal => false,
            SubjectEvent::Consent(record) => {
                // Who takes back the processing by the enterprise takes back what rests on it.
                let root = record.operation == Operation::Process
                    && record.recipient == Recipient::Enterprise;
                let same = record.operation == self.operation && record.recipient == self.recipient;
                is_negative(record.status) && record.purpose.covers(&self.purpose) && (root || same)
            }
            SubjectEvent::Guardian { status, .. } => is_negative(*status),
            SubjectEvent::Restricted { .. }
            | SubjectEvent::Erased { .. }
            | SubjectEvent::Minor { .. } => true,
            SubjectEvent::Unrestricted { .. } => false,
            // What the other number says counts as well.
            SubjectEvent::Joined { with, .. } => {
                return self.holds(event.subject()) || self.holds(*with);
            }
        };
        leaves && self.holds(event.subject())
    }

    fn holds(&self, subject: SubjectId) -> bool {
        self.people
            .iter()
            .any(|people| people.bitmap().contains(subject.get()))
    }
}

const fn is_negative(status: ConsentStatus) -> bool {
    match status {
        ConsentStatus::Refused
        | ConsentStatus::Expired
        | ConsentStatus::Withdrawn
        | ConsentStatus::Revoked
        | ConsentStatus::Invalidated => true,
        ConsentStatus::Given
        | ConsentStatus::Renewed
        | ConsentStatus::Unknown
        | ConsentStatus::Requested
        | ConsentStatus::Deferred => false,
    }
}

/// A piece of work under way, and how it is stopped.
#[derive(Debug)]
pub(crate) struct UnderWay {
    work: Work,
    /// Set once; the first reason counts.
    stop: watch::Sender<Option<StopReason>>,
    run: Cancel,
    import: CancelToken,
    reads: OnceLock<Reads>,
    /// The last event of the consent log that was looked at.
    seen: AtomicU64,
}

impl UnderWay {
    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    fn stop(&self, reason: StopReason) {
        self.stop.send_if_modified(|stop| {
            let first = stop.is_none();
            stop.get_or_insert(reason);
            first
        });
        self.run.cancel();
        self.import.cancel();
    }
}

#[derive(Debug, Default)]
struct Registry {
    work: BTreeMap<u64, Arc<UnderWay>>,
    next: u64,
    /// Whether somebody compares what runs with the rows.
    watched: bool,
}

/// Everything that runs in this process on business data.
#[derive(Debug, Default, Clone)]
pub(crate) struct Running(Arc<Mutex<Registry>>);

impl Running {
    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops what runs and is chosen; it is told why.
    ///
    /// # Clause
    /// U2, U4, U5
    pub(crate) fn stop_where(&self, reason: StopReason, chosen: impl Fn(&Work) -> bool) {
        for one in self.all() {
            if chosen(&one.work) {
                one.stop(reason);
            }
        }
    }

    /// Stops every run that reads somebody's data whom one of these events takes out.
    ///
    /// # Clause
    /// U4, R26
    pub(crate) fn stop_left(&self, enterprise: EnterpriseId, events: &[SubjectEvent]) {
        for one in self.all() {
            let reads = one
                .reads
                .get()
                .filter(|_| one.work.enterprise == enterprise);
            if reads.is_some_and(|reads| events.iter().any(|event| reads.is_left_by(event))) {
                one.stop(StopReason::ConsentWithdrawn);
            }
        }
    }

    fn all(&self) -> Vec<Arc<UnderWay>> {
        self.lock().work.values().map(Arc::clone).collect()
    }

    /// Registers work; says whether somebody has to begin to watch.
    fn enter(&self, work: Work, import: CancelToken) -> (Entered, bool) {
        let one = Arc::new(UnderWay {
            work,
            stop: watch::Sender::new(None),
            run: Cancel::new(),
            import,
            reads: OnceLock::new(),
            seen: AtomicU64::new(0),
        });
        let mut registry = self.lock();
        let number = registry.next;
        registry.next += 1;
        registry.work.insert(number, Arc::clone(&one));
        let begin = !std::mem::replace(&mut registry.watched, true);
        let running = self.clone();
        let entered = Entered {
            one,
            number,
            running,
        };
        (entered, begin)
    }

    /// Says whether nothing runs any more, so that nobody needs to watch.
    fn is_over(&self) -> bool {
        let mut registry = self.lock();
        registry.watched = !registry.work.is_empty();
        !registry.watched
    }
}

/// Work that is registered; it is taken off the list when this goes.
#[derive(Debug)]
pub(crate) struct Entered {
    one: Arc<UnderWay>,
    number: u64,
    running: Running,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.running.lock().work.remove(&self.number);
    }
}

impl Entered {
    pub(crate) fn under_way(&self) -> &UnderWay {
        &self.one
    }

    /// Returns what stops a run of the engine.
    pub(crate) fn cancel(&self) -> Cancel {
        self.one.run.clone()
    }

    /// Says by what the work was stopped, if it was.
    pub(crate) fn stopped(&self) -> Option<StopReason> {
        *self.one.stop.borrow()
    }

    /// Says whose data is read, so that a withdrawal stops it.
    pub(crate) fn reads(&self, reads: Reads) {
        self.one.seen.store(reads.version, Ordering::Relaxed);
        // A run says it once.
        drop(self.one.reads.set(reads));
    }

    /// Waits for work and lets it go the moment it is stopped.
    ///
    /// # Errors
    /// [`AppError::Stopped`] when it was stopped, whatever came of it.
    pub(crate) async fn cut<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, AppError>
    where
        AppError: From<E>,
    {
        tokio::select! {
            biased;
            reason = self.told() => Err(AppError::Stopped(reason)),
            outcome = work => match self.stopped() {
                Some(reason) => Err(AppError::Stopped(reason)),
                None => Ok(outcome?),
            },
        }
    }

    /// Waits for work that puts down what it has in hand when it is stopped; after a short while it is let go all the
    /// same.
    pub(crate) async fn wind_down<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        tokio::select! {
            biased;
            outcome = &mut work => Some(outcome),
            _reason = self.told() => {
                tokio::time::timeout(PUT_DOWN_WITHIN, work).await.ok()
            }
        }
    }

    async fn told(&self) -> StopReason {
        let mut stop = self.one.stop.subscribe();
        let told = stop.wait_for(Option::is_some).await.map(|reason| *reason);
        match told {
            Ok(Some(reason)) => reason,
            // The sender lives as long as this.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

impl Platform {
    /// Registers work, before the facts are read on which it stands. It can be stopped by the token too.
    ///
    /// # Clause
    /// U2, U5
    pub(crate) fn enter(&self, work: Work, token: CancelToken) -> Entered {
        let (entered, begin) = self.inner.running.enter(work, token);
        if begin {
            tokio::spawn(watch(Arc::downgrade(&self.inner)));
        }
        entered
    }

    /// Stops work of this process that is chosen.
    pub(crate) fn stop_where(&self, reason: StopReason, chosen: impl Fn(&Work) -> bool) {
        self.inner.running.stop_where(reason, chosen);
    }

    /// Says by what a piece of work is to be stopped, as the rows are now that this reader sees.
    ///
    /// # Errors
    /// [`AppError::Store`] when the rows cannot be read.
    /// # Clause
    /// U2, U4, U5
    pub(crate) async fn stop_of(
        &self,
        read: &Reader,
        one: &UnderWay,
    ) -> Result<Option<StopReason>, AppError> {
        match self.stop_now(read, &one.work).await? {
            Some(reason) => Ok(Some(reason)),
            None => left(read, one).await,
        }
    }

    /// Says what stands against a piece of work, whoever is in its data.
    ///
    /// # Errors
    /// As [`Platform::stop_of`].
    /// # Clause
    /// U2, U5
    pub(crate) async fn stop_now(
        &self,
        read: &Reader,
        work: &Work,
    ) -> Result<Option<StopReason>, AppError> {
        let mut on = StandsOn::default();
        work.stands_on(&mut on);
        let standings = read.standings(&on, self.now()).await?;
        Ok(work.stopped_by(&standings, self.now()))
    }

    /// Compares everything that runs here with the rows, and stops what may not go on.
    ///
    /// # Errors
    /// [`AppError::Store`] when the rows cannot be read; nothing is stopped then, and no receipt can be written either.
    /// # Clause
    /// U2, U4, U5
    pub(crate) async fn compare_running(&self) -> Result<(), AppError> {
        let all = self.inner.running.all();
        if all.is_empty() {
            return Ok(());
        }
        let mut on = StandsOn::default();
        for one in &all {
            one.work.stands_on(&mut on);
        }
        let read = self.store().read();
        let standings = read.standings(&on, self.now()).await?;
        for one in all {
            if let Some(reason) = one.work.stopped_by(&standings, self.now()) {
                one.stop(reason);
            } else if let Some(reason) = left(&read, &one).await? {
                one.stop(reason);
            }
        }
        Ok(())
    }
}

/// Looks for events since the last look that take somebody out whose data the work reads.
async fn left(read: &Reader, one: &UnderWay) -> Result<Option<StopReason>, AppError> {
    let Some(reads) = one.reads.get() else {
        return Ok(None);
    };
    let mut pages = read.subject_exits(one.work.enterprise, one.seen.load(Ordering::Relaxed));
    loop {
        let page = pages.next().await?;
        let Some((last, _)) = page.last() else {
            return Ok(None);
        };
        if page.iter().any(|(_, event)| reads.is_left_by(event)) {
            return Ok(Some(StopReason::ConsentWithdrawn));
        }
        one.seen.store(*last, Ordering::Relaxed);
    }
}

/// Compares what runs with the rows, every second for as long as anything runs.
async fn watch(inner: Weak<Inner>) {
    let mut failing = false;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(inner) = inner.upgrade() else {
            return;
        };
        if inner.running.is_over() {
            return;
        }
        let platform = Platform {
            passkeys: None,
            inner,
        };
        let failed = platform.compare_running().await.is_err();
        if failed && !failing {
            tracing::error!("what runs cannot be compared with the measures that were taken");
        }
        failing = failed;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use yuntu_terms::{Id, SeededEntropy, Timestamp};

    use super::*;

    fn work(seed: u64) -> Work {
        let (at, random) = (Timestamp::from_micros(0), SeededEntropy::new(seed));
        let caller = Caller::of(
            Id::generate(at, &random).unwrap(),
            Id::generate(at, &random).unwrap(),
        );
        Work::of(Task::Import, &caller, [Id::generate(at, &random).unwrap()])
    }

    impl From<Infallible> for AppError {
        fn from(never: Infallible) -> Self {
            match never {}
        }
    }

    #[tokio::test]
    async fn what_is_stopped_between_decision_and_start_never_begins() {
        let running = Running::default();
        let (first, begin) = running.enter(work(1), CancelToken::new());
        let (second, again) = running.enter(work(2), CancelToken::new());
        assert!(begin && !again, "one watches for all");
        let enterprise = first.under_way().work().enterprise;
        let chosen = |work: &Work| work.enterprise == enterprise;
        running.stop_where(StopReason::EnterpriseFrozen, chosen);
        // The first reason counts.
        running.stop_where(StopReason::DatasetFrozen, |_| true);
        let started = AtomicU64::new(0);
        let begins = || async {
            started.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(())
        };
        for (entered, reason) in [
            (&first, StopReason::EnterpriseFrozen),
            (&second, StopReason::DatasetFrozen),
        ] {
            let outcome = entered.cut(begins()).await;
            assert!(matches!(outcome, Err(AppError::Stopped(by)) if by == reason));
        }
        assert_eq!(started.into_inner(), 0);
        drop(first);
        assert!(!running.is_over());
        drop(second);
        assert!(running.is_over());
        let (_third, begin) = running.enter(work(3), CancelToken::new());
        assert!(begin, "nobody watches what is over");
    }
}
