use yuntu_terms::{EnterpriseId, Id, Kind, PartId, SeededEntropy, SubjectId, Timestamp};
use yuntu_testkit::TestStore;
use yuntu_vault::{
    Insertion, KeyScope, KeyShelf, Replacement, SealContext, Shelved, VaultError, WrappedKey,
};

use crate::contract;

contract! {
    a_shelf_keeps_versions_and_takes_each_once,
    a_destroyed_scope_and_all_below_it_never_have_a_key_again,
    scopes_below_one_come_in_order_and_by_the_page,
    bytes_are_exchanged_only_for_the_old_ones,
    what_one_vault_sealed_another_on_the_same_rows_opens,
}

fn id<K: Kind>(seed: u64) -> Id<K> {
    Id::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed)).unwrap()
}

fn key(scope: KeyScope, version: u32) -> WrappedKey {
    WrappedKey {
        scope,
        version,
        bytes: vec![u8::try_from(version).unwrap(); 40],
    }
}

async fn a_shelf_keeps_versions_and_takes_each_once(test: &TestStore) {
    let shelf = test.store.database().key_shelf();
    let scope = KeyScope::Enterprise(id(1));
    assert_eq!(shelf.load(scope).await.unwrap(), Shelved::Absent);
    assert_eq!(shelf.insert(&key(scope, 1)).await.unwrap(), Insertion::New);
    assert_eq!(shelf.insert(&key(scope, 2)).await.unwrap(), Insertion::New);
    let changed = WrappedKey {
        bytes: vec![9; 40],
        ..key(scope, 2)
    };
    assert_eq!(shelf.insert(&changed).await.unwrap(), Insertion::Taken);
    let live = shelf.load(scope).await.unwrap();
    assert_eq!(live, Shelved::Live(vec![key(scope, 1), key(scope, 2)]));
    let third = key(scope, 3);
    let (one, two) = tokio::join!(shelf.insert(&third), shelf.insert(&third));
    let outcomes = [one.unwrap(), two.unwrap()];
    assert!(outcomes.contains(&Insertion::New) && outcomes.contains(&Insertion::Taken));
}

async fn a_destroyed_scope_and_all_below_it_never_have_a_key_again(test: &TestStore) {
    let shelf = test.store.database().key_shelf();
    let enterprise: EnterpriseId = id(1);
    let part: PartId = id(2);
    let (top, below) = (
        KeyScope::Enterprise(enterprise),
        KeyScope::Part(enterprise, part),
    );
    let other = KeyScope::Enterprise(id(3));
    for scope in [top, below, other] {
        shelf.insert(&key(scope, 1)).await.unwrap();
    }
    for _ in 0..2 {
        shelf
            .destroy(top, test.store.database().now())
            .await
            .unwrap();
    }
    for scope in [top, below, KeyScope::Subject(enterprise, SubjectId::new(1))] {
        assert_eq!(shelf.load(scope).await.unwrap(), Shelved::Destroyed);
        assert_eq!(
            shelf.insert(&key(scope, 2)).await.unwrap(),
            Insertion::Destroyed
        );
    }
    assert_eq!(
        shelf.load(other).await.unwrap(),
        Shelved::Live(vec![key(other, 1)])
    );
    assert!(shelf.below(top, None, 10).await.unwrap().is_empty());
}

async fn scopes_below_one_come_in_order_and_by_the_page(test: &TestStore) {
    let shelf = test.store.database().key_shelf();
    let enterprise: EnterpriseId = id(1);
    let mut scopes: Vec<_> = [7, 10, 9, 100]
        .map(|number| KeyScope::Subject(enterprise, SubjectId::new(number)))
        .into_iter()
        .chain([2, 3].map(|seed| KeyScope::Part(enterprise, id(seed))))
        .collect();
    for scope in &scopes {
        shelf.insert(&key(*scope, 1)).await.unwrap();
        shelf.insert(&key(*scope, 2)).await.unwrap();
    }
    scopes.sort();
    let mut found = Vec::new();
    loop {
        let page = shelf
            .below(KeyScope::Enterprise(enterprise), found.last().copied(), 4)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found, scopes);
}

async fn bytes_are_exchanged_only_for_the_old_ones(test: &TestStore) {
    let shelf = test.store.database().key_shelf();
    let scope = KeyScope::Enterprise(id(1));
    shelf.insert(&key(scope, 1)).await.unwrap();
    assert_eq!(
        shelf.replace(&key(scope, 1), &[8; 40]).await.unwrap(),
        Replacement::Done
    );
    assert_eq!(
        shelf.replace(&key(scope, 1), &[7; 40]).await.unwrap(),
        Replacement::Changed
    );
    let Shelved::Live(keys) = shelf.load(scope).await.unwrap() else {
        panic!("no key")
    };
    assert_eq!(keys[0].bytes, [8; 40]);
}

async fn what_one_vault_sealed_another_on_the_same_rows_opens(test: &TestStore) {
    let scope = KeyScope::Enterprise(id(1));
    let context = SealContext {
        table: "t",
        row: b"1",
        column: "c",
    };
    let sealed = test
        .store
        .vault()
        .seal(&scope, &context, b"value")
        .await
        .unwrap();
    let other = test.reopen().await.unwrap();
    let plain = other
        .vault()
        .unseal(&scope, &context, &sealed)
        .await
        .unwrap();
    assert_eq!(plain.expose(), b"value");
    test.store.vault().destroy(&scope).await.unwrap();
    let fresh = test.reopen().await.unwrap();
    let gone = fresh.vault().unseal(&scope, &context, &sealed).await;
    assert!(matches!(gone.unwrap_err(), VaultError::Destroyed));
}
