//! The register of partners in the console and by the API: registered, put in force, named, suspended, over.

use std::time::Duration;

use serde_json::{Value, json};
use yuntu_terms::clause;
use yuntu_testkit::pdf;

use crate::people::OWNER;
use crate::site::{Answer, MARK, Made, Site, id_of, partner};

const PATH: &str = "/console/partners";
const SHARED: &str = "marketing.activation";

#[track_caller]
fn says(answer: &Answer, words: &[&str]) {
    for word in words {
        assert!(answer.text.contains(word), "{word}: {}", answer.text);
    }
}

#[track_caller]
fn facts(answer: Answer, status: u16) -> Vec<String> {
    let problem = answer.expect(status).json();
    let reasons = problem["reasons"].as_array().unwrap().iter();
    reasons
        .map(|it| it["fact"].as_str().unwrap().to_owned())
        .collect()
}

/// Counts the people whose data may be shared with a partner.
async fn share(site: &Site, made: &Made, instruction: &str) -> Answer {
    let ask = json!({
        "purpose": SHARED, "instruction": instruction, "datasets": {"people": made.dataset},
        "operation": "share", "recipient": {"partner": made.partner},
        "ask": {"sql": "SELECT count(*) AS n FROM people"},
    });
    site.post("/api/v1/query", ask).await
}

async fn instruct(site: &Site, made: &Made, partner: &str) -> Answer {
    let new = json!({
        "purposes": ["marketing"], "operations": ["process", "share"],
        "recipients": ["enterprise", {"partner": partner}], "datasets": [made.dataset],
        "from": "2026-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z",
    });
    site.post("/api/v1/instructions", new).await
}

fn agreed(partner: &str) -> Value {
    json!({"records": [{
        "identifier": "member_id", "value": "m1", "purpose": SHARED, "operation": "share",
        "recipient": {"partner": partner}, "kind": "separate", "status": "given",
        "from": "2026-01-05T00:00:00Z", "proof": "a signed card",
    }]})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shared_follows_the_standing_of_the_partner_and_ends_with_its_agreement() {
    let _mark = (clause::check!(R15), clause::check!(R16));
    let site = Site::open().await;
    let made = site.furnish().await;
    let instruction = id_of(&instruct(&site, &made, &made.partner).await.expect(201));
    let asked = share(&site, &made, &instruction).await;
    assert_eq!(facts(asked, 403), ["consent"]);
    let recorded = site.post("/api/v1/consents/records", agreed(&made.partner));
    recorded.await.expect(200);
    share(&site, &made, &instruction).await.expect(200);
    let one = format!("/api/v1/partners/{}", made.partner);
    let why = json!({"reason": "an incident"});
    let suspended = site.post(&format!("{one}/suspension"), why.clone()).await;
    suspended.expect(204);
    let refused = share(&site, &made, &instruction).await;
    assert_eq!(facts(refused, 403), ["partner_standing"]);
    let again = site.post(&format!("{one}/suspension"), why.clone()).await;
    again.expect(400);
    let resumed = site.post(&format!("{one}/resumption"), why.clone()).await;
    resumed.expect(204);
    share(&site, &made, &instruction).await.expect(200);
    let jobs = site.get(&format!("{one}/jobs")).await.expect(200).json();
    let outcomes = jobs["items"].as_array().unwrap().iter();
    let outcomes: Vec<_> = outcomes.map(|it| it["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "refused", "done", "refused"]);
    // The day on which the assessment is due, the next one is refused; and so it is when the agreement ends.
    site.parts.clock.advance(Duration::from_hours(24 * 10));
    let refused = share(&site, &made, &instruction).await;
    assert!(facts(refused, 403).contains(&String::from("partner_assessment")));
    site.parts.clock.advance(Duration::from_hours(24 * 10));
    let refused = share(&site, &made, &instruction).await;
    assert!(facts(refused, 403).contains(&String::from("agreement_period")));
    let shown = site.get(&one).await.expect(200).json();
    assert_eq!(shown["partner"]["ending"], "over");
    assert_eq!(shown["instructions"], json!([instruction]));
    let ended = site.post(&format!("{one}/end"), why).await;
    ended.expect(204);
    let named = instruct(&site, &made, &made.partner).await.expect(400);
    says(&named, &["the partner has ended"]);
    let unknown = "ptn_0192f0c1000070008000000000000001";
    let named = instruct(&site, &made, unknown).await.expect(400);
    says(&named, &["no partner on the register"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_registration_lacks_is_named_at_once_by_the_api() {
    let _mark = clause::check!(R16);
    let site = Site::open().await;
    site.furnish().await;
    let bare = json!({"name": "Bare", "region": "SG"});
    let id = id_of(&site.post("/api/v1/partners", bare).await.expect(201));
    let one = format!("/api/v1/partners/{id}");
    let enforce = format!("{one}/enforcement");
    let refused = site.post(&enforce, json!({"version": 1})).await;
    let named = facts(refused, 400);
    for gap in [
        "role",
        "contact",
        "agreement_paper",
        "assessment",
        "cross_border",
    ] {
        assert!(named.iter().any(|it| it == gap), "{gap}: {named:?}");
    }
    let shown = site.get(&one).await.expect(200).json();
    assert_eq!(shown["missing"].as_array().unwrap().len(), named.len());
    for (field, value) in [
        ("credit_code", json!("91350100M000100Y4Z")),
        ("contact", json!("nobody")),
        ("region", json!("china")),
    ] {
        let mut body = partner(&site);
        body[field] = value;
        let odd = site.post("/api/v1/partners", body).await;
        odd.expect(400);
    }
    let told = site
        .post(&format!("{one}/papers?kind=photo"), json!({}))
        .await;
    says(
        &told.expect(400),
        &["agreement, assessment or cross_border"],
    );
}

const FORM: &str = "act=register&name=North+Logistics&region=CN&role=entrusted&credit_code=91350100M000100Y43\
    &contact=dpo%40north.example&purposes=marketing&operations=process&classes=personal&manner=by+file&obligations=returns+it\
    &sub_processing=never&from=2026-01-01&until=2027-06-30&assessed=2026-01-01&result=acceptable&review=2027-06-30";

/// Registers a partner on its page after everything that can be wrong with it; returns its page.
async fn registers(site: &Site, owner: &str) -> String {
    let path = format!("{PATH}?lang=en");
    let page = site.page(&path, owner).await.expect(200);
    says(
        &page,
        &[
            "Canary Partner",
            "Register a partner",
            "in force, and ends on",
        ],
    );
    for (from, to, words) in [
        ("region=CN", "region=China", "two letters"),
        ("until=2027-06-30", "until=soon", "This is a date such as"),
        ("result=acceptable", "result=", "Choose from the list"),
        ("Y43", "Y4Z", "no unified social credit code"),
        (
            "dpo%40north.example",
            "dpo",
            "an email address or a phone number",
        ),
        (
            "name=North+Logistics",
            "name=",
            "give the name of the partner",
        ),
    ] {
        let typed = FORM.replacen(from, to, 1);
        let wrong = site.submit(&path, owner, &typed).await.expect(400);
        // What was typed stands there still.
        says(&wrong, &[words, "returns it"]);
    }
    let registered = site.submit(&path, owner, FORM).await.expect(303);
    let location = registered.header("location");
    location.split('?').next().unwrap().to_owned()
}

/// Adds the papers after ones that are none, and puts the draft in force that is shown.
async fn completes(site: &Site, owner: &str, one: &str) {
    let english = format!("{one}?lang=en");
    let papers = format!("{one}/papers?lang=en");
    let put = async |kind: &str, file: &[u8]| {
        let fields = [("mark", MARK), ("kind", kind)];
        site.hand_in((&papers, owner), &fields, ("a.pdf", file))
            .await
    };
    says(
        &put("agreement", b"MZ no paper").await.expect(400),
        &["PDF, PNG"],
    );
    says(
        &put("photo", &pdf("x")).await.expect(400),
        &["Choose what the file shows"],
    );
    for kind in ["agreement", "assessment"] {
        put(kind, &pdf(kind)).await.expect(303);
    }
    let page = site.page(&english, owner).await.expect(200);
    says(&page, &["Put version 1 in force", "lacks nothing"]);
    let other = site.submit(&english, owner, "act=enforce&version=7").await;
    says(&other.expect(400), &["The draft has changed meanwhile"]);
    let enforced = site.submit(&english, owner, "act=enforce&version=1").await;
    enforced.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_is_registered_completed_corrected_and_ended_on_its_page() {
    let _mark = (clause::check!(R15), clause::check!(R16));
    let site = Site::open().await;
    site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let one = registers(&site, &owner).await;
    let (english, chinese) = (format!("{one}?lang=en"), format!("{one}?lang=zh"));
    let page = site.page(&english, &owner).await.expect(200);
    says(
        &page,
        &["The signed agreement is not on record", "dpo@north.example"],
    );
    let page = site.page(&chinese, &owner).await.expect(200);
    says(&page, &["没有签订的协议文件", "已登记，尚未生效"]);
    assert!(!page.text.contains("使第 1 版生效"));
    // Who sends the form all the same is told what is missing.
    let lacking = site.submit(&english, &owner, "act=enforce&version=1").await;
    says(
        &lacking.expect(400),
        &["The signed agreement is not on record"],
    );
    completes(&site, &owner, &one).await;
    let corrected = FORM
        .replace("act=register", "act=correct")
        .replace("North+Logistics", "Northern+Logistics");
    let corrected = site.submit(&english, &owner, &corrected).await;
    corrected.expect(303);
    let page = site.page(&english, &owner).await.expect(200);
    says(
        &page,
        &[
            "<h1>North Logistics</h1>",
            "Version 2",
            "a draft, not in force",
        ],
    );
    let silent = site.submit(&english, &owner, "act=suspend&reason=").await;
    says(&silent.expect(400), &["say why"]);
    let suspended = site.submit(&english, &owner, "act=suspend&reason=an+incident");
    suspended.await.expect(303);
    let page = site.page(&english, &owner).await.expect(200);
    says(&page, &["Suspended", "an incident", "Resume it"]);
    let home = site.page("/console?lang=en", &owner).await.expect(200);
    says(&home, &["Partners", "ends within thirty days"]);
    let ended = site.submit(&english, &owner, "act=end&reason=over").await;
    ended.expect(303);
    let page = site.page(&english, &owner).await.expect(200);
    assert!(!page.text.contains("Save as the draft"));
    says(&page, &["Ended", "Version 1"]);
    // It is offered no more where recipients are chosen, and its name stays where it was named.
    let form = site.page("/console/instructions?lang=en", &owner).await;
    let form = form.expect(200);
    assert!(!form.text.contains("North Logistics"));
    says(&form, &["Canary Partner"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_are_counted_and_asked_for_by_operation_and_partner() {
    let _mark = clause::check!(R15);
    let site = Site::open().await;
    let made = site.furnish().await;
    let recorded = site.post("/api/v1/consents/records", agreed(&made.partner));
    recorded.await.expect(200);
    let owner = site.sign_in(OWNER).await;
    let page = site.page("/console/consents?lang=en", &owner).await;
    says(
        &page.expect(200),
        &[
            "share: Canary Partner",
            "For: process: the enterprise itself",
        ],
    );
    let towards = format!(
        "/console/consents?lang=en&operation=share&recipient={}",
        made.partner
    );
    let page = site.page(&towards, &owner).await.expect(200);
    says(&page, &["For: share: Canary Partner"]);
    let path = format!("/console/datasets/{}/consent?lang=en", made.dataset);
    let wish = |operation: &str, recipient: &str| {
        format!(
            "act=reach&instruction={}&agreed=marketing.insight&wanted={SHARED}&operation={operation}&recipient={recipient}&kind=member_id",
            made.instruction
        )
    };
    let odd = site
        .submit(&path, &owner, &wish("share", "enterprise"))
        .await;
    says(
        &odd.expect(400),
        &["The recipient does not fit the operation"],
    );
    let shown = site
        .submit(&path, &owner, &wish("share", &made.partner))
        .await;
    says(&shown.expect(200), &["Reached at once", "To be asked"]);
    // A scope names the partner by its name.
    let papers = format!("/api/v1/datasets/{}/papers", made.dataset);
    let papers = site.get(&papers).await.expect(200).json();
    let paper = papers["items"][0]["digest"].as_str().unwrap();
    let scope = format!(
        "act=scope&purposes={SHARED}&operations=share&recipients={}&kind=separate&from=2026-01-01&until=&evidence={paper}",
        made.partner
    );
    site.submit(&path, &owner, &scope).await.expect(303);
    let page = site.page(&path, &owner).await.expect(200);
    says(&page, &["Canary Partner"]);
    let one = format!("{PATH}/{}?lang=en", made.partner);
    let page = site.page(&one, &owner).await.expect(200);
    says(&page, &["its scope of consent names the partner"]);
}
