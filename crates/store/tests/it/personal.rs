use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, Statement};
use yuntu_policy::Role;
use yuntu_store::{ContactKind, NewEnterprise, StoreError, Tx};
use yuntu_terms::{Pii, Region, Sink, Warrant, clause};
use yuntu_testkit::{Party, TestStore, contact};
use yuntu_vault::{KeyScope, VaultError};

use crate::contract;
use crate::steps::{beside, entry, refused, run};

contract! {
    a_personal_value_is_found_by_its_keyed_hash_and_opens_at_its_sink_alone,
    no_byte_of_a_personal_value_reaches_the_disk,
    a_sealed_value_does_not_open_in_another_row,
    an_erased_representative_leaves_no_sealed_byte_and_no_key,
    a_phone_number_is_taken_once,
}

struct Mail;

impl Warrant for Mail {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Mail
    }
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

async fn a_personal_value_is_found_by_its_keyed_hash_and_opens_at_its_sink_alone(test: &TestStore) {
    let _mark = clause::check!(R22);
    let party = Party::enter(&test.store, 7).await.unwrap();
    Party::enter(&test.store, 8).await.unwrap();
    let phone = Pii::new("19900000007".to_owned());
    let found = test
        .store
        .find_representative_by(ContactKind::Phone, &phone)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, party.representative);
    let email = Pii::new("representative-0007@example.com".to_owned());
    let found = test
        .store
        .find_representative_by(ContactKind::Email, &email)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, party.representative);
    let unknown = Pii::new("19900000009".to_owned());
    assert!(
        test.store
            .find_representative_by(ContactKind::Phone, &unknown)
            .await
            .unwrap()
            .is_none()
    );
    let contact = test
        .store
        .representative_contact(party.enterprise, party.representative)
        .await;
    let contact = contact.unwrap().unwrap();
    let email = contact.email.unwrap();
    let opened = email.open(&Mail, Sink::Mail, String::clone);
    assert_eq!(opened.as_deref(), Some("representative-0007@example.com"));
    assert_eq!(email.open(&Mail, Sink::Page, String::clone), None);
}

async fn no_byte_of_a_personal_value_reaches_the_disk(test: &TestStore) {
    let party = Party::enter(&test.store, 7).await.unwrap();
    let payload = Pii::new(b"to: representative-0007@example.com".to_vec());
    let message = test
        .store
        .seal_message(Some(party.enterprise), "mail", &payload)
        .await
        .unwrap();
    test.store
        .run_tx("test.message", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.enqueue_message(&message).await
        })
        .await
        .unwrap();
    let disk = test.raw_bytes().unwrap();
    // What is not personal is there, so the search would find a value that is.
    assert!(holds(&disk, "样本企业0007".as_bytes()));
    for personal in [
        "样本代表0007",
        "19900000007",
        "representative-0007",
        "privacy@example.com",
    ] {
        assert!(!holds(&disk, personal.as_bytes()), "{personal}");
    }
}

async fn a_sealed_value_does_not_open_in_another_row(test: &TestStore) {
    let one = Party::enter(&test.store, 1).await.unwrap();
    let two = Party::enter(&test.store, 2).await.unwrap();
    let db = beside(test).await;
    let phones = "UPDATE representative SET phone_sealed = \
                  (SELECT r.phone_sealed FROM representative AS r WHERE r.phone_mac <> representative.phone_mac)";
    run(&db, phones).await;
    let mut closed = 0;
    for party in [one, two] {
        let contact = test
            .store
            .representative_contact(party.enterprise, party.representative)
            .await;
        if let Err(error) = contact {
            assert!(matches!(error, StoreError::Vault(VaultError::Unreadable)));
            closed += 1;
        }
    }
    // One database exchanges the two values, the other gives both rows the same.
    assert!(closed >= 1);
}

async fn sealed_bytes(db: &DatabaseConnection) -> Vec<Vec<u8>> {
    let sql = "SELECT name_sealed, phone_sealed, email_sealed, phone_mac FROM representative";
    let row = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), sql))
        .await;
    let row = row.unwrap().unwrap();
    (0..4)
        .map(|column| row.try_get_by_index(column).unwrap())
        .collect()
}

async fn an_erased_representative_leaves_no_sealed_byte_and_no_key(test: &TestStore) {
    let _mark = clause::check!(R26);
    let party = Party::enter(&test.store, 7).await.unwrap();
    let db = beside(test).await;
    let sealed = sealed_bytes(&db).await;
    let disk = test.raw_bytes().unwrap();
    assert!(sealed.iter().all(|bytes| holds(&disk, bytes)));
    test.store
        .run_tx("test.erase", async |tx: Tx| {
            tx.erase_representative(party.enterprise, party.representative)
                .await?;
            tx.append(&entry(tx.now(), 1)).await
        })
        .await
        .unwrap();
    let scope = KeyScope::Representative(party.representative);
    test.store.vault().destroy(&scope).await.unwrap();
    db.close().await.unwrap();
    let _scrub = clause::check!(R14);
    test.store.database().scrub().await.unwrap();
    let disk = test.raw_bytes().unwrap();
    assert!(sealed.iter().all(|bytes| !holds(&disk, bytes)));
    let gone = test
        .store
        .representative_contact(party.enterprise, party.representative)
        .await;
    assert!(gone.unwrap().is_none());
    let nameless = test.store.pseudonym(party.representative).await;
    assert!(matches!(
        nameless.unwrap_err(),
        StoreError::Vault(VaultError::Destroyed)
    ));
}

/// A server keeps removed rows while any transaction of the whole server, or a reader of this database, is older.
#[tokio::test(flavor = "multi_thread")]
async fn a_rewrite_waits_for_older_work_of_the_server() {
    let _mark = clause::check!(R14);
    for (elsewhere, begin) in [
        (true, "BEGIN; SELECT pg_current_xact_id()"),
        (
            false,
            "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM enterprise",
        ),
    ] {
        let test = TestStore::postgres().await.unwrap();
        let party = Party::enter(&test.store, 7).await.unwrap();
        let other = TestStore::postgres().await.unwrap();
        let url = if elsewhere { other.url() } else { test.url() };
        let mut options = ConnectOptions::new(url);
        options.max_connections(1);
        let older = sea_orm::Database::connect(options).await.unwrap();
        run(&older, begin).await;
        let db = beside(&test).await;
        let sealed = sealed_bytes(&db).await;
        db.close().await.unwrap();
        test.store
            .run_tx("test.erase", async |tx: Tx| {
                tx.erase_representative(party.enterprise, party.representative)
                    .await?;
                tx.append(&entry(tx.now(), 1)).await
            })
            .await
            .unwrap();
        let ended = async {
            tokio::time::sleep(Duration::from_millis(400)).await;
            run(&older, "COMMIT").await;
        };
        let (scrubbed, ()) = tokio::join!(test.store.database().scrub(), ended);
        scrubbed.unwrap();
        let disk = test.raw_bytes().unwrap();
        assert!(sealed.iter().all(|bytes| !holds(&disk, bytes)), "{begin}");
    }
}

async fn a_phone_number_is_taken_once(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let again = test.store.seal_representative(&contact(1)).await.unwrap();
    let taken = test
        .store
        .run_tx("test.again", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.create_representative(party.enterprise, Role::Viewer, &again)
                .await
        })
        .await;
    assert!(matches!(
        refused(taken),
        StoreError::Conflict {
            what: "representative"
        }
    ));
    let other = NewEnterprise {
        name: "另一".to_owned(),
        credit_code: Some("91110000000000000X".to_owned()),
        industry: "retail".to_owned(),
        region: Region::CN,
    };
    let enter = async || {
        test.store
            .run_tx("test.code", async |tx: Tx| {
                tx.append(&entry(tx.now(), 1)).await?;
                tx.create_enterprise(&other).await
            })
            .await
    };
    enter().await.unwrap();
    assert!(matches!(
        refused(enter().await),
        StoreError::Conflict { what: "enterprise" }
    ));
}
