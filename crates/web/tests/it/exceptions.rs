//! Lawful exceptions in the console and by the API: who invokes, what is missing, who confirms, what a run then says.

use std::time::Duration;

use serde_json::{Value, json};
use yuntu_app::exceptions::ProofInput;
use yuntu_app::policy::Period;
use yuntu_app::store::NewExceptionUse;
use yuntu_statement::{Invoker, Proof, Statement};
use yuntu_terms::{Operation, Recipient, Timestamp, clause};
use yuntu_testkit::pdf;

use crate::people::{OWNER, VIEWER};
use crate::site::{Answer, MARK, Made, PURPOSE, Site, declaration, exception_use, id_of, run};

const PATH: &str = "/console/exceptions";
const USES: &str = "/api/v1/exception-uses";

#[track_caller]
fn led_to(answer: &Answer) -> String {
    let location = answer.header("location");
    location.split('?').next().unwrap().to_owned()
}

#[track_caller]
fn says(answer: &Answer, words: &[&str]) {
    for word in words {
        assert!(answer.text.contains(word), "{word}: {}", answer.text);
    }
}

/// Lets the declaration of the dataset claim the ground of a contract beside consent.
async fn claim_contract(site: &Site, made: &Made) {
    let mut declared = declaration(&made.paper);
    declared["bases"] = json!(["consent", "contract"]);
    let path = format!("/api/v1/datasets/{}/declarations", made.dataset);
    site.post(&path, declared).await.expect(201);
}

async fn count(site: &Site, made: &Made, exception: Option<&str>) -> Answer {
    let mut ask = run(made, &json!({"sql": "SELECT count(*) AS n FROM people"}));
    if let Some(id) = exception {
        ask["exception"] = json!(id);
    }
    site.post("/api/v1/query", ask).await
}

#[track_caller]
fn facts(problem: &Value) -> Vec<&str> {
    let reasons = problem["reasons"].as_array().unwrap().iter();
    reasons.map(|it| it["fact"].as_str().unwrap()).collect()
}

/// The viewer becomes the legal counsel, by the button on her page.
async fn give(site: &Site, owner: &str) {
    let member = site.viewer_seat.representative;
    let path = format!("/console/members/{member}?lang=en");
    let page = site.page(&path, owner).await.expect(200);
    says(&page, &["She has none.", "Give: legal counsel"]);
    let given = site.submit(&path, owner, "act=give&function=legal_counsel");
    given.await.expect(303);
    let page = site.page(&path, owner).await.expect(200);
    says(
        &page,
        &[
            "Legal counsel",
            "Take: legal counsel",
            "Give: security officer",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn both_lists_say_what_each_opens_and_why_two_are_not_available() {
    let _marks = (clause::check!(R7), clause::check!(R21));
    let site = Site::open().await;
    site.furnish().await;
    let viewer = site.sign_in(VIEWER).await;
    for (lang, words) in [
        (
            "zh",
            [
                "不可援引，因为：",
                "目前不开放任何目的",
                "个人信息保护法第十三条第一款第六项、第二十七条",
                "没有任何提供、转让或公开数据的功能",
                "您没有可以援引例外的职能",
            ],
        ),
        (
            "en",
            [
                "Not available, because: ",
                "Opens no purpose at present",
                "PIPL art. 13(1)(6) and 27",
                "no function yet that provides",
                "You have none of the functions",
            ],
        ),
    ] {
        let page = site.page(&format!("{PATH}?lang={lang}"), &viewer).await;
        let page = page.expect(200);
        says(&page, &words);
        for exception in Statement::in_force().unwrap().exceptions() {
            let clause = exception.clause;
            assert!(page.text.contains(&format!("{clause} ")), "{clause}");
        }
    }
    let console = site.page("/console?lang=en", &viewer).await.expect(200);
    says(&console, &["Exceptions to consent"]);
    let all = site.get("/api/v1/exceptions").await.expect(200).json();
    let items = all["items"].as_array().unwrap();
    assert_eq!(items.len(), 21);
    let closed = items
        .iter()
        .filter(|it| !it["not_available_because"].is_null());
    let closed: Vec<_> = closed.map(|it| it["clause"].as_str().unwrap()).collect();
    assert_eq!(closed, ["R7i", "R7k"]);
}

const FORM: &str = "clause=R7g&aim=marketing.insight&operation=process&recipient=enterprise&from=&until=2026-12-31&why=the+contract";

fn typed(made: &Made, more: &str) -> String {
    format!("act=draft&datasets={}&{more}", made.dataset)
}

/// Drafts a use after everything that can be wrong with it; returns its page.
async fn drafts(site: &Site, counsel: &str, made: &Made) -> String {
    let path = format!("{PATH}?lang=en");
    let with = |from: &str, to: &str| FORM.replace(from, to);
    for (more, words) in [
        (String::new(), ["Choose one.", "This is a date such as"]),
        (
            with("2026-12-31", "2099-01-01"),
            ["longer than the statement allows", "Last day"],
        ),
        (
            with("operation=process", "operation=share"),
            ["does not open this purpose and operation", "Which one"],
        ),
        (
            with("R7g", "R7i"),
            [
                "is not available, because:",
                "PIPL art. 13 has no such ground",
            ],
        ),
        (
            with("R7g", "R7j"),
            ["opens no purpose at present", "obtain consent"],
        ),
    ] {
        let wrong = site.submit(&path, counsel, &typed(made, &more)).await;
        says(&wrong.expect(400), &words);
    }
    let drafted = site.submit(&path, counsel, &typed(made, FORM)).await;
    led_to(&drafted.expect(303))
}

/// Puts every proof on record and invokes it, after being told what is missing.
async fn proves(site: &Site, counsel: &str, one: &str) {
    let english = format!("{one}?lang=en");
    let lacking = site.submit(&english, counsel, "act=invoke").await;
    says(
        &lacking.expect(400),
        &[
            "the contract to which the person is a party",
            "an account of the necessity",
        ],
    );
    let chinese = format!("{one}?lang=zh");
    let lacking = site.submit(&chinese, counsel, "act=invoke").await;
    says(
        &lacking.expect(400),
        &["尚缺以下证明：个人作为一方当事人的合同、必要性说明"],
    );
    let papers = format!("{one}/papers?lang=en");
    let put = async |proof: &str, file: &[u8]| {
        let fields = [("mark", MARK), ("proof", proof)];
        site.hand_in((&papers, counsel), &fields, ("a.pdf", file))
            .await
    };
    let hostile = put("contract", b"MZ no paper").await.expect(400);
    says(&hostile, &["PDF, PNG"]);
    put("cited_law", &pdf("x")).await.expect(400);
    put("nothing", &pdf("x")).await.expect(404);
    for proof in ["contract", "necessity"] {
        put(proof, &pdf(proof)).await.expect(303);
    }
    let invoked = site.submit(&english, counsel, "act=invoke").await;
    invoked.expect(303);
    put("contract", &pdf("late")).await.expect(409);
    let alone = site.page(&english, counsel).await.expect(200);
    says(
        &alone,
        &["Invoked, waits for a second person", "never who invoked it"],
    );
}

/// The owner confirms what stands there, and nobody else may or confirms anything else.
async fn confirms(site: &Site, (owner, counsel): (&str, &str), one: &str, digest: &str) {
    let english = format!("{one}?lang=en");
    let confirm = |digest: &str| format!("act=confirm&digest={digest}");
    let own = site.submit(&english, counsel, &confirm(digest)).await;
    says(&own.expect(403), &["not confirmed by a second person"]);
    let page = site.page(&english, owner).await.expect(200);
    says(&page, &[digest, "Confirm it", "Decline it", "Download: "]);
    let other = site
        .submit(&english, owner, &confirm(&"0".repeat(64)))
        .await;
    says(&other.expect(409), &["is not what was shown"]);
    let declined = site.submit(&english, owner, "act=decline&reason=").await;
    says(&declined.expect(400), &["say why, in one line"]);
    let confirmed = site.submit(&english, owner, &confirm(digest)).await;
    confirmed.expect(303);
    let nothing = site.submit(&english, owner, "act=nothing").await;
    nothing.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_is_invoked_confirmed_used_and_ended_in_the_console() {
    let _marks = (clause::check!(R7), clause::check!(R21));
    let site = Site::open().await;
    let made = site.furnish().await;
    claim_contract(&site, &made).await;
    let (owner, counsel) = (site.sign_in(OWNER).await, site.sign_in(VIEWER).await);
    let path = format!("{PATH}?lang=en");
    let early = site.submit(&path, &counsel, &typed(&made, FORM)).await;
    says(
        &early.expect(403),
        &["R7g", "was not invoked by somebody who may"],
    );
    give(&site, &owner).await;
    let own = format!("/console/members/{}", site.viewer_seat.representative);
    let herself = site.submit(&own, &counsel, "act=give&function=privacy_officer");
    herself.await.expect(403);

    let one = drafts(&site, &counsel, &made).await;
    let english = format!("{one}?lang=en");
    proves(&site, &counsel, &one).await;
    let id = one.strip_prefix(&format!("{PATH}/")).unwrap();
    let refused = count(&site, &made, Some(id)).await.expect(403).json();
    assert_eq!(
        facts(&refused),
        ["exception_confirmed", "exception_standing"]
    );
    let shown = site.get(&format!("{USES}/{id}")).await.expect(200).json();
    let digest = shown["digest"].as_str().unwrap();
    confirms(&site, (&owner, &counsel), &one, digest).await;

    let plain = count(&site, &made, None).await.expect(200).json();
    assert!(plain.get("exception").is_none());
    let done = count(&site, &made, Some(id)).await.expect(200).json();
    assert_eq!(done["exception"]["clause"], "R7g");
    assert_eq!(done["exception"]["id"], id);
    let funnel = &done["funnels"]["people"];
    assert_eq!(funnel["admitted"], funnel["uploaded"]);
    let receipt = done["receipt"].as_str().unwrap();
    for (lang, words) in [
        (
            "zh",
            [
                "合同所必需（例外 R7g）",
                "20 人没有覆盖此目的的同意，仅以例外 R7g 为依据",
            ],
        ),
        (
            "en",
            [
                "contract (exception R7g)",
                "20 have no consent that covers this and are there on ground of exception R7g alone",
            ],
        ),
    ] {
        let page = format!("/console/receipts/{receipt}?lang={lang}");
        says(&site.page(&page, &owner).await.expect(200), &words);
    }
    let page = site.page(&english, &counsel).await.expect(200);
    says(&page, &["In force (", receipt]);
    let ended = site.submit(&english, &counsel, "act=end&reason=no+longer+needed");
    ended.await.expect(303);
    let refused = count(&site, &made, Some(id)).await.expect(403).json();
    assert_eq!(facts(&refused), ["exception_standing"]);
    let page = site.page(&english, &owner).await.expect(200);
    says(&page, &["no longer needed", "refused"]);
    let list = site.page(&path, &owner).await.expect(200);
    says(&list, &["R7g Concluding or performing a contract", "ended"]);
}

async fn by(site: &Site, token: &str, path: &str, body: &Value) -> Answer {
    let body = ("application/json", body.to_string().into_bytes());
    site.call(Some(token), "POST", path, body).await
}

/// Drafts, proves and invokes by the token of the counsel; returns the path of the use and what is to be confirmed.
async fn invoked(site: &Site, made: &Made) -> (String, Value) {
    let viewer = site.viewer.as_str();
    // Later than the draft that the site is furnished with.
    let now = site.platform.now().plus(Duration::from_secs(1));
    site.parts.clock.set(now);
    let new = |days| exception_use(&made.dataset, now, now.plus_days(days));
    by(site, viewer, USES, &new(366)).await.expect(400);
    by(site, viewer, USES, &json!({"clause": "R7g"}))
        .await
        .expect(400);
    let drafted = by(site, viewer, USES, &new(10)).await.expect(201);
    let path = format!("{USES}/{}", id_of(&drafted));
    let invocation = format!("{path}/invocation");
    let lacks = by(site, viewer, &invocation, &json!({})).await.expect(400);
    says(&lacks, &["the contract to which the person is a party"]);
    let proofs = format!("{path}/proofs");
    for odd in [
        json!({"proof": "cited_law", "words": "Art. 1"}),
        json!({"proof": "cited_law"}),
        json!({"proof": "odd", "words": "x"}),
    ] {
        by(site, viewer, &proofs, &odd).await.expect(400);
    }
    for (proof, status) in [("contract", 204), ("necessity", 204), ("odd", 400)] {
        let papers = format!("{path}/papers?proof={proof}&name={proof}.pdf");
        let file = ("application/octet-stream", pdf(proof));
        let added = site.call(Some(viewer), "POST", &papers, file).await;
        added.expect(status);
    }
    let digest = by(site, viewer, &invocation, &json!({})).await;
    (path, digest.expect(200).json())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_does_what_the_console_does() {
    let _marks = (clause::check!(R7), clause::check!(R21));
    let site = Site::open().await;
    let made = site.furnish().await;
    claim_contract(&site, &made).await;
    let counsel = (site.viewer_seat.representative, Invoker::LegalCounsel);
    let given = site
        .platform
        .set_function(&site.owner_seat, counsel.0, counsel.1, true);
    given.await.unwrap();
    let (path, digest) = invoked(&site, &made).await;
    let confirmation = format!("{path}/confirmation");
    let own = by(&site, &site.viewer, &confirmation, &digest).await;
    assert_eq!(facts(&own.expect(403).json()), ["exception_confirmed"]);
    let wrong = json!({"digest": "0".repeat(64)});
    let other = by(&site, &site.owner, &confirmation, &wrong).await;
    other.expect(409);
    let confirmed = by(&site, &site.owner, &confirmation, &digest).await;
    confirmed.expect(204);
    let shown = site.get(&path).await.expect(200).json();
    assert_eq!(shown["state"], "in_force");
    let paper = shown["proofs"][0]["paper"].as_str().unwrap();
    let file = site.get(&format!("{path}/papers/{paper}")).await;
    file.expect(200);

    let id = shown["id"].as_str().unwrap();
    count(&site, &made, Some(id)).await.expect(200);
    let evaluations = format!("/api/v1/audiences/{}/evaluations", made.audience);
    let how = json!({"purpose": PURPOSE, "instruction": made.instruction, "exception": id});
    site.post(&evaluations, how).await.expect(201);
    let jobs = site.get(&format!("{path}/jobs")).await.expect(200).json();
    let done = jobs["items"].as_array().unwrap().iter();
    assert_eq!(done.filter(|it| it["outcome"] == "done").count(), 2);
    let end = format!("{path}/end");
    for (reason, status) in [("", 400), ("over", 204), ("again", 409)] {
        let ended = by(&site, &site.owner, &end, &json!({ "reason": reason })).await;
        ended.expect(status);
    }
    let refused = count(&site, &made, Some(id)).await.expect(403).json();
    assert_eq!(facts(&refused), ["exception_standing"]);
    assert_eq!(refused["clause"], "R7");
    let page = |before: &str| format!("{USES}?before={before}");
    let earlier = site.get(&page(id)).await.expect(200).json();
    assert_eq!(earlier["items"].as_array().unwrap().len(), 1, "the draft");
    site.get(&page("odd")).await.expect(400);
    let unknown = "exu_0192f0c1000070008000000000000001";
    count(&site, &made, Some(unknown)).await.expect(404);
}

/// Somebody invokes the exception for an emergency, another confirms it; whom it opened is to be told within two days.
async fn emergency(site: &Site, made: &Made) -> Timestamp {
    let (platform, owner, officer) = (&site.platform, &site.owner_seat, &site.viewer_seat);
    let function = Invoker::SecurityOfficer;
    let given = platform.set_function(owner, officer.representative, function, true);
    given.await.unwrap();
    let (now, due) = (platform.now(), platform.now().plus_days(2));
    let new = NewExceptionUse {
        clause: "R7e".parse().unwrap(),
        datasets: vec![made.dataset.parse().unwrap()],
        purpose: "service".parse().unwrap(),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        period: Period {
            from: now,
            until: now.plus_days(1),
        },
        why: String::from("a recall"),
    };
    let id = platform.draft_exception(officer, &new).await.unwrap();
    let record = ProofInput::File {
        name: String::from("record.pdf"),
        bytes: pdf("the emergency"),
    };
    for (proof, input) in [
        (Proof::EmergencyRecord, record),
        (Proof::LaterNotice, ProofInput::Day(due)),
    ] {
        let added = platform.add_exception_proof(officer, id, proof, input);
        added.await.unwrap();
    }
    let digest = platform.invoke_exception(officer, id).await.unwrap();
    platform.confirm_exception(owner, id, digest).await.unwrap();
    due
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_says_which_notice_is_owed_and_when_it_is_overdue() {
    let _mark = clause::check!(R7);
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let before = site.page("/console?lang=en", &owner).await.expect(200);
    assert!(!before.text.contains("people are to be told"));
    let due = emergency(&site, &made).await;
    let both = async |at_home: [&str; 2], in_the_list: [&str; 2]| {
        for (lang, (home, list)) in ["zh", "en"].iter().zip(at_home.iter().zip(in_the_list)) {
            let page = site.page(&format!("/console?lang={lang}"), &owner).await;
            says(&page.expect(200), &[home]);
            let page = site.page(&format!("{PATH}?lang={lang}"), &owner).await;
            says(&page.expect(200), &[list]);
        }
    };
    both(
        [
            "1 项待事后告知本人，最早须在",
            "people are to be told of 1, the first by",
        ],
        ["前告知本人", "people are to be told by"],
    )
    .await;
    site.parts.clock.set(due);
    let owner = site.sign_in(OWNER).await;
    for (path, words) in [
        ("/console?lang=zh", "已逾期"),
        ("/console?lang=en", "the first was due by"),
        ("/console/exceptions?lang=zh", "前告知本人，已逾期"),
        ("/console/exceptions?lang=en", "which is overdue"),
    ] {
        says(&site.page(path, &owner).await.expect(200), &[words]);
    }
}
