use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, prelude::Uuid};
use yuntu_consent::DatasetScope;
use yuntu_terms::{DatasetId, Digest, EnterpriseId, RepresentativeId, Timestamp};

use crate::entity::dataset_scope;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, number, to_json};
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
        (scope, evidence): (&DatasetScope, &[Digest]),
    ) -> Result<u64, StoreError> {
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
            evidence: Some(to_json(&evidence, "evidence")?),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("scope"))?;
        Ok(earlier + 1)
    }
}

/// A version of what a dataset declares its people have consented to.
///
/// # Clause
/// U4
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeVersion {
    /// Its number, from 1.
    pub version: u64,
    /// What is declared.
    pub scope: DatasetScope,
    /// The digests of the papers of the dataset on which it rests.
    pub evidence: Vec<Digest>,
    /// Who declared it.
    pub by: RepresentativeId,
    /// When.
    pub recorded: Timestamp,
}

impl Reader {
    /// Lists what an enterprise's dataset declared, the newest version first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// U4
    pub async fn list_scopes(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
    ) -> Result<Vec<ScopeVersion>, StoreError> {
        if self.find_dataset(enterprise, dataset).await?.is_none() {
            return Ok(Vec::new());
        }
        let rows = dataset_scope::Entity::find()
            .filter(dataset_scope::Column::DatasetId.eq(dataset.uuid()))
            .order_by_desc(dataset_scope::Column::Version)
            .all(&self.link)
            .await?;
        let place = |column| Place("dataset_scope", column);
        rows.into_iter()
            .map(|row| {
                let evidence = row.evidence.as_deref().unwrap_or("[]");
                Ok(ScopeVersion {
                    version: place("version").count(row.version)?,
                    scope: place("scope").json(&row.scope)?,
                    evidence: place("evidence").json(evidence)?,
                    by: RepresentativeId::from_uuid(row.recorded_by),
                    recorded: moment(row.recorded_at),
                })
            })
            .collect()
    }

    /// Loads the newest scopes of several datasets in a fixed number of statements; one of whose papers none stands any more
    /// speaks for nobody.
    pub(crate) async fn scopes_of(
        &self,
        datasets: &[DatasetId],
    ) -> Result<BTreeMap<Uuid, DatasetScope>, StoreError> {
        let rows = dataset_scope::Entity::find()
            .filter(dataset_scope::Column::DatasetId.is_in(datasets.iter().map(|id| id.uuid())))
            .order_by_asc(dataset_scope::Column::Version)
            .all(&self.link)
            .await?;
        let standing = self.standing_digests(datasets).await?;
        let mut scopes = BTreeMap::new();
        for row in rows {
            let evidence = row.evidence.as_deref().unwrap_or("[]");
            let evidence: Vec<Digest> = Place("dataset_scope", "evidence").json(evidence)?;
            let proved = evidence
                .iter()
                .any(|digest| standing.contains(&(row.dataset_id, *digest)));
            let scope = Place("dataset_scope", "scope").json(&row.scope)?;
            // In the order of versions: the newest stays.
            scopes.insert(row.dataset_id, proved.then_some(scope));
        }
        let scopes = scopes.into_iter();
        Ok(scopes
            .filter_map(|(id, scope)| Some((id, scope?)))
            .collect())
    }
}
