use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use yuntu_terms::{ConsentStatus, Timestamp, clause};

use crate::joined::Joined;
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
    const fn add(&mut self, said: Option<Said>) {
        match said {
            Some(Said::Given) => self.given += 1,
            Some(Said::Withdrawn) => self.withdrawn += 1,
            Some(Said::Refused) => self.refused += 1,
            Some(Said::Expired) => self.expired += 1,
            Some(Said::Unknown) => self.unknown += 1,
            None => {}
        }
    }

    /// Counts everybody.
    #[must_use]
    pub const fn people(&self) -> u64 {
        self.given + self.withdrawn + self.refused + self.expired + self.unknown
    }
}

/// What one person said to a question, the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Withdrawn,
    Refused,
    Expired,
    Unknown,
    Given,
}

/// What the records of one number say.
#[derive(Debug, Clone, Copy)]
struct Word {
    said: Said,
    /// Whether any of them bears on the purpose; a number without such a record says nothing.
    spoken: bool,
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
    /// Who is one person, pair by pair, with the moment at which it was recorded.
    joins: Vec<(u32, u32, i64)>,
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
    /// What bears on the purpose and not on what is asked.
    Beside {
        recorded: i64,
    },
    Erased {
        recorded: i64,
    },
}

impl Tally {
    /// Starts counting for a question; what its dataset declares is left out, since nobody said it.
    #[must_use]
    pub fn new(question: Question) -> Self {
        Self {
            question,
            people: BTreeMap::new(),
            joins: Vec::new(),
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
            SubjectEvent::Joined {
                subject,
                with,
                recorded,
            } => {
                let (one, other) = (subject.get(), with.get());
                self.joins.push((one, other, recorded.as_micros()));
                None
            }
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
        let moments = moments.iter().map(|moment| moment.as_micros());
        moments
            .map(|moment| self.count_at(people, moment))
            .collect()
    }

    fn count_at(&self, people: &SubjectSet, moment: i64) -> Standings {
        let mut joined = Joined::default();
        for (one, other, recorded) in &self.joins {
            if *recorded <= moment {
                joined.join(*one, *other);
            }
        }
        let mut count = Standings::default();
        let mut silent = people.len();
        for (subject, entries) in &self.people {
            if people.contains(*subject) && joined.group_of(*subject).is_none() {
                silent -= 1;
                count.add(said(entries, moment).map(|word| word.said));
            }
        }
        for (_, members) in joined.groups() {
            let entries = members.iter().filter_map(|it| self.people.get(it));
            let word = together(entries.map(|entries| said(entries, moment)));
            for _ in members.iter().filter(|it| people.contains(**it)) {
                silent -= 1;
                count.add(word);
            }
        }
        count.unknown += silent;
        count
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
                Some(if lane && strong {
                    Entry::Yes {
                        from,
                        until: record.until.map_or(i64::MAX, Timestamp::as_micros),
                        recorded,
                    }
                } else {
                    Entry::Beside { recorded }
                })
            }
            Voice::No => {
                let main = record.operation == yuntu_terms::Operation::Process
                    && record.recipient == yuntu_terms::Recipient::Enterprise;
                Some(if lane || main {
                    Entry::No {
                        from,
                        recorded,
                        said: said_by(record.status),
                    }
                } else {
                    Entry::Beside { recorded }
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
fn said(entries: &[Entry], moment: i64) -> Option<Word> {
    let mut permits = false;
    let mut over = false;
    let mut spoken = false;
    let mut last_no = None;
    for (place, entry) in entries.iter().enumerate() {
        let recorded = entry.recorded();
        if recorded > moment {
            continue;
        }
        match *entry {
            Entry::Erased { .. } => return None,
            Entry::No { from, said, .. } if from <= moment => last_no = Some(said),
            Entry::Yes { from, until, .. } if from <= moment => {
                if until <= moment {
                    over = true;
                } else if !is_ended(entries, place, recorded, moment) {
                    permits = true;
                }
            }
            Entry::No { .. } | Entry::Yes { .. } | Entry::Beside { .. } => {}
        }
        spoken = true;
    }
    let said = match (permits, last_no, over) {
        (true, _, _) => Said::Given,
        (false, Some(said), _) => said,
        (false, None, true) => Said::Expired,
        (false, None, false) => Said::Unknown,
    };
    Some(Word { said, spoken })
}

/// Says how somebody of several numbers stood: the strictest counts of those that say anything.
fn together(mut words: impl Iterator<Item = Option<Word>>) -> Option<Said> {
    let strictest = words.try_fold(None, |strictest: Option<Said>, word| {
        let word = word?;
        let said = word.spoken.then_some(word.said);
        Some(match (strictest, said) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        })
    });
    strictest.map(|said| said.unwrap_or(Said::Unknown))
}

impl Entry {
    const fn recorded(self) -> i64 {
        match self {
            Self::Yes { recorded, .. }
            | Self::No { recorded, .. }
            | Self::Beside { recorded }
            | Self::Erased { recorded } => recorded,
        }
    }
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
