//! What became of a report, for whoever holds its receipt.

use axum::response::Response;
use yuntu_app::minors::ReportAnswer;
use yuntu_app::policy::MinorReportState;
use yuntu_app::vault::RecoveryCode;
use yuntu_app::words::minute;
use yuntu_terms::{MinorReportId, Text, clause};

use super::{OUTCOME, PATH};
use crate::account::Open;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Section, section};
use crate::view::Wrong;

struct Topic<'a> {
    typed: &'a str,
}

type View<'a> = Open<Topic<'a>>;

pub(super) async fn page(open: Open) -> Result<Response, Problem> {
    let view = open.about(Topic { typed: "" });
    view.show(Vec::new(), Wrong::default())
}

/// Shows the outcome with the answer to the form itself: neither number nor code ever stands in an address.
pub(super) async fn sent(open: Open, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(R29);
    let view = open.about(Topic {
        typed: fields.one("number"),
    });
    let number: Option<MinorReportId> = view.about.typed.trim().to_ascii_lowercase().parse().ok();
    let code = RecoveryCode::parse(fields.one("code"));
    let mut wrong = Wrong::default();
    if number.is_none() {
        wrong.add(
            "number",
            Text::new(
                "编号以 mrp_ 开头，后面是 32 位数字和字母；请照回执填写",
                "a number begins with mrp_ and has 32 signs after it; type it as it stands on the receipt",
            ),
        );
    }
    if code.is_none() {
        wrong.add(
            "code",
            Text::new(
                "查询码是六组四位的数字和字母；请照回执填写",
                "a code has six groups of four letters and digits; type it as it stands on the receipt",
            ),
        );
    }
    let (Some(number), Some(code)) = (number, code) else {
        return view.show(Vec::new(), wrong);
    };
    if let Some(answer) = view.site.platform.follow_report(number, &code).await? {
        return view.show(vec![view.answer(&answer)], Wrong::default());
    }
    let none = Text::new(
        "没有与此编号和查询码相符的举报；请核对，办结三十日后记录即删除",
        "no report has this number and code; check both; a report is forgotten thirty days after it was settled",
    );
    view.show(Vec::new(), Wrong::field("", none))
}

impl View<'_> {
    fn show(&self, mut sections: Vec<Section>, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let form = FormView {
            inputs: vec![
                InputView::line("number", self.t("回执编号", "Number"))
                    .with(self.about.typed)
                    .because(self.t(
                        "提交举报时显示的编号。",
                        "It was shown when you sent the report.",
                    ))
                    .needed(),
                InputView::secret("code", self.t("查询码", "Code"), "off")
                    .because(self.t(
                        "与编号一起显示；大小写和连字符不限。",
                        "It was shown with the number; case and hyphens do not matter.",
                    ))
                    .needed(),
            ],
            acts: vec![("see", self.t("查看结果", "See the outcome"), false)],
            ..self.form("outcome", OUTCOME)
        };
        let form = wrong.into_form(form, lang);
        sections.push(section(
            "receipt",
            lang.pick("您的回执", "Your receipt"),
            vec![Block::Form(Box::new(form))],
        ));
        let title = lang.pick("举报的结果", "The outcome of a report");
        let frame = self.frame(title, OUTCOME).below(self.link(
            PATH,
            "举报未成年人帐号",
            "Report a minor's account",
        ));
        self.shown(frame, "", sections, status)
    }

    fn answer(&self, answer: &ReportAnswer) -> Section {
        let lang = self.lang;
        let (zh, en) = match answer.state {
            MinorReportState::Received => ("正在核实。", "It is being looked into."),
            MinorReportState::Upheld | MinorReportState::Erasing => (
                "举报属实，帐号已停用，即将删除。",
                "The report was upheld: the account is suspended and will be erased.",
            ),
            MinorReportState::Removed => (
                "举报属实，帐号及其个人信息已删除。",
                "The report was upheld: the account and its personal information are erased.",
            ),
            MinorReportState::Dismissed => ("举报未予支持。", "The report was not upheld."),
        };
        let mut facts = vec![
            (self.t("提交于", "Sent"), minute(answer.reported)),
            (self.t("最迟办结", "Settled by"), minute(answer.due)),
        ];
        if let Some(decided) = answer.decided {
            facts.push((self.t("作出决定", "Decided"), minute(decided)));
        }
        if let Some(settled) = answer.settled {
            facts.push((self.t("办结于", "Settled"), minute(settled)));
        }
        let mut blocks = vec![Block::Text(self.t(zh, en)), Block::Facts(facts)];
        if let Some(words) = &answer.words {
            let why = self.t("理由", "Reasons");
            blocks.push(Block::Facts(vec![(why, words.clone())]));
            blocks.push(Block::Note(self.t(
                "您如不同意，可补充情况后重新举报，或向声明所列的个人信息保护负责人及监管部门投诉。",
                "If you disagree, report again with what you know besides, or complain to the person in charge whom the statement names, or to the regulator.",
            )));
        }
        let title = lang.pick("结果", "Where it stands");
        section("state", title, blocks)
    }
}
