//! Tokens for the API: made in the console, good for what they say, and ended.

use serde_json::json;
use yuntu_terms::clause;

use crate::people::{OWNER, VIEWER};
use crate::site::{Made, Site, as_json, nothing, run};

const PATH: &str = "/console/tokens";

fn between<'a>(text: &'a str, start: &str, end: char) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start}: {text}"));
    rest.split(end).next().unwrap()
}

async fn make(site: &Site, cookie: &str, scopes: &str) -> String {
    let form = format!("act=make&label=nightly+run&{scopes}&until=2027-01-31");
    let page = site
        .submit(&format!("{PATH}?lang=en"), cookie, &form)
        .await
        .expect(200)
        .text;
    assert!(page.contains("shown this once"));
    let secret = between(&page, "<dd>yuntu_", '<');
    format!("yuntu_{secret}")
}

async fn query(site: &Site, token: &str, made: &Made) -> u16 {
    let ask = run(made, &json!({"sql": "SELECT count(*) AS n FROM people"}));
    site.call(Some(token), "POST", "/api/v1/query", as_json(&ask))
        .await
        .status
        .as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_what_it_says_until_it_is_revoked() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let reads = make(&site, &owner, "scopes=view_report").await;
    let works = make(&site, &owner, "scopes=view_report&scopes=process").await;
    assert_eq!(query(&site, &works, &made).await, 200);
    let ask = run(&made, &json!({"sql": "SELECT 1"}));
    let refused = site
        .call(Some(&reads), "POST", "/api/v1/query", as_json(&ask))
        .await
        .expect(403);
    assert!(
        refused
            .text
            .contains("token that is used is not good for this"),
        "{}",
        refused.text
    );
    let revocation = format!("/api/v1/instructions/{}/revocation", made.instruction);
    let refused = site
        .call(Some(&works), "POST", &revocation, nothing())
        .await
        .expect(403);
    assert_eq!(refused.json()["clause"], "R23");
    site.call(Some(&reads), "GET", "/api/v1/datasets", nothing())
        .await
        .expect(200);
    let page = site
        .page(&format!("{PATH}?lang=en"), &owner)
        .await
        .expect(200)
        .text;
    assert!(!page.contains("<dd>yuntu_"), "a secret is shown once");
    assert!(page.contains("Last used, to the hour") && page.contains("nightly run"));
    let tokens = site
        .call(Some(&works), "GET", "/api/v1/tokens", nothing())
        .await
        .expect(200)
        .json();
    let of = |scopes: &serde_json::Value| -> String {
        let items = tokens["items"].as_array().unwrap();
        let found = items.iter().find(|it| it["scopes"] == *scopes).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    // One ends itself by the API, the other ends in the console.
    let path = format!(
        "/api/v1/tokens/{}/revocation",
        of(&json!(["process", "view_report"]))
    );
    site.call(Some(&works), "POST", &path, nothing())
        .await
        .expect(204);
    assert_eq!(query(&site, &works, &made).await, 401);
    let id = of(&json!(["view_report"]));
    let form = format!("act=revoke&token={id}");
    site.submit(PATH, &owner, &form).await.expect(303);
    site.call(Some(&reads), "GET", "/api/v1/datasets", nothing())
        .await
        .expect(401);
    site.submit(PATH, &owner, &form).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_never_good_for_more_than_its_person() {
    let site = Site::open().await;
    site.furnish().await;
    let viewer = site.sign_in(VIEWER).await;
    let page = site
        .page(&format!("{PATH}?lang=zh"), &viewer)
        .await
        .expect(200)
        .text;
    assert!(page.contains("value=\"view_report\"") && !page.contains("value=\"process\""));
    let form = "act=make&label=more&scopes=process&until=2027-01-31";
    let refused = site
        .submit(&format!("{PATH}?lang=en"), &viewer, form)
        .await
        .expect(403);
    assert!(!refused.text.contains("<dd>yuntu_"));
    // She sees and ends nobody else's.
    let owner = site.sign_in(OWNER).await;
    make(&site, &owner, "scopes=view_report").await;
    let page = site
        .page(&format!("{PATH}?lang=en"), &owner)
        .await
        .expect(200)
        .text;
    let id = between(&page, "name=\"token\" value=\"", '"').to_owned();
    let page = site
        .page(&format!("{PATH}?lang=en"), &viewer)
        .await
        .expect(200)
        .text;
    assert!(!page.contains("nightly run"));
    site.submit(PATH, &viewer, &format!("act=revoke&token={id}"))
        .await
        .expect(404);
    // Who manages members ends hers.
    let hers = make(&site, &viewer, "scopes=view_report").await;
    let listed = site
        .call(Some(&hers), "GET", "/api/v1/tokens", nothing())
        .await
        .expect(200)
        .json();
    let items = listed["items"].as_array().unwrap();
    let found = items.iter().find(|it| it["label"] == "nightly run");
    let id = found.unwrap()["id"].as_str().unwrap();
    site.submit(PATH, &owner, &format!("act=revoke&token={id}"))
        .await
        .expect(303);
    site.call(Some(&hers), "GET", "/api/v1/datasets", nothing())
        .await
        .expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_token_is_told_and_none_is_made() {
    let site = Site::open().await;
    site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let good = "act=make&label=nightly&scopes=view_report&until=2027-01-31";
    for (lang, typed, words) in [
        ("en", good.replace("nightly", ""), "one line of 1 to 100"),
        (
            "zh",
            good.replace("nightly", &"x".repeat(101)),
            "一行一至一百",
        ),
        (
            "en",
            good.replace("&scopes=view_report", ""),
            "at least one act",
        ),
        (
            "zh",
            good.replace("view_report", "accept_statement"),
            "令牌可用的权限",
        ),
        ("en", good.replace("2027-01-31", "soon"), "This is a date"),
        (
            "en",
            good.replace("2027-01-31", "2029-01-31"),
            "within a year",
        ),
        ("zh", good.replace("2027-01-31", "2020-01-31"), "一年之内"),
    ] {
        let answer = site
            .submit(&format!("{PATH}?lang={lang}"), &owner, &typed)
            .await
            .expect(400);
        assert!(answer.text.contains(words), "{words}: {}", answer.text);
        assert!(!answer.text.contains("<dd>yuntu_"));
    }
    site.submit(PATH, &owner, "act=revoke&token=x")
        .await
        .expect(404);
    site.submit(PATH, &owner, "act=steal").await.expect(400);
}
