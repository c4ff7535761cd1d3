//! Reporting an account that may be a minor's, without signing in, and seeing what became of the report.

mod outcome;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use yuntu_app::AppError;
use yuntu_app::accounts::Address;
use yuntu_app::minors::{ReportTaken, ReportText, TypedReport};
use yuntu_app::words::minute;
use yuntu_terms::{EnterpriseName, Text, clause};

use crate::account::Open;
use crate::account::told::{self, Need, why};
use crate::forms::{Fields, Sent};
use crate::guard;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Section, section};
use crate::state::Site;
use crate::view::Wrong;
use crate::visit::Visitor;

pub(crate) const PATH: &str = "/report-minor";
pub(crate) const OUTCOME: &str = "/report-minor/outcome";
/// The purpose and the category of the statement.
const REPORT: &str = "minor_report";

/// How long a page may take.
const PAGE_MAX: std::time::Duration = std::time::Duration::from_secs(30);

/// Makes the routes of the pages.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route(PATH, get(page).post(sent))
        .route(OUTCOME, get(outcome::page).post(outcome::sent))
        .layer(DefaultBodyLimit::max(32_768))
        .layer(from_fn(guard::same_site))
        .layer(from_fn_with_state(PAGE_MAX, guard::time))
}

struct Topic<'a> {
    typed: Option<&'a Fields>,
}

type View<'a> = Open<Topic<'a>>;

async fn page(open: Open) -> Result<Response, Problem> {
    let view = open.about(Topic { typed: None });
    view.report(Wrong::default())
}

async fn sent(
    open: Open,
    visitor: Visitor,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R29);
    let view = open.about(Topic {
        typed: Some(&fields),
    });
    let report = match read(&fields) {
        Ok(report) => report,
        Err(wrong) => return view.report(wrong),
    };
    match view
        .site
        .platform
        .report_minor(&report, &visitor.visit())
        .await
    {
        Ok(taken) => view.taken(&taken),
        Err(error) => view.report(Wrong::of(error)?),
    }
}

/// Reads a report as it was typed; every field that is wrong is named.
fn read(fields: &Fields) -> Result<TypedReport, Wrong> {
    let mut wrong = Wrong::default();
    let mut address = |field: &'static str| -> Option<Address> {
        let typed = fields.one(field).trim();
        if typed.is_empty() {
            return None;
        }
        told::address(typed)
            .map_err(|text| wrong.add(field, text))
            .ok()
    };
    let (account, contact) = (address("account"), address("contact"));
    let typed = fields.one("enterprise").trim();
    let enterprise = if typed.is_empty() {
        None
    } else {
        EnterpriseName::parse(typed)
            .map_err(|error| wrong.add("enterprise", error.text()))
            .ok()
    };
    let mut line = |field: &'static str| {
        let read = ReportText::parse(field, fields.one(field));
        read.unwrap_or_else(|error| {
            if let AppError::Invalid { what, reason } = error {
                wrong.add(what, Text::new(reason.zh, reason.en));
            }
            None
        })
    };
    let (person, why) = (line("person"), line("why"));
    if !wrong.is_nothing() {
        return Err(wrong);
    }
    Ok(TypedReport {
        account,
        enterprise,
        person,
        why,
        contact,
    })
}

impl View<'_> {
    fn line(&self, name: &'static str, label: String, note: String) -> InputView {
        let typed = self.about.typed.map_or("", |fields| fields.one(name));
        InputView::line(name, label).with(typed).because(note)
    }

    fn report(&self, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let form = FormView {
            inputs: self.inputs(),
            acts: vec![("send", self.t("提交举报", "Send the report"), false)],
            ..self.form("report", PATH)
        };
        let form = wrong.into_form(form, lang);
        let sections = vec![
            section(
                "report",
                lang.pick("填写举报", "The report"),
                vec![Block::Form(Box::new(form))],
            ),
            self.after(),
            self.objection(),
        ];
        let days = self.site.platform.removal_days();
        let lead = lang.pick(
            format!("云图不面向未满十八周岁的人。任何人都可以在这里举报，无须登录；我们在 {days} 日内核实，属实的即停用并删除帐号。"),
            format!("Yuntu is not for anyone under eighteen. Anybody can report an account here without signing in; we look into it within {days} days, and an account that is a minor's is suspended and erased."),
        );
        self.shown_report(lead, sections, status)
    }

    fn inputs(&self) -> Vec<InputView> {
        let lang = self.lang;
        let statement = self.site.platform.statement();
        let optional = |zh: &str, en: &str| {
            let kept = why(statement, REPORT, REPORT, Need::Optional, lang);
            let space = lang.pick("", " ");
            format!("{}{space}{kept}", lang.pick(zh, en))
        };
        let rule = statement.retention().iter();
        let rule = rule.clone().find(|rule| rule.purpose.as_str() == REPORT);
        let kept = rule.map_or_else(String::new, |rule| told::kept(rule, lang));
        let contact = lang.pick(
            format!("只用来告诉您结果，不给被举报的人看。选填。{kept}"),
            format!("Only to tell you the outcome; the person you report never sees it. Optional. {kept}"),
        );
        vec![
            self.line(
                "account",
                self.t("帐号的邮箱或手机号", "Email or phone number of the account"),
                optional("知道的话请填写。", "If you know it."),
            ),
            self.line(
                "enterprise",
                self.t(
                    "其所代表企业的名称",
                    "Name of the enterprise the person acts for",
                ),
                optional(
                    "不知道帐号时请填写，须与企业登记的名称一致。",
                    "If you do not know the account; exactly as the enterprise is called.",
                ),
            ),
            self.line(
                "person",
                self.t("是企业中的哪一位", "Who it is in the enterprise"),
                optional("例如称呼或职务。", "A name or a position, for example."),
            ),
            self.line(
                "why",
                self.t(
                    "为什么认为对方未成年",
                    "Why you think the person is a minor",
                ),
                why(statement, REPORT, REPORT, Need::Necessary, lang),
            )
            .needed(),
            InputView {
                autocomplete: "email",
                ..self.line(
                    "contact",
                    self.t("您的邮箱或手机号", "Your email or phone number"),
                    contact,
                )
            },
        ]
    }

    fn shown_report(
        &self,
        lead: impl Into<String>,
        sections: Vec<Section>,
        status: StatusCode,
    ) -> Result<Response, Problem> {
        let title = self.t("举报未成年人帐号", "Report a minor's account");
        self.shown(self.frame(title, PATH), lead, sections, status)
    }

    fn after(&self) -> Section {
        let blocks = vec![
            Block::Text(self.t(
                "提交后您会得到一个回执编号和查询码，凭它们可以随时查看结果。无论有没有这个帐号，我们当场的答复都相同。",
                "You get a number and a code as your receipt; with both you can see the outcome at any time. The answer you get at once is the same whether or not there is such an account.",
            )),
            Block::Links(vec![self.link(OUTCOME, "凭回执查看结果", "See the outcome with a receipt")]),
        ];
        let title = self.lang.pick("提交之后", "After you send it");
        section("after", title, blocks)
    }

    /// Says to the person concerned how to object, with the contacts that the statement publishes.
    fn objection(&self) -> Section {
        use yuntu_statement::ContactSlot;
        let operator = self.site.platform.operator();
        let of = |slot| operator.value(slot, self.lang);
        let blocks = vec![
            Block::Text(self.t(
                "如果您的帐号因举报被停用，而您已成年，请在通知所说的删除时间之前与我们联系；核实后帐号即刻恢复。您也可以向监管部门投诉。",
                "If your account was suspended for a report and you are of age, write or call before the time of erasure that the notice names; once verified, the account is open again at once. You may also complain to the regulator.",
            )),
            Block::Facts(vec![
                (self.t("邮箱", "Email"), of(ContactSlot::PrivacyEmail)),
                (self.t("电话", "Telephone"), of(ContactSlot::PrivacyPhone)),
                (
                    self.t("个人信息保护负责人", "Person in charge"),
                    of(ContactSlot::PrivacyOfficer),
                ),
            ]),
        ];
        let title = self
            .lang
            .pick("您的帐号被举报了？", "Was your account reported?");
        section("object", title, blocks)
    }

    fn taken(&self, taken: &ReportTaken) -> Result<Response, Problem> {
        let lang = self.lang;
        let blocks = vec![
            Block::Facts(vec![
                (self.t("回执编号", "Number"), taken.id.to_string()),
                (self.t("查询码", "Code"), taken.code.shown().to_string()),
                (self.t("最迟办结", "Settled by"), minute(taken.due)),
            ]),
            Block::Note(self.t(
                "请立即记下编号和查询码：它们只显示这一次，我们自己也无法再查出查询码。",
                "Note both now: they are shown this once, and not even we can find the code again.",
            )),
            Block::Links(vec![self.link(
                OUTCOME,
                "凭回执查看结果",
                "See the outcome with a receipt",
            )]),
        ];
        let heading = lang.pick("您的回执", "Your receipt");
        let sections = vec![section("receipt", heading, blocks)];
        let lead = lang.pick(
            "举报已收到。我们会核实，并在下列时间之前办结。",
            "Your report is here. We look into it and settle it by the time below.",
        );
        self.shown_report(lead, sections, StatusCode::OK)
    }
}
