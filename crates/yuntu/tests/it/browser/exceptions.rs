//! An owner makes a colleague the legal counsel, who invokes an exception on its papers; the owner confirms it, a run claims
//! it, and once it is ended the next run is refused.

use serde_json::{Value, json};
use yuntu_testkit::{Browser, pdf};

use super::house::{House, Someone, today};
use super::instructions::{here, instructs};
use super::sources::tick_all;
use crate::real::OWNER;

pub(crate) const COUNSEL: Someone = Someone {
    address: "counsel@riverside.example",
    nickname: "Lan",
    password: "seven pale stones listen",
};

async fn invokes_an_exception_that_another_confirms(lang: &str) {
    let house = House::of_demo(lang);
    let (owner, counsel) = (house.browser().await, house.browser().await);
    house.sign_in_by_code(&owner, OWNER).await;
    joins(&house, &owner, &counsel).await;
    makes_her_the_counsel(&house, &owner).await;
    let dataset = claims_the_contract(&house, &owner).await;
    let path = invokes(&house, &counsel, &dataset).await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    confirms(&house, &owner, &path).await;

    let api = house.api(&makes_a_token(&house, &owner).await);
    let instruction = instructs(&house, &owner, &dataset).await;
    let ask = |exception: Option<&str>| {
        json!({
            "purpose": "marketing.insight", "instruction": instruction,
            "datasets": {"people": dataset}, "exception": exception,
            "ask": {"sql": "SELECT count(*) AS n FROM people"},
        })
    };
    let query = "/api/v1/query";
    let plain = api.post(query, &ask(None)).expect(200).json();
    let done = api.post(query, &ask(Some(&id))).expect(200).json();
    assert_eq!(done["exception"]["clause"], "R7g");
    let admitted = |answer: &Value| answer["funnels"]["people"]["admitted"].as_u64().unwrap();
    assert!(admitted(&done) > admitted(&plain), "{done}");
    let receipt = done["receipt"].as_str().unwrap();
    let page = format!("/console/receipts/{receipt}");
    owner.goto(&house.at(&page)).await.unwrap();
    assert!(owner.text().await.unwrap().contains("R7g"));
    house.look(&owner, "exception-receipt").await;

    counsel.goto(&house.at(&path)).await.unwrap();
    assert!(counsel.text().await.unwrap().contains(receipt));
    counsel.fill("reason", "no longer needed").await.unwrap();
    counsel.press("button[value='end']").await.unwrap();
    house.look(&counsel, "exception-ended").await;
    let refused = api.post(query, &ask(Some(&id))).expect(403);
    assert_eq!(refused.facts(), ["exception_standing"]);
}

pub(crate) async fn joins(house: &House, owner: &Browser, counsel: &Browser) {
    owner.goto(&house.at("/console/members")).await.unwrap();
    owner.fill("address", COUNSEL.address).await.unwrap();
    owner.choose("role", "viewer").await.unwrap();
    owner.press("button[value='invite']").await.unwrap();
    let mail = house.mail_to(COUNSEL.address, "/account/join/").await;
    let (_, rest) = mail.split_once("/account/join/").unwrap();
    let secret: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    house.register(counsel, COUNSEL).await;
    let join = house.at(&format!("/account/join/{secret}"));
    counsel.goto(&join).await.unwrap();
    counsel.press("button[value='accept']").await.unwrap();
}

pub(crate) async fn makes_her_the_counsel(house: &House, owner: &Browser) {
    owner.goto(&house.at("/console/members")).await.unwrap();
    owner.press_words(COUNSEL.nickname).await.unwrap();
    let path = house.data().join("letter.pdf");
    std::fs::write(&path, pdf("letter of authorisation")).unwrap();
    owner
        .fill_in("main [name='file']", path.to_str().unwrap())
        .await
        .unwrap();
    owner.fill("from", &today(0)).await.unwrap();
    owner.fill("until", &today(300)).await.unwrap();
    owner.press("button[value='letter']").await.unwrap();
    owner.press_words(COUNSEL.nickname).await.unwrap();
    let give = "form:has(input[value='legal_counsel']) button[value='give']";
    owner.press(give).await.unwrap();
    owner.press_words(COUNSEL.nickname).await.unwrap();
    let take = "form:has(input[value='legal_counsel']) button[value='take']";
    assert!(owner.has(take).await.unwrap());
    house.look(owner, "member-functions").await;
}

/// The declaration of the people's data claims the ground of a contract too; returns the dataset.
async fn claims_the_contract(house: &House, owner: &Browser) -> String {
    owner.goto(&house.at("/console/datasets")).await.unwrap();
    owner.press_words("people").await.unwrap();
    let path = here(owner).await;
    let dataset = path.rsplit('/').next().unwrap().to_owned();
    owner
        .goto(&house.at(&format!("/console/datasets/{dataset}/source")))
        .await
        .unwrap();
    owner
        .tick("main [name='bases'][value='contract']")
        .await
        .unwrap();
    let unticked = "main [name='confirms']:not(:checked)";
    while owner.has(unticked).await.unwrap() {
        owner.tick(unticked).await.unwrap();
    }
    owner.press("button[value='confirm']").await.unwrap();
    assert!(!owner.has("[aria-invalid='true']").await.unwrap());
    dataset
}

/// Drafts, is told what is missing, proves and invokes; returns the page of the use.
async fn invokes(house: &House, counsel: &Browser, dataset: &str) -> String {
    counsel.goto(&house.at("/console")).await.unwrap();
    counsel
        .press("main a[href^='/console/exceptions']")
        .await
        .unwrap();
    house.look(counsel, "exceptions").await;
    counsel.press("button[value='draft']").await.unwrap();
    assert!(counsel.has("#invoke-clause-wrong").await.unwrap());
    for (name, value) in [
        ("clause", "R7g"),
        ("aim", "marketing.insight"),
        ("operation", "process"),
        ("recipient", "enterprise"),
    ] {
        counsel.choose(name, value).await.unwrap();
    }
    let of_people = format!("main [name='datasets'][value='{dataset}']");
    counsel.tick(&of_people).await.unwrap();
    counsel.fill("until", &today(800)).await.unwrap();
    let why = "the contract of the loyalty programme";
    counsel
        .fill_in("main textarea[name='why']", why)
        .await
        .unwrap();
    counsel.press("button[value='draft']").await.unwrap();
    // Longer than the statement allows; what was chosen stays.
    assert!(counsel.has("#invoke-until-wrong").await.unwrap());
    house.look(counsel, "exceptions-wrong").await;
    counsel.fill("until", &today(30)).await.unwrap();
    counsel.press("button[value='draft']").await.unwrap();
    let path = here(counsel).await;
    counsel.press("button[value='invoke']").await.unwrap();
    house.look(counsel, "exception-lacking").await;
    let missing = if house.is_chinese() {
        "尚缺以下证明"
    } else {
        "lacks these proofs"
    };
    assert!(counsel.text().await.unwrap().contains(missing));
    for proof in ["contract", "necessity"] {
        let file = house.data().join("proof.pdf");
        std::fs::write(&file, pdf(proof)).unwrap();
        counsel
            .fill_in(&format!("#{proof}-file"), file.to_str().unwrap())
            .await
            .unwrap();
        counsel
            .press(&format!("form:has(#{proof}-file) button"))
            .await
            .unwrap();
    }
    counsel.press("button[value='invoke']").await.unwrap();
    assert!(!counsel.has("button[value='confirm']").await.unwrap());
    house.look(counsel, "exception-invoked").await;
    path
}

async fn confirms(house: &House, owner: &Browser, path: &str) {
    owner.goto(&house.at("/console/exceptions")).await.unwrap();
    house.look(owner, "exceptions-owner").await;
    owner
        .press(&format!("main a[href^='{path}']"))
        .await
        .unwrap();
    house.look(owner, "exception-to-confirm").await;
    owner.press("button[value='confirm']").await.unwrap();
    assert!(!owner.has("button[value='confirm']").await.unwrap());
    house.look(owner, "exception-in-force").await;
}

/// Makes a token that is good for everything that her seat lets her give to one.
pub(crate) async fn makes_a_token(house: &House, owner: &Browser) -> String {
    owner.goto(&house.at("/console/tokens")).await.unwrap();
    owner.fill("label", "query").await.unwrap();
    tick_all(owner, "scopes").await;
    owner.fill("until", &today(5)).await.unwrap();
    owner.press("button[value='make']").await.unwrap();
    let text = owner.text().await.unwrap();
    let token = text.split_whitespace().find(|it| it.starts_with("yuntu_"));
    token.unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_chinese() {
    invokes_an_exception_that_another_confirms("zh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english() {
    invokes_an_exception_that_another_confirms("en").await;
}
