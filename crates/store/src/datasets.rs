use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Value, prelude::Uuid,
};
use yuntu_policy::Standing;
use yuntu_terms::{
    ColumnClass, DatasetId, EnterpriseId, Region, RepresentativeId, Timestamp, clause,
};

use crate::bulk::insert_all;
use crate::enterprises::standing_of;
use crate::entity::{dataset, dataset_column};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, name, one_row, to_json};
use crate::tx::Tx;

const TABLE: &str = "dataset";
const COLUMN_TABLE: &str = "dataset_column";
const COLUMN_NAMES: &[&str] = &[
    "dataset_id",
    "position",
    "name",
    "role",
    "class",
    "data_type",
    "confirmed_by",
    "confirmed_at",
];

/// Whether the rows of a dataset are about persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Each row is about one person.
    Persons,
    /// No row is about a person, such as a list of products.
    Things,
}

/// A dataset as the enterprise describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDataset {
    /// The name, which no other dataset of the enterprise has.
    pub name: String,
    /// What its rows are about.
    pub about: About,
    /// Where it is stored.
    pub region: Region,
    /// The columns, in order.
    pub columns: Vec<DatasetColumn>,
}

/// A column of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetColumn {
    /// The name.
    pub name: String,
    /// What it means to the lake, by code.
    pub role: String,
    /// How closely it is tied to a person.
    pub class: ColumnClass,
    /// The type of its values, by code.
    pub data_type: String,
}

/// A dataset with its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// The id.
    pub id: DatasetId,
    /// Whose it is.
    pub enterprise: EnterpriseId,
    /// The name.
    pub name: String,
    /// What its rows are about.
    pub about: About,
    /// Where it is stored.
    pub region: Region,
    /// Whether it may be used.
    pub standing: Standing,
    /// The reason of a measure against it.
    pub standing_reason: Option<String>,
    /// The columns, in order.
    pub columns: Vec<DatasetColumn>,
    /// Whether a person confirmed the class of every column.
    pub confirmed: bool,
    /// When it was described.
    pub created: Timestamp,
}

impl Tx {
    /// Describes a dataset; it is pending until its columns are confirmed and it is let in.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when a name is not acceptable, [`StoreError::Conflict`] when it is taken,
    /// [`StoreError::Missing`] when there is no such enterprise.
    ///
    /// # Clause
    /// U3
    pub async fn create_dataset(
        &self,
        enterprise: EnterpriseId,
        new: &NewDataset,
    ) -> Result<DatasetId, StoreError> {
        let id: DatasetId = self.new_id()?;
        let now = self.now().as_micros();
        let row = dataset::Model {
            id: id.uuid(),
            enterprise_id: enterprise.uuid(),
            name: name(&new.name, "name of the dataset")?,
            about_persons: i64::from(new.about == About::Persons),
            region: new.region.to_string(),
            standing: Standing::Pending.code().to_owned(),
            standing_reason: None,
            created_at: now,
            updated_at: now,
            mapping: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        let mut columns = Vec::with_capacity(new.columns.len());
        for (position, column) in (0_i64..).zip(&new.columns) {
            columns.push(vec![
                Value::from(id.uuid()),
                position.into(),
                name(&column.name, "name of the column")?.into(),
                column.role.clone().into(),
                column.class.code().into(),
                column.data_type.clone().into(),
                Option::<Uuid>::None.into(),
                Option::<i64>::None.into(),
            ]);
        }
        insert_all(&self.link, COLUMN_TABLE, COLUMN_NAMES, columns.into_iter())
            .await
            .map_err(|error| StoreError::from(error).conflict("column"))?;
        Ok(id)
    }

    /// Records that a person confirmed the classes of all columns, which were only proposed before.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such dataset.
    ///
    /// # Clause
    /// R8
    pub async fn confirm_columns(
        &self,
        enterprise: EnterpriseId,
        id: DatasetId,
        by: RepresentativeId,
    ) -> Result<(), StoreError> {
        clause::hit!(R8);
        self.own_dataset(enterprise, id).await?;
        dataset_column::Entity::update_many()
            .col_expr(dataset_column::Column::ConfirmedBy, by.uuid().into())
            .col_expr(
                dataset_column::Column::ConfirmedAt,
                self.now().as_micros().into(),
            )
            .filter(dataset_column::Column::DatasetId.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Keeps the mapping that a person confirmed, with which the next deliveries are read too.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such dataset.
    ///
    /// # Clause
    /// R8
    pub async fn keep_mapping(
        &self,
        enterprise: EnterpriseId,
        id: DatasetId,
        mapping: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let mapping = Some(to_json(mapping, "mapping")?);
        let done = dataset::Entity::update_many()
            .col_expr(dataset::Column::Mapping, mapping.into())
            .filter(dataset::Column::Id.eq(id.uuid()))
            .filter(dataset::Column::EnterpriseId.eq(enterprise.uuid()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }

    /// Lets a dataset in, freezes it, lifts the freeze or ends it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such dataset.
    ///
    /// # Clause
    /// U5
    pub async fn set_dataset_standing(
        &self,
        enterprise: EnterpriseId,
        id: DatasetId,
        standing: Standing,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        clause::hit!(U5);
        let done = dataset::Entity::update_many()
            .col_expr(dataset::Column::Standing, standing.code().into())
            .col_expr(
                dataset::Column::StandingReason,
                reason.map(str::to_owned).into(),
            )
            .col_expr(dataset::Column::UpdatedAt, self.now().as_micros().into())
            .filter(dataset::Column::Id.eq(id.uuid()))
            .filter(dataset::Column::EnterpriseId.eq(enterprise.uuid()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }

    pub(crate) async fn own_dataset(
        &self,
        enterprise: EnterpriseId,
        id: DatasetId,
    ) -> Result<(), StoreError> {
        let row = dataset::Entity::find_by_id(id.uuid())
            .filter(dataset::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        row.map(drop).ok_or(StoreError::Missing { what: TABLE })
    }
}

impl Reader {
    /// Finds a dataset of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    pub async fn find_dataset(
        &self,
        enterprise: EnterpriseId,
        id: DatasetId,
    ) -> Result<Option<Dataset>, StoreError> {
        Ok(self.datasets(enterprise, Some(&[id])).await?.pop())
    }

    /// Finds the mapping that was confirmed for a dataset of this enterprise.
    ///
    /// # Errors
    /// As [`Reader::find_dataset`].
    pub async fn find_mapping(
        &self,
        enterprise: EnterpriseId,
        id: DatasetId,
    ) -> Result<Option<serde_json::Value>, StoreError> {
        let row = dataset::Entity::find_by_id(id.uuid())
            .filter(dataset::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        let mapping = row.and_then(|row| row.mapping);
        mapping
            .map(|text| Place(TABLE, "mapping").json(&text))
            .transpose()
    }

    /// Lists the datasets of an enterprise, by name.
    ///
    /// # Errors
    /// As [`Reader::find_dataset`].
    pub async fn list_datasets(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<Vec<Dataset>, StoreError> {
        self.datasets(enterprise, None).await
    }

    /// Counts how many of these datasets are the enterprise's.
    pub(crate) async fn count_datasets(
        &self,
        enterprise: EnterpriseId,
        ids: &BTreeSet<DatasetId>,
    ) -> Result<usize, StoreError> {
        let owned = dataset::Entity::find()
            .filter(dataset::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(dataset::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .count(&self.link)
            .await?;
        Ok(usize::try_from(owned).unwrap_or(usize::MAX))
    }

    /// Loads datasets with their columns in two statements, however many there are.
    pub(crate) async fn datasets(
        &self,
        enterprise: EnterpriseId,
        only: Option<&[DatasetId]>,
    ) -> Result<Vec<Dataset>, StoreError> {
        let mut query = dataset::Entity::find()
            .filter(dataset::Column::EnterpriseId.eq(enterprise.uuid()))
            .order_by_asc(dataset::Column::Name);
        if let Some(ids) = only {
            query = query.filter(dataset::Column::Id.is_in(ids.iter().map(|id| id.uuid())));
        }
        let rows = query.all(&self.link).await?;
        let columns = dataset_column::Entity::find()
            .filter(dataset_column::Column::DatasetId.is_in(rows.iter().map(|row| row.id)))
            .order_by_asc(dataset_column::Column::DatasetId)
            .order_by_asc(dataset_column::Column::Position)
            .all(&self.link)
            .await?;
        let mut columns_of: BTreeMap<Uuid, Vec<dataset_column::Model>> = BTreeMap::new();
        for column in columns {
            columns_of
                .entry(column.dataset_id)
                .or_default()
                .push(column);
        }
        rows.into_iter()
            .map(|row| {
                let columns = columns_of.remove(&row.id).unwrap_or_default();
                dataset_of(row, columns)
            })
            .collect()
    }
}

fn dataset_of(
    row: dataset::Model,
    columns: Vec<dataset_column::Model>,
) -> Result<Dataset, StoreError> {
    let confirmed = columns.iter().all(|column| column.confirmed_at.is_some());
    let columns = columns.into_iter().map(|column| {
        Ok(DatasetColumn {
            class: Place(COLUMN_TABLE, "class").code(&column.class)?,
            name: column.name,
            role: column.role,
            data_type: column.data_type,
        })
    });
    Ok(Dataset {
        id: DatasetId::from_uuid(row.id),
        enterprise: EnterpriseId::from_uuid(row.enterprise_id),
        name: row.name,
        about: if row.about_persons == 0 {
            About::Things
        } else {
            About::Persons
        },
        region: Place(TABLE, "region").parse(&row.region)?,
        standing: standing_of(&row.standing, TABLE)?,
        standing_reason: row.standing_reason,
        columns: columns.collect::<Result<_, StoreError>>()?,
        confirmed,
        created: moment(row.created_at),
    })
}
