//! The report of the demo: one page in each language with the same figures.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use yuntu_app::ConsentsRecorded;
use yuntu_app::consent::Funnel;
use yuntu_app::engine::{FlowResult, Profile, StageDistribution};
use yuntu_app::words::{grouped, percent};
use yuntu_statement::Statement;
use yuntu_terms::{Lang, RelationStage};
use yuntu_web::charts::{self, ChartError, FlowLink, RankedBar};
use yuntu_web::report::{Block, Chart, RefusalView, Report, Section, Table, funnel_table};

use crate::Datasets;
use crate::account::origin_text;
use crate::error::DemoError;
use crate::questions::{self, CATEGORY, MANUFACTURER};
use crate::source::Origin;
use crate::story::{AudienceRun, Insight, PURPOSES, Refused, Withdrawal};
use crate::verify::VerifiedProofs;

/// Everything the report tells.
pub(crate) struct Told<'a> {
    pub(crate) statement: &'a Statement,
    pub(crate) origin: Origin,
    pub(crate) seed: u64,
    pub(crate) datasets: &'a Datasets,
    pub(crate) consents: ConsentsRecorded,
    pub(crate) minors: usize,
    pub(crate) audiences: &'a [AudienceRun],
    pub(crate) insight: &'a Insight,
    pub(crate) withdrawal: &'a Withdrawal,
    pub(crate) refusals: &'a [Refused],
    pub(crate) verified: &'a VerifiedProofs,
}

/// Writes the report in both languages and returns the path of the one asked for.
pub(crate) fn write(told: &Told<'_>, out: &Path, lang: Lang) -> Result<PathBuf, DemoError> {
    let name = |lang: Lang| lang.pick("report.zh.html", "report.en.html");
    for each in Lang::ALL {
        let report = report(told, each, name).map_err(|e| DemoError::Report(Box::new(e)))?;
        let html = report.html().map_err(|e| DemoError::Report(Box::new(e)))?;
        let path = out.join(name(each));
        fs::write(&path, html).map_err(|e| DemoError::file(&path, e))?;
    }
    Ok(out.join(name(lang)))
}

fn report(
    told: &Told<'_>,
    lang: Lang,
    name: fn(Lang) -> &'static str,
) -> Result<Report, ChartError> {
    let statement = told.statement;
    let page = Page {
        told,
        lang,
        statement,
    };
    let other = lang.pick(Lang::En, Lang::Zh);
    let sections = vec![
        page.data(),
        page.audiences()?,
        page.stages()?,
        page.flow()?,
        page.profile()?,
        page.overlap(),
        page.withdrawal(),
        page.refusals(),
        page.proofs(),
    ];
    let generated = told.origin == Origin::Generated;
    let suffix = if generated {
        lang.pick("（生成数据）", " (generated data)")
    } else {
        ""
    };
    Ok(Report {
        lang,
        title: format!("{}{suffix}", lang.pick("云图：从真实文件到可核验的人群", "Yuntu: from a real file to an audience anyone can verify")),
        lead: lang
            .pick(
                "每一个数字都只来自当时同意该目的的人；被排除的人为何缺席，逐项说明。",
                "Every figure comes only from people who consented to its purpose at that moment; why others are missing is told item by item.",
            )
            .to_owned(),
        other: Some((other.pick("中文版", "English version").to_owned(), name(other).to_owned())),
        sections,
    })
}

struct Page<'a> {
    told: &'a Told<'a>,
    lang: Lang,
    statement: &'a Statement,
}

impl Page<'_> {
    fn t(&self, zh: &str, en: &str) -> String {
        self.lang.pick(zh, en).to_owned()
    }

    fn based(&self, base: yuntu_app::engine::Base) -> String {
        let people = grouped(base.eligible_base);
        let coverage = self.percent(base.coverage);
        self.lang.pick(
            format!(" · 基数 {people} 人，覆盖率 {coverage}"),
            format!(" · base {people} people, coverage {coverage}"),
        )
    }

    fn about(&self, zh: &str, en: &str, purpose: &str) -> String {
        format!("{} · {}", self.lang.pick(zh, en), self.purpose(purpose))
    }

    fn section(&self, anchor: &'static str, zh: &str, en: &str, blocks: Vec<Block>) -> Section {
        Section {
            anchor,
            title: self.t(zh, en),
            blocks,
        }
    }

    /// Names a purpose as the statement does.
    fn purpose(&self, id: &str) -> String {
        let rule = id.parse().ok().and_then(|id| self.statement.purpose(&id));
        rule.map_or_else(|| id.to_owned(), |rule| rule.name.get(self.lang).to_owned())
    }

    fn percent(&self, share: Option<f64>) -> String {
        percent(share, self.lang)
    }

    /// Names an audience of the story as the account does.
    fn audience(&self, key: &str) -> String {
        let named = questions::KEYS.iter().zip(self.told.audiences);
        let found = named.into_iter().find(|(known, _)| **known == key);
        found.map_or_else(
            || key.to_owned(),
            |(_, run)| run.name.get(self.lang).to_owned(),
        )
    }

    /// Names a column of the people's table.
    fn column(&self, column: &str) -> String {
        match column {
            "age" => self.t("年龄", "Age"),
            "household_size" => self.t("家庭人数", "Household size"),
            other => other.to_owned(),
        }
    }

    fn data(&self) -> Section {
        let told = self.told;
        let rows = told.datasets.iter().map(|(name, loaded)| {
            vec![
                name.clone(),
                grouped(loaded.rows),
                grouped(loaded.quarantined),
            ]
        });
        let table = Table {
            caption: self.t("数据集", "Datasets"),
            head: vec![
                self.t("名称", "Name"),
                self.t("行数", "Rows"),
                self.t("隔离", "Quarantined"),
            ],
            rows: rows.collect(),
            ..Table::default()
        };
        let facts = vec![
            (
                self.t("同意记录", "Consent records"),
                grouped(told.consents.recorded),
            ),
            (
                self.t("视为未满十四周岁", "Taken to be under 14"),
                told.minors.to_string(),
            ),
            (self.t("种子", "Seed"), told.seed.to_string()),
        ];
        let note = self.t(
            "表中没有姓名、联系方式和同意；它们按有记录的规则由种子虚构：每个目的约 70% 同意，部分撤回，部分过期。",
            "The tables hold no names, contacts or consents; a documented rule draws fictional ones from the seed: about 70 % consent per purpose, some withdrawn, some run out.",
        );
        let origin = Block::Text(origin_text(told.origin).get(self.lang).to_owned());
        let blocks = vec![
            origin,
            Block::Note(note),
            Block::Facts(facts),
            Block::Table(table),
        ];
        self.section("data", "数据与同意", "Data and consent", blocks)
    }

    fn audiences(&self) -> Result<Section, ChartError> {
        let mut blocks = Vec::new();
        let names = self
            .told
            .audiences
            .iter()
            .map(|run| run.name.get(self.lang).to_owned());
        let series = PURPOSES.map(|purpose| {
            let size = |run: &AudienceRun| run.by_purpose.get(purpose).map_or(0, |it| it.0);
            (
                self.purpose(purpose),
                self.told
                    .audiences
                    .iter()
                    .map(|run| figure(size(run)))
                    .collect(),
            )
        });
        blocks.push(Block::Chart(Chart {
            title: self.t(
                "三个人群在两种目的下的规模",
                "Size of the three audiences under two purposes",
            ),
            drawing: charts::bars(names.collect(), series.to_vec())?,
        }));
        for run in self.told.audiences {
            let rule = format!("{}：{}", run.name.zh, run.rule.zh);
            let rule_en = format!("{}: {}", run.name.en, run.rule.en);
            blocks.push(Block::Text(self.t(&rule, &rule_en)));
        }
        if let Some(run) = self.told.audiences.first() {
            for purpose in PURPOSES {
                if let Some((_, funnels)) = run.by_purpose.get(purpose) {
                    blocks.push(self.funnel(purpose, funnels));
                }
            }
        }
        Ok(self.section("audiences", "人群", "Audiences", blocks))
    }

    fn funnel(&self, purpose: &str, funnels: &BTreeMap<String, Funnel>) -> Block {
        let funnel = funnels.get("people").copied().unwrap_or_default();
        let title = self.t("排除漏斗", "Exclusion funnel");
        let caption = format!("{title} · {}", self.purpose(purpose));
        Block::Table(funnel_table(caption, &funnel, self.lang))
    }

    fn stages(&self) -> Result<Section, ChartError> {
        let stages = &self.told.insight.stages;
        let categories = RelationStage::ALL
            .map(|stage| format!("{} {}", stage.code(), stage.name().get(self.lang)));
        let sizes = |it: &StageDistribution| it.stages.iter().map(|s| figure(s.people)).collect();
        let series = stages
            .iter()
            .map(|(purpose, it)| (self.purpose(purpose), sizes(it)));
        let chart = Block::Chart(Chart {
            title: self.t("5A 分布", "5A distribution"),
            drawing: charts::bars(categories.to_vec(), series.collect())?,
        });
        let rows = stages.iter().map(|(purpose, it)| {
            let mut row = vec![self.purpose(purpose)];
            row.extend(it.stages.iter().map(|stage| grouped(stage.people)));
            let base = it.base;
            row.extend([grouped(base.eligible_base), self.percent(base.coverage)]);
            row
        });
        let mut head = vec![self.t("目的", "Purpose")];
        head.extend(RelationStage::ALL.map(|stage| stage.code().to_owned()));
        head.extend([self.t("基数", "Base"), self.t("覆盖率", "Coverage")]);
        let table = Table {
            caption: self.t("各阶段人数", "People in each stage"),
            head,
            rows: rows.collect(),
            ..Table::default()
        };
        let brand = self.lang.pick(
            format!("品类 {CATEGORY}，厂商 {MANUFACTURER}"),
            format!("category {CATEGORY}, manufacturer {MANUFACTURER}"),
        );
        let note = self.t(
            "A1–A3 由门店与周次的陈列、优惠券推断，而非点击。",
            "A1 to A3 are inferred from displays by store and week and from coupons, not from clicks.",
        );
        let facts = Block::Facts(vec![(self.t("品牌", "Brand"), brand)]);
        let blocks = vec![facts, chart, Block::Table(table), Block::Note(note)];
        Ok(self.section("stages", "5A 人群", "5A stages", blocks))
    }

    fn flow(&self) -> Result<Section, ChartError> {
        let mut blocks = Vec::new();
        for (purpose, result) in &self.told.insight.flows {
            blocks.push(Block::Chart(Chart {
                title: format!(
                    "{} · {}",
                    self.t(
                        "上半年末到年末的流转",
                        "From mid-year to the end of the year"
                    ),
                    self.purpose(purpose)
                ),
                drawing: charts::flow(&links(result))?,
            }));
            blocks.push(self.matrix(purpose, result));
        }
        Ok(self.section("flow", "人群流转", "Flow", blocks))
    }

    fn matrix(&self, purpose: &str, result: &FlowResult) -> Block {
        let codes = RelationStage::ALL.map(|stage| stage.code().to_owned());
        let rows = codes.iter().zip(&result.flow.cells).map(|(code, cells)| {
            let mut row = vec![code.clone()];
            row.extend(cells.iter().map(|people| grouped(*people)));
            row
        });
        let mut head = vec![self.t("起 → 止", "From → to")];
        head.extend(codes.clone());
        Block::Table(Table {
            caption: format!(
                "{}{}",
                self.about("流转矩阵（人数）", "Flow matrix (people)", purpose),
                self.based(result.base)
            ),
            head,
            rows: rows.collect(),
            ..Table::default()
        })
    }

    fn profile(&self) -> Result<Section, ChartError> {
        let mut blocks = vec![Block::Note(self.t(
            "TGI：100 为平均；95% 区间见表。人数不足的组显示为“–”，不入图。",
            "TGI: 100 is average; the table gives its 95 % interval. Groups that are too small show “–” and are left out of the drawing.",
        ))];
        for (purpose, profile) in &self.told.insight.profiles {
            let bars = self.ranked(profile);
            if !bars.is_empty() {
                let title = self.t("的画像：TGI", ": TGI");
                let audience = self.audience(questions::PROFILED);
                blocks.push(Block::Chart(Chart {
                    title: format!("{audience}{title} · {}", self.purpose(purpose)),
                    drawing: charts::ranked(&bars, "TGI")?,
                }));
            }
            blocks.push(self.cells(purpose, profile));
        }
        Ok(self.section("profile", "画像与 TGI", "Profile and TGI", blocks))
    }

    fn cells(&self, purpose: &str, profile: &Profile) -> Block {
        let (target, base) = (grouped(profile.target), grouped(profile.base_population));
        let mut rows = Vec::new();
        for dimension in &profile.dimensions {
            for cell in &dimension.cells {
                let value = cell
                    .value
                    .clone()
                    .unwrap_or_else(|| self.t("未知", "unknown"));
                let tgi = cell
                    .tgi
                    .map_or_else(|| String::from("–"), |tgi| format!("{tgi:.0}"));
                let interval = cell.tgi_interval.map_or_else(
                    || String::from("–"),
                    |it| format!("{:.0}–{:.0}", it.low, it.high),
                );
                rows.push(vec![
                    format!("{} · {value}", self.column(&dimension.column)),
                    grouped(cell.counts.target_with_feature),
                    self.percent(cell.share),
                    self.percent(cell.base_share),
                    tgi,
                    interval,
                ]);
            }
        }
        let head = [
            self.t("特征", "Feature"),
            self.t("人数", "People"),
            self.t("占比", "Share"),
            self.t("总体占比", "Share of base"),
            String::from("TGI"),
            self.t("95% 区间", "95 % interval"),
        ];
        Block::Table(Table {
            caption: format!(
                "{} · {}",
                self.about("画像", "Profile", purpose),
                self.lang.pick(
                    format!("目标 {target} 人，基数 {base} 人"),
                    format!("target {target} people, base {base} people"),
                )
            ),
            head: head.to_vec(),
            rows,
            ..Table::default()
        })
    }

    fn ranked(&self, profile: &Profile) -> Vec<RankedBar> {
        let cells = profile.dimensions.iter().flat_map(|dimension| {
            dimension.cells.iter().filter_map(|cell| {
                Some(RankedBar {
                    name: format!(
                        "{} {}",
                        self.column(&dimension.column),
                        cell.value.as_deref()?
                    ),
                    value: cell.tgi?,
                })
            })
        });
        cells.collect()
    }

    fn overlap(&self) -> Section {
        let mut blocks = Vec::new();
        for (purpose, pairs) in &self.told.insight.overlaps {
            let number =
                |it: Option<f64>| it.map_or_else(|| String::from("–"), |v| format!("{v:.2}"));
            let rows = pairs.iter().map(|pair| {
                let it = &pair.overlap;
                vec![
                    format!("{} ∩ {}", self.audience(&pair.x), self.audience(&pair.y)),
                    grouped(it.both),
                    self.percent(it.rate_of_x),
                    self.percent(it.rate_of_y),
                    number(it.jaccard),
                    number(it.lift),
                ]
            });
            let head = [
                self.t("人群", "Audiences"),
                self.t("重叠", "Both"),
                self.t("占前者", "Of the first"),
                self.t("占后者", "Of the second"),
                String::from("Jaccard"),
                self.t("提升度", "Lift"),
            ];
            blocks.push(Block::Table(Table {
                caption: format!(
                    "{}{}",
                    self.about("重叠", "Overlap", purpose),
                    pairs
                        .first()
                        .map_or_else(String::new, |it| self.based(it.base))
                ),
                head: head.to_vec(),
                rows: rows.collect(),
                ..Table::default()
            }));
        }
        self.section("overlap", "人群重叠", "Overlap", blocks)
    }

    fn withdrawal(&self) -> Section {
        let it = self.told.withdrawal;
        let [first, second] = PURPOSES;
        let table = Table {
            caption: it.audience.get(self.lang).to_owned(),
            head: vec![
                self.t("目的", "Purpose"),
                self.t("撤回前", "Before"),
                self.t("撤回后", "After"),
            ],
            rows: vec![
                vec![self.purpose(first), grouped(it.before), grouped(it.after)],
                vec![
                    self.purpose(second),
                    grouped(it.other_purpose_before),
                    grouped(it.other_purpose_after),
                ],
            ],
            ..Table::default()
        };
        let text = Block::Text(self.t(
            "一人撤回对第一个目的的同意：下一次结果恰好少这一个人，另一目的不变。",
            "One person withdrew consent to the first purpose: the next result lacks exactly that person; the other purpose is unchanged.",
        ));
        self.section(
            "withdrawal",
            "撤回同意",
            "Withdrawal",
            vec![text, Block::Table(table)],
        )
    }

    fn refusals(&self) -> Section {
        let view = |refused: &Refused| {
            let reasons = refused.reasons.iter().map(|(clause, what, remedy)| {
                let lang = self.lang;
                (
                    clause.clone(),
                    what.get(lang).to_owned(),
                    remedy.get(lang).to_owned(),
                )
            });
            Block::Refusal(RefusalView {
                asked: refused.asked.get(self.lang).to_owned(),
                reasons: reasons.collect(),
            })
        };
        let blocks = self.told.refusals.iter().map(view).collect();
        self.section("refusals", "拒绝", "Refusals", blocks)
    }

    fn proofs(&self) -> Section {
        let it = self.told.verified;
        let facts = vec![
            (
                self.t("已核验收据", "Receipts verified"),
                it.receipts.to_string(),
            ),
            (self.t("账本记录", "Ledger entries"), grouped(it.entries)),
            (self.t("根哈希", "Root hash"), it.root.to_string()),
            (self.t("验证公钥", "Verifier key"), it.key.clone()),
        ];
        let text = self.t(
            "任何人都可以不依赖平台核验：yuntu verify receipts/….json 与 yuntu ledger verify ledger。",
            "Anyone can verify without the platform: yuntu verify receipts/….json and yuntu ledger verify ledger.",
        );
        self.section(
            "proofs",
            "证明",
            "Proofs",
            vec![Block::Facts(facts), Block::Text(text)],
        )
    }
}

/// Turns the matrix into links; a space tells the stages of the end from those of the start.
fn links(result: &FlowResult) -> Vec<FlowLink> {
    let mut links = Vec::new();
    for (from, cells) in RelationStage::ALL.iter().zip(&result.flow.cells) {
        for (to, people) in RelationStage::ALL.iter().zip(cells) {
            links.push(FlowLink {
                from: from.code().to_owned(),
                to: format!("{} ", to.code()),
                people: *people,
            });
        }
    }
    links
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a drawing needs no more than seven digits"
)]
fn figure(people: u64) -> f64 {
    people as f64
}
