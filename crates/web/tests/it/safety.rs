//! The tips for everybody, and the advice that follows from the state of somebody's own account.

use yuntu_terms::clause;

use crate::people::{MINUTE, PASSWORD, session};
use crate::site::{Answer, Site};

const PATH: &str = "/safety";
const LI: &str = "li@example.cn";

/// The part of the page about somebody's own account.
fn own(page: &Answer) -> &str {
    let (_, own) = page.text.split_once("<section id=\"own\"").unwrap();
    own.split("</section>").next().unwrap()
}

/// Where the advice leads.
fn advised(page: &Answer) -> Vec<&str> {
    let links = own(page).split("href=\"").skip(1);
    links.map(|it| it.split('"').next().unwrap()).collect()
}

/// Signs in by password in another browser.
async fn enter(site: &Site, password: &str) -> String {
    let body = format!("act=password&address={LI}&password={password}");
    let entered = site.submit("/account/sign-in", "", &body).await;
    session(&entered.expect(303)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tips_are_for_everybody_and_each_leads_to_where_it_is_done() {
    let _mark = clause::check!(R24);
    let site = Site::open().await;
    let li = site.register(LI, &format!("&password={PASSWORD}")).await;
    for (lang, words) in [
        (
            "zh",
            [
                "有理由才换",
                "密码管理器",
                "通行密钥",
                "都不是我们",
                "邮件中的链接都以 https://yuntu.example/ 开头",
                "30 分钟不用",
            ],
        ),
        (
            "en",
            [
                "when there is a reason",
                "password manager",
                "A passkey is best",
                "Whoever asks is not us",
                "Links in our mail begin with https://yuntu.example/;",
                "30 minutes without use",
            ],
        ),
    ] {
        let page = site
            .page(&format!("{PATH}?lang={lang}"), "")
            .await
            .expect(200);
        for word in words {
            assert!(page.text.contains(word), "{word}: {}", page.text);
        }
        assert!(page.header("set-cookie").is_empty(), "nobody is known here");
        let main = page.text.split("<main").nth(1).unwrap();
        let main = main.split("</main>").next().unwrap();
        for link in main.split("href=\"").skip(1) {
            let link = link.split('"').next().unwrap();
            site.page(link, &li).await.expect(200);
        }
        // It is found where it is of use.
        let way = format!("href=\"{PATH}?lang={lang}\"");
        for (path, cookie) in [
            ("/account/password", li.as_str()),
            ("/account/sessions", &li),
            ("/account", &li),
            ("/account/sign-in", ""),
        ] {
            let page = site
                .page(&format!("{path}?lang={lang}"), cookie)
                .await
                .expect(200);
            let times = if cookie.is_empty() { 1 } else { 2 };
            assert_eq!(page.text.matches(&way).count(), times, "{path}");
        }
    }
    site.parts.clock.advance(MINUTE);
    let body = "act=ask&address=another@example.cn";
    let second = site
        .submit("/account/register?lang=en", "", body)
        .await
        .expect(200);
    assert_eq!(second.text.matches("href=\"/safety?lang=en\"").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_advised_by_the_state_of_her_own_account() {
    let _mark = clause::check!(R24);
    let site = Site::open().await;
    let path = format!("{PATH}?lang=en");
    let none = site.page(&path, "").await.expect(200);
    assert_eq!(advised(&none), ["/account?lang=en"]);
    let li = site.register(LI, "").await;
    let page = site.page(&path, &li).await.expect(200);
    assert_eq!(advised(&page), ["/account/factors?lang=en"]);
    assert!(
        own(&page).contains("whoever reads a code"),
        "{}",
        own(&page)
    );
    let set = format!("act=set&password={PASSWORD}");
    site.submit("/account/password", &li, &set)
        .await
        .expect(303);
    let there = enter(&site, PASSWORD).await;
    let page = site.page(&path, &there).await.expect(200);
    let factors = "/account/factors?lang=en";
    let browsers = "/account/sessions?lang=en#devices";
    assert_eq!(
        advised(&page),
        [factors, "/account/sessions?lang=en", browsers]
    );
    assert!(own(&page).contains("your password alone"), "{}", own(&page));
    assert!(own(&page).contains("1 other place."));
    let centre = site.page("/account?lang=en", &there).await.expect(200);
    assert!(centre.text.contains("3 are for your account"));
    site.submit("/account/sessions", &there, "act=others")
        .await
        .expect(303);
    let page = site.page(&path, &there).await.expect(200);
    assert_eq!(advised(&page), [factors, browsers]);
    for lang in ["zh", "en"] {
        let page = site
            .page(&format!("{PATH}?lang={lang}"), &there)
            .await
            .expect(200);
        let words = if lang == "zh" {
            "有 2 个浏览器已知"
        } else {
            "2 browsers are known"
        };
        assert!(own(&page).contains(words), "{}", own(&page));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_password_is_spoken_of_and_goes_on_opening_the_account() {
    let _mark = clause::check!(R24);
    let site = Site::open().await;
    site.register(LI, &format!("&password={PASSWORD}")).await;
    let day = MINUTE * 60 * 24;
    for (days, spoken_of) in [(365, false), (1, true)] {
        site.parts.clock.advance(day * days);
        let body = format!("act=password&address={LI}&password={PASSWORD}&next=/safety");
        let entered = site.submit("/account/sign-in?lang=en", "", &body).await;
        let entered = entered.expect(303);
        // She is led to where she wanted to go, and to no new password.
        assert_eq!(entered.header("location"), "/safety?lang=en");
        let page = site
            .page("/safety?lang=en", &session(&entered).unwrap())
            .await;
        let page = page.expect(200);
        let found = advised(&page).contains(&"/account/password?lang=en");
        assert_eq!(found, spoken_of, "{}", own(&page));
    }
}
