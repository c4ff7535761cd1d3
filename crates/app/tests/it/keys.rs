//! Keys that are renewed by time, and the report of an audit over what was done.

use yuntu_app::AppError;
use yuntu_terms::clause;

use crate::world::{PURPOSE, World};

crate::on_both!(
    keys_are_renewed_when_they_are_due_and_everything_goes_on,
    an_audit_counts_what_was_done_and_stops_at_a_ledger_that_was_changed,
);

async fn keys_are_renewed_when_they_are_due_and_everything_goes_on(world: World) {
    let _mark = clause::check!(R22);
    let instruction = world.complete().await;
    let before = world.done(instruction, PURPOSE).await;
    let platform = &world.platform;
    assert!(platform.renew_keys_when_due().await.unwrap());
    assert!(!platform.renew_keys_when_due().await.unwrap());
    let after = world.done(instruction, PURPOSE).await;
    let rows = |done: &yuntu_app::Done| done.outcome.receipt.rows_out;
    assert_eq!(rows(&before), rows(&after));
    world
        .parts
        .clock
        .advance(std::time::Duration::from_hours(24 * 90));
    assert!(platform.renew_keys_when_due().await.unwrap());
    assert!(!platform.renew_keys_when_due().await.unwrap());
}

async fn an_audit_counts_what_was_done_and_stops_at_a_ledger_that_was_changed(world: World) {
    let _mark = clause::check!(R23);
    let platform = &world.platform;
    let begin = platform.now();
    let instruction = world.complete().await;
    for _ in 0..3 {
        world.done(instruction, PURPOSE).await;
    }
    world.parts.clock.advance(std::time::Duration::from_secs(1));
    let end = platform.now();
    let audit = platform.audit(begin, end).await.unwrap();
    let count = |kind: &str| {
        let found = audit.acts.iter().find(|act| act.kind == kind);
        found.map_or(0, |act| act.count)
    };
    assert_eq!(count("receipt.recorded"), 3, "{audit:?}");
    // One to import, and the one that the runs cite.
    assert_eq!(count("instruction.recorded"), 2, "{audit:?}");
    assert!(audit.entries >= audit.acts.iter().map(|act| act.count).sum());
    for act in &audit.acts {
        assert!(begin <= act.first && act.first <= act.last && act.last < end);
    }
    let later = platform.audit(end, end.plus_days(1)).await.unwrap();
    assert!(later.acts.is_empty());
    assert_eq!((later.entries, later.root), (audit.entries, audit.root));
    let folder = world.parts.folder().join("ledger");
    let file = std::fs::read_dir(folder.join("tile/entries"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let path = std::fs::read_dir(file.path()).map_or(file.path(), |mut inner| {
        inner.next().unwrap().unwrap().path()
    });
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[9] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let changed = platform.audit(begin, end).await.unwrap_err();
    assert!(matches!(changed, AppError::Flaw(_)), "{changed}");
}
