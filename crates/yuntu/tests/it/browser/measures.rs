//! A dataset is frozen by one operator and confirmed by another; its enterprise reads why, appeals with a paper, is answered, and has
//! everything back when it is lifted.

use yuntu_testkit::{Browser, pdf};

use super::desk::{FIRST, MEASURES as DESK, SECOND, enrol, sign_in};
use super::house::House;
use crate::real::OWNER;

const OWN: &str = "/console/measures";
const WHY: &str = "we cannot see where these people come from";
const APPEAL: &str = "the terms that they signed are attached";
const REPLY: &str = "we read the terms until tomorrow evening";
const LIFTED: &str = "the terms say where they come from";

async fn is_frozen_appealed_and_lifted(lang: &str) {
    let house = House::of_demo(lang);
    let (one, other) = (house.browser().await, house.browser().await);
    for (desk, clerk) in [(&one, FIRST), (&other, SECOND)] {
        let keys = enrol(&house, desk, clerk).await;
        sign_in(&house, desk, clerk, &keys.code()).await;
    }
    let shop = house.browser().await;
    house.sign_in_by_code(&shop, OWNER).await;
    shop.goto(&house.at("/console/datasets")).await.unwrap();
    shop.press("main a[href^='/console/datasets/dst_']")
        .await
        .unwrap();
    let page = shop.path().await.unwrap();
    let page = page.split('?').next().unwrap().to_owned();
    freezes(&house, &one, page.rsplit('/').next().unwrap()).await;
    reads_and_appeals(&house, &shop, &page).await;
    confirms_answers_and_lifts(&house, &one, &other).await;
    has_it_back(&house, &shop, &page).await;
}

fn words<'a>(house: &House, zh: &'a str, en: &'a str) -> &'a str {
    if house.is_chinese() { zh } else { en }
}

async fn shows(browser: &Browser, words: &str) {
    let text = browser.text().await.unwrap();
    assert!(text.contains(words), "`{words}` is not in {text}");
}

/// She is told at the field what is wrong and finds what she typed; then it is in force at once.
async fn freezes(house: &House, one: &Browser, dataset: &str) {
    one.goto(&house.at(DESK)).await.unwrap();
    house.look(one, "operator-measures").await;
    one.fill("enterprise", &house.enterprise()).await.unwrap();
    one.choose("kind", "freeze_dataset").await.unwrap();
    one.choose("ground", "source").await.unwrap();
    one.fill("dataset", "the people").await.unwrap();
    one.fill("words", WHY).await.unwrap();
    one.press("button[value='take']").await.unwrap();
    one.find("[name='dataset'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(one, "operator-measures-wrong").await;
    one.fill("dataset", dataset).await.unwrap();
    one.press("button[value='take']").await.unwrap();
    one.find(".done").await.unwrap();
    shows(one, WHY).await;
    // Whoever took it finds no way to confirm it.
    assert!(!one.has("button[value='confirm']").await.unwrap());
    house.look(one, "operator-measures-taken").await;
}

async fn reads_and_appeals(house: &House, shop: &Browser, page: &str) {
    let frozen = words(house, "一个数据集被冻结", "a dataset is frozen");
    house.mail_to(OWNER, frozen).await;
    let since = words(house, "冻结数据集（自", "he dataset is frozen since");
    for (path, picture) in [
        (page, "dataset-frozen"),
        ("/console/datasets", "datasets-frozen"),
        ("/console", "console-frozen"),
    ] {
        shop.goto(&house.at(path)).await.unwrap();
        // Once above every page, and once among what the dataset waits for.
        let named = shop.text().await.unwrap().matches(since).count();
        assert_eq!(named, 2, "{path}");
        house.look(shop, picture).await;
    }
    shop.press("main .warning a").await.unwrap();
    assert!(shop.path().await.unwrap().starts_with(OWN));
    shows(shop, WHY).await;
    shop.fill("words", "why?").await.unwrap();
    shop.press("button[value='appeal']").await.unwrap();
    shop.find("[name='words'][aria-invalid='true']")
        .await
        .unwrap();
    house.look(shop, "measures-wrong").await;
    let paper = house.data().join("terms.pdf");
    std::fs::write(&paper, pdf("the terms")).unwrap();
    shop.fill("words", APPEAL).await.unwrap();
    shop.fill_in("main [name='file']", paper.to_str().unwrap())
        .await
        .unwrap();
    shop.press("button[value='appeal']").await.unwrap();
    shop.find(".done").await.unwrap();
    shows(shop, APPEAL).await;
    house.look(shop, "measures-appealed").await;
}

async fn confirms_answers_and_lifts(house: &House, one: &Browser, other: &Browser) {
    one.goto(&house.at(DESK)).await.unwrap();
    assert!(!one.has("button[value='confirm']").await.unwrap());
    other.goto(&house.at(DESK)).await.unwrap();
    shows(other, APPEAL).await;
    assert!(other.has("main a[href*='/papers/']").await.unwrap());
    house.look(other, "operator-measures-appealed").await;
    other.press("button[value='confirm']").await.unwrap();
    other.find(".done").await.unwrap();
    let end = "#standing [name='words']";
    for (act, said) in [("reply", REPLY), ("lift", LIFTED)] {
        other.fill_in(end, said).await.unwrap();
        other
            .press(&format!("button[value='{act}']"))
            .await
            .unwrap();
        other.find(".done").await.unwrap();
        shows(other, said).await;
        house.look(other, &format!("operator-measures-{act}")).await;
    }
}

async fn has_it_back(house: &House, shop: &Browser, page: &str) {
    let lifted = words(house, "已于", "was lifted on");
    house.mail_to(OWNER, lifted).await;
    shop.goto(&house.at(OWN)).await.unwrap();
    for said in [WHY, APPEAL, REPLY, LIFTED] {
        shows(shop, said).await;
    }
    house.look(shop, "measures-lifted").await;
    let ready = words(house, "可用", "eady for use");
    for (path, says) in [(page, ready), ("/console", "")] {
        shop.goto(&house.at(path)).await.unwrap();
        assert!(!shop.has(".warning").await.unwrap(), "{path}");
        shows(shop, says).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_chinese() {
    is_frozen_appealed_and_lifted("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english() {
    is_frozen_appealed_and_lifted("en").await;
}
