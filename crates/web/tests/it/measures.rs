//! Measures on the pages of both sides and by the API: taken, warned of, answered, appealed, lifted.

use data_encoding::BASE64;
use serde_json::json;
use yuntu_app::policy::OperatorRole;
use yuntu_terms::{EnterpriseId, clause};
use yuntu_testkit::{long_pdf, pdf};

use crate::people::{OWNER, VIEWER, hidden};
use crate::site::{Answer, MARK, Made, Site, run};

const DESK: &str = "/operator/measures";
const OWN: &str = "/console/measures";
const WHY: &str = "where+do+these+people+come+from";

impl Site {
    pub(crate) async fn measure(&self, cookie: &str, lang: &str, body: &str) -> Answer {
        self.submit(&format!("{DESK}?lang={lang}"), cookie, body)
            .await
    }

    async fn write(&self, cookie: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Answer {
        let mut all = vec![("mark", MARK)];
        all.extend(fields);
        let path = format!("{OWN}?lang=en");
        self.hand_in((&path, cookie), &all, file).await
    }
}

/// Finds whose a dataset is.
pub(crate) async fn enterprise(site: &Site, made: &Made) -> EnterpriseId {
    let read = site.parts.store.read();
    for id in read.list_enterprise_ids().await.unwrap() {
        let dataset = made.dataset.parse().unwrap();
        if read.find_dataset(id, dataset).await.unwrap().is_some() {
            return id;
        }
    }
    panic!("nobody's dataset")
}

pub(crate) fn freeze(enterprise: EnterpriseId, made: &Made) -> String {
    let dataset = &made.dataset;
    format!(
        "act=take&enterprise={enterprise}&dataset={dataset}&kind=freeze_dataset&ground=source&due=&then=&words={WHY}"
    )
}

async fn count(site: &Site, made: &Made) -> Answer {
    let ask = run(made, &json!({"sql": "SELECT count(*) AS n FROM people"}));
    site.post("/api/v1/query", ask).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_is_taken_warned_of_appealed_confirmed_and_lifted() {
    let _mark = clause::check!(U5);
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let viewer = site.sign_in(VIEWER).await;
    site.page(OWN, &viewer).await.expect(403);
    let before = count(&site, &made).await.expect(200).json();
    let zhou = site
        .operator("zhou@operator.example", OperatorRole::Security)
        .await;
    let ad = site
        .operator("ad@operator.example", OperatorRole::Administrator)
        .await;
    let enterprise = enterprise(&site, &made).await;
    wrong_input_is_told(&site, enterprise, &zhou).await;
    site.measure(&zhou, "en", &freeze(enterprise, &made))
        .await
        .expect(303);
    // Every page of the console warns, in both languages, and a refusal names the measure.
    for (lang, words) in [
        ("zh", "冻结数据集（自"),
        ("en", "The dataset is frozen since"),
    ] {
        for path in ["/console", "/console/datasets", "/console/instructions"] {
            let page = site.page(&format!("{path}?lang={lang}"), &owner).await;
            let page = page.expect(200);
            assert!(page.text.contains(words), "{path}: {}", page.text);
        }
    }
    waits_for_it(&site, &made, &owner).await;
    let refused = count(&site, &made).await.expect(403).json();
    assert_eq!(refused["clause"], "U5");
    let what = refused["reasons"][0]["what"]["en"].as_str().unwrap();
    assert!(what.starts_with("the dataset is frozen since"), "{what}");
    let id = appealed(&site, &owner).await;
    // The one who took it sees no way to confirm it; another does.
    let own = site.page(&format!("{DESK}?lang=en"), &zhou).await;
    assert!(!own.expect(200).text.contains("value=\"confirm\""));
    let other = site.page(&format!("{DESK}?lang=zh"), &ad).await;
    let other = other.expect(200);
    for words in ["value=\"confirm\"", "企业的申诉", "申诉所附文件"] {
        assert!(other.text.contains(words), "{words}: {}", other.text);
    }
    let paper = other.text.split(&format!("{DESK}/{id}/papers/")).nth(1);
    let paper = paper.unwrap().split('"').next().unwrap();
    let kept = site.page(&format!("{DESK}/{id}/papers/{paper}"), &ad).await;
    assert_eq!(kept.expect(200).text.as_bytes(), pdf("contract"));
    let foreign = format!("{DESK}/{id}/papers/pap_00000000000070008000000000000001");
    site.page(&foreign, &ad).await.expect(404);
    let confirm = format!("act=confirm&measure={id}");
    site.measure(&ad, "en", &confirm).await.expect(303);
    let short = format!("act=lift&measure={id}&words=short");
    site.measure(&ad, "en", &short).await.expect(400);
    let lift = format!("act=lift&measure={id}&words=the+contract+says+it+all");
    site.measure(&ad, "en", &lift).await.expect(303);
    site.measure(&ad, "en", &lift).await.expect(404);
    let after = count(&site, &made).await.expect(200).json();
    assert_eq!(after["result"], before["result"]);
    let page = site.page("/console?lang=en", &owner).await.expect(200);
    assert!(!page.text.contains("is frozen"));
    let page = site.page(&format!("{OWN}?lang=zh"), &owner).await;
    assert!(page.expect(200).text.contains("已解除"));
}

/// The home of the console, the list and the page of the dataset say that it waits for the measure.
async fn waits_for_it(site: &Site, made: &Made, owner: &str) {
    let one = format!("/console/datasets/{}", made.dataset);
    for (lang, count, words) in [
        ("zh", "1 个中有 1 个尚不可用；", "冻结数据集（自"),
        (
            "en",
            "1 of 1 cannot be used yet; ",
            "he dataset is frozen since",
        ),
    ] {
        for path in ["/console", "/console/datasets", &one] {
            let page = site.page(&format!("{path}?lang={lang}"), owner).await;
            let page = page.expect(200);
            // Beside the warning that stands above every page.
            let (_, rest) = page.text.split_once("role=\"alert\"").unwrap();
            let (_, rest) = rest.split_once("</p>").unwrap();
            assert!(rest.contains(words), "{path}: {rest}");
            assert_eq!(rest.contains(count), path == "/console", "{path}: {rest}");
        }
    }
}

async fn wrong_input_is_told(site: &Site, enterprise: EnterpriseId, zhou: &str) {
    for (lang, words) in [("zh", "编号有误"), ("en", "This is no such id")] {
        let bad = "act=take&enterprise=nobody&kind=freeze_enterprise&ground=source&words=short";
        let told = site.measure(zhou, lang, bad).await.expect(400);
        assert!(told.text.contains(words), "{}", told.text);
        // What was typed stays.
        assert!(told.text.contains("value=\"nobody\""));
    }
    let bad =
        format!("act=take&enterprise={enterprise}&kind=limit_features&ground=source&words={WHY}");
    let told = site.measure(zhou, "en", &bad).await.expect(400);
    assert!(told.text.contains("features are chosen"), "{}", told.text);
    let nobody = bad.replace(
        &enterprise.to_string(),
        "ent_00000000000070008000000000000001",
    );
    let told = site.measure(zhou, "en", &nobody).await.expect(400);
    assert!(told.text.contains("There is no such thing"));
}

/// Appeals with a paper on the page, and again by the API; returns the measure.
async fn appealed(site: &Site, owner: &str) -> String {
    let page = site.page(&format!("{OWN}?lang=en"), owner).await;
    let page = page.expect(200);
    assert!(page.text.contains("where do these people come from"));
    let id = hidden(&page, "measure").to_owned();
    let short = [("act", "appeal"), ("measure", &id), ("words", "short")];
    let told = site.write(owner, &short, ("", b"")).await.expect(400);
    assert!(told.text.contains("write 10 to 2000 characters"));
    let fields = [
        ("act", "appeal"),
        ("measure", id.as_str()),
        ("words", "the contract is attached"),
    ];
    let bad = site.write(owner, &fields, ("x.pdf", b"MZ")).await;
    bad.expect(400);
    let paper = pdf("contract");
    site.write(owner, &fields, ("x.pdf", &paper))
        .await
        .expect(303);
    let answers = format!("/api/v1/measures/{id}/answers");
    let words = json!({"words": "it asks for no proof, so this is wrong"});
    site.post(&answers, words.clone()).await.expect(400);
    let appeals = format!("/api/v1/measures/{id}/appeals");
    with_paper(site, &appeals, words).await;
    site.post(&appeals, json!({"words": "short"}))
        .await
        .expect(400);
    let listed = site.get("/api/v1/measures").await.expect(200).json();
    let one = &listed["items"][0];
    assert_eq!(one["in_force"], true);
    assert_eq!(one["messages"].as_array().unwrap().len(), 2);
    let messages = &one["messages"];
    assert_eq!(messages[0]["words"], "the contract is attached");
    assert_eq!(
        (&messages[0]["paper"], &messages[1]["paper"]),
        (&json!(true), &json!(true))
    );
    id
}

/// Appeals by the API with a paper that is none, with one that is a program, with one that is too large, and with a good one.
async fn with_paper(site: &Site, path: &str, mut body: serde_json::Value) {
    for (content, says) in [
        (String::from("not base64!"), "base64"),
        (BASE64.encode(b"MZ no paper"), "PDF"),
    ] {
        body["paper"] = json!({"name": "x.pdf", "content": content});
        let told = site.post(path, body.clone()).await.expect(400);
        assert!(told.text.contains(says), "{}", told.text);
    }
    body["paper"] = json!({"name": "x.pdf", "content": "A".repeat(9 << 20)});
    site.post(path, body.clone()).await.expect(413);
    // Nearly as large as a paper may be, and so larger than other requests.
    let large = long_pdf("contract", (5 << 20) - 1_024);
    body["paper"] = json!({"name": "x.pdf", "content": BASE64.encode(&large)});
    let headers = [
        ("authorization", format!("Bearer {}", site.owner)),
        ("idempotency-key", String::from("appeal-1")),
    ];
    for _ in 0..2 {
        site.post_json(path, &headers, &body).await.expect(204);
    }
}
