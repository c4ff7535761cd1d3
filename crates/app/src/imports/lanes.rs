//! In which order imports run: small ones beside large ones, and in each lane the enterprises in turns.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::Mutex;
use yuntu_terms::{DepositId, EnterpriseId};

/// The kind of the jobs that import what may be large.
const IMPORT_RUN: &str = "import.run";
/// The kind of the jobs that import what is small.
const IMPORT_SMALL: &str = "import.small";
/// Every kind of job that imports.
pub(crate) const IMPORT_KINDS: [&str; 2] = [IMPORT_RUN, IMPORT_SMALL];

/// How long a small import may go on while another enterprise waits.
const SMALL_TURN: Duration = Duration::from_secs(10);

/// Where imports run one at a time: each takes the memory of a few chunks and a core.
///
/// # Clause
/// R22
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Of what may be large: it may take hours.
    Large,
    /// Of what was laid down and is small, such as events: it is one chunk and takes a moment, and would else wait for hours.
    Small,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 2] = [Self::Large, Self::Small];

    /// Chooses the lane of an import; how long a file of the drop area is nobody knows before it is read.
    pub(super) fn of(deposit: Option<DepositId>, bytes: u64, small_bytes_max: u64) -> Self {
        if deposit.is_some() && bytes <= small_bytes_max {
            Self::Small
        } else {
            Self::Large
        }
    }

    /// Returns the kind of its jobs.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Large => IMPORT_RUN,
            Self::Small => IMPORT_SMALL,
        }
    }

    /// Says how long an import may go on while another enterprise waits; a small file may unfold to a large one.
    pub(super) const fn turn(self, of_large: Duration) -> Duration {
        match self {
            Self::Large => of_large,
            Self::Small => SMALL_TURN,
        }
    }
}

/// The lanes of this process; each is held by the one import that runs in it.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    large: Mutex<Turns>,
    small: Mutex<Turns>,
}

impl Lanes {
    pub(super) const fn lane(&self, lane: Lane) -> &Mutex<Turns> {
        match lane {
            Lane::Large => &self.large,
            Lane::Small => &self.small,
        }
    }
}

/// When each enterprise had its last turn; what is not known was never.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    last: BTreeMap<EnterpriseId, u64>,
    taken: u64,
}

impl Turns {
    /// Gives the next turn to the one of these who waits longest since its last; of several who never had one, to the first.
    pub(super) fn give(&mut self, waiting: &[EnterpriseId]) -> Option<EnterpriseId> {
        let had = |enterprise: &&EnterpriseId| self.last.get(enterprise).copied().unwrap_or(0);
        let next = *waiting.iter().min_by_key(had)?;
        self.taken += 1;
        self.last.insert(next, self.taken);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use yuntu_terms::{Id, SeededEntropy, Timestamp};

    use super::*;

    #[test]
    fn who_asks_for_much_waits_for_who_asks_for_little() {
        let at = Timestamp::from_micros(0);
        let [a, b, c]: [EnterpriseId; 3] =
            [1, 2, 3].map(|seed| Id::generate(at, &SeededEntropy::new(seed)).unwrap());
        let mut turns = Turns::default();
        // The first two always have something that waits, and the third comes late.
        let given = [1, 2, 3, 4, 5, 6].map(|round| {
            let waiting = if round < 3 { vec![a, b] } else { vec![a, b, c] };
            turns.give(&waiting).unwrap()
        });
        assert_eq!(given, [a, b, c, a, b, c]);
        assert_eq!(turns.give(&[]), None);
    }
}
