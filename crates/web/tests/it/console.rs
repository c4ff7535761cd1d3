//! The console as a browser without scripts sees it.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::site::{Answer, PURPOSE, Site, id_of};

async fn page(site: &Site, path: &str, cookie: &str) -> Answer {
    let request = Request::get(path).header("cookie", cookie);
    site.send(request.body(Body::empty()).unwrap()).await
}

async fn post(site: &Site, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
    let mut request =
        Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.send(request.body(Body::from(body)).unwrap()).await
}

const OWN: [(&str, &str); 1] = [("sec-fetch-site", "same-origin")];

async fn sign_in(site: &Site, token: &str) -> String {
    let answer = post(site, "/console/sign-in", &OWN, format!("token={token}")).await;
    let answer = answer.expect(303);
    let cookie = answer.header("set-cookie");
    assert!(
        !cookie.contains(token),
        "the token must not be in the cookie"
    );
    for attribute in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_shows_the_audience_with_rule_sizes_and_funnel() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let cookie = sign_in(&site, &site.viewer).await;
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
    let cookie = sign_in(&site, &site.viewer).await;
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
            assert!(answer.header("location").starts_with("/console/sign-in"));
        }
    }
    let foreign = sign_in(&site, &site.foreign).await;
    let missing = page(&site, &path, &foreign).await.expect(404);
    assert!(!missing.text.contains("In Beijing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_post_opens_and_ends_nothing() {
    let site = Site::open().await;
    let cookie = sign_in(&site, &site.owner).await;
    let body = || format!("token={}", site.owner);
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
        let answer = post(&site, "/console/sign-in", &headers, body())
            .await
            .expect(403);
        assert!(answer.header("set-cookie").is_empty());
        let mut headers = headers;
        headers.push(("cookie", &cookie));
        post(&site, "/console/sign-out", &headers, String::new())
            .await
            .expect(403);
    }
    page(&site, "/console", &cookie).await.expect(200);
    let own = [
        ("host", "yuntu.example"),
        ("origin", "https://yuntu.example"),
    ];
    post(&site, "/console/sign-in", &own, body())
        .await
        .expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_its_holder_signs_out() {
    let site = Site::open().await;
    let cookie = sign_in(&site, &site.owner).await;
    let headers = [OWN[0], ("cookie", cookie.as_str())];
    let out = post(&site, "/console/sign-out", &headers, String::new())
        .await
        .expect(303);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    page(&site, "/console", &cookie).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told_in_the_form() {
    let site = Site::open().await;
    let wrong = post(
        &site,
        "/console/sign-in?lang=zh",
        &OWN,
        String::from("token=canary"),
    )
    .await;
    let wrong = wrong.expect(401);
    assert!(wrong.text.contains("role=\"alert\"") && !wrong.text.contains("canary"));
    assert!(wrong.header("set-cookie").is_empty());
    for body in ["", "token=a&more=b", "token=%00", "%ff=%fe"] {
        let answer = post(&site, "/console/sign-in", &OWN, body.to_owned()).await;
        assert!(answer.status.is_client_error(), "{body}");
    }
}
