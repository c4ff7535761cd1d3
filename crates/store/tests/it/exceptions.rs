//! The use of an exception is what was invoked: changed beside the store it is an error, and a second person confirms it.

use yuntu_policy::{Period, Standing};
use yuntu_statement::{Invoker, Proof};
use yuntu_store::{NewExceptionProof, NewExceptionUse, StoreError, Tx};
use yuntu_terms::{Clock as _, Digest, ExceptionUseId, Operation, Recipient, clause};
use yuntu_testkit::{Party, TestStore};

use crate::contract;
use crate::steps::{beside, entry, run};

contract! {
    a_use_that_was_changed_beside_the_store_is_found,
    nobody_confirms_what_she_invoked_or_was_not_shown,
}

/// Drafts, proves and invokes; returns the use and its digest.
async fn invoked(test: &TestStore, party: &Party) -> (ExceptionUseId, Digest) {
    let store = &test.store;
    let now = test.clock.now();
    let new = NewExceptionUse {
        clause: "R7a".parse().unwrap(),
        datasets: vec![party.dataset],
        purpose: "service".parse().unwrap(),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        period: Period {
            from: now,
            until: now.plus_days(10),
        },
        why: String::from("a duty"),
    };
    let words = NewExceptionProof::Words(String::from("Article 9"));
    let done = store.run_tx("test.invoke", async |tx: Tx| {
        let (enterprise, by) = (party.enterprise, party.representative);
        let id = tx.draft_exception(enterprise, by, &new).await?;
        tx.add_exception_proof((enterprise, id), by, Proof::CitedLaw, &words)
            .await?;
        let function = Invoker::LegalCounsel;
        let digest = tx.invoke_exception((enterprise, id), by, function).await?;
        tx.append(&entry(tx.now(), 1)).await?;
        Ok::<_, StoreError>((id, digest))
    });
    done.await.unwrap()
}

async fn a_use_that_was_changed_beside_the_store_is_found(test: &TestStore) {
    let _mark = clause::check!(R7);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let (id, digest) = invoked(test, &party).await;
    let find = async || {
        let read = test.store.read();
        read.find_exception_use(party.enterprise, id).await
    };
    let found = find().await.unwrap().unwrap();
    assert_eq!(found.digest, Some(digest));
    assert_eq!(found.facts.standing, Some(Standing::Pending));
    let db = beside(test).await;
    for (change, back) in [
        (
            "exception_use SET why = 'more'",
            "exception_use SET why = 'a duty'",
        ),
        (
            "exception_use SET purpose = 'marketing'",
            "exception_use SET purpose = 'service'",
        ),
        (
            "exception_use SET clause = 'R7b'",
            "exception_use SET clause = 'R7a'",
        ),
        (
            "exception_use SET period_until = period_until + 86400000000",
            "exception_use SET period_until = period_until - 86400000000",
        ),
        (
            "exception_use SET invoked_as = 'privacy_officer'",
            "exception_use SET invoked_as = 'legal_counsel'",
        ),
        (
            "exception_proof SET proof = 'contract'",
            "exception_proof SET proof = 'cited_law'",
        ),
    ] {
        run(&db, &format!("UPDATE {change}")).await;
        let broken = matches!(
            find().await,
            Err(StoreError::Inconsistent {
                table: "exception_use",
                column: "digest"
            })
        );
        assert!(broken, "{change}");
        run(&db, &format!("UPDATE {back}")).await;
        assert!(find().await.is_ok(), "{back}");
    }
    run(&db, "DELETE FROM exception_proof").await;
    assert!(find().await.is_err());
    db.close().await.unwrap();
}

async fn nobody_confirms_what_she_invoked_or_was_not_shown(test: &TestStore) {
    let _mark = clause::check!(R23);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let other = Party::enter(&test.store, 2).await.unwrap();
    let (id, digest) = invoked(test, &party).await;
    let confirm = async |enterprise, by, shown| {
        let done = test.store.run_tx("test.confirm", async |tx: Tx| {
            tx.append(&entry(tx.now(), 2)).await?;
            tx.confirm_exception((enterprise, id), by, shown).await
        });
        done.await.unwrap()
    };
    let (home, second) = (party.enterprise, other.representative);
    assert!(!confirm(home, party.representative, digest).await);
    assert!(!confirm(home, second, Digest::new([0; 32])).await);
    assert!(!confirm(other.enterprise, second, digest).await);
    assert!(confirm(home, second, digest).await);
    assert!(!confirm(home, second, digest).await, "once");
    let read = test.store.read();
    let found = read.find_exception_use(home, id).await.unwrap().unwrap();
    assert_eq!(found.facts.standing, Some(Standing::Active));
    let foreign = read.find_exception_use(other.enterprise, id).await;
    assert!(foreign.unwrap().is_none());
}
