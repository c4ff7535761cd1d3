//! A key of a request: claimed with the act, in its transaction, and answered for a day.

use std::time::Duration;

use yuntu_store::{RepeatClaim, Repeated, StoreError, Tx, Whose};
use yuntu_terms::{Digest, clause};
use yuntu_testkit::{Party, TestStore, instruction};

use crate::contract;
use crate::steps::{beside, count, entry, refused};

contract! {
    what_was_done_under_a_key_is_not_done_again_even_when_its_answer_was_lost,
    an_act_that_comes_to_nothing_claims_no_key,
}

const KEY: Digest = Digest::new([1; 32]);
const REQUEST: Digest = Digest::new([2; 32]);

async fn asked(test: &TestStore, party: &Party, request: Digest) -> Repeated {
    let (enterprise, person) = (party.enterprise, party.representative);
    test.store
        .repeated(enterprise, person, KEY, request)
        .await
        .unwrap()
}

async fn claim(test: &TestStore, party: &Party) -> RepeatClaim {
    let Repeated::New(claim) = asked(test, party, REQUEST).await else {
        panic!("the key is not free")
    };
    claim
}

async fn instruct(test: &TestStore, party: &Party, claim: &RepeatClaim) -> Result<(), StoreError> {
    let new = instruction(test.store.database().now(), party.dataset).unwrap();
    test.store
        .run_tx("test.once", async |tx: Tx| {
            tx.record_instruction(party.enterprise, party.representative, &new)
                .await?;
            let whose = Whose::of_seat(party.representative, None).claiming(Some(claim));
            // A request may do several things under its key.
            tx.append_own(whose, &entry(tx.now(), 1)).await?;
            tx.append_own(whose, &entry(tx.now(), 2)).await?;
            Ok(())
        })
        .await
}

async fn what_was_done_under_a_key_is_not_done_again_even_when_its_answer_was_lost(
    test: &TestStore,
) {
    let _mark = clause::check!(U2);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let (first, racing) = (claim(test, &party).await, claim(test, &party).await);
    let db = beside(test).await;
    let before = count(&db, "SELECT COUNT(*) FROM instruction").await;
    instruct(test, &party, &first).await.unwrap();
    // The process ended before the answer was kept.
    assert_eq!(asked(test, &party, REQUEST).await, Repeated::Unanswered);
    assert_eq!(
        asked(test, &party, Digest::new([9; 32])).await,
        Repeated::Other
    );
    assert!(matches!(
        refused(instruct(test, &party, &racing).await),
        StoreError::Conflict {
            what: "idempotency key"
        }
    ));
    assert_eq!(
        count(&db, "SELECT COUNT(*) FROM instruction").await,
        before + 1
    );
    test.store
        .keep_answer(&first, 201, b"{\"id\":1}")
        .await
        .unwrap();
    let answered = Repeated::Answered {
        status: 201,
        body: b"{\"id\":1}".to_vec(),
    };
    assert_eq!(asked(test, &party, REQUEST).await, answered);
    let answer = b"{\"id\":1}";
    let disk = test.raw_bytes().unwrap();
    assert!(
        !disk.windows(answer.len()).any(|window| window == answer),
        "answers are sealed"
    );
    test.clock.advance(Duration::from_hours(24));
    let later = claim(test, &party).await;
    instruct(test, &party, &later).await.unwrap();
    assert_eq!(
        count(&db, "SELECT COUNT(*) FROM idempotent_request").await,
        1
    );
}

async fn an_act_that_comes_to_nothing_claims_no_key(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let claim = claim(test, &party).await;
    let failed: Result<(), StoreError> = test
        .store
        .run_tx("test.nothing", async |tx: Tx| {
            let whose = Whose::of_seat(party.representative, None).claiming(Some(&claim));
            tx.append_own(whose, &entry(tx.now(), 1)).await?;
            Err(StoreError::Missing { what: "dataset" })
        })
        .await;
    refused(failed);
    assert!(matches!(
        asked(test, &party, REQUEST).await,
        Repeated::New(_)
    ));
    instruct(test, &party, &claim).await.unwrap();
}
