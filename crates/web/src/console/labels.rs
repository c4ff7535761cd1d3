//! How closely columns are tied to persons: those of a dataset with how they were changed, and those that a statement would
//! give, with how each label came about.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::get;
use yuntu_app::AppError;
use yuntu_app::engine::Label;
use yuntu_app::store::{ClassedColumn, Dataset};
use yuntu_app::words::{cause_text, class_text, engine_text, minute, role_text};
use yuntu_terms::{ColumnClass, DatasetId, Lang, RepresentativeId, Text, clause};

use super::Console;
use super::datasets::PATH as DATASETS;
use crate::forms::{Fields, Sent};
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{
    Block, ChoiceView, FormView, InputView, Link, Section, Table, opened, section,
};
use crate::state::Site;
use crate::view::{Asked, Wrong};

pub(super) const PATH: &str = "/console/labels";

/// How many bytes the form with a statement may have.
const FORM_BYTES_MAX: usize = 262_144;

/// Makes the routes of labels.
pub(super) fn router() -> Router<Site> {
    Router::new()
        .route(
            PATH,
            get(try_page)
                .post(tried)
                .layer(DefaultBodyLimit::max(FORM_BYTES_MAX)),
        )
        .route(
            "/console/datasets/{dataset}/labels",
            get(of_dataset).post(changed),
        )
}

/// Returns the path of the labels of a dataset.
pub(super) fn path(dataset: DatasetId) -> String {
    format!("{DATASETS}/{dataset}/labels")
}

#[derive(Default)]
struct Topic;

type View = Console<Topic>;

async fn try_page(view: View) -> Result<Response, Problem> {
    view.trying(None, Wrong::default(), &[]).await
}

async fn tried(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
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
        return view.trying(Some(&fields), wrong, &[]).await;
    }
    match platform
        .labels_of(&view.who.caller, &chosen, fields.one("sql"))
        .await
    {
        Ok(labels) => view.trying(Some(&fields), Wrong::default(), &labels).await,
        Err(AppError::Engine(error)) => {
            let wrong = Wrong::field("sql", engine_text(&error));
            view.trying(Some(&fields), wrong, &[]).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn of_dataset(
    view: View,
    Named(dataset): Named<DatasetId>,
    asked: Asked,
) -> Result<Response, Problem> {
    view.classes(dataset, None, Wrong::default(), &asked.done)
        .await
}

async fn changed(
    view: View,
    Named(dataset): Named<DatasetId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R8);
    let Some(to) = class_of(fields.one("class")) else {
        let text = Text::new("请选择新的类别", "Choose the new class.");
        let wrong = Wrong::field("class", text);
        return view.classes(dataset, Some(&fields), wrong, "").await;
    };
    let (column, reason) = (fields.one("column"), fields.one("reason"));
    let done = view
        .site
        .platform
        .change_class(&view.who.caller, dataset, column, (to, reason));
    match done.await {
        Ok(()) => Ok(view.on_to(&path(dataset), "class")),
        Err(AppError::Missing { what: "column" }) => {
            let text = Text::new("请选择一个字段", "Choose a column.");
            let wrong = Wrong::field("column", text);
            view.classes(dataset, Some(&fields), wrong, "").await
        }
        Err(error) => {
            let wrong = Wrong::of(error)?;
            view.classes(dataset, Some(&fields), wrong, "").await
        }
    }
}

/// The classes that a person gives; an identifier is made by an import alone.
const GIVEN: [ColumnClass; 3] = [
    ColumnClass::NonPersonal,
    ColumnClass::Personal,
    ColumnClass::Sensitive,
];

fn class_of(code: &str) -> Option<ColumnClass> {
    GIVEN.into_iter().find(|class| class.code() == code)
}

impl View {
    async fn trying(
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
        let mut frame = self.frame(title, PATH);
        frame.up = Some(self.up());
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

    async fn classes(
        &self,
        dataset: DatasetId,
        typed: Option<&Fields>,
        wrong: Wrong,
        done: &str,
    ) -> Result<Response, Problem> {
        let (lang, caller) = (self.lang, &self.who.caller);
        let platform = &self.site.platform;
        let found = platform.classes_of(caller, dataset).await?;
        let (described, columns) = (found.dataset, found.columns);
        let status = wrong.status();
        let mut blocks = Vec::new();
        if done == "class" {
            blocks.push(Block::Note(self.t(
                "类别已变更，下一次判定即按新的类别。",
                "The class is changed; the next decision goes by it.",
            )));
        }
        blocks.push(Block::Table(self.columns(&columns)));
        let mut sections = vec![section("columns", lang.pick("字段", "Columns"), blocks)];
        if found.may_change {
            let form = wrong.into_form(self.change_form(dataset, &columns, typed), lang);
            let title = lang.pick("变更类别", "Change a class");
            sections.push(section("change", title, vec![Block::Form(Box::new(form))]));
        }
        sections.extend(self.changes(&columns));
        let code = lang.pick("zh", "en");
        sections.push(section(
            "more",
            lang.pick("另见", "See also"),
            vec![Block::Links(vec![self.link(
                PATH,
                "试一条语句的标签",
                "Try the labels of a statement",
            )])],
        ));
        let title = lang.pick("字段的类别", "Classes of the columns");
        let mut frame = self.frame(title, path(dataset));
        frame.up = Some(Link {
            address: format!("{DATASETS}/{dataset}?lang={code}"),
            text: described.name.clone(),
            note: String::new(),
        });
        self.shown(frame, described.name, sections, status)
    }

    fn who(&self, by: RepresentativeId) -> String {
        if by == self.who.caller.representative {
            self.t("您", "you")
        } else {
            by.to_string()
        }
    }

    fn columns(&self, columns: &[ClassedColumn]) -> Table {
        let lang = self.lang;
        let row = |column: &ClassedColumn| {
            let (who, when) = column.confirmed.map_or_else(
                || (self.t("尚未确认", "not yet"), String::from("–")),
                |(by, at)| (self.who(by), minute(at)),
            );
            let last = column.changes.last();
            let why = last.map(|it| it.reason.clone()).unwrap_or_default();
            let why = match (last, why.is_empty()) {
                (None, _) => self.t("导入时确认", "as confirmed for the import"),
                (Some(_), true) => self.t("提高类别", "raised"),
                (Some(_), false) => why,
            };
            vec![
                column.name.clone(),
                role_text(&column.role).get(lang).to_owned(),
                class_text(column.class).get(lang).to_owned(),
                who,
                when,
                why,
            ]
        };
        Table {
            caption: self.t(
                "字段、类别与确认",
                "Columns, their classes and who confirmed them",
            ),
            head: vec![
                self.t("字段", "Column"),
                self.t("作用", "Role"),
                self.t("类别", "Class"),
                self.t("确认人", "Confirmed by"),
                self.t("时间", "When"),
                self.t("理由", "Why"),
            ],
            rows: columns.iter().map(row).collect(),
            ..Table::default()
        }
    }

    fn changes(&self, columns: &[ClassedColumn]) -> Option<Section> {
        let lang = self.lang;
        let class = |class| class_text(class).get(lang).to_owned();
        let rows: Vec<Vec<String>> = columns
            .iter()
            .flat_map(|column| column.changes.iter().map(move |it| (column, it)))
            .map(|(column, it)| {
                vec![
                    column.name.clone(),
                    class(it.from),
                    class(it.to),
                    self.who(it.by),
                    minute(it.at),
                    it.reason.clone(),
                ]
            })
            .collect();
        if rows.is_empty() {
            return None;
        }
        let table = Table {
            caption: self.t("历次变更", "Every change"),
            head: vec![
                self.t("字段", "Column"),
                self.t("之前", "Before"),
                self.t("之后", "After"),
                self.t("由谁", "By whom"),
                self.t("时间", "When"),
                self.t("理由", "Why"),
            ],
            rows,
            ..Table::default()
        };
        let title = lang.pick("变更记录", "Changes");
        Some(section("changes", title, vec![Block::Table(table)]))
    }

    fn change_form(
        &self,
        dataset: DatasetId,
        columns: &[ClassedColumn],
        typed: Option<&Fields>,
    ) -> FormView {
        let lang = self.lang;
        let of = |name: &str| typed.map_or("", |fields| fields.one(name)).to_owned();
        let (column, class) = (of("column"), of("class"));
        let list = |chosen: &str, options: Vec<(String, String)>| {
            let blank = self.t("请选择", "Please choose");
            let mut all = vec![(String::new(), blank, chosen.is_empty())];
            all.extend(options.into_iter().map(|(value, label)| {
                let on = value == chosen;
                (value, label, on)
            }));
            all
        };
        let names = columns.iter().map(|it| (it.name.clone(), it.name.clone()));
        let classes = GIVEN.into_iter().map(|class| {
            let text = class_text(class);
            (class.code().to_owned(), opened(text.get(lang), lang))
        });
        FormView {
            inputs: vec![
                InputView::one("column", self.t("字段", "Column"), list(&column, names.collect()))
                    .because(self.t("要变更的字段。", "The column to change."))
                    .needed(),
                InputView::one("class", self.t("新的类别", "New class"), list(&class, classes.collect()))
                    .because(self.t(
                        "可以随时提高；不涉及个人的数据集一旦有个人信息字段即不可使用，须另建涉及个人的数据集。",
                        "It can be raised at any time. A dataset about things is of no use once a column is personal: make one about persons instead.",
                    ))
                    .needed(),
                InputView::line("reason", self.t("理由", "Why"))
                    .with(of("reason"))
                    .because(self.t(
                        "降低类别必须写明理由；变更记入账本。请勿写入个人信息。",
                        "To lower a class takes a reason; the change is in the ledger. Write no personal data here.",
                    )),
            ],
            acts: vec![("class", self.t("变更", "Change"), false)],
            ..self.form("class", &path(dataset))
        }
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
