use yuntu_terms::{SubjectId, SystemEntropy, clause};
use yuntu_vault::{FileProvider, KeyScope, KeyShelf, RewrapReport, Shelved, Suite, VaultError};

use crate::house::{House, PHONE, credential, enterprise, holds, id, scopes};

#[tokio::test]
async fn rotation_keeps_old_values_readable_and_seals_with_the_new_key() {
    let _mark = clause::check!(R22);
    let house = House::new(Suite::International).await;
    for scope in scopes() {
        let old = house.vault.seal(&scope, &PHONE, b"old").await.unwrap();
        let hash = house.vault.mac(&scope, "phone", b"1").await.unwrap();
        let version = house.vault.rotate(&scope).await.unwrap();
        let new = house.vault.seal(&scope, &PHONE, b"new").await.unwrap();
        assert_eq!((old.version(), version, new.version()), (1, 2, 2));
        let later = house.another(Suite::International).await.unwrap();
        for vault in [&house.vault, &later] {
            let open = async |sealed| vault.unseal(&scope, &PHONE, sealed).await.unwrap();
            assert_eq!(open(&old).await.expose(), b"old");
            assert_eq!(open(&new).await.expose(), b"new");
            assert_eq!(vault.mac(&scope, "phone", b"1").await.unwrap(), hash);
        }
    }
}

#[tokio::test]
async fn a_process_that_leased_the_key_before_a_rotation_reads_new_values() {
    let house = House::new(Suite::International).await;
    let [_, scope, ..] = scopes();
    let other = house.another(Suite::International).await.unwrap();
    other.seal(&scope, &PHONE, b"x").await.unwrap();
    house.vault.rotate(&scope).await.unwrap();
    let new = house.vault.seal(&scope, &PHONE, b"new").await.unwrap();
    let opened = other.unseal(&scope, &PHONE, &new).await.unwrap();
    assert_eq!(opened.expose(), b"new");
}

#[tokio::test]
async fn a_process_that_leased_the_key_above_before_a_rotation_opens_new_keys_below() {
    let _mark = clause::check!(R22);
    let house = House::new(Suite::International).await;
    let other = house.another(Suite::International).await.unwrap();
    let above = KeyScope::Enterprise(enterprise());
    other.seal(&above, &PHONE, b"x").await.unwrap();
    house.vault.renew().await.unwrap();
    for below in scopes().into_iter().skip(2) {
        let sealed = house.vault.seal(&below, &PHONE, b"new").await.unwrap();
        let opened = other.unseal(&below, &PHONE, &sealed).await.unwrap();
        assert_eq!(opened.expose(), b"new", "{below}");
    }
}

#[tokio::test]
async fn rotation_does_not_end_handles_in_use() {
    let house = House::new(Suite::International).await;
    let [_, scope, ..] = scopes();
    let handle = house.vault.sealer(&scope).await.unwrap();
    house.vault.rotate(&scope).await.unwrap();
    let sealed = handle.seal(&PHONE, b"x").unwrap();
    assert_eq!(sealed.version(), 1);
    assert!(house.vault.unseal(&scope, &PHONE, &sealed).await.is_ok());
}

#[tokio::test]
async fn rotation_carries_a_scope_into_the_other_suite() {
    let house = House::new(Suite::International).await;
    let [_, scope, ..] = scopes();
    let old = house.vault.seal(&scope, &PHONE, b"old").await.unwrap();
    let hash = house.vault.mac(&scope, "phone", b"1").await.unwrap();
    let national = house.another(Suite::National).await.unwrap();
    national.rotate(&scope).await.unwrap();
    let new = national.seal(&scope, &PHONE, b"new").await.unwrap();
    assert_eq!(
        (old.suite(), new.suite()),
        (Suite::International, Suite::National)
    );
    for vault in [&house.vault, &national] {
        let open = async |sealed| vault.unseal(&scope, &PHONE, sealed).await.unwrap();
        assert_eq!(open(&old).await.expose(), b"old");
        assert_eq!(open(&new).await.expose(), b"new");
        assert_eq!(vault.mac(&scope, "phone", b"1").await.unwrap(), hash);
    }
}

#[tokio::test]
async fn a_scope_without_a_key_has_nothing_to_rotate() {
    let house = House::new(Suite::International).await;
    let [_, scope, ..] = scopes();
    assert!(matches!(
        house.vault.rotate(&scope).await,
        Err(VaultError::NoKey)
    ));
}

#[tokio::test]
async fn rewrapping_moves_every_key_below_to_the_newest_key_above() {
    let house = House::new(Suite::International).await;
    let mut sealed = Vec::new();
    let mut wrapped = Vec::new();
    for scope in scopes() {
        sealed.push((scope, house.vault.seal(&scope, &PHONE, b"x").await.unwrap()));
        if let Shelved::Live(keys) = house.shelf.load(scope).await.unwrap() {
            wrapped.push(keys[0].bytes.clone());
        }
    }
    house.vault.rotate(&KeyScope::Platform).await.unwrap();
    house
        .vault
        .rotate(&KeyScope::Enterprise(enterprise()))
        .await
        .unwrap();
    let unlock = credential(house.dir.path());
    house.provider.add_kek(&SystemEntropy).unwrap();

    let report = house.vault.rewrap(&KeyScope::Platform).await.unwrap();

    // Platform 1 and 2 by the key file's new key; enterprise 1, part, subject, representative and account by the rotated
    // ones; enterprise 2 was made under the newest platform key.
    let expected = RewrapReport {
        rewrapped: 7,
        current: 1,
        changed: 0,
    };
    assert_eq!(report, expected);
    for bytes in &wrapped {
        assert!(!holds(&house.shelf_path(), bytes));
    }
    let again = house.vault.rewrap(&KeyScope::Platform).await.unwrap();
    assert_eq!(
        again,
        RewrapReport {
            rewrapped: 0,
            current: 8,
            changed: 0
        }
    );

    house.provider.drop_old_keks(&SystemEntropy).unwrap();
    let path = house.dir.path().join("kek.json");
    drop(FileProvider::open(&path, &unlock).unwrap());
    let later = house.another(Suite::International).await.unwrap();
    for (scope, sealed) in &sealed {
        assert_eq!(
            later.unseal(scope, &PHONE, sealed).await.unwrap().expose(),
            b"x"
        );
    }
}

#[tokio::test]
async fn rewrapping_pages_through_many_keys() {
    let house = House::new(Suite::International).await;
    let subject = |number| KeyScope::Subject(enterprise(), SubjectId::new(number));
    for number in 0..260 {
        house.vault.sealer(&subject(number)).await.unwrap();
    }
    house
        .vault
        .rotate(&KeyScope::Enterprise(enterprise()))
        .await
        .unwrap();
    let report = house.vault.rewrap(&KeyScope::Platform).await.unwrap();
    assert_eq!((report.rewrapped, report.current), (260, 3));
}

#[tokio::test]
async fn a_rewrap_that_fails_half_way_loses_nothing_and_can_be_repeated() {
    let house = House::new(Suite::International).await;
    let mut sealed = Vec::new();
    for scope in scopes() {
        sealed.push((scope, house.vault.seal(&scope, &PHONE, b"x").await.unwrap()));
    }
    let mut version = 1;
    for calls in 0.. {
        house.vault.rotate(&KeyScope::Platform).await.unwrap();
        version += 1;
        house.shelf.fail_after(calls);
        let done = house.vault.rewrap(&KeyScope::Platform).await;
        house.shelf.heal();
        let later = house.another(Suite::International).await.unwrap();
        for (scope, sealed) in &sealed {
            assert_eq!(
                later.unseal(scope, &PHONE, sealed).await.unwrap().expose(),
                b"x"
            );
        }
        if done.is_ok() {
            assert!(calls > 5, "the injected failures were reached");
            break;
        }
    }
    assert!(version > 2);
}

#[tokio::test]
async fn a_renewal_reaches_every_enterprise_and_everything_stays_readable() {
    let _mark = clause::check!(R22);
    let house = House::new(Suite::International).await;
    let mut before = Vec::new();
    for scope in scopes() {
        let sealed = house.vault.seal(&scope, &PHONE, b"old").await.unwrap();
        let hash = house.vault.mac(&scope, "phone", b"1").await.unwrap();
        before.push((scope, sealed, hash));
    }
    let gone = KeyScope::Enterprise(id(9));
    house.vault.seal(&gone, &PHONE, b"old").await.unwrap();
    house.vault.destroy(&gone).await.unwrap();
    let upper = scopes()
        .into_iter()
        .filter(|it| matches!(it, KeyScope::Platform | KeyScope::Enterprise(_)));
    let upper = upper.collect::<Vec<_>>();
    let report = house.vault.renew().await.unwrap();
    assert_eq!(report.rotated, upper.len() as u64);
    assert!(report.rewrapped.rewrapped > 0);
    // Nothing is left for another rewrap, so the older keys above wrap nothing any more.
    let left = house.vault.rewrap(&KeyScope::Platform).await.unwrap();
    assert_eq!(left.rewrapped, 0, "{left:?}");
    let later = house.another(Suite::International).await.unwrap();
    for vault in [&house.vault, &later] {
        for (scope, sealed, hash) in &before {
            let open = vault.unseal(scope, &PHONE, sealed).await.unwrap();
            assert_eq!(open.expose(), b"old");
            assert_eq!(vault.mac(scope, "phone", b"1").await.unwrap(), *hash);
        }
        assert!(vault.unseal(&gone, &PHONE, &before[0].1).await.is_err());
    }
    for scope in upper {
        let new = later.seal(&scope, &PHONE, b"new").await.unwrap();
        assert_eq!(new.version(), 2, "{scope}");
    }
}
