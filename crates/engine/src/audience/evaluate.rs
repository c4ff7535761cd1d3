use roaring::RoaringBitmap;
use sha2::{Digest as _, Sha256};

use super::compile::{Draw, Node, Stages};
use crate::stage::StageAssignment;

/// The answers to the leaves of compiled audiences, and the people among whom complements are taken.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) universe: RoaringBitmap,
    pub(crate) leaves: Vec<RoaringBitmap>,
    pub(crate) statements: Vec<RoaringBitmap>,
}

impl Answers {
    /// Returns the people of a node; never anybody outside the universe, whatever a statement or a saved set names.
    ///
    /// # Clause
    /// U4
    pub(crate) fn people(&self, node: &Node) -> RoaringBitmap {
        match node {
            Node::Everyone => self.universe.clone(),
            Node::Leaf(leaf) => self.of(&self.leaves, *leaf),
            Node::Statement(statement) => self.of(&self.statements, *statement),
            Node::Fixed(people) => &self.universe & &**people,
            Node::All(parts) => {
                let mut parts = parts.iter().map(|part| self.people(part));
                let first = parts.next().unwrap_or_default();
                parts.fold(first, |all, part| all & part)
            }
            Node::Any(parts) => parts
                .iter()
                .fold(RoaringBitmap::new(), |any, part| any | self.people(part)),
            Node::Minus(from, exclude) => self.people(from) - self.people(exclude),
            Node::Not(of) => &self.universe - &self.people(of),
            Node::Stage(stages, wanted) => {
                let assignment = self.assign(stages, &self.universe);
                wanted.iter().fold(RoaringBitmap::new(), |any, stage| {
                    any | assignment.people(*stage)
                })
            }
            Node::Draw(of, draw) => draw.from(&self.people(of)),
        }
    }

    /// Assigns each person of a set to a stage.
    pub(crate) fn assign(&self, stages: &Stages, among: &RoaringBitmap) -> StageAssignment {
        StageAssignment::deepest_wins(stages.at, among, |stage| {
            stages
                .shown
                .get(&stage)
                .map(|node| self.people(node))
                .unwrap_or_default()
        })
    }

    fn of(&self, all: &[RoaringBitmap], one: usize) -> RoaringBitmap {
        all.get(one)
            .map(|people| people & &self.universe)
            .unwrap_or_default()
    }
}

impl Draw {
    fn from(&self, people: &RoaringBitmap) -> RoaringBitmap {
        match self {
            Self::Percent { seed, percent } => {
                let seed = seed_of(seed);
                // 2^53 steps, exact in f64.
                #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
                let chance = |person: u32| (lot(seed, person) >> 11) as f64 / (1_u64 << 53) as f64;
                people
                    .iter()
                    .filter(|person| chance(*person) * 100.0 < *percent)
                    .collect()
            }
            Self::People {
                seed,
                people: wanted,
            } => {
                let seed = seed_of(seed);
                let mut drawn: Vec<_> = people
                    .iter()
                    .map(|person| (lot(seed, person), person))
                    .collect();
                drawn.sort_unstable();
                let wanted = usize::try_from(*wanted).unwrap_or(usize::MAX);
                drawn
                    .into_iter()
                    .take(wanted)
                    .map(|(_, person)| person)
                    .collect()
            }
            Self::Share {
                seed,
                from,
                until,
                of,
            } => {
                let seed = seed_of(seed);
                people
                    .iter()
                    .filter(|person| (*from..*until).contains(&(lot(seed, *person) % of)))
                    .collect()
            }
        }
    }
}

fn seed_of(seed: &str) -> u64 {
    let hash = Sha256::digest(seed.as_bytes());
    hash.iter()
        .take(8)
        .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

/// Draws one person's lot (`SplitMix64`); the same for the same seed and person on every machine.
fn lot(seed: u64, person: u32) -> u64 {
    let mut z = seed ^ u64::from(person).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everyone() -> RoaringBitmap {
        (0..10_000).collect()
    }

    #[test]
    fn the_shares_of_a_split_are_disjoint_and_together_the_whole() {
        let share = |from, until| {
            Draw::Share {
                seed: "s".into(),
                from,
                until,
                of: 10,
            }
            .from(&everyone())
        };
        let (a, b) = (share(0, 7), share(7, 10));
        assert!((&a & &b).is_empty());
        assert_eq!(&a | &b, everyone());
        assert!((6_800..7_200).contains(&a.len()), "{}", a.len());
    }

    #[test]
    fn a_larger_draw_of_the_same_seed_contains_a_smaller() {
        let percent = |percent| {
            Draw::Percent {
                seed: "s".into(),
                percent,
            }
            .from(&everyone())
        };
        assert!(percent(10.0).is_subset(&percent(20.0)));
        assert_eq!((percent(0.0).len(), percent(100.0)), (0, everyone()));
        let some = |people| {
            Draw::People {
                seed: "s".into(),
                people,
            }
            .from(&everyone())
        };
        assert!(some(10).is_subset(&some(100)));
        assert_eq!((some(10).len(), some(20_000)), (10, everyone()));
        assert_ne!(
            some(10),
            Draw::People {
                seed: "t".into(),
                people: 10
            }
            .from(&everyone())
        );
    }
}
