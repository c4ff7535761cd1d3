//! Imports by the API: laid down, proposed, confirmed, followed, cancelled, and what did not fit.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::site::{FILE_BYTES_MAX, Site, as_json, drop_area, form, id_of, mapping, nothing};

const OCTETS: &str = "application/octet-stream";

async fn lay(site: &Site, text: &str) -> String {
    let body = (OCTETS, text.as_bytes().to_vec());
    let path = "/api/v1/deposits?name=%E4%B8%89%E6%9C%88.csv";
    id_of(
        &site
            .call(Some(&site.owner), "POST", path, body)
            .await
            .expect(201),
    )
}

async fn import(site: &Site, dataset: &str, what: Value) -> Value {
    let path = format!("/api/v1/datasets/{dataset}/imports");
    let answer = site.post(&path, what).await.expect(202).json();
    answer["items"].clone()
}

fn people(from: u32, count: u32) -> String {
    let rows = (from..from + count).map(|row| format!("x{row},City {}\n", row % 3));
    format!("member_id,city\n{}", rows.collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_laid_down_proposed_confirmed_and_comes_in() {
    let site = Site::open().await;
    let phones = |row: u32| format!("139{:08}", 11_000_000 + row * 7);
    let rows = (0..40).map(|row| format!("{},{},{}\n", phones(row), row % 2, row * 3));
    let text = format!("手机,disease,score\n{}", rows.collect::<String>());
    let deposit = lay(&site, &text).await;
    let proposal = site
        .get(&format!("/api/v1/deposits/{deposit}/proposal"))
        .await;
    let proposal = proposal.expect(200);
    assert!((0..40).all(|row| !proposal.text.contains(&phones(row))));
    let proposal = proposal.json();
    assert_eq!(proposal["name"], "三月.csv");
    assert_eq!(proposal["mapping"]["columns"][0]["kind"], "phone");
    assert_eq!(proposal["columns"][1]["samples"], json!(["••••"]));

    let mut mapping = proposal["mapping"].clone();
    mapping["columns"][1]["class"] = json!("personal");
    let mut new = json!({"name": "phones", "mapping": mapping, "deposit": deposit});
    let silent = site.post("/api/v1/datasets", new.clone()).await.expect(400);
    assert!(silent.text.contains("reason"), "{}", silent.text);
    new["lowered"] = json!([{"column": "disease", "because": "invented"}]);
    let dataset = id_of(&site.post("/api/v1/datasets", new).await.expect(201));
    let path = format!("/api/v1/datasets/{dataset}/imports");
    let listed = site.get(&path).await.expect(200).json();
    assert_eq!(listed["items"][0]["status"], "queued");
    let one = format!("{path}/{}", listed["items"][0]["id"].as_str().unwrap());
    site.work().await;
    let done = site.get(&one).await.expect(200).json();
    assert_eq!(done["status"], "done");
    assert_eq!(done["outcome"], "imported");
    assert_eq!(
        done["source"],
        json!({"kind": "upload", "name": "三月.csv"})
    );
    assert_eq!(
        (&done["rows"], &done["quarantined"]),
        (&json!(40), &json!(0))
    );
    assert_eq!(done["bytes_done"], text.len());

    // The next delivery needs no mapping, and the same file again changes nothing.
    let again = lay(&site, &text).await;
    let begun = import(&site, &dataset, json!({"deposit": again})).await;
    site.work().await;
    let again = format!("{path}/{}", begun[0]["id"].as_str().unwrap());
    let again = site.get(&again).await.expect(200).json();
    assert_eq!(again["outcome"], "already_imported");
    assert_eq!(again["same_as"], done["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_fit_is_a_file_of_lines_columns_and_reasons() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let text = format!("{}x9,Canary,1\n,Canary City\n", people(0, 3));
    let deposit = lay(&site, &text).await;
    let begun = import(&site, &made.dataset, json!({"deposit": deposit})).await;
    let path = format!(
        "/api/v1/datasets/{}/imports/{}/quarantine",
        made.dataset,
        begun[0]["id"].as_str().unwrap()
    );
    let empty = site.get(&path).await.expect(200);
    assert_eq!(empty.text, "\u{feff}line,lines,column,reason\r\n");
    site.work().await;
    let found = site.get(&path).await.expect(200);
    assert!(found.header("content-type").starts_with("text/csv"));
    assert!(
        found
            .header("content-disposition")
            .contains("quarantine.csv")
    );
    assert_eq!(
        found.text,
        "\u{feff}line,lines,column,reason\r\n5,1,\"\",\"another number of fields than the header\"\r\n6,1,\"\",\"no identifier has a value\"\r\n"
    );
    let found = site.get(&format!("{path}?lang=zh")).await.expect(200);
    assert!(
        found.text.contains("6,1,\"\",\"没有任何标识\""),
        "{}",
        found.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_wait_for_a_form_is_told_how_far_it_is() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let path = format!("/api/v1/datasets/{}/imports", made.dataset);
    let send = async |wishes: &str| {
        let (kind, body) = form(&[("mapping", &mapping().to_string()), ("file", &people(0, 7))]);
        let request = Request::post(&path)
            .header("authorization", format!("Bearer {}", site.owner))
            .header("content-type", kind)
            .header("prefer", wishes);
        site.send(request.body(Body::from(body)).unwrap()).await
    };
    let begun = send("respond-async, wait=0").await.expect(202).json();
    assert_eq!(begun["status"], "queued");
    site.work().await;
    let one = format!("{path}/{}", begun["id"].as_str().unwrap());
    let done = site.get(&one).await.expect(200).json();
    assert_eq!(
        (&done["status"], &done["rows"]),
        (&json!("done"), &json!(7))
    );
    // A wish that is none is no reason to refuse the file.
    let again = send("wait=soon").await.expect(201).json();
    assert_eq!(again["outcome"], "already_imported");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_cancelled_once_and_a_failed_one_says_why() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let path = format!("/api/v1/datasets/{}/imports", made.dataset);
    let deposit = lay(&site, &people(0, 9)).await;
    let begun = import(&site, &made.dataset, json!({"deposit": deposit})).await;
    let one = format!("{path}/{}", begun[0]["id"].as_str().unwrap());
    let cancel = async || {
        let path = format!("{one}/cancellation");
        site.call(Some(&site.owner), "POST", &path, nothing()).await
    };
    assert_eq!(cancel().await.expect(202).json()["status"], "cancelled");
    assert!(cancel().await.expect(400).text.contains("ended already"));
    site.work().await;
    let deposit = lay(&site, "member_id,town\nx1,y\n").await;
    let begun = import(&site, &made.dataset, json!({"deposit": deposit})).await;
    site.work().await;
    let failed = format!("{path}/{}", begun[0]["id"].as_str().unwrap());
    let failed = site.get(&failed).await.expect(200).json();
    assert_eq!(failed["failure"]["code"], "source.unknown_column:2");
    assert!(
        failed["failure"]["zh"]
            .as_str()
            .unwrap()
            .contains("第 2 列")
    );
    assert!(
        failed["failure"]["en"]
            .as_str()
            .unwrap()
            .contains("column 2")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_and_rows_by_themselves_come_in_as_well() {
    let site = Site::open().await;
    let made = site.furnish().await;
    // Only the owner's enterprise has anything in the lake.
    let mut lake = std::fs::read_dir(site.parts.folder().join("lake")).unwrap();
    let own = lake.find_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.starts_with("ent_").then_some(name)
    });
    let folder = drop_area(&site.parts).join(own.unwrap()).join("april");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("2.csv"), people(10, 2)).unwrap();
    std::fs::write(folder.join("1.csv"), people(20, 3)).unwrap();
    let begun = import(&site, &made.dataset, json!({"path": "april"})).await;
    let names: Vec<_> = begun
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["source"]["name"])
        .collect();
    assert_eq!(names, ["april/1.csv", "april/2.csv"]);
    let events = format!("/api/v1/datasets/{}/events", made.dataset);
    let rows = json!([{"member_id": "e1", "city": "X"}, {"member_id": "e2", "city": null}]);
    let sent = site.post(&events, rows.clone()).await.expect(202).json();
    assert_eq!(sent["source"]["kind"], "events");
    site.work().await;
    let again = site.post(&events, rows).await.expect(202).json();
    site.work().await;
    let path = format!("/api/v1/datasets/{}/imports/", made.dataset);
    let show = async |it: &Value| {
        let path = format!("{path}{}", it["id"].as_str().unwrap());
        site.get(&path).await.expect(200).json()
    };
    assert_eq!(show(&begun[0]).await["rows"], 3);
    assert_eq!(show(&sent).await["rows"], 2);
    assert_eq!(show(&again).await["outcome"], "already_imported");
    for bad in ["[]", "a,b\n", "[{]"] {
        let body = ("application/x-ndjson", bad.as_bytes().to_vec());
        site.call(Some(&site.owner), "POST", &events, body)
            .await
            .expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_are_told_what_is_wrong() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let path = format!("/api/v1/datasets/{}/imports", made.dataset);
    let both = json!({"deposit": made.deposit, "path": "x"});
    let other = json!({"deposit": made.deposit, "mapping": {"columns": []}});
    for (body, status, word) in [
        (json!({}), 400, "either"),
        (both, 400, "either"),
        (other, 400, "the field `source` is missing"),
        (json!({"path": "../x"}), 400, "drop area"),
        (json!({"path": "nothing"}), 400, "drop area"),
        (
            json!({"deposit": "dep_0192f0c1000070008000000000000001"}),
            404,
            "deposit",
        ),
    ] {
        let answer = site
            .call(Some(&site.owner), "POST", &path, as_json(&body))
            .await;
        let answer = answer.expect(status);
        assert!(answer.text.contains(word), "{body}: {}", answer.text);
    }
    let mut lowered = mapping();
    lowered["columns"][1]["class"] = json!("non_personal");
    let body = json!({"deposit": made.deposit, "mapping": lowered});
    site.post(&path, body).await.expect(400);
    // A flag of which nothing says what it speaks of would let a "no" go unheard.
    let mut mute = mapping();
    mute["columns"][1]["role"] = json!("consent_flag");
    mute["columns"][1]["column_type"] = json!("bool");
    let body = json!({"name": "mute", "mapping": mute, "deposit": made.deposit});
    let answer = site.post("/api/v1/datasets", body).await.expect(400);
    assert!(answer.text.contains("mapping.consents"), "{}", answer.text);
    let large = vec![b'x'; usize::try_from(FILE_BYTES_MAX).unwrap() + 1];
    let answer = site.call(
        Some(&site.owner),
        "POST",
        "/api/v1/deposits",
        (OCTETS, large),
    );
    assert!(answer.await.expect(413).text.contains("split"));
    let said = Request::post("/api/v1/deposits")
        .header("authorization", format!("Bearer {}", site.owner))
        .header("content-length", (FILE_BYTES_MAX * 9).to_string());
    let answer = site.send(said.body(Body::empty()).unwrap()).await;
    answer.expect(413);
    let empty = (OCTETS, Vec::new());
    let answer = site.call(Some(&site.owner), "POST", "/api/v1/deposits", empty);
    answer.await.expect(400);
    let broken = futures::stream::iter([
        Ok(b"member_id,city\n".to_vec()),
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
    ]);
    let request = Request::post("/api/v1/deposits")
        .header("authorization", format!("Bearer {}", site.owner))
        .body(Body::from_stream(broken));
    site.send(request.unwrap()).await.expect(400);
}
