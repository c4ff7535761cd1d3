use std::time::Duration;

use yuntu_app::accounts::{AccountError, Arrival, Asked, CodeFor, SignInStep, TypedIn, Visit};
use yuntu_app::factors::Second;
use yuntu_app::outbound::Kind;
use yuntu_app::policy::{ADDRESS_FAILURES, OTHERS_BY_CODE, OTHERS_BY_PASSWORD};
use yuntu_app::store::{ContactKind, SignInMethod};
use yuntu_app::vault::SessionSecret;
use yuntu_app::{AppError, store::Session};
use yuntu_terms::clause;

use crate::desk::{
    Desk, MINUTE, PASSWORD, Seen, beside, code_in, done, email, password, ticket, told, visit,
};
use crate::factors::holder;

crate::on_both!(crate::desk::Desk =>
    without_failures_or_in_a_known_browser_nothing_is_asked,
    a_password_from_a_strange_browser_after_failures_needs_a_code_too,
    a_held_sign_in_takes_no_proof_twice_and_nobody_elses,
    stolen_passwords_that_are_tried_at_many_addresses_open_none,
    a_code_after_failures_at_many_addresses_needs_the_password_too,
    who_has_a_second_factor_is_asked_for_it_and_nothing_else,
    whoever_goes_on_trying_fills_no_mailbox,
);

const LI: &str = "li@example.cn";

/// Somebody from a network whose browser brings this mark.
fn comes(network: u32, brought: &str) -> Visit {
    Visit {
        mark: Some(SessionSecret::parse(brought).unwrap()),
        ..visit(network)
    }
}

async fn by_password(desk: &Desk, visit: Visit) -> Result<SignInStep, AppError> {
    let platform = &desk.platform;
    let typed = password(PASSWORD);
    platform.sign_in_by_password(&email(LI), typed, visit).await
}

/// Types a wrong password at an address.
async fn fail(desk: &Desk, address: &str, network: u32) {
    let wrong = password("not the password");
    let tried = desk
        .platform
        .sign_in_by_password(&email(address), wrong, visit(network))
        .await;
    assert_eq!(told(tried), AccountError::WrongPassword);
}

async fn fail_at_others(desk: &Desk, addresses: u64, network: u32) {
    for number in 0..addresses {
        fail(desk, &format!("other{number}@example.cn"), network).await;
    }
}

fn code_of(asked: yuntu_app::accounts::CodeAsked, seen: &[Seen]) -> TypedIn {
    let message = seen.iter().find(|it| it.kind == Kind::Code).unwrap();
    assert_eq!(message.to, LI);
    TypedIn {
        request: asked.request,
        code: code_in(&message.text),
    }
}

/// Has the code sent that a ticket waits for, and reads it.
async fn second_code(desk: &Desk, ticket: &str) -> TypedIn {
    desk.clock.advance(MINUTE);
    desk.drain().await;
    let asked = desk.platform.ask_second_code(ticket, &visit(1)).await;
    code_of(asked.unwrap(), &desk.drain().await.0)
}

async fn finish(desk: &Desk, ticket: &str, second: Second) -> Result<Session, AppError> {
    let platform = &desk.platform;
    let here = platform.finish_sign_in(ticket, second, visit(1)).await?;
    platform.session(&here.secret.text()).await
}

async fn without_failures_or_in_a_known_browser_nothing_is_asked(desk: Desk) {
    let _mark = clause::check!(R9);
    let here = desk.sign_up_with_password(LI).await;
    let met = desk
        .platform
        .meet_device(&here, &visit(1), Arrival::Registered)
        .await;
    let mark = met.unwrap().text().to_string();
    done(by_password(&desk, visit(3)).await);
    // An owner mistypes, and others do elsewhere.
    fail_at_others(&desk, OTHERS_BY_PASSWORD - 1, 3).await;
    for _ in 1..ADDRESS_FAILURES {
        fail(&desk, LI, 3).await;
    }
    done(by_password(&desk, visit(3)).await);
    // However many failures there were, the browser that the account knows is let in; a mark that it does not know is not.
    fail_at_others(&desk, OTHERS_BY_CODE, 3).await;
    for _ in 0..ADDRESS_FAILURES {
        fail(&desk, LI, 3).await;
    }
    let other = SessionSecret::parse(&"5a".repeat(32)).unwrap().text();
    ticket(by_password(&desk, comes(3, &other)).await);
    done(by_password(&desk, comes(3, &mark)).await);
    desk.drain().await;
    desk.clock.advance(MINUTE);
    let typed = desk.code(CodeFor::SignIn, LI).await;
    let by_code = desk
        .platform
        .sign_in_by_code(&typed, &email(LI), comes(3, &mark))
        .await;
    done(by_code);
    let session = desk.session_of(&here).await;
    let acts = desk.platform.own_acts(&session, None).await.unwrap().acts;
    let held = acts.iter().filter(|act| act.kind == "sign_in.held");
    assert_eq!(held.count(), 1);
    // What failed more than a day ago counts no more.
    for _ in 0..ADDRESS_FAILURES {
        fail(&desk, LI, 4).await;
    }
    desk.clock.advance(Duration::from_hours(25));
    done(by_password(&desk, visit(4)).await);
}

async fn a_password_from_a_strange_browser_after_failures_needs_a_code_too(desk: Desk) {
    let _mark = clause::check!(R9);
    let platform = &desk.platform;
    let here = desk.sign_up_with_password(LI).await;
    // From wherever, each from another network.
    for (number, _) in (0..).zip(0..ADDRESS_FAILURES) {
        fail(&desk, LI, number).await;
    }
    let step = by_password(&desk, visit(9)).await;
    let Ok(SignInStep::Second(step)) = step else {
        panic!("a code is asked for: {step:?}");
    };
    assert!(matches!(step.asked, Asked::Code(ContactKind::Email)));
    let held = step.ticket.text().to_string();
    assert_eq!(told(platform.session(&held).await), AccountError::SignedOut);
    // The owner is told at once, and finds it in her log with the network and the browser.
    let (seen, _) = desk.drain().await;
    let [notice] = &seen[..] else {
        panic!("one notice, not {seen:?}");
    };
    assert_eq!((notice.kind, notice.to.as_str()), (Kind::SignInHeld, LI));
    assert!(notice.text.contains("Firefox · Linux"), "{}", notice.text);
    let session = desk.session_of(&here).await;
    let acts = platform.own_acts(&session, None).await.unwrap().acts;
    let act = acts.iter().find(|act| act.kind == "sign_in.held").unwrap();
    assert!(act.network.is_some() && act.agent.is_some());
    assert!(act.text.en.contains("held after failures"));
    let typed = second_code(&desk, &held).await;
    let wrong = Second::Code(TypedIn {
        request: typed.request,
        code: beside(&typed.code, 1),
    });
    let tried = finish(&desk, &held, wrong).await;
    assert_eq!(told(tried), AccountError::WrongCode { left: 4 });
    let entered = finish(&desk, &held, Second::Code(typed)).await.unwrap();
    assert_eq!(entered.method, SignInMethod::PasswordAndCode);
    // She was there: the failures are forgiven, and the next browser is let in and told of.
    done(by_password(&desk, visit(9)).await);
}

async fn a_held_sign_in_takes_no_proof_twice_and_nobody_elses(desk: Desk) {
    let _mark = clause::check!(R9);
    let platform = &desk.platform;
    desk.sign_up_with_password(LI).await;
    desk.sign_up("guesser@example.cn").await;
    for _ in 0..ADDRESS_FAILURES {
        fail(&desk, LI, 2).await;
    }
    let held = ticket(by_password(&desk, visit(2)).await);
    desk.drain().await;
    // The password was shown already, and what the account has not got opens nothing.
    let again = finish(&desk, &held, Second::Password(password(PASSWORD))).await;
    assert_eq!(told(again), AccountError::WrongFactor { left: 4 });
    let code = yuntu_app::vault::VerificationCode::parse("000000").unwrap();
    let totp = finish(&desk, &held, Second::Totp(code)).await;
    assert_eq!(told(totp), AccountError::WrongFactor { left: 3 });
    // A code of one's own is right, and for nobody else's account.
    desk.clock.advance(MINUTE);
    let own = desk.code(CodeFor::SignIn, "guesser@example.cn").await;
    let foreign = finish(&desk, &held, Second::Code(own)).await;
    assert_eq!(told(foreign), AccountError::WrongCode { left: 2 });
    // The right one is good for five minutes, and once.
    let old = second_code(&desk, &held).await;
    desk.clock.advance(MINUTE * 5);
    let late = finish(&desk, &held, Second::Code(old)).await;
    assert_eq!(told(late), AccountError::SpentCode);
    let typed = second_code(&desk, &held).await;
    let copy = TypedIn {
        request: typed.request,
        code: beside(&typed.code, 0),
    };
    finish(&desk, &held, Second::Code(typed)).await.unwrap();
    let twice = finish(&desk, &held, Second::Code(copy)).await;
    assert_eq!(told(twice), AccountError::SpentTicket);
    let sent = platform.ask_second_code(&held, &visit(2)).await;
    assert_eq!(told(sent), AccountError::SpentTicket);
}

async fn stolen_passwords_that_are_tried_at_many_addresses_open_none(desk: Desk) {
    let _mark = clause::check!(R9);
    desk.sign_up_with_password(LI).await;
    // The account itself has seen no failure; most of the addresses have no account.
    fail_at_others(&desk, OTHERS_BY_PASSWORD, 5).await;
    // One address that fails again counts once.
    let held = ticket(by_password(&desk, visit(5)).await);
    assert!(matches!(
        desk.platform.second_step(&held).await.unwrap(),
        Asked::Code(_)
    ));
    // From elsewhere nothing is doubted.
    for _ in 0..OTHERS_BY_PASSWORD {
        fail(&desk, "other0@example.cn", 6).await;
    }
    done(by_password(&desk, visit(6)).await);
}

async fn a_code_after_failures_at_many_addresses_needs_the_password_too(desk: Desk) {
    let _mark = clause::check!(R9);
    let platform = &desk.platform;
    desk.sign_up_with_password(LI).await;
    desk.sign_up("without@example.cn").await;
    fail_at_others(&desk, OTHERS_BY_CODE, 7).await;
    desk.clock.advance(MINUTE);
    let typed = desk.code(CodeFor::SignIn, LI).await;
    let held = ticket(platform.sign_in_by_code(&typed, &email(LI), visit(7)).await);
    assert!(matches!(
        platform.second_step(&held).await.unwrap(),
        Asked::Password
    ));
    let (seen, _) = desk.drain().await;
    assert_eq!(seen[0].kind, Kind::SignInHeld);
    // No code is sent for it, and another code is no other proof.
    let sent = platform.ask_second_code(&held, &visit(7)).await;
    assert_eq!(told(sent), AccountError::SpentTicket);
    desk.clock.advance(MINUTE);
    let another = desk.code(CodeFor::SignIn, LI).await;
    let by_code = finish(&desk, &held, Second::Code(another)).await;
    assert_eq!(told(by_code), AccountError::WrongFactor { left: 4 });
    let wrong = Second::Password(password("not the password"));
    let tried = finish(&desk, &held, wrong).await;
    assert_eq!(told(tried), AccountError::WrongNextPassword { left: 3 });
    let right = Second::Password(password(PASSWORD));
    let entered = finish(&desk, &held, right).await.unwrap();
    assert_eq!(entered.method, SignInMethod::PasswordAndCode);
    // Who has no password has no more to show; who recovers has lost it.
    let typed = desk.code(CodeFor::SignIn, "without@example.cn").await;
    let address = email("without@example.cn");
    done(platform.sign_in_by_code(&typed, &address, visit(7)).await);
    desk.clock.advance(MINUTE);
    let typed = desk.code(CodeFor::Recover, LI).await;
    done(platform.recover(&typed, &email(LI), visit(7)).await);
}

async fn who_has_a_second_factor_is_asked_for_it_and_nothing_else(desk: Desk) {
    let li = holder(&desk, LI).await;
    for _ in 0..ADDRESS_FAILURES {
        fail(&desk, LI, 2).await;
    }
    let to_second = ticket(by_password(&desk, visit(2)).await);
    let asked = desk.platform.second_step(&to_second).await.unwrap();
    assert!(matches!(asked, Asked::Factor(held) if held.totp));
    // Nobody is told, since nothing was held.
    assert!(desk.drain().await.0.is_empty());
    desk.clock.advance(MINUTE);
    let typed = desk.code(CodeFor::SignIn, LI).await;
    let instead = finish(&desk, &to_second, Second::Code(typed)).await;
    assert_eq!(told(instead), AccountError::WrongFactor { left: 4 });
    let code = li.app.code(desk.platform.now());
    let entered = finish(&desk, &to_second, Second::Totp(code)).await.unwrap();
    assert_eq!(entered.method, SignInMethod::PasswordAndTotp);
}

async fn whoever_goes_on_trying_fills_no_mailbox(desk: Desk) {
    let _mark = clause::check!(R9);
    desk.sign_up_with_password(LI).await;
    for _ in 0..ADDRESS_FAILURES {
        fail(&desk, LI, 2).await;
    }
    let mut notices = 0;
    for _ in 0..90 {
        desk.clock.advance(MINUTE);
        ticket(by_password(&desk, visit(2)).await);
        notices += desk.drain().await.0.len();
    }
    // The first, and the one after an hour in which none was opened before: none.
    assert_eq!(notices, 1);
    desk.clock.advance(Duration::from_mins(61));
    ticket(by_password(&desk, visit(2)).await);
    assert_eq!(desk.drain().await.0.len(), 1);
}
