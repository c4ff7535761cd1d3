//! The privacy centre as a browser without scripts sees it.

use std::time::Duration;

use yuntu_app::outbound::Kind;
use yuntu_statement::{About, Statement};
use yuntu_terms::{Lang, clause};

use crate::people::{FOREIGN, MINUTE, OWNER, PASSWORD, hidden, session};
use crate::site::{MARK, OWN, Site};

const ADDRESS: &str = "lilei.chen@example.cn";

async fn person(site: &Site) -> String {
    let more = format!("&password={PASSWORD}&nickname=Li");
    site.register(ADDRESS, &more).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_category_is_there_with_purpose_ground_retention_and_my_masked_value() {
    let _mark = clause::check!(R26);
    let site = Site::open().await;
    let cookie = person(&site).await;
    let statement = Statement::in_force().unwrap();
    for (code, lang, words) in [
        (
            "zh",
            Lang::Zh,
            ["依据：合同所必需", "注销帐号后最迟 15 日删除", "现有"],
        ),
        (
            "en",
            Lang::En,
            [
                "Ground: contract",
                "15 days after the account is closed",
                "Kept now",
            ],
        ),
    ] {
        let path = format!("/account?lang={code}");
        let page = site.page(&path, &cookie).await.expect(200).text;
        for word in words {
            assert!(page.contains(word), "{word}");
        }
        for category in statement.categories() {
            if category.about == About::Visitor {
                continue;
            }
            let name = format!("<h3>{}</h3>", category.name.get(lang));
            assert!(page.contains(&name), "{name}");
            let why = category.why.get(lang).replace('\'', "&#39;");
            assert!(page.contains(&why), "{why}");
        }
        assert!(page.contains("l*********@example.cn") && page.contains(">Li<"));
        assert!(!page.contains(ADDRESS));
        assert!(
            page.contains("1.0 (20"),
            "the version that was accepted, and when"
        );
        for path in [
            "nickname", "email", "phone", "password", "sessions", "log", "seats",
        ] {
            assert!(page.contains(&format!("href=\"/account/{path}?lang={code}\"")));
        }
        assert!(page.contains(&format!("href=\"/cookies?lang={code}\"")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_optional_purpose_has_a_switch_that_works_at_once() {
    let _marks = (clause::check!(R0), clause::check!(R26));
    let site = Site::open().await;
    let cookie = person(&site).await;
    let on = async || -> Vec<String> {
        let page = site
            .page("/account?lang=en", &cookie)
            .await
            .expect(200)
            .text;
        let parts = page.split("<form class=\"stack\"").skip(1);
        let off = parts.filter(|form| form.contains("name=\"act\" value=\"off\""));
        off.map(|form| {
            let (_, rest) = form.split_once("name=\"purpose\" value=\"").unwrap();
            rest.split('"').next().unwrap().to_owned()
        })
        .collect()
    };
    assert!(on().await.is_empty());
    let done = site
        .submit("/account?lang=zh", &cookie, "act=on&purpose=telemetry")
        .await;
    let done = done.expect(303);
    let shown = site.page(done.header("location"), &cookie).await;
    assert!(shown.expect(200).text.contains("您的选择已生效"));
    assert_eq!(on().await, ["telemetry"]);
    site.submit("/account", &cookie, "act=off&purpose=telemetry")
        .await
        .expect(303);
    assert!(on().await.is_empty());
    for (body, status) in [
        ("act=on&purpose=account", 400),
        ("act=on&purpose=marketing", 400),
        ("act=on&purpose=%20", 404),
        ("act=on", 404),
        ("act=maybe&purpose=telemetry", 400),
        ("", 400),
    ] {
        site.submit("/account", &cookie, body).await.expect(status);
    }
    assert!(on().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn my_log_is_read_page_by_page_in_words_and_holds_nothing_of_others() {
    let _mark = clause::check!(R1);
    let site = Site::open().await;
    let cookie = person(&site).await;
    for number in 0..30 {
        let act = if number % 2 == 0 { "on" } else { "off" };
        let body = format!("act={act}&purpose=telemetry");
        site.submit("/account", &cookie, &body).await.expect(303);
    }
    for _ in 0..30 {
        let body = "nickname=Li+Lei";
        site.submit("/account/nickname", &cookie, body)
            .await
            .expect(303);
    }
    for (lang, words, older) in [
        (
            "zh",
            [
                "注册帐号",
                "打开可选目的“崩溃与性能”",
                "接受隐私声明 1.0 版",
            ],
            "更早的记录",
        ),
        (
            "en",
            [
                "Opened the account",
                "Turned on the optional purpose “Crashes and performance”",
                "Accepted version 1.0 of the privacy statement",
            ],
            "Older entries",
        ),
    ] {
        let path = format!("/account/log?lang={lang}");
        let first = site.page(&path, &cookie).await.expect(200).text;
        assert_eq!(first.matches("<th scope=\"row\">").count(), 50);
        let (before, _) = first.split_once(older).unwrap();
        let link = before.rsplit("href=\"").next().unwrap();
        let link = link
            .split('"')
            .next()
            .unwrap()
            .replace("&amp;", "&")
            .replace("&#38;", "&");
        let second = site.page(&link, &cookie).await.expect(200).text;
        let both = format!("{first}{second}");
        assert!(!second.contains(older));
        for word in words {
            assert!(both.contains(word), "{word}: {second}");
        }
        for code in [
            "choice.recorded",
            "account.opened",
            "nickname.set",
            "session.",
        ] {
            assert!(!both.contains(code), "{code}");
        }
    }
    // Somebody else's log begins with her own acts, whatever entry she names.
    let other = site.sign_in(FOREIGN).await;
    let page = site
        .page("/account/log?lang=en&before=9999999", &other)
        .await;
    assert!(!page.expect(200).text.contains("Crashes"));
    site.page("/account/log?before=x", &cookie)
        .await
        .expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn i_see_my_sessions_and_end_one_or_all_others() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    let here = person(&site).await;
    let enter = async || {
        let body = format!("act=password&address={ADDRESS}&password={PASSWORD}");
        let entered = site.submit("/account/sign-in", "", &body).await.expect(303);
        session(&entered).unwrap()
    };
    let (second, third) = (enter().await, enter().await);
    let told = site.messages().await;
    assert!(told.len() == 2 && told.iter().all(|it| it.kind == Kind::NewSignIn));
    let page = site
        .page("/account/sessions?lang=en", &here)
        .await
        .expect(200);
    assert_eq!(page.text.matches("Last used").count(), 3);
    assert_eq!(page.text.matches("the one you are using").count(), 1);
    let listed = hidden(&page, "session").to_owned();
    let body = format!("act=end&session={listed}");
    // A session of somebody else is not there.
    let other = site.sign_in(OWNER).await;
    site.submit("/account/sessions", &other, &body)
        .await
        .expect(404);
    site.submit("/account/sessions", &here, &body)
        .await
        .expect(303);
    let alive = async |cookie: &String| site.page("/account", cookie).await.status.as_u16() == 200;
    let left = [alive(&second).await, alive(&third).await];
    assert_eq!(left.iter().filter(|it| **it).count(), 1);
    site.submit("/account/sessions", &here, &body)
        .await
        .expect(404);
    site.submit("/account/sessions", &here, "act=others")
        .await
        .expect(303);
    assert!(!alive(&second).await && !alive(&third).await && alive(&here).await);
    for odd in ["act=end&session=", "act=end&session=acc_1"] {
        site.submit("/account/sessions", &here, odd)
            .await
            .expect(404);
    }
    site.submit("/account/sessions", &here, "act=x")
        .await
        .expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nickname_and_addresses_change_and_old_and_new_are_told() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    let cookie = person(&site).await;
    let long = format!("nickname={}", "长".repeat(41));
    let wrong = site
        .submit("/account/nickname?lang=zh", &cookie, &long)
        .await
        .expect(400);
    assert!(wrong.text.contains("id=\"nickname-nickname-wrong\"") && wrong.text.contains("长长"));
    site.submit("/account/nickname", &cookie, "nickname=%3Cb%3E")
        .await
        .expect(303);
    let page = site.page("/account", &cookie).await.expect(200);
    assert!(page.text.contains("&#60;b&#62;") && !page.text.contains("<b>"));
    // A phone number beside the mail address: the proof of registering is still fresh.
    let (along, code) = site.code("/account/phone", &cookie, "13812345678").await;
    let body = format!("act=code&{along}&code={code}");
    site.submit("/account/phone", &cookie, &body)
        .await
        .expect(303);
    let told = site.messages().await;
    let mut to: Vec<&str> = told.iter().map(|it| it.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["13812345678", ADDRESS]);
    assert!(told.iter().all(|it| it.kind == Kind::ContactChanged));
    let page = site.page("/account", &cookie).await.expect(200);
    assert!(page.text.contains("138****5678") && !page.text.contains("13812345678"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_changes_only_after_a_fresh_proof() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    let cookie = person(&site).await;
    site.parts.clock.advance(MINUTE * 10);
    for path in ["/account/email", "/account/phone"] {
        let asked = site.page(path, &cookie).await.expect(303);
        assert_eq!(
            asked.header("location"),
            format!("/account/proof?lang=en&next={path}")
        );
        let new = if path == "/account/email" {
            "new@example.cn"
        } else {
            "13912345678"
        };
        let asked = site
            .submit(path, &cookie, &format!("act=ask&address={new}"))
            .await;
        let location = asked.expect(303).header("location").to_owned();
        assert!(location.starts_with("/account/proof"));
    }
    let body = format!("act=password&password={PASSWORD}&next=/account/email");
    let proven = site
        .submit("/account/proof", &cookie, &body)
        .await
        .expect(303);
    let cookie = session(&proven).unwrap();
    for (body, told) in [
        ("act=ask&address=13912345678", "mail address"),
        ("act=ask&address=", "fill this in"),
    ] {
        let page = site
            .submit("/account/email", &cookie, body)
            .await
            .expect(400);
        assert!(page.text.contains(told), "{}", page.text);
    }
    // An address that has an account already gets no code, and the page is the same.
    site.parts.clock.advance(MINUTE);
    let body = format!("act=ask&address={OWNER}");
    let taken = site
        .submit("/account/email", &cookie, &body)
        .await
        .expect(200);
    assert_eq!(site.messages().await[0].kind, Kind::AccountExists);
    let request = hidden(&taken, "request").to_owned();
    let body = format!("act=code&address={OWNER}&request={request}&code=123456");
    site.submit("/account/email", &cookie, &body)
        .await
        .expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_refuses_everything_optional_and_the_console_still_has_the_centre() {
    let _mark = clause::check!(R26);
    let site = Site::open().await;
    let (along, code) = site.code("/account/sign-in", "", OWNER).await;
    let body = format!("act=code&{along}&code={code}");
    let entered = site.submit("/account/sign-in", "", &body).await.expect(303);
    let cookie = session(&entered).unwrap();
    // The statement is not accepted: the console is closed, her rights are not.
    site.page("/console", &cookie).await.expect(303);
    for path in [
        "/account",
        "/account/log",
        "/account/sessions",
        "/account/nickname",
    ] {
        site.page(path, &cookie).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_centre_is_closed_to_who_is_not_signed_in_and_to_forged_forms() {
    let site = Site::open().await;
    let forms = [
        "/account",
        "/account/nickname",
        "/account/email",
        "/account/phone",
        "/account/sessions",
    ];
    for path in forms.into_iter().chain(["/account/log"]) {
        for cookie in ["", "__Host-session=00"] {
            let answer = site.page(path, cookie).await.expect(303);
            assert!(
                answer
                    .header("location")
                    .starts_with("/account/sign-in?lang=en&next=/account")
            );
        }
    }
    let cookie = person(&site).await;
    for path in forms {
        let own = [OWN, ("cookie", cookie.as_str())];
        let body = format!("mark={MARK}&act=on&purpose=telemetry");
        site.post_form(path, &own, body.clone()).await.expect(403);
        let cross = [
            ("sec-fetch-site", "cross-site"),
            ("cookie", cookie.as_str()),
        ];
        site.post_form(path, &cross, body).await.expect(403);
        let nobody = site.submit(path, "", "act=on").await.expect(303);
        assert!(nobody.header("location").starts_with("/account/sign-in"));
    }
    // An idle session ends by itself.
    site.parts.clock.advance(Duration::from_mins(30));
    site.page("/account", &cookie).await.expect(303);
}
