//! How closely columns are tied to persons: shown with how it came about, and changed by who may declare.

use std::collections::BTreeMap;

use yuntu_engine::{Label, TableShape};
use yuntu_lake::{Column, ColumnRole, ColumnType, DatasetKind};
use yuntu_policy::Action;
use yuntu_store::{About, Dataset};
use yuntu_terms::{DatasetId, clause};

use crate::caller::Caller;
use crate::error::AppError;
use crate::platform::Platform;

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
