//! One instruction: what it allows, what was done under it, and its end.

use std::collections::BTreeMap;

use axum::response::Response;
use yuntu_app::JOBS_PAGE;
use yuntu_app::policy::Action;
use yuntu_app::store::{CitedOutcome, CitedWork, Instruction, LeafId};
use yuntu_app::words::{minute, operation_text};
use yuntu_terms::{InstructionId, clause};

use super::{PATH, state_of, title_of};
use crate::console::Console;
use crate::console::receipts;
use crate::forms::{Fields, Sent};
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{Block, FormView, Link, Section, Table, opened, section};
use crate::view::{Asked, Wrong};

struct Topic {
    id: InstructionId,
}

type View = Console<Topic>;

pub(in crate::console) async fn page(
    console: Console,
    Named(id): Named<InstructionId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let view = console.about(Topic { id });
    view.show(Wrong::default(), &asked.before).await
}

/// Revokes the instruction.
pub(in crate::console) async fn sent(
    console: Console,
    Named(id): Named<InstructionId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(U2);
    let view = console.about(Topic { id });
    if fields.one("act") != "revoke" {
        return Err(Problem::no_such_act());
    }
    match view
        .site
        .platform
        .revoke_instruction(&view.who.caller, id)
        .await
    {
        Ok(()) => Ok(view.on_to(&format!("{PATH}/{id}"), "")),
        Err(error) => view.show(Wrong::of(error)?, "").await,
    }
}

impl View {
    fn path(&self) -> String {
        format!("{PATH}/{}", self.about.id)
    }

    async fn show(&self, wrong: Wrong, before: &str) -> Result<Response, Problem> {
        let (lang, platform, caller) = (self.lang, &self.site.platform, &self.who.caller);
        let status = wrong.status();
        let instruction = platform.view_instruction(caller, self.about.id).await?;
        let before = before.parse().ok().map(LeafId::of_number);
        let jobs = platform
            .instruction_jobs(caller, self.about.id, before)
            .await?;
        let mut sections = vec![self.allows(&instruction).await?, self.jobs(&jobs)];
        if platform.can(caller, Action::Instruct).await? {
            sections.push(self.next(&instruction, wrong));
        }
        let title = title_of(self, &instruction);
        let frame =
            self.frame(title, self.path())
                .below(self.link(PATH, "全部指示", "All instructions"));
        let lead = opened(&state_of(&instruction, platform.now(), lang), lang);
        self.shown(frame, lead, sections, status)
    }

    async fn allows(&self, instruction: &Instruction) -> Result<Section, Problem> {
        let (lang, facts) = (self.lang, &instruction.facts);
        let links = self
            .dataset_links(|id| facts.datasets.contains(&id))
            .await?;
        let join = |texts: Vec<String>| texts.join(lang.pick("、", ", "));
        let operations = facts.operations.iter();
        let operations = operations.map(|it| operation_text(*it).get(lang).to_owned());
        let recipients = facts.recipients.iter();
        let names = self.recipient_names().await?;
        let recipients = recipients.map(|it| names.of(*it));
        let mut pairs = vec![
            (self.t("操作", "Operations"), join(operations.collect())),
            (self.t("接收方", "Recipients"), join(recipients.collect())),
            (self.t("下达于", "Given"), minute(facts.recorded)),
        ];
        if let Some(period) = facts.period {
            let (from, until) = (minute(period.from), minute(period.until));
            let text = lang.pick(format!("{from} 至 {until}"), format!("{from} to {until}"));
            pairs.push((self.t("期限", "Period"), text));
        }
        if let Some(note) = &instruction.note {
            pairs.push((self.t("备注", "Note"), note.clone()));
        }
        pairs.push((self.t("编号", "Id"), facts.id.to_string()));
        let blocks = vec![Block::Facts(pairs), Block::Links(links)];
        Ok(section(
            "allows",
            lang.pick("内容", "What it allows"),
            blocks,
        ))
    }

    fn jobs(&self, jobs: &[CitedWork]) -> Section {
        let lang = self.lang;
        let title = lang.pick("依此进行的工作", "Work under it");
        if jobs.is_empty() {
            let text = self.t("还没有工作引用过它。", "No work has cited it yet.");
            return section("jobs", title, vec![Block::Text(text)]);
        }
        let table = jobs_table(self, jobs);
        let mut blocks = vec![Block::Table(table)];
        let earlier = ("更早的工作", "Earlier work");
        let shown = (jobs, JOBS_PAGE);
        let older = self.older(shown, &self.path(), |it| it.leaf.number(), earlier);
        blocks.extend(older.map(|link| Block::Links(vec![link])));
        section("jobs", title, blocks)
    }

    /// What can be done next: give it again, and revoke it while it stands.
    fn next(&self, instruction: &Instruction, wrong: Wrong) -> Section {
        let (lang, id) = (self.lang, self.about.id);
        let code = lang.pick("zh", "en");
        let mut blocks = vec![Block::Links(vec![Link {
            address: format!("{PATH}?like={id}&lang={code}#instruct"),
            text: self.t(
                "以此为模板再次下达",
                "Give it again, with this one as the template",
            ),
            note: String::new(),
        }])];
        if instruction.revoked.is_none() {
            blocks.push(Block::Text(self.t(
                "撤销立即生效：正在进行的工作停止，之后引用它的工作被拒绝。撤销不能恢复，但可以再次下达。",
                "Revoking works at once: what runs under it stops, and whatever cites it later is refused. It cannot be undone, but the instruction can be given again.",
            )));
            let form = FormView {
                acts: vec![(
                    "revoke",
                    self.t("撤销此指示", "Revoke this instruction"),
                    true,
                )],
                ..self.form("revoke", &self.path())
            };
            blocks.push(Block::Form(Box::new(wrong.into_form(form, lang))));
        }
        section("next", lang.pick("接下来", "What next"), blocks)
    }
}

/// Shows pieces of work with what became of each, and where its receipt is.
pub(in crate::console) fn jobs_table<P>(view: &Console<P>, jobs: &[CitedWork]) -> Table {
    let link = |(row, job): (usize, &CitedWork)| match job.outcome {
        CitedOutcome::Done(receipt) => {
            let path = format!("{}/{receipt}", receipts::PATH);
            Some(((row, 4), view.address(&path)))
        }
        CitedOutcome::Refused | CitedOutcome::Permitted | CitedOutcome::Stopped(_) => None,
    };
    let links: BTreeMap<_, _> = jobs.iter().enumerate().filter_map(link).collect();
    Table {
        links,
        ..view.table(
            view.t("最近的工作，最近的在前", "The newest work, newest first"),
            &[
                ("时间", "Time"),
                ("目的", "Purpose"),
                ("操作", "Operation"),
                ("结果", "Outcome"),
                ("收据", "Receipt"),
            ],
            jobs.iter().map(|job| job_row(view, job)),
        )
    }
}

fn job_row<P>(view: &Console<P>, job: &CitedWork) -> Vec<String> {
    let lang = view.lang;
    let (mut outcome, receipt) = match job.outcome {
        CitedOutcome::Refused => (view.t("拒绝", "refused"), String::new()),
        CitedOutcome::Permitted => (
            view.t("已许可，无收据", "permitted, no receipt"),
            String::new(),
        ),
        CitedOutcome::Stopped(reason) => {
            let what = reason.what(lang);
            let text = lang.pick(format!("已停止：{what}"), format!("stopped: {what}"));
            (text, String::new())
        }
        CitedOutcome::Done(receipt) => (view.t("完成", "done"), receipt.to_string()),
    };
    if job.help.is_some() {
        outcome = lang.pick(
            format!("{outcome}（技术协助）"),
            format!("{outcome} (technical help)"),
        );
    }
    vec![
        minute(job.decided),
        view.purpose(&job.purpose),
        operation_text(job.operation).get(lang).to_owned(),
        outcome,
        receipt,
    ]
}
