use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, prelude::Uuid};
use yuntu_consent::DatasetScope;
use yuntu_terms::{DatasetId, EnterpriseId, RepresentativeId};

use crate::entity::dataset_scope;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, number, to_json};
use crate::tx::Tx;

impl Tx {
    /// Records what a dataset declares its people have consented to; earlier versions are kept.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such dataset.
    ///
    /// # Clause
    /// U4
    pub async fn record_scope(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        by: RepresentativeId,
        scope: &DatasetScope,
    ) -> Result<(), StoreError> {
        self.own_dataset(enterprise, dataset).await?;
        let earlier = dataset_scope::Entity::find()
            .filter(dataset_scope::Column::DatasetId.eq(dataset.uuid()))
            .count(&self.link)
            .await?;
        let row = dataset_scope::Model {
            dataset_id: dataset.uuid(),
            version: number(earlier) + 1,
            scope: to_json(scope, "scope")?,
            recorded_by: by.uuid(),
            recorded_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("scope"))
    }
}

impl Reader {
    /// Loads the newest scopes of several datasets in one statement.
    pub(crate) async fn scopes_of(
        &self,
        datasets: &[DatasetId],
    ) -> Result<BTreeMap<Uuid, DatasetScope>, StoreError> {
        let rows = dataset_scope::Entity::find()
            .filter(dataset_scope::Column::DatasetId.is_in(datasets.iter().map(|id| id.uuid())))
            .order_by_asc(dataset_scope::Column::Version)
            .all(&self.link)
            .await?;
        let mut scopes = BTreeMap::new();
        for row in rows {
            // In the order of versions: the newest stays.
            scopes.insert(
                row.dataset_id,
                Place("dataset_scope", "scope").json(&row.scope)?,
            );
        }
        Ok(scopes)
    }
}
