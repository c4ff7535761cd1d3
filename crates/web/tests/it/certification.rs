//! The certification as a browser without scripts does it: the form, its files, and who gets nowhere.

use axum::body::Body;
use axum::http::Request;
use yuntu_app::assessments::AssessmentReport;
use yuntu_app::outbound::Kind;
use yuntu_app::policy::AssessmentResult;
use yuntu_terms::clause;
use yuntu_testkit::{long_pdf, pdf};

use crate::people::{FOREIGN, OWNER, VIEWER, hidden};
use crate::site::{Answer, MARK, MARK_COOKIE, OWN, Site};

pub(crate) const PATH: &str = "/console/certification";
pub(crate) const FILES: &str = "/console/certification/files";
pub(crate) const ID: &str = "11010519491231002X";
const MINOR: &str = "510107201201010039";
pub(crate) const BANK: &str = "4111111111111111";

/// A form that is filled in rightly, but for what is asked otherwise.
const RIGHT: [(&str, &str); 11] = [
    ("enterprise_name", "North+Store+Limited"),
    ("credit_code", "91350100M000100Y43"),
    ("industry", "retail"),
    ("legal_representative", "Jane+Sample"),
    ("agent", ""),
    ("address", "1+Sample+Road"),
    ("letter_until", "2026-12-31"),
    ("licence_until", ""),
    ("agrees", "yes"),
    ("bank_account", BANK),
    ("id_number", ID),
];

pub(crate) fn body(act: &str, application: &str, other: &[(&str, &str)]) -> String {
    let value = |name: &str, value: &str| {
        let other = other.iter().find(|(found, _)| *found == name);
        format!(
            "{name}={}",
            other.map_or(value, |(_, other)| other).to_owned()
        )
    };
    let pairs: Vec<_> = RIGHT.iter().map(|(name, text)| value(name, text)).collect();
    format!("act={act}&application={application}&{}", pairs.join("&"))
}

impl Site {
    /// Sends a form as a browser does that reaches the site under its name.
    pub(crate) async fn apply(&self, path: &str, cookie: &str, body: &str) -> Answer {
        let cookie = format!("{MARK_COOKIE}; {cookie}");
        let headers = [OWN, ("cookie", cookie.as_str()), ("host", "yuntu.example")];
        self.post_form(path, &headers, format!("mark={MARK}&{body}"))
            .await
    }

    /// Sends a file as a browser does.
    pub(crate) async fn hand_in(
        &self,
        (path, cookie): (&str, &str),
        fields: &[(&str, &str)],
        (name, bytes): (&str, &[u8]),
    ) -> Answer {
        let mut body = Vec::new();
        for (field, value) in fields {
            let part = format!(
                "--cut\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            );
            body.extend(part.into_bytes());
        }
        let head = format!(
            "--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/html\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(bytes);
        body.extend(b"\r\n--cut--\r\n");
        let request = Request::post(path)
            .header(OWN.0, OWN.1)
            .header("cookie", format!("{MARK_COOKIE}; {cookie}"))
            .header("content-type", "multipart/form-data; boundary=cut");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Puts an impact assessment in force.
    pub(crate) async fn assess(&self) {
        let now = self.platform.now();
        let report = AssessmentReport {
            name: "report.pdf".to_owned(),
            bytes: pdf("report"),
            made: now.plus_days(-1),
            review: now.plus_days(365),
            result: AssessmentResult::Acceptable,
        };
        self.platform.enforce_assessment_here(report).await.unwrap();
    }

    pub(crate) async fn begin(&self, cookie: &str) -> String {
        self.assess().await;
        self.apply(PATH, cookie, "act=begin").await.expect(303);
        let page = self.page(PATH, cookie).await.expect(200);
        hidden(&page, "application").to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enterprise_is_told_why_each_field_is_asked_and_hands_its_form_in() {
    let _mark = clause::check!(U1);
    let site = Site::open().await;
    let cookie = site.sign_in(OWNER).await;
    let application = site.begin(&cookie).await;
    for (lang, words) in [
        (
            "zh",
            [
                "以小额打款核验企业对公账户。必填。",
                "自办结之日起最多 30 天",
                "我单独同意",
                "一旦泄露可能造成财产损失",
            ],
        ),
        (
            "en",
            [
                "by a small transfer. Necessary.",
                "at most 30 days from",
                "I separately agree",
                "a leak could cost money",
            ],
        ),
    ] {
        let page = site
            .page(&format!("{PATH}?lang={lang}"), &cookie)
            .await
            .expect(200);
        for word in words {
            assert!(page.text.contains(word), "{word}: {}", page.text);
        }
        assert!(
            !page.text.contains(" checked"),
            "nothing is ticked beforehand"
        );
        assert!(page.text.contains("enctype=\"multipart/form-data\""));
    }
    for field in ["letter", "licence"] {
        let fields = [
            ("mark", MARK),
            ("application", &application),
            ("field", field),
        ];
        let added = site
            .hand_in((FILES, &cookie), &fields, ("执照 1.pdf", &pdf("paper")))
            .await;
        assert!(added.expect(303).header("location").ends_with("done=added"));
    }
    let saved = site
        .apply(PATH, &cookie, &body("save", &application, &[]))
        .await
        .expect(303);
    assert!(saved.header("location").contains("done=saved"));
    let draft = site
        .page(&format!("{PATH}?lang=en&done=saved"), &cookie)
        .await
        .expect(200);
    assert!(draft.text.contains("The draft is saved.") && draft.text.contains("Jane Sample"));
    assert!(
        draft.text.contains("Kept: 110***********002X") && draft.text.contains("************1111")
    );
    for number in [ID, BANK] {
        assert!(!draft.text.contains(number), "a saved number is masked");
    }
    comes_back_as_a_download(&site, &cookie, &draft).await;
    hands_it_in_and_takes_it_back(&site, &cookie, &application).await;
}

async fn comes_back_as_a_download(site: &Site, cookie: &str, draft: &Answer) {
    let file = draft.text.split(&format!("{FILES}/")).nth(1).unwrap();
    let file = format!("{FILES}/{}", file.split('"').next().unwrap());
    let kept = site.page(&file, cookie).await.expect(200);
    assert_eq!(kept.text.as_bytes(), pdf("paper"));
    assert_eq!(kept.header("content-type"), "application/pdf");
    assert_eq!(
        kept.header("content-disposition"),
        "attachment; filename=\"__ 1.pdf\"; filename*=UTF-8''%E6%89%A7%E7%85%A7%201.pdf"
    );
}

async fn hands_it_in_and_takes_it_back(site: &Site, cookie: &str, application: &str) {
    site.messages().await;
    let empty = [("id_number", ""), ("bank_account", "")];
    site.apply(PATH, cookie, &body("submit", application, &empty))
        .await
        .expect(303);
    let told = site.messages().await;
    assert_eq!((told.len(), told[0].kind), (1, Kind::CertificationChanged));
    assert!(
        told[0]
            .text
            .contains("https://yuntu.example/console/certification")
    );
    let waiting = site
        .page(&format!("{PATH}?lang=zh"), cookie)
        .await
        .expect(200);
    assert!(waiting.text.contains("审核中") && waiting.text.contains("批发和零售业"));
    assert!(
        !waiting.text.contains("name=\"id_number\""),
        "nothing can be changed now"
    );
    site.apply(PATH, cookie, &body("withdraw", application, &[]))
        .await
        .expect(303);
    let back = site
        .page(&format!("{PATH}?lang=en"), cookie)
        .await
        .expect(200);
    assert!(
        back.text.contains("Taken back") || back.text.contains("Withdrawn"),
        "{}",
        back.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_number_is_asked_for_before_an_impact_assessment() {
    let _mark = clause::check!(U1);
    let site = Site::open().await;
    let cookie = site.sign_in(OWNER).await;
    site.apply(PATH, &cookie, "act=begin").await.expect(303);
    for (lang, words) in [("zh", "影响评估尚未生效"), ("en", "not asked for yet")] {
        let page = site
            .page(&format!("{PATH}?lang={lang}"), &cookie)
            .await
            .expect(200);
        assert!(page.text.contains(words), "{}", page.text);
        for field in ["id_number", "bank_account", "agrees"] {
            assert!(!page.text.contains(&format!("name=\"{field}\"")), "{field}");
        }
    }
    let page = site.page(PATH, &cookie).await.expect(200);
    let application = hidden(&page, "application").to_owned();
    // Who sends the numbers all the same keeps nothing of them.
    let form = body("save", &application, &[]);
    let again = site
        .apply(&format!("{PATH}?lang=en"), &cookie, &form)
        .await
        .expect(400);
    assert!(again.text.contains("impact assessment is not in force"));
    let disk = site.parts.raw_bytes().unwrap();
    for number in [ID, BANK] {
        let bytes = number.as_bytes();
        assert!(!disk.windows(bytes.len()).any(|window| window == bytes));
    }
    site.assess().await;
    let page = site.page(PATH, &cookie).await.expect(200);
    assert!(page.text.contains("name=\"id_number\"") && page.text.contains("name=\"agrees\""));
}

/// Fields that are filled in wrongly, and what is told in each language.
const WRONG: [(&str, &str, &str, &str); 12] = [
    ("enterprise_name", "1", "现有 1 个", "it has 1"),
    (
        "credit_code",
        "91310115MA1H8R7C6D",
        "校验位不符",
        "check character does not fit",
    ),
    (
        "credit_code",
        "91350100M000100Y4Z",
        "第 18 个字符",
        "Character 18",
    ),
    (
        "industry",
        "sorcery",
        "请从列表中选择行业",
        "choose from the list",
    ),
    (
        "legal_representative",
        "J",
        "2 至 60 个字符",
        "2 to 60 characters",
    ),
    ("address", "x", "5 至 200 个字符", "5 to 200 characters"),
    ("bank_account", "12345", "现有 5 个", "it has 5"),
    (
        "id_number",
        "110101199003070012",
        "校验位不符",
        "check character does not fit",
    ),
    (
        "id_number",
        "110101199013070011",
        "出生日期不存在",
        "does not exist",
    ),
    (
        "letter_until",
        "2026-03-20",
        "此日期已过",
        "This day is over",
    ),
    ("licence_until", "soon", "应为日历上的日期", "a day such as"),
    ("agrees", "", "单独同意", "separate consent"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named_in_both_languages_and_what_was_typed_stays() {
    let _mark = clause::check!(U1);
    let site = Site::open().await;
    let cookie = site.sign_in(OWNER).await;
    let application = site.begin(&cookie).await;
    for (field, typed, zh, en) in WRONG {
        for (lang, words) in [("zh", zh), ("en", en)] {
            let path = format!("{PATH}?lang={lang}");
            let form = body("save", &application, &[(field, typed)]);
            let again = site.apply(&path, &cookie, &form).await.expect(400);
            assert!(
                again.text.contains(words),
                "{field} {words}: {}",
                again.text
            );
            let about = if field == "agrees" {
                "id_number"
            } else {
                field
            };
            assert!(
                again.text.contains(&format!("id=\"apply-{about}-wrong\"")),
                "{field}"
            );
            assert!(
                again.text.contains(&format!("href=\"#apply-{about}\"")),
                "{field}"
            );
            assert!(again.text.contains("aria-invalid=\"true\""));
            if field != "agrees" && field != "industry" {
                assert!(
                    again.text.contains(&format!("value=\"{typed}\"")),
                    "{field} is kept"
                );
            }
            assert!(again.text.contains("value=\"1 Sample Road\"") || field == "address");
        }
    }
    // What is missing is named when it is handed in, the papers by their names.
    let missing = body("submit", &application, &[("credit_code", "")]);
    let again = site
        .apply(&format!("{PATH}?lang=en"), &cookie, &missing)
        .await
        .expect(400);
    assert!(
        again
            .text
            .contains("Letter of authorisation: This is necessary"),
        "{}",
        again.text
    );
    assert!(again.text.contains("id=\"apply-credit_code-wrong\""));
    let long = body("save", &application, &[("address", &"a".repeat(20_000))]);
    site.apply(PATH, &cookie, &long).await.expect(413);
    for (act, status) in [("", 400), ("sign", 400), ("begin", 409)] {
        let form = body(act, &application, &[]);
        site.apply(PATH, &cookie, &form).await.expect(status);
    }
    site.apply(PATH, &cookie, &body("save", "app_1", &[]))
        .await
        .expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minor_is_refused_in_words_and_the_number_is_shown_no_more() {
    let _mark = clause::check!(R29);
    let site = Site::open().await;
    let cookie = site.sign_in(OWNER).await;
    let application = site.begin(&cookie).await;
    for (lang, words) in [("zh", "未满十八周岁"), ("en", "under 18")] {
        let path = format!("{PATH}?lang={lang}");
        let form = body("save", &application, &[("id_number", MINOR)]);
        let again = site.apply(&path, &cookie, &form).await.expect(400);
        assert!(again.text.contains(words), "{}", again.text);
        assert!(!again.text.contains(MINOR) && !again.text.contains("0039"));
    }
    let disk = site.parts.raw_bytes().unwrap();
    let holds = |needle: &[u8]| disk.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"certification.saved") && !holds(MINOR.as_bytes()));
}

/// Hostile files, and what is told of each in each language.
fn hostile() -> [(&'static str, Vec<u8>, &'static str, &'static str); 6] {
    let polyglot = [pdf("a").as_slice(), b"<html><script>"].concat();
    [
        (
            "a.html",
            b"<!doctype html><h1>".to_vec(),
            "不是 PDF",
            "neither PDF",
        ),
        ("a.exe", pdf("a"), "扩展名", "ending of the file"),
        ("..\\\\a.pdf", pdf("a"), "路径", "no path"),
        ("a.pdf", polyglot, "结尾之后", "follows the end"),
        ("a.pdf", Vec::new(), "文件是空的", "is empty"),
        (
            "a.pdf",
            long_pdf("large", 6 << 20),
            "超过 5 MiB",
            "larger than 5 MiB",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_file_is_refused_with_its_reason_in_both_languages() {
    let _mark = clause::check!(R22);
    let site = Site::open().await;
    let cookie = site.sign_in(OWNER).await;
    let application = site.begin(&cookie).await;
    let fields = [
        ("mark", MARK),
        ("application", &application),
        ("field", "licence"),
    ];
    for (name, bytes, zh, en) in hostile() {
        for (lang, words) in [("zh", zh), ("en", en)] {
            let path = format!("{FILES}?lang={lang}");
            let again = site
                .hand_in((&path, &cookie), &fields, (name, &bytes))
                .await
                .expect(400);
            assert!(again.text.contains(words), "{name} {words}: {}", again.text);
            assert!(again.text.contains("id=\"licence-file-wrong\""), "{name}");
        }
    }
    let page = site.page(PATH, &cookie).await.expect(200);
    assert!(
        !page.text.contains(&format!("href=\"{FILES}/")),
        "nothing is kept"
    );
    let right = ("a.pdf", pdf("a"));
    for (fields, status) in [
        (
            &[
                ("mark", "x"),
                ("application", &*application),
                ("field", "licence"),
            ],
            403,
        ),
        (
            &[
                ("mark", MARK),
                ("application", "app_1"),
                ("field", "licence"),
            ],
            404,
        ),
        (
            &[
                ("mark", MARK),
                ("application", &*application),
                ("field", "address"),
            ],
            404,
        ),
        (
            &[
                ("mark", MARK),
                ("application", &*application),
                ("field", "x"),
            ],
            404,
        ),
    ] {
        site.hand_in((FILES, &cookie), fields, (right.0, &right.1))
            .await
            .expect(status);
    }
    let plain = site.apply(FILES, &cookie, "act=add").await;
    assert!(
        [400, 415].contains(&plain.status.as_u16()),
        "{}",
        plain.status
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_foreigners_and_who_has_no_such_role_get_nowhere() {
    let _mark = clause::check!(R23);
    let site = Site::open().await;
    let cookie = site.sign_in(OWNER).await;
    let application = site.begin(&cookie).await;
    let fields = [
        ("mark", MARK),
        ("application", &application),
        ("field", "licence"),
    ];
    let paper = ("a.pdf", pdf("a"));
    site.hand_in((FILES, &cookie), &fields, (paper.0, &paper.1))
        .await
        .expect(303);
    let page = site.page(PATH, &cookie).await.expect(200);
    let file = page.text.split(&format!("{FILES}/")).nth(1).unwrap();
    let document = file.split('"').next().unwrap();
    let file = format!("{FILES}/{document}");
    let remove = format!("act=remove&application={application}&document={document}");
    let others = [
        ("", [303, 303, 303, 303, 303]),
        ("__Host-session=00", [303, 303, 303, 303, 303]),
    ];
    let (foreign, viewer) = (site.sign_in(FOREIGN).await, site.sign_in(VIEWER).await);
    let seated = [
        (foreign.as_str(), [200, 404, 404, 404, 404]),
        (viewer.as_str(), [403, 403, 403, 403, 403]),
    ];
    for (cookie, [read, kept, saved, removed, added]) in others.into_iter().chain(seated) {
        let page = site.page(PATH, cookie).await.expect(read);
        assert!(!page.text.contains(&application));
        site.page(&file, cookie).await.expect(kept);
        let save = site
            .apply(PATH, cookie, &body("save", &application, &[]))
            .await;
        save.expect(saved);
        site.apply(PATH, cookie, &remove).await.expect(removed);
        let again = site
            .hand_in((FILES, cookie), &fields, (paper.0, &paper.1))
            .await;
        again.expect(added);
    }
    site.page(&file, &cookie).await.expect(200);
    site.page(&format!("{FILES}/doc_1"), &cookie)
        .await
        .expect(404);
    site.apply(PATH, &cookie, &remove).await.expect(303);
    site.page(&file, &cookie).await.expect(404);
}
