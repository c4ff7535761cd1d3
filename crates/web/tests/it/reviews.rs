//! The operator's pages of certifications: what waits, what is masked, and who gets nowhere.

use yuntu_app::accounts::{Address, Visit};
use yuntu_app::factors::Second;
use yuntu_app::operators::{FirstFactor, NewOperator};
use yuntu_app::outbound::Kind;
use yuntu_app::policy::OperatorRole;
use yuntu_app::vault::{Password, VerificationCode};
use yuntu_terms::{Clock as _, Lang, Pii, clause};
use yuntu_testkit::{Authenticator, pdf};

use crate::certification::{BANK, FILES, ID, PATH, body};
use crate::people::{MINUTE, OWNER};
use crate::site::{Answer, MARK, Site};

const QUEUE: &str = "/operator/reviews";
/// A short one, which does beside a second factor.
const SHORT: &str = "jqpwmzkt7x";

fn visit() -> Visit {
    Visit {
        network: Pii::new(String::from("198.51.100.0/24")),
        agent: None,
        family: None,
        mark: None,
        lang: Lang::En,
    }
}

impl Site {
    /// Signs an operator in by password and authenticator; returns the cookie.
    pub(crate) async fn operator(&self, address: &str, role: OperatorRole) -> String {
        let (platform, clock) = (&self.platform, &self.parts.clock);
        let email = || Address::email(address).unwrap();
        let password = || Password::new(SHORT.to_owned()).unwrap();
        let code = |phone: &Authenticator| {
            VerificationCode::parse(&phone.code(clock.now()).unwrap()).unwrap()
        };
        let added = platform
            .add_operator(NewOperator {
                address: email(),
                role,
                lang: Lang::En,
            })
            .await
            .unwrap();
        let key = added.secret.text();
        let enrolling = platform.enrolment(&key).await.unwrap();
        let phone = enrolling
            .factor
            .read(|_, secret| Authenticator::read(secret));
        let phone = phone.unwrap();
        platform
            .enrol_operator(&key, password(), &FirstFactor::Totp(code(&phone)))
            .await
            .unwrap();
        clock.advance(MINUTE);
        let step = platform
            .sign_in_operator(&email(), password(), visit())
            .await
            .unwrap();
        let second = Second::Totp(code(&phone));
        let here = platform
            .finish_operator_sign_in(&step.ticket.text(), second, visit())
            .await
            .unwrap();
        format!("__Host-operator={}", *here.secret.text())
    }

    /// Hands an application in; returns its id.
    pub(crate) async fn submitted(&self, cookie: &str) -> String {
        let application = self.begin(cookie).await;
        for field in ["letter", "licence"] {
            let fields = [
                ("mark", MARK),
                ("application", &application),
                ("field", field),
            ];
            let paper = ("paper.pdf", pdf(field));
            self.hand_in((FILES, cookie), &fields, (paper.0, &paper.1))
                .await
                .expect(303);
        }
        let form = body("submit", &application, &[]);
        self.apply(PATH, cookie, &form).await.expect(303);
        self.messages().await;
        application
    }

    /// Certifies an enterprise: a payment verifies the account of its application, and a reviewer approves.
    pub(crate) async fn certify(&self, application: &str) {
        let reviewer = self.operator("chen@operator.example", OperatorRole::Reviewer);
        let (reviewer, page) = (reviewer.await, format!("{QUEUE}/{application}"));
        let paid = self.minute_here();
        let paid = format!("act=payment&amount=0.37&paid={paid}&result=verified&why=");
        for act in [paid.as_str(), "act=approve"] {
            self.apply(&page, &reviewer, act).await.expect(303);
        }
    }

    /// Writes the present minute as the clocks of the mainland show it.
    fn minute_here(&self) -> String {
        let here = self.platform.now().plus(MINUTE * 60 * 8).to_string();
        here.chars().take(16).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_reads_masks_looks_with_a_reason_and_decides() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let enterprise = site.sign_in(OWNER).await;
    let application = site.submitted(&enterprise).await;
    site.parts.clock.advance(MINUTE * 60 * 26);
    let enterprise = site.sign_in(OWNER).await;
    let cookie = site
        .operator("chen@operator.example", OperatorRole::Reviewer)
        .await;
    let page = format!("{QUEUE}/{application}");
    for (lang, waiting, look) in [
        ("zh", "已等待 1 天 2 小时", "查看“操作人员身份证号”"),
        ("en", "waiting 1 d 2 h", "Look at: Identity-card number"),
    ] {
        let queue = site
            .page(&format!("{QUEUE}?lang={lang}"), &cookie)
            .await
            .expect(200);
        assert!(queue.text.contains(waiting), "{}", queue.text);
        assert!(!queue.text.contains("North Store"), "no name in the queue");
        let one = site
            .page(&format!("{page}?lang={lang}"), &cookie)
            .await
            .expect(200);
        assert!(one.text.contains(look), "{}", one.text);
        assert!(one.text.contains("91350100M000100Y43") && one.text.contains("110***********002X"));
        for hidden in [ID, BANK, "Jane Sample", "1 Sample Road", "paper.pdf"] {
            assert!(!one.text.contains(hidden), "{hidden}");
        }
    }
    let looked = site
        .apply(
            &page,
            &cookie,
            "act=look&field=id_number&reason=compare_with_paper",
        )
        .await;
    assert!(looked.expect(200).text.contains(ID));
    let alone = site
        .apply(
            &format!("{page}?lang=en"),
            &cookie,
            "act=look&field=bank_account&reason=verify_account",
        )
        .await;
    let alone = alone.expect(403);
    assert!(alone.text.contains("A second person must agree") && !alone.text.contains(BANK));
    let one = site.page(&page, &cookie).await.expect(200);
    assert!(!one.text.contains(ID), "the mask is back");
    opens_a_paper(&site, &cookie, &page, &one).await;
    let seen = site
        .page(&format!("{PATH}?lang=en"), &enterprise)
        .await
        .expect(200);
    assert_eq!(
        seen.text.matches("To compare it with").count(),
        2,
        "{}",
        seen.text
    );
    is_asked_answers_and_is_approved(&site, (&enterprise, &cookie), &application).await;
}

async fn opens_a_paper(site: &Site, cookie: &str, page: &str, one: &Answer) {
    let file = one.text.split(&format!("{page}/files/")).nth(1).unwrap();
    let file = format!("{page}/files/{}", file.split('?').next().unwrap());
    let opened = site
        .apply(&file, cookie, "reason=compare_with_register")
        .await
        .expect(200);
    assert_eq!(opened.header("content-type"), "application/pdf");
    assert!(
        opened
            .header("content-disposition")
            .starts_with("attachment; filename=\"paper.pdf\"")
    );
    site.page(&file, cookie).await.expect(405);
}

async fn is_asked_answers_and_is_approved(
    site: &Site,
    (enterprise, cookie): (&str, &str),
    application: &str,
) {
    let page = format!("{QUEUE}/{application}");
    // Without words nobody is asked or rejected; with them the enterprise reads them.
    for act in ["ask", "reject"] {
        let silent = site
            .apply(&format!("{page}?lang=zh"), cookie, &format!("act={act}"))
            .await;
        assert!(silent.expect(400).text.contains("请写明理由或问题"));
    }
    site.apply(&page, cookie, "act=ask&licence=Please+scan+it+again")
        .await
        .expect(303);
    assert_eq!(site.messages().await[0].kind, Kind::CertificationChanged);
    let asked = site
        .page(&format!("{PATH}?lang=en"), enterprise)
        .await
        .expect(200);
    assert!(asked.text.contains("Please scan it again") && asked.text.contains("name=\"answer\""));
    let again = body(
        "submit",
        application,
        &[("id_number", ""), ("bank_account", "")],
    );
    site.apply(PATH, enterprise, &format!("{again}&answer=Done"))
        .await
        .expect(303);
    let one = site.page(&page, cookie).await.expect(200);
    assert!(one.text.contains("Done"));
    pays(site, (enterprise, cookie), &page).await;
    site.apply(&page, cookie, "act=approve").await.expect(303);
    let done = site
        .page(&format!("{PATH}?lang=en"), enterprise)
        .await
        .expect(200);
    assert!(done.text.contains("Approved") && done.text.contains("2027-01-01 00:00 UTC+8"));
    let late = site.apply(&page, cookie, "act=approve").await;
    late.expect(409);
}

/// The account is verified before anybody is certified; the enterprise reads how it stands.
async fn pays(site: &Site, (enterprise, cookie): (&str, &str), page: &str) {
    let paid = site.minute_here();
    for (lang, early, state) in [
        ("zh", "银行账户尚未以小额打款核验", "尚未打款"),
        ("en", "is not verified by a small payment", "No payment yet"),
    ] {
        let path = format!("{page}?lang={lang}");
        let refused = site.apply(&path, cookie, "act=approve").await.expect(409);
        assert!(refused.text.contains(early), "{}", refused.text);
        let own = format!("{PATH}?lang={lang}");
        let own = site.page(&own, enterprise).await.expect(200);
        assert!(own.text.contains(state), "{}", own.text);
    }
    odd_payments_are_told(site, cookie, (page, &paid)).await;
    let failed = format!("act=payment&amount=0.37&paid={paid}&result=failed&why=other_name");
    site.apply(page, cookie, &failed).await.expect(303);
    let own = site.page(&format!("{PATH}?lang=en"), enterprise).await;
    assert!(
        own.expect(200)
            .text
            .contains("Failed: the account bears another name")
    );
    let paid = format!("act=payment&amount=0.37&paid={paid}&result=verified&why=");
    site.apply(page, cookie, &paid).await.expect(303);
    let own = site.page(&format!("{PATH}?lang=zh"), enterprise).await;
    assert!(own.expect(200).text.contains("已核验（"));
}

async fn odd_payments_are_told(site: &Site, cookie: &str, (page, paid): (&str, &str)) {
    for (body, field, zh, en) in [
        (
            format!("amount=1.01&paid={paid}&result=verified&why="),
            "amount",
            "0.01 至 1.00 元",
            "0.01 to 1.00 yuan",
        ),
        (
            "amount=0.37&paid=soon&result=verified&why=".to_owned(),
            "paid",
            "打款的日期和时间",
            "when the payment was made",
        ),
        (
            format!("amount=0.37&paid={paid}&result=&why="),
            "result",
            "请选择结果",
            "choose how it came out",
        ),
        (
            format!("amount=0.37&paid={paid}&result=failed&why="),
            "why",
            "须选择原因",
            "Choose a reason",
        ),
    ] {
        for (lang, words) in [("zh", zh), ("en", en)] {
            let path = format!("{page}?lang={lang}");
            let told = site
                .apply(&path, cookie, &format!("act=payment&{body}"))
                .await
                .expect(400);
            let wrong = format!("id=\"payment-{field}-wrong\"");
            assert!(
                told.text.contains(&wrong) && told.text.contains(words),
                "{body}: {}",
                told.text
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_review_gets_nowhere_on_these_pages() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let enterprise = site.sign_in(OWNER).await;
    let application = site.submitted(&enterprise).await;
    let draft = {
        site.apply(PATH, &enterprise, &body("withdraw", &application, &[]))
            .await
            .expect(303);
        site.begin(&enterprise).await
    };
    let support = site
        .operator("fang@operator.example", OperatorRole::Support)
        .await;
    let page = format!("{QUEUE}/{application}");
    let look = "act=look&field=id_number&reason=compare_with_paper";
    let file = format!("{page}/files/doc_0192f0c1000070008000000000000001");
    for (cookie, status) in [
        ("", 303),
        (enterprise.as_str(), 303),
        (support.as_str(), 403),
    ] {
        site.page(QUEUE, cookie).await.expect(status);
        site.page(&page, cookie).await.expect(status);
        site.apply(&page, cookie, look).await.expect(status);
        site.apply(&page, cookie, "act=approve")
            .await
            .expect(status);
        site.apply(&page, cookie, "act=reject&general=no")
            .await
            .expect(status);
        let payment = "act=payment&amount=0.37&paid=2026-03-21T08:00&result=verified&why=";
        site.apply(&page, cookie, payment).await.expect(status);
        site.apply(&file, cookie, "reason=compare_with_paper")
            .await
            .expect(status);
    }
    let reviewer = site
        .operator("chen@operator.example", OperatorRole::Reviewer)
        .await;
    // The other realm's cookie opens nothing of the enterprise either.
    site.page(PATH, &reviewer).await.expect(303);
    site.page(&format!("{QUEUE}/app_1"), &reviewer)
        .await
        .expect(404);
    site.page(&format!("{QUEUE}/{draft}"), &reviewer)
        .await
        .expect(404);
    site.apply(&file, &reviewer, "reason=compare_with_paper")
        .await
        .expect(404);
    site.apply(&file, &reviewer, "reason=curiosity")
        .await
        .expect(404);
    for odd in [
        "act=look&field=id_number&reason=",
        "act=look&field=x&reason=compare_with_paper",
        "act=sign",
    ] {
        site.apply(&page, &reviewer, odd).await.expect(404);
    }
    let ended = site
        .apply(&format!("{page}?lang=en"), &reviewer, look)
        .await
        .expect(403);
    assert!(ended.text.contains("is not under review") && !ended.text.contains(ID));
}
