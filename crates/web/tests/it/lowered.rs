//! The class of a column by the API: a lower one than is proposed needs its reason, however the file comes; and what else a
//! program reads of a dataset.

use serde_json::{Value, json};
use yuntu_terms::clause;
use yuntu_testkit::pdf;

use crate::site::{Answer, PURPOSE, Site, as_json, drop_area, form, id_of, mapping};

/// A column of identity-card numbers that is called no such thing.
const ROWS: &str = "member_id,note\nm1,11010519491231002X\nm2,440524188001010014\n";

fn typed(class: &str) -> Value {
    let mut mapping = mapping();
    let note = &mut mapping["columns"][1];
    note["source"] = json!("note");
    note["name"] = json!("note");
    note["class"] = json!(class);
    mapping
}

async fn made(site: &Site, name: &str, class: &str) -> String {
    let new = json!({"name": name, "mapping": typed(class)});
    let made = site.post("/api/v1/datasets", new).await.expect(201);
    format!("/api/v1/datasets/{}", id_of(&made))
}

async fn laid(site: &Site) -> String {
    let file = ("application/octet-stream", ROWS.as_bytes().to_vec());
    let path = "/api/v1/deposits?name=notes.csv";
    let laid = site.call(Some(&site.owner), "POST", path, file).await;
    id_of(&laid.expect(201))
}

#[track_caller]
fn asks_for_the_reason(answer: Answer) {
    let answer = answer.expect(400);
    assert!(answer.text.contains("give the reason"), "{}", answer.text);
    assert!(!answer.text.contains("11010519"), "{}", answer.text);
}

async fn in_english(site: &Site, path: &str, body: (&str, Vec<u8>)) -> Answer {
    let path = format!("{path}?lang=en");
    site.call(Some(&site.owner), "POST", &path, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_that_is_made_without_a_file_is_held_against_its_first() {
    let _mark = clause::check!(R8);
    let site = Site::open().await;
    let path = made(&site, "notes", "non_personal").await;
    let imports = format!("{path}/imports");
    let deposit = laid(&site).await;
    // By a deposit, in a form, and row by row.
    let plain = as_json(&json!({ "deposit": deposit }));
    asks_for_the_reason(in_english(&site, &imports, plain).await);
    let text = typed("non_personal").to_string();
    let whole = form(&[("mapping", &text), ("file", ROWS)]);
    asks_for_the_reason(in_english(&site, &imports, whole).await);
    let row = b"{\"member_id\":\"m1\",\"note\":\"11010519491231002X\"}".to_vec();
    let events = format!("{path}/events");
    asks_for_the_reason(in_english(&site, &events, ("application/x-ndjson", row)).await);
    let none = site.get(&imports).await.expect(200).json();
    assert_eq!(none["items"], json!([]), "nothing was begun");
    // With the reason it comes in, and the ledger knows which class was lowered and why.
    let reason = json!([{"column": "note", "because": "invented"}]);
    let begun = site
        .post(&imports, json!({"deposit": deposit, "lowered": reason}))
        .await;
    begun.expect(202);
    let told = lowered_in_the_ledger(&site).await;
    assert_eq!(told["because"], "invented");
    assert_eq!(told["to"], "non_personal");
    // It is asked of the first file alone, where it has its place.
    let again = json!({"deposit": laid(&site).await, "lowered": reason});
    let again = site.post(&imports, again).await.expect(400);
    assert!(again.text.contains("lowered") || again.text.contains("第一个文件"));
    let later = json!({"deposit": laid(&site).await});
    site.post(&imports, later).await.expect(202);
}

/// Finds what the ledger keeps of the class that was lowered with the first file.
async fn lowered_in_the_ledger(site: &Site) -> Value {
    let (store, owner) = (&site.parts.store, &site.owner_seat);
    let read = store.read();
    let seat = read.find_representative(owner.enterprise, owner.representative);
    let account = seat.await.unwrap().unwrap().account.unwrap();
    let own = store.list_own_acts(account, None, 5).await.unwrap();
    let started = own
        .iter()
        .find(|it| it.entry.kind.as_str() == "import.started");
    started.unwrap().entry.body["lowered"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_contradicts_itself_is_refused_and_makes_no_dataset() {
    let site = Site::open().await;
    let deposit = laid(&site).await;
    let reason = json!([{"column": "note", "because": "invented"}]);
    let base = json!({"name": "notes", "mapping": typed("non_personal")});
    let with = |more: Value| {
        let mut body = base.clone();
        let fields = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(fields);
        as_json(&body)
    };
    for (more, words) in [
        (json!({"deposit": deposit, "path": "a.csv"}), "not both"),
        (json!({ "lowered": reason }), "the first import"),
    ] {
        let refused = in_english(&site, "/api/v1/datasets", with(more)).await;
        let refused = refused.expect(400);
        assert!(refused.text.contains(words), "{}", refused.text);
    }
    let none = site.get("/api/v1/datasets").await.expect(200).json();
    assert_eq!(none["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_asks_what_the_columns_of_a_path_are() {
    let _mark = clause::check!(R8);
    let site = Site::open().await;
    let folder = drop_area(&site.parts).join(site.owner_seat.enterprise.to_string());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("notes.csv"), ROWS).unwrap();
    let asked = json!({"path": "notes.csv"});
    let shown = site.post("/api/v1/proposals", asked).await;
    let shown = shown.expect(200).json();
    assert_eq!(shown["name"], "notes.csv");
    let columns = shown["mapping"]["columns"].as_array().unwrap();
    let note = columns.iter().find(|it| it["source"] == "note").unwrap();
    assert_eq!(note["class"], "identifier");
    assert!(!shown.to_string().contains("11010519491231002X"), "masked");
    let deposit = json!({"deposit": laid(&site).await});
    let same = site.post("/api/v1/proposals", deposit).await.expect(200);
    assert_eq!(same.json()["mapping"], shown["mapping"]);
    for (bad, status) in [
        (json!({}), 400),
        (
            json!({"path": "notes.csv", "deposit": "dep_00000000000070008000000000000001"}),
            400,
        ),
        (json!({"path": "../notes.csv"}), 400),
        (json!({"path": "absent.csv"}), 400),
        (
            json!({"deposit": "dep_00000000000070008000000000000001"}),
            404,
        ),
    ] {
        let told = site.post("/api/v1/proposals", bad.clone()).await;
        assert_eq!(told.status, status, "{bad}: {}", told.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_reads_what_a_dataset_waits_for_and_what_its_people_agreed_to() {
    let _mark = clause::check!(U3);
    let site = Site::open().await;
    let empty = made(&site, "notes", "sensitive").await;
    let shown = site.get(&empty).await.expect(200).json();
    let codes: Vec<&str> = shown["waiting"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["import", "declaration"]);
    assert!(shown["waiting"][0]["what"]["zh"].is_string());
    assert_eq!((&shown["rows"], &shown["uses"]), (&json!(0), &json!([])));
    let made = site.furnish().await;
    let path = format!("/api/v1/datasets/{}", made.dataset);
    let shown = site.get(&path).await.expect(200).json();
    assert_eq!(
        (&shown["waiting"], &shown["rows"]),
        (&json!([]), &json!(60))
    );
    assert_eq!(shown["uses"][0]["receipt"], made.receipt.as_str());
    assert_eq!(shown["uses"][0]["purpose"], PURPOSE);
    let listed = site.get("/api/v1/datasets").await.expect(200).json();
    let of_it = |it: &&Value| it["id"] == made.dataset.as_str();
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.iter().find(of_it).unwrap()["waiting"], json!([]));

    let scope = format!("{path}/scope");
    assert_eq!(
        site.get(&scope).await.expect(200).json()["items"],
        json!([])
    );
    // Whoever declares it names a paper, which a program hands in as well.
    let owner = Some(site.owner.as_str());
    let papers = format!("{path}/papers?kind=consent_form&name=consent.pdf");
    let file = ("application/octet-stream", pdf("express consent"));
    site.call(owner, "POST", &papers, file).await.expect(201);
    let listed = site.get(&format!("{path}/papers")).await.expect(200).json();
    let of_kind = |it: &&Value| it["kind"] == "consent_form";
    let kept = listed["items"].as_array().unwrap().iter().find(of_kind);
    let narrow = json!({
        "purposes": [PURPOSE], "operations": ["process"], "recipients": ["enterprise"],
        "kind": "explicit", "from": "2026-01-01T00:00:00Z",
        "evidence": [kept.unwrap()["digest"]],
    });
    let mut wider = narrow.clone();
    wider["purposes"] = json!([PURPOSE, "marketing.measurement"]);
    let mut unproved = wider.clone();
    unproved["evidence"] = json!([]);
    for (body, status) in [
        (&unproved, 400),
        (&narrow, 204),
        (&unproved, 400),
        (&wider, 204),
    ] {
        let declared = site.call(owner, "PUT", &scope, as_json(body)).await;
        declared.expect(status);
    }
    let versions = site.get(&scope).await.expect(200).json();
    let versions = versions["items"].as_array().unwrap();
    assert_eq!(
        (&versions[0]["version"], &versions[1]["version"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(versions[0]["evidence"], wider["evidence"]);
    assert_eq!(versions[0]["purposes"], wider["purposes"]);
    let program = ("application/octet-stream", b"MZ no paper".to_vec());
    site.call(owner, "POST", &papers, program).await.expect(400);
}
