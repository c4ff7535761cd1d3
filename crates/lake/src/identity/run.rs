//! Entries of the identity map in memory, in the order of their hashes.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::mac::Mac;
use crate::error::LakeError;

/// Keyed hashes in their order, each once, and the subject that each leads to: twenty bytes an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Run {
    macs: Vec<Mac>,
    subjects: Vec<u32>,
}

impl Run {
    /// How many bytes an entry takes, in a file and in memory.
    pub(super) const ENTRY: usize = Mac::LEN + size_of::<u32>();

    /// Puts entries in order; of two with one hash the later stays.
    pub(super) fn of(mut entries: Vec<(Mac, u32)>) -> Self {
        entries.sort_by_key(|(mac, _)| *mac);
        let mut run = Self::with_room(entries.len());
        for (mac, subject) in entries {
            run.push(mac, subject);
        }
        run
    }

    fn with_room(entries: usize) -> Self {
        Self {
            macs: Vec::with_capacity(entries),
            subjects: Vec::with_capacity(entries),
        }
    }

    /// Adds an entry that is not below the last; it takes the place of one with the same hash.
    fn push(&mut self, mac: Mac, subject: u32) {
        if self.macs.last() == Some(&mac) {
            self.subjects.pop();
        } else {
            self.macs.push(mac);
        }
        self.subjects.push(subject);
    }

    pub(super) fn len(&self) -> usize {
        self.macs.len()
    }

    /// Says how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.macs.capacity() * size_of::<Mac>() + self.subjects.capacity() * size_of::<u32>()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (Mac, u32)> + '_ {
        self.macs.iter().copied().zip(self.subjects.iter().copied())
    }

    /// Hands on the places of those wanted hashes that are here, and where they lead; the wanted ones are in order too.
    pub(super) fn find(&self, wanted: &[(Mac, usize)], mut found: impl FnMut(usize, u32)) {
        let mut from = 0;
        for (mac, place) in wanted {
            from += gallop(self.macs.get(from..).unwrap_or_default(), *mac);
            if self.macs.get(from) == Some(mac)
                && let Some(subject) = self.subjects.get(from)
            {
                found(*place, *subject);
            }
        }
    }

    /// Says whether one of these subjects is led to.
    pub(super) fn holds(&self, subjects: &RoaringBitmap) -> bool {
        !subjects.is_empty() && self.subjects.iter().any(|one| subjects.contains(*one))
    }

    /// Returns the entries whose hashes lie in one of `2^bits` equal ranges.
    pub(super) fn part(&self, bits: u32, range: usize) -> impl Iterator<Item = (Mac, u32)> + '_ {
        let start = self.macs.partition_point(|mac| mac.range(bits) < range);
        let end = self.macs.partition_point(|mac| mac.range(bits) <= range);
        let place: Range<usize> = start..end;
        let macs = self.macs.get(place.clone()).unwrap_or_default();
        let subjects = self.subjects.get(place).unwrap_or_default();
        macs.iter().copied().zip(subjects.iter().copied())
    }

    /// Makes one run of two in order, without those who are forgotten; of two with one hash the newer counts.
    pub(super) fn merge(
        older: impl Iterator<Item = (Mac, u32)>,
        newer: impl Iterator<Item = (Mac, u32)>,
        forgotten: &RoaringBitmap,
    ) -> Self {
        let mut run = Self::with_room(older.size_hint().0 + newer.size_hint().0);
        let (mut older, mut newer) = (older.peekable(), newer.peekable());
        loop {
            let older_first = match (older.peek(), newer.peek()) {
                (None, None) => break,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                // The newer one comes after the older one with the same hash, and takes its place.
                (Some((one, _)), Some((other, _))) => one <= other,
            };
            let next = if older_first {
                older.next()
            } else {
                newer.next()
            };
            if let Some((mac, subject)) = next
                && !forgotten.contains(subject)
            {
                run.push(mac, subject);
            }
        }
        // It stays in memory for long; what it grew by in advance would too.
        run.macs.shrink_to_fit();
        run.subjects.shrink_to_fit();
        run
    }

    /// Writes the entries as they lie in a file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len() * Self::ENTRY);
        for (mac, subject) in self.entries() {
            bytes.extend_from_slice(&mac.to_bytes());
            bytes.extend_from_slice(&subject.to_be_bytes());
        }
        bytes
    }

    /// Reads what a file holds, in whatever order it lies there.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] when it does not hold so many entries.
    pub(super) fn from_bytes(bytes: &[u8], entries: u64) -> Result<Self, LakeError> {
        let (records, rest) = bytes.as_chunks::<{ Self::ENTRY }>();
        if !rest.is_empty() || u64::try_from(records.len()) != Ok(entries) {
            return Err(LakeError::damaged("an identity segment has another length"));
        }
        let entry = |record: &[u8; Self::ENTRY]| {
            let (mac, subject) = record.split_at(Mac::LEN);
            let subject = subject
                .iter()
                .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
            (Mac::read(mac), subject)
        };
        let entries = || records.iter().map(entry);
        if !entries().is_sorted_by(|(one, _), (other, _)| one < other) {
            return Ok(Self::of(entries().collect()));
        }
        let (macs, subjects) = entries().unzip();
        Ok(Self { macs, subjects })
    }
}

/// Finds the first of sorted hashes that is not below one: near the start in few steps, far from it in a few more.
fn gallop(macs: &[Mac], mac: Mac) -> usize {
    let mut bound = 1;
    while macs.get(bound).is_some_and(|other| *other < mac) {
        bound *= 2;
    }
    let start = bound / 2;
    let end = macs.len().min(bound + 1);
    let within = macs.get(start..end).unwrap_or_default();
    start + within.partition_point(|other| *other < mac)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Few hashes, so that many meet, in every range.
    fn mac() -> impl Strategy<Value = Mac> {
        (0_u8..=40).prop_map(|n| Mac::read(&[n.wrapping_mul(101), n]))
    }

    fn entries() -> impl Strategy<Value = Vec<(Mac, u32)>> {
        proptest::collection::vec((mac(), 0_u32..50), 0..60)
    }

    fn map(entries: &[(Mac, u32)]) -> BTreeMap<Mac, u32> {
        entries.iter().copied().collect()
    }

    /// The file of entries as a chunk once wrote them: in the order of its rows.
    fn file(entries: &[(Mac, u32)]) -> Vec<u8> {
        let entry = |(mac, subject): &(Mac, u32)| {
            [mac.to_bytes().as_slice(), &subject.to_be_bytes()].concat()
        };
        entries.iter().flat_map(entry).collect()
    }

    proptest! {
        #[test]
        fn a_run_finds_what_a_map_finds(all in entries(), mut wanted in proptest::collection::vec(mac(), 0..60)) {
            let run = Run::of(all.clone());
            wanted.sort_unstable();
            let places: Vec<_> = wanted.iter().copied().zip(0..).collect();
            let mut found = vec![None; wanted.len()];
            run.find(&places, |place, subject| found[place] = Some(subject));
            let oracle: Vec<_> = wanted.iter().map(|mac| map(&all).get(mac).copied()).collect();
            prop_assert_eq!(found, oracle);
        }

        #[test]
        fn merged_runs_hold_what_both_held_but_the_forgotten(
            older in entries(),
            newer in entries(),
            forgotten in proptest::collection::vec(0_u32..50, 0..10),
        ) {
            let forgotten = RoaringBitmap::from_iter(forgotten);
            let (one, other) = (Run::of(older.clone()), Run::of(newer.clone()));
            let merged = Run::merge(one.entries(), other.entries(), &forgotten);
            let stays = |(_, subject): &(Mac, u32)| !forgotten.contains(*subject);
            let mut oracle: BTreeMap<_, _> = map(&older).into_iter().filter(stays).collect();
            oracle.extend(map(&newer).into_iter().filter(stays));
            prop_assert_eq!(merged.entries().collect::<Vec<_>>(), oracle.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn the_parts_of_a_run_are_the_run(all in entries(), bits in 0_u32..6) {
            let run = Run::of(all);
            let parts: Vec<_> = (0..1 << bits).flat_map(|range| run.part(bits, range)).collect();
            prop_assert_eq!(parts, run.entries().collect::<Vec<_>>());
        }

        #[test]
        fn a_run_survives_its_file(all in entries()) {
            let run = Run::of(all.clone());
            let read = |bytes: &[u8], entries: usize| Run::from_bytes(bytes, entries as u64);
            prop_assert!(read(&file(&all), all.len() + 1).is_err());
            prop_assert_eq!(read(&file(&all), all.len()).unwrap(), run.clone());
            prop_assert_eq!(read(&run.to_bytes(), run.len()).unwrap(), run);
        }
    }
}
