use std::sync::Arc;

use yuntu_store::{Database, DatabaseConfig, Migrate, Store, StoreError, Tx};
use yuntu_terms::{AccountId, SystemEntropy};
use yuntu_testkit::{Party, Person, TestStore};

use crate::contract;
use crate::steps::{beside, count, entry, note, refused, run};

contract! {
    opening_again_keeps_every_row,
    a_schema_of_a_newer_program_is_refused,
    a_schema_that_lacks_migrations_is_refused_where_they_are_required,
    eight_that_open_at_once_migrate_once,
    a_database_from_before_accounts_keeps_its_people,
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
        StoreError::SchemaPending {
            missing: MIGRATIONS,
        }
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
    let applied = count(&db, "SELECT COUNT(*) FROM seaql_migrations").await;
    assert_eq!(usize::try_from(applied), Ok(MIGRATIONS));
}

/// How many migrations there are.
const MIGRATIONS: usize = 29;

/// Takes the schema back to what it was before `m0004_people` and `m0005_seats`.
const BEFORE_ACCOUNTS: &[&str] = &[
    "DELETE FROM seaql_migrations WHERE version IN ('m0010_doors', 'm0017_since')",
    "DROP TABLE help_look",
    "DROP TABLE help_offer",
    "DROP TABLE help_request",
    "DELETE FROM seaql_migrations WHERE version = 'm0028_help'",
    "DROP TABLE measure_message",
    "DROP TABLE measure",
    "DELETE FROM seaql_migrations WHERE version = 'm0024_measures'",
    "DROP TABLE device",
    "DROP TABLE minor_report",
    "DROP TABLE sign_in_try",
    "DELETE FROM seaql_migrations WHERE version IN ('m0008_upkeep', 'm0009_minors')",
    "DROP TABLE proposal",
    "DROP TABLE operator",
    "DROP TABLE ceremony",
    "DROP TABLE ticket",
    "DROP TABLE recovery_code",
    "DROP TABLE factor",
    "DROP INDEX ix_representative_account_id",
    "ALTER TABLE representative DROP COLUMN account_id",
    "DROP TABLE invitation",
    "DROP TABLE session",
    "DROP TABLE sign_in_failure",
    "DROP TABLE code",
    "DROP TABLE account_act",
    "DROP TABLE account_choice",
    "DROP TABLE account_acceptance",
    "DROP TABLE account",
    "DELETE FROM seaql_migrations WHERE version IN ('m0004_people', 'm0005_seats', 'm0006_operators')",
];

async fn a_database_from_before_accounts_keeps_its_people(test: &TestStore) {
    let columns = test.store.database().live_columns().await.unwrap();
    let party = Party::enter(&test.store, 7).await.unwrap();
    let db = beside(test).await;
    for sql in BEFORE_ACCOUNTS {
        run(&db, sql).await;
    }
    db.close().await.unwrap();
    let pending = connect(test, Migrate::Require).await;
    assert!(matches!(
        refused(pending),
        StoreError::SchemaPending { missing: 9 }
    ));
    let database = connect(test, Migrate::Apply).await.unwrap();
    assert_eq!(database.live_columns().await.unwrap(), columns);
    let store = Store::new(database, Arc::clone(test.store.vault()));
    let seat = store
        .read()
        .find_representative(party.enterprise, party.representative)
        .await;
    assert_eq!(seat.unwrap().unwrap().account, None);
    let contact = store
        .representative_contact(party.enterprise, party.representative)
        .await;
    assert!(contact.unwrap().unwrap().phone.is_some());
    // The new column refers to accounts as one that was there from the beginning would.
    let person = Person::enter(&store, 7).await.unwrap();
    let seat = async |account: AccountId| {
        store
            .run_tx("test.seat", async |tx: Tx| {
                tx.append(&entry(tx.now(), 1)).await?;
                tx.seat_account(party.enterprise, party.representative, account)
                    .await
            })
            .await
    };
    let nobody = seat(AccountId::from_uuid(party.enterprise.uuid())).await;
    assert!(matches!(
        refused(nobody),
        StoreError::Missing { what: "account" }
    ));
    seat(person.account).await.unwrap();
    let seats = store.read().list_seats(person.account).await.unwrap();
    assert_eq!(seats.len(), 1);
    assert_eq!(seats[0].id, party.representative);
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
