//! Reports of minors' accounts, and the account that goes for one.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use yuntu_policy::{
    ApplicationField, MinorReportState, OperatorRole, ReportLookReason, Standing,
    decide_report_look, decide_report_words,
};
use yuntu_store::{
    AccountStanding, CheckedFile, ContactKind, Ending, MinorReport, NewInvitation, NewMinorReport,
    PaperOf, REPORT_NETWORK_QUOTAS, ReportMove, SealedReportWords, StoreError, Tx, Whose,
};
use yuntu_terms::{
    AccountId, Id, Lang, MinorReportId, OperatorId, Pii, Sink, SystemEntropy, clause,
};
use yuntu_testkit::{Party, Person, TestStore, pdf, period};
use yuntu_vault::{KeyScope, RecoveryCode, VaultError};

use crate::contract;
use crate::steps::{beside, change, count, nobody, refused};

contract! {
    a_report_is_sealed_and_its_receipt_alone_finds_it,
    one_network_reports_so_often_and_no_more,
    a_report_moves_along_its_ways_and_no_other,
    a_look_is_in_the_ledger_before_it_opens_anything,
    what_was_told_goes_with_the_account_and_the_rest_after_its_time,
    who_is_suspended_acts_for_nobody_the_same_second,
    a_closed_account_leaves_nothing_of_its_person_and_no_owner,
}

fn told(text: &str) -> Pii<String> {
    Pii::new(text.to_owned())
}

/// A person who owns an enterprise of her own.
async fn seated(test: &TestStore) -> (Person, Party) {
    let person = Person::enter(&test.store, 7).await.unwrap();
    let party = Party::enter(&test.store, 7).await.unwrap();
    change(&test.store, async |tx: Tx| {
        tx.seat_account(party.enterprise, party.representative, person.account)
            .await
    })
    .await
    .unwrap();
    (person, party)
}

/// The bytes of these columns in every row.
async fn bytes_of(db: &DatabaseConnection, sql: &str, columns: usize) -> Vec<Vec<u8>> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    let all = rows
        .iter()
        .flat_map(|row| (0..columns).map(|column| row.try_get_by_index(column).unwrap()));
    all.collect()
}

fn operator(test: &TestStore) -> OperatorId {
    Id::generate(test.store.database().now(), &SystemEntropy).unwrap()
}

/// Reports an address from a network; nothing when too many came from there.
async fn report(
    test: &TestStore,
    address: &str,
    network: &str,
) -> Option<(MinorReportId, RecoveryCode)> {
    let (account, why) = (told(address), told("canary-why: she told me her age"));
    let (enterprise, person) = (told("canary-enterprise"), told("canary-person"));
    let contact = told("canary-reporter@example.cn");
    let store = &test.store;
    let new = NewMinorReport {
        account: Some(&account),
        enterprise: Some(&enterprise),
        person: Some(&person),
        why: &why,
        contact: Some(&contact),
        lang: Lang::Zh,
        network: store.network_mac(&told(network)).await.unwrap(),
        due: store.database().now().plus_days(3),
    };
    let (sealed, code) = store.seal_minor_report(&new).await.unwrap();
    let limit = change(store, async |tx: Tx| tx.take_minor_report(&sealed).await)
        .await
        .unwrap();
    limit.is_none().then_some((sealed.id(), code))
}

async fn one(test: &TestStore) -> MinorReportId {
    report(test, "minor@example.cn", "203.0.113.0/24")
        .await
        .unwrap()
        .0
}

async fn found(test: &TestStore, id: MinorReportId) -> MinorReport {
    let found = test.store.read().find_minor_report(id).await.unwrap();
    found.unwrap()
}

async fn words(test: &TestStore, id: MinorReportId) -> SealedReportWords {
    let words = told("canary-words");
    test.store.seal_report_words(id, &words).await.unwrap()
}

async fn uphold(test: &TestStore, id: MinorReportId, account: AccountId) -> Result<(), StoreError> {
    let (by, words) = (operator(test), words(test, id).await);
    let erase = test.store.database().now().plus_days(1);
    let to = ReportMove::Uphold {
        account,
        by,
        erase,
        words: &words,
    };
    change(&test.store, async |tx: Tx| {
        tx.move_minor_report(id, &to).await
    })
    .await
}

async fn go(test: &TestStore, id: MinorReportId, to: &ReportMove<'_>) -> Result<(), StoreError> {
    change(&test.store, async |tx: Tx| {
        tx.move_minor_report(id, to).await
    })
    .await
}

async fn a_report_is_sealed_and_its_receipt_alone_finds_it(test: &TestStore) {
    let _mark = clause::check!(R29);
    let (id, code) = report(test, "minor@example.cn", "203.0.113.0/24")
        .await
        .unwrap();
    let store = &test.store;
    let by_receipt = store.find_report_by_receipt(id, &code).await.unwrap();
    assert_eq!(by_receipt.unwrap().state, MinorReportState::Received);
    let typed = RecoveryCode::parse(&code.shown().to_lowercase()).unwrap();
    assert!(
        store
            .find_report_by_receipt(id, &typed)
            .await
            .unwrap()
            .is_some()
    );
    let other = RecoveryCode::draw(&SystemEntropy).unwrap();
    assert!(
        store
            .find_report_by_receipt(id, &other)
            .await
            .unwrap()
            .is_none()
    );
    let second = report(test, "b@example.cn", "203.0.113.0/24")
        .await
        .unwrap();
    assert!(
        store
            .find_report_by_receipt(second.0, &code)
            .await
            .unwrap()
            .is_none()
    );
    let texts = store.report_texts(id).await.unwrap();
    let warrant = decide_report_words();
    let read = |value: &Pii<String>| value.open(&warrant, Sink::Page, String::clone).unwrap();
    assert_eq!(
        texts.account.as_ref().map(read).unwrap(),
        "minor@example.cn"
    );
    assert_eq!(
        texts.enterprise.as_ref().map(read).unwrap(),
        "canary-enterprise"
    );
    assert_eq!(texts.person.as_ref().map(read).unwrap(), "canary-person");
    assert!(texts.words.is_none());
    // What was told lies nowhere in the clear, and neither does the code.
    let disk = test.raw_bytes().unwrap();
    let shown = code.shown().replace('-', "");
    for plain in ["canary-", "minor@example.cn", "203.0.113", &shown] {
        assert!(!holds(&disk, plain.as_bytes()), "{plain}");
    }
}

fn holds(disk: &[u8], bytes: &[u8]) -> bool {
    disk.windows(bytes.len()).any(|window| window == bytes)
}

async fn one_network_reports_so_often_and_no_more(test: &TestStore) {
    let _mark = clause::check!(R29);
    let [hour, _day] = REPORT_NETWORK_QUOTAS;
    for _ in 0..hour.times_max {
        assert!(
            report(test, "a@example.cn", "203.0.113.0/24")
                .await
                .is_some()
        );
    }
    assert!(
        report(test, "a@example.cn", "203.0.113.0/24")
            .await
            .is_none()
    );
    assert!(
        report(test, "a@example.cn", "198.51.100.0/24")
            .await
            .is_some()
    );
    test.clock.advance(hour.within + Duration::from_secs(1));
    assert!(
        report(test, "a@example.cn", "203.0.113.0/24")
            .await
            .is_some()
    );
    let open = test.store.read().list_open_minor_reports().await.unwrap();
    assert_eq!(open.len(), usize::try_from(hour.times_max).unwrap() + 2);
}

async fn a_report_moves_along_its_ways_and_no_other(test: &TestStore) {
    let _mark = clause::check!(R29);
    let account = Person::enter(&test.store, 7).await.unwrap().account;
    let (first, second) = (one(test).await, one(test).await);
    let conflict = |error: StoreError| {
        assert!(
            matches!(
                error,
                StoreError::Conflict {
                    what: "minor_report"
                }
            ),
            "{error:?}"
        );
    };
    conflict(refused(go(test, first, &ReportMove::Erase).await));
    conflict(refused(go(test, first, &ReportMove::Remove).await));
    uphold(test, first, account).await.unwrap();
    conflict(refused(uphold(test, first, account).await));
    let upheld = found(test, first).await;
    assert_eq!(upheld.account, Some(account));
    assert!(upheld.erase.is_some() && upheld.settled.is_none() && upheld.has_contact);
    // Another report about the same account keeps it suspended.
    let read = test.store.read();
    assert!(!read.is_upheld_elsewhere(account, first).await.unwrap());
    uphold(test, second, account).await.unwrap();
    assert!(read.is_upheld_elsewhere(account, first).await.unwrap());
    // The words of one report are no words of another.
    let (by, wrong) = (operator(test), words(test, second).await);
    let to = ReportMove::Dismiss { by, words: &wrong };
    assert!(matches!(
        refused(go(test, first, &to).await),
        StoreError::Missing { .. }
    ));
    let right = words(test, first).await;
    let to = ReportMove::Dismiss { by, words: &right };
    go(test, first, &to).await.unwrap();
    let dismissed = found(test, first).await;
    assert!(dismissed.settled.is_some() && dismissed.erase.is_none() && !dismissed.has_contact);
    conflict(refused(go(test, first, &ReportMove::Erase).await));
    conflict(refused(uphold(test, first, account).await));
    let settled = read.list_settled_minor_reports().await.unwrap();
    assert_eq!(settled.len(), 1);
}

async fn a_look_is_in_the_ledger_before_it_opens_anything(test: &TestStore) {
    let _mark = clause::check!(R29);
    let id = one(test).await;
    let reason = ReportLookReason::WeighReasons;
    let look = decide_report_look(OperatorRole::Privacy, id, reason).unwrap();
    let by = operator(test);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let whose = (nobody(), Whose::of_seat(party.representative, None));
    let looked = test.store.record_report_look(look, by, whose).await;
    let texts = test.store.report_texts(id).await.unwrap();
    let why = texts.why.unwrap();
    let read = why.open(&looked.unwrap(), Sink::Page, String::clone);
    assert!(read.unwrap().starts_with("canary-why"));
    let db = beside(test).await;
    let entries = "SELECT COUNT(*) FROM ledger_leaf WHERE kind = 'minor_report.looked_at'";
    assert_eq!(count(&db, entries).await, 1);
}

async fn what_was_told_goes_with_the_account_and_the_rest_after_its_time(test: &TestStore) {
    let _mark = clause::check!(R14);
    let account = Person::enter(&test.store, 7).await.unwrap().account;
    let (removed, open) = (one(test).await, one(test).await);
    let db = beside(test).await;
    let columns = "SELECT account_sealed, enterprise_sealed, person_sealed, why_sealed, contact_sealed FROM minor_report";
    let sealed = bytes_of(&db, columns, 5).await;
    assert_eq!(sealed.len(), 10);
    db.close().await.unwrap();
    uphold(test, removed, account).await.unwrap();
    go(test, removed, &ReportMove::Erase).await.unwrap();
    let texts = test.store.report_texts(removed).await.unwrap();
    assert!(texts.account.is_none() && texts.why.is_none() && texts.contact.is_none());
    go(test, removed, &ReportMove::Remove).await.unwrap();
    assert_eq!(found(test, removed).await.state, MinorReportState::Removed);
    test.clock.advance(Duration::from_hours(24 * 31));
    let ended = change(&test.store, async |tx: Tx| {
        tx.delete_ended(Ending::MinorReports, 100).await
    });
    assert_eq!(ended.await.unwrap(), 1);
    let read = test.store.read();
    assert!(read.find_minor_report(removed).await.unwrap().is_none());
    // What is not settled waits, however long.
    assert_eq!(found(test, open).await.state, MinorReportState::Received);
}

async fn who_is_suspended_acts_for_nobody_the_same_second(test: &TestStore) {
    let _mark = clause::check!(R29);
    let (person, party) = seated(test).await;
    let standing = async || {
        let (facts, now) = (test.store.facts(), test.store.database().now());
        let actor = facts
            .actor(party.enterprise, party.representative, now)
            .await;
        actor.unwrap().unwrap().standing
    };
    assert_eq!(standing().await, Some(Standing::Active));
    let set = async |to: AccountStanding| {
        change(&test.store, async |tx: Tx| {
            tx.set_account_standing(person.account, to).await
        })
        .await
        .unwrap();
    };
    set(AccountStanding::Suspended).await;
    assert_eq!(standing().await, Some(Standing::Frozen));
    set(AccountStanding::Active).await;
    assert_eq!(standing().await, Some(Standing::Active));
    set(AccountStanding::Closed).await;
    assert_eq!(standing().await, Some(Standing::Ended));
}

/// Fills what a person leaves in the tables of others, and returns the sealed bytes.
async fn told_by(test: &TestStore, person: &Person, party: &Party) -> Vec<Vec<u8>> {
    let (store, account) = (&test.store, person.account);
    let application = change(store, async |tx: Tx| {
        tx.begin_application(party.enterprise, party.representative)
            .await
    })
    .await
    .unwrap();
    let number = told("11010519491231002X");
    let field = ApplicationField::IdNumber;
    let value = store.seal_value(party.enterprise, application, field, &number);
    let values = [value.await.unwrap()];
    change(store, async |tx: Tx| {
        tx.keep_values(party.enterprise, application, &values).await
    })
    .await
    .unwrap();
    let file = CheckedFile::check("letter.pdf", pdf("canary-letter")).unwrap();
    let of = PaperOf::Enterprise(party.enterprise);
    let paper = store.seal_paper(of, &file).await.unwrap();
    let year = period(store.database().now(), 365);
    change(store, async |tx: Tx| {
        tx.record_letter_file(party.enterprise, party.representative, &paper, year)
            .await
    })
    .await
    .unwrap();
    let mark = store.draw_mark().unwrap();
    let network = told("203.0.113.0/24");
    let device = store.seal_device(account, &mark, &network, None).await;
    let device = device.unwrap();
    change(store, async |tx: Tx| tx.meet_device(&device).await)
        .await
        .unwrap();
    let contact = store.account_contact(account).await.unwrap().unwrap();
    let other = Party::enter(&test.store, 9).await.unwrap();
    let invited = NewInvitation {
        enterprise: other.enterprise,
        inviter: other.representative,
        role: yuntu_policy::Role::Viewer,
        kind: ContactKind::Email,
        address: contact.email.as_ref().unwrap(),
        expires: store.database().now().plus_days(7),
    };
    let invited = store.seal_invitation(&invited).await.unwrap();
    change(store, async |tx: Tx| tx.invite(&invited).await)
        .await
        .unwrap();
    let db = beside(test).await;
    let mut left = Vec::new();
    for (sql, columns) in [
        ("SELECT value_sealed FROM application_value", 1),
        // The papers that prove where a dataset comes from are the enterprise's.
        (
            "SELECT bytes_sealed FROM paper_chunk WHERE paper_id NOT IN (SELECT paper_id FROM declaration_evidence)",
            1,
        ),
        ("SELECT mark_mac, network_sealed FROM device", 2),
        ("SELECT address_sealed, address_mac FROM invitation", 2),
        (
            "SELECT email_sealed, email_mac FROM account WHERE email_mac IS NOT NULL",
            2,
        ),
    ] {
        left.extend(bytes_of(&db, sql, columns).await);
    }
    db.close().await.unwrap();
    left
}

async fn a_closed_account_leaves_nothing_of_its_person_and_no_owner(test: &TestStore) {
    let _mark = clause::check!(R14);
    let (person, party) = seated(test).await;
    let (store, account) = (&test.store, person.account);
    let left = told_by(test, &person, &party).await;
    let read = store.read();
    let alone = read.solely_owned(account).await.unwrap();
    assert_eq!(alone, [party.enterprise]);
    let closed = change(store, async |tx: Tx| tx.close_account(account).await);
    let closed = closed.await.unwrap();
    assert_eq!(closed.seats, [party.representative]);
    assert_eq!(closed.without_owner, [party.enterprise]);
    // A second turn after a crash finds nothing to do and no fault.
    change(store, async |tx: Tx| tx.close_account(account).await)
        .await
        .unwrap();
    for scope in [
        KeyScope::Account(account),
        KeyScope::Representative(party.representative),
    ] {
        store.vault().destroy(&scope).await.unwrap();
    }
    store.database().scrub().await.unwrap();
    let disk = test.raw_bytes().unwrap();
    for (number, bytes) in left.iter().enumerate() {
        assert!(!holds(&disk, bytes), "value {number}");
    }
    let (facts, now) = (store.facts(), store.database().now());
    let actor = facts.actor(party.enterprise, party.representative, now);
    assert_eq!(
        actor.await.unwrap().unwrap().standing,
        Some(Standing::Ended)
    );
    assert!(matches!(
        store.pseudonym(party.representative).await.unwrap_err(),
        StoreError::Vault(VaultError::Destroyed)
    ));
    // The enterprise goes on without an owner.
    let enterprise = read.find_enterprise(party.enterprise).await.unwrap();
    assert_eq!(enterprise.unwrap().standing, Standing::Active);
    assert!(
        read.list_members(party.enterprise, now)
            .await
            .unwrap()
            .is_empty()
    );
}
