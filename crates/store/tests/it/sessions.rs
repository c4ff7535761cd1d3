use std::time::Duration;

use yuntu_store::{
    Ending, NewSession, SessionEnd, SignInMethod, Store, StoreError, TOUCH_EVERY, Tx,
};
use yuntu_terms::{AccountId, Pii, SessionId, Sink, Warrant, clause};
use yuntu_testkit::{Person, TestStore};
use yuntu_vault::SessionSecret;

use crate::contract;
use crate::steps::{beside, change, count, entry, refused};

const MINUTE: Duration = Duration::from_mins(1);
const IDLE: Duration = Duration::from_mins(30);
const LONGEST: Duration = Duration::from_hours(12);

contract! {
    a_session_is_found_by_its_secret_alone_and_the_secret_is_kept_nowhere,
    a_session_ends_when_it_is_not_used,
    a_session_ends_however_much_it_is_used,
    a_session_in_use_is_written_once_a_minute,
    a_new_secret_takes_the_place_of_the_old_one,
    a_person_ends_her_own_sessions_and_no_other,
    a_person_sees_her_sessions_and_what_tells_them_apart,
    sessions_that_are_over_are_swept_and_no_other,
    a_change_of_sessions_needs_a_ledger_entry,
    two_that_end_one_session_end_it_once,
}

pub(crate) fn session(account: AccountId) -> NewSession {
    NewSession {
        account,
        method: SignInMethod::Code,
        agent: Some(Pii::new("Firefox 150 on Linux".to_owned())),
        network: Some(Pii::new("192.0.2.0/24".to_owned())),
        idle: IDLE,
        longest: LONGEST,
    }
}

pub(crate) async fn open_session(
    store: &Store,
    new: &NewSession,
) -> Result<SessionSecret, StoreError> {
    let sealed = store.seal_session(new).await?;
    change(store, async |tx: Tx| tx.open_session(&sealed).await).await
}

/// Opens a session and tells its id and secret.
async fn opened(store: &Store, account: AccountId) -> (SessionId, SessionSecret) {
    let sealed = store.seal_session(&session(account)).await.unwrap();
    let secret = change(store, async |tx: Tx| tx.open_session(&sealed).await);
    (sealed.id(), secret.await.unwrap())
}

async fn find(test: &TestStore, secret: &SessionSecret) -> Option<yuntu_store::Session> {
    let now = test.store.database().now();
    test.store.read().find_session(secret, now).await.unwrap()
}

async fn a_session_is_found_by_its_secret_alone_and_the_secret_is_kept_nowhere(test: &TestStore) {
    let _mark = clause::check!(R2);
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let (id, secret) = opened(&test.store, account).await;
    let (other, _) = opened(&test.store, account).await;
    let cookie = secret.text();
    let found = find(test, &secret).await.unwrap();
    let now = test.store.database().now();
    assert_eq!((found.id, found.account), (id, account));
    assert_eq!(found.method, SignInMethod::Code);
    assert_eq!((found.created, found.proven), (now, now));
    assert_eq!(found.idle_until, now.plus(IDLE));
    assert_eq!(found.ends, now.plus(LONGEST));
    assert!(found.is_proven_within(MINUTE, now));
    assert!(!found.is_proven_within(MINUTE, now.plus(MINUTE)));
    assert_ne!(id, other);
    let flipped = SessionSecret::parse(&cookie.replace(['0', '1'], "2")).unwrap();
    assert!(find(test, &flipped).await.is_none());
    let disk = test.raw_bytes().unwrap();
    let holds = |needle: &[u8]| disk.windows(needle.len()).any(|window| window == needle);
    assert!(!holds(cookie.as_bytes()));
    let raw = cookie.parse::<yuntu_terms::Digest>().unwrap();
    assert!(!holds(raw.as_bytes()));
    for personal in ["Firefox 150", "192.0.2.0"] {
        assert!(!holds(personal.as_bytes()), "{personal}");
    }
}

async fn a_session_ends_when_it_is_not_used(test: &TestStore) {
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let (_, secret) = opened(&test.store, account).await;
    let end = test.store.database().now().plus(IDLE);
    test.clock.set(end.minus(Duration::from_micros(1)));
    let last = find(test, &secret).await.unwrap();
    test.clock.advance(Duration::from_micros(1));
    assert!(find(test, &secret).await.is_none());
    // What has ended is not called back by using it.
    assert!(!test.store.touch_session(&last, IDLE).await.unwrap());
    assert!(find(test, &secret).await.is_none());
    assert!(test.store.list_sessions(account).await.unwrap().is_empty());
}

async fn a_session_ends_however_much_it_is_used(test: &TestStore) {
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let (_, secret) = opened(&test.store, account).await;
    let end = test.store.database().now().plus(LONGEST);
    while test.store.database().now().plus(MINUTE * 20) < end {
        test.clock.advance(MINUTE * 20);
        let found = find(test, &secret).await.unwrap();
        assert!(test.store.touch_session(&found, IDLE).await.unwrap());
    }
    assert_eq!(find(test, &secret).await.unwrap().idle_until, end);
    test.clock.set(end.minus(Duration::from_micros(1)));
    assert!(find(test, &secret).await.is_some());
    test.clock.set(end);
    assert!(find(test, &secret).await.is_none());
}

async fn a_session_in_use_is_written_once_a_minute(test: &TestStore) {
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let (_, secret) = opened(&test.store, account).await;
    let first = find(test, &secret).await.unwrap();
    let due = first.seen.plus(TOUCH_EVERY);
    test.clock.set(due.minus(Duration::from_micros(1)));
    assert!(!test.store.touch_session(&first, IDLE).await.unwrap());
    assert_eq!(find(test, &secret).await.unwrap(), first);
    test.clock.advance(Duration::from_micros(1));
    // Two requests at once hold the same old row: one of them writes.
    let (one, two) = tokio::join!(
        test.store.touch_session(&first, IDLE),
        test.store.touch_session(&first, IDLE)
    );
    assert_eq!(u8::from(one.unwrap()) + u8::from(two.unwrap()), 1);
    let now = test.store.database().now();
    let second = find(test, &secret).await.unwrap();
    assert_eq!((second.seen, second.idle_until), (now, now.plus(IDLE)));
    assert_eq!(second.proven, first.proven);
}

async fn a_new_secret_takes_the_place_of_the_old_one(test: &TestStore) {
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let other = Person::enter(&test.store, 2).await.unwrap().account;
    let (id, secret) = opened(&test.store, account).await;
    let before = find(test, &secret).await.unwrap();
    test.clock.advance(MINUTE);
    let rotated = change(&test.store, async |tx: Tx| {
        tx.rotate_session(account, id).await
    });
    let rotated = rotated.await.unwrap();
    assert!(find(test, &secret).await.is_none());
    assert_eq!(find(test, &rotated).await.unwrap(), before);
    let method = SignInMethod::PasswordAndTotp;
    let prove = async |account| {
        change(&test.store, async |tx: Tx| {
            tx.prove_session(account, id, method).await
        })
        .await
    };
    let proven = prove(account).await.unwrap();
    assert!(find(test, &rotated).await.is_none());
    let found = find(test, &proven).await.unwrap();
    assert_eq!(found.proven, test.store.database().now());
    assert_eq!((found.method, found.id), (method, id));
    assert!(matches!(
        refused(prove(other).await),
        StoreError::Missing { what: "session" }
    ));
    assert!(find(test, &proven).await.is_some());
    test.clock.advance(IDLE);
    assert!(matches!(
        refused(prove(account).await),
        StoreError::Missing { what: "session" }
    ));
}

async fn a_person_ends_her_own_sessions_and_no_other(test: &TestStore) {
    let _mark = clause::check!(R2);
    let ours = Person::enter(&test.store, 1).await.unwrap().account;
    let theirs = Person::enter(&test.store, 2).await.unwrap().account;
    let (here, here_secret) = opened(&test.store, ours).await;
    let (there, there_secret) = opened(&test.store, ours).await;
    let (foreign, foreign_secret) = opened(&test.store, theirs).await;
    let end = async |account, id| {
        change(&test.store, async |tx: Tx| {
            tx.end_session(account, id, SessionEnd::Dismissed).await
        })
        .await
    };
    assert!(matches!(
        refused(end(ours, foreign).await),
        StoreError::Missing { what: "session" }
    ));
    let rotate = change(&test.store, async |tx: Tx| {
        tx.rotate_session(ours, foreign).await
    })
    .await;
    assert!(matches!(refused(rotate), StoreError::Missing { .. }));
    assert!(find(test, &foreign_secret).await.is_some());
    end(ours, there).await.unwrap();
    assert!(find(test, &there_secret).await.is_none());
    assert!(matches!(
        refused(end(ours, there).await),
        StoreError::Missing { what: "session" }
    ));
    let (_, third_secret) = opened(&test.store, ours).await;
    let all_but = async |stays| {
        change(&test.store, async |tx: Tx| {
            tx.end_all_but(ours, stays, SessionEnd::PasswordChanged)
                .await
        })
        .await
        .unwrap()
    };
    assert_eq!(all_but(Some(here)).await, 1);
    assert!(find(test, &third_secret).await.is_none());
    assert!(find(test, &here_secret).await.is_some());
    assert_eq!(all_but(Some(foreign)).await, 1);
    assert!(find(test, &here_secret).await.is_none());
    assert!(find(test, &foreign_secret).await.is_some());
    let db = beside(test).await;
    let why = "SELECT COUNT(*) FROM session WHERE ended_why = 'password_changed'";
    assert_eq!(count(&db, why).await, 2);
}

struct Page;

impl Warrant for Page {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

async fn a_person_sees_her_sessions_and_what_tells_them_apart(test: &TestStore) {
    let ours = Person::enter(&test.store, 1).await.unwrap().account;
    let theirs = Person::enter(&test.store, 2).await.unwrap().account;
    let (old, _) = opened(&test.store, ours).await;
    opened(&test.store, theirs).await;
    test.clock.advance(MINUTE);
    let bare = NewSession {
        agent: None,
        network: None,
        ..session(ours)
    };
    open_session(&test.store, &bare).await.unwrap();
    let listed = test.store.list_sessions(ours).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed[0].agent.is_none() && listed[0].network.is_none());
    assert_eq!(listed[1].session.id, old);
    let shown = |value: &Option<Pii<String>>| {
        let value = value.as_ref().unwrap();
        value.open(&Page, Sink::Page, String::clone).unwrap()
    };
    assert_eq!(shown(&listed[1].agent), "Firefox 150 on Linux");
    assert_eq!(shown(&listed[1].network), "192.0.2.0/24");
}

async fn sessions_that_are_over_are_swept_and_no_other(test: &TestStore) {
    let _mark = clause::check!(R14);
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    opened(&test.store, account).await;
    let (ended, _) = opened(&test.store, account).await;
    change(&test.store, async |tx: Tx| {
        tx.end_session(account, ended, SessionEnd::SignedOut).await
    })
    .await
    .unwrap();
    let sweep = async || {
        change(&test.store, async |tx: Tx| {
            tx.delete_ended(Ending::Sessions, 100).await
        })
        .await
        .unwrap()
    };
    let (day, second) = (Duration::from_hours(24), Duration::from_secs(1));
    // One was ended at once, the other ended by itself when it was not used.
    test.clock.advance(day * 30);
    assert_eq!(sweep().await, 0);
    test.clock.advance(second);
    assert_eq!(sweep().await, 1);
    let (_, open) = opened(&test.store, account).await;
    test.clock.advance(IDLE.saturating_sub(second));
    assert_eq!(sweep().await, 0);
    assert!(find(test, &open).await.is_some());
    test.clock.advance(second);
    assert_eq!(sweep().await, 1);
}

async fn a_change_of_sessions_needs_a_ledger_entry(test: &TestStore) {
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let sealed = test.store.seal_session(&session(account)).await.unwrap();
    let silent = test
        .store
        .run_tx("test.silent", async |tx: Tx| tx.open_session(&sealed).await)
        .await;
    assert!(matches!(refused(silent), StoreError::Unrecorded { .. }));
    assert!(test.store.list_sessions(account).await.unwrap().is_empty());
}

async fn two_that_end_one_session_end_it_once(test: &TestStore) {
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let (id, _) = opened(&test.store, account).await;
    let ending: Vec<_> = (0..2_u64)
        .map(|number| {
            let store = test.store.clone();
            tokio::spawn(async move {
                store
                    .run_tx("test.end", async |tx: Tx| {
                        tx.append(&entry(tx.now(), number)).await?;
                        tx.end_session(account, id, SessionEnd::SignedOut).await
                    })
                    .await
            })
        })
        .collect();
    let mut ended = 0;
    for one in ending {
        match one.await.unwrap() {
            Ok(()) => ended += 1,
            Err(error) => assert!(matches!(error, StoreError::Missing { what: "session" })),
        }
    }
    assert_eq!(ended, 1);
}
