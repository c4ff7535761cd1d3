//! Point 5: an operator whom the enterprise named and approved looks, each look is in the enterprise's own log, and it ends by
//! its button.

use std::time::Duration;

use serde_json::{Value, json};
use yuntu_testkit::Browser;

use super::{INSIGHT, Story, now, text};
use crate::browser::desk::{Clerk, enrol, sign_in};

const LIN: Clerk = Clerk {
    address: "lin@yuntu.example",
    role: "support",
    password: "nine slow herons wade",
};
const AGES: &str = "SELECT age, count(*) AS n FROM d1 GROUP BY age ORDER BY age";

pub(super) async fn is_given_as_long_as_it_is_approved(story: &Story) {
    let (house, owner) = (&story.house, &story.owner);
    let asked = json!({
        "datasets": [story.dataset("people")], "instruction": story.instruction,
        "purpose": INSIGHT, "scope": ["structure", "rows"],
        "words": "some rows of the last delivery do not fit",
    });
    let help = owner.post("/api/v1/help", &asked).expect(201).id();
    let path = format!("/api/v1/help/{help}");
    let lin = house.browser().await;
    let keys = enrol(house, &lin, LIN).await;
    sign_in(house, &lin, LIN, &keys.code()).await;
    lin.goto(&house.at(&format!("/operator/help/{help}")))
        .await
        .unwrap();
    assert!(!lin.has("button[value='look']").await.unwrap());
    lin.fill("name", "Lin").await.unwrap();
    lin.press("button[value='offer']").await.unwrap();

    let shown = owner.get(&path).expect(200).json();
    let offer = &shown["offers"][0];
    assert_eq!(
        (&offer["name"], &offer["role"]),
        (&json!("Lin"), &json!("support"))
    );
    let approval = |hours: u64| {
        let until = now().plus(Duration::from_secs(hours * 3_600));
        json!({"offer": offer["id"], "until": until})
    };
    let approve = format!("{path}/approval");
    owner.post(&approve, &approval(9)).expect(400);
    owner.post(&approve, &approval(2)).expect(204);
    lin.goto(&house.at(&format!("/operator/help/{help}")))
        .await
        .unwrap();
    looks(&lin).await;
    lin.find("#rows table").await.unwrap();
    is_listed_and_ended(story, &path);
    looks(&lin).await;
    assert!(!lin.has("#rows").await.unwrap());
    let looks = owner.get(&format!("{path}/looks")).expect(200).items();
    let outcomes: Vec<_> = looks.iter().map(|it| text(it, "outcome")).collect();
    assert_eq!(outcomes, ["refused", "done"]);
}

async fn looks(lin: &Browser) {
    lin.fill("statement", AGES).await.unwrap();
    lin.press("button[value='look']").await.unwrap();
}

fn is_listed_and_ended(story: &Story, path: &str) {
    let looks = story
        .owner
        .get(&format!("{path}/looks"))
        .expect(200)
        .items();
    let [look] = &looks[..] else {
        panic!("one look: {looks:?}");
    };
    assert_eq!(
        (&look["scope"], &look["statement"]),
        (&json!("rows"), &json!(AGES))
    );
    let jobs = format!("/api/v1/instructions/{}/jobs", story.instruction);
    let jobs = story.owner.get(&jobs).expect(200).items();
    let cited = jobs
        .iter()
        .find(|it| it["receipt"] == look["receipt"])
        .unwrap();
    assert_eq!(cited["help"], path.rsplit('/').next().unwrap());
    story
        .owner
        .post(&format!("{path}/end"), &Value::Null)
        .expect(204);
    let ended = story.owner.get(path).expect(200).json();
    assert_eq!(
        (&ended["standing"], &ended["ended"]),
        (&json!("ended"), &json!("enterprise"))
    );
}
