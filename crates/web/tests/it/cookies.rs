//! Cookies by category: what a response may set, what a visitor chooses, and what is left after a no.

use axum::Router;
use axum::body::Body;
use axum::extract::Query;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, Request};
use axum::response::AppendHeaders;
use axum::routing::get;
use serde::Deserialize;
use yuntu_statement::Statement;
use yuntu_terms::{Lang, clause};

use crate::site::{Answer, MARK, MARK_COOKIE, Site, nothing};

#[derive(Deserialize)]
struct Try {
    cookie: String,
}

/// A site with a route that sets whatever it is told to.
async fn open() -> Site {
    let trying = get(async |Query(Try { cookie }): Query<Try>| {
        let cookies = cookie.split('|').map(|text| {
            let value = HeaderValue::from_str(text).unwrap();
            (SET_COOKIE, value)
        });
        AppendHeaders(cookies.collect::<Vec<_>>())
    });
    Site::with(Vec::new(), Router::new().route("/try", trying)).await
}

async fn tried(site: &Site, cookies: &[&str], kept: &str) -> Vec<String> {
    let path = cookies.join("|").replace(' ', "%20").replace('+', "%2B");
    let path = format!("/try?cookie={}", path.replace(';', "%3B"));
    let request = Request::get(&path).header("cookie", kept);
    let answer = site.send(request.body(Body::empty()).unwrap()).await;
    set(&answer.expect(200))
}

/// The cookies that an answer sets.
fn set(answer: &Answer) -> Vec<String> {
    let values = answer.headers.get_all("set-cookie").iter();
    values.map(|it| it.to_str().unwrap().to_owned()).collect()
}

/// What the browser keeps after an answer, of the choices.
fn choices(answer: &Answer) -> String {
    let set = set(answer);
    let choices = set.iter().find(|it| it.starts_with("__Host-choices="));
    choices.unwrap().split(';').next().unwrap().to_owned()
}

const GOOD: &str = "__Host-session=v; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict";
const RECALL: &str = "__Host-recall=v; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict";
const SUGGEST: &str = "__Host-suggest=v; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict";

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_sets_what_is_not_declared_sets_nothing_and_is_counted() {
    let _mark = clause::check!(R9);
    let site = open().await;
    let undeclared = "__Host-track=canary; Path=/; Secure; HttpOnly; SameSite=Strict";
    let open_path = GOOD.replace("Path=/", "Path=/console");
    let for_ever = GOOD.replace("Max-Age=60", "Max-Age=99999999");
    let cookies = [undeclared, &open_path, GOOD, &for_ever, "no cookie", RECALL];
    assert_eq!(tried(&site, &cookies, "").await, [GOOD]);
    let counted = site.call(None, "GET", "/metrics", nothing()).await;
    for fault in ["undeclared", "attributes", "lifetime", "unreadable", "off"] {
        let line = format!("yuntu_cookies_dropped_total{{fault=\"{fault}\"}} 1\n");
        assert!(counted.text.contains(&line), "{}", counted.text);
    }
    assert!(!counted.text.contains("canary") && !counted.text.contains("track"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_cookie_is_set_only_while_its_category_is_on() {
    let _marks = (clause::check!(R10), clause::check!(R11));
    let site = open().await;
    let all = [GOOD, RECALL, SUGGEST];
    assert_eq!(tried(&site, &all, "").await, [GOOD]);
    let one = site.submit("/cookies", "", "act=save&convenience=on").await;
    let kept = choices(&one.expect(303));
    assert_eq!(tried(&site, &all, &kept).await, [GOOD, RECALL]);
    let both = "act=save&convenience=on&recommendation=on";
    let kept = choices(&site.submit("/cookies", &kept, both).await.expect(303));
    assert_eq!(tried(&site, &all, &kept).await, all);
    let no = site.submit("/cookies", &kept, "act=refuse").await;
    let kept = choices(&no.expect(303));
    assert_eq!(tried(&site, &all, &kept).await, [GOOD]);
    // An answer that refuses cannot set what it refuses.
    let refused = format!("{kept}; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax");
    let on = "__Host-choices=1.0:1:convenience";
    assert_eq!(tried(&site, &[RECALL, &refused], on).await, [refused]);
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_off_and_clearing_now_leave_only_the_necessary() {
    let _mark = clause::check!(R12);
    let site = Site::open().await;
    let both = "act=save&convenience=on&recommendation=on";
    let kept = choices(&site.submit("/cookies", "", both).await.expect(303));
    let rest = "__Host-session=s; __Host-device=d; __Host-recall=r; __Host-suggest=g; old=o";
    let browser = format!("{kept}; {rest}");
    let gone = |answer: &Answer| {
        let all = set(answer).into_iter();
        let mut gone: Vec<String> = all
            .filter(|it| it.contains("Max-Age=0"))
            .map(|it| it.split('=').next().unwrap().to_owned())
            .collect();
        gone.sort();
        gone
    };
    let cleared = site.submit("/cookies?lang=zh", &browser, "act=clear").await;
    let cleared = cleared.expect(303);
    assert_eq!(gone(&cleared), ["__Host-recall", "__Host-suggest", "old"]);
    assert_eq!(set(&cleared).len(), 3, "the switches stay as they are");
    let next = cleared.header("location").to_owned();
    let page = site.page(&next, &kept).await.expect(200);
    assert!(page.text.contains("除必要的以外，Cookie 已全部清除"));
    let off = "act=save&convenience=on";
    let off = site.submit("/cookies", &browser, off).await.expect(303);
    assert_eq!(gone(&off), ["__Host-suggest", "old"]);
    let no = site.submit("/cookies", &browser, "act=refuse").await;
    let no = no.expect(303);
    assert_eq!(gone(&no), ["__Host-recall", "__Host-suggest", "old"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_names_every_cookie_and_nothing_optional_is_on_until_chosen() {
    let site = Site::open().await;
    let statement = Statement::in_force().unwrap();
    for (code, lang, locked) in [
        ("zh", Lang::Zh, "必要，不能关闭"),
        ("en", Lang::En, "cannot be switched off"),
    ] {
        let path = format!("/cookies?lang={code}");
        let page = site.page(&path, "__Host-device=d").await.expect(200).text;
        for cookie in statement.cookies() {
            let purpose = cookie.purpose.get(lang).replace('\'', "&#39;");
            assert!(page.contains(&cookie.name) && page.contains(&purpose));
        }
        for choice in statement.cookie_choices() {
            assert!(page.contains(choice.description.get(lang)));
            let switch = format!("type=\"checkbox\" id=\"on-{}\"", choice.category.code());
            assert_eq!(page.contains(&switch), !choice.necessary);
        }
        assert!(page.contains(locked) && !page.contains(" checked"));
        let on = site.submit(&path, "", "act=save&recommendation=on").await;
        let page = site
            .page(&path, &choices(&on.expect(303)))
            .await
            .expect(200)
            .text;
        assert_eq!(page.matches(" checked").count(), 1);
        assert!(page.contains("name=\"recommendation\" value=\"on\" checked"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_refused_is_not_asked_again_and_loses_no_page() {
    let _mark = clause::check!(R12);
    let site = Site::open().await;
    let no = site.submit("/cookies", "", "act=refuse").await.expect(303);
    let text = set(&no).into_iter().find(|it| it.contains("choices"));
    assert!(text.unwrap().contains("Max-Age=15552000"), "180 days");
    let kept = choices(&no);
    for path in ["/", "/statement", "/statement/versions", "/account/sign-in"] {
        for cookie in ["", kept.as_str()] {
            let page = site.page(path, cookie).await.expect(200);
            assert!(!page.text.contains("checkbox") && !page.text.contains("dialog"));
            assert!(page.text.contains("href=\"/cookies?lang=en\""), "{path}");
        }
    }
    let page = site.page("/cookies?lang=en", &kept).await.expect(200).text;
    assert!(page.contains("You chose last at") && !page.contains(" checked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_another_site_sends_or_that_is_malformed_changes_nothing() {
    let site = Site::open().await;
    let body = format!("mark={MARK}&act=save&recommendation=on");
    for (headers, status) in [
        (vec![("cookie", MARK_COOKIE)], 403),
        (
            vec![("cookie", MARK_COOKIE), ("sec-fetch-site", "cross-site")],
            403,
        ),
        (vec![("sec-fetch-site", "same-origin")], 403),
    ] {
        let answer = site.post_form("/cookies", &headers, body.clone()).await;
        assert!(set(&answer.expect(status)).is_empty());
    }
    for body in [
        "",
        "act=",
        "act=open",
        "act=save&security=on",
        "act=save&convenience=yes",
    ] {
        let answer = site.submit("/cookies", "", body).await;
        assert!(answer.status.is_client_error(), "{body}");
        assert!(set(&answer).is_empty());
    }
    // Names that are no names are not sent back.
    let odd = "a b=c; =d; \u{1f}x=y; ok=1";
    let odd = odd.replace('\u{1f}', "@");
    let answer = site.submit("/cookies", &odd, "act=clear").await.expect(303);
    assert_eq!(set(&answer).len(), 1);
}
