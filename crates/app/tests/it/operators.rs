//! The people who work for the platform: how they come to be, get in, and what ends that.

mod carried;
mod doors;
mod left;

use std::time::Duration;

use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, CodeFor, SignInStep};
use yuntu_app::factors::{RemoveFactor, Second};
use yuntu_app::operators::{FirstFactor, NewOperator, OperatorCaller};
use yuntu_app::policy::{OperatorAction, OperatorRole};
use yuntu_app::store::{AccountStanding, Session};
use yuntu_app::vault::RecoveryCode;
use yuntu_terms::{Clock as _, Lang, clause};

use crate::desk::{Desk, MINUTE, PASSWORD, email, password, told, visit};
use crate::factors::Phone;

crate::on_both!(crate::desk::Desk =>
    an_operator_enrols_once_and_gets_in_with_two_factors_only,
    a_link_to_enrol_ends_after_a_day_and_another_takes_its_place,
    nobody_is_of_both_realms,
    an_operator_may_what_her_role_may_and_nothing_once_suspended,
    an_operators_session_is_short,
    the_command_line_adds_nobody_once_two_can_decide,
);

/// A short one, which does beside a second factor.
pub(crate) const SHORT: &str = "jqpwmzkt7x";

/// An operator who has enrolled and is signed in.
pub(crate) struct Desker {
    pub(crate) phone: Phone,
    pub(crate) codes: Vec<RecoveryCode>,
    pub(crate) caller: OperatorCaller,
    pub(crate) session: Session,
    pub(crate) cookie: String,
}

fn new(address: &str, role: OperatorRole) -> NewOperator {
    NewOperator {
        address: email(address),
        role,
        lang: Lang::En,
    }
}

/// Enrols by a link, and signs in.
pub(crate) async fn enrol(desk: &Desk, key: &str, address: &str) -> Desker {
    let platform = &desk.platform;
    let enrolling = platform.enrolment(key).await.unwrap();
    let phone = enrolling.factor.read(|_, secret| Phone::read(secret));
    let code = FirstFactor::Totp(phone.code(desk.clock.now()));
    let enrolled = platform
        .enrol_operator(key, password(SHORT), &code)
        .await
        .unwrap();
    desk.clock.advance(MINUTE);
    let step = platform
        .sign_in_operator(&email(address), password(SHORT), visit(1))
        .await
        .unwrap();
    let code = phone.code(desk.clock.now());
    let here = platform
        .finish_operator_sign_in(&step.ticket.text(), Second::Totp(code), visit(1))
        .await
        .unwrap();
    let cookie = here.secret.text().to_string();
    let (session, caller) = platform.operator_session(&cookie).await.unwrap();
    Desker {
        phone,
        codes: enrolled.codes,
        caller,
        session,
        cookie,
    }
}

pub(crate) async fn operator(desk: &Desk, address: &str, role: OperatorRole) -> Desker {
    let added = desk
        .platform
        .add_operator(new(address, role))
        .await
        .unwrap();
    enrol(desk, &added.secret.text(), address).await
}

async fn an_operator_enrols_once_and_gets_in_with_two_factors_only(desk: Desk) {
    let _mark = clause::check!(R23);
    let platform = &desk.platform;
    let added = platform
        .add_operator(new("chen@operator.example", OperatorRole::Reviewer))
        .await
        .unwrap();
    let key = added.secret.text();
    // Before that nobody gets in: there is no password.
    let early = platform
        .sign_in_operator(&email("chen@operator.example"), password(SHORT), visit(1))
        .await;
    assert_eq!(told(early), AccountError::WrongPassword);
    let enrolling = platform.enrolment(&key).await.unwrap();
    let phone = enrolling.factor.read(|_, secret| Phone::read(secret));
    let now = desk.clock.now();
    let wrong = FirstFactor::Totp(crate::desk::beside(&phone.code(now), 5));
    let refused = platform.enrol_operator(&key, password(SHORT), &wrong).await;
    assert_eq!(told(refused), AccountError::WrongProof);
    let weak = platform
        .enrol_operator(
            &key,
            password("password"),
            &FirstFactor::Totp(phone.code(now)),
        )
        .await;
    assert!(matches!(told(weak), AccountError::Password(_)));
    let chen = enrol(&desk, &key, "chen@operator.example").await;
    assert_eq!(chen.caller.role, OperatorRole::Reviewer);
    assert_eq!(chen.codes.len(), 10);
    // The link is used up, and the password alone leads to a ticket, never to a session.
    assert_eq!(
        told(platform.enrolment(&key).await),
        AccountError::SpentTicket
    );
    desk.clock.advance(MINUTE);
    let step = platform
        .sign_in_operator(&email("chen@operator.example"), password(SHORT), visit(1))
        .await
        .unwrap();
    let ticket = step.ticket.text();
    let session = platform.operator_session(&ticket).await;
    assert_eq!(told(session), AccountError::SignedOut);
    // Nor is it good at the door of the public.
    let code = || Second::Totp(chen.phone.code(desk.clock.now()));
    let other_door = platform.finish_sign_in(&ticket, code(), visit(1)).await;
    assert_eq!(told(other_door), AccountError::SpentTicket);
    platform
        .finish_operator_sign_in(&ticket, code(), visit(1))
        .await
        .unwrap();
    // Her last factor stays.
    let factors = platform.factors(&chen.session).await.unwrap();
    let remove = RemoveFactor {
        factor: factors[0].id,
        password: Some(password(PASSWORD)),
    };
    let refused = platform.remove_factor(&chen.session, remove).await;
    assert_eq!(told(refused), AccountError::LastFactor);
}

async fn a_link_to_enrol_ends_after_a_day_and_another_takes_its_place(desk: Desk) {
    let platform = &desk.platform;
    let add = async || {
        let new = new("chen@operator.example", OperatorRole::Reviewer);
        platform.add_operator(new).await
    };
    let first = add().await.unwrap().secret.text().to_string();
    let second = add().await.unwrap().secret.text().to_string();
    assert_eq!(
        told(platform.enrolment(&first).await),
        AccountError::SpentTicket
    );
    platform.enrolment(&second).await.unwrap();
    desk.clock.advance(Duration::from_hours(24));
    assert_eq!(
        told(platform.enrolment(&second).await),
        AccountError::SpentTicket
    );
    for none in ["", "0", &"0".repeat(64)] {
        assert_eq!(
            told(platform.enrolment(none).await),
            AccountError::SpentTicket
        );
    }
    let third = add().await.unwrap().secret.text().to_string();
    enrol(&desk, &third, "chen@operator.example").await;
    // Who has enrolled gets no other link.
    assert!(matches!(add().await, Err(AppError::Invalid { .. })));
}

async fn nobody_is_of_both_realms(desk: Desk) {
    let _mark = clause::check!(R3);
    let platform = &desk.platform;
    let li = desk.sign_up_with_password("li@example.cn").await;
    let refused = platform
        .add_operator(new("li@example.cn", OperatorRole::Reviewer))
        .await;
    assert!(matches!(refused, Err(AppError::Invalid { .. })));
    let chen = operator(&desk, "chen@operator.example", OperatorRole::Reviewer).await;
    // Neither secret opens the other's door.
    let public = platform.session(&chen.cookie).await;
    assert_eq!(told(public), AccountError::SignedOut);
    let inner = platform.operator_session(&li.secret.text()).await;
    assert_eq!(told(inner), AccountError::SignedOut);
    let by_password = platform
        .sign_in_by_password(&email("chen@operator.example"), password(SHORT), visit(1))
        .await;
    assert_eq!(told(by_password), AccountError::WrongPassword);
    let at_hers = platform
        .sign_in_operator(&email("li@example.cn"), password(PASSWORD), visit(1))
        .await;
    assert_eq!(told(at_hers), AccountError::WrongPassword);
    // No code of the public's door is sent to an operator.
    desk.drain().await;
    for code_for in [CodeFor::SignIn, CodeFor::Recover] {
        desk.clock.advance(MINUTE);
        desk.ask(code_for, "chen@operator.example").await.unwrap();
        assert_eq!(desk.drain().await, (Vec::new(), 1));
    }
    // She takes no seat.
    let store = &desk.parts.store;
    let party = yuntu_testkit::Party::enter(store, 3).await.unwrap();
    let actor = store.account_pseudonym(chen.caller.account).await.unwrap();
    let seat = store
        .run_tx("test.seat", async |tx: yuntu_app::store::Tx| {
            tx.append(&yuntu_ledger::Entry {
                kind: yuntu_ledger::EntryKind::known("test.seat"),
                at: tx.now(),
                clauses: Vec::new(),
                actor,
                body: serde_json::json!({}),
            })
            .await?;
            tx.seat_account(party.enterprise, party.representative, chen.caller.account)
                .await
        })
        .await;
    assert!(matches!(
        seat,
        Err(yuntu_app::store::StoreError::Missing { what: "account" })
    ));
}

async fn an_operator_may_what_her_role_may_and_nothing_once_suspended(desk: Desk) {
    let _mark = clause::check!(R23);
    let platform = &desk.platform;
    let chen = operator(&desk, "chen@operator.example", OperatorRole::Reviewer).await;
    let zhou = operator(&desk, "zhou@operator.example", OperatorRole::Security).await;
    operator(&desk, "ad@operator.example", OperatorRole::Administrator).await;
    let may = async |caller, action| platform.authorise_operator(caller, action).await;
    may(&chen.caller, OperatorAction::ReviewCertification)
        .await
        .unwrap();
    for action in [OperatorAction::SuspendOperator, OperatorAction::ViewLedger] {
        let refused = may(&chen.caller, action).await;
        assert!(matches!(refused, Err(AppError::Refused(_))), "{action}");
    }
    let refused = platform.operators(&chen.caller).await;
    assert!(matches!(refused, Err(AppError::Refused(_))));
    assert_eq!(platform.operators(&zhou.caller).await.unwrap().len(), 3);
    let herself = platform
        .suspend_operator(&zhou.caller, zhou.caller.operator)
        .await;
    assert!(matches!(herself, Err(AppError::Invalid { .. })));
    platform
        .suspend_operator(&zhou.caller, chen.caller.operator)
        .await
        .unwrap();
    let gone = platform.operator_session(&chen.cookie).await;
    assert_eq!(told(gone), AccountError::SignedOut);
    let act = may(&chen.caller, OperatorAction::ReviewCertification).await;
    assert_eq!(told(act), AccountError::Suspended);
    let twice = platform
        .suspend_operator(&zhou.caller, chen.caller.operator)
        .await;
    assert!(matches!(twice, Err(AppError::Invalid { .. })));
    let listed = platform.operators(&zhou.caller).await.unwrap();
    let of_chen = listed
        .iter()
        .find(|it| it.operator.id == chen.caller.operator);
    let of_chen = of_chen.unwrap();
    assert_eq!(of_chen.standing, AccountStanding::Suspended);
    assert_eq!(of_chen.signed_in, Some(chen.session.created));
    let address = of_chen.address.as_deref().unwrap();
    assert!(address.ends_with("@operator.example") && !address.contains("chen"));
}

async fn an_operators_session_is_short(desk: Desk) {
    let platform = &desk.platform;
    let chen = operator(&desk, "chen@operator.example", OperatorRole::Auditor).await;
    for _ in 0..33 {
        desk.clock.advance(MINUTE * 14);
        platform.operator_session(&chen.cookie).await.unwrap();
    }
    // Eight hours at most, however it is used.
    desk.clock.advance(MINUTE * 19);
    let gone = platform.operator_session(&chen.cookie).await;
    assert_eq!(told(gone), AccountError::SignedOut);
    let step = platform
        .sign_in_operator(&email("chen@operator.example"), password(SHORT), visit(1))
        .await
        .unwrap();
    let code = Second::Totp(chen.phone.code(desk.clock.now()));
    let here = platform
        .finish_operator_sign_in(&step.ticket.text(), code, visit(1))
        .await
        .unwrap();
    desk.clock.advance(MINUTE * 15);
    let idle = platform.operator_session(&here.secret.text()).await;
    assert_eq!(told(idle), AccountError::SignedOut);
}

async fn the_command_line_adds_nobody_once_two_can_decide(desk: Desk) {
    let _mark = clause::check!(R23);
    let platform = &desk.platform;
    operator(&desk, "one@operator.example", OperatorRole::Administrator).await;
    // One alone decides nothing, and a reviewer decides nothing about operators.
    operator(&desk, "two@operator.example", OperatorRole::Reviewer).await;
    operator(&desk, "three@operator.example", OperatorRole::Security).await;
    let refused = platform
        .add_operator(new("four@operator.example", OperatorRole::Support))
        .await;
    assert!(matches!(refused, Err(AppError::Invalid { .. })));
    let step: Result<SignInStep, AppError> = platform
        .sign_in_by_password(&email("four@operator.example"), password(SHORT), visit(1))
        .await;
    assert_eq!(told(step), AccountError::WrongPassword);
}
