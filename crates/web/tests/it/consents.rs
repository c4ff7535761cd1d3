//! Consents in the console: counts, files, one person's records, scope and whom to ask.

use serde_json::json;
use yuntu_testkit::pdf;

use crate::people::{OWNER, VIEWER};
use crate::site::{MARK, Made, PURPOSE, Site, consent_records, run};

const PAGE: &str = "/console/consents";
/// A purpose to which nobody in the file agreed.
const UNASKED: &str = "marketing.measurement";
const PERSON: &str = "/console/consents/person";
const HEAD: &str = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";

fn line(member: &str, status: &str) -> String {
    format!("{member},{PURPOSE},process,enterprise,explicit,{status},2026-01-05T00:00:00Z,,box 7\n")
}

/// Returns the texts between a mark and the next sign of markup.
fn texts<'a>(page: &'a str, mark: &str) -> Vec<&'a str> {
    let found = page.split(mark).skip(1);
    found.map(|it| it.split('<').next().unwrap()).collect()
}

/// Five agreed on the first of August and forty today: before, nobody had said anything, which the drawing and the table say.
#[track_caller]
fn tells_the_year(page: &str) {
    let (_, over_time) = page.split_once("id=\"over-time\"").unwrap();
    let (drawing, table) = over_time.split_once("<table>").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    let days = texts(table, "<th scope=\"row\">");
    assert_eq!(
        (days.len(), days[0], days[12]),
        (13, "2026-12-01", "2025-12-06")
    );
    let figures = texts(table, "<td class=\"figure\">");
    let rows: Vec<_> = figures.chunks(5).collect();
    for (place, row) in rows.iter().enumerate() {
        let expected = match place {
            0 => ["45", "0", "0", "0", "15"],
            // Four of the earlier moments lie after that first of August.
            1..=4 => ["5", "0", "0", "0", "55"],
            _ => ["0", "0", "0", "0", "60"],
        };
        assert_eq!(*row, expected, "{}", days[place]);
    }
    let drawn = texts(drawing, ">");
    let times = |text: &str| drawn.iter().filter(|it| it.trim() == text).count();
    assert!(times("45") >= 1 && times("5") >= 4, "{drawn:?}");
    for day in &days {
        assert_eq!(times(day.get(5..).unwrap()), 1, "{day}: {drawn:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_counts_shows_over_time_and_takes_a_file_in_whole() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let cookie = site.sign_in(OWNER).await;
    let agreed = |member: u32| {
        let mut record = consent_records()["records"][0].clone();
        record["value"] = json!(format!("m{member}"));
        record["from"] = json!("2026-08-01T00:00:00Z");
        record["recorded"] = json!("2026-08-01T00:00:00Z");
        record
    };
    let records = json!({"records": (41..=45).map(agreed).collect::<Vec<_>>()});
    let recorded = site.post("/api/v1/consents/records", records).await;
    recorded.expect(200);
    for (lang, words) in [
        ("en", ["Given", "Withdrawn", "Over time", "Record consents"]),
        ("zh", ["已同意", "已撤回", "变化", "登记同意"]),
    ] {
        let path = format!(
            "{PAGE}?lang={lang}&dataset={}&purpose={PURPOSE}",
            made.dataset
        );
        let shown = site.page(&path, &cookie).await.expect(200).text;
        for word in words {
            assert!(shown.contains(word), "{word}");
        }
        assert!(!shown.contains("style=\""));
        tells_the_year(&shown);
    }
    let asked = json!({"dataset": made.dataset, "purpose": PURPOSE});
    let before = site.post("/api/v1/consents/counts", asked.clone()).await;
    let before = before.expect(200).json();
    let given = |counts: &serde_json::Value| {
        let last = counts["over_time"].as_array().unwrap().last().unwrap();
        (
            last["given"].as_u64().unwrap(),
            last["refused"].as_u64().unwrap(),
        )
    };
    let path = format!("{PAGE}/file?lang=en");
    let fields = [("mark", MARK)];
    let bad = format!("{HEAD}{}{}", line("m1", "perhaps"), line("canary", "maybe"));
    let answer = site
        .hand_in((&path, &cookie), &fields, ("consents.csv", bad.as_bytes()))
        .await
        .expect(400);
    assert!(answer.text.contains("line 2") && answer.text.contains("line 3"));
    assert!(!answer.text.contains("canary"));
    let stale = [("mark", "0000")];
    let good = format!("{HEAD}{}", line("m1", "refused"));
    let file = ("consents.csv", good.as_bytes());
    site.hand_in((&path, &cookie), &stale, file)
        .await
        .expect(403);
    let after = site.post("/api/v1/consents/counts", asked.clone()).await;
    assert_eq!(given(&after.expect(200).json()), given(&before));
    let sent = site
        .hand_in((&path, &cookie), &fields, file)
        .await
        .expect(303);
    assert!(sent.header("location").contains("done=file"));
    let again = site
        .hand_in((&path, &cookie), &fields, file)
        .await
        .expect(303);
    assert!(again.header("location").contains("done=again"));
    let after = site.post("/api/v1/consents/counts", asked).await;
    let (was, now) = (given(&before), given(&after.expect(200).json()));
    assert_eq!(now, (was.0 - 1, was.1 + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_persons_records_are_shown_and_withdrawn_by_a_form() {
    let site = Site::open().await;
    site.furnish().await;
    let cookie = site.sign_in(OWNER).await;
    let look = |who: &str| format!("act=look&kind=member_id&value={who}");
    for (lang, words) in [
        ("en", ["Every record", "given", "API or file"]),
        ("zh", ["全部记录", "已同意", "接口或文件"]),
    ] {
        let path = format!("{PERSON}?lang={lang}");
        let shown = site.submit(&path, &cookie, &look("m1")).await.expect(200);
        for word in words {
            assert!(shown.text.contains(word), "{word}");
        }
        let nobody = site
            .submit(&path, &cookie, &look("m9999"))
            .await
            .expect(400);
        let word = if lang == "en" {
            "Nobody"
        } else {
            "没有此人"
        };
        assert!(nobody.text.contains(word));
        site.submit(&path, &cookie, "act=look&kind=shoe&value=1")
            .await
            .expect(400);
    }
    let path = format!("{PERSON}?lang=en");
    let body = format!("act=withdraw&kind=member_id&value=m1&withdrawn={PURPOSE}");
    let done = site.submit(&path, &cookie, &body).await.expect(303);
    assert!(done.header("location").ends_with("done=withdrawn"));
    let shown = site.submit(&path, &cookie, &look("m1")).await.expect(200);
    assert!(shown.text.contains("withdrawn"));
    // Who reads reports does not look at people.
    let viewer = site.sign_in(VIEWER).await;
    site.submit(&path, &viewer, &look("m1")).await.expect(403);
    site.submit(&path, &viewer, &body).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_earlier_records_of_a_person_are_a_button_away() {
    let site = Site::open().await;
    site.furnish().await;
    let cookie = site.sign_in(OWNER).await;
    let lines = line("m1", "requested").repeat(500);
    let file = ("text/csv", format!("{HEAD}{lines}").into_bytes());
    let sent = site.call(Some(&site.owner), "POST", "/api/v1/consents", file);
    sent.await.expect(200);
    for (lang, [some, earlier]) in [
        ("en", ["Some of the records", "Earlier records"]),
        ("zh", ["一部分记录", "更早的记录"]),
    ] {
        let path = format!("{PERSON}?lang={lang}");
        let look = "act=look&kind=member_id&value=m1";
        let newest = site.submit(&path, &cookie, look).await.expect(200).text;
        assert!(newest.contains(some) && newest.contains(earlier));
        let (_, before) = newest.split_once("name=\"before\" value=\"").unwrap();
        let before = before.split('"').next().unwrap();
        let look = format!("{look}&before={before}");
        let oldest = site.submit(&path, &cookie, &look).await.expect(200).text;
        // What the furnishing recorded of her.
        let row = "<tr><th scope=\"row\">";
        assert_eq!(oldest.matches(row).count(), 1, "{oldest}");
        assert!(oldest.contains("box 7") && !oldest.contains("name=\"before\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_is_declared_in_versions_and_widened_with_proof_only() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let cookie = site.sign_in(OWNER).await;
    let page = format!("/console/datasets/{}/consent", made.dataset);
    let path = format!("{page}?lang=en");
    let unproved = format!(
        "act=scope&purposes={PURPOSE}&operations=process&recipients=enterprise&kind=explicit&from=2026-01-01&until="
    );
    let refused = site.submit(&path, &cookie, &unproved).await.expect(400);
    assert!(
        refused.text.contains("The first version") || refused.text.contains("the first version")
    );
    let unknown = format!("{unproved}&evidence={}", "07".repeat(32));
    let refused = site.submit(&path, &cookie, &unknown).await.expect(400);
    assert!(refused.text.contains("no paper of the dataset"));
    // The paper with which the dataset was declared is there to be ticked.
    let empty = site.page(&path, &cookie).await.expect(200);
    let (_, paper) = empty.text.split_once("name=\"evidence\" value=\"").unwrap();
    let paper = paper.split('"').next().unwrap();
    let first = format!("{unproved}&evidence={paper}");
    site.submit(&path, &cookie, &first).await.expect(303);
    let narrow = unproved.as_str();
    site.submit(&path, &cookie, narrow).await.expect(303);
    let shown = site.page(&path, &cookie).await.expect(200);
    assert!(shown.text.contains("Versions declared") && shown.text.contains("explicit"));
    let wide = narrow.replace("operations=process", "operations=process&operations=share");
    let refused = site.submit(&path, &cookie, &wide).await.expect(400);
    assert!(refused.text.contains("separate consent of each person"));
    let wide = wide.replace("explicit", "separate");
    let refused = site.submit(&path, &cookie, &wide).await.expect(400);
    assert!(refused.text.contains("needs written proof"));
    let zh = site
        .submit(&format!("{page}?lang=zh"), &cookie, &wide)
        .await
        .expect(400);
    assert!(zh.text.contains("书面的明示同意证明"));
    for wrong in [
        narrow.replace("from=2026-01-01", "from=soon"),
        narrow.replace(&format!("purposes={PURPOSE}&"), ""),
        format!("{narrow}&evidence=canary"),
    ] {
        site.submit(&path, &cookie, &wrong).await.expect(400);
    }
    its_paper_is_opened_and_taken_back(&site, &made, &cookie, &wide).await;
}

/// A paper is added and proves a wider scope, which speaks for nobody once the paper is taken back.
async fn its_paper_is_opened_and_taken_back(site: &Site, made: &Made, cookie: &str, wide: &str) {
    let page = format!("/console/datasets/{}/consent", made.dataset);
    let path = format!("{page}?lang=en");
    let papers = format!("{page}/papers?lang=en");
    let fields = [("mark", MARK)];
    let kept = site
        .hand_in(
            (&papers, cookie),
            &fields,
            ("proof.pdf", &pdf("signed")[..]),
        )
        .await
        .expect(303);
    assert!(kept.header("location").ends_with("done=paper"));
    let listed = format!("/api/v1/datasets/{}/papers", made.dataset);
    let listed = site.get(&listed).await.expect(200).json();
    let added = listed["items"].as_array().unwrap();
    let added = added.iter().find(|it| it["id"] != made.paper.as_str());
    let added = added.unwrap();
    let (id, digest) = (
        added["id"].as_str().unwrap(),
        added["digest"].as_str().unwrap(),
    );
    let ticked = site.page(&path, cookie).await.expect(200);
    assert!(ticked.text.contains(&format!("value=\"{digest}\"")));
    site.submit(&path, cookie, &format!("{wide}&evidence={digest}"))
        .await
        .expect(303);
    // It is opened and taken back as every paper of the dataset, and the scope speaks for nobody then.
    let source = format!("/console/datasets/{}/source", made.dataset);
    let file = site.page(&format!("{source}/papers/{id}"), cookie).await;
    assert_eq!(file.expect(200).header("content-type"), "application/pdf");
    let revoke = format!("act=revoke&paper={id}&reason=unsigned");
    site.submit(&format!("{source}?lang=en"), cookie, &revoke)
        .await
        .expect(303);
    for (lang, words) in [
        ("en", ["(taken back)", "it speaks for nobody any more"]),
        ("zh", ["（已撤回）", "它不再对任何人有效"]),
    ] {
        let shown = site.page(&format!("{page}?lang={lang}"), cookie).await;
        let shown = shown.expect(200).text;
        for word in words {
            assert!(shown.contains(word), "{word}: {shown}");
        }
        assert!(!shown.contains(&format!("value=\"{digest}\"")));
    }
    let not_a_paper = site
        .hand_in((&papers, cookie), &fields, ("proof.exe", b"MZ canary"))
        .await
        .expect(400);
    assert!(!not_a_paper.text.contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_another_purpose_would_reach_is_told_and_listed_to_the_enterprise() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let cookie = site.sign_in(OWNER).await;
    let path = format!("/console/datasets/{}/consent?lang=en", made.dataset);
    let wish = |act: &str| {
        format!(
            "act={act}&instruction={}&agreed={PURPOSE}&wanted=marketing.measurement&kind=member_id",
            made.instruction
        )
    };
    let shown = site
        .submit(&path, &cookie, &wish("reach"))
        .await
        .expect(200);
    for word in ["Reached at once", "To be asked", "Said no"] {
        assert!(shown.text.contains(word), "{word}");
    }
    let odd = wish("reach").replace(&made.instruction, "x");
    site.submit(&path, &cookie, &odd).await.expect(400);
    let list = site.submit(&path, &cookie, &wish("list")).await.expect(200);
    assert!(list.header("content-type").starts_with("text/csv"));
    assert!(list.header("content-disposition").contains("to-ask.csv"));
    assert!(list.text.starts_with(HEAD));
    let people: u64 = list.header("yuntu-people").parse().unwrap();
    assert_eq!(
        list.text.lines().count() as u64,
        1 + people,
        "each is named"
    );
    for (lang, words) in [("en", "kept sealed"), ("zh", "加密保留")] {
        let path = path.replace("lang=en", &format!("lang={lang}"));
        let by_phone = wish("list").replace("kind=member_id", "kind=phone");
        let refused = site.submit(&path, &cookie, &by_phone).await.expect(400);
        assert!(refused.text.contains(words), "{}", refused.text);
    }
    let by_api = site
        .post(
            "/api/v1/consents/what-if",
            json!({"dataset": made.dataset, "agreed": PURPOSE, "instruction": made.instruction,
                   "wanted": "marketing.measurement"}),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(by_api["to_ask_listed"].as_u64(), Some(people));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_want_of_consent_says_whom_it_would_reach() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let mut ask = run(&made, &json!({"sql": "SELECT count(*) AS n FROM people"}));
    ask["purpose"] = json!(UNASKED);
    let refused = site.post("/api/v1/query", ask).await.expect(403).json();
    let reason = &refused["reasons"][0];
    assert_eq!(reason["fact"], "consent");
    let count = |name: &str| reason["reach"][name].as_u64().unwrap();
    let people = count("people");
    assert!(people > 0 && count("to_ask") == people, "{reason}");
    assert_eq!(count("declined") + count("barred"), 0);
    // The same in the console, where work for a purpose that nobody agreed to is asked for.
    let cookie = site.sign_in(OWNER).await;
    for (lang, words) in [
        (
            "zh",
            format!("该数据集有 {people} 人，其中 {people} 人尚可征询"),
        ),
        (
            "en",
            format!("of {people} people in the dataset it would reach {people} once they agree"),
        ),
    ] {
        let path = format!("/console/datasets/{}/consent?lang={lang}", made.dataset);
        let body = format!(
            "act=reach&instruction={}&agreed={UNASKED}&wanted={PURPOSE}&kind=member_id",
            made.instruction
        );
        let shown = site.submit(&path, &cookie, &body).await.expect(403);
        assert!(shown.text.contains(&words), "{}", shown.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_want_of_consent_leads_to_where_it_can_be_asked_for() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let mut ask = run(&made, &json!({"sql": "SELECT count(*) AS n FROM people"}));
    ask["purpose"] = json!(UNASKED);
    let refused = site.post("/api/v1/query", ask).await.expect(403).json();
    assert_eq!(refused["reasons"][0]["fact"], "consent");
    let remedy = refused["reasons"][0]["remedy"]["en"].as_str().unwrap();
    assert!(remedy.contains("by its own means"), "{remedy}");
    let owner = site.sign_in(OWNER).await;
    for (lang, words) in [
        ("zh", "拒绝：缺少同意"),
        ("en", "refused for want of consent"),
    ] {
        let path = format!("/console/instructions/{}?lang={lang}", made.instruction);
        let page = site.page(&path, &owner).await.expect(200);
        let there = format!("/console/datasets/{}/consent?lang={lang}", made.dataset);
        let link = format!("<a href=\"{there}#wish\">{words}");
        assert!(page.text.contains(&link), "{}", page.text);
        let wish = site.page(&there, &owner).await.expect(200);
        assert!(wish.text.contains("id=\"wish\""), "{}", wish.text);
    }
}
