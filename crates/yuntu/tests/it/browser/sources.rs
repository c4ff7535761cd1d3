//! An owner looks at where a dataset comes from, adds a paper and declares it anew.

use yuntu_testkit::{Browser, pdf};

use super::house::{House, today};
use crate::real::OWNER;

async fn declares_where_a_dataset_comes_from(lang: &str) {
    let house = House::of_demo(lang);
    let browser = house.browser().await;
    house.sign_in_by_code(&browser, OWNER).await;
    browser.goto(&house.at("/console/datasets")).await.unwrap();
    browser
        .press("main a[href^='/console/datasets/']")
        .await
        .unwrap();
    house.look(&browser, "dataset").await;
    browser.press("main a[href*='/source']").await.unwrap();
    house.look(&browser, "source").await;
    let program = b"MZ\x90\x00 this program cannot be run in DOS mode".to_vec();
    adds(&house, &browser, &program).await;
    browser
        .find("main [name='file'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(&browser, "source-program").await;
    adds(&house, &browser, &pdf("the notice on the form")).await;
    assert!(!browser.has("[aria-invalid='true']").await.unwrap());
    // The paper is not ticked yet and nothing is confirmed: both are told, and what was typed stays.
    browser.fill("until", &today(300)).await.unwrap();
    browser.fill("collected_how", "").await.unwrap();
    browser.press("button[value='confirm']").await.unwrap();
    assert!(browser.has("#declare-confirms-wrong").await.unwrap());
    tick_all(&browser, "confirms").await;
    browser.press("button[value='confirm']").await.unwrap();
    assert!(browser.has("#declare-collected_how-wrong").await.unwrap());
    let kept = browser.find("main [name='until']").await.unwrap();
    assert_eq!(kept.prop("value").await.unwrap().unwrap(), today(300));
    house.look(&browser, "source-missing").await;
    let how = "at the till, with the form of the programme";
    browser.fill("collected_how", how).await.unwrap();
    tick_all(&browser, "evidence").await;
    browser.press("button[value='confirm']").await.unwrap();
    assert!(!browser.has("[aria-invalid='true']").await.unwrap());
    let text = browser.text().await.unwrap();
    assert!(text.contains(how) && text.contains(&today(300)), "{text}");
    house.look(&browser, "source-declared").await;
}

async fn adds(house: &House, browser: &Browser, bytes: &[u8]) {
    let path = house.data().join("notice.pdf");
    std::fs::write(&path, bytes).unwrap();
    browser.choose("kind", "notice").await.unwrap();
    browser
        .fill_in("main [name='file']", path.to_str().unwrap())
        .await
        .unwrap();
    browser.press("button[value='paper']").await.unwrap();
}

/// Ticks every box of a name that is not ticked.
pub(crate) async fn tick_all(browser: &Browser, name: &str) {
    let boxes = format!("main [name='{name}']:not(:checked)");
    while browser.has(&boxes).await.unwrap() {
        browser.find(&boxes).await.unwrap().click().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_chinese() {
    declares_where_a_dataset_comes_from("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english() {
    declares_where_a_dataset_comes_from("en").await;
}
