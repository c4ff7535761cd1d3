//! An owner tries the labels of a statement and changes the class of a column.

use super::house::House;
use crate::real::OWNER;

async fn tries_the_labels_of_a_statement(lang: &str) {
    let house = House::of_demo(lang);
    let browser = house.browser().await;
    house.sign_in_by_code(&browser, OWNER).await;
    browser.goto(&house.at("/console/datasets")).await.unwrap();
    browser.press_words("people").await.unwrap();
    browser.press("main a[href*='/labels']").await.unwrap();
    house.look(&browser, "classes").await;
    let options = browser.texts("main [name='column'] option").await.unwrap();
    let column = options[1].clone();
    browser.choose("column", &column).await.unwrap();
    browser.choose("class", "sensitive").await.unwrap();
    browser.press("button[value='class']").await.unwrap();
    assert!(!browser.has("[aria-invalid='true']").await.unwrap());
    browser.choose("column", &column).await.unwrap();
    browser.choose("class", "personal").await.unwrap();
    browser.press("button[value='class']").await.unwrap();
    assert!(browser.has("#class-reason-wrong").await.unwrap());
    house.look(&browser, "classes-reason").await;
    browser.fill("reason", "bands of five years").await.unwrap();
    browser.press("button[value='class']").await.unwrap();
    let text = browser.text().await.unwrap();
    assert!(text.contains("bands of five years"), "{text}");
    house.look(&browser, "classes-changed").await;

    browser
        .press("main a[href^='/console/labels']")
        .await
        .unwrap();
    browser.press("button[value='try']").await.unwrap();
    assert!(browser.has("#try-sql-wrong").await.unwrap());
    let boxes = "main [name='datasets']:not(:checked)";
    while browser.has(boxes).await.unwrap() {
        browser.find(boxes).await.unwrap().click().await.unwrap();
    }
    let sql = format!("SELECT {column}, count(*) AS n FROM people GROUP BY {column}");
    browser.fill("sql", &sql).await.unwrap();
    browser.press("button[value='try']").await.unwrap();
    let text = browser.text().await.unwrap();
    assert!(text.contains(&format!("people.{column}")), "{text}");
    house.look(&browser, "labels").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_chinese() {
    tries_the_labels_of_a_statement("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english() {
    tries_the_labels_of_a_statement("en").await;
}
