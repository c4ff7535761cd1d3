//! Technical help on the pages of both sides and by the API: asked, offered, approved, looked, listed, ended.

use serde_json::{Value, json};
use yuntu_app::policy::OperatorRole;
use yuntu_app::store::HELP_REFUSALS_QUOTA;
use yuntu_terms::clause;

use crate::people::{OWNER, VIEWER};
use crate::site::{Answer, CANARY_CITY, Made, PURPOSE, Site};

const OWN: &str = "/console/help";
const DESK: &str = "/operator/help";
const CITIES: &str = "act=look&statement=SELECT+DISTINCT+city+FROM+d1";

/// Takes the first value of a field that a page offers to choose.
fn option_of(page: &Answer, name: &str) -> String {
    let (_, list) = page.text.split_once(&format!("name=\"{name}\"")).unwrap();
    let (_, value) = list.split_once("<option value=\"").unwrap();
    value.split('"').next().unwrap().to_owned()
}

pub(crate) struct Help<'a> {
    site: &'a Site,
    own: String,
    desk: String,
    owner: String,
    lin: String,
}

impl Help<'_> {
    async fn page(&self, lang: &str) -> Answer {
        let path = format!("{}?lang={lang}", self.own);
        self.site.page(&path, &self.owner).await.expect(200)
    }

    async fn decide(&self, body: &str) -> Answer {
        let path = format!("{}?lang=en", self.own);
        self.site.submit(&path, &self.owner, body).await
    }

    pub(crate) async fn look(&self, body: &str) -> Answer {
        let path = format!("{}?lang=en", self.desk);
        self.site.submit(&path, &self.lin, body).await
    }

    /// Offers as the operator and approves her for two hours.
    async fn approve(&self) {
        self.look("act=offer&name=Lin").await.expect(303);
        let offer = option_of(&self.page("en").await, "offer");
        let approve = format!("act=approve&offer={offer}&hours=2");
        self.decide(&approve).await.expect(303);
        self.site.messages().await;
    }
}

pub(crate) async fn opened<'a>(site: &'a Site, made: &Made) -> Help<'a> {
    let role = OperatorRole::Support;
    Help {
        site,
        own: format!("{OWN}/{}", made.help),
        desk: format!("{DESK}/{}", made.help),
        owner: site.sign_in(OWNER).await,
        lin: site.operator("lin@operator.example", role).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_operator_looks_as_long_as_the_enterprise_lets_her() {
    let _mark = clause::check!(U2);
    let site = Site::open().await;
    let made = site.furnish().await;
    let help = opened(&site, &made).await;
    let listed = site.page(&format!("{DESK}?lang=zh"), &help.lin).await;
    let listed = listed.expect(200).text;
    assert!(listed.contains("North Store") && listed.contains(&made.help));
    let path = format!("{}?lang=en", help.desk);
    let page = site.page(&path, &help.lin).await.expect(200).text;
    assert!(
        page.contains("canary of a request") && !page.contains("SELECT"),
        "{page}"
    );
    // Before the approval there is nothing to see, and what she tried is listed.
    for act in [CITIES, "act=structure"] {
        let refused = help.look(act).await.expect(403);
        assert!(
            refused.text.contains("has not approved"),
            "{}",
            refused.text
        );
        assert!(!refused.text.contains(CANARY_CITY));
        let back = "Back to the operators' pages";
        assert!(refused.text.contains(&back.replace('\'', "&#39;")));
    }
    is_offered_and_approved(&help).await;
    // Now she sees columns, and the rows of whoever agreed.
    let seen = help.look("act=structure").await.expect(200).text;
    for part in [
        "d1 · people",
        "city",
        "another number of fields than the header",
    ] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    assert!(
        !seen.contains(CANARY_CITY) && !seen.contains("too many"),
        "no value"
    );
    let seen = help.look(CITIES).await.expect(200).text;
    assert!(
        seen.contains(CANARY_CITY) && seen.contains("<dd>2</dd>"),
        "{seen}"
    );
    let wrong = help
        .look("act=look&statement=DROP+TABLE+d1")
        .await
        .expect(400);
    assert!(wrong.text.contains("DROP TABLE d1"), "what was typed stays");
    help.look("act=look&statement=").await.expect(400);
    is_read(&help, &made).await;
    // The button ends it at once.
    help.decide("act=end").await.expect(303);
    help.decide("act=end").await.expect(404);
    let refused = help.look(CITIES).await.expect(403);
    assert!(refused.text.contains("has ended") && !refused.text.contains(CANARY_CITY));
}

async fn is_offered_and_approved(help: &Help<'_>) {
    let told = help.look("act=offer&name=x").await.expect(400);
    assert!(told.text.contains("2 to 40 characters"), "{}", told.text);
    help.look("act=offer&name=Lin+of+support").await.expect(303);
    let again = help.look("act=offer&name=Lin+of+support").await.expect(400);
    assert!(again.text.contains("offered for this request before"));
    let page = help.page("en").await;
    // A name is what she typed; role and id are not.
    assert!(page.text.contains("Lin of support · support · opr_"));
    let offer = option_of(&page, "offer");
    for (bad, words) in [
        (
            format!("act=approve&offer={offer}&hours=9"),
            "between 1 and 8 hours",
        ),
        (
            String::from("act=approve&offer=nobody&hours=1"),
            "Choose an operator",
        ),
    ] {
        let told = help.decide(&bad).await.expect(400);
        assert!(told.text.contains(words), "{}", told.text);
    }
    let approve = format!("act=approve&offer={offer}&hours=8");
    help.decide(&approve).await.expect(303);
    help.decide(&approve).await.expect(404);
}

async fn is_read(help: &Help<'_>, made: &Made) {
    // The enterprise reads all of it in both languages, newest first, with the receipt.
    for (lang, words) in [
        (
            "zh",
            [
                "已显示数据行",
                "已向其开放结构",
                "已拒绝：企业尚未批准该技术协助",
            ],
        ),
        (
            "en",
            [
                "Rows were shown",
                "The structure was opened to her",
                "Refused: the enterprise has not",
            ],
        ),
    ] {
        let page = help.page(lang).await.text;
        for words in words {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(page.contains("SELECT DISTINCT city FROM d1"));
    }
    let page = help.page("en").await.text;
    let (_, receipt) = page.split_once("/console/receipts/").unwrap();
    let receipt = receipt.split('?').next().unwrap();
    let path = format!("/console/receipts/{receipt}?lang=en");
    let receipt = help.site.page(&path, &help.owner).await.expect(200).text;
    assert!(receipt.contains("under technical help"), "{receipt}");
    let path = format!("/console/instructions/{}?lang=zh", made.instruction);
    let jobs = help.site.page(&path, &help.owner).await.expect(200).text;
    assert!(jobs.contains("（技术协助）"), "{jobs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_looks_and_nobody_else_approves() {
    let _mark = clause::check!(U2);
    let site = Site::open().await;
    let made = site.furnish().await;
    let help = opened(&site, &made).await;
    help.approve().await;
    let zhou = site.operator("zhou@operator.example", OperatorRole::Security);
    let zhou = zhou.await;
    // Approved for another, it is not even shown to her, and a look of hers is refused and listed.
    site.page(&help.desk, &zhou).await.expect(404);
    let path = format!("{}?lang=en", help.desk);
    let refused = site.submit(&path, &zhou, CITIES).await.expect(403);
    assert!(refused.text.contains("did not approve this operator"));
    for _ in 1..HELP_REFUSALS_QUOTA.times_max {
        site.submit(&path, &zhou, CITIES).await.expect(403);
    }
    let limited = site.submit(&path, &zhou, CITIES).await.expect(429);
    assert!(limited.text.contains("tried too often"), "{}", limited.text);
    let wu = site.operator("wu@operator.example", OperatorRole::Auditor);
    let wu = wu.await;
    site.page(DESK, &wu).await.expect(403);
    site.submit(&path, &wu, CITIES).await.expect(403);
    let viewer = site.sign_in(VIEWER).await;
    site.page(OWN, &viewer).await.expect(403);
    site.submit(&help.own, &viewer, "act=end").await.expect(403);
    let looks = site.get(&format!("/api/v1/help/{}/looks", made.help)).await;
    let looks = looks.expect(200).json();
    let refused = looks["items"].as_array().unwrap().len();
    assert_eq!(refused, 20, "{looks}");
    assert_eq!(looks["items"][0]["outcome"], "refused");
    let reasons = &looks["items"][0]["refusal"]["reasons"];
    assert_eq!(reasons[0]["fact"], "help_operator");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_told_and_what_was_typed_stays() {
    let site = Site::open().await;
    let made = site.furnish().await;
    let owner = site.sign_in(OWNER).await;
    for (lang, words) in [
        (
            "zh",
            ["请至少选择一个数据集", "请至少选择一项", "10 至 2000"],
        ),
        (
            "en",
            [
                "Choose at least one dataset",
                "Choose at least one.",
                "10 to 2000",
            ],
        ),
    ] {
        let path = format!("{OWN}?lang={lang}");
        let bad = "act=ask&instruction=&what_for=&words=short";
        let told = site.submit(&path, &owner, bad).await.expect(400).text;
        for words in words {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(told.contains("short</textarea>"), "{told}");
    }
    let (dataset, instruction) = (&made.dataset, &made.instruction);
    let beyond = format!(
        "act=ask&datasets={dataset}&instruction={instruction}&what_for=service.care&scope=rows&words=please+look+at+this"
    );
    let path = format!("{OWN}?lang=en");
    let told = site.submit(&path, &owner, &beyond).await.expect(400).text;
    assert!(told.contains("not in force for this purpose"), "{told}");
    let good = beyond.replace("service.care", PURPOSE);
    let asked = site.submit(&path, &owner, &good).await.expect(303);
    assert!(asked.header("location").starts_with("/console/help/hlp_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_the_enterprise_asks_approves_reads_and_ends() {
    let _mark = clause::check!(U2);
    let site = Site::open().await;
    let made = site.furnish().await;
    let help = opened(&site, &made).await;
    help.look("act=offer&name=Lin").await.expect(303);
    let path = format!("/api/v1/help/{}", made.help);
    let shown = site.get(&path).await.expect(200).json();
    assert_eq!(shown["standing"], "pending");
    assert_eq!(shown["offers"][0]["name"], "Lin");
    assert_eq!(shown["words"], "one row does not fit, canary of a request");
    let now = site.platform.now();
    let approval = |hours: u64| -> Value {
        let until = yuntu_app::help::help_until(now, hours);
        json!({"offer": shown["offers"][0]["id"], "until": until})
    };
    let approve = format!("{path}/approval");
    site.post(&approve, approval(9)).await.expect(400);
    site.post(&approve, approval(0)).await.expect(400);
    site.post(&approve, approval(8)).await.expect(204);
    help.look(CITIES).await.expect(200);
    let listed = site.get("/api/v1/help").await.expect(200).json();
    assert_eq!(listed["items"][0]["standing"], "active");
    let looks = site.get(&format!("{path}/looks")).await.expect(200).json();
    let look = &looks["items"][0];
    assert_eq!(
        (&look["outcome"], &look["scope"]),
        (&"done".into(), &"rows".into())
    );
    assert_eq!(look["statement"], "SELECT DISTINCT city FROM d1");
    let receipt = look["receipt"].as_str().unwrap();
    site.platform.sequence().await.unwrap();
    site.get(&format!("/api/v1/receipts/{receipt}"))
        .await
        .expect(200);
    let jobs = format!("/api/v1/instructions/{}/jobs", made.instruction);
    let jobs = site.get(&jobs).await.expect(200).json();
    assert_eq!(jobs["items"][0]["help"], made.help.as_str());
    let number = look["number"].as_i64().unwrap();
    let rest = site.get(&format!("{path}/looks?before={number}")).await;
    assert!(
        rest.expect(200).json()["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let end = format!("{path}/end");
    site.post(&end, Value::Null).await.expect(204);
    site.post(&end, Value::Null).await.expect(404);
    help.look(CITIES).await.expect(403);
    let shown = site.get(&path).await.expect(200).json();
    assert_eq!(
        (&shown["standing"], &shown["ended"]),
        (&"ended".into(), &"enterprise".into())
    );
    let short = json!({
        "datasets": [made.dataset], "instruction": made.instruction, "purpose": PURPOSE,
        "scope": ["rows"], "words": "short",
    });
    site.post("/api/v1/help", short).await.expect(400);
}
