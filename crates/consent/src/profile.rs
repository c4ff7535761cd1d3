use std::mem;

use yuntu_terms::ConsentKind;

use crate::Exclusion;
use crate::key::{Keys, Lens};

/// The end of time: no end.
pub(crate) const FOREVER: i64 = i64::MAX;

/// Whatever decides about one subject, in a normal form; subjects with the same history share one profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Profile {
    erased: bool,
    restricted: bool,
    minor_until: Option<i64>,
    guardian: Option<Span>,
    /// Since when the guardian says no, until the guardian says yes again.
    guardian_no: Option<i64>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl Span {
    const fn holds(self, now: i64) -> bool {
        self.from <= now && now < self.until
    }
}

/// A permitting or negative record, reduced to what decides.
///
/// Its place in the list is its place in the log. `recorded` matters only for a permitting record that comes after a
/// negative one which was recorded later at its source: such a latecomer does not outlive the "no".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Entry {
    pub(crate) key: u16,
    /// The kind of a permitting record; a negative one has none.
    pub(crate) yes: Option<ConsentKind>,
    pub(crate) span: Span,
    pub(crate) recorded: i64,
}

/// An event about one subject, reduced to what decides.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Record(Entry),
    Restrict(bool),
    Erase,
    Minor(i64),
    Guardian { yes: bool, span: Span },
}

/// What a profile says to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// No consent would help.
    Barred(Exclusion),
    /// The subject's own records speak: admitted, or the reason why not.
    Own(Option<Exclusion>),
    /// The subject has no record of their own that bears on the purpose.
    Silent,
}

impl Profile {
    pub(crate) fn apply(&mut self, change: Change, keys: &Keys) {
        if self.erased {
            return;
        }
        match change {
            Change::Record(entry) if entry.yes.is_some() => self.add_yes(entry, keys),
            Change::Record(entry) => self.add_no(entry, keys),
            Change::Restrict(restricted) => self.restricted = restricted,
            Change::Erase => {
                *self = Self {
                    erased: true,
                    ..Self::default()
                };
            }
            Change::Minor(until) => self.minor_until = self.minor_until.max(Some(until)),
            Change::Guardian { yes: true, span } => {
                self.guardian = Some(span);
                self.guardian_no = None;
            }
            Change::Guardian { yes: false, span } => {
                let since = self.guardian_no.map_or(span.from, |no| no.min(span.from));
                self.guardian_no = Some(since);
                if let Some(guardian) = &mut self.guardian {
                    guardian.until = guardian.until.min(span.from);
                }
            }
        }
        self.guardian = self.guardian.filter(|span| span.from < span.until);
    }

    fn add_yes(&mut self, mut new: Entry, keys: &Keys) {
        let outlives = |no: &&Entry| {
            no.yes.is_none()
                && no.recorded > new.recorded
                && keys.meets(no.key, new.key)
                && keys.ends_lane(no.key, new.key)
        };
        if !self.entries.iter().any(|entry| outlives(&entry)) {
            new.recorded = FOREVER;
        }
        let reaches = |big: &Entry, small: &Entry| {
            big.key == small.key
                && big.yes >= small.yes
                && big.span.from <= small.span.from
                && big.span.until >= small.span.until
                && big.recorded >= small.recorded
        };
        let last_no = self.entries.iter().rposition(|entry| entry.yes.is_none());
        let since = last_no.map_or(0, |at| at + 1);
        let known = self
            .entries
            .iter()
            .skip(since)
            .any(|entry| reaches(entry, &new));
        if known {
            return;
        }
        self.entries
            .retain(|entry| entry.yes.is_none() || !reaches(&new, entry));
        self.entries.push(new);
        self.sort_last_run(true);
    }

    fn add_no(&mut self, new: Entry, keys: &Keys) {
        let stands = |old: &Entry| {
            old.yes.is_none()
                && old.key == new.key
                && old.span.from <= new.span.from
                && old.recorded >= new.recorded
        };
        let last_yes = self.entries.iter().rposition(|entry| entry.yes.is_some());
        let since = last_yes.map_or(0, |at| at + 1);
        if self.entries.iter().skip(since).any(stands) {
            return;
        }
        let mut kept = mem::take(&mut self.entries);
        kept.retain_mut(|old| {
            if old.yes.is_none() {
                let outdone = old.key == new.key
                    && new.span.from <= old.span.from
                    && new.recorded >= old.recorded;
                return !outdone;
            }
            if keys.covers(new.key, old.key) && keys.ends_lane(new.key, old.key) {
                old.span.until = old.span.until.min(new.span.from);
                // What is left of it says nothing that the "no" at or above it does not say.
                return old.span.from < old.span.until;
            }
            true
        });
        self.entries = kept;
        self.entries.push(new);
        self.sort_last_run(false);
    }

    /// Sorts the records since the last one of the other voice: among themselves their order decides nothing.
    fn sort_last_run(&mut self, yes: bool) {
        let start = self
            .entries
            .iter()
            .rposition(|entry| entry.yes.is_some() != yes)
            .map_or(0, |at| at + 1);
        if let Some(run) = self.entries.get_mut(start..) {
            run.sort_unstable();
        }
    }

    /// Says whether the guardian said no, which bars a minor under her other numbers too.
    pub(crate) fn is_refused_by_guardian(&self, now: i64) -> bool {
        self.guardian_no.is_some_and(|since| since <= now)
    }

    /// Returns what bars the subject, where `refused` tells of a guardian's no under another number.
    pub(crate) fn bar(&self, now: i64, refused: bool) -> Option<Exclusion> {
        if self.erased {
            return Some(Exclusion::Erased);
        }
        if self.restricted {
            return Some(Exclusion::Restricted);
        }
        let minor = self.minor_until.is_some_and(|until| now < until);
        let guarded = self.guardian.is_some_and(|span| span.holds(now));
        (minor && (refused || !guarded)).then_some(Exclusion::Minor)
    }

    pub(crate) fn answer(&self, lens: &Lens<'_>) -> Answer {
        match self.bar(lens.now, false) {
            Some(bar) => Answer::Barred(bar),
            None => self.word(lens),
        }
    }

    /// Returns what the subject's own records say, whatever bars her.
    pub(crate) fn word(&self, lens: &Lens<'_>) -> Answer {
        let mut spoken = false;
        let mut reason = Some(Exclusion::Purpose);
        for (at, entry) in self.entries.iter().enumerate() {
            let bearing = lens.bearing(entry.key);
            if !bearing.purpose {
                continue;
            }
            spoken = true;
            let Some(kind) = entry.yes else { continue };
            if !entry.span.holds(lens.now) {
                continue;
            }
            let lacks = if !bearing.operation {
                Some(Exclusion::Operation)
            } else if !bearing.recipient {
                Some(Exclusion::Recipient)
            } else if kind < lens.kind {
                Some(Exclusion::Kind)
            } else {
                None
            };
            // Reasons are ordered as in the funnel; none at all is the best.
            let better = match (lacks, reason) {
                (None, Some(_)) => true,
                (Some(lacks), Some(reason)) => lacks > reason,
                (_, None) => false,
            };
            if better && !self.is_ended(at, entry, lens) {
                reason = lacks;
            }
        }
        if spoken {
            Answer::Own(reason)
        } else {
            Answer::Silent
        }
    }

    fn is_ended(&self, at: usize, yes: &Entry, lens: &Lens<'_>) -> bool {
        self.entries.iter().enumerate().any(|(place, no)| {
            no.yes.is_none()
                && no.span.from <= lens.now
                && (place > at || no.recorded > yes.recorded)
                && lens.bearing(no.key).purpose
                && lens.keys.ends_lane(no.key, yes.key)
        })
    }

    /// Says whether the subject said no to what the question asks.
    pub(crate) fn declined(&self, lens: &Lens<'_>) -> bool {
        self.entries.iter().any(|entry| {
            entry.yes.is_none() && entry.span.from <= lens.now && lens.speaks_against(entry.key)
        })
    }

    /// Lists the moments at which an answer may change by time alone.
    pub(crate) fn moments(&self) -> impl Iterator<Item = i64> + '_ {
        let guardian = self.guardian.iter().flat_map(|s| [s.from, s.until]);
        let entries = self
            .entries
            .iter()
            .flat_map(|entry| [entry.span.from, entry.span.until]);
        self.minor_until
            .into_iter()
            .chain(guardian)
            .chain(self.guardian_no)
            .chain(entries)
            .filter(|&moment| moment != FOREVER)
    }

    /// Writes what decides in a form that does not depend on how keys were numbered.
    pub(crate) fn write(&self, keys: &Keys, out: &mut Vec<u8>) {
        let refused = u8::from(self.guardian_no.is_some());
        out.push(u8::from(self.erased) | u8::from(self.restricted) << 1 | refused << 2);
        let mut moment = |value: Option<i64>| match value {
            Some(value) => {
                out.push(1);
                out.extend(value.to_be_bytes());
            }
            None => out.push(0),
        };
        moment(self.minor_until);
        moment(self.guardian.map(|span| span.from));
        moment(self.guardian.map(|span| span.until));
        if self.guardian_no.is_some() {
            moment(self.guardian_no);
        }
        for run in self
            .entries
            .chunk_by(|a, b| a.yes.is_some() == b.yes.is_some())
        {
            let mut texts: Vec<Vec<u8>> = run.iter().map(|entry| entry.bytes(keys)).collect();
            texts.sort_unstable();
            for text in texts {
                out.extend((text.len() as u64).to_be_bytes());
                out.extend(text);
            }
        }
    }
}

impl Entry {
    fn bytes(&self, keys: &Keys) -> Vec<u8> {
        let kind = match self.yes {
            None => 0,
            Some(ConsentKind::Expressed) => 1,
            Some(ConsentKind::Explicit) => 2,
            Some(ConsentKind::Separate) => 3,
        };
        let mut out = vec![kind];
        for moment in [self.span.from, self.span.until, self.recorded] {
            out.extend(moment.to_be_bytes());
        }
        if let Some(key) = keys.get(self.key) {
            // No text of the three holds a line feed.
            let text = format!("{}\n{}\n{}", key.purpose, key.operation, key.recipient);
            out.extend(text.into_bytes());
        }
        out
    }
}
