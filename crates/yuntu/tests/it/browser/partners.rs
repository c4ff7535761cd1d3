//! An owner registers a partner with its papers, lets a scope and an instruction name it, and what is shared with it follows
//! how it stands: in force, suspended, resumed, ended.

use serde_json::json;
use yuntu_testkit::{Browser, pdf};

use super::exceptions::makes_a_token;
use super::house::{House, today};
use crate::real::OWNER;

const NAME: &str = "北岸物流 North Bank";
const SHARED: &str = "marketing.activation";

async fn shares_with_a_partner_as_long_as_it_stands(lang: &str) {
    let house = House::of_demo(lang);
    let owner = house.browser().await;
    house.sign_in_by_code(&owner, OWNER).await;
    let path = registers(&house, &owner).await;
    let partner = path.rsplit('/').next().unwrap().to_owned();
    puts_in_force(&house, &owner).await;
    let dataset = declares_the_scope(&house, &owner, &partner).await;
    let instruction = instructs(&house, &owner, (&dataset, &partner)).await;

    let api = house.api(&makes_a_token(&house, &owner).await);
    let said = json!({"records": [{
        "identifier": "member_id", "value": "1000", "purpose": SHARED, "operation": "share",
        "recipient": {"partner": partner}, "kind": "separate", "status": "given",
        "from": "2026-01-05T00:00:00Z", "proof": "a signed card",
    }]});
    api.post("/api/v1/consents/records", &said).expect(200);
    let ask = json!({
        "purpose": SHARED, "instruction": instruction, "datasets": {"people": dataset},
        "operation": "share", "recipient": {"partner": partner},
        "ask": {"sql": "SELECT count(*) AS n FROM people"},
    });
    let query = "/api/v1/query";
    let done = api.post(query, &ask).expect(200).json();
    assert!(done["funnels"]["people"]["admitted"].as_u64().unwrap() > 0);
    let receipt = done["receipt"].as_str().unwrap();
    let page = format!("/console/receipts/{receipt}");
    owner.goto(&house.at(&page)).await.unwrap();
    assert!(owner.text().await.unwrap().contains(NAME));
    house.look(&owner, "partner-receipt").await;

    for (act, status) in [("suspend", 403), ("resume", 200), ("end", 403)] {
        owner.goto(&house.at(&path)).await.unwrap();
        owner.fill("reason", "an incident there").await.unwrap();
        owner
            .press(&format!("button[value='{act}']"))
            .await
            .unwrap();
        house.look(&owner, &format!("partner-{act}")).await;
        let answer = api.post(query, &ask).expect(status);
        if status == 403 {
            assert_eq!(answer.facts(), ["partner_standing"], "{act}");
        }
    }
    owner.goto(&house.at(&path)).await.unwrap();
    let rows = owner.texts("#jobs tbody tr").await.unwrap();
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(rows.iter().any(|row| row.contains(receipt)));
    house.look(&owner, "partner-ended").await;
}

/// Registers the partner after a mistake; returns its page.
async fn registers(house: &House, owner: &Browser) -> String {
    owner.goto(&house.at("/console")).await.unwrap();
    owner
        .press("main a[href^='/console/partners']")
        .await
        .unwrap();
    house.look(owner, "partners").await;
    for (name, value) in [
        ("name", NAME),
        ("region", "China"),
        ("credit_code", "91350100M000100Y43"),
        ("contact", "privacy@north.example"),
        ("from", &today(-10)),
        ("until", &today(300)),
        ("assessed", &today(-3)),
        ("review", &today(200)),
    ] {
        owner.fill(name, value).await.unwrap();
    }
    for (name, value) in [
        ("manner", "an encrypted file every week"),
        ("obligations", "returns or deletes it at the end"),
    ] {
        let css = format!("main textarea[name='{name}']");
        owner.fill_in(&css, value).await.unwrap();
    }
    for (name, value) in [("role", "independent"), ("result", "with_measures")] {
        owner.choose(name, value).await.unwrap();
    }
    for (name, value) in [
        ("purposes", "marketing"),
        ("operations", "share"),
        ("classes", "personal"),
    ] {
        let css = format!("main [name='{name}'][value='{value}']");
        owner.tick(&css).await.unwrap();
    }
    owner.press("button[value='register']").await.unwrap();
    assert!(owner.has("#register-region-wrong").await.unwrap());
    house.look(owner, "partners-wrong").await;
    // What was typed, chosen and ticked is all there still.
    owner.fill("region", "CN").await.unwrap();
    owner.press("button[value='register']").await.unwrap();
    let path = owner.path().await.unwrap();
    path.split('?').next().unwrap().to_owned()
}

/// Adds the papers that are missing and puts the draft in force.
async fn puts_in_force(house: &House, owner: &Browser) {
    assert!(!owner.has("button[value='enforce']").await.unwrap());
    house.look(owner, "partner-draft").await;
    for kind in ["agreement", "assessment"] {
        let file = house.data().join("paper.pdf");
        std::fs::write(&file, pdf(kind)).unwrap();
        owner.choose("kind", kind).await.unwrap();
        owner
            .fill_in("main [name='file']", file.to_str().unwrap())
            .await
            .unwrap();
        owner.press("button[value='paper']").await.unwrap();
    }
    owner.press("button[value='enforce']").await.unwrap();
    assert!(owner.has("button[value='suspend']").await.unwrap());
    house.look(owner, "partner-in-force").await;
}

/// Declares on the page of the people's data that they agreed to be shared with the partner; returns the dataset.
async fn declares_the_scope(house: &House, owner: &Browser, partner: &str) -> String {
    owner.goto(&house.at("/console/datasets")).await.unwrap();
    owner.press_words("people").await.unwrap();
    let path = owner.path().await.unwrap();
    let dataset = path.split('?').next().unwrap().rsplit('/').next().unwrap();
    let consent = house.at(&format!("/console/datasets/{dataset}/consent"));
    owner.goto(&consent).await.unwrap();
    let proof = house.data().join("proof.pdf");
    std::fs::write(&proof, pdf("what they signed")).unwrap();
    owner
        .fill_in("main [name='file']", proof.to_str().unwrap())
        .await
        .unwrap();
    owner.press("button[value='paper']").await.unwrap();
    for (name, value) in [
        ("purposes", SHARED),
        ("operations", "share"),
        ("recipients", partner),
    ] {
        let css = format!("main [name='{name}'][value='{value}']:not(:checked)");
        owner.tick(&css).await.unwrap();
    }
    // It rests on what they signed, or on another paper of the dataset.
    let css = "main [name='evidence']:not(:checked)";
    owner.tick(css).await.unwrap();
    owner.choose("kind", "separate").await.unwrap();
    owner.fill("from", "2026-01-01").await.unwrap();
    owner.press("button[value='scope']").await.unwrap();
    assert!(!owner.has("[aria-invalid='true']").await.unwrap());
    let versions = owner.texts("#versions tbody tr").await.unwrap();
    assert!(versions[0].contains(NAME), "{versions:?}");
    house.look(owner, "scope-with-partner").await;
    dataset.to_owned()
}

async fn instructs(house: &House, owner: &Browser, (dataset, partner): (&str, &str)) -> String {
    owner
        .goto(&house.at("/console/instructions"))
        .await
        .unwrap();
    for (name, value) in [
        ("purposes", "marketing"),
        ("operations", "share"),
        ("recipients", partner),
        ("datasets", dataset),
    ] {
        let choice = format!("main [name='{name}'][value='{value}']");
        owner.tick(&choice).await.unwrap();
    }
    owner.fill("until", &today(30)).await.unwrap();
    owner.press("button[value='instruct']").await.unwrap();
    assert!(owner.text().await.unwrap().contains(NAME));
    let path = owner.path().await.unwrap();
    let path = path.split('?').next().unwrap();
    path.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_chinese() {
    shares_with_a_partner_as_long_as_it_stands("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english() {
    shares_with_a_partner_as_long_as_it_stands("en").await;
}
