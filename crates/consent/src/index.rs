use std::collections::BTreeMap;
use std::sync::Arc;

use yuntu_terms::{EnterpriseId, Timestamp};

use crate::joined::Joined;
use crate::key::{Key, Keys};
use crate::profile::{Change, Entry, FOREVER, Span};
use crate::record::Voice;
use crate::shard::Shard;
use crate::{ConsentError, ConsentRecord, ConsentSnapshot, SubjectEvent};

/// What the log of one enterprise says, kept ready to answer for any moment.
///
/// The log is the truth: applying the same events to an empty index gives the same index, which [`ConsentSnapshot::root`]
/// shows. Subjects with the same history share one profile, so an enterprise whose people all agreed to the same costs
/// four bytes a person.
///
/// # Clause
/// U4
#[derive(Debug, Clone)]
pub struct ConsentIndex {
    enterprise: EnterpriseId,
    version: u64,
    keys: Arc<Keys>,
    shards: Arc<BTreeMap<u16, Arc<Shard>>>,
    joined: Arc<Joined>,
}

impl ConsentIndex {
    /// Starts with an empty log.
    #[must_use]
    pub fn new(enterprise: EnterpriseId) -> Self {
        Self {
            enterprise,
            version: 0,
            keys: Arc::default(),
            shards: Arc::default(),
            joined: Arc::default(),
        }
    }

    /// Returns the enterprise whose log this is.
    #[must_use]
    pub const fn enterprise(&self) -> EnterpriseId {
        self.enterprise
    }

    /// Returns the number of the last event applied; 0 before the first.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Takes the next event of the log; numbers may have gaps but only rise.
    ///
    /// # Errors
    /// [`ConsentError::NotNewer`] when the number is not above the last one, [`ConsentError::TooManyKeys`] when the
    /// enterprise uses too many combinations; the index is unchanged then.
    pub fn apply(&mut self, seq: u64, event: &SubjectEvent) -> Result<(), ConsentError> {
        if seq <= self.version {
            return Err(ConsentError::NotNewer {
                seq,
                version: self.version,
            });
        }
        if let SubjectEvent::Joined { subject, with, .. } = event {
            Arc::make_mut(&mut self.joined).join(subject.get(), with.get());
        } else if let Some(change) = self.reduce(event)? {
            self.change(event.subject().get(), change);
        }
        self.version = seq;
        Ok(())
    }

    fn change(&mut self, subject: u32, change: Change) {
        let (shard, place) = split(subject);
        let shard = Arc::make_mut(&mut self.shards)
            .entry(shard)
            .or_insert_with(|| Arc::new(Shard::new()));
        Arc::make_mut(shard).apply(place, change, &self.keys);
    }

    /// Looks at the log as it is now, with the answers for one moment.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Arc<ConsentSnapshot> {
        Arc::new(ConsentSnapshot::new(
            self.enterprise,
            self.version,
            now,
            Arc::clone(&self.keys),
            Arc::clone(&self.shards),
            Arc::clone(&self.joined),
        ))
    }

    fn reduce(&mut self, event: &SubjectEvent) -> Result<Option<Change>, ConsentError> {
        Ok(match event {
            SubjectEvent::Consent(record) => self.reduce_record(record)?,
            SubjectEvent::Restricted { .. } => Some(Change::Restrict(true)),
            SubjectEvent::Unrestricted { .. } => Some(Change::Restrict(false)),
            SubjectEvent::Erased { .. } => Some(Change::Erase),
            SubjectEvent::Minor { until, .. } => Some(Change::Minor(until.as_micros())),
            SubjectEvent::Guardian {
                status,
                from,
                until,
                ..
            } => {
                let guardian = |yes| Change::Guardian {
                    yes,
                    span: span(*from, *until),
                };
                match Voice::of(*status) {
                    Voice::Yes => Some(guardian(true)),
                    Voice::No => Some(guardian(false)),
                    Voice::Nothing => None,
                }
            }
            SubjectEvent::Joined { .. } => None,
        })
    }

    fn reduce_record(&mut self, record: &ConsentRecord) -> Result<Option<Change>, ConsentError> {
        let yes = match Voice::of(record.status) {
            Voice::Yes => Some(record.kind),
            Voice::No => None,
            Voice::Nothing => return Ok(None),
        };
        let key = Key {
            purpose: record.purpose.clone(),
            operation: record.operation,
            recipient: record.recipient,
        };
        let key = match self.keys.find(&key) {
            Some(number) => number,
            None => Arc::make_mut(&mut self.keys).add(key)?,
        };
        // A "no" has no end: only a new consent follows it.
        let until = record.until.filter(|_| yes.is_some());
        Ok(Some(Change::Record(Entry {
            key,
            yes,
            span: span(record.from, until),
            recorded: record.recorded.as_micros(),
        })))
    }
}

fn span(from: Timestamp, until: Option<Timestamp>) -> Span {
    Span {
        from: from.as_micros(),
        until: until.map_or(FOREVER, Timestamp::as_micros),
    }
}

/// Splits a subject number into shard and place.
pub(crate) fn split(subject: u32) -> (u16, usize) {
    let [a, b, c, d] = subject.to_be_bytes();
    (
        u16::from_be_bytes([a, b]),
        usize::from(u16::from_be_bytes([c, d])),
    )
}
