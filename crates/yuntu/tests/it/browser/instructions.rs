//! An owner instructs the platform, sees what was done under it with receipts, gives it again from the template, and revokes
//! the first.

use serde_json::json;
use yuntu_testkit::Browser;

use super::exceptions::makes_a_token;
use super::house::{House, today};
use crate::real::{HOUSEHOLDS, OWNER};

const INSTRUCTIONS: &str = "/console/instructions";

async fn instructs_repeats_and_revokes(lang: &str) {
    let house = House::of_demo(lang);
    let owner = house.browser().await;
    house.sign_in_by_code(&owner, OWNER).await;
    let api = house.api(&makes_a_token(&house, &owner).await);
    owner.goto(&house.at("/console/datasets")).await.unwrap();
    owner.press_words("people").await.unwrap();
    let dataset = here(&owner).await.rsplit('/').next().unwrap().to_owned();

    owner.goto(&house.at(INSTRUCTIONS)).await.unwrap();
    owner
        .fill("note", "the families of the autumn")
        .await
        .unwrap();
    owner.press("button[value='instruct']").await.unwrap();
    for name in ["purposes", "operations", "recipients", "datasets", "until"] {
        let wrong = format!("#instruct-{name}-wrong");
        assert!(owner.has(&wrong).await.unwrap(), "{name}");
    }
    house.look(&owner, "instructions-wrong").await;
    let first = instructs(&house, &owner, &dataset).await;
    house.look(&owner, "instruction").await;

    let ask = |instruction: &str, purpose: &str| {
        let asked = json!({
            "purpose": purpose, "instruction": instruction, "datasets": {"people": dataset},
            "ask": {"sql": "SELECT count(*) AS n FROM people"},
        });
        api.post("/api/v1/query", &asked)
    };
    let done = ask(&first, "marketing.insight").expect(200).json();
    let funnel = &done["funnels"]["people"];
    assert_eq!(funnel["uploaded"], HOUSEHOLDS, "{done}");
    let refused = ask(&first, "service.care").expect(403);
    assert_eq!(refused.facts(), ["instruction_purpose"]);
    let page = house.at(&format!("{INSTRUCTIONS}/{first}"));
    owner.goto(&page).await.unwrap();
    house.look(&owner, "instruction-jobs").await;
    let receipt = done["receipt"].as_str().unwrap();
    let rows = owner.texts("#jobs tbody tr").await.unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    owner
        .press(&format!("#jobs a[href*='{receipt}']"))
        .await
        .unwrap();
    assert!(here(&owner).await.ends_with(receipt));

    owner.goto(&page).await.unwrap();
    let second = repeats(&owner).await;
    assert_ne!(second, first);
    owner.goto(&page).await.unwrap();
    owner.press("button[value='revoke']").await.unwrap();
    assert!(!owner.has("button[value='revoke']").await.unwrap());
    house.look(&owner, "instruction-revoked").await;
    let refused = ask(&first, "marketing.insight").expect(403);
    assert_eq!(refused.facts(), ["instruction_standing"]);
    ask(&second, "marketing.insight").expect(200);
    owner.goto(&house.at(INSTRUCTIONS)).await.unwrap();
    house.look(&owner, "instructions").await;
}

/// Gives the instruction that is open again: all of it stands in the form, and its days count from now.
async fn repeats(owner: &Browser) -> String {
    owner.press("main a[href*='like=']").await.unwrap();
    for ticked in ["marketing", "process", "enterprise"] {
        let css = format!("main [value='{ticked}']:checked");
        assert!(owner.has(&css).await.unwrap(), "{ticked}");
    }
    owner.press("button[value='instruct']").await.unwrap();
    assert!(!owner.has("[aria-invalid='true']").await.unwrap());
    here(owner).await.rsplit('/').next().unwrap().to_owned()
}

/// Returns the path of the page that is open.
pub(crate) async fn here(browser: &Browser) -> String {
    let path = browser.path().await.unwrap();
    path.split('?').next().unwrap().to_owned()
}

/// Instructs the platform on the dataset; returns the id of the instruction.
pub(crate) async fn instructs(house: &House, owner: &Browser, dataset: &str) -> String {
    owner.goto(&house.at(INSTRUCTIONS)).await.unwrap();
    for (name, value) in [
        ("purposes", "marketing"),
        ("operations", "process"),
        ("recipients", "enterprise"),
        ("datasets", dataset),
    ] {
        let choice = format!("main [name='{name}'][value='{value}']");
        owner.tick(&choice).await.unwrap();
    }
    owner.fill("until", &today(30)).await.unwrap();
    owner.press("button[value='instruct']").await.unwrap();
    let path = here(owner).await;
    path.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_chinese() {
    instructs_repeats_and_revokes("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english() {
    instructs_repeats_and_revokes("en").await;
}
