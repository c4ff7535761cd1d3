//! How closely columns are tied to persons: those that a statement would give, with how each label came about, and those of a
//! dataset.

mod classes;

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::get;
use yuntu_app::AppError;
use yuntu_app::engine::Label;
use yuntu_app::store::Dataset;
use yuntu_app::words::{cause_text, class_text, engine_text};
use yuntu_terms::{DatasetId, Lang, Text, clause};

use super::Console;
use super::datasets::PATH as DATASETS;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, ChoiceView, FormView, InputView, Section, Table, section};
use crate::state::Site;
use crate::view::Wrong;

pub(super) const PATH: &str = "/console/labels";

/// How many bytes the form with a statement may have.
const FORM_BYTES_MAX: usize = 262_144;

/// Makes the routes of labels.
pub(super) fn router() -> Router<Site> {
    Router::new()
        .route(
            PATH,
            get(page)
                .post(sent)
                .layer(DefaultBodyLimit::max(FORM_BYTES_MAX)),
        )
        .route(
            "/console/datasets/{dataset}/labels",
            get(classes::page).post(classes::sent),
        )
}

/// Returns the path of the labels of a dataset.
pub(super) fn path(dataset: DatasetId) -> String {
    format!("{DATASETS}/{dataset}/labels")
}

#[derive(Default)]
struct Topic;

type View = Console<Topic>;

async fn page(view: View) -> Result<Response, Problem> {
    view.show(None, Wrong::default(), &[]).await
}

async fn sent(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(R8);
    let platform = &view.site.platform;
    let known = platform.list_datasets(&view.who.caller).await?;
    let chosen: BTreeMap<String, DatasetId> = known
        .into_iter()
        .filter(|it| fields.all("datasets").any(|id| it.id.to_string() == id))
        .map(|it| (it.name, it.id))
        .collect();
    let mut wrong = Wrong::default();
    if chosen.is_empty() {
        let text = Text::new("请至少选择一个数据集", "Choose at least one dataset.");
        wrong.add("datasets", text);
    }
    if fields.one("sql").trim().is_empty() {
        let text = Text::new("请写一条查询语句", "Write a statement.");
        wrong.add("sql", text);
    }
    if !wrong.is_nothing() {
        return view.show(Some(&fields), wrong, &[]).await;
    }
    match platform
        .labels_of(&view.who.caller, &chosen, fields.one("sql"))
        .await
    {
        Ok(labels) => view.show(Some(&fields), Wrong::default(), &labels).await,
        Err(AppError::Engine(error)) => {
            let wrong = Wrong::field("sql", engine_text(&error));
            view.show(Some(&fields), wrong, &[]).await
        }
        Err(error) => Err(error.into()),
    }
}

impl View {
    async fn show(
        &self,
        typed: Option<&Fields>,
        wrong: Wrong,
        labels: &[Label],
    ) -> Result<Response, Problem> {
        let (lang, caller) = (self.lang, &self.who.caller);
        let datasets = self.site.platform.list_datasets(caller).await?;
        let status = wrong.status();
        let form = wrong.into_form(self.try_form(&datasets, typed), lang);
        let lead = self.t(
            "选择数据集并写一条查询：它只被规划，不会运行，也不读取任何一行。每个结果字段的类别，以及它由哪些字段、按哪条规则而来，列在下方。",
            "Choose datasets and write a statement. It is planned only: it does not run and reads no row. Below stands how closely each column of its result would be tied to persons, and from which inputs and by which rule.",
        );
        let mut sections = vec![section(
            "try",
            lang.pick("试一条语句", "Try a statement"),
            vec![Block::Text(lead), Block::Form(Box::new(form))],
        )];
        if !labels.is_empty() {
            let table = derivation(labels, lang);
            let title = lang.pick("结果字段的标签", "Labels of the result");
            sections.push(section("labels", title, vec![Block::Table(table)]));
        }
        sections.push(self.rules());
        let title = lang.pick("标签", "Labels");
        let frame = self.frame(title, PATH).below(self.up());
        self.shown(frame, "", sections, status)
    }

    fn try_form(&self, datasets: &[Dataset], typed: Option<&Fields>) -> FormView {
        let choice = |dataset: &Dataset| {
            let value = dataset.id.to_string();
            let names: Vec<&str> = dataset.columns.iter().map(|it| it.name.as_str()).collect();
            ChoiceView {
                on: typed.is_some_and(|fields| fields.all("datasets").any(|id| id == value)),
                value,
                label: dataset.name.clone(),
                note: names.join(", "),
            }
        };
        let several = InputView::several(
            "datasets",
            self.t("数据集", "Datasets"),
            datasets.iter().map(choice).collect(),
        );
        FormView {
            inputs: vec![
                several.because(self.t(
                    "每个数据集是一张以其名称为名的表；涉及个人的另有 subject 字段。",
                    "Each is a table of its name; one about persons has the column subject too.",
                )),
                InputView::lines("sql", self.t("查询语句（SQL）", "The statement (SQL)"))
                    .with(typed.map_or("", |fields| fields.one("sql")))
                    .because(self.t("只允许一条 SELECT。", "One SELECT and nothing else.")),
            ],
            acts: vec![("try", self.t("查看标签", "Show the labels"), false)],
            ..self.form("try", PATH)
        }
    }

    fn rules(&self) -> Section {
        let lines = [
            self.t(
                "由个人信息计算得出的字段是个人信息；与个人信息结合的非个人信息也是。类别取最严格者。",
                "What is computed from personal data is personal, and so is what is not personal once it is combined with it. The strictest class counts.",
            ),
            self.t(
                "只要有一张表的行涉及个人，结果有哪些行就说明了个人的情况。",
                "As soon as the rows of one table are about persons, which rows there are says something about persons.",
            ),
            self.t(
                "筛选、连接、分组或排序所用的字段，决定了结果有哪些行；以标识符筛选使结果成为个人信息，而不是标识符。",
                "Columns that filter, join, group or order choose which rows there are; chosen by an identifier a result is personal and no identifier.",
            ),
            self.t(
                "单独的对照表不涉及个人，仍不是个人信息。",
                "A list about things, on its own, stays free.",
            ),
        ];
        let title = self.lang.pick("规则", "The rules");
        section("rules", title, vec![Block::List(lines.to_vec())])
    }
}

/// Shows each label with how it came about.
pub(super) fn derivation(labels: &[Label], lang: Lang) -> Table {
    let row = |label: &Label| {
        let causes = label.because.iter().map(|cause| {
            let text = cause_text(cause);
            text.get(lang).to_owned()
        });
        let causes: Vec<String> = causes.collect();
        vec![
            label.column.clone(),
            class_text(label.class).get(lang).to_owned(),
            causes.join(lang.pick("；", "; ")),
        ]
    };
    let head = [
        lang.pick("字段", "Column"),
        lang.pick("类别", "Class"),
        lang.pick("由何而来", "How it came about"),
    ];
    Table {
        caption: lang
            .pick(
                "结果各字段的类别及其由来",
                "Classes of the columns and how they came about",
            )
            .to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows: labels.iter().map(row).collect(),
        ..Table::default()
    }
}
