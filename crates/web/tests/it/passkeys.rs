//! Passkeys through the forms, by an authenticator in software that answers as the script of the page would have it do.

use yuntu_app::outbound::Kind;
use yuntu_terms::clause;
use yuntu_testkit::SoftPasskey;

use crate::people::{MINUTE, PASSWORD, hidden, session};
use crate::site::{Answer, ORIGIN, Site, nothing};

const PATH: &str = "/account/factors?lang=en";
const SIGN_IN: &str = "/account/sign-in?lang=en";
const PROOF: &str = "/account/proof?lang=en";

/// Reads what a form asks the browser.
pub(crate) fn options(page: &Answer) -> String {
    let (_, rest) = page
        .text
        .split_once("data-options=\"")
        .unwrap_or_else(|| panic!("nothing is asked: {}", page.text));
    let options = rest.split('"').next().unwrap();
    options.replace("&#34;", "\"").replace("&#38;", "&")
}

/// Writes a value as a form sends it.
fn typed(text: &str) -> String {
    let sign = |byte: &u8| format!("%{byte:02X}");
    text.as_bytes().iter().map(sign).collect()
}

/// Writes the form with the answer to what a page asks.
pub(crate) fn answered(page: &Answer, json: &str) -> String {
    let ceremony = hidden(page, "ceremony");
    format!("act=passkey&ceremony={ceremony}&answer={}", typed(json))
}

/// Answers to a page that asks for a proof.
fn proven(page: &Answer, passkey: &mut SoftPasskey) -> String {
    let json = passkey.prove(&options(page)).unwrap();
    answered(page, &json)
}

/// Adds a passkey through the page; returns the page that tells so.
async fn add(site: &Site, cookie: &str, passkey: &mut SoftPasskey, label: &str) -> Answer {
    let label = typed(label);
    let body = format!("act=ask-passkey&label={label}");
    let page = site.submit(PATH, cookie, &body).await.expect(200);
    let json = passkey.make(&options(&page)).unwrap();
    let body = format!("{}&label={label}", answered(&page, &json));
    site.submit(PATH, cookie, &body).await.expect(200)
}

/// Opens an account that has a passkey; returns it with the cookie.
async fn holder(site: &Site, address: &str, number: u8) -> (SoftPasskey, String) {
    let more = format!("&password={PASSWORD}");
    let cookie = site.register(address, &more).await;
    let mut passkey = SoftPasskey::new(number, ORIGIN);
    let added = add(site, &cookie, &mut passkey, "办公室电脑").await;
    let fresh = session(&added).unwrap();
    site.messages().await;
    (passkey, fresh)
}

/// Asks for the page on which one signs in by a passkey.
async fn asked(site: &Site) -> Answer {
    let page = site.submit(SIGN_IN, "", "act=ask-passkey").await;
    page.expect(200)
}

/// Goes as far as the second step by the password.
async fn second_step(site: &Site, address: &str) -> Answer {
    let body = format!("act=password&address={address}&password={PASSWORD}");
    site.submit(SIGN_IN, "", &body).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_named_used_and_removed_on_the_pages() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    let cookie = site.register("li@example.cn", "").await;
    let page = site.page(PATH, &cookie).await.expect(200);
    assert!(page.text.contains("Add a passkey"));
    // A name that cannot be used is told at its field, and stays there.
    let body = format!("act=ask-passkey&label={}", typed(&"long ".repeat(9)));
    let page = site.submit(PATH, &cookie, &body).await.expect(400);
    assert!(page.text.contains("value=\"long long") && page.text.contains("aria-invalid"));
    let mut passkey = SoftPasskey::new(1, ORIGIN);
    let added = add(&site, &cookie, &mut passkey, "Office <b>").await;
    assert_eq!(added.text.matches("<dt>").count(), 10, "recovery codes");
    let fresh = session(&added).unwrap();
    site.page(PATH, &cookie).await.expect(303);
    let page = site.page(PATH, &fresh).await.expect(200);
    assert!(page.text.contains("Office &#60;b&#62;") && page.text.contains("never"));
    let factor = hidden(&page, "factor").to_owned();
    let name = |label: &str| format!("act=label&factor={factor}&label={}", typed(label));
    let refused = site.submit(PATH, &fresh, &name(" ")).await.expect(400);
    assert!(refused.text.contains("aria-invalid"));
    let named = site
        .submit(PATH, &fresh, &name("安全密钥"))
        .await
        .expect(303);
    assert!(named.header("location").contains("done=named"));
    // It signs in alone, and its use is shown.
    let page = asked(&site).await;
    let body = proven(&page, &mut passkey);
    let entered = site.submit(SIGN_IN, "", &body).await.expect(303);
    let here = session(&entered).unwrap();
    let page = site.page(PATH, &here).await.expect(200);
    assert!(page.text.contains("安全密钥") && !page.text.contains("never"));
    let remove = format!("act=remove&factor={factor}");
    let gone = site.submit(PATH, &here, &remove).await.expect(303);
    assert!(gone.header("location").contains("done=removed"));
    let page = asked(&site).await;
    let body = proven(&page, &mut passkey);
    site.submit(SIGN_IN, "", &body).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_the_second_factor_and_a_proof() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    let (mut passkey, cookie) = holder(&site, "li@example.cn", 1).await;
    let page = second_step(&site, "li@example.cn").await;
    let ticket = hidden(&page, "ticket").to_owned();
    let with = |body: String| format!("{body}&ticket={ticket}");
    // Another person's passkey is not the second factor of this account.
    let (mut foreign, theirs) = holder(&site, "wang@example.cn", 2).await;
    let body = with(proven(&page, &mut foreign));
    let again = site.submit("/account/second?lang=en", "", &body).await;
    let again = again.expect(400);
    assert!(again.text.contains("role=\"alert\""), "{}", again.text);
    let body = with(proven(&again, &mut passkey));
    let path = "/account/second?lang=en";
    let entered = site.submit(path, "", &body).await.expect(303);
    assert!(session(&entered).is_some());
    // A proof that is old is renewed by a passkey, one's own.
    site.parts.clock.advance(MINUTE * 11);
    let add = "act=ask-passkey&label=x";
    let stale = site.submit(PATH, &cookie, add).await.expect(303);
    assert!(stale.header("location").starts_with("/account/proof"));
    let page = site.page(PATH, &cookie).await.expect(200);
    assert!(
        !page.text.contains("id=\"new-label\""),
        "no name before the proof"
    );
    let page = site.page(PROOF, &cookie).await.expect(200);
    assert!(page.text.contains("By a passkey"));
    let ask = "act=ask-passkey&next=/account/factors";
    let page = site.submit(PROOF, &cookie, ask).await.expect(200);
    let wrong = proven(&page, &mut foreign);
    let page = site.submit(PROOF, &cookie, &wrong).await.expect(400);
    let body = proven(&page, &mut passkey);
    let body = format!("{body}&next=/account/factors");
    let done = site.submit(PROOF, &cookie, &body).await.expect(303);
    assert!(done.header("location").starts_with("/account/factors"));
    let fresh = session(&done).unwrap();
    site.submit(PATH, &fresh, add).await.expect(200);
    // What she has is nothing that another person can name or remove.
    let page = site.page(PATH, &fresh).await.expect(200);
    let factor = hidden(&page, "factor");
    let body = format!("act=label&factor={factor}&label=x");
    site.submit(PATH, &theirs, &body).await.expect(404);
    let body = "act=label&factor=x&label=x";
    site.submit(PATH, &theirs, body).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ceremony_of_a_page_opens_once_and_for_whom_it_was_begun() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    let (mut passkey, cookie) = holder(&site, "li@example.cn", 1).await;
    let page = asked(&site).await;
    let body = proven(&page, &mut passkey);
    site.submit(SIGN_IN, "", &body).await.expect(303);
    let again = site.submit(SIGN_IN, "", &body).await.expect(400);
    assert!(again.text.contains("role=\"alert\"") && session(&again).is_none());
    // The page that says no asks anew, and that works.
    let body = proven(&again, &mut passkey);
    site.submit(SIGN_IN, "", &body).await.expect(303);
    // Both came from a browser that the account does not know, and its owner is told of both.
    let told: Vec<_> = site.messages().await.iter().map(|it| it.kind).collect();
    assert_eq!(told, [Kind::NewSignIn, Kind::NewSignIn]);
    // The answer to one page is none to another, nor is one that comes late.
    let (one, other) = (asked(&site).await, asked(&site).await);
    let json = passkey.prove(&options(&one)).unwrap();
    let crossed = answered(&other, &json);
    site.submit(SIGN_IN, "", &crossed).await.expect(400);
    let page = asked(&site).await;
    let late = proven(&page, &mut passkey);
    site.parts.clock.advance(MINUTE * 5);
    site.submit(SIGN_IN, "", &late).await.expect(400);
    for noise in ["", "act=passkey", "act=passkey&ceremony=x&answer=%7B%7D"] {
        let answer = site.submit(SIGN_IN, "", noise).await;
        assert!(session(&answer.expect(400)).is_none());
    }
    // A passkey that is made goes to the account whose page asked for it.
    let theirs = site.register("wang@example.cn", "").await;
    let begin = "act=ask-passkey&label=x";
    let page = site.submit(PATH, &cookie, begin).await.expect(200);
    let json = SoftPasskey::new(3, ORIGIN).make(&options(&page)).unwrap();
    let body = format!("{}&label=x", answered(&page, &json));
    let refused = site.submit(PATH, &theirs, &body).await.expect(400);
    assert!(refused.text.contains("role=\"alert\""));
    let page = site.page(PATH, &theirs).await.expect(200);
    assert!(page.text.contains("There is none yet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_script_would_say_stands_on_the_page_in_both_languages() {
    let site = Site::open().await;
    for (lang, words, none) in [
        ("zh", "需要运行本站的一段脚本", "此浏览器不支持通行密钥"),
        (
            "en",
            "Passkeys need one script",
            "This browser knows no passkeys",
        ),
    ] {
        let path = format!("/account/sign-in?lang={lang}");
        let page = site.page(&path, "").await.expect(200);
        assert!(!page.text.contains("data-passkey"), "nothing is begun yet");
        let page = site.submit(&path, "", "act=ask-passkey").await.expect(200);
        for word in ["data-wait", "data-stopped", "data-known", "data-failed"] {
            let (_, text) = page.text.split_once(&format!("{word}=\"")).unwrap();
            assert!(!text.starts_with('"'), "{word}");
        }
        assert!(page.text.contains("role=\"status\""));
        assert!(page.text.contains(words) && page.text.contains(none));
        assert!(
            page.text.contains(&format!("href=\"{path}\"")),
            "other ways"
        );
        // Without the script the button sends nothing, and the page says so.
        let ceremony = hidden(&page, "ceremony");
        let body = format!("act=passkey&ceremony={ceremony}&answer=");
        let page = site.submit(&path, "", &body).await.expect(400);
        assert!(page.text.contains("role=\"alert\"") && page.text.contains(words));
    }
    let script = site
        .call(None, "GET", "/assets/passkey.js", nothing())
        .await;
    let script = script.expect(200);
    assert!(script.header("content-type").starts_with("text/javascript"));
    assert!(script.text.is_ascii(), "no words of its own in Chinese");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_uses_passkeys_without_a_mark_or_adds_one_without_a_session() {
    let site = Site::open().await;
    for path in [PATH, PROOF] {
        for act in ["ask-passkey", "passkey", "label"] {
            let answer = site.submit(path, "", &format!("act={act}&label=x")).await;
            assert!(answer.expect(303).header("location").contains("sign-in"));
        }
    }
    let cookie = site.register("li@example.cn", "").await;
    let headers = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    for path in [PATH, PROOF, SIGN_IN] {
        let body = String::from("act=ask-passkey&label=x");
        site.post_form(path, &headers, body).await.expect(403);
    }
}
