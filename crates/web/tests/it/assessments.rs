//! The page of impact assessments: who records one, who puts it in force, and who gets nowhere.

use yuntu_app::policy::OperatorRole;
use yuntu_terms::clause;
use yuntu_testkit::pdf;

use crate::people::{MINUTE, OWNER, hidden, instead};
use crate::site::{Answer, MARK, Site};

const PATH: &str = "/operator/assessments";

impl Site {
    async fn report(
        &self,
        (lang, cookie): (&str, &str),
        more: &[(&str, &str)],
        (name, bytes): (&str, &[u8]),
    ) -> Answer {
        let now = self.platform.now();
        let (made, review) = (now.day_in_china(), now.plus_days(200).day_in_china());
        let (made, review) = (made.to_string(), review.to_string());
        let mut fields = vec![
            ("mark", MARK),
            ("act", "record"),
            ("made", made.as_str()),
            ("review", review.as_str()),
            ("result", "acceptable"),
            ("lawful", "yes"),
            ("impact", "yes"),
            ("measures", "yes"),
        ];
        instead(&mut fields, more);
        let path = format!("{PATH}?lang={lang}");
        self.hand_in((&path, cookie), &fields, (name, bytes)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assessment_is_recorded_proposed_and_put_in_force_by_another() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let privacy = site
        .operator("fang@operator.example", OperatorRole::Privacy)
        .await;
    for (lang, alarm) in [("zh", "警报"), ("en", "Alarm")] {
        for path in ["/operator", PATH] {
            let page = site.page(&format!("{path}?lang={lang}"), &privacy).await;
            assert!(page.expect(200).text.contains(alarm), "{path}");
        }
    }
    odd_reports_are_told(&site, &privacy).await;
    let paper = pdf("report");
    site.report(("en", &privacy), &[], ("report.pdf", &paper))
        .await
        .expect(303);
    let page = site
        .page(&format!("{PATH}?lang=en"), &privacy)
        .await
        .expect(200);
    assert!(page.text.contains("Waits") || page.text.contains("waits for a second person"));
    let id = page.text.split("<h3>pia_").nth(1).unwrap();
    let id = format!("pia_{}", id.split('<').next().unwrap());
    let kept = site.page(&format!("{PATH}/{id}/report"), &privacy).await;
    assert_eq!(kept.expect(200).text.as_bytes(), pdf("report"));
    is_proposed_and_approved(&site, &privacy, &id).await;
}

async fn odd_reports_are_told(site: &Site, privacy: &str) {
    let paper = pdf("report");
    for (more, field, zh, en) in [
        (("made", "soon"), "made", "应为日期", "a date such as"),
        (
            ("made", "2099-01-01"),
            "made",
            "不能在将来",
            "in the future",
        ),
        (
            ("review", "2020-01-01"),
            "review",
            "应在将来",
            "in the future",
        ),
        (
            ("result", ""),
            "result",
            "请选择评估结论",
            "choose what it came to",
        ),
        (
            ("impact", ""),
            "impact",
            "法律要求报告含此内容",
            "The law asks for this",
        ),
    ] {
        for (lang, words) in [("zh", zh), ("en", en)] {
            let told = site
                .report((lang, privacy), &[more], ("report.pdf", &paper))
                .await
                .expect(400);
            let wrong = format!("id=\"assessment-{field}-wrong\"");
            assert!(
                told.text.contains(&wrong) && told.text.contains(words),
                "{field}: {}",
                told.text
            );
        }
    }
    let hostile = site
        .report(
            ("en", privacy),
            &[],
            ("report.pdf", b"MZ\x90\x00 no report"),
        )
        .await
        .expect(400);
    assert!(hostile.text.contains("id=\"assessment-file-wrong\""));
}

async fn is_proposed_and_approved(site: &Site, privacy: &str, id: &str) {
    let propose = format!(
        "act=propose&kind=enforce_assessment&object={id}&reason=the+report+was+read+and+is+complete"
    );
    site.apply("/operator/proposals", privacy, &propose)
        .await
        .expect(303);
    site.parts.clock.advance(MINUTE);
    let security = site
        .operator("chen@operator.example", OperatorRole::Security)
        .await;
    let proposals = site
        .page("/operator/proposals", &security)
        .await
        .expect(200);
    let (proposal, digest) = (hidden(&proposals, "proposal"), hidden(&proposals, "digest"));
    let approve = format!("act=approve&proposal={proposal}&digest={digest}");
    site.apply("/operator/proposals", &security, &approve)
        .await
        .expect(303);
    for (lang, words) in [("zh", "影响评估有效"), ("en", "assessment is in force")] {
        let page = site.page(&format!("{PATH}?lang={lang}"), &security).await;
        let page = page.expect(200);
        assert!(page.text.contains(words), "{}", page.text);
        assert!(
            !page.text.contains("type=\"file\""),
            "who records is another"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_other_roles_get_nowhere_at_the_assessments() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    site.assess().await;
    let enterprise = site.sign_in(OWNER).await;
    let reviewer = site
        .operator("wu@operator.example", OperatorRole::Reviewer)
        .await;
    let security = site
        .operator("chen@operator.example", OperatorRole::Security)
        .await;
    let paper = pdf("report");
    let one = format!("{PATH}/pia_0192f0c1000070008000000000000001/report");
    for (cookie, read, file, sent) in [
        ("", 303, 303, 303),
        (enterprise.as_str(), 303, 303, 303),
        (reviewer.as_str(), 403, 403, 403),
        (security.as_str(), 200, 404, 403),
    ] {
        site.page(PATH, cookie).await.expect(read);
        site.page(&one, cookie).await.expect(file);
        site.report(("en", cookie), &[], ("report.pdf", &paper))
            .await
            .expect(sent);
    }
    site.page(&format!("{PATH}/x/report"), &security)
        .await
        .expect(404);
    let forged = [("mark", "x")];
    site.report(("en", &security), &forged, ("report.pdf", &paper))
        .await
        .expect(403);
}
