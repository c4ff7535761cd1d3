//! The page of second factors, as a browser without scripts uses it.

use yuntu_terms::clause;
use yuntu_testkit::Authenticator;

use crate::people::{MINUTE, PASSWORD, session};
use crate::site::{Answer, Site};

const PATH: &str = "/account/factors?lang=en";

fn secret_on(page: &Answer) -> Authenticator {
    let shown = page.text.split("<dd>").nth(1).unwrap();
    let secret: String = shown.split('<').next().unwrap().split(' ').collect();
    Authenticator::read(&secret).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_is_set_up_used_and_removed() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    let more = format!("&password={PASSWORD}");
    let cookie = site.register("li@example.cn", &more).await;
    let centre = site.page("/account?lang=en", &cookie).await.expect(200);
    assert!(centre.text.contains(PATH), "the way there");
    let page = site.page(PATH, &cookie).await.expect(200);
    assert!(page.text.contains("There is none yet"));
    let begun = site.submit(PATH, &cookie, "act=begin").await.expect(200);
    let app = secret_on(&begun);
    assert!(begun.text.contains("role=\"img\"") && begun.text.contains("<svg"));
    for (typed, told) in [("", "aria-invalid"), ("000000", "wrong")] {
        let body = format!("act=confirm&code={typed}");
        let again = site.submit(PATH, &cookie, &body).await.expect(400);
        assert!(again.text.contains(told), "{}", again.text);
        let same = secret_on(&again);
        assert_eq!(same.secret(), app.secret(), "the picture stays the same");
    }
    let code = app.code(site.platform.now()).unwrap();
    let added = site
        .submit(PATH, &cookie, &format!("act=confirm&code={code}"))
        .await
        .expect(200);
    assert_eq!(added.text.matches("<dt>").count(), 10);
    // The session has a new secret, and the old one opens nothing.
    let fresh = session(&added).unwrap();
    site.page(PATH, &cookie).await.expect(303);
    let page = site.page(PATH, &fresh).await.expect(200);
    assert!(page.text.contains("Codes left: 10"));
    let (_, factor) = page.text.split_once("name=\"factor\" value=\"").unwrap();
    let factor = factor.split('"').next().unwrap().to_owned();
    let codes = site.submit(PATH, &fresh, "act=codes").await.expect(200);
    assert_eq!(codes.text.matches("<dt>").count(), 10);
    // Another person's factor is none of hers.
    site.messages().await;
    let other = site.register("wang@example.cn", "").await;
    let remove = format!("act=remove&factor={factor}");
    site.submit(PATH, &other, &remove).await.expect(404);
    site.submit(PATH, &other, "act=remove&factor=x")
        .await
        .expect(404);
    // Once the proof is old, the way leads to another.
    site.parts.clock.advance(MINUTE * 11);
    let stale = site.submit(PATH, &fresh, &remove).await.expect(303);
    assert!(stale.header("location").starts_with("/account/proof"));
    let code = app.code(site.platform.now()).unwrap();
    let body = format!("act=second&code={code}&next=/account/factors");
    let proven = site
        .submit("/account/proof", &fresh, &body)
        .await
        .expect(303);
    let proven = session(&proven).unwrap();
    let gone = site.submit(PATH, &proven, &remove).await.expect(303);
    assert!(gone.header("location").contains("done=removed"));
    let page = site.page(PATH, &proven).await.expect(200);
    assert!(page.text.contains("There is none yet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_factors_without_a_session_or_a_mark() {
    let site = Site::open().await;
    let page = site.page(PATH, "").await.expect(303);
    assert!(page.header("location").starts_with("/account/sign-in"));
    for act in ["begin", "confirm", "codes", "remove"] {
        let answer = site.submit(PATH, "", &format!("act={act}")).await;
        assert!(answer.expect(303).header("location").contains("sign-in"));
    }
    let cookie = site.register("li@example.cn", "").await;
    let headers = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let body = String::from("act=begin");
    site.post_form(PATH, &headers, body).await.expect(403);
    site.submit(PATH, &cookie, "act=fly").await.expect(400);
}
