//! The pages of operators: their door, what they may, and what two must do.

use axum::http::StatusCode;
use yuntu_app::accounts::Address;
use yuntu_app::operators::NewOperator;
use yuntu_app::policy::OperatorRole;
use yuntu_terms::{Lang, clause};
use yuntu_testkit::Authenticator;

use crate::people::{MINUTE, OWNER, hidden};
use crate::site::{Answer, Site};

const SIGN_IN: &str = "/operator/sign-in";
const ENROL: &str = "/operator/enrol";
const PROPOSALS: &str = "/operator/proposals";
const SHORT: &str = "jqpwmzkt7x";

/// Reads the secret that a page shows beside its picture.
fn secret_on(page: &Answer) -> Authenticator {
    assert!(page.text.contains("<div class=\"qr\" role=\"img\"") && page.text.contains("<svg"));
    assert!(!page.text.contains("style="), "a style in a picture");
    let shown = page.text.split("<dd>").nth(1).unwrap();
    let secret: String = shown.split('<').next().unwrap().split(' ').collect();
    Authenticator::read(&secret).unwrap()
}

fn cookie_of(answer: &Answer) -> Option<String> {
    let all = answer.headers.get_all("set-cookie").iter();
    let mut texts = all.map(|it| it.to_str().unwrap());
    let set = texts.find(|it| it.starts_with("__Host-operator=") && !it.contains("Max-Age=0"))?;
    for attribute in ["Secure", "HttpOnly", "SameSite=Strict", "Max-Age=28800"] {
        assert!(set.contains(attribute), "{set}");
    }
    Some(set.split(';').next().unwrap().to_owned())
}

/// Enrols by a link as a browser without scripts does.
async fn enrol(site: &Site, key: &str) -> Authenticator {
    let path = format!("{ENROL}?lang=en&key={key}");
    let page = site.page(&path, "").await.expect(200);
    let app = secret_on(&page);
    let code = app.code(site.platform.now()).unwrap();
    let body = format!("act=enrol&key={key}&password={SHORT}&code={code}");
    let done = site.submit(ENROL, "", &body).await.expect(200);
    assert_eq!(done.text.matches("<dt>").count(), 10, "{}", done.text);
    app
}

async fn sign_in(site: &Site, address: &str, app: &Authenticator) -> String {
    site.parts.clock.advance(MINUTE);
    let body = format!("act=password&address={address}&password={SHORT}");
    let second = site.submit(SIGN_IN, "", &body).await.expect(200);
    assert!(cookie_of(&second).is_none(), "the password opens nothing");
    let ticket = hidden(&second, "ticket").to_owned();
    let code = app.code(site.platform.now()).unwrap();
    let body = format!("act=second&ticket={ticket}&code={code}");
    let entered = site.submit(SIGN_IN, "", &body).await.expect(303);
    assert!(entered.header("location").starts_with("/operator?"));
    cookie_of(&entered).unwrap()
}

async fn operator(site: &Site, address: &str, role: OperatorRole) -> String {
    let added = site.platform.add_operator(NewOperator {
        address: Address::email(address).unwrap(),
        role,
        lang: Lang::En,
    });
    let key = added.await.unwrap().secret.text().to_string();
    let app = enrol(site, &key).await;
    let again = site.page(&format!("{ENROL}?key={key}"), "").await;
    again.expect(404);
    sign_in(site, address, &app).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_enrols_and_signs_in_without_scripts() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let cookie = operator(&site, "chen@operator.example", OperatorRole::Reviewer).await;
    for (lang, words) in [("zh", "审核员"), ("en", "reviewer")] {
        let home = site.page(&format!("/operator?lang={lang}"), &cookie).await;
        let home = home.expect(200);
        assert!(home.text.contains(words), "{}", home.text);
    }
    let out = site.submit("/operator/sign-out", &cookie, "act=out").await;
    assert!(out.expect(303).header("location").contains("done=out"));
    let gone = site.page("/operator", &cookie).await.expect(303);
    assert!(gone.header("location").starts_with(SIGN_IN));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_at_the_door_is_told_and_opens_nothing() {
    let site = Site::open().await;
    operator(&site, "chen@operator.example", OperatorRole::Reviewer).await;
    for (body, status, told) in [
        (
            "act=password&address=nobody&password=x",
            400,
            "aria-invalid",
        ),
        (
            "act=password&address=chen@operator.example&password=wrong-one",
            401,
            "wrong",
        ),
        (
            "act=password&address=north-store@store.example&password=wrong-one",
            401,
            "wrong",
        ),
        ("act=fly", 400, ""),
    ] {
        let path = format!("{SIGN_IN}?lang=en");
        let answer = site.submit(&path, "", body).await.expect(status);
        assert!(answer.text.contains(told), "{}", answer.text);
        assert!(cookie_of(&answer).is_none() && !answer.text.contains("wrong-one"));
    }
    let ticket = "0".repeat(64);
    let body = format!("act=second&ticket={ticket}&code=000000");
    let spent = site.submit(SIGN_IN, "", &body).await.expect(303);
    assert!(spent.header("location").contains("done=spent"));
    for key in ["", "0", &ticket] {
        let page = site.page(&format!("{ENROL}?lang=zh&key={key}"), "").await;
        assert!(page.expect(404).text.contains("请向新增您的人索取新的链接"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_operators_opens_for_anybody_else_or_another_role() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let public = site.sign_in(OWNER).await;
    let support = operator(&site, "support@operator.example", OperatorRole::Support).await;
    let secret = public.strip_prefix("__Host-session=").unwrap();
    let dressed = format!("__Host-operator={secret}");
    for cookie in ["", public.as_str(), &dressed, "__Host-operator=0"] {
        for path in ["/operator", PROPOSALS] {
            let answer = site.page(path, cookie).await.expect(303);
            assert!(answer.header("location").starts_with(SIGN_IN), "{path}");
        }
        for path in [PROPOSALS, "/operator/sign-out"] {
            let answer = site.submit(path, cookie, "act=propose").await.expect(303);
            assert!(answer.header("location").starts_with(SIGN_IN), "{path}");
        }
    }
    site.page(PROPOSALS, &support).await.expect(403);
    let propose = "act=propose&kind=close_enterprise&object=ent_0&reason=long+enough+reason";
    site.submit(PROPOSALS, &support, propose).await.expect(403);
    // An operator is nobody at the door of the public, and reaches no business data.
    let secret = support.strip_prefix("__Host-operator=").unwrap();
    let dressed = format!("__Host-session={secret}");
    for cookie in [support.as_str(), &dressed] {
        for path in ["/console", "/account", "/account/factors"] {
            let answer = site.page(path, cookie).await.expect(303);
            assert!(answer.header("location").contains("sign-in"), "{path}");
        }
        let request = site.page("/api/v1/datasets", cookie).await;
        assert_eq!(request.status, StatusCode::UNAUTHORIZED);
    }
    let bearer = site.call(Some(secret), "GET", "/api/v1/datasets", ("", Vec::new()));
    bearer.await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_operator_proposes_another_approves_on_the_page() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let ad = operator(&site, "ad@operator.example", OperatorRole::Administrator).await;
    let zhou = operator(&site, "zhou@operator.example", OperatorRole::Security).await;
    let path = format!("{PROPOSALS}?lang=en");
    // What cannot be read is told beside its field, and kept.
    let wrong = "act=propose&kind=add_operator&object=no+address&role=reviewer&reason=short";
    let answer = site.submit(&path, &ad, wrong).await.expect(400);
    for kept in [
        "value=\"no address\"",
        "value=\"short\"",
        "add-object-wrong",
    ] {
        assert!(answer.text.contains(kept), "{kept}: {}", answer.text);
    }
    let right = "act=propose&kind=add_operator&object=new@operator.example&role=reviewer\
                 &reason=she+begins+on+Monday";
    site.submit(&path, &ad, right).await.expect(303);
    let own = site.page(&path, &ad).await.expect(200);
    assert!(own.text.contains("Take back: add an operator"));
    assert!(!own.text.contains("Approve: add an operator"));
    let page = site.page(&path, &zhou).await.expect(200);
    for shown in ["new@operator.example", "she begins on Monday"] {
        assert!(page.text.contains(shown), "{shown}");
    }
    let (id, digest) = (hidden(&page, "proposal"), hidden(&page, "digest"));
    let decide = |act: &str, digest: &str| format!("act={act}&proposal={id}&digest={digest}");
    site.submit(&path, &ad, &decide("approve", digest))
        .await
        .expect(403);
    let other = "0".repeat(64);
    site.submit(&path, &zhou, &decide("approve", &other))
        .await
        .expect(400);
    let approved = site
        .submit(&path, &zhou, &decide("approve", digest))
        .await
        .expect(200);
    let (_, key) = approved.text.split_once("/operator/enrol?key=").unwrap();
    enrol(&site, key.get(..64).unwrap()).await;
    site.submit(&path, &zhou, &decide("approve", digest))
        .await
        .expect(404);
    site.submit(&path, &zhou, "act=decline&proposal=x")
        .await
        .expect(404);
}
