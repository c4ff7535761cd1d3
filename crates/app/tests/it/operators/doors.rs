use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, Arrival, CodeFor, LooksFrom, SignedIn, Visit};
use yuntu_app::factors::{CeremonyAnswer, PasskeyLabel, RemoveFactor, Second};
use yuntu_app::operators::FirstFactor;
use yuntu_app::outbound::{Kind, Letter, Medium};
use yuntu_app::policy::OperatorRole;
use yuntu_app::store::{CEREMONY_QUOTA, SignInMethod};
use yuntu_app::vault::{PasskeySite, SessionSecret};
use yuntu_terms::{Clock as _, clause};
use yuntu_testkit::SoftPasskey;

use super::{SHORT, new, operator};
use crate::desk::{Desk, MINUTE, email, network, password, told, visit};

crate::on_both!(crate::desk::Desk =>
    an_operator_enrols_and_gets_in_by_a_passkey,
    of_two_factors_an_operator_keeps_the_last,
    an_operator_is_told_of_a_browser_that_she_does_not_know,
    a_network_begins_no_ceremonies_without_end,
    the_local_outbox_is_read_by_one_role_and_each_look_is_recorded,
);

const ORIGIN: &str = "https://yuntu.example";

fn named(desk: Desk) -> Desk {
    let site = PasskeySite::new(ORIGIN).unwrap();
    Desk {
        platform: desk.platform.at_origin(site),
        ..desk
    }
}

async fn proof(desk: &Desk, passkey: &mut SoftPasskey) -> CeremonyAnswer {
    let begun = desk
        .platform
        .begin_passkey_proof(&network(1))
        .await
        .unwrap();
    CeremonyAnswer {
        id: begun.id,
        json: passkey.prove(&begun.options).unwrap(),
    }
}

async fn an_operator_enrols_and_gets_in_by_a_passkey(desk: Desk) {
    let _mark = clause::check!(R23);
    let desk = named(desk);
    let platform = &desk.platform;
    let added = platform
        .add_operator(new("chen@operator.example", OperatorRole::Reviewer))
        .await
        .unwrap();
    let key = added.secret.text();
    let mut passkey = SoftPasskey::new(1, ORIGIN);
    let made = async |passkey: &mut SoftPasskey| {
        let begun = platform
            .enrolment_by_passkey(&key, &network(1))
            .await
            .unwrap();
        assert_eq!(begun.role, OperatorRole::Reviewer);
        let answer = CeremonyAnswer {
            id: begun.factor.id,
            json: passkey.make(&begun.factor.options).unwrap(),
        };
        FirstFactor::Passkey(answer, PasskeyLabel::parse("办公室电脑").unwrap())
    };
    // Without verification of the person it is no factor, and a weak password is none either.
    let mut lax = SoftPasskey::new(2, ORIGIN);
    lax.verifies = false;
    let answer = made(&mut lax).await;
    let refused = platform
        .enrol_operator(&key, password(SHORT), &answer)
        .await;
    assert_eq!(told(refused), AccountError::Passkey);
    let answer = made(&mut passkey).await;
    let weak = platform
        .enrol_operator(&key, password("password"), &answer)
        .await;
    assert!(matches!(told(weak), AccountError::Password(_)));
    let enrolled = platform
        .enrol_operator(&key, password(SHORT), &answer)
        .await
        .unwrap();
    assert_eq!(enrolled.codes.len(), 10);
    let again = platform.enrolment_by_passkey(&key, &network(1)).await;
    assert_eq!(told(again), AccountError::SpentTicket);
    // It opens her door alone, as both factors, and that of the public not at all.
    let answer = proof(&desk, &mut passkey).await;
    let here = platform
        .sign_in_operator_by_passkey(&answer, visit(1))
        .await
        .unwrap();
    let cookie = here.secret.text();
    let (session, caller) = platform.operator_session(&cookie).await.unwrap();
    assert_eq!(caller.role, OperatorRole::Reviewer);
    assert_eq!(session.method, SignInMethod::Passkey);
    let answer = proof(&desk, &mut passkey).await;
    let public = platform.sign_in_by_passkey(&answer, visit(1)).await;
    assert_eq!(told(public), AccountError::Passkey);
    // After the password it is the second factor.
    let step = platform
        .sign_in_operator(&email("chen@operator.example"), password(SHORT), visit(1))
        .await
        .unwrap();
    let second = Second::Passkey(proof(&desk, &mut passkey).await);
    let here = platform
        .finish_operator_sign_in(&step.ticket.text(), second, visit(1))
        .await
        .unwrap();
    platform
        .operator_session(&here.secret.text())
        .await
        .unwrap();
}

async fn of_two_factors_an_operator_keeps_the_last(desk: Desk) {
    let _mark = clause::check!(R2);
    let desk = named(desk);
    let platform = &desk.platform;
    let chen = operator(&desk, "chen@operator.example", OperatorRole::Reviewer).await;
    let begun = platform
        .begin_passkey(&chen.session, &network(1))
        .await
        .unwrap();
    let mut passkey = SoftPasskey::new(1, ORIGIN);
    let answer = CeremonyAnswer {
        id: begun.id,
        json: passkey.make(&begun.options).unwrap(),
    };
    let label = PasskeyLabel::parse("x").unwrap();
    let added = platform
        .add_passkey(&chen.session, &answer, &label)
        .await
        .unwrap();
    let cookie = added.secret.text();
    let (session, _) = platform.operator_session(&cookie).await.unwrap();
    let factors = platform.factors(&session).await.unwrap();
    let [first, second] = &factors[..] else {
        panic!("two factors, not {}", factors.len());
    };
    let remove = async |factor| {
        let remove = RemoveFactor {
            factor,
            password: None,
        };
        platform.remove_factor(&session, remove).await
    };
    remove(first.id).await.unwrap();
    assert_eq!(told(remove(second.id).await), AccountError::LastFactor);
    // Later she shows first who she is.
    desk.clock.advance(MINUTE * 11);
    let late = platform.begin_passkey(&session, &network(1)).await;
    assert_eq!(told(late), AccountError::ProofNeeded);
}

/// Signs in, and meets the browser as the page does.
async fn enter(desk: &Desk, chen: &super::Desker, mark: Option<SessionSecret>) -> SessionSecret {
    desk.clock.advance(MINUTE);
    let platform = &desk.platform;
    let step = platform
        .sign_in_operator(&email("chen@operator.example"), password(SHORT), visit(7))
        .await
        .unwrap();
    let code = Second::Totp(chen.phone.code(desk.clock.now()));
    let here: SignedIn = platform
        .finish_operator_sign_in(&step.ticket.text(), code, visit(7))
        .await
        .unwrap();
    let comes = Visit { mark, ..visit(7) };
    platform
        .meet_device(&here, &comes, Arrival::SignedIn)
        .await
        .unwrap()
}

async fn an_operator_is_told_of_a_browser_that_she_does_not_know(desk: Desk) {
    let _mark = clause::check!(R9);
    let chen = operator(&desk, "chen@operator.example", OperatorRole::Reviewer).await;
    desk.drain().await;
    let mark = enter(&desk, &chen, None).await;
    let (seen, _) = desk.drain().await;
    let [message] = &seen[..] else {
        panic!("one notice, not {seen:?}");
    };
    assert_eq!(message.kind, Kind::NewSignIn);
    assert_eq!(message.to, "chen@operator.example");
    enter(&desk, &chen, Some(mark)).await;
    assert!(desk.drain().await.0.is_empty(), "the browser is known");
    enter(&desk, &chen, None).await;
    assert_eq!(desk.drain().await.0.len(), 1);
}

async fn a_network_begins_no_ceremonies_without_end(desk: Desk) {
    let _mark = clause::check!(R2);
    let desk = named(desk);
    let platform = &desk.platform;
    let most = CEREMONY_QUOTA.times_max;
    for _ in 0..most {
        platform.begin_passkey_proof(&network(1)).await.unwrap();
    }
    let before = desk.entries().await;
    let over = platform.begin_passkey_proof(&network(1)).await;
    assert!(matches!(told(over), AccountError::TooOften { .. }));
    assert_eq!(
        desk.entries().await,
        before,
        "what is refused leaves no row"
    );
    // Another network is another matter, and the time of this one comes.
    platform.begin_passkey_proof(&network(2)).await.unwrap();
    desk.clock.advance(CEREMONY_QUOTA.within);
    platform.begin_passkey_proof(&network(1)).await.unwrap();
}

async fn the_local_outbox_is_read_by_one_role_and_each_look_is_recorded(desk: Desk) {
    let _mark = clause::check!(R23);
    let platform = &desk.platform;
    let ad = operator(&desk, "ad@operator.example", OperatorRole::Administrator).await;
    desk.ask(CodeFor::SignUp, "li@example.cn").await.unwrap();
    assert_eq!(platform.kept_here(), [Medium::Mail, Medium::Sms]);
    let waiting = platform.local_messages_waiting(&ad.caller).await.unwrap();
    let before = desk.entries().await;
    let from = LooksFrom::Console(&ad.caller);
    let messages = platform.local_messages(from).await.unwrap();
    assert_eq!(messages.len(), waiting);
    let to = messages[0].open(|letter: &Letter| letter.to.clone());
    assert_eq!(to.as_deref(), Some("li@example.cn"));
    assert_eq!(desk.entries().await, before + 1);
    let own = platform.own_acts(&ad.session, None).await.unwrap();
    assert_eq!(own.acts[0].kind, "outbox.shown");
    for role in [
        OperatorRole::Reviewer,
        OperatorRole::Support,
        OperatorRole::Auditor,
    ] {
        let address = format!("{role}@operator.example");
        let caller = operator(&desk, &address, role).await.caller;
        let refused = platform.local_messages(LooksFrom::Console(&caller)).await;
        assert!(matches!(refused, Err(AppError::Refused(_))), "{role}");
        let refused = platform.local_messages_waiting(&caller).await;
        assert!(matches!(refused, Err(AppError::Refused(_))), "{role}");
    }
}
