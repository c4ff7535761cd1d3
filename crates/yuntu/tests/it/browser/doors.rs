//! Who gets in otherwise: by text message in a browser without scripts, by mail that is encrypted on its way, by an
//! authenticator and by a recovery code.

use std::time::Duration;

use yuntu_terms::{Clock as _, SystemClock};
use yuntu_testkit::{Backend, Browser};

use super::desk::authenticator;
use super::house::{House, MailBy, Someone, in_every_way};

in_every_way!(get_in_by_every_door);

const NUMBER: &str = "13800000000";
const FEN: Someone = Someone {
    address: NUMBER,
    nickname: "Fen",
    password: "eight wet stones shine",
};
const ANNA: Someone = Someone {
    address: "anna.lin@north.example",
    nickname: "林安",
    password: "seven quiet lanterns drift",
};

async fn get_in_by_every_door(lang: &str, backend: Backend) {
    // Each way of encryption with each language and each database.
    let by = match (lang, backend) {
        ("zh", Backend::Sqlite) | ("en", Backend::Postgres) => MailBy::StartTls,
        _ => MailBy::Tls,
    };
    let house = House::with_services(lang, backend, by);
    let plain = house.browser().await;
    plain.refuse_scripts().await.unwrap();
    registers_by_number(&house, &plain).await;
    saves_a_draft(&house, &plain).await;
    comes_back(&house, &plain).await;

    let browser = house.browser().await;
    house.register(&browser, ANNA).await;
    assert!(house.all_mail_is_encrypted());
    let spare = adds_an_authenticator(&house, &browser).await;
    enters_by_a_recovery_code_once(&house, &browser, &spare).await;
}

async fn registers_by_number(house: &House, plain: &Browser) {
    plain.goto(&house.at("/account/register")).await.unwrap();
    plain.fill("address", NUMBER).await.unwrap();
    plain.press("button[value='ask']").await.unwrap();
    let code = house.code_by_sms(NUMBER);
    house.look(plain, "plain-register-code").await;
    plain.fill("code", &code).await.unwrap();
    plain.fill("nickname", FEN.nickname).await.unwrap();
    plain.fill("password", FEN.password).await.unwrap();
    plain.tick("[name='accept']").await.unwrap();
    plain.press("button[value='open']").await.unwrap();
    let path = plain.path().await.unwrap();
    assert!(path.starts_with("/account/seats"), "{path}");
    // A passkey is what needs a script, and the page says so; nothing on the way here did.
    plain.goto(&house.at("/account/factors")).await.unwrap();
    plain.fill("label", "no script").await.unwrap();
    plain
        .press("main button[value='ask-passkey']")
        .await
        .unwrap();
    let said = plain.texts("[role='status']").await.unwrap();
    assert!(!said[0].is_empty(), "a script ran");
    house.look(plain, "plain-passkey").await;
}

async fn saves_a_draft(house: &House, plain: &Browser) {
    plain.goto(&house.at("/account/seats")).await.unwrap();
    plain.fill("name", "South Store Limited").await.unwrap();
    plain.fill("industry", "retail").await.unwrap();
    plain.press("button[value='create']").await.unwrap();
    plain
        .goto(&house.at("/console/certification"))
        .await
        .unwrap();
    plain.press("button[value='begin']").await.unwrap();
    // Nothing is offered that could only be refused.
    assert!(!plain.has("button[value='submit']").await.unwrap());
    plain
        .fill("enterprise_name", "South Store Limited")
        .await
        .unwrap();
    plain.choose("industry", "retail").await.unwrap();
    plain.press("button[value='save']").await.unwrap();
    assert!(!plain.has("[aria-invalid='true']").await.unwrap());
    house.look(plain, "plain-draft").await;
}

async fn comes_back(house: &House, plain: &Browser) {
    house.sign_out(plain).await;
    house.sign_in(plain, FEN).await;
    let path = plain.path().await.unwrap();
    assert!(path.starts_with("/console"), "{path}");
    plain
        .goto(&house.at("/console/certification"))
        .await
        .unwrap();
    let kept = plain.find("main [name='enterprise_name']").await.unwrap();
    let kept = kept.prop("value").await.unwrap().unwrap();
    assert_eq!(kept, "South Store Limited");
}

/// Adds an authenticator, signs in by it, and returns the recovery codes.
async fn adds_an_authenticator(house: &House, browser: &Browser) -> Vec<String> {
    browser.goto(&house.at("/account/factors")).await.unwrap();
    browser.press("button[value='begin']").await.unwrap();
    let app = authenticator(browser).await;
    house.look(browser, "authenticator").await;
    let code = app.code(SystemClock.now()).unwrap();
    browser.fill("code", &code).await.unwrap();
    browser.press("button[value='confirm']").await.unwrap();
    let spare = browser.texts("#codes dd").await.unwrap();
    assert!(spare.len() >= 8, "{}", browser.text().await.unwrap());
    house.look(browser, "authenticator-on").await;
    house.sign_out(browser).await;
    house.sign_in(browser, ANNA).await;
    house.look(browser, "second-authenticator").await;
    // The code of the set-up works once; the next one is good already.
    let next = SystemClock.now().plus(Duration::from_secs(30));
    browser
        .fill("code", &app.code(next).unwrap())
        .await
        .unwrap();
    browser.press("button[value='second']").await.unwrap();
    is_in(house, browser).await;
    spare
}

async fn enters_by_a_recovery_code_once(house: &House, browser: &Browser, spare: &[String]) {
    house.sign_out(browser).await;
    types_second(house, browser, &spare[0]).await;
    is_in(house, browser).await;
    let told = if house.is_chinese() {
        "恢复码"
    } else {
        "recovery code"
    };
    house.mail_to(ANNA.address, told).await;
    browser.goto(&house.at("/account/factors")).await.unwrap();
    house.look(browser, "factors-authenticator").await;
    house.sign_out(browser).await;
    types_second(house, browser, &spare[0]).await;
    browser
        .find("[name='code'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(browser, "second-code-used").await;
    browser.fill("code", &spare[1]).await.unwrap();
    browser.press("button[value='second']").await.unwrap();
    is_in(house, browser).await;
}

async fn types_second(house: &House, browser: &Browser, second: &str) {
    house.sign_in(browser, ANNA).await;
    browser.fill("code", second).await.unwrap();
    browser.press("button[value='second']").await.unwrap();
}

async fn is_in(house: &House, browser: &Browser) {
    browser.goto(&house.at("/account")).await.unwrap();
    let path = browser.path().await.unwrap();
    assert!(path.starts_with("/account?"), "{path}");
}
