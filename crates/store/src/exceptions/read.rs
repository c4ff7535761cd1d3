//! Uses of exceptions as they stand on record; one whose content is no longer what was invoked is an error.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};
use sha2::{Digest as _, Sha256};
use yuntu_policy::{ExceptionFacts, Period, ProofFacts, Standing};
use yuntu_statement::{Invoker, Proof};
use yuntu_terms::{
    DatasetId, Digest, EnterpriseId, ExceptionUseId, PaperId, RepresentativeId, Timestamp, clause,
};

use super::{PROOFS, TABLE};
use crate::entity::{exception_proof, exception_use};
use crate::error::StoreError;
use crate::read::Reader;
use crate::recipients::recipient_of;
use crate::rows::{Place, moment, moment_if, to_json};

/// How a use of an exception ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionEnd {
    /// The second person did not confirm it.
    Declined,
    /// It was ended, by whoever drafted, invoked or may confirm it.
    Ended,
}

impl ExceptionEnd {
    /// Returns the stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Ended => "ended",
        }
    }
}

/// A proof on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionProof {
    /// Which it is, its digest, and when it was added.
    pub facts: ProofFacts,
    /// The file, where it is one.
    pub paper: Option<PaperId>,
    /// The words, where it is a citation.
    pub words: Option<String>,
    /// Who added it.
    pub by: RepresentativeId,
}

/// That the people were told afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeGiven {
    /// The paper that shows it.
    pub paper: PaperId,
    /// Who recorded it.
    pub by: RepresentativeId,
    /// When.
    pub at: Timestamp,
}

/// A use of an exception as it stands on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionUse {
    /// What the policy knows of it; what the statement asks is not among it.
    pub facts: ExceptionFacts,
    /// Why, in the words of who drafted it.
    pub why: String,
    /// Who drafted it, and when.
    pub drafted: (RepresentativeId, Timestamp),
    /// When it was invoked.
    pub invoked: Option<Timestamp>,
    /// The digest of what was invoked, which the second person confirms.
    pub digest: Option<Digest>,
    /// When it was confirmed.
    pub confirmed: Option<Timestamp>,
    /// How it ended, by whom, when and why.
    pub ended: Option<(ExceptionEnd, RepresentativeId, Timestamp, String)>,
    /// Its proofs, by their codes.
    pub proofs: Vec<ExceptionProof>,
    /// The day by which people are told.
    pub notice_due: Option<Timestamp>,
    /// That they were told.
    pub notice: Option<NoticeGiven>,
}

impl ExceptionUse {
    /// Says whether people are still to be told.
    #[must_use]
    pub const fn owes_notice(&self) -> bool {
        self.notice_due.is_some() && self.facts.confirmed_by.is_some() && self.notice.is_none()
    }
}

impl Reader {
    /// Finds the use of an exception by this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read or is no longer what was invoked, or a fault of the database.
    ///
    /// # Clause
    /// R7, R21
    pub async fn find_exception_use(
        &self,
        enterprise: EnterpriseId,
        id: ExceptionUseId,
    ) -> Result<Option<ExceptionUse>, StoreError> {
        let row = self.exception_row(enterprise, id).await?;
        let Some(row) = row else { return Ok(None) };
        let proofs = self.proof_rows(&[row.id]).await?;
        use_of(&row, proofs.get(&row.id).map_or(&[], Vec::as_slice)).map(Some)
    }

    /// Lists a page of the uses of exceptions of an enterprise, newest first; `before` is the last of the page before.
    ///
    /// # Errors
    /// As [`Reader::find_exception_use`].
    ///
    /// # Clause
    /// R7, R21
    pub async fn list_exception_uses(
        &self,
        enterprise: EnterpriseId,
        before: Option<ExceptionUseId>,
        limit: u64,
    ) -> Result<Vec<ExceptionUse>, StoreError> {
        let mut query = exception_use::Entity::find()
            .filter(exception_use::Column::EnterpriseId.eq(enterprise.uuid()))
            // An id begins with its moment.
            .order_by_desc(exception_use::Column::Id)
            .limit(limit);
        if let Some(before) = before {
            query = query.filter(exception_use::Column::Id.lt(before.uuid()));
        }
        self.uses_of(query.all(&self.link).await?).await
    }

    /// Lists the uses whose people are still to be told by a day between two moments, of whatever enterprise; a page after a
    /// use.
    ///
    /// # Errors
    /// As [`Reader::find_exception_use`].
    ///
    /// # Clause
    /// R7, R21
    pub async fn list_notices_owed(
        &self,
        (from, until): (Timestamp, Timestamp),
        after: Option<ExceptionUseId>,
        limit: u64,
    ) -> Result<Vec<ExceptionUse>, StoreError> {
        use exception_use::Column;
        let mut query = exception_use::Entity::find()
            .filter(Column::NoticeDueAt.gte(from.as_micros()))
            .filter(Column::NoticeDueAt.lt(until.as_micros()))
            .filter(Column::ConfirmedBy.is_not_null())
            .filter(Column::NoticeAt.is_null());
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after.uuid()));
        }
        let query = query.order_by_asc(Column::Id).limit(limit);
        self.uses_of(query.all(&self.link).await?).await
    }

    /// Lists the days by which people are still to be told of a use by this enterprise, the earliest first.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R7, R21
    pub async fn notices_owed(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<Vec<Timestamp>, StoreError> {
        use exception_use::Column;
        let days: Vec<Option<i64>> = exception_use::Entity::find()
            .select_only()
            .column(Column::NoticeDueAt)
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::NoticeDueAt.is_not_null())
            .filter(Column::ConfirmedBy.is_not_null())
            .filter(Column::NoticeAt.is_null())
            .order_by_asc(Column::NoticeDueAt)
            .into_tuple()
            .all(&self.link)
            .await?;
        Ok(days.into_iter().filter_map(moment_if).collect())
    }

    async fn uses_of(
        &self,
        rows: Vec<exception_use::Model>,
    ) -> Result<Vec<ExceptionUse>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let proofs = self.proof_rows(&ids).await?;
        let uses = rows
            .iter()
            .map(|row| use_of(row, proofs.get(&row.id).map_or(&[], Vec::as_slice)));
        uses.collect()
    }

    /// Works out the digest of a use with its proofs, as it stands now.
    pub(super) async fn exception_digest(
        &self,
        enterprise: EnterpriseId,
        id: ExceptionUseId,
    ) -> Result<Digest, StoreError> {
        let row = self.exception_row(enterprise, id).await?;
        let row = row.ok_or(StoreError::Missing { what: TABLE })?;
        let proofs = self.proof_rows(&[row.id]).await?;
        digest_of(&row, proofs.get(&row.id).map_or(&[], Vec::as_slice))
    }

    async fn exception_row(
        &self,
        enterprise: EnterpriseId,
        id: ExceptionUseId,
    ) -> Result<Option<exception_use::Model>, StoreError> {
        Ok(exception_use::Entity::find_by_id(id.uuid())
            .filter(exception_use::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?)
    }

    async fn proof_rows(
        &self,
        uses: &[Uuid],
    ) -> Result<BTreeMap<Uuid, Vec<exception_proof::Model>>, StoreError> {
        let rows = exception_proof::Entity::find()
            .filter(exception_proof::Column::UseId.is_in(uses.iter().copied()))
            .order_by_asc(exception_proof::Column::Proof)
            .all(&self.link)
            .await?;
        let mut proofs: BTreeMap<Uuid, Vec<_>> = BTreeMap::new();
        for row in rows {
            proofs.entry(row.use_id).or_default().push(row);
        }
        Ok(proofs)
    }
}

/// Returns the digest of everything that a second person confirms, and of who invoked it.
fn digest_of(
    row: &exception_use::Model,
    proofs: &[exception_proof::Model],
) -> Result<Digest, StoreError> {
    clause::hit!(R23);
    let proofs: Vec<_> = proofs.iter().map(|it| (&it.proof, &it.digest)).collect();
    let said = (
        (row.id, row.enterprise_id, &row.clause, &row.datasets),
        (&row.purpose, &row.operation, &row.recipient),
        (row.period_from, row.period_until, &row.why),
        (row.invoked_by, &row.invoked_as, row.notice_due_at),
        proofs,
    );
    let mut hash = Sha256::new();
    hash.update(b"yuntu.exception.v1\n");
    hash.update(to_json(&said, "use of an exception")?);
    Ok(Digest::new(hash.finalize().into()))
}

fn use_of(
    row: &exception_use::Model,
    proofs: &[exception_proof::Model],
) -> Result<ExceptionUse, StoreError> {
    let place = |column| Place(TABLE, column);
    let digest = row.digest.as_deref();
    let digest = digest.map(|it| place("digest").digest(it)).transpose()?;
    if digest.is_some() && digest != Some(digest_of(row, proofs)?) {
        return Err(place("digest").broken());
    }
    let ended_as: Option<ExceptionEnd> = row
        .ended_as
        .as_deref()
        .map(|code| place("ended_as").code(code))
        .transpose()?;
    let who = |id: Option<Uuid>| id.map(RepresentativeId::from_uuid);
    let ended = ended_as
        .zip(who(row.ended_by))
        .zip(moment_if(row.ended_at))
        .map(|((end, by), at)| (end, by, at, row.end_reason.clone().unwrap_or_default()));
    let notice = row
        .notice_paper_id
        .zip(who(row.notice_by))
        .zip(moment_if(row.notice_at))
        .map(|((paper, by), at)| NoticeGiven {
            paper: PaperId::from_uuid(paper),
            by,
            at,
        });
    let proofs = proofs.iter().map(proof_of);
    let proofs = proofs.collect::<Result<Vec<_>, StoreError>>()?;
    Ok(ExceptionUse {
        facts: facts_of(row, &proofs)?,
        why: row.why.clone(),
        drafted: (
            RepresentativeId::from_uuid(row.drafted_by),
            moment(row.drafted_at),
        ),
        invoked: moment_if(row.invoked_at),
        digest,
        confirmed: moment_if(row.confirmed_at),
        ended,
        proofs,
        notice_due: moment_if(row.notice_due_at),
        notice,
    })
}

fn facts_of(
    row: &exception_use::Model,
    proofs: &[ExceptionProof],
) -> Result<ExceptionFacts, StoreError> {
    let place = |column| Place(TABLE, column);
    let invoked_as = row
        .invoked_as
        .as_deref()
        .map(|code| Invoker::from_code(code).ok_or(place("invoked_as").broken()));
    let datasets: Vec<DatasetId> = place("datasets").json(&row.datasets)?;
    Ok(ExceptionFacts {
        id: ExceptionUseId::from_uuid(row.id),
        enterprise: EnterpriseId::from_uuid(row.enterprise_id),
        clause: place("clause").parse(&row.clause)?,
        ground: None,
        invokers: Vec::new(),
        proofs_required: Vec::new(),
        days_max: None,
        invoked_by: row.invoked_by.map(RepresentativeId::from_uuid),
        invoked_as: invoked_as.transpose()?,
        confirmed_by: row.confirmed_by.map(RepresentativeId::from_uuid),
        proofs: proofs.iter().map(|it| it.facts.clone()).collect(),
        datasets,
        purpose: place("purpose").parse(&row.purpose)?,
        operation: place("operation").parse(&row.operation)?,
        recipient: recipient_of(&row.recipient).ok_or(place("recipient").broken())?,
        period: Some(Period {
            from: moment(row.period_from),
            until: moment(row.period_until),
        }),
        standing: Some(standing_of(row.ended_at, row.confirmed_by)),
    })
}

/// Says how a use stands: what nobody confirmed is pending.
pub(crate) const fn standing_of(ended: Option<i64>, confirmed_by: Option<Uuid>) -> Standing {
    match (ended, confirmed_by) {
        (Some(_), _) => Standing::Ended,
        (None, Some(_)) => Standing::Active,
        (None, None) => Standing::Pending,
    }
}

fn proof_of(row: &exception_proof::Model) -> Result<ExceptionProof, StoreError> {
    let proof = Proof::from_code(&row.proof);
    Ok(ExceptionProof {
        facts: ProofFacts {
            proof: proof.ok_or(Place(PROOFS, "proof").broken())?,
            digest: Place(PROOFS, "digest").digest(&row.digest)?,
            recorded: moment(row.added_at),
        },
        paper: row.paper_id.map(PaperId::from_uuid),
        words: row.words.clone(),
        by: RepresentativeId::from_uuid(row.added_by),
    })
}
