//! Datasets, instructions, the work under them and their receipts: in the console, and the same by the API.

use serde_json::json;
use yuntu_app::verify_receipt;
use yuntu_terms::clause;

use crate::people::{OWNER, VIEWER};
use crate::site::{Answer, Made, PURPOSE, Site, id_of, nothing, run};

const PATH: &str = "/console/instructions";

/// What a browser sends when one dataset is ticked and everything else is as it is proposed.
fn typed(made: &Made, until: &str) -> String {
    let dataset = &made.dataset;
    format!(
        "act=instruct&purposes=marketing&operations=process&recipients=enterprise&datasets={dataset}&from=&until={until}&note=for+the+spring"
    )
}

#[track_caller]
fn led_to(answer: &Answer) -> String {
    let location = answer.header("location");
    location.split('?').next().unwrap().to_owned()
}

async fn count_here(site: &Site, made: &Made, instruction: &str) -> Answer {
    let mut ask = run(made, &json!({"sql": "SELECT count(*) AS n FROM people"}));
    ask["instruction"] = json!(instruction);
    site.post("/api/v1/query", ask).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_is_given_used_and_revoked_in_the_console() {
    let _mark = clause::check!(U2);
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let form = typed(&made, "2099-12-31");
    let given = site.submit(&format!("{PATH}?lang=en"), &owner, &form).await;
    let path = led_to(&given.expect(303));
    let id = path.strip_prefix(&format!("{PATH}/")).unwrap().to_owned();
    let shown = site
        .page(&format!("{path}?lang=en"), &owner)
        .await
        .expect(200);
    for word in [
        "Marketing",
        "In force until 2100-01-01 00:00",
        "No work has cited it yet",
        "for the spring",
        ">people</a>",
    ] {
        assert!(shown.text.contains(word), "{word}: {}", shown.text);
    }
    count_here(&site, &made, &id).await.expect(200);
    // Care is no part of marketing: refused, and told under the instruction.
    let mut other = run(&made, &json!({"sql": "SELECT count(*) AS n FROM people"}));
    other["instruction"] = json!(id);
    other["purpose"] = json!("service.care");
    site.post("/api/v1/query", other).await.expect(403);
    let shown = site
        .page(&format!("{path}?lang=en"), &owner)
        .await
        .expect(200)
        .text;
    for word in [">done<", ">refused<", "/console/receipts/"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    site.submit(&format!("{path}?lang=en"), &owner, "act=revoke")
        .await
        .expect(303);
    let shown = site
        .page(&format!("{path}?lang=en"), &owner)
        .await
        .expect(200)
        .text;
    assert!(shown.contains("Revoked 20") && !shown.contains("value=\"revoke\""));
    let refused = count_here(&site, &made, &id).await.expect(403).json();
    assert_eq!(refused["clause"], "U2");
    let again = site
        .submit(&format!("{path}?lang=zh"), &owner, "act=revoke")
        .await;
    again.expect(404);
    // Given again from the one that was revoked: everything is ticked as it was.
    let form = site
        .page(&format!("{PATH}?like={id}&lang=zh"), &owner)
        .await
        .expect(200)
        .text;
    assert!(form.contains("for the spring"));
    for value in ["marketing", "process", "enterprise", &made.dataset] {
        let ticked = format!("value=\"{value}\" checked");
        assert!(form.contains(&ticked), "{ticked}: {form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_wrong_with_an_instruction_is_told_at_its_field_and_what_was_typed_stays() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let good = typed(&made, "2099-12-31");
    let dataset = format!("datasets={}", made.dataset);
    let foreign = "datasets=dst_0192f0c1000070008000000000000001";
    for (lang, typed, words) in [
        (
            "en",
            good.replace("purposes=marketing&", ""),
            "Choose at least one.",
        ),
        (
            "zh",
            good.replace("operations=process", "operations=steal"),
            "请至少选择一项",
        ),
        (
            "en",
            good.replace("recipients=enterprise", "recipients=somebody"),
            "Choose at least one.",
        ),
        ("en", good.replace(&dataset, ""), "Choose at least one."),
        ("zh", good.replace("2099-12-31", "soon"), "应为日期"),
        ("en", good.replace("2099-12-31", ""), "This is a date"),
        (
            "en",
            good.replace("2099-12-31", "2001-01-01"),
            "later than the first day",
        ),
        (
            "zh",
            good.replace("from=&", "from=2099-12-31&")
                .replace("until=2099-12-31", "until=2099-12-30"),
            "应晚于开始日",
        ),
        (
            "en",
            good.replace(
                "for+the+spring",
                &format!("for+the+spring{}", "x".repeat(2_000)),
            ),
            "at most 2000 characters",
        ),
    ] {
        let answer = site
            .submit(&format!("{PATH}?lang={lang}"), &owner, &typed)
            .await
            .expect(400);
        assert!(answer.text.contains(words), "{words}: {}", answer.text);
        assert!(
            answer.text.contains("for the spring"),
            "what was typed is gone"
        );
    }
    let answer = site
        .submit(
            &format!("{PATH}?lang=en"),
            &owner,
            &good.replace(&dataset, foreign),
        )
        .await;
    answer.expect(404);
    let listed = site.get("/api/v1/instructions").await.expect(200).json();
    assert_eq!(
        listed["items"].as_array().unwrap().len(),
        2,
        "only what the site was furnished with: the one that runs cite and the one to import"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_reads_sees_instructions_and_receipts_and_changes_nothing() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let viewer = site.sign_in(VIEWER).await;
    let page = site
        .page(&format!("{PATH}?lang=en"), &viewer)
        .await
        .expect(200)
        .text;
    assert!(
        !page.contains("name=\"purposes\""),
        "a form that she cannot send"
    );
    let path = format!("{PATH}/{}", made.instruction);
    let page = site
        .page(&format!("{path}?lang=en"), &viewer)
        .await
        .expect(200)
        .text;
    assert!(page.contains(&made.receipt) && !page.contains("value=\"revoke\""));
    site.submit(PATH, &viewer, &typed(&made, "2099-12-31"))
        .await
        .expect(403);
    site.submit(&path, &viewer, "act=revoke").await.expect(403);
    site.submit(&path, &viewer, "act=steal").await.expect(400);
    let receipt = format!("/console/receipts/{}", made.receipt);
    let page = site
        .page(&format!("{receipt}?lang=zh"), &viewer)
        .await
        .expect(200)
        .text;
    assert!(page.contains("未同意此目的") && !page.contains("/file"));
    site.page(&format!("{receipt}/file"), &viewer)
        .await
        .expect(403);
    count_here(&site, &made, &made.instruction)
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_read_in_words_and_its_file_verifies_without_the_platform() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let path = format!("/console/receipts/{}", made.receipt);
    let page = site
        .page(&format!("{path}?lang=en"), &owner)
        .await
        .expect(200)
        .text;
    for word in [
        "Uploaded",
        "No consent to the purpose",
        &made.dataset,
        &made.instruction,
    ] {
        assert!(page.contains(word), "{word}: {page}");
    }
    let file = site.page(&format!("{path}/file"), &owner).await.expect(200);
    assert!(file.header("content-disposition").contains(&made.receipt));
    let verified = verify_receipt(file.text.as_bytes(), Some(site.platform.verifier())).unwrap();
    assert_eq!(verified.body.instruction.to_string(), made.instruction);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_shows_what_it_waits_for_and_who_used_it() {
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let list = site
        .page("/console/datasets?lang=en", &owner)
        .await
        .expect(200)
        .text;
    assert!(list.contains("There is no dataset yet."));
    let bare = json!({"name": "bare", "mapping": crate::site::mapping()});
    let bare = id_of(&site.post("/api/v1/datasets", bare).await.expect(201));
    let made = site.furnish().await;
    for (lang, waits, ready) in [
        (
            "en",
            "nothing was imported yet; its source and lawfulness are not declared",
            "ready for use",
        ),
        ("zh", "尚未导入数据；尚未说明来源与合法性", "可用"),
    ] {
        let list = site
            .page(&format!("/console/datasets?lang={lang}"), &owner)
            .await
            .expect(200)
            .text;
        assert!(list.contains(waits) && list.contains(ready), "{list}");
    }
    let page = site
        .page(&format!("/console/datasets/{bare}?lang=en"), &owner)
        .await
        .expect(200)
        .text;
    assert!(page.contains("Nothing was imported yet") && page.contains("in quarantine"));
    let page = site
        .page(
            &format!("/console/datasets/{}?lang=en", made.dataset),
            &owner,
        )
        .await;
    let page = page.expect(200).text;
    for word in [
        "<dd>60</dd>",
        "attribute",
        "Ready for use",
        "marketing.insight",
        &made.receipt,
    ] {
        assert!(page.contains(word), "{word}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_lists_the_work_under_an_instruction_page_by_page() {
    let _mark = clause::check!(U2);
    let site = Site::open().await;
    let made = site.furnish().await;
    for _ in 0..2 {
        count_here(&site, &made, &made.instruction)
            .await
            .expect(200);
    }
    let mut refused = run(&made, &json!({"sql": "SELECT 1"}));
    refused["purpose"] = json!("service.care");
    site.post("/api/v1/query", refused).await.expect(403);
    let path = format!("/api/v1/instructions/{}", made.instruction);
    let one = site.get(&path).await.expect(200).json();
    assert_eq!(
        (&one["standing"], &one["id"]),
        (&json!("active"), &json!(made.instruction))
    );
    let jobs = site.get(&format!("{path}/jobs")).await.expect(200).json();
    let items = jobs["items"].as_array().unwrap();
    let outcomes: Vec<_> = items
        .iter()
        .map(|it| it["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["refused", "done", "done", "done"]);
    assert_eq!(items[3]["receipt"], json!(made.receipt));
    assert_eq!(items[1]["purpose"], PURPOSE);
    let second = format!("{path}/jobs?before={}", items[1]["number"]);
    let rest = site.get(&second).await.expect(200).json();
    assert_eq!(rest["items"], json!(items[2..]));
    site.get(&format!("{path}/jobs?before=soon"))
        .await
        .expect(400);
    site.get("/api/v1/instructions?before=soon")
        .await
        .expect(400);
    let after = format!("/api/v1/instructions?before={}", made.instruction);
    let before = site.get(&after).await.expect(200).json();
    let before = before["items"].as_array().unwrap();
    // Those of one millisecond have no order: the one to import may stand before or behind.
    assert!(before.iter().all(|it| it["purposes"] == json!([])));
    for path in [path.clone(), format!("{path}/jobs")] {
        site.call(Some(&site.foreign), "GET", &path, nothing())
            .await
            .expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_leads_to_its_instruction_and_the_instruction_to_its_imports() {
    let _mark = clause::check!(U2);
    let site = Site::open().await;
    let made = site.furnish().await;
    let imports = format!("/api/v1/datasets/{}/imports", made.dataset);
    let imports = site.get(&imports).await.expect(200).json();
    let import = &imports["items"][0];
    let (id, instruction) = (
        import["id"].as_str().unwrap(),
        import["instruction"].as_str().unwrap(),
    );
    let path = format!("/api/v1/instructions/{instruction}");
    let shown = site.get(&path).await.expect(200).json();
    assert_eq!(
        (&shown["purposes"], &shown["datasets"]),
        (&json!([]), &json!([made.dataset]))
    );
    let on = shown["imports"].as_array().unwrap();
    assert!(on.iter().any(|it| it["id"] == id), "{shown}");
    let viewer = site.sign_in(VIEWER).await;
    let page = async |path: String| site.page(&path, &viewer).await.expect(200).text;
    let one = page(format!("{PATH}/{instruction}?lang=en")).await;
    let of_import = format!("/console/datasets/{}/imports/{id}", made.dataset);
    assert!(
        one.contains(&of_import) && one.contains("Import data"),
        "{one}"
    );
    assert!(!one.contains("as the template"), "{one}");
    let back = page(format!("{of_import}?lang=en")).await;
    assert!(back.contains(&format!("{PATH}/{instruction}")), "{back}");
}
