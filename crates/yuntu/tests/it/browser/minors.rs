//! A minor's account is reported by somebody without one, upheld at the desk, and gone: three browsers and a mail server.

use std::path::Path;
use std::time::Duration;

use yuntu_testkit::{Backend, Browser};

use super::desk::{Clerk, enrol, sign_in};
use super::house::{House, Someone, in_every_way};

in_every_way!(is_reported_and_gone);

const MINOR: Someone = Someone {
    address: "xiaoming@north.example",
    nickname: "canary-nickname",
    password: "eleven slow rivers bend",
};
const REPORTER: &str = "parent@home.example";
const OPERATOR: Clerk = Clerk {
    address: "privacy@yuntu.example",
    role: "privacy",
    password: "two brass keys turn",
};
/// How often the erasure is asked for, once in half a second.
const LOOKS: u32 = 240;

async fn is_reported_and_gone(lang: &str, backend: Backend) {
    let house = House::open(lang, backend);
    let shop = house.browser().await;
    house.register(&shop, MINOR).await;
    let visitor = house.browser().await;
    let receipt = reports(&house, &visitor).await;
    let desk = house.browser().await;
    let keys = enrol(&house, &desk, OPERATOR).await;
    sign_in(&house, &desk, OPERATOR, &keys.code()).await;
    upholds(&house, &desk, &receipt.0).await;
    // She is out the same second, and told with where to object.
    shop.goto(&house.at("/account")).await.unwrap();
    assert!(shop.path().await.unwrap().starts_with("/account/sign-in"));
    let words = if house.is_chinese() {
        "停用"
    } else {
        "suspended"
    };
    house.mail_to(MINOR.address, words).await;
    house.mail_to(REPORTER, "/report-minor/outcome").await;
    is_gone(&house, &visitor, &receipt).await;
    answers_as_for_nobody(&house, &shop).await;
    for canary in [MINOR.address, MINOR.nickname, REPORTER, "canary-why"] {
        assert!(!holds(house.data(), canary.as_bytes()), "{canary}");
    }
}

async fn text_of(browser: &Browser, place: &str) -> String {
    let found = browser.find(place).await.unwrap();
    found.text().await.unwrap()
}

/// Reports wrongly, then rightly; returns number and code.
async fn reports(house: &House, visitor: &Browser) -> (String, String) {
    visitor.goto(&house.at("/")).await.unwrap();
    visitor
        .press("footer a[href^='/report-minor']")
        .await
        .unwrap();
    house.look(visitor, "report-minor").await;
    visitor.fill("account", "xiaoming@").await.unwrap();
    visitor.fill("why", "canary-why").await.unwrap();
    visitor.press("button[value='send']").await.unwrap();
    visitor
        .find("[name='account'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(visitor, "report-minor-wrong").await;
    let kept = visitor.find("[name='why']").await.unwrap();
    assert_eq!(kept.prop("value").await.unwrap().unwrap(), "canary-why");
    visitor.fill("account", MINOR.address).await.unwrap();
    visitor.fill("contact", REPORTER).await.unwrap();
    visitor.press("button[value='send']").await.unwrap();
    house.look(visitor, "report-minor-receipt").await;
    let number = text_of(visitor, "#receipt dd:nth-of-type(1)").await;
    let code = text_of(visitor, "#receipt dd:nth-of-type(2)").await;
    (number, code)
}

async fn upholds(house: &House, desk: &Browser, number: &str) {
    desk.goto(&house.at("/operator/duties")).await.unwrap();
    house.look(desk, "operator-duties").await;
    desk.goto(&house.at("/operator")).await.unwrap();
    desk.press("main a[href^='/operator/minors']")
        .await
        .unwrap();
    house.look(desk, "minors-list").await;
    desk.press(&format!("main a[href*='{number}']"))
        .await
        .unwrap();
    house.look(desk, "minors-one").await;
    assert!(!desk.text().await.unwrap().contains(MINOR.address));
    desk.press("button[value='look']").await.unwrap();
    house.look(desk, "minors-looked").await;
    let text = desk.text().await.unwrap();
    assert!(text.contains(MINOR.address) && text.contains("canary-why"));
    desk.press("button[value='uphold']").await.unwrap();
    desk.find("[name='words'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(desk, "minors-no-words").await;
    desk.fill("words", "her mother wrote to us").await.unwrap();
    desk.tick("[name='at_once']").await.unwrap();
    desk.press("button[value='uphold']").await.unwrap();
    house.look(desk, "minors-upheld").await;
}

/// Asks with the receipt until the account is erased.
async fn is_gone(house: &House, visitor: &Browser, (number, code): &(String, String)) {
    let erased = if house.is_chinese() {
        "帐号及其个人信息已删除"
    } else {
        "are erased"
    };
    for _ in 0..LOOKS {
        visitor
            .goto(&house.at("/report-minor/outcome"))
            .await
            .unwrap();
        visitor.fill("number", number).await.unwrap();
        visitor.fill("code", code).await.unwrap();
        visitor.press("button[value='see']").await.unwrap();
        if visitor.text().await.unwrap().contains(erased) {
            house.look(visitor, "report-minor-outcome").await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("the account is not erased");
}

async fn answers_as_for_nobody(house: &House, shop: &Browser) {
    house.sign_in(shop, MINOR).await;
    let erased = text_of(shop, ".refusal").await;
    let nobody = Someone {
        address: "nobody@north.example",
        ..MINOR
    };
    house.sign_in(shop, nobody).await;
    assert_eq!(erased, text_of(shop, ".refusal").await);
}

/// Looks for bytes in every file of the installation.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        let all = std::fs::read(&path).unwrap_or_default();
        all.windows(bytes.len()).any(|window| window == bytes)
    })
}
