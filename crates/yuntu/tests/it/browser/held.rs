//! Somebody knows a password and comes from a browser that the account does not know, after failures: one more proof is
//! asked for, and the owner is not kept out by it.

use std::time::Duration;

use yuntu_testkit::{Backend, Browser};

use super::house::{House, Someone, in_every_way};

in_every_way!(holds_a_strange_browser_and_lets_the_owner_in);

const CARO: Someone = Someone {
    address: "caro.wu@north.example",
    nickname: "吴乐",
    password: "eleven brass lamps flicker",
};

async fn holds_a_strange_browser_and_lets_the_owner_in(lang: &str, backend: Backend) {
    let house = House::open(lang, backend);
    let hers = house.browser().await;
    house.register(&hers, CARO).await;
    let code = house.code_to(CARO.address, &[]).await;
    house.sign_out(&hers).await;
    let strange = house.browser().await;
    let wrong = Someone {
        password: "twelve brass lamps flicker",
        ..CARO
    };
    for _ in 0..3 {
        house.sign_in(&strange, wrong).await;
        assert!(strange.has(".wrong").await.unwrap());
    }
    house.sign_in(&strange, CARO).await;
    // A code was sent to her less than a minute ago, so the next one waits.
    strange.find("#held .wrong").await.unwrap();
    house.look(&strange, "held-too-often").await;
    // The mail is in the language in which she opened the account.
    let told = if house.is_chinese() {
        "从未用过的设备"
    } else {
        "had not seen before"
    };
    house.mail_to(CARO.address, told).await;
    strange.goto(&house.at("/account")).await.unwrap();
    let path = strange.path().await.unwrap();
    assert!(path.starts_with("/account/sign-in"), "{path}");
    // Her own browser is known.
    house.sign_in(&hers, CARO).await;
    let path = hers.path().await.unwrap();
    assert!(path.starts_with("/account/seats"), "{path}");
    hers.goto(&house.at("/account/log")).await.unwrap();
    house.look(&hers, "own-log-held").await;
    // The limits of sending make this one wait; each language and each database does it once.
    if (lang, backend) == ("zh", Backend::Sqlite) || (lang, backend) == ("en", Backend::Postgres) {
        types_the_code(&house, &strange, &code).await;
    }
}

async fn types_the_code(house: &House, browser: &Browser, before: &str) {
    // She was there, so her failures are forgiven and count anew.
    let wrong = Someone {
        password: "twelve brass lamps flicker",
        ..CARO
    };
    for _ in 0..3 {
        house.sign_in(browser, wrong).await;
    }
    tokio::time::sleep(Duration::from_mins(1)).await;
    house.sign_in(browser, CARO).await;
    let code = house.code_to(CARO.address, &[before.to_owned()]).await;
    house.look(browser, "held").await;
    browser.fill("code", "12").await.unwrap();
    browser.press("button[value='code']").await.unwrap();
    browser
        .find("[name='code'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(browser, "held-no-code").await;
    browser.fill("code", &code).await.unwrap();
    browser.press("button[value='code']").await.unwrap();
    let path = browser.path().await.unwrap();
    assert!(path.starts_with("/account/seats"), "{path}");
}
