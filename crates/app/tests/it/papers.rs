//! Papers around the people who act for enterprises: what must be there before numbers are asked for and accounts are
//! trusted, who is told before something ends, and what goes when its time is over.

use std::time::Duration;

use yuntu_app::assessments::AssessmentReport;
use yuntu_app::certification::{
    CertificationError, FieldFault, PaymentFault, Shown, SweptCertifications, TypedPayment,
};
use yuntu_app::outbound::Kind;
use yuntu_app::policy::{
    AccountCheckReason, AccountCheckResult, ApplicationField as F, ApplicationState,
    AssessmentResult, OperatorRole, Period, Role,
};
use yuntu_app::proposals::{ProposalReason, Proposed};
use yuntu_app::{AppError, Caller, SignedLetter};
use yuntu_terms::{ApplicationId, AssessmentId, ErrorKind, Pii, Timestamp, clause};
use yuntu_testkit::pdf;

use crate::certification::{ID, assess, current, fill_in, link, owner, refused, typed, whole};
use crate::desk::{Desk, MINUTE, Seen};
use crate::operators::{Desker, operator};
use crate::reviews::{pays, reviewer, submitted};

crate::on_both!(crate::desk::Desk =>
    neither_number_is_taken_before_an_impact_assessment_is_in_force,
    an_assessment_is_put_in_force_by_a_second_person,
    an_account_is_verified_by_a_payment_before_anybody_is_certified,
    everybody_concerned_is_told_once_before_a_letter_ends,
    who_manages_members_is_told_before_a_certification_ends,
    what_was_rejected_or_left_goes_three_years_later,
    an_approved_application_goes_three_years_after_its_authority,
    a_letter_goes_three_years_after_it_ended_and_an_open_address_with_its_invitation,
    a_person_sees_what_is_kept_of_her_as_somebody_who_acts,
);

const DAY: Duration = Duration::from_hours(24);

fn report(now: Timestamp, result: AssessmentResult) -> AssessmentReport {
    AssessmentReport {
        name: "评估报告.pdf".to_owned(),
        bytes: pdf("report"),
        made: now,
        review: now.plus_days(100),
        result,
    }
}

fn faults<T>(outcome: Result<T, AppError>) -> Vec<(F, FieldFault)> {
    let error = refused(outcome);
    if let CertificationError::Faults(faults) = error {
        return faults;
    }
    panic!("another reason: {error:?}");
}

/// Ends every assessment that is in force, by time.
async fn lapse(desk: &Desk) {
    desk.clock.advance(DAY * 366);
    let state = desk.platform.assessment_state().await.unwrap();
    assert!(state.alarm && !state.opens && state.found.is_some());
}

async fn neither_number_is_taken_before_an_impact_assessment_is_in_force(desk: Desk) {
    let _mark = clause::check!(U1);
    let platform = &desk.platform;
    let state = platform.assessment_state().await.unwrap();
    assert!(state.alarm && !state.opens && state.found.is_none());
    let caller = owner(&desk, "li@example.cn").await;
    assert!(platform.assessment_state().await.unwrap().opens);
    lapse(&desk).await;
    let id = platform.begin_certification(&caller).await.unwrap();
    let found = faults(
        platform
            .save_certification(&caller, id, &whole_until(&desk))
            .await,
    );
    let expected = [F::BankAccount, F::IdNumber].map(|field| (field, FieldFault::Assessment));
    assert_eq!(found, expected);
    // The rest is kept, and of the numbers nothing.
    let kept: Vec<_> = current(&desk, &caller).await.values.into_keys().collect();
    assert!(kept.contains(&F::Address) && !kept.contains(&F::IdNumber));
    let bytes = desk.parts.raw_bytes().unwrap();
    assert!(
        !bytes
            .windows(ID.len())
            .any(|window| window == ID.as_bytes())
    );
    let missing = faults(
        platform
            .submit_certification(&caller, id, None, &link())
            .await,
    );
    assert!(missing.contains(&(F::IdNumber, FieldFault::Assessment)));
    // What came to no acceptable end opens nothing either.
    let bad = report(platform.now(), AssessmentResult::NotAcceptable);
    platform.enforce_assessment_here(bad).await.unwrap();
    assert!(!platform.assessment_state().await.unwrap().opens);
    desk.clock.advance(MINUTE);
    assess(platform).await;
    platform
        .save_certification(&caller, id, &whole_until(&desk))
        .await
        .unwrap();
    // What is kept stays when the assessment lapses, and no hidden box takes the consent away.
    lapse(&desk).await;
    let silent = typed([(F::Address, "样本市样本路 2 号")]);
    let silent = yuntu_app::certification::Typed {
        agrees: false,
        ..silent
    };
    platform
        .save_certification(&caller, id, &silent)
        .await
        .unwrap();
    let left = current(&desk, &caller).await;
    assert!(left.application.consented.is_some() && left.values.contains_key(&F::IdNumber));
}

/// The whole form, with a letter that is still good.
fn whole_until(desk: &Desk) -> yuntu_app::certification::Typed {
    let mut form = whole();
    let until = desk.platform.now().plus_days(200).day_in_china();
    form.values
        .insert(F::LetterUntil, Pii::new(until.to_string()));
    form
}

async fn an_assessment_is_put_in_force_by_a_second_person(desk: Desk) {
    let _mark = clause::check!(R23);
    let platform = &desk.platform;
    let first = operator(&desk, "fang@operator.example", OperatorRole::Privacy).await;
    desk.clock.advance(MINUTE);
    let second = operator(&desk, "chen@operator.example", OperatorRole::Security).await;
    let now = platform.now();
    let no = |outcome: Result<(), AppError>| {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Refused);
    };
    let other = platform
        .record_assessment(&second.caller, report(now, AssessmentResult::Acceptable))
        .await;
    no(other.map(|_id| ()));
    for (made, review, what) in [(1, 100, "made"), (0, 0, "review"), (0, 367, "review")] {
        let odd = AssessmentReport {
            made: now.plus_days(made),
            review: now.plus_days(review),
            ..report(now, AssessmentResult::Acceptable)
        };
        let odd = platform.record_assessment(&first.caller, odd).await;
        assert!(
            matches!(odd, Err(AppError::Invalid { what: found, .. }) if found == what),
            "{what}"
        );
    }
    let hostile = AssessmentReport {
        bytes: b"MZ\x90\x00 no report".to_vec(),
        ..report(now, AssessmentResult::Acceptable)
    };
    let hostile = platform.record_assessment(&first.caller, hostile).await;
    assert!(matches!(refused(hostile), CertificationError::File(_)));
    let before = desk.entries().await;
    let id = platform
        .record_assessment(&first.caller, report(now, AssessmentResult::Acceptable))
        .await
        .unwrap();
    assert_eq!(desk.entries().await, before + 1);
    assert!(!platform.assessment_state().await.unwrap().opens);
    let why = ProposalReason::parse("the report was read and is complete").unwrap();
    let what = || Proposed::EnforceAssessment(id);
    no(platform
        .propose(&second.caller, what(), &why)
        .await
        .map(|_id| ()));
    let proposal = platform.propose(&first.caller, what(), &why).await.unwrap();
    let read = desk.parts.store.read();
    let digest = read.find_proposal(proposal).await.unwrap().unwrap().digest;
    let own = platform
        .approve_proposal(&first.caller, proposal, digest)
        .await;
    no(own.map(|_done| ()));
    platform
        .approve_proposal(&second.caller, proposal, digest)
        .await
        .unwrap();
    let state = platform.assessment_state().await.unwrap();
    assert!(state.opens && !state.alarm && state.found.unwrap().id == id);
    comes_back_and_rings(&desk, (&first, &second), id).await;
}

async fn comes_back_and_rings(desk: &Desk, (first, second): (&Desker, &Desker), id: AssessmentId) {
    let platform = &desk.platform;
    assert_eq!(first.caller.role, OperatorRole::Privacy);
    // The report comes back to who answers for it or audits, and to nobody else.
    let opened = platform.open_assessment(&second.caller, id).await.unwrap();
    assert_eq!(opened.bytes, pdf("report"));
    desk.clock.advance(MINUTE);
    let support = operator(desk, "wu@operator.example", OperatorRole::Support).await;
    let closed = platform.open_assessment(&support.caller, id).await;
    assert_eq!(closed.unwrap_err().kind(), ErrorKind::Refused);
    let closed = platform.assessments(&support.caller).await;
    assert_eq!(closed.unwrap_err().kind(), ErrorKind::Refused);
    desk.drain().await;
    // Thirty days before its review the alarm rings, and who answers for privacy is told.
    desk.clock.advance(DAY * 70);
    assert!(platform.assessment_state().await.unwrap().alarm);
    assert_eq!(platform.tell_endings().await.unwrap(), 1);
    let (seen, _) = desk.drain().await;
    let [told] = &seen[..] else {
        panic!("one message: {seen:?}");
    };
    assert_eq!(
        (told.kind, told.to.as_str()),
        (Kind::PaperEnding, "fang@operator.example")
    );
}

fn payment(desk: &Desk, result: AccountCheckResult) -> TypedPayment {
    let failed = result == AccountCheckResult::Failed;
    TypedPayment {
        amount_fen: Some(100),
        paid: Some(desk.platform.now()),
        result: Some(result),
        reason: failed.then_some(AccountCheckReason::OtherName),
    }
}

async fn an_account_is_verified_by_a_payment_before_anybody_is_certified(desk: Desk) {
    let _mark = clause::check!(U1);
    let (caller, id) = submitted(&desk, "li@example.cn").await;
    let reviewer = reviewer(&desk).await;
    let platform = &desk.platform;
    let approve = async || {
        platform
            .approve_certification(&reviewer.caller, id, &link())
            .await
    };
    let record = async |payment| {
        platform
            .record_account_check(&reviewer.caller, id, payment)
            .await
    };
    assert_eq!(refused(approve().await), CertificationError::Unverified);
    odd_payments_are_told(&desk, &reviewer, id).await;
    record(payment(&desk, AccountCheckResult::Failed))
        .await
        .unwrap();
    assert_eq!(refused(approve().await), CertificationError::Unverified);
    let before = desk.entries().await;
    record(payment(&desk, AccountCheckResult::Verified))
        .await
        .unwrap();
    assert_eq!(desk.entries().await, before + 1);
    let shown = current(&desk, &caller).await;
    assert!(shown.account_verified && shown.payments.len() == 2);
    // Another number takes the finding away.
    let words = [yuntu_app::certification::Question {
        field: Some(F::BankAccount),
        words: Pii::new("请核对账号".to_owned()),
    }];
    platform
        .ask_about_certification(&reviewer.caller, id, &words, &link())
        .await
        .unwrap();
    desk.clock.advance(MINUTE);
    let other = typed([(F::BankAccount, "5500000000000004")]);
    platform
        .save_certification(&caller, id, &other)
        .await
        .unwrap();
    platform
        .submit_certification(&caller, id, None, &link())
        .await
        .unwrap();
    assert!(!current(&desk, &caller).await.account_verified);
    assert_eq!(refused(approve().await), CertificationError::Unverified);
    pays(&desk, &reviewer, id).await;
    approve().await.unwrap();
    let late = record(payment(&desk, AccountCheckResult::Verified)).await;
    assert_eq!(refused(late), CertificationError::MovedOn);
}

/// Payments that cannot be, and what is told of each.
fn odd_payments(desk: &Desk) -> [(TypedPayment, PaymentFault); 9] {
    let good = payment(desk, AccountCheckResult::Verified);
    let failed = payment(desk, AccountCheckResult::Failed);
    let now = desk.platform.now();
    [
        (
            TypedPayment {
                amount_fen: None,
                ..good
            },
            PaymentFault::Amount,
        ),
        (
            TypedPayment {
                amount_fen: Some(0),
                ..good
            },
            PaymentFault::Amount,
        ),
        (
            TypedPayment {
                amount_fen: Some(101),
                ..good
            },
            PaymentFault::Amount,
        ),
        (TypedPayment { paid: None, ..good }, PaymentFault::Paid),
        (
            TypedPayment {
                paid: Some(now.plus_days(1)),
                ..good
            },
            PaymentFault::Paid,
        ),
        (
            TypedPayment {
                paid: Some(now.plus_days(-1)),
                ..good
            },
            PaymentFault::Paid,
        ),
        (
            TypedPayment {
                result: None,
                ..good
            },
            PaymentFault::Result,
        ),
        (
            TypedPayment {
                reason: None,
                ..failed
            },
            PaymentFault::Reason,
        ),
        (
            TypedPayment {
                reason: failed.reason,
                ..good
            },
            PaymentFault::Reason,
        ),
    ]
}

async fn odd_payments_are_told(desk: &Desk, reviewer: &Desker, id: ApplicationId) {
    let platform = &desk.platform;
    let good = payment(desk, AccountCheckResult::Verified);
    for (payment, fault) in odd_payments(desk) {
        let outcome = platform
            .record_account_check(&reviewer.caller, id, payment)
            .await;
        assert_eq!(refused(outcome), CertificationError::Payment(fault));
    }
    desk.clock.advance(MINUTE);
    let support = operator(desk, "wu@operator.example", OperatorRole::Support).await;
    let other = platform
        .record_account_check(&support.caller, id, good)
        .await;
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Refused);
}

/// Lets a colleague join, with a letter for so many days; returns her seat.
async fn colleague(desk: &Desk, owner: &Caller, address: &str, days: i32) -> Caller {
    let secret = crate::seats::invite(desk, owner, address, Role::Analyst).await;
    let signed_in = desk.sign_up(address).await;
    let session = desk.session_of(&signed_in).await;
    let platform = &desk.platform;
    platform.accept_invitation(&session, &secret).await.unwrap();
    let session = desk.session_of(&signed_in).await;
    let seat = platform.caller(&session).await.unwrap().unwrap();
    let now = platform.now();
    let signed = SignedLetter {
        name: "授权书.pdf".to_owned(),
        bytes: pdf("letter"),
        period: Period {
            from: now,
            until: now.plus_days(days),
        },
    };
    platform
        .record_letter(owner, seat.representative, signed)
        .await
        .unwrap();
    desk.drain().await;
    seat
}

fn told(seen: &[Seen]) -> Vec<(&str, bool)> {
    let mut told: Vec<_> = seen
        .iter()
        .map(|it| {
            assert_eq!(it.kind, Kind::PaperEnding);
            (it.to.as_str(), it.text.contains("member"))
        })
        .collect();
    told.sort_unstable();
    told
}

async fn everybody_concerned_is_told_once_before_a_letter_ends(desk: Desk) {
    let _mark = clause::check!(R3);
    let platform = &desk.platform;
    let chief = owner(&desk, "li@example.cn").await;
    desk.clock.advance(MINUTE);
    let member = colleague(&desk, &chief, "wei@example.cn", 100).await;
    let both = [("li@example.cn", true), ("wei@example.cn", false)];
    assert_eq!(platform.tell_endings().await.unwrap(), 0);
    for (wait, words) in [
        (70, "ends within thirty days"),
        (23, "ends within seven days"),
        (7, "has ended"),
    ] {
        desk.clock.advance(DAY * wait);
        assert_eq!(platform.tell_endings().await.unwrap(), 1, "{words}");
        let (seen, _) = desk.drain().await;
        assert!(
            seen.iter()
                .all(|it| it.text.contains(words) || it.text.contains('到'))
        );
        assert_eq!(seen.len(), 2, "{seen:?}");
        let mut to: Vec<_> = seen.iter().map(|it| it.to.as_str()).collect();
        to.sort_unstable();
        assert_eq!(to, both.map(|(to, _)| to));
        // Once is enough.
        desk.clock.advance(MINUTE);
        assert_eq!(platform.tell_endings().await.unwrap(), 0, "{words}");
        assert!(desk.drain().await.0.is_empty());
    }
    // A renewal that was recorded ahead takes the end away, and so does leaving.
    let now = platform.now();
    let renew = async |from: i32, until: i32| {
        let signed = SignedLetter {
            name: "a.pdf".to_owned(),
            bytes: pdf("letter"),
            period: Period {
                from: now.plus_days(from),
                until: now.plus_days(until),
            },
        };
        platform
            .record_letter(&chief, member.representative, signed)
            .await
            .unwrap();
    };
    renew(0, 40).await;
    renew(40, 90).await;
    desk.clock.advance(DAY * 20);
    assert_eq!(platform.tell_endings().await.unwrap(), 0);
    desk.clock.advance(DAY * 45);
    platform
        .remove_member(&chief, member.representative)
        .await
        .unwrap();
    assert_eq!(platform.tell_endings().await.unwrap(), 0);
    assert!(told(&desk.drain().await.0).is_empty());
}

async fn who_manages_members_is_told_before_a_certification_ends(desk: Desk) {
    let _mark = clause::check!(R3);
    let (caller, id) = submitted(&desk, "li@example.cn").await;
    let reviewer = reviewer(&desk).await;
    let platform = &desk.platform;
    pays(&desk, &reviewer, id).await;
    platform
        .approve_certification(&reviewer.caller, id, &link())
        .await
        .unwrap();
    desk.drain().await;
    let certified = platform.certification(&caller).await.unwrap().certified;
    desk.clock.set(certified.unwrap().until.plus_days(-7));
    // The letter of whoever applied ends with it: both are told.
    assert_eq!(platform.tell_endings().await.unwrap(), 2);
    let (seen, _) = desk.drain().await;
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|it| it.to == "li@example.cn"));
    let certification = seen
        .iter()
        .filter(|it| it.text.contains("certification of") || it.text.contains("企业认证"));
    assert_eq!(certification.count(), 1, "{seen:?}");
}

fn swept(applications: u64, left: u64) -> SweptCertifications {
    SweptCertifications {
        applications,
        left,
        ..SweptCertifications::default()
    }
}

/// Sweeps until nothing is left to do and returns what went beside the two numbers.
async fn sweep(desk: &Desk) -> SweptCertifications {
    let mut all = SweptCertifications::default();
    loop {
        let one = desk.platform.sweep_certifications().await.unwrap();
        all.left += one.left;
        all.applications += one.applications;
        all.letters += one.letters;
        all.invitations += one.invitations;
        if !one.more() {
            return all;
        }
    }
}

async fn what_was_rejected_or_left_goes_three_years_later(desk: Desk) {
    let _marks = (clause::check!(R14), clause::check!(U1));
    let platform = &desk.platform;
    let (caller, id) = submitted(&desk, "li@example.cn").await;
    let reviewer = reviewer(&desk).await;
    let words = [yuntu_app::certification::Question {
        field: None,
        words: Pii::new("证照与登记不符".to_owned()),
    }];
    platform
        .reject_certification(&reviewer.caller, id, &words, &link())
        .await
        .unwrap();
    // A draft with which nobody goes on ends by itself after half a year, and its owner is told.
    let draft = fill_in(&desk, &caller).await;
    desk.drain().await;
    desk.clock.advance(DAY * 180 + MINUTE);
    assert_eq!(sweep(&desk).await, swept(0, 1));
    assert_eq!(
        desk.drain().await.0.len(),
        usize::from(platform.origin().is_some())
    );
    let read = desk.parts.store.read();
    let state = async |id| {
        let found = read.find_application(caller.enterprise, id).await;
        found.unwrap().unwrap().state
    };
    assert_eq!(state(draft).await, ApplicationState::Withdrawn);
    desk.clock.advance(MINUTE * (24 * 60 * (1_095 - 180) - 2));
    assert_eq!(sweep(&desk).await, swept(0, 0));
    desk.clock.advance(MINUTE * 2);
    assert_eq!(sweep(&desk).await, swept(1, 0));
    assert_eq!(
        state(id).await,
        ApplicationState::Rejected,
        "that it was stays"
    );
    desk.clock.advance(DAY * 181);
    assert_eq!(sweep(&desk).await, swept(1, 0));
    let found = platform.certification(&caller).await.unwrap();
    let view = found.current.unwrap();
    assert!(view.values.is_empty() && view.files.is_empty());
    assert_eq!(sweep(&desk).await, swept(0, 0));
}

async fn an_approved_application_goes_three_years_after_its_authority(desk: Desk) {
    let _mark = clause::check!(R14);
    let (caller, id) = submitted(&desk, "li@example.cn").await;
    let reviewer = reviewer(&desk).await;
    let platform = &desk.platform;
    pays(&desk, &reviewer, id).await;
    platform
        .approve_certification(&reviewer.caller, id, &link())
        .await
        .unwrap();
    let ends = platform.certification(&caller).await.unwrap().certified;
    let ends = ends.unwrap().until;
    desk.clock.set(ends.plus_days(1_095));
    assert_eq!(sweep(&desk).await.applications, 0);
    let kept = current(&desk, &caller).await.values;
    assert!(kept.contains_key(&F::Address));
    desk.clock.advance(MINUTE);
    assert_eq!(sweep(&desk).await.applications, 1);
    assert!(current(&desk, &caller).await.values.is_empty());
}

async fn a_letter_goes_three_years_after_it_ended_and_an_open_address_with_its_invitation(
    desk: Desk,
) {
    let _mark = clause::check!(R14);
    let platform = &desk.platform;
    let chief = owner(&desk, "li@example.cn").await;
    desk.clock.advance(MINUTE);
    let member = colleague(&desk, &chief, "wei@example.cn", 10).await;
    crate::seats::invite(&desk, &chief, "nobody@example.cn", Role::Viewer).await;
    assert_eq!(sweep(&desk).await.invitations, 0);
    desk.clock.advance(MINUTE * (7 * 24 * 60 - 1));
    // The hash of the one that was accepted, which counts no more.
    assert_eq!(sweep(&desk).await.invitations, 1);
    desk.clock.advance(MINUTE);
    assert_eq!(sweep(&desk).await.invitations, 1);
    desk.clock.advance(DAY * (3 + 1_095));
    assert_eq!(sweep(&desk).await.letters, 0);
    let id = member.representative;
    platform.open_letter(&chief, id, 1).await.unwrap();
    desk.clock.advance(MINUTE);
    assert_eq!(sweep(&desk).await.letters, 1);
    let gone = platform.open_letter(&chief, id, 1).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    let letters = platform.letters(&chief, id).await.unwrap();
    assert!(letters[0].letter.paper_erased.is_some() && letters[0].paper.is_none());
}

async fn a_person_sees_what_is_kept_of_her_as_somebody_who_acts(desk: Desk) {
    let _mark = clause::check!(R26);
    let platform = &desk.platform;
    let chief = owner(&desk, "li@example.cn").await;
    let id = fill_in(&desk, &chief).await;
    desk.clock.advance(MINUTE);
    let (_, wei) = {
        let seat = colleague(&desk, &chief, "wei@example.cn", 30).await;
        desk.clock.advance(MINUTE);
        let typed = desk
            .code(yuntu_app::accounts::CodeFor::SignIn, "wei@example.cn")
            .await;
        let here = platform
            .sign_in_by_code(
                &typed,
                &crate::desk::email("wei@example.cn"),
                crate::desk::visit(3),
            )
            .await;
        (seat, desk.session_of(&crate::desk::done(here)).await)
    };
    let (seats, applications) = {
        let own = platform.own_values(&wei).await.unwrap();
        platform.own_papers(&own).await.unwrap()
    };
    assert_eq!(seats.len(), 1);
    assert_eq!(seats[0].role, Role::Analyst);
    assert!(seats[0].letters[0].paper.is_some());
    assert!(applications.is_empty(), "what others handled is not hers");
    desk.clock.advance(MINUTE);
    let typed = desk
        .code(yuntu_app::accounts::CodeFor::SignIn, "li@example.cn")
        .await;
    let here = platform
        .sign_in_by_code(
            &typed,
            &crate::desk::email("li@example.cn"),
            crate::desk::visit(4),
        )
        .await;
    let li = desk.session_of(&crate::desk::done(here)).await;
    let (_, applications) = {
        let own = platform.own_values(&li).await.unwrap();
        platform.own_papers(&own).await.unwrap()
    };
    let kept = &applications[0].kept;
    assert_eq!(kept[&F::IdNumber], "110***********002X");
    assert_eq!(kept[&F::LegalRepresentative], "样***");
    assert_eq!(kept[&F::CreditCode], crate::certification::CODE);
    assert_eq!(kept[&F::Letter], "1");
    let own = current(&desk, &chief).await;
    assert_eq!(own.application.id, id);
    assert_eq!(own.values[&F::Industry], Shown::Plain("retail".to_owned()));
}
