//! Point 1: files are laid down, proposed, confirmed, watched, cancelled, taken up after a kill, and delivered again.

use serde_json::{Value, json};

use super::{Story, happens, text};
use crate::api::{Api, OCTETS};
use crate::real::{HOUSEHOLDS, PROMOTIONS, PURCHASES, csv, table};

/// Rows of a delivery that is cut out of the purchases.
const DELIVERY: usize = 2_000;

pub(super) async fn are_brought_in(story: &mut Story) {
    members_with_their_identifiers(story).await;
    every_purchase(story).await;
    deliveries_with_faults(story).await;
    a_large_file_that_is_cancelled_and_killed(story).await;
    events_and_a_folder(story).await;
}

/// Lays a file down; returns it.
fn lay(api: &Api, name: &str, bytes: &[u8]) -> String {
    let path = format!("/api/v1/deposits?name={name}");
    let laid = api.send("POST", &path, (OCTETS, bytes)).expect(201);
    assert_eq!(laid.json()["bytes"], bytes.len());
    laid.id()
}

fn proposed(api: &Api, deposit: &str) -> Value {
    let path = format!("/api/v1/deposits/{deposit}/proposal");
    api.get(&path).expect(200).json()
}

/// Makes a dataset out of a deposit and waits until it is in; returns the import.
async fn made(story: &mut Story, name: &str, mapping: &Value, deposit: &str) -> Value {
    let new = json!({"name": name, "mapping": mapping, "deposit": deposit});
    let dataset = story.owner.post("/api/v1/datasets", &new).expect(201).id();
    let path = format!("/api/v1/datasets/{dataset}/imports");
    let begun = story.owner.get(&path).expect(200).items();
    story.datasets.insert(name.to_owned(), dataset);
    ended(story, name, &begun[0]).await
}

/// Delivers more to a dataset; returns the import that begins.
fn begun(story: &Story, dataset: &str, from: &Value) -> Value {
    let path = format!("/api/v1/datasets/{}/imports", story.dataset(dataset));
    story.owner.post(&path, from).expect(202).items()[0].clone()
}

pub(super) fn shown(story: &Story, dataset: &str, import: &Value) -> Value {
    let (dataset, import) = (story.dataset(dataset), text(import, "id"));
    let path = format!("/api/v1/datasets/{dataset}/imports/{import}");
    story.owner.get(&path).expect(200).json()
}

pub(super) async fn ended(story: &Story, dataset: &str, import: &Value) -> Value {
    let over = || !shown(story, dataset, import)["finished"].is_null();
    happens("the import ends", over).await;
    shown(story, dataset, import)
}

async fn delivered(story: &Story, dataset: &str, (name, bytes): (&str, &[u8])) -> Value {
    let deposit = lay(&story.owner, name, bytes);
    let import = begun(story, dataset, &json!({ "deposit": deposit }));
    ended(story, dataset, &import).await
}

#[track_caller]
pub(super) fn came_in(import: &Value, outcome: &str, rows: u64) {
    assert_eq!(import["outcome"], outcome, "{import}");
    assert_eq!(import["rows"], rows, "{import}");
}

/// The households as the enterprise knows them; what names them is kept sealed, so that they can be asked.
async fn members_with_their_identifiers(story: &mut Story) {
    let file = story
        .house
        .data()
        .with_file_name("input")
        .join("people.csv");
    let file = std::fs::read(file).unwrap();
    let deposit = lay(&story.owner, "members.csv", &file);
    let proposal = proposed(&story.owner, &deposit);
    assert!(!proposal.to_string().contains("@example.com"));
    let mut mapping = proposal["mapping"].clone();
    let columns = &mut mapping["columns"];
    assert_eq!(
        (&columns[0]["kind"], &columns[1]["kind"]),
        (&json!("member_id"), &json!("email"))
    );
    columns[0]["keep_original"] = json!(true);
    let done = made(story, "members", &mapping, &deposit).await;
    came_in(&done, "imported", HOUSEHOLDS);
    assert_eq!(
        (&done["quarantined"], &done["conflicts"]),
        (&json!(0), &json!(0))
    );
}

/// The whole year of purchases, and the same file twice.
async fn every_purchase(story: &mut Story) {
    let file = std::fs::read(table("transactions")).unwrap();
    let deposit = lay(&story.owner, "transactions.parquet", &file);
    let mapping = proposed(&story.owner, &deposit)["mapping"].clone();
    let done = made(story, "till", &mapping, &deposit).await;
    came_in(&done, "imported", PURCHASES);
    assert_eq!(done["quarantined"], 0);
    let again = delivered(story, "till", ("again.parquet", &file)).await;
    assert_eq!(again["outcome"], "already_imported");
    assert_eq!(again["same_as"], done["id"]);
}

/// A delivery as it is, and the next one with faults put in: what fits comes in, and what does not is told by line, column
/// and reason.
async fn deliveries_with_faults(story: &mut Story) {
    let first = csv("transactions", 0, DELIVERY);
    let deposit = lay(&story.owner, "week1.csv", first.as_bytes());
    let mapping = proposed(&story.owner, &deposit)["mapping"].clone();
    let done = made(story, "weekly", &mapping, &deposit).await;
    came_in(&done, "imported", DELIVERY as u64);
    let second = csv("transactions", DELIVERY, DELIVERY);
    let mut lines: Vec<String> = second.lines().map(str::to_owned).collect();
    let spoil = |line: &mut String, column: usize, value: &str| {
        let mut cells: Vec<_> = line.split(',').collect();
        cells[column] = value;
        *line = cells.join(",");
    };
    spoil(&mut lines[10], 0, "");
    spoil(&mut lines[20], 4, "a few");
    spoil(&mut lines[30], 10, "yesterday");
    lines[40].push_str(",one more");
    let bytes = lines.join("\n");
    let next = ("week2.csv", bytes.as_bytes());
    let done = delivered(story, "weekly", next).await;
    came_in(&done, "imported", DELIVERY as u64 - 4);
    assert_eq!(done["quarantined"], 4);
    what_did_not_fit_is_told(story, &text(&done, "id"));
    let again = delivered(story, "weekly", next).await;
    assert_eq!(again["outcome"], "already_imported");
}

fn what_did_not_fit_is_told(story: &Story, import: &str) {
    let dataset = story.dataset("weekly");
    let path = format!("/api/v1/datasets/{dataset}/imports/{import}/quarantine");
    let file = story.owner.get(&path).expect(200).text();
    let told: Vec<_> = file.lines().skip(1).collect();
    assert_eq!(
        told,
        [
            "11,1,\"\",\"no identifier has a value\"",
            "21,1,\"quantity\",\"not a whole number\"",
            "31,1,\"transaction_timestamp\",\"not a moment in the given format\"",
            "41,1,\"\",\"another number of fields than the header\"",
        ]
    );
}

/// Begins to bring in twenty million lines of what was on display, and waits until the import says how far it is.
pub(super) async fn begins_a_large_one(story: &mut Story, name: &str) -> Value {
    let file = std::fs::read(table("promotions")).unwrap();
    let deposit = lay(&story.owner, "promotions.parquet", &file);
    let mapping = proposed(&story.owner, &deposit)["mapping"].clone();
    let new = json!({"name": name, "mapping": mapping, "deposit": deposit});
    let dataset = story.owner.post("/api/v1/datasets", &new).expect(201).id();
    let path = format!("/api/v1/datasets/{dataset}/imports");
    story.datasets.insert(name.to_owned(), dataset);
    let import = story.owner.get(&path).expect(200).items()[0].clone();
    under_way(story, name, &import).await;
    import
}

/// It is cancelled, taken up, killed with the server, and whole in the end.
async fn a_large_file_that_is_cancelled_and_killed(story: &mut Story) {
    let first = begins_a_large_one(story, "display").await;
    let dataset = story.dataset("display");
    let import = format!("/api/v1/datasets/{dataset}/imports/{}", text(&first, "id"));
    let cancellation = format!("{import}/cancellation");
    story.owner.post(&cancellation, &Value::Null).expect(202);
    let cancelled = ended(story, "display", &first).await;
    assert_eq!(cancelled["status"], "cancelled");
    assert!(
        cancelled["rows"].as_u64().unwrap() < PROMOTIONS,
        "{cancelled}"
    );

    let file = std::fs::read(table("promotions")).unwrap();
    let deposit = lay(&story.owner, "promotions.parquet", &file);
    let second = begun(story, "display", &json!({ "deposit": deposit }));
    under_way(story, "display", &second).await;
    story.house.kill_the_server();
    let done = ended(story, "display", &second).await;
    came_in(&done, "resumed", PROMOTIONS);
}

/// Waits until an import tells how far it is, at which pace, and how long it still takes.
async fn under_way(story: &Story, dataset: &str, import: &Value) {
    let running = || {
        let now = shown(story, dataset, import);
        assert!(now["finished"].is_null(), "it ended too soon: {now}");
        now["rows"].as_u64() > Some(0) && !now["rows_per_second"].is_null()
    };
    happens("the import says how far it is", running).await;
    let seen = shown(story, dataset, import);
    let bytes = |name: &str| seen[name].as_u64().unwrap();
    assert!(bytes("bytes_done") <= bytes("bytes_total"), "{seen}");
    assert!(seen["seconds_left"].is_u64(), "{seen}");
}

/// Events by the API, and a file that was put into the folder of the enterprise.
async fn events_and_a_folder(story: &Story) {
    let file = story
        .house
        .data()
        .with_file_name("input")
        .join("contacts.ndjson");
    let contacts = std::fs::read_to_string(file).unwrap();
    let few: String = contacts.split_inclusive('\n').take(5).collect();
    let path = format!("/api/v1/datasets/{}/events", story.dataset("contacts"));
    let sent = ("application/x-ndjson", few.as_bytes());
    for outcome in ["imported", "already_imported"] {
        let begun = story.owner.send("POST", &path, sent).expect(202).json();
        let done = ended(story, "contacts", &begun).await;
        assert_eq!(done["outcome"], outcome, "{done}");
    }

    let own = story
        .house
        .data()
        .join("drop")
        .join(story.house.enterprise());
    let folder = own.join("autumn");
    std::fs::create_dir_all(&folder).unwrap();
    let rows = csv("transactions", 2 * DELIVERY, DELIVERY);
    std::fs::write(folder.join("week3.csv"), rows).unwrap();
    let import = begun(story, "weekly", &json!({"path": "autumn"}));
    came_in(
        &ended(story, "weekly", &import).await,
        "imported",
        DELIVERY as u64,
    );
}
