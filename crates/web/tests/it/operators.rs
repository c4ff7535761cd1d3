//! The pages of operators: their door, what they may, and what two must do.

use axum::http::StatusCode;
use yuntu_app::accounts::Address;
use yuntu_app::operators::NewOperator;
use yuntu_app::outbound::Kind;
use yuntu_app::policy::OperatorRole;
use yuntu_terms::{Lang, clause};
use yuntu_testkit::{Authenticator, SoftPasskey};

use crate::passkeys::{answered, options};
use crate::people::{MINUTE, OWNER, hidden};
use crate::site::{Answer, ORIGIN, Site};

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

pub(crate) async fn operator(site: &Site, address: &str, role: OperatorRole) -> String {
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
    // The link goes to the new operator alone: whoever approves and had it could be two.
    assert!(approved.text.contains("for her mail address alone"));
    let told = site.messages().await;
    let told: Vec<_> = told
        .iter()
        .filter(|it| it.kind == Kind::OperatorAdded)
        .collect();
    assert_eq!(
        (told.len(), told[0].to.as_str()),
        (1, "new@operator.example")
    );
    let link = format!("{ORIGIN}{ENROL}?key=");
    let (_, key) = told[0].text.split_once(&link).unwrap();
    let key = key.get(..64).unwrap();
    assert!(!approved.text.contains(key) && !approved.text.contains("enrol?key="));
    enrol(&site, key).await;
    site.submit(&path, &zhou, &decide("approve", digest))
        .await
        .expect(404);
    site.submit(&path, &zhou, "act=decline&proposal=x")
        .await
        .expect(404);
}

/// Enrols with a passkey in the place of an authenticator.
async fn enrol_by_passkey(site: &Site) -> SoftPasskey {
    let added = site.platform.add_operator(NewOperator {
        address: Address::email("chen@operator.example").unwrap(),
        role: OperatorRole::Reviewer,
        lang: Lang::En,
    });
    let key = added.await.unwrap().secret.text().to_string();
    let page = site.page(&format!("{ENROL}?lang=en&key={key}"), "").await;
    let page = page.expect(200);
    let other = format!("key={key}&#38;by=passkey");
    assert!(page.text.contains(&other), "{}", page.text);
    let path = format!("{ENROL}?lang=en&key={key}&by=passkey");
    let page = site.page(&path, "").await.expect(200);
    let mut passkey = SoftPasskey::new(1, ORIGIN);
    let json = passkey.make(&options(&page)).unwrap();
    // What is missing is told at its field, and what was typed stays.
    let lacking = format!(
        "{}&key={key}&label=Office&password=",
        answered(&page, &json)
    );
    let told = site.submit(&format!("{ENROL}?lang=en"), "", &lacking).await;
    let told = told.expect(400);
    assert!(told.text.contains("value=\"Office\"") && told.text.contains("aria-invalid"));
    let json = passkey.make(&options(&told)).unwrap();
    let whole = format!(
        "{}&key={key}&label=Office&password={SHORT}",
        answered(&told, &json)
    );
    let done = site.submit(ENROL, "", &whole).await.expect(200);
    assert_eq!(done.text.matches("<dt>").count(), 10, "{}", done.text);
    let again = site.page(&path, "").await.expect(404);
    assert!(again.text.contains("Ask whoever added you"));
    passkey
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_chooses_a_passkey_and_gets_in_by_it_alone() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let mut passkey = enrol_by_passkey(&site).await;
    // The passkey alone is both steps; the browser is new and she is told, once.
    site.messages().await;
    let asked = site
        .submit(SIGN_IN, "", "act=ask-passkey")
        .await
        .expect(200);
    let body = answered(&asked, &passkey.prove(&options(&asked)).unwrap());
    let entered = site.submit(SIGN_IN, "", &body).await.expect(303);
    let cookie = cookie_of(&entered).unwrap();
    let told = site.messages().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (told[0].kind, told[0].to.as_str()),
        (Kind::NewSignIn, "chen@operator.example")
    );
    let mark = entered.headers.get_all("set-cookie").iter();
    let mark = mark.map(|it| it.to_str().unwrap());
    let mark = mark
        .into_iter()
        .find(|it| it.starts_with("__Host-device="))
        .unwrap();
    let mark = mark.split(';').next().unwrap().to_owned();
    let asked = site
        .submit(SIGN_IN, &mark, "act=ask-passkey")
        .await
        .expect(200);
    let body = answered(&asked, &passkey.prove(&options(&asked)).unwrap());
    site.submit(SIGN_IN, &mark, &body).await.expect(303);
    assert!(site.messages().await.is_empty(), "the browser is known");
    // It is her last factor, and stays; her sessions are listed and one of them ends.
    let page = site
        .page("/operator/factors?lang=en", &cookie)
        .await
        .expect(200);
    assert!(page.text.contains("Office") && page.text.contains("keeps at least one second factor"));
    assert!(!page.text.contains("value=\"remove\""));
    let page = site
        .page("/operator/sessions?lang=en", &cookie)
        .await
        .expect(200);
    let session = hidden(&page, "session").to_owned();
    let end = format!("act=end&session={session}");
    let ended = site
        .submit("/operator/sessions", &cookie, &end)
        .await
        .expect(303);
    assert!(ended.header("location").starts_with("/operator/sessions?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_changes_her_factors_after_showing_who_she_is() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let cookie = operator(&site, "chen@operator.example", OperatorRole::Reviewer).await;
    let path = "/operator/factors?lang=en";
    site.parts.clock.advance(MINUTE * 11);
    let late = site
        .submit(path, &cookie, "act=ask-passkey&label=x")
        .await
        .expect(303);
    assert!(
        late.header("location").contains("/operator/proof?"),
        "{}",
        late.header("location")
    );
    let proof = "/operator/proof?lang=en&next=/operator/factors";
    let page = site.page(proof, &cookie).await.expect(200);
    assert!(page.text.contains("Code of the authenticator"));
    let wrong = "act=second&code=000000&next=/operator/factors";
    site.submit("/operator/proof", &cookie, wrong)
        .await
        .expect(400);
    // No other site and no page of accounts is gone on to.
    let page = site
        .page("/operator/proof?lang=en&next=/account", &cookie)
        .await;
    assert_eq!(hidden(&page.expect(200), "next"), "/operator");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_suspended_at_once_and_let_in_again_by_two() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let people = "/operator/people?lang=en";
    let chen = operator(&site, "chen@operator.example", OperatorRole::Reviewer).await;
    let ad = operator(&site, "ad@operator.example", OperatorRole::Administrator).await;
    let zhou = operator(&site, "zhou@operator.example", OperatorRole::Security).await;
    let refused = site.page(people, &chen).await.expect(403);
    for words in [
        "your role as operator may not do this",
        "href=\"/operator?lang=en\"",
    ] {
        assert!(refused.text.contains(words), "{words}: {}", refused.text);
    }
    assert!(!refused.text.contains("owner") && !refused.text.contains("My account"));
    let page = site.page(people, &zhou).await.expect(200);
    assert!(page.text.contains("Suspend: c") && page.text.contains("(you)"));
    assert!(!page.text.contains("chen@"), "addresses are masked");
    let id = hidden(&page, "operator").to_owned();
    let suspend = format!("act=suspend&operator={id}");
    site.submit(people, &chen, &suspend).await.expect(403);
    site.submit(people, &zhou, &suspend).await.expect(303);
    // At once: the session that was open opens nothing.
    let gone = site.page("/operator", &chen).await.expect(303);
    assert!(gone.header("location").starts_with(SIGN_IN));
    let again = site.submit(people, &zhou, &suspend).await.expect(400);
    assert!(again.text.contains("suspended already"));
    // Of the two who could let her in again, both stay.
    let others = page.text.split("name=\"operator\" value=\"").nth(2);
    let other = others.unwrap().split('"').next().unwrap();
    let both = format!("act=suspend&operator={other}");
    let told = site.submit(people, &zhou, &both).await.expect(400);
    assert!(told.text.contains("ewer than two active operators"));
    site.page(people, &ad).await.expect(200);
    // A reason that does not do is told at its field, and kept.
    let short = format!("act=restore&operator={id}&reason=short");
    let told = site.submit(people, &zhou, &short).await.expect(400);
    assert!(told.text.contains("value=\"short\"") && told.text.contains("aria-invalid"));
    let restore = format!("act=restore&operator={id}&reason=she+is+back+from+leave");
    site.submit(people, &zhou, &restore).await.expect(303);
    let path = format!("{PROPOSALS}?lang=en");
    let page = site.page(&path, &ad).await.expect(200);
    let (proposal, digest) = (hidden(&page, "proposal"), hidden(&page, "digest"));
    let approve = format!("act=approve&proposal={proposal}&digest={digest}");
    site.submit(&path, &zhou, &approve).await.expect(403);
    let still = site.page(people, &ad).await.expect(200);
    assert!(still.text.contains("Propose to let in again"));
    site.submit(&path, &ad, &approve).await.expect(303);
    let page = site.page(people, &ad).await.expect(200);
    assert!(!page.text.contains("Propose to let in again"));
    // The session that ended stays ended.
    site.page("/operator", &chen).await.expect(303);
    for path in [people, "/operator/outbox"] {
        for cookie in ["", "__Host-operator=0"] {
            let answer = site.page(path, cookie).await.expect(303);
            assert!(answer.header("location").starts_with(SIGN_IN));
        }
    }
    let nobody = "act=suspend&operator=opr_0192f0c1000070008000000000000001";
    site.submit(people, &zhou, nobody).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_outbox_shows_its_messages_after_a_recorded_look() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let path = "/operator/outbox?lang=en";
    let chen = operator(&site, "chen@operator.example", OperatorRole::Reviewer).await;
    let ad = operator(&site, "ad@operator.example", OperatorRole::Administrator).await;
    site.parts.clock.advance(MINUTE);
    let asked = "act=ask&address=li@example.cn";
    site.submit("/account/register", "", asked)
        .await
        .expect(200);
    site.page(path, &chen).await.expect(403);
    site.submit(path, &chen, "act=look").await.expect(403);
    let page = site.page(path, &ad).await.expect(200);
    for words in ["This is not a mailbox", "live secrets"] {
        assert!(page.text.contains(words), "{words}");
    }
    assert!(
        !page.text.contains("li@example.cn"),
        "nothing is shown before the look"
    );
    let before = site.parts.store.read().leaves_waiting().await.unwrap();
    let shown = site.submit(path, &ad, "act=look").await.expect(200);
    assert!(shown.text.contains("li@example.cn") && shown.text.contains("live secrets"));
    let after = site.parts.store.read().leaves_waiting().await.unwrap();
    assert_eq!(after - before, 1, "the look is in the ledger");
    let log = site.page("/operator/log?lang=en", &ad).await.expect(200);
    assert!(log.text.contains("Looked at the messages that wait here"));
    let log = site.page("/operator/log?lang=en", &chen).await.expect(200);
    for words in ["Tried to read the messages that cannot leave", "refused"] {
        assert!(log.text.contains(words), "{words}");
    }
    let home = site.page("/operator?lang=en", &ad).await.expect(200);
    assert!(home.text.contains("Local outbox (not sent)"));
    let home = site.page("/operator?lang=en", &chen).await.expect(200);
    assert!(!home.text.contains("Local outbox"));
}
