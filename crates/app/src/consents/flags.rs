use std::future::Future;
use std::pin::Pin;

use sha2::{Digest as _, Sha256};
use yuntu_consent::{ConsentRecord, ConsentSource, SubjectEvent};
use yuntu_lake::{FlagChunk, FlagColumn, FlagMeaning, FlagSink, LakeError, Mapping};
use yuntu_store::{Delivery, NewDelivery, Whose};
use yuntu_terms::{ConsentRecordId, ConsentStatus, Digest, ImportId, SubjectId, Timestamp, clause};

use crate::caller::Caller;
use crate::error::{AppError, Said as Words};
use crate::platform::Platform;

/// How many records go into one transaction at most, for which others wait.
const RECORDS_MAX: usize = 200_000;

/// Turns the columns of consent of an import, and who turns out to be one person, into events of the consent log.
pub(crate) struct FlagLog {
    platform: Platform,
    caller: Caller,
    import: ImportId,
    meanings: Vec<FlagMeaning>,
}

/// What a person said by a column, at a moment.
struct Said {
    id: ConsentRecordId,
    subject: u32,
    meaning: usize,
    yes: bool,
    at: Timestamp,
}

impl Platform {
    /// Asks that the columns of consent speak of what there is.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when a column speaks of a purpose that is none of the statement's, of a partner who is not on
    /// the register, or from a day that has not come.
    /// # Clause
    /// U4
    pub(crate) async fn check_meanings(
        &self,
        caller: &Caller,
        mapping: &Mapping,
    ) -> Result<(), AppError> {
        if mapping.consents.is_empty() {
            return Ok(());
        }
        let rules = self.consent_rules(caller).await?;
        for meaning in &mapping.consents {
            let checked = rules
                .purpose(meaning.purpose.as_str())
                .and_then(|_| rules.check_recipient(meaning.recipient, ConsentStatus::Given))
                .and_then(|_| has_begun(meaning.from, rules.now));
            checked.map_err(|reason| AppError::Invalid {
                what: "mapping",
                reason,
            })?;
        }
        Ok(())
    }

    /// Makes what turns the columns of consent of an import into records; whoever imports hands it to the lake.
    ///
    /// # Clause
    /// U4
    pub(crate) fn flag_log(&self, caller: &Caller, import: ImportId, mapping: &Mapping) -> FlagLog {
        FlagLog {
            platform: self.clone(),
            caller: caller.clone(),
            import,
            meanings: mapping.consents.clone(),
        }
    }
}

impl FlagSink for FlagLog {
    fn note<'a>(
        &'a self,
        chunk: FlagChunk,
    ) -> Pin<Box<dyn Future<Output = Result<(), LakeError>> + Send + 'a>> {
        Box::pin(async move {
            let done = self.take(&chunk).await;
            done.map_err(|error| LakeError::Flags(Box::new(error)))
        })
    }

    fn join<'a>(
        &'a self,
        pairs: Vec<(u32, u32)>,
    ) -> Pin<Box<dyn Future<Output = Result<(), LakeError>> + Send + 'a>> {
        Box::pin(async move {
            let done = self.take_joins(&pairs).await;
            done.map_err(|error| LakeError::Flags(Box::new(error)))
        })
    }
}

impl FlagLog {
    /// Records what the rows of a chunk say that are not recorded yet, some at a time.
    async fn take(&self, chunk: &FlagChunk) -> Result<(), AppError> {
        clause::hit!(U4);
        let rows = chunk.subjects.len();
        let step = (RECORDS_MAX / self.meanings.len().max(1)).max(1);
        let digest = delivery_of(chunk.import);
        let read = self.platform.store().read();
        let mut from = 0;
        while from < rows {
            let until = (from + step).min(rows);
            let known = read.find_delivery(self.caller.enterprise, digest).await?;
            let done = known.as_ref().map_or(0, covered);
            let first = usize::try_from(done.saturating_sub(chunk.start)).unwrap_or(usize::MAX);
            let first = first.max(from);
            if first < until {
                let said = self.said(chunk, first..until)?;
                let reach = chunk.start + u64::try_from(until).unwrap_or(u64::MAX);
                self.record((digest, known.as_ref(), reach), &said).await?;
            }
            from = until;
        }
        Ok(())
    }

    /// Records which numbers are one person, where that is not known yet.
    async fn take_joins(&self, pairs: &[(u32, u32)]) -> Result<(), AppError> {
        clause::hit!(U4);
        let known = self.platform.consent(&self.caller).await?;
        let recorded = self.platform.now();
        let pairs = pairs.iter();
        let pairs = pairs.map(|(one, other)| (SubjectId::new(*one), SubjectId::new(*other)));
        let pairs: Vec<_> = pairs.collect();
        let new = known.new_joins(&pairs).into_iter();
        let events = new.map(|(subject, with)| SubjectEvent::Joined {
            subject,
            with,
            recorded,
        });
        let events: Vec<SubjectEvent> = events.collect();
        self.platform.append_events(&self.caller, &events).await?;
        Ok(())
    }

    async fn record(
        &self,
        (digest, known, reach): (Digest, Option<&Delivery>, u64),
        said: &[Said],
    ) -> Result<(), AppError> {
        let new = NewDelivery {
            digest,
            known,
            unknown_rows: reach.to_be_bytes().to_vec(),
            proofs: &[],
        };
        let caller = &self.caller;
        // The key of the request that began the import is spent once, by its beginning.
        let whose = Whose::of_seat(caller.representative, caller.origin.as_ref());
        let by = (caller.representative, whose);
        let events = || said.iter().filter_map(|said| self.event(said));
        let store = self.platform.store();
        store
            .take_delivery(caller.enterprise, by, &new, events)
            .await?;
        let told: Vec<SubjectEvent> = events().collect();
        let running = &self.platform.inner.running;
        running.stop_left(caller.enterprise, &told);
        Ok(())
    }

    fn event(&self, said: &Said) -> Option<SubjectEvent> {
        let meaning = self.meanings.get(said.meaning)?;
        let until = meaning.until.filter(|_| said.yes);
        if until.is_some_and(|until| until <= said.at) {
            // It was over before it was said.
            return None;
        }
        let status = if said.yes {
            ConsentStatus::Given
        } else {
            ConsentStatus::Refused
        };
        Some(SubjectEvent::Consent(ConsentRecord {
            id: said.id,
            subject: SubjectId::new(said.subject),
            purpose: meaning.purpose.clone(),
            operation: meaning.operation,
            recipient: meaning.recipient,
            kind: meaning.kind,
            status,
            from: said.at,
            until,
            recorded: said.at,
            source: ConsentSource::Import(self.import),
            evidence: None,
        }))
    }

    /// Lists what people say by the columns, each person's in the order of time and only where it changes.
    fn said(&self, chunk: &FlagChunk, rows: std::ops::Range<usize>) -> Result<Vec<Said>, AppError> {
        let mut order: Vec<(u32, Option<Timestamp>, usize)> = rows
            .filter_map(|row| {
                let time = chunk.times.as_ref().and_then(|times| times.get(row));
                Some((*chunk.subjects.get(row)?, time.copied(), row))
            })
            .collect();
        order.sort_unstable();
        let mut said = Vec::new();
        for (place, meaning) in self.meanings.iter().enumerate() {
            let column = chunk.columns.iter().find(|it| it.name == meaning.column);
            let Some(column) = column else { continue };
            let mut last: Option<(u32, bool)> = None;
            for same in order.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
                let Some((subject, time, _)) = same.first() else {
                    continue;
                };
                let Some(yes) = verdict(column, same) else {
                    continue;
                };
                if last.replace((*subject, yes)) == Some((*subject, yes)) {
                    continue;
                }
                said.push(Said {
                    id: self.platform.new_id()?,
                    subject: *subject,
                    meaning: place,
                    yes,
                    at: time.unwrap_or(meaning.from),
                });
            }
        }
        Ok(said)
    }
}

/// Asks that a column speaks already: a "no" that is recorded before its first day would be undone by the file.
fn has_begun(from: Timestamp, now: Timestamp) -> Result<(), Words> {
    if from <= now.plus_days(1) {
        return Ok(());
    }
    Err(Words::new(
        "同意标志的起始日在将来；应不晚于文件形成之日",
        "a flag of a consent begins in the future; it begins not later than the file was made",
    ))
}

/// Says what rows of one person and one moment say together: a "no" beside a "yes" is a "no".
fn verdict(column: &FlagColumn, rows: &[(u32, Option<Timestamp>, usize)]) -> Option<bool> {
    let said = rows
        .iter()
        .filter_map(|(_, _, row)| column.said.get(*row).copied().flatten());
    said.reduce(|one, other| one && other)
}

/// Names the delivery that stands for the columns of consent of one import.
fn delivery_of(import: Digest) -> Digest {
    let mut hash = Sha256::new();
    hash.update(b"yuntu/consent/flags/1");
    hash.update(import.as_bytes());
    Digest::new(hash.finalize().into())
}

/// Returns how many rows of an import are recorded.
fn covered(delivery: &Delivery) -> u64 {
    <[u8; 8]>::try_from(delivery.unknown_rows.as_slice()).map_or(0, u64::from_be_bytes)
}
