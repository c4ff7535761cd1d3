//! Bad input: a clear problem in both languages, nothing lost, no panic, no detail of ours.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::site::{Site, as_json, dataset, form, mapping, nothing, run};

fn request(site: &Site, path: &str, lang: &str, body: &[u8]) -> Request<Body> {
    Request::post(path)
        .header("authorization", format!("Bearer {}", site.owner))
        .header("accept-language", lang)
        .header("content-type", "application/json")
        .body(Body::from(body.to_vec()))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_speaks_the_language_of_the_caller() {
    let site = Site::open().await;
    let mut titles = Vec::new();
    for lang in ["zh-CN,zh;q=0.9", "en"] {
        let request = request(&site, "/api/v1/datasets", lang, b"{\"name\":");
        let answer = site.send(request).await.expect(400);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["type"], "urn:yuntu:problem:invalid");
        assert_eq!(problem["status"], 400);
        titles.push(problem["title"].as_str().unwrap().to_owned());
        assert!(problem["detail"].is_string());
    }
    assert_eq!(titles, ["输入不正确", "The input is not valid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_is_refused_and_not_repeated() {
    let site = Site::open().await;
    let with = |key: &str, value: Value| {
        let mut body = dataset();
        body[key] = value;
        as_json(&body).1
    };
    let bodies = [
        b"".to_vec(),
        b"canary".to_vec(),
        b"[1,2".to_vec(),
        b"\xff\xfe canary".to_vec(),
        b"\0\0\0".to_vec(),
        b"null".to_vec(),
        "[".repeat(100_000).into_bytes(),
        with("canary", json!(1)),
        with("name", json!(7)),
        with("mapping", json!({"kind": "canary"})),
        with("name", json!("canary\u{0}")),
        with("name", json!("")),
        with("name", json!("n".repeat(100_000))),
    ];
    for body in bodies {
        let answer = site
            .send(request(&site, "/api/v1/datasets", "en", &body))
            .await
            .expect(400);
        assert!(!answer.text.contains("canary"), "{}", answer.text);
    }
    let listed = site.get("/api/v1/datasets").await.expect(200).json();
    assert_eq!(listed["items"], json!([]), "nothing is half made");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_of_another_type_is_told_so() {
    let site = Site::open().await;
    let large = vec![b' '; (1 << 20) + 1];
    let request_of = request(&site, "/api/v1/datasets", "en", &large);
    site.send(request_of).await.expect(413);
    let owner = Some(site.owner.as_str());
    let text = ("text/plain", b"{}".to_vec());
    for path in ["/api/v1/datasets", "/api/v1/consents"] {
        site.call(owner, "POST", path, text.clone())
            .await
            .expect(415);
    }
    site.call(owner, "DELETE", "/api/v1/datasets", nothing())
        .await
        .expect(405);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_names_nothing() {
    let site = Site::open().await;
    for id in [
        "dst_0192f0c1000070008000000000000001",
        "ent_0192f0c1000070008000000000000001",
        "dst_",
        "%00",
        "%ff",
        "..%2F..%2Fetc%2Fpasswd",
        "'%20OR%201=1--",
    ] {
        let answer = site.get(&format!("/api/v1/datasets/{id}")).await;
        let answer = answer.expect(404);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        site.get(&format!("/api/v1/audiences/{id}"))
            .await
            .expect(404);
        site.get(&format!("/api/v1/receipts/{id}"))
            .await
            .expect(404);
    }
    site.get("/api/v1/nothing").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_upload_leaves_nothing_behind() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let path = format!("/api/v1/datasets/{}/imports", made.dataset);
    let mapping = mapping().to_string();
    let bodies = [
        form(&[]),
        form(&[("mapping", &mapping)]),
        form(&[("file", "member_id,city\n"), ("mapping", &mapping)]),
        form(&[("mapping", "{"), ("file", "member_id,city\n")]),
        form(&[("mapping", &mapping), ("file", "")]),
        form(&[("mapping", &mapping), ("file", "no such header\n1\n")]),
        form(&[("mapping", &mapping), ("file", "PAR1\0\0\0\0")]),
        form(&[
            ("mapping", &mapping),
            ("file", "member_id,city\n"),
            ("more", "x"),
        ]),
        (
            "multipart/form-data; boundary=edge",
            b"--edge\r\nbroken".to_vec(),
        ),
    ];
    for body in bodies {
        let answer = site.call(Some(&site.owner), "POST", &path, body).await;
        answer.expect(400);
    }
    let answer = site.call(Some(&site.owner), "POST", &path, as_json(&json!({})));
    answer.await.expect(415);
    let sql = json!({"sql": "SELECT count(*) FROM people"});
    let rows = site
        .post("/api/v1/query", run(&made, &sql))
        .await
        .expect(200);
    assert_eq!(rows.json()["result"]["rows"], json!([[40]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_file_with_a_bad_line_records_nothing() {
    let site = Site::open().await;
    site.furnish().await;
    let (kind, mut body) = crate::site::consents();
    body.extend_from_slice(b"m3,canary-secret,process,enterprise,explicit,given,yesterday,\n");
    let answer = site.call(Some(&site.owner), "POST", "/api/v1/consents", (kind, body));
    let answer = answer.await.expect(400);
    assert!(answer.text.contains("line 43") && !answer.text.contains("canary"));
    let binary = ("text/csv", b"\0\xff\0".to_vec());
    let answer = site.call(Some(&site.owner), "POST", "/api/v1/consents", binary);
    answer.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_that_are_no_query_are_refused_without_an_echo() {
    let site = Site::open().await;
    let made = site.furnish().await;
    for sql in [
        "SET yuntu.purpose = 'canary'",
        "SELECT canary FROM people",
        "DROP TABLE people",
        "SELECT 1; SELECT 2",
        "SELECT \u{0}canary",
        "",
    ] {
        let answer = site
            .post("/api/v1/query", run(&made, &json!({"sql": sql})))
            .await;
        let answer = answer.expect(400);
        assert!(!answer.text.contains("canary"), "{sql}: {}", answer.text);
    }
    let ask = run(&made, &json!({"sql": "SELECT 1", "limit": 10_001}));
    site.post("/api/v1/query", ask).await.expect(400);
}
