//! The longest common part of two lists, in order.

/// The most cells of the table; above it nothing between the common ends is matched, which stays true and reads worse.
const CELLS_MAX: usize = 1 << 22;

/// A place in both lists, or in one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Both(usize, usize),
    Old(usize),
    New(usize),
}

/// Walks through two lists so that as much as possible is walked in both at once; what left comes before what came.
pub(super) fn align<T: PartialEq>(old: &[T], new: &[T]) -> Vec<Step> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (
        old.get(head..).unwrap_or_default(),
        new.get(head..).unwrap_or_default(),
    );
    let ends = old_rest.iter().rev().zip(new_rest.iter().rev());
    let tail = ends.take_while(|(a, b)| a == b).count();
    let (rows, columns) = (old_rest.len() - tail, new_rest.len() - tail);
    let common = lengths(old_rest, new_rest, rows, columns);
    let length = |row: usize, column: usize| {
        let cell = common.get(row * (columns + 1) + column);
        cell.copied().unwrap_or_default()
    };
    let mut steps: Vec<Step> = (0..head).map(|at| Step::Both(at, at)).collect();
    let (mut row, mut column) = (0, 0);
    while row < rows || column < columns {
        let same = row < rows
            && column < columns
            && !common.is_empty()
            && old_rest.get(row) == new_rest.get(column);
        if same {
            steps.push(Step::Both(head + row, head + column));
            row += 1;
            column += 1;
        } else if row < rows
            && (column == columns || length(row + 1, column) >= length(row, column + 1))
        {
            steps.push(Step::Old(head + row));
            row += 1;
        } else {
            steps.push(Step::New(head + column));
            column += 1;
        }
    }
    steps.extend((0..tail).map(|at| Step::Both(head + rows + at, head + columns + at)));
    steps
}

/// Counts for each pair of places how much is common from there on; empty where the table would be too large.
fn lengths<T: PartialEq>(old: &[T], new: &[T], rows: usize, columns: usize) -> Vec<u32> {
    let width = columns + 1;
    let Some(cells) = (rows + 1)
        .checked_mul(width)
        .filter(|cells| *cells <= CELLS_MAX)
    else {
        return Vec::new();
    };
    let mut common = vec![0; cells];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let at = |row: usize, column: usize| row * width + column;
            let value = |at: usize| common.get(at).copied().unwrap_or_default();
            let best = if old.get(row) == new.get(column) {
                value(at(row + 1, column + 1)) + 1
            } else {
                value(at(row + 1, column)).max(value(at(row, column + 1)))
            };
            if let Some(cell) = common.get_mut(at(row, column)) {
                *cell = best;
            }
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The length of the longest common part, by trying everything.
    fn longest(old: &[u8], new: &[u8]) -> usize {
        match (old.split_first(), new.split_first()) {
            (Some((a, older)), Some((b, newer))) if a == b => 1 + longest(older, newer),
            (Some((_, older)), Some((_, newer))) => longest(older, new).max(longest(old, newer)),
            _ => 0,
        }
    }

    proptest! {
        #[test]
        fn each_list_is_walked_in_order_and_as_much_as_possible_together(
            old in prop::collection::vec(0u8..4, 0..8),
            new in prop::collection::vec(0u8..4, 0..8),
        ) {
            let (mut olds, mut news, mut both) = (Vec::new(), Vec::new(), 0);
            for step in align(&old, &new) {
                match step {
                    Step::Both(a, b) => {
                        prop_assert_eq!(old[a], new[b]);
                        both += 1;
                        olds.push(a);
                        news.push(b);
                    }
                    Step::Old(a) => olds.push(a),
                    Step::New(b) => news.push(b),
                }
            }
            prop_assert_eq!(olds, (0..old.len()).collect::<Vec<_>>());
            prop_assert_eq!(news, (0..new.len()).collect::<Vec<_>>());
            prop_assert_eq!(both, longest(&old, &new));
        }
    }

    #[test]
    fn lists_too_long_for_the_table_are_still_walked_whole() {
        let (old, new) = (vec![1u8; 3_000], vec![2u8; 3_000]);
        let steps = align(&old, &new);
        assert_eq!(steps.len(), 6_000);
        assert!(steps.iter().all(|step| !matches!(step, Step::Both(..))));
    }
}
