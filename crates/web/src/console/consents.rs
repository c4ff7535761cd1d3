//! Who agreed to what: counts by purpose and over time, a file of consents, and the way to one person's records.

use std::collections::BTreeMap;

use axum::response::Response;
use serde::Deserialize;
use yuntu_app::ConsentCounts;
use yuntu_app::consent::Standings;
use yuntu_app::store::{About, Dataset};
use yuntu_app::words::{grouped, operation_text};
use yuntu_statement::{ProcessingRole, Statement};
use yuntu_terms::{DatasetId, Lang, Operation, Purpose, Recipient, Text};

use super::choices::recipient;
use super::{Console, datasets};
use crate::charts;
use crate::input::InQuery;
use crate::problem::Problem;
use crate::report::{Block, Chart, FormView, InputView, Link, Section, Table, section};
use crate::view::Wrong;

pub(super) mod file;
pub(super) mod of_dataset;
pub(super) mod person;

pub(super) const PATH: &str = "/console/consents";

/// What the address of the page asks.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    dataset: Option<String>,
    purpose: Option<String>,
    operation: Option<String>,
    recipient: Option<String>,
    done: Option<String>,
}

pub(super) async fn page(view: View, InQuery(asked): InQuery<Asked>) -> Result<Response, Problem> {
    view.show(&asked, Wrong::default()).await
}

/// Lists the purposes that an enterprise may ask for.
pub(super) fn business(statement: &Statement) -> impl Iterator<Item = &Purpose> {
    let rules = statement.purposes().iter();
    let rules = rules.filter(|rule| rule.role == ProcessingRole::Processor);
    rules.map(|rule| &rule.id)
}

/// What every page about consents has at hand.
#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Console<Topic>;

impl View {
    /// Lists the purposes to choose one of.
    pub(super) fn purposes(&self, name: &'static str, label: String, chosen: &str) -> InputView {
        let statement = self.site.platform.statement();
        let options = business(statement).map(|purpose| {
            let id = purpose.to_string();
            let on = id == chosen;
            (id, self.purpose(purpose), on)
        });
        InputView::one(name, label, options.collect()).because(self.t(
            "必填。声明中的业务目的；一个目的包含其下的目的。",
            "Necessary. A business purpose of the statement; it includes those below it.",
        ))
    }

    async fn show(&self, asked: &Asked, wrong: Wrong) -> Result<Response, Problem> {
        let (lang, caller) = (self.lang, &self.who.caller);
        let status = wrong.status();
        let platform = &self.site.platform;
        let datasets = platform.list_datasets(caller).await?;
        let persons: Vec<Dataset> = datasets
            .into_iter()
            .filter(|it| it.about == About::Persons)
            .collect();
        let named = asked.dataset.as_deref().and_then(|it| it.parse().ok());
        let named = named.filter(|id: &DatasetId| persons.iter().any(|it| it.id == *id));
        let towards = lane_of(asked);
        let counts = platform.consent_overview(caller, named, towards).await?;
        let chosen = asked.purpose.as_deref().unwrap_or_default();
        let shown_one = counts
            .iter()
            .find(|(purpose, _)| purpose.as_str() == chosen)
            // The page opens at the purpose that most people agreed to.
            .or_else(|| counts.iter().max_by_key(|(_, counts)| counts.now().given));
        let offered = self.lanes().await?;
        let mut sections = vec![self.counts(&persons, (named, towards, &offered), &counts)];
        if let Some((purpose, counts)) = shown_one {
            sections.push(self.over_time(purpose, counts)?);
        }
        sections.push(self.upload(wrong));
        sections.push(self.person_link());
        let title = lang.pick("同意", "Consents");
        let frame = self
            .frame(title, PATH)
            .below(self.up())
            .saying(done_text(asked.done.as_deref(), lang));
        let lead = self.t(
            "人数由同意日志逐条重算：每个人以本人的记录为准；数据集的默认声明不算作本人的同意。",
            "The numbers are counted from the log of consents: each person by her own records; what a dataset declares by default is not counted as anybody's consent.",
        );
        self.shown(frame, lead, sections, status)
    }

    fn counts(
        &self,
        persons: &[Dataset],
        (named, shown, offered): (Option<DatasetId>, Lane, &[(Lane, String)]),
        counts: &[(Purpose, ConsentCounts)],
    ) -> Section {
        let lang = self.lang;
        let here = self.address(PATH);
        let towards =
            |(operation, recipient): Lane| format!("&operation={operation}&recipient={recipient}");
        let place = |dataset: Option<DatasetId>| {
            let dataset = dataset.map_or_else(String::new, |id| format!("&dataset={id}"));
            format!("{dataset}{}", towards(shown))
        };
        let mut links = vec![Link {
            address: format!("{here}{}", place(None)),
            text: self.t("全部数据", "All data"),
            note: String::new(),
        }];
        links.extend(persons.iter().map(|it| Link {
            address: format!("{here}{}", place(Some(it.id))),
            text: it.name.clone(),
            note: String::new(),
        }));
        let caption = match persons.iter().find(|it| Some(it.id) == named) {
            Some(dataset) => lang.pick(
                format!("数据集“{}”中的人，按目的", dataset.name),
                format!("People in the dataset {}, by purpose", dataset.name),
            ),
            None => self.t(
                "企业全部数据中的人，按目的",
                "People in all of the enterprise's data, by purpose",
            ),
        };
        let cell_link = |(row, (purpose, _)): (usize, &(Purpose, ConsentCounts))| {
            let place = place(named);
            let address = format!("{here}{place}&purpose={purpose}#over-time");
            ((row, 0), address)
        };
        let mut head = vec![self.t("目的", "Purpose")];
        head.extend(self.kinds().map(|(name, _)| name));
        let row = |(purpose, counts): &(Purpose, ConsentCounts)| {
            let mut row = vec![self.purpose(purpose)];
            row.extend(figures(counts.now()).map(grouped));
            row
        };
        let table = Table {
            caption,
            head,
            rows: counts.iter().map(row).collect(),
            links: counts.iter().enumerate().map(cell_link).collect(),
        };
        let counted = offered.iter().find(|(it, _)| *it == shown);
        let counted = counted.map_or_else(|| shown.1.to_string(), |(_, name)| name.clone());
        let note = lang.pick(
            format!("以上为“{counted}”的同意。点选一个目的查看其变化。"),
            format!("For: {counted}. Choose a purpose to see how it changed."),
        );
        let of_dataset = named.map_or_else(String::new, |id| format!("&dataset={id}"));
        let others = offered.iter().filter(|(it, _)| *it != shown);
        let others = others.map(|(it, name)| Link {
            address: format!("{here}{of_dataset}{}", towards(*it)),
            text: name.clone(),
            note: self.t(
                "查看对此操作与接收方的同意",
                "the consents for this operation and recipient",
            ),
        });
        let blocks = vec![
            Block::Table(table),
            Block::Note(note),
            Block::Links(links),
            Block::Links(others.collect()),
        ];
        section("counts", lang.pick("现状", "As it stands"), blocks)
    }

    /// Lists what consents may be for, each with its name: what the enterprise does itself, and what the agreement with each
    /// partner covers.
    async fn lanes(&self) -> Result<Vec<(Lane, String)>, Problem> {
        let lang = self.lang;
        let named = |operation: Operation, name: &str| {
            let Text { zh, en } = operation_text(operation);
            lang.pick(format!("{zh}：{name}"), format!("{en}: {name}"))
        };
        let own = self.t("本企业", "the enterprise itself");
        let mut lanes = vec![(OWN, named(Operation::Process, &own))];
        for partner in self.site.platform.partners(&self.who.caller).await? {
            let operations = partner.facts.agreement.map(|it| it.operations);
            for operation in operations.unwrap_or_default() {
                let towards = (operation, Recipient::Partner(partner.facts.id));
                lanes.push((towards, named(operation, &partner.name)));
            }
        }
        let public = self.t("公众", "the public");
        let towards = (Operation::Publicise, Recipient::Public);
        lanes.push((towards, named(Operation::Publicise, &public)));
        Ok(lanes)
    }

    /// Names what is counted, in the order of the figures.
    fn kinds(&self) -> impl Iterator<Item = (String, usize)> {
        let names = [
            self.t("已同意", "Given"),
            self.t("已撤回", "Withdrawn"),
            self.t("已拒绝", "Refused"),
            self.t("已到期", "Expired"),
            self.t("未知", "Unknown"),
        ];
        names.into_iter().zip(0..)
    }

    fn over_time(&self, purpose: &Purpose, counts: &ConsentCounts) -> Result<Section, Problem> {
        let days: Vec<String> = counts
            .over_time
            .iter()
            .map(|(at, _)| at.day_in_china().to_string())
            .collect();
        // Who said nothing is far more than who said something, and would flatten the drawing.
        let series = self.kinds().take(4).map(|(name, place)| {
            let values = counts.over_time.iter().map(|(_, it)| {
                let figures = figures(*it);
                drawn(figures.get(place).copied().unwrap_or_default())
            });
            (name, values.collect())
        });
        // The month and its day: thirty days apart, two of them may lie in one month.
        let moments = days
            .iter()
            .map(|day| day.get(5..).unwrap_or(day).to_owned());
        let drawing = charts::bars(moments.collect(), series.collect())
            .map_err(|_figures| Problem::internal("a chart that cannot be drawn"))?;
        let title = self.lang.pick(
            format!("“{}”的同意情况，过去一年", self.purpose(purpose)),
            format!("Consent to {} over the last year", self.purpose(purpose)),
        );
        let mut head = vec![self.t("日期", "Day")];
        head.extend(self.kinds().map(|(name, _)| name));
        let rows = days.into_iter().zip(&counts.over_time).rev();
        let table = Table {
            caption: self.t("人数，按日期", "People, by day"),
            head,
            rows: rows
                .map(|(day, (_, counts))| {
                    let mut row = vec![day];
                    row.extend(figures(*counts).map(grouped));
                    row
                })
                .collect(),
            links: BTreeMap::new(),
        };
        let note = self.t(
            "每个时点按当时已登记的记录计算：未注明 recorded 的记录自登记之日起计入。",
            "Each moment counts what had been recorded by then: a record that does not say when it was recorded counts from the day it came.",
        );
        let blocks = vec![
            Block::Chart(Chart { title, drawing }),
            Block::Note(note),
            Block::Table(table),
        ];
        Ok(section(
            "over-time",
            self.lang.pick("变化", "Over time"),
            blocks,
        ))
    }

    fn upload(&self, wrong: Wrong) -> Section {
        let label = self.t(
            "同意文件（CSV，UTF-8，最大 64 MiB）",
            "A file of consents (CSV in UTF-8, at most 64 MiB)",
        );
        let note = self.t(
            "第一行的字段：member_id（或 phone、email、oaid、idfa）、purpose、operation、recipient、kind、status、from、until，另可有 recorded、method、notice、language、proof、paper，以逗号分隔。given 与 renewed 的行须有 proof（书面证明存于何处）或 paper（证明文件的摘要）。文件整体登记或整体不登记；同一文件再次上传不会重复登记。",
            "Its first line names the fields, with commas between: member_id (or phone, email, oaid, idfa), purpose, operation, recipient, kind, status, from, until and, if you like, recorded, method, notice, language, proof, paper. A line with given or renewed names its proof (where the written proof lies) or a paper (by its digest). The file is taken in whole or not at all; the same file again records nothing twice.",
        );
        let form = FormView {
            inputs: vec![
                InputView::file(label, ".csv,text/csv")
                    .because(note)
                    .needed(),
            ],
            acts: vec![("file", self.t("登记文件", "Record the file"), false)],
            ..self.form("consents", &format!("{PATH}/file"))
        };
        let form = wrong.into_form(form, self.lang);
        section(
            "upload",
            self.lang.pick("登记同意", "Record consents"),
            vec![Block::Form(Box::new(form))],
        )
    }

    fn person_link(&self) -> Section {
        let person = (
            "一位客户的全部记录，或为其撤回",
            "Every record of one customer, or a withdrawal for her",
        );
        let links = vec![
            Link {
                note: self.t("查看会留下记录", "the look is recorded"),
                ..self.link(&format!("{PATH}/person"), person.0, person.1)
            },
            self.link(
                datasets::PATH,
                "数据集的默认范围与扩大范围",
                "What datasets declare, and how to widen it",
            ),
        ];
        section(
            "more",
            self.lang.pick("更多", "More"),
            vec![Block::Links(links)],
        )
    }
}

/// For which operation and towards whom consents are counted.
type Lane = (Operation, Recipient);

/// What the enterprise does itself.
const OWN: Lane = (Operation::Process, Recipient::Enterprise);

fn lane_of(asked: &Asked) -> Lane {
    let operation = asked.operation.as_deref().and_then(|it| it.parse().ok());
    let recipient = asked.recipient.as_deref().and_then(recipient);
    operation.zip(recipient).unwrap_or(OWN)
}

/// Says what was just done.
fn done_text(done: Option<&str>, lang: Lang) -> String {
    let text = match done {
        Some("withdrawn") => lang.pick(
            "撤回已登记：此后开始的任何运行都不再读取此人用于该目的。",
            "The withdrawal is recorded: no run that starts from now on reads this person for that purpose.",
        ),
        Some("file") => lang.pick("文件已登记。", "The file is recorded."),
        Some("again") => lang.pick(
            "此文件此前已登记，未重复登记。",
            "This file was recorded before; nothing was recorded twice.",
        ),
        _ => "",
    };
    text.to_owned()
}

fn figures(counts: Standings) -> [u64; 5] {
    [
        counts.given,
        counts.withdrawn,
        counts.refused,
        counts.expired,
        counts.unknown,
    ]
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a drawing shows no more than a few digits"
)]
const fn drawn(count: u64) -> f64 {
    count as f64
}
