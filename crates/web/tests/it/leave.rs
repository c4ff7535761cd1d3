//! The page before one leaves for another site: which links lead through it, what it says, and that it lends our name to
//! nobody.

use std::collections::BTreeSet;

use yuntu_statement::ContactSlot;
use yuntu_statement::render::Installation;
use yuntu_terms::clause;

use crate::routes::path_of;
use crate::site::{Answer, Made, ORIGIN, Site};

const ELSEWHERE: &str = "https://operator.example/privacy?a=b&c=d#e";

async fn run_at(website: &str) -> Site {
    let website = (ContactSlot::Website, website.to_owned());
    Site::run_by(Installation::new([website])).await
}

/// The links of a page that begin so, as a browser reads them.
fn links<'a>(page: &'a Answer, begin: &'a str) -> impl Iterator<Item = String> + 'a {
    let links = page.text.split("href=\"").skip(1);
    let links = links.map(|it| it.split('"').next().unwrap());
    let read = |link: &str| link.replace("&amp;", "&").replace("&#38;", "&");
    links.map(read).filter(move |it| it.starts_with(begin))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_public_page_leads_to_another_site_only_through_the_page_before_one_leaves() {
    let _mark = clause::check!(R24);
    let site = run_at(ELSEWHERE).await;
    let mut shown = BTreeSet::new();
    let mut ways = BTreeSet::new();
    for route in site.routes() {
        for lang in ["zh", "en"] {
            let path = path_of(&route, &Made::default());
            // Every answer keeps the rule of links, which stands with those that hold for all.
            let page = site.page(&format!("{path}?lang={lang}"), "").await;
            let found: Vec<_> = links(&page, "/leave?to=").collect();
            if page.status == 200 && page.header("content-type").starts_with("text/html") {
                shown.insert(route.clone());
            }
            let from = format!("&from={}&", path.replace('/', "%2F"));
            assert!(
                found.iter().all(|it| it.contains(&from)),
                "{path}: {found:?}"
            );
            ways.extend(found);
        }
    }
    for route in [
        "/",
        "/account/recover",
        "/account/register",
        "/account/sign-in",
        "/cookies",
        "/ledger",
        "/report-minor",
        "/safety",
        "/statement",
        "/statement.html",
        "/statement/collected",
        "/statement/compare",
        "/statement/provided",
        "/statement/v/{version}",
        "/statement/versions",
    ] {
        assert!(shown.contains(route), "{route} was not looked at");
    }
    // The statement in force and the one version that there is, in both languages.
    assert_eq!(ways.len(), 4, "{ways:?}");
    for way in ways {
        let page = site.page(&way, "").await.expect(200);
        assert!(links(&page, ELSEWHERE).eq([ELSEWHERE.to_owned()]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_is_told_where_the_statement_ends_and_can_turn_back() {
    let _mark = clause::check!(R24);
    let site = run_at(ELSEWHERE).await;
    for (lang, other, words) in [
        ("zh", "en", ["不再保护您", "完整地址", "留在云图，返回"]),
        (
            "en",
            "zh",
            [
                "protects you no longer",
                "The full address",
                "Stay and go back",
            ],
        ),
    ] {
        let statement = site.page(&format!("/statement?lang={lang}"), "").await;
        let way = links(&statement, "/leave?").next().unwrap();
        let page = site.page(&way, "").await.expect(200);
        for word in words {
            assert!(page.text.contains(word), "{word}: {}", page.text);
        }
        let plain = "https://<strong>operator.example</strong>/privacy?a=b&#38;c=d#e";
        assert!(page.text.contains(plain), "{}", page.text);
        assert!(page.text.contains("rel=\"noreferrer noopener external\""));
        assert!(
            page.text
                .contains(&format!("href=\"/statement?lang={lang}\">"))
        );
        assert!(!page.text.contains("xn--") && !page.text.contains("http://"));
        // Nothing is kept and nobody is led on without pressing the link.
        for header in ["set-cookie", "refresh", "location"] {
            assert!(page.header(header).is_empty(), "{header}");
        }
        let again = links(&page, "/leave?").next().unwrap();
        assert!(again.ends_with(&format!("&lang={other}")), "{again}");
        site.page(&again, "").await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_to_which_no_page_leads_is_refused_and_not_shown() {
    let _mark = clause::check!(R24);
    let site = run_at(ELSEWHERE).await;
    for to in [
        "",
        "to=",
        "to=https://evil.example/",
        "to=https://operator.example/",
        "to=https://operator.example/privacy?a=b%26c=d",
        "to=http://operator.example/privacy?a=b%26c=d%23e",
        "to=https://operator.example.evil.example/privacy?a=b%26c=d%23e",
        "to=https://operator.example@evil.example/privacy?a=b%26c=d%23e",
        "to=https://evil.example/%3Fhttps://operator.example/privacy?a=b%26c=d%23e",
        "to=//evil.example",
        "to=%5C%5Cevil.example",
        "to=javascript:alert(1)//evil",
        "to=data:text/html,evil",
        "to=https://operator.example/privacy?a=b%26c=d%23e&to=https://evil.example/",
        "to=%FF",
    ] {
        for (lang, words) in [("zh", "请不要相信它"), ("en", "do not trust it")] {
            let path = format!("/leave?{to}&lang={lang}");
            let page = site.page(&path, "").await;
            assert!(page.status.is_client_error(), "{to}");
            assert!(page.text.contains(words), "{to}: {}", page.text);
            assert!(!page.text.contains("evil"), "{to}: {}", page.text);
            assert!(page.header("location").is_empty() && page.header("refresh").is_empty());
        }
    }
    // The page to go back to is one of ours, whatever is asked.
    for from in [
        "//evil.example",
        "https://evil.example",
        "/%5Cevil.example",
        "/?evil",
    ] {
        let to = ELSEWHERE.replace('&', "%26").replace('#', "%23");
        let path = format!("/leave?to={to}&from={from}&lang=en");
        let page = site.page(&path, "").await.expect(200);
        assert!(page.text.contains("href=\"/?lang=en\">Stay") && !page.text.contains("evil"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_in_other_letters_is_spelt_out_and_a_way_that_is_not_encrypted_is_named() {
    let site = run_at("http://例子.example:8080/隐私").await;
    for (lang, words) in [
        (
            "zh",
            ["链接中写作 <strong>例子.example</strong>", "途中没有加密"],
        ),
        (
            "en",
            [
                "writes it as <strong>例子.example</strong>",
                "nothing is encrypted",
            ],
        ),
    ] {
        let statement = site.page(&format!("/statement?lang={lang}"), "").await;
        let way = links(&statement, "/leave?").next().unwrap();
        let page = site.page(&way, "").await.expect(200);
        let plain = "http://<strong>xn--fsqu00a.example:8080</strong>/%E9%9A%90%E7%A7%81";
        assert!(page.text.contains(plain), "{}", page.text);
        for word in words {
            assert!(page.text.contains(word), "{word}: {}", page.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_this_very_site_does_not_leave() {
    let site = run_at(&format!("{ORIGIN}/statement")).await;
    let page = site.page("/statement?lang=en", "").await.expect(200);
    assert_eq!(links(&page, ORIGIN).count(), 2);
    assert_eq!(links(&page, "/leave").count(), 0);
}
