//! Uses of lawful exceptions to consent, with what proves them (R7, R21).

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Select, UpdateMany};
use sha2::{Digest as _, Sha256};
use yuntu_policy::Period;
use yuntu_statement::{Invoker, Proof};
use yuntu_terms::{
    ClauseId, DatasetId, Digest, EnterpriseId, ExceptionUseId, Operation, Purpose, Recipient,
    RepresentativeId, Timestamp, clause,
};

use crate::entity::{exception_proof, exception_use};
use crate::error::StoreError;
use crate::papers::SealedPaper;
use crate::recipients::recipient_code;
use crate::rows::{insert, one_row, to_json};
use crate::tx::Tx;

mod read;

pub(crate) use read::standing_of;
pub use read::{ExceptionEnd, ExceptionProof, ExceptionUse, NoticeGiven};

const TABLE: &str = "exception_use";
const PROOFS: &str = "exception_proof";
/// How many uses an enterprise may have at once that are neither over nor ended, which bounds what it lays down here.
pub const EXCEPTION_USES_MAX: u64 = 100;

/// A use of an exception as a representative drafts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExceptionUse {
    /// The lettered part of R7 or R21.
    pub clause: ClauseId,
    /// The datasets.
    pub datasets: Vec<DatasetId>,
    /// The purpose.
    pub purpose: Purpose,
    /// The operation.
    pub operation: Operation,
    /// Who receives the result.
    pub recipient: Recipient,
    /// Its period.
    pub period: Period,
    /// Why, without personal data.
    pub why: String,
}

/// A proof to put on record.
#[derive(Debug, Clone)]
pub enum NewExceptionProof {
    /// A sealed file.
    Paper(Box<SealedPaper>),
    /// The words of a citation.
    Words(String),
    /// The day by which people are told.
    Day(Timestamp),
}

impl NewExceptionProof {
    /// Returns the digest of the document, or of what is said.
    #[must_use]
    pub fn digest(&self) -> Digest {
        match self {
            Self::Paper(sealed) => sealed.digest(),
            Self::Words(words) => Digest::new(Sha256::digest(words).into()),
            Self::Day(day) => Digest::new(Sha256::digest(day.to_string()).into()),
        }
    }
}

impl Tx {
    /// Drafts the use of an exception; it opens nothing.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such representative or one of the datasets;
    /// [`StoreError::Invalid`] when it has [as many](EXCEPTION_USES_MAX) as it may.
    ///
    /// # Clause
    /// R7, R21
    pub async fn draft_exception(
        &self,
        enterprise: EnterpriseId,
        by: RepresentativeId,
        new: &NewExceptionUse,
    ) -> Result<ExceptionUseId, StoreError> {
        use exception_use::Column;
        clause::hit!(R7);
        let read = self.read();
        let known = read.find_representative(enterprise, by).await?;
        known.ok_or(StoreError::Missing {
            what: "representative",
        })?;
        let wanted = new.datasets.iter().copied().collect();
        if read.count_datasets(enterprise, &wanted).await? != wanted.len() {
            return Err(StoreError::Missing { what: "dataset" });
        }
        let open = exception_use::Entity::find()
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::EndedAt.is_null())
            .filter(Column::PeriodUntil.gt(self.now().as_micros()));
        if open.count(&self.link).await? >= EXCEPTION_USES_MAX {
            return Err(StoreError::Invalid {
                what: TABLE,
                reason: "expected at most 100 uses of exceptions that are not over",
            });
        }
        let id: ExceptionUseId = self.new_id()?;
        let row = exception_use::Model {
            id: id.uuid(),
            enterprise_id: enterprise.uuid(),
            clause: new.clause.to_string(),
            datasets: to_json(&wanted, "datasets")?,
            purpose: new.purpose.to_string(),
            operation: new.operation.code().to_owned(),
            recipient: recipient_code(new.recipient),
            period_from: new.period.from.as_micros(),
            period_until: new.period.until.as_micros(),
            why: new.why.clone(),
            drafted_by: by.uuid(),
            drafted_at: self.now().as_micros(),
            notice_due_at: None,
            invoked_by: None,
            invoked_as: None,
            invoked_at: None,
            digest: None,
            confirmed_by: None,
            confirmed_at: None,
            ended_by: None,
            ended_at: None,
            ended_as: None,
            end_reason: None,
            notice_paper_id: None,
            notice_by: None,
            notice_at: None,
        };
        insert(&self.link, row).await?;
        Ok(id)
    }

    /// Puts a proof on record for a draft; it takes the place of the same proof from before.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such draft.
    ///
    /// # Clause
    /// R7, R21, R22
    pub async fn add_exception_proof(
        &self,
        (enterprise, id): (EnterpriseId, ExceptionUseId),
        by: RepresentativeId,
        proof: Proof,
        new: &NewExceptionProof,
    ) -> Result<(), StoreError> {
        use exception_proof::Column;
        clause::hit!(R7);
        // The draft is touched first, so that nobody invokes it meanwhile on what is replaced here.
        let due = match new {
            NewExceptionProof::Day(day) => Some(day.as_micros()),
            NewExceptionProof::Paper(_) | NewExceptionProof::Words(_) => None,
        };
        let mut draft = draft(enterprise, id);
        draft = match due {
            Some(due) => draft.col_expr(exception_use::Column::NoticeDueAt, Expr::value(due)),
            None => draft.col_expr(
                exception_use::Column::DraftedAt,
                Expr::col(exception_use::Column::DraftedAt),
            ),
        };
        let done = draft.exec(&self.link).await?;
        one_row(done.rows_affected, TABLE)?;
        let of = Column::UseId
            .eq(id.uuid())
            .and(Column::Proof.eq(proof.code()));
        let before: Select<exception_proof::Entity> =
            exception_proof::Entity::find().filter(of.clone());
        if let Some(before) = before.one(&self.link).await? {
            exception_proof::Entity::delete_many()
                .filter(of)
                .exec(&self.link)
                .await?;
            if let Some(paper) = before.paper_id {
                self.erase_paper(paper).await?;
            }
        }
        let (paper, words) = match new {
            NewExceptionProof::Paper(sealed) => {
                self.keep_paper(sealed).await?;
                (Some(sealed.id().uuid()), None)
            }
            NewExceptionProof::Words(words) => (None, Some(words.clone())),
            NewExceptionProof::Day(_) => (None, None),
        };
        let row = exception_proof::Model {
            use_id: id.uuid(),
            proof: proof.code().to_owned(),
            paper_id: paper,
            words,
            digest: new.digest().as_bytes().to_vec(),
            added_by: by.uuid(),
            added_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(PROOFS))
    }

    /// Invokes a draft as it stands; returns the digest of what a second person has to confirm.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such draft.
    ///
    /// # Clause
    /// R7, R21, R23
    pub async fn invoke_exception(
        &self,
        (enterprise, id): (EnterpriseId, ExceptionUseId),
        by: RepresentativeId,
        function: Invoker,
    ) -> Result<Digest, StoreError> {
        use exception_use::Column;
        clause::hit!(R7);
        let done = draft(enterprise, id)
            .col_expr(Column::InvokedBy, Expr::value(by.uuid()))
            .col_expr(Column::InvokedAs, Expr::value(function.code()))
            .col_expr(Column::InvokedAt, Expr::value(self.now().as_micros()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)?;
        let digest = self.read().exception_digest(enterprise, id).await?;
        exception_use::Entity::update_many()
            .col_expr(Column::Digest, Expr::value(digest.as_bytes().to_vec()))
            .filter(Column::Id.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        Ok(digest)
    }

    /// Confirms what a second person was shown; says whether it waited for that and is what she was shown.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R7, R21, R23
    pub async fn confirm_exception(
        &self,
        (enterprise, id): (EnterpriseId, ExceptionUseId),
        by: RepresentativeId,
        shown: Digest,
    ) -> Result<bool, StoreError> {
        use exception_use::Column;
        clause::hit!(R23);
        let done = exception_use::Entity::update_many()
            .col_expr(Column::ConfirmedBy, Expr::value(by.uuid()))
            .col_expr(Column::ConfirmedAt, Expr::value(self.now().as_micros()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::Digest.eq(shown.as_bytes().to_vec()))
            .filter(Column::InvokedBy.ne(by.uuid()))
            .filter(Column::ConfirmedBy.is_null())
            .filter(Column::EndedAt.is_null())
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Ends a use, whether it was confirmed or not; says whether it had not ended.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R7, R21
    pub async fn end_exception(
        &self,
        (enterprise, id): (EnterpriseId, ExceptionUseId),
        (by, as_what): (RepresentativeId, ExceptionEnd),
        reason: &str,
    ) -> Result<bool, StoreError> {
        use exception_use::Column;
        clause::hit!(R7);
        let mut end = exception_use::Entity::update_many()
            .col_expr(Column::EndedBy, Expr::value(by.uuid()))
            .col_expr(Column::EndedAt, Expr::value(self.now().as_micros()))
            .col_expr(Column::EndedAs, Expr::value(as_what.code()))
            .col_expr(Column::EndReason, Expr::value(reason.to_owned()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::EndedAt.is_null());
        if as_what == ExceptionEnd::Declined {
            end = end
                .filter(Column::InvokedBy.is_not_null())
                .filter(Column::ConfirmedBy.is_null());
        }
        Ok(end.exec(&self.link).await?.rows_affected == 1)
    }

    /// Records that the people were told, with the paper that shows it; says whether that was still due.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R7, R21
    pub async fn record_exception_notice(
        &self,
        (enterprise, id): (EnterpriseId, ExceptionUseId),
        by: RepresentativeId,
        sealed: &SealedPaper,
    ) -> Result<bool, StoreError> {
        use exception_use::Column;
        clause::hit!(R7);
        self.keep_paper(sealed).await?;
        let done = exception_use::Entity::update_many()
            .col_expr(Column::NoticePaperId, Expr::value(sealed.id().uuid()))
            .col_expr(Column::NoticeBy, Expr::value(by.uuid()))
            .col_expr(Column::NoticeAt, Expr::value(self.now().as_micros()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::ConfirmedBy.is_not_null())
            .filter(Column::NoticeDueAt.is_not_null())
            .filter(Column::NoticeAt.is_null())
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

/// Changes a draft: what was invoked or ended is changed no more.
fn draft(enterprise: EnterpriseId, id: ExceptionUseId) -> UpdateMany<exception_use::Entity> {
    use exception_use::Column;
    exception_use::Entity::update_many()
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::EnterpriseId.eq(enterprise.uuid()))
        .filter(Column::InvokedBy.is_null())
        .filter(Column::EndedAt.is_null())
}
