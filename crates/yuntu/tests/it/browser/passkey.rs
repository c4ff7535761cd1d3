//! Who has a passkey: she adds it, gives it another name, and is let in by it alone, after her password, and as a proof.

use std::time::Duration;

use yuntu_testkit::{Backend, Browser};

use super::house::{House, Someone, in_every_way};

in_every_way!(carries_a_passkey);

const ANNA: Someone = Someone {
    address: "anna.lin@north.example",
    nickname: "林安",
    password: "seven quiet lanterns drift",
};

const ASK: &str = "main button[value='ask-passkey']";
const USE: &str = "main form[data-passkey] button";

async fn carries_a_passkey(lang: &str, backend: Backend) {
    let house = House::open(lang, backend);
    let browser = house.browser().await;
    browser.carry_authenticator().await.unwrap();
    house.register(&browser, ANNA).await;
    adds(&house, &browser).await;
    renames(&house, &browser).await;
    has_one_on_this_device_already(&house, &browser).await;
    enters_by_it_alone(&house, &browser).await;
    enters_by_it_after_the_password(&house, &browser).await;
    proves_herself(&house, &browser).await;
}

async fn is_beyond(browser: &Browser, path: &str) {
    let here = browser.path().await.unwrap();
    assert!(!here.starts_with(path), "{here}");
}

async fn adds(house: &House, browser: &Browser) {
    browser.goto(&house.at("/account/factors")).await.unwrap();
    house.look(browser, "factors-none").await;
    // A passkey without a name is told beside the field.
    browser.press(ASK).await.unwrap();
    browser
        .find("[name='label'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(browser, "passkey-no-name").await;
    browser.fill("label", "林安的电脑").await.unwrap();
    browser.press(ASK).await.unwrap();
    let said = browser.find("[role='status']").await.unwrap();
    assert_eq!(said.text().await.unwrap(), "", "the script runs");
    house.look(browser, "passkey-make").await;
    browser.press(USE).await.unwrap();
    browser.find("#codes").await.unwrap();
    house.look(browser, "passkey-made").await;
    browser.goto(&house.at("/account/factors")).await.unwrap();
    assert!(browser.text().await.unwrap().contains("林安的电脑"));
    house.look(browser, "factors-passkey").await;
}

async fn renames(house: &House, browser: &Browser) {
    let field = "main input[id^='name-label']";
    browser.fill_in(field, "安全密钥").await.unwrap();
    browser.press("main button[value='label']").await.unwrap();
    browser.find(".done").await.unwrap();
    let text = browser.text().await.unwrap();
    assert!(text.contains("安全密钥") && !text.contains("林安的电脑"));
    house.look(browser, "factors-renamed").await;
}

/// What the browser refuses is said in words, and the button works again.
async fn has_one_on_this_device_already(house: &House, browser: &Browser) {
    browser.fill_in("#new-label", "another").await.unwrap();
    browser.press(ASK).await.unwrap();
    browser.find(USE).await.unwrap().click().await.unwrap();
    let words = if house.is_chinese() {
        "已有本帐号的通行密钥"
    } else {
        "already has a passkey"
    };
    let mut said = String::new();
    for _ in 0..100 {
        let status = browser.find("[role='status']").await.unwrap();
        said = status.text().await.unwrap();
        if said.contains(words) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(said.contains(words), "{said}");
    assert!(browser.has(&format!("{USE}:enabled")).await.unwrap());
    house.look(browser, "passkey-known").await;
}

async fn enters_by_it_alone(house: &House, browser: &Browser) {
    house.sign_out(browser).await;
    house.look(browser, "sign-in-three-ways").await;
    browser.press(ASK).await.unwrap();
    house.look(browser, "sign-in-passkey").await;
    browser.press(USE).await.unwrap();
    is_beyond(browser, "/account/sign-in").await;
    browser.goto(&house.at("/account/sessions")).await.unwrap();
    let path = browser.path().await.unwrap();
    assert!(path.starts_with("/account/sessions"), "{path}");
}

async fn enters_by_it_after_the_password(house: &House, browser: &Browser) {
    house.sign_out(browser).await;
    house.sign_in(browser, ANNA).await;
    house.look(browser, "second-passkey").await;
    browser.press(USE).await.unwrap();
    is_beyond(browser, "/account/sign-in").await;
    browser.goto(&house.at("/account/log")).await.unwrap();
    house.look(browser, "own-log-passkey").await;
}

async fn proves_herself(house: &House, browser: &Browser) {
    browser.goto(&house.at("/account/proof")).await.unwrap();
    house.look(browser, "proof-ways").await;
    browser.press(ASK).await.unwrap();
    house.look(browser, "proof-passkey").await;
    browser.press(USE).await.unwrap();
    is_beyond(browser, "/account/proof").await;
    let path = browser.path().await.unwrap();
    assert!(path.starts_with("/account?"), "{path}");
}
