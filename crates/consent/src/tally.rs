use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use yuntu_terms::{ConsentStatus, Timestamp, clause};

use crate::record::Voice;
use crate::{ConsentRecord, Question, SubjectEvent, SubjectSet, kind_for};

/// How many people said what to a question, as it stood at one moment.
///
/// # Units
/// Distinct people; those whose data was erased by then are in none of them.
/// # Clause
/// U4
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standings {
    /// Those whose own consent was in force.
    pub given: u64,
    /// Those who took it back, or from whom another took it.
    pub withdrawn: u64,
    /// Those who refused.
    pub refused: u64,
    /// Those whose consent was over.
    pub expired: u64,
    /// Those of whom no record said anything.
    pub unknown: u64,
}

impl Standings {
    /// Counts everybody.
    #[must_use]
    pub const fn people(&self) -> u64 {
        self.given + self.withdrawn + self.refused + self.expired + self.unknown
    }
}

/// What one person said to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Given,
    Withdrawn,
    Refused,
    Expired,
    Unknown,
}

/// Counts from the log of events how many people said what to a question, at several moments.
///
/// It reads the log once, in its order, and keeps of each person only what bears on the question.
///
/// # Clause
/// U4
#[derive(Debug)]
pub struct Tally {
    question: Question,
    people: BTreeMap<u32, Vec<Entry>>,
}

#[derive(Debug, Clone, Copy)]
enum Entry {
    Yes {
        from: i64,
        until: i64,
        recorded: i64,
    },
    No {
        from: i64,
        recorded: i64,
        said: Said,
    },
    Erased {
        recorded: i64,
    },
}

impl Tally {
    /// Starts counting for a question; what its dataset declares is left out, since nobody said it.
    #[must_use]
    pub const fn new(question: Question) -> Self {
        Self {
            question,
            people: BTreeMap::new(),
        }
    }

    /// Takes the next event of the log.
    pub fn add(&mut self, event: &SubjectEvent) {
        let entry = match event {
            SubjectEvent::Consent(record) => self.entry_of(record),
            SubjectEvent::Erased { recorded, .. } => Some(Entry::Erased {
                recorded: recorded.as_micros(),
            }),
            SubjectEvent::Restricted { .. }
            | SubjectEvent::Unrestricted { .. }
            | SubjectEvent::Minor { .. }
            | SubjectEvent::Guardian { .. } => None,
        };
        if let Some(entry) = entry {
            let subject = event.subject().get();
            self.people.entry(subject).or_default().push(entry);
        }
    }

    /// Counts these people, as they stood at each of the moments.
    ///
    /// A record counts from the moment at which it was recorded at its source and took effect.
    #[must_use]
    pub fn count(&self, people: &SubjectSet, moments: &[Timestamp]) -> Vec<Standings> {
        clause::hit!(U4);
        let mut counts = vec![Standings::default(); moments.len()];
        let mut silent = people.len();
        for (subject, entries) in &self.people {
            if !people.contains(*subject) {
                continue;
            }
            silent -= 1;
            for (count, moment) in counts.iter_mut().zip(moments) {
                match said(entries, moment.as_micros()) {
                    Some(Said::Given) => count.given += 1,
                    Some(Said::Withdrawn) => count.withdrawn += 1,
                    Some(Said::Refused) => count.refused += 1,
                    Some(Said::Expired) => count.expired += 1,
                    Some(Said::Unknown) => count.unknown += 1,
                    None => {}
                }
            }
        }
        for count in &mut counts {
            count.unknown += silent;
        }
        counts
    }

    fn entry_of(&self, record: &ConsentRecord) -> Option<Entry> {
        let asked = &self.question;
        if !record.purpose.covers(&asked.purpose) {
            return None;
        }
        let lane = record.operation == asked.operation && record.recipient == asked.recipient;
        let (from, recorded) = (record.from.as_micros(), record.recorded.as_micros());
        match Voice::of(record.status) {
            Voice::Nothing => None,
            Voice::Yes => {
                let strong = record.kind >= asked.kind.max(kind_for(asked.operation));
                (lane && strong).then_some(Entry::Yes {
                    from,
                    until: record.until.map_or(i64::MAX, Timestamp::as_micros),
                    recorded,
                })
            }
            Voice::No => {
                let main = record.operation == yuntu_terms::Operation::Process
                    && record.recipient == yuntu_terms::Recipient::Enterprise;
                (lane || main).then_some(Entry::No {
                    from,
                    recorded,
                    said: said_by(record.status),
                })
            }
        }
    }
}

const fn said_by(status: ConsentStatus) -> Said {
    match status {
        ConsentStatus::Refused => Said::Refused,
        ConsentStatus::Expired => Said::Expired,
        ConsentStatus::Withdrawn | ConsentStatus::Revoked | ConsentStatus::Invalidated => {
            Said::Withdrawn
        }
        ConsentStatus::Unknown
        | ConsentStatus::Requested
        | ConsentStatus::Deferred
        | ConsentStatus::Given
        | ConsentStatus::Renewed => Said::Unknown,
    }
}

/// Says how a person stood at a moment; nothing when her data was erased by then.
fn said(entries: &[Entry], moment: i64) -> Option<Said> {
    let mut permits = false;
    let mut over = false;
    let mut last_no = None;
    for (place, entry) in entries.iter().enumerate() {
        match *entry {
            Entry::Erased { recorded } if recorded <= moment => return None,
            Entry::No {
                from,
                recorded,
                said,
            } if from <= moment && recorded <= moment => last_no = Some(said),
            Entry::Yes {
                from,
                until,
                recorded,
            } if from <= moment && recorded <= moment => {
                if until <= moment {
                    over = true;
                } else if !is_ended(entries, place, recorded, moment) {
                    permits = true;
                }
            }
            Entry::Erased { .. } | Entry::No { .. } | Entry::Yes { .. } => {}
        }
    }
    Some(match (permits, last_no, over) {
        (true, _, _) => Said::Given,
        (false, Some(said), _) => said,
        (false, None, true) => Said::Expired,
        (false, None, false) => Said::Unknown,
    })
}

/// Says whether a "no" that was in force and known at the moment ends a permitting record.
fn is_ended(entries: &[Entry], place: usize, yes_recorded: i64, moment: i64) -> bool {
    entries.iter().enumerate().any(|(at, entry)| {
        let Entry::No { from, recorded, .. } = *entry else {
            return false;
        };
        from <= moment && recorded <= moment && (at > place || recorded > yes_recorded)
    })
}
