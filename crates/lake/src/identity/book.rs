//! What a chunk asks of the identity map, and what it adds.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::mac::Mac;
use crate::error::LakeError;
use crate::mapping::IdentifierKind;
use crate::originals::Original;

/// A chunk whose identifiers get their subjects.
pub(crate) trait Assign {
    /// Lists the keyed hashes to look up.
    fn wanted(&self) -> Vec<Mac>;

    /// Finds or gives numbers; called again from the start when another writer was faster.
    fn assign(&mut self, book: &mut Book) -> Result<(), LakeError>;
}

/// The identity map while a chunk is resolved: where the hashes lead that it asked for, and what it adds.
#[derive(Debug)]
pub(crate) struct Book {
    /// Where each of the wanted hashes leads, in their order.
    known: Vec<Option<u32>>,
    added: HashMap<Mac, u32>,
    /// What is added, in the order in which numbers are given.
    pub(super) order: Vec<(Mac, u32)>,
    pub(super) originals: Vec<Original>,
    pub(super) next: u64,
}

impl Book {
    pub(super) fn new(known: Vec<Option<u32>>, next: u64) -> Self {
        Self {
            known,
            added: HashMap::new(),
            order: Vec::new(),
            originals: Vec::new(),
            next,
        }
    }

    /// Says where a hash leads, given also its place among the wanted ones.
    pub(crate) fn find(&self, place: usize, mac: Mac) -> Option<u32> {
        let known = self.known.get(place).copied().flatten();
        known.or_else(|| self.added.get(&mac).copied())
    }

    /// Gives the next number to a person.
    pub(crate) fn give(&mut self) -> Result<u32, LakeError> {
        // The highest number stays free: a range of 32 bits could not end above it.
        let number = u32::try_from(self.next)
            .ok()
            .filter(|number| *number < u32::MAX)
            .ok_or(LakeError::NumbersExhausted)?;
        self.next += 1;
        Ok(number)
    }

    /// Lets an identifier lead to a person, and keeps the identifier itself where that is wanted.
    pub(crate) fn link(
        &mut self,
        mac: Mac,
        subject: u32,
        original: Option<(&IdentifierKind, &str)>,
    ) {
        self.added.insert(mac, subject);
        self.order.push((mac, subject));
        if let Some((kind, text)) = original {
            let text = Zeroizing::new(text.to_owned());
            self.originals.push(Original {
                subject,
                kind: kind.clone(),
                text,
            });
        }
    }
}
