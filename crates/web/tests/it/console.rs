//! The console as a browser without scripts sees it.

use serde_json::json;

use crate::people::{FOREIGN, OWNER, VIEWER};
use crate::site::{Answer, MARK, MARK_COOKIE, OWN, PURPOSE, Site, id_of};

async fn page(site: &Site, path: &str, cookie: &str) -> Answer {
    site.page(path, cookie).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_shows_the_audience_with_rule_sizes_and_funnel() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let cookie = site.sign_in(VIEWER).await;
    let list = page(&site, "/console?lang=en", &cookie).await.expect(200);
    assert!(list.text.contains(&made.audience) && list.text.contains("In Beijing"));
    let path = format!("/console/audiences/{}", made.audience);
    for (lang, words) in [
        (
            "en",
            ["Rule", "Size", "Uploaded", "No consent to the purpose"],
        ),
        ("zh", ["规则", "规模", "上传", "未同意此目的"]),
    ] {
        let shown = page(&site, &format!("{path}?lang={lang}"), &cookie).await;
        let shown = shown.expect(200);
        for word in words {
            assert!(shown.text.contains(word), "{word}");
        }
        assert!(shown.text.contains("<svg") && shown.text.contains(&made.receipt));
        assert!(
            !shown.text.contains("style=\""),
            "the policy forbids inline style"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_shown_in_words_and_its_json_behind_a_summary() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let saved = json!({"kind": "saved", "audience": made.audience});
    let sql = json!({"kind": "subjects", "sql": "SELECT subject FROM people WHERE city < 'X<b>'"});
    let rule = json!({"kind": "minus", "from": saved, "exclude": sql});
    let new = json!({
        "name": "Some in Beijing", "purpose": PURPOSE,
        "spec": {"audience": rule, "datasets": {"people": made.dataset}},
    });
    let id = id_of(&site.post("/api/v1/audiences", new).await.expect(201));
    let cookie = site.sign_in(VIEWER).await;
    for (lang, words) in [
        (
            "en",
            [
                "The first holds and the second does not:",
                "In the saved audience “In Beijing”",
                "People named by this SQL",
            ],
        ),
        (
            "zh",
            [
                "满足第一项，但不满足第二项：",
                "属于已保存的人群“In Beijing”",
                "由以下 SQL 语句选出的人",
            ],
        ),
    ] {
        let path = format!("/console/audiences/{id}?lang={lang}");
        let shown = page(&site, &path, &cookie).await.expect(200).text;
        let (before, behind) = shown.split_once("<details>").unwrap();
        for word in words {
            assert!(before.contains(word), "{word} is not in {before}");
        }
        assert!(!before.contains("&quot;kind&quot;") && !before.contains("&#34;kind&#34;"));
        assert!(behind.contains("kind") && behind.contains(&made.dataset));
        assert!(!shown.contains("X<b>"), "a rule must not become markup");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_a_page_without_a_session_or_of_another_enterprise() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let path = format!("/console/audiences/{}", made.audience);
    for path in ["/console", &path] {
        for cookie in ["", "__Host-session=", "__Host-session=0000"] {
            let answer = page(&site, path, cookie).await.expect(303);
            assert!(answer.header("location").starts_with("/account/sign-in"));
        }
    }
    let foreign = site.sign_in(FOREIGN).await;
    let missing = page(&site, &path, &foreign).await.expect(404);
    assert!(!missing.text.contains("In Beijing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_post_ends_nothing() {
    let site = Site::open().await;
    let cookie = site.sign_in(OWNER).await;
    let cookies = format!("{cookie}; {MARK_COOKIE}");
    let body = || format!("mark={MARK}");
    for headers in [
        vec![],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![
            ("host", "yuntu.example"),
            ("origin", "https://evil.example"),
        ],
        vec![("host", "yuntu.example"), ("origin", "null")],
    ] {
        let mut headers = headers;
        headers.push(("cookie", &cookies));
        let answer = site.post_form("/account/sign-out", &headers, body()).await;
        assert!(answer.expect(403).header("set-cookie").is_empty());
    }
    page(&site, "/console", &cookie).await.expect(200);
    let own = [
        ("host", "yuntu.example"),
        ("origin", "https://yuntu.example"),
        ("cookie", &cookies),
    ];
    let answer = site.post_form("/account/sign-out", &own, body()).await;
    answer.expect(303);
    page(&site, "/console", &cookie).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_the_mark_of_its_browser_does_nothing_and_says_what_to_do() {
    let site = Site::open().await;
    let cookie = site.sign_in(OWNER).await;
    let other = "f".repeat(64);
    let with_mark = format!("{cookie}; {MARK_COOKIE}");
    let empty = format!("{cookie}; __Host-csrf=");
    for (kept, sent) in [
        (cookie.as_str(), MARK),
        (with_mark.as_str(), other.as_str()),
        (with_mark.as_str(), ""),
        (empty.as_str(), ""),
    ] {
        let headers = [OWN, ("cookie", kept)];
        let path = "/account/sign-out?lang=zh";
        let answer = site.post_form(path, &headers, format!("mark={sent}")).await;
        assert!(answer.expect(403).text.contains("请重新打开该页面再提交"));
    }
    page(&site, "/console", &cookie).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_with_a_form_gives_the_browser_its_mark_once() {
    let site = Site::open().await;
    let first = page(&site, "/account/sign-in", "").await.expect(200);
    let cookie = first.header("set-cookie").split(';').next().unwrap();
    let (name, mark) = cookie.split_once('=').unwrap();
    assert_eq!(name, "__Host-csrf");
    assert!(
        first
            .text
            .contains(&format!("name=\"mark\" value=\"{mark}\""))
    );
    let again = page(&site, "/account/sign-in", cookie).await.expect(200);
    assert!(again.header("set-cookie").is_empty() && again.text.contains(mark));
    let session = site.sign_in(OWNER).await;
    let console = page(&site, "/console", &session).await.expect(200);
    let cookie = console.header("set-cookie").split(';').next().unwrap();
    let mark = cookie.split_once('=').unwrap().1;
    let headers = format!("{session}; {cookie}");
    let headers = [OWN, ("cookie", headers.as_str())];
    let body = format!("mark={mark}");
    let out = site.post_form("/account/sign-out", &headers, body).await;
    out.expect(303);
    page(&site, "/console", &session).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_its_holder_signs_out() {
    let site = Site::open().await;
    let cookie = site.sign_in(OWNER).await;
    let out = site.submit("/account/sign-out", &cookie, "").await;
    assert!(out.expect(303).header("set-cookie").contains("Max-Age=0"));
    page(&site, "/console", &cookie).await.expect(303);
}
