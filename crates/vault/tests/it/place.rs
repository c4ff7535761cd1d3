use proptest::prelude::*;
use yuntu_terms::{SubjectId, clause};
use yuntu_vault::{KeyScope, PLAIN_LEN_MAX, SealContext, Sealed, Sealer, Suite, VaultError};

use crate::house::{House, PHONE, enterprise, scopes};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

/// Handles on every scope of a house that stays open while a property runs.
fn sealers(suite: Suite) -> (tokio::runtime::Runtime, House, Vec<Sealer>) {
    let runtime = runtime();
    let (house, sealers) = runtime.block_on(async {
        let house = House::new(suite).await;
        let mut sealers = Vec::new();
        for scope in scopes() {
            sealers.push(house.vault.sealer(&scope).await.unwrap());
        }
        (house, sealers)
    });
    (runtime, house, sealers)
}

fn check_places(suite: Suite) {
    let (_runtime, _house, sealers) = sealers(suite);
    let text = "[a-c]{0,3}";
    let place = (text, prop::collection::vec(any::<u8>(), 0..4), text);
    let places = (place.clone(), place);
    let values = prop::collection::vec(any::<u8>(), 0..100);
    let input = (0..sealers.len(), 0..sealers.len(), places, values);
    let config = ProptestConfig::with_cases(2_000);
    proptest!(config, |((here, there, (a, b), value) in input)| {
        let at = SealContext { table: &a.0, row: &a.1, column: &a.2 };
        let elsewhere = SealContext { table: &b.0, row: &b.1, column: &b.2 };
        let sealed = sealers[here].seal(&at, &value).unwrap();
        prop_assert_eq!(sealed.as_bytes().len(), value.len() + Sealed::OVERHEAD);
        let opened = sealers[there].unseal(&elsewhere, &sealed);
        if here == there && at == elsewhere {
            let opened = opened.unwrap();
            prop_assert_eq!(opened.expose(), &value[..]);
        } else {
            prop_assert!(matches!(opened, Err(VaultError::Unreadable)));
        }
    });
}

#[test]
fn a_value_opens_in_its_place_and_nowhere_else() {
    let _mark = clause::check!(R22);
    check_places(Suite::International);
}

#[test]
fn a_value_opens_in_its_place_and_nowhere_else_in_the_national_suite() {
    let _mark = clause::check!(R22);
    check_places(Suite::National);
}

#[test]
fn any_flipped_bit_is_found() {
    for suite in Suite::ALL {
        let (_runtime, _house, sealers) = sealers(suite);
        let sealed = sealers[1].seal(&PHONE, b"13800000000").unwrap();
        for bit in 0..sealed.as_bytes().len() * 8 {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let opened = Sealed::from_bytes(bytes).and_then(|s| sealers[1].unseal(&PHONE, &s));
            assert!(opened.is_err(), "{suite:?} bit {bit}");
        }
        assert_eq!(
            sealers[1].unseal(&PHONE, &sealed).unwrap().expose(),
            b"13800000000"
        );
    }
}

#[test]
fn what_is_cut_short_or_grown_does_not_open() {
    let (_runtime, _house, sealers) = sealers(Suite::International);
    let sealed = sealers[1]
        .seal(&PHONE, b"13800000000")
        .unwrap()
        .into_bytes();
    for len in 0..sealed.len() {
        let opened =
            Sealed::from_bytes(sealed[..len].to_vec()).and_then(|s| sealers[1].unseal(&PHONE, &s));
        assert!(opened.is_err(), "{len} bytes");
    }
    let grown = Sealed::from_bytes([sealed, vec![0]].concat()).unwrap();
    assert!(matches!(
        sealers[1].unseal(&PHONE, &grown),
        Err(VaultError::Unreadable)
    ));
}

#[test]
fn fields_that_run_into_each_other_are_told_apart() {
    let (_runtime, _house, sealers) = sealers(Suite::International);
    let one = SealContext {
        table: "ab",
        row: b"c",
        column: "d",
    };
    let other = SealContext {
        table: "a",
        row: b"bc",
        column: "d",
    };
    let sealed = sealers[0].seal(&one, b"x").unwrap();
    assert!(sealers[0].unseal(&other, &sealed).is_err());
}

#[test]
fn the_same_value_is_never_sealed_to_the_same_bytes() {
    let (_runtime, _house, sealers) = sealers(Suite::International);
    let one = sealers[0].seal(&PHONE, b"x").unwrap();
    let other = sealers[0].seal(&PHONE, b"x").unwrap();
    assert_ne!(one, other);
}

#[test]
fn a_value_beyond_the_limit_is_refused() {
    let (_runtime, _house, sealers) = sealers(Suite::International);
    assert!(matches!(
        sealers[0].seal(&PHONE, &vec![0; PLAIN_LEN_MAX + 1]),
        Err(VaultError::TooLong)
    ));
}

proptest! {
    #[test]
    fn reading_a_stored_form_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(sealed) = Sealed::from_bytes(bytes.clone()) {
            prop_assert_eq!(sealed.as_bytes(), &bytes[..]);
        }
    }
}

#[tokio::test]
async fn keyed_hashes_differ_by_scope_domain_and_value_and_stay_the_same() {
    for suite in Suite::ALL {
        let house = House::new(suite).await;
        let one = KeyScope::Enterprise(enterprise());
        let other = KeyScope::Subject(enterprise(), SubjectId::new(1));
        let mac = async |scope: &KeyScope, domain: &str, value: &[u8]| {
            house.vault.mac(scope, domain, value).await.unwrap()
        };
        let phone = mac(&one, "phone", b"13800000000").await;
        assert_eq!(phone, mac(&one, "phone", b"13800000000").await);
        assert_ne!(phone, mac(&other, "phone", b"13800000000").await);
        assert_ne!(phone, mac(&one, "email", b"13800000000").await);
        assert_ne!(phone, mac(&one, "phone", b"13800000001").await);
        let again = house.another(suite).await.unwrap();
        assert_eq!(
            phone,
            again.mac(&one, "phone", b"13800000000").await.unwrap()
        );
    }
}

#[tokio::test]
async fn data_keys_differ_by_scope_and_are_found_again_by_version() {
    let house = House::new(Suite::International).await;
    let [_, enterprise, part, ..] = scopes();
    let key = house.vault.data_key(&part).await.unwrap();
    let above = house.vault.data_key(&enterprise).await.unwrap();
    assert_ne!(key.expose(), above.expose());
    house.vault.rotate(&part).await.unwrap();
    let newer = house.vault.data_key(&part).await.unwrap();
    assert_ne!(newer.expose(), key.expose());
    assert_eq!((key.version(), newer.version()), (1, 2));
    let found = house.vault.data_key_at(&part, 1).await.unwrap();
    assert_eq!(found.expose(), key.expose());
    assert!(matches!(
        house.vault.data_key_at(&part, 3).await,
        Err(VaultError::NoKey)
    ));
}

#[tokio::test]
async fn nothing_secret_is_printed() {
    let house = House::new(Suite::International).await;
    let scope = KeyScope::Enterprise(enterprise());
    let key = house.vault.data_key(&scope).await.unwrap();
    let sealed = house
        .vault
        .seal(&scope, &PHONE, b"13800000000")
        .await
        .unwrap();
    let plain = house.vault.unseal(&scope, &PHONE, &sealed).await.unwrap();
    let hasher = house.vault.hasher(&scope, "phone").await.unwrap();
    let handle = house.vault.sealer(&scope).await.unwrap();
    let printed = format!(
        "{key:?} {sealed:?} {plain:?} {hasher:?} {handle:?} {:?} {:?}",
        house.vault, house.provider
    );
    for secret in [key.expose().as_slice(), sealed.as_bytes(), plain.expose()] {
        let [.., a, b, c, d] = secret else {
            unreachable!("each is longer than four bytes")
        };
        assert!(!printed.contains(&format!("{a}, {b}, {c}, {d}")));
        assert!(!printed.contains(&format!("{a:02x}{b:02x}{c:02x}{d:02x}")));
    }
    assert!(!printed.contains("13800000000"));
}
