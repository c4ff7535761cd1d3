//! The page of what the platform does again and again: what is due, who records what was done, and who gets nowhere.

use std::time::Duration;

use yuntu_app::policy::OperatorRole;
use yuntu_terms::clause;
use yuntu_testkit::pdf;

use crate::people::{OWNER, hidden, instead};
use crate::site::{Answer, MARK, Site};

const PATH: &str = "/operator/duties";
const MENDED: &str = "/operator/duties/findings";
const DAY: Duration = Duration::from_hours(24);

impl Site {
    async fn duty(
        &self,
        (lang, cookie): (&str, &str),
        more: &[(&str, &str)],
        (name, bytes): (&str, &[u8]),
    ) -> Answer {
        let done = self.platform.now().day_in_china().to_string();
        let mut fields = vec![
            ("mark", MARK),
            ("act", "record"),
            ("kind", "compliance_audit"),
            ("done", done.as_str()),
            ("body", "North Audit Partners"),
            ("result", "conforms"),
            ("findings", ""),
        ];
        instead(&mut fields, more);
        let path = format!("{PATH}?lang={lang}");
        self.hand_in((&path, cookie), &fields, (name, bytes)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duty_is_recorded_and_its_finding_mended_on_the_page() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let privacy = site
        .operator("fang@operator.example", OperatorRole::Privacy)
        .await;
    for (lang, words) in [("zh", "尚未做过"), ("en", "never yet")] {
        let page = site.page(&format!("{PATH}?lang={lang}"), &privacy).await;
        assert_eq!(page.expect(200).text.matches(words).count(), 4);
    }
    odd_reports_are_told_and_kept(&site, &privacy).await;
    let until = site.platform.now().plus_days(20).day_in_china();
    let findings = format!("{until} a right was not taken back in time");
    let found = [
        ("result", "partly_conforms"),
        ("findings", findings.as_str()),
    ];
    let paper = pdf("report");
    site.duty(("en", &privacy), &found, ("report.pdf", &paper))
        .await
        .expect(303);
    let page = site.page(&format!("{PATH}?lang=en"), &privacy).await;
    let page = page.expect(200);
    for words in [
        "North Audit Partners",
        "1, of which open: 1",
        "To be mended",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert_eq!(page.text.matches("never yet").count(), 3);
    let id = page.text.split("<h3>dty_").nth(1).unwrap();
    let id = format!("dty_{}", id.split('<').next().unwrap());
    let kept = site.page(&format!("{PATH}/{id}/report"), &privacy).await;
    assert_eq!(kept.expect(200).text.as_bytes(), pdf("report"));
    // It rings where an operator begins, once the day is over.
    let finding = hidden(&page, "finding").to_owned();
    site.parts.clock.advance(DAY * 22);
    let privacy = site
        .operator("gao@operator.example", OperatorRole::Privacy)
        .await;
    for (lang, alarm) in [
        ("zh", "警报：有合规审计"),
        ("en", "Alarm: an audit, a training"),
    ] {
        let home = site.page(&format!("/operator?lang={lang}"), &privacy).await;
        assert!(home.expect(200).text.contains(alarm));
    }
    is_mended(&site, &privacy, &finding).await;
}

async fn odd_reports_are_told_and_kept(site: &Site, privacy: &str) {
    let paper = pdf("report");
    for (more, zh, en) in [
        (("kind", ""), "请选择事项", "choose what was done"),
        (("done", "soon"), "应为日期", "a date such as"),
        (("done", "2099-01-01"), "不能在将来", "in the future"),
        (("body", " "), "请填写执行的机构", "which body did it"),
        (("result", "fine"), "请选择结论", "choose what it came to"),
        (("findings", "words alone"), "第 1 行", "Line 1"),
        (
            ("findings", "2099-01-01 a right is left"),
            "发现项",
            "nothing is",
        ),
    ] {
        for (lang, words) in [("zh", zh), ("en", en)] {
            let told = site
                .duty((lang, privacy), &[more], ("report.pdf", &paper))
                .await
                .expect(400);
            let wrong = format!("id=\"duty-{}-wrong\"", more.0);
            assert!(told.text.contains(&wrong), "{}: {}", more.0, told.text);
            assert!(told.text.contains(words), "{words}: {}", told.text);
            // What was typed beside it stays.
            if more.0 != "body" {
                assert!(told.text.contains("North Audit Partners"));
            }
        }
    }
    let hostile = site
        .duty(
            ("en", privacy),
            &[],
            ("report.pdf", b"MZ\x90\x00 no report"),
        )
        .await
        .expect(400);
    assert!(hostile.text.contains("id=\"duty-file-wrong\""));
    // What another role answers for is not offered, and refused when it is sent.
    let page = site.page(PATH, privacy).await.expect(200);
    assert!(!page.text.contains("value=\"training\""));
    site.duty(
        ("en", privacy),
        &[("kind", "training")],
        ("report.pdf", &paper),
    )
    .await
    .expect(403);
}

async fn is_mended(site: &Site, privacy: &str, finding: &str) {
    let send = async |lang: &str, more: &str| {
        let path = format!("{MENDED}?lang={lang}");
        let body = format!("act=mended&finding={finding}&mended={more}");
        site.apply(&path, privacy, &body).await
    };
    for (lang, words) in [("zh", "10 至 1000 字"), ("en", "10 to 1000 characters")] {
        let short = send(lang, "short").await.expect(400);
        assert!(short.text.contains(words) && short.text.contains("value=\"short\""));
    }
    send("en", "the+rights+are+reviewed+every+month")
        .await
        .expect(303);
    let page = site.page(&format!("{PATH}?lang=en"), privacy).await;
    let page = page.expect(200);
    assert!(
        page.text
            .contains("Mended: the rights are reviewed every month")
    );
    assert!(!page.text.contains("name=\"finding\"") && !page.text.contains("Alarm"));
    send("en", "the+rights+are+reviewed+every+month")
        .await
        .expect(404);
    let path = format!("{MENDED}?lang=en");
    let body = "act=mended&finding=x&mended=the+rights+are+reviewed";
    site.apply(&path, privacy, body).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_other_roles_get_nowhere_at_the_duties() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let enterprise = site.sign_in(OWNER).await;
    let reviewer = site
        .operator("wu@operator.example", OperatorRole::Reviewer)
        .await;
    let security = site
        .operator("chen@operator.example", OperatorRole::Security)
        .await;
    let auditor = site
        .operator("sun@operator.example", OperatorRole::Auditor)
        .await;
    let paper = pdf("report");
    let one = format!("{PATH}/dty_0192f0c1000070008000000000000001/report");
    let finding =
        "act=mended&finding=fnd_0192f0c1000070008000000000000001&mended=it+was+mended+well";
    for (cookie, read, file, sent, mended) in [
        ("", 303, 303, 303, 303),
        (enterprise.as_str(), 303, 303, 303, 303),
        (reviewer.as_str(), 403, 403, 403, 403),
        (security.as_str(), 200, 404, 403, 404),
        (auditor.as_str(), 200, 404, 403, 404),
    ] {
        site.page(PATH, cookie).await.expect(read);
        site.page(&one, cookie).await.expect(file);
        site.duty(("en", cookie), &[], ("report.pdf", &paper))
            .await
            .expect(sent);
        site.apply(MENDED, cookie, finding).await.expect(mended);
    }
    site.page(&format!("{PATH}/x/report"), &security)
        .await
        .expect(404);
    let forged = [("mark", "x")];
    site.duty(("en", &security), &forged, ("report.pdf", &paper))
        .await
        .expect(403);
    // An auditor looks and records nothing.
    let page = site.page(PATH, &auditor).await.expect(200);
    assert!(!page.text.contains("type=\"file\""));
}
