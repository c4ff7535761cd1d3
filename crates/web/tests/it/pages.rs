//! The public pages.

use yuntu_statement::Statement;
use yuntu_terms::Lang;

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
                page.text.contains(&format!("<h3>{} ", clause.id)),
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
