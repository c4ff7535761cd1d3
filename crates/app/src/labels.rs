//! How closely columns are tied to persons: shown with how it came about, and changed by who answers for the data.

use std::collections::BTreeMap;

use serde_json::json;
use yuntu_engine::{Label, TableShape};
use yuntu_lake::{Column, ColumnRole, ColumnType, DatasetKind};
use yuntu_policy::{Action, may};
use yuntu_store::{About, ClassedColumn, ColumnChange, Dataset, StoreError, Tx};
use yuntu_terms::{ClauseId, ColumnClass, DatasetId, clause};

use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many characters a reason may have.
const REASON_CHARS_MAX: usize = 200;

/// The columns of a dataset with their classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassesView {
    /// The dataset.
    pub dataset: Dataset,
    /// The columns, in order.
    pub columns: Vec<ClassedColumn>,
    /// Whether the caller may change a class.
    pub may_change: bool,
}

impl Platform {
    /// Says of each column that a statement would give how closely it is tied to persons, and from which inputs and by which
    /// rule it came to be so. The statement is planned over the columns of the datasets and never run: no row is read.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports; [`AppError::Missing`] when a dataset is not her
    /// enterprise's; [`AppError::Engine`] when the statement is wrong.
    /// # Clause
    /// R8
    pub async fn labels_of(
        &self,
        caller: &Caller,
        datasets: &BTreeMap<String, DatasetId>,
        sql: &str,
    ) -> Result<Vec<Label>, AppError> {
        clause::hit!(R8);
        self.authorise(caller, Action::ViewReport).await?;
        let mut tables = Vec::with_capacity(datasets.len());
        for (name, id) in datasets {
            let dataset = self.own_dataset(caller, *id).await?;
            tables.push(shape_of(name, &dataset)?);
        }
        let engine = &self.inner.engine;
        Ok(engine.labels_of(tables, sql, self.now()).await?)
    }

    /// Lists the columns of a dataset with their classes, who confirmed each and how it changed.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports; [`AppError::Missing`] when there is no such dataset.
    /// # Clause
    /// R8
    pub async fn classes_of(
        &self,
        caller: &Caller,
        dataset: DatasetId,
    ) -> Result<ClassesView, AppError> {
        let role = self.authorise(caller, Action::ViewReport).await?;
        Ok(ClassesView {
            dataset: self.own_dataset(caller, dataset).await?,
            columns: self.store().read().list_classes(dataset).await?,
            may_change: may(role, Action::DeclareSource),
        })
    }

    /// Changes the class of a column. The next decision goes by the new one; to lower it takes a reason. Repeated after a
    /// fault it goes on where it stood.
    ///
    /// A dataset about things whose column turns out to be about persons is not used any more: its rows name nobody, so no
    /// consent can admit them. That is no reason to leave the column open, so raising is not refused; pages and decisions say
    /// what follows.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not declare; [`AppError::Invalid`] when the class is that of an identifier,
    /// which only an import makes, or a reason is missing; [`AppError::Missing`] when there is no such dataset or column.
    /// # Clause
    /// R8
    pub async fn change_class(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        column: &str,
        (to, reason): (ColumnClass, &str),
    ) -> Result<(), AppError> {
        clause::hit!(R8);
        self.authorise(caller, Action::DeclareSource).await?;
        let described = self.own_dataset(caller, dataset).await?;
        let found = described.columns.iter().find(|it| it.name == column);
        let from = found.ok_or(AppError::Missing { what: "column" })?.class;
        let reason = checked_reason((from, to), reason)?;
        if from != to {
            let change = ColumnChange {
                from,
                to,
                reason: reason.to_owned(),
                by: caller.representative,
                at: self.now(),
            };
            self.record_class(caller, dataset, column, &change).await?;
        }
        // The files have the class too, and the stricter of the two counts until they agree.
        let classes = [(column.to_owned(), to)];
        self.inner
            .lake
            .set_classes(caller.enterprise, dataset, &classes)
            .await?;
        Ok(())
    }

    async fn record_class(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        column: &str,
        change: &ColumnChange,
    ) -> Result<(), AppError> {
        let actor = self.pseudonym(caller).await?;
        let own = (caller.enterprise, dataset);
        let done = self
            .store()
            .run_tx("column.reclass", async |tx: Tx| {
                tx.change_class(own, column, change).await?;
                let body = json!({
                    "enterprise": caller.enterprise, "dataset": dataset, "column": column,
                    "from": change.from, "to": change.to, "lowered": change.to < change.from,
                });
                let clauses = [ClauseId::r(8)];
                let noted = entry(&tx, "column.reclassed", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(())
            })
            .await;
        done.map_err(|error| {
            if let AppError::Store(StoreError::Missing { what }) = &error {
                AppError::Missing { what }
            } else {
                error
            }
        })
    }
}

fn checked_reason((from, to): (ColumnClass, ColumnClass), reason: &str) -> Result<&str, AppError> {
    if to == ColumnClass::Identifier || from == ColumnClass::Identifier {
        return Err(AppError::Invalid {
            what: "class",
            reason: Said::new(
                "标识符只能由导入映射确定：导入时它已变为带密钥的散列，并不作为字段保存",
                "only the mapping of an import makes an identifier: it becomes a keyed hash there and no column",
            ),
        });
    }
    let reason = reason.trim();
    if reason.chars().count() > REASON_CHARS_MAX || reason.contains(char::is_control) {
        return Err(AppError::Invalid {
            what: "reason",
            reason: Said::new(
                "理由应为单行，最多 200 个字符",
                "expected one line of at most 200 characters",
            ),
        });
    }
    if to < from && reason.is_empty() {
        return Err(AppError::Invalid {
            what: "reason",
            reason: Said::new(
                "降低类别须写明理由",
                "say why: to lower a class takes a reason",
            ),
        });
    }
    Ok(reason)
}

/// Describes a dataset to the planner, with the classes that hold today.
fn shape_of(name: &str, dataset: &Dataset) -> Result<TableShape, AppError> {
    let columns = dataset.columns.iter().map(|column| {
        let column_type: ColumnType =
            serde_json::from_str(&column.data_type).map_err(|_detail| AppError::Internal {
                what: "type of a column",
            })?;
        Ok(Column {
            name: column.name.clone(),
            column_type,
            class: column.class,
            role: ColumnRole::Attribute,
        })
    });
    Ok(TableShape {
        name: name.to_owned(),
        kind: match dataset.about {
            About::Persons => DatasetKind::Persons,
            About::Things => DatasetKind::Lookup,
        },
        columns: columns.collect::<Result<_, AppError>>()?,
    })
}
