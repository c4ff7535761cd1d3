use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Barrier;
use yuntu_policy::Standing;
use yuntu_store::{Database, DatabaseConfig, NewEnterprise, Store, StoreError, Tx};
use yuntu_terms::{Region, SystemEntropy, clause};
use yuntu_testkit::{Party, TestStore};

use crate::contract;
use crate::steps::{beside, count, entry, log, note, refused, run};

fn enterprise() -> NewEnterprise {
    NewEnterprise {
        name: "样本".to_owned(),
        credit_code: None,
        industry: "retail".to_owned(),
        region: Region::CN,
    }
}

contract! {
    a_rolled_back_transaction_leaves_no_leaf_and_no_row,
    a_change_without_a_ledger_entry_fails_and_leaves_nothing,
    a_handle_that_outlives_its_body_fails_the_transaction,
    the_error_of_the_body_comes_back_as_it_is,
    a_write_outside_a_transaction_is_not_possible,
    who_is_cut_off_at_any_point_leaves_no_transaction_open,
}

async fn a_rolled_back_transaction_leaves_no_leaf_and_no_row(test: &TestStore) {
    let failed = test
        .store
        .run_tx("test.fail", async |tx: Tx| {
            tx.create_enterprise(&enterprise()).await?;
            tx.append(&entry(tx.now(), 1)).await?;
            Err::<(), _>(StoreError::Missing { what: "test" })
        })
        .await;
    assert!(matches!(
        refused(failed),
        StoreError::Missing { what: "test" }
    ));
    let db = beside(test).await;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM ledger_leaf").await, 0);
    assert_eq!(count(&db, "SELECT COUNT(*) FROM enterprise").await, 0);
    assert_eq!(test.store.sequence(&mut log(test)).await.unwrap().size, 0);
}

async fn a_change_without_a_ledger_entry_fails_and_leaves_nothing(test: &TestStore) {
    let silent = test
        .store
        .run_tx("test.silent", async |tx: Tx| {
            tx.create_enterprise(&enterprise()).await
        })
        .await;
    assert!(matches!(
        refused(silent),
        StoreError::Unrecorded {
            name: "test.silent"
        }
    ));
    let db = beside(test).await;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM enterprise").await, 0);
    let _mark = clause::check!(R23);
    test.store
        .run_tx("test.told", async |tx: Tx| {
            let id = tx.create_enterprise(&enterprise()).await?;
            tx.append(&entry(tx.now(), 1)).await?;
            Ok::<_, StoreError>(id)
        })
        .await
        .unwrap();
    assert_eq!(count(&db, "SELECT COUNT(*) FROM enterprise").await, 1);
}

async fn a_handle_that_outlives_its_body_fails_the_transaction(test: &TestStore) {
    let kept = std::sync::Mutex::new(None);
    let outcome = test
        .store
        .run_tx("test.keep", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            *kept.lock().unwrap() = Some(tx.read());
            Ok::<_, StoreError>(())
        })
        .await;
    assert!(matches!(
        refused(outcome),
        StoreError::Escaped { name: "test.keep" }
    ));
    drop(kept);
    // The connection goes back when the handle does, and what it held is gone.
    note(&test.store, 2).await;
    assert_eq!(test.store.sequence(&mut log(test)).await.unwrap().size, 1);
}

#[derive(Debug)]
enum OwnError {
    Mine,
    Store(StoreError),
}

impl From<StoreError> for OwnError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

async fn the_error_of_the_body_comes_back_as_it_is(test: &TestStore) {
    let mine = test
        .store
        .run_tx("test.own", async |_tx: Tx| Err::<(), _>(OwnError::Mine))
        .await;
    assert!(matches!(mine, Err(OwnError::Mine)));
    let theirs = test
        .store
        .run_tx("test.own", async |tx: Tx| {
            tx.create_enterprise(&NewEnterprise {
                name: "a\nb".to_owned(),
                ..enterprise()
            })
            .await?;
            Ok::<_, OwnError>(())
        })
        .await;
    assert!(matches!(
        theirs,
        Err(OwnError::Store(StoreError::Invalid { .. }))
    ));
}

async fn a_write_outside_a_transaction_is_not_possible(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let db = beside(test).await;
    let before = count(&db, "SELECT COUNT(*) FROM ledger_leaf").await;
    let facts = test
        .store
        .facts()
        .enterprise(party.enterprise)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(facts.standing, Some(Standing::Active));
    assert_eq!(count(&db, "SELECT COUNT(*) FROM ledger_leaf").await, before);
}

/// A client that goes away drops what it asked for wherever that stands; here after each number of steps in turn.
async fn who_is_cut_off_at_any_point_leaves_no_transaction_open(test: &TestStore) {
    let mut config = DatabaseConfig::new(test.url());
    config.connections_max = 1;
    let party = Party::enter(&test.store, 1).await.unwrap();
    let store = with(test, &config).await;
    for steps in 0.. {
        let mut cut = Box::pin(note(&store, steps));
        let mut done = false;
        for _ in 0..steps {
            done = poll_fn(|context| Poll::Ready(cut.as_mut().poll(context).is_ready())).await;
            if done {
                break;
            }
            // The answer of the database comes meanwhile.
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        drop(cut);
        // Who reads on the connection would be inside what was left open, and who writes then could not begin.
        let read = store.read();
        assert!(
            read.find_enterprise(party.enterprise)
                .await
                .unwrap()
                .is_some()
        );
        note(&store, steps).await;
        if done {
            assert!(steps > 3, "it was never cut off in the middle");
            return;
        }
    }
}

/// Both read the same row before either writes it: one of them must lose and start over.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_loses_against_another_is_tried_again_on_postgres() {
    let test = TestStore::postgres().await.unwrap();
    let party = Party::enter(&test.store, 1).await.unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let met = Arc::new(Barrier::new(2));
    let mut tasks = Vec::new();
    for number in 0..2_u64 {
        let (store, runs, met) = (test.store.clone(), Arc::clone(&runs), Arc::clone(&met));
        tasks.push(tokio::spawn(async move {
            let runs = &runs;
            let met = &met;
            store
                .run_tx("test.race", |tx: Tx| async move {
                    let seen = tx.read().find_enterprise(party.enterprise).await?;
                    assert!(seen.is_some());
                    if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                        met.wait().await;
                    }
                    let standing = Standing::Frozen;
                    tx.set_enterprise_standing(party.enterprise, standing, Some("race"))
                        .await?;
                    tx.append(&entry(tx.now(), number)).await?;
                    Ok::<_, StoreError>(())
                })
                .await
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    let db = beside(&test).await;
    let noted = "SELECT COUNT(*) FROM ledger_leaf WHERE kind = 'test.noted'";
    assert_eq!(count(&db, noted).await, 2);
}

async fn impatient(test: &TestStore) -> Store {
    let mut config = DatabaseConfig::new(test.url());
    config.busy_timeout = Duration::from_millis(5);
    with(test, &config).await
}

async fn with(test: &TestStore, config: &DatabaseConfig) -> Store {
    let clock = Arc::new(test.clock.clone());
    let database = Database::connect(config, clock, Arc::new(SystemEntropy))
        .await
        .unwrap();
    Store::new(database, Arc::clone(test.store.vault()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_waits_for_another_writer_of_the_file_and_then_goes_on() {
    let test = TestStore::sqlite().await.unwrap();
    let store = impatient(&test).await;
    let db = beside(&test).await;
    run(&db, "BEGIN IMMEDIATE").await;
    let mut writing = tokio::spawn(async move { note(&store, 1).await });
    // The other writer holds the file for longer than one attempt lasts.
    assert!(
        tokio::time::timeout(Duration::from_millis(20), &mut writing)
            .await
            .is_err()
    );
    run(&db, "COMMIT").await;
    writing.await.unwrap();
    assert_eq!(count(&db, "SELECT COUNT(*) FROM ledger_leaf").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_nobody_gives_back_ends_in_a_clear_error() {
    let test = TestStore::sqlite().await.unwrap();
    let store = impatient(&test).await;
    let db = beside(&test).await;
    run(&db, "BEGIN IMMEDIATE").await;
    let lost = store
        .run_tx("test.lost", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await
        })
        .await;
    assert!(matches!(
        refused(lost),
        StoreError::Contended {
            name: "test.lost",
            ..
        }
    ));
    run(&db, "ROLLBACK").await;
    note(&store, 2).await;
}
