use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder};
use yuntu_policy::{Period, authority};
use yuntu_terms::{Digest, EnterpriseId, PaperId, RepresentativeId, Timestamp, clause};

use crate::entity::letter;
use crate::error::StoreError;
use crate::papers::{PaperOf, SealedPaper};
use crate::read::Reader;
use crate::rows::{Place, insert, moment, moment_if, number};
use crate::tx::Tx;

const TABLE: &str = "letter";
/// How many letters a member may have, which bounds what one enterprise lays down here.
pub const LETTERS_MAX: u64 = 60;

/// A letter of authorisation of a member, one of its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letter {
    /// Its number among the letters of the member; the first is 1.
    pub number: u64,
    /// The digest of the signed file.
    pub digest: Digest,
    /// From when until when it says that she may act.
    pub period: Period,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// The signed file, where it lies here.
    pub paper: Option<PaperId>,
    /// When the signed file was erased, after its time.
    pub paper_erased: Option<Timestamp>,
}

impl Tx {
    /// Records a letter of authorisation whose file lies elsewhere, by the digest of the file.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such representative; [`StoreError::Invalid`] when she has
    /// [as many letters](LETTERS_MAX) as she may.
    ///
    /// # Clause
    /// R3
    pub async fn record_letter(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
        document: Digest,
        period: Period,
    ) -> Result<(), StoreError> {
        self.add_letter((enterprise, id), document, period, None)
            .await
    }

    /// Records a letter of authorisation with its signed file. Earlier ones stay; which counts is said by
    /// [`authority`].
    ///
    /// # Errors
    /// As [`Tx::record_letter`]; [`StoreError::Missing`] too when the file was sealed for somebody else.
    ///
    /// # Clause
    /// R3, R22
    pub async fn record_letter_file(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
        sealed: &SealedPaper,
        period: Period,
    ) -> Result<(), StoreError> {
        if sealed.of() != PaperOf::Enterprise(enterprise) {
            return Err(StoreError::Missing { what: "paper" });
        }
        self.keep_paper(sealed).await?;
        let paper = Some(sealed.id());
        self.add_letter((enterprise, id), sealed.digest(), period, paper)
            .await
    }

    async fn add_letter(
        &self,
        (enterprise, id): (EnterpriseId, RepresentativeId),
        document: Digest,
        period: Period,
        paper: Option<PaperId>,
    ) -> Result<(), StoreError> {
        let known = self.read().find_representative(enterprise, id).await?;
        known.ok_or(StoreError::Missing {
            what: "representative",
        })?;
        let letters = letter::Entity::find()
            .filter(letter::Column::RepresentativeId.eq(id.uuid()))
            .count(&self.link)
            .await?;
        if letters >= LETTERS_MAX {
            return Err(StoreError::Invalid {
                what: TABLE,
                reason: "expected at most 60 letters for one member",
            });
        }
        let row = letter::Model {
            representative_id: id.uuid(),
            number: number(letters) + 1,
            enterprise_id: enterprise.uuid(),
            document_digest: document.as_bytes().to_vec(),
            valid_from: period.from.as_micros(),
            valid_until: period.until.as_micros(),
            revoked_at: None,
            recorded_at: self.now().as_micros(),
            paper_id: paper.map(yuntu_terms::Id::uuid),
            paper_erased_at: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))
    }

    /// Revokes every letter of a representative.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R3
    pub async fn revoke_letters(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
    ) -> Result<(), StoreError> {
        letter::Entity::update_many()
            .col_expr(letter::Column::RevokedAt, self.now().as_micros().into())
            .filter(letter::Column::RepresentativeId.eq(id.uuid()))
            .filter(letter::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(letter::Column::RevokedAt.is_null())
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Erases the signed files of letters that ended before this moment, one transaction's worth; returns how many. That
    /// there was a letter, with its digest and its period, stays.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R3, R14
    pub async fn erase_letter_papers(
        &self,
        ended_before: Timestamp,
        papers_max: u64,
    ) -> Result<u64, StoreError> {
        use letter::Column;
        use sea_orm::QuerySelect;
        clause::hit!(R14);
        let end = ended_before.as_micros();
        let over = Expr::col(Column::ValidUntil)
            .lt(end)
            .or(Expr::col(Column::RevokedAt).lt(end));
        let rows = letter::Entity::find()
            .filter(Column::PaperId.is_not_null())
            .filter(over)
            .limit(papers_max)
            .all(&self.link)
            .await?;
        self.let_papers_go(&rows).await?;
        Ok(rows.len() as u64)
    }

    /// Erases the signed files of every letter of a representative of this enterprise.
    pub(crate) async fn erase_papers_of(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
    ) -> Result<(), StoreError> {
        use letter::Column;
        let rows = letter::Entity::find()
            .filter(Column::RepresentativeId.eq(id.uuid()))
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::PaperId.is_not_null())
            .all(&self.link)
            .await?;
        self.let_papers_go(&rows).await
    }

    async fn let_papers_go(&self, rows: &[letter::Model]) -> Result<(), StoreError> {
        use letter::Column;
        for row in rows {
            letter::Entity::update_many()
                .col_expr(
                    Column::PaperId,
                    Expr::value(Option::<sea_orm::prelude::Uuid>::None),
                )
                .col_expr(Column::PaperErasedAt, self.now().as_micros().into())
                .filter(Column::RepresentativeId.eq(row.representative_id))
                .filter(Column::Number.eq(row.number))
                .exec(&self.link)
                .await?;
            if let Some(paper) = row.paper_id {
                self.erase_paper(paper).await?;
            }
        }
        Ok(())
    }
}

impl Reader {
    /// Lists the letters of a representative of this enterprise, the first recorded first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R3
    pub async fn list_letters(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
    ) -> Result<Vec<Letter>, StoreError> {
        let rows = letter::Entity::find()
            .filter(letter::Column::RepresentativeId.eq(id.uuid()))
            .filter(letter::Column::EnterpriseId.eq(enterprise.uuid()))
            .order_by_asc(letter::Column::Number)
            .all(&self.link)
            .await?;
        rows.iter().map(letter_of).collect()
    }

    /// Returns the period in which the letters of a representative let her act at this moment, or the nearest one.
    pub(crate) async fn authority_of(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
        now: Timestamp,
    ) -> Result<Option<Period>, StoreError> {
        let letters = self.list_letters(enterprise, id).await?;
        let good = letters.iter().filter(|letter| letter.revoked.is_none());
        let periods: Vec<Period> = good.map(|letter| letter.period).collect();
        Ok(authority(&periods, now))
    }
}

fn letter_of(row: &letter::Model) -> Result<Letter, StoreError> {
    Ok(Letter {
        number: Place(TABLE, "number").count(row.number)?,
        digest: Place(TABLE, "document_digest").digest(&row.document_digest)?,
        period: Period {
            from: moment(row.valid_from),
            until: moment(row.valid_until),
        },
        recorded: moment(row.recorded_at),
        revoked: moment_if(row.revoked_at),
        paper: row.paper_id.map(PaperId::from_uuid),
        paper_erased: moment_if(row.paper_erased_at),
    })
}
