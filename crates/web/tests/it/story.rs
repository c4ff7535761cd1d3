//! From a file to an audience that anyone can verify, through the API alone.

use serde_json::json;
use yuntu_app::verify_receipt;

use crate::site::{PURPOSE, Site, in_beijing, mapping, nothing, run, upload};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_becomes_an_audience_that_anyone_can_verify() {
    let site = Site::open().await;
    let made = site.furnish().await;

    let shown = site
        .get(&format!("/api/v1/audiences/{}", made.audience))
        .await;
    let shown = shown.expect(200).json();
    assert_eq!(shown["snapshots"][0]["people"], 20);
    assert_eq!(shown["spec"]["audience"], in_beijing());

    let path = format!("/api/v1/receipts/{}", made.receipt);
    let file = site.get(&path).await.expect(200).text;
    let verified = verify_receipt(file.as_bytes(), Some(site.platform.verifier())).unwrap();
    let funnel = verified.body.datasets["people"].funnel.unwrap();
    assert_eq!(
        (funnel.uploaded, funnel.purpose, funnel.admitted),
        (60, 20, 40)
    );
    let mut flipped = file.into_bytes();
    flipped[200] ^= 1;
    assert!(verify_receipt(&flipped, Some(site.platform.verifier())).is_err());

    let checkpoint = site.get("/api/v1/ledger/checkpoint").await.expect(200).text;
    assert!(checkpoint.starts_with("web.yuntu.example/ledger\n"));
    let key = site.get("/api/v1/ledger/key").await.expect(200).text;
    assert_eq!(key.trim(), site.platform.verifier().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_twice_changes_nothing_and_bad_rows_are_counted() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let path = format!("/api/v1/datasets/{}/imports", made.dataset);
    let again = site.call(Some(&site.owner), "POST", &path, upload()).await;
    let again = again.expect(201).json();
    assert_eq!(again["outcome"], "already_imported");
    assert_eq!(
        (&again["rows"], &again["quarantined"]),
        (&json!(60), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_consent_back_is_out_of_the_next_result() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let withdrawal = json!({"identifier": "member_id", "value": "m2", "purpose": PURPOSE});
    site.post("/api/v1/consents/withdrawals", withdrawal)
        .await
        .expect(204);
    let path = format!("/api/v1/audiences/{}/evaluations", made.audience);
    let how = json!({"purpose": PURPOSE, "instruction": made.instruction});
    let next = site.post(&path, how).await.expect(201).json();
    assert_eq!(next["people"], 19);
    assert_eq!(next["funnels"]["people"]["admitted"], 39);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_instruction_is_refused_with_its_clause() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let path = format!("/api/v1/instructions/{}/revocation", made.instruction);
    site.call(Some(&site.owner), "POST", &path, nothing())
        .await
        .expect(204);
    let ask = run(&made, &json!({"sql": "SELECT 1"}));
    let refused = site.post("/api/v1/query", ask).await.expect(403).json();
    assert_eq!(refused["clause"], "U2");
    let listed = site.get("/api/v1/instructions").await.expect(200).json();
    let items = listed["items"].as_array().unwrap();
    let revoked = items.iter().find(|it| it["id"] == made.instruction);
    assert_eq!(revoked.unwrap()["standing"], "ended");
    let metrics = site.call(None, "GET", "/metrics", nothing()).await;
    let text = metrics.expect(200).text;
    assert!(
        text.contains("yuntu_refusals_total{clause=\"U2\"}"),
        "{text}"
    );
    assert!(
        !text.contains(&made.instruction),
        "ids must not reach the metrics"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn insight_and_statements_answer_over_those_who_agreed() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let stages = run(&made, &json!({"rules": "city"}));
    let stages = site
        .post("/api/v1/insight/stages", stages)
        .await
        .expect(200);
    assert_eq!(stages.json()["result"]["assets"], 20);
    assert_eq!(stages.json()["base"]["eligible_base"], 40);
    let flow = run(&made, &json!({"rules": "city", "start": {"days_ago": 30}}));
    site.post("/api/v1/insight/flow", flow).await.expect(200);
    let city = json!({"dataset": "people", "column": "city"});
    let ask = json!({"target": in_beijing(), "dimensions": [city], "group_min": 1});
    let profile = site.post("/api/v1/insight/profile", run(&made, &ask)).await;
    assert_eq!(profile.expect(200).json()["result"]["target"], 20);
    let both = json!({"all": {"kind": "everyone"}, "beijing": in_beijing()});
    let ask = json!({"audiences": both, "group_min": 1});
    let overlap = site.post("/api/v1/insight/overlap", run(&made, &ask)).await;
    assert_eq!(overlap.expect(200).json()["result"][0]["x"], "all");

    let sql = "SELECT city, count(*) AS n FROM people GROUP BY city ORDER BY city";
    let rows = site
        .post(
            "/api/v1/query",
            run(&made, &json!({"sql": sql, "limit": 1})),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(rows["result"]["rows"], json!([["Beijing", 20]]));
    assert_eq!(rows["result"]["total"], 2);
    assert_eq!(rows["result"]["truncated"], true);
    assert_eq!(rows["labels"][0]["column"], "city");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_lowers_a_class_is_not_taken() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let mut lowered = mapping();
    lowered["columns"][1]["class"] = json!("non_personal");
    let path = format!("/api/v1/datasets/{}/imports", made.dataset);
    let parts = [
        ("mapping", lowered.to_string()),
        ("file", String::from("member_id,city\nm70,X\n")),
    ];
    let parts = parts.each_ref().map(|(name, text)| (*name, text.as_str()));
    let body = crate::site::form(&parts);
    let answer = site.call(Some(&site.owner), "POST", &path, body).await;
    assert!(answer.expect(400).text.contains("mapping"));
}
