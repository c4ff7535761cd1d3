//! An owner looks at who agreed to what, records a file, looks at one customer and withdraws for her, and declares a scope.

use yuntu_testkit::Browser;

use super::house::House;
use crate::real::OWNER;

const HEAD: &str = "member_id,purpose,operation,recipient,kind,status,from,until\n";

async fn goes_through_consents(lang: &str) {
    let house = House::of_demo(lang);
    let browser = house.browser().await;
    house.sign_in_by_code(&browser, OWNER).await;
    browser.goto(&house.at("/console/consents")).await.unwrap();
    assert!(browser.has("main svg").await.unwrap());
    house.look(&browser, "consents").await;
    let member = records_a_file(&house, &browser).await;
    looks_and_withdraws(&house, &browser, &member).await;
    declares_a_scope(&house, &browser).await;
}

/// A file with two bad lines, then the same without them, then the same again.
async fn records_a_file(house: &House, browser: &Browser) -> String {
    let member = String::from("1000");
    let line = |status: &str| {
        format!(
            "{member},marketing.insight,process,enterprise,explicit,{status},2026-01-05T00:00:00Z,\n"
        )
    };
    let path = house.data().join("consents.csv");
    for (content, page) in [
        (
            format!("{HEAD}{}{}", line("perhaps"), line("maybe")),
            "consents-wrong",
        ),
        (format!("{HEAD}{}", line("renewed")), "consents-recorded"),
        (format!("{HEAD}{}", line("renewed")), "consents-again"),
    ] {
        std::fs::write(&path, content).unwrap();
        browser.goto(&house.at("/console/consents")).await.unwrap();
        browser
            .fill_in("main [name='file']", path.to_str().unwrap())
            .await
            .unwrap();
        browser.press("button[value='file']").await.unwrap();
        let wrong = browser.has("[aria-invalid='true']").await.unwrap();
        assert_eq!(wrong, page == "consents-wrong", "{page}");
        house.look(browser, page).await;
    }
    member
}

async fn looks_and_withdraws(house: &House, browser: &Browser, member: &str) {
    let person = house.at("/console/consents/person");
    browser.goto(&person).await.unwrap();
    browser
        .fill_in("#look-value", "no such customer")
        .await
        .unwrap();
    browser.press("button[value='look']").await.unwrap();
    assert!(browser.has("[aria-invalid='true']").await.unwrap());
    house.look(browser, "consents-nobody").await;
    browser.fill_in("#look-value", member).await.unwrap();
    browser.press("button[value='look']").await.unwrap();
    assert!(browser.has("#records table").await.unwrap());
    // Who she is stands in no address.
    let path = browser.path().await.unwrap();
    assert!(
        path.ends_with("/person") || path.contains("/person?lang="),
        "{path}"
    );
    house.look(browser, "consents-person").await;
    browser.fill_in("#withdraw-value", member).await.unwrap();
    browser
        .choose("withdrawn", "marketing.insight")
        .await
        .unwrap();
    browser.press("button[value='withdraw']").await.unwrap();
    assert!(
        browser
            .path()
            .await
            .unwrap()
            .starts_with("/console/consents")
    );
    house.look(browser, "consents-withdrawn").await;
}

async fn declares_a_scope(house: &House, browser: &Browser) {
    browser.goto(&house.at("/console/datasets")).await.unwrap();
    browser
        .press("main a[href^='/console/datasets/']")
        .await
        .unwrap();
    browser.press("main a[href*='/consent?']").await.unwrap();
    house.look(browser, "scope").await;
    browser.fill("from", "soon").await.unwrap();
    browser.press("button[value='scope']").await.unwrap();
    assert!(browser.has("[aria-invalid='true']").await.unwrap());
    house.look(browser, "scope-wrong").await;
    for box_of in ["marketing.measurement", "process", "enterprise"] {
        let css = format!("main form input[type='checkbox'][value='{box_of}']");
        browser.tick(&css).await.unwrap();
    }
    browser.fill("from", "2026-01-01").await.unwrap();
    browser.press("button[value='scope']").await.unwrap();
    assert!(browser.has("#versions table").await.unwrap());
    house.look(browser, "scope-declared").await;
    if browser.has("button[value='reach']").await.unwrap() {
        browser.choose("agreed", "marketing.insight").await.unwrap();
        browser
            .choose("wanted", "marketing.activation")
            .await
            .unwrap();
        browser.press("button[value='reach']").await.unwrap();
        house.look(browser, "scope-reach").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_chinese() {
    goes_through_consents("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english() {
    goes_through_consents("en").await;
}
