//! The papers of partners: each sealed, named by digest in the version that rests on it.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use yuntu_policy::{PartnerPaper, PartnerPaperKind};
use yuntu_terms::{EnterpriseId, PaperId, PartnerId, RepresentativeId, Timestamp, clause};

use crate::entity::partner_paper;
use crate::error::StoreError;
use crate::papers::{PaperOf, SealedPaper};
use crate::read::Reader;
use crate::rows::{Place, insert, moment};
use crate::tx::Tx;

const TABLE: &str = "partner_paper";
/// How many papers a partner may have, which bounds what one enterprise lays down here.
pub const PARTNER_PAPERS_MAX: u64 = 60;

/// A paper of a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartnerPaperRow {
    /// The paper, as versions name it.
    pub paper: PartnerPaper,
    /// Who added it.
    pub by: RepresentativeId,
    /// When.
    pub added: Timestamp,
}

impl Tx {
    /// Keeps a sealed file as a paper of a partner.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such partner that has not ended, or the file was sealed for somebody
    /// else; [`StoreError::Invalid`] when the partner has [as many papers](PARTNER_PAPERS_MAX) as it may.
    ///
    /// # Clause
    /// R16, R22
    pub async fn add_partner_paper(
        &self,
        (enterprise, partner): (EnterpriseId, PartnerId),
        by: RepresentativeId,
        kind: PartnerPaperKind,
        sealed: &SealedPaper,
    ) -> Result<(), StoreError> {
        clause::hit!(R16);
        self.touch_partner(enterprise, partner).await?;
        if sealed.of() != PaperOf::Enterprise(enterprise) {
            return Err(StoreError::Missing { what: "paper" });
        }
        let papers = partner_paper::Entity::find()
            .filter(partner_paper::Column::PartnerId.eq(partner.uuid()))
            .count(&self.link)
            .await?;
        if papers >= PARTNER_PAPERS_MAX {
            return Err(StoreError::Invalid {
                what: "papers",
                reason: "expected at most 60 papers for one partner",
            });
        }
        self.keep_paper(sealed).await?;
        let row = partner_paper::Model {
            paper_id: sealed.id().uuid(),
            enterprise_id: enterprise.uuid(),
            partner_id: partner.uuid(),
            kind: kind.code().to_owned(),
            digest: sealed.digest().as_bytes().to_vec(),
            added_by: by.uuid(),
            added_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("paper"))
    }
}

impl Reader {
    /// Lists the papers of a partner, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R16
    pub async fn list_partner_papers(
        &self,
        enterprise: EnterpriseId,
        partner: PartnerId,
    ) -> Result<Vec<PartnerPaperRow>, StoreError> {
        use partner_paper::Column;
        let rows = partner_paper::Entity::find()
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::PartnerId.eq(partner.uuid()))
            .order_by_desc(Column::AddedAt)
            .order_by_desc(Column::PaperId)
            .all(&self.link)
            .await?;
        rows.iter().map(paper_of).collect()
    }

    /// Lists the newest paper of each kind, in the order of the kinds.
    ///
    /// # Errors
    /// As [`Reader::list_partner_papers`].
    ///
    /// # Clause
    /// R16
    pub async fn newest_partner_papers(
        &self,
        enterprise: EnterpriseId,
        partner: PartnerId,
    ) -> Result<Vec<PartnerPaper>, StoreError> {
        let all = self.list_partner_papers(enterprise, partner).await?;
        let newest = |kind: &PartnerPaperKind| all.iter().find(|it| it.paper.kind == *kind);
        let found = PartnerPaperKind::ALL.iter().filter_map(newest);
        Ok(found.map(|it| it.paper).collect())
    }
}

fn paper_of(row: &partner_paper::Model) -> Result<PartnerPaperRow, StoreError> {
    let kind = PartnerPaperKind::from_code(&row.kind);
    Ok(PartnerPaperRow {
        paper: PartnerPaper {
            paper: PaperId::from_uuid(row.paper_id),
            kind: kind.ok_or(Place(TABLE, "kind").broken())?,
            digest: Place(TABLE, "digest").digest(&row.digest)?,
        },
        by: RepresentativeId::from_uuid(row.added_by),
        added: moment(row.added_at),
    })
}
