//! A saved audience inside another one, in insight and in statements; whose it is and what it may read.

use serde_json::{Value, json};

use crate::site::{Made, PURPOSE, Site, as_json, dataset, id_of, run};

fn saved(id: &str) -> Value {
    json!({"kind": "saved", "audience": id})
}

fn not_saved(id: &str) -> Value {
    json!({"kind": "not", "of": saved(id)})
}

fn new(name: &str, rule: &Value, dataset: &str) -> Value {
    json!({
        "name": name, "purpose": PURPOSE,
        "spec": {"audience": rule, "datasets": {"people": dataset}},
    })
}

async fn people(site: &Site, made: &Made, audience: &str, purpose: &str) -> Value {
    let path = format!("/api/v1/audiences/{audience}/evaluations");
    let how = json!({"purpose": purpose, "instruction": made.instruction});
    let evaluated = site.post(&path, how).await.expect(201);
    evaluated.json()["people"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_audience_is_used_by_another_by_insight_and_by_statements() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let others = new("Elsewhere", &not_saved(&made.audience), &made.dataset);
    let others = id_of(&site.post("/api/v1/audiences", others).await.expect(201));
    assert_eq!(people(&site, &made, &others, PURPOSE).await, 20);
    // One more step of reference.
    let none = json!({"kind": "all", "of": [saved(&others), saved(&made.audience)]});
    let none = new("Nowhere", &none, &made.dataset);
    let none = id_of(&site.post("/api/v1/audiences", none).await.expect(201));
    assert_eq!(people(&site, &made, &none, PURPOSE).await, 0);

    let two = json!({"here": saved(&made.audience), "there": saved(&others)});
    let ask = run(&made, &json!({"audiences": two, "group_min": 1}));
    let overlap = site.post("/api/v1/insight/overlap", ask).await.expect(200);
    assert_eq!(overlap.json()["result"][0]["overlap"]["both"], 0);
    let city = json!({"dataset": "people", "column": "city"});
    let ask = json!({"target": saved(&made.audience), "dimensions": [city], "group_min": 1});
    let profile = site.post("/api/v1/insight/profile", run(&made, &ask)).await;
    assert_eq!(profile.expect(200).json()["result"]["target"], 20);
    let ask = json!({"rules": "city", "within": saved(&others)});
    let stages = site.post("/api/v1/insight/stages", run(&made, &ask)).await;
    assert_eq!(stages.expect(200).json()["result"]["assets"], 0);

    let sql = format!(
        "SELECT p.city, count(*) AS n FROM people p JOIN {} a ON p.subject = a.subject GROUP BY p.city",
        made.audience
    );
    let rows = site
        .post("/api/v1/query", run(&made, &json!({"sql": sql})))
        .await
        .expect(200)
        .json();
    assert_eq!(rows["result"]["rows"], json!([["Beijing", 20]]));
    let sql = format!("EXPLAIN SELECT count(*) AS n FROM {others}");
    let plan = site
        .post("/api/v1/query", run(&made, &json!({"sql": sql})))
        .await
        .expect(200)
        .json();
    let plan = plan["result"]["rows"].to_string();
    assert!(plan.contains("count") && !plan.contains("20 as "), "{plan}");
    let sql = format!("SELECT subject FROM {others}");
    let rows = site
        .post("/api/v1/query", run(&made, &json!({"sql": sql})))
        .await
        .expect(200)
        .json();
    assert_eq!(rows["result"]["total"], 20);
    assert_ne!(rows["labels"][0]["class"], "non_personal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_audience_holds_only_people_admitted_to_the_purpose_of_the_run() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let sql = format!("SELECT subject FROM {}", made.audience);
    let count = async |expected: u16| {
        let ask = run(&made, &json!({"sql": sql}));
        let answer = site.post("/api/v1/query", ask).await.expect(expected);
        answer.json()
    };
    assert_eq!(count(200).await["result"]["total"], 20);
    let withdrawal = json!({"identifier": "member_id", "value": "m2", "purpose": PURPOSE});
    site.post("/api/v1/consents/withdrawals", withdrawal)
        .await
        .expect(204);
    assert_eq!(count(200).await["result"]["total"], 19);
    // Nobody agreed to this purpose: the reference opens nothing that the run itself may not open.
    let mut ask = run(&made, &json!({"sql": sql}));
    ask["purpose"] = json!("research.industry");
    let refused = site.post("/api/v1/query", ask).await.expect(403).json();
    assert!(refused["clause"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_or_foreign_saved_audience_is_not_there() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let foreign = site
        .call(
            Some(&site.foreign),
            "POST",
            "/api/v1/datasets",
            as_json(&dataset()),
        )
        .await;
    let foreign = new(
        "Theirs",
        &json!({"kind": "everyone"}),
        &id_of(&foreign.expect(201)),
    );
    let foreign = site
        .call(
            Some(&site.foreign),
            "POST",
            "/api/v1/audiences",
            as_json(&foreign),
        )
        .await;
    let foreign = id_of(&foreign.expect(201));
    let unknown = "aud_00000000000070008000000000000001";
    for id in [unknown, &foreign] {
        let both = json!({"x": saved(id), "y": {"kind": "everyone"}});
        let asks = [
            ("query", json!({"sql": format!("SELECT subject FROM {id}")})),
            (
                "insight/overlap",
                json!({"audiences": both, "group_min": 1}),
            ),
            (
                "insight/stages",
                json!({"rules": "city", "within": not_saved(id)}),
            ),
        ];
        for (path, ask) in asks {
            let path = format!("/api/v1/{path}");
            let answer = site.post(&path, run(&made, &ask)).await.expect(404).json();
            assert_eq!(answer["type"], "urn:yuntu:problem:not-found", "{path}");
        }
        let named = new("Named", &saved(id), &made.dataset);
        site.post("/api/v1/audiences", named).await.expect(404);
    }
    let listed = site.get("/api/v1/audiences").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_means_two_things_and_too_many_parts_are_told() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let mut second = dataset();
    second["name"] = json!("second");
    let second = id_of(&site.post("/api/v1/datasets", second).await.expect(201));
    let clash = new("Clash", &saved(&made.audience), &second);
    let clash = site.post("/api/v1/audiences", clash).await.expect(400);
    assert!(clash.json()["detail"].as_str().unwrap().contains("dataset"));

    // Each names the one before four times, so the parts are four times as many with every step.
    let mut last = made.audience.clone();
    for step in 0..8 {
        let four: Vec<_> = (0..4).map(|_| saved(&last)).collect();
        let rule = json!({"kind": "any", "of": four});
        let rule = new(&format!("Step {step}"), &rule, &made.dataset);
        last = id_of(&site.post("/api/v1/audiences", rule).await.expect(201));
    }
    let path = format!("/api/v1/audiences/{last}/evaluations");
    let how = json!({"purpose": PURPOSE, "instruction": made.instruction});
    let answer = site.post(&path, how).await.expect(400).json();
    assert!(
        answer["detail"]
            .as_str()
            .unwrap()
            .contains("too many parts")
    );
}
