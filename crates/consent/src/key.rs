use std::collections::HashMap;

use yuntu_terms::{ConsentKind, Operation, Purpose, Recipient};

use crate::{ConsentError, Question};

/// What a record speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) purpose: Purpose,
    pub(crate) operation: Operation,
    pub(crate) recipient: Recipient,
}

impl Key {
    /// Says whether a negative record at this key ends a permitting one at the other key, for what both purposes reach.
    ///
    /// To provide, transfer or publicise presupposes processing, so a "no" to processing by the enterprise ends all.
    pub(crate) fn ends_lane(&self, other: &Self) -> bool {
        self.is_main_lane()
            || (self.operation == other.operation && self.recipient == other.recipient)
    }

    /// Says whether some purpose lies under both keys.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.purpose.covers(&other.purpose) || other.purpose.covers(&self.purpose)
    }

    fn is_main_lane(&self) -> bool {
        self.operation == Operation::Process && self.recipient == Recipient::Enterprise
    }
}

/// The keys of an enterprise, numbered in the order of their first record.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    list: Vec<Key>,
    numbers: HashMap<Key, u16>,
}

impl Keys {
    pub(crate) fn find(&self, key: &Key) -> Option<u16> {
        self.numbers.get(key).copied()
    }

    pub(crate) fn add(&mut self, key: Key) -> Result<u16, ConsentError> {
        let number = u16::try_from(self.list.len()).map_err(|_full| ConsentError::TooManyKeys)?;
        self.list.push(key.clone());
        self.numbers.insert(key, number);
        Ok(number)
    }

    // INVARIANT: the index makes entries only with numbers that `add` gave out, so `None` never occurs.
    pub(crate) fn get(&self, number: u16) -> Option<&Key> {
        self.list.get(usize::from(number))
    }

    pub(crate) fn ends_lane(&self, no: u16, yes: u16) -> bool {
        self.both(no, yes, Key::ends_lane)
    }

    pub(crate) fn covers(&self, upper: u16, lower: u16) -> bool {
        self.both(upper, lower, |a, b| a.purpose.covers(&b.purpose))
    }

    pub(crate) fn meets(&self, one: u16, other: u16) -> bool {
        self.both(one, other, Key::meets)
    }

    // Fails towards "yes, it ends the consent": an unknown key must not admit anybody.
    fn both(&self, one: u16, other: u16, f: impl Fn(&Key, &Key) -> bool) -> bool {
        match (self.get(one), self.get(other)) {
            (Some(one), Some(other)) => f(one, other),
            _ => true,
        }
    }
}

/// How one key bears on one question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bearing {
    pub(crate) purpose: bool,
    pub(crate) operation: bool,
    pub(crate) recipient: bool,
}

/// A question prepared against the keys: no text is compared for a single subject.
#[derive(Debug)]
pub(crate) struct Lens<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) kind: ConsentKind,
    pub(crate) now: i64,
    bearings: Vec<Bearing>,
    lane: Key,
}

impl<'a> Lens<'a> {
    pub(crate) fn new(keys: &'a Keys, question: &Question, kind: ConsentKind, now: i64) -> Self {
        let bearings = keys
            .list
            .iter()
            .map(|key| Bearing {
                purpose: key.purpose.covers(&question.purpose),
                operation: key.operation == question.operation,
                recipient: key.recipient == question.recipient,
            })
            .collect();
        let lane = Key {
            purpose: question.purpose.clone(),
            operation: question.operation,
            recipient: question.recipient,
        };
        Self {
            keys,
            kind,
            now,
            bearings,
            lane,
        }
    }

    pub(crate) fn bearing(&self, key: u16) -> Bearing {
        self.bearings
            .get(usize::from(key))
            .copied()
            .unwrap_or(Bearing {
                purpose: false,
                operation: false,
                recipient: false,
            })
    }

    /// Says whether a "no" at the key speaks against the question itself.
    pub(crate) fn speaks_against(&self, key: u16) -> bool {
        self.bearing(key).purpose
            && self
                .keys
                .get(key)
                .is_none_or(|key| key.ends_lane(&self.lane))
    }
}
