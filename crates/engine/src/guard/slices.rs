use std::ops::Range;
use std::sync::Arc;

use yuntu_consent::SubjectSet;
use yuntu_lake::Part;

/// How many neighbouring subject numbers are scanned by the same partition.
const SUBJECTS_PER_SLICE: u32 = 1 << 16;

/// Divides the admitted subjects among partitions by their number alone.
///
/// INVARIANT: which partition a row comes from, and so the order of rows and the batch they are in, depends on admitted
/// subjects only, never on where refused rows lie in a file.
pub(crate) fn slices(admitted: &Arc<SubjectSet>, partitions: usize) -> Vec<Arc<SubjectSet>> {
    let last = admitted
        .bitmap()
        .max()
        .map_or(0, |max| max / SUBJECTS_PER_SLICE);
    if partitions <= 1 || last == 0 {
        let empty = Arc::new(SubjectSet::new());
        return std::iter::once(Arc::clone(admitted))
            .chain(std::iter::repeat_n(empty, partitions.saturating_sub(1)))
            .collect();
    }
    (0..partitions)
        .map(|partition| {
            let mut mine = roaring::RoaringBitmap::new();
            for slice in (0..=last).filter(|slice| *slice as usize % partitions == partition) {
                let start = slice * SUBJECTS_PER_SLICE;
                mine.insert_range(start..=start + (SUBJECTS_PER_SLICE - 1));
            }
            Arc::new(SubjectSet::from_bitmap(mine & admitted.bitmap()))
        })
        .collect()
}

/// What of a part a scan reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartRows {
    /// The rows of the row groups that hold an admitted subject.
    pub(crate) ranges: Vec<Range<u64>>,
    /// Whether a row group among them holds refused subjects too, so that each row's subject must be looked at.
    pub(crate) mixed: bool,
}

/// Finds the row groups a set of subjects lies in, from the manifest alone; `None` when it lies in none.
pub(crate) fn part_rows(part: &Part, admitted: &SubjectSet) -> Option<PartRows> {
    let mut found = PartRows {
        ranges: Vec::new(),
        mixed: false,
    };
    let mut start = 0;
    for group in &part.row_groups {
        let end = start + group.rows;
        let inside = admitted.len_range(group.subjects.clone());
        if inside > 0 {
            // A number inside the range that no row has makes a group mixed for nothing; it costs a look, no more.
            found.mixed |= inside < u64::from(group.subjects.end - group.subjects.start);
            match found.ranges.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => found.ranges.push(start..end),
            }
        }
        start = end;
    }
    (!found.ranges.is_empty()).then_some(found)
}
