use std::sync::Arc;

use yuntu_store::{Database, DatabaseConfig, Migrate, StoreError};
use yuntu_terms::SystemEntropy;
use yuntu_testkit::TestStore;

use crate::contract;
use crate::steps::{beside, count, note, refused, run};

contract! {
    opening_again_keeps_every_row,
    a_schema_of_a_newer_program_is_refused,
    a_schema_that_lacks_migrations_is_refused_where_they_are_required,
    eight_that_open_at_once_migrate_once,
}

async fn connect(test: &TestStore, migrate: Migrate) -> Result<Database, StoreError> {
    let mut config = DatabaseConfig::new(test.url());
    config.migrate = migrate;
    Database::connect(
        &config,
        Arc::new(test.clock.clone()),
        Arc::new(SystemEntropy),
    )
    .await
}

async fn empty(test: &TestStore) {
    let db = beside(test).await;
    let tables = test.store.database().live_columns().await.unwrap();
    let tables: std::collections::BTreeSet<_> =
        tables.into_iter().map(|(table, _)| table).collect();
    // References allow one order only; what is left is tried again.
    let mut left: Vec<_> = tables.into_iter().collect();
    while !left.is_empty() {
        let before = left.len();
        let mut later = Vec::new();
        for table in left {
            use sea_orm::ConnectionTrait;
            if db
                .execute_unprepared(&format!("DROP TABLE {table}"))
                .await
                .is_err()
            {
                later.push(table);
            }
        }
        assert!(later.len() < before);
        left = later;
    }
}

async fn opening_again_keeps_every_row(test: &TestStore) {
    note(&test.store, 1).await;
    let again = connect(test, Migrate::Require).await.unwrap();
    assert_eq!(
        again.live_columns().await.unwrap(),
        test.store.database().live_columns().await.unwrap()
    );
    let db = beside(test).await;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM ledger_leaf").await, 1);
}

async fn a_schema_of_a_newer_program_is_refused(test: &TestStore) {
    let db = beside(test).await;
    run(
        &db,
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)",
    )
    .await;
    for migrate in [Migrate::Apply, Migrate::Require] {
        let newer = connect(test, migrate).await;
        assert!(
            matches!(refused(newer), StoreError::SchemaNewer { migration } if migration == "m9999_later")
        );
    }
}

async fn a_schema_that_lacks_migrations_is_refused_where_they_are_required(test: &TestStore) {
    empty(test).await;
    let missing = connect(test, Migrate::Require).await;
    assert!(matches!(
        refused(missing),
        StoreError::SchemaPending { missing: 3 }
    ));
    assert!(
        test.store
            .database()
            .live_columns()
            .await
            .unwrap()
            .is_empty()
    );
    connect(test, Migrate::Apply).await.unwrap();
    assert!(
        !test
            .store
            .database()
            .live_columns()
            .await
            .unwrap()
            .is_empty()
    );
}

async fn eight_that_open_at_once_migrate_once(test: &TestStore) {
    let before = test.store.database().live_columns().await.unwrap();
    empty(test).await;
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let config = DatabaseConfig::new(test.url());
            let clock = Arc::new(test.clock.clone());
            tokio::spawn(async move {
                Database::connect(&config, clock, Arc::new(SystemEntropy))
                    .await
                    .unwrap()
            })
        })
        .collect();
    for opened in opening {
        opened.await.unwrap();
    }
    assert_eq!(test.store.database().live_columns().await.unwrap(), before);
    let db = beside(test).await;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM seaql_migrations").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_neither_database_is_refused() {
    for url in [
        "",
        "mysql://localhost/x",
        "sqlite:",
        "sqlite::memory:",
        "yuntu.db",
    ] {
        let config = DatabaseConfig::new(url);
        let clock = Arc::new(yuntu_terms::MockClock::new(
            yuntu_terms::Timestamp::from_micros(0),
        ));
        let opened = Database::connect(&config, clock, Arc::new(SystemEntropy)).await;
        assert!(matches!(refused(opened), StoreError::Address), "{url}");
    }
}
