//! The O-5A relation model: rules as data, the assignment of people to stages, and the flow between two moments.

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use yuntu_terms::{RelationStage, Text, Timestamp};

use crate::audience::Audience;
use crate::error::{EngineError, Problem};

mod flow;

pub use flow::{Flow, Scene, SceneCount, StageMovement};

/// The rules that put a person into a stage; an enterprise replaces them as a whole, under a new version.
///
/// ```
/// let rules = yuntu_engine::StageRules::standard()?;
/// assert_eq!(rules.version, 1);
/// # Ok::<(), yuntu_engine::EngineError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageRules {
    /// Grows with every change.
    pub version: u32,
    /// What the rules are for, such as a brand.
    pub name: Text,
    /// One entry for each stage from A1; a stage without an entry has nobody.
    pub stages: Vec<StageRule>,
}

/// What puts a person into one stage: any one of the behaviours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageRule {
    /// The stage.
    pub stage: RelationStage,
    /// The behaviours, each with its own window and threshold.
    pub behaviours: Vec<Behaviour>,
}

/// A behaviour that puts a person into a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// What it is called in reports.
    pub name: Text,
    /// Who shows it, seen from the moment the stage is taken for.
    pub when: Audience,
}

const STANDARD: &str = include_str!("stage/standard.json");

impl StageRules {
    /// Returns the standard rules: the published thresholds over a dataset `contacts` (columns `event`, `touchpoint`,
    /// `duration_s`) and a dataset `orders` (column `order`).
    ///
    /// # Errors
    /// [`EngineError::Internal`] when the built-in text is damaged.
    pub fn standard() -> Result<Self, EngineError> {
        serde_json::from_str(STANDARD)
            .map_err(|_detail| EngineError::internal("standard stage rules"))
    }

    /// Returns the audience that shows at least one behaviour of the stage.
    pub(crate) fn audience_of(&self, stage: RelationStage) -> Option<Audience> {
        let parts: Vec<_> = self
            .stages
            .iter()
            .filter(|rule| rule.stage == stage)
            .flat_map(|rule| rule.behaviours.iter().map(|b| b.when.clone()))
            .collect();
        (!parts.is_empty()).then(|| Audience::any(parts))
    }

    /// Checks what the types cannot: no rule for O, which is the absence of every other stage.
    pub(crate) fn validate(&self) -> Result<(), EngineError> {
        if self.audience_of(RelationStage::Opportunity).is_some() {
            return Err(EngineError::invalid(
                "stages",
                Problem::StageOpportunityRule,
            ));
        }
        Ok(())
    }
}

/// Everybody of a universe in exactly one stage at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct StageAssignment {
    /// The moment.
    pub as_of: Timestamp,
    people: [RoaringBitmap; 6],
}

impl StageAssignment {
    /// Assigns each person of the universe to the deepest stage whose behaviours they show; nobody's deeper than O
    /// when they show none.
    ///
    /// # Shape
    /// `shown` holds for each stage from A1 who shows one of its behaviours; people outside the universe are left out.
    #[must_use]
    pub fn deepest_wins(
        as_of: Timestamp,
        universe: &RoaringBitmap,
        shown: impl Fn(RelationStage) -> RoaringBitmap,
    ) -> Self {
        let mut left = universe.clone();
        let mut people: [RoaringBitmap; 6] = Default::default();
        for stage in RelationStage::ALL.into_iter().rev() {
            let here = if stage == RelationStage::Opportunity {
                left.clone()
            } else {
                shown(stage) & &left
            };
            left -= &here;
            if let Some(slot) = people.get_mut(stage as usize) {
                *slot = here;
            }
        }
        Self { as_of, people }
    }

    /// Returns the people in a stage.
    #[must_use]
    pub fn people(&self, stage: RelationStage) -> &RoaringBitmap {
        // INVARIANT: the array has one place for each stage.
        let [o, a1, a2, a3, a4, a5] = &self.people;
        match stage {
            RelationStage::Opportunity => o,
            RelationStage::Aware => a1,
            RelationStage::Appeal => a2,
            RelationStage::Ask => a3,
            RelationStage::Act => a4,
            RelationStage::Advocate => a5,
        }
    }

    /// Returns how many people each stage has, shallowest first.
    #[must_use]
    pub fn sizes(&self) -> [u64; 6] {
        RelationStage::ALL.map(|stage| self.people(stage).len())
    }

    /// Returns the sum of A1 to A5 (人群总资产).
    #[must_use]
    pub fn assets(&self) -> u64 {
        self.sizes().iter().skip(1).sum()
    }

    /// Returns how many shallow contacts stand behind one deep interest, (A1 + A2) / A3; lower is better.
    #[must_use]
    pub fn conversion_coefficient(&self) -> Option<f64> {
        let [_, a1, a2, a3, _, _] = self.sizes();
        crate::insight::ratio(a1 + a2, a3)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(bits: u8) -> RoaringBitmap {
        (0..8).filter(|i| bits >> i & 1 == 1).collect()
    }

    #[test]
    fn the_standard_rules_read_and_hold() {
        let rules = StageRules::standard().unwrap();
        rules.validate().unwrap();
        for stage in RelationStage::ALL.into_iter().skip(1) {
            assert!(rules.audience_of(stage).is_some(), "{stage:?}");
        }
    }

    proptest! {
        #[test]
        fn everybody_has_exactly_one_stage_and_it_is_the_deepest_shown(universe: u8, shown: [u8; 6]) {
            let assignment = StageAssignment::deepest_wins(Timestamp::from_micros(0), &set(universe), |stage| {
                set(shown[stage as usize])
            });
            prop_assert_eq!(assignment.sizes().iter().sum::<u64>(), set(universe).len());
            for person in &set(universe) {
                let expected = RelationStage::ALL
                    .into_iter()
                    .rev()
                    .find(|stage| *stage == RelationStage::Opportunity || shown[*stage as usize] >> person & 1 == 1)
                    .unwrap();
                prop_assert!(assignment.people(expected).contains(person));
            }
        }

        #[test]
        fn the_flow_adds_up(universe: u8, before: [u8; 6], after: [u8; 6]) {
            let at = |shown: [u8; 6]| {
                StageAssignment::deepest_wins(Timestamp::from_micros(0), &set(universe), move |stage| {
                    set(shown[stage as usize])
                })
            };
            let (start, end) = (at(before), at(after));
            let flow = Flow::between(&start, &end, None);
            prop_assert_eq!(flow.cells.iter().flatten().sum::<u64>(), set(universe).len());
            for (i, row) in flow.cells.iter().enumerate() {
                prop_assert_eq!(row.iter().sum::<u64>(), start.sizes()[i]);
                prop_assert_eq!(flow.cells.iter().map(|r| r[i]).sum::<u64>(), end.sizes()[i]);
            }
            for m in &flow.movements {
                prop_assert_eq!(m.at_start, m.stayed + m.deepened + m.fell_back);
                prop_assert_eq!(m.at_end, m.at_start + m.joined - m.left);
                prop_assert_eq!(m.left, m.deepened + m.fell_back);
            }
        }
    }
}
