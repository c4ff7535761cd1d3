//! What a chunk asks of the identity map, and what it adds.

use std::collections::HashMap;

use super::mac::Mac;
use crate::error::LakeError;
use crate::mapping::IdentifierKind;
use crate::originals::{Kept, Original, keep_of};

/// A chunk whose identifiers get their subjects.
pub(crate) trait Assign {
    /// Lists the keyed hashes to look up.
    fn wanted(&self) -> Vec<Mac>;

    /// Finds or gives numbers; called again from the start when another writer was faster.
    fn assign(&mut self, book: &mut Book<'_>) -> Result<(), LakeError>;

    /// Says whether identifiers are to be kept as they were.
    fn keeps_originals(&self) -> bool;
}

/// The identity map while a chunk is resolved: where the hashes lead that it asked for, and what it adds.
#[derive(Debug)]
pub(crate) struct Book<'a> {
    /// Where each of the wanted hashes leads, in their order.
    known: Vec<Option<u32>>,
    /// Of whom an identifier is kept, and of whom the chunk keeps one.
    kept: &'a Kept,
    keeping: Kept,
    found: HashMap<Mac, u32>,
    added: Added,
}

/// What a chunk adds to the map.
#[derive(Debug)]
pub(super) struct Added {
    /// In the order in which numbers are given.
    pub(super) order: Vec<(Mac, u32)>,
    pub(super) originals: Vec<Original>,
    /// The next number to give.
    pub(super) next: u64,
}

impl<'a> Book<'a> {
    pub(super) fn new((known, kept): (Vec<Option<u32>>, &'a Kept), next: u64) -> Self {
        Self {
            known,
            kept,
            keeping: Kept::default(),
            found: HashMap::new(),
            added: Added {
                order: Vec::new(),
                originals: Vec::new(),
                next,
            },
        }
    }

    /// Returns what the chunk adds, if it does.
    pub(super) fn close(self) -> Option<Added> {
        let added = self.added;
        let nothing = added.order.is_empty() && added.originals.is_empty();
        (!nothing).then_some(added)
    }

    /// Says where a hash led before the chunk.
    fn known(&self, place: usize) -> Option<u32> {
        self.known.get(place).copied().flatten()
    }

    /// Says where a hash leads, given also its place among the wanted ones.
    pub(crate) fn find(&self, place: usize, mac: Mac) -> Option<u32> {
        self.known(place).or_else(|| self.found.get(&mac).copied())
    }

    /// Gives the next number to a person.
    pub(crate) fn give(&mut self) -> Result<u32, LakeError> {
        // The highest number stays free: a range of 32 bits could not end above it.
        let number = u32::try_from(self.added.next)
            .ok()
            .filter(|number| *number < u32::MAX)
            .ok_or(LakeError::NumbersExhausted)?;
        self.added.next += 1;
        Ok(number)
    }

    /// Lets an identifier lead to a person, and keeps the identifier itself where that is wanted.
    pub(crate) fn link(
        &mut self,
        mac: Mac,
        subject: u32,
        original: Option<(&IdentifierKind, &str)>,
    ) {
        self.found.insert(mac, subject);
        self.added.order.push((mac, subject));
        let original = original.map(|(kind, text)| Original::new(subject, kind, text));
        self.added.originals.extend(original);
    }

    /// Keeps an identifier that was known before it was wanted, unless one of the person's of this kind is kept; its hash
    /// has this place among the wanted ones.
    pub(crate) fn keep(
        &mut self,
        place: usize,
        subject: u32,
        (kind, text): (&IdentifierKind, &str),
    ) {
        let kept = |it: &Kept| it.get(kind).is_some_and(|of| of.contains(subject));
        if self.known(place).is_some() && !kept(self.kept) && !kept(&self.keeping) {
            let original = Original::new(subject, kind, text);
            keep_of(std::slice::from_ref(&original), &mut self.keeping);
            self.added.originals.push(original);
        }
    }
}
