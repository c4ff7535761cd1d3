//! The public pages.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use yuntu_statement::render::Installation;
use yuntu_statement::{ContactSlot, Statement};
use yuntu_terms::{Lang, clause};

use crate::site::{Site, nothing};

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_in_force_is_shown_whole_in_both_languages() {
    let site = Site::open().await;
    let statement = Statement::in_force().unwrap();
    for (code, lang) in [("zh", Lang::Zh), ("en", Lang::En)] {
        let path = format!("/statement?lang={code}");
        let page = site.call(None, "GET", &path, nothing()).await.expect(200);
        assert!(
            page.text
                .contains(&format!("<html lang=\"{}\">", lang.tag()))
        );
        assert!(page.text.contains(&statement.digest().to_string()));
        for clause in statement.clauses() {
            assert!(
                page.text
                    .contains(&format!("<h3 id=\"{0}\">{0} ", clause.id)),
                "{}",
                clause.id
            );
        }
        let path = format!("/statement.txt?lang={code}");
        let text = site.call(None, "GET", &path, nothing()).await.expect(200);
        assert!(text.text.contains(statement.meta().title.get(lang)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probes_the_landing_page_and_the_style_need_no_token() {
    let site = Site::open().await;
    for path in [
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/statement.md",
        "/assets/app.css",
        "/assets/passkey.js",
        "/assets/upload.js",
    ] {
        site.call(None, "GET", path, nothing()).await.expect(200);
    }
    let document = site
        .call(None, "GET", "/api/v1/openapi.json", nothing())
        .await;
    assert_eq!(document.expect(200).json()["openapi"], "3.1.0");
    let missing = site
        .call(None, "GET", "/nothing", nothing())
        .await
        .expect(404);
    assert!(missing.header("content-type").starts_with("text/html"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_names_its_operator_or_says_what_is_missing() {
    let _mark = clause::check!(R26);
    let whole = Site::open().await;
    let name = (ContactSlot::OperatorName, String::from("Yuntu <b>Ltd</b>"));
    let partly = Site::run_by(Installation::new([name])).await;
    for (code, open, banner) in [
        ("zh", "待运营者填写", "尚不完整"),
        ("en", "to be filled in", "Not complete"),
    ] {
        for ending in ["", ".md", ".txt"] {
            let path = format!("/statement{ending}?lang={code}");
            let page = whole.call(None, "GET", &path, nothing()).await.expect(200);
            assert!(!page.text.contains(open) && !page.text.contains(banner));
            assert!(page.text.contains("of the tests"), "{path}");
            let page = partly.call(None, "GET", &path, nothing()).await.expect(200);
            assert!(page.text.contains(open), "{path}");
            assert_eq!(page.text.contains(banner), ending.is_empty(), "{path}");
        }
        let path = format!("/statement?lang={code}");
        let page = partly.call(None, "GET", &path, nothing()).await.expect(200);
        assert!(page.text.contains("Yuntu &lt;b&gt;Ltd&lt;/b&gt;"));
        let missing = ContactSlot::Website.name(if code == "zh" { Lang::Zh } else { Lang::En });
        assert!(page.text.contains(missing));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_page_keeps_its_address_in_the_other_language_and_leads_nowhere_else() {
    let site = Site::open().await;
    for (path, link) in [
        ("/nothing?lang=zh", "href=\"/nothing?lang=en\""),
        ("//evil.example/x?lang=zh", "href=\"/?lang=en\""),
    ] {
        let page = site.call(None, "GET", path, nothing()).await.expect(404);
        assert!(page.text.contains(link), "{}", page.text);
        assert!(!page.text.contains("href=\"//"), "{}", page.text);
        assert!(page.text.contains("地址或编号有误"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_are_for_the_machine_itself() {
    let site = Site::open().await;
    for (peer, header, status) in [
        ("127.0.0.1:9", None, 200),
        ("[::1]:9", None, 200),
        ("[::ffff:127.0.0.1]:9", None, 200),
        ("203.0.113.9:9", None, 404),
        ("[2001:db8::1]:9", None, 404),
        ("127.0.0.1:9", Some("x-forwarded-for"), 404),
        ("127.0.0.1:9", Some("forwarded"), 404),
        ("127.0.0.1:9", Some("x-real-ip"), 404),
        ("127.0.0.1:9", Some("via"), 404),
    ] {
        let peer: SocketAddr = peer.parse().unwrap();
        let mut request = Request::get("/metrics").extension(ConnectInfo(peer));
        if let Some(name) = header {
            request = request.header(name, "127.0.0.1");
        }
        let answer = site.send(request.body(Body::empty()).unwrap()).await;
        let figures = answer.text.contains("yuntu_");
        assert_eq!(answer.status.as_u16(), status, "{peer} {header:?}");
        assert_eq!(figures, status == 200, "{}", answer.text);
    }
}
