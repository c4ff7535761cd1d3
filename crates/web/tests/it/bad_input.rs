//! Bad input: a clear problem in both languages, nothing lost, no panic, no detail of ours.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use yuntu_terms::SeededEntropy;

use crate::site::{PURPOSE, Site, as_json, consent_records, dataset, form, mapping, nothing, run};

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
async fn a_problem_names_the_field_that_is_missing_or_what_should_stand_there() {
    let site = Site::open().await;
    let whole = dataset();
    let mut without = whole.clone();
    without.as_object_mut().unwrap().remove("mapping");
    let with = |key: &str, value: Value| {
        let mut body = whole.clone();
        body[key] = value;
        body
    };
    let cases = [
        (
            without,
            "the field `mapping` is missing",
            "缺少字段 `mapping`",
        ),
        (
            with("canary", json!("missing field `canary`")),
            "no field of this name; it has `",
            "没有的字段；接口有 `",
        ),
        (
            with("name", json!(["canary"])),
            "is to be a string",
            "应为 a string",
        ),
        (
            with("mapping", json!({"kind": "canary"})),
            "is to be one of ",
            "须为下列之一：",
        ),
    ];
    for (body, en, zh) in cases {
        for (lang, words) in [("en", en), ("zh", zh)] {
            let bytes = serde_json::to_vec(&body).unwrap();
            let answer = site
                .send(request(&site, "/api/v1/datasets", lang, &bytes))
                .await
                .expect(400);
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(words), "{detail}");
            assert!(!detail.contains("canary"), "{detail}");
        }
    }
    // Where nothing is expected, what looks like it is the body's own.
    let mut body = crate::site::audience("dst_0192f0c1000070008000000000000001");
    body["spec"]["audience"] = json!({"kind": "everyone", "x, expected canary": 1});
    let answer = site.post("/api/v1/audiences", body).await.expect(400);
    assert!(!answer.text.contains("canary"), "{}", answer.text);
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
        form(&[("mapping", &mapping), ("file", "PK\u{3}\u{4} a workbook")]),
        form(&[("mapping", &mapping), ("file", "m\0e\0m\0b\0")]),
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
    answer.await.expect(400);
    let text = ("text/plain", b"member_id,city\n".to_vec());
    let answer = site.call(Some(&site.owner), "POST", &path, text);
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
    body.extend_from_slice(
        b"m3,canary-secret,process,enterprise,explicit,given,yesterday,,box 7\n",
    );
    let answer = site.call(Some(&site.owner), "POST", "/api/v1/consents", (kind, body));
    let answer = answer.await.expect(400);
    assert!(answer.text.contains("line 43") && !answer.text.contains("canary"));
    for bad in [
        &b"\0\xff\0"[..],
        b"",
        b"PK\x03\x04 a workbook",
        b"m1,marketing\n",
    ] {
        let file = ("text/csv", bad.to_vec());
        let answer = site.call(Some(&site.owner), "POST", "/api/v1/consents", file);
        answer.await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_records_are_recorded_whole_shown_and_told_in_both_languages() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let path = "/api/v1/consents/records";
    let papers = format!("/api/v1/datasets/{}/papers", made.dataset);
    let papers = site.get(&papers).await.expect(200).json();
    let paper = papers["items"][0]["digest"].clone();
    let mut proved = consent_records();
    proved["records"][0]["paper"] = paper.clone();
    proved["records"][0]["language"] = json!("zh-CN");
    let done = site.post(path, proved).await.expect(200).json();
    assert_eq!(
        (&done["recorded"], &done["unknown_people"]),
        (&json!(1), &json!(0))
    );
    let who = json!({"identifier": "member_id", "value": "m1"});
    let shown = site.post("/api/v1/consents/person", who).await.expect(200);
    let shown = shown.json();
    let first = &shown["records"][0];
    assert_eq!(first["status"], "renewed");
    assert_eq!(first["proof"], "contract 17");
    assert_eq!(first["notice"]["version"], "3");
    assert_eq!(first["language"], "zh-CN");
    assert_eq!(first["paper"], json!({"digest": paper, "stands": true}));
    assert_eq!(shown["more_before"], json!(null));
    let nobody = json!({"identifier": "member_id", "value": "canary"});
    let mut bad = consent_records();
    bad["records"][0]["value"] = json!("canary");
    bad["records"][0]["purpose"] = json!("marketing.unheard");
    let mut long = consent_records();
    long["records"][0]["proof"] = json!("canary".repeat(60));
    let mut bare = consent_records();
    bare["records"][0]["proof"] = json!(null);
    let mut strange = consent_records();
    strange["records"][0]["paper"] = json!("07".repeat(32));
    let mut spoken = consent_records();
    spoken["records"][0]["language"] = json!("canary of a language");
    let mut many = consent_records();
    many["records"] = json!(vec![many["records"][0].clone(); 1_001]);
    let wrong = vec![
        (as_json(&bad), 400, "第 1 条记录", "record 1"),
        (as_json(&long), 400, "200 个字符", "200 characters"),
        (as_json(&bare), 400, "须有书面证明", "written proof"),
        (
            as_json(&strange),
            400,
            "不是贵企业数据集的证明文件",
            "no paper of your datasets",
        ),
        (as_json(&spoken), 400, "语言标签", "tag of a language"),
        (as_json(&many), 400, "1000 条", "1,000"),
        (as_json(&json!({"records": []})), 400, "1000 条", "1,000"),
        (
            as_json(&json!({"records": [{"canary": 1}]})),
            400,
            "字段",
            "field",
        ),
    ];
    told(&site, path, wrong).await;
    let wrong = vec![(as_json(&nobody), 404, "个人", "person")];
    told(&site, "/api/v1/consents/person", wrong).await;
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
        "SELECT regexp_like(city, '(canary') FROM people",
        "SELECT regexp_like(city, '((a{1,1000}){1,1000}){1,1000}') FROM people",
        "",
    ] {
        let answer = site
            .post("/api/v1/query", run(&made, &json!({"sql": sql})))
            .await;
        let answer = answer.expect(400);
        assert!(!answer.text.contains("canary"), "{sql}: {}", answer.text);
    }
    let mut twice = run(&made, &json!({"sql": "SELECT 1"}));
    twice["datasets"]["again"] = json!(made.dataset);
    let answer = site.post("/api/v1/query", twice).await.expect(400);
    assert!(answer.text.contains("two names"), "{}", answer.text);
    let ask = run(&made, &json!({"sql": "SELECT 1", "limit": 10_001}));
    site.post("/api/v1/query", ask).await.expect(400);
}

/// Chinese or not.
fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// A wrong request: content, status, and a word of the answer in each language.
type Wrong = ((&'static str, Vec<u8>), u16, &'static str, &'static str);

/// Sends wrong requests to a path; each answer says what to do in the language asked for and repeats nothing.
async fn told(site: &Site, path: &str, wrong: Vec<Wrong>) {
    for ((kind, body), status, zh, en) in wrong {
        for (lang, word) in [("zh", zh), ("en", en)] {
            let request = Request::post(path)
                .header("authorization", format!("Bearer {}", site.owner))
                .header("accept-language", lang)
                .header("content-type", kind)
                .body(Body::from(body.clone()))
                .unwrap();
            let problem = site.send(request).await.expect(status).json();
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(word), "{path}: {detail}");
            assert_eq!(is_chinese(detail), lang == "zh", "{detail}");
            assert!(!detail.contains("canary"), "{detail}");
            assert!(!detail.contains("138"), "{detail}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_is_told_in_the_language_of_the_caller() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let upload = |file: &str| form(&[("mapping", &mapping().to_string()), ("file", file)]);
    let wrong = vec![
        (upload("PK\u{3}\u{4} a workbook"), 400, "CSV UTF-8", "XLSX"),
        (upload("13800138000,canary\n"), 400, "表头", "header"),
        (
            upload("member_id,canary\n1,2\n"),
            400,
            "第 2 列",
            "column 2",
        ),
        (upload("member_id\n1\n"), 400, "缺少字段“city”", "`city`"),
    ];
    told(
        &site,
        &format!("/api/v1/datasets/{}/imports", made.dataset),
        wrong,
    )
    .await;
    let csv = |text: &str| ("text/csv", text.as_bytes().to_vec());
    let wrong = vec![
        (csv("PK\u{3}\u{4}"), 400, "工作簿", "workbook"),
        (csv("m1,canary\n"), 400, "第一行", "first line"),
    ];
    told(&site, "/api/v1/consents", wrong).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_body_is_told_in_the_language_of_the_caller() {
    let site = Site::open().await;
    site.furnish().await;
    let json = |text: &str| ("application/json", text.as_bytes().to_vec());
    let nobody = json!({"identifier": "member_id", "value": "canary", "purpose": "marketing"});
    let wrong = vec![
        (as_json(&nobody), 404, "个人", "person"),
        (json("{\n\"canary\""), 400, "第 2 行", "line 2"),
        (json("{\"canary\": 1}"), 400, "第 1 行", "line 1"),
        (json(&" ".repeat((1 << 20) + 1)), 413, "1 MiB", "1 MiB"),
    ];
    told(&site, "/api/v1/consents/withdrawals", wrong).await;
    let mut elsewhere = dataset();
    elsewhere["name"] = json!("elsewhere");
    elsewhere["mapping"]["time_zone"] = json!("Mars/Base");
    let mut mute = dataset();
    mute["name"] = json!("mute");
    mute["mapping"]["columns"][1]["role"] = json!("consent_flag");
    mute["mapping"]["columns"][1]["column_type"] = json!("bool");
    let wrong = vec![
        (as_json(&dataset()), 409, "已存在", "exists already"),
        (as_json(&mute), 400, "是同意标志", "flag of a consent"),
        (as_json(&elsewhere), 400, "时区", "time zone"),
    ];
    told(&site, "/api/v1/datasets", wrong).await;
    let nowhere = vec![(json("{}"), 404, "地址或编号", "address or id")];
    told(&site, "/api/v1/nothing", nowhere).await;
    let method = vec![(json("{}"), 405, "方法", "method")];
    told(&site, "/api/v1/receipts/x", method).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_names_something_and_fits_the_ledger() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let good = crate::site::instruction(&made.dataset);
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    for body in [
        with("purposes", json!([])),
        with("operations", json!([])),
        with("recipients", json!([])),
        with("datasets", json!([])),
        with("purposes", json!(vec!["marketing"; 20_000])),
        with("note", json!("a\u{0}b")),
        with("note", json!("n".repeat(2_001))),
        with("until", json!("2020-01-01T00:00:00Z")),
    ] {
        site.post("/api/v1/instructions", body).await.expect(400);
    }
    let names: std::collections::BTreeMap<String, &str> = (0..2_000)
        .map(|n| (format!("people{n}"), made.dataset.as_str()))
        .collect();
    let mut ask = run(&made, &json!({"sql": "SELECT 1"}));
    ask["datasets"] = json!(names);
    let answer = site.post("/api/v1/query", ask).await;
    assert!(
        answer.status.is_client_error() || answer.status.is_success(),
        "{}",
        answer.text
    );
}

/// Changes a body somewhere: bytes dropped, doubled, flipped, or a token put in the place of another.
fn mutated(good: &[u8], random: &SeededEntropy) -> Vec<u8> {
    let draw = |end: usize| usize::try_from(random.next_u64()).unwrap() % end.max(1);
    let mut bytes = good.to_vec();
    for _ in 0..=draw(3) {
        let at = draw(bytes.len());
        let end = (at + draw(12)).min(bytes.len());
        match draw(5) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            2 => bytes[at] ^= 1 << draw(8),
            3 => {
                let tokens: [&[u8]; 8] = [
                    b"null",
                    b"-1",
                    b"1e999",
                    b"[]",
                    b"{}",
                    b"\"\"",
                    b"18446744073709551616",
                    b"\"\\u0000\"",
                ];
                bytes.splice(at..end, tokens[draw(tokens.len())].iter().copied());
            }
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn no_changed_body_makes_the_site_fail() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let bodies = [
        ("/api/v1/datasets", dataset()),
        (
            "/api/v1/instructions",
            crate::site::instruction(&made.dataset),
        ),
        ("/api/v1/audiences", crate::site::audience(&made.dataset)),
        (
            "/api/v1/query",
            run(
                &made,
                &json!({"sql": "SELECT city, count(*) FROM people GROUP BY city"}),
            ),
        ),
        (
            "/api/v1/insight/stages",
            run(&made, &json!({"rules": "city"})),
        ),
        (
            "/api/v1/insight/overlap",
            run(
                &made,
                &json!({"audiences": {"a": crate::site::in_beijing()}}),
            ),
        ),
        (
            "/api/v1/consents/withdrawals",
            json!({"identifier": "member_id", "value": "m1", "purpose": PURPOSE}),
        ),
    ];
    let random = SeededEntropy::new(21);
    for round in 0..60 {
        for (path, body) in &bodies {
            let body = mutated(body.to_string().as_bytes(), &random);
            let answer = site.send(request(&site, path, "en", &body)).await;
            assert!(
                answer.status.as_u16() < 500,
                "round {round} {path}: {} {}",
                answer.text,
                String::from_utf8_lossy(&body)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawals_at_once_are_all_kept() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let ask = |number: u32| json!({"identifier": "member_id", "value": format!("m{number}"), "purpose": PURPOSE});
    // Members 1 to 15, each twice at once.
    let withdrawals = (0..30).map(|n| site.post("/api/v1/consents/withdrawals", ask(n / 2 + 1)));
    for answer in futures::future::join_all(withdrawals).await {
        answer.expect(204);
    }
    let sql = json!({"sql": "SELECT count(*) FROM people"});
    let rows = site
        .post("/api/v1/query", run(&made, &sql))
        .await
        .expect(200);
    assert_eq!(rows.json()["result"]["rows"], json!([[25]]));
}
