//! What an operator gets at every route there is: nothing of any enterprise's business.

use std::collections::BTreeSet;

use serde_json::json;
use yuntu_app::policy::OperatorRole;
use yuntu_terms::clause;

use crate::operators::operator;
use crate::site::{Answer, CANARY_CITY, Made, Site, nothing, run};

/// What stands in the business data that the site is furnished with, and nowhere else.
const CANARIES: [&str; 3] = ["In Beijing", "loyalty programme", CANARY_CITY];

/// What is sent to every route: the looks of technical help among it, which nobody has approved.
const FORMS: [&str; 3] = [
    "act=look",
    "act=look&statement=SELECT+*+FROM+d1",
    "act=structure",
];

/// What an operator's session is good for at a route.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Expected {
    /// As anybody: the page is public.
    Public,
    /// It is no token.
    NoToken,
    /// It is no session: the way leads to the door of accounts.
    NoSession,
    /// Her own pages, by her role.
    Own,
}

pub(crate) const OPEN_TO_ANYBODY: [&str; 6] = [
    "/account/join/{secret}",
    "/account/recover",
    "/account/register",
    "/account/second",
    "/account/sign-in",
    "/account/sign-out",
];

fn expected(route: &str) -> Expected {
    let begins = |prefix: &str| route == prefix || route.starts_with(&format!("{prefix}/"));
    if OPEN_TO_ANYBODY.contains(&route) || route == "/api/v1/openapi.json" {
        Expected::Public
    } else if begins("/api") {
        Expected::NoToken
    } else if begins("/console") || begins("/account") {
        Expected::NoSession
    } else if begins("/operator") {
        Expected::Own
    } else if [
        "/",
        "/statement.md",
        "/statement.txt",
        "/statement.html",
        "/healthz",
        "/readyz",
        "/metrics",
    ]
    .contains(&route)
        || [
            "/assets",
            "/statement",
            "/cookies",
            "/leave",
            "/ledger",
            "/report-minor",
            "/safety",
        ]
        .iter()
        .any(|prefix| begins(prefix))
    {
        Expected::Public
    } else {
        panic!("{route}: say here what an operator gets there");
    }
}

pub(crate) fn path_of(route: &str, made: &Made) -> String {
    let filled = route.replace("{paper}", "x").replace("{declaration}", "x");
    let filled = made.fill(&filled).replace("{version}", "1.0");
    let parts = filled.split('/');
    let parts = parts.map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[track_caller]
fn judge(route: &str, what: &str, answer: &Answer) {
    for canary in CANARIES {
        assert!(!answer.text.contains(canary), "{what} {route}: {canary}");
    }
    let status = answer.status.as_u16();
    let led_to_sign_in = status == 303 && answer.header("location").contains("/account/sign-in");
    let holds = match expected(route) {
        Expected::Public => status < 500,
        Expected::NoToken => matches!(status, 401 | 405),
        Expected::NoSession => led_to_sign_in || matches!(status, 400 | 403 | 404 | 405 | 415),
        Expected::Own => matches!(status, 200 | 303 | 400 | 403 | 404 | 405),
    };
    assert!(holds, "{what} {route}: {status} {}", answer.text);
}

/// What the browser's walk through all pages goes by.
#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_routes_is_the_routers_own() {
    let site = Site::open().await;
    let mut routes = site.routes();
    routes.retain(|route| !route.contains("__private"));
    routes.sort();
    let found = format!("{}\n", routes.join("\n"));
    let golden = include_str!("../../golden/routes.txt");
    let left = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("routes.txt");
    std::fs::write(&left, &found).unwrap();
    assert_eq!(found, golden, "the list found is {}", left.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_of_whatever_role_reaches_no_business_data_at_any_route() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let made = site.furnish().await;
    let mut routes = site.routes();
    routes.retain(|route| !route.contains("__private"));
    // The router's list is whole: what the API describes is in it, and what the pages need.
    let listed: BTreeSet<&str> = routes.iter().map(String::as_str).collect();
    let document = serde_json::to_value(yuntu_web::openapi()).unwrap();
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(listed.contains(path.as_str()), "{path}");
    }
    for path in [
        "/",
        "/console",
        "/account/factors",
        "/operator/outbox",
        "/metrics",
    ] {
        assert!(listed.contains(path), "{path}");
    }
    // The owner sees the canaries where an operator must not.
    let own = site.get("/api/v1/audiences").await.expect(200);
    assert!(own.text.contains(CANARIES[0]));
    let rows = run(&made, &json!({"sql": "SELECT city FROM people"}));
    let own = site.post("/api/v1/query", rows).await.expect(200);
    assert!(own.text.contains(CANARY_CITY));
    // Whoever signs out is gone, so that comes last.
    routes.sort_by_key(|route| route == "/operator/sign-out");
    for role in [
        OperatorRole::Reviewer,
        OperatorRole::Support,
        OperatorRole::Privacy,
        OperatorRole::Auditor,
        OperatorRole::Security,
        OperatorRole::Administrator,
    ] {
        let cookie = operator(&site, &format!("{role}@operator.example"), role).await;
        site.page("/operator", &cookie).await.expect(200);
        let secret = cookie.strip_prefix("__Host-operator=").unwrap();
        let cookies = format!("{cookie}; __Host-session={secret}");
        for route in &routes {
            let path = path_of(route, &made);
            judge(route, "GET", &site.page(&path, &cookies).await);
            for form in FORMS {
                judge(route, "POST", &site.submit(&path, &cookies, form).await);
            }
            for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
                if expected(route) == Expected::NoToken {
                    let answer = site.call(Some(secret), method, &path, nothing()).await;
                    judge(route, method, &answer);
                }
            }
        }
        let gone = site.page("/operator", &cookie).await.expect(303);
        assert!(gone.header("location").starts_with("/operator/sign-in"));
    }
}
