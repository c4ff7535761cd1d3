//! The statement as everybody can read it: every version, in both languages, to read, compare, print and download.

use std::fs;

use axum::Router;
use yuntu_statement::{FILES, ProcessingRole, Sources, Statement};
use yuntu_terms::{Lang, clause};

use crate::site::{Site, nothing};

const V1: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../statement/data/v1");

const LANGS: [(&str, Lang); 2] = [("zh", Lang::Zh), ("en", Lang::En)];

/// Makes a version from the files of the first, with these words replaced.
fn version(number: &str, edits: &[(&str, &str, &str)]) -> &'static Statement {
    let files = FILES.into_iter().map(|file| {
        let mut text = fs::read_to_string(format!("{V1}/{file}")).unwrap();
        if file == "meta.toml" {
            text = text.replace("version = \"1.0\"", &format!("version = \"{number}\""));
        }
        for (_, from, to) in edits.iter().filter(|(name, ..)| *name == file) {
            assert!(text.contains(from), "{from} is not in {file}");
            text = text.replace(from, to);
        }
        (file.to_owned(), text)
    });
    let statement = Statement::parse(&Sources::new(files).unwrap()).unwrap();
    Box::leak(Box::new(statement))
}

/// A site with an earlier version, the one in force, and one that is announced and gives less.
async fn open() -> Site {
    let earlier = version("0.9", &[("meta.toml", "2026-11-01", "2026-06-01")]);
    let announced = version(
        "1.1",
        &[
            ("meta.toml", "2026-11-01", "2099-01-01"),
            (
                "commitments.toml",
                "valid_minutes_max = 5",
                "valid_minutes_max = 8",
            ),
            ("clauses-r.toml", "180 days", "90 days"),
            ("clauses-r.toml", "180 日", "90 日"),
        ],
    );
    let in_force = Statement::in_force().unwrap();
    Site::with(vec![announced, in_force, earlier], Router::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_ever_in_force_is_reachable_in_both_languages_and_every_form() {
    let _mark = clause::check!(R27);
    let site = open().await;
    for (code, lang) in LANGS {
        let list = format!("/statement/versions?lang={code}");
        let list = site.call(None, "GET", &list, nothing()).await.expect(200);
        for number in ["0.9", "1.0", "1.1"] {
            let address = format!("/statement/v/{number}");
            assert!(
                list.text
                    .contains(&format!("href=\"{address}?lang={code}\""))
            );
            let path = format!("{address}?lang={code}");
            let page = site.call(None, "GET", &path, nothing()).await.expect(200);
            let shown = lang.pick("版本 ", "Version ");
            assert!(page.text.contains(&format!("{shown}{number}")));
            assert!(page.text.contains("<h3 id=\"R27\">"));
            let other = lang.pick("en", "zh");
            assert!(
                page.text
                    .contains(&format!("href=\"{address}?lang={other}\""))
            );
            let old = page
                .text
                .contains(lang.pick("并非现行版本", "Not the version in force"));
            assert_eq!(old, number != "1.0");
            for ending in ["md", "txt", "html"] {
                let path = format!("{address}.{ending}?lang={code}");
                let file = site.call(None, "GET", &path, nothing()).await.expect(200);
                assert_eq!(
                    file.header("content-disposition"),
                    format!("attachment; filename=\"yuntu-statement-{number}.{code}.{ending}\"")
                );
                assert!(file.text.contains(&format!("{shown}{number}")), "{path}");
            }
        }
        for words in lang.pick(
            [
                "历史版本，2026-06-01 至 2026-11-01",
                "已公布，将自 2099-01-01",
            ],
            [
                "from 2026-06-01 to 2026-11-01",
                "announced, in force from 2099-01-01",
            ],
        ) {
            assert!(list.text.contains(words), "{words}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_downloaded_page_needs_nothing_else_and_can_be_printed() {
    let site = Site::open().await;
    for (code, lang) in LANGS {
        let path = format!("/statement.html?lang={code}");
        let file = site
            .call(None, "GET", &path, nothing())
            .await
            .expect(200)
            .text;
        assert!(file.contains("@media print") && file.contains("<h3 id=\"R27\">"));
        assert!(file.contains(&Statement::in_force().unwrap().digest().to_string()));
        assert!(file.contains(&format!("<html lang=\"{}\">", lang.tag())));
        for outside in [
            "src=",
            "<link",
            "href=\"/",
            "href=\"http",
            "url(",
            "@import",
        ] {
            assert!(!file.contains(outside), "{outside}");
        }
    }
    let style = site.call(None, "GET", "/assets/app.css", nothing()).await;
    assert!(style.text.contains("@media print"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_does_not_exist_is_said_to_and_those_that_do_are_named() {
    let site = open().await;
    for (code, lang) in LANGS {
        for path in [
            "/statement/v/7.7?",
            "/statement/v/1?",
            "/statement/v/01.0?",
            "/statement/v/1.0.pdf?",
            "/statement/v/%ff?",
            "/statement/v/%3Cscript%3E?",
            "/statement/compare?from=7.7&to=1.0&",
            "/statement/compare?from=&to=1.0&",
        ] {
            let path = format!("{path}lang={code}");
            let page = site.call(None, "GET", &path, nothing()).await.expect(404);
            let said = lang.pick("声明没有这个版本", "The statement has no such version");
            assert!(page.text.contains(said), "{path}");
            for number in ["0.9", "1.0", "1.1"] {
                assert!(
                    page.text
                        .contains(&format!("/statement/v/{number}?lang={code}"))
                );
            }
        }
        let twice = format!("/statement/compare?from=1.0&from=1.1&lang={code}");
        let page = site.call(None, "GET", &twice, nothing()).await.expect(400);
        assert!(page.text.contains("from=1.0&#38;to=1.1"), "{}", page.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_versions_stand_side_by_side_with_what_reduces_rights_first() {
    let _marks = (clause::check!(R27), clause::check!(R30));
    let site = open().await;
    for (code, lang) in LANGS {
        // Whichever way round they are named, the older stands first.
        for (from, to) in [("1.0", "1.1"), ("1.1", "1.0")] {
            let path = format!("/statement/compare?from={from}&to={to}&lang={code}");
            let page = site
                .call(None, "GET", &path, nothing())
                .await
                .expect(200)
                .text;
            let less = lang.pick("由 5 增至 8", "from 5 up to 8");
            let at = page.find(less).unwrap();
            assert!(at < page.find("class=\"pair").unwrap());
            assert!(page.contains("<del>180</del>") && page.contains("<ins>90</ins>"));
            let link = format!("href=\"/statement/v/1.1?lang={code}#R2");
            let (_, rest) = page.split_once(&link).unwrap();
            let anchor = format!("<h3 id=\"R2{}\">", rest.split('"').next().unwrap());
            let path = format!("/statement/v/1.1?lang={code}");
            let read = site.call(None, "GET", &path, nothing()).await.expect(200);
            assert!(read.text.contains(&anchor), "{anchor}");
            let other = lang.pick("en", "zh");
            let again = format!("href=\"/statement/compare?from=1.0&#38;to=1.1&#38;lang={other}\"");
            let again_plain = again.replace("#38;", "amp;");
            assert!(
                page.contains(&again) || page.contains(&again_plain),
                "{page}"
            );
        }
        let path = format!("/statement/compare?from=1.0&to=1.0&lang={code}");
        let page = site
            .call(None, "GET", &path, nothing())
            .await
            .expect(200)
            .text;
        assert!(page.contains(lang.pick("两版没有差异", "There is no difference")));
        assert!(!page.contains("class=\"pair"));
        // Asked for nothing, it compares the one in force with the one before it.
        let path = format!("/statement/compare?lang={code}");
        let page = site
            .call(None, "GET", &path, nothing())
            .await
            .expect(200)
            .text;
        assert!(page.contains("<option selected>0.9</option>"));
        let none = lang.pick("未发现减少权利之处", "No reduction of rights was found");
        assert!(page.contains(none));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_with_one_version_says_that_there_is_nothing_to_compare() {
    let site = Site::open().await;
    for (code, words) in [("zh", "目前只有一版"), ("en", "only one version so far")] {
        for path in ["versions", "compare"] {
            let path = format!("/statement/{path}?lang={code}");
            let page = site.call(None, "GET", &path, nothing()).await.expect(200);
            assert!(page.text.contains(words), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lists_are_made_from_what_runs() {
    let _mark = clause::check!(R27);
    let site = open().await;
    let statement = Statement::in_force().unwrap();
    for (code, lang) in LANGS {
        let address = format!("/statement/collected?lang={code}");
        let page = site
            .call(None, "GET", &address, nothing())
            .await
            .expect(200)
            .text;
        let own = statement.purposes().iter();
        for purpose in own.filter(|it| it.role == ProcessingRole::Controller) {
            assert!(page.contains(purpose.name.get(lang)), "{}", purpose.id);
        }
        let row = |id: &str| {
            let category = statement.categories().iter();
            let category = category.clone().find(|it| it.id.as_str() == id).unwrap();
            let row = page.split("<tr>").find(|row| {
                row.contains(category.name.get(lang)) && row.contains(category.why.get(lang))
            });
            row.unwrap().to_owned()
        };
        let none = lang.pick("未收集", "not collected");
        for id in [
            "email",
            "id_number",
            "device_mark",
            "credential",
            "industry",
        ] {
            assert!(!row(id).contains(none), "{id}: {}", row(id));
        }
        for id in ["search_history", "preference", "share_view"] {
            assert!(row(id).contains(none), "{id}: {}", row(id));
        }
        let address = format!("/statement/provided?lang={code}");
        let page = site
            .call(None, "GET", &address, nothing())
            .await
            .expect(200)
            .text;
        let nobody = lang.pick("不向任何合作方提供", "to no partner");
        assert!(page.contains(nobody));
        let in_force = format!("/statement?lang={code}");
        let page = site
            .call(None, "GET", &in_force, nothing())
            .await
            .expect(200)
            .text;
        for list in ["collected", "provided"] {
            assert!(page.contains(&format!("/statement/{list}?lang={code}")));
        }
    }
}
