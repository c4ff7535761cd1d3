use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;
use yuntu_store::{
    CODE_LIFE, CODE_NETWORK_QUOTAS, CODE_TRIES_MAX, CodeIssue, CodeOutcome, CodeUse, ContactKind,
    Ending, Limit, Limited, NetworkMac, NewCode, SealedCode, StoreError, Tx, TypedCode,
};
use yuntu_terms::{AccountId, CodeId, Pii, Sink, Timestamp, Warrant, clause};
use yuntu_testkit::{Person, TestStore};
use yuntu_vault::VerificationCode;

use crate::contract;
use crate::steps::{beside, change, count, entry, refused};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

contract! {
    a_right_code_proves_its_address_once,
    a_code_opens_only_what_it_was_asked_for,
    a_code_bears_five_tries,
    a_code_lasts_five_minutes,
    a_minute_lies_between_two_codes,
    five_codes_an_hour_go_to_an_address,
    ten_codes_a_day_go_to_an_address,
    no_code_but_one_for_a_new_contact_names_an_account,
    a_new_contact_stays_sealed_until_its_account_asks,
    of_two_right_answers_at_once_one_wins,
    tries_at_once_are_counted_each,
    two_wishes_at_once_send_one_code,
    a_network_gets_no_codes_without_end,
    codes_are_swept_once_they_count_no_more,
    no_digit_of_a_code_reaches_the_disk,
}

async fn sealed(
    test: &TestStore,
    code_use: CodeUse,
    address: &str,
    account: Option<AccountId>,
) -> (SealedCode, VerificationCode) {
    let address = Pii::new(address.to_owned());
    let new = NewCode {
        code_use,
        kind: ContactKind::Email,
        address: &address,
        account,
        network: network(test, 1).await,
    };
    test.store.seal_code(&new).await.unwrap()
}

async fn network(test: &TestStore, number: u32) -> NetworkMac {
    let network = Pii::new(format!("198.51.{number}.0/24"));
    test.store.network_mac(&network).await.unwrap()
}

async fn issue(test: &TestStore, code: &SealedCode) -> CodeIssue {
    change(&test.store, async |tx: Tx| tx.issue_code(code).await)
        .await
        .unwrap()
}

/// Sends a code to sign in, and tells it.
async fn sent(test: &TestStore, address: &str) -> (CodeId, VerificationCode) {
    let (code, digits) = sealed(test, CodeUse::SignIn, address, None).await;
    assert!(matches!(issue(test, &code).await, CodeIssue::Issued { .. }));
    (code.id(), digits)
}

async fn typed(test: &TestStore, id: CodeId, digits: &VerificationCode) -> TypedCode {
    let typed = test.store.hash_code(id, CodeUse::SignIn, digits).await;
    typed.unwrap()
}

async fn attempt(test: &TestStore, id: CodeId, digits: &VerificationCode) -> CodeOutcome {
    let typed = typed(test, id, digits).await;
    change(&test.store, async |tx: Tx| tx.try_code(&typed).await)
        .await
        .unwrap()
}

/// Six digits that are not these.
fn other_than(digits: &VerificationCode) -> VerificationCode {
    let number: u32 = digits.expose().parse().unwrap();
    VerificationCode::parse(&format!("{:06}", (number + 1) % 1_000_000)).unwrap()
}

async fn a_right_code_proves_its_address_once(test: &TestStore) {
    let _mark = clause::check!(R2);
    Person::enter(&test.store, 1).await.unwrap();
    let (code, digits) = sealed(test, CodeUse::SignIn, "person-0001@example.com", None).await;
    assert_eq!(
        issue(test, &code).await,
        CodeIssue::Issued {
            expires: test.store.database().now().plus(CODE_LIFE)
        }
    );
    let CodeOutcome::Right(proven) = attempt(test, code.id(), &digits).await else {
        panic!("the code is right");
    };
    assert_eq!(proven.account, None);
    let same = Pii::new("person-0001@example.com".to_owned());
    let same = test.store.address_mac(ContactKind::Email, &same).await;
    assert_eq!(proven.address, same.unwrap());
    assert_eq!(proven.address.kind(), ContactKind::Email);
    assert_eq!(attempt(test, code.id(), &digits).await, CodeOutcome::Spent);
}

async fn a_code_opens_only_what_it_was_asked_for(test: &TestStore) {
    let (id, digits) = sent(test, "a@example.com").await;
    let (other, _) = sent(test, "b@example.com").await;
    for code_use in [CodeUse::SignUp, CodeUse::Recover, CodeUse::NewContact] {
        let typed = test.store.hash_code(id, code_use, &digits).await.unwrap();
        let outcome = change(&test.store, async |tx: Tx| tx.try_code(&typed).await).await;
        assert_eq!(outcome.unwrap(), CodeOutcome::Spent);
    }
    // The digits of one request open no other.
    assert_eq!(
        attempt(test, other, &digits).await,
        CodeOutcome::Wrong { left: 4 }
    );
    assert!(matches!(
        attempt(test, id, &digits).await,
        CodeOutcome::Right(_)
    ));
    let now = test.store.database().now();
    let nobody = CodeId::generate(now, &yuntu_terms::SystemEntropy).unwrap();
    assert_eq!(attempt(test, nobody, &digits).await, CodeOutcome::Spent);
}

async fn a_code_bears_five_tries(test: &TestStore) {
    let _mark = clause::check!(R2);
    let (id, digits) = sent(test, "a@example.com").await;
    let wrong = other_than(&digits);
    for left in (1..CODE_TRIES_MAX).rev() {
        assert_eq!(attempt(test, id, &wrong).await, CodeOutcome::Wrong { left });
    }
    let (fourth, its_digits) = sent(test, "b@example.com").await;
    for _ in 0..4 {
        attempt(test, fourth, &other_than(&its_digits)).await;
    }
    // The fifth try may be the right one; a sixth may not.
    assert!(matches!(
        attempt(test, fourth, &its_digits).await,
        CodeOutcome::Right(_)
    ));
    assert_eq!(
        attempt(test, id, &wrong).await,
        CodeOutcome::Wrong { left: 0 }
    );
    assert_eq!(attempt(test, id, &digits).await, CodeOutcome::Spent);
}

async fn a_code_lasts_five_minutes(test: &TestStore) {
    let (id, digits) = sent(test, "a@example.com").await;
    let (late, late_digits) = sent(test, "b@example.com").await;
    test.clock.advance(MINUTE * 4 + SECOND * 59);
    assert!(matches!(
        attempt(test, id, &digits).await,
        CodeOutcome::Right(_)
    ));
    test.clock.advance(SECOND);
    assert_eq!(attempt(test, late, &late_digits).await, CodeOutcome::Spent);
}

async fn limited(test: &TestStore, address: &str) -> Option<Timestamp> {
    let (code, _) = sealed(test, CodeUse::Recover, address, None).await;
    match issue(test, &code).await {
        CodeIssue::Issued { .. } => None,
        CodeIssue::Limited(Limit { until, of }) => {
            assert_eq!(of, Limited::Address);
            Some(until)
        }
    }
}

async fn a_minute_lies_between_two_codes(test: &TestStore) {
    let _mark = clause::check!(R2);
    let start = test.store.database().now();
    // Whatever the code is for, and for one address alone.
    sent(test, "a@example.com").await;
    sent(test, "b@example.com").await;
    test.clock.advance(SECOND * 59);
    assert_eq!(
        limited(test, "a@example.com").await,
        Some(start.plus(MINUTE))
    );
    test.clock.advance(SECOND);
    assert_eq!(limited(test, "a@example.com").await, None);
    let db = beside(test).await;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM code").await, 3);
}

async fn five_codes_an_hour_go_to_an_address(test: &TestStore) {
    let start = test.store.database().now();
    for _ in 0..5 {
        assert_eq!(limited(test, "a@example.com").await, None);
        test.clock.advance(MINUTE);
    }
    assert_eq!(limited(test, "a@example.com").await, Some(start.plus(HOUR)));
    test.clock.set(start.plus(HOUR).minus(SECOND));
    assert_eq!(limited(test, "a@example.com").await, Some(start.plus(HOUR)));
    test.clock.set(start.plus(HOUR));
    assert_eq!(limited(test, "a@example.com").await, None);
    // The hour slides along: the second code of the five still counts.
    test.clock.advance(SECOND * 30);
    assert_eq!(
        limited(test, "a@example.com").await,
        Some(start.plus(HOUR + MINUTE))
    );
}

async fn ten_codes_a_day_go_to_an_address(test: &TestStore) {
    let start = test.store.database().now();
    for _ in 0..10 {
        assert_eq!(limited(test, "a@example.com").await, None);
        test.clock.advance(MINUTE * 15);
    }
    test.clock.advance(HOUR);
    assert_eq!(limited(test, "a@example.com").await, Some(start.plus(DAY)));
    test.clock.set(start.plus(DAY).minus(SECOND));
    assert_eq!(limited(test, "a@example.com").await, Some(start.plus(DAY)));
    assert_eq!(limited(test, "b@example.com").await, None);
    test.clock.set(start.plus(DAY));
    assert_eq!(limited(test, "a@example.com").await, None);
    test.clock.advance(MINUTE);
    assert_eq!(
        limited(test, "a@example.com").await,
        Some(start.plus(DAY + MINUTE * 15))
    );
}

async fn no_code_but_one_for_a_new_contact_names_an_account(test: &TestStore) {
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let address = Pii::new("person-0001@example.com".to_owned());
    for (code_use, account) in [
        (CodeUse::SignIn, Some(account)),
        (CodeUse::SignUp, Some(account)),
        (CodeUse::Recover, Some(account)),
        (CodeUse::NewContact, None),
    ] {
        let new = NewCode {
            code_use,
            kind: ContactKind::Email,
            address: &address,
            account,
            network: network(test, 1).await,
        };
        assert!(matches!(
            refused(test.store.seal_code(&new).await),
            StoreError::Invalid { what: "code", .. }
        ));
    }
}

struct Page;

impl Warrant for Page {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

async fn a_new_contact_stays_sealed_until_its_account_asks(test: &TestStore) {
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let other = Person::enter(&test.store, 2).await.unwrap().account;
    let (code, _) = sealed(test, CodeUse::NewContact, "new@example.com", Some(account)).await;
    issue(test, &code).await;
    let opened = test.store.new_contact_of_code(account, code.id()).await;
    let (kind, address) = opened.unwrap().unwrap();
    assert_eq!(kind, ContactKind::Email);
    assert_eq!(
        address.open(&Page, Sink::Page, String::clone).unwrap(),
        "new@example.com"
    );
    let foreign = test.store.new_contact_of_code(other, code.id()).await;
    assert!(foreign.unwrap().is_none());
}

async fn race(test: &TestStore, typed: TypedCode, at_once: u64) -> Vec<CodeOutcome> {
    let met = Arc::new(Barrier::new(usize::try_from(at_once).unwrap()));
    let tries: Vec<_> = (0..at_once)
        .map(|number| {
            let (store, met) = (test.store.clone(), Arc::clone(&met));
            tokio::spawn(async move {
                met.wait().await;
                store
                    .run_tx("test.try", async |tx: Tx| {
                        tx.append(&entry(tx.now(), number)).await?;
                        tx.try_code(&typed).await
                    })
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for one in tries {
        outcomes.push(one.await.unwrap());
    }
    outcomes
}

async fn of_two_right_answers_at_once_one_wins(test: &TestStore) {
    for round in 0..5 {
        let (id, digits) = sent(test, &format!("{round}@example.com")).await;
        let typed = typed(test, id, &digits).await;
        let outcomes = race(test, typed, 2).await;
        let won = |outcome: &&CodeOutcome| matches!(outcome, CodeOutcome::Right(_));
        assert_eq!(outcomes.iter().filter(won).count(), 1, "{outcomes:?}");
        assert!(outcomes.contains(&CodeOutcome::Spent));
    }
}

async fn tries_at_once_are_counted_each(test: &TestStore) {
    let (id, digits) = sent(test, "a@example.com").await;
    let wrong = typed(test, id, &other_than(&digits)).await;
    let mut left: Vec<_> = race(test, wrong, 8)
        .await
        .into_iter()
        .filter_map(|outcome| match outcome {
            CodeOutcome::Wrong { left } => Some(left),
            CodeOutcome::Spent => None,
            CodeOutcome::Right(_) => panic!("the code is wrong"),
        })
        .collect();
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 3, 4]);
    assert_eq!(attempt(test, id, &digits).await, CodeOutcome::Spent);
}

async fn a_network_gets_no_codes_without_end(test: &TestStore) {
    let ask = async |person: u32, from: u32| {
        let address = Pii::new(format!("person-{person}@example.com"));
        let new = NewCode {
            code_use: CodeUse::SignUp,
            kind: ContactKind::Email,
            address: &address,
            account: None,
            network: network(test, from).await,
        };
        let (code, _) = test.store.seal_code(&new).await.unwrap();
        issue(test, &code).await
    };
    let quota = CODE_NETWORK_QUOTAS[0];
    let start = test.store.database().now();
    for person in 0..quota.times_max {
        let issued = ask(person, 7).await;
        assert!(matches!(issued, CodeIssue::Issued { .. }), "{person}");
    }
    // Each address is new: only the network is used up, and no other network is.
    let CodeIssue::Limited(limit) = ask(1_000, 7).await else {
        panic!("not limited");
    };
    assert_eq!(limit.of, Limited::Network);
    assert_eq!(limit.until, start.plus(quota.within));
    assert!(matches!(ask(1_000, 8).await, CodeIssue::Issued { .. }));
    test.clock.advance(quota.within);
    assert!(matches!(ask(1_001, 7).await, CodeIssue::Issued { .. }));
}

async fn two_wishes_at_once_send_one_code(test: &TestStore) {
    let met = Arc::new(Barrier::new(4));
    let mut wishes = Vec::new();
    for number in 0..4_u64 {
        let (code, _) = sealed(test, CodeUse::SignUp, "a@example.com", None).await;
        let (store, met) = (test.store.clone(), Arc::clone(&met));
        wishes.push(tokio::spawn(async move {
            met.wait().await;
            store
                .run_tx("test.issue", async |tx: Tx| {
                    tx.append(&entry(tx.now(), number)).await?;
                    tx.issue_code(&code).await
                })
                .await
                .unwrap()
        }));
    }
    let mut issued = 0;
    for wish in wishes {
        if matches!(wish.await.unwrap(), CodeIssue::Issued { .. }) {
            issued += 1;
        }
    }
    assert_eq!(issued, 1);
    let db = beside(test).await;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM code").await, 1);
}

async fn codes_are_swept_once_they_count_no_more(test: &TestStore) {
    let _mark = clause::check!(R14);
    sent(test, "a@example.com").await;
    let sweep = async || {
        change(&test.store, async |tx: Tx| {
            tx.delete_ended(Ending::Codes, 100).await
        })
        .await
        .unwrap()
    };
    test.clock.advance(DAY);
    assert_eq!(sweep().await, 0);
    test.clock.advance(Duration::from_micros(1));
    assert_eq!(sweep().await, 1);
}

async fn no_digit_of_a_code_reaches_the_disk(test: &TestStore) {
    use sha2::{Digest, Sha256};
    let _mark = clause::check!(R22);
    let (code, digits) = sealed(test, CodeUse::SignIn, "a@example.com", None).await;
    issue(test, &code).await;
    let disk = test.raw_bytes().unwrap();
    let holds = |needle: &[u8]| disk.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"sign_in"));
    let (id, plain) = (code.id(), digits.expose().to_owned());
    // Neither the digits with what they are bound to, nor a hash of them that a million guesses would undo.
    for bound in [
        plain.clone(),
        format!("{id}{plain}"),
        format!("{id} sign_in {plain}"),
    ] {
        assert!(!holds(&Sha256::digest(bound.as_bytes())));
    }
    assert!(!holds(format!("{id} sign_in").as_bytes()));
    assert!(!holds(b"a@example.com"));
}
