//! Clause ids and the marks that tie code and tests to them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The id of a row of the requirements and of the clause of the statement that answers it: `U1`–`U5`, `R0`–`R31`,
/// with an optional lower-case letter for a part (`R14a`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClauseId {
    part: Part,
    row: u8,
    letter: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    U,
    R,
}

/// The text is not a clause id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a clause id: expected U1 to U5 or R0 to R31, with an optional lower-case letter")]
pub struct InvalidClauseId(());

impl ClauseId {
    /// Makes the id of a whole row of part U; rows run from 1 to 5.
    ///
    /// # Panics
    /// At compile time, when used in a constant with a row that does not exist.
    #[must_use]
    pub const fn u(row: u8) -> Self {
        assert!(row >= 1 && row <= 5, "part U has rows 1 to 5");
        Self {
            part: Part::U,
            row,
            letter: None,
        }
    }

    /// Makes the id of a whole row of part R; rows run from 0 to 31.
    ///
    /// # Panics
    /// At compile time, when used in a constant with a row that does not exist.
    #[must_use]
    pub const fn r(row: u8) -> Self {
        assert!(row <= 31, "part R has rows 0 to 31");
        Self {
            part: Part::R,
            row,
            letter: None,
        }
    }

    /// Returns the id without its letter: the row of the requirements.
    #[must_use]
    pub const fn row(self) -> Self {
        Self {
            part: self.part,
            row: self.row,
            letter: None,
        }
    }

    /// Lists the 37 rows in order: U1 to U5, then R0 to R31.
    pub fn all_rows() -> impl Iterator<Item = Self> {
        (1..=5).map(Self::u).chain((0..=31).map(Self::r))
    }
}

impl fmt::Display for ClauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::U => 'U',
            Part::R => 'R',
        };
        write!(f, "{part}{}", self.row)?;
        match self.letter {
            Some(letter) => write!(f, "{}", char::from(letter)),
            None => Ok(()),
        }
    }
}

impl FromStr for ClauseId {
    type Err = InvalidClauseId;

    fn from_str(text: &str) -> Result<Self, InvalidClauseId> {
        let bad = InvalidClauseId(());
        let (part, rest) = match text.as_bytes() {
            [b'U', rest @ ..] => (Part::U, rest),
            [b'R', rest @ ..] => (Part::R, rest),
            _ => return Err(bad),
        };
        let (digits, letter) = match rest {
            [digits @ .., letter @ b'a'..=b'z'] => (digits, Some(*letter)),
            digits => (digits, None),
        };
        let row = match digits {
            [one @ b'0'..=b'9'] => one - b'0',
            [ten @ b'1'..=b'9', one @ b'0'..=b'9'] => (ten - b'0') * 10 + (one - b'0'),
            _ => return Err(bad),
        };
        let exists = match part {
            Part::U => (1..=5).contains(&row),
            Part::R => row <= 31,
        };
        if exists {
            Ok(Self { part, row, letter })
        } else {
            Err(bad)
        }
    }
}

impl TryFrom<String> for ClauseId {
    type Error = InvalidClauseId;

    fn try_from(text: String) -> Result<Self, InvalidClauseId> {
        text.parse()
    }
}

impl From<ClauseId> for String {
    fn from(id: ClauseId) -> Self {
        id.to_string()
    }
}

/// Marks a line of code that enforces a clause: `clause::hit!(R14)`.
///
/// Costs nothing in a build without debug assertions. Each mark is paired with a [`check!`](crate::clause::check) in a
/// test; the house checks fail on an unpaired one.
#[macro_export]
macro_rules! clause_hit {
    ($id:ident) => {
        $crate::clause::record(stringify!($id))
    };
}

/// Asserts, in a test, that the code marked with the clause runs before the guard is dropped:
/// `let _mark = clause::check!(R14);`.
///
/// The count is per process, so a mark hit on another thread (a worker of an async runtime) is seen too.
#[macro_export]
macro_rules! clause_check {
    ($id:ident) => {
        $crate::clause::Check::new(stringify!($id))
    };
}

pub use crate::{clause_check as check, clause_hit as hit};

mod marks {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    static HITS: Mutex<BTreeMap<&'static str, u64>> = Mutex::new(BTreeMap::new());

    pub(super) fn add(id: &'static str) {
        let mut hits = HITS
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *hits.entry(id).or_default() += 1;
    }

    pub(super) fn count(id: &str) -> u64 {
        let hits = HITS
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        hits.get(id).copied().unwrap_or(0)
    }
}

/// Counts one passage over a mark; use [`hit!`](crate::clause::hit).
#[doc(hidden)]
pub fn record(id: &'static str) {
    if cfg!(debug_assertions) {
        marks::add(id);
    }
}

/// The guard made by [`check!`](crate::clause::check).
#[derive(Debug)]
#[must_use = "the mark is checked when the guard is dropped"]
pub struct Check {
    id: &'static str,
    before: u64,
}

impl Check {
    /// Remembers how often the mark was hit so far; use [`check!`](crate::clause::check).
    #[doc(hidden)]
    pub fn new(id: &'static str) -> Self {
        Self {
            id,
            before: marks::count(id),
        }
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(
                marks::count(self.id) > self.before,
                "no code marked {} ran",
                self.id
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_37_rows_and_each_survives_its_text_form() {
        let rows: Vec<_> = ClauseId::all_rows().collect();
        assert_eq!(rows.len(), 37);
        for row in rows {
            assert_eq!(row.to_string().parse(), Ok(row));
        }
        assert_eq!(
            "R14a".parse::<ClauseId>().map(ClauseId::row),
            Ok(ClauseId::r(14))
        );
    }

    #[test]
    fn what_is_no_row_is_no_clause_id() {
        for bad in [
            "",
            "U",
            "U0",
            "U6",
            "R32",
            "R01",
            "R+1",
            "r1",
            "R1A",
            "R1aa",
            "R100",
            "Ｒ1",
            "R1\u{0661}",
        ] {
            assert!(bad.parse::<ClauseId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_mark_is_seen_by_its_check() {
        let _mark = check!(R8);
        hit!(R8);
    }

    #[test]
    #[should_panic(expected = "no code marked R9 ran")]
    fn a_check_without_its_mark_fails() {
        let _mark = check!(R9);
    }
}
