//! A sign-in that is held after failures, as somebody sees it whose browser her account does not know.

use yuntu_app::outbound::Kind;
use yuntu_terms::clause;

use crate::people::{MINUTE, PASSWORD, Seen, hidden, session};
use crate::site::{Answer, MARK, OWN, Site};

const SIGN_IN: &str = "/account/sign-in?lang=en";
const SECOND: &str = "/account/second?lang=en";
const LI: &str = "li@example.cn";

async fn enter(site: &Site, path: &str, cookie: &str, password: &str) -> Answer {
    site.parts.clock.advance(MINUTE);
    let cookie = format!("__Host-csrf={MARK}; {cookie}");
    let headers = [OWN, ("cookie", cookie.as_str())];
    let body =
        format!("mark={MARK}&act=password&address={LI}&password={password}&next=/account/log");
    site.post_form(path, &headers, body).await
}

fn code_in(seen: &[Seen]) -> String {
    let mut codes = seen.iter().filter(|it| it.kind == Kind::Code);
    let text = &codes.next_back().unwrap().text;
    let mut words = text.split(|sign: char| !sign.is_ascii_digit());
    words.find(|it| it.len() == 6).unwrap().to_owned()
}

/// Somebody with a password, and as many failures as make a strange browser doubtful.
async fn doubted() -> (Site, String) {
    let site = Site::open().await;
    let cookie = site.register(LI, &format!("&password={PASSWORD}")).await;
    for _ in 0..3 {
        let wrong = enter(&site, SIGN_IN, "", "another ferry oxide lamp").await;
        wrong.expect(401);
    }
    site.messages().await;
    (site, cookie)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_sign_in_is_opened_by_a_code_that_goes_to_the_account() {
    let _mark = clause::check!(R9);
    let (site, cookie) = doubted().await;
    let page = enter(&site, SIGN_IN, "", PASSWORD).await.expect(200);
    assert!(session(&page).is_none(), "the password alone opens nothing");
    for words in [
        "One more proof",
        "does not know this browser",
        "mail address",
    ] {
        assert!(page.text.contains(words), "{}", page.text);
    }
    // Who only has the password learns no address by it.
    assert!(!page.text.contains("example.cn"));
    let (ticket, request) = (hidden(&page, "ticket"), hidden(&page, "request"));
    let seen = site.messages().await;
    let held = seen.iter().filter(|it| it.kind == Kind::SignInHeld);
    assert_eq!((seen.len(), held.count()), (2, 1));
    let code = code_in(&seen);
    let along = format!("ticket={ticket}&request={request}&next=/account/log");
    let send = async |more: &str| site.submit(SECOND, "", &format!("{along}&{more}")).await;
    for (typed, told) in [("", "fill this in"), ("12", "6"), ("000000", "tries left")] {
        let page = send(&format!("act=code&code={typed}")).await.expect(400);
        assert!(page.text.contains("aria-invalid"), "{typed}");
        assert!(page.text.contains(told), "{typed}: {}", page.text);
        assert_eq!(hidden(&page, "request"), request, "the code stays good");
    }
    // The password was shown already.
    let again = send(&format!("act=password&password={PASSWORD}")).await;
    assert!(session(&again.expect(400)).is_none());
    // Too soon for another; the one that was sent is still asked for.
    let soon = send("act=ask").await.expect(429);
    assert!(soon.text.contains("try again after") && soon.text.contains("name=\"code\""));
    let entered = send(&format!("act=code&code={code}")).await.expect(303);
    assert_eq!(entered.header("location"), "/account/log?lang=en");
    assert!(session(&entered).is_some());
    let spent = send(&format!("act=code&code={code}")).await.expect(303);
    assert!(spent.header("location").contains("done=spent"));
    let log = site.page("/account/log?lang=en", &cookie).await.expect(200);
    assert!(log.text.contains("held after failures"), "{}", log.text);
    let log = site.page("/account/log?lang=zh", &cookie).await.expect(200);
    assert!(log.text.contains("登录被拦下"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_sign_in_waits_for_the_next_code_and_a_known_browser_is_not_held() {
    let _mark = clause::check!(R9);
    let (site, cookie) = doubted().await;
    // A code was sent a moment ago, so the next one waits.
    let path = "/account/sign-in?lang=zh";
    site.parts.clock.advance(MINUTE);
    let body = format!("act=ask&address={LI}");
    site.submit(path, "", &body).await.expect(200);
    let cookie_of_mark = format!("__Host-csrf={MARK}");
    let headers = [OWN, ("cookie", cookie_of_mark.as_str())];
    let body = format!("mark={MARK}&act=password&address={LI}&password={PASSWORD}");
    let page = site.post_form(path, &headers, body).await.expect(429);
    assert!(page.text.contains("还需要一项证明") && page.text.contains("尝试过于频繁"));
    assert!(!page.text.contains("name=\"code\""));
    let ticket = hidden(&page, "ticket").to_owned();
    site.messages().await;
    site.parts.clock.advance(MINUTE);
    let second = "/account/second?lang=zh";
    let body = format!("ticket={ticket}&act=ask");
    let asked = site.submit(second, "", &body).await.expect(200);
    assert!(asked.text.contains("发往您邮箱"), "{}", asked.text);
    let code = code_in(&site.messages().await);
    let request = hidden(&asked, "request");
    let body = format!("ticket={ticket}&request={request}&act=code&code={code}");
    let entered = site.submit(second, "", &body).await.expect(303);
    let known = entered
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|it| it.to_str().unwrap())
        .find(|it| it.starts_with("__Host-device="))
        .unwrap();
    let known = known.split(';').next().unwrap().to_owned();
    for _ in 0..3 {
        enter(&site, SIGN_IN, "", "another ferry oxide lamp")
            .await
            .expect(401);
    }
    enter(&site, SIGN_IN, &known, PASSWORD).await.expect(303);
    site.page("/account", &cookie).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_from_a_network_of_many_failures_asks_for_the_password() {
    let _mark = clause::check!(R9);
    let (site, _) = doubted().await;
    for number in 0..20 {
        let body = format!("act=password&address=other{number}@example.cn&password=not+the+one");
        site.parts.clock.advance(MINUTE);
        site.submit(SIGN_IN, "", &body).await.expect(401);
    }
    let (along, code) = site.code("/account/sign-in", "", LI).await;
    let body = format!("act=code&{along}&code={code}");
    let page = site.submit(SIGN_IN, "", &body).await.expect(200);
    assert!(session(&page).is_none());
    assert!(page.text.contains("many failed sign-ins from this network"));
    assert!(page.text.contains("/account/recover?lang=en"));
    let ticket = hidden(&page, "ticket").to_owned();
    let send = async |password: &str| {
        let body = format!("ticket={ticket}&act=password&password={password}");
        site.submit(SECOND, "", &body).await
    };
    let wrong = send("another ferry oxide lamp").await.expect(400);
    assert!(wrong.text.contains("tries left") && wrong.text.contains("aria-invalid"));
    assert!(!wrong.text.contains("another ferry"));
    assert!(session(&send(PASSWORD).await.expect(303)).is_some());
}
