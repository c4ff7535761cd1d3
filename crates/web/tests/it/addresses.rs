//! Addresses that cannot be read, at every route there is: the page of the house answers, never the framework.

use yuntu_app::policy::OperatorRole;

use crate::operators::operator;
use crate::people::OWNER;
use crate::site::{Answer, Site};

/// Each name twice, and one that is no text: what asks for one value of them cannot be made of it.
const TWICE: &str = "lang=zh&done=a&done=b&next=a&next=b&before=a&before=b&key=a&key=b&kind=a&kind=b&to=a&to=b&from=a&from=b&x=%ff";

/// The route with what is no text in the place of every parameter.
fn no_text(route: &str) -> String {
    let parts = route.split('/');
    let parts = parts.map(|part| if part.starts_with('{') { "%ff" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[track_caller]
fn judge(what: &str, path: &str, answer: &Answer) {
    let status = answer.status;
    assert!(!status.is_server_error(), "{what} {path}: {status}");
    if status.is_client_error() {
        let chinese = answer.text.contains("<html lang=\"zh");
        assert!(chinese, "{what} {path}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_cannot_be_read_is_answered_by_the_house_in_the_persons_language() {
    let site = Site::open().await;
    let person = site.sign_in(OWNER).await;
    let reviewer = operator(&site, "reviewer@operator.example", OperatorRole::Reviewer).await;
    let cookies = format!("{person}; {reviewer}");
    let mut routes = site.routes();
    routes.retain(|route| !route.contains("__private") && !route.starts_with("/api/"));
    assert!(routes.len() > 40, "{routes:?}");
    for route in &routes {
        let path = no_text(route);
        let asked = format!("{path}?{TWICE}");
        judge("GET", &asked, &site.page(&asked, &cookies).await);
        if path != *route {
            let asked = format!("{path}?lang=zh");
            let read = site.page(&asked, &cookies).await;
            assert!(read.status.is_client_error(), "{asked}: {}", read.status);
            judge("GET", &asked, &read);
            let sent = site.submit(&asked, &cookies, "act=look&reason=x").await;
            judge("POST", &asked, &sent);
        }
    }
    // What cannot be read asks nothing; the page is there all the same.
    let path = "/console/certification?lang=zh&done=a&done=b";
    site.page(path, &cookies).await.expect(200);
}
