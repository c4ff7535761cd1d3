//! Registering, signing in and recovering as a browser without scripts does them.

use yuntu_app::outbound::Kind;
use yuntu_app::vault::VerificationCode;
use yuntu_terms::clause;
use yuntu_testkit::Authenticator;

use crate::people::{FOREIGN, MINUTE, OWNER, PASSWORD, hidden, session};
use crate::site::{MARK, OWN, Site};

const REGISTER: &str = "/account/register";
const SIGN_IN: &str = "/account/sign-in";
const RECOVER: &str = "/account/recover";

#[tokio::test(flavor = "multi_thread")]
async fn a_person_registers_with_an_address_and_nothing_optional_is_on() {
    let _marks = (clause::check!(R0), clause::check!(R2));
    let site = Site::open().await;
    for (lang, words) in [
        (
            "zh",
            ["我已阅读并接受隐私声明 1.0 版", "可选：崩溃与性能", "必填"],
        ),
        (
            "en",
            [
                "I have read and accept version 1.0",
                "Optional: Crashes and performance",
                "Necessary.",
            ],
        ),
    ] {
        let path = format!("{REGISTER}?lang={lang}");
        let first = site.page(&path, "").await.expect(200);
        assert!(first.text.contains(words[2]), "{}", first.text);
        site.parts.clock.advance(MINUTE);
        let body = format!("act=ask&address=new-{lang}@example.cn");
        let second = site.submit(&path, "", &body).await.expect(200);
        for word in &words[..2] {
            assert!(second.text.contains(word), "{word}: {}", second.text);
        }
        assert!(
            !second.text.contains(" checked"),
            "nothing is ticked beforehand"
        );
        assert!(second.text.contains("/statement/v/1.0?lang="));
        let switches = second.text.matches("name=\"purpose\"").count();
        assert_eq!(switches, 4, "a switch for each optional purpose");
        assert!(second.header("set-cookie").is_empty() || session(&second).is_none());
        site.messages().await;
    }
    let cookie = site.register("li@example.cn", "&purpose=telemetry").await;
    // She acts for nobody yet.
    let console = site.page("/console", &cookie).await.expect(303);
    assert!(console.header("location").starts_with("/account/seats"));
}

#[tokio::test(flavor = "multi_thread")]
async fn going_on_without_the_tick_accepts_nothing_and_keeps_what_was_typed() {
    let _mark = clause::check!(R0);
    let site = Site::open().await;
    let (along, code) = site.code(REGISTER, "", "li@example.cn").await;
    let typed = "nickname=%E5%B0%8F%E6%9D%8E&purpose=telemetry&version=1.0";
    for (lang, told) in [
        ("zh", "请先阅读并明确接受现行版本的隐私声明"),
        (
            "en",
            "read the privacy statement in force and accept it expressly",
        ),
    ] {
        let path = format!("{REGISTER}?lang={lang}");
        let body = format!("act=open&{along}&code={code}&{typed}&password={PASSWORD}");
        let again = site.submit(&path, "", &body).await.expect(400);
        assert!(session(&again).is_none());
        assert!(again.text.contains(told), "{}", again.text);
        assert!(again.text.contains("value=\"小李\""));
        assert!(again.text.contains("value=\"telemetry\" checked"));
        assert!(!again.text.contains(PASSWORD) && !again.text.contains(&code));
        assert!(again.text.contains("aria-invalid=\"true\""));
        assert!(again.text.contains("id=\"register-accept-wrong\""));
        assert!(
            again
                .text
                .contains("aria-describedby=\"register-accept-note register-accept-wrong\"")
        );
    }
    for version in ["0.9", "", "x"] {
        let body = format!("act=open&{along}&code={code}&version={version}&accept=yes");
        let other = site.submit(REGISTER, "", &body).await.expect(400);
        assert!(session(&other).is_none(), "another version");
    }
    // The code was not used up by any of this.
    let body = format!("act=open&{along}&code={code}&{typed}&accept=yes");
    let entered = site.submit(REGISTER, "", &body).await.expect(303);
    assert!(session(&entered).is_some());
    assert!(entered.header("location").starts_with("/console?lang="));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_told_with_its_reason_in_both_languages() {
    let site = Site::open().await;
    for (path, body, zh, en) in [
        (
            REGISTER,
            "act=ask&address=",
            "请填写",
            "Please fill this in",
        ),
        (REGISTER, "act=ask&address=a%40b", "邮箱", "mail address"),
        (SIGN_IN, "act=ask&address=12345", "现有 5 个", "it has 5"),
        (
            SIGN_IN,
            "act=password&address=&password=x",
            "请填写",
            "Please fill this in",
        ),
        (
            RECOVER,
            "act=ask&address=nobody",
            "第 1 个字符",
            "Character 1",
        ),
        (
            SIGN_IN,
            "act=code&address=a%40example.cn&code=1",
            "请先获取验证码",
            "ask for a code first",
        ),
    ] {
        for (lang, told) in [("zh", zh), ("en", en)] {
            let path = format!("{path}?lang={lang}");
            let page = site.submit(&path, "", body).await.expect(400);
            let alert = page.text.split("role=\"alert\"").nth(1).unwrap();
            let alert = alert.split("</div>").next().unwrap();
            assert!(alert.contains(told), "{path} {body}: {alert}");
            assert!(session(&page).is_none());
        }
    }
    let odd = "act=fly&address=a%40example.cn";
    for path in [REGISTER, SIGN_IN, RECOVER] {
        site.submit(path, "", odd).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_choice_at_registering_is_told_at_its_field() {
    let site = Site::open().await;
    let (along, code) = site.code(REGISTER, "", "li@example.cn").await;
    let good = format!("act=open&{along}&version=1.0&accept=yes");
    let long = "a".repeat(41);
    for (more, field, told) in [
        (
            format!("&code={code}&password=short"),
            "password",
            "15 characters",
        ),
        (
            format!("&code={code}&password=li@example.cn+2026"),
            "password",
            "your name",
        ),
        (
            format!("&code={code}&nickname={long}"),
            "nickname",
            "1 to 40 characters",
        ),
        (String::from("&code=12"), "code", "6"),
        (String::from("&code=000000"), "code", "tries left"),
    ] {
        let path = format!("{REGISTER}?lang=en");
        let page = site.submit(&path, "", &format!("{good}{more}")).await;
        let page = page.expect(400);
        let wrong = format!("id=\"register-{field}-wrong\"");
        let (_, rest) = page
            .text
            .split_once(&wrong)
            .unwrap_or_else(|| panic!("{field}: {}", page.text));
        let text = rest.split("</p>").next().unwrap();
        assert!(text.contains(told), "{field}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_an_account_and_one_without_get_the_same_pages() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    for path in [REGISTER, SIGN_IN, RECOVER] {
        let mut pages = Vec::new();
        for address in [OWNER, "nobody-north@store.example"] {
            site.parts.clock.advance(MINUTE);
            let body = format!("act=ask&address={address}");
            let page = site.submit(path, "", &body).await.expect(200);
            let request = hidden(&page, "request").to_owned();
            let expires = hidden(&page, "expires").to_owned();
            let text = page.text.replace(&request, "R").replace(&expires, "E");
            let text = text.replace(address, "A");
            let text: String = text.chars().filter(|sign| *sign != '*').collect();
            // The minute until which the code is good differs by the clock alone.
            let text: String = text.chars().filter(|sign| !sign.is_ascii_digit()).collect();
            pages.push(text);
        }
        assert_eq!(pages[0], pages[1], "{path}");
    }
    let kinds: Vec<Kind> = site.messages().await.iter().map(|it| it.kind).collect();
    assert_eq!(
        kinds
            .iter()
            .filter(|it| **it == Kind::AccountExists)
            .count(),
        1
    );
    let wrong = "act=password&password=not+the+password&address=";
    let mut told = Vec::new();
    for address in [OWNER, "nobody@store.example"] {
        let body = format!("{wrong}{address}");
        let page = site.submit(SIGN_IN, "", &body).await.expect(401);
        told.push(page.text.replace(address, "A"));
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_signs_in_by_code_or_password_and_goes_on_where_one_was() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    let more = format!("&password={PASSWORD}&nickname=Li");
    let first = site.register("li@example.cn", &more).await;
    let body =
        format!("act=password&address=Li%40Example.cn&password={PASSWORD}&next=/account/seats");
    let entered = site.submit(SIGN_IN, &first, &body).await.expect(303);
    assert_eq!(entered.header("location"), "/account/seats?lang=en");
    let second = session(&entered).unwrap();
    assert_ne!(first, second);
    // The session that the browser had before is gone.
    site.page("/account/seats", &first).await.expect(303);
    let page = site.page("/account/seats", &second).await.expect(200);
    assert!(page.text.contains(">Li<span") && page.text.contains("/account/sign-out"));
    for bad in ["https://evil.example", "//evil.example", "/a?b"] {
        let body = format!("act=password&address=li%40example.cn&password={PASSWORD}&next={bad}");
        let entered = site.submit(SIGN_IN, "", &body).await.expect(303);
        assert_eq!(entered.header("location"), "/console?lang=en", "{bad}");
    }
    let out = site.submit("/account/sign-out?lang=zh", &second, "").await;
    let out = out.expect(303);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    site.page("/account/seats", &second).await.expect(303);
    let page = site.page(out.header("location"), "").await.expect(200);
    assert!(page.text.contains("您已退出登录"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_password_gets_back_in_and_sets_a_new_one() {
    let site = Site::open().await;
    let more = format!("&password={PASSWORD}");
    let before = site.register("li@example.cn", &more).await;
    let (along, code) = site.code(RECOVER, "", "li@example.cn").await;
    let body = format!("act=code&{along}&code={code}");
    let entered = site.submit(RECOVER, "", &body).await.expect(303);
    assert!(entered.header("location").starts_with("/account/password"));
    let cookie = session(&entered).unwrap();
    site.page("/account/seats", &before).await.expect(303);
    site.page("/account/password", &cookie).await.expect(200);
    let weak = site.submit(
        "/account/password",
        &cookie,
        "act=set&password=aaaaaaaaaaaaaaaaaaaa",
    );
    let weak = weak.await.expect(400);
    assert!(weak.text.contains("pattern") && !weak.text.contains("aaaaaaaaaaaaaaaaaaaa"));
    let new = "a kettle sings at quarter past";
    let body = format!("act=set&password={new}");
    let set = site.submit("/account/password", &cookie, &body).await;
    set.expect(303);
    let by = async |password| {
        let body = format!("act=password&address=li%40example.cn&password={password}");
        site.submit(SIGN_IN, "", &body).await.status.as_u16()
    };
    assert_eq!(by(PASSWORD).await, 401);
    assert_eq!(by(new).await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_password_asks_for_a_fresh_proof_and_leads_back() {
    let _mark = clause::check!(R24);
    let site = Site::open().await;
    let more = format!("&password={PASSWORD}");
    let cookie = site.register("li@example.cn", &more).await;
    site.parts.clock.advance(MINUTE * 10);
    for answer in [
        site.page("/account/password?lang=zh", &cookie).await,
        site.submit(
            "/account/password?lang=zh",
            &cookie,
            "act=set&password=another+long+phrase+here",
        )
        .await,
    ] {
        let location = answer.expect(303).header("location").to_owned();
        assert_eq!(location, "/account/proof?lang=zh&next=/account/password");
        let page = site.page(&location, &cookie).await.expect(200);
        assert!(page.text.contains("请再证明一次") && page.text.contains("l*@example.cn"));
    }
    let proof = "/account/proof?lang=en";
    let wrong = "act=password&password=wrong&next=/account/password";
    let wrong = site.submit(proof, &cookie, wrong).await.expect(401);
    assert!(session(&wrong).is_none());
    let body = format!("act=password&password={PASSWORD}&next=/account/password");
    let proven = site.submit(proof, &cookie, &body).await.expect(303);
    assert_eq!(proven.header("location"), "/account/password?lang=en");
    let renewed = session(&proven).unwrap();
    site.page("/account/password", &cookie).await.expect(303);
    site.page("/account/password", &renewed).await.expect(200);
    // By a code too, and somebody else's code proves nothing.
    site.parts.clock.advance(MINUTE * 10);
    let (along, code) = site.code(proof, &renewed, FOREIGN).await;
    let body = format!("act=code&{along}&code={code}");
    site.submit(proof, &renewed, &body).await.expect(400);
    let (along, code) = site.code(proof, &renewed, "li@example.cn").await;
    let body = format!("act=code&{along}&code={code}&next=/account/password");
    let proven = site.submit(proof, &renewed, &body).await.expect(303);
    assert!(session(&proven).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolled_owner_accepts_the_statement_herself_before_the_console_opens() {
    let _mark = clause::check!(R0);
    let site = Site::open().await;
    let (along, code) = site.code(SIGN_IN, "", OWNER).await;
    let body = format!("act=code&{along}&code={code}");
    let entered = site.submit(SIGN_IN, "", &body).await.expect(303);
    let cookie = session(&entered).unwrap();
    let console = site.page("/console?lang=zh", &cookie).await.expect(303);
    assert_eq!(
        console.header("location"),
        "/account/accept?lang=zh&next=/console"
    );
    let page = site
        .page("/account/accept?lang=zh&next=/console", &cookie)
        .await;
    assert!(page.expect(200).text.contains("尚未接受现行版本"));
    for body in [
        "act=accept",
        "act=accept&version=1.0",
        "act=accept&accept=yes&version=0.9",
    ] {
        let refused = site.submit("/account/accept", &cookie, body).await;
        refused.expect(400);
        site.page("/console", &cookie).await.expect(303);
    }
    let body = "act=accept&version=1.0&accept=yes&next=/console";
    site.submit("/account/accept", &cookie, body)
        .await
        .expect(303);
    let page = site.page("/console", &cookie).await.expect(200);
    assert!(page.text.contains("North Store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_without_an_enterprise_creates_one_and_is_told_what_certification_opens() {
    let _mark = clause::check!(R3);
    let site = Site::open().await;
    let cookie = site.register("li@example.cn", "").await;
    for (lang, words) in [
        ("zh", "您还不代表任何企业"),
        ("en", "do not act for any enterprise yet"),
    ] {
        let path = format!("/account/seats?lang={lang}");
        let page = site.page(&path, &cookie).await.expect(200);
        assert!(page.text.contains(words));
    }
    for (body, field) in [
        ("act=create&name=&industry=retail", "name"),
        ("act=create&name=12&industry=retail", "name"),
        ("act=create&name=Kettle+Works&industry=", "industry"),
    ] {
        let page = site
            .submit("/account/seats", &cookie, body)
            .await
            .expect(400);
        assert!(
            page.text.contains(&format!("id=\"create-{field}-wrong\"")),
            "{}",
            page.text
        );
    }
    let body = "act=create&name=Kettle+Works&industry=retail";
    site.submit("/account/seats", &cookie, body)
        .await
        .expect(303);
    for (lang, words) in [
        (
            "zh",
            ["没有在有效期内的认证", "/console/certification?lang=zh"],
        ),
        (
            "en",
            [
                "no certification in force",
                "/console/certification?lang=en",
            ],
        ),
    ] {
        let page = site
            .page(&format!("/console?lang={lang}"), &cookie)
            .await
            .expect(200);
        assert!(page.text.contains("Kettle Works"));
        for word in words {
            assert!(page.text.contains(word), "{word}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_two_seats_chooses_and_nobody_takes_anothers() {
    let _mark = clause::check!(R3);
    let site = Site::open().await;
    let cookie = site.register("li@example.cn", "").await;
    let body = "act=create&name=Kettle+Works&industry=retail";
    site.submit("/account/seats", &cookie, body)
        .await
        .expect(303);
    site.parts.clock.advance(MINUTE);
    let body = "act=create&name=Second+Works&industry=retail";
    site.submit("/account/seats", &cookie, body)
        .await
        .expect(303);
    let page = site.page("/console", &cookie).await.expect(200);
    assert!(page.text.contains("Second Works"));
    let page = site
        .page("/account/seats?lang=en", &cookie)
        .await
        .expect(200);
    let first = hidden(&page, "seat").to_owned();
    site.submit("/account/seats", &cookie, &format!("act=take&seat={first}"))
        .await
        .expect(303);
    let page = site.page("/console", &cookie).await.expect(200);
    assert!(page.text.contains("Kettle Works"));
    // A seat of somebody else is not there.
    let other = site.sign_in(OWNER).await;
    let foreign = format!("act=take&seat={first}");
    site.submit("/account/seats", &other, &foreign)
        .await
        .expect(404);
    for odd in [
        "act=take&seat=",
        "act=take&seat=rep_1",
        "act=take&seat=ent_0192f0c1000070008000000000000001",
    ] {
        site.submit("/account/seats", &other, odd).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_or_a_mark_nothing_is_shown_or_done() {
    let site = Site::open().await;
    let pages = [
        "/account/accept",
        "/account/password",
        "/account/proof",
        "/account/seats",
    ];
    for path in pages {
        for cookie in ["", "__Host-session=", "__Host-session=0000"] {
            let answer = site.page(path, cookie).await.expect(303);
            let expected = format!("/account/sign-in?lang=en&next={path}");
            assert_eq!(answer.header("location"), expected);
            let answer = site.submit(path, cookie, "act=set").await.expect(303);
            assert!(answer.header("location").starts_with("/account/sign-in"));
        }
    }
    let cookie = site.register("li@example.cn", "").await;
    let forms = [REGISTER, SIGN_IN, RECOVER, "/account/sign-out"];
    for path in forms.into_iter().chain(pages) {
        let headers = [OWN, ("cookie", cookie.as_str())];
        let answer = site
            .post_form(path, &headers, format!("mark={MARK}&act=ask"))
            .await;
        answer.expect(403);
        let cross = [
            ("sec-fetch-site", "cross-site"),
            ("cookie", cookie.as_str()),
        ];
        let answer = site.post_form(path, &cross, format!("mark={MARK}")).await;
        answer.expect(403);
    }
    site.page("/account/seats", &cookie).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_an_authenticator_is_opened_by_the_second_step_alone() {
    let _mark = clause::check!(R2);
    let site = Site::open().await;
    let more = format!("&password={PASSWORD}");
    let cookie = site.register("li@example.cn", &more).await;
    let secret = cookie.strip_prefix("__Host-session=").unwrap();
    let held = site.platform.session(secret).await.unwrap();
    let new = site.platform.begin_totp(&held).await.unwrap();
    let app = new.read(|_, secret| Authenticator::read(secret).unwrap());
    let code = || app.code(site.platform.now()).unwrap();
    let typed = VerificationCode::parse(&code()).unwrap();
    let added = site.platform.confirm_totp(&held, &typed).await.unwrap();
    site.messages().await;
    let body = format!("act=password&address=li%40example.cn&password={PASSWORD}&next=/account");
    let ticket = async |lang: &str| {
        site.parts.clock.advance(MINUTE);
        let path = format!("{SIGN_IN}?lang={lang}");
        let page = site.submit(&path, "", &body).await.expect(200);
        assert!(session(&page).is_none(), "the first factor opens nothing");
        let words = if lang == "zh" {
            "第二步验证"
        } else {
            "The second step"
        };
        assert!(page.text.contains(words), "{}", page.text);
        hidden(&page, "ticket").to_owned()
    };
    let second = "/account/second?lang=en";
    let first = ticket("zh").await;
    for (typed, told) in [
        ("", "fill this in"),
        ("12", "recovery code"),
        ("000000", "tries left"),
    ] {
        let body = format!("ticket={first}&next=/account&code={typed}");
        let page = site.submit(second, "", &body).await.expect(400);
        assert!(page.text.contains(told), "{typed}: {}", page.text);
        assert!(session(&page).is_none() && page.text.contains("aria-invalid"));
    }
    let body = format!("ticket={first}&next=/account&code={}", code());
    let entered = site.submit(second, "", &body).await.expect(303);
    assert_eq!(entered.header("location"), "/account?lang=en");
    site.page("/account", &session(&entered).unwrap())
        .await
        .expect(200);
    // The ticket opened what it does once.
    let again = site.submit(second, "", &body).await.expect(303);
    assert!(
        again
            .header("location")
            .starts_with("/account/sign-in?lang=en&done=spent")
    );
    let other = ticket("en").await;
    let recovery = added.codes[0].shown();
    let body = format!("ticket={other}&code={}", recovery.as_str());
    let entered = site.submit(second, "", &body).await.expect(303);
    assert!(session(&entered).is_some());
    for ticket in ["", "00", &"0".repeat(64)] {
        let body = format!("ticket={ticket}&code=123456");
        let answer = site.submit(second, "", &body).await.expect(303);
        assert!(session(&answer).is_none());
    }
    let headers = [OWN];
    let body = format!("mark={MARK}&ticket={other}&code=123456");
    site.post_form(second, &headers, body).await.expect(403);
}
