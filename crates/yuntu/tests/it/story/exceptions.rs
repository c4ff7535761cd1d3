//! Point 7: the list says what each opens and why two open nothing; invoking one takes two persons, and a run on it says so.

use serde_json::{Value, json};

use super::{HOUSEHOLDS, INSIGHT, MINORS, Story, admitted, now, text};
use crate::api::OCTETS;

const USES: &str = "/api/v1/exception-uses";
const PEOPLE: &str = "SELECT count(*) AS n FROM people";

pub(super) fn take_two(story: &Story) {
    let listed = story.counsel.get("/api/v1/exceptions").expect(200).items();
    let of = |list: &str| listed.iter().filter(|it| it["list"] == list).count();
    assert_eq!((of("collection"), of("provision")), (12, 9));
    let closed = listed
        .iter()
        .filter(|it| !it["not_available_because"].is_null());
    let closed: Vec<_> = closed.map(|it| text(it, "clause")).collect();
    assert_eq!(closed, ["R7i", "R7k"]);
    claim_the_contract(story);
    let path = invoked(story);
    confirmed(story, &path);
    used_and_ended(story, &path);
}

/// The declaration of the people's data claims the ground of a contract beside consent.
fn claim_the_contract(story: &Story) {
    let people = story.dataset("people");
    let path = format!("/api/v1/datasets/{people}/declarations");
    let paper = story.prove(people, "contract");
    let form = story.prove(people, "consent_form");
    let body = json!({
        "source_kind": "direct", "collected_how": "loyalty programme", "bases": ["consent", "contract"],
        "collected_from": "2017-01-01T00:00:00Z", "notice": "its terms", "from": now().plus_days(-1),
        "until": now().plus_days(300), "contact": "privacy@store.example", "evidence": [paper, form],
        "confirms": ["source_lawful", "consent_covers", "may_bind"],
    });
    story.owner.post(&path, &body).expect(201);
}

/// The counsel drafts, is told what is missing, proves and invokes; returns the path of the use.
fn invoked(story: &Story) -> String {
    let draft = |clause: &str| {
        json!({
            "clause": clause, "datasets": [story.dataset("people")], "purpose": INSIGHT,
            "operation": "process", "recipient": "enterprise", "from": now(),
            "until": now().plus_days(30), "why": "the contract of the loyalty programme",
        })
    };
    story.counsel.post(USES, &draft("R7i")).expect(403);
    // An owner who has no such function drafts none.
    story.owner.post(USES, &draft("R7g")).expect(403);
    let use_id = story.counsel.post(USES, &draft("R7g")).expect(201).id();
    let path = format!("{USES}/{use_id}");
    let invocation = format!("{path}/invocation");
    let lacks = story.counsel.post(&invocation, &Value::Null).expect(400);
    assert!(!lacks.text().is_empty());
    for proof in ["contract", "necessity"] {
        let papers = format!("{path}/papers?proof={proof}&name={proof}.pdf");
        let file = yuntu_testkit::pdf(proof);
        story
            .counsel
            .send("POST", &papers, (OCTETS, &file))
            .expect(204);
    }
    story.counsel.post(&invocation, &Value::Null).expect(200);
    path
}

/// Until somebody else has confirmed what she was shown, it opens nothing.
fn confirmed(story: &Story, path: &str) {
    let early = claim(story, path).expect(403);
    assert_eq!(early.facts(), ["exception_confirmed", "exception_standing"]);
    let confirmation = format!("{path}/confirmation");
    let shown = story.owner.get(path).expect(200).json();
    let digest = json!({"digest": shown["digest"]});
    let alone = story.counsel.post(&confirmation, &digest).expect(403);
    assert_eq!(alone.facts(), ["exception_confirmed"]);
    let other = json!({"digest": "0".repeat(64)});
    story.owner.post(&confirmation, &other).expect(409);
    story.owner.post(&confirmation, &digest).expect(204);
    let shown = story.owner.get(path).expect(200).json();
    assert_eq!(shown["state"], "in_force");
}

fn claim(story: &Story, path: &str) -> crate::api::Answer {
    let mut asked = story.question((INSIGHT, &story.instruction), &["people"], PEOPLE);
    asked["exception"] = json!(path.rsplit('/').next().unwrap());
    story.owner.post("/api/v1/query", &asked)
}

/// On it everybody is admitted but the bars and those who said no to what is marketing; ended, it opens nothing.
fn used_and_ended(story: &Story, path: &str) {
    let plain = story.asks(INSIGHT, &["people"], PEOPLE).expect(200);
    let done = claim(story, path).expect(200);
    assert_eq!(done.json()["exception"]["clause"], "R7g");
    assert!(admitted(&plain, "people") < admitted(&done, "people"));
    let wish = json!({
        "dataset": story.dataset("people"), "agreed": INSIGHT, "instruction": story.instruction,
        "wanted": INSIGHT,
    });
    let asked = story.owner.post("/api/v1/consents/what-if", &wish);
    let said_no = asked.expect(200).json()["declined"].as_u64().unwrap();
    assert!(said_no > 0);
    assert_eq!(admitted(&done, "people"), HOUSEHOLDS - MINORS - said_no);
    let jobs = story
        .counsel
        .get(&format!("{path}/jobs"))
        .expect(200)
        .items();
    let receipt = &done.json()["receipt"];
    assert!(jobs.iter().any(|it| it["receipt"] == *receipt), "{jobs:?}");
    let end = format!("{path}/end");
    let why = json!({"reason": "no longer needed"});
    story.counsel.post(&end, &why).expect(204);
    let refused = claim(story, path).expect(403);
    assert_eq!(refused.facts(), ["exception_standing"]);
}
