//! In which order imports run: what is small beside what is large, and enterprises in turns.

use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use tokio::task::JoinHandle;
use yuntu_app::imports::{ImportFrom, Lane, Turn};
use yuntu_app::lake::CancelToken;
use yuntu_app::store::{Import, ImportStatus};
use yuntu_app::{AppError, Caller, Platform};
use yuntu_terms::{DatasetId, ImportId, clause};

use crate::world::{SMALL_BYTES_MAX, TURN, World, enrol, mapping};

crate::on_both!(
    events_are_live_beside_a_long_import,
    large_imports_of_two_enterprises_alternate,
);

/// Rows of a file that takes seconds.
const LONG: u64 = 350_000;
const EVENTS: &str =
    "{\"member_id\":\"e1\",\"age\":\"30\"}\n{\"member_id\":\"e2\",\"age\":\"31\"}\n";

/// An enterprise with a dataset.
struct Party {
    platform: Platform,
    caller: Caller,
    dataset: DatasetId,
}

impl Party {
    fn of(world: &World) -> Self {
        Self {
            platform: world.platform.clone(),
            caller: world.caller.clone(),
            dataset: world.people,
        }
    }

    async fn second(world: &World) -> Self {
        let platform = world.platform.clone();
        let caller = enrol(&platform, "Second").await;
        let mapping = mapping();
        let made = platform.create_dataset(&caller, "people", &mapping);
        let dataset = made.await.unwrap();
        Self {
            platform,
            caller,
            dataset,
        }
    }

    /// Asks for the import of a long file; each number makes another one.
    async fn asks(&self, number: u64) -> ImportId {
        let rows = (0..LONG).map(|row| format!("m{row},{}\n", 10 + (row + number) % 80));
        let text = format!("member_id,age\n{}", rows.collect::<String>());
        assert!(text.len() as u64 > SMALL_BYTES_MAX);
        let content = stream::iter([Ok(Bytes::from(text))]);
        let laid = self.platform.lay_deposit(&self.caller, "a.csv", content);
        let from = ImportFrom::Deposit(laid.await.unwrap().id);
        let begun = self
            .platform
            .begin_import(&self.caller, self.dataset, &from, None);
        begun.await.unwrap()[0]
    }

    async fn sends(&self) -> ImportId {
        let text = Bytes::from_static(EVENTS.as_bytes());
        let sent = self.platform.send_events(&self.caller, self.dataset, text);
        sent.await.unwrap()
    }

    async fn import(&self, id: ImportId) -> Import {
        let shown = self.platform.view_import(&self.caller, self.dataset, id);
        shown.await.unwrap().import
    }

    async fn rows(&self) -> u64 {
        let overview = self.platform.dataset_overview(&self.caller, self.dataset);
        overview.await.unwrap().rows
    }

    /// Begins a turn of the worker and waits until some of the rows of an import are in; it runs on.
    async fn brings_in(&self, id: ImportId, world: &World) -> JoinHandle<Result<Turn, AppError>> {
        let before = self.rows().await;
        let worker = begin(world, Lane::Large);
        // The manifest says it at once, and the page a second later.
        while self.rows().await == before {
            assert!(!worker.is_finished(), "nothing of it came in");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!self.import(id).await.status.is_final());
        worker
    }
}

/// Begins a turn of the worker.
fn begin(world: &World, lane: Lane) -> JoinHandle<Result<Turn, AppError>> {
    let worker = world.platform.clone();
    tokio::spawn(async move { worker.run_next_import(lane, &CancelToken::new()).await })
}

async fn turn(worker: JoinHandle<Result<Turn, AppError>>) {
    assert_eq!(worker.await.unwrap().unwrap(), Turn::Worked);
}

async fn events_are_live_beside_a_long_import(world: World) {
    let _mark = clause::check!(R22);
    let (first, second) = (Party::of(&world), Party::second(&world).await);
    let long = first.asks(0).await;
    let worker = first.brings_in(long, &world).await;
    // Into the very dataset that is being filled, and into another enterprise's.
    for party in [&first, &second] {
        let events = party.sends().await;
        turn(begin(&world, Lane::Small)).await;
        let done = party.import(events).await;
        assert_eq!(
            (done.status, done.progress.rows_loaded),
            (ImportStatus::Done, 2)
        );
        assert!(!worker.is_finished(), "they waited for the long import");
    }
    assert_eq!(second.rows().await, 2);
    turn(worker).await;
    let done = first.import(long).await;
    assert_eq!(
        (done.status, done.progress.rows_loaded),
        (ImportStatus::Done, LONG)
    );
    // The rows with which the world began, the long file and the events, each once.
    let members = crate::world::MEMBERS;
    assert_eq!(first.rows().await, members + LONG + 2);
}

async fn large_imports_of_two_enterprises_alternate(world: World) {
    let _mark = clause::check!(R22);
    let clock = &world.parts.clock;
    let (first, second) = (Party::of(&world), Party::second(&world).await);
    let one = first.asks(1).await;
    clock.advance(Duration::from_secs(1));
    let two = first.asks(2).await;
    clock.advance(Duration::from_secs(1));
    let other = second.asks(3).await;
    let over = TURN + Duration::from_secs(1);
    let worker = first.brings_in(one, &world).await;
    clock.advance(over);
    turn(worker).await;
    let gave_way = first.import(one).await;
    assert_eq!(gave_way.status, ImportStatus::Running);
    let reached = gave_way.progress.rows_loaded;
    assert!(0 < reached && reached < LONG, "{reached}");
    // The other enterprise has its turn, though the first asked for two before it, and gives way in its turn.
    let worker = second.brings_in(other, &world).await;
    assert_eq!(first.import(one).await.progress.rows_loaded, reached);
    clock.advance(over);
    turn(worker).await;
    assert_eq!(second.import(other).await.status, ImportStatus::Running);
    // It goes on with what it had begun, from there.
    turn(begin(&world, Lane::Large)).await;
    let done = first.import(one).await;
    assert_eq!(
        (done.status, done.progress.rows_loaded),
        (ImportStatus::Done, LONG)
    );
    assert_eq!(done.run.unwrap().rows, reached);
    turn(begin(&world, Lane::Large)).await;
    assert_eq!(second.import(other).await.status, ImportStatus::Done);
    // Nobody waits any more, so that it has as long as it takes.
    let worker = first.brings_in(two, &world).await;
    clock.advance(over);
    turn(worker).await;
    assert_eq!(first.import(two).await.status, ImportStatus::Done);
    assert_eq!(second.rows().await, LONG);
    let members = crate::world::MEMBERS;
    assert_eq!(first.rows().await, members + 2 * LONG);
}
