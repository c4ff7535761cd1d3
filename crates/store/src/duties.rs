use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
};
use yuntu_policy::{DutyKind, DutyResult};
use yuntu_terms::{DutyFindingId, DutyRecordId, Id, OperatorId, PaperId, Pii, Timestamp, clause};
use yuntu_vault::{KeyScope, SealContext, Sealed, Sealer};

use crate::entity::{duty_finding, duty_record};
use crate::error::StoreError;
use crate::papers::{PaperOf, SealedPaper};
use crate::read::Reader;
use crate::rows::{Place, insert, moment, one_row};
use crate::store::Store;
use crate::tx::Tx;

const RECORDS: &str = "duty_record";
const FINDINGS: &str = "duty_finding";
const BODY: &str = "body_sealed";
const WORDS: &str = "words_sealed";
const CLOSING: &str = "closing_sealed";
/// How many records a list shows at most.
const SHOWN_MAX: u64 = 50;
/// For how many days a record is kept with its findings and its report after the duty was done.
pub const DUTY_KEPT_DAYS: i32 = 6 * 366;

/// A duty that was done, as it is to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDutyRecord {
    /// What was done.
    pub kind: DutyKind,
    /// When.
    pub done: Timestamp,
    /// What it came to.
    pub result: DutyResult,
    /// Who records it.
    pub by: OperatorId,
}

/// What a person wrote of a duty that was done, sealed; made by [`Store::seal_duty`].
#[derive(Debug, Clone)]
pub struct SealedDuty {
    id: DutyRecordId,
    body: Vec<u8>,
    findings: Vec<SealedFinding>,
}

#[derive(Debug, Clone)]
struct SealedFinding {
    id: DutyFindingId,
    words: Vec<u8>,
    due: Timestamp,
}

impl SealedDuty {
    /// Returns the id that the record will have.
    #[must_use]
    pub const fn id(&self) -> DutyRecordId {
        self.id
    }
}

/// How a finding was mended, sealed for the finding; made by [`Store::seal_closing`].
#[derive(Debug, Clone)]
pub struct SealedClosing {
    id: DutyFindingId,
    words: Vec<u8>,
}

/// A duty that was done, without what a person wrote of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DutyRecord {
    /// The id.
    pub id: DutyRecordId,
    /// What was recorded of it.
    pub told: NewDutyRecord,
    /// The report.
    pub paper: PaperId,
    /// When it was recorded.
    pub recorded: Timestamp,
}

/// What a person wrote of a duty that was done.
#[derive(Debug)]
pub struct DutyTexts {
    /// Which body did it, or who.
    pub body: Pii<String>,
    /// What was found, in its order.
    pub findings: Vec<DutyFinding>,
}

/// Something that was found and has to be mended.
#[derive(Debug)]
pub struct DutyFinding {
    /// The id.
    pub id: DutyFindingId,
    /// What was found.
    pub words: Pii<String>,
    /// Until when it is mended.
    pub due: Timestamp,
    /// How it was mended, by whom and when, if it was.
    pub closed: Option<(Pii<String>, OperatorId, Timestamp)>,
}

fn seal(
    sealer: &Sealer,
    (table, column): (&'static str, &'static str),
    id: Uuid,
    value: &Pii<String>,
) -> Result<Vec<u8>, StoreError> {
    let row = id.as_bytes();
    let context = SealContext { table, row, column };
    let bytes = value.digest(|text| sealer.seal(&context, text.as_bytes()))?;
    Ok(bytes.into_bytes())
}

fn open(
    sealer: &Sealer,
    (table, column): (&'static str, &'static str),
    id: Uuid,
    bytes: Vec<u8>,
) -> Result<Pii<String>, StoreError> {
    let row = id.as_bytes();
    let context = SealContext { table, row, column };
    let plain = sealer.unseal(&context, &Sealed::from_bytes(bytes)?)?;
    plain.into_pii_text().ok_or(Place(table, column).broken())
}

impl Store {
    /// Seals who did a duty and what was found.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R22, R23
    pub async fn seal_duty(
        &self,
        body: &Pii<String>,
        findings: &[(Pii<String>, Timestamp)],
    ) -> Result<SealedDuty, StoreError> {
        let entropy = &*self.database.entropy;
        let id: DutyRecordId = Id::generate(self.now(), entropy)?;
        let sealer = self.vault.sealer(&KeyScope::Platform).await?;
        let found = findings.iter().map(|(words, due)| {
            let id: DutyFindingId = Id::generate(self.now(), entropy)?;
            let words = seal(&sealer, (FINDINGS, WORDS), id.uuid(), words)?;
            Ok(SealedFinding {
                id,
                words,
                due: *due,
            })
        });
        Ok(SealedDuty {
            id,
            body: seal(&sealer, (RECORDS, BODY), id.uuid(), body)?,
            findings: found.collect::<Result<_, StoreError>>()?,
        })
    }

    /// Seals how a finding was mended.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// R22, R23
    pub async fn seal_closing(
        &self,
        id: DutyFindingId,
        words: &Pii<String>,
    ) -> Result<SealedClosing, StoreError> {
        let sealer = self.vault.sealer(&KeyScope::Platform).await?;
        let words = seal(&sealer, (FINDINGS, CLOSING), id.uuid(), words)?;
        Ok(SealedClosing { id, words })
    }

    /// Opens what a person wrote of a duty that was done.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when a value was moved or changed, or a fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn duty_texts(&self, id: DutyRecordId) -> Result<Option<DutyTexts>, StoreError> {
        let link = self.read().link;
        let row = duty_record::Entity::find_by_id(id.uuid())
            .one(&link)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let rows = duty_finding::Entity::find()
            .filter(duty_finding::Column::RecordId.eq(id.uuid()))
            .order_by_asc(duty_finding::Column::Place)
            .all(&link)
            .await?;
        let keys = self.vault.unsealer(&KeyScope::Platform).await?;
        let findings = rows.into_iter().map(|row| finding_of(&keys, row));
        Ok(Some(DutyTexts {
            body: open(&keys, (RECORDS, BODY), row.id, row.body_sealed)?,
            findings: findings.collect::<Result<_, _>>()?,
        }))
    }
}

fn finding_of(keys: &Sealer, row: duty_finding::Model) -> Result<DutyFinding, StoreError> {
    let closed = match (row.closing_sealed, row.closed_by, row.closed_at) {
        (Some(words), Some(by), Some(at)) => {
            let words = open(keys, (FINDINGS, CLOSING), row.id, words)?;
            Some((words, OperatorId::from_uuid(by), moment(at)))
        }
        (None, None, None) => None,
        _ => return Err(Place(FINDINGS, "closed_at").broken()),
    };
    Ok(DutyFinding {
        id: DutyFindingId::from_uuid(row.id),
        words: open(keys, (FINDINGS, WORDS), row.id, row.words_sealed)?,
        due: moment(row.due_at),
        closed,
    })
}

impl Tx {
    /// Records that a duty was done, with its report and what was found.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the report was not sealed as the platform's own, or a fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn record_duty(
        &self,
        report: &SealedPaper,
        sealed: &SealedDuty,
        new: NewDutyRecord,
    ) -> Result<(), StoreError> {
        clause::hit!(R23);
        if report.of() != PaperOf::Platform {
            return Err(StoreError::Missing { what: "paper" });
        }
        self.keep_paper(report).await?;
        let row = duty_record::Model {
            id: sealed.id.uuid(),
            kind: new.kind.code().to_owned(),
            done_at: new.done.as_micros(),
            body_sealed: sealed.body.clone(),
            result: new.result.code().to_owned(),
            paper_id: report.id().uuid(),
            recorded_by: new.by.uuid(),
            recorded_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(RECORDS))?;
        for (finding, place) in sealed.findings.iter().zip(0_i64..) {
            let row = duty_finding::Model {
                id: finding.id.uuid(),
                record_id: sealed.id.uuid(),
                place,
                words_sealed: finding.words.clone(),
                due_at: finding.due.as_micros(),
                closing_sealed: None,
                closed_by: None,
                closed_at: None,
            };
            insert(&self.link, row).await?;
        }
        Ok(())
    }

    /// Notes that a finding was mended.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such finding that is open, or a fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn close_finding(
        &self,
        sealed: &SealedClosing,
        by: OperatorId,
    ) -> Result<(), StoreError> {
        use duty_finding::Column;
        clause::hit!(R23);
        let done = duty_finding::Entity::update_many()
            .col_expr(Column::ClosingSealed, Expr::value(sealed.words.clone()))
            .col_expr(Column::ClosedBy, Expr::value(by.uuid()))
            .col_expr(Column::ClosedAt, Expr::value(self.now().as_micros()))
            .filter(Column::Id.eq(sealed.id.uuid()))
            .filter(Column::ClosedAt.is_null())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, FINDINGS)
    }

    /// Erases records of duties whose time is over, with what was found and the reports; returns how many.
    ///
    /// A record with a finding that is open stays until it is closed.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R14
    pub async fn erase_old_duties(&self, most: u64) -> Result<u64, StoreError> {
        clause::hit!(R14);
        let end = self.now().plus_days(-DUTY_KEPT_DAYS).as_micros();
        let open = Query::select()
            .column(duty_finding::Column::RecordId)
            .from(duty_finding::Entity)
            .and_where(duty_finding::Column::ClosedAt.is_null())
            .to_owned();
        let rows = duty_record::Entity::find()
            .filter(duty_record::Column::DoneAt.lt(end))
            .filter(duty_record::Column::Id.not_in_subquery(open))
            .order_by_asc(duty_record::Column::DoneAt)
            .limit(most)
            .all(&self.link)
            .await?;
        for row in &rows {
            duty_finding::Entity::delete_many()
                .filter(duty_finding::Column::RecordId.eq(row.id))
                .exec(&self.link)
                .await?;
            duty_record::Entity::delete_by_id(row.id)
                .exec(&self.link)
                .await?;
            self.erase_paper(row.paper_id).await?;
        }
        Ok(rows.len() as u64)
    }
}

impl Reader {
    /// Finds the duty of this kind that was done last.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn last_duty(&self, kind: DutyKind) -> Result<Option<DutyRecord>, StoreError> {
        let row = duty_record::Entity::find()
            .filter(duty_record::Column::Kind.eq(kind.code()))
            .order_by_desc(duty_record::Column::DoneAt)
            .order_by_desc(duty_record::Column::Id)
            .one(&self.link)
            .await?;
        row.as_ref().map(record_of).transpose()
    }

    /// Finds a duty that was done.
    ///
    /// # Errors
    /// As [`Reader::last_duty`].
    pub async fn find_duty(&self, id: DutyRecordId) -> Result<Option<DutyRecord>, StoreError> {
        let row = duty_record::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        row.as_ref().map(record_of).transpose()
    }

    /// Finds the duty at which something was found.
    ///
    /// # Errors
    /// As [`Reader::last_duty`].
    pub async fn find_duty_of(&self, id: DutyFindingId) -> Result<Option<DutyRecord>, StoreError> {
        let found = duty_finding::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        let Some(found) = found else { return Ok(None) };
        self.find_duty(DutyRecordId::from_uuid(found.record_id))
            .await
    }

    /// Lists the duties that were done, the last one first.
    ///
    /// # Errors
    /// As [`Reader::last_duty`].
    pub async fn list_duties(&self) -> Result<Vec<DutyRecord>, StoreError> {
        let rows = duty_record::Entity::find()
            .order_by_desc(duty_record::Column::DoneAt)
            .order_by_desc(duty_record::Column::Id)
            .limit(SHOWN_MAX)
            .all(&self.link)
            .await?;
        rows.iter().map(record_of).collect()
    }

    /// Counts the findings that are open past their day.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn findings_late(&self, now: Timestamp) -> Result<u64, StoreError> {
        let late = duty_finding::Entity::find()
            .filter(duty_finding::Column::ClosedAt.is_null())
            .filter(duty_finding::Column::DueAt.lte(now.as_micros()));
        Ok(late.count(&self.link).await?)
    }
}

fn record_of(row: &duty_record::Model) -> Result<DutyRecord, StoreError> {
    let kind = DutyKind::from_code(&row.kind);
    let result = DutyResult::from_code(&row.result);
    Ok(DutyRecord {
        id: DutyRecordId::from_uuid(row.id),
        told: NewDutyRecord {
            kind: kind.ok_or(Place(RECORDS, "kind").broken())?,
            done: moment(row.done_at),
            result: result.ok_or(Place(RECORDS, "result").broken())?,
            by: OperatorId::from_uuid(row.recorded_by),
        },
        paper: PaperId::from_uuid(row.paper_id),
        recorded: moment(row.recorded_at),
    })
}
