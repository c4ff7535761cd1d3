//! Point 6: an operator freezes the enterprise; what runs is cut, what comes in waits, what serves people goes on; lifted by a
//! second one, everything is there again.

use std::time::Duration;

use serde_json::{Value, json};
use yuntu_testkit::Browser;

use super::{INSIGHT, Story, imports, stopped, text};
use crate::api::Answer;
use crate::browser::desk::{Clerk, FIRST, MEASURES as DESK, SECOND, enrol, sign_in};
use crate::real::PROMOTIONS;

const AGES: &str = "SELECT age, count(*) AS n FROM people GROUP BY age ORDER BY age";
/// Within how long a measure stops what runs.
const WITHIN: Duration = Duration::from_secs(5);
const LARGE: &str = "display of the next year";
const APPEAL: &str = "the terms that they signed are attached";

pub(super) async fn stop_and_lose_nothing(story: &mut Story) {
    let (one, other) = (desk(story, FIRST).await, desk(story, SECOND).await);
    let before = ages(story).expect(200).json();
    types_a_freeze(story, &one).await;
    let run = story.begin("people", &story.instruction).await;
    let import = imports::begins_a_large_one(story, LARGE).await;
    one.press("button[value='take']").await.unwrap();
    stopped(run, "enterprise_frozen").await;
    assert_eq!(ages(story).expect(403).facts(), ["measure"]);
    stands_still(story, &import).await;

    people_are_served_and_it_appeals(story);
    other.goto(&story.house.at(DESK)).await.unwrap();
    assert!(other.text().await.unwrap().contains(APPEAL));
    other.press("button[value='confirm']").await.unwrap();
    other.find(".done").await.unwrap();
    let said = "the terms say where they come from";
    other
        .fill_in("#standing [name='words']", said)
        .await
        .unwrap();
    other.press("button[value='lift']").await.unwrap();
    other.find(".done").await.unwrap();

    assert_eq!(ages(story).expect(200).json()["result"], before["result"]);
    imports::came_in(
        &imports::ended(story, LARGE, &import).await,
        "resumed",
        PROMOTIONS,
    );
    let measures = story.owner.get("/api/v1/measures").expect(200).items();
    assert_eq!(measures[0]["in_force"], false);
    assert!(!measures[0]["ended"].is_null());
}

/// After five seconds nothing comes in any more, and the import waits. One that ran on would say each second how far it is.
async fn stands_still(story: &Story, import: &Value) {
    tokio::time::sleep(WITHIN).await;
    let stopped = imports::shown(story, LARGE, import);
    assert!(stopped["rows"].as_u64().unwrap() < PROMOTIONS, "{stopped}");
    tokio::time::sleep(WITHIN).await;
    let held = imports::shown(story, LARGE, import);
    assert_eq!(held["rows"], stopped["rows"], "{held}");
    assert!(held["finished"].is_null(), "{held}");
}

/// An operator sits down at her desk.
async fn desk(story: &Story, clerk: Clerk) -> Browser {
    let desk = story.house.browser().await;
    let keys = enrol(&story.house, &desk, clerk).await;
    sign_in(&story.house, &desk, clerk, &keys.code()).await;
    desk
}

fn ages(story: &Story) -> Answer {
    story.asks(INSIGHT, &["people"], AGES)
}

/// Fills the form in; taken is it by the button.
async fn types_a_freeze(story: &Story, one: &Browser) {
    one.goto(&story.house.at(DESK)).await.unwrap();
    one.fill("enterprise", &story.house.enterprise())
        .await
        .unwrap();
    one.choose("kind", "freeze_enterprise").await.unwrap();
    one.choose("ground", "source").await.unwrap();
    let why = "we cannot see where these people come from";
    one.fill("words", why).await.unwrap();
}

/// A freeze stops work and nothing else: a person withdraws, and the enterprise appeals.
fn people_are_served_and_it_appeals(story: &Story) {
    let withdrawn = json!({"identifier": "member_id", "value": "100", "purpose": "service.care"});
    let path = "/api/v1/consents/withdrawals";
    story.owner.post(path, &withdrawn).expect(204);
    let listed = story.owner.get("/api/v1/measures").expect(200).items();
    let measure = &listed[0];
    assert_eq!(
        (&measure["kind"], &measure["in_force"]),
        (&json!("freeze_enterprise"), &json!(true))
    );
    let appeals = format!("/api/v1/measures/{}/appeals", text(measure, "id"));
    story
        .owner
        .post(&appeals, &json!({"words": APPEAL}))
        .expect(204);
}
