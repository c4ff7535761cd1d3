//! What the platform does again and again: when each audit, training and exercise is due, what was done and what was
//! found, and the forms that record it.

mod form;

use axum::extract::State;
use axum::response::Response;
use yuntu_app::duties::{DutiesState, DutyBook, DutyState, Mended};
use yuntu_app::policy::{EndingStep, operator_may};
use yuntu_app::store::{DutyFinding, DutyRecord, DutyTexts};
use yuntu_app::words::minute;
use yuntu_terms::{DutyRecordId, Timestamp, clause};

use super::{Desk, OperatorIn};
use crate::files::{Upload, attachment};
use crate::forms::{Fields, Sent};
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, Part, Section, opened, section};
use crate::state::Site;
use crate::view::{Asked, Wrong};

const PATH: &str = "/operator/duties";

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Desk<Topic>;

/// What was typed into one of the forms, and what is wrong with it.
#[derive(Default)]
struct Typed<'a> {
    record: Option<&'a Fields>,
    /// The finding whose form it was, with what was typed.
    mended: Option<(&'a str, &'a str)>,
    wrong: Wrong,
}

pub(super) async fn page(view: View, asked: Asked) -> Result<Response, Problem> {
    let done = match asked.done.as_str() {
        "recorded" => view.lang.pick(
            "已登记，下次期限随之顺延。",
            "It is recorded, and due anew from its day on.",
        ),
        "mended" => view.lang.pick(
            "整改已登记。",
            "It is recorded that the finding was mended.",
        ),
        _ => "",
    };
    view.show(Typed::default(), done).await
}

pub(super) async fn sent(view: View, upload: Upload) -> Result<Response, Problem> {
    clause::hit!(R23);
    let Upload {
        fields,
        name,
        bytes,
    } = upload;
    let again = |wrong| Typed {
        record: Some(&fields),
        wrong,
        ..Typed::default()
    };
    let report = match form::read(&fields, name, bytes) {
        Ok(report) => report,
        Err(wrong) => return view.show(again(wrong), "").await,
    };
    match view
        .site
        .platform
        .record_duty(&view.who.caller, report)
        .await
    {
        Ok(_id) => Ok(view.on_to(PATH, "recorded")),
        Err(error) => view.show(again(Wrong::of(error)?), "").await,
    }
}

/// Takes how a finding was mended.
pub(super) async fn mended(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(R23);
    let (finding, words) = (fields.one("finding"), fields.one("mended"));
    let (platform, caller) = (&view.site.platform, &view.who.caller);
    let id = fields.id("finding")?;
    let done = match Mended::parse(words) {
        Ok(how) => platform.close_finding(caller, id, &how).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(view.on_to(PATH, "mended")),
        Err(error) => {
            let typed = Typed {
                mended: Some((finding, words)),
                wrong: Wrong::of(error)?,
                ..Typed::default()
            };
            view.show(typed, "").await
        }
    }
}

pub(super) async fn report_file(
    State(site): State<Site>,
    operator: OperatorIn,
    Named(id): Named<DutyRecordId>,
) -> Result<Response, Problem> {
    let opened = site.platform.open_duty_report(&operator.caller, id);
    attachment(opened.await?)
}

impl View {
    async fn show(&self, typed: Typed<'_>, done: &str) -> Result<Response, Problem> {
        let (lang, platform) = (self.lang, &self.site.platform);
        let book = platform.duty_book(&self.who.caller).await?;
        let state = platform.duties_state().await?;
        let status = typed.wrong.status();
        let Typed {
            record,
            mended,
            wrong,
        } = typed;
        let (of_record, of_finding) = match mended {
            Some(_) => (Wrong::default(), wrong),
            None => (wrong, Wrong::default()),
        };
        let mut sections = vec![self.state(&state)];
        sections.extend(self.open_findings(&book, mended, of_finding));
        sections.extend(self.record_form(record, of_record));
        sections.push(self.history(&book));
        let title = lang.pick("审计、培训与演练", "Audits, training and exercises");
        let lead = self.t(
            "法律与声明要求反复做的事：各自的期限、做过什么、发现了什么、是否已整改。",
            "What the law and the statement ask for again and again: when each is due, what was done, what was found and whether it is mended.",
        );
        let frame = self.frame(title, PATH).saying(done);
        self.shown(frame, lead, sections, status)
    }

    /// When each is due.
    fn state(&self, state: &DutiesState) -> Section {
        let lang = self.lang;
        let mut blocks = Vec::new();
        if state.alarm() {
            blocks.push(Block::Note(self.t(
                "警报：有事项即将到期或已逾期，或有发现项逾期未整改。",
                "Alarm: something is due or overdue, or a finding is not mended in time.",
            )));
        }
        blocks.extend(state.duties.iter().map(|duty| self.duty(duty)));
        let persons = state.persons;
        blocks.push(Block::Note(lang.pick(
            format!("审计周期取法律要求与声明承诺中较短者；按帐号与已分配的个人编号计，现有约 {persons} 人。"),
            format!("An audit comes as often as the law asks or the statement promises, whichever is more; by accounts and by the numbers given to people in the data there are about {persons} persons."),
        )));
        section("state", lang.pick("期限", "When each is due"), blocks)
    }

    fn duty(&self, duty: &DutyState) -> Block {
        let lang = self.lang;
        let standing = match duty.near {
            None => self.t("未到期", "not due yet"),
            Some(EndingStep::Quarter) => self.t("九十日内到期", "due within ninety days"),
            Some(EndingStep::Month) => self.t("三十日内到期", "due within thirty days"),
            Some(EndingStep::Week) => self.t("七日内到期", "due within seven days"),
            Some(EndingStep::Over) => self.t("已逾期", "overdue"),
        };
        let never = || self.t("尚未做过", "never yet");
        let last = duty.last.map_or_else(never, |last| day_of(last.told.done));
        let months = duty.months;
        Block::Part(Part {
            title: opened(duty.kind.text().get(lang), lang),
            facts: vec![
                (self.t("状态", "State"), standing),
                (self.t("须完成于", "Due by"), minute(duty.due)),
                (self.t("上次完成", "Done last"), last),
                (
                    self.t("周期", "Comes every"),
                    lang.pick(
                        format!("至多每 {months} 个月一次"),
                        format!("{months} months at the latest"),
                    ),
                ),
            ],
        })
    }

    /// What was found and is not mended, each with the form in which that is recorded.
    fn open_findings(
        &self,
        book: &DutyBook,
        typed: Option<(&str, &str)>,
        wrong: Wrong,
    ) -> Option<Section> {
        let (lang, now) = (self.lang, self.site.platform.now());
        let mut wrong = Some(wrong);
        let mut blocks = Vec::new();
        for (record, texts) in &book.records {
            for finding in texts.findings.iter().filter(|it| it.closed.is_none()) {
                blocks.push(self.finding(book, record, finding, now));
                if !operator_may(self.who.caller.role, record.told.kind.recorded_by()) {
                    continue;
                }
                let id = finding.id.to_string();
                let mine = typed.filter(|(other, _)| *other == id);
                let words = mine.map_or("", |(_, words)| words);
                let label = self.t(
                    "如何整改（10 至 1000 字）",
                    "How it was mended (10 to 1000 characters)",
                );
                let form = FormView {
                    hidden: vec![("finding", id)],
                    inputs: vec![
                        InputView {
                            apart: finding.id.to_string(),
                            ..InputView::line("mended", label)
                        }
                        .with(words)
                        .needed(),
                    ],
                    acts: vec![(
                        "mended",
                        self.t("登记已整改", "Record that it was mended"),
                        true,
                    )],
                    ..self.form("mended", &format!("{PATH}/findings"))
                };
                let form = match wrong.take_if(|_| mine.is_some()) {
                    Some(wrong) => wrong.into_form(form, lang),
                    None => form,
                };
                blocks.push(Block::Form(Box::new(form)));
            }
        }
        let heading = lang.pick("待整改的发现项", "Findings that are open");
        (!blocks.is_empty()).then(|| section("findings", heading, blocks))
    }

    fn finding(
        &self,
        book: &DutyBook,
        record: &DutyRecord,
        finding: &DutyFinding,
        now: Timestamp,
    ) -> Block {
        let lang = self.lang;
        let standing = match &finding.closed {
            Some((how, by, at)) => {
                let (how, at) = (book.read(how), minute(*at));
                lang.pick(
                    format!("已整改：{how}（{by}，{at}）"),
                    format!("Mended: {how} ({by}, {at})"),
                )
            }
            None if finding.due <= now => self.t("逾期未整改", "Not mended in time"),
            None => self.t("待整改", "To be mended"),
        };
        Block::Part(Part {
            title: book.read(&finding.words),
            facts: vec![
                (self.t("状态", "State"), standing),
                (self.t("整改期限", "Until"), day_of(finding.due)),
                (
                    self.t("发现于", "Found by"),
                    opened(record.told.kind.text().get(lang), lang),
                ),
            ],
        })
    }

    /// Each time that something was done.
    fn history(&self, book: &DutyBook) -> Section {
        let lang = self.lang;
        let now = self.site.platform.now();
        let mut blocks = Vec::new();
        let mut links = Vec::new();
        for (record, texts) in &book.records {
            blocks.push(self.once(book, record, texts));
            let mended = texts.findings.iter().filter(|it| it.closed.is_some());
            blocks.extend(mended.map(|finding| self.finding(book, record, finding, now)));
            links.push(Link {
                address: format!("{PATH}/{}/report", record.id),
                text: lang.pick(
                    format!("下载报告 {}", record.id),
                    format!("Download the report {}", record.id),
                ),
                note: self.t("下载会留下记录", "the download is recorded"),
            });
        }
        if links.is_empty() {
            blocks.push(Block::Text(self.t("没有。", "None.")));
        } else {
            blocks.push(Block::Links(links));
        }
        section("history", lang.pick("历次记录", "What was done"), blocks)
    }

    fn once(&self, book: &DutyBook, record: &DutyRecord, texts: &DutyTexts) -> Block {
        let (lang, told) = (self.lang, &record.told);
        let open = texts.findings.iter().filter(|it| it.closed.is_none());
        let (all, open) = (texts.findings.len(), open.count());
        Block::Part(Part {
            title: record.id.to_string(),
            facts: vec![
                (
                    self.t("事项", "What"),
                    opened(told.kind.text().get(lang), lang),
                ),
                (self.t("完成于", "Done on"), day_of(told.done)),
                (self.t("执行者", "Done by"), book.read(&texts.body)),
                (
                    self.t("结论", "Result"),
                    opened(told.result.text().get(lang), lang),
                ),
                (
                    self.t("发现项", "Findings"),
                    lang.pick(
                        format!("{all} 项，其中待整改 {open} 项"),
                        format!("{all}, of which open: {open}"),
                    ),
                ),
                (self.t("登记人", "Recorded by"), told.by.to_string()),
                (self.t("登记于", "Recorded"), minute(record.recorded)),
            ],
        })
    }
}

fn day_of(at: Timestamp) -> String {
    at.day_in_china().to_string()
}
