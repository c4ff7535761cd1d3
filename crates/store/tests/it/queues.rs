use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use yuntu_store::{AfterFailure, NewJob, StoreError, Tx};
use yuntu_terms::{Pii, Sink, Warrant};
use yuntu_testkit::TestStore;

use crate::contract;
use crate::steps::{beside, count, entry, refused};

const MINUTE: Duration = Duration::from_mins(1);

contract! {
    a_job_goes_to_one_of_eight_workers,
    a_job_whose_worker_falls_silent_goes_to_another,
    a_job_that_fails_waits_longer_each_time_and_is_dead_in_the_end,
    a_job_that_kills_each_worker_is_dead_in_the_end,
    a_job_whose_server_ended_goes_on_as_if_it_had_not_been_tried,
    a_job_that_is_not_due_waits,
    a_job_of_one_key_exists_once,
    a_job_and_its_effects_end_together,
    a_message_leaves_if_and_only_if_its_transaction_commits,
    a_message_that_can_never_leave_is_dead_at_once_and_says_nothing_any_more,
    a_message_that_nobody_configured_a_way_for_waits_without_counting,
}

fn job(test: &TestStore) -> NewJob {
    NewJob {
        kind: "test.work".to_owned(),
        enterprise: None,
        payload: json!({"part": 1}),
        run_at: test.store.database().now(),
        attempts_max: 2,
        dedupe_key: None,
    }
}

const KINDS: &[&str] = &["test.work"];

async fn a_job_goes_to_one_of_eight_workers(test: &TestStore) {
    let mut queued = BTreeSet::new();
    for _ in 0..4 {
        queued.insert(test.store.schedule_job(&job(test)).await.unwrap());
    }
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let store = test.store.clone();
            tokio::spawn(async move { store.lease_job(KINDS, MINUTE).await.unwrap() })
        })
        .collect();
    let mut leased = Vec::new();
    for worker in workers {
        leased.extend(worker.await.unwrap().map(|job| job.id));
    }
    assert_eq!(leased.len(), 4);
    assert_eq!(leased.into_iter().collect::<BTreeSet<_>>(), queued);
    assert!(
        test.store
            .lease_job(&["other.work"], MINUTE)
            .await
            .unwrap()
            .is_none()
    );
}

async fn a_job_whose_worker_falls_silent_goes_to_another(test: &TestStore) {
    test.store.schedule_job(&job(test)).await.unwrap();
    let first = test.store.lease_job(KINDS, MINUTE).await.unwrap().unwrap();
    test.store.extend_job(&first, MINUTE * 2).await.unwrap();
    test.clock.advance(MINUTE);
    assert!(test.store.lease_job(KINDS, MINUTE).await.unwrap().is_none());
    test.clock.advance(MINUTE);
    let second = test.store.lease_job(KINDS, MINUTE).await.unwrap().unwrap();
    assert_eq!((second.id, second.attempt), (first.id, 2));
    let late = test.store.finish_job(&first).await;
    assert!(matches!(
        refused(late),
        StoreError::Conflict { what: "job" }
    ));
    test.store.finish_job(&second).await.unwrap();
    test.clock.advance(MINUTE * 60);
    assert!(test.store.lease_job(KINDS, MINUTE).await.unwrap().is_none());
}

async fn a_job_that_fails_waits_longer_each_time_and_is_dead_in_the_end(test: &TestStore) {
    test.store
        .schedule_job(&NewJob {
            attempts_max: 3,
            ..job(test)
        })
        .await
        .unwrap();
    for wait in [5, 10] {
        let leased = test.store.lease_job(KINDS, MINUTE).await.unwrap().unwrap();
        let wait = Duration::from_secs(wait);
        let again = test.store.database().now().plus(wait);
        let after = test.store.fail_job(&leased, "unreachable").await.unwrap();
        assert_eq!(after, AfterFailure::Retried(again));
        assert!(test.store.lease_job(KINDS, MINUTE).await.unwrap().is_none());
        test.clock.advance(wait);
    }
    let last = test.store.lease_job(KINDS, MINUTE).await.unwrap().unwrap();
    assert_eq!(
        test.store.fail_job(&last, "unreachable").await.unwrap(),
        AfterFailure::Dead
    );
    test.clock.advance(MINUTE * 600);
    assert!(test.store.lease_job(KINDS, MINUTE).await.unwrap().is_none());
}

async fn a_job_that_kills_each_worker_is_dead_in_the_end(test: &TestStore) {
    test.store.schedule_job(&job(test)).await.unwrap();
    for _ in 0..2 {
        assert!(test.store.lease_job(KINDS, MINUTE).await.unwrap().is_some());
        test.clock.advance(MINUTE);
    }
    assert!(test.store.lease_job(KINDS, MINUTE).await.unwrap().is_none());
    let db = beside(test).await;
    assert_eq!(
        count(&db, "SELECT COUNT(*) FROM job WHERE state = 'dead'").await,
        1
    );
}

async fn a_job_whose_server_ended_goes_on_as_if_it_had_not_been_tried(test: &TestStore) {
    test.store.schedule_job(&job(test)).await.unwrap();
    for _ in 0..20 {
        let leased = test.store.lease_job(KINDS, MINUTE).await.unwrap().unwrap();
        assert_eq!(leased.attempt, 1);
        assert_eq!(test.store.release_jobs(KINDS).await.unwrap(), 1);
    }
}

async fn a_job_that_is_not_due_waits(test: &TestStore) {
    let later = test.store.database().now().plus(MINUTE);
    test.store
        .schedule_job(&NewJob {
            run_at: later,
            ..job(test)
        })
        .await
        .unwrap();
    assert!(test.store.lease_job(KINDS, MINUTE).await.unwrap().is_none());
    test.clock.advance(MINUTE);
    let leased = test.store.lease_job(KINDS, MINUTE).await.unwrap().unwrap();
    assert_eq!(leased.payload, json!({"part": 1}));
}

async fn a_job_of_one_key_exists_once(test: &TestStore) {
    let keyed = NewJob {
        dedupe_key: Some("sweep".to_owned()),
        ..job(test)
    };
    test.store.schedule_job(&keyed).await.unwrap();
    let twice = test.store.schedule_job(&keyed).await;
    assert!(matches!(
        refused(twice),
        StoreError::Conflict { what: "job" }
    ));
}

async fn a_job_and_its_effects_end_together(test: &TestStore) {
    test.store.schedule_job(&job(test)).await.unwrap();
    let leased = test.store.lease_job(KINDS, MINUTE).await.unwrap().unwrap();
    let failed = test
        .store
        .run_tx("test.work", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.finish_job(&leased).await?;
            Err::<(), _>(StoreError::Missing { what: "test" })
        })
        .await;
    assert!(failed.is_err());
    test.store
        .run_tx("test.work", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.finish_job(&leased).await
        })
        .await
        .unwrap();
    let db = beside(test).await;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM ledger_leaf").await, 1);
}

struct Mail;

impl Warrant for Mail {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Mail
    }
}

async fn a_message_leaves_if_and_only_if_its_transaction_commits(test: &TestStore) {
    let sealed = test
        .store
        .seal_message(None, "mail", &Pii::new(b"hello".to_vec()))
        .await
        .unwrap();
    let failed = test
        .store
        .run_tx("test.mail", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.enqueue_message(&sealed).await?;
            Err::<(), _>(StoreError::Missing { what: "test" })
        })
        .await;
    assert!(failed.is_err());
    assert!(
        test.store
            .lease_message(&["mail"], MINUTE)
            .await
            .unwrap()
            .is_none()
    );
    test.store
        .run_tx("test.mail", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.enqueue_message(&sealed).await
        })
        .await
        .unwrap();
    assert!(
        test.store
            .lease_message(&["sms"], MINUTE)
            .await
            .unwrap()
            .is_none()
    );
    let leased = test
        .store
        .lease_message(&["mail"], MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        leased.payload.open(&Mail, Sink::Mail, Vec::clone).unwrap(),
        b"hello"
    );
    assert!(matches!(
        test.store
            .fail_message(&leased, "unreachable")
            .await
            .unwrap(),
        AfterFailure::Retried(_)
    ));
    test.clock.advance(MINUTE);
    let leased = test
        .store
        .lease_message(&["mail"], MINUTE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(leased.attempt, 2);
    test.store.finish_message(&leased).await.unwrap();
    let db = beside(test).await;
    let kept = "SELECT COUNT(*) FROM outbox WHERE payload_sealed IS NOT NULL";
    assert_eq!(count(&db, kept).await, 0);
}

async fn enqueue(test: &TestStore) {
    let sealed = test
        .store
        .seal_message(None, "mail", &Pii::new(b"hello".to_vec()))
        .await
        .unwrap();
    test.store
        .run_tx("test.mail", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.enqueue_message(&sealed).await
        })
        .await
        .unwrap();
}

async fn lease(test: &TestStore) -> Option<yuntu_store::LeasedMessage> {
    test.store.lease_message(&["mail"], MINUTE).await.unwrap()
}

async fn a_message_that_can_never_leave_is_dead_at_once_and_says_nothing_any_more(
    test: &TestStore,
) {
    enqueue(test).await;
    let leased = lease(test).await.unwrap();
    test.store
        .give_up_message(&leased, "no_such_mailbox")
        .await
        .unwrap();
    test.clock.advance(MINUTE * 600);
    assert!(lease(test).await.is_none());
    let db = beside(test).await;
    let dead = "SELECT COUNT(*) FROM outbox WHERE state = 'dead' AND failure = 'no_such_mailbox' \
                AND payload_sealed IS NULL AND finished_at IS NOT NULL AND attempts = 1";
    assert_eq!(count(&db, dead).await, 1);
    let twice = test.store.give_up_message(&leased, "again").await;
    assert!(matches!(
        refused(twice),
        StoreError::Conflict {
            what: "outbox message"
        }
    ));
}

async fn a_message_that_nobody_configured_a_way_for_waits_without_counting(test: &TestStore) {
    enqueue(test).await;
    // Far more often than a message may fail.
    for _ in 0..20 {
        let leased = lease(test).await.unwrap();
        assert_eq!(leased.attempt, 1);
        let due = test
            .store
            .keep_message(&leased, "login_refused", MINUTE)
            .await
            .unwrap();
        assert_eq!(due, test.store.database().now().plus(MINUTE));
        assert!(lease(test).await.is_none());
        test.clock.advance(MINUTE);
    }
    let leased = lease(test).await.unwrap();
    test.clock.advance(MINUTE);
    let other = lease(test).await.unwrap();
    assert_eq!(other.attempt, 2);
    let late = test.store.keep_message(&leased, "late", MINUTE).await;
    assert!(matches!(
        refused(late),
        StoreError::Conflict {
            what: "outbox message"
        }
    ));
    test.store.finish_message(&other).await.unwrap();
}
