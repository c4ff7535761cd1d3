//! Where a dataset comes from: declared in the console and by the API, told when something is missing, and its papers.

use serde_json::json;
use yuntu_terms::clause;
use yuntu_testkit::{long_pdf, pdf};

use crate::people::{OWNER, VIEWER};
use crate::site::{Answer, MARK, Site, as_json, dataset, declaration, id_of, nothing};

const TYPED: &str = "source_kind=direct&collected_how=at+the+till&collected_from=2020-01-01&collected_until=\
    &bases=consent&notice=terms+of+the+programme&from=2026-01-01&until=2027-06-30&contact=privacy@store.example";
const TICKS: &str = "&confirms=source_lawful&confirms=consent_covers&confirms=may_bind";

async fn quarantined(site: &Site) -> (String, String) {
    let made = site.post("/api/v1/datasets", dataset()).await.expect(201);
    let id = id_of(&made);
    let page = format!("/console/datasets/{id}/source");
    (id, page)
}

async fn shown(site: &Site, page: &str, lang: &str, who: &str) -> String {
    let path = format!("{page}?lang={lang}");
    site.page(&path, who).await.expect(200).text
}

#[track_caller]
fn tells(page: &str, words: &[&str]) {
    for word in words {
        assert!(page.contains(word), "{word}: {page}");
    }
}

async fn send(site: &Site, page: &str, lang: &str, who: &str, form: &str) -> Answer {
    site.submit(&format!("{page}?lang={lang}"), who, form).await
}

fn paper_in(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"evidence\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_drafted_proved_and_confirmed_in_the_console() {
    let _mark = clause::check!(U3);
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let (id, page) = quarantined(&site).await;
    let empty = shown(&site, &page, "zh", &owner).await;
    tells(&empty, &["数据集处于隔离", "还没有证明", "还没有版本"]);
    send(&site, &page, "en", &owner, &format!("act=draft&{TYPED}"))
        .await
        .expect(303);
    let draft = shown(&site, &page, "en", &owner).await;
    tells(
        &draft,
        &[
            "a draft, not confirmed",
            "at the till",
            "There is no paper that proves it",
            "privacy@store.example",
            "value=\"2027-06-30\"",
        ],
    );
    let add = format!("{page}/papers?lang=en");
    let fields = [("mark", MARK), ("kind", "consent_form")];
    let file = ("合同.pdf", &pdf("canary of a proof")[..]);
    site.hand_in((&add, &owner), &fields, file)
        .await
        .expect(303);
    let with_paper = shown(&site, &page, "en", &owner).await;
    let paper = paper_in(&with_paper);
    let confirmed = format!("act=confirm&{TYPED}&evidence={paper}{TICKS}");
    send(&site, &page, "en", &owner, &confirmed)
        .await
        .expect(303);
    let whole = shown(&site, &page, "en", &owner).await;
    tells(
        &whole,
        &[
            "confirmed and in force until 2027-06-30",
            "the version in force",
            "Digest (as the ledger has it)",
        ],
    );
    let about = site.get(&format!("/api/v1/datasets/{id}")).await;
    assert_eq!(about.expect(200).json()["standing"], "active");
    // The next version shows what changed; the earlier one stays.
    let other = confirmed.replace("terms+of+the+programme", "the+new+terms");
    send(&site, &page, "zh", &owner, &other).await.expect(303);
    let both = shown(&site, &page, "zh", &owner).await;
    tells(
        &both,
        &[
            "第 2 版相对第 1 版的变更",
            "the new terms",
            "第 1 版",
            "被取代",
        ],
    );
    // The file comes back as it was, and the look is on the page.
    let file = site.page(&format!("{page}/papers/{paper}"), &owner).await;
    let file = file.expect(200);
    assert_eq!(file.header("content-type"), "application/pdf");
    assert!(
        file.header("content-disposition")
            .starts_with("attachment;")
    );
    let looked = shown(&site, &page, "en", &owner).await;
    assert!(looked.contains("1, last at"), "{looked}");
    // Taken back, the page and the hub say that work is refused.
    let revoke = format!("act=revoke&paper={paper}&reason=replaced");
    send(&site, &page, "en", &owner, &revoke).await.expect(303);
    let gone = shown(&site, &page, "en", &owner).await;
    tells(&gone, &["work is refused", "taken back at", "replaced"]);
    let hub = shown(&site, &format!("/console/datasets/{id}"), "en", &owner).await;
    tells(&hub, &["was taken back", &page]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_comes_near_is_told_in_time_and_when_it_has_passed() {
    let _mark = clause::check!(U3);
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let (id, page) = quarantined(&site).await;
    let paper = site
        .prove(&format!("/api/v1/datasets/{id}"), "consent_form")
        .await;
    let typed = TYPED.replace("until=2027-06-30", "until=2027-01-31");
    let confirmed = format!("act=confirm&{typed}&evidence={paper}{TICKS}");
    let done = send(&site, &page, "en", &owner, &confirmed).await;
    done.expect(303);
    let (good, near, over) = (
        [
            "有效至 2027-01-31（含当日）",
            "in force until 2027-01-31, that day included",
        ],
        [
            "说明将于 2027-01-31 到期，届时处理随即停止",
            "The declaration ends on 2027-01-31, and all work",
        ],
        [
            "说明已于 2027-01-31 到期：任何处理都会被拒绝",
            "The declaration ended on 2027-01-31: all work",
        ],
    );
    for (moment, words) in [
        ("2026-12-01T10:00:00Z", good),
        ("2027-01-01T10:00:00Z", good),
        ("2027-01-02T10:00:00Z", near),
        ("2027-01-31T15:30:00Z", near),
        ("2027-01-31T16:00:00Z", over),
        // Told by a message it is no news any more; who looks still reads it.
        ("2027-04-01T10:00:00Z", over),
    ] {
        site.parts.clock.set(moment.parse().unwrap());
        let owner = site.sign_in(OWNER).await;
        for path in [&page, &format!("/console/datasets/{id}")] {
            for (lang, word) in ["zh", "en"].into_iter().zip(words) {
                let shown = shown(&site, path, lang, &owner).await;
                assert!(shown.contains(word), "{moment} {word}: {shown}");
            }
        }
    }
}

/// Forms that lack something, and what is told of each.
fn lacking() -> Vec<(&'static str, String, &'static str)> {
    let whole = format!("act=confirm&{TYPED}{TICKS}");
    vec![
        ("en", whole.clone(), "There is no paper that proves it"),
        ("zh", whole.clone(), "没有证明文件"),
        (
            "en",
            whole.replace("source_kind=direct", "source_kind=stolen"),
            "It is not said where the data comes from",
        ),
        (
            "zh",
            whole.replace("source_kind=direct", "source_kind=partner"),
            "由合作方提供的数据没有合作协议",
        ),
        (
            "en",
            whole.replace("2027-06-30", "2037-06-30"),
            "longer than three years",
        ),
        ("zh", whole.replace("2027-06-30", "2026-02-30"), "应为日期"),
        (
            "en",
            whole.replace("until=2027-06-30", "until="),
            "Give both the first and the last day.",
        ),
        (
            "zh",
            whole.replace(
                "collected_from=2020-01-01&collected_until=",
                "collected_from=&collected_until=2021-01-01",
            ),
            "请同时填写开始的日期",
        ),
        (
            "en",
            whole.replace("privacy@store.example", "the+boss"),
            "expected an email address or a phone number",
        ),
        (
            "en",
            whole.replace(TICKS, ""),
            "It is not confirmed that you may bind the enterprise",
        ),
        (
            "zh",
            whole.replace("&confirms=consent_covers", ""),
            "没有确认同意",
        ),
        (
            "en",
            format!("{whole}&evidence=pap_0192f0c1000070008000000000000001"),
            "was taken back; choose again",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_declaration_lacks_is_told_at_its_field_and_what_was_typed_stays() {
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let (_, page) = quarantined(&site).await;
    for (lang, form, word) in lacking() {
        let answer = send(&site, &page, lang, &owner, &form).await;
        assert!(answer.status.is_client_error(), "{word}");
        tells(
            &answer.text,
            &[word, "at the till", "terms of the programme"],
        );
    }
    send(&site, &page, "en", &owner, "act=burn")
        .await
        .expect(400);
    let too_long = TYPED.replace("at+the+till", &"%E5%AD%97".repeat(4_001));
    let answer = send(&site, &page, "en", &owner, &format!("act=draft&{too_long}")).await;
    tells(&answer.expect(400).text, &["at most 4000 characters"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_that_is_no_paper_is_refused_with_the_reason() {
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let (_, page) = quarantined(&site).await;
    let good = pdf("a");
    let large = long_pdf("large", 6 << 20);
    for (kind, name, bytes, word) in [
        ("", "a.pdf", &good[..], "Choose what the file shows."),
        ("contract", "a.exe", &good[..], "id=\"paper-file-wrong\""),
        (
            "contract",
            "a.pdf",
            &b"MZ no paper"[..],
            "id=\"paper-file-wrong\"",
        ),
        ("contract", "a.pdf", &large[..], "id=\"paper-file-wrong\""),
    ] {
        let add = format!("{page}/papers?lang=en");
        let fields = [("mark", MARK), ("kind", kind)];
        let answer = site.hand_in((&add, &owner), &fields, (name, bytes)).await;
        tells(&answer.expect(400).text, &[word]);
    }
    for (form, word) in [
        (
            "act=revoke&paper=&reason=x",
            "Choose the paper to take back.",
        ),
        (
            "act=revoke&paper=nothing&reason=x",
            "Choose the paper to take back.",
        ),
    ] {
        let answer = send(&site, &page, "en", &owner, form).await;
        // There is none to take back yet, so the form is not shown; what is wrong is.
        assert_eq!(answer.status, 400, "{word}");
    }
    let viewer = site.sign_in(VIEWER).await;
    let seen = shown(&site, &page, "en", &viewer).await;
    assert!(!seen.contains("name=\"source_kind\"") && !seen.contains("name=\"file\""));
    let refused = send(&site, &page, "en", &viewer, &format!("act=draft&{TYPED}")).await;
    refused.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_drafts_declares_lists_and_names_what_is_missing() {
    let _mark = clause::check!(U3);
    let site = Site::open().await;
    let (id, _) = quarantined(&site).await;
    let path = format!("/api/v1/datasets/{id}");
    let declarations = format!("{path}/declarations");
    let draft = site
        .post(&declarations, json!({"collected_how": "at the till"}))
        .await
        .expect(201)
        .json();
    assert_eq!(draft["state"], "draft");
    let missing = draft["missing"].as_array().unwrap();
    assert!(
        missing.iter().any(|it| it["gap"] == "source_kind"),
        "{draft}"
    );
    let confirmed = declaration("pap_0192f0c1000070008000000000000001");
    site.post(&declarations, confirmed).await.expect(404);
    let mut bare = declaration("");
    bare["evidence"] = json!([]);
    let problem = site.post(&declarations, bare).await.expect(400).json();
    let reasons = problem["reasons"].as_array().unwrap();
    let [reason] = &reasons[..] else {
        panic!("one reason: {problem}");
    };
    assert_eq!(
        (&reason["fact"], &reason["clause"]),
        (&json!("evidence"), &json!("U3"))
    );
    assert!(reason["remedy"]["zh"].is_string());
    for odd in [
        json!({"from": "2026-01-01T00:00:00Z"}),
        json!({"collected_until": "2026-01-01T00:00:00Z"}),
        json!({"source_kind": "stolen"}),
        json!({"contact": "the boss"}),
        json!({"confirms": ["everything"]}),
    ] {
        site.post(&declarations, odd).await.expect(400);
    }
    let paper = site.prove(&path, "consent_form").await;
    let made = site
        .post(&declarations, declaration(&paper))
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&made["state"], &made["version"]),
        (&json!("in_force"), &json!(1))
    );
    let listed = site.get(&declarations).await.expect(200).json();
    let [one] = &listed["items"].as_array().unwrap()[..] else {
        panic!("one version: {listed}");
    };
    assert_eq!(one["digest"], made["digest"]);
    assert_eq!(one["contact"], "privacy@store.example");
    assert_eq!(one["declared"]["kind"], "direct");
    assert!(
        one["confirmed_text"]
            .as_str()
            .unwrap()
            .contains("有效的授权函件")
    );
    let one_path = format!("{declarations}/{}", made["id"].as_str().unwrap());
    let found = site.get(&one_path).await.expect(200);
    assert_eq!(found.json(), *one);
    papers_by_the_api(&site, &path, &paper).await;
}

async fn papers_by_the_api(site: &Site, path: &str, paper: &str) {
    let papers = format!("{path}/papers");
    let owner = Some(site.owner.as_str());
    let bad = ("application/octet-stream", b"MZ no paper".to_vec());
    let odd = format!("{papers}?kind=contract&name=a.pdf");
    let refused = site.call(owner, "POST", &odd, bad).await.expect(400);
    assert!(refused.json()["detail"].is_string());
    let odd = format!("{papers}?kind=love-letter&name=a.pdf");
    let file = ("application/octet-stream", pdf("a"));
    site.call(owner, "POST", &odd, file).await.expect(400);
    let file = site.get(&format!("{papers}/{paper}")).await.expect(200);
    assert_eq!(file.header("content-type"), "application/pdf");
    let revoke = format!("{papers}/{paper}/revocation");
    site.post(&revoke, json!({"reason": ""})).await.expect(400);
    let done = site
        .call(
            owner,
            "POST",
            &revoke,
            as_json(&json!({"reason": "replaced"})),
        )
        .await;
    done.expect(204);
    site.post(&revoke, json!({"reason": "x"})).await.expect(404);
    let listed = site.get(&papers).await.expect(200).json();
    let one = &listed["items"][0];
    assert_eq!(
        (&one["state"], &one["looks"]),
        (&json!("revoked"), &json!(1))
    );
    let nowhere = format!("{papers}/x");
    site.call(owner, "GET", &nowhere, nothing())
        .await
        .expect(404);
}
