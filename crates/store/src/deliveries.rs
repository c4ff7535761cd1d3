use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use yuntu_consent::SubjectEvent;
use yuntu_terms::{ConsentRecordId, Digest, EnterpriseId, RepresentativeId, Timestamp, clause};

use crate::acts::Whose;
use crate::consent_proofs::SealedProof;
use crate::entity::{consent_delivery, consent_name};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, number};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "consent_delivery";

/// A file of consents, or a stretch of an import, that was taken in whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// How many records it brought.
    pub records: u64,
    /// Which of its rows name nobody who is known, as the writer counts and writes them.
    pub unknown_rows: Vec<u8>,
    /// The number of the last event of the log that it brought, where it brought any.
    pub last: Option<u64>,
    /// When it was taken in first.
    pub recorded: Timestamp,
}

/// A delivery to be taken in.
#[derive(Debug)]
pub struct NewDelivery<'a> {
    /// What tells it from every other.
    pub digest: Digest,
    /// What was known of it when its rows were read; nothing when it is new.
    pub known: Option<&'a Delivery>,
    /// Which of its rows name nobody who is known.
    pub unknown_rows: Vec<u8>,
    /// What its records rest on.
    pub proofs: &'a [SealedProof],
}

/// Who delivers, and in whose log it stands.
type Deliverer<'a> = (RepresentativeId, Whose<'a>);

impl Store {
    /// Takes a delivery in: all its events with what they rest on, or none; never twice.
    ///
    /// `events` lists them anew whenever it is asked, because a transaction that loses is tried again.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody took in the same delivery meanwhile; or a fault of the database.
    ///
    /// # Clause
    /// U4
    pub async fn take_delivery<I>(
        &self,
        enterprise: EnterpriseId,
        (seat, whose): Deliverer<'_>,
        new: &NewDelivery<'_>,
        events: impl Fn() -> I + Send + Sync,
    ) -> Result<Delivery, StoreError>
    where
        I: Iterator<Item = SubjectEvent> + Send,
    {
        clause::hit!(U4);
        let actor = self.pseudonym(seat).await?;
        let events = &events;
        self.run_tx("consent.deliver", async |tx: Tx| {
            let found = tx.read().find_delivery(enterprise, new.digest).await?;
            if found.as_ref() != new.known {
                return Err(StoreError::Conflict { what: TABLE });
            }
            let batch = tx
                .append_event_run(enterprise, (actor, whose), events())
                .await?;
            let Some(batch) = batch else {
                // Nothing was brought: as if it had never come, so that it may come again when its people are known.
                return Ok(found.unwrap_or_else(|| Delivery {
                    records: 0,
                    unknown_rows: new.unknown_rows.clone(),
                    last: None,
                    recorded: tx.now(),
                }));
            };
            tx.keep_proofs(enterprise, new.proofs).await?;
            let brought = batch.last + 1 - batch.first;
            let delivery = Delivery {
                records: found.as_ref().map_or(0, |it| it.records) + brought,
                unknown_rows: new.unknown_rows.clone(),
                last: Some(batch.last),
                recorded: found.as_ref().map_or(tx.now(), |it| it.recorded),
            };
            tx.write_delivery(enterprise, new.digest, batch.first, &delivery)
                .await?;
            Ok(delivery)
        })
        .await
    }

    /// Records events of which some bear a name from outside, with what they rest on; returns the number of the last event
    /// of the log and how many were new. What was recorded under a name already is not recorded again.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a name stands for another record already; or a fault of the database.
    ///
    /// # Clause
    /// U4
    pub async fn record_named(
        &self,
        enterprise: EnterpriseId,
        (seat, whose): Deliverer<'_>,
        (named, proofs): (&[ConsentRecordId], &[SealedProof]),
        events: &[SubjectEvent],
    ) -> Result<(u64, u64), StoreError> {
        let actor = self.pseudonym(seat).await?;
        self.run_tx("consent.record", async |tx: Tx| {
            let known = tx.read().names(enterprise, named).await?;
            let mut fresh = Vec::with_capacity(events.len());
            for event in events {
                let SubjectEvent::Consent(record) = event else {
                    fresh.push(event.clone());
                    continue;
                };
                match known.get(&record.id) {
                    None => fresh.push(event.clone()),
                    Some(seq) => {
                        let found = tx.read().event_at(enterprise, *seq).await?;
                        if !found.is_some_and(|found| says_the_same(&found, event)) {
                            return Err(StoreError::Conflict {
                                what: "consent record",
                            });
                        }
                    }
                }
            }
            let count = u64::try_from(fresh.len()).unwrap_or(u64::MAX);
            let batch = tx
                .append_event_run(enterprise, (actor, whose), fresh.iter().cloned())
                .await?;
            let Some(batch) = batch else {
                return Ok((tx.read().consent_version(enterprise).await?, 0));
            };
            tx.keep_proofs(enterprise, proofs).await?;
            for (seq, event) in (batch.first..).zip(&fresh) {
                if let SubjectEvent::Consent(record) = event
                    && named.contains(&record.id)
                {
                    let row = consent_name::Model {
                        enterprise_id: enterprise.uuid(),
                        record_id: record.id.uuid(),
                        seq: number(seq),
                    };
                    insert(&tx.link, row)
                        .await
                        .map_err(|error| error.conflict("consent record"))?;
                }
            }
            Ok((batch.last, count))
        })
        .await
    }
}

/// Says whether two records under one name say the same; when each was noted may differ where nobody said when.
fn says_the_same(one: &SubjectEvent, other: &SubjectEvent) -> bool {
    let (SubjectEvent::Consent(one), SubjectEvent::Consent(other)) = (one, other) else {
        return false;
    };
    one.subject == other.subject
        && one.purpose == other.purpose
        && one.operation == other.operation
        && one.recipient == other.recipient
        && one.kind == other.kind
        && one.status == other.status
        && one.from == other.from
        && one.until == other.until
        && one.evidence == other.evidence
}

impl Tx {
    async fn write_delivery(
        &self,
        enterprise: EnterpriseId,
        digest: Digest,
        first: u64,
        delivery: &Delivery,
    ) -> Result<(), StoreError> {
        consent_delivery::Entity::delete_by_id((enterprise.uuid(), digest.as_bytes().to_vec()))
            .exec(&self.link)
            .await?;
        let row = consent_delivery::Model {
            enterprise_id: enterprise.uuid(),
            digest: digest.as_bytes().to_vec(),
            first_seq: Some(number(first)),
            last_seq: delivery.last.map(number),
            records: number(delivery.records),
            unknown_rows: delivery.unknown_rows.clone(),
            recorded_at: delivery.recorded.as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))
    }
}

impl Reader {
    /// Finds a delivery of the enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_delivery(
        &self,
        enterprise: EnterpriseId,
        digest: Digest,
    ) -> Result<Option<Delivery>, StoreError> {
        let key = (enterprise.uuid(), digest.as_bytes().to_vec());
        let row = consent_delivery::Entity::find_by_id(key)
            .one(&self.link)
            .await?;
        row.map(|row| {
            let last = row
                .last_seq
                .map(|last| Place(TABLE, "last_seq").count(last));
            Ok(Delivery {
                records: Place(TABLE, "records").count(row.records)?,
                unknown_rows: row.unknown_rows,
                last: last.transpose()?,
                recorded: moment(row.recorded_at),
            })
        })
        .transpose()
    }

    /// Finds which names stand for a record already.
    async fn names(
        &self,
        enterprise: EnterpriseId,
        named: &[ConsentRecordId],
    ) -> Result<BTreeMap<ConsentRecordId, u64>, StoreError> {
        if named.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids = named.iter().map(|id| id.uuid());
        let rows = consent_name::Entity::find()
            .filter(consent_name::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(consent_name::Column::RecordId.is_in(ids))
            .all(&self.link)
            .await?;
        rows.into_iter()
            .map(|row| {
                let seq = Place("consent_name", "seq").count(row.seq)?;
                Ok((ConsentRecordId::from_uuid(row.record_id), seq))
            })
            .collect()
    }
}
