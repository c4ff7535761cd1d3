//! Every page asks who comes: nobody, a person of another enterprise and a role that may not find nothing behind any route.

use std::collections::BTreeSet;

use yuntu_terms::clause;
use yuntu_testkit::pdf;

use crate::certification::body;
use crate::members::page_of;
use crate::people::{FOREIGN, OWNER, VIEWER};
use crate::routes::OPEN_TO_ANYBODY;
use crate::site::{Answer, MARK, Made, Site};

/// What the enterprise has that no other may see.
struct Theirs {
    made: Made,
    member: String,
    application: String,
    document: String,
    browser: String,
}

/// Says whether a page of accounts or of operators is a door: it is shown to whoever comes.
fn is_door(route: &str) -> bool {
    OPEN_TO_ANYBODY.contains(&route) || ["/operator/enrol", "/operator/sign-in"].contains(&route)
}

/// What a viewer gets at the pages of her enterprise.
const VIEWED: [(&str, u16); 37] = [
    ("/console", 200),
    ("/console/audiences/{audience}", 200),
    ("/console/certification", 403),
    ("/console/certification/files/{document}", 403),
    ("/console/consents", 200),
    // The form; what it is sent for is refused.
    ("/console/consents/person", 200),
    ("/console/datasets", 200),
    ("/console/datasets/{dataset}", 200),
    ("/console/datasets/{dataset}/labels", 200),
    ("/console/datasets/{dataset}/consent", 200),
    ("/console/datasets/{dataset}/source", 200),
    ("/console/datasets/{dataset}/source/papers/{paper}", 403),
    ("/console/datasets/{dataset}/imports", 200),
    ("/console/datasets/{dataset}/imports/{import}", 200),
    (
        "/console/datasets/{dataset}/imports/{import}/quarantine",
        200,
    ),
    ("/console/datasets/new", 403),
    ("/console/datasets/new/columns", 403),
    ("/console/help", 403),
    ("/console/help/{help}", 403),
    ("/console/exceptions", 200),
    ("/console/exceptions/{use}", 200),
    ("/console/exceptions/{use}/papers/{paper}", 403),
    ("/console/partners", 200),
    ("/console/partners/{partner}", 200),
    ("/console/partners/{partner}/papers/{paper}", 403),
    ("/console/instructions", 200),
    ("/console/instructions/{instruction}", 200),
    ("/console/receipts/{receipt}", 200),
    ("/console/receipts/{receipt}/file", 403),
    ("/console/labels", 200),
    ("/console/measures", 403),
    ("/console/members", 403),
    ("/console/members/{representative}", 403),
    ("/console/members/{representative}/letters/{number}", 403),
    ("/console/tokens", 200),
    // Who may not bind the enterprise reads what binds it.
    ("/console/statement", 200),
    // Somebody else's letter among her own.
    ("/account/letters/{representative}/{number}", 404),
];

fn between<'a>(text: &'a str, start: &str, end: char) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start}: {text}"));
    rest.split(end).next().unwrap()
}

/// Makes what others would like to see.
async fn furnish(site: &Site, owner: &str) -> Theirs {
    let made = site.furnish().await;
    let members = site
        .page("/console/members?lang=en", owner)
        .await
        .expect(200);
    let member = page_of(&members, "(you)").replace("/console/members/", "");
    let application = site.begin(owner).await;
    let path = "/console/certification/files?lang=en";
    let fields = [
        ("mark", MARK),
        ("application", application.as_str()),
        ("field", "licence"),
    ];
    let file = ("licence.pdf", &pdf("canary of a licence")[..]);
    site.hand_in((path, owner), &fields, file).await.expect(303);
    let form = site.page("/console/certification?lang=en", owner).await;
    let document = between(&form.expect(200).text, "/console/certification/files/", '"').to_owned();
    let sessions = site
        .page("/account/sessions?lang=en", owner)
        .await
        .expect(200);
    let browser = between(&sessions.text, "name=\"device\" value=\"", '"').to_owned();
    Theirs {
        made,
        member,
        application,
        document,
        browser,
    }
}

impl Theirs {
    fn path(&self, route: &str) -> String {
        self.made
            .fill(route)
            .replace("{representative}", &self.member)
            .replace("{document}", &self.document)
            .replace("{number}", "1")
    }

    #[track_caller]
    fn assert_hidden(&self, route: &str, answer: &Answer) {
        let mut hidden = vec![
            "North Store",
            "In Beijing",
            "canary of a licence",
            "canary of a proof",
            "canary of a request",
            "canary-contact@partner.example",
        ];
        // A page that is not there still has its own address in its links.
        if !route.contains('{') {
            hidden.extend([self.member.as_str(), &self.document]);
        }
        for secret in hidden {
            assert!(!answer.text.contains(secret), "{route}: {secret}");
        }
    }
}

fn pages(site: &Site, under: &[&str]) -> Vec<String> {
    let mut routes = site.routes();
    routes.retain(|route| {
        let begins = |prefix: &&str| route == prefix || route.starts_with(&format!("{prefix}/"));
        under.iter().any(begins) && !is_door(route) && !route.contains("__private")
    });
    assert!(routes.len() > 8, "{routes:?}");
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_past_a_door_without_a_session_of_its_realm() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    site.sign_in(VIEWER).await;
    let theirs = furnish(&site, &owner).await;
    let secret = owner.strip_prefix("__Host-session=").unwrap();
    let swapped = format!("__Host-operator={secret}");
    let wrong = format!("__Host-session={}", "0".repeat(secret.len()));
    let judge = |route: &str, door: &str, answer: &Answer| {
        theirs.assert_hidden(route, answer);
        let led = answer.status == 303 && answer.header("location").starts_with(door);
        // A form that is not read at all, or a method that the route does not have.
        let unread = matches!(answer.status.as_u16(), 400 | 405 | 415);
        assert!(led || unread, "{route}: {} {}", answer.status, answer.text);
        led
    };
    let mut led = 0;
    for (under, door, cookies) in [
        (
            ["/account", "/console"],
            "/account/sign-in",
            ["", wrong.as_str()],
        ),
        (
            ["/operator", "/operator"],
            "/operator/sign-in",
            [owner.as_str(), swapped.as_str()],
        ),
    ] {
        for route in pages(&site, &under) {
            let path = theirs.path(&route);
            for cookie in cookies {
                led += usize::from(judge(&route, door, &site.page(&path, cookie).await));
                led += usize::from(judge(
                    &route,
                    door,
                    &site.submit(&path, cookie, "act=x").await,
                ));
            }
        }
    }
    assert!(led > 80, "{led}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_another_enterprise_finds_nothing_of_this_one_at_any_page() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    site.sign_in(VIEWER).await;
    let theirs = furnish(&site, &owner).await;
    let foreign = site.sign_in(FOREIGN).await;
    for route in pages(&site, &["/account", "/console"]) {
        let path = theirs.path(&route);
        let answer = site.page(&path, &foreign).await;
        theirs.assert_hidden(&route, &answer);
        if route.contains('{') {
            let status = answer.status.as_u16();
            assert!(matches!(status, 404 | 405), "{route}: {status}");
        }
    }
    let certification = "/console/certification";
    let one = theirs.path("/console/members/{representative}");
    let of = |act: &str| body(act, &theirs.application, &[]);
    let file = format!("{}&document={}", of("remove"), theirs.document);
    for (path, body) in [
        (certification, of("save")),
        (certification, of("submit")),
        (certification, of("withdraw")),
        (certification, file),
        (one.as_str(), String::from("act=role&role=owner")),
        (one.as_str(), String::from("act=remove")),
        ("/account/seats", format!("act=take&seat={}", theirs.member)),
        (
            "/account/sessions",
            format!("act=forget&device={}", theirs.browser),
        ),
    ] {
        let answer = site.apply(path, &foreign, &body).await.expect(404);
        theirs.assert_hidden(path, &answer);
    }
    // Nothing of this has changed what they have.
    let form = site.page(&format!("{certification}?lang=en"), &owner).await;
    assert!(form.expect(200).text.contains(&theirs.document));
    let members = site.page("/console/members?lang=en", &owner).await;
    assert!(members.expect(200).text.contains(&theirs.member));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_opens_the_pages_of_her_role_and_no_other() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let viewer = site.sign_in(VIEWER).await;
    let theirs = furnish(&site, &owner).await;
    let mut listed: BTreeSet<String> = BTreeSet::new();
    for route in pages(&site, &["/console", "/account"]) {
        if !route.starts_with("/console") && !route.contains('{') {
            continue; // Pages about herself, which depend on no role.
        }
        let path = theirs.path(&route);
        let answer = site.page(&path, &viewer).await;
        let status = answer.status.as_u16();
        if status == 405 {
            continue; // Forms that are only sent.
        }
        let known = VIEWED.iter().find(|(path, _)| *path == route);
        let (_, expected) = known.unwrap_or_else(|| panic!("{route}: say what a viewer gets"));
        assert_eq!(status, *expected, "{route}");
        if status == 403 {
            assert!(
                answer.text.contains("R3")
                    || answer.text.contains("R23")
                    || answer.text.contains("R7g"),
                "{route}"
            );
        }
        listed.insert(route);
    }
    assert_eq!(listed.len(), VIEWED.len(), "{listed:?}");
    for (path, body) in [
        (
            "/console/certification",
            body("save", &theirs.application, &[]),
        ),
        (
            "/console/members",
            String::from("act=invite&address=wei@example.cn&role=viewer"),
        ),
        (
            "/console/statement",
            String::from("act=accept&accept=yes&version=1.0"),
        ),
    ] {
        site.apply(path, &viewer, &body).await.expect(403);
    }
}
