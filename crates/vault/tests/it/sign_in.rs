//! Passwords and codes with a real vault and real costs.

use std::num::NonZeroUsize;
use std::sync::Arc;

use yuntu_terms::{SeededEntropy, clause};
use yuntu_vault::{
    Argon2Costs, CodeBinding, HasherLimits, KeyScope, Password, PasswordError, PasswordHash,
    PasswordHasher, PasswordVerdict, RecoveryCode, Suite, VerificationCode,
};

use crate::house::House;

const LIMITS: HasherLimits = HasherLimits {
    parallel: NonZeroUsize::MIN,
    waiting: 1,
};

async fn hasher(costs: Argon2Costs) -> PasswordHasher {
    let entropy = Arc::new(SeededEntropy::new(1));
    PasswordHasher::new(costs, LIMITS, entropy).await.unwrap()
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

#[tokio::test]
async fn a_password_is_verified_by_its_hash_alone() {
    let _mark = clause::check!(R22);
    let hasher = hasher(Argon2Costs::LEAST).await;
    let hash = hasher.hash(password("caf\u{e9} 月下独酌")).await.unwrap();
    let text = hash.expose();
    assert!(
        text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{text}"
    );
    assert_eq!(format!("{hash:?}"), "PasswordHash([redacted])");
    let stored = PasswordHash::parse(text).unwrap();
    let verdict = async |typed| {
        hasher
            .verify(password(typed), Some(stored.clone()))
            .await
            .unwrap()
    };
    // Typed on another keyboard, with the accent apart.
    assert_eq!(
        verdict("cafe\u{301} 月下独酌").await,
        PasswordVerdict::Right
    );
    assert_eq!(verdict("cafe 月下独酌").await, PasswordVerdict::Wrong);
    assert_eq!(verdict("caf\u{e9} 月下独酌 ").await, PasswordVerdict::Wrong);
    let again = hasher.hash(password("caf\u{e9} 月下独酌")).await.unwrap();
    assert_ne!(again.expose(), text);
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_never_right() {
    let hasher = hasher(Argon2Costs::LEAST).await;
    for typed in ["", "anything"] {
        let verdict = hasher.verify(password(typed), None).await.unwrap();
        assert_eq!(verdict, PasswordVerdict::Wrong);
    }
}

#[tokio::test]
async fn a_hash_of_lower_costs_is_right_and_outdated() {
    let old = hasher(Argon2Costs::LEAST).await;
    let hash = old.hash(password("correct")).await.unwrap();
    let new = hasher(Argon2Costs::STANDARD).await;
    let verdict = new.verify(password("correct"), Some(hash.clone())).await;
    assert_eq!(verdict.unwrap(), PasswordVerdict::RightButOutdated);
    let verdict = new.verify(password("wrong"), Some(hash)).await;
    assert_eq!(verdict.unwrap(), PasswordVerdict::Wrong);
    // The other way round nothing is lowered.
    let hash = new.hash(password("correct")).await.unwrap();
    let verdict = old.verify(password("correct"), Some(hash)).await;
    assert_eq!(verdict.unwrap(), PasswordVerdict::Right);
}

#[tokio::test]
async fn who_comes_when_the_queue_is_full_is_sent_away() {
    let hasher = hasher(Argon2Costs::LEAST).await;
    let ask = || hasher.verify(password("anything"), None);
    let (working, waiting, refused) = tokio::join!(ask(), ask(), ask());
    assert_eq!(working.unwrap(), PasswordVerdict::Wrong);
    assert_eq!(waiting.unwrap(), PasswordVerdict::Wrong);
    assert!(matches!(refused, Err(PasswordError::Busy)));
    // The turns come back.
    assert_eq!(ask().await.unwrap(), PasswordVerdict::Wrong);
}

#[tokio::test]
async fn who_goes_away_holds_the_turn_until_the_work_ends() {
    let hasher = hasher(Argon2Costs::LEAST).await;
    let ask = || hasher.verify(password("anything"), None);
    for _ in 0..2 {
        // Polled once, which starts the work, then dropped.
        let started = tokio::select! {
            biased;
            _ = ask() => false,
            () = std::future::ready(()) => true,
        };
        assert!(started);
    }
    // One works on and the other, which only waited, is gone: one place is free.
    let (one, two) = tokio::join!(ask(), ask());
    assert_eq!(one.unwrap(), PasswordVerdict::Wrong);
    assert!(matches!(two, Err(PasswordError::Busy)));
}

#[test]
fn a_damaged_or_forged_hash_is_refused() {
    let salt = "c2FsdHNhbHRzYWx0c2FsdA";
    let out = "A".repeat(43);
    assert!(PasswordHash::parse(&format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${out}")).is_ok());
    for bad in [
        String::new(),
        "plain".to_owned(),
        format!("$argon2i$v=19$m=19456,t=2,p=1${salt}${out}"),
        format!("$argon2id$v=16$m=19456,t=2,p=1${salt}${out}"),
        // Costs below the least, and such as would take the machine's memory.
        format!("$argon2id$v=19$m=1024,t=2,p=1${salt}${out}"),
        format!("$argon2id$v=19$m=4194304,t=2,p=1${salt}${out}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1${salt}"),
        format!("$argon2id$v=19$m=19456,t=two,p=1${salt}${out}"),
    ] {
        assert!(PasswordHash::parse(&bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_code_opens_its_own_request_and_purpose_only() {
    let _mark = clause::check!(R2);
    let house = House::new(Suite::International).await;
    let key = house
        .vault
        .hasher(&KeyScope::Platform, "codes")
        .await
        .unwrap();
    let binding = CodeBinding {
        request: "r1",
        purpose: "sign_in",
    };
    let code = VerificationCode::parse("012345").unwrap();
    let stored = code.hash(&key, binding).unwrap();
    assert!(code.matches(&key, binding, &stored).unwrap());
    let other = VerificationCode::parse("012346").unwrap();
    assert!(!other.matches(&key, binding, &stored).unwrap());
    for elsewhere in [
        CodeBinding {
            request: "r2",
            ..binding
        },
        CodeBinding {
            purpose: "change_email",
            ..binding
        },
        // The same signs, cut elsewhere.
        CodeBinding {
            request: "nr1",
            purpose: "sign_i",
        },
    ] {
        assert!(
            !code.matches(&key, elsewhere, &stored).unwrap(),
            "{elsewhere:?}"
        );
    }
    let unrelated = house
        .vault
        .hasher(&KeyScope::Platform, "other")
        .await
        .unwrap();
    assert!(!code.matches(&unrelated, binding, &stored).unwrap());
}

#[tokio::test]
async fn a_recovery_code_is_found_among_its_owners() {
    let house = House::new(Suite::International).await;
    let key = house
        .vault
        .hasher(&KeyScope::Platform, "recovery")
        .await
        .unwrap();
    let set = RecoveryCode::draw_set(&SeededEntropy::new(5)).unwrap();
    let hashes = |owner: &str| -> Vec<_> {
        set.iter()
            .map(|code| code.hash(&key, owner).unwrap())
            .collect()
    };
    let (mine, theirs) = (hashes("rep_1"), hashes("rep_2"));
    let typed = RecoveryCode::parse(&set[7].shown().to_lowercase()).unwrap();
    assert_eq!(typed.find(&key, "rep_1", &mine).unwrap(), Some(7));
    assert_eq!(typed.find(&key, "rep_1", &theirs).unwrap(), None);
    let unknown = RecoveryCode::parse(&"0".repeat(24)).unwrap();
    assert_eq!(unknown.find(&key, "rep_1", &mine).unwrap(), None);
}
