use std::collections::BTreeSet;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, Statement};
use yuntu_ledger::verify_dir;
use yuntu_store::{StoreError, Tx};
use yuntu_testkit::TestStore;

use crate::contract;
use crate::steps::{beside, count, entry, log, note, refused, run};

contract! {
    an_appended_leaf_is_in_the_ledger_after_sequencing,
    indices_have_no_gaps_under_eight_writers_and_rollbacks,
    what_was_numbered_and_not_written_is_written_by_the_next_call,
    a_database_behind_its_ledger_is_refused,
    two_sequencers_give_each_leaf_one_index,
}

async fn an_appended_leaf_is_in_the_ledger_after_sequencing(test: &TestStore) {
    let leaf = note(&test.store, 1).await;
    let reader = test.store.read();
    assert_eq!(reader.leaf_index(leaf).await.unwrap(), None);
    assert_eq!(reader.leaves_waiting().await.unwrap(), 1);
    let mut log = log(test);
    let done = test.store.sequence(&mut log).await.unwrap();
    assert_eq!((done.numbered, done.size), (1, 1));
    let index = reader.leaf_index(leaf).await.unwrap().unwrap();
    assert_eq!(
        log.reader().leaf(index).unwrap().entry().unwrap(),
        entry(test.store.database().now(), 1)
    );
    log.prove(index).unwrap();
    assert_eq!(test.store.sequence(&mut log).await.unwrap().numbered, 0);
}

async fn indices_have_no_gaps_under_eight_writers_and_rollbacks(test: &TestStore) {
    let store = Arc::new(test.store.clone());
    let mut writers = Vec::new();
    for writer in 0..8_u64 {
        let store = Arc::clone(&store);
        writers.push(tokio::spawn(async move {
            let mut leaves = Vec::new();
            for number in 0..12_u64 {
                let number = writer * 100 + number;
                let given_up = store
                    .run_tx("test.give_up", |tx: Tx| async move {
                        tx.append(&entry(tx.now(), number)).await?;
                        Err::<(), _>(StoreError::Missing { what: "nothing" })
                    })
                    .await;
                assert!(given_up.is_err());
                leaves.push(note(&store, number).await);
            }
            leaves
        }));
    }
    let mut log = log(test);
    let mut leaves = Vec::new();
    for writer in writers {
        test.store.sequence(&mut log).await.unwrap();
        leaves.extend(writer.await.unwrap());
    }
    let done = test.store.sequence(&mut log).await.unwrap();
    assert_eq!(done.size, 96);
    let mut indices = BTreeSet::new();
    for leaf in leaves {
        indices.insert(test.store.read().leaf_index(leaf).await.unwrap().unwrap());
    }
    assert_eq!(indices, (0..96).collect());
    drop(log);
    verify_dir(&test.folder().join("ledger"), None).unwrap();
}

async fn what_was_numbered_and_not_written_is_written_by_the_next_call(test: &TestStore) {
    note(&test.store, 1).await;
    let mut log = log(test);
    test.store.sequence(&mut log).await.unwrap();
    for number in 2..5 {
        note(&test.store, number).await;
    }
    // The program ends after the numbers are committed and before the files are written.
    let db = beside(test).await;
    for (id, index) in [(2, 1), (3, 2), (4, 3)] {
        run(
            &db,
            &format!("UPDATE ledger_leaf SET leaf_index = {index} WHERE id = {id}"),
        )
        .await;
    }
    let done = test.store.sequence(&mut log).await.unwrap();
    assert_eq!((done.numbered, done.size), (0, 4));
    for (index, number) in (1..4).zip(2..5) {
        let found = log.reader().leaf(index).unwrap().entry().unwrap();
        assert_eq!(found, entry(test.store.database().now(), number));
    }
}

async fn a_database_behind_its_ledger_is_refused(test: &TestStore) {
    note(&test.store, 1).await;
    let mut log = log(test);
    test.store.sequence(&mut log).await.unwrap();
    let db = beside(test).await;
    run(&db, "UPDATE ledger_leaf SET leaf_index = NULL").await;
    run(&db, "DELETE FROM ledger_leaf").await;
    let behind = test.store.sequence(&mut log).await;
    assert!(matches!(
        refused(behind),
        StoreError::LedgerAhead { files: 1, rows: 0 }
    ));
}

async fn two_sequencers_give_each_leaf_one_index(test: &TestStore) {
    for number in 0..30 {
        note(&test.store, number).await;
    }
    let other = test.reopen().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let signer = yuntu_ledger::Signer::new("yuntu.example/other", &[8; 32]).unwrap();
    let mut theirs = yuntu_ledger::Log::open(folder.path().join("ledger"), signer).unwrap();
    let mut ours = log(test);
    let (one, two) = tokio::join!(test.store.sequence(&mut ours), other.sequence(&mut theirs));
    assert_eq!(one.unwrap().numbered + two.unwrap().numbered, 30);
    let db = beside(test).await;
    let distinct = "SELECT COUNT(DISTINCT leaf_index) FROM ledger_leaf";
    assert_eq!(count(&db, distinct).await, 30);
    let highest = Statement::from_string(
        db.get_database_backend(),
        "SELECT MAX(leaf_index) FROM ledger_leaf",
    );
    let highest: i64 = db
        .query_one_raw(highest)
        .await
        .unwrap()
        .unwrap()
        .try_get_by_index(0)
        .unwrap();
    assert_eq!(highest, 29);
}
