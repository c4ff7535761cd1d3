//! The classes of a dataset's columns: who confirmed them, what changed and why, and the form that changes one.

use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::store::{About, ClassedColumn};
use yuntu_app::words::{class_text, minute, role_text};
use yuntu_terms::{ColumnClass, DatasetId, Text, clause};

use super::{PATH, path};
use crate::console::Console;
use crate::forms::{Fields, Sent};
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Section, Table, opened, section};
use crate::view::{Asked, Wrong};

struct Topic {
    dataset: DatasetId,
}

type View = Console<Topic>;

pub(super) async fn page(
    console: Console,
    Named(dataset): Named<DatasetId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let view = console.about(Topic { dataset });
    view.show(None, Wrong::default(), &asked.done).await
}

pub(super) async fn sent(
    console: Console,
    Named(dataset): Named<DatasetId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R8);
    let view = console.about(Topic { dataset });
    let Some(to) = class_of(fields.one("class")) else {
        let text = Text::new("请选择新的类别", "Choose the new class.");
        let wrong = Wrong::field("class", text);
        return view.show(Some(&fields), wrong, "").await;
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
            view.show(Some(&fields), wrong, "").await
        }
        Err(error) => {
            let wrong = Wrong::of(error)?;
            view.show(Some(&fields), wrong, "").await
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
    async fn show(
        &self,
        typed: Option<&Fields>,
        wrong: Wrong,
        done: &str,
    ) -> Result<Response, Problem> {
        let (lang, caller, dataset) = (self.lang, &self.who.caller, self.about.dataset);
        let platform = &self.site.platform;
        let found = platform.classes_of(caller, dataset).await?;
        let (described, columns) = (found.dataset, found.columns);
        let status = wrong.status();
        let mut blocks = Vec::new();
        let about_things = described.about == About::Things;
        let personal = |it: &ClassedColumn| it.class.is_personal();
        if done == "class" {
            blocks.push(Block::Note(self.t(
                "类别已变更，下一次判定即按新的类别。",
                "The class is changed; the next decision goes by it.",
            )));
        }
        if about_things && columns.iter().any(personal) {
            blocks.push(Block::Note(self.t(
                "此数据集已停止使用：有字段涉及个人，而各行不指明是谁，没有人的同意可以打开它。请把文件作为涉及个人的数据集导入，并指定识别个人的字段；字段其实与个人无关的，说明理由后降低其类别。",
                "This dataset is not used any more: a column is about persons and the rows name nobody, so no consent can open them. Import the file as data about persons, with the column that identifies them; lower the class, with the reason, where the column is about nobody.",
            )));
        }
        blocks.push(Block::Table(self.columns(&columns)));
        let mut sections = vec![section("columns", lang.pick("字段", "Columns"), blocks)];
        if found.may_change {
            let mut before = Vec::new();
            if about_things {
                before.push(Block::Text(self.t(
                    "此数据集不涉及个人，各行不指明是谁。把任一字段提高为个人信息或敏感个人信息，整个数据集随即停止使用；此时应把文件作为涉及个人的数据集重新导入。",
                    "This dataset is about things and its rows name nobody. Raise one column to personal or sensitive and no work can use any of it from then on; what helps is to import the file anew as data about persons.",
                )));
            }
            let form = wrong.into_form(self.change_form(&columns, typed), lang);
            before.push(Block::Form(Box::new(form)));
            let title = lang.pick("变更类别", "Change a class");
            sections.push(section("change", title, before));
        }
        sections.extend(self.changes(&columns));
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
        let frame = self
            .frame(title, path(dataset))
            .below(self.dataset_link(dataset, described.name.clone()));
        self.shown(frame, described.name, sections, status)
    }

    fn columns(&self, columns: &[ClassedColumn]) -> Table {
        let lang = self.lang;
        let row = |column: &ClassedColumn| {
            let (who, when) = column.confirmed.map_or_else(
                || (self.t("尚未确认", "not yet"), String::from("–")),
                |(by, at)| (self.colleague(by), minute(at)),
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
        self.table(
            self.t(
                "字段、类别与确认",
                "Columns, their classes and who confirmed them",
            ),
            &[
                ("字段", "Column"),
                ("作用", "Role"),
                ("类别", "Class"),
                ("确认人", "Confirmed by"),
                ("时间", "When"),
                ("理由", "Why"),
            ],
            columns.iter().map(row),
        )
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
                    self.colleague(it.by),
                    minute(it.at),
                    it.reason.clone(),
                ]
            })
            .collect();
        if rows.is_empty() {
            return None;
        }
        let table = self.table(
            self.t("历次变更", "Every change"),
            &[
                ("字段", "Column"),
                ("之前", "Before"),
                ("之后", "After"),
                ("由谁", "By whom"),
                ("时间", "When"),
                ("理由", "Why"),
            ],
            rows,
        );
        let title = lang.pick("变更记录", "Changes");
        Some(section("changes", title, vec![Block::Table(table)]))
    }

    fn change_form(&self, columns: &[ClassedColumn], typed: Option<&Fields>) -> FormView {
        let lang = self.lang;
        let of = |name: &str| typed.map_or("", |fields| fields.one(name)).to_owned();
        let (column, class) = (of("column"), of("class"));
        let names = columns.iter().map(|it| (it.name.clone(), it.name.clone()));
        let classes = GIVEN.into_iter().map(|class| {
            let text = class_text(class);
            (class.code().to_owned(), opened(text.get(lang), lang))
        });
        FormView {
            inputs: vec![
                self.pick("column", self.t("字段", "Column"), &column, names)
                    .because(self.t("要变更的字段。", "The column to change."))
                    .needed(),
                self.pick("class", self.t("新的类别", "New class"), &class, classes)
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
            ..self.form("class", &path(self.about.dataset))
        }
    }
}
