//! Who binds an enterprise to the statement, and who cannot.

use yuntu_terms::clause;

use crate::people::{OWNER, VIEWER};
use crate::site::{MARK, MARK_COOKIE, OWN, Site};

const PATH: &str = "/console/statement";
const YES: &str = "act=accept&version=1.0&accept=yes";

#[tokio::test(flavor = "multi_thread")]
async fn an_enterprise_sees_what_binds_it_and_a_viewer_cannot_bind_it() {
    let _mark = clause::check!(U1);
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    for (lang, words) in [
        ("zh", "接受了隐私声明 1.0 版"),
        ("en", "accepted version 1.0"),
    ] {
        let page = site.page(&format!("{PATH}?lang={lang}"), &owner).await;
        let page = page.expect(200);
        assert!(page.text.contains(words), "{}", page.text);
        assert!(!page.text.contains("name=\"accept\""));
    }
    let viewer = site.sign_in(VIEWER).await;
    site.page(PATH, &viewer).await.expect(200);
    site.submit(PATH, &viewer, YES).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn going_on_binds_nobody_and_neither_does_a_stranger() {
    let _mark = clause::check!(U1);
    let site = Site::open().await;
    site.page(PATH, "").await.expect(303);
    site.submit(PATH, "", YES).await.expect(303);
    let person = site.register("ming@example.cn", "").await;
    // Without a seat there is no enterprise to bind.
    site.page(PATH, &person).await.expect(303);
    let create = "act=create&name=South+Store+Limited&industry=retail";
    site.submit("/account/seats", &person, create)
        .await
        .expect(303);
    let page = site
        .page(&format!("{PATH}?lang=en"), &person)
        .await
        .expect(200);
    assert!(page.text.contains("has not accepted") && !page.text.contains("checked"));
    for body in [
        "act=accept&version=1.0",
        "act=accept&version=0.9&accept=yes",
        "act=accept&accept=yes",
    ] {
        let again = site.submit(PATH, &person, body).await.expect(400);
        assert!(again.text.contains("aria-invalid=\"true\""), "{body}");
    }
    // A form of another site carries no mark.
    let cookie = format!("{MARK_COOKIE}; {person}");
    let headers = [OWN, ("cookie", cookie.as_str())];
    let other = format!("mark={}&{YES}", MARK.replace('0', "1"));
    site.post_form(PATH, &headers, other).await.expect(403);
    let page = site
        .page(&format!("{PATH}?lang=en"), &person)
        .await
        .expect(200);
    assert!(page.text.contains("has not accepted"));
}
