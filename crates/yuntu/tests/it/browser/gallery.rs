//! Every page of somebody who acts for an enterprise that has data, looked at one by one: the list is the router's own.

use yuntu_testkit::Browser;

use super::house::House;
use crate::real::OWNER;

/// The router's list, which the tests of the surfaces keep.
const ROUTES: &str = include_str!("../../../../web/golden/routes.txt");

/// What is no page to look at, by how the path begins.
const NO_PAGES: [&str; 6] = [
    "/api/", "/assets/", "/healthz", "/ledger/", "/metrics", "/readyz",
];

/// Files, forms that are only sent, and what the demo has none of: journeys of their own look at the use of an exception and at a partner.
const NOT_SHOWN: [&str; 25] = [
    "/account/letters/{representative}/{number}",
    "/account/second",
    "/account/sign-out",
    "/console/certification/files",
    "/console/certification/files/{document}",
    "/console/consents/file",
    "/console/datasets/{dataset}/consent/papers",
    "/console/datasets/{dataset}/source/papers",
    "/console/datasets/{dataset}/source/papers/{paper}",
    "/console/datasets/new/columns",
    "/console/datasets/new/file",
    "/console/datasets/{dataset}/imports/file",
    "/console/datasets/{dataset}/imports/{import}/quarantine",
    "/console/exceptions/{use}",
    "/console/exceptions/{use}/papers",
    "/console/exceptions/{use}/papers/{paper}",
    "/console/members/{representative}/letters",
    "/console/members/{representative}/letters/{number}",
    "/console/partners/{partner}",
    "/console/partners/{partner}/papers",
    "/console/partners/{partner}/papers/{paper}",
    "/console/receipts/{receipt}/file",
    "/statement.html",
    "/statement.md",
    "/statement.txt",
];

/// What the journeys of operators look at.
fn is_theirs(route: &str) -> bool {
    route == "/operator" || route.starts_with("/operator/")
}

fn pages() -> Vec<&'static str> {
    let pages = ROUTES.lines().filter(|route| {
        !is_theirs(route)
            && !NOT_SHOWN.contains(route)
            && !NO_PAGES.iter().any(|prefix| route.starts_with(prefix))
    });
    pages.collect()
}

/// Finds the first link of a page that leads on below a path.
async fn below(browser: &Browser, path: &str) -> String {
    let link = browser
        .find(&format!("main a[href^='{path}']"))
        .await
        .unwrap();
    let address = link.attr("href").await.unwrap().unwrap();
    let address = address.split('?').next().unwrap();
    address.rsplit('/').next().unwrap().to_owned()
}

async fn looks_at_every_page(lang: &str) {
    let house = House::of_demo(lang);
    let browser = house.browser().await;
    house.sign_in_by_code(&browser, OWNER).await;
    browser.goto(&house.at("/console")).await.unwrap();
    let audience = below(&browser, "/console/audiences/").await;
    browser.goto(&house.at("/console/datasets")).await.unwrap();
    let dataset = below(&browser, "/console/datasets/").await;
    let imports = format!("/console/datasets/{dataset}/imports");
    browser.goto(&house.at(&imports)).await.unwrap();
    let import = below(&browser, &format!("{imports}/")).await;
    browser
        .goto(&house.at("/console/instructions"))
        .await
        .unwrap();
    let instruction = below(&browser, "/console/instructions/").await;
    let path = format!("/console/audiences/{audience}");
    browser.goto(&house.at(&path)).await.unwrap();
    let receipt = below(&browser, "/console/receipts/").await;
    browser.goto(&house.at("/console/members")).await.unwrap();
    let member = below(&browser, "/console/members/").await;
    let help = super::help::ask(&house, &browser).await;
    let mut looked = 0;
    for route in pages() {
        let path = route
            .replace("{audience}", &audience)
            .replace("{dataset}", &dataset)
            .replace("{import}", &import)
            .replace("{help}", &help)
            .replace("{instruction}", &instruction)
            .replace("{receipt}", &receipt)
            .replace("{representative}", &member)
            .replace("{version}", "1.0")
            .replace("{secret}", &"0".repeat(64));
        assert!(!path.contains('{'), "{route}: say what stands there");
        browser.goto(&house.at(&path)).await.unwrap();
        let name = route.replace(['/', '{', '}'], "-");
        house.look(&browser, &format!("page{name}")).await;
        looked += 1;
    }
    assert!(looked > 30, "{looked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_looked_at_in_chinese() {
    looks_at_every_page("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_looked_at_in_english() {
    looks_at_every_page("en").await;
}
