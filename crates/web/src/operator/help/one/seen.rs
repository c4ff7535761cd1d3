//! What a look brought: rows, or the structure of datasets. It is shown once and kept nowhere.

use serde_json::Value;
use yuntu_app::Done;
use yuntu_app::engine::QueryResult;
use yuntu_app::help::{HELP_ROWS_MAX, HelpDataset, HelpStructure};
use yuntu_app::imports::ImportFault;
use yuntu_app::words::{
    class_text, grouped, import_text, minute, role_text, row_fault_text, standing_text,
};

use super::View;
use crate::api::written_rows;
use crate::either::waiting_line;
use crate::problem::Problem;
use crate::report::{Block, Part, Section, Table, section};

impl View {
    pub(super) fn rows(&self, done: &Done) -> Result<Section, Problem> {
        let lang = self.lang;
        let QueryResult::Rows(rows) = &done.outcome.result else {
            return Err(Problem::internal("a look answered another question"));
        };
        let head: Vec<String> = done
            .outcome
            .labels
            .iter()
            .map(|label| label.column.clone())
            .collect();
        let limit = usize::try_from(HELP_ROWS_MAX).unwrap_or(usize::MAX);
        let written = written_rows(rows, limit)?;
        let told = vec![
            (self.t("行数", "Rows"), grouped(rows.len())),
            (
                self.t("收据编号", "Id of the receipt"),
                done.receipt.to_string(),
            ),
        ];
        let table = Table {
            caption: self.t("结果", "Result"),
            head,
            rows: written.iter().map(cells).collect(),
            ..Table::default()
        };
        let mut blocks = vec![Block::Facts(told)];
        if !table.rows.is_empty() {
            blocks.push(Block::Table(table));
        }
        Ok(section(
            "rows",
            lang.pick("查看到的数据行", "What was looked at"),
            blocks,
        ))
    }

    pub(super) fn structure(&self, structure: &HelpStructure) -> Section {
        let lang = self.lang;
        let mut blocks = Vec::new();
        for dataset in &structure.datasets {
            blocks.push(Block::Part(self.dataset(dataset)));
            blocks.push(Block::Table(self.columns(dataset)));
            if !dataset.imports.is_empty() {
                blocks.push(Block::Table(self.imports(dataset)));
            }
            let lines = self.quarantine(dataset);
            if !lines.rows.is_empty() {
                blocks.push(Block::Table(lines));
            }
        }
        section("structure", lang.pick("结构", "Structure"), blocks)
    }

    fn dataset(&self, it: &HelpDataset) -> Part {
        let lang = self.lang;
        let mut facts = vec![
            (
                self.t("状态", "Standing"),
                standing_text(it.standing).get(lang).to_owned(),
            ),
            (self.t("行数", "Rows"), grouped(it.rows)),
        ];
        if !it.waiting.is_empty() {
            facts.push((self.t("等待", "Waits for"), waiting_line(&it.waiting, lang)));
        }
        for gap in &it.gaps {
            let text = gap.text();
            facts.push((
                self.t("说明缺少", "The declaration lacks"),
                text.get(lang).to_owned(),
            ));
        }
        Part {
            title: format!("{} · {}", it.table, it.name),
            facts,
        }
    }

    fn columns(&self, it: &HelpDataset) -> Table {
        let lang = self.lang;
        let rows = it.columns.iter().map(|column| {
            vec![
                column.name.clone(),
                role_text(&column.role).get(lang).to_owned(),
                class_text(column.class).get(lang).to_owned(),
                // It is kept as JSON.
                column.data_type.trim_matches('"').to_owned(),
            ]
        });
        self.table(
            lang.pick(
                format!("{} 的字段", it.table),
                format!("Columns of {}", it.table),
            ),
            &[
                ("字段", "Column"),
                ("作用", "Role"),
                ("类别", "Class"),
                ("类型", "Type"),
            ],
            rows,
        )
    }

    fn imports(&self, it: &HelpDataset) -> Table {
        let lang = self.lang;
        let rows = it.imports.iter().map(|import| {
            let failure = import.failure.as_deref();
            let failure = failure.map(|code| ImportFault::text(code).get(lang).to_owned());
            vec![
                minute(import.created),
                import_text(import.status).get(lang).to_owned(),
                grouped(import.progress.rows_loaded),
                grouped(import.progress.rows_quarantined),
                failure.unwrap_or_default(),
            ]
        });
        self.table(
            lang.pick(
                format!("{} 的导入", it.table),
                format!("Imports of {}", it.table),
            ),
            &[
                ("开始", "Begun"),
                ("结果", "Outcome"),
                ("导入行", "Rows loaded"),
                ("隔离行", "Rows in quarantine"),
                ("原因", "Why"),
            ],
            rows,
        )
    }

    fn quarantine(&self, it: &HelpDataset) -> Table {
        let lang = self.lang;
        let lines = it.imports.iter().flat_map(|import| {
            import.quarantine.iter().map(|row| {
                vec![
                    minute(import.created),
                    row.line.to_string(),
                    row.column.clone().unwrap_or_default(),
                    row_fault_text(row.reason).get(lang).to_owned(),
                ]
            })
        });
        self.table(
            lang.pick(
                format!("{} 中未能导入的行（每次导入最多 20 行，不含值）", it.table),
                format!(
                    "Rows of {} that did not fit (20 of each import at most, without values)",
                    it.table
                ),
            ),
            &[
                ("导入", "Import"),
                ("行号", "Line"),
                ("字段", "Column"),
                ("原因", "Why"),
            ],
            lines,
        )
    }
}

/// Writes a row as it is read on a page.
fn cells(row: &Value) -> Vec<String> {
    let cell = |value: &Value| match value {
        Value::Null => String::from("–"),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    let values = row.as_array();
    values.into_iter().flatten().map(cell).collect()
}
