//! The class of each column of a dataset: who confirmed it and when, how it was changed since, and why.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use yuntu_terms::{ColumnClass, DatasetId, EnterpriseId, RepresentativeId, Timestamp, clause};

use crate::entity::{column_change, dataset_column};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, moment_if, number};
use crate::tx::Tx;

const TABLE: &str = "column_change";
const COLUMNS: &str = "dataset_column";

/// A column with who confirmed its class and how it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassedColumn {
    /// The name.
    pub name: String,
    /// What it means to the lake, by code.
    pub role: String,
    /// How closely it is tied to a person.
    pub class: ColumnClass,
    /// Who confirmed it last, and when; nobody while it is only proposed.
    pub confirmed: Option<(RepresentativeId, Timestamp)>,
    /// How it changed, the first change first.
    pub changes: Vec<ColumnChange>,
}

/// A change of the class of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnChange {
    /// What it was.
    pub from: ColumnClass,
    /// What it became.
    pub to: ColumnClass,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: RepresentativeId,
    /// When.
    pub at: Timestamp,
}

impl Tx {
    /// Changes the class of a column of a dataset; the next decision sees the new one.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such dataset or the dataset no such column;
    /// [`StoreError::Conflict`] when its class is another by now.
    ///
    /// # Clause
    /// R8
    pub async fn change_class(
        &self,
        (enterprise, dataset): (EnterpriseId, DatasetId),
        column: &str,
        change: &ColumnChange,
    ) -> Result<(), StoreError> {
        use dataset_column::Column;
        clause::hit!(R8);
        self.own_dataset(enterprise, dataset).await?;
        let row = dataset_column::Entity::find()
            .filter(Column::DatasetId.eq(dataset.uuid()))
            .filter(Column::Name.eq(column))
            .one(&self.link)
            .await?
            .ok_or(StoreError::Missing { what: "column" })?;
        if row.class != change.from.code() {
            return Err(StoreError::Conflict { what: "column" });
        }
        dataset_column::Entity::update_many()
            .col_expr(Column::Class, Expr::value(change.to.code()))
            .col_expr(Column::ConfirmedBy, Expr::value(change.by.uuid()))
            .col_expr(Column::ConfirmedAt, Expr::value(change.at.as_micros()))
            .filter(Column::DatasetId.eq(dataset.uuid()))
            .filter(Column::Position.eq(row.position))
            .exec(&self.link)
            .await?;
        let earlier = column_change::Entity::find()
            .filter(column_change::Column::DatasetId.eq(dataset.uuid()))
            .filter(column_change::Column::Position.eq(row.position))
            .count(&self.link)
            .await?;
        let change = column_change::Model {
            dataset_id: dataset.uuid(),
            position: row.position,
            number: number(earlier) + 1,
            from_class: change.from.code().to_owned(),
            to_class: change.to.code().to_owned(),
            reason: change.reason.clone(),
            changed_by: change.by.uuid(),
            changed_at: change.at.as_micros(),
        };
        insert(&self.link, change)
            .await
            .map_err(|error| error.conflict("column"))
    }
}

impl Reader {
    /// Lists the columns of a dataset with who confirmed each and how it changed, in two statements.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R8
    pub async fn list_classes(&self, dataset: DatasetId) -> Result<Vec<ClassedColumn>, StoreError> {
        let columns = dataset_column::Entity::find()
            .filter(dataset_column::Column::DatasetId.eq(dataset.uuid()))
            .order_by_asc(dataset_column::Column::Position)
            .all(&self.link)
            .await?;
        let changes = column_change::Entity::find()
            .filter(column_change::Column::DatasetId.eq(dataset.uuid()))
            .order_by_asc(column_change::Column::Position)
            .order_by_asc(column_change::Column::Number)
            .all(&self.link)
            .await?;
        let classed = columns.into_iter().map(|column| {
            let own = changes.iter().filter(|it| it.position == column.position);
            let confirmed = column.confirmed_by.zip(moment_if(column.confirmed_at));
            Ok(ClassedColumn {
                class: Place(COLUMNS, "class").code(&column.class)?,
                confirmed: confirmed.map(|(by, at)| (RepresentativeId::from_uuid(by), at)),
                changes: own.map(change_of).collect::<Result<_, StoreError>>()?,
                name: column.name,
                role: column.role,
            })
        });
        classed.collect()
    }
}

fn change_of(row: &column_change::Model) -> Result<ColumnChange, StoreError> {
    Ok(ColumnChange {
        from: Place(TABLE, "from_class").code(&row.from_class)?,
        to: Place(TABLE, "to_class").code(&row.to_class)?,
        reason: row.reason.clone(),
        by: RepresentativeId::from_uuid(row.changed_by),
        at: moment(row.changed_at),
    })
}
