//! The mark of a browser: set as the statement declares it, after a sign-in alone, and told of where it is unknown.

use yuntu_app::outbound::Kind;
use yuntu_terms::clause;

use crate::people::{MINUTE, PASSWORD, hidden, session};
use crate::site::{Answer, MARK, OWN, Site};

const SIGN_IN: &str = "/account/sign-in";
const PAGE: &str = "/account/sessions";
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0";

/// Finds the mark that an answer lets the browser keep, as the statement declares it.
fn mark(answer: &Answer) -> Option<String> {
    let all = answer.headers.get_all("set-cookie").iter();
    let mut texts = all.map(|it| it.to_str().unwrap());
    let set = texts.find(|it| it.starts_with("__Host-device="))?;
    let (value, rest) = set.split_once(';').unwrap();
    assert_eq!(
        rest,
        " Path=/; Max-Age=15552000; Secure; HttpOnly; SameSite=Strict"
    );
    assert_eq!(value.len(), "__Host-device=".len() + 64);
    Some(value.to_owned())
}

async fn enter(site: &Site, address: &str, cookie: &str, password: &str) -> Answer {
    site.parts.clock.advance(MINUTE);
    let cookie = format!("__Host-csrf={MARK}; {cookie}");
    let headers = [OWN, ("cookie", cookie.as_str()), ("user-agent", AGENT)];
    let body = format!("mark={MARK}&act=password&address={address}&password={password}");
    site.post_form(&format!("{SIGN_IN}?lang=en"), &headers, body)
        .await
}

async fn told(site: &Site) -> Vec<String> {
    let told = site.messages().await.into_iter();
    let told = told.filter(|it| it.kind == Kind::NewSignIn);
    told.map(|it| format!("{} {}", it.to, it.text)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_told_of_once_and_keeps_its_mark_as_declared() {
    let _mark = clause::check!(R9);
    let site = Site::open().await;
    let more = format!("&password={PASSWORD}");
    site.register("li@example.cn", &more).await;
    assert!(told(&site).await.is_empty(), "nobody is warned of herself");
    for path in ["/", SIGN_IN, "/account/register"] {
        assert!(mark(&site.page(path, "").await).is_none(), "{path}");
    }
    let wrong = enter(&site, "li@example.cn", "", "another ferry oxide lamp").await;
    assert!(
        mark(&wrong.expect(401)).is_none(),
        "a failure marks nothing"
    );
    let first = enter(&site, "li@example.cn", "", PASSWORD)
        .await
        .expect(303);
    assert!(session(&first).is_some());
    let kept = mark(&first).unwrap();
    let seen = told(&site).await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].starts_with("li@example.cn") && seen[0].contains("Firefox · Linux"));
    let again = enter(&site, "li@example.cn", &kept, PASSWORD).await;
    assert_eq!(mark(&again.expect(303)).unwrap(), kept);
    assert!(
        told(&site).await.is_empty(),
        "a known browser is not told of"
    );
    // What is no mark is replaced by one that nobody chose.
    for odd in ["__Host-device=", "__Host-device=00ff", "__Host-device=%00"] {
        let entered = enter(&site, "li@example.cn", odd, PASSWORD).await;
        assert_ne!(mark(&entered.expect(303)).unwrap(), odd);
        assert_eq!(told(&site).await.len(), 1, "{odd}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_mark_is_unknown_and_her_browsers_cannot_be_forgotten() {
    let _mark = clause::check!(R9);
    let site = Site::open().await;
    let more = format!("&password={PASSWORD}");
    let li = site.register("li@example.cn", &more).await;
    let wang = site.register("wang@example.cn", &more).await;
    let entered = enter(&site, "li@example.cn", "", PASSWORD).await;
    let kept = mark(&entered.expect(303)).unwrap();
    told(&site).await;
    let entered = enter(&site, "wang@example.cn", &kept, PASSWORD).await;
    assert!(session(&entered.expect(303)).is_some());
    let seen = told(&site).await;
    assert_eq!(seen.len(), 1);
    assert!(seen[0].starts_with("wang@example.cn"));
    // She sees the browsers that her own account knows, and nobody else forgets them.
    let page = site.page(&format!("{PAGE}?lang=en"), &li).await.expect(200);
    assert!(page.text.contains("Browsers that are known"));
    assert!(page.text.contains("Firefox · Linux"), "{}", page.text);
    let device = hidden(&page, "device").to_owned();
    let body = format!("act=forget&device={device}");
    site.submit(PAGE, &wang, &body).await.expect(404);
    let anonymous = site.submit(PAGE, "", &body).await.expect(303);
    assert!(anonymous.header("location").starts_with(SIGN_IN));
    let cookie = [OWN, ("cookie", li.as_str())];
    site.post_form(PAGE, &cookie, body.clone())
        .await
        .expect(403);
    for odd in ["act=forget", "act=forget&device=dev_0"] {
        site.submit(PAGE, &li, odd).await.expect(404);
    }
    let page = site.page(&format!("{PAGE}?lang=zh"), &li).await.expect(200);
    assert!(page.text.contains(&device) && page.text.contains("已知的浏览器"));
    let done = site.submit(PAGE, &li, &body).await.expect(303);
    assert!(done.header("location").ends_with("done=forgotten"));
    let page = site.page(PAGE, &li).await.expect(200);
    assert!(!page.text.contains(&device));
    site.submit(PAGE, &li, &body).await.expect(404);
}
