//! Who comes without an account: the statement in force, every version, two side by side, print and download, cookies.

use yuntu_testkit::{Backend, Browser};

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
    leaves_and_turns_back(&house, &browser).await;
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
        ("safety", "/safety"),
        ("nowhere", "/nowhere"),
    ] {
        browser.goto(&format!("{path}?lang={lang}")).await.unwrap();
        house.look(&browser, name).await;
    }
}

/// A link to another site shows first where it leads; whoever turns back is where she was.
async fn leaves_and_turns_back(house: &House, browser: &Browser) {
    browser.press("article a[href^='/leave?']").await.unwrap();
    house.look(browser, "leave").await;
    let text = browser.text().await.unwrap();
    assert!(text.contains("https://xn--") && text.contains("云图运营者.example"));
    assert!(
        browser
            .has("a[rel~='noreferrer'][rel~='noopener']")
            .await
            .unwrap()
    );
    browser
        .press("a.button[href^='/statement?']")
        .await
        .unwrap();
    assert!(
        browser
            .path()
            .await
            .unwrap()
            .starts_with("/statement?lang=")
    );
    browser.goto(&house.at("/leave")).await.unwrap();
    house.look(browser, "leave-refused").await;
    browser.goto(&house.at("/statement")).await.unwrap();
}
