//! What the platform does again and again: when it is due, who is told, what was done and what was found.

use std::time::Duration;

use yuntu_app::AppError;
use yuntu_app::certification::CertificationError;
use yuntu_app::duties::{DutyReport, DutyState, Mended};
use yuntu_app::outbound::Kind;
use yuntu_app::policy::{DutyKind, DutyResult, EndingStep, OperatorRole};
use yuntu_app::store::DUTY_KEPT_DAYS;
use yuntu_terms::{DutyFindingId, DutyRecordId, ErrorKind, Pii, Timestamp, clause};
use yuntu_testkit::pdf;

use crate::certification::refused;
use crate::desk::{Desk, MINUTE};
use crate::operators::{Desker, operator};

crate::on_both!(crate::desk::Desk =>
    who_answers_for_a_duty_is_told_before_it_is_due_and_when_it_is_overdue,
    a_duty_is_recorded_by_who_answers_for_it_with_its_report,
    what_is_told_of_a_duty_must_be_possible,
    a_finding_is_open_until_it_is_mended_and_rings_when_that_is_late,
    a_record_goes_after_its_time_with_its_report_but_not_while_a_finding_is_open,
    audits_come_more_often_with_more_persons,
);

const DAY: Duration = Duration::from_hours(24);

fn report(kind: DutyKind, done: Timestamp) -> DutyReport {
    DutyReport {
        kind,
        done,
        body: Pii::new("North Audit Partners".to_owned()),
        result: DutyResult::Conforms,
        findings: Vec::new(),
        name: "report.pdf".to_owned(),
        bytes: pdf("report"),
    }
}

fn found(kind: DutyKind, done: Timestamp, days: i32) -> DutyReport {
    let words = Pii::new("a right was not taken back in time".to_owned());
    DutyReport {
        result: DutyResult::PartlyConforms,
        findings: vec![(words, done.plus_days(days))],
        ..report(kind, done)
    }
}

async fn people(desk: &Desk) -> (Desker, Desker) {
    let privacy = operator(desk, "fang@operator.example", OperatorRole::Privacy).await;
    desk.clock.advance(MINUTE);
    let security = operator(desk, "chen@operator.example", OperatorRole::Security).await;
    desk.drain().await;
    (privacy, security)
}

async fn state_of(desk: &Desk, kind: DutyKind) -> DutyState {
    let state = desk.platform.duties_state().await.unwrap();
    let found = state.duties.into_iter().find(|duty| duty.kind == kind);
    found.unwrap()
}

async fn rings(desk: &Desk) -> bool {
    desk.platform.duties_state().await.unwrap().alarm()
}

/// Tells what is due, and returns to whom messages went.
async fn told(desk: &Desk) -> Vec<String> {
    let told = desk.platform.tell_duties().await.unwrap();
    let (seen, _) = desk.drain().await;
    assert!(seen.iter().all(|it| it.kind == Kind::DutyDue));
    assert_eq!(u64::try_from(seen.len()).unwrap(), told, "one person each");
    let mut whom: Vec<String> = seen.into_iter().map(|it| it.to).collect();
    whom.sort();
    // What was told once is not told again.
    assert_eq!(desk.platform.tell_duties().await.unwrap(), 0);
    whom
}

const FANG: &str = "fang@operator.example";
const CHEN: &str = "chen@operator.example";

async fn who_answers_for_a_duty_is_told_before_it_is_due_and_when_it_is_overdue(desk: Desk) {
    let _mark = clause::check!(R23);
    let (privacy, security) = people(&desk).await;
    let platform = &desk.platform;
    // What was never done counts from the ledger's first entry on.
    let yearly = state_of(&desk, DutyKind::Training).await;
    assert_eq!((yearly.months, yearly.last), (12, None));
    let due = platform.now().day_end_after_months(12);
    assert_eq!(yearly.due, due);
    let audit = state_of(&desk, DutyKind::ComplianceAudit).await;
    assert_eq!(audit.due, platform.now().day_end_after_months(24));
    assert!(!rings(&desk).await && told(&desk).await.is_empty());
    for (days, step, ring) in [
        (90, EndingStep::Quarter, false),
        (30, EndingStep::Month, true),
        (7, EndingStep::Week, true),
        (0, EndingStep::Over, true),
    ] {
        desk.clock
            .set(due.plus_days(-days).minus(Duration::from_micros(1)));
        let before = state_of(&desk, DutyKind::Training).await;
        assert_ne!(before.near, Some(step), "{step}");
        desk.clock.set(due.plus_days(-days));
        let now = state_of(&desk, DutyKind::Training).await;
        assert_eq!(now.near, Some(step));
        assert_eq!(rings(&desk).await, ring, "{step}");
        // The audit of minors' data goes to who answers for privacy, training and exercise to who does for security.
        assert_eq!(told(&desk).await, [CHEN, CHEN, FANG], "{step}");
    }
    // Once it is done it is due anew from the day on which it was done, and nobody is told.
    let done = platform.now().plus_days(-3);
    for kind in [DutyKind::Training, DutyKind::EmergencyDrill] {
        let id = platform
            .record_duty(&security.caller, report(kind, done))
            .await
            .unwrap();
        let state = state_of(&desk, kind).await;
        assert_eq!(state.last.unwrap().id, id);
        assert_eq!(
            (state.due, state.near),
            (done.day_end_after_months(12), None)
        );
    }
    assert!(rings(&desk).await, "the audit of minors' data is overdue");
    let minors = report(DutyKind::MinorsAudit, done);
    platform.record_duty(&privacy.caller, minors).await.unwrap();
    assert!(!rings(&desk).await && told(&desk).await.is_empty());
    // An older one that is recorded late changes nothing.
    let older = report(DutyKind::MinorsAudit, done.plus_days(-300));
    platform.record_duty(&privacy.caller, older).await.unwrap();
    let state = state_of(&desk, DutyKind::MinorsAudit).await;
    assert_eq!(state.last.unwrap().told.done, done);
}

async fn a_duty_is_recorded_by_who_answers_for_it_with_its_report(desk: Desk) {
    let _mark = clause::check!(R23);
    let (privacy, security) = people(&desk).await;
    desk.clock.advance(MINUTE);
    let support = operator(&desk, "wu@operator.example", OperatorRole::Support).await;
    desk.clock.advance(MINUTE);
    let auditor = operator(&desk, "sun@operator.example", OperatorRole::Auditor).await;
    let platform = &desk.platform;
    let now = platform.now();
    let record = async |who: &Desker, kind| {
        let recorded = platform.record_duty(&who.caller, report(kind, now)).await;
        match recorded {
            Ok(id) => Some(id),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Refused);
                None
            }
        }
    };
    let mut last: Option<DutyRecordId> = None;
    for (kind, by_privacy, by_security) in [
        (DutyKind::ComplianceAudit, true, false),
        (DutyKind::MinorsAudit, true, false),
        (DutyKind::Training, false, true),
        (DutyKind::EmergencyDrill, false, true),
    ] {
        let before = desk.entries().await;
        for (who, may) in [
            (&privacy, by_privacy),
            (&security, by_security),
            (&support, false),
            (&auditor, false),
        ] {
            let recorded = record(who, kind).await;
            assert_eq!(recorded.is_some(), may, "{kind}");
            last = recorded.or(last);
        }
        // The one that was recorded, and each that was refused.
        assert_eq!(desk.entries().await, before + 4, "{kind}");
    }
    let book = platform.duty_book(&auditor.caller).await.unwrap();
    assert_eq!(book.records.len(), 4);
    let texts = &book.records[0].1;
    assert_eq!(book.read(&texts.body), "North Audit Partners");
    // The report comes back to who answers for it or audits, each time recorded, and to nobody else.
    let (id, before) = (last.unwrap(), desk.entries().await);
    let opened = platform
        .open_duty_report(&auditor.caller, id)
        .await
        .unwrap();
    assert_eq!(opened.bytes, pdf("report"));
    assert_eq!(desk.entries().await, before + 1);
    let closed = platform.open_duty_report(&support.caller, id).await;
    assert_eq!(closed.unwrap_err().kind(), ErrorKind::Refused);
    let closed = platform.duty_book(&support.caller).await;
    assert_eq!(closed.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(desk.entries().await, before + 3, "each refusal is noted");
    let log = platform.own_acts(&auditor.session, None).await.unwrap();
    let act = log.acts.iter().find(|act| act.kind == "duty.opened");
    assert!(act.unwrap().text.en.contains("report of an audit"));
}

async fn what_is_told_of_a_duty_must_be_possible(desk: Desk) {
    let (privacy, _) = people(&desk).await;
    let platform = &desk.platform;
    let now = platform.now();
    let audit = DutyKind::ComplianceAudit;
    let long = |chars: usize| Pii::new("长".repeat(chars));
    let odd = [
        (report(audit, now.plus_days(1)), "done"),
        (
            DutyReport {
                body: long(0),
                ..report(audit, now)
            },
            "body",
        ),
        (
            DutyReport {
                body: long(201),
                ..report(audit, now)
            },
            "body",
        ),
        // What was not as it must be is listed, and where everything was, nothing is.
        (
            DutyReport {
                result: DutyResult::DoesNotConform,
                ..report(audit, now)
            },
            "findings",
        ),
        (
            DutyReport {
                result: DutyResult::Conforms,
                ..found(audit, now, 30)
            },
            "findings",
        ),
        (
            DutyReport {
                findings: vec![(long(1_001), now.plus_days(1))],
                ..found(audit, now, 30)
            },
            "findings",
        ),
        (found(audit, now, 0), "findings"),
        (found(audit, now, 733), "findings"),
        (
            DutyReport {
                findings: (0..51).map(|_| (long(1), now.plus_days(1))).collect(),
                ..found(audit, now, 30)
            },
            "findings",
        ),
    ];
    let before = desk.entries().await;
    for (place, (report, field)) in odd.into_iter().enumerate() {
        let recorded = platform.record_duty(&privacy.caller, report).await;
        assert!(
            matches!(recorded, Err(AppError::Invalid { what, .. }) if what == field),
            "{place}: {recorded:?}"
        );
    }
    let hostile = DutyReport {
        bytes: b"MZ\x90\x00 no report".to_vec(),
        ..report(audit, now)
    };
    let hostile = platform.record_duty(&privacy.caller, hostile).await;
    assert!(matches!(refused(hostile), CertificationError::File(_)));
    assert_eq!(desk.entries().await, before);
}

/// The one finding of all that was recorded.
async fn finding(desk: &Desk, who: &Desker) -> (DutyFindingId, bool) {
    let book = desk.platform.duty_book(&who.caller).await.unwrap();
    let mut findings = book.records.iter().flat_map(|(_, texts)| &texts.findings);
    let found = findings.next().unwrap();
    assert!(book.read(&found.words).starts_with("a right"));
    (found.id, found.closed.is_some())
}

async fn a_finding_is_open_until_it_is_mended_and_rings_when_that_is_late(desk: Desk) {
    let _mark = clause::check!(R23);
    let (privacy, security) = people(&desk).await;
    let platform = &desk.platform;
    let now = platform.now();
    let audit = found(DutyKind::ComplianceAudit, now, 30);
    platform.record_duty(&privacy.caller, audit).await.unwrap();
    let (id, closed) = finding(&desk, &security).await;
    assert!(!closed && !rings(&desk).await);
    desk.clock.advance(DAY * 30);
    assert!(rings(&desk).await, "the day is over");
    assert!(Mended::parse("too short").is_err());
    let mended = Mended::parse("the rights are reviewed every month now").unwrap();
    let other = platform.close_finding(&security.caller, id, &mended).await;
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Refused);
    let before = desk.entries().await;
    platform
        .close_finding(&privacy.caller, id, &mended)
        .await
        .unwrap();
    assert_eq!(desk.entries().await, before + 1);
    assert!(finding(&desk, &security).await.1 && !rings(&desk).await);
    // Once.
    let again = platform.close_finding(&privacy.caller, id, &mended).await;
    assert!(again.is_err());
    let entropy = yuntu_terms::SeededEntropy::new(9);
    let none = DutyFindingId::generate(now, &entropy).unwrap();
    let none = platform.close_finding(&privacy.caller, none, &mended).await;
    assert!(matches!(none, Err(AppError::Missing { .. })));
    // Beside it, that the page was looked at.
    assert_eq!(desk.entries().await, before + 2);
}

async fn a_record_goes_after_its_time_with_its_report_but_not_while_a_finding_is_open(desk: Desk) {
    let _mark = clause::check!(R14);
    let (privacy, security) = people(&desk).await;
    let platform = &desk.platform;
    let now = platform.now();
    let audit = found(DutyKind::ComplianceAudit, now, 30);
    platform.record_duty(&privacy.caller, audit).await.unwrap();
    let drill = report(DutyKind::EmergencyDrill, now);
    let drill = platform.record_duty(&security.caller, drill).await.unwrap();
    desk.clock.set(now.plus_days(DUTY_KEPT_DAYS));
    assert_eq!(platform.sweep_duties().await.unwrap(), 0);
    desk.clock.advance(Duration::from_micros(1));
    let before = desk.entries().await;
    assert_eq!(platform.sweep_duties().await.unwrap(), 1);
    assert_eq!(desk.entries().await, before + 1);
    let gone = platform.open_duty_report(&security.caller, drill).await;
    assert!(matches!(gone, Err(AppError::Missing { .. })));
    let (id, _) = finding(&desk, &privacy).await;
    let mended = Mended::parse("the rights are reviewed every month now").unwrap();
    platform
        .close_finding(&privacy.caller, id, &mended)
        .await
        .unwrap();
    assert_eq!(platform.sweep_duties().await.unwrap(), 1);
    let rows = desk.parts.store.database().live_rows().await.unwrap();
    for table in ["duty_record", "duty_finding", "paper", "paper_chunk"] {
        assert_eq!(rows[table], 0, "{table}");
    }
}

async fn audits_come_more_often_with_more_persons(desk: Desk) {
    let state = desk.platform.duties_state().await.unwrap();
    assert_eq!(state.persons, 0);
    desk.sign_up("li@example.cn").await;
    // Who works for the platform is nobody of whom an enterprise's data tells.
    operator(&desk, FANG, OperatorRole::Privacy).await;
    let state = desk.platform.duties_state().await.unwrap();
    assert_eq!(state.persons, 1);
}
