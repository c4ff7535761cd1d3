use std::time::Duration;

use yuntu_app::Platform;
use yuntu_app::accounts::{AccountError, SignedIn};
use yuntu_app::factors::{Ceremony, CeremonyAnswer, PasskeyLabel, RemoveFactor, Second};
use yuntu_app::store::{Session, SignInMethod};
use yuntu_app::vault::PasskeySite;
use yuntu_terms::clause;
use yuntu_testkit::SoftPasskey;

use super::first;
use crate::desk::{Desk, MINUTE, network, told, visit};

const ORIGIN: &str = "https://yuntu.example";

crate::on_both!(crate::desk::Desk =>
    a_passkey_is_both_factors_at_once_and_a_second_one,
    a_ceremony_is_used_once_within_five_minutes_for_its_own_end,
    what_a_passkey_does_not_prove_opens_nothing,
    a_person_has_several_passkeys_with_names,
);

/// A desk whose site has a name.
pub(crate) fn named(desk: Desk) -> Desk {
    let site = PasskeySite::new(ORIGIN).unwrap();
    Desk {
        platform: desk.platform.at_origin(site),
        ..desk
    }
}

fn answer(ceremony: &Ceremony, json: String) -> CeremonyAnswer {
    CeremonyAnswer {
        id: ceremony.id,
        json,
    }
}

fn label(text: &str) -> PasskeyLabel {
    PasskeyLabel::parse(text).unwrap()
}

/// Adds a passkey and returns it with the session, whose secret is new.
async fn add(platform: &Platform, session: &Session, number: u8) -> (SoftPasskey, Session) {
    let mut passkey = SoftPasskey::new(number, ORIGIN);
    let ceremony = platform.begin_passkey(session, &network(1)).await.unwrap();
    let made = answer(&ceremony, passkey.make(&ceremony.options).unwrap());
    let added = platform
        .add_passkey(session, &made, &label("我的电脑"))
        .await
        .unwrap();
    let session = platform.session(&added.secret.text()).await.unwrap();
    (passkey, session)
}

async fn proof(platform: &Platform, passkey: &mut SoftPasskey) -> CeremonyAnswer {
    let ceremony = platform.begin_passkey_proof(&network(1)).await.unwrap();
    answer(&ceremony, passkey.prove(&ceremony.options).unwrap())
}

async fn holder(desk: &Desk, address: &str, number: u8) -> (SoftPasskey, Session) {
    let here: SignedIn = desk.sign_up_with_password(address).await;
    let session = desk.session_of(&here).await;
    let (passkey, session) = add(&desk.platform, &session, number).await;
    desk.drain().await;
    (passkey, session)
}

async fn a_passkey_is_both_factors_at_once_and_a_second_one(desk: Desk) {
    let _mark = clause::check!(R2);
    let desk = named(desk);
    let platform = &desk.platform;
    let (mut passkey, session) = holder(&desk, "li@example.cn", 1).await;
    let held = platform.factors_held(&session).await.unwrap();
    assert!(held.passkey && !held.totp && held.recovery_codes == 10);
    let here = platform
        .sign_in_by_passkey(&proof(platform, &mut passkey).await, visit(1))
        .await
        .unwrap();
    assert_eq!(here.account, session.account);
    assert_eq!(desk.session_of(&here).await.method, SignInMethod::Passkey);
    // After the password it is the second factor.
    let ticket = first(&desk, "li@example.cn").await;
    let second = Second::Passkey(proof(platform, &mut passkey).await);
    let here = platform
        .finish_sign_in(&ticket, second, visit(1))
        .await
        .unwrap();
    let method = desk.session_of(&here).await.method;
    assert_eq!(method, SignInMethod::PasswordAndPasskey);
    // And it proves who she is in a session.
    let second = Second::Passkey(proof(platform, &mut passkey).await);
    let secret = platform
        .prove_by_second(&session, second, &network(1))
        .await
        .unwrap();
    platform.session(&secret.text()).await.unwrap();
    // Somebody else's is none of hers.
    let (mut foreign, _) = holder(&desk, "wang@example.cn", 2).await;
    let ticket = first(&desk, "li@example.cn").await;
    let second = Second::Passkey(proof(platform, &mut foreign).await);
    let refused = platform.finish_sign_in(&ticket, second, visit(1)).await;
    assert_eq!(told(refused), AccountError::WrongFactor { left: 4 });
}

async fn a_ceremony_is_used_once_within_five_minutes_for_its_own_end(desk: Desk) {
    let _mark = clause::check!(R2);
    let desk = named(desk);
    let platform = &desk.platform;
    let (mut passkey, session) = holder(&desk, "li@example.cn", 1).await;
    let once = proof(platform, &mut passkey).await;
    platform.sign_in_by_passkey(&once, visit(1)).await.unwrap();
    let again = platform.sign_in_by_passkey(&once, visit(1)).await;
    assert_eq!(told(again), AccountError::Passkey);
    // The answer of one is not that of another.
    let begun = platform.begin_passkey_proof(&network(1)).await.unwrap();
    let other = platform.begin_passkey_proof(&network(1)).await.unwrap();
    let crossed = answer(&other, passkey.prove(&begun.options).unwrap());
    let refused = platform.sign_in_by_passkey(&crossed, visit(1)).await;
    assert_eq!(told(refused), AccountError::Passkey);
    let late = proof(platform, &mut passkey).await;
    desk.clock.advance(Duration::from_mins(5));
    let refused = platform.sign_in_by_passkey(&late, visit(1)).await;
    assert_eq!(told(refused), AccountError::Passkey);
    // A ceremony that adds one is of the account that began it.
    let here = desk.sign_up("wang@example.cn").await;
    let theirs = desk.session_of(&here).await;
    let begun = platform.begin_passkey(&session, &network(1)).await.unwrap();
    let mut fresh = SoftPasskey::new(3, ORIGIN);
    let made = answer(&begun, fresh.make(&begun.options).unwrap());
    let foreign = platform.add_passkey(&theirs, &made, &label("x")).await;
    assert_eq!(told(foreign), AccountError::Passkey);
    let added = platform.add_passkey(&session, &made, &label("x")).await;
    let session = platform
        .session(&added.unwrap().secret.text())
        .await
        .unwrap();
    let twice = platform.add_passkey(&session, &made, &label("x")).await;
    assert_eq!(told(twice), AccountError::Passkey);
}

async fn what_a_passkey_does_not_prove_opens_nothing(desk: Desk) {
    let _mark = clause::check!(R2);
    let desk = named(desk);
    let platform = &desk.platform;
    let (passkey, session) = holder(&desk, "li@example.cn", 1).await;
    let refused = async |passkey: &mut SoftPasskey| {
        let proof = proof(platform, passkey).await;
        told(platform.sign_in_by_passkey(&proof, visit(1)).await)
    };
    // Another origin, nobody verified, a key that nobody knows, a counter that went back.
    let mut elsewhere = passkey.clone();
    elsewhere.origin = String::from("https://yuntu.example.evil.example");
    assert_eq!(refused(&mut elsewhere).await, AccountError::Passkey);
    let mut unverified = passkey.clone();
    unverified.verifies = false;
    assert_eq!(refused(&mut unverified).await, AccountError::Passkey);
    let mut used = passkey.clone();
    used.counter = 7;
    let good = proof(platform, &mut used).await;
    platform.sign_in_by_passkey(&good, visit(1)).await.unwrap();
    let mut copy = used.clone();
    copy.counter = 6;
    assert_eq!(refused(&mut copy).await, AccountError::Passkey);
    // A changed signature, and noise.
    let ceremony = platform.begin_passkey_proof(&network(1)).await.unwrap();
    let json = used.prove(&ceremony.options).unwrap();
    let changed = json.replacen("\"signature\":\"", "\"signature\":\"AAAA", 1);
    let spoilt = answer(&ceremony, changed);
    let told_of = platform.sign_in_by_passkey(&spoilt, visit(1)).await;
    assert_eq!(told(told_of), AccountError::Passkey);
    for noise in ["", "{}", "null", "[1]", &"x".repeat(40_000)] {
        let ceremony = platform.begin_passkey_proof(&network(1)).await.unwrap();
        let noise = answer(&ceremony, noise.to_owned());
        let refused = platform.sign_in_by_passkey(&noise, visit(1)).await;
        assert_eq!(told(refused), AccountError::Passkey);
    }
    // Nothing that does not make sure of its person becomes a passkey.
    let mut lax = SoftPasskey::new(9, ORIGIN);
    lax.verifies = false;
    let ceremony = platform.begin_passkey(&session, &network(1)).await.unwrap();
    let made = answer(&ceremony, lax.make(&ceremony.options).unwrap());
    let refused = platform.add_passkey(&session, &made, &label("x")).await;
    assert_eq!(told(refused), AccountError::Passkey);
}

async fn a_person_has_several_passkeys_with_names(desk: Desk) {
    let desk = named(desk);
    let platform = &desk.platform;
    let (mut first, session) = holder(&desk, "li@example.cn", 1).await;
    // What is made in the same millisecond has no order.
    desk.clock.advance(MINUTE);
    let (mut second, session) = add(platform, &session, 2).await;
    desk.drain().await;
    // The same one twice is refused.
    let ceremony = platform.begin_passkey(&session, &network(1)).await.unwrap();
    assert!(ceremony.options.contains("excludeCredentials"));
    let made = answer(&ceremony, second.make(&ceremony.options).unwrap());
    let twice = platform.add_passkey(&session, &made, &label("x")).await;
    assert_eq!(told(twice), AccountError::Passkey);
    let factors = platform.factors(&session).await.unwrap();
    assert_eq!(factors.len(), 2);
    let (one, other) = (factors[0].id, factors[1].id);
    let name = label("安全密钥");
    platform.label_passkey(&session, one, &name).await.unwrap();
    let (_, foreign) = holder(&desk, "wang@example.cn", 5).await;
    assert!(platform.label_passkey(&foreign, one, &name).await.is_err());
    for bad in ["", "  ", "a\nb", &"长".repeat(41)] {
        assert!(PasskeyLabel::parse(bad).is_err());
    }
    desk.clock.advance(MINUTE);
    let remove = RemoveFactor {
        factor: other,
        password: None,
    };
    platform.remove_factor(&session, remove).await.unwrap();
    let gone = proof(platform, &mut second).await;
    let refused = platform.sign_in_by_passkey(&gone, visit(1)).await;
    assert_eq!(told(refused), AccountError::Passkey);
    let still = proof(platform, &mut first).await;
    platform.sign_in_by_passkey(&still, visit(1)).await.unwrap();
}
