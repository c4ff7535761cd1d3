//! Files that come in: laid down, confirmed, imported by a worker, cancelled, refused, forgotten.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use futures::{TryStreamExt, stream};
use yuntu_app::imports::{
    ImportFault, ImportFrom, ImportView, Lane, Lowered, LoweredBecause, NewDelivery, Turn,
};
use yuntu_app::lake::{
    CancelToken, ColumnRole, LakeError, Mapping, PathFault, RowFault, SourceFault,
};
use yuntu_app::measures::CONFIRM_WITHIN;
use yuntu_app::policy::{MeasureKind, Standing};
use yuntu_app::store::{Import, ImportStatus, SourceLabel};
use yuntu_app::{AppError, Caller};
use yuntu_terms::{ColumnClass, DepositId, ImportId, clause};

use crate::measures::{lift, measure, staffed, take};
use crate::world::{FILE_BYTES_MAX, MEMBERS, World, drop_area, enrol, mapping};

crate::on_both!(
    a_file_comes_in_by_a_worker_and_the_same_file_twice_changes_nothing,
    a_server_that_is_gone_leaves_its_import_to_the_next,
    a_cancelled_import_ends_and_a_foreign_enterprise_reaches_none,
    a_file_that_does_not_fit_fails_with_words_and_may_be_corrected,
    a_class_is_raised_freely_and_lowered_with_a_reason_only,
    a_column_that_is_left_out_needs_no_reason,
    a_folder_of_the_drop_area_comes_in_in_the_order_of_its_names,
    rows_by_the_api_come_in_once,
    a_deposit_goes_with_its_import_or_after_seven_days_without_one,
    what_was_replaced_is_destroyed_a_day_later,
    who_may_no_longer_import_is_refused_when_the_worker_comes,
    a_measure_holds_an_import_and_lifting_it_brings_it_in,
    an_import_goes_on_at_once_when_a_freeze_lapses,
    an_import_stands_on_an_instruction_and_ends_with_it,
    who_waits_beside_a_long_import_is_answered_in_time,
    storage_that_fails_is_tried_again_and_a_run_in_vain_is_not_for_ever,
);

fn pieces(text: &str) -> impl futures::Stream<Item = std::io::Result<Bytes>> + use<> {
    let pieces: Vec<_> = text.as_bytes().chunks(1_000).collect();
    stream::iter(
        pieces
            .into_iter()
            .map(|it| Ok(Bytes::copy_from_slice(it)))
            .collect::<Vec<_>>(),
    )
}

async fn lay(world: &World, name: &str, text: &str) -> DepositId {
    let laid = world
        .platform
        .lay_deposit(&world.caller, name, pieces(text));
    laid.await.unwrap().id
}

async fn begin(world: &World, from: ImportFrom) -> Vec<ImportId> {
    let (platform, caller) = (&world.platform, &world.caller);
    let begun = platform
        .begin_import(caller, world.people, &from, None)
        .await;
    begun.unwrap()
}

/// Lays a file down and asks for its import.
async fn ask(world: &World, name: &str, text: &str) -> ImportId {
    let deposit = lay(world, name, text).await;
    let begun = begin(world, ImportFrom::Deposit(deposit)).await;
    assert_eq!(begun.len(), 1);
    begun[0]
}

async fn view(world: &World, id: ImportId) -> ImportView {
    let (platform, caller) = (&world.platform, &world.caller);
    platform
        .view_import(caller, world.people, id)
        .await
        .unwrap()
}

/// Lets the worker work until nothing is due.
async fn work(world: &World) {
    let stop = CancelToken::new();
    for lane in Lane::ALL {
        while world.platform.run_next_import(lane, &stop).await.unwrap() == Turn::Worked {}
    }
}

fn rows(from: u64, count: u64) -> String {
    let rows = (from..from + count).map(|row| format!("n{row},{}\n", row % 90));
    format!("member_id,age\n{}", rows.collect::<String>())
}

fn deposits(world: &World) -> Vec<PathBuf> {
    let folder = world.parts.folder().join("lake");
    let folder = folder
        .join(world.caller.enterprise.to_string())
        .join("deposits");
    let listed = std::fs::read_dir(folder).into_iter().flatten();
    listed.map(|entry| entry.unwrap().path()).collect()
}

async fn a_file_comes_in_by_a_worker_and_the_same_file_twice_changes_nothing(world: World) {
    let _marks = (clause::check!(U3), clause::check!(R22));
    let text = format!("{}n7,,\n", rows(0, 500));
    let id = ask(&world, "C:\\shop\\三月会员.csv", &text).await;
    let waiting = view(&world, id).await;
    assert_eq!(waiting.import.status, ImportStatus::Queued);
    assert_eq!(
        waiting.source,
        Some(SourceLabel::Upload("三月会员.csv".to_owned()))
    );
    work(&world).await;
    let done = view(&world, id).await;
    assert_eq!(
        done.import.status,
        ImportStatus::Done,
        "{:?}",
        done.import.failure
    );
    let progress = &done.import.progress;
    assert_eq!((progress.rows_loaded, progress.rows_quarantined), (500, 1));
    assert_eq!(progress.bytes_done, text.len() as u64);
    assert_eq!((done.import.same_as, done.resumed), (None, false));
    assert_eq!(deposits(&world), Vec::<PathBuf>::new());

    let (platform, caller) = (&world.platform, &world.caller);
    let found = platform
        .quarantine_of_import(caller, world.people, id)
        .await
        .unwrap();
    let found: Vec<_> = found.batches.try_concat().await.unwrap();
    assert_eq!(
        (found.len(), found[0].line, found[0].reason),
        (1, 502, RowFault::FieldCount)
    );

    let again = ask(&world, "again.csv", &text).await;
    work(&world).await;
    let again = view(&world, again).await;
    assert_eq!(again.import.status, ImportStatus::Done);
    assert_eq!(again.import.same_as, Some(id));
    let next = lay(&world, "april.csv", &rows(500, 20)).await;
    begin(&world, ImportFrom::Deposit(next)).await;
    work(&world).await;
    let overview = platform.list_imports(caller, world.people).await.unwrap();
    // The file with which the world began is one of them.
    assert_eq!(overview.len(), 4);
    world.complete().await;
    let all = world.instruct(0, 30).await;
    let size = world.done(all, crate::world::PURPOSE).await;
    let uploaded = size.audience_size().unwrap().funnels["people"].uploaded;
    assert_eq!(uploaded, MEMBERS + 520);
}

async fn a_server_that_is_gone_leaves_its_import_to_the_next(world: World) {
    let id = ask(&world, "a.csv", &rows(0, 5_000)).await;
    let platform = world.platform.clone();
    for cut in 0..6 {
        let worker = platform.clone();
        let task = tokio::spawn(async move {
            worker
                .run_next_import(Lane::Small, &CancelToken::new())
                .await
        });
        let moment = Duration::from_millis(4 * cut);
        // Not a wait for something to be so: the moment of the cut is what is tried.
        drop(tokio::time::timeout(moment, std::future::pending::<()>()).await);
        task.abort();
        drop(task.await);
        platform.take_up_imports(Lane::Small).await.unwrap();
    }
    work(&world).await;
    let done = view(&world, id).await;
    assert_eq!(
        done.import.status,
        ImportStatus::Done,
        "{:?}",
        done.import.failure
    );
    assert_eq!(done.import.progress.rows_loaded, 5_000);
    let stop = CancelToken::new();
    stop.cancel();
    let turn = world.platform.run_next_import(Lane::Small, &stop).await;
    let turn = turn.unwrap();
    assert_eq!(turn, Turn::Stopped);
}

async fn a_cancelled_import_ends_and_a_foreign_enterprise_reaches_none(world: World) {
    let _mark = clause::check!(U2);
    let (platform, caller, people) = (&world.platform, &world.caller, world.people);
    let id = ask(&world, "a.csv", &rows(0, 50)).await;
    assert_hidden(&world, id).await;
    let status = platform.cancel_import(caller, people, id).await.unwrap();
    assert_eq!(status, ImportStatus::Cancelled);
    work(&world).await;
    let ended = view(&world, id).await;
    assert_eq!(ended.import.status, ImportStatus::Cancelled);
    assert_eq!(ended.import.progress.rows_loaded, 0);
    let late = platform.cancel_import(caller, people, id).await;
    assert!(matches!(
        late,
        Err(AppError::Invalid { what: "import", .. })
    ));

    // One that runs is asked, and ends when its worker looks.
    let id = ask(&world, "b.csv", &rows(0, 60)).await;
    let store = &world.parts.store;
    let found = store
        .read()
        .find_import(caller.enterprise, id)
        .await
        .unwrap();
    let progress = found.unwrap().progress;
    let known = yuntu_terms::Digest::new([5; 32]);
    store
        .begin_import_run(caller.enterprise, id, known, &progress)
        .await
        .unwrap();
    let status = platform.cancel_import(caller, people, id).await.unwrap();
    assert_eq!(status, ImportStatus::Running);
    work(&world).await;
    assert_eq!(
        view(&world, id).await.import.status,
        ImportStatus::Cancelled
    );
}

/// Nothing that another enterprise asks of the import or its file is answered.
async fn assert_hidden(world: &World, id: ImportId) {
    let (platform, people) = (&world.platform, world.people);
    let deposit = view(world, id).await.import.deposit.unwrap();
    let foreign = enrol(platform, "Second").await;
    let missing = |error: AppError| assert!(matches!(error, AppError::Missing { .. }), "{error:?}");
    missing(
        platform
            .view_import(&foreign, people, id)
            .await
            .unwrap_err(),
    );
    missing(platform.list_imports(&foreign, people).await.unwrap_err());
    missing(
        platform
            .cancel_import(&foreign, people, id)
            .await
            .unwrap_err(),
    );
    missing(
        platform
            .quarantine_of_import(&foreign, people, id)
            .await
            .unwrap_err(),
    );
    missing(
        platform
            .propose_mapping(&foreign, &ImportFrom::Deposit(deposit))
            .await
            .unwrap_err(),
    );
    let theirs = ImportFrom::Deposit(deposit);
    missing(
        platform
            .begin_import(&foreign, people, &theirs, None)
            .await
            .unwrap_err(),
    );
}

async fn a_file_that_does_not_fit_fails_with_words_and_may_be_corrected(world: World) {
    let (platform, caller) = (&world.platform, &world.caller);
    for (text, code) in [
        ("member_id,years\nm1,3\n", "source.unknown_column:2"),
        ("member_id\nm1\n", "source.missing_column:age"),
        ("a,b\nm1,3\n", "source.no_header"),
        ("%PDF-1.7 xx\n", "source.other_file:document:delimited text"),
    ] {
        let id = ask(&world, "bad.csv", text).await;
        work(&world).await;
        let failed = view(&world, id).await.import;
        assert_eq!(failed.status, ImportStatus::Failed);
        assert_eq!(failed.failure.as_deref(), Some(code));
        let words = ImportFault::text(code);
        assert!(
            words.en.starts_with("the file cannot be imported"),
            "{}",
            words.en
        );
    }
    let empty = platform.lay_deposit(caller, "a.csv", pieces("")).await;
    assert!(matches!(
        empty,
        Err(AppError::Lake(LakeError::Source(SourceFault::Empty)))
    ));
    let large = "x".repeat(usize::try_from(FILE_BYTES_MAX).unwrap() + 1);
    let large = platform.lay_deposit(caller, "a.csv", pieces(&large)).await;
    assert!(matches!(
        large,
        Err(AppError::Lake(LakeError::Source(SourceFault::TooLarge(
            FILE_BYTES_MAX
        ))))
    ));
    assert_eq!(deposits(&world), Vec::<PathBuf>::new());
    let other = Mapping {
        columns: mapping().columns.into_iter().take(1).collect(),
        ..mapping()
    };
    let deposit = lay(&world, "a.csv", &rows(0, 5)).await;
    let from = ImportFrom::Deposit(deposit);
    let refused = platform
        .begin_import(caller, world.people, &from, Some(&other))
        .await;
    assert!(matches!(
        refused,
        Err(AppError::Invalid {
            what: "mapping",
            ..
        })
    ));
    begin(&world, from).await;
    work(&world).await;
    assert_eq!(deposits(&world), Vec::<PathBuf>::new());
}

async fn a_class_is_raised_freely_and_lowered_with_a_reason_only(world: World) {
    let _mark = clause::check!(R8);
    let (platform, caller) = (&world.platform, &world.caller);
    let text = phones();
    let deposit = lay(&world, "new.csv", &text).await;
    let (name, proposal) = platform
        .propose_mapping(caller, &ImportFrom::Deposit(deposit))
        .await
        .unwrap();
    assert_eq!(name, "new.csv");
    let classes: Vec<_> = proposal.mapping.columns.iter().map(|it| it.class).collect();
    let (identifier, sensitive) = (ColumnClass::Identifier, ColumnClass::Sensitive);
    assert_eq!(classes, [identifier, sensitive, ColumnClass::Personal]);
    assert!(proposal.samples.iter().all(|samples| !samples.is_empty()));
    let shown = proposal.samples.concat().concat();
    assert!((0..60).all(|row| !shown.contains(&phone(row))), "{shown}");

    let mut mapping = proposal.mapping.clone();
    mapping.columns[1].class = ColumnClass::Personal;
    mapping.columns[2].class = ColumnClass::Sensitive;
    let delivery = |name: &str, lowered| NewDelivery {
        from: ImportFrom::Deposit(deposit),
        name: name.to_owned(),
        mapping: mapping.clone(),
        lowered,
    };
    let silent = platform
        .create_from(caller, &delivery("new", Vec::new()))
        .await;
    assert!(matches!(
        silent,
        Err(AppError::Invalid {
            what: "mapping",
            ..
        })
    ));
    let reason = Lowered {
        column: "健康状况".to_owned(),
        because: LoweredBecause::OtherContent,
    };
    let made = platform
        .create_from(caller, &delivery("new", vec![reason]))
        .await;
    let (dataset, import) = made.unwrap();
    work(&world).await;
    let done = platform.view_import(caller, dataset, import).await.unwrap();
    assert_eq!(
        done.import.status,
        ImportStatus::Done,
        "{:?}",
        done.import.failure
    );
    assert_eq!(done.import.progress.rows_loaded, 60);
    let found = platform.view_dataset(caller, dataset).await.unwrap();
    assert_eq!(found.standing, Standing::Pending);
    let classes: Vec<_> = found.columns.iter().map(|it| it.class).collect();
    assert_eq!(classes, [ColumnClass::Personal, ColumnClass::Sensitive]);
    assert!(
        own_log(&world)
            .await
            .contains("\"because\":\"other_content\"")
    );
}

async fn a_column_that_is_left_out_needs_no_reason(world: World) {
    let (platform, caller) = (&world.platform, &world.caller);
    let deposit = lay(&world, "new.csv", &phones()).await;
    let (_, proposal) = platform
        .propose_mapping(caller, &ImportFrom::Deposit(deposit))
        .await
        .unwrap();
    let mut mapping = proposal.mapping;
    mapping.columns[1].role = ColumnRole::Ignored;
    mapping.columns[1].class = ColumnClass::NonPersonal;
    let left_out = NewDelivery {
        from: ImportFrom::Deposit(deposit),
        name: "other".to_owned(),
        mapping,
        lowered: Vec::new(),
    };
    platform.create_from(caller, &left_out).await.unwrap();
}

fn phone(row: u64) -> String {
    format!("139{:08}", 12_345_678 + row)
}

fn phones() -> String {
    let row = |row: u64| format!("{},{},{}\n", phone(row), row % 3, row * 7);
    let rows: Vec<_> = (0..60).map(row).collect();
    format!("mobile,健康状况,score\n{}", rows.concat())
}

/// Returns what the caller's own log says last, as JSON.
async fn own_log(world: &World) -> String {
    let (store, caller) = (&world.parts.store, &world.caller);
    let seat = store
        .read()
        .find_representative(caller.enterprise, caller.representative)
        .await;
    let account = seat.unwrap().unwrap().account.unwrap();
    let acts = store.list_own_acts(account, None, 20).await.unwrap();
    acts.iter().map(|act| act.entry.body.to_string()).collect()
}

async fn a_folder_of_the_drop_area_comes_in_in_the_order_of_its_names(world: World) {
    let (platform, caller) = (&world.platform, &world.caller);
    let folder = drop_area(&world.parts)
        .join(caller.enterprise.to_string())
        .join("april");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, from) in [("02.csv", 100), ("01.csv", 200), ("10.csv", 300)] {
        std::fs::write(folder.join(name), rows(from, 30)).unwrap();
    }
    let ids = begin(&world, ImportFrom::Path("april/".to_owned())).await;
    assert_eq!(ids.len(), 3);
    work(&world).await;
    let mut ended = Vec::new();
    for id in ids {
        let done = view(&world, id).await;
        assert_eq!(
            done.import.status,
            ImportStatus::Done,
            "{:?}",
            done.import.failure
        );
        assert_eq!(done.import.progress.rows_loaded, 30);
        let Some(SourceLabel::Path(path)) = done.source else {
            panic!("no path")
        };
        ended.push(path);
    }
    assert_eq!(ended, ["april/01.csv", "april/02.csv", "april/10.csv"]);
    let from = |path: &str| ImportFrom::Path(path.to_owned());
    for (path, fault) in [
        ("../april", PathFault::Outside),
        ("may", PathFault::Nothing),
    ] {
        let refused = platform
            .begin_import(caller, world.people, &from(path), None)
            .await;
        assert!(
            matches!(&refused, Err(AppError::Lake(LakeError::Source(SourceFault::Path(found)))) if *found == fault),
            "{refused:?}"
        );
    }
    // A file that is exchanged between two runs is another file: nothing of the second comes in behind the first.
    let [id] = begin(&world, from("april/01.csv")).await[..] else {
        panic!("one import")
    };
    let store = &world.parts.store;
    let progress = view(&world, id).await.import.progress;
    let known = yuntu_terms::Digest::new([5; 32]);
    store
        .begin_import_run(caller.enterprise, id, known, &progress)
        .await
        .unwrap();
    work(&world).await;
    let failed = view(&world, id).await.import;
    assert_eq!(failed.failure.as_deref(), Some("source.changed"));
    // One that is gone is told so.
    let [id] = begin(&world, from("april/10.csv")).await[..] else {
        panic!("one import")
    };
    std::fs::remove_file(folder.join("10.csv")).unwrap();
    work(&world).await;
    let failed = view(&world, id).await.import;
    assert_eq!(failed.failure.as_deref(), Some("source.path:nothing"));
}

async fn rows_by_the_api_come_in_once(world: World) {
    let (platform, caller) = (&world.platform, &world.caller);
    let send = async |text: &'static str| {
        platform
            .send_events(caller, world.people, Bytes::from_static(text.as_bytes()))
            .await
    };
    let array = "[{\"member_id\":\"e1\",\"age\":\"30\"},{\"member_id\":\"e2\",\"age\":\"31\"}]";
    let lines = "{\"member_id\":\"e1\",\"age\":\"30\"}\n{\"member_id\":\"e2\",\"age\":\"31\"}\n";
    let first = send(array).await.unwrap();
    work(&world).await;
    let second = send(lines).await.unwrap();
    let third =
        send("{\"member_id\":\"e3\",\"age\":\"1\"}\n{\"member_id\":\"e4\",\"agee\":\"1\"}").await;
    work(&world).await;
    let [first, second, third] = [
        view(&world, first).await,
        view(&world, second).await,
        view(&world, third.unwrap()).await,
    ];
    assert_eq!(first.source, Some(SourceLabel::Events));
    assert_eq!(
        (first.import.progress.rows_loaded, first.import.same_as),
        (2, None)
    );
    assert_eq!(second.import.same_as, Some(first.import.id));
    let progress = third.import.progress;
    assert_eq!((progress.rows_loaded, progress.rows_quarantined), (1, 1));
    for bad in ["", "[]", "age,1", "[1", "\"x\""] {
        let refused = send(bad).await;
        assert!(
            matches!(refused, Err(AppError::Invalid { what: "events", .. })),
            "{bad}"
        );
    }
}

async fn a_deposit_goes_with_its_import_or_after_seven_days_without_one(world: World) {
    let _mark = clause::check!(R14);
    let clock = &world.parts.clock;
    let kept = lay(&world, "kept.csv", &rows(0, 5)).await;
    world.platform.sweep_deposits().await.unwrap();
    assert_eq!(deposits(&world).len(), 1);
    clock.advance(Duration::from_hours(7 * 24 - 1));
    assert_eq!(world.platform.sweep_deposits().await.unwrap(), 0);
    clock.advance(Duration::from_hours(2));
    assert_eq!(world.platform.sweep_deposits().await.unwrap(), 1);
    assert_eq!(deposits(&world), Vec::<PathBuf>::new());
    let gone = ImportFrom::Deposit(kept);
    let begun = world
        .platform
        .begin_import(&world.caller, world.people, &gone, None);
    assert!(matches!(
        begun.await,
        Err(AppError::Missing { what: "deposit" })
    ));
    // One for which an import waits stays until that has ended, and one that is lost all the same is told so.
    let late = ask(&world, "late.csv", &rows(0, 5)).await;
    clock.advance(Duration::from_hours(9 * 24));
    assert_eq!(world.platform.sweep_deposits().await.unwrap(), 0);
    assert_eq!(world.platform.sweep_lost_deposits().await.unwrap(), 0);
    std::fs::remove_dir_all(&deposits(&world)[0]).unwrap();
    work(&world).await;
    let failed = view(&world, late).await.import;
    assert_eq!(failed.failure.as_deref(), Some("source.gone"));
    // What no row knows of goes by its age.
    lay(&world, "lost.csv", &rows(0, 5)).await;
    assert_eq!(world.platform.sweep_lost_deposits().await.unwrap(), 0);
    clock.advance(Duration::from_hours(9 * 24));
    assert_eq!(world.platform.sweep_lost_deposits().await.unwrap(), 1);
    assert_eq!(deposits(&world), Vec::<PathBuf>::new());
}

/// Small files make small parts, which are merged when they are many.
async fn what_was_replaced_is_destroyed_a_day_later(world: World) {
    let _mark = clause::check!(R14);
    for file in 0..10 {
        let id = ask(&world, "a.csv", &rows(file * 5, 5)).await;
        work(&world).await;
        assert_eq!(view(&world, id).await.import.status, ImportStatus::Done);
    }
    let folder = format!(
        "lake/{}/datasets/{}/parts",
        world.caller.enterprise, world.people
    );
    let folder = world.parts.folder().join(folder);
    let files = || std::fs::read_dir(&folder).unwrap().count();
    let there = files();
    assert!(there > 10, "{there} files");
    let swept = world.platform.sweep_lake().await.unwrap();
    assert_eq!((swept.retired, files()), (0, there));
    world.parts.clock.advance(Duration::from_hours(25));
    let swept = world.platform.sweep_lake().await.unwrap();
    assert!(swept.retired > 8, "{swept:?}");
    assert_eq!(swept.orphans, 0);
    let overview = world
        .platform
        .dataset_overview(&world.caller, world.people)
        .await
        .unwrap();
    assert_eq!(overview.rows, MEMBERS + 50);
    assert_eq!(files() as u64, there as u64 - swept.retired);
}

async fn who_may_no_longer_import_is_refused_when_the_worker_comes(world: World) {
    let id = ask(&world, "a.csv", &rows(0, 5)).await;
    let now = world.platform.now();
    world.parts.clock.set(now.plus_days(400));
    let fresh = Caller::of(world.caller.enterprise, world.caller.representative);
    assert!(
        world
            .platform
            .list_imports(&fresh, world.people)
            .await
            .is_err()
    );
    world.platform.take_up_imports(Lane::Small).await.unwrap();
    work(&world).await;
    world.parts.clock.set(now);
    let failed = view(&world, id).await.import;
    assert_eq!(failed.failure.as_deref(), Some("refused"));
}

/// Finds an import, whatever keeps its enterprise from looking.
async fn row(world: &World, id: ImportId) -> Import {
    let read = world.parts.store.read();
    let found = read.find_import(world.caller.enterprise, id).await;
    found.unwrap().unwrap()
}

async fn a_measure_holds_an_import_and_lifting_it_brings_it_in(world: World) {
    let _mark = clause::check!(U5);
    let (world, two) = staffed(world).await;
    let (platform, clock) = (&world.platform, &world.parts.clock);
    let kinds = [
        MeasureKind::FreezeDataset,
        MeasureKind::FreezeEnterprise,
        MeasureKind::LimitFeatures,
        MeasureKind::CloseEnterprise,
    ];
    for (first, kind) in (0..).step_by(100).zip(kinds) {
        let id = ask(&world, "a.csv", &rows(first, 50)).await;
        let measure = take(&world, &two, kind).await;
        // Looked at again and again for longer than any file is kept, it is neither begun nor given up.
        for _ in 0..5 {
            clock.advance(Duration::from_hours(54));
            work(&world).await;
            platform.sweep_deposits().await.unwrap();
            platform.sweep_lost_deposits().await.unwrap();
        }
        let held = row(&world, id).await;
        assert_eq!(
            (held.status, held.progress.rows_loaded, held.failure),
            (ImportStatus::Queued, 0, None),
            "{kind}"
        );
        assert_eq!(deposits(&world).len(), 1, "{kind}");
        // That it waits is no refusal, and nothing that whoever asked for it did.
        assert!(!own_log(&world).await.contains("\"missing\""), "{kind}");
        lift(&world, &two, measure).await;
        work(&world).await;
        let done = row(&world, id).await;
        assert_eq!(
            (done.status, done.progress.rows_loaded),
            (ImportStatus::Done, 50),
            "{kind}: {:?}",
            done.failure
        );
        assert_eq!(deposits(&world), Vec::<PathBuf>::new());
    }
    // What the asker may no longer do for another reason is refused when the measure is lifted.
    let id = ask(&world, "a.csv", &rows(900, 50)).await;
    let measure = take(&world, &two, MeasureKind::FreezeDataset).await;
    clock.advance(Duration::from_hours(24 * 400));
    work(&world).await;
    assert_eq!(row(&world, id).await.status, ImportStatus::Queued);
    lift(&world, &two, measure).await;
    work(&world).await;
    let failure = row(&world, id).await.failure;
    assert_eq!(failure.as_deref(), Some("refused"));
}

async fn an_import_stands_on_an_instruction_and_ends_with_it(world: World) {
    let _mark = clause::check!(U2);
    let (platform, caller) = (&world.platform, &world.caller);
    let (one, two) = (
        ask(&world, "a.csv", &rows(0, 50)).await,
        ask(&world, "b.csv", &rows(50, 50)).await,
    );
    let instruction = row(&world, one).await.instruction.unwrap();
    assert_eq!(row(&world, two).await.instruction, Some(instruction));
    let given = platform
        .view_instruction(caller, instruction)
        .await
        .unwrap();
    let facts = &given.facts;
    assert!(given.is_to_import());
    assert_eq!(
        (facts.by, facts.datasets.as_slice()),
        (caller.representative, [world.people].as_slice())
    );
    let under = async || {
        let found = platform.instruction_imports(caller, instruction).await;
        let found = found.unwrap().into_iter();
        found.map(|it| it.id).collect::<BTreeSet<_>>()
    };
    // The file with which the world began is the third.
    assert!(under().await.is_superset(&BTreeSet::from([one, two])));
    assert_eq!(under().await.len(), 3);
    // Nothing else can be done on it.
    world.complete().await;
    let use_it = world.ask(instruction, crate::world::PURPOSE, crate::world::everyone());
    assert_eq!(world.refused(&use_it).await, ["instruction_purpose"]);
    platform
        .revoke_instruction(caller, instruction)
        .await
        .unwrap();
    work(&world).await;
    for id in [one, two] {
        let ended = row(&world, id).await;
        assert_eq!(
            (ended.status, ended.failure.as_deref()),
            (ImportStatus::Failed, Some("instruction_revoked"))
        );
        assert_eq!(ended.progress.rows_loaded, 0);
    }
    // Who asks again gives another one.
    let again = ask(&world, "a.csv", &rows(0, 50)).await;
    work(&world).await;
    let again = row(&world, again).await;
    assert_eq!(again.status, ImportStatus::Done, "{:?}", again.failure);
    assert_ne!(again.instruction, Some(instruction));
    assert_eq!(under().await.len(), 3);
    let foreign = enrol(platform, "Second").await;
    let hidden = platform.instruction_imports(&foreign, instruction).await;
    assert!(matches!(hidden, Err(AppError::Missing { .. })));
}

async fn an_import_goes_on_at_once_when_a_freeze_lapses(world: World) {
    let _mark = clause::check!(U5);
    let (world, two) = staffed(world).await;
    let (platform, clock) = (&world.platform, &world.parts.clock);
    let id = ask(&world, "a.csv", &rows(0, 50)).await;
    let freeze = measure(&world, MeasureKind::FreezeDataset);
    platform.take_measure(&two.security, freeze).await.unwrap();
    clock.advance(Duration::from_secs(CONFIRM_WITHIN.as_secs() - 1));
    work(&world).await;
    assert_eq!(row(&world, id).await.status, ImportStatus::Queued);
    clock.advance(Duration::from_secs(1));
    platform.sweep_measures().await.unwrap();
    work(&world).await;
    assert_eq!(row(&world, id).await.status, ImportStatus::Done);
}

async fn storage_that_fails_is_tried_again_and_a_run_in_vain_is_not_for_ever(world: World) {
    let id = ask(&world, "a.csv", &rows(0, 5)).await;
    let manifest = world.parts.folder().join("lake");
    let manifest = manifest
        .join(world.caller.enterprise.to_string())
        .join("identity");
    let aside = manifest.with_extension("aside");
    std::fs::rename(&manifest, &aside).unwrap();
    std::fs::write(&manifest, "in the way").unwrap();
    for _ in 0..3 {
        work(&world).await;
        let import = view(&world, id).await.import;
        assert_eq!(import.status, ImportStatus::Running, "{:?}", import.failure);
        world.parts.clock.advance(Duration::from_hours(2));
    }
    assert_eq!(view(&world, id).await.import.runs_in_vain, 2);
    std::fs::remove_file(&manifest).unwrap();
    std::fs::rename(&aside, &manifest).unwrap();
    let store = &world.parts.store;
    let import = view(&world, id).await.import;
    for _ in 0..48 {
        let (known, progress) = (import.source.unwrap(), &import.progress);
        store
            .begin_import_run(import.enterprise, id, known, progress)
            .await
            .unwrap();
    }
    work(&world).await;
    let failed = view(&world, id).await.import;
    assert_eq!(failed.failure.as_deref(), Some("stuck"));
}

async fn who_waits_beside_a_long_import_is_answered_in_time(world: World) {
    let _mark = clause::check!(R22);
    let long = lay(&world, "long.csv", &rows(20_000, 250_000)).await;
    let long = begin(&world, ImportFrom::Deposit(long)).await;
    let worker = world.platform.clone();
    let worker = tokio::spawn(async move {
        worker
            .run_next_import(Lane::Large, &CancelToken::new())
            .await
    });
    let status = async |id: ImportId| view(&world, id).await.import.status;
    while status(long[0]).await == ImportStatus::Queued {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let short = lay(&world, "short.csv", &rows(0, 10_000)).await;
    let (from, mapping) = (ImportFrom::Deposit(short), mapping());
    let wait = Duration::from_millis(20);
    let how = (Some(&mapping), wait);
    let platform = &world.platform;
    let shown = platform.import_now(&world.caller, world.people, &from, how);
    let shown = shown.await.unwrap();
    assert_eq!(shown.import.status, ImportStatus::Queued);
    assert_eq!(status(long[0]).await, ImportStatus::Running);
    assert_eq!(worker.await.unwrap().unwrap(), Turn::Worked);
    let next = platform
        .run_next_import(Lane::Large, &CancelToken::new())
        .await;
    assert_eq!(next.unwrap(), Turn::Worked);
    assert_eq!(status(shown.import.id).await, ImportStatus::Done);
}
