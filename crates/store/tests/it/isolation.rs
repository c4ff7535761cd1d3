use serde_json::json;
use yuntu_policy::{Action, Standing};
use yuntu_store::{
    ImportProgress, ImportStatus, NewApiToken, NewAudience, NewImport, NewInstruction,
    SnapshotOrigin, Store, StoreError, Tx,
};
use yuntu_terms::{ApiSecret, AudienceId, ImportId, PermitId, SystemEntropy, Timestamp, clause};
use yuntu_testkit::{Party, TestStore, instruction, period, scope};

use crate::contract;
use crate::steps::{entry, refused};

contract! {
    an_enterprise_finds_nothing_of_another,
    an_enterprise_changes_nothing_of_another,
    a_token_speaks_for_its_own_enterprise_until_it_ends,
    tokens_are_listed_for_their_enterprise_and_for_their_person,
    members_of_an_audience_open_for_their_enterprise_alone,
    an_import_reports_and_ends_once,
}

async fn audience(store: &Store, party: &Party) -> AudienceId {
    let new = NewAudience {
        name: "buyers".to_owned(),
        purpose: "marketing.audience".parse().unwrap(),
        definition: json!({"all": true}),
    };
    store
        .run_tx("test.audience", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.create_audience(party.enterprise, party.representative, &new)
                .await
        })
        .await
        .unwrap()
}

async fn import(store: &Store, party: &Party) -> ImportId {
    let new = NewImport {
        dataset: party.dataset,
        instruction: Some(party.instruction),
        mapping: json!({}),
    };
    store
        .run_tx("test.import", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.create_import(party.enterprise, &new).await
        })
        .await
        .unwrap()
}

#[expect(clippy::too_many_lines, reason = "one look-up of each kind")]
async fn an_enterprise_finds_nothing_of_another(test: &TestStore) {
    let ours = Party::enter(&test.store, 1).await.unwrap();
    let theirs = Party::enter(&test.store, 2).await.unwrap();
    let audience = audience(&test.store, &theirs).await;
    let import = import(&test.store, &theirs).await;
    let (reader, facts, us) = (test.store.read(), test.store.facts(), ours.enterprise);
    assert!(
        reader
            .find_representative(us, theirs.representative)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        reader
            .find_dataset(us, theirs.dataset)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        reader
            .find_instruction(us, theirs.instruction)
            .await
            .unwrap()
            .is_none()
    );
    assert!(reader.find_audience(us, audience).await.unwrap().is_none());
    assert!(
        reader
            .list_snapshots(us, audience)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(reader.find_import(us, import).await.unwrap().is_none());
    assert!(
        reader
            .list_imports(us, theirs.dataset, 5)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        facts
            .actor(us, theirs.representative, test.store.database().now())
            .await
            .unwrap()
            .is_none()
    );
    let both = facts
        .datasets(us, &[ours.dataset, theirs.dataset])
        .await
        .unwrap();
    assert_eq!(
        both.iter().map(|dataset| dataset.id).collect::<Vec<_>>(),
        [ours.dataset]
    );
    assert!(
        test.store
            .representative_contact(us, theirs.representative)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        test.store
            .snapshot_members(us, audience)
            .await
            .unwrap()
            .is_none()
    );
    for list in [ours, theirs] {
        assert_eq!(
            reader.list_datasets(list.enterprise).await.unwrap().len(),
            1
        );
        assert_eq!(
            reader
                .list_instructions(list.enterprise, None, 9)
                .await
                .unwrap()
                .len(),
            1
        );
    }
}

async fn missing<T, R>(store: &Store, body: impl Fn(Tx) -> R + Send + Sync)
where
    R: Future<Output = Result<T, StoreError>> + Send,
    T: std::fmt::Debug + Send,
{
    let outcome = store.run_tx("test.foreign", body).await;
    assert!(matches!(refused(outcome), StoreError::Missing { .. }));
}

async fn an_enterprise_changes_nothing_of_another(test: &TestStore) {
    let _mark = clause::check!(U3);
    let _confirmed = clause::check!(R8);
    let ours = Party::enter(&test.store, 1).await.unwrap();
    let theirs = Party::enter(&test.store, 2).await.unwrap();
    let (us, store) = (ours.enterprise, &test.store);
    let frozen = Standing::Frozen;
    let (dataset, person) = (theirs.dataset, theirs.representative);
    missing(store, async |tx: Tx| {
        tx.set_dataset_standing(us, dataset, frozen, None).await
    })
    .await;
    missing(store, async |tx: Tx| {
        tx.confirm_columns(us, dataset, person).await
    })
    .await;
    missing(store, async |tx: Tx| {
        let scope = scope(tx.now())?;
        tx.record_scope(us, dataset, person, (&scope, &[]))
            .await
            .map(drop)
    })
    .await;
    missing(store, async |tx: Tx| {
        tx.set_representative_standing(us, person, frozen).await
    })
    .await;
    missing(store, async |tx: Tx| {
        tx.erase_representative(us, person).await
    })
    .await;
    missing(store, async |tx: Tx| {
        let now = tx.now();
        tx.record_letter(
            us,
            person,
            yuntu_terms::Digest::new([1; 32]),
            period(now, 1),
        )
        .await
    })
    .await;
    missing(store, async |tx: Tx| {
        tx.revoke_instruction(us, theirs.instruction).await
    })
    .await;
    missing(store, async |tx: Tx| {
        let new = instruction(tx.now(), ours.dataset)?;
        let both = NewInstruction {
            datasets: vec![ours.dataset, dataset],
            ..new
        };
        tx.record_instruction(us, ours.representative, &both).await
    })
    .await;
    missing(store, async |tx: Tx| {
        let new = NewImport {
            dataset,
            instruction: None,
            mapping: json!({}),
        };
        tx.create_import(us, &new).await
    })
    .await;
    missing(store, async |tx: Tx| {
        tx.create_api_token(us, person, &token(Timestamp::from_micros(i64::MAX)))
            .await
    })
    .await;
}

fn token(expires: Timestamp) -> NewApiToken {
    NewApiToken {
        label: String::from("nightly"),
        scopes: [Action::ViewReport, Action::Process].into(),
        expires,
    }
}

async fn tokens_are_listed_for_their_enterprise_and_for_their_person(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let expires = test.store.database().now().plus_days(1);
    let (id, _secret) = test
        .store
        .run_tx("test.token", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.create_api_token(party.enterprise, party.representative, &token(expires))
                .await
        })
        .await
        .unwrap();
    test.store.note_token_use(id).await.unwrap();
    let reader = test.store.read();
    let list = async |enterprise, only| reader.list_api_tokens(enterprise, only, 9).await.unwrap();
    let (own, all) = (
        list(party.enterprise, Some(party.representative)).await,
        list(party.enterprise, None).await,
    );
    assert_eq!((own.len(), all.len()), (1, 1));
    assert!(own[0].used.is_some());
    let other = Party::enter(&test.store, 2).await.unwrap();
    assert_eq!(list(other.enterprise, None).await, []);
    assert_eq!(list(party.enterprise, Some(other.representative)).await, []);
}

async fn a_token_speaks_for_its_own_enterprise_until_it_ends(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let expires = test.store.database().now().plus_days(1);
    let (id, secret) = test
        .store
        .run_tx("test.token", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.create_api_token(party.enterprise, party.representative, &token(expires))
                .await
        })
        .await
        .unwrap();
    let token = test
        .store
        .read()
        .find_api_token(&secret)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((token.id, token.enterprise), (id, party.enterprise));
    assert_eq!(token.scopes, [Action::Process, Action::ViewReport].into());
    assert_eq!(token.used, None);
    assert!(token.is_good(test.store.database().now()));
    assert!(!token.is_good(expires));
    for wrong in [
        String::new(),
        String::from("yuntu_"),
        secret.expose().replace("yuntu_", ""),
        format!("{}0", secret.expose()),
    ] {
        let wrong = ApiSecret::new(wrong);
        assert!(
            test.store
                .read()
                .find_api_token(&wrong)
                .await
                .unwrap()
                .is_none()
        );
    }
    assert!(
        !test
            .raw_bytes()
            .unwrap()
            .windows(secret.expose().len())
            .any(|window| window == secret.expose().as_bytes())
    );
    test.store
        .run_tx("test.revoke", async |tx: Tx| {
            tx.append(&entry(tx.now(), 2)).await?;
            tx.revoke_api_token(party.enterprise, id).await
        })
        .await
        .unwrap();
    let token = test
        .store
        .read()
        .find_api_token(&secret)
        .await
        .unwrap()
        .unwrap();
    assert!(!token.is_good(test.store.database().now()));
}

async fn members_of_an_audience_open_for_their_enterprise_alone(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let id = audience(&test.store, &party).await;
    let sealed = test
        .store
        .seal_snapshot(party.enterprise, id, b"members", 7)
        .await
        .unwrap();
    let origin = SnapshotOrigin {
        permit: PermitId::generate(test.store.database().now(), &SystemEntropy).unwrap(),
        receipt: None,
        consent_version: 3,
    };
    // There is no snapshot without a permit.
    missing(&test.store, async |tx: Tx| {
        tx.append(&entry(tx.now(), 1)).await?;
        tx.record_snapshot(party.enterprise, id, origin, &sealed)
            .await
    })
    .await;
    assert!(
        test.store
            .snapshot_members(party.enterprise, id)
            .await
            .unwrap()
            .is_none()
    );
    let _mark = clause::check!(R14);
    test.store
        .run_tx("test.retire", async |tx: Tx| {
            tx.append(&entry(tx.now(), 1)).await?;
            tx.retire_audience(party.enterprise, id).await
        })
        .await
        .unwrap();
    assert!(
        test.store
            .read()
            .list_audiences(party.enterprise)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn an_import_reports_and_ends_once(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let id = import(&test.store, &party).await;
    let progress = ImportProgress {
        rows_read: 10,
        rows_loaded: 8,
        rows_quarantined: 2,
        checkpoint: Some(json!({"byte": 99})),
    };
    test.store
        .note_import_progress(party.enterprise, id, &progress)
        .await
        .unwrap();
    let found = test
        .store
        .read()
        .find_import(party.enterprise, id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.status, found.progress),
        (ImportStatus::Running, progress.clone())
    );
    let finish = async |status| {
        test.store
            .run_tx("test.finish", async |tx: Tx| {
                tx.append(&entry(tx.now(), 1)).await?;
                tx.finish_import(party.enterprise, id, status, &progress, Ok(None))
                    .await
            })
            .await
    };
    assert!(matches!(
        refused(finish(ImportStatus::Running).await),
        StoreError::Invalid { .. }
    ));
    finish(ImportStatus::Done).await.unwrap();
    assert!(matches!(
        refused(finish(ImportStatus::Done).await),
        StoreError::Missing { .. }
    ));
    let late = test
        .store
        .note_import_progress(party.enterprise, id, &progress)
        .await;
    assert!(matches!(refused(late), StoreError::Missing { .. }));
}
