//! One instruction: what it allows, what was done under it, and its end.

use std::collections::BTreeMap;

use axum::response::Response;
use yuntu_app::JOBS_PAGE;
use yuntu_app::policy::Action;
use yuntu_app::store::{CitedOutcome, CitedWork, Import, Instruction, LeafId};
use yuntu_app::words::{grouped, import_text, minute, operation_text};
use yuntu_terms::{DatasetId, InstructionId, clause};

use super::{PATH, state_of, title_of};
use crate::console::{Console, datasets, receipts};
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
        let mut sections = vec![self.allows(&instruction).await?];
        sections.push(if instruction.is_to_import() {
            let imports = platform.instruction_imports(caller, self.about.id);
            self.imports(&imports.await?)
        } else {
            self.jobs(&jobs)
        });
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
            (self.t("下达人", "Given by"), self.colleague(facts.by)),
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

    fn imports(&self, imports: &[Import]) -> Section {
        let lang = self.lang;
        let title = lang.pick("依此进行的导入", "Imports on it");
        let text = Block::Text(self.t(
            "请求导入即是下达此指示：文件中的行保存于数据集中，并整理备用。它不含任何目的，使用这些数据须另有指示。",
            "Whoever asks for an import gives this instruction: the rows of the files are kept in the dataset and put in order. It names no purpose; whatever uses the data needs another one.",
        ));
        let path = |it: &Import| format!("{}/{}/imports/{}", datasets::PATH, it.dataset, it.id);
        let links = imports.iter().enumerate();
        let links = links.map(|(row, it)| ((row, 0), self.address(&path(it))));
        let rows = imports.iter().map(|it| {
            vec![
                minute(it.created),
                import_text(it.status).get(lang).to_owned(),
                grouped(it.progress.rows_loaded),
            ]
        });
        let table = Table {
            links: links.collect(),
            ..self.table(
                self.t("最近的导入，最近的在前", "The newest imports, newest first"),
                &[
                    ("开始", "Begun"),
                    ("结果", "Outcome"),
                    ("导入行", "Rows loaded"),
                ],
                rows,
            )
        };
        section("jobs", title, vec![text, Block::Table(table)])
    }

    /// What can be done next: give it again, and revoke it while it stands.
    fn next(&self, instruction: &Instruction, wrong: Wrong) -> Section {
        let (lang, id) = (self.lang, self.about.id);
        let code = lang.pick("zh", "en");
        let mut blocks = Vec::new();
        // One to import is given with the next import.
        if !instruction.is_to_import() {
            blocks.push(Block::Links(vec![Link {
                address: format!("{PATH}?like={id}&lang={code}#instruct"),
                text: self.t(
                    "以此为模板再次下达",
                    "Give it again, with this one as the template",
                ),
                note: String::new(),
            }]));
        }
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

/// Leads to where people of a dataset can be asked for more.
fn wish_of<P>(view: &Console<P>, dataset: DatasetId) -> String {
    let path = format!("/console/datasets/{dataset}/consent");
    format!("{}#wish", view.address(&path))
}

/// Which columns of the pieces of work lead somewhere.
const OUTCOME: usize = 4;
const RECEIPT: usize = 5;

/// Shows pieces of work with what became of each, and where its receipt is.
pub(in crate::console) fn jobs_table<P>(view: &Console<P>, jobs: &[CitedWork]) -> Table {
    let link = |(row, job): (usize, &CitedWork)| match job.outcome {
        CitedOutcome::Done(receipt) => {
            let path = format!("{}/{receipt}", receipts::PATH);
            Some(((row, RECEIPT), view.address(&path)))
        }
        // Where consent is missing, the way on is to ask for it.
        CitedOutcome::Refused => job
            .unconsented
            .map(|it| ((row, OUTCOME), wish_of(view, it))),
        CitedOutcome::Permitted | CitedOutcome::Stopped(_) => None,
    };
    let links: BTreeMap<_, _> = jobs.iter().enumerate().filter_map(link).collect();
    Table {
        links,
        ..view.table(
            view.t("最近的工作，最近的在前", "The newest work, newest first"),
            &[
                ("时间", "Time"),
                ("由谁", "Asked by"),
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
        CitedOutcome::Refused if job.unconsented.is_some() => (
            view.t(
                "拒绝：缺少同意，可征询",
                "refused for want of consent, which can be asked for",
            ),
            String::new(),
        ),
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
        view.colleague(job.by),
        view.purpose(&job.purpose),
        operation_text(job.operation).get(lang).to_owned(),
        outcome,
        receipt,
    ]
}
