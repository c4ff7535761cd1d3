use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use roaring::RoaringBitmap;
use sha2::{Digest as _, Sha256};
use yuntu_terms::{Digest, SubjectId};

/// A set of subjects: compressed for set algebra, expanded once to plain bits when a scan begins to probe it.
///
/// # Clause
/// U4
#[derive(Default)]
pub struct SubjectSet {
    bitmap: RoaringBitmap,
    dense: OnceLock<Dense>,
}

/// The plain bits from the first word that holds a member to the last.
#[derive(Debug, Default)]
struct Dense {
    first: u32,
    words: Vec<u64>,
}

impl SubjectSet {
    /// Makes the empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a set from a compressed bitmap.
    #[must_use]
    pub const fn from_bitmap(bitmap: RoaringBitmap) -> Self {
        Self {
            bitmap,
            dense: OnceLock::new(),
        }
    }

    /// Makes the set of all numbers of a range.
    #[must_use]
    pub fn from_range(range: Range<u32>) -> Self {
        let mut bitmap = RoaringBitmap::new();
        bitmap.insert_range(range);
        Self::from_bitmap(bitmap)
    }

    /// Makes a set from plain bits, the lowest number in the lowest bit of the first word.
    pub(crate) fn from_words(words: Vec<u64>) -> Self {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut bitmap = RoaringBitmap::from_lsb0_bytes(0, &bytes);
        bitmap.optimize();
        Self {
            bitmap,
            dense: OnceLock::from(Dense { first: 0, words }),
        }
    }

    /// Lends the compressed bitmap.
    #[must_use]
    pub const fn bitmap(&self) -> &RoaringBitmap {
        &self.bitmap
    }

    /// Says whether the subject is a member; the first call expands the set.
    ///
    /// The expansion takes one bit for every number between the lowest and the highest member, which is little because
    /// the numbers of an enterprise are dense.
    #[inline]
    #[must_use]
    pub fn contains(&self, subject: u32) -> bool {
        let dense = self.dense();
        (subject / 64)
            .checked_sub(dense.first)
            .and_then(|word| dense.words.get(word as usize))
            .is_some_and(|word| word >> (subject % 64) & 1 == 1)
    }

    /// Expands the set now, so that no probe pays for it.
    pub fn freeze(&self) {
        self.dense();
    }

    /// Returns how many subjects are members.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.bitmap.len()
    }

    /// Says whether nobody is a member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bitmap.is_empty()
    }

    /// Lists the members, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.bitmap.iter()
    }

    /// Lists the members of a range of numbers, lowest first.
    pub fn iter_range(&self, range: Range<u32>) -> impl Iterator<Item = u32> + '_ {
        self.bitmap.range(range)
    }

    /// Counts the members of a range of numbers.
    #[must_use]
    pub fn len_range(&self, range: Range<u32>) -> u64 {
        if range.is_empty() {
            return 0;
        }
        self.bitmap.range_cardinality(range)
    }

    /// Lists the unbroken runs of members inside a range of numbers, lowest first.
    pub fn runs(&self, range: Range<u32>) -> impl Iterator<Item = Range<u64>> + '_ {
        runs_of(self.bitmap.range(range))
    }

    /// Lists the unbroken runs of members inside a bucket of files.
    pub fn runs_in_bucket(&self, bucket: u32) -> impl Iterator<Item = Range<u64>> + '_ {
        let start = bucket.saturating_mul(SubjectId::PER_BUCKET);
        runs_of(
            self.bitmap
                .range(start..=start.saturating_add(SubjectId::PER_BUCKET - 1)),
        )
    }

    /// Returns the subjects that are in both sets.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self::from_bitmap(&self.bitmap & &other.bitmap)
    }

    /// Returns the subjects that are in either set.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self::from_bitmap(&self.bitmap | &other.bitmap)
    }

    /// Returns the subjects of this set that are not in the other.
    #[must_use]
    pub fn and_not(&self, other: &Self) -> Self {
        Self::from_bitmap(&self.bitmap - &other.bitmap)
    }

    /// Counts the subjects that are in both sets, without making the set.
    #[must_use]
    pub fn len_and(&self, other: &Self) -> u64 {
        self.bitmap.intersection_len(&other.bitmap)
    }

    /// Returns the digest of the members; equal sets have equal digests however they came about.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"yuntu subject set 1\n");
        let mut members = self.bitmap.iter();
        while let Some(run) = members.next_range() {
            hash.update(run.start().to_le_bytes());
            hash.update(run.end().to_le_bytes());
        }
        Digest::new(hash.finalize().into())
    }

    fn dense(&self) -> &Dense {
        self.dense.get_or_init(|| Dense::of(&self.bitmap))
    }
}

impl Dense {
    fn of(bitmap: &RoaringBitmap) -> Self {
        let (Some(min), Some(max)) = (bitmap.min(), bitmap.max()) else {
            return Self::default();
        };
        let first = min / 64;
        let mut words = vec![0_u64; (max / 64 - first) as usize + 1];
        let mut members = bitmap.iter();
        while let Some(run) = members.next_range() {
            fill(
                &mut words,
                *run.start() - first * 64,
                *run.end() - first * 64,
            );
        }
        Self { first, words }
    }
}

fn runs_of(mut members: roaring::bitmap::Iter<'_>) -> impl Iterator<Item = Range<u64>> + '_ {
    // The end of a run at the last number does not fit 32 bits.
    std::iter::from_fn(move || {
        members
            .next_range()
            .map(|run| u64::from(*run.start())..u64::from(*run.end()) + 1)
    })
}

/// Sets the bits from `start` to `end`, both included.
fn fill(words: &mut [u64], start: u32, end: u32) {
    let (from, to) = ((start / 64) as usize, (end / 64) as usize);
    let low = u64::MAX << (start % 64);
    let high = u64::MAX >> (63 - end % 64);
    let Some(span) = words.get_mut(from..=to) else {
        return;
    };
    match span {
        [] => {}
        [only] => *only |= low & high,
        [head, middle @ .., tail] => {
            *head |= low;
            middle.fill(u64::MAX);
            *tail |= high;
        }
    }
}

impl Clone for SubjectSet {
    fn clone(&self) -> Self {
        Self::from_bitmap(self.bitmap.clone())
    }
}

impl PartialEq for SubjectSet {
    fn eq(&self, other: &Self) -> bool {
        self.bitmap == other.bitmap
    }
}

impl Eq for SubjectSet {}

impl fmt::Debug for SubjectSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The members are personal data; how many there are is not.
        write!(f, "SubjectSet({})", self.len())
    }
}

impl FromIterator<u32> for SubjectSet {
    fn from_iter<I: IntoIterator<Item = u32>>(subjects: I) -> Self {
        Self::from_bitmap(subjects.into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
