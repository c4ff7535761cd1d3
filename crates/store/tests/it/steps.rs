//! What several cases do.

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::json;
use yuntu_consent::SubjectEvent;
use yuntu_ledger::{Entry, EntryKind, Log, Pseudonym, Signer};
use yuntu_store::{LeafId, Store, StoreError, Tx};
use yuntu_terms::{Digest, SubjectId, Timestamp};
use yuntu_testkit::TestStore;

pub(crate) fn nobody() -> Pseudonym {
    Pseudonym::from_mac(Digest::new([0; 32]))
}

pub(crate) fn entry(at: Timestamp, number: u64) -> Entry {
    Entry {
        kind: EntryKind::known("test.noted"),
        at,
        clauses: Vec::new(),
        actor: nobody(),
        body: json!({ "number": number }),
    }
}

pub(crate) async fn note(store: &Store, number: u64) -> LeafId {
    store
        .run_tx("test.note", async |tx: Tx| {
            tx.append(&entry(tx.now(), number)).await
        })
        .await
        .unwrap()
}

pub(crate) fn log(test: &TestStore) -> Log {
    let signer = Signer::new("yuntu.example/test", &[7; 32]).unwrap();
    Log::open(test.folder().join("ledger"), signer).unwrap()
}

pub(crate) fn restricted(subject: u32, at: Timestamp) -> SubjectEvent {
    SubjectEvent::Restricted {
        subject: SubjectId::new(subject),
        recorded: at,
    }
}

/// A connection beside the store, for what the store does not offer.
pub(crate) async fn beside(test: &TestStore) -> DatabaseConnection {
    sea_orm::Database::connect(test.url()).await.unwrap()
}

pub(crate) async fn run(db: &DatabaseConnection, sql: &str) {
    db.execute_unprepared(sql).await.unwrap();
}

pub(crate) async fn count(db: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement)
        .await
        .unwrap()
        .unwrap()
        .try_get_by_index(0)
        .unwrap()
}

/// Runs a body that must fail.
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> StoreError {
    outcome.unwrap_err()
}

/// Runs a body whose ledger entry is made for it.
pub(crate) async fn change<T, R>(
    store: &Store,
    body: impl Fn(Tx) -> R + Send + Sync,
) -> Result<T, StoreError>
where
    R: Future<Output = Result<T, StoreError>> + Send,
    T: Send,
{
    let body = &body;
    store
        .run_tx("test.change", |tx: Tx| async move {
            tx.append(&entry(tx.now(), 1)).await?;
            body(tx).await
        })
        .await
}
