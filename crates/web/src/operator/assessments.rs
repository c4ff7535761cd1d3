//! The impact assessments of the platform: what was recorded, what is in force, and the form for the next one.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::assessments::{AssessmentReport, AssessmentState};
use yuntu_app::policy::{
    AssessmentResult, OperatorAction, ProposalKind, Tie, operator_may, operator_may_propose,
};
use yuntu_app::store::Assessment;
use yuntu_app::words::minute;
use yuntu_terms::{AssessmentId, Text, clause};

use super::proposals::link_to;
use super::{Desk, OperatorIn};
use crate::files::{KINDS, Upload, attachment};
use crate::forms::Fields;
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputKind, InputView, Link, Part, Section, opened, section};
use crate::state::Site;
use crate::view::{Asked, Wrong};

const PATH: &str = "/operator/assessments";
/// What the report must have, by the field that says that it does.
const HOLDS: [(&str, &str, &str); 3] = [
    (
        "lawful",
        "报告评估了处理的目的和方式是否合法、正当、必要",
        "The report weighs whether purpose and manner are lawful, legitimate and necessary",
    ),
    (
        "impact",
        "报告评估了对个人权益的影响和安全风险",
        "The report weighs the impact on people and the risk to their data",
    ),
    (
        "measures",
        "报告评估了保护措施是否合法、有效并与风险相适应",
        "The report weighs whether the measures are lawful, effective and fit the risk",
    ),
];

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Desk<Topic>;

pub(super) async fn page(view: View, asked: Asked) -> Result<Response, Problem> {
    view.show(None, Wrong::default(), asked.done == "recorded")
        .await
}

pub(super) async fn sent(view: View, upload: Upload) -> Result<Response, Problem> {
    clause::hit!(R23);
    let Upload {
        fields,
        name,
        bytes,
    } = upload;
    let report = match report(&fields, name, bytes) {
        Ok(report) => report,
        Err(wrong) => return view.show(Some(&fields), wrong, false).await,
    };
    let platform = &view.site.platform;
    match platform.record_assessment(&view.who.caller, report).await {
        Ok(_id) => Ok(view.on_to(PATH, "recorded")),
        Err(error) => view.show(Some(&fields), Wrong::of(error)?, false).await,
    }
}

pub(super) async fn report_file(
    State(site): State<Site>,
    operator: OperatorIn,
    Named(id): Named<AssessmentId>,
) -> Result<Response, Problem> {
    let opened = site.platform.open_assessment(&operator.caller, id);
    attachment(opened.await?)
}

/// Reads what was typed of a report.
fn report(fields: &Fields, name: String, bytes: Vec<u8>) -> Result<AssessmentReport, Wrong> {
    let mut wrong = Wrong::default();
    let made = wrong.day("made", fields.one("made"), false);
    let review = wrong.day("review", fields.one("review"), false);
    let result = AssessmentResult::from_code(fields.one("result"));
    if result.is_none() {
        let text = Text::new("请选择评估结论", "Please choose what it came to.");
        wrong.add("result", text);
    }
    for (field, _, _) in HOLDS {
        if fields.one(field) != "yes" {
            let text = Text::new(
                "法律要求报告含此内容；请核对报告后勾选",
                "The law asks for this; check the report and tick it.",
            );
            wrong.add(field, text);
        }
    }
    match (made, review, result) {
        (Some(made), Some(review), Some(result)) if wrong.is_nothing() => Ok(AssessmentReport {
            name,
            bytes,
            made,
            review,
            result,
        }),
        _ => Err(wrong),
    }
}

impl View {
    async fn show(
        &self,
        typed: Option<&Fields>,
        wrong: Wrong,
        recorded: bool,
    ) -> Result<Response, Problem> {
        let (lang, platform) = (self.lang, &self.site.platform);
        let all = platform.assessments(&self.who.caller).await?;
        let state = platform.assessment_state().await?;
        let status = wrong.status();
        let mut sections = vec![self.state(&state), self.list(&all, &state)];
        if operator_may(self.who.caller.role, OperatorAction::RecordAssessment) {
            sections.push(self.record(typed, wrong));
        }
        let title = lang.pick("个人信息保护影响评估", "Impact assessments");
        let lead = self.t(
            "处理身份证号与银行账户之前须有在有效期内的影响评估；没有时，平台不收集这两类号码。",
            "Identity-card numbers and bank accounts are asked for only while an impact assessment is in force.",
        );
        let mut frame = self.frame(title, PATH);
        if recorded {
            frame.done = self.t(
                "评估已登记。请在下方提出使其生效，由另一人批准。",
                "The assessment is recorded. Propose below to put it in force; another operator approves.",
            );
        }
        self.shown(frame, lead, sections, status)
    }

    fn state(&self, state: &AssessmentState) -> Section {
        let lang = self.lang;
        let text = match (&state.found, state.opens) {
            (None, _) => self.t(
                "没有生效的影响评估：身份证号与银行账户暂不收集。",
                "No impact assessment is in force: neither number is asked for.",
            ),
            (Some(found), true) => {
                let until = minute(found.told.review);
                lang.pick(
                    format!("影响评估有效，下次复核：{until}。"),
                    format!("An impact assessment is in force; its next review: {until}."),
                )
            }
            (Some(found), false) => {
                let until = minute(found.told.review);
                lang.pick(
                    format!("影响评估未生效、已逾复核日或结论为不可接受（复核日 {until}）：这两类号码暂不收集。"),
                    format!("The impact assessment is past its review, or came to no acceptable end (review {until}): neither number is asked for."),
                )
            }
        };
        let mut blocks = vec![Block::Text(text)];
        if state.alarm {
            blocks.push(Block::Note(self.t(
                "警报：请安排评估或复核。",
                "Alarm: an assessment or its review is due.",
            )));
        }
        section("state", lang.pick("现状", "How it stands"), blocks)
    }

    fn list(&self, all: &[Assessment], state: &AssessmentState) -> Section {
        let lang = self.lang;
        let mut blocks = Vec::new();
        for one in all {
            let current = state.found.is_some_and(|found| found.id == one.id);
            let standing = match (one.enforced, current) {
                (None, _) => self.t("等待第二人使其生效", "waits for a second person"),
                (Some(_), false) => self.t("已被后来的取代", "replaced by a later one"),
                (Some(since), true) => {
                    let since = minute(since);
                    lang.pick(
                        format!("自 {since} 生效"),
                        format!("in force since {since}"),
                    )
                }
            };
            let by = one.told.by.map_or_else(
                || self.t("命令行", "the command line"),
                |operator| operator.to_string(),
            );
            let result = one.told.result.text();
            blocks.push(Block::Part(Part {
                title: one.id.to_string(),
                facts: vec![
                    (self.t("状态", "State"), standing),
                    (self.t("结论", "Result"), opened(result.get(lang), lang)),
                    (self.t("评估于", "Made"), minute(one.told.made)),
                    (self.t("下次复核", "Next review"), minute(one.told.review)),
                    (self.t("登记人", "Recorded by"), by),
                    (self.t("登记于", "Recorded"), minute(one.recorded)),
                ],
            }));
        }
        let links = self.links(all);
        if links.is_empty() {
            blocks.push(Block::Text(self.t("没有。", "None.")));
        } else {
            blocks.push(Block::Links(links));
        }
        section("all", lang.pick("全部评估", "All assessments"), blocks)
    }

    /// Leads to each report, and from those that wait to the form that proposes to put them in force.
    fn links(&self, all: &[Assessment]) -> Vec<Link> {
        let lang = self.lang;
        let role = self.who.caller.role;
        let kind = ProposalKind::EnforceAssessment;
        let may = operator_may_propose(role, kind, Tie::None);
        let waiting = all.iter().filter(|one| may && one.enforced.is_none());
        let propose = waiting.map(|one| {
            let id = one.id.to_string();
            let text = lang.pick(
                format!("提出使其生效：{id}"),
                format!("Propose to put in force: {id}"),
            );
            link_to(kind, &id, text, lang)
        });
        let reports = all.iter().map(|one| Link {
            address: format!("{PATH}/{}/report", one.id),
            text: lang.pick(
                format!("下载报告 {}", one.id),
                format!("Download the report {}", one.id),
            ),
            note: self.t("下载会留下记录", "the download is recorded"),
        });
        reports.chain(propose).collect()
    }

    fn record(&self, typed: Option<&Fields>, wrong: Wrong) -> Section {
        let lang = self.lang;
        let typed = |name: &str| typed.map_or("", |fields| fields.one(name));
        let date = |name, label: String| InputView::day(name, label).with(typed(name)).needed();
        let results = AssessmentResult::ALL.iter().map(|result| {
            let text = result.text();
            (result.code().to_owned(), opened(text.get(lang), lang))
        });
        let label = self.t(
            "评估报告（PDF、PNG 或 JPEG，最大 5 MiB）",
            "The report (PDF, PNG or JPEG, at most 5 MiB)",
        );
        let note = self.t(
            "必填。加密保存，至少三年。",
            "Necessary. Kept encrypted, for three years at least.",
        );
        let mut inputs = vec![
            InputView::file(label, KINDS).because(note).needed(),
            date("made", self.t("评估日期", "Made on")),
            date(
                "review",
                self.t("下次复核（一年之内）", "Next review (within a year)"),
            ),
            self.pick(
                "result",
                self.t("结论", "What it came to"),
                typed("result"),
                results,
            ),
        ];
        for (field, zh, en) in HOLDS {
            let on = typed(field) == "yes";
            inputs.push(InputView {
                kind: InputKind::Tick { on },
                ..InputView::tick(field, "yes", self.t(zh, en)).needed()
            });
        }
        let form = FormView {
            inputs,
            acts: vec![("record", self.t("登记评估", "Record the assessment"), false)],
            ..self.form("assessment", PATH)
        };
        let form = wrong.into_form(form, lang);
        let title = lang.pick("登记一份评估", "Record an assessment");
        section("record", title, vec![Block::Form(Box::new(form))])
    }
}
