//! Point 2: what was brought in waits in quarantine until its source is declared, version by version, and no longer than it
//! speaks for.

use std::time::Duration;

use serde_json::{Value, json};
use yuntu_terms::Timestamp;

use super::{FOR_INSIGHT, INSIGHT, Story, happens, now, number, text};
use crate::real::PROMOTIONS;

/// What the story brings in.
const OWN: [&str; 4] = ["members", "till", "weekly", "display"];

pub(super) async fn are_declared(story: &Story) {
    what_is_missing_is_told(story);
    for dataset in OWN {
        declare(story, dataset);
    }
    // Nothing of the large file was lost by the kill, and nothing came in twice.
    let instruction = story.instruct(&OWN);
    let on = (INSIGHT, instruction.as_str());
    let all = story.ask(on, &["display"], "SELECT count(*) AS n FROM display");
    assert_eq!(number(&all.expect(200)), PROMOTIONS);
    versions_are_kept(story, &instruction);
    it_warns_and_then_stops(story, &instruction).await;
    a_paper_that_is_taken_back_stops_too(story, &instruction);
}

fn declarations(story: &Story, dataset: &str) -> String {
    format!("/api/v1/datasets/{}/declarations", story.dataset(dataset))
}

fn declaration(paper: &str, until: Timestamp) -> Value {
    json!({
        "source_kind": "direct", "collected_how": "at the tills of the stores",
        "collected_from": "2017-01-01T00:00:00Z", "bases": ["consent"],
        "notice": "the terms of the loyalty programme", "from": now().plus_days(-1), "until": until,
        "contact": "privacy@store.example", "evidence": [paper],
        "confirms": ["source_lawful", "consent_covers", "may_bind"],
    })
}

fn declare(story: &Story, dataset: &str) -> Value {
    let paper = story.prove(story.dataset(dataset), "consent_form");
    let mut body = declaration(&paper, now().plus_days(300));
    if dataset == "display" {
        // Nobody consents to a list of things.
        body["confirms"] = json!(["source_lawful", "may_bind"]);
    }
    let made = story.owner.post(&declarations(story, dataset), &body);
    let made = made.expect(201).json();
    assert_eq!(made["state"], "in_force");
    made
}

/// In quarantine nothing reads it; a draft says what it lacks, and what is confirmed with a gap is refused.
fn what_is_missing_is_told(story: &Story) {
    let instruction = story.instruct(&["members"]);
    let on = (INSIGHT, instruction.as_str());
    let count = "SELECT count(*) AS n FROM members";
    let refused = story.ask(on, &["members"], count).expect(403);
    assert_eq!(refused.facts(), ["dataset_standing", "declaration"]);
    let path = declarations(story, "members");
    let draft = story
        .owner
        .post(&path, &json!({"collected_how": "at the till"}));
    let draft = draft.expect(201).json();
    assert_eq!(draft["state"], "draft");
    let missing = draft["missing"].as_array().unwrap().iter();
    let missing: Vec<_> = missing.map(|it| text(it, "gap")).collect();
    for gap in ["source_kind", "bases", "notice", "period", "evidence"] {
        assert!(missing.iter().any(|it| it == gap), "{gap}: {missing:?}");
    }
    let mut bare = declaration("", now().plus_days(300));
    bare["evidence"] = json!([]);
    let told = story.owner.post(&path, &bare).expect(400);
    assert_eq!(told.facts(), ["evidence"]);
}

fn versions_are_kept(story: &Story, instruction: &str) {
    let path = declarations(story, "members");
    let second = declare(story, "members");
    let listed = story.owner.get(&path).expect(200).items();
    let states: Vec<_> = listed.iter().map(|it| text(it, "state")).collect();
    assert_eq!(states, ["in_force", "superseded"], "{listed:?}");
    assert_eq!(listed[0]["digest"], second["digest"]);
    let on = (INSIGHT, instruction);
    let seen = story.ask(on, &["members"], "SELECT count(*) AS n FROM members");
    // Consent counts persons, wherever their rows came from.
    assert_eq!(number(&seen.expect(200)), FOR_INSIGHT);
}

/// A period that ends within a week is warned of; once it is over, nothing reads the dataset until it is declared anew.
async fn it_warns_and_then_stops(story: &Story, instruction: &str) {
    let path = declarations(story, "weekly");
    let paper = story.prove(story.dataset("weekly"), "consent_form");
    let soon = declaration(&paper, now().plus(Duration::from_secs(10)));
    story.owner.post(&path, &soon).expect(201);
    let newest = || story.owner.get(&path).expect(200).items()[0].clone();
    assert_eq!(newest()["ending"], "week");
    let ask = || {
        let sql = "SELECT count(*) AS n FROM weekly";
        story.ask((INSIGHT, instruction), &["weekly"], sql)
    };
    ask().expect(200);
    happens("the period ends", || ask().status == 403).await;
    assert_eq!(ask().facts(), ["declaration_period"]);
    assert_eq!(newest()["ending"], "over");
    declare(story, "weekly");
    ask().expect(200);
}

fn a_paper_that_is_taken_back_stops_too(story: &Story, instruction: &str) {
    let papers = format!("/api/v1/datasets/{}/papers", story.dataset("weekly"));
    let listed = story.owner.get(&papers).expect(200).items();
    let file = format!("{papers}/{}", text(&listed[0], "id"));
    let kept = story.owner.get(&file).expect(200);
    assert_eq!(kept.body, yuntu_testkit::pdf("consent_form"));
    for paper in &listed {
        let revoke = format!("{papers}/{}/revocation", text(paper, "id"));
        let why = json!({"reason": "replaced"});
        story.owner.post(&revoke, &why).expect(204);
    }
    let sql = "SELECT count(*) AS n FROM weekly";
    let ask = || story.ask((INSIGHT, instruction), &["weekly"], sql);
    assert_eq!(ask().expect(403).facts(), ["declaration_proof"]);
    declare(story, "weekly");
    ask().expect(200);
}
