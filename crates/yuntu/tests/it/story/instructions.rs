//! Point 4: who asked for what is on record, every job cites it, and it is revoked at once.

use serde_json::{Value, json};

use super::{INSIGHT, Story, happens, now, stopped, text};
use crate::command::run;

pub(super) async fn are_given_and_revoked(story: &Story) {
    let narrow = json!({
        "purposes": ["marketing"], "operations": ["process"], "recipients": ["enterprise"],
        "datasets": [story.dataset("people")], "from": now(), "until": now().plus_days(7),
        "note": "the families of the autumn",
    });
    let given = story.owner.post("/api/v1/instructions", &narrow);
    let instruction = given.expect(201).id();
    // A repeated job begins from an instruction that is on record.
    let path = format!("/api/v1/instructions/{instruction}");
    let like = story.owner.get(&path).expect(200).json();
    let same = json!({
        "purposes": like["purposes"], "operations": like["operations"],
        "recipients": like["recipients"], "datasets": like["datasets"],
        "from": now(), "until": now().plus_days(7), "note": like["note"],
    });
    let again = story
        .owner
        .post("/api/v1/instructions", &same)
        .expect(201)
        .id();
    assert_ne!(again, instruction);

    let on = (INSIGHT, instruction.as_str());
    let ages = "SELECT age, count(*) AS n FROM people GROUP BY age";
    let done = story.ask(on, &["people"], ages).expect(200).json();
    for (datasets, purpose, fact) in [
        ("purchases", INSIGHT, "instruction_dataset"),
        ("people", "service.care", "instruction_purpose"),
    ] {
        let sql = format!("SELECT count(*) AS n FROM {datasets}");
        let refused = story.ask((purpose, &instruction), &[datasets], &sql);
        assert_eq!(refused.expect(403).facts(), [fact]);
    }
    let long = story.begin("people", &instruction).await;
    let revocation = format!("{path}/revocation");
    story.owner.post(&revocation, &Value::Null).expect(204);
    stopped(long, "instruction_revoked").await;
    let refused = story.ask(on, &["people"], ages).expect(403);
    assert_eq!(refused.facts(), ["instruction_standing"]);

    let jobs = story.owner.get(&format!("{path}/jobs")).expect(200).items();
    let outcomes: Vec<_> = jobs.iter().map(|it| text(it, "outcome")).collect();
    assert_eq!(
        outcomes,
        ["refused", "stopped", "refused", "refused", "done"]
    );
    assert_eq!(jobs[1]["stopped"], "instruction_revoked");
    assert_eq!(jobs[4]["receipt"], done["receipt"]);
    verifies(story, &text(&done, "receipt")).await;
}

/// The receipt is a file that anybody checks without the platform.
async fn verifies(story: &Story, receipt: &str) {
    let path = format!("/api/v1/receipts/{receipt}");
    // It is whole once the sequencer has taken it in.
    happens("the receipt has its proof", || {
        story.owner.get(&path).status == 200
    })
    .await;
    let file = story.house.data().join("receipt.json");
    std::fs::write(&file, story.owner.get(&path).body).unwrap();
    let key = story.owner.get("/api/v1/ledger/key").expect(200).text();
    let checked = run(["verify", "--key", key.trim(), file.to_str().unwrap()]);
    checked.expect(0, INSIGHT);
}
