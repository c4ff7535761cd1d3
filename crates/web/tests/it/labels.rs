//! How closely columns are tied to persons: tried for a statement, shown for a dataset, changed with a reason.

use serde_json::json;
use yuntu_terms::clause;

use crate::people::{OWNER, VIEWER};
use crate::site::{Answer, Made, Site, as_json, run};

const PATH: &str = "/console/labels";

#[track_caller]
fn tells(page: &str, words: &[&str]) {
    for word in words {
        assert!(page.contains(word), "{word}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_labels_of_a_statement_are_tried_without_running_it() {
    let _mark = clause::check!(R8);
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let empty = site
        .page(&format!("{PATH}?lang=zh"), &owner)
        .await
        .expect(200);
    tells(&empty.text, &["people", "不会运行", "规则"]);
    let before = site.parts.store.read().leaves_waiting().await.unwrap();
    let form = format!(
        "act=try&datasets={}&sql=SELECT+city,+count(*)+AS+n+FROM+people+GROUP+BY+city",
        made.dataset
    );
    for (lang, words) in [
        (
            "en",
            [
                "computed from people.city",
                "each row of people is about a person",
                "chosen by people.city",
            ],
        ),
        (
            "zh",
            [
                "由 people.city 计算得出",
                "people 的每一行都涉及个人",
                "行由 people.city 决定",
            ],
        ),
    ] {
        let shown = site
            .submit(&format!("{PATH}?lang={lang}"), &owner, &form)
            .await;
        tells(&shown.expect(200).text, &words);
    }
    assert_eq!(
        site.parts.store.read().leaves_waiting().await.unwrap(),
        before,
        "nothing ran"
    );
    what_is_wrong_is_told(&site, &owner, &made.dataset).await;
}

async fn what_is_wrong_is_told(site: &Site, owner: &str, dataset: &str) {
    for (lang, form, word) in [
        (
            "en",
            "act=try&sql=SELECT+1".to_owned(),
            "Choose at least one dataset.",
        ),
        (
            "zh",
            "act=try&sql=SELECT+1".to_owned(),
            "请至少选择一个数据集",
        ),
        (
            "en",
            format!("act=try&datasets={dataset}&sql="),
            "Write a statement.",
        ),
        (
            "zh",
            format!("act=try&datasets={dataset}&sql=SELECT+nothing+FROM+people"),
            "不存在",
        ),
        (
            "en",
            format!("act=try&datasets={dataset}&sql=DROP+TABLE+people"),
            "name=\"sql\"",
        ),
        (
            "en",
            "act=try&datasets=dst_0192f0c1000070008000000000000001&sql=SELECT+1".to_owned(),
            "Choose at least one dataset.",
        ),
    ] {
        let answer = site
            .submit(&format!("{PATH}?lang={lang}"), owner, &form)
            .await;
        tells(&answer.expect(400).text, &[word]);
    }
}

async fn query(site: &Site, made: &Made) -> Answer {
    let ask = json!({"sql": "SELECT city FROM people"});
    site.post("/api/v1/query", run(made, &ask)).await
}

async fn changes(site: &Site, made: &Made, (page, owner): (&str, &str)) {
    let cities = || query(site, made);
    let change = async |form: &str, lang: &str| {
        site.submit(&format!("{page}?lang={lang}"), owner, form)
            .await
    };
    change("act=class&column=city&class=sensitive&reason=", "en")
        .await
        .expect(303);
    cities().await.expect(400);
    for (form, lang, word) in [
        (
            "act=class&column=city&class=personal&reason=",
            "en",
            "to lower a class takes a reason",
        ),
        (
            "act=class&column=city&class=personal&reason=",
            "zh",
            "降低类别须写明理由",
        ),
        (
            "act=class&column=city&class=identifier&reason=x",
            "en",
            "Choose the new class.",
        ),
        (
            "act=class&column=nothing&class=personal&reason=x",
            "zh",
            "请选择一个字段",
        ),
    ] {
        let answer = change(form, lang).await;
        tells(&answer.expect(400).text, &[word]);
    }
    change(
        "act=class&column=city&class=personal&reason=a+town+is+not+sensitive",
        "zh",
    )
    .await
    .expect(303);
    cities().await.expect(200);
    let after = site
        .page(&format!("{page}?lang=zh"), owner)
        .await
        .expect(200);
    tells(
        &after.text,
        &["变更记录", "a town is not sensitive", "敏感个人信息"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_is_changed_in_the_console_and_the_next_query_goes_by_it() {
    let _mark = clause::check!(R8);
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let page = format!("/console/datasets/{}/labels", made.dataset);
    let cities = || query(&site, &made);
    let answered = cities().await.expect(200).json();
    let because = answered["labels"][0]["because"].as_array().unwrap();
    assert!(
        because
            .iter()
            .any(|it| it["rule"] == "value" && it["column"] == "city")
    );
    let receipt = format!(
        "/console/receipts/{}?lang=en",
        answered["receipt"].as_str().unwrap()
    );
    let receipt = site.page(&receipt, &owner).await.expect(200);
    tells(&receipt.text, &["computed from people.city"]);
    let before = site
        .page(&format!("{page}?lang=en"), &owner)
        .await
        .expect(200);
    tells(
        &before.text,
        &["city", "personal", "you", "as confirmed for the import"],
    );
    changes(&site, &made, (&page, &owner)).await;
    let viewer = site.sign_in(VIEWER).await;
    let seen = site
        .page(&format!("{page}?lang=en"), &viewer)
        .await
        .expect(200);
    assert!(!seen.text.contains("name=\"reason\""));
    let refused = site.submit(
        &page,
        &viewer,
        "act=class&column=city&class=sensitive&reason=",
    );
    refused.await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_labels_a_statement_and_changes_a_class() {
    let _mark = clause::check!(R8);
    let site = Site::open().await;
    let made = site.furnish().await;
    let planned = |sql: &str| json!({"datasets": {"p": made.dataset}, "sql": sql});
    let labels = site
        .post("/api/v1/labels", planned("SELECT count(*) AS n FROM p"))
        .await
        .expect(200)
        .json();
    assert_eq!(labels["labels"][0]["class"], "personal");
    assert_eq!(labels["labels"][0]["because"][0]["rule"], "persons");
    site.post("/api/v1/labels", planned("SELECT nothing FROM p"))
        .await
        .expect(400);
    let columns = format!("/api/v1/datasets/{}/columns", made.dataset);
    let owner = Some(site.owner.as_str());
    let put = async |column: &str, body: serde_json::Value| {
        let path = format!("{columns}/{column}/class");
        site.call(owner, "PUT", &path, as_json(&body)).await
    };
    put("city", json!({"class": "sensitive"})).await.expect(204);
    put("city", json!({"class": "personal"})).await.expect(400);
    put("city", json!({"class": "public"})).await.expect(400);
    put("nothing", json!({"class": "personal"}))
        .await
        .expect(404);
    put("city", json!({"class": "personal", "reason": "a town"}))
        .await
        .expect(204);
    let listed = site.get(&columns).await.expect(200).json();
    let items = listed["items"].as_array().unwrap();
    let city = items.iter().find(|it| it["name"] == "city").unwrap();
    assert_eq!(city["changes"].as_array().unwrap().len(), 2);
    assert_eq!(city["changes"][1]["reason"], "a town");
}
