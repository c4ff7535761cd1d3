//! One dataset: its standing, its columns, where it comes from, what came in and who used it.

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::store::{About, Import};
use yuntu_app::words::{class_text, grouped, import_text, minute, role_text, standing_text};
use yuntu_app::{DatasetUse, Overview, SourceView};
use yuntu_terms::DatasetId;

use super::PATH;
use crate::console::{Console, help, labels, receipts, source};
use crate::either::waiting_line;
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{Block, Link, Section, Table, opened, section};

struct Topic {
    overview: Overview,
    source: SourceView,
}

type View = Console<Topic>;

pub(in crate::console) async fn page(
    console: Console,
    Named(id): Named<DatasetId>,
) -> Result<Response, Problem> {
    let (platform, caller) = (&console.site.platform, &console.who.caller);
    let overview = platform.dataset_overview(caller, id).await?;
    let source = platform.source_standing(caller, id).await?;
    let view = console.about(Topic { overview, source });
    let sections = vec![
        view.standing(),
        view.columns(),
        view.source(),
        view.consent(id),
        view.imports(),
        view.uses(),
    ];
    let overview = &view.about.overview;
    let frame = view
        .frame(overview.dataset.name.clone(), format!("{PATH}/{id}"))
        .below(view.link(PATH, "全部数据集", "All datasets"));
    let lead = opened(&waiting_line(&overview.waiting, view.lang), view.lang);
    view.shown(frame, lead, sections, StatusCode::OK)
}

impl View {
    fn standing(&self) -> Section {
        let (lang, dataset) = (self.lang, &self.about.overview.dataset);
        let about = match dataset.about {
            About::Persons => self.t(
                "涉及个人：逐人按同意准入",
                "persons: each row is admitted by that person's consent",
            ),
            About::Things => self.t("不涉及个人", "things, not persons"),
        };
        let standing = standing_text(dataset.standing);
        let mut facts = vec![
            (self.t("状态", "Standing"), standing.get(lang).to_owned()),
            (self.t("内容", "About"), about),
            (self.t("行数", "Rows"), grouped(self.about.overview.rows)),
            (self.t("存储地", "Stored in"), dataset.region.to_string()),
            (self.t("建立于", "Made"), minute(dataset.created)),
            (self.t("编号", "Id"), dataset.id.to_string()),
        ];
        if let Some(reason) = &dataset.standing_reason {
            facts.insert(1, (self.t("原因", "Reason"), reason.clone()));
        }
        let help = Link {
            note: self.t(
                "由您批准、限时、每次查看可见",
                "approved by you, for hours, with every look listed",
            ),
            ..self.link(help::PATH, "申请技术协助", "Ask for technical help")
        };
        let title = lang.pick("状态", "Standing");
        let blocks = vec![Block::Facts(facts), Block::Links(vec![help])];
        section("standing", title, blocks)
    }

    fn columns(&self) -> Section {
        let lang = self.lang;
        let rows = self.about.overview.dataset.columns.iter().map(|column| {
            vec![
                column.name.clone(),
                role_text(&column.role).get(lang).to_owned(),
                class_text(column.class).get(lang).to_owned(),
            ]
        });
        let table = self.table(
            self.t("字段及其类别", "Columns and their classes"),
            &[("字段", "Column"), ("作用", "Role"), ("类别", "Class")],
            rows,
        );
        let title = lang.pick("字段", "Columns");
        let link = Link {
            note: self.t(
                "谁确认、何时变更、为何",
                "who confirmed them, what changed and why",
            ),
            ..self.link(
                &labels::path(self.about.overview.dataset.id),
                "字段的类别",
                "Classes of the columns",
            )
        };
        let blocks = vec![Block::Table(table), Block::Links(vec![link])];
        section("columns", title, blocks)
    }

    fn source(&self) -> Section {
        let lang = self.lang;
        let lines = source::warnings(&self.about.source, lang).into_iter();
        let mut blocks: Vec<Block> = lines.map(Block::Text).collect();
        let id = self.about.overview.dataset.id;
        blocks.push(Block::Links(vec![Link {
            note: self.t(
                "说明、版本与证明",
                "the declaration, its versions and its papers",
            ),
            ..self.link(
                &source::path(id),
                "来源与合法性说明",
                "Source and lawfulness",
            )
        }]));
        section("source", lang.pick("来源", "Source"), blocks)
    }

    fn consent(&self, id: DatasetId) -> Section {
        let text = match &self.about.overview.facts.scope {
            None => self.t(
                "未声明默认范围：只准入本人同意的人。",
                "No default is declared: only people who agreed themselves are admitted.",
            ),
            Some(_) => self.t(
                "已声明默认范围，只对没有本人记录的人有效。",
                "A default is declared; it speaks only for people without a record of their own.",
            ),
        };
        let scope = ("同意范围与征询", "Scope of consent, and whom to ask");
        let consents = self.address("/console/consents");
        let links = vec![
            self.link(&format!("{PATH}/{id}/consent"), scope.0, scope.1),
            Link {
                address: format!("{consents}&dataset={id}"),
                text: self.t("同意情况", "Who agreed to what"),
                note: String::new(),
            },
        ];
        let title = self.lang.pick("同意", "Consent");
        section(
            "consent",
            title,
            vec![Block::Text(text), Block::Links(links)],
        )
    }

    fn imports(&self) -> Section {
        let title = self.lang.pick("导入", "Imports");
        let path = format!("{PATH}/{}/imports", self.about.overview.dataset.id);
        let next = Block::Links(vec![Link {
            note: self.t("以及全部导入", "and all imports"),
            ..self.link(&path, "导入下一次交付", "Import the next delivery")
        }]);
        if self.about.overview.imports.is_empty() {
            let text = self.t("还没有导入。", "Nothing was imported yet.");
            return section("imports", title, vec![Block::Text(text), next]);
        }
        let links = self.about.overview.imports.iter().enumerate();
        let address = |it: &Import| self.address(&format!("{path}/{}", it.id));
        let links = links.map(|(row, it)| ((row, 0), address(it)));
        let table = Table {
            links: links.collect(),
            ..self.table(
                self.t("最近的导入", "The newest imports"),
                &[
                    ("开始", "Begun"),
                    ("结果", "Outcome"),
                    ("导入行", "Rows loaded"),
                    ("隔离行", "Rows in quarantine"),
                ],
                self.about.overview.imports.iter().map(|it| self.import(it)),
            )
        };
        section("imports", title, vec![Block::Table(table), next])
    }

    fn import(&self, import: &Import) -> Vec<String> {
        vec![
            minute(import.created),
            import_text(import.status).get(self.lang).to_owned(),
            grouped(import.progress.rows_loaded),
            grouped(import.progress.rows_quarantined),
        ]
    }

    fn uses(&self) -> Section {
        let title = self.lang.pick("谁用过", "Who used it");
        if self.about.overview.uses.is_empty() {
            let text = self.t("还没有任何运行读取过它。", "No run has read it yet.");
            return section("uses", title, vec![Block::Text(text)]);
        }
        let link = |(row, run): (usize, &DatasetUse)| {
            let path = format!("{}/{}", receipts::PATH, run.receipt);
            ((row, 2), self.address(&path))
        };
        let table = Table {
            links: self
                .about
                .overview
                .uses
                .iter()
                .enumerate()
                .map(link)
                .collect(),
            ..self.table(
                self.t("最近读取它的运行", "The newest runs that read it"),
                &[("时间", "Time"), ("目的", "Purpose"), ("收据", "Receipt")],
                self.about.overview.uses.iter().map(|it| self.one_use(it)),
            )
        };
        section("uses", title, vec![Block::Table(table)])
    }

    fn one_use(&self, run: &DatasetUse) -> Vec<String> {
        vec![
            minute(run.recorded),
            self.purpose(&run.purpose),
            run.receipt.to_string(),
        ]
    }
}
