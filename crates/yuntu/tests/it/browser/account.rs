//! Who opens an account: a code by mail, an explicit yes to the statement, optional purposes that stay off, and what is
//! typed wrong on the way.

use std::time::Duration;

use yuntu_testkit::{Backend, Browser};

use super::house::{House, Someone, in_every_way};

in_every_way!(opens_an_account_and_lives_with_it);

const ANNA: Someone = Someone {
    address: "anna.lin@north.example",
    nickname: "林安",
    password: "seven quiet lanterns drift",
};

async fn opens_an_account_and_lives_with_it(lang: &str, backend: Backend) {
    let house = House::open(lang, backend);
    let browser = house.browser().await;
    types_her_address(&house, &browser).await;
    chooses(&house, &browser).await;
    creates_an_enterprise(&house, &browser).await;
    looks_around(&house, &browser).await;
    let new = "anna@north.example";
    let code = changes_her_address(&house, &browser, new).await;
    // The limits of sending make this one wait; each language and each database does it once.
    if (lang, backend) == ("zh", Backend::Sqlite) || (lang, backend) == ("en", Backend::Postgres) {
        recovers(&house, &browser, new, &code).await;
    }
}

async fn types_her_address(house: &House, browser: &Browser) {
    browser.goto(&house.at("/account/register")).await.unwrap();
    house.look(browser, "register").await;

    // What is no address is told beside the field, and stays in it.
    browser
        .fill("address", "anna.lin.north.example")
        .await
        .unwrap();
    browser.press("button[value='ask']").await.unwrap();
    browser
        .find("[name='address'][aria-invalid='true']")
        .await
        .unwrap();
    let kept = browser.find("main [name='address']").await.unwrap();
    assert_eq!(
        kept.prop("value").await.unwrap().unwrap(),
        "anna.lin.north.example"
    );
    house.look(browser, "register-no-address").await;

    browser.fill("address", ANNA.address).await.unwrap();
    browser.press("button[value='ask']").await.unwrap();
    house.code_to(ANNA.address, &[]).await;
    house.look(browser, "register-code").await;
    for tick in ["accept", "purpose"] {
        let ticked = format!("[name='{tick}']:checked");
        assert!(
            !browser.has(&ticked).await.unwrap(),
            "{tick} is on by itself"
        );
    }
}

async fn chooses(house: &House, browser: &Browser) {
    let code = house.code_to(ANNA.address, &[]).await;
    // Going on is no yes, and a weak password is refused with its reason; the nickname stays, the password does not.
    browser.fill("code", &code).await.unwrap();
    browser.fill("nickname", ANNA.nickname).await.unwrap();
    browser.fill("password", "password1234567").await.unwrap();
    browser.press("button[value='open']").await.unwrap();
    browser
        .find("[name='accept'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(browser, "register-not-accepted").await;
    browser.tick("[name='accept']").await.unwrap();
    browser.fill("code", &code).await.unwrap();
    browser.fill("password", "password1234567").await.unwrap();
    browser.press("button[value='open']").await.unwrap();
    browser
        .find("[name='password'][aria-invalid='true']")
        .await
        .unwrap();
    let kept = browser.find("main [name='nickname']").await.unwrap();
    assert_eq!(kept.prop("value").await.unwrap().unwrap(), ANNA.nickname);
    let secret = browser.find("main [name='password']").await.unwrap();
    assert_eq!(secret.prop("value").await.unwrap().unwrap(), "");
    house.look(browser, "register-weak-password").await;
    if !browser.has("[name='accept']:checked").await.unwrap() {
        browser.tick("[name='accept']").await.unwrap();
    }
    browser.fill("code", &code).await.unwrap();
    browser.fill("password", ANNA.password).await.unwrap();
    // The code was not used up by what else was wrong.
    browser.press("button[value='open']").await.unwrap();
    assert!(browser.path().await.unwrap().starts_with("/account/seats"));
    house.look(browser, "seats-none").await;
}

async fn creates_an_enterprise(house: &House, browser: &Browser) {
    // An enterprise of her own, not certified yet.
    let name = if house.is_chinese() {
        "北方百货有限公司"
    } else {
        "North Department Store Ltd."
    };
    browser.fill("name", name).await.unwrap();
    browser.fill("industry", "retail").await.unwrap();
    browser.press("button[value='create']").await.unwrap();
    assert!(browser.path().await.unwrap().starts_with("/console"));
    assert!(browser.text().await.unwrap().contains(name));
    house.look(browser, "console-uncertified").await;

    house.sign_out(browser).await;
    house.look(browser, "signed-out").await;
    browser.goto(&house.at("/console")).await.unwrap();
    assert!(
        browser
            .path()
            .await
            .unwrap()
            .starts_with("/account/sign-in")
    );
    let wrong = Someone {
        password: "seven loud lanterns drift",
        ..ANNA
    };
    house.sign_in(browser, wrong).await;
    assert!(browser.has(".wrong").await.unwrap());
    house.look(browser, "sign-in-wrong").await;
    house.sign_in(browser, ANNA).await;
    assert!(browser.path().await.unwrap().starts_with("/console"));
}

async fn looks_around(house: &House, browser: &Browser) {
    // The privacy centre: her data, her switches, her sessions, her log.
    browser.press("header a[href^='/account?']").await.unwrap();
    house.look(browser, "privacy-centre").await;
    browser.press("button[value='on']").await.unwrap();
    assert!(browser.has("button[value='off']").await.unwrap());
    house.look(browser, "privacy-centre-chosen").await;
    browser.press("button[value='off']").await.unwrap();
    assert!(!browser.has("button[value='off']").await.unwrap());
    browser.goto(&house.at("/account/sessions")).await.unwrap();
    house.look(browser, "sessions").await;
    browser.goto(&house.at("/account/log")).await.unwrap();
    house.look(browser, "own-log").await;
    browser.goto(&house.at("/safety")).await.unwrap();
    browser
        .find("#own a[href^='/account/factors?']")
        .await
        .unwrap();
    house.look(browser, "safety-own").await;
}

async fn changes_her_address(house: &House, browser: &Browser, new: &str) -> String {
    // Another address: both are told, and the old one opens nothing any more.
    browser.goto(&house.at("/account/email")).await.unwrap();
    house.look(browser, "change-email").await;
    browser.fill("address", new).await.unwrap();
    browser.press("button[value='ask']").await.unwrap();
    let code = house.code_to(new, &[]).await;
    browser.fill("code", &code).await.unwrap();
    browser.press("button[value='code']").await.unwrap();
    let told = if house.is_chinese() {
        "更换"
    } else {
        "was changed"
    };
    house.mail_to(ANNA.address, told).await;
    house.mail_to(new, told).await;
    code
}

/// A lost password: by a code to the address, from a browser that is not known.
async fn recovers(house: &House, browser: &Browser, address: &'static str, before: &str) {
    browser.forget().await.unwrap();
    browser.goto(&house.at("/account/recover")).await.unwrap();
    house.look(browser, "recover").await;
    browser.fill("address", address).await.unwrap();
    browser.press("button[value='ask']").await.unwrap();
    // A code was sent there less than a minute ago.
    browser.find(".wrong").await.unwrap();
    house.look(browser, "recover-too-often").await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    browser.press("button[value='ask']").await.unwrap();
    let code = house.code_to(address, &[before.to_owned()]).await;
    browser.fill("code", &code).await.unwrap();
    house.look(browser, "recover-code").await;
    browser.press("button[value='code']").await.unwrap();
    let path = browser.path().await.unwrap();
    assert!(path.starts_with("/account/password"), "{path}");
    house.look(browser, "new-password").await;
    let again = Someone {
        address,
        password: "nine paper boats at dusk",
        ..ANNA
    };
    browser.fill("password", again.password).await.unwrap();
    browser.press("main button[type='submit']").await.unwrap();
    house.sign_out(browser).await;
    house.sign_in(browser, again).await;
    let path = browser.path().await.unwrap();
    assert!(path.starts_with("/console"), "{path}");
}
