//! Reports of minors' accounts, from the report to the erasure.

use std::time::Duration;

use yuntu_app::accounts::{AccountError, CodeFor, SignInStep};
use yuntu_app::minors::{
    EraseWhen, MinorWatch, ReportLinks, ReportTaken, ReportText, TypedReport, Uphold,
};
use yuntu_app::operators::OperatorCaller;
use yuntu_app::outbound::{Kind, Link};
use yuntu_app::policy::{Action, MinorReportState, OperatorRole, ReportLookReason, Role};
use yuntu_app::store::{AccountStanding, StoreError};
use yuntu_app::vault::{RecoveryCode, VaultError};
use yuntu_app::{AppError, Caller};
use yuntu_terms::{AccountId, EnterpriseName, Id, SystemEntropy, clause};

use crate::desk::{Desk, MINUTE, PASSWORD, Seen, email, password, told, visit};
use crate::operators::{Desker, operator};

crate::on_both!(crate::desk::Desk =>
    a_report_leads_from_suspension_to_an_erased_account,
    who_asks_for_it_herself_need_not_wait,
    the_answer_to_a_report_is_the_same_whoever_it_is_about,
    what_is_missing_in_a_report_is_named_and_too_many_are_sent_away,
    an_objection_that_is_heard_opens_the_account_again,
    two_reports_about_one_person_end_in_one_erasure,
    only_who_serves_reports_reads_one_and_no_value_without_a_look,
    a_report_that_nobody_decides_raises_an_alarm,
    an_account_that_the_report_is_not_about_stays,
);

const MINOR: &str = "xiaoming@example.cn";
const DAY: Duration = Duration::from_hours(24);

fn links() -> ReportLinks {
    let link = |path: &str| Link::try_from(format!("https://yuntu.example/{path}").as_str());
    ReportLinks {
        objection: link("objection").unwrap(),
        outcome: link("outcome").unwrap(),
    }
}

fn text(field: &'static str, typed: &str) -> Option<ReportText> {
    ReportText::parse(field, typed).unwrap()
}

fn report_of(address: &str) -> TypedReport {
    TypedReport {
        account: Some(email(address)),
        enterprise: None,
        person: text("person", "小明，门店兼职"),
        why: text("why", "canary-why 他在读初中"),
        contact: Some(email("reporter@example.org")),
    }
}

async fn take(desk: &Desk, address: &str) -> ReportTaken {
    desk.platform
        .report_minor(&report_of(address), &visit(9))
        .await
        .unwrap()
}

async fn privacy(desk: &Desk) -> Desker {
    operator(desk, "chen@operator.example", OperatorRole::Privacy).await
}

async fn uphold(
    desk: &Desk,
    by: &OperatorCaller,
    report: &ReportTaken,
    account: AccountId,
) -> Result<(), AppError> {
    let how = Uphold {
        account,
        words: text("words", "学校出具的证明与举报一致"),
        erase: EraseWhen::AfterObjections,
    };
    desk.platform
        .uphold_minor_report(by, report.id, how, &links())
        .await
}

async fn state(desk: &Desk, report: &ReportTaken) -> MinorReportState {
    let answer = desk.platform.follow_report(report.id, &report.code).await;
    answer.unwrap().unwrap().state
}

async fn dismiss(
    desk: &Desk,
    by: &OperatorCaller,
    report: &ReportTaken,
    words: &str,
) -> Result<(), AppError> {
    let words = text("words", words);
    desk.platform
        .dismiss_minor_report(by, report.id, (words, &links()))
        .await
}

/// Tries to enter with the password of the test.
async fn enter(desk: &Desk, address: &str) -> Result<SignInStep, AppError> {
    let address = email(address);
    desk.platform
        .sign_in_by_password(&address, password(PASSWORD), visit(1))
        .await
}

/// The messages that wait, those to the person concerned first.
async fn drained(desk: &Desk) -> Vec<Seen> {
    let (mut seen, _) = desk.drain().await;
    seen.sort_by_key(|seen| seen.kind);
    seen
}

fn field<T: std::fmt::Debug>(outcome: Result<T, AppError>) -> &'static str {
    let error = outcome.unwrap_err();
    let AppError::Invalid { what, .. } = error else {
        panic!("{error:?}");
    };
    what
}

fn holds(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

async fn a_report_leads_from_suspension_to_an_erased_account(desk: Desk) {
    let _mark = clause::check!(R29);
    let platform = &desk.platform;
    let here = desk.sign_up_with_password(MINOR).await;
    let session = desk.session_of(&here).await;
    let name = EnterpriseName::parse("上海测试商贸有限公司").unwrap();
    let enterprise = platform
        .create_enterprise(&session, &name, "retail")
        .await
        .unwrap();
    let session = desk.session_of(&here).await;
    let caller: Caller = platform.caller(&session).await.unwrap().unwrap();
    platform
        .authorise(&caller, Action::ApplyForCertification)
        .await
        .unwrap();
    let report = take(&desk, MINOR).await;
    let chen = privacy(&desk).await;
    desk.drain().await;
    let found = platform
        .review_minor_report(&chen.caller, report.id)
        .await
        .unwrap();
    let [candidate] = &found.candidates[..] else {
        panic!("{:?}", found.candidates);
    };
    assert_eq!(candidate.account, here.account);
    assert!(candidate.by_address && candidate.seats[0].only_owner);
    assert_eq!(candidate.seats[0].role, Role::Owner);
    uphold(&desk, &chen.caller, &report, here.account)
        .await
        .unwrap();
    // The same second nothing goes any more: no session, no authority, no sign-in.
    let cookie = here.secret.text();
    assert_eq!(
        told(platform.session(&cookie).await),
        AccountError::SignedOut
    );
    let refused = platform.authorise(&caller, Action::ApplyForCertification);
    assert!(refused.await.unwrap_err().refusal().is_some());
    let entered = enter(&desk, MINOR);
    assert_eq!(told(entered.await), AccountError::Suspended);
    are_told(&drained(&desk).await);
    // A day to object, then everything goes.
    assert_eq!(platform.erase_reported_accounts().await.unwrap(), 0);
    assert_eq!(state(&desk, &report).await, MinorReportState::Upheld);
    desk.clock.advance(DAY);
    let contact = desk.parts.store.account_contact(here.account).await;
    assert!(contact.unwrap().is_some());
    assert_eq!(platform.erase_reported_accounts().await.unwrap(), 1);
    assert_eq!(state(&desk, &report).await, MinorReportState::Removed);
    assert!(platform.now() <= report.due);
    nothing_is_left(&desk, &report, here.account).await;
    // The enterprise goes on, and the operator is told that nobody owns it.
    let members = desk
        .parts
        .store
        .read()
        .list_members(enterprise, platform.now())
        .await;
    assert!(members.unwrap().is_empty());
    assert!(platform.is_certified(enterprise).await.is_ok());
    // The address is free again, as one that nobody had.
    desk.clock.advance(DAY);
    let again = desk.sign_up(MINOR).await;
    assert_ne!(again.account, here.account);
    // A later turn has nothing to do.
    assert_eq!(platform.erase_reported_accounts().await.unwrap(), 0);
}

/// The person is told with where to object, and who reported it that it was decided and nothing else.
fn are_told(seen: &[Seen]) {
    let [person, reporter] = seen else {
        panic!("{seen:?}");
    };
    assert_eq!(
        (person.kind, person.to.as_str()),
        (Kind::StandingChanged, MINOR)
    );
    assert!(
        person.text.contains("object before then"),
        "{}",
        person.text
    );
    assert!(person.text.contains("/objection") && reporter.text.contains("/outcome"));
    assert_eq!(reporter.kind, Kind::ReportAnswered);
    assert_eq!(reporter.to, "reporter@example.org");
    assert!(!reporter.text.contains(MINOR));
}

/// The account is unknown, its keys are gone, and so is what was told of its person.
async fn nothing_is_left(desk: &Desk, report: &ReportTaken, account: AccountId) {
    let entered = enter(desk, MINOR);
    let unknown = enter(desk, "nobody@example.cn");
    assert_eq!(told(entered.await), told(unknown.await));
    // Another process may hold a key it had for as long as its lease.
    desk.clock.advance(MINUTE * 2);
    assert!(matches!(
        desk.parts.store.account_pseudonym(account).await,
        Err(StoreError::Vault(VaultError::Destroyed))
    ));
    let texts = desk.parts.store.report_texts(report.id).await.unwrap();
    assert!(texts.account.is_none() && texts.why.is_none() && texts.contact.is_none());
    let bytes = desk.parts.raw_bytes().unwrap();
    for plain in [MINOR, "canary-why", "reporter@example.org"] {
        assert!(!holds(&bytes, plain.as_bytes()), "{plain}");
    }
}

async fn who_asks_for_it_herself_need_not_wait(desk: Desk) {
    let _mark = clause::check!(R29);
    let here = desk.sign_up(MINOR).await;
    let report = take(&desk, MINOR).await;
    let chen = privacy(&desk).await;
    let how = Uphold {
        account: here.account,
        words: text("words", "监护人来信要求删除"),
        erase: EraseWhen::AtOnce,
    };
    let platform = &desk.platform;
    platform
        .uphold_minor_report(&chen.caller, report.id, how, &links())
        .await
        .unwrap();
    assert_eq!(platform.erase_reported_accounts().await.unwrap(), 1);
    nothing_is_left(&desk, &report, here.account).await;
}

async fn the_answer_to_a_report_is_the_same_whoever_it_is_about(desk: Desk) {
    let _mark = clause::check!(R29);
    desk.sign_up(MINOR).await;
    let (known, unknown) = (
        take(&desk, MINOR).await,
        take(&desk, "nobody@example.cn").await,
    );
    let shape = |taken: &ReportTaken| (taken.due, taken.code.shown().len());
    assert_eq!(shape(&known), shape(&unknown));
    assert_eq!(state(&desk, &known).await, state(&desk, &unknown).await);
    // Nothing is sent to anybody, and nothing happens to the account.
    assert!(desk.drain().await.0.is_empty());
    desk.clock.advance(MINUTE);
    desk.code(CodeFor::SignIn, MINOR).await;
    // Number and code belong together.
    let platform = &desk.platform;
    let mixed = platform.follow_report(known.id, &unknown.code).await;
    assert!(mixed.unwrap().is_none());
    let other = RecoveryCode::draw(&SystemEntropy).unwrap();
    let wrong = platform.follow_report(known.id, &other).await;
    assert!(wrong.unwrap().is_none());
}

async fn what_is_missing_in_a_report_is_named_and_too_many_are_sent_away(desk: Desk) {
    let _mark = clause::check!(R29);
    let platform = &desk.platform;
    let before = desk.entries().await;
    let whole = || report_of(MINOR);
    let nobody = TypedReport {
        account: None,
        ..whole()
    };
    let no_why = TypedReport {
        why: None,
        ..whole()
    };
    assert_eq!(
        field(platform.report_minor(&nobody, &visit(9)).await),
        "account"
    );
    assert_eq!(
        field(platform.report_minor(&no_why, &visit(9)).await),
        "why"
    );
    assert!(ReportText::parse("why", " \t ").unwrap().is_none());
    for typed in [
        "长".repeat(1_001),
        String::from("a\u{0}b"),
        String::from("a\nb"),
    ] {
        assert_eq!(field(ReportText::parse("why", &typed)), "why", "{typed}");
    }
    assert_eq!(desk.entries().await, before);
    for _ in 0..10 {
        take(&desk, MINOR).await;
    }
    let more = platform.report_minor(&whole(), &visit(9)).await;
    assert!(matches!(told(more), AccountError::TooOften { .. }));
    // Another network is not held up.
    platform.report_minor(&whole(), &visit(10)).await.unwrap();
}

async fn an_objection_that_is_heard_opens_the_account_again(desk: Desk) {
    let _mark = clause::check!(R29);
    let platform = &desk.platform;
    let here = desk.sign_up_with_password(MINOR).await;
    let report = take(&desk, MINOR).await;
    let chen = privacy(&desk).await;
    uphold(&desk, &chen.caller, &report, here.account)
        .await
        .unwrap();
    desk.drain().await;
    let none = dismiss(&desk, &chen.caller, &report, " ");
    assert_eq!(field(none.await), "words");
    let heard = "当事人出示了身份证件，已满十八周岁";
    dismiss(&desk, &chen.caller, &report, heard).await.unwrap();
    let kinds: Vec<Kind> = drained(&desk).await.iter().map(|seen| seen.kind).collect();
    assert_eq!(kinds, [Kind::StandingChanged, Kind::ReportAnswered]);
    let entered = enter(&desk, MINOR);
    crate::desk::done(entered.await);
    let answer = platform.follow_report(report.id, &report.code).await;
    let answer = answer.unwrap().unwrap();
    assert_eq!(answer.state, MinorReportState::Dismissed);
    assert!(answer.words.unwrap().contains("已满十八周岁"));
    desk.clock.advance(DAY * 3);
    assert_eq!(platform.erase_reported_accounts().await.unwrap(), 0);
    assert!(
        desk.parts
            .store
            .account_contact(here.account)
            .await
            .unwrap()
            .is_some()
    );
    // What is settled stays settled.
    let again = uphold(&desk, &chen.caller, &report, here.account).await;
    assert_eq!(field(again), "report");
}

async fn two_reports_about_one_person_end_in_one_erasure(desk: Desk) {
    let _mark = clause::check!(R29);
    let platform = &desk.platform;
    let here = desk.sign_up_with_password(MINOR).await;
    let (first, second) = (take(&desk, MINOR).await, take(&desk, MINOR).await);
    let chen = privacy(&desk).await;
    uphold(&desk, &chen.caller, &first, here.account)
        .await
        .unwrap();
    uphold(&desk, &chen.caller, &second, here.account)
        .await
        .unwrap();
    // One of two is taken back: the other keeps the account suspended.
    let third = take(&desk, MINOR).await;
    uphold(&desk, &chen.caller, &third, here.account)
        .await
        .unwrap();
    dismiss(&desk, &chen.caller, &third, "重复举报")
        .await
        .unwrap();
    let read = desk.parts.store.read();
    let account = read.find_account(here.account).await.unwrap().unwrap();
    assert_eq!(account.standing, AccountStanding::Suspended);
    desk.clock.advance(DAY);
    assert_eq!(platform.erase_reported_accounts().await.unwrap(), 2);
    for report in [&first, &second] {
        assert_eq!(state(&desk, report).await, MinorReportState::Removed);
    }
}

async fn only_who_serves_reports_reads_one_and_no_value_without_a_look(desk: Desk) {
    let _mark = clause::check!(R29);
    let platform = &desk.platform;
    let here = desk.sign_up(MINOR).await;
    let report = take(&desk, MINOR).await;
    let chen = privacy(&desk).await;
    let others = [
        ("wang@operator.example", OperatorRole::Reviewer),
        ("zhao@operator.example", OperatorRole::Auditor),
    ];
    let reason = ReportLookReason::WeighReasons;
    for (address, role) in others {
        let other = operator(&desk, address, role).await.caller;
        assert!(
            platform
                .minor_reports(&other)
                .await
                .unwrap_err()
                .refusal()
                .is_some()
        );
        let one = platform.review_minor_report(&other, report.id).await;
        assert!(one.unwrap_err().refusal().is_some());
        let look = platform.look_into_report(&other, report.id, reason).await;
        assert!(look.unwrap_err().refusal().is_some());
        let act = uphold(&desk, &other, &report, here.account).await;
        assert!(act.unwrap_err().refusal().is_some());
        let act = dismiss(&desk, &other, &report, "x").await;
        assert!(act.unwrap_err().refusal().is_some());
    }
    let shown = platform.review_minor_report(&chen.caller, report.id).await;
    let shown = format!("{:?}", shown.unwrap());
    assert!(
        !shown.contains("canary-why") && !shown.contains(MINOR),
        "{shown}"
    );
    let before = desk.entries().await;
    let opened = platform
        .look_into_report(&chen.caller, report.id, reason)
        .await;
    let opened = opened.unwrap();
    assert_eq!(desk.entries().await, before + 1);
    assert_eq!(opened.told["account"], MINOR);
    assert!(opened.told["why"].starts_with("canary-why"));
    // The account is known by what is enough to compare, and no more.
    let known = &opened.known[&here.account];
    assert!(
        known.contains("@example.cn") && !known.contains(MINOR),
        "{known}"
    );
    let nothing = Id::generate(platform.now(), &SystemEntropy).unwrap();
    let missing = platform.review_minor_report(&chen.caller, nothing).await;
    assert!(matches!(missing, Err(AppError::Missing { .. })));
}

async fn a_report_that_nobody_decides_raises_an_alarm(desk: Desk) {
    let _mark = clause::check!(R29);
    let platform = &desk.platform;
    assert_eq!(
        platform.watch_minor_reports().await.unwrap(),
        MinorWatch::default()
    );
    let report = take(&desk, MINOR).await;
    let promised = platform.statement().commitments().minors.removal_days_max;
    assert_eq!(
        report.due,
        platform.now().plus_days(i32::try_from(promised).unwrap())
    );
    let watch = async || {
        let MinorWatch { open, near, late } = platform.watch_minor_reports().await.unwrap();
        (open, near, late)
    };
    assert_eq!(watch().await, (1, 0, 0));
    desk.clock.advance(DAY * 2);
    assert_eq!(watch().await, (0, 1, 0));
    desk.clock.advance(DAY);
    assert_eq!(watch().await, (0, 0, 1));
    // Upheld at the last moment, it goes at once.
    let here = desk.sign_up(MINOR).await;
    let chen = privacy(&desk).await;
    uphold(&desk, &chen.caller, &report, here.account)
        .await
        .unwrap();
    assert_eq!(platform.erase_reported_accounts().await.unwrap(), 1);
    assert_eq!(watch().await, (0, 0, 0));
}

async fn an_account_that_the_report_is_not_about_stays(desk: Desk) {
    let _mark = clause::check!(R29);
    let platform = &desk.platform;
    let here = desk.sign_up("adult@example.cn").await;
    let report = take(&desk, MINOR).await;
    let chen = privacy(&desk).await;
    let wrong = uphold(&desk, &chen.caller, &report, here.account).await;
    assert_eq!(field(wrong), "account");
    // Nor is an operator's own account ever one that a report is about.
    let about = take(&desk, "chen@operator.example").await;
    let found = platform.review_minor_report(&chen.caller, about.id).await;
    assert!(found.unwrap().candidates.is_empty());
    let own = uphold(&desk, &chen.caller, &about, chen.caller.account).await;
    assert_eq!(field(own), "account");
    // By the name of the enterprise and who it is, everybody who sits there can be meant.
    let session = desk.session_of(&here).await;
    let name = EnterpriseName::parse("上海测试商贸有限公司").unwrap();
    platform
        .create_enterprise(&session, &name, "retail")
        .await
        .unwrap();
    let by_name = TypedReport {
        account: None,
        enterprise: Some(name),
        ..report_of(MINOR)
    };
    let by_name = platform.report_minor(&by_name, &visit(9)).await.unwrap();
    let found = platform.review_minor_report(&chen.caller, by_name.id).await;
    let found = found.unwrap().candidates;
    assert_eq!(found.len(), 1);
    assert!(found[0].account == here.account && !found[0].by_address);
    assert_eq!(state(&desk, &by_name).await, MinorReportState::Received);
}
