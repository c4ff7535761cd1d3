//! Who comes without an account: the statement in force, every version, two side by side, print and download, cookies.

use yuntu_testkit::Backend;

use super::house::{House, in_every_way};

in_every_way!(reads_compares_and_chooses);

async fn reads_compares_and_chooses(lang: &str, backend: Backend) {
    let house = House::open(lang, backend);
    let browser = house.browser().await;
    browser.goto(&format!("/?lang={lang}")).await.unwrap();
    house.look(&browser, "landing").await;
    browser.press("main a[href^='/statement?']").await.unwrap();
    house.look(&browser, "statement").await;
    let text = browser.text().await.unwrap();
    for row in ["U1", "U5", "R0", "R31"] {
        assert!(text.contains(row), "{row} is not on the page");
    }
    // The other language is one click away, on the same page.
    let other = if lang == "zh" { "en" } else { "zh" };
    browser
        .press(&format!("header a[href*='lang={other}']"))
        .await
        .unwrap();
    assert!(
        browser
            .path()
            .await
            .unwrap()
            .starts_with("/statement?lang=")
    );
    let html = format!("html[lang^='{other}']");
    assert!(browser.has(&html).await.unwrap());
    for (name, path) in [
        ("versions", "/statement/versions"),
        ("compare", "/statement/compare"),
        ("collected", "/statement/collected"),
        ("provided", "/statement/provided"),
        ("ledger", "/ledger"),
        ("cookies", "/cookies"),
        ("nowhere", "/nowhere"),
    ] {
        browser.goto(&format!("{path}?lang={lang}")).await.unwrap();
        house.look(&browser, name).await;
    }
}
