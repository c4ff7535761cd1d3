//! An enterprise asks for technical help, an operator offers, is approved and looks; the enterprise reads each look and ends it.

use yuntu_testkit::Browser;

use super::desk::{Clerk, enrol, is_inside, sign_in};
use super::house::House;
use crate::real::OWNER;

const LIN: Clerk = Clerk {
    address: "lin@yuntu.example",
    role: "support",
    password: "nine slow herons wade",
};
const WORDS: &str = "some rows of the last delivery do not fit";
const AGES: &str = "SELECT age, count(*) AS n FROM d1 GROUP BY age ORDER BY age";

/// Asks for help with the people of the enterprise; returns the request.
pub(super) async fn ask(house: &House, browser: &Browser) -> String {
    browser.goto(&house.at("/console/help")).await.unwrap();
    fill_in(browser).await;
    browser.press("button[value='ask']").await.unwrap();
    let path = browser.path().await.unwrap();
    let Some((_, help)) = path.split_once("/console/help/") else {
        panic!("{}", browser.text().await.unwrap());
    };
    help.split('?').next().unwrap().to_owned()
}

async fn fill_in(browser: &Browser) {
    let names = browser.texts("#ask-datasets label").await.unwrap();
    let place = names.iter().position(|name| name.starts_with("people"));
    let place = place.unwrap_or_else(|| panic!("{names:?}")) + 1;
    browser
        .tick(&format!("#ask-datasets-{place}"))
        .await
        .unwrap();
    // The one over all datasets; the other names fewer.
    let whole = "#ask-instruction option:last-child";
    browser.tick(whole).await.unwrap();
    browser
        .choose("what_for", "marketing.insight")
        .await
        .unwrap();
    for scope in ["structure", "rows"] {
        let scope = format!("main [name='scope'][value='{scope}']");
        browser.tick(&scope).await.unwrap();
    }
    browser.fill("words", WORDS).await.unwrap();
}

async fn is_helped(lang: &str) {
    let house = House::of_demo(lang);
    let owner = house.browser().await;
    house.sign_in_by_code(&owner, OWNER).await;
    owner.goto(&house.at("/console")).await.unwrap();
    owner.press("main a[href^='/console/help']").await.unwrap();
    house.look(&owner, "help-none").await;
    owner.press("button[value='ask']").await.unwrap();
    for field in ["datasets", "scope", "words"] {
        let wrong = format!("#ask-{field}-wrong");
        assert!(owner.has(&wrong).await.unwrap(), "{field}");
    }
    house.look(&owner, "help-wrong").await;
    let help = ask(&house, &owner).await;
    house.look(&owner, "help-asked").await;

    let lin = house.browser().await;
    let keys = enrol(&house, &lin, LIN).await;
    sign_in(&house, &lin, LIN, &keys.code()).await;
    assert!(is_inside(&lin).await, "{}", lin.text().await.unwrap());
    lin.press("main a[href^='/operator/help']").await.unwrap();
    house.look(&lin, "operator-help").await;
    lin.press(&format!("main a[href*='{help}']")).await.unwrap();
    let text = lin.text().await.unwrap();
    assert!(text.contains(WORDS), "{text}");
    assert!(!lin.has("button[value='look']").await.unwrap());
    lin.press("button[value='offer']").await.unwrap();
    lin.find("[name='name'][aria-invalid='true']")
        .await
        .unwrap();
    lin.fill("name", "Lin").await.unwrap();
    lin.press("button[value='offer']").await.unwrap();
    lin.find(".done").await.unwrap();
    house.look(&lin, "operator-help-offered").await;

    house.mail_to(OWNER, &help).await;
    owner
        .goto(&house.at(&format!("/console/help/{help}")))
        .await
        .unwrap();
    house.look(&owner, "help-offered").await;
    owner.choose("hours", "2").await.unwrap();
    owner.press("button[value='approve']").await.unwrap();
    owner.find(".done").await.unwrap();
    house.look(&owner, "help-approved").await;
    looks(&house, &lin, &help).await;

    // Each look stands in the enterprise's own log, until it ends the help.
    owner
        .goto(&house.at(&format!("/console/help/{help}")))
        .await
        .unwrap();
    let text = owner.text().await.unwrap();
    assert!(text.contains(AGES), "{text}");
    assert!(
        owner
            .has("main a[href^='/console/receipts/']")
            .await
            .unwrap()
    );
    house.look(&owner, "help-looks").await;
    owner.press("button[value='end']").await.unwrap();
    owner.find(".done").await.unwrap();
    house.look(&owner, "help-ended").await;
    lin.fill("statement", AGES).await.unwrap();
    lin.press("button[value='look']").await.unwrap();
    assert!(!lin.has("#rows").await.unwrap());
    let text = lin.text().await.unwrap();
    assert!(text.contains("U2"), "{text}");
    house.look(&lin, "operator-help-refused").await;
    let mail = house.mail_to(OWNER, &help).await;
    assert!(!mail.contains(WORDS), "{mail}");
}

async fn looks(house: &House, lin: &Browser, help: &str) {
    lin.goto(&house.at(&format!("/operator/help/{help}")))
        .await
        .unwrap();
    house.look(lin, "operator-help-approved").await;
    lin.press("button[value='structure']").await.unwrap();
    lin.find("#structure").await.unwrap();
    house.look(lin, "operator-help-structure").await;
    lin.fill("statement", "SELECT nothing FROM d1")
        .await
        .unwrap();
    lin.press("button[value='look']").await.unwrap();
    lin.find("[name='statement'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(lin, "operator-help-wrong").await;
    lin.fill("statement", AGES).await.unwrap();
    lin.press("button[value='look']").await.unwrap();
    lin.find("#rows table").await.unwrap();
    house.look(lin, "operator-help-rows").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_chinese() {
    is_helped("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english() {
    is_helped("en").await;
}
