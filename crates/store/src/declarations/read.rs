//! Declarations as they are read back: each with what it says, which must still have the digest that the ledger has.

use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;
use yuntu_policy::{Collected, Declared, Evidence, Period, SourceKind, Standing};
use yuntu_terms::{
    DatasetId, DeclarationId, Digest, EnterpriseId, RepresentativeId, Timestamp, clause,
};

use super::TABLE;
use crate::entity::{dataset, declaration};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, moment, moment_if};

/// How many versions a list shows at most.
const VERSIONS_MAX: u64 = 200;

/// A version of a declaration, without whom to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The id.
    pub id: DeclarationId,
    /// Whose the dataset is.
    pub enterprise: EnterpriseId,
    /// The dataset.
    pub dataset: DatasetId,
    /// Its number among the versions of the dataset; the first is 1.
    pub version: u64,
    /// What it says.
    pub declared: Declared,
    /// Digests of proofs that lie elsewhere, as earlier declarations named them.
    pub elsewhere: Vec<Digest>,
    /// Whether somebody is named whom to ask.
    pub has_contact: bool,
    /// Whether it was confirmed whole; else it is a draft.
    pub complete: bool,
    /// What was confirmed, word for word.
    pub confirmed_text: Option<String>,
    /// The digest of what was confirmed.
    pub digest: Option<Digest>,
    /// Who confirmed it, or saved the draft.
    pub by: RepresentativeId,
    /// When.
    pub recorded: Timestamp,
    /// When another took its place.
    pub superseded: Option<Timestamp>,
}

/// A proof as the column has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Paper(Evidence),
    Elsewhere(Digest),
}

impl Reader {
    /// Lists the versions of a dataset's declaration, newest first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read or was changed, or a fault of the database.
    ///
    /// # Clause
    /// U3
    pub async fn list_declarations(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
    ) -> Result<Vec<Declaration>, StoreError> {
        use declaration::Column;
        let rows = declaration::Entity::find()
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::DatasetId.eq(dataset.uuid()))
            .order_by_desc(Column::Version)
            .limit(VERSIONS_MAX)
            .all(&self.link)
            .await?;
        rows.into_iter().map(declaration_of).collect()
    }

    /// Loads the versions in force of several datasets.
    pub(super) async fn declarations_in_force(
        &self,
        datasets: &[DatasetId],
    ) -> Result<Vec<Declaration>, StoreError> {
        use declaration::Column;
        let rows = declaration::Entity::find()
            .filter(Column::DatasetId.is_in(datasets.iter().map(|id| id.uuid())))
            .filter(Column::Complete.eq(1))
            .filter(Column::SupersededAt.is_null())
            .order_by_asc(Column::Version)
            .all(&self.link)
            .await?;
        rows.into_iter().map(declaration_of).collect()
    }

    /// Lists declarations in force that end between two moments, of datasets that may be used, with the name of the dataset; a
    /// page after a declaration.
    ///
    /// # Errors
    /// As [`Reader::list_declarations`].
    ///
    /// # Clause
    /// U3
    pub async fn list_declarations_ending(
        &self,
        (from, until): (Timestamp, Timestamp),
        after: Option<DeclarationId>,
        limit: u64,
    ) -> Result<Vec<(Declaration, String)>, StoreError> {
        use declaration::Column;
        let used = Query::select()
            .column(dataset::Column::Id)
            .from(dataset::Entity)
            .and_where(dataset::Column::Standing.ne(Standing::Ended.code()))
            .to_owned();
        let mut find = declaration::Entity::find()
            .filter(Column::Complete.eq(1))
            .filter(Column::SupersededAt.is_null())
            .filter(Column::PeriodUntil.gte(from.as_micros()))
            .filter(Column::PeriodUntil.lt(until.as_micros()))
            .filter(Column::DatasetId.in_subquery(used));
        if let Some(after) = after {
            find = find.filter(Column::Id.gt(after.uuid()));
        }
        let rows = find
            .order_by_asc(Column::Id)
            .limit(limit)
            .all(&self.link)
            .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let it = declaration_of(row)?;
            if let Some(dataset) = self.find_dataset(it.enterprise, it.dataset).await? {
                found.push((it, dataset.name));
            }
        }
        Ok(found)
    }
}

/// Reads a row; what was confirmed must have the digest that was recorded with it.
fn declaration_of(row: declaration::Model) -> Result<Declaration, StoreError> {
    clause::hit!(U3);
    let kept: Vec<Kept> = Place(TABLE, "evidence").json(&row.evidence)?;
    let (mut evidence, mut elsewhere) = (Vec::new(), Vec::new());
    for proof in kept {
        match proof {
            Kept::Paper(paper) => evidence.push(paper),
            Kept::Elsewhere(digest) => elsewhere.push(digest),
        }
    }
    let period = row.period_from.zip(row.period_until);
    let declared = Declared {
        // A kind that was written freely, before there was a list, is none of the list.
        kind: row.source_kind.as_deref().and_then(SourceKind::from_code),
        collected_how: row.collected_how,
        collected: row.collected_from.map(|from| Collected {
            from: moment(from),
            until: moment_if(row.collected_until),
        }),
        bases: Place(TABLE, "bases").json(&row.bases)?,
        notice: row.notice,
        period: period.map(|(from, until)| Period {
            from: moment(from),
            until: moment(until),
        }),
        evidence,
        confirms: Place(TABLE, "confirms").json(&row.confirms)?,
    };
    let place = Place(TABLE, "digest");
    let digest = row
        .digest
        .as_deref()
        .map(|it| place.digest(it))
        .transpose()?;
    let dataset = DatasetId::from_uuid(row.dataset_id);
    let version = Place(TABLE, "version").count(row.version)?;
    let text = row.confirmed_text.as_deref().unwrap_or_default();
    if digest.is_some() && digest != declared.digest(dataset, version, text) {
        return Err(place.broken());
    }
    Ok(Declaration {
        id: DeclarationId::from_uuid(row.id),
        enterprise: EnterpriseId::from_uuid(row.enterprise_id),
        dataset,
        version,
        declared,
        elsewhere,
        has_contact: row.contact_sealed.is_some(),
        complete: row.complete != 0,
        confirmed_text: row.confirmed_text,
        digest,
        by: RepresentativeId::from_uuid(row.recorded_by),
        recorded: moment(row.recorded_at),
        superseded: moment_if(row.superseded_at),
    })
}
