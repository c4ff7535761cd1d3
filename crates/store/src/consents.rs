use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, QueryResult, Statement, Value, prelude::Uuid};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use yuntu_consent::{ConsentRecord, ConsentSource, SubjectEvent};
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_terms::{
    ClauseId, ConsentKind, ConsentRecordId, ConsentStatus, Digest, EnterpriseId, Purpose,
    RepresentativeId, SubjectId, Timestamp, clause,
};

use crate::acts::Whose;
use crate::bulk::insert_all;
use crate::error::StoreError;
use crate::read::Reader;
use crate::recipients::{recipient_code, recipient_of};
use crate::rows::{Place, micros_if, moment, moment_if, number, to_code, to_json};
use crate::store::Store;
use crate::tx::{LeafId, Tx};

const TABLE: &str = "subject_event";
const COLUMNS: &[&str] = &[
    "enterprise_id",
    "seq",
    "subject",
    "kind",
    "record_id",
    "purpose",
    "operation",
    "recipient",
    "consent_kind",
    "status",
    "valid_from",
    "valid_until",
    "source",
    "evidence",
    "recorded_at",
    "joined_with",
];

/// Narrows the log to what can take a person out of a run.
const EXITS: &str = " AND (kind IN ('restricted', 'erased', 'minor', 'joined') \
                     OR status NOT IN ('given', 'renewed', 'unknown', 'requested', 'deferred'))";

// How many events a page of the log holds in memory.
const PAGE: u64 = 10_000;

// How many events of a long run are numbered and held as rows at once.
const STRETCH: usize = 5_000;

// How many events about one person are listed together.
const PERSON_PAGE: u64 = 500;

/// Where a batch of events came to lie in the enterprise's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventBatch {
    /// The number of the first event.
    pub first: u64,
    /// The number of the last event.
    pub last: u64,
    /// The ledger entry that holds the batch's count and digest.
    pub leaf: LeafId,
}

/// A numbered event of an enterprise's log.
pub type NumberedEvent = (u64, SubjectEvent);

impl Store {
    /// Appends a batch of events to the enterprise's consent log, with its ledger entry.
    ///
    /// # Errors
    /// As [`Tx::append_subject_events`].
    ///
    /// # Clause
    /// U4
    pub async fn record_subject_events(
        &self,
        enterprise: EnterpriseId,
        (seat, whose): (RepresentativeId, Whose<'_>),
        events: &[SubjectEvent],
    ) -> Result<EventBatch, StoreError> {
        let actor = self.pseudonym(seat).await?;
        self.run_tx("consent.append", async |tx: Tx| {
            tx.append_subject_events(enterprise, (actor, whose), events)
                .await
        })
        .await
    }
}

impl Tx {
    /// Appends a batch of events to the enterprise's consent log and puts its count and digest into the ledger.
    ///
    /// The numbers have no gaps and follow the order of commits, so that whoever has read up to a number misses nothing
    /// by asking for what comes after it.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the batch is empty, [`StoreError::Missing`] when there is no such enterprise, or a
    /// fault of the database.
    ///
    /// # Clause
    /// U4
    pub async fn append_subject_events(
        &self,
        enterprise: EnterpriseId,
        (actor, whose): (Pseudonym, Whose<'_>),
        events: &[SubjectEvent],
    ) -> Result<EventBatch, StoreError> {
        clause::hit!(U4);
        let all = || events.iter().cloned();
        let batch = self
            .append_event_run(enterprise, (actor, whose), all())
            .await?;
        batch.ok_or(StoreError::Invalid {
            what: "batch of events",
            reason: "expected at least one",
        })
    }

    /// Appends a run of events of any length, a stretch at a time, with one ledger entry for all; nothing when there is none.
    pub(crate) async fn append_event_run(
        &self,
        enterprise: EnterpriseId,
        (actor, whose): (Pseudonym, Whose<'_>),
        mut events: impl Iterator<Item = SubjectEvent> + Send,
    ) -> Result<Option<EventBatch>, StoreError> {
        let mut hasher = Sha256::new();
        let mut reach: Option<(u64, u64)> = None;
        loop {
            let stretch: Vec<SubjectEvent> = events.by_ref().take(STRETCH).collect();
            if stretch.is_empty() {
                break;
            }
            let (first, last) = self.insert_stretch(enterprise, &stretch).await?;
            reach = Some((reach.map_or(first, |(first, _)| first), last));
            hash_into(&mut hasher, &stretch)?;
        }
        let Some((first, last)) = reach else {
            return Ok(None);
        };
        let digest = Digest::new(hasher.finalize().into());
        let entry = Entry {
            kind: EntryKind::known("consent.appended"),
            at: self.now(),
            clauses: vec![ClauseId::u(4)],
            actor,
            body: json!({
                "enterprise": enterprise, "first": first, "last": last, "digest": digest,
            }),
        };
        let leaf = self.append_own(whose, &entry).await?;
        Ok(Some(EventBatch { first, last, leaf }))
    }

    /// Numbers and inserts events; the head of the log stays locked until the transaction ends, so that nothing comes between.
    async fn insert_stretch(
        &self,
        enterprise: EnterpriseId,
        events: &[SubjectEvent],
    ) -> Result<(u64, u64), StoreError> {
        let count = u64::try_from(events.len()).unwrap_or(u64::MAX);
        let consents = events
            .iter()
            .filter(|event| matches!(event, SubjectEvent::Consent(_)));
        let records = u64::try_from(consents.count()).unwrap_or(u64::MAX);
        let last = self.advance_head(enterprise, count, records).await?;
        let first = last + 1 - count;
        let rows = (first..)
            .zip(events)
            .map(|(seq, event)| row_of(enterprise, seq, event));
        let rows: Vec<Vec<Value>> = rows.collect::<Result<_, _>>()?;
        insert_all(&self.link, TABLE, COLUMNS, rows.into_iter()).await?;
        Ok((first, last))
    }

    /// Moves the head of the enterprise's log; its row is locked until this transaction ends.
    async fn advance_head(
        &self,
        enterprise: EnterpriseId,
        count: u64,
        records: u64,
    ) -> Result<u64, StoreError> {
        let sql = "INSERT INTO consent_head (enterprise_id, seq, records) VALUES ($1, $2, $3) \
                   ON CONFLICT (enterprise_id) DO UPDATE SET \
                   seq = consent_head.seq + excluded.seq, \
                   records = consent_head.records + excluded.records RETURNING seq";
        let values = [
            enterprise.uuid().into(),
            number(count).into(),
            number(records).into(),
        ];
        let backend = self.link.get_database_backend();
        let row = self
            .link
            .query_one_raw(Statement::from_sql_and_values(backend, sql, values))
            .await
            .map_err(|error| StoreError::from(error).conflict("enterprise"))?;
        let place = Place("consent_head", "seq");
        let seq: i64 = row.ok_or(place.broken())?.try_get("", "seq")?;
        place.count(seq)
    }
}

impl Reader {
    /// Returns the number of the last event of the enterprise's log, 0 when it is empty.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn consent_version(&self, enterprise: EnterpriseId) -> Result<u64, StoreError> {
        use sea_orm::EntityTrait;
        let head = crate::entity::consent_head::Entity::find_by_id(enterprise.uuid());
        let head = head.one(&self.link).await?;
        head.map_or(Ok(0), |head| Place("consent_head", "seq").count(head.seq))
    }

    /// Lists events about one person, whom these numbers name, the latest first: the newest, or those before the number of an
    /// event. Returns with them the number before which there are more, where there are.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// U4
    pub async fn events_of(
        &self,
        enterprise: EnterpriseId,
        numbers: &[SubjectId],
        before: Option<u64>,
    ) -> Result<(Vec<NumberedEvent>, Option<u64>), StoreError> {
        let sql = of_numbers(numbers.len());
        let mut values: Vec<Value> = vec![
            enterprise.uuid().into(),
            number(PERSON_PAGE + 1).into(),
            before.map_or(i64::MAX, number).into(),
        ];
        values.extend(numbers.iter().map(|it| Value::from(i64::from(it.get()))));
        let backend = self.link.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let rows = self.link.query_all_raw(statement).await?;
        let mut codes = Codes::default();
        let events = rows.iter().map(|row| event_of(row, &mut codes));
        let mut events: Vec<NumberedEvent> = events.collect::<Result<_, _>>()?;
        let page = usize::try_from(PERSON_PAGE).unwrap_or(usize::MAX);
        let more = events.len() > page;
        events.truncate(page);
        let last = events.last().map(|(seq, _)| *seq);
        Ok((events, last.filter(|_| more)))
    }

    /// Returns until when one person, whom these numbers name, is a minor, where that was recorded.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U4
    pub async fn minor_until(
        &self,
        enterprise: EnterpriseId,
        numbers: &[SubjectId],
    ) -> Result<Option<Timestamp>, StoreError> {
        let named: Vec<String> = (2..numbers.len() + 2).map(|at| format!("${at}")).collect();
        let sql = format!(
            "SELECT MAX(valid_until) FROM {TABLE} WHERE enterprise_id = $1 AND subject IN ({}) AND kind = '{MINOR}'",
            named.join(", ")
        );
        let mut values: Vec<Value> = vec![enterprise.uuid().into()];
        values.extend(numbers.iter().map(|it| Value::from(i64::from(it.get()))));
        let backend = self.link.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let row = self.link.query_one_raw(statement).await?;
        let until = row.map(|row| row.try_get_by_index::<Option<i64>>(0));
        Ok(moment_if(until.transpose()?.flatten()))
    }

    /// Finds one event of the enterprise's log by its number.
    pub(crate) async fn event_at(
        &self,
        enterprise: EnterpriseId,
        seq: u64,
    ) -> Result<Option<SubjectEvent>, StoreError> {
        let sql = format!(
            "SELECT {} FROM {TABLE} WHERE enterprise_id = $1 AND seq = $2",
            COLUMNS.join(", ")
        );
        let values = [enterprise.uuid().into(), number(seq).into()];
        let backend = self.link.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let row = self.link.query_one_raw(statement).await?;
        let event = row.map(|row| event_of(&row, &mut Codes::default()));
        Ok(event.transpose()?.map(|(_, event)| event))
    }

    /// Starts reading the enterprise's log behind a number, page by page in its order; 0 reads it whole.
    pub fn subject_events(&self, enterprise: EnterpriseId, after: u64) -> EventPages {
        EventPages {
            reader: self.clone(),
            enterprise,
            after,
            only: "",
            codes: Codes::default(),
        }
    }

    /// Starts reading those events behind a number that take a person out of runs, or may do so.
    ///
    /// # Clause
    /// U4
    pub fn subject_exits(&self, enterprise: EnterpriseId, after: u64) -> EventPages {
        EventPages {
            only: EXITS,
            ..self.subject_events(enterprise, after)
        }
    }
}

/// The pages of an enterprise's consent log.
#[derive(Debug)]
pub struct EventPages {
    reader: Reader,
    enterprise: EnterpriseId,
    after: u64,
    only: &'static str,
    codes: Codes,
}

impl EventPages {
    /// Returns the next page, empty when the log is read to its end; asking again later reads what came meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    pub async fn next(&mut self) -> Result<Vec<NumberedEvent>, StoreError> {
        let link = &self.reader.link;
        let sql = format!(
            "SELECT {} FROM {TABLE} WHERE enterprise_id = $1 AND seq > $2{} ORDER BY seq LIMIT $3",
            COLUMNS.join(", "),
            self.only
        );
        let values = [
            self.enterprise.uuid().into(),
            number(self.after).into(),
            number(PAGE).into(),
        ];
        let statement = Statement::from_sql_and_values(link.get_database_backend(), sql, values);
        let rows = link.query_all_raw(statement).await?;
        let events = rows.iter().map(|row| event_of(row, &mut self.codes));
        let events: Vec<NumberedEvent> = events.collect::<Result<_, _>>()?;
        if let Some((seq, _)) = events.last() {
            self.after = *seq;
        }
        Ok(events)
    }
}

fn hash_into(hasher: &mut Sha256, events: &[SubjectEvent]) -> Result<(), StoreError> {
    for event in events {
        hasher.update(to_json(event, "consent event")?);
        hasher.update(b"\n");
    }
    Ok(())
}

/// The columns that depend on the kind of event.
#[derive(Default)]
struct Columns {
    kind: &'static str,
    record: Option<Uuid>,
    purpose: Option<String>,
    operation: Option<String>,
    recipient: Option<String>,
    consent_kind: Option<String>,
    status: Option<String>,
    from: Option<i64>,
    until: Option<i64>,
    source: Option<String>,
    evidence: Option<Vec<u8>>,
    recorded: i64,
    joined: Option<i64>,
}

const CONSENT: &str = "consent";
const RESTRICTED: &str = "restricted";
const UNRESTRICTED: &str = "unrestricted";
const ERASED: &str = "erased";
const MINOR: &str = "minor";
const GUARDIAN: &str = "guardian";
const JOINED: &str = "joined";

fn columns_of(event: &SubjectEvent) -> Result<Columns, StoreError> {
    let plain = |kind, recorded: Timestamp| Columns {
        kind,
        recorded: recorded.as_micros(),
        ..Columns::default()
    };
    Ok(match event {
        SubjectEvent::Consent(record) => consent_columns(record)?,
        SubjectEvent::Restricted { recorded, .. } => plain(RESTRICTED, *recorded),
        SubjectEvent::Unrestricted { recorded, .. } => plain(UNRESTRICTED, *recorded),
        SubjectEvent::Erased { recorded, .. } => plain(ERASED, *recorded),
        SubjectEvent::Minor {
            until, recorded, ..
        } => Columns {
            until: Some(until.as_micros()),
            ..plain(MINOR, *recorded)
        },
        SubjectEvent::Guardian {
            status,
            from,
            until,
            recorded,
            ..
        } => Columns {
            status: Some(status.code().to_owned()),
            from: Some(from.as_micros()),
            until: micros_if(*until),
            ..plain(GUARDIAN, *recorded)
        },
        SubjectEvent::Joined { with, recorded, .. } => Columns {
            joined: Some(i64::from(with.get())),
            ..plain(JOINED, *recorded)
        },
    })
}

fn consent_columns(record: &ConsentRecord) -> Result<Columns, StoreError> {
    Ok(Columns {
        kind: CONSENT,
        record: Some(record.id.uuid()),
        purpose: Some(record.purpose.as_str().to_owned()),
        operation: Some(record.operation.code().to_owned()),
        recipient: Some(recipient_code(record.recipient)),
        consent_kind: Some(to_code(&record.kind, "consent kind")?),
        status: Some(record.status.code().to_owned()),
        from: Some(record.from.as_micros()),
        until: micros_if(record.until),
        source: Some(to_json(&record.source, "consent source")?),
        evidence: record.evidence.map(|digest| digest.as_bytes().to_vec()),
        recorded: record.recorded.as_micros(),
        joined: None,
    })
}

/// The statement for events of one person: enterprise, how many, before which, and so many numbers of hers.
fn of_numbers(numbers: usize) -> String {
    let numbers: Vec<String> = (4..numbers + 4).map(|at| format!("${at}")).collect();
    // The sign keeps a planner from reading the whole log in its order until it has met enough of hers.
    format!(
        "SELECT {} FROM {TABLE} WHERE enterprise_id = $1 AND subject IN ({}) AND seq < $3 ORDER BY +seq DESC LIMIT $2",
        COLUMNS.join(", "),
        numbers.join(", ")
    )
}

fn row_of(
    enterprise: EnterpriseId,
    seq: u64,
    event: &SubjectEvent,
) -> Result<Vec<Value>, StoreError> {
    let columns = columns_of(event)?;
    Ok(vec![
        enterprise.uuid().into(),
        number(seq).into(),
        i64::from(event.subject().get()).into(),
        columns.kind.into(),
        columns.record.into(),
        columns.purpose.into(),
        columns.operation.into(),
        columns.recipient.into(),
        columns.consent_kind.into(),
        columns.status.into(),
        columns.from.into(),
        columns.until.into(),
        columns.source.into(),
        columns.evidence.into(),
        columns.recorded.into(),
        columns.joined.into(),
    ])
}

/// The few texts that a log repeats in every row, parsed once.
#[derive(Debug, Default)]
struct Codes {
    purposes: BTreeMap<String, Purpose>,
    sources: BTreeMap<String, ConsentSource>,
}

fn place(column: &'static str) -> Place {
    Place(TABLE, column)
}

fn event_of(row: &QueryResult, codes: &mut Codes) -> Result<NumberedEvent, StoreError> {
    let seq = place("seq").count(row.try_get_by_index(1)?)?;
    let subject = subject_of(row.try_get_by_index(2)?, "subject")?;
    let recorded = moment(row.try_get_by_index(14)?);
    let kind: String = row.try_get_by_index(3)?;
    let event = match kind.as_str() {
        CONSENT => SubjectEvent::Consent(record_of(row, subject, recorded, codes)?),
        RESTRICTED => SubjectEvent::Restricted { subject, recorded },
        UNRESTRICTED => SubjectEvent::Unrestricted { subject, recorded },
        ERASED => SubjectEvent::Erased { subject, recorded },
        MINOR => SubjectEvent::Minor {
            subject,
            until: moment(row.try_get_by_index(11)?),
            recorded,
        },
        GUARDIAN => SubjectEvent::Guardian {
            subject,
            status: status_of(row)?,
            from: moment(row.try_get_by_index(10)?),
            until: moment_if(row.try_get_by_index(11)?),
            recorded,
        },
        JOINED => SubjectEvent::Joined {
            subject,
            with: subject_of(row.try_get_by_index(15)?, "joined_with")?,
            recorded,
        },
        _ => return Err(place("kind").broken()),
    };
    Ok((seq, event))
}

fn subject_of(number: i64, column: &'static str) -> Result<SubjectId, StoreError> {
    let number = u32::try_from(number).map_err(|_range| place(column).broken())?;
    Ok(SubjectId::new(number))
}

fn status_of(row: &QueryResult) -> Result<ConsentStatus, StoreError> {
    let code: String = row.try_get_by_index(9)?;
    ConsentStatus::from_code(&code).ok_or(place("status").broken())
}

fn record_of(
    row: &QueryResult,
    subject: SubjectId,
    recorded: Timestamp,
    codes: &mut Codes,
) -> Result<ConsentRecord, StoreError> {
    let purpose: String = row.try_get_by_index(5)?;
    let operation: String = row.try_get_by_index(6)?;
    let recipient: String = row.try_get_by_index(7)?;
    let kind: String = row.try_get_by_index(8)?;
    let source: String = row.try_get_by_index(12)?;
    let evidence: Option<Vec<u8>> = row.try_get_by_index(13)?;
    let purpose = if let Some(known) = codes.purposes.get(&purpose) {
        known.clone()
    } else {
        let parsed: Purpose = place("purpose").parse(&purpose)?;
        codes.purposes.insert(purpose, parsed.clone());
        parsed
    };
    let source = if let Some(known) = codes.sources.get(&source) {
        *known
    } else {
        let parsed: ConsentSource = place("source").json(&source)?;
        codes.sources.insert(source, parsed);
        parsed
    };
    Ok(ConsentRecord {
        id: ConsentRecordId::from_uuid(row.try_get_by_index(4)?),
        subject,
        purpose,
        operation: place("operation").parse(&operation)?,
        recipient: recipient_of(&recipient).ok_or(place("recipient").broken())?,
        kind: place("consent_kind").code::<ConsentKind>(&kind)?,
        status: status_of(row)?,
        from: moment(row.try_get_by_index(10)?),
        until: moment_if(row.try_get_by_index(11)?),
        recorded,
        source,
        evidence: evidence
            .map(|bytes| place("evidence").digest(&bytes))
            .transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
    use sea_orm_migration::MigratorTrait as _;

    use super::*;
    use crate::migration::Migrator;

    #[tokio::test]
    async fn one_persons_events_are_found_without_reading_those_of_others() {
        let db = Database::connect("sqlite::memory:").await.unwrap();
        Migrator::up(&db, None).await.unwrap();
        for numbers in [1, 2] {
            let plan = format!("EXPLAIN QUERY PLAN {}", of_numbers(numbers));
            let mut values = vec![Uuid::nil().into(), 100.into(), i64::MAX.into()];
            values.resize(3 + numbers, 7.into());
            let plan = Statement::from_sql_and_values(DbBackend::Sqlite, plan, values);
            let plan = db.query_all_raw(plan).await.unwrap();
            let steps = plan.iter().map(|step| step.try_get_by_index(3).unwrap());
            let steps: Vec<String> = steps.collect();
            assert_eq!(
                steps,
                [
                    "SEARCH subject_event USING INDEX ix_subject_event_person (enterprise_id=? AND subject=? AND seq<?)",
                    "USE TEMP B-TREE FOR ORDER BY"
                ]
            );
        }
    }
}
