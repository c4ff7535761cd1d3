//! The page of one audience: its rule, its sizes, and why people are missing.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::SavedView;
use yuntu_app::consent::Funnel;
use yuntu_app::engine::ReceiptBody;
use yuntu_app::store::Snapshot;
use yuntu_app::words::{RuleNames, grouped, minute, rule_text};
use yuntu_terms::{AudienceId, Purpose};

use crate::charts;
use crate::console::{Console, receipts};
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{Block, Chart, Details, RuleView, Section, Table, funnel_table, section};

/// How many of the newest evaluations the page shows.
const SHOWN: usize = 12;

#[derive(Default)]
pub(super) struct Topic;

type View = Console<Topic>;

/// Shows an audience.
pub(super) async fn show_one(
    view: View,
    Named(id): Named<AudienceId>,
) -> Result<Response, Problem> {
    let (platform, caller) = (&view.site.platform, &view.who.caller);
    let saved = platform.view_audience(caller, id).await?;
    let mut evaluations = Vec::new();
    let skipped = saved.snapshots.len().saturating_sub(SHOWN);
    for snapshot in saved.snapshots.iter().skip(skipped) {
        let receipt = match snapshot.origin.receipt {
            Some(receipt) => Some(platform.receipt_body(caller, receipt).await?),
            None => None,
        };
        evaluations.push((*snapshot, receipt));
    }
    let names = platform.list_audiences(caller).await?;
    let names = names.into_iter().map(|(id, name, _)| (id, name)).collect();
    let mut sections = vec![view.rule(&saved, &names)?];
    if evaluations.is_empty() {
        sections.push(view.nothing());
    } else {
        sections.push(view.sizes(&evaluations)?);
        if let Some((_, Some(receipt))) = evaluations.last() {
            sections.push(view.funnels(receipt));
        }
    }
    let lead = view.t(
        "人群成员只留在平台内；本页只有人数，以及其他人为何不在其中。",
        "Members stay inside the platform; this page has only their number, and why others are missing.",
    );
    let frame = view
        .frame(saved.name, format!("/console/audiences/{id}"))
        .below(view.link("/console", "全部人群", "All audiences"));
    view.shown(frame, lead, sections, StatusCode::OK)
}

/// Saved audiences by id.
type Names = BTreeMap<AudienceId, String>;

type Evaluation = (Snapshot, Option<ReceiptBody>);

impl View {
    /// The rule in words; what machines read of it stands behind a summary.
    fn rule(&self, saved: &SavedView, names: &Names) -> Result<Section, Problem> {
        let json = serde_json::to_string_pretty(&saved.spec.audience)
            .map_err(|_detail| Problem::internal("a rule as JSON"))?;
        let facts = vec![
            (self.t("目的", "Purpose"), self.purpose(&saved.purpose)),
            (self.t("保存于", "Saved"), minute(saved.created)),
        ];
        let names = RuleNames {
            saved: names,
            rules: &saved.spec.rules,
        };
        let rule = rule_text(&saved.spec.audience, names);
        let datasets = saved.spec.datasets.iter();
        let details = Details {
            summary: self.t(
                "数据集编号与接口所用的 JSON",
                "Ids of the datasets, and the JSON of the API",
            ),
            facts: datasets
                .map(|(name, id)| (name.clone(), id.to_string()))
                .collect(),
            code: json,
        };
        let blocks = vec![
            Block::Facts(facts),
            Block::Rule(RuleView::new(&rule, self.lang)),
            Block::Details(details),
        ];
        Ok(section("rule", self.lang.pick("规则", "Rule"), blocks))
    }

    fn nothing(&self) -> Section {
        let text = self.t("尚未计算。", "It was not evaluated yet.");
        section(
            "sizes",
            self.lang.pick("规模", "Size"),
            vec![Block::Text(text)],
        )
    }

    fn sizes(&self, evaluations: &[Evaluation]) -> Result<Section, Problem> {
        let category = |(snapshot, receipt): &Evaluation| {
            let number = format!("#{}", snapshot.number);
            let name = receipt.as_ref().and_then(|it| self.short_name(&it.purpose));
            name.map_or(number.clone(), |name| format!("{number} {name}"))
        };
        let categories = evaluations.iter().map(category).collect();
        let people = evaluations.iter().map(|(it, _)| figure(it.count)).collect();
        let drawing = charts::bars(categories, vec![(self.t("人数", "People"), people)])
            .map_err(|_figures| Problem::internal("a chart that cannot be drawn"))?;
        let chart = Chart {
            title: self.t("每次计算的人数", "People at each evaluation"),
            drawing,
        };
        let link = |(row, (snapshot, _)): (usize, &Evaluation)| {
            let receipt = snapshot.origin.receipt?;
            let path = format!("{}/{receipt}", receipts::PATH);
            Some(((row, 5), self.address(&path)))
        };
        let table = Table {
            links: evaluations
                .iter()
                .rev()
                .enumerate()
                .filter_map(link)
                .collect(),
            ..self.table(
                self.t("计算记录", "Evaluations"),
                &[
                    ("序号", "Number"),
                    ("目的", "Purpose"),
                    ("人数", "People"),
                    ("基数", "Base"),
                    ("时间", "Time"),
                    ("收据", "Receipt"),
                ],
                evaluations.iter().rev().map(|it| self.row(it)),
            )
        };
        let note = self.t(
            "基数是准入人数最多的数据集中准入的人数。不同目的的人数各有基数，不能直接相比。",
            "The base is the number of people admitted in the dataset that admits most. Each purpose has a base of its own, so sizes under two purposes do not compare directly.",
        );
        let blocks = vec![Block::Chart(chart), Block::Table(table), Block::Note(note)];
        Ok(section("sizes", self.lang.pick("规模", "Size"), blocks))
    }

    fn row(&self, (snapshot, receipt): &Evaluation) -> Vec<String> {
        let purpose = receipt.as_ref().map_or_else(String::new, |it| {
            let name = self.short_name(&it.purpose);
            name.unwrap_or_else(|| it.purpose.to_string())
        });
        let base = receipt.as_ref().and_then(|it| {
            let funnels = it.datasets.values().filter_map(|one| one.funnel.as_ref());
            funnels.map(|funnel| funnel.admitted).max()
        });
        let receipt = snapshot.origin.receipt;
        vec![
            format!("#{}", snapshot.number),
            purpose,
            grouped(snapshot.count),
            base.map_or_else(|| String::from("–"), grouped),
            minute(snapshot.taken),
            receipt.map_or_else(String::new, |it| it.to_string()),
        ]
    }

    /// Names a purpose as the statement does, without its id.
    fn short_name(&self, purpose: &Purpose) -> Option<String> {
        let rule = self.site.platform.statement().purpose(purpose)?;
        Some(rule.name.get(self.lang).to_owned())
    }

    fn funnels(&self, receipt: &ReceiptBody) -> Section {
        let facts = vec![
            (self.t("目的", "Purpose"), self.purpose(&receipt.purpose)),
            (
                self.t("同意版本", "Version of the consents"),
                grouped(receipt.consent_version),
            ),
            (
                self.t("指示", "Instruction"),
                receipt.instruction.to_string(),
            ),
        ];
        let note = self.t(
            "未列出的原因没有排除任何人。",
            "A reason that is not listed excludes nobody.",
        );
        let mut blocks = vec![Block::Facts(facts), Block::Note(note)];
        for (name, dataset) in &receipt.datasets {
            if let Some(funnel) = &dataset.funnel {
                blocks.push(self.funnel(name, funnel));
            }
        }
        section(
            "funnel",
            self.lang.pick(
                "最近一次计算的排除漏斗",
                "Exclusion funnel of the newest evaluation",
            ),
            blocks,
        )
    }

    fn funnel(&self, name: &str, funnel: &Funnel) -> Block {
        let caption = self
            .lang
            .pick(format!("数据集 {name}"), format!("Dataset {name}"));
        Block::Table(funnel_table(caption, funnel, self.lang))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of people are exact in f64"
)]
fn figure(people: u64) -> f64 {
    people as f64
}
