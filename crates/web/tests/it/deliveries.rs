//! Files in the console: uploaded, confirmed column by column, followed, cancelled, and the next delivery.

use serde_json::json;
use yuntu_terms::clause;

use crate::people::{OWNER, VIEWER};
use crate::site::{Answer, FILE_BYTES_MAX, MARK, PURPOSE, Site, declaration, id_of, instruction};

const NEW: &str = "/console/datasets/new";

fn people(from: u32, count: u32) -> String {
    let rows = (from..from + count).map(|row| format!("139{:08},{},{}\n", row * 7, row % 2, row));
    format!("手机,disease,score\n{}", rows.collect::<Vec<_>>().concat())
}

async fn upload(site: &Site, (path, cookie): (&str, &str), file: &[u8]) -> Answer {
    site.hand_in((path, cookie), &[("mark", MARK)], ("三月.csv", file))
        .await
}

#[track_caller]
fn led_to(answer: &Answer) -> String {
    let location = answer.header("location");
    let (path, query) = location.split_once('?').unwrap_or((location, ""));
    let kept: Vec<_> = query
        .split('&')
        .filter(|it| !it.starts_with("lang="))
        .collect();
    format!("{path}?{}", kept.join("&"))
}

/// Returns what a browser would send for the columns as they are chosen on the page.
fn chosen(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for select in page.split("<select ").skip(1) {
        let select = select.split("</select>").next().unwrap();
        let name = select
            .split("name=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let option = select
            .split("<option ")
            .skip(1)
            .find(|it| it.contains(" selected"));
        let value = option.map_or("", |it| it.split("value=\"").nth(1).unwrap());
        let value = value
            .split('"')
            .next()
            .unwrap()
            .replace("&#34;", "\"")
            .replace("&quot;", "\"");
        found.push((name.to_owned(), value));
    }
    found
}

fn encoded(fields: &[(String, String)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(fields);
    text.finish()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one journey from a file to its rows")]
async fn a_dataset_begins_with_a_file_whose_columns_a_person_confirms() {
    let _mark = clause::check!(U3);
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let page = site
        .page(&format!("{NEW}?lang=zh"), &owner)
        .await
        .expect(200);
    assert!(page.text.contains("上传并查看字段") && page.text.contains("type=\"file\""));
    let text = people(0, 40);
    let sent = upload(
        &site,
        (&format!("{NEW}/file?lang=en"), &owner),
        text.as_bytes(),
    )
    .await;
    let columns = led_to(&sent.expect(303));
    assert!(
        columns.starts_with("/console/datasets/new/columns?deposit=dep_"),
        "{columns}"
    );
    for (lang, words) in [
        ("zh", "样本（已遮盖）：••••"),
        ("en", "Samples (masked): ••••"),
    ] {
        let page = site
            .page(&format!("{columns}&lang={lang}"), &owner)
            .await
            .expect(200);
        assert!(page.text.contains(words), "{words}: {}", page.text);
        assert!(!page.text.contains("13900000007"));
    }
    let page = site
        .page(&format!("{columns}&lang=en"), &owner)
        .await
        .expect(200);
    let deposit = columns
        .split("deposit=")
        .nth(1)
        .unwrap()
        .trim_end_matches('&');
    let mut fields = chosen(&page.text);
    assert_eq!(fields.len(), 9);
    fields.push(("deposit".to_owned(), deposit.to_owned()));
    let path = "/console/datasets/new/columns?lang=en";
    let nameless = site
        .submit(path, &owner, &encoded(&fields))
        .await
        .expect(400);
    assert!(nameless.text.contains("Give it a name."));
    fields.push(("name".to_owned(), "members".to_owned()));
    let mut lowered = fields.clone();
    lowered[4].1 = "personal".to_owned();
    let refused = site
        .submit(path, &owner, &encoded(&lowered))
        .await
        .expect(400);
    assert!(
        refused.text.contains("give the reason for it"),
        "{}",
        refused.text
    );
    // Said above the form and at the one field, and what was chosen is still there.
    assert_eq!(refused.text.matches("Choose the reason.").count(), 2);
    assert_eq!(chosen(&refused.text)[4].1, "personal");
    lowered[5].1 = "invented".to_owned();
    let made = site
        .submit(path, &owner, &encoded(&lowered))
        .await
        .expect(303);
    let import = led_to(&made);
    let waiting = site
        .page(&format!("{import}&lang=en"), &owner)
        .await
        .expect(200);
    assert!(waiting.text.contains("Waiting") || waiting.text.contains("waiting"));
    assert!(waiting.text.contains("三月.csv") && waiting.text.contains("Cancel the import"));
    assert_eq!(waiting.header("refresh"), "3");
    let still = site
        .page(&format!("{import}&refresh=still&lang=en"), &owner)
        .await;
    assert_eq!(still.expect(200).header("refresh"), "");
    site.work().await;
    let done = site
        .page(&format!("{import}&lang=en"), &owner)
        .await
        .expect(200);
    assert!(
        done.text.contains("<dd>done</dd>") && done.text.contains("<dd>40</dd>"),
        "{}",
        done.text
    );
    assert_eq!(done.header("refresh"), "");
    assert!(!done.text.contains("Cancel the import"));
    let taken = site.submit(path, &owner, &encoded(&lowered)).await;
    taken.expect(404);
}

/// What is said of a flag that means nothing.
const SILENT: [(&str, [&str; 4]); 2] = [
    (
        "en",
        [
            "sms_opt_in is a flag of a consent: say below it what it speaks of.",
            "Choose the purpose.",
            "Choose how it was said.",
            "This is a date such as",
        ],
    ),
    (
        "zh",
        [
            "“sms_opt_in”是同意标志：请在其下说明是对什么的同意",
            "请选择目的。",
            "请选择同意的方式。",
            "应为日期，如",
        ],
    ),
];

/// Writes over what was chosen for a field.
fn put(fields: &mut [(String, String)], name: &str, value: &str) {
    let field = fields.iter_mut().find(|(it, _)| it == name).unwrap();
    value.clone_into(&mut field.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_of_a_consent_says_to_what_and_then_its_no_is_heard() {
    let _mark = clause::check!(U4);
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let file = "member_id,sms_opt_in,vip\nf1,yes,no\nf2,no,yes\nf3,,no\n";
    let path = format!("{NEW}/file?lang=en");
    let sent = upload(&site, (&path, &owner), file.as_bytes()).await;
    let columns = led_to(&sent.expect(303));
    let page = site.page(&format!("{columns}&lang=en"), &owner).await;
    let page = page.expect(200).text;
    assert!(page.contains("sms_opt_in: purpose that is agreed to"));
    assert!(!page.contains("vip: purpose"), "it is no flag as proposed");
    let mut fields = chosen(&page);
    let deposit = columns.split("deposit=").nth(1).unwrap();
    fields.extend([
        (
            "deposit".to_owned(),
            deposit.trim_end_matches('&').to_owned(),
        ),
        ("name".to_owned(), "flagged".to_owned()),
        ("flag".to_owned(), "1".to_owned()),
        ("flag_from".to_owned(), "soon".to_owned()),
        ("flag_until".to_owned(), String::new()),
    ]);
    let submit = async |lang: &str, fields: &[(String, String)]| {
        let path = format!("/console/datasets/new/columns?lang={lang}");
        site.submit(&path, &owner, &encoded(fields)).await
    };
    for (lang, words) in SILENT {
        let silent = submit(lang, &fields).await.expect(400);
        for word in words {
            assert!(silent.text.contains(word), "{word}: {}", silent.text);
        }
    }
    put(&mut fields, "flag_purpose", PURPOSE);
    put(&mut fields, "flag_kind", "explicit");
    put(&mut fields, "flag_from", "2030-01-01");
    let early = submit("en", &fields).await.expect(400);
    assert!(
        early.text.contains("begins in the future"),
        "{}",
        early.text
    );
    put(&mut fields, "flag_from", "2026-03-01");
    let import = led_to(&submit("en", &fields).await.expect(303));
    site.work().await;
    its_no_is_heard(&site, import.split('/').nth(3).unwrap()).await;
}

async fn its_no_is_heard(site: &Site, dataset: &str) {
    let path = format!("/api/v1/datasets/{dataset}");
    let paper = site.prove(&path, "consent_form").await;
    let declarations = format!("{path}/declarations");
    let declared = site.post(&declarations, declaration(&paper)).await;
    declared.expect(201);
    let instruction = site
        .post("/api/v1/instructions", instruction(dataset))
        .await;
    let wish = json!({
        "dataset": dataset, "agreed": PURPOSE, "wanted": PURPOSE,
        "instruction": id_of(&instruction.expect(201)),
    });
    let reach = site
        .post("/api/v1/consents/what-if", wish)
        .await
        .expect(200);
    let reach = reach.json();
    let found = ["people", "reached", "declined", "to_ask"].map(|it| reach[it].as_u64().unwrap());
    assert_eq!(found, [3, 1, 1, 1], "yes, no, and nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_delivery_comes_from_the_page_of_the_dataset_and_may_be_cancelled() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let hub = format!("/console/datasets/{}", made.dataset);
    let page = site
        .page(&format!("{hub}?lang=zh"), &owner)
        .await
        .expect(200);
    assert!(page.text.contains("导入下一次交付"));
    let imports = format!("{hub}/imports");
    let file = format!("{imports}/file?lang=zh");
    let next = "member_id,city\nz1,X\nz2\n";
    let begun = upload(&site, (&file, &owner), next.as_bytes())
        .await
        .expect(303);
    let first = led_to(&begun);
    let cancelled = site
        .submit(&format!("{first}&lang=zh"), &owner, "act=cancel")
        .await;
    cancelled.expect(303);
    let page = site
        .page(&format!("{first}&lang=zh"), &owner)
        .await
        .expect(200);
    assert!(page.text.contains("已取消"), "{}", page.text);
    let late = site
        .submit(&format!("{first}&lang=zh"), &owner, "act=cancel")
        .await;
    assert!(late.expect(400).text.contains("已经结束"));
    let begun = upload(&site, (&file, &owner), next.as_bytes())
        .await
        .expect(303);
    let second = led_to(&begun);
    site.work().await;
    let page = site
        .page(&format!("{second}&lang=zh"), &owner)
        .await
        .expect(200);
    let download = page
        .text
        .split("href=\"")
        .find(|it| it.contains("/quarantine?"))
        .unwrap();
    let download = download.split('"').next().unwrap().to_owned();
    let found = site.page(&download, &owner).await.expect(200);
    assert!(
        found.text.contains("3,1,\"\",\"字段数与表头不同\""),
        "{}",
        found.text
    );
    let begun = upload(&site, (&file, &owner), next.as_bytes())
        .await
        .expect(303);
    site.work().await;
    let page = site
        .page(&format!("{}&lang=zh", led_to(&begun)), &owner)
        .await;
    assert!(page.expect(200).text.contains("此前已经导入"));
    let list = site
        .page(&format!("{imports}?lang=en"), &owner)
        .await
        .expect(200);
    for word in [
        "imported before, nothing changed",
        "cancelled",
        "三月.csv",
        "The next delivery",
    ] {
        assert!(list.text.contains(word), "{word}: {}", list.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_file_or_a_path_is_told_at_its_field() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    let imports = format!("/console/datasets/{}/imports", made.dataset);
    let new = format!("{NEW}/file");
    let large = vec![b'x'; usize::try_from(FILE_BYTES_MAX).unwrap() + 1];
    for (lang, words) in [
        ("zh", ["文件是空的", "文件超过"]),
        ("en", ["it is empty", "it is larger"]),
    ] {
        for path in [&new, &format!("{imports}/file")] {
            let path = format!("{path}?lang={lang}");
            let empty = upload(&site, (&path, &owner), b"").await.expect(400);
            assert!(empty.text.contains(words[0]), "{}", empty.text);
            let answer = upload(&site, (&path, &owner), &large).await.expect(400);
            assert!(answer.text.contains(words[1]), "{}", answer.text);
        }
    }
    for path in [NEW, &imports] {
        for (typed, zh, en) in [
            ("../x", "不在本企业的投递区", "not one inside"),
            ("nothing.csv", "没有此文件", "no such file"),
        ] {
            for (lang, word) in [("zh", zh), ("en", en)] {
                let path = format!("{path}?lang={lang}");
                let answer = site.submit(&path, &owner, &format!("path={typed}")).await;
                let answer = answer.expect(400);
                assert!(answer.text.contains(word), "{word}: {}", answer.text);
                assert!(answer.text.contains(&format!("value=\"{typed}\"")));
            }
        }
    }
    // What is no table is told before anything is made of it.
    let path = format!("{NEW}/file?lang=en");
    let sent = upload(&site, (&path, &owner), b"%PDF-1.7 no table")
        .await
        .expect(303);
    let page = site
        .page(&format!("{}&lang=en", led_to(&sent)), &owner)
        .await;
    assert!(page.expect(400).text.contains("export CSV"));
    let forged = site
        .hand_in((&path, &owner), &[("mark", "x")], ("a.csv", b"a,b\n1,2\n"))
        .await;
    forged.expect(403);
    let viewer = site.sign_in(VIEWER).await;
    let refused = upload(&site, (&path, &viewer), b"a,b\n1,2\n")
        .await
        .expect(403);
    assert!(refused.text.contains("R23") || refused.text.contains("R3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn placeholders_among_identifiers_are_told_where_columns_are_confirmed() {
    let site = Site::open().await;
    let owner = site.sign_in(OWNER).await;
    let with = format!("{}-,0,1\nN/A,1,2\n", people(0, 40));
    for (text, told) in [(with, true), (people(50, 40), false)] {
        let sent = upload(
            &site,
            (&format!("{NEW}/file?lang=en"), &owner),
            text.as_bytes(),
        )
        .await;
        let columns = led_to(&sent.expect(303));
        for (lang, words) in [
            ("zh", "将按空值读取：-、N/A"),
            ("en", "which are read as empty: -, N/A"),
        ] {
            let page = site.page(&format!("{columns}&lang={lang}"), &owner).await;
            assert_eq!(page.expect(200).text.contains(words), told, "{lang}");
        }
    }
}
