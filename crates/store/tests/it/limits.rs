use std::time::Duration;

use yuntu_store::{
    AddressMac, ContactKind, Ending, FailureQuotas, Limit, Limited, NetworkMac, Quota, StoreError,
    Tx,
};
use yuntu_terms::{Pii, clause};
use yuntu_testkit::TestStore;

use crate::contract;
use crate::steps::{change, entry, refused};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);
const WINDOW: Duration = Duration::from_mins(15);

contract! {
    an_address_that_fails_too_often_waits,
    a_network_that_fails_too_often_waits_whatever_the_address,
    many_addresses_from_many_networks_brake_everyone,
    failures_of_an_account_and_of_a_network_are_counted_for_a_day,
    failures_outlive_the_process,
    failures_at_once_are_counted_each,
    whoever_proves_to_be_there_starts_anew,
    failures_are_swept_once_they_count_no_more,
    a_failure_of_a_transaction_that_fails_does_not_count,
}

fn quotas() -> FailureQuotas {
    FailureQuotas {
        address: Quota::new(3, WINDOW),
        network: Quota::new(5, WINDOW),
        everyone: Quota::new(8, WINDOW),
    }
}

async fn address(test: &TestStore, number: u32) -> AddressMac {
    let value = Pii::new(format!("person-{number:04}@example.com"));
    let mac = test.store.address_mac(ContactKind::Email, &value).await;
    mac.unwrap()
}

async fn network(test: &TestStore, number: u32) -> NetworkMac {
    let value = Pii::new(format!("198.51.{number}.0/24"));
    test.store.network_mac(&value).await.unwrap()
}

async fn fail(test: &TestStore, address: &AddressMac, network: &NetworkMac) {
    change(&test.store, async |tx: Tx| {
        tx.count_failure(address, network).await
    })
    .await
    .unwrap();
}

async fn brake(test: &TestStore, address: &AddressMac, network: &NetworkMac) -> Option<Limit> {
    let now = test.store.database().now();
    let read = test.store.read();
    read.brake(address, network, &quotas(), now).await.unwrap()
}

async fn an_address_that_fails_too_often_waits(test: &TestStore) {
    let _mark = clause::check!(R2);
    let (victim, other) = (address(test, 1).await, address(test, 2).await);
    let start = test.store.database().now();
    for number in 0..3 {
        assert_eq!(brake(test, &victim, &network(test, 9).await).await, None);
        fail(test, &victim, &network(test, number).await).await;
        test.clock.advance(SECOND);
    }
    let limit = Limit {
        until: start.plus(WINDOW),
        of: Limited::Address,
    };
    let from = network(test, 9).await;
    assert_eq!(brake(test, &victim, &from).await, Some(limit));
    assert_eq!(brake(test, &other, &from).await, None);
    test.clock.set(limit.until.minus(Duration::from_micros(1)));
    assert_eq!(brake(test, &victim, &from).await, Some(limit));
    test.clock.set(limit.until);
    assert_eq!(brake(test, &victim, &from).await, None);
}

async fn a_network_that_fails_too_often_waits_whatever_the_address(test: &TestStore) {
    let from = network(test, 1).await;
    for number in 0..5 {
        fail(test, &address(test, number).await, &from).await;
    }
    let fresh = address(test, 99).await;
    let limit = brake(test, &fresh, &from).await.unwrap();
    assert_eq!(limit.of, Limited::Network);
    assert_eq!(brake(test, &fresh, &network(test, 2).await).await, None);
}

async fn many_addresses_from_many_networks_brake_everyone(test: &TestStore) {
    let _mark = clause::check!(R2);
    for number in 0..8 {
        let fresh = (address(test, 99).await, network(test, 99).await);
        assert_eq!(brake(test, &fresh.0, &fresh.1).await, None);
        fail(
            test,
            &address(test, number).await,
            &network(test, number).await,
        )
        .await;
    }
    let fresh = (address(test, 99).await, network(test, 99).await);
    let limit = brake(test, &fresh.0, &fresh.1).await.unwrap();
    assert_eq!(limit.of, Limited::Everyone);
    assert_eq!(limit.until, test.store.database().now().plus(WINDOW));
}

async fn failures_of_an_account_and_of_a_network_are_counted_for_a_day(test: &TestStore) {
    let _mark = clause::check!(R9);
    let (mail, phone) = (address(test, 1).await, address(test, 2).await);
    let (here, there) = (network(test, 1).await, network(test, 2).await);
    let lately = async |own: &[AddressMac]| {
        let now = test.store.database().now();
        let read = test.store.read();
        let found = read.failures_lately(own, &here, now).await.unwrap();
        (found.at_address, found.other_addresses)
    };
    assert_eq!(lately(&[mail, phone]).await, (0, 0));
    // At both addresses of the account, from wherever; each other address from the network once.
    fail(test, &mail, &here).await;
    fail(test, &phone, &there).await;
    for _ in 0..3 {
        fail(test, &address(test, 3).await, &here).await;
    }
    fail(test, &address(test, 4).await, &here).await;
    fail(test, &address(test, 5).await, &there).await;
    assert_eq!(lately(&[mail, phone]).await, (2, 2));
    assert_eq!(lately(&[mail]).await, (1, 2));
    assert_eq!(lately(&[]).await, (0, 3));
    test.clock.advance(DAY);
    assert_eq!(lately(&[mail, phone]).await, (0, 0));
}

async fn failures_outlive_the_process(test: &TestStore) {
    let (victim, from) = (address(test, 1).await, network(test, 1).await);
    for _ in 0..3 {
        fail(test, &victim, &from).await;
    }
    let later = test.reopen().await.unwrap();
    let value = Pii::new("person-0001@example.com".to_owned());
    let same = later.address_mac(ContactKind::Email, &value).await.unwrap();
    assert_eq!(same, victim);
    let now = later.database().now();
    let limit = later.read().brake(&same, &from, &quotas(), now).await;
    assert!(limit.unwrap().is_some());
}

/// Looks and counts in one transaction: eight at once are let through no more often than one after another.
async fn failures_at_once_are_counted_each(test: &TestStore) {
    let (victim, from) = (address(test, 1).await, network(test, 1).await);
    let tries: Vec<_> = (0..8_u64)
        .map(|number| {
            let store = test.store.clone();
            tokio::spawn(async move {
                store
                    .run_tx("test.fail", async |tx: Tx| {
                        tx.append(&entry(tx.now(), number)).await?;
                        let read = tx.read();
                        let limit = read.brake(&victim, &from, &quotas(), tx.now()).await?;
                        if limit.is_none() {
                            tx.count_failure(&victim, &from).await?;
                        }
                        Ok::<_, StoreError>(limit.is_none())
                    })
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut let_through = 0;
    for one in tries {
        let_through += u32::from(one.await.unwrap());
    }
    assert_eq!(let_through, 3);
}

async fn whoever_proves_to_be_there_starts_anew(test: &TestStore) {
    let (one, two) = (address(test, 1).await, address(test, 2).await);
    for number in 0..3 {
        fail(test, &one, &network(test, number).await).await;
        fail(test, &two, &network(test, number).await).await;
    }
    let from = network(test, 9).await;
    let forgiven = change(&test.store, async |tx: Tx| tx.forgive_failures(&one).await).await;
    assert_eq!(forgiven.unwrap(), 3);
    assert_eq!(brake(test, &one, &from).await, None);
    assert!(brake(test, &two, &from).await.is_some());
}

async fn failures_are_swept_once_they_count_no_more(test: &TestStore) {
    let _mark = clause::check!(R14);
    let (one, from) = (address(test, 1).await, network(test, 1).await);
    fail(test, &one, &from).await;
    let sweep = async || {
        change(&test.store, async |tx: Tx| {
            tx.delete_ended(Ending::Failures, 100).await
        })
        .await
        .unwrap()
    };
    test.clock.advance(DAY);
    assert_eq!(sweep().await, 0);
    test.clock.advance(Duration::from_micros(1));
    assert_eq!(sweep().await, 1);
}

async fn a_failure_of_a_transaction_that_fails_does_not_count(test: &TestStore) {
    let (one, from) = (address(test, 1).await, network(test, 1).await);
    for _ in 0..3 {
        let lost = change(&test.store, async |tx: Tx| {
            tx.count_failure(&one, &from).await?;
            Err::<(), _>(StoreError::Missing { what: "test" })
        })
        .await;
        assert!(matches!(
            refused(lost),
            StoreError::Missing { what: "test" }
        ));
    }
    assert_eq!(brake(test, &one, &from).await, None);
}
