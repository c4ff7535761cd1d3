//! The papers of a dataset, on which its declarations and its scopes of consent rest: each sealed, named by digest, and taken
//! back with a reason.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use yuntu_policy::{Evidence, EvidenceKind};
use yuntu_terms::{DatasetId, Digest, EnterpriseId, PaperId, RepresentativeId, Timestamp, clause};

use crate::entity::{declaration_evidence, paper};
use crate::error::StoreError;
use crate::papers::{PaperOf, SealedPaper};
use crate::read::Reader;
use crate::rows::{Place, insert, moment, moment_if, one_row};
use crate::tx::Tx;

const TABLE: &str = "declaration_evidence";
/// How many papers a dataset may have, which bounds what one enterprise lays down here.
pub const EVIDENCE_MAX: u64 = 60;

/// A paper of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidencePaper {
    /// The paper, as versions name it.
    pub evidence: Evidence,
    /// Who added it.
    pub by: RepresentativeId,
    /// When.
    pub added: Timestamp,
    /// When it was taken back.
    pub revoked: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

impl Tx {
    /// Keeps a sealed file as a paper of a dataset.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such dataset, or the file was sealed for somebody else;
    /// [`StoreError::Invalid`] when the dataset has [as many papers](EVIDENCE_MAX) as it may.
    ///
    /// # Clause
    /// U3, R22
    pub async fn add_evidence(
        &self,
        (enterprise, dataset): (EnterpriseId, DatasetId),
        by: RepresentativeId,
        kind: EvidenceKind,
        sealed: &SealedPaper,
    ) -> Result<Evidence, StoreError> {
        clause::hit!(U3);
        self.own_dataset(enterprise, dataset).await?;
        if sealed.of() != PaperOf::Enterprise(enterprise) {
            return Err(StoreError::Missing { what: "paper" });
        }
        let papers = declaration_evidence::Entity::find()
            .filter(declaration_evidence::Column::DatasetId.eq(dataset.uuid()))
            .count(&self.link)
            .await?;
        if papers >= EVIDENCE_MAX {
            return Err(StoreError::Invalid {
                what: "evidence",
                reason: "expected at most 60 papers for one dataset",
            });
        }
        self.keep_paper(sealed).await?;
        let row = declaration_evidence::Model {
            paper_id: sealed.id().uuid(),
            enterprise_id: enterprise.uuid(),
            dataset_id: dataset.uuid(),
            kind: kind.code().to_owned(),
            digest: sealed.digest().as_bytes().to_vec(),
            added_by: by.uuid(),
            added_at: self.now().as_micros(),
            revoked_at: None,
            revoked_by: None,
            revoked_reason: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("paper"))?;
        Ok(Evidence {
            paper: sealed.id(),
            kind,
            digest: sealed.digest(),
        })
    }

    /// Takes a paper back: versions that named it keep naming it, and rest on it no longer.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the dataset has no such paper that was not taken back.
    ///
    /// # Clause
    /// U3
    pub async fn revoke_evidence(
        &self,
        (enterprise, dataset): (EnterpriseId, DatasetId),
        paper: PaperId,
        (by, reason): (RepresentativeId, &str),
    ) -> Result<(), StoreError> {
        use declaration_evidence::Column;
        let done = declaration_evidence::Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(self.now().as_micros()))
            .col_expr(Column::RevokedBy, Expr::value(by.uuid()))
            .col_expr(Column::RevokedReason, Expr::value(reason.to_owned()))
            .filter(Column::PaperId.eq(paper.uuid()))
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::DatasetId.eq(dataset.uuid()))
            .filter(Column::RevokedAt.is_null())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, "paper")
    }
}

impl Reader {
    /// Lists the papers of a dataset, the first added first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// U3
    pub async fn list_evidence(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
    ) -> Result<Vec<EvidencePaper>, StoreError> {
        use declaration_evidence::Column;
        let rows = declaration_evidence::Entity::find()
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::DatasetId.eq(dataset.uuid()))
            .order_by_asc(Column::AddedAt)
            .order_by_asc(Column::PaperId)
            .all(&self.link)
            .await?;
        rows.iter().map(evidence_of).collect()
    }

    /// Lists the papers of datasets that were not taken back and whose files are still here.
    pub(crate) async fn standing_evidence(
        &self,
        datasets: &[DatasetId],
    ) -> Result<Vec<EvidencePaper>, StoreError> {
        let rows = self.standing_rows(datasets).await?;
        rows.iter().map(evidence_of).collect()
    }

    /// Lists what stands as a proof of each of these datasets, by digest.
    pub(crate) async fn standing_digests(
        &self,
        datasets: &[DatasetId],
    ) -> Result<BTreeSet<(Uuid, Digest)>, StoreError> {
        let rows = self.standing_rows(datasets).await?;
        rows.iter()
            .map(|row| Ok((row.dataset_id, Place(TABLE, "digest").digest(&row.digest)?)))
            .collect()
    }

    async fn standing_rows(
        &self,
        datasets: &[DatasetId],
    ) -> Result<Vec<declaration_evidence::Model>, StoreError> {
        use declaration_evidence::Column;
        let rows = declaration_evidence::Entity::find()
            .filter(Column::DatasetId.is_in(datasets.iter().map(|id| id.uuid())))
            .filter(Column::RevokedAt.is_null())
            .filter(Expr::exists(here()))
            .all(&self.link);
        Ok(rows.await?)
    }

    /// Finds the papers of an enterprise that were not taken back and whose files are still here, of one dataset or of all, by
    /// their digests.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// U3, U4
    pub async fn papers_by_digest(
        &self,
        enterprise: EnterpriseId,
        dataset: Option<DatasetId>,
    ) -> Result<BTreeMap<Digest, PaperId>, StoreError> {
        use declaration_evidence::Column;
        let mut papers = declaration_evidence::Entity::find()
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::RevokedAt.is_null())
            .filter(Expr::exists(here()));
        if let Some(dataset) = dataset {
            papers = papers.filter(Column::DatasetId.eq(dataset.uuid()));
        }
        let rows = papers.all(&self.link).await?;
        rows.iter()
            .map(|row| {
                let digest = Place(TABLE, "digest").digest(&row.digest)?;
                Ok((digest, PaperId::from_uuid(row.paper_id)))
            })
            .collect()
    }
}

/// Asks for the file of a paper.
fn here() -> SelectStatement {
    Query::select()
        .column(paper::Column::Id)
        .from(paper::Entity)
        .and_where(Expr::col((paper::Entity, paper::Column::Id)).equals((
            declaration_evidence::Entity,
            declaration_evidence::Column::PaperId,
        )))
        .to_owned()
}

fn evidence_of(row: &declaration_evidence::Model) -> Result<EvidencePaper, StoreError> {
    let kind = EvidenceKind::from_code(&row.kind);
    Ok(EvidencePaper {
        evidence: Evidence {
            paper: PaperId::from_uuid(row.paper_id),
            kind: kind.ok_or(Place(TABLE, "kind").broken())?,
            digest: Place(TABLE, "digest").digest(&row.digest)?,
        },
        by: RepresentativeId::from_uuid(row.added_by),
        added: moment(row.added_at),
        revoked: moment_if(row.revoked_at),
        reason: row.revoked_reason.clone(),
    })
}
