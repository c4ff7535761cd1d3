//! The operator's side of a certification: what a reviewer sees, opens and decides.

use std::time::Duration;

use yuntu_app::certification::{
    CertificationError, FieldFault, LookFor, Question, Shown, TypedPayment,
};
use yuntu_app::outbound::Kind;
use yuntu_app::policy::{
    AccountCheckResult, Action, ApplicationField as F, ApplicationState, LookReason, NoLook,
    OperatorRole,
};
use yuntu_app::proposals::{ProposalReason, Proposed};
use yuntu_app::store::StoreError;
use yuntu_app::{AppError, Caller};
use yuntu_terms::{ApplicationId, ErrorKind, Pii, clause};
use yuntu_testkit::pdf;

use crate::certification::{BANK, CODE, ID, current, fill_in, link, owner, refused};
use crate::desk::{Desk, MINUTE};
use crate::operators::{Desker, operator};

crate::on_both!(crate::desk::Desk =>
    a_reviewed_enterprise_is_certified_until_its_papers_end,
    a_question_comes_back_answered_and_a_rejection_has_its_reasons,
    a_reviewer_sees_masks_until_a_recorded_look,
    the_bank_account_takes_a_second_person,
    who_has_another_role_reviews_nothing_and_nobody_who_reviews_has_a_seat,
    a_code_that_was_certified_meanwhile_cannot_be_approved,
    a_certification_is_renewed_before_and_after_its_end,
    the_numbers_are_swept_before_the_thirtieth_day_is_over,
);

const DAY: Duration = Duration::from_hours(24);

pub(crate) async fn submitted(desk: &Desk, address: &str) -> (Caller, ApplicationId) {
    let caller = owner(desk, address).await;
    let id = fill_in(desk, &caller).await;
    desk.platform
        .submit_certification(&caller, id, None, &link())
        .await
        .unwrap();
    desk.drain().await;
    (caller, id)
}

pub(crate) async fn reviewer(desk: &Desk) -> Desker {
    operator(desk, "chen@operator.example", OperatorRole::Reviewer).await
}

/// Records that the small payment verified the account.
pub(crate) async fn pays(desk: &Desk, reviewer: &Desker, id: ApplicationId) {
    let payment = TypedPayment {
        amount_fen: Some(37),
        paid: Some(desk.platform.now()),
        result: Some(AccountCheckResult::Verified),
        reason: None,
    };
    let platform = &desk.platform;
    platform
        .record_account_check(&reviewer.caller, id, payment)
        .await
        .unwrap();
}

fn question(field: Option<F>, words: &str) -> Question {
    Question {
        field,
        words: Pii::new(words.to_owned()),
    }
}

fn looks(application: ApplicationId, field: F) -> LookFor {
    LookFor {
        application,
        field,
        reason: LookReason::CompareWithPaper,
    }
}

async fn a_reviewed_enterprise_is_certified_until_its_papers_end(desk: Desk) {
    let _marks = (clause::check!(U1), clause::check!(R3));
    let (caller, id) = submitted(&desk, "li@example.cn").await;
    let reviewer = reviewer(&desk).await;
    let platform = &desk.platform;
    // Before that the enterprise can do nothing with data.
    assert!(platform.authorise(&caller, Action::Instruct).await.is_err());
    let queue = platform.review_queue(&reviewer.caller).await.unwrap();
    assert_eq!(queue.iter().map(|it| it.id).collect::<Vec<_>>(), [id]);
    pays(&desk, &reviewer, id).await;
    platform
        .approve_certification(&reviewer.caller, id, &link())
        .await
        .unwrap();
    assert!(
        platform
            .review_queue(&reviewer.caller)
            .await
            .unwrap()
            .is_empty()
    );
    let (seen, _) = desk.drain().await;
    assert_eq!((seen.len(), seen[0].kind), (1, Kind::CertificationChanged));
    let shown = platform.certification(&caller).await.unwrap();
    // The letter ends on 31 December in China, before the year is over.
    let certified = shown.certified.unwrap();
    assert_eq!(certified.until.to_string(), "2026-12-31T16:00:00Z");
    assert_eq!(
        shown.current.unwrap().application.state,
        ApplicationState::Approved
    );
    let read = desk.parts.store.read();
    let enterprise = read
        .find_enterprise(caller.enterprise)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(enterprise.credit_code.as_deref(), Some(CODE));
    platform.authorise(&caller, Action::Instruct).await.unwrap();
    let twice = platform
        .approve_certification(&reviewer.caller, id, &link())
        .await;
    assert_eq!(refused(twice), CertificationError::MovedOn);
    // With the letter ends the right to instruct, the same moment.
    let left = certified.until.as_micros() - desk.parts.store.database().now().as_micros();
    desk.clock
        .advance(Duration::from_micros(u64::try_from(left).unwrap() - 1));
    platform.authorise(&caller, Action::Instruct).await.unwrap();
    desk.clock.advance(Duration::from_micros(1));
    assert!(platform.authorise(&caller, Action::Instruct).await.is_err());
}

async fn a_question_comes_back_answered_and_a_rejection_has_its_reasons(desk: Desk) {
    let _mark = clause::check!(U1);
    let (caller, id) = submitted(&desk, "li@example.cn").await;
    let reviewer = reviewer(&desk).await;
    let platform = &desk.platform;
    for words in ["", " \n ", &"长".repeat(1_001), "a\u{202e}b"] {
        let asked = [question(Some(F::Licence), words)];
        let outcome = platform
            .ask_about_certification(&reviewer.caller, id, &asked, &link())
            .await;
        assert_eq!(refused(outcome), CertificationError::Words, "{words:?}");
    }
    let none = platform
        .reject_certification(&reviewer.caller, id, &[], &link())
        .await;
    assert_eq!(refused(none), CertificationError::Words);
    let asked = [
        question(Some(F::Licence), "请补交清晰的副本"),
        question(None, "并说明地址"),
    ];
    platform
        .ask_about_certification(&reviewer.caller, id, &asked, &link())
        .await
        .unwrap();
    assert_eq!(desk.drain().await.0.len(), 1);
    let waiting = current(&desk, &caller).await;
    assert_eq!(waiting.application.state, ApplicationState::Asked);
    let told: Vec<_> = waiting
        .history
        .iter()
        .filter_map(|it| Some((it.field, it.text.as_deref()?)))
        .collect();
    assert_eq!(
        told,
        [(Some(F::Licence), "请补交清晰的副本"), (None, "并说明地址")]
    );
    comes_back_and_is_rejected(&desk, &caller, id, &reviewer).await;
}

async fn comes_back_and_is_rejected(
    desk: &Desk,
    caller: &Caller,
    id: ApplicationId,
    reviewer: &Desker,
) {
    let platform = &desk.platform;
    // Who waits for an answer is not approved meanwhile.
    let early = platform
        .approve_certification(&reviewer.caller, id, &link())
        .await;
    assert_eq!(refused(early), CertificationError::MovedOn);
    let place = (id, F::Licence);
    platform
        .add_certification_file(caller, place, "副本.pdf", pdf("clear"))
        .await
        .unwrap();
    let answer = Pii::new("已补交".to_owned());
    platform
        .submit_certification(caller, id, Some(&answer), &link())
        .await
        .unwrap();
    let review = platform.review(&reviewer.caller, id).await.unwrap();
    assert_eq!(review.view.files.len(), 3);
    assert_eq!(
        review.view.history.last().unwrap().text.as_deref(),
        Some("已补交")
    );
    let reasons = [question(None, "证照与登记不符")];
    platform
        .reject_certification(&reviewer.caller, id, &reasons, &link())
        .await
        .unwrap();
    let rejected = current(desk, caller).await;
    assert_eq!(rejected.application.state, ApplicationState::Rejected);
    assert_eq!(
        rejected.history.last().unwrap().text.as_deref(),
        Some("证照与登记不符")
    );
    assert!(
        platform
            .certification(caller)
            .await
            .unwrap()
            .certified
            .is_none()
    );
    let bytes = desk.parts.raw_bytes().unwrap();
    for words in ["请补交", "已补交", "证照与登记不符"] {
        let found = bytes
            .windows(words.len())
            .any(|window| window == words.as_bytes());
        assert!(!found, "{words}");
    }
}

async fn a_reviewer_sees_masks_until_a_recorded_look(desk: Desk) {
    let _mark = clause::check!(R23);
    let (caller, id) = submitted(&desk, "li@example.cn").await;
    let reviewer = reviewer(&desk).await;
    let platform = &desk.platform;
    let review = platform.review(&reviewer.caller, id).await.unwrap();
    let shown = &review.view.values;
    assert_eq!(shown[&F::CreditCode], Shown::Plain(CODE.to_owned()));
    assert_eq!(
        shown[&F::IdNumber],
        Shown::Masked("110***********002X".to_owned())
    );
    assert_eq!(
        shown[&F::LegalRepresentative],
        Shown::Masked("样***".to_owned())
    );
    assert!(review.view.files.iter().all(|file| file.name.is_none()));
    assert!(!format!("{review:?}").contains("授权书"));
    let before = desk.entries().await;
    let value = platform
        .look(&reviewer.caller, looks(id, F::IdNumber))
        .await
        .unwrap();
    assert_eq!(value, ID);
    let letter = review
        .view
        .files
        .iter()
        .find(|file| file.document.field == F::Letter);
    let document = letter.unwrap().document.id;
    let file = platform
        .look_into_file(
            &reviewer.caller,
            (id, document),
            LookReason::CompareWithRegister,
        )
        .await
        .unwrap();
    assert_eq!(
        (file.name.as_str(), file.bytes),
        ("授权书.pdf", pdf("canary of a paper"))
    );
    assert_eq!(desk.entries().await, before + 2);
    // The enterprise reads what was looked at, and why.
    let seen: Vec<_> = platform.certification(&caller).await.unwrap().looks;
    let seen: Vec<_> = seen.iter().map(|look| (look.field, look.reason)).collect();
    assert_eq!(seen.len(), 2);
    assert!(seen.contains(&(F::IdNumber, LookReason::CompareWithPaper)));
    assert!(seen.contains(&(F::Letter, LookReason::CompareWithRegister)));
    // After the end there is nothing left to look at.
    platform
        .withdraw_certification(&caller, id, &link())
        .await
        .unwrap();
    let late = platform
        .look(&reviewer.caller, looks(id, F::IdNumber))
        .await;
    assert_eq!(refused(late), CertificationError::Look(NoLook::NotInReview));
    assert_eq!(
        platform.certification(&caller).await.unwrap().looks.len(),
        2
    );
}

/// Lets a second person agree.
async fn agree(desk: &Desk, proposer: &Desker, second: &Desker, id: ApplicationId) {
    let why = ProposalReason::parse("the small payment must be made today").unwrap();
    let (platform, what) = (&desk.platform, Proposed::UnmaskBankAccount(id));
    let proposal = platform
        .propose(&proposer.caller, what, &why)
        .await
        .unwrap();
    let read = desk.parts.store.read();
    let shown = read.find_proposal(proposal).await.unwrap().unwrap().digest;
    platform
        .approve_proposal(&second.caller, proposal, shown)
        .await
        .unwrap();
}

async fn the_bank_account_takes_a_second_person(desk: Desk) {
    let _mark = clause::check!(R23);
    let (caller, id) = submitted(&desk, "li@example.cn").await;
    let first = reviewer(&desk).await;
    desk.clock.advance(MINUTE);
    let second = operator(&desk, "fang@operator.example", OperatorRole::Security).await;
    let platform = &desk.platform;
    let alone = platform
        .look(&first.caller, looks(id, F::BankAccount))
        .await;
    assert_eq!(
        refused(alone),
        CertificationError::Look(NoLook::SecondPerson)
    );
    assert!(
        platform
            .certification(&caller)
            .await
            .unwrap()
            .looks
            .is_empty()
    );
    agree(&desk, &first, &second, id).await;
    desk.clock.advance(MINUTE);
    let value = platform
        .look(&first.caller, looks(id, F::BankAccount))
        .await
        .unwrap();
    assert_eq!(value, BANK);
    // Who agreed does not see it, and after a day the agreement is over.
    let other = platform
        .look(&second.caller, looks(id, F::BankAccount))
        .await;
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(
        platform.certification(&caller).await.unwrap().looks.len(),
        1
    );
    desk.clock.advance(DAY);
    let over = platform
        .look(&first.caller, looks(id, F::BankAccount))
        .await;
    assert_eq!(
        refused(over),
        CertificationError::Look(NoLook::SecondPerson)
    );
}

async fn who_has_another_role_reviews_nothing_and_nobody_who_reviews_has_a_seat(desk: Desk) {
    let _mark = clause::check!(R23);
    let (caller, id) = submitted(&desk, "li@example.cn").await;
    let reviewer = reviewer(&desk).await;
    let platform = &desk.platform;
    for (address, role) in [
        ("a@operator.example", OperatorRole::Support),
        ("b@operator.example", OperatorRole::Auditor),
        ("c@operator.example", OperatorRole::Privacy),
    ] {
        desk.clock.advance(MINUTE);
        let other = operator(&desk, address, role).await.caller;
        let no = |outcome: Result<(), AppError>| {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Refused, "{role}");
        };
        no(platform.review_queue(&other).await.map(|_queue| ()));
        no(platform.review(&other, id).await.map(|_view| ()));
        no(platform
            .look(&other, looks(id, F::IdNumber))
            .await
            .map(|_value| ()));
        no(platform.approve_certification(&other, id, &link()).await);
        let words = [question(None, "x")];
        no(platform
            .ask_about_certification(&other, id, &words, &link())
            .await);
        no(platform
            .reject_certification(&other, id, &words, &link())
            .await);
        let document = current(&desk, &caller).await.files[0].document.id;
        let reason = LookReason::CompareWithPaper;
        no(platform
            .look_into_file(&other, (id, document), reason)
            .await
            .map(|_file| ()));
    }
    // Who works for the platform is never given a seat in an enterprise, so that nobody reviews her own.
    let seated = desk
        .seat_account(caller.enterprise, reviewer.caller.account)
        .await;
    assert!(matches!(
        seated,
        Err(StoreError::Missing { what: "account" })
    ));
    // A draft is nobody else's business.
    desk.clock.advance(MINUTE);
    let draft = owner(&desk, "wang@example.cn").await;
    let draft = fill_in(&desk, &draft).await;
    let unseen = platform.review(&reviewer.caller, draft).await;
    assert!(matches!(unseen, Err(AppError::Missing { .. })));
}

async fn a_code_that_was_certified_meanwhile_cannot_be_approved(desk: Desk) {
    let _mark = clause::check!(U1);
    let (_, first) = submitted(&desk, "li@example.cn").await;
    desk.clock.advance(MINUTE);
    let (caller, second) = submitted(&desk, "wang@example.cn").await;
    let reviewer = reviewer(&desk).await;
    let platform = &desk.platform;
    let review = platform.review(&reviewer.caller, second).await.unwrap();
    assert_eq!(review.rivals, 1);
    pays(&desk, &reviewer, first).await;
    platform
        .approve_certification(&reviewer.caller, first, &link())
        .await
        .unwrap();
    let taken = platform
        .approve_certification(&reviewer.caller, second, &link())
        .await;
    let faults = vec![(F::CreditCode, FieldFault::Taken)];
    assert_eq!(refused(taken), CertificationError::Faults(faults));
    assert!(
        platform
            .certification(&caller)
            .await
            .unwrap()
            .certified
            .is_none()
    );
}

async fn a_certification_is_renewed_before_and_after_its_end(desk: Desk) {
    let (caller, id) = submitted(&desk, "li@example.cn").await;
    let reviewer = reviewer(&desk).await;
    let platform = &desk.platform;
    pays(&desk, &reviewer, id).await;
    platform
        .approve_certification(&reviewer.caller, id, &link())
        .await
        .unwrap();
    let first = platform
        .certification(&caller)
        .await
        .unwrap()
        .certified
        .unwrap();
    desk.clock.advance(DAY * 30);
    let next = fill_in(&desk, &caller).await;
    platform
        .submit_certification(&caller, next, None, &link())
        .await
        .unwrap();
    // The old certification holds until the new one is there.
    platform.authorise(&caller, Action::Instruct).await.unwrap();
    let again = operator(&desk, "fang@operator.example", OperatorRole::Reviewer).await;
    pays(&desk, &again, next).await;
    platform
        .approve_certification(&again.caller, next, &link())
        .await
        .unwrap();
    let second = platform
        .certification(&caller)
        .await
        .unwrap()
        .certified
        .unwrap();
    assert!(second.from > first.from);
    desk.clock.advance(DAY * 400);
    assert!(platform.authorise(&caller, Action::Instruct).await.is_err());
    platform.begin_certification(&caller).await.unwrap();
}

async fn the_numbers_are_swept_before_the_thirtieth_day_is_over(desk: Desk) {
    let _mark = clause::check!(U1);
    let (caller, id) = submitted(&desk, "li@example.cn").await;
    let reviewer = reviewer(&desk).await;
    let platform = &desk.platform;
    pays(&desk, &reviewer, id).await;
    platform
        .approve_certification(&reviewer.caller, id, &link())
        .await
        .unwrap();
    let sweep = async || platform.sweep_certifications().await.unwrap().numbers;
    assert_eq!(sweep().await, 0);
    desk.clock.advance(DAY * 29 + MINUTE);
    assert_eq!(sweep().await, 1);
    assert_eq!(sweep().await, 0);
    let left = current(&desk, &caller).await;
    assert!(left.application.sensitive_erased.is_some());
    assert!(left.values.keys().all(|field| !field.is_sensitive()));
    assert!(left.values.contains_key(&F::Address));
    assert_eq!(left.payments.len(), 1, "the finding stays");
}
