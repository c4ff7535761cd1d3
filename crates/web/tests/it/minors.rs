//! The pages on which a minor's account is reported, followed, looked into and decided.

use yuntu_app::outbound::Kind;
use yuntu_app::policy::OperatorRole;
use yuntu_terms::clause;

use crate::people::{MINUTE, OWNER};
use crate::site::{Answer, Site};

const REPORT: &str = "/report-minor";
const OUTCOME: &str = "/report-minor/outcome";
const DESK: &str = "/operator/minors";
const WHY: &str = "she+goes+to+school+with+my+son";

/// The number and the code of a receipt, as the page shows them.
fn receipt(page: &Answer) -> (String, String) {
    let facts: Vec<&str> = page.text.split("<dd>").skip(1).collect();
    let text = |place: usize| facts[place].split('<').next().unwrap().to_owned();
    assert!(text(0).starts_with("mrp_"), "{}", page.text);
    (text(0), text(1))
}

async fn report(site: &Site, address: &str) -> Answer {
    let body = format!(
        "act=send&account={address}&person=the+cashier&why={WHY}&contact=parent@example.org"
    );
    site.submit(&format!("{REPORT}?lang=en"), "", &body).await
}

async fn outcome(site: &Site, lang: &str, (number, code): &(String, String)) -> Answer {
    let path = format!("{OUTCOME}?lang={lang}");
    let body = format!("act=see&number={number}&code={code}");
    site.submit(&path, "", &body).await
}

/// The account that the page of a report offers.
fn offered(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("<option value=\"acc_").unwrap();
    format!("acc_{}", rest.split('"').next().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_reports_without_signing_in_and_is_told_why_each_field_is_asked() {
    let site = Site::open().await;
    for (lang, words, need, kept) in [
        ("zh", "无须登录", "选填", "最迟 30 日"),
        ("en", "without signing in", "Optional.", "30 days"),
    ] {
        let page = site.page(&format!("{REPORT}?lang={lang}"), "").await;
        let page = page.expect(200);
        for expected in [words, need, kept, "the privacy_email of the tests"] {
            assert!(page.text.contains(expected), "{expected}: {}", page.text);
        }
        let first = site.page(&format!("/?lang={lang}"), "").await.expect(200);
        assert!(first.text.contains("href=\"/report-minor?lang="));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_a_report_is_named_and_what_was_typed_stays() {
    let _mark = clause::check!(R29);
    let site = Site::open().await;
    let long = "a".repeat(1_001);
    let long = format!("act=send&account=a@example.cn&why={long}");
    for (body, field, told) in [
        ("act=send&account=&why=x", "account", "at least an address"),
        (
            "act=send&account=a@&why=kept+words",
            "account",
            "kept words",
        ),
        ("act=send&account=12345&why=x", "account", "12345"),
        ("act=send&account=a@example.cn&why=+", "why", "a@example.cn"),
        (
            "act=send&enterprise=%00&why=x",
            "enterprise",
            "aria-invalid",
        ),
        (
            "act=send&account=a@example.cn&why=x&contact=nobody",
            "contact",
            "nobody",
        ),
        ("act=send&account=a@example.cn&why=x%00y", "why", "one line"),
        (long.as_str(), "why", "1,000"),
    ] {
        let page = site.submit(&format!("{REPORT}?lang=en"), "", body).await;
        let page = page.expect(400);
        let id = format!("id=\"report-{field}-wrong\"");
        assert!(page.text.contains(&id), "{body}: {}", page.text);
        assert!(page.text.contains(told), "{told}: {}", page.text);
        assert!(!page.text.contains("mrp_"));
    }
    let forged = site.post_form(REPORT, &[], String::from("act=send")).await;
    forged.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_answers_alike_whether_or_not_there_is_such_an_account() {
    let _mark = clause::check!(R29);
    let site = Site::open().await;
    let known = report(&site, OWNER).await.expect(200);
    let unknown = report(&site, "nobody@store.example").await.expect(200);
    let plain = |page: &Answer| {
        let (number, code) = receipt(page);
        page.text.replace(&number, "").replace(&code, "")
    };
    assert_eq!(plain(&known), plain(&unknown));
    assert!(
        site.messages().await.is_empty(),
        "nothing is sent to anybody"
    );
    let (known, unknown) = (receipt(&known), receipt(&unknown));
    for lang in ["zh", "en"] {
        let one = outcome(&site, lang, &known).await.expect(200);
        let other = outcome(&site, lang, &unknown).await.expect(200);
        let plain = |page: &Answer, number: &str| page.text.replace(number, "");
        assert_eq!(plain(&one, &known.0), plain(&other, &unknown.0));
    }
    // Neither the number alone nor another code shows anything, and a code is never shown again.
    let mixed = (known.0.clone(), unknown.1.clone());
    let none = outcome(&site, "en", &mixed).await.expect(400);
    assert!(none.text.contains("no report has this number") && !none.text.contains(&mixed.1));
    let unreadable = (String::from("12"), String::from("x"));
    let none = outcome(&site, "en", &unreadable).await.expect(400);
    for field in ["number", "code"] {
        assert!(none.text.contains(&format!("id=\"outcome-{field}-wrong\"")));
    }
    for _ in 0..8 {
        report(&site, OWNER).await.expect(200);
    }
    let limited = report(&site, OWNER).await.expect(429);
    assert!(limited.text.contains("try again after") && limited.text.contains(OWNER));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_upheld_at_the_desk_and_the_account_is_gone_in_time() {
    let _mark = clause::check!(R29);
    let site = Site::open().await;
    let session = site.sign_in(OWNER).await;
    let receipt = receipt(&report(&site, OWNER).await.expect(200));
    let cookie = site
        .operator("chen@operator.example", OperatorRole::Privacy)
        .await;
    let one = format!("{DESK}/{}?lang=en", receipt.0);
    let queue = site.page(&format!("{DESK}?lang=en"), &cookie).await;
    let queue = queue.expect(200);
    assert!(queue.text.contains(&receipt.0) && queue.text.contains("h left"));
    let page = site.page(&one, &cookie).await.expect(200);
    for hidden in [OWNER, "goes to school", "cashier", "parent@example.org"] {
        assert!(!page.text.contains(hidden), "{hidden}");
        assert!(!queue.text.contains(hidden), "{hidden}");
    }
    assert!(page.text.contains("An enterprise has this one owner only"));
    let look = site
        .submit(&one, &cookie, "act=look&reason=weigh_reasons")
        .await;
    let look = look.expect(200);
    for open in [OWNER, "goes to school", "the cashier"] {
        assert!(look.text.contains(open), "{open}");
    }
    assert!(!look.text.contains("parent@example.org"), "nobody reads it");
    let again = site.page(&one, &cookie).await.expect(200);
    assert!(!again.text.contains(OWNER), "the mask is back");
    let account = offered(&page);
    let empty = format!("act=uphold&account={account}&words=+");
    let wrong = site.submit(&one, &cookie, &empty).await.expect(400);
    assert!(wrong.text.contains("id=\"decide-words-wrong\""));
    site.page("/account", &session).await.expect(200);
    let upheld = format!("act=uphold&account={account}&words=the+school+confirmed+it");
    site.submit(&one, &cookie, &upheld).await.expect(303);
    let out = site.page("/account", &session).await.expect(303);
    assert!(out.header("location").starts_with("/account/sign-in"));
    // The token of her seat opens nothing either.
    site.get("/api/v1/instructions").await.expect(403);
    let kinds: Vec<Kind> = site.messages().await.iter().map(|it| it.kind).collect();
    assert!(kinds.contains(&Kind::StandingChanged) && kinds.contains(&Kind::ReportAnswered));
    let seen = outcome(&site, "zh", &receipt).await.expect(200);
    assert!(seen.text.contains("帐号已停用"), "{}", seen.text);
    site.parts.clock.advance(MINUTE * 60 * 24);
    assert_eq!(site.platform.erase_reported_accounts().await.unwrap(), 1);
    let seen = outcome(&site, "en", &receipt).await.expect(200);
    assert!(seen.text.contains("are erased"), "{}", seen.text);
    let ask = format!("act=ask&address={OWNER}");
    let asked = site.submit("/account/sign-in", "", &ask).await;
    asked.expect(200);
    assert!(site.messages().await.is_empty(), "nobody has this address");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_not_upheld_is_answered_with_reasons_and_an_objection_is_heard() {
    let _mark = clause::check!(R29);
    let site = Site::open().await;
    let receipt = receipt(&report(&site, OWNER).await.expect(200));
    let cookie = site
        .operator("chen@operator.example", OperatorRole::Administrator)
        .await;
    let one = format!("{DESK}/{}?lang=en", receipt.0);
    let page = site.page(&one, &cookie).await.expect(200);
    let account = offered(&page);
    let upheld = format!("act=uphold&account={account}&words=as+told");
    site.submit(&one, &cookie, &upheld).await.expect(303);
    let page = site.page(&one, &cookie).await.expect(200);
    assert!(page.text.contains("Take it back"), "{}", page.text);
    let heard = "act=dismiss&words=she+showed+that+she+is+of+age";
    site.submit(&one, &cookie, heard).await.expect(303);
    let seen = outcome(&site, "en", &receipt).await.expect(200);
    assert!(seen.text.contains("she showed that she is of age"));
    let again = site.page(&one, &cookie).await.expect(200);
    assert!(
        !again.text.contains("name=\"words\""),
        "nothing is left to decide"
    );
    let late = site.submit(&one, &cookie, &upheld).await.expect(400);
    assert!(late.text.contains("has moved on"), "{}", late.text);
    site.messages().await;
    site.sign_in(OWNER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_near_its_deadline_stands_on_the_first_page_of_operators() {
    let _mark = clause::check!(R29);
    let site = Site::open().await;
    report(&site, OWNER).await.expect(200);
    let chen = "chen@operator.example";
    let cookie = site.operator(chen, OperatorRole::Privacy).await;
    let home = site.page("/operator?lang=en", &cookie).await.expect(200);
    assert!(home.text.contains("/operator/minors") && !home.text.contains("Alarm: of the reports"));
    site.parts.clock.advance(MINUTE * 60 * 72);
    let wang = "wang@operator.example";
    let cookie = site.operator(wang, OperatorRole::Privacy).await;
    let home = site.page("/operator?lang=en", &cookie).await.expect(200);
    assert!(
        home.text.contains("1 are past the deadline"),
        "{}",
        home.text
    );
    let queue = site.page(&format!("{DESK}?lang=zh"), &cookie).await;
    assert!(queue.expect(200).text.contains("已逾期"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_opens_for_nobody_else() {
    let _mark = clause::check!(R29);
    let site = Site::open().await;
    let receipt = receipt(&report(&site, OWNER).await.expect(200));
    let session = site.sign_in(OWNER).await;
    let one = format!("{DESK}/{}", receipt.0);
    let acts = [
        "act=look&reason=weigh_reasons",
        "act=dismiss&words=x",
        "act=uphold&account=acc_0&words=x",
    ];
    // Neither a stranger nor somebody of an enterprise, her own report included.
    for cookie in ["", session.as_str()] {
        for path in [DESK, one.as_str()] {
            let gone = site.page(path, cookie).await.expect(303);
            assert!(gone.header("location").starts_with("/operator/sign-in"));
        }
        for act in acts {
            let gone = site.submit(&one, cookie, act).await.expect(303);
            assert!(gone.header("location").starts_with("/operator/sign-in"));
        }
    }
    for (address, role) in [
        ("chen@operator.example", OperatorRole::Reviewer),
        ("wang@operator.example", OperatorRole::Support),
        ("zhao@operator.example", OperatorRole::Auditor),
    ] {
        let cookie = site.operator(address, role).await;
        for path in [DESK, one.as_str()] {
            site.page(path, &cookie).await.expect(403);
        }
        for act in acts.iter().take(2) {
            site.submit(&one, &cookie, act).await.expect(403);
        }
        let home = site.page("/operator", &cookie).await.expect(200);
        assert!(!home.text.contains(DESK));
    }
    let cookie = site
        .operator("li@operator.example", OperatorRole::Privacy)
        .await;
    for path in ["mrp_01926a4f00007000a000000000000000", "acc_1", "x"] {
        let path = format!("{DESK}/{path}");
        site.page(&path, &cookie).await.expect(404);
        site.submit(&path, &cookie, acts[0]).await.expect(404);
    }
    for act in ["act=uphold&account=none&words=x", "act=other"] {
        site.submit(&one, &cookie, act).await.expect(400);
    }
    let unknown = "act=look&reason=curious";
    site.submit(&one, &cookie, unknown).await.expect(404);
}
