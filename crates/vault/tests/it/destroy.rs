use std::time::Duration;

use yuntu_terms::{MockClock, SubjectId, Timestamp, clause};
use yuntu_vault::{KeyScope, KeyShelf, LEASE, Shelved, Suite, VaultError};

use crate::house::{House, PHONE, enterprise, holds, id, scopes};

/// One second less than a lease.
const ALMOST: Duration = Duration::from_secs(LEASE.as_secs() - 1);

async fn wrapped(house: &House, scope: KeyScope) -> Vec<u8> {
    let Shelved::Live(keys) = house.shelf.load(scope).await.unwrap() else {
        panic!("the scope has a key")
    };
    keys[0].bytes.clone()
}

#[tokio::test]
async fn destroying_a_key_leaves_no_byte_of_it_and_no_way_to_read() {
    let _mark = clause::check!(R22);
    for suite in Suite::ALL {
        for scope in scopes() {
            let house = House::new(suite).await;
            let sealed = house.vault.seal(&scope, &PHONE, b"secret").await.unwrap();
            let handle = house.vault.sealer(&scope).await.unwrap();
            let hasher = house.vault.hasher(&scope, "phone").await.unwrap();
            let bytes = wrapped(&house, scope).await;
            assert!(holds(&house.shelf_path(), &bytes));

            house.vault.destroy(&scope).await.unwrap();

            assert!(!holds(&house.shelf_path(), &bytes));
            // Any run of 16 bytes of the wrapped key is gone too.
            assert!(!holds(&house.shelf_path(), &bytes[bytes.len() - 16..]));
            let gone = |error| matches!(error, VaultError::Destroyed);
            let vault = &house.vault;
            assert!(gone(
                vault.unseal(&scope, &PHONE, &sealed).await.unwrap_err()
            ));
            assert!(gone(vault.seal(&scope, &PHONE, b"new").await.unwrap_err()));
            assert!(gone(vault.mac(&scope, "phone", b"x").await.unwrap_err()));
            assert!(gone(vault.data_key(&scope).await.unwrap_err()));
            assert!(gone(vault.rotate(&scope).await.unwrap_err()));
            assert!(handle.unseal(&PHONE, &sealed).is_err());
            assert!(hasher.digest(b"x").is_err());
        }
    }
}

#[tokio::test]
async fn destroying_an_enterprise_takes_everything_below_it_and_nothing_beside_it() {
    let house = House::new(Suite::International).await;
    let [platform, enterprise, part, subject, representative, account] = scopes();
    let mut below = Vec::new();
    for scope in [enterprise, part, subject] {
        let sealed = house.vault.seal(&scope, &PHONE, b"secret").await.unwrap();
        below.push((scope, sealed, wrapped(&house, scope).await));
    }
    let mut beside = Vec::new();
    let neighbour = KeyScope::Enterprise(id(9));
    for scope in [platform, representative, account, neighbour] {
        let sealed = house.vault.seal(&scope, &PHONE, b"other").await.unwrap();
        beside.push((scope, sealed));
    }

    house.vault.destroy(&enterprise).await.unwrap();

    let later = house.another(Suite::International).await.unwrap();
    for vault in [&house.vault, &later] {
        for (scope, sealed, bytes) in &below {
            let opened = vault.unseal(scope, &PHONE, sealed).await;
            assert!(matches!(opened, Err(VaultError::Destroyed)), "{scope}");
            assert!(!holds(&house.shelf_path(), bytes));
        }
        for (scope, sealed) in &beside {
            let opened = vault.unseal(scope, &PHONE, sealed).await.unwrap();
            assert_eq!(opened.expose(), b"other");
        }
    }
    let never = KeyScope::Subject(self::enterprise(), SubjectId::new(99));
    assert!(matches!(
        later.seal(&never, &PHONE, b"x").await,
        Err(VaultError::Destroyed)
    ));
}

#[tokio::test]
async fn another_process_stops_reading_within_one_lease() {
    let house = House::new(Suite::International).await;
    let [_, enterprise, _, subject, ..] = scopes();
    let other = house.another(Suite::International).await.unwrap();
    let sealed = other.seal(&subject, &PHONE, b"secret").await.unwrap();
    // The subject's ring is loaded late in the life of the enterprise's ring.
    house.clock.advance(ALMOST);
    let late = KeyScope::Subject(self::enterprise(), SubjectId::new(8));
    let later = other.seal(&late, &PHONE, b"secret").await.unwrap();
    let handle = other.sealer(&late).await.unwrap();

    house.vault.destroy(&enterprise).await.unwrap();
    house.clock.advance(LEASE);

    for (scope, sealed) in [(subject, &sealed), (late, &later)] {
        assert!(matches!(
            other.unseal(&scope, &PHONE, sealed).await,
            Err(VaultError::Destroyed)
        ));
    }
    assert!(matches!(
        handle.unseal(&PHONE, &later),
        Err(VaultError::LeaseEnded)
    ));
}

#[tokio::test]
async fn a_lease_of_a_child_ends_with_the_lease_above_it() {
    let house = House::new(Suite::International).await;
    let [_, _, _, subject, ..] = scopes();
    let late = KeyScope::Subject(enterprise(), SubjectId::new(8));
    house.vault.sealer(&subject).await.unwrap();
    let second = Duration::from_secs(1);
    // The ring above still serves, and is half of its lease old.
    house.clock.advance((LEASE / 2).saturating_sub(second));
    let handle = house.vault.sealer(&late).await.unwrap();
    house.clock.advance(LEASE / 2);
    assert!(handle.seal(&PHONE, b"x").is_ok());
    house.clock.advance(second);
    assert!(matches!(
        handle.seal(&PHONE, b"x"),
        Err(VaultError::LeaseEnded)
    ));
}

#[tokio::test]
async fn a_clock_that_runs_backwards_ends_a_lease() {
    let house = House::new(Suite::International).await;
    let handle = house.vault.sealer(&KeyScope::Platform).await.unwrap();
    let clock: &MockClock = &house.clock;
    clock.set(Timestamp::from_micros(0));
    assert!(matches!(
        handle.seal(&PHONE, b"x"),
        Err(VaultError::LeaseEnded)
    ));
    assert!(
        house
            .vault
            .seal(&KeyScope::Platform, &PHONE, b"x")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn destroying_what_never_had_a_key_keeps_it_from_getting_one() {
    let house = House::new(Suite::International).await;
    let [_, _, _, subject, ..] = scopes();
    house.vault.destroy(&subject).await.unwrap();
    house.vault.destroy(&subject).await.unwrap();
    assert!(matches!(
        house.vault.seal(&subject, &PHONE, b"x").await,
        Err(VaultError::Destroyed)
    ));
}

#[tokio::test]
async fn a_destruction_that_fails_says_so_and_can_be_repeated() {
    let house = House::new(Suite::International).await;
    let [_, enterprise, ..] = scopes();
    let sealed = house.vault.seal(&enterprise, &PHONE, b"x").await.unwrap();
    house.shelf.fail_after(0);
    assert!(matches!(
        house.vault.destroy(&enterprise).await,
        Err(VaultError::Shelf(_))
    ));
    // Nothing is taken from the cache while the shelf cannot be asked.
    assert!(matches!(
        house.vault.unseal(&enterprise, &PHONE, &sealed).await,
        Err(VaultError::Shelf(_))
    ));
    house.shelf.heal();
    house.vault.destroy(&enterprise).await.unwrap();
    assert!(matches!(
        house.vault.unseal(&enterprise, &PHONE, &sealed).await,
        Err(VaultError::Destroyed)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_reads_after_a_destruction_has_returned() {
    let house = std::sync::Arc::new(House::new(Suite::International).await);
    for round in 0..40 {
        let scope = KeyScope::Subject(enterprise(), SubjectId::new(round));
        let sealed = house.vault.seal(&scope, &PHONE, b"x").await.unwrap();
        let mut readers = Vec::new();
        for _ in 0..4 {
            let (house, sealed) = (std::sync::Arc::clone(&house), sealed.clone());
            readers.push(tokio::spawn(async move {
                // Each passage loads the ring anew, so loads and the destruction overlap.
                loop {
                    house.clock.advance(LEASE);
                    match house.vault.unseal(&scope, &PHONE, &sealed).await {
                        Ok(_) | Err(VaultError::LeaseEnded) => tokio::task::yield_now().await,
                        Err(error) => break error,
                    }
                }
            }));
        }
        tokio::task::yield_now().await;
        house.vault.destroy(&scope).await.unwrap();
        assert!(house.vault.unseal(&scope, &PHONE, &sealed).await.is_err());
        for reader in readers {
            assert!(matches!(reader.await.unwrap(), VaultError::Destroyed));
        }
    }
}
