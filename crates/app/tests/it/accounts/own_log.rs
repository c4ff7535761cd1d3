use std::time::Duration;

use serde_json::json;
use yuntu_app::accounts::{ActResult, CodeFor, OwnAct, TypedIn};
use yuntu_app::store::{Choice, LeafId, Session, StoreError, Tx};
use yuntu_ledger::{Entry, EntryKind};
use yuntu_terms::{EnterpriseName, Pii, Sink, Warrant, clause};

use crate::desk::{Desk, MINUTE, beside, email, network, password, told, visit};

crate::on_both!(crate::desk::Desk =>
    a_person_reads_from_where_she_acted_and_who_failed_to_get_in,
    what_she_does_for_an_enterprise_and_what_is_refused_stands_there_too,
    tries_from_before_an_account_are_nobodys,
    tries_from_before_an_address_was_hers_are_nobodys,
    what_is_over_goes_and_what_is_not_stays,
    many_rows_go_in_batches_each_in_the_ledger,
);

const DAY: Duration = Duration::from_hours(24);
const INSTANT: Duration = Duration::from_micros(1);

struct Page;

impl Warrant for Page {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

fn read(value: Option<&Pii<String>>) -> String {
    value
        .and_then(|value| value.open(&Page, Sink::Page, String::clone))
        .unwrap_or_default()
}

/// What a log says in one line each, newest first.
fn lines(acts: &[OwnAct]) -> Vec<String> {
    let line = |act: &OwnAct| {
        let (network, agent) = (read(act.network.as_ref()), read(act.agent.as_ref()));
        let result = &act.result.text().en;
        format!("{} {result} {network} {agent}", act.kind)
    };
    acts.iter().map(line).collect()
}

async fn own(desk: &Desk, session: &Session) -> Vec<String> {
    lines(&desk.platform.own_acts(session, None).await.unwrap().acts)
}

/// Types a wrong code for an address from a network.
async fn fail(desk: &Desk, address: &str, from: u32) {
    let asked = desk.ask(CodeFor::SignIn, address).await.unwrap();
    let (seen, _) = desk.drain().await;
    let right = seen.first().map(|seen| crate::desk::code_in(&seen.text));
    let code =
        right.unwrap_or_else(|| yuntu_app::vault::VerificationCode::parse("000000").unwrap());
    let typed = TypedIn {
        request: asked.request,
        code: beside(&code, 1),
    };
    let address = email(address);
    told(
        desk.platform
            .sign_in_by_code(&typed, &address, visit(from))
            .await,
    );
}

async fn a_person_reads_from_where_she_acted_and_who_failed_to_get_in(desk: Desk) {
    let _mark = clause::check!(R1);
    let li = desk.sign_up_with_password("li@example.cn").await;
    desk.sign_up("wang@example.cn").await;
    let session = desk.session_of(&li).await;
    desk.clock.advance(Duration::from_mins(2));
    fail(&desk, "li@example.cn", 2).await;
    desk.clock.advance(Duration::from_mins(2));
    let wrong = password("another ferry oxide lamp");
    let address = email("li@example.cn");
    told(
        desk.platform
            .sign_in_by_password(&address, wrong, visit(3))
            .await,
    );
    // The session goes on from another network.
    let here = visit(4);
    let session = desk.platform.seen_from(session, &here).await.unwrap();
    let purpose = desk.platform.choices(&session).await.unwrap()[0]
        .rule
        .id
        .clone();
    desk.clock.advance(Duration::from_mins(1));
    desk.platform
        .choose(&session, &purpose, Choice::On)
        .await
        .unwrap();
    let log = own(&desk, &session).await;
    let browser = "Firefox 150 on Linux";
    assert_eq!(
        log[..3],
        [
            format!("choice.recorded done 198.51.4.0/24 {browser}"),
            format!("sign_in.failed failed 198.51.3.0/24 {browser}"),
            format!("sign_in.failed failed 198.51.2.0/24 {browser}"),
        ]
    );
    // Registration: three entries of one moment, from where it was done.
    assert!(
        log[3..]
            .iter()
            .all(|line| line.ends_with(&format!("done 198.51.1.0/24 {browser}")))
    );
    assert_eq!(log.len(), 6);
    let failed = desk.platform.own_acts(&session, None).await.unwrap();
    let failed = failed
        .acts
        .iter()
        .filter(|act| act.result == ActResult::Failed);
    assert_eq!(failed.count(), 2);
}

async fn what_she_does_for_an_enterprise_and_what_is_refused_stands_there_too(desk: Desk) {
    let _mark = clause::check!(R1);
    let platform = &desk.platform;
    let li = desk.sign_up("li@example.cn").await;
    let session = desk.session_of(&li).await;
    let session = platform.seen_from(session, &visit(4)).await.unwrap();
    let name = EnterpriseName::parse("Kettle Works").unwrap();
    let made = platform.create_enterprise(&session, &name, "retail").await;
    made.unwrap();
    let caller = platform.caller(&session).await.unwrap().unwrap();
    desk.clock.advance(MINUTE);
    platform.begin_certification(&caller).await.unwrap();
    desk.clock.advance(MINUTE);
    // Nobody instructs before the certification: what she tried is in the ledger and in her log.
    let before = desk.entries().await;
    let refused = platform.list_instructions(&caller, None).await.unwrap_err();
    assert!(refused.refusal().is_some());
    assert_eq!(desk.entries().await, before + 1);
    desk.clock.advance(MINUTE);
    // Who looks at the values of others finds it in her log; of her own pages the ledger alone knows.
    platform.members(&caller).await.unwrap();
    let before = desk.entries().await;
    platform.own_values(&session).await.unwrap();
    assert_eq!(desk.entries().await, before + 1);
    // One entry stands for a minute of her session, and for no other session.
    platform.own_values(&session).await.unwrap();
    assert_eq!(desk.entries().await, before + 1);
    desk.clock.advance(MINUTE);
    platform.own_values(&session).await.unwrap();
    assert_eq!(desk.entries().await, before + 2);
    let log = own(&desk, &session).await;
    let here = "198.51.4.0/24 Firefox 150 on Linux";
    assert_eq!(
        log[..4],
        [
            format!("values.opened done {here}"),
            format!("act.refused refused {here}"),
            format!("certification.begun done {here}"),
            format!("enterprise.created done {here}"),
        ]
    );
    let acts = platform.own_acts(&session, None).await.unwrap().acts;
    assert_eq!(acts[1].text.en, "Tried to read results");
    assert_eq!(acts[0].text.zh, "查看成员的名称与联系方式");
}

async fn tries_from_before_an_account_are_nobodys(desk: Desk) {
    fail(&desk, "li@example.cn", 2).await;
    desk.clock.advance(Duration::from_mins(2));
    let li = desk.sign_up("li@example.cn").await;
    let session = desk.session_of(&li).await;
    assert!(
        own(&desk, &session)
            .await
            .iter()
            .all(|line| line.contains(" done "))
    );
}

async fn tries_from_before_an_address_was_hers_are_nobodys(desk: Desk) {
    let _mark = clause::check!(R1);
    let platform = &desk.platform;
    let li = desk.sign_up("li@example.cn").await;
    let session = desk.session_of(&li).await;
    desk.clock.advance(MINUTE);
    // Somebody else's, who gives it up; the text messages of a number that is sold again are the same.
    fail(&desk, "former@example.cn", 2).await;
    desk.clock.advance(MINUTE);
    let (address, here) = (email("former@example.cn"), visit(1));
    let asked = platform.ask_new_contact(&session, address, &here);
    let asked = asked.await.unwrap();
    let (seen, _) = desk.drain().await;
    let typed = TypedIn {
        request: asked.request,
        code: crate::desk::code_in(&seen[0].text),
    };
    let here = network(1);
    let changed = platform.change_contact(&session, &typed, &here);
    changed.await.unwrap();
    desk.drain().await;
    let failed = async || {
        let log = own(&desk, &session).await;
        log.into_iter()
            .filter(|line| line.contains("failed"))
            .collect::<Vec<_>>()
    };
    assert!(failed().await.is_empty());
    desk.clock.advance(MINUTE * 2);
    fail(&desk, "former@example.cn", 3).await;
    assert_eq!(
        failed().await,
        ["sign_in.failed failed 198.51.3.0/24 Firefox 150 on Linux"]
    );
}

async fn what_is_over_goes_and_what_is_not_stays(desk: Desk) {
    let _mark = clause::check!(R14);
    desk.sign_up("li@example.cn").await;
    desk.clock.advance(Duration::from_mins(2));
    fail(&desk, "li@example.cn", 2).await;
    let begun = desk.platform.now();
    let upkeep = async || {
        let done = desk.platform.upkeep().await.unwrap();
        desk.platform.scrub().await.unwrap();
        assert!(!done.more);
        done.rows.into_iter().collect::<Vec<_>>()
    };
    let at = |time: Duration| desk.clock.set(begun.plus(time));
    // A day for codes and failures, counted from the last: the code of the registration is two minutes older.
    at(DAY);
    assert_eq!(upkeep().await, [("code", 1)]);
    at(DAY + INSTANT);
    assert_eq!(upkeep().await, [("code", 1), ("sign_in_failure", 1)]);
    // Thirty days for messages that have left, and for a session from its end on.
    at(DAY * 30 + MINUTE * 30);
    let gone = upkeep().await;
    assert_eq!(
        gone.iter().map(|(table, _)| *table).collect::<Vec<_>>(),
        ["outbox", "session"]
    );
    // Half a year for the own log, with what failed; the log itself stays in the ledger, where nothing names her.
    at((DAY * 184).saturating_sub(MINUTE * 2));
    assert!(upkeep().await.is_empty());
    at((DAY * 184).saturating_sub(MINUTE));
    assert_eq!(upkeep().await, [("account_act", 3)]);
    at(DAY * 184);
    assert!(upkeep().await.is_empty());
    let before = desk.entries().await;
    at(DAY * 184 + INSTANT);
    assert_eq!(upkeep().await, [("sign_in_try", 1)]);
    assert_eq!(desk.entries().await, before + 1);
    assert!(upkeep().await.is_empty());
}

async fn many_rows_go_in_batches_each_in_the_ledger(desk: Desk) {
    let store = &desk.parts.store;
    let address = email("li@example.cn");
    let address = store
        .address_mac(address.kind(), address.as_pii())
        .await
        .unwrap();
    let network = store.network_mac(&crate::desk::network(1)).await.unwrap();
    let actor = store.platform_pseudonym().await.unwrap();
    let failed: Result<LeafId, StoreError> = store
        .run_tx("test.fail", async |tx: Tx| {
            for _ in 0..1_201 {
                tx.count_failure(&address, &network).await?;
            }
            tx.append(&Entry {
                kind: EntryKind::known("test.failed"),
                at: tx.now(),
                clauses: Vec::new(),
                actor,
                body: json!({}),
            })
            .await
        })
        .await;
    failed.unwrap();
    desk.clock.advance(DAY + INSTANT);
    let before = desk.entries().await;
    let done = desk.platform.upkeep().await.unwrap();
    assert_eq!(done.rows.get("sign_in_failure"), Some(&1_201));
    assert_eq!(desk.entries().await, before + 3);
}
