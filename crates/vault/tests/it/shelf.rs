use std::fs;
use std::sync::Arc;

use yuntu_terms::{SubjectId, Timestamp};
use yuntu_vault::{
    FolderShelf, Insertion, KeyScope, KeyShelf, Replacement, ShelfError, Shelved, Suite,
    VaultError, WrappedKey,
};

use crate::house::{House, PHONE, enterprise, scopes};

fn key(scope: KeyScope, version: u32, byte: u8) -> WrappedKey {
    WrappedKey {
        scope,
        version,
        bytes: vec![byte; 100],
    }
}

#[tokio::test]
async fn a_shelf_keeps_what_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = FolderShelf::open(dir.path()).await.unwrap();
    for scope in scopes() {
        assert_eq!(shelf.load(scope).await.unwrap(), Shelved::Absent);
        let (first, second) = (key(scope, 1, 1), key(scope, 2, 2));
        assert_eq!(shelf.insert(&second).await.unwrap(), Insertion::New);
        assert_eq!(shelf.insert(&first).await.unwrap(), Insertion::New);
        let other = key(scope, 1, 9);
        assert_eq!(shelf.insert(&other).await.unwrap(), Insertion::Taken);
        let again = FolderShelf::open(dir.path()).await.unwrap();
        let live = Shelved::Live(vec![first.clone(), second.clone()]);
        assert_eq!(again.load(scope).await.unwrap(), live);

        let bytes = [3; 72];
        assert_eq!(
            shelf.replace(&other, &bytes).await.unwrap(),
            Replacement::Changed
        );
        assert_eq!(
            shelf.replace(&first, &bytes).await.unwrap(),
            Replacement::Done
        );
        assert_eq!(
            shelf.replace(&first, &bytes).await.unwrap(),
            Replacement::Changed
        );
        let Shelved::Live(keys) = again.load(scope).await.unwrap() else {
            panic!("the keys are there")
        };
        assert_eq!(keys[0].bytes, bytes);
    }
}

#[tokio::test]
async fn a_destroyed_scope_takes_no_key_and_neither_does_what_lies_below() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = FolderShelf::open(dir.path()).await.unwrap();
    let [_, enterprise, part, subject, ..] = scopes();
    for scope in [enterprise, part] {
        shelf.insert(&key(scope, 1, 1)).await.unwrap();
    }
    shelf
        .destroy(enterprise, Timestamp::from_micros(0))
        .await
        .unwrap();
    for scope in [enterprise, part, subject] {
        assert_eq!(shelf.load(scope).await.unwrap(), Shelved::Destroyed);
        let key = key(scope, 1, 1);
        assert_eq!(shelf.insert(&key).await.unwrap(), Insertion::Destroyed);
        assert_eq!(
            shelf.replace(&key, &[0]).await.unwrap(),
            Replacement::Changed
        );
    }
}

#[tokio::test]
async fn a_shelf_lists_what_lies_right_below_page_by_page() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = FolderShelf::open(dir.path()).await.unwrap();
    let [platform, above, part, _, representative, account] = scopes();
    let subject = |number| KeyScope::Subject(enterprise(), SubjectId::new(number));
    let mut below = vec![part];
    below.extend((0..20).map(subject));
    for scope in below.iter().chain([&above, &representative, &account]) {
        shelf.insert(&key(*scope, 1, 1)).await.unwrap();
    }
    shelf
        .destroy(subject(3), Timestamp::from_micros(0))
        .await
        .unwrap();
    below.retain(|scope| *scope != subject(3));

    let mut seen = Vec::new();
    loop {
        let page = shelf.below(above, seen.last().copied(), 7).await.unwrap();
        assert!(page.len() <= 7);
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, below);
    let top = shelf.below(platform, None, 10).await.unwrap();
    assert_eq!(top, [above, representative, account]);
    for leaf in [representative, account] {
        assert!(shelf.below(leaf, None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_key_that_was_cut_or_grown_is_reported_as_damaged() {
    let house = House::new(Suite::International).await;
    let [_, scope, ..] = scopes();
    let sealed = house.vault.seal(&scope, &PHONE, b"x").await.unwrap();
    let path = house
        .shelf_path()
        .join(scope.to_string())
        .join("0000000001.key");
    let whole = fs::read(&path).unwrap();
    let grown = [whole.clone(), vec![0]].concat();
    let cuts = (0..whole.len()).map(|len| whole[..len].to_vec());
    for content in cuts.chain([grown, vec![0; 4096]]) {
        fs::write(&path, &content).unwrap();
        let later = house.another(Suite::International).await.unwrap();
        let error = later.unseal(&scope, &PHONE, &sealed).await.unwrap_err();
        assert!(
            matches!(error, VaultError::Shelf(ShelfError::Damaged)),
            "{error}"
        );
    }
    fs::write(&path, &whole).unwrap();
    let later = house.another(Suite::International).await.unwrap();
    assert!(later.unseal(&scope, &PHONE, &sealed).await.is_ok());
}

#[tokio::test]
async fn any_flipped_bit_of_a_wrapped_key_is_found() {
    let house = House::new(Suite::International).await;
    let [_, scope, ..] = scopes();
    let sealed = house.vault.seal(&scope, &PHONE, b"x").await.unwrap();
    for scope_of_key in [KeyScope::Platform, scope] {
        let dir = house.shelf_path().join(scope_of_key.to_string());
        let path = dir.join("0000000001.key");
        let whole = fs::read(&path).unwrap();
        for bit in (0..whole.len() * 8).step_by(3) {
            let mut content = whole.clone();
            content[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &content).unwrap();
            let opened = match house.another(Suite::International).await {
                Ok(later) => later.unseal(&scope, &PHONE, &sealed).await.map(drop),
                Err(error) => Err(error),
            };
            assert!(opened.is_err(), "{scope_of_key} bit {bit}");
        }
        fs::write(&path, &whole).unwrap();
    }
}

#[tokio::test]
async fn a_key_moved_to_another_scope_or_version_does_not_open() {
    let house = House::new(Suite::International).await;
    let [_, _, _, subject, ..] = scopes();
    house.vault.sealer(&subject).await.unwrap();
    let Shelved::Live(keys) = house.shelf.load(subject).await.unwrap() else {
        panic!("the key is there")
    };
    let bytes = keys[0].bytes.clone();
    let scope = KeyScope::Subject(enterprise(), SubjectId::new(8));
    let moved = WrappedKey {
        scope,
        version: 1,
        bytes: bytes.clone(),
    };
    let copied = WrappedKey {
        scope: subject,
        version: 2,
        bytes,
    };
    for key in [moved, copied] {
        house.shelf.insert(&key).await.unwrap();
        let later = house.another(Suite::International).await.unwrap();
        assert!(matches!(
            later.sealer(&key.scope).await,
            Err(VaultError::WrappedKeyDamaged)
        ));
    }
}

#[tokio::test]
async fn a_missing_first_version_is_reported_and_not_replaced() {
    let house = House::new(Suite::International).await;
    let [_, scope, ..] = scopes();
    house.vault.sealer(&scope).await.unwrap();
    house.vault.rotate(&scope).await.unwrap();
    let dir = house.shelf_path().join(scope.to_string());
    fs::remove_file(dir.join("0000000001.key")).unwrap();
    let later = house.another(Suite::International).await.unwrap();
    assert!(matches!(
        later.mac(&scope, "phone", b"1").await,
        Err(VaultError::WrappedKeyDamaged)
    ));
}

#[tokio::test]
async fn a_lost_platform_key_is_not_silently_replaced() {
    let house = House::new(Suite::International).await;
    let [platform, scope, ..] = scopes();
    house.vault.sealer(&scope).await.unwrap();
    fs::remove_dir_all(house.shelf_path().join(platform.to_string())).unwrap();
    assert!(matches!(
        house.another(Suite::International).await,
        Err(VaultError::PlatformKeyMissing)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn vaults_that_make_the_same_key_at_once_agree() {
    for _ in 0..10 {
        let house = House::new(Suite::International).await;
        let [_, _, part, subject, ..] = scopes();
        let mut tasks = Vec::new();
        for number in 0..8 {
            // Half of them share a vault, the others have one of their own.
            let vault = Arc::new(house.another(Suite::International).await.unwrap());
            for _ in 0..2 {
                let vault = Arc::clone(&vault);
                let scope = if number % 2 == 0 { part } else { subject };
                tasks.push(tokio::spawn(async move {
                    let sealed = vault.seal(&scope, &PHONE, b"x").await.unwrap();
                    let mac = vault.mac(&scope, "phone", b"1").await.unwrap();
                    (scope, sealed, mac)
                }));
            }
        }
        for task in tasks {
            let (scope, sealed, mac) = task.await.unwrap();
            let opened = house.vault.unseal(&scope, &PHONE, &sealed).await.unwrap();
            assert_eq!(opened.expose(), b"x");
            assert_eq!(house.vault.mac(&scope, "phone", b"1").await.unwrap(), mac);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rotations_at_once_leave_versions_without_gaps() {
    let house = Arc::new(House::new(Suite::International).await);
    let [_, scope, ..] = scopes();
    let old = house.vault.seal(&scope, &PHONE, b"old").await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let house = Arc::clone(&house);
        tasks.push(tokio::spawn(async move {
            house.vault.rotate(&scope).await.unwrap()
        }));
    }
    for task in tasks {
        assert!(task.await.unwrap() >= 2);
    }
    let later = house.another(Suite::International).await.unwrap();
    assert!(later.unseal(&scope, &PHONE, &old).await.is_ok());
}

#[tokio::test]
async fn whichever_call_to_the_shelf_fails_the_vault_refuses_and_loses_nothing() {
    let house = House::new(Suite::International).await;
    let [_, _, _, subject, ..] = scopes();
    let mut refused = 0;
    for calls in 0.. {
        let vault = house.another(Suite::International).await.unwrap();
        let scope = KeyScope::Subject(enterprise(), SubjectId::new(1_000 + calls));
        house.shelf.fail_after(i64::from(calls));
        let done = vault.seal(&scope, &PHONE, b"x").await;
        house.shelf.heal();
        match done {
            Err(error) => {
                assert!(matches!(
                    error,
                    VaultError::Shelf(ShelfError::Unavailable(_))
                ));
                refused += 1;
            }
            Ok(sealed) => {
                assert!(house.vault.unseal(&scope, &PHONE, &sealed).await.is_ok());
                break;
            }
        }
        assert!(vault.seal(&scope, &PHONE, b"x").await.is_ok());
    }
    assert!(refused >= 3, "only {refused} calls were made");
    let sealed = house.vault.seal(&subject, &PHONE, b"x").await.unwrap();
    house.clock.advance(yuntu_vault::LEASE);
    house.shelf.fail_after(0);
    assert!(matches!(
        house.vault.unseal(&subject, &PHONE, &sealed).await,
        Err(VaultError::Shelf(_))
    ));
}

#[tokio::test]
async fn only_the_owner_may_enter_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::new(Suite::International).await;
    let [_, scope, ..] = scopes();
    house.vault.sealer(&scope).await.unwrap();
    let dir = house.shelf_path().join(scope.to_string());
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(house.shelf_path()), 0o700);
    assert_eq!(mode(dir.clone()), 0o700);
    assert_eq!(mode(dir.join("0000000001.key")), 0o600);
}

#[tokio::test]
async fn destroyed_and_rewrapped_keys_are_overwritten_and_not_only_unlinked() {
    let house = House::new(Suite::International).await;
    let [platform, scope, ..] = scopes();
    house.vault.sealer(&scope).await.unwrap();
    let path = house.shelf_path().join(scope.to_string());
    let path = path.join("0000000001.key");
    // A second name keeps the old content in sight.
    let (rewrapped, destroyed) = (house.dir.path().join("a"), house.dir.path().join("b"));
    fs::hard_link(&path, &rewrapped).unwrap();
    house.vault.rotate(&platform).await.unwrap();
    house.vault.rewrap(&scope).await.unwrap();
    fs::hard_link(&path, &destroyed).unwrap();
    house.vault.destroy(&scope).await.unwrap();
    for old in [rewrapped, destroyed] {
        let content = fs::read(old).unwrap();
        assert!(!content.is_empty() && content.iter().all(|byte| *byte == 0));
    }
}
