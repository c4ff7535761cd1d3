//! Who refuses everything optional: every page of hers is there all the same, nobody asks again, and nothing optional is kept.

use yuntu_app::policy::Role;
use yuntu_app::store::Choice;
use yuntu_statement::render::Installation;
use yuntu_statement::{ContactSlot, ProcessingRole, Statement};
use yuntu_terms::{Lang, clause};
use yuntu_testkit::pdf;

use crate::certification::{PATH as CERTIFICATION, body};
use crate::members::{invite, page_of, token};
use crate::people::{FOREIGN, OWNER, PASSWORD, hidden, session};
use crate::site::{Answer, Made, Site, instruction};

const HER: &str = "hua@example.cn";
const SEATS: &str = "/account/seats";

/// What no page of hers is, by how the path begins.
const NOT_HERS: [(&str, &str); 3] = [
    (
        "/api/",
        "is for programs, by a token; the description of it is public and read apart",
    ),
    (
        "/operator",
        "is for those who work for the platform, by a door of their own",
    ),
    (
        "/__private__axum",
        "is no path, but where the framework keeps its fallback",
    ),
];

/// Where a form is sent and nothing is shown.
const FORMS_ONLY: [&str; 11] = [
    "/account/second",
    "/account/sign-out",
    "/console/certification/files",
    "/console/consents/file",
    "/console/datasets/{dataset}/consent/papers",
    "/console/datasets/new/file",
    "/console/datasets/{dataset}/imports/file",
    "/console/datasets/{dataset}/source/papers",
    "/console/exceptions/{use}/papers",
    "/console/members/{representative}/letters",
    "/console/partners/{partner}/papers",
];

/// What the walk fills the paths with.
struct Hers {
    /// What her browser keeps.
    cookies: String,
    made: Made,
    /// Her seat in her own enterprise.
    seat: String,
    /// Her seat in another one, which has a letter.
    other_seat: String,
    /// The page of a member of her enterprise.
    member: String,
    document: String,
    join: String,
    tile: String,
    /// The address of the page before one leaves, as the statement has it.
    leave: String,
}

impl Hers {
    fn path_of(&self, route: &str, lang: &str) -> String {
        if route == "/leave" {
            return format!("{}{lang}", self.leave);
        }
        if route == "/console/datasets/new/columns" {
            return format!("{route}?deposit={}&lang={lang}", self.made.deposit);
        }
        let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
        let representative = if route.starts_with("/account") {
            self.other_seat.clone()
        } else {
            last(&self.member)
        };
        let route = if route.starts_with("/console/exceptions") {
            route.replace("{paper}", &self.made.proof)
        } else if route.starts_with("/console/partners") {
            route.replace("{paper}", &self.made.partner_paper)
        } else {
            route.to_owned()
        };
        let path = self
            .made
            .fill(&route)
            .replace("{representative}", &representative)
            .replace("{number}", "1")
            .replace("{document}", &self.document)
            .replace("{secret}", &last(&self.join))
            .replace("{version}", "1.0")
            .replace("{*tile}", &self.tile);
        assert!(
            !path.contains('{'),
            "{route}: say here what it is filled with"
        );
        format!("{path}?lang={lang}")
    }
}

/// Opens a site and comes to it, refuses every optional cookie and registers with nothing that is optional.
async fn arrives() -> (Site, String) {
    let value = |slot| {
        if slot == ContactSlot::Website {
            String::from("https://operator.example/")
        } else {
            format!("the {slot} of the tests")
        }
    };
    let values = ContactSlot::ALL.iter().map(|slot| (*slot, value(*slot)));
    let site = Site::run_by(Installation::new(values)).await;
    let refused = site.submit("/cookies", "", "act=refuse").await.expect(303);
    let choices = refused.header("set-cookie").split(';').next().unwrap();
    assert!(choices.starts_with("__Host-choices="));
    let (along, code) = site.code("/account/register", choices, HER).await;
    let body = format!("act=open&{along}&code={code}&version=1.0&accept=yes&nickname=&password=");
    let entered = site.submit("/account/register", choices, &body).await;
    let entered = entered.expect(303);
    nothing_optional_is_set(&entered);
    let cookies = format!("{}; {choices}", session(&entered).unwrap());
    (site, cookies)
}

/// Has the enterprise certified, binds it to the statement and works with it, so that every page has something to show.
async fn settles(mut site: Site, cookies: String) -> (Site, Hers) {
    let create = "act=create&name=Plain+Store+Limited&industry=retail";
    site.submit(SEATS, &cookies, create).await.expect(303);
    let application = site.submitted(&cookies).await;
    site.certify(&application).await;
    let yes = "act=accept&version=1.0&accept=yes";
    site.submit("/console/statement", &cookies, yes)
        .await
        .expect(303);
    site.owner = token(&site, &cookies).await;
    let made = site.furnish().await;
    let seats = site.page(SEATS, &cookies).await.expect(200);
    let seat = hidden(&seats, "seat").to_owned();
    site.messages().await;
    let wei = site.register("wei@example.cn", "&nickname=Wei").await;
    let member = joins(&site, (&cookies, "wei@example.cn"), &wei, "Wei").await;
    let north = site.sign_in(OWNER).await;
    let other_seat = joins(&site, (&north, HER), &cookies, "h**@example.cn").await;
    let other_seat = other_seat.rsplit('/').next().unwrap().to_owned();
    let take = format!("act=take&seat={seat}");
    site.submit(SEATS, &cookies, &take).await.expect(303);
    let form = site.page(CERTIFICATION, &cookies).await.expect(200);
    let (_, document) = form
        .text
        .split_once("/console/certification/files/")
        .unwrap();
    let document = document.split(['"', '?']).next().unwrap().to_owned();
    let foreign = site.sign_in(FOREIGN).await;
    let join = invite(&site, &foreign, HER, Role::Viewer).await;
    site.platform.sequence().await.unwrap();
    let note = site.page("/ledger/checkpoint", "").await.expect(200);
    let entries = note.text.lines().nth(1).unwrap().to_owned();
    let statement = site.page("/statement?lang=en", "").await.expect(200);
    let (_, leave) = statement.text.split_once("\"/leave?").unwrap();
    let (leave, _) = leave.split_once("lang=").unwrap();
    let hers = Hers {
        cookies,
        made,
        seat,
        other_seat,
        member,
        document,
        join,
        tile: format!("0/000.p/{entries}"),
        leave: format!("/leave?{}lang=", leave.replace("&amp;", "&")),
    };
    (site, hers)
}

/// Invites somebody into the enterprise of an owner and records a letter of hers; returns the page of the member.
async fn joins(site: &Site, (owner, address): (&str, &str), her: &str, name: &str) -> String {
    let join = invite(site, owner, address, Role::Viewer).await;
    site.submit(&join, her, "act=accept").await.expect(303);
    let list = site.page("/console/members?lang=en", owner).await;
    let member = page_of(&list.expect(200), name);
    let (period, paper) = (("2026-01-01", "2026-12-31"), pdf("letter"));
    let sent = site.letter((&member, owner), period, ("letter.pdf", &paper));
    sent.await.expect(303);
    site.messages().await;
    member
}

fn nothing_optional_is_set(answer: &Answer) {
    let statement = Statement::in_force().unwrap();
    for cookie in answer.headers.get_all("set-cookie") {
        let name = cookie.to_str().unwrap().split('=').next().unwrap();
        let category = statement.cookie(name).unwrap().category;
        let mut choices = statement.cookie_choices().iter();
        let choice = choices.find(|it| it.category == category).unwrap();
        assert!(choice.necessary, "{name} was set");
    }
}

async fn nothing_optional_is_kept(site: &Site, cookies: &str) {
    let (cookie, _) = cookies.split_once(';').unwrap();
    let secret = cookie.strip_prefix("__Host-session=").unwrap();
    let session = site.platform.session(secret).await.unwrap();
    let choices = site.platform.choices(&session).await.unwrap();
    assert_eq!(choices.len(), 4);
    for choice in choices {
        let (id, kept) = (&choice.rule.id, choice.since);
        assert!(
            choice.choice == Choice::Off && kept.is_none(),
            "{id} is kept"
        );
    }
}

/// Nobody asks again: the switches stand on two pages and are off there; elsewhere nothing optional is spoken of, but for
/// the statement, which describes it, and the form to register.
fn nothing_is_asked_again(path: &str, lang: Lang, page: &Answer) {
    let text = &page.text;
    let begins = |begin: &str| path.starts_with(begin);
    // What the enterprise declared of its data, and said of a partner, stands in the form as it was.
    let of_partner = begins("/console/partners/ptn_");
    let of_her = of_partner || (begins("/console/datasets/") && path.contains("/source"));
    assert!(of_her || !text.contains("\" checked"), "{path}");
    assert!(!text.contains("<dialog"), "{path}");
    assert!(!text.contains("name=\"act\" value=\"off\""), "{path}");
    let (centre, cookies) = (begins("/account?"), begins("/cookies"));
    let switches = text.matches("name=\"purpose\"").count();
    assert_eq!(switches, if centre { 4 } else { 0 }, "{path}");
    for name in ["convenience", "recommendation"] {
        let asked = text.contains(&format!("name=\"{name}\""));
        assert_eq!(asked, cookies, "{path}");
    }
    if centre || cookies || begins("/statement") {
        return;
    }
    for rule in Statement::in_force().unwrap().purposes() {
        if !rule.necessary && rule.role == ProcessingRole::Controller {
            assert!(!text.contains(rule.name.get(lang)), "{path}: {}", rule.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_refuses_everything_optional_finds_every_page_and_is_not_asked_again() {
    let _mark = clause::check!(R0);
    let (site, cookies) = arrives().await;
    let (site, hers) = settles(site, cookies).await;
    let mut looked_at = 0;
    for route in site.routes() {
        if NOT_HERS.iter().any(|(begin, _)| route.starts_with(begin)) {
            continue;
        }
        for (code, lang) in [("zh", Lang::Zh), ("en", Lang::En)] {
            let path = hers.path_of(&route, code);
            if route.contains("{*tile}") {
                // It is no text, and the same for everybody.
                assert!(!site.bytes(&path).await.is_empty());
                continue;
            }
            let page = site.page(&path, &hers.cookies).await;
            nothing_optional_is_set(&page);
            if FORMS_ONLY.contains(&route.as_str()) {
                page.expect(405);
                continue;
            }
            if route == "/account/accept" {
                // She has accepted, and there is nothing to accept again.
                page.expect(303);
                continue;
            }
            // Nobody is sent away.
            let page = page.expect(200);
            if page.header("content-type").starts_with("text/html") {
                nothing_is_asked_again(&path, lang, &page);
                let shown = format!("<html lang=\"{}\">", lang.tag());
                assert!(page.text.contains(&shown), "{path}");
                looked_at += 1;
            }
        }
    }
    assert!(looked_at >= 60, "{looked_at} pages");
    let document = site.page("/api/v1/openapi.json", &hers.cookies).await;
    document.expect(200);
    nothing_optional_is_kept(&site, &hers.cookies).await;
    assert!(site.messages().await.is_empty(), "nobody writes to her");
    acts(&site, &hers).await;
    nothing_optional_is_kept(&site, &hers.cookies).await;
}

/// What she came for works: once each.
async fn acts(site: &Site, hers: &Hers) {
    let seat = format!("act=take&seat={}", hers.seat);
    let password = format!("act=set&password={PASSWORD}");
    let again = "act=invite&address=an@example.cn&role=admin";
    for (path, form) in [
        ("/account/nickname", "act=set&nickname=Hua"),
        ("/account/password", password.as_str()),
        (SEATS, seat.as_str()),
        ("/console/members", again),
        ("/account/sessions", "act=others"),
        ("/cookies", "act=clear"),
    ] {
        let done = site.submit(path, &hers.cookies, form).await.expect(303);
        nothing_optional_is_set(&done);
    }
    site.apply(CERTIFICATION, &hers.cookies, "act=begin")
        .await
        .expect(303);
    let draft = site.page(CERTIFICATION, &hers.cookies).await.expect(200);
    let draft = body("save", hidden(&draft, "application"), &[]);
    site.apply(CERTIFICATION, &hers.cookies, &draft)
        .await
        .expect(303);
    let path = "/api/v1/instructions";
    site.post(path, instruction(&hers.made.dataset))
        .await
        .expect(201);
    let listed = site.get(path).await.expect(200).json();
    // The two that she gave, and the one to import.
    assert_eq!(listed["items"].as_array().unwrap().len(), 3, "{listed}");
}
