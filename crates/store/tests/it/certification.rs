//! Applications with their values, files and history, and looks at them.

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use yuntu_policy::{
    ApplicationField, ApplicationState, LookFacts, LookReason, LookRequest, RecordedLook,
    decide_look,
};
use yuntu_store::{CheckedFile, DOCUMENTS_MAX, NoteAuthor, SealedNote, StoreError, Tx, Whose};
use yuntu_terms::{
    ApplicationId, EnterpriseName, Id, OperatorId, Pii, Sink, SystemEntropy,
    UnifiedSocialCreditCode, Warrant, clause,
};
use yuntu_testkit::{Party, Person, TestStore, long_pdf, pdf};
use yuntu_vault::{KeyScope, VaultError};

use crate::contract;
use crate::steps::{beside, change, count, entry, nobody, refused, run};

contract! {
    what_is_told_is_found_again_and_only_in_its_place,
    a_file_comes_back_byte_for_byte_and_a_foreign_enterprise_finds_none,
    a_piece_of_a_file_that_is_moved_or_lost_is_noticed,
    an_application_has_so_many_files_and_no_more,
    one_application_is_open_at_a_time_and_moves_along_its_ways,
    without_consent_the_two_numbers_are_gone,
    the_two_numbers_go_after_the_review_and_the_finding_stays,
    a_credit_code_is_given_to_one_enterprise,
    a_look_is_in_ledger_and_log_before_it_opens_anything,
    nothing_of_an_application_reaches_the_disk_in_the_clear,
    an_erased_enterprise_leaves_nothing_of_what_it_told,
    a_seat_in_an_enterprise_is_known_whoever_sits_there,
}

struct Page;

impl Warrant for Page {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

fn text(value: &Pii<String>) -> String {
    value.open(&Page, Sink::Page, String::clone).unwrap()
}

const ID: ApplicationField = ApplicationField::IdNumber;
const CANARY: &str = "11010519491231002X";

async fn begin(test: &TestStore, party: &Party) -> ApplicationId {
    change(&test.store, async |tx| {
        tx.begin_application(party.enterprise, party.representative)
            .await
    })
    .await
    .unwrap()
}

async fn keep(
    test: &TestStore,
    party: &Party,
    id: ApplicationId,
    field: ApplicationField,
    value: &str,
) -> Result<(), StoreError> {
    let value = Pii::new(value.to_owned());
    let sealed = test
        .store
        .seal_value(party.enterprise, id, field, &value)
        .await?;
    let values = [sealed];
    change(&test.store, async |tx| {
        tx.keep_values(party.enterprise, id, &values).await
    })
    .await
}

async fn hand_in(
    test: &TestStore,
    party: &Party,
    id: ApplicationId,
    bytes: Vec<u8>,
) -> Result<yuntu_terms::DocumentId, StoreError> {
    let file = CheckedFile::check("营业执照.pdf", bytes).unwrap();
    let sealed = test.store.seal_document(party.enterprise, &file).await?;
    let field = ApplicationField::Licence;
    change(&test.store, async |tx| {
        tx.record_document(id, field, party.representative, &sealed)
            .await
    })
    .await?;
    Ok(sealed.id())
}

async fn go(
    test: &TestStore,
    party: &Party,
    id: ApplicationId,
    next: ApplicationState,
    notes: &[SealedNote],
) -> Result<(), StoreError> {
    change(&test.store, async |tx| {
        tx.move_application(party.enterprise, id, (next, None), notes)
            .await
    })
    .await
}

async fn note(test: &TestStore, party: &Party, id: ApplicationId, words: &str) -> SealedNote {
    let said = Pii::new(words.to_owned());
    let about = (NoteAuthor::Operator, Some(ApplicationField::Licence));
    let sealed = test
        .store
        .seal_note(party.enterprise, id, about, Some(&said))
        .await;
    sealed.unwrap()
}

async fn what_is_told_is_found_again_and_only_in_its_place(test: &TestStore) {
    let _mark = clause::check!(R22);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let id = begin(test, &party).await;
    let bank = ApplicationField::BankAccount;
    for (field, value) in [
        (ID, CANARY),
        (bank, "4111111111111111"),
        (ID, "440524188001010014"),
    ] {
        keep(test, &party, id, field, value).await.unwrap();
    }
    let read = test.store.read();
    let application = read
        .find_application(party.enterprise, id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(application.applicant, party.representative);
    let values = test.store.application_values(&application).await.unwrap();
    assert_eq!(values.len(), 2);
    // What was told last counts.
    assert_eq!(text(&values[&ID]), "440524188001010014");
    // A number that is put into the place of another does not open.
    let db = beside(test).await;
    let swap = "UPDATE application_value SET value_sealed = (SELECT v.value_sealed FROM application_value AS v \
                WHERE v.field = 'bank_account') WHERE field = 'id_number'";
    run(&db, swap).await;
    let moved = test
        .store
        .application_values(&application)
        .await
        .unwrap_err();
    assert!(matches!(moved, StoreError::Vault(VaultError::Unreadable)));
    let other = Party::enter(&test.store, 2).await.unwrap();
    assert_eq!(
        read.find_application(other.enterprise, id).await.unwrap(),
        None
    );
    let foreign = keep(test, &other, id, ID, CANARY).await;
    assert!(matches!(
        refused(foreign),
        StoreError::Missing {
            what: "application"
        }
    ));
}

async fn a_file_comes_back_byte_for_byte_and_a_foreign_enterprise_finds_none(test: &TestStore) {
    let _mark = clause::check!(R22);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let other = Party::enter(&test.store, 2).await.unwrap();
    let id = begin(test, &party).await;
    // More than one piece.
    let bytes = long_pdf("licence ", 600 << 10);
    let document = hand_in(test, &party, id, bytes.clone()).await.unwrap();
    let opened = test.store.open_document(party.enterprise, document).await;
    let opened = opened.unwrap().unwrap();
    assert_eq!(opened.document.size_bytes, bytes.len() as u64);
    assert_eq!(text(&opened.name), "营业执照.pdf");
    let same = opened
        .bytes
        .open(&Page, Sink::Page, |found| *found == bytes);
    assert_eq!(same, Some(true));
    let foreign = test.store.open_document(other.enterprise, document).await;
    assert!(foreign.unwrap().is_none());
    let read = test.store.read();
    assert_eq!(
        read.find_document(other.enterprise, document)
            .await
            .unwrap(),
        None
    );
    let listed = read.list_documents(party.enterprise, id).await.unwrap();
    assert_eq!(listed, [opened.document]);
    change(&test.store, async |tx| {
        tx.remove_document(party.enterprise, id, document).await
    })
    .await
    .unwrap();
    let db = beside(test).await;
    assert_eq!(count(&db, "SELECT count(*) FROM document_chunk").await, 0);
}

async fn a_piece_of_a_file_that_is_moved_or_lost_is_noticed(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let id = begin(test, &party).await;
    let bytes = long_pdf("licence ", 600 << 10);
    let document = hand_in(test, &party, id, bytes).await.unwrap();
    let open = async || test.store.open_document(party.enterprise, document).await;
    let db = beside(test).await;
    let swap = "UPDATE document_chunk SET bytes_sealed = (SELECT c.bytes_sealed FROM document_chunk AS c \
                WHERE c.place = 1) WHERE place = 0";
    run(&db, "UPDATE document SET chunks = 2").await;
    let cut = open().await.unwrap_err();
    assert!(matches!(
        cut,
        StoreError::Inconsistent {
            table: "document_chunk",
            ..
        }
    ));
    run(&db, "UPDATE document SET chunks = 3").await;
    open().await.unwrap().unwrap();
    run(&db, swap).await;
    let moved = open().await.unwrap_err();
    assert!(matches!(moved, StoreError::Vault(VaultError::Unreadable)));
    run(&db, "DELETE FROM document_chunk WHERE place = 0").await;
    let lost = open().await.unwrap_err();
    assert!(matches!(
        lost,
        StoreError::Inconsistent {
            table: "document_chunk",
            ..
        }
    ));
}

async fn an_application_has_so_many_files_and_no_more(test: &TestStore) {
    let party = Party::enter(&test.store, 1).await.unwrap();
    let id = begin(test, &party).await;
    for number in 0..DOCUMENTS_MAX {
        let file = pdf(&format!("page {number}"));
        hand_in(test, &party, id, file).await.unwrap();
    }
    let more = hand_in(test, &party, id, pdf("one more")).await;
    assert!(matches!(
        refused(more),
        StoreError::Invalid {
            what: "document",
            ..
        }
    ));
}

async fn one_application_is_open_at_a_time_and_moves_along_its_ways(test: &TestStore) {
    let _mark = clause::check!(U1);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let id = begin(test, &party).await;
    let second = change(&test.store, async |tx| {
        tx.begin_application(party.enterprise, party.representative)
            .await
    });
    assert!(matches!(
        refused(second.await),
        StoreError::Conflict {
            what: "application"
        }
    ));
    let skipped = go(test, &party, id, ApplicationState::Approved, &[]).await;
    assert!(matches!(
        refused(skipped),
        StoreError::Conflict {
            what: "application"
        }
    ));
    go(test, &party, id, ApplicationState::Submitted, &[])
        .await
        .unwrap();
    // What lies with the reviewer stays as it is.
    let late = keep(test, &party, id, ID, CANARY).await;
    assert!(matches!(
        refused(late),
        StoreError::Missing {
            what: "application"
        }
    ));
    test.clock.advance(std::time::Duration::from_hours(1));
    let question = note(test, &party, id, "请补交清晰的副本").await;
    go(test, &party, id, ApplicationState::Asked, &[question])
        .await
        .unwrap();
    keep(test, &party, id, ID, CANARY).await.unwrap();
    go(test, &party, id, ApplicationState::Submitted, &[])
        .await
        .unwrap();
    let reason = note(test, &party, id, "证照已注销").await;
    go(test, &party, id, ApplicationState::Rejected, &[reason])
        .await
        .unwrap();
    let read = test.store.read();
    let application = read
        .find_application(party.enterprise, id)
        .await
        .unwrap()
        .unwrap();
    assert!(application.decided.is_some() && application.submitted > Some(application.created));
    let notes = test.store.application_notes(&application).await.unwrap();
    let told: Vec<_> = notes
        .iter()
        .map(|note| (note.state, text(note.text.as_ref().unwrap())))
        .collect();
    let expected = [
        (ApplicationState::Asked, "请补交清晰的副本".to_owned()),
        (ApplicationState::Rejected, "证照已注销".to_owned()),
    ];
    assert_eq!(told, expected);
    can_begin_again(test, &party, id).await;
}

async fn can_begin_again(test: &TestStore, party: &Party, id: ApplicationId) {
    let read = test.store.read();
    test.clock.advance(std::time::Duration::from_hours(1));
    let next = begin(test, party).await;
    let listed = read.list_applications(party.enterprise).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|application| application.id).collect();
    assert_eq!(ids, [next, id]);
    assert!(
        read.find_application_for_review(next)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        read.find_application_for_review(id)
            .await
            .unwrap()
            .is_some()
    );
}

async fn without_consent_the_two_numbers_are_gone(test: &TestStore) {
    let _mark = clause::check!(R26);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let id = begin(test, &party).await;
    keep(test, &party, id, ID, CANARY).await.unwrap();
    keep(test, &party, id, ApplicationField::Address, "样本路 1 号")
        .await
        .unwrap();
    for (agrees, values) in [(true, 2), (false, 1)] {
        change(&test.store, async |tx| {
            tx.set_sensitive_consent(party.enterprise, id, agrees).await
        })
        .await
        .unwrap();
        let read = test.store.read();
        let found = read
            .find_application(party.enterprise, id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.consented.is_some(), agrees);
        assert_eq!(
            test.store.application_values(&found).await.unwrap().len(),
            values
        );
    }
}

async fn the_two_numbers_go_after_the_review_and_the_finding_stays(test: &TestStore) {
    let _mark = clause::check!(R14);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let id = begin(test, &party).await;
    keep(test, &party, id, ID, CANARY).await.unwrap();
    keep(test, &party, id, ApplicationField::Address, "样本路 1 号")
        .await
        .unwrap();
    for next in [ApplicationState::Submitted, ApplicationState::Approved] {
        go(test, &party, id, next, &[]).await.unwrap();
    }
    let sweep = async || {
        let before = test.store.database().now().plus_days(-30);
        test.store
            .erase_sensitive_values_before(before, nobody())
            .await
            .unwrap()
    };
    assert_eq!(sweep().await, 0);
    test.clock
        .advance(std::time::Duration::from_hours(24 * 30 + 1));
    assert_eq!((sweep().await, sweep().await), (1, 0));
    let read = test.store.read();
    let found = read
        .find_application(party.enterprise, id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.state, ApplicationState::Approved);
    assert!(found.sensitive_erased.is_some());
    let left = test.store.application_values(&found).await.unwrap();
    assert_eq!(
        left.into_keys().collect::<Vec<_>>(),
        [ApplicationField::Address]
    );
}

async fn a_credit_code_is_given_to_one_enterprise(test: &TestStore) {
    let _mark = clause::check!(U1);
    let code = UnifiedSocialCreditCode::parse("91350100M000100Y43").unwrap();
    let name = EnterpriseName::parse("样本商贸有限公司").unwrap();
    let (one, two) = (
        Party::enter(&test.store, 1).await.unwrap(),
        Party::enter(&test.store, 2).await.unwrap(),
    );
    let identify = async |party: &Party| {
        change(&test.store, async |tx| {
            tx.identify_enterprise(party.enterprise, &name, &code, "retail")
                .await
        })
        .await
    };
    let read = test.store.read();
    assert!(
        !read
            .is_code_of_another(&code, two.enterprise)
            .await
            .unwrap()
    );
    identify(&one).await.unwrap();
    identify(&one).await.unwrap();
    assert!(
        read.is_code_of_another(&code, two.enterprise)
            .await
            .unwrap()
    );
    assert!(
        !read
            .is_code_of_another(&code, one.enterprise)
            .await
            .unwrap()
    );
    assert!(matches!(
        refused(identify(&two).await),
        StoreError::Conflict { what: "enterprise" }
    ));
    // Two open applications with the same code are told.
    let mac = test.store.code_mac(&code).await.unwrap();
    let mut ids = Vec::new();
    for party in [&one, &two] {
        let id = begin(test, party).await;
        change(&test.store, async |tx| {
            tx.set_code_mac(party.enterprise, id, mac).await
        })
        .await
        .unwrap();
        assert_eq!(read.count_rivals(id).await.unwrap(), ids.len() as u64);
        go(test, party, id, ApplicationState::Submitted, &[])
            .await
            .unwrap();
        ids.push(id);
    }
    assert_eq!(read.count_rivals(ids[0]).await.unwrap(), 1);
}

async fn a_look_is_in_ledger_and_log_before_it_opens_anything(test: &TestStore) {
    let _mark = clause::check!(R23);
    let party = Party::enter(&test.store, 1).await.unwrap();
    let id = begin(test, &party).await;
    let facts = LookFacts {
        may_review: true,
        is_concerned: Some(false),
        state: Some(ApplicationState::Submitted),
        is_seconded: false,
    };
    let ask = |application| LookRequest {
        enterprise: party.enterprise,
        application,
        field: ID,
        document: None,
        reason: LookReason::CompareWithPaper,
    };
    let now = test.store.database().now();
    let operator: OperatorId = Id::generate(now, &SystemEntropy).unwrap();
    let by = (nobody(), Whose::of_seat(party.representative, None));
    let before = test.store.read().leaves_waiting().await.unwrap();
    let look = decide_look(ask(id), &facts).unwrap();
    let recorded: RecordedLook = test.store.record_look(look, operator, by).await.unwrap();
    assert!(recorded.opens(Sink::Page) && !recorded.opens(Sink::Json));
    assert_eq!(
        test.store.read().leaves_waiting().await.unwrap(),
        before + 1
    );
    let looks = test
        .store
        .read()
        .list_looks(party.enterprise)
        .await
        .unwrap();
    assert_eq!(looks.len(), 1);
    assert_eq!(
        (looks[0].field, looks[0].reason),
        (ID, LookReason::CompareWithPaper)
    );
    // A look at nothing is recorded nowhere and opens nothing.
    let nowhere: ApplicationId = Id::generate(now, &SystemEntropy).unwrap();
    let look = decide_look(ask(nowhere), &facts).unwrap();
    let outcome = test.store.record_look(look, operator, by).await;
    assert!(matches!(
        refused(outcome),
        StoreError::Missing {
            what: "application"
        }
    ));
    assert_eq!(
        test.store.read().leaves_waiting().await.unwrap(),
        before + 1
    );
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

async fn nothing_of_an_application_reaches_the_disk_in_the_clear(test: &TestStore) {
    let _mark = clause::check!(R22);
    let party = Party::enter(&test.store, 7).await.unwrap();
    let id = begin(test, &party).await;
    keep(test, &party, id, ID, CANARY).await.unwrap();
    hand_in(test, &party, id, pdf("canary of the licence"))
        .await
        .unwrap();
    let words = note(test, &party, id, "canary of the question").await;
    go(test, &party, id, ApplicationState::Submitted, &[words])
        .await
        .unwrap();
    let disk = test.raw_bytes().unwrap();
    // What is not personal is there, so the search would find a value that is.
    assert!(holds(&disk, "样本企业0007".as_bytes()) && holds(&disk, b"id_number"));
    for personal in [CANARY, "19491231", "canary of the", "/Catalog", "营业执照"] {
        assert!(!holds(&disk, personal.as_bytes()), "{personal}");
    }
}

/// Reads what is sealed of the applications of a party: values, names of files and pieces of files.
async fn sealed_of(db: &DatabaseConnection, party: &Party) -> Vec<Vec<u8>> {
    let own = "SELECT id FROM application WHERE enterprise_id = $1";
    let selects = [
        format!("SELECT value_sealed FROM application_value WHERE application_id IN ({own})"),
        format!("SELECT name_sealed FROM document WHERE application_id IN ({own})"),
        format!(
            "SELECT bytes_sealed FROM document_chunk WHERE document_id IN (SELECT id FROM document WHERE application_id IN ({own}))"
        ),
    ];
    let mut sealed = Vec::new();
    for sql in selects {
        let values = [party.enterprise.uuid().into()];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        for row in db.query_all_raw(statement).await.unwrap() {
            sealed.push(row.try_get_by_index::<Vec<u8>>(0).unwrap());
        }
    }
    sealed
}

async fn an_erased_enterprise_leaves_nothing_of_what_it_told(test: &TestStore) {
    let _mark = clause::check!(R26);
    let party = Party::enter(&test.store, 7).await.unwrap();
    let other = Party::enter(&test.store, 8).await.unwrap();
    for party in [&party, &other] {
        let id = begin(test, party).await;
        keep(test, party, id, ID, CANARY).await.unwrap();
        hand_in(test, party, id, pdf("licence")).await.unwrap();
        let words = note(test, party, id, "question").await;
        go(test, party, id, ApplicationState::Submitted, &[words])
            .await
            .unwrap();
    }
    let db = beside(test).await;
    let sealed = sealed_of(&db, &party).await;
    test.store
        .run_tx("test.erase", async |tx: Tx| {
            let own = tx.read().list_applications(party.enterprise).await?;
            let ids: Vec<_> = own.iter().map(|application| application.id).collect();
            tx.erase_applications(&ids).await?;
            tx.append(&entry(tx.now(), 1)).await
        })
        .await
        .unwrap();
    for (sql, left) in [
        ("SELECT count(*) FROM application_value", 1),
        ("SELECT count(*) FROM document", 1),
        ("SELECT count(*) FROM document_chunk", 1),
        (
            "SELECT count(*) FROM application_message WHERE text_sealed IS NOT NULL",
            1,
        ),
        ("SELECT count(*) FROM application", 2),
    ] {
        assert_eq!(count(&db, sql).await, left, "{sql}");
    }
    // Of what was sealed no byte is left on the disk either.
    test.store.database().scrub().await.unwrap();
    let disk = test.raw_bytes().unwrap();
    assert!(sealed.len() >= 3);
    assert!(!sealed.iter().any(|bytes| holds(&disk, bytes)));
    let scope = KeyScope::Enterprise(party.enterprise);
    test.store.vault().destroy(&scope).await.unwrap();
    let value = Pii::new(CANARY.to_owned());
    let application = Id::generate(test.store.database().now(), &SystemEntropy).unwrap();
    let closed = test
        .store
        .seal_value(party.enterprise, application, ID, &value)
        .await;
    assert!(matches!(
        closed.unwrap_err(),
        StoreError::Vault(VaultError::Destroyed)
    ));
}

async fn a_seat_in_an_enterprise_is_known_whoever_sits_there(test: &TestStore) {
    let _mark = clause::check!(R3);
    let (one, two) = (
        Party::enter(&test.store, 1).await.unwrap(),
        Party::enter(&test.store, 2).await.unwrap(),
    );
    let person = Person::enter(&test.store, 3).await.unwrap().account;
    let read = test.store.read();
    assert!(!read.has_seat(one.enterprise, person).await.unwrap());
    change(&test.store, async |tx| {
        tx.seat_account(one.enterprise, one.representative, person)
            .await
    })
    .await
    .unwrap();
    assert!(read.has_seat(one.enterprise, person).await.unwrap());
    assert!(!read.has_seat(two.enterprise, person).await.unwrap());
}
