//! The page of one audience: its rule, its sizes, and why people are missing.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::SavedView;
use yuntu_app::consent::{Exclusion, Funnel};
use yuntu_app::engine::ReceiptBody;
use yuntu_app::store::Snapshot;
use yuntu_statement::Statement;
use yuntu_terms::{AudienceId, Lang, Purpose, Text};

use crate::charts;
use crate::console::SignedIn;
use crate::input::{Language, Named};
use crate::pages::{Frame, Page, show};
use crate::problem::Problem;
use crate::report::{Block, Chart, Section, Table};
use crate::state::Site;

/// How many of the newest evaluations the page shows.
const SHOWN: usize = 12;

/// Shows an audience.
pub(super) async fn show_one(
    State(site): State<Site>,
    SignedIn(caller): SignedIn,
    Language(lang): Language,
    Named(id): Named<AudienceId>,
) -> Result<Response, Problem> {
    let saved = site.platform.view_audience(caller, id).await?;
    let mut evaluations = Vec::new();
    let skipped = saved.snapshots.len().saturating_sub(SHOWN);
    for snapshot in saved.snapshots.iter().skip(skipped) {
        let receipt = match snapshot.origin.receipt {
            Some(receipt) => Some(site.platform.receipt_body(caller, receipt).await?),
            None => None,
        };
        evaluations.push((*snapshot, receipt));
    }
    let view = View {
        statement: site.platform.statement(),
        lang,
    };
    let mut sections = vec![view.rule(&saved)?];
    if evaluations.is_empty() {
        sections.push(view.nothing());
    } else {
        sections.push(view.sizes(&evaluations)?);
        if let Some((_, Some(receipt))) = evaluations.last() {
            sections.push(view.funnels(receipt));
        }
    }
    let lead = lang.pick(
        "人群成员只留在平台内；本页只有人数，以及其他人为何不在其中。",
        "Members stay inside the platform; this page has only their number, and why others are missing.",
    );
    show(&Page {
        frame: Frame {
            signed_in: true,
            ..Frame::open(lang, saved.name, format!("/console/audiences/{id}"))
        },
        lead: lead.to_owned(),
        sections,
    })
}

struct View {
    statement: &'static Statement,
    lang: Lang,
}

type Evaluation = (Snapshot, Option<ReceiptBody>);

impl View {
    fn t(&self, zh: &str, en: &str) -> String {
        self.lang.pick(zh, en).to_owned()
    }

    fn section(&self, anchor: &'static str, zh: &str, en: &str, blocks: Vec<Block>) -> Section {
        Section {
            anchor,
            title: self.t(zh, en),
            blocks,
        }
    }

    fn rule(&self, saved: &SavedView) -> Result<Section, Problem> {
        let rule = serde_json::to_string_pretty(&saved.spec.audience)
            .map_err(|_detail| Problem::internal("a rule as JSON"))?;
        let datasets: Vec<_> = saved
            .spec
            .datasets
            .iter()
            .map(|(name, id)| (name.clone(), id.to_string()))
            .collect();
        let facts = vec![
            (
                self.t("目的", "Purpose"),
                purpose_name(self.statement, &saved.purpose, self.lang),
            ),
            (self.t("保存于", "Saved"), minute(saved.created)),
        ];
        let blocks = vec![
            Block::Facts(facts),
            Block::Code(rule),
            Block::Note(self.t("规则所用的数据集：", "The datasets of the rule:")),
            Block::Facts(datasets),
        ];
        Ok(self.section("rule", "规则", "Rule", blocks))
    }

    fn nothing(&self) -> Section {
        let text = self.t("尚未计算。", "It was not evaluated yet.");
        self.section("sizes", "规模", "Size", vec![Block::Text(text)])
    }

    fn sizes(&self, evaluations: &[Evaluation]) -> Result<Section, Problem> {
        let categories = evaluations.iter().map(|(it, _)| format!("#{}", it.number));
        let people = evaluations.iter().map(|(it, _)| figure(it.count)).collect();
        let svg = charts::bars(
            categories.collect(),
            vec![(self.t("人数", "People"), people)],
        )
        .map_err(|_figures| Problem::internal("a chart that cannot be drawn"))?;
        let chart = Chart {
            title: self.t("每次计算的人数", "People at each evaluation"),
            svg,
        };
        let row = |(snapshot, receipt): &Evaluation| {
            let purpose = receipt.as_ref().map_or_else(String::new, |it| {
                purpose_name(self.statement, &it.purpose, self.lang)
            });
            let receipt = snapshot.origin.receipt;
            vec![
                format!("#{}", snapshot.number),
                snapshot.count.to_string(),
                minute(snapshot.taken),
                purpose,
                receipt.map_or_else(String::new, |it| it.to_string()),
            ]
        };
        let table = Table {
            caption: self.t("计算记录", "Evaluations"),
            head: vec![
                self.t("序号", "Number"),
                self.t("人数", "People"),
                self.t("时间 (UTC)", "Time (UTC)"),
                self.t("目的", "Purpose"),
                self.t("收据", "Receipt"),
            ],
            rows: evaluations.iter().rev().map(row).collect(),
        };
        let blocks = vec![Block::Chart(chart), Block::Table(table)];
        Ok(self.section("sizes", "规模", "Size", blocks))
    }

    fn funnels(&self, receipt: &ReceiptBody) -> Section {
        let facts = vec![
            (
                self.t("目的", "Purpose"),
                purpose_name(self.statement, &receipt.purpose, self.lang),
            ),
            (
                self.t("同意版本", "Version of the consents"),
                receipt.consent_version.to_string(),
            ),
            (
                self.t("指示", "Instruction"),
                receipt.instruction.to_string(),
            ),
        ];
        let mut blocks = vec![Block::Facts(facts)];
        for (name, dataset) in &receipt.datasets {
            if let Some(funnel) = &dataset.funnel {
                blocks.push(self.funnel(name, funnel));
            }
        }
        self.section(
            "funnel",
            "最近一次计算的排除漏斗",
            "Exclusion funnel of the newest evaluation",
            blocks,
        )
    }

    fn funnel(&self, name: &str, funnel: &Funnel) -> Block {
        let whole = |text: String, people: u64| vec![text, String::new(), people.to_string()];
        let mut rows = vec![whole(self.t("上传", "Uploaded"), funnel.uploaded)];
        for (exclusion, left) in funnel.steps() {
            let excluded = funnel.excluded(exclusion);
            rows.push(vec![
                exclusion_text(exclusion).get(self.lang).to_owned(),
                format!("−{excluded}"),
                left.to_string(),
            ]);
        }
        rows.push(whole(self.t("准入", "Admitted"), funnel.admitted));
        Block::Table(Table {
            caption: format!("{} {name}", self.t("数据集", "Dataset")),
            head: vec![
                self.t("步骤", "Step"),
                self.t("排除", "Excluded"),
                self.t("剩余", "Left"),
            ],
            rows,
        })
    }
}

/// Names a purpose as the statement does, with its id.
pub(super) fn purpose_name(statement: &Statement, purpose: &Purpose, lang: Lang) -> String {
    match statement.purpose(purpose) {
        Some(rule) => lang.pick(
            format!("{}（{purpose}）", rule.name.zh),
            format!("{} ({purpose})", rule.name.en),
        ),
        None => purpose.to_string(),
    }
}

fn exclusion_text(exclusion: Exclusion) -> Text {
    match exclusion {
        Exclusion::Undeclared => Text::new("未说明来源", "Source not declared"),
        Exclusion::Inactive => Text::new("数据集未生效", "Dataset not active"),
        Exclusion::Erased => Text::new("已删除", "Erased"),
        Exclusion::Restricted => Text::new("限制处理", "Restricted"),
        Exclusion::Minor => Text::new("未成年", "Minors"),
        Exclusion::Purpose => Text::new("未同意此目的", "No consent to the purpose"),
        Exclusion::Operation => Text::new("未同意此处理方式", "No consent to the operation"),
        Exclusion::Recipient => Text::new("未同意此接收方", "No consent to the recipient"),
        Exclusion::Kind => Text::new("缺少单独或明示同意", "Not consented explicitly enough"),
    }
}

/// Writes a moment to the minute.
fn minute(moment: yuntu_terms::Timestamp) -> String {
    let text: String = moment.to_string().chars().take(16).collect();
    text.replace('T', " ")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of people are exact in f64"
)]
fn figure(people: u64) -> f64 {
    people as f64
}
