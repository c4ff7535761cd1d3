use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use yuntu_store::{
    AcceptedStatement, AccountStanding, Choice, CodeUse, ContactKind, Ending, FormerContact,
    NewAccount, NewCode, OwnEntry, SignInMethod, Store, StoreError, Tx,
};
use yuntu_terms::{AccountId, Digest, Lang, Pii, Sink, Warrant, clause};
use yuntu_testkit::{Party, Person, TestStore, new_account};
use yuntu_vault::{KeyScope, PasswordHash, VaultError};

use crate::contract;
use crate::sessions::{open_session, session};
use crate::steps::{beside, change, count, entry, refused, run};

/// A hash with the costs of sign-ins, of nothing.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";

contract! {
    a_person_is_found_by_each_address_and_known_by_no_other,
    an_address_belongs_to_one_account,
    an_account_needs_an_address,
    a_changed_address_gives_back_the_old_one,
    a_value_of_one_account_does_not_open_in_another,
    what_changes_is_the_own_account_alone,
    a_closed_account_takes_no_values,
    an_erased_person_leaves_no_sealed_byte_no_key_and_no_way_in,
    what_is_over_leaves_no_byte,
    a_person_accepts_a_version_once,
    the_newest_choice_counts_and_the_older_stay,
    a_person_sits_once_in_a_seat,
    a_person_finds_her_own_acts_for_six_months,
}

struct Mail;

impl Warrant for Mail {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Mail
    }
}

fn told(value: Option<&Pii<String>>) -> Option<String> {
    value.and_then(|value| value.open(&Mail, Sink::Mail, String::clone))
}

fn email(text: &str) -> Pii<String> {
    Pii::new(text.to_owned())
}

async fn set_email(
    store: &Store,
    account: AccountId,
    text: &str,
) -> Result<Option<FormerContact>, StoreError> {
    let sealed = store
        .seal_contact(account, ContactKind::Email, &email(text))
        .await
        .unwrap();
    change(store, async |tx: Tx| tx.set_contact(&sealed).await).await
}

async fn a_person_is_found_by_each_address_and_known_by_no_other(test: &TestStore) {
    let _mark = clause::check!(R2);
    let _sealed = clause::check!(R22);
    let person = Person::enter(&test.store, 7).await.unwrap();
    Person::enter(&test.store, 8).await.unwrap();
    for (kind, value) in [
        (ContactKind::Phone, "19800000007"),
        (ContactKind::Email, "person-0007@example.com"),
    ] {
        let found = test.store.find_account_by(kind, &email(value)).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.id, person.account);
        assert_eq!(found.standing, AccountStanding::Active);
        assert_eq!(found.lang, Lang::Zh);
        assert!(found.has_phone && found.has_email);
        assert_eq!(found.password_changed, None);
        let other = match kind {
            ContactKind::Phone => ContactKind::Email,
            ContactKind::Email => ContactKind::Phone,
        };
        let absent = test.store.find_account_by(other, &email(value)).await;
        assert!(absent.unwrap().is_none());
    }
    let contact = test.store.account_contact(person.account).await;
    let contact = contact.unwrap().unwrap();
    assert_eq!(told(contact.nickname.as_ref()).unwrap(), "样本昵称0007");
    assert_eq!(told(contact.phone.as_ref()).unwrap(), "19800000007");
    assert_eq!(
        told(contact.email.as_ref()).unwrap(),
        "person-0007@example.com"
    );
    assert_eq!(
        contact
            .email
            .unwrap()
            .open(&Mail, Sink::Page, String::clone),
        None
    );
    let disk = test.raw_bytes().unwrap();
    for personal in ["样本昵称0007", "19800000007", "person-0007"] {
        assert!(!holds(&disk, personal.as_bytes()), "{personal}");
    }
}

async fn an_address_belongs_to_one_account(test: &TestStore) {
    let first = Person::enter(&test.store, 1).await.unwrap();
    let second = Person::enter(&test.store, 2).await.unwrap();
    let again = NewAccount {
        phone: None,
        ..new_account(1)
    };
    let again = test.store.seal_account(&again).await.unwrap();
    let taken = change(&test.store, async |tx: Tx| tx.create_account(&again).await).await;
    assert!(matches!(
        refused(taken),
        StoreError::Conflict { what: "account" }
    ));
    let taken = set_email(&test.store, second.account, "person-0001@example.com").await;
    assert!(matches!(
        refused(taken),
        StoreError::Conflict { what: "account" }
    ));
    let found = test
        .store
        .find_account_by(ContactKind::Email, &email("person-0001@example.com"))
        .await;
    assert_eq!(found.unwrap().unwrap().id, first.account);
}

async fn an_account_needs_an_address(test: &TestStore) {
    let nowhere = NewAccount {
        phone: None,
        email: None,
        ..new_account(1)
    };
    let sealed = test.store.seal_account(&nowhere).await;
    assert!(matches!(
        refused(sealed),
        StoreError::Invalid {
            what: "account",
            ..
        }
    ));
}

async fn a_changed_address_gives_back_the_old_one(test: &TestStore) {
    let person = Person::enter(&test.store, 1).await.unwrap();
    let old = email("person-0001@example.com");
    let (code, digits) = test
        .store
        .seal_code(&NewCode {
            code_use: CodeUse::Recover,
            kind: ContactKind::Email,
            address: &old,
            account: None,
            network: test
                .store
                .network_mac(&email("192.0.2.0/24"))
                .await
                .unwrap(),
        })
        .await
        .unwrap();
    change(&test.store, async |tx: Tx| tx.issue_code(&code).await)
        .await
        .unwrap();
    let former = set_email(&test.store, person.account, "new@example.com").await;
    let former = test
        .store
        .open_former_contact(&former.unwrap().unwrap())
        .await
        .unwrap();
    assert_eq!(told(Some(&former)).unwrap(), "person-0001@example.com");
    let contact = test.store.account_contact(person.account).await;
    let contact = contact.unwrap().unwrap();
    assert_eq!(told(contact.email.as_ref()).unwrap(), "new@example.com");
    assert_eq!(told(contact.phone.as_ref()).unwrap(), "19800000001");
    let gone = test.store.find_account_by(ContactKind::Email, &old).await;
    assert!(gone.unwrap().is_none());
    // Whoever still reads the old mailbox does not get in with what was sent there.
    let typed = test
        .store
        .hash_code(code.id(), CodeUse::Recover, &digits)
        .await
        .unwrap();
    let late = change(&test.store, async |tx: Tx| tx.try_code(&typed).await).await;
    assert_eq!(late.unwrap(), yuntu_store::CodeOutcome::Spent);
}

async fn a_value_of_one_account_does_not_open_in_another(test: &TestStore) {
    let one = Person::enter(&test.store, 1).await.unwrap();
    let two = Person::enter(&test.store, 2).await.unwrap();
    let db = beside(test).await;
    run(
        &db,
        "UPDATE account SET phone_sealed = (SELECT a.phone_sealed FROM account AS a \
         WHERE a.phone_mac <> account.phone_mac)",
    )
    .await;
    let mut closed = 0;
    for person in [one, two] {
        if let Err(error) = test.store.account_contact(person.account).await {
            assert!(matches!(error, StoreError::Vault(VaultError::Unreadable)));
            closed += 1;
        }
    }
    // One database exchanges the two values, the other gives both rows the same.
    assert!(closed >= 1);
}

async fn what_changes_is_the_own_account_alone(test: &TestStore) {
    let ours = Person::enter(&test.store, 1).await.unwrap().account;
    let theirs = Person::enter(&test.store, 2).await.unwrap().account;
    let nickname = Pii::new("新名".to_owned());
    let nickname = test.store.seal_nickname(ours, &nickname).await.unwrap();
    let hash = PasswordHash::parse(HASH).unwrap();
    let sealed = test.store.seal_password(ours, &hash).await.unwrap();
    change(&test.store, async |tx: Tx| {
        tx.set_nickname(&nickname).await?;
        tx.set_account_lang(ours, Lang::En).await?;
        tx.set_password_hash(ours, Some(&sealed)).await
    })
    .await
    .unwrap();
    let read = test.store.read();
    let account = read.find_account(ours).await.unwrap().unwrap();
    assert_eq!(account.lang, Lang::En);
    assert_eq!(account.password_changed, Some(test.store.database().now()));
    let kept = test.store.find_password_hash(ours).await.unwrap().unwrap();
    assert_eq!(kept.expose(), HASH);
    let disk = test.raw_bytes().unwrap();
    let holds = |needle: &[u8]| disk.windows(needle.len()).any(|window| window == needle);
    assert!(!holds(HASH.as_bytes()));
    let contact = test.store.account_contact(ours).await.unwrap().unwrap();
    assert_eq!(told(contact.nickname.as_ref()).unwrap(), "新名");
    let other = read.find_account(theirs).await.unwrap().unwrap();
    assert_eq!((other.lang, other.password_changed), (Lang::Zh, None));
    let none = test.store.find_password_hash(theirs).await.unwrap();
    assert!(none.is_none());
    change(&test.store, async |tx: Tx| {
        tx.set_password_hash(ours, None).await
    })
    .await
    .unwrap();
    let account = read.find_account(ours).await.unwrap().unwrap();
    assert_eq!(account.password_changed, None);
    let silent = test
        .store
        .run_tx("test.silent", async |tx: Tx| {
            tx.set_account_lang(ours, Lang::Zh).await
        })
        .await;
    assert!(matches!(refused(silent), StoreError::Unrecorded { .. }));
}

async fn a_closed_account_takes_no_values(test: &TestStore) {
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let secret = open_session(&test.store, &session(account)).await.unwrap();
    let standing = async |standing| {
        change(&test.store, async |tx: Tx| {
            tx.set_account_standing(account, standing).await
        })
        .await
    };
    standing(AccountStanding::Suspended).await.unwrap();
    let now = test.store.database().now();
    let found = test.store.read().find_session(&secret, now).await;
    assert!(found.unwrap().is_none());
    let refused_one = open_session(&test.store, &session(account)).await;
    assert!(matches!(
        refused(refused_one),
        StoreError::Missing { what: "account" }
    ));
    standing(AccountStanding::Active).await.unwrap();
    open_session(&test.store, &session(account)).await.unwrap();
    standing(AccountStanding::Closed).await.unwrap();
    assert!(matches!(
        refused(standing(AccountStanding::Active).await),
        StoreError::Missing { what: "account" }
    ));
    let late = set_email(&test.store, account, "late@example.com").await;
    assert!(matches!(
        refused(late),
        StoreError::Missing { what: "account" }
    ));
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

async fn bytes_of(db: &DatabaseConnection, sql: &str, columns: usize) -> Vec<Vec<u8>> {
    let row = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), sql))
        .await;
    let row = row.unwrap().unwrap();
    (0..columns)
        .map(|column| row.try_get_by_index(column).unwrap())
        .collect()
}

/// Fills every personal column of a person, and returns their bytes.
async fn fill(test: &TestStore, account: AccountId) -> Vec<Vec<u8>> {
    let store = &test.store;
    open_session(store, &session(account)).await.unwrap();
    let network = store.network_mac(&email("192.0.2.0/24")).await.unwrap();
    let new = email("new@example.com");
    let (code, _digits) = store
        .seal_code(&NewCode {
            code_use: CodeUse::NewContact,
            kind: ContactKind::Email,
            address: &new,
            account: Some(account),
            network,
        })
        .await
        .unwrap();
    // Asked for before the account was there, or by somebody who did not know it.
    let own = email("person-0007@example.com");
    let (unbound, _digits) = store
        .seal_code(&NewCode {
            code_use: CodeUse::SignUp,
            kind: ContactKind::Email,
            address: &own,
            account: None,
            network,
        })
        .await
        .unwrap();
    let opened = store.seal_session(&session(account)).await.unwrap();
    let (from, agent) = (email("192.0.2.0/24"), email("Browser 7"));
    let tried = store.seal_try(*unbound.address(), &from, Some(&agent));
    let tried = tried.await.unwrap();
    let hash = PasswordHash::parse(HASH).unwrap();
    let hash = store.seal_password(account, &hash).await.unwrap();
    change(store, async |tx: Tx| {
        tx.issue_code(&code).await?;
        tx.issue_code(&unbound).await?;
        tx.count_failure(unbound.address(), &network).await?;
        tx.record_try(&tried, SignInMethod::Code).await?;
        tx.append_own(&opened, &entry(tx.now(), 7)).await?;
        tx.set_password_hash(account, Some(&hash)).await
    })
    .await
    .unwrap();
    let db = beside(test).await;
    let mut bytes = bytes_of(
        &db,
        "SELECT nickname_sealed, phone_sealed, email_sealed, phone_mac, email_mac, password_sealed FROM account",
        6,
    )
    .await;
    let code =
        "SELECT address_sealed, address_mac, code_hash FROM code WHERE account_id IS NOT NULL";
    bytes.extend(bytes_of(&db, code, 3).await);
    let session = "SELECT agent_sealed, network_sealed FROM session";
    bytes.extend(bytes_of(&db, session, 2).await);
    let failure = "SELECT network_mac FROM sign_in_failure";
    bytes.extend(bytes_of(&db, failure, 1).await);
    let tried = "SELECT address_mac, network_sealed, agent_sealed FROM sign_in_try";
    bytes.extend(bytes_of(&db, tried, 3).await);
    let act = "SELECT network_sealed, agent_sealed FROM account_act WHERE origin_id IS NOT NULL";
    bytes.extend(bytes_of(&db, act, 2).await);
    db.close().await.unwrap();
    bytes
}

async fn what_is_over_leaves_no_byte(test: &TestStore) {
    let _mark = clause::check!(R14);
    let account = Person::enter(&test.store, 7).await.unwrap().account;
    fill(test, account).await;
    let db = beside(test).await;
    let mut left = Vec::new();
    for (sql, columns) in [
        ("SELECT network_sealed, agent_sealed FROM sign_in_try", 2),
        (
            "SELECT network_sealed, agent_sealed FROM account_act WHERE origin_id IS NOT NULL",
            2,
        ),
        ("SELECT code_hash FROM code WHERE account_id IS NOT NULL", 1),
        ("SELECT agent_sealed, network_sealed FROM session", 2),
        ("SELECT network_mac FROM sign_in_failure", 1),
    ] {
        left.extend(bytes_of(&db, sql, columns).await);
    }
    db.close().await.unwrap();
    test.clock.advance(Duration::from_hours(24 * 185));
    for ending in Ending::ALL {
        change(&test.store, async |tx: Tx| {
            tx.delete_ended(ending, 100).await
        })
        .await
        .unwrap();
    }
    test.store.database().scrub().await.unwrap();
    let disk = test.raw_bytes().unwrap();
    for (number, bytes) in left.iter().enumerate() {
        assert!(!holds(&disk, bytes), "value {number}");
    }
    // Who she is stays as long as the account.
    let contact = test.store.account_contact(account).await.unwrap().unwrap();
    assert!(contact.email.is_some());
}

async fn an_erased_person_leaves_no_sealed_byte_no_key_and_no_way_in(test: &TestStore) {
    let _mark = clause::check!(R26);
    let account = Person::enter(&test.store, 7).await.unwrap().account;
    let left = fill(test, account).await;
    let disk = test.raw_bytes().unwrap();
    assert!(left.iter().all(|bytes| holds(&disk, bytes)));
    let secret = open_session(&test.store, &session(account)).await.unwrap();
    change(&test.store, async |tx: Tx| tx.erase_account(account).await)
        .await
        .unwrap();
    let scope = KeyScope::Account(account);
    test.store.vault().destroy(&scope).await.unwrap();
    let _scrub = clause::check!(R14);
    test.store.database().scrub().await.unwrap();
    let disk = test.raw_bytes().unwrap();
    for (number, bytes) in left.iter().enumerate() {
        assert!(!holds(&disk, bytes), "value {number}");
    }
    let gone = test.store.account_contact(account).await.unwrap();
    assert!(gone.is_none());
    let bare = test.store.read().find_account(account).await;
    assert_eq!(bare.unwrap().unwrap().standing, AccountStanding::Closed);
    let now = test.store.database().now();
    let found = test.store.read().find_session(&secret, now).await;
    assert!(found.unwrap().is_none());
    assert!(test.store.list_sessions(account).await.unwrap().is_empty());
    let db = beside(test).await;
    for rows in [
        "SELECT COUNT(*) FROM code",
        "SELECT COUNT(*) FROM sign_in_failure",
        "SELECT COUNT(*) FROM sign_in_try",
    ] {
        assert_eq!(count(&db, rows).await, 0, "{rows}");
    }
    assert!(matches!(
        test.store.account_pseudonym(account).await.unwrap_err(),
        StoreError::Vault(VaultError::Destroyed)
    ));
    // The addresses are free again.
    Person::enter(&test.store, 7).await.unwrap();
}

async fn a_person_accepts_a_version_once(test: &TestStore) {
    let _mark = clause::check!(U1);
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let accepted = AcceptedStatement {
        version: "1".to_owned(),
        digest: Digest::new([5; 32]),
        lang: Lang::En,
    };
    let accept = async |account| {
        change(&test.store, async |tx: Tx| {
            tx.accept_for_account(account, &accepted).await
        })
        .await
    };
    accept(account).await.unwrap();
    assert!(matches!(
        refused(accept(account).await),
        StoreError::Conflict { what: "acceptance" }
    ));
    let nobody = AccountId::from_uuid(
        Party::enter(&test.store, 1)
            .await
            .unwrap()
            .enterprise
            .uuid(),
    );
    assert!(matches!(
        refused(accept(nobody).await),
        StoreError::Missing { what: "acceptance" }
    ));
    let listed = test.store.read().list_account_acceptances(account).await;
    let listed = listed.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].accepted, accepted);
    assert_eq!(listed[0].at, test.store.database().now());
}

async fn the_newest_choice_counts_and_the_older_stay(test: &TestStore) {
    let _mark = clause::check!(R26);
    let account = Person::enter(&test.store, 1).await.unwrap().account;
    let other = Person::enter(&test.store, 2).await.unwrap().account;
    let purpose: yuntu_terms::Purpose = "news".parse().unwrap();
    let reader = test.store.read();
    assert!(reader.choices_of(account).await.unwrap().is_empty());
    for (choice, version) in [(Choice::On, "1"), (Choice::Off, "2")] {
        change(&test.store, async |tx: Tx| {
            tx.record_choice(account, &purpose, choice, version).await
        })
        .await
        .unwrap();
    }
    let newest = reader.choices_of(account).await.unwrap();
    assert_eq!(newest[&purpose].choice, Choice::Off);
    assert_eq!(newest[&purpose].statement_version, "2");
    let all = reader.list_choices(account).await.unwrap();
    let all: Vec<_> = all.into_iter().map(|choice| choice.choice).collect();
    assert_eq!(all, [Choice::On, Choice::Off]);
    assert!(reader.list_choices(other).await.unwrap().is_empty());
}

async fn a_person_sits_once_in_a_seat(test: &TestStore) {
    let _mark = clause::check!(R3);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let theirs = Party::enter(&test.store, 2).await.unwrap();
    let one = Person::enter(&test.store, 1).await.unwrap().account;
    let two = Person::enter(&test.store, 2).await.unwrap().account;
    let seat = async |enterprise, account| {
        change(&test.store, async |tx: Tx| {
            tx.seat_account(enterprise, party.representative, account)
                .await
        })
        .await
    };
    let foreign = seat(theirs.enterprise, one).await;
    assert!(matches!(refused(foreign), StoreError::Missing { .. }));
    seat(party.enterprise, one).await.unwrap();
    let taken = seat(party.enterprise, two).await;
    assert!(matches!(refused(taken), StoreError::Missing { .. }));
    let reader = test.store.read();
    let seats = reader.list_seats(one).await.unwrap();
    assert_eq!(seats.len(), 1);
    assert_eq!(seats[0].enterprise, party.enterprise);
    assert_eq!(seats[0].account, Some(one));
    assert!(reader.list_seats(two).await.unwrap().is_empty());
}

async fn a_person_finds_her_own_acts_for_six_months(test: &TestStore) {
    let _mark = clause::check!(R1);
    let ours = Person::enter(&test.store, 1).await.unwrap().account;
    let theirs = Person::enter(&test.store, 2).await.unwrap().account;
    let act = async |account, number| {
        let done: Result<_, StoreError> = test
            .store
            .run_tx("test.act", async |tx: Tx| {
                tx.append_own(account, &entry(tx.now(), number)).await
            })
            .await;
        done.unwrap()
    };
    act(ours, 1).await;
    act(theirs, 2).await;
    test.clock.advance(Duration::from_hours(24));
    act(ours, 3).await;
    let numbers = async |account| -> Vec<u64> {
        let acts = test.store.list_own_acts(account, None, 10).await.unwrap();
        let number = |own: &OwnEntry| own.entry.body["number"].as_u64().unwrap();
        acts.iter().map(number).collect()
    };
    assert_eq!(numbers(ours).await, [3, 1]);
    let newest = test.store.list_own_acts(ours, None, 1).await.unwrap();
    let before = Some(newest[0].number);
    let rest = test.store.list_own_acts(ours, before, 10).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].entry.body["number"], 1);
    assert_eq!(numbers(theirs).await, [2]);
    let sweep = async || {
        change(&test.store, async |tx: Tx| {
            tx.delete_ended(Ending::OwnActs, 100).await
        })
        .await
        .unwrap()
    };
    test.clock.advance(Duration::from_hours(24 * 183));
    assert_eq!(sweep().await, 0);
    test.clock.advance(Duration::from_secs(1));
    assert_eq!(sweep().await, 2);
    assert_eq!(numbers(ours).await, [3]);
    assert!(numbers(theirs).await.is_empty());
}
