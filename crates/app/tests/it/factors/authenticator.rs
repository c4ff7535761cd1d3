use std::time::Duration;

use yuntu_app::AppError;
use yuntu_app::accounts::AccountError;
use yuntu_app::factors::{RemoveFactor, Second};
use yuntu_app::outbound::Kind;
use yuntu_app::vault::PasswordFault;
use yuntu_terms::{Clock as _, clause};

use super::{Phone, first, holder, set_up};
use crate::desk::{Desk, MINUTE, beside, done, email, network, password, told, visit};

crate::on_both!(crate::desk::Desk =>
    an_authenticator_counts_once_it_is_confirmed,
    a_factor_goes_only_with_a_proof_by_a_second_factor,
    a_short_password_goes_with_the_last_second_factor,
    no_secret_of_a_factor_reaches_the_disk_in_the_clear,
);

async fn an_authenticator_counts_once_it_is_confirmed(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    let here = desk.sign_up_with_password("li@example.cn").await;
    let session = desk.session_of(&here).await;
    let app = set_up(platform, &session).await;
    // Shown again, it is the same; unconfirmed, it is asked of nobody.
    let again = set_up(platform, &session).await;
    let now = desk.clock.now();
    assert_eq!(app.code(now).expose(), again.code(now).expose());
    let wrong = beside(&app.code(now), 5);
    let refused = platform.confirm_totp(&session, &wrong).await;
    assert_eq!(told(refused), AccountError::WrongProof);
    let there = platform
        .sign_in_by_password(
            &email("li@example.cn"),
            password(crate::desk::PASSWORD),
            visit(2),
        )
        .await;
    let there = done(there);
    let added = platform
        .confirm_totp(&session, &app.code(now))
        .await
        .unwrap();
    assert_eq!(added.codes.len(), 10);
    // Her other session and the old secret of this one end; she is told.
    for ended in [&there, &here] {
        let gone = platform.session(&ended.secret.text()).await;
        assert_eq!(told(gone), AccountError::SignedOut);
    }
    let (seen, _) = desk.drain().await;
    assert_eq!((seen.len(), seen[0].kind), (1, Kind::FactorChanged));
    let session = platform.session(&added.secret.text()).await.unwrap();
    let twice = platform.begin_totp(&session).await;
    assert_eq!(told(twice), AccountError::FactorExists);
    // The code that confirmed it opens nothing more.
    let one = first(&desk, "li@example.cn").await;
    let replayed = platform
        .finish_sign_in(&one, Second::Totp(app.code(now)), visit(1))
        .await;
    assert_eq!(told(replayed), AccountError::WrongFactor { left: 4 });
    // Whoever waits too long begins anew.
    let other = desk.sign_up("wang@example.cn").await;
    let session = desk.session_of(&other).await;
    let app = set_up(platform, &session).await;
    desk.clock.advance(Duration::from_mins(15));
    let other = done_again(&desk, "wang@example.cn").await;
    let session = desk.session_of(&other).await;
    let late = platform
        .confirm_totp(&session, &app.code(desk.clock.now()))
        .await;
    assert_eq!(told(late), AccountError::NoFactor);
    let fresh: Phone = set_up(platform, &session).await;
    let now = desk.clock.now();
    assert_ne!(fresh.code(now).expose(), app.code(now).expose());
}

async fn done_again(desk: &Desk, address: &str) -> yuntu_app::accounts::SignedIn {
    use yuntu_app::accounts::CodeFor;
    let typed = desk.code(CodeFor::SignIn, address).await;
    let step = desk
        .platform
        .sign_in_by_code(&typed, &email(address), visit(1))
        .await;
    done(step)
}

async fn a_factor_goes_only_with_a_proof_by_a_second_factor(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    let li = holder(&desk, "li@example.cn").await;
    let wang = holder(&desk, "wang@example.cn").await;
    let factors = platform.factors(&li.session).await.unwrap();
    let remove = || RemoveFactor {
        factor: factors[0].id,
        password: None,
    };
    // Foreign: as if it were not there.
    let foreign = platform.remove_factor(&wang.session, remove()).await;
    assert!(matches!(foreign, Err(AppError::Missing { .. })));
    desk.clock.advance(MINUTE * 10);
    let stale = platform.remove_factor(&li.session, remove()).await;
    assert_eq!(told(stale), AccountError::ProofNeeded);
    // The password alone does not do for it.
    let secret = platform
        .prove_by_password(&li.session, password(crate::desk::PASSWORD), &network(1))
        .await
        .unwrap();
    let session = platform.session(&secret.text()).await.unwrap();
    let weak = platform.remove_factor(&session, remove()).await;
    assert_eq!(told(weak), AccountError::ProofNeeded);
    let code = Second::Totp(li.app.code(desk.clock.now()));
    let secret = platform
        .prove_by_second(&session, code, &network(1))
        .await
        .unwrap();
    let session = platform.session(&secret.text()).await.unwrap();
    // A sign-in that is half done ends with the factor it waits for.
    let half = first(&desk, "li@example.cn").await;
    platform.remove_factor(&session, remove()).await.unwrap();
    let (seen, _) = desk.drain().await;
    assert_eq!(seen[0].kind, Kind::FactorChanged);
    let held = platform.factors_held(&session).await.unwrap();
    assert!(!held.any() && held.recovery_codes == 0);
    let spent = platform.second_step(&half).await;
    assert_eq!(told(spent), AccountError::SpentTicket);
    let alone = platform
        .sign_in_by_password(
            &email("li@example.cn"),
            password(crate::desk::PASSWORD),
            visit(1),
        )
        .await;
    done(alone);
}

async fn a_short_password_goes_with_the_last_second_factor(desk: Desk) {
    let _mark = clause::check!(R24);
    let platform = &desk.platform;
    let short = "jqpwmzkt7x";
    let here = desk.sign_up("wang@example.cn").await;
    let session = desk.session_of(&here).await;
    let alone = platform.set_password(&session, Some(password(short))).await;
    let fault = told(alone);
    assert!(matches!(
        fault,
        AccountError::Password(PasswordFault::TooShort { least: 15 })
    ));
    let li = holder(&desk, "li@example.cn").await;
    platform
        .set_password(&li.session, Some(password(short)))
        .await
        .unwrap();
    let factors = platform.factors(&li.session).await.unwrap();
    let remove = |text: Option<&str>| RemoveFactor {
        factor: factors[0].id,
        password: text.map(password),
    };
    let refused = platform.remove_factor(&li.session, remove(None)).await;
    assert_eq!(told(refused), AccountError::PasswordNeedsFactor);
    let still = platform
        .remove_factor(&li.session, remove(Some(short)))
        .await;
    assert!(matches!(told(still), AccountError::Password(_)));
    let new = "a kettle sings at quarter past";
    platform
        .remove_factor(&li.session, remove(Some(new)))
        .await
        .unwrap();
    let step = platform
        .sign_in_by_password(&email("li@example.cn"), password(new), visit(1))
        .await;
    done(step);
}

async fn no_secret_of_a_factor_reaches_the_disk_in_the_clear(desk: Desk) {
    let _mark = clause::check!(R2);
    let platform = &desk.platform;
    let here = desk.sign_up("li@example.cn").await;
    let session = desk.session_of(&here).await;
    let mut secret = String::new();
    let new = platform.begin_totp(&session).await.unwrap();
    new.read(|_, text| text.clone_into(&mut secret));
    let app = Phone::read(&secret);
    let code = app.code(desk.clock.now());
    let added = platform.confirm_totp(&session, &code).await.unwrap();
    let raw = desk.parts.raw_bytes().unwrap();
    let holds = |bytes: &[u8]| raw.windows(bytes.len()).any(|window| window == bytes);
    assert!(!holds(secret.as_bytes()) && !holds(app.secret()));
    for code in &added.codes {
        assert!(!holds(code.shown().as_bytes()));
        assert!(!holds(code.shown().replace('-', "").as_bytes()));
    }
}
