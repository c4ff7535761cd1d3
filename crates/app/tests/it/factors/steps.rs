use std::time::Duration;

use yuntu_app::accounts::{AccountError, Asked, CodeFor};
use yuntu_app::factors::Second;
use yuntu_app::outbound::Kind;
use yuntu_app::store::SignInMethod;
use yuntu_app::vault::RecoveryCode;
use yuntu_terms::{Clock as _, clause};

use super::{first, holder};
use crate::desk::{Desk, MINUTE, PASSWORD, beside, email, password, ticket, told, visit};

crate::on_both!(crate::desk::Desk =>
    the_first_factor_alone_opens_nothing_and_the_second_opens_once,
    a_code_of_the_authenticator_works_once,
    a_ticket_sent_twice_at_once_opens_once_and_says_so,
    a_recovery_code_works_once_and_its_owner_is_told,
    a_ticket_bears_five_tries_and_ten_minutes_and_is_nobody_elses,
    who_recovers_an_account_needs_its_second_factor_too,
    wrong_codes_are_braked_and_lock_the_authenticator_in_the_end,
);

async fn the_first_factor_alone_opens_nothing_and_the_second_opens_once(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    let li = holder(&desk, "li@example.cn").await;
    let by_password = first(&desk, "li@example.cn").await;
    // The ticket is no session, and a session no ticket.
    let session = platform.session(&by_password).await;
    assert_eq!(told(session), AccountError::SignedOut);
    let asked = platform.second_step(&by_password).await.unwrap();
    let Asked::Factor(held) = asked else {
        panic!("a factor is asked for: {asked:?}");
    };
    assert!(held.totp && !held.passkey && held.recovery_codes == 10);
    desk.clock.advance(MINUTE);
    let typed = desk.code(CodeFor::SignIn, "li@example.cn").await;
    let address = email("li@example.cn");
    let by_code = ticket(platform.sign_in_by_code(&typed, &address, visit(1)).await);
    for (ticket, method) in [
        (&by_password, SignInMethod::PasswordAndTotp),
        (&by_code, SignInMethod::CodeAndTotp),
    ] {
        desk.clock.advance(MINUTE);
        let code = li.app.code(desk.clock.now());
        let here = platform
            .finish_sign_in(ticket, Second::Totp(code), visit(1))
            .await
            .unwrap();
        let session = desk.session_of(&here).await;
        assert_eq!(session.method, method);
        // A ticket opens once, whatever is shown with it.
        desk.clock.advance(MINUTE);
        let code = li.app.code(desk.clock.now());
        let again = platform
            .finish_sign_in(ticket, Second::Totp(code), visit(1))
            .await;
        assert_eq!(told(again), AccountError::SpentTicket);
    }
    let acts = platform.own_acts(&li.session, None).await.unwrap().acts;
    let begun = acts.iter().filter(|act| act.kind == "sign_in.begun");
    assert_eq!(begun.count(), 2);
}

async fn a_code_of_the_authenticator_works_once(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    let li = holder(&desk, "li@example.cn").await;
    let now = desk.clock.now();
    let one = first(&desk, "li@example.cn").await;
    let code = || Second::Totp(li.app.code(now));
    platform
        .finish_sign_in(&one, code(), visit(1))
        .await
        .unwrap();
    let other = first(&desk, "li@example.cn").await;
    let replayed = platform.finish_sign_in(&other, code(), visit(1)).await;
    assert_eq!(told(replayed), AccountError::WrongFactor { left: 4 });
    // Nor does it prove anything in a session.
    let proof = platform
        .prove_by_second(&li.session, code(), &crate::desk::network(1))
        .await;
    assert_eq!(told(proof), AccountError::WrongProof);
    // Of two at once with one code, one gets in.
    desk.clock.advance(MINUTE);
    let (a, b) = (
        first(&desk, "li@example.cn").await,
        first(&desk, "li@example.cn").await,
    );
    let fresh = || Second::Totp(li.app.code(desk.clock.now()));
    let (a, b) = tokio::join!(
        platform.finish_sign_in(&a, fresh(), visit(1)),
        platform.finish_sign_in(&b, fresh(), visit(2)),
    );
    assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1);
}

/// A form that is sent twice by a double click.
async fn a_ticket_sent_twice_at_once_opens_once_and_says_so(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    let li = holder(&desk, "li@example.cn").await;
    let ticket = first(&desk, "li@example.cn").await;
    let count = async |kind: &str| {
        let acts = platform.own_acts(&li.session, None).await.unwrap().acts;
        acts.iter().filter(|act| act.kind == kind).count()
    };
    let before = count("session.opened").await;
    let finish = async || {
        let code = Second::Totp(li.app.code(desk.clock.now()));
        platform.finish_sign_in(&ticket, code, visit(1)).await
    };
    let (a, b) = tokio::join!(finish(), finish());
    let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
    assert_eq!(told(lost), AccountError::SpentTicket);
    desk.session_of(&won.unwrap()).await;
    assert_eq!(count("session.opened").await, before + 1);
    assert_eq!(count("sign_in.failed").await, 0);
}

async fn a_recovery_code_works_once_and_its_owner_is_told(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    let li = holder(&desk, "li@example.cn").await;
    let wang = holder(&desk, "wang@example.cn").await;
    let paper = |code: &RecoveryCode| {
        Second::Recovery(RecoveryCode::parse(&code.shown().to_lowercase()).unwrap())
    };
    let one = first(&desk, "li@example.cn").await;
    // Somebody else's code is none of hers.
    let foreign = platform
        .finish_sign_in(&one, paper(&wang.codes[0]), visit(1))
        .await;
    assert_eq!(told(foreign), AccountError::WrongFactor { left: 4 });
    let here = platform
        .finish_sign_in(&one, paper(&li.codes[0]), visit(1))
        .await
        .unwrap();
    let session = desk.session_of(&here).await;
    assert_eq!(session.method, SignInMethod::PasswordAndRecovery);
    assert_eq!(
        platform
            .factors_held(&session)
            .await
            .unwrap()
            .recovery_codes,
        9
    );
    let (seen, _) = desk.drain().await;
    assert_eq!(seen[0].kind, Kind::FactorChanged);
    let two = first(&desk, "li@example.cn").await;
    let again = platform
        .finish_sign_in(&two, paper(&li.codes[0]), visit(1))
        .await;
    assert_eq!(told(again), AccountError::WrongFactor { left: 4 });
    // Made anew, none of the old ones opens anything.
    let fresh = platform.new_recovery_codes(&session).await.unwrap();
    let old = platform
        .finish_sign_in(&two, paper(&li.codes[1]), visit(1))
        .await;
    assert_eq!(told(old), AccountError::WrongFactor { left: 3 });
    platform
        .finish_sign_in(&two, paper(&fresh[1]), visit(1))
        .await
        .unwrap();
}

async fn a_ticket_bears_five_tries_and_ten_minutes_and_is_nobody_elses(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    let li = holder(&desk, "li@example.cn").await;
    let wang = holder(&desk, "wang@example.cn").await;
    let finish =
        async |ticket: &str, second| platform.finish_sign_in(ticket, second, visit(1)).await;
    // Li's ticket takes no code of Wang's, and what is no ticket opens nothing.
    let one = first(&desk, "li@example.cn").await;
    let right = || li.app.code(desk.clock.now());
    let theirs = wang.app.code(desk.clock.now());
    let foreign = finish(&one, Second::Totp(theirs)).await;
    assert_eq!(told(foreign), AccountError::WrongFactor { left: 4 });
    let session = desk.sign_up("other@example.cn").await.secret.text();
    for none in ["", "00", &"0".repeat(64), &session] {
        let spent = finish(none, Second::Totp(right())).await;
        assert_eq!(told(spent), AccountError::SpentTicket, "{none}");
    }
    for left in (0..4).rev() {
        let wrong = Second::Totp(beside(&right(), 3 + left));
        assert_eq!(
            told(finish(&one, wrong).await),
            AccountError::WrongFactor { left }
        );
    }
    let spent = finish(&one, Second::Totp(right())).await;
    assert_eq!(told(spent), AccountError::SpentTicket);
    desk.clock.advance(Duration::from_mins(16));
    let two = first(&desk, "li@example.cn").await;
    desk.clock.advance(Duration::from_mins(10));
    let late = finish(&two, Second::Totp(right())).await;
    assert_eq!(told(late), AccountError::SpentTicket);
}

async fn who_recovers_an_account_needs_its_second_factor_too(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    let li = holder(&desk, "li@example.cn").await;
    desk.clock.advance(MINUTE);
    let typed = desk.code(CodeFor::Recover, "li@example.cn").await;
    let address = email("li@example.cn");
    let to_second = ticket(platform.recover(&typed, &address, visit(1)).await);
    // Nothing has changed yet: the password still does as a first factor.
    first(&desk, "li@example.cn").await;
    let code = Second::Totp(li.app.code(desk.clock.now()));
    let back = platform
        .finish_sign_in(&to_second, code, visit(1))
        .await
        .unwrap();
    let gone = platform
        .sign_in_by_password(&address, password(PASSWORD), visit(1))
        .await;
    assert_eq!(told(gone), AccountError::WrongPassword);
    let session = desk.session_of(&back).await;
    assert!(platform.factors_held(&session).await.unwrap().totp);
}

async fn wrong_codes_are_braked_and_lock_the_authenticator_in_the_end(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    let li = holder(&desk, "li@example.cn").await;
    let (mut wrong, mut braked, mut locked) = (0, 0, 0);
    for _ in 0..15 {
        desk.clock.advance(Duration::from_mins(16));
        for _ in 0..3 {
            let step = platform
                .sign_in_by_password(&email("li@example.cn"), password(PASSWORD), visit(1))
                .await;
            let Ok(step) = step else {
                braked += 1;
                break;
            };
            let ticket = ticket(Ok(step));
            for offset in 3..8 {
                let guess = beside(&li.app.code(desk.clock.now()), offset);
                let tried = platform
                    .finish_sign_in(&ticket, Second::Totp(guess), visit(1))
                    .await;
                let error = told(tried);
                if matches!(error, AccountError::WrongFactor { .. }) {
                    wrong += 1;
                } else if error == AccountError::FactorLocked {
                    locked += 1;
                } else {
                    assert!(matches!(error, AccountError::TooOften { .. }), "{error:?}");
                    braked += 1;
                }
            }
        }
    }
    // Ten in a quarter of an hour, and a hundred in a row at most.
    assert_eq!(wrong, 100);
    assert!(braked > 0 && locked > 0, "{braked} {locked}");
    desk.clock.advance(Duration::from_mins(16));
    let one = first(&desk, "li@example.cn").await;
    let right = Second::Totp(li.app.code(desk.clock.now()));
    let tried = platform.finish_sign_in(&one, right, visit(1)).await;
    assert_eq!(told(tried), AccountError::FactorLocked);
    // A recovery code opens it again.
    let paper = RecoveryCode::parse(&li.codes[0].shown()).unwrap();
    platform
        .finish_sign_in(&one, Second::Recovery(paper), visit(1))
        .await
        .unwrap();
    let two = first(&desk, "li@example.cn").await;
    let right = Second::Totp(li.app.code(desk.clock.now()));
    platform
        .finish_sign_in(&two, right, visit(1))
        .await
        .unwrap();
}
