//! What runs is stopped by what it stands on: at once in this process, within five seconds from another.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use yuntu_app::engine::Query;
use yuntu_app::lake::{CancelToken, IdentifierKind, ImportOutcome, Source};
use yuntu_app::policy::{MeasureKind, Period, Role, StopReason};
use yuntu_app::store::Contact;
use yuntu_app::{Answer, AppError, Ask, Caller};
use yuntu_terms::{Digest, InstructionId, Lang, Pii, clause};

use crate::measures::{lift, measure, staffed, take};
use crate::world::{MEMBERS, OTHER_PURPOSE, PURPOSE, World, instruct, mapping, open_beside, sql};

crate::on_both!(
    a_frozen_dataset_stops_what_reads_it_and_says_so,
    a_revoked_instruction_stops_what_runs_under_it_and_nothing_else,
    a_removed_member_stops_what_she_asked_for,
    a_withdrawal_stops_what_reads_that_person_for_that_purpose,
    what_another_process_did_stops_work_within_five_seconds,
    an_import_is_stopped_within_five_seconds_and_goes_on_where_it_stood,
);

/// What is promised.
const WITHIN: Duration = Duration::from_secs(5);
const SOON: Duration = Duration::from_millis(500);

pub(crate) type Run = JoinHandle<Result<Answer, AppError>>;

/// A statement that takes hours: every admitted person with every other, many times over.
fn endless() -> Query {
    sql(&endless_over("people"))
}

/// The same over a table of this name.
pub(crate) fn endless_over(table: &str) -> String {
    let mut from = format!("{table} a0");
    let mut sum = String::from("length(a0.age)");
    for n in 1..16 {
        write!(from, " CROSS JOIN {table} a{n}").unwrap();
        write!(sum, " + length(a{n}.age)").unwrap();
    }
    format!("SELECT sum({sum}) AS all_ages FROM {from}")
}

/// Begins a run and waits until it has its permit.
pub(crate) async fn begin(
    world: &World,
    caller: &Caller,
    instruction: InstructionId,
    purpose: &str,
) -> Run {
    begin_on(world, caller, world.ask(instruction, purpose, endless())).await
}

/// Begins a run of hours on the grounds of an ask, and waits until it has its permit.
pub(crate) async fn begin_on(world: &World, caller: &Caller, ask: Ask) -> Run {
    let store = &world.parts.store;
    let before = store.read().leaves_waiting().await.unwrap();
    let ask = Ask {
        query: endless(),
        ..ask
    };
    let (platform, caller) = (world.platform.clone(), caller.clone());
    let run = tokio::spawn(async move { platform.run(&caller, &ask).await });
    while store.read().leaves_waiting().await.unwrap() == before {
        assert!(!run.is_finished(), "{:?}", run.await);
        sleep(Duration::from_millis(5)).await;
    }
    run
}

/// Waits for a run to be stopped; says by what.
pub(crate) async fn stopped(run: Run, within: Duration) -> StopReason {
    let outcome = timeout(within, run).await.expect("it runs on").unwrap();
    match outcome {
        Err(AppError::Stopped(reason)) => reason,
        other => panic!("not stopped: {other:?}"),
    }
}

async fn a_frozen_dataset_stops_what_reads_it_and_says_so(world: World) {
    let _mark = clause::check!(U5);
    let (world, two) = staffed(world).await;
    let instruction = world.complete().await;
    let caller = &world.caller;
    let run = begin(&world, caller, instruction, PURPOSE).await;
    let freeze = take(&world, &two, MeasureKind::FreezeDataset).await;
    assert_eq!(stopped(run, SOON).await, StopReason::DatasetFrozen);
    // Its permit has no receipt but the stop, in the enterprise's log and in the person's own.
    let read = world.parts.store.read();
    let seat = read.find_representative(caller.enterprise, caller.representative);
    let account = seat.await.unwrap().unwrap().account.unwrap();
    let own = world.parts.store.list_own_acts(account, None, 1).await;
    let entry = &own.unwrap()[0].entry;
    assert_eq!(entry.kind.as_str(), "run.stopped");
    assert_eq!(entry.body["stopped"], "dataset_frozen");
    let permit = entry.body["permit"].as_str().unwrap().parse().unwrap();
    let stops = read.stops_of(caller.enterprise, &[permit]).await.unwrap();
    assert_eq!(stops[0].reason, StopReason::DatasetFrozen);
    assert!(
        read.list_receipts_of(caller.enterprise, world.people, 9)
            .await
            .unwrap()
            .is_empty()
    );
    // Nothing is lost: lifted, the same question has its answer.
    lift(&world, &two, freeze).await;
    assert_eq!(world.count(instruction, PURPOSE).await, 5);
}

async fn a_revoked_instruction_stops_what_runs_under_it_and_nothing_else(world: World) {
    let _mark = clause::check!(U2);
    let (revoked, other) = (world.complete().await, world.instruct(0, 30).await);
    let run = begin(&world, &world.caller, revoked, PURPOSE).await;
    let beside = begin(&world, &world.caller, other, PURPOSE).await;
    world
        .platform
        .revoke_instruction(&world.caller, revoked)
        .await
        .unwrap();
    assert_eq!(stopped(run, SOON).await, StopReason::InstructionRevoked);
    // Two looks at the rows later the other one still runs.
    sleep(Duration::from_millis(2_200)).await;
    assert!(!beside.is_finished());
    beside.abort();
}

async fn a_removed_member_stops_what_she_asked_for(world: World) {
    let _mark = clause::check!(R3);
    world.complete().await;
    let now = world.platform.now();
    let period = Period {
        from: now,
        until: now.plus_days(30),
    };
    let contact = Contact {
        name: Pii::new(String::from("Admin")),
        phone: None,
        email: None,
    };
    let letter = (Digest::new([3; 32]), period);
    let platform = &world.platform;
    let admin = platform
        .add_representative(&world.caller, Role::Admin, contact, Lang::En, letter)
        .await
        .unwrap();
    let caller = Caller::of(world.caller.enterprise, admin);
    let instruction = instruct(platform, &caller, world.people, period).await;
    let run = begin(&world, &caller, instruction.unwrap(), PURPOSE).await;
    platform.remove_member(&world.caller, admin).await.unwrap();
    assert_eq!(stopped(run, SOON).await, StopReason::MemberRemoved);
}

async fn a_withdrawal_stops_what_reads_that_person_for_that_purpose(world: World) {
    let _mark = clause::check!(U4);
    let instruction = world.complete().await;
    let (platform, caller) = (&world.platform, &world.caller);
    let run = begin(&world, caller, instruction, PURPOSE).await;
    let other = begin(&world, caller, instruction, OTHER_PURPOSE).await;
    let (kind, member) = (IdentifierKind::MemberId, Pii::new(String::from("m3")));
    let purpose = PURPOSE.parse().unwrap();
    platform
        .withdraw(caller, &kind, &member, &purpose)
        .await
        .unwrap();
    assert_eq!(stopped(run, SOON).await, StopReason::ConsentWithdrawn);
    sleep(Duration::from_millis(2_200)).await;
    assert!(!other.is_finished(), "another purpose is not concerned");
    // From another process it takes a look at the rows.
    let beside = open_beside(&world.parts).await;
    let purpose = OTHER_PURPOSE.parse().unwrap();
    beside
        .withdraw(caller, &kind, &member, &purpose)
        .await
        .unwrap();
    assert_eq!(stopped(other, WITHIN).await, StopReason::ConsentWithdrawn);
    assert_eq!(world.count(instruction, PURPOSE).await, 4);
}

async fn what_another_process_did_stops_work_within_five_seconds(world: World) {
    let _mark = clause::check!(U5);
    let beside = open_beside(&world.parts).await;
    let (world, two) = staffed(world).await;
    let instruction = world.complete().await;
    let caller = &world.caller;
    let run = begin(&world, caller, instruction, PURPOSE).await;
    let freeze = measure(&world, MeasureKind::FreezeDataset);
    let freeze = beside.take_measure(&two.security, freeze).await.unwrap();
    assert_eq!(stopped(run, WITHIN).await, StopReason::DatasetFrozen);
    lift(&world, &two, freeze).await;
    let run = begin(&world, caller, instruction, PURPOSE).await;
    beside
        .revoke_instruction(caller, instruction)
        .await
        .unwrap();
    assert_eq!(stopped(run, WITHIN).await, StopReason::InstructionRevoked);
}

/// How long an import takes over each part, so that it runs for longer than it may after a measure.
const PART: Duration = Duration::from_millis(500);

async fn an_import_is_stopped_within_five_seconds_and_goes_on_where_it_stood(world: World) {
    let _mark = clause::check!(U5);
    let beside = open_beside(&world.parts).await;
    let (world, two) = staffed(world).await;
    let (platform, caller) = (&world.platform, &world.caller);
    let parts = 24_u32;
    let rows = parts * 10_000;
    let mut file = String::from("member_id,age\n");
    for row in 0..rows {
        writeln!(file, "x{row},40").unwrap();
    }
    let path = world.parts.folder().join("many.csv");
    std::fs::write(&path, file).unwrap();
    let (committed, first) = channel();
    let (committed, slow) = (Mutex::new(committed), Mutex::new(channel::<()>()));
    let (importing, who, dataset, from) =
        (platform.clone(), caller.clone(), world.people, path.clone());
    let import = tokio::spawn(async move {
        let pause = move |_progress| {
            committed.lock().unwrap().send(()).ok();
            slow.lock().unwrap().1.recv_timeout(PART).ok();
        };
        let source = Source::open(&from).unwrap();
        let watch: (&(dyn Fn(_) + Send + Sync), _) = (&pause, &CancelToken::new());
        importing
            .import(&who, dataset, &mapping(), source, watch)
            .await
    });
    let told = tokio::task::spawn_blocking(move || first.recv());
    told.await.unwrap().unwrap();
    // From another process, so that it is found in the rows.
    let freeze = measure(&world, MeasureKind::FreezeDataset);
    let freeze = beside.take_measure(&two.security, freeze).await.unwrap();
    sleep(WITHIN).await;
    let live = async || {
        let overview = platform.dataset_overview(caller, world.people).await;
        overview.unwrap().rows - MEMBERS
    };
    let stopped = live().await;
    assert!(0 < stopped && stopped < u64::from(rows), "{stopped}");
    let outcome = timeout(SOON, import).await.expect("it runs on").unwrap();
    assert!(
        matches!(outcome, Err(AppError::Stopped(StopReason::DatasetFrozen))),
        "{outcome:?}"
    );
    sleep(PART * 3).await;
    assert_eq!(live().await, stopped, "rows come in after a measure");
    let again = async || {
        let source = Source::open(&path).unwrap();
        let watch: (&(dyn Fn(_) + Send + Sync), _) = (&|_| {}, &CancelToken::new());
        platform
            .import(caller, world.people, &mapping(), source, watch)
            .await
    };
    let refusal = again().await.unwrap_err();
    assert!(refusal.refusal().is_some(), "{refusal}");
    lift(&world, &two, freeze).await;
    let done = again().await.unwrap().report;
    assert_eq!(done.outcome, ImportOutcome::Resumed);
    // Each row once.
    assert_eq!(done.rows, u64::from(rows));
    assert_eq!(live().await, u64::from(rows));
}
