//! Consents in the console: counts, files, one person's records, scope and whom to ask.

use serde_json::json;
use yuntu_testkit::pdf;

use crate::people::{OWNER, VIEWER};
use crate::site::{MARK, PURPOSE, Site, run};

const PAGE: &str = "/console/consents";
/// A purpose to which nobody in the file agreed.
const UNASKED: &str = "marketing.measurement";
const PERSON: &str = "/console/consents/person";
const HEAD: &str = "member_id,purpose,operation,recipient,kind,status,from,until\n";

fn line(member: &str, status: &str) -> String {
    format!("{member},{PURPOSE},process,enterprise,explicit,{status},2026-01-05T00:00:00Z,\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_counts_shows_over_time_and_takes_a_file_in_whole() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let cookie = site.sign_in(OWNER).await;
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
        assert!(shown.contains("<svg") && !shown.contains("style=\""));
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
async fn a_scope_is_declared_in_versions_and_widened_with_proof_only() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let cookie = site.sign_in(OWNER).await;
    let page = format!("/console/datasets/{}/consent", made.dataset);
    let path = format!("{page}?lang=en");
    let narrow = format!(
        "act=scope&purposes={PURPOSE}&operations=process&recipients=enterprise&kind=explicit&from=2026-01-01&until="
    );
    site.submit(&path, &cookie, &narrow).await.expect(303);
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
    let papers = format!("{page}/papers?lang=en");
    let fields = [("mark", MARK)];
    let kept = site
        .hand_in(
            (&papers, &cookie),
            &fields,
            ("proof.pdf", &pdf("signed")[..]),
        )
        .await
        .expect(200);
    let (_, digest) = kept.text.split_once("</textarea>").map_or_else(
        || panic!("no field for digests"),
        |(before, _)| before.rsplit_once('>').unwrap(),
    );
    let digest = digest.trim();
    assert_eq!(digest.len(), 64, "{digest}");
    site.submit(&path, &cookie, &format!("{wide}&evidence={digest}"))
        .await
        .expect(303);
    let shown = site.page(&path, &cookie).await.expect(200);
    assert!(shown.text.contains(digest));
    let not_a_paper = site
        .hand_in((&papers, &cookie), &fields, ("proof.exe", b"MZ canary"))
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
