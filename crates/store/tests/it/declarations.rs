//! What is declared of a source: kept as it was confirmed, and over the change of its table.

use std::sync::Arc;

use yuntu_policy::DatasetFacts;
use yuntu_store::{Database, DatabaseConfig, Migrate, Store, StoreError};
use yuntu_terms::{LegalBasis, SystemEntropy, clause};
use yuntu_testkit::{Party, TestStore};

use crate::contract;
use crate::steps::{beside, run};

contract! {
    a_declaration_that_was_changed_beside_the_store_is_found,
    a_paper_whose_file_is_gone_proves_nothing,
    what_was_declared_before_there_were_papers_still_holds,
}

async fn facts(store: &Store, party: &Party) -> Result<DatasetFacts, StoreError> {
    let reader = store.facts();
    let mut found = reader.datasets(party.enterprise, &[party.dataset]).await?;
    Ok(found.remove(0))
}

async fn a_declaration_that_was_changed_beside_the_store_is_found(test: &TestStore) {
    let _mark = clause::check!(U3);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let declared = facts(&test.store, &party)
        .await
        .unwrap()
        .declaration
        .unwrap();
    assert!(declared.complete && declared.proved);
    let db = beside(test).await;
    for change in [
        "UPDATE declaration SET collected_how = 'bought from somebody'",
        "UPDATE declaration SET confirmed_text = 'nothing'",
        "UPDATE declaration SET period_until = period_until + 86400000000",
    ] {
        let before =
            "UPDATE declaration SET collected_how = 'at the till, with the membership form'";
        run(&db, before).await;
        assert!(facts(&test.store, &party).await.is_ok());
        run(&db, change).await;
        let found = facts(&test.store, &party).await;
        let found = matches!(
            found,
            Err(StoreError::Inconsistent {
                table: "declaration",
                column: "digest"
            })
        );
        assert!(found, "{change}");
        break_back(&db, change).await;
    }
    db.close().await.unwrap();
}

/// Undoes a change, so that the next one stands alone.
async fn break_back(db: &sea_orm::DatabaseConnection, change: &str) {
    if change.contains("period_until") {
        run(
            db,
            "UPDATE declaration SET period_until = period_until - 86400000000",
        )
        .await;
    }
    if change.contains("confirmed_text") {
        let words = yuntu_policy::Declared {
            confirms: yuntu_policy::Confirms::ALL.to_vec(),
            ..yuntu_policy::Declared::default()
        };
        let words = words.confirmed_text().replace('\'', "''");
        run(
            db,
            &format!("UPDATE declaration SET confirmed_text = '{words}'"),
        )
        .await;
    }
}

async fn a_paper_whose_file_is_gone_proves_nothing(test: &TestStore) {
    let _mark = clause::check!(U3);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let db = beside(test).await;
    run(&db, "DELETE FROM paper_chunk").await;
    run(&db, "DELETE FROM paper").await;
    db.close().await.unwrap();
    let declared = facts(&test.store, &party)
        .await
        .unwrap()
        .declaration
        .unwrap();
    assert!(declared.complete && !declared.proved);
}

/// Takes the schema back to what it was before declarations had papers.
const BEFORE_PAPERS: &[&str] = &[
    "CREATE TABLE source_declaration AS SELECT id, enterprise_id, dataset_id, version, 'own customers' AS source_kind, \
     collected_how, bases, period_from, period_until, contact_sealed, \
     '[\"0404040404040404040404040404040404040404040404040404040404040404\"]' AS evidence, complete, \
     recorded_by AS confirmed_by, recorded_at AS confirmed_at, superseded_at FROM declaration",
    "DROP TABLE declaration_evidence",
    "DROP TABLE declaration",
    "DELETE FROM seaql_migrations WHERE version = 'm0022_declarations'",
];

async fn what_was_declared_before_there_were_papers_still_holds(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let db = beside(test).await;
    for sql in BEFORE_PAPERS {
        run(&db, sql).await;
    }
    db.close().await.unwrap();
    let mut config = DatabaseConfig::new(test.url());
    config.migrate = Migrate::Apply;
    let clock = Arc::new(test.clock.clone());
    let database = Database::connect(&config, clock, Arc::new(SystemEntropy)).await;
    let store = Store::new(database.unwrap(), Arc::clone(test.store.vault()));
    let declared = facts(&store, &party).await.unwrap().declaration.unwrap();
    assert!(declared.complete && declared.proved);
    assert_eq!(declared.bases, [LegalBasis::Consent]);
    let read = store.read();
    let found = read
        .list_declarations(party.enterprise, party.dataset)
        .await
        .unwrap();
    let [one] = &found[..] else {
        panic!("one version");
    };
    assert_eq!((one.version, one.elsewhere.len(), one.digest), (1, 1, None));
    assert!(one.declared.kind.is_none() && one.declared.confirms.is_empty());
    let contact = store
        .declaration_contact(party.enterprise, one.id)
        .await
        .unwrap();
    assert!(
        contact
            .unwrap()
            .digest(|text| text == "privacy@example.com")
    );
}
