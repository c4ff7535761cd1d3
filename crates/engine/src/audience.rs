//! The typed audience: what a person builds in the console, as data.
//!
//! An audience is a tree. Leaves ask a question about one person (a trait, what was done how often, an order of events,
//! a stage, membership, a guarded statement); inner nodes are set algebra. The JSON form is the one of the API:
//!
//! ```
//! use yuntu_engine::Audience;
//! let json = r#"{
//!     "kind": "all",
//!     "of": [
//!         {"kind": "event", "dataset": "purchases", "window": {"within_last_days": 365},
//!          "measure": "count", "is": {"at_least": 2},
//!          "where": {"test": {"column": "category", "is": {"equals": "COFFEE"}}}},
//!         {"kind": "not", "of": {"kind": "trait", "dataset": "people",
//!          "where": {"test": {"column": "income", "is": {"any_of": ["Under 15K", "15-24K"]}}}}}
//!     ]
//! }"#;
//! let audience: Audience = serde_json::from_str(json)?;
//! assert_eq!(serde_json::from_str::<Audience>(&serde_json::to_string(&audience)?)?, audience);
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use yuntu_terms::{AudienceId, RelationStage, Timestamp};

mod compile;
mod condition;
mod evaluate;
mod filter;
mod measure;
mod refers;
mod rows;
mod scan;
mod state;

pub(crate) use compile::{Compiler, Node};
pub use condition::{Condition, Test, Value};
pub(crate) use evaluate::Answers;
pub(crate) use scan::answer;

/// A set of people, described.
///
/// Every leaf sees only rows the permit admits; a complement is taken inside the people the permit admits, so nobody
/// enters an audience by being refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Audience {
    /// Everybody whom the permit admits.
    Everyone(Everyone),
    /// People with a row in a dataset of attributes that meets the condition.
    Trait(TraitRule),
    /// People who did something, or did not, so often, inside a window.
    Event(EventRule),
    /// People who did one thing and then another.
    Sequence(SequenceRule),
    /// Members of a saved audience.
    Saved(SavedRule),
    /// People in one of these stages.
    Stage(StageMembership),
    /// People who moved between stages.
    StageChanged(StageChange),
    /// The people a guarded statement names in its first column, `subject`.
    Subjects(SubjectsRule),
    /// People in every one of the parts (`&`).
    All(Parts),
    /// People in at least one of the parts (`|`).
    Any(Parts),
    /// People in the first set and not in the second (`~`, exclusion).
    Minus(Difference),
    /// The admitted people who are not in the set.
    Not(Complement),
    /// A repeatable draw from a set.
    Sample(Sample),
    /// One share of a set that is split for a comparison.
    Split(Split),
}

/// Everybody whom the permit admits; has no fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Everyone {}

/// People with a row that meets a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraitRule {
    /// The dataset, by its name in the permit.
    pub dataset: String,
    /// What a row of the person must meet.
    pub r#where: Condition,
}

/// Whether the thing was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occurrence {
    /// The measure passes the test.
    #[default]
    Did,
    /// The measure does not pass it, or there is nothing to measure.
    DidNot,
}

/// People whose events, measured, pass a test.
///
/// A person without a matching event has count 0 and sum 0; the other measures do not exist for them and pass no test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventRule {
    /// The dataset, by its name in the permit.
    pub dataset: String,
    /// Whether the test must pass or fail.
    #[serde(default)]
    pub occurrence: Occurrence,
    /// Which events count; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#where: Option<Condition>,
    /// When an event must lie to count.
    #[serde(default)]
    pub window: Window,
    /// What is measured over a person's events.
    #[serde(default)]
    pub measure: Measure,
    /// The test on the measure; at least one when left out.
    #[serde(default = "at_least_one")]
    pub is: Test,
}

fn at_least_one() -> Test {
    Test::AtLeast(Value::Int(1))
}

/// What is measured over one person's events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// How many events.
    #[default]
    Count,
    /// How many different values of a column; an order of several lines counts once.
    Distinct(String),
    /// The sum of a column.
    Sum(String),
    /// The mean of a column.
    Average(String),
    /// The smallest value of a column.
    Min(String),
    /// The largest value of a column.
    Max(String),
    /// The time of the first event.
    FirstTime,
    /// The time of the last event.
    LastTime,
}

/// When an event must lie to count; seen from the moment the audience is evaluated for, which itself is outside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Any time before the moment.
    #[default]
    Ever,
    /// From so many days before the moment up to it.
    WithinLastDays(u32),
    /// From the larger number of days before the moment up to the smaller.
    BetweenDaysAgo {
        /// The far end.
        from_days: u32,
        /// The near end.
        until_days: u32,
    },
    /// From one moment up to another; independent of when the audience is evaluated.
    Between {
        /// The first moment inside.
        from: Timestamp,
        /// The first moment after the window.
        until: Timestamp,
    },
}

/// People who did things in an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceRule {
    /// The steps, each later than the one before.
    pub steps: Vec<Step>,
    /// When all of it must lie.
    #[serde(default)]
    pub window: Window,
}

/// One step of a sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The dataset, by its name in the permit.
    pub dataset: String,
    /// Which events are the step; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#where: Option<Condition>,
    /// "Then did not": allowed for the last of several steps; judged as far as the events reach.
    #[serde(default)]
    pub occurrence: Occurrence,
    /// How long after the step before at the latest; no limit when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_gap_s: Option<u32>,
}

/// Members of a saved audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedRule {
    /// The saved audience.
    pub audience: AudienceId,
}

/// People in one of these stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageMembership {
    /// The name under which the run holds the stage rules.
    pub rules: String,
    /// The stages.
    pub stages: BTreeSet<RelationStage>,
    /// When the stage is taken; the moment of evaluation when left out.
    #[serde(default)]
    pub at: Moment,
}

/// People who were in one stage and are in another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageChange {
    /// The name under which the run holds the stage rules.
    pub rules: String,
    /// The stages at the start.
    pub from: BTreeSet<RelationStage>,
    /// The stages at the end.
    pub to: BTreeSet<RelationStage>,
    /// The start.
    pub start: Moment,
    /// The end; the moment of evaluation when left out.
    #[serde(default)]
    pub end: Moment,
}

/// A moment, seen from the moment of evaluation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The moment of evaluation.
    #[default]
    Now,
    /// So many days before it.
    DaysAgo(u32),
    /// A fixed moment.
    At(Timestamp),
}

impl Moment {
    /// Returns the moment as seen from the moment of evaluation.
    #[must_use]
    pub fn seen_from(self, as_of: Timestamp) -> Timestamp {
        match self {
            Self::Now => as_of,
            Self::DaysAgo(days) => as_of.plus_days(i32::try_from(days).map_or(i32::MIN, |d| -d)),
            Self::At(at) => at,
        }
    }
}

/// The people a guarded statement names: a SELECT whose first column is `subject`.
///
/// The statement may use `$as_of`, the moment of evaluation as a timestamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectsRule {
    /// The statement.
    pub sql: String,
}

/// The parts of a set operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// The parts; at least one.
    pub of: Vec<Audience>,
}

/// One set without another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// The set.
    pub from: Box<Audience>,
    /// Who leaves it.
    pub exclude: Box<Audience>,
}

/// The admitted people outside a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complement {
    /// The set.
    pub of: Box<Audience>,
}

/// A repeatable draw: the same seed draws the same people from the same set, and a larger draw contains a smaller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The set.
    pub of: Box<Audience>,
    /// What makes this draw differ from another.
    pub seed: String,
    /// How many.
    pub size: SampleSize,
}

/// The size of a draw.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleSize {
    /// Each person with this chance, in percent.
    Percent(f64),
    /// So many people, or all when there are fewer.
    People(u32),
}

/// One share of a set that is divided by chance for a comparison; the shares are disjoint and together the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The set.
    pub of: Box<Audience>,
    /// What makes this division differ from another.
    pub seed: String,
    /// The weights of the shares.
    pub weights: Vec<u32>,
    /// Which share, from 0.
    pub take: usize,
}

impl Audience {
    /// Takes the people in every one of the parts.
    #[must_use]
    pub fn all(of: impl IntoIterator<Item = Self>) -> Self {
        Self::All(Parts {
            of: of.into_iter().collect(),
        })
    }

    /// Takes the people in at least one of the parts.
    #[must_use]
    pub fn any(of: impl IntoIterator<Item = Self>) -> Self {
        Self::Any(Parts {
            of: of.into_iter().collect(),
        })
    }

    /// Takes the people outside a set.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "the operator would hide the universe it is taken in"
    )]
    pub fn not(of: Self) -> Self {
        Self::Not(Complement { of: Box::new(of) })
    }

    /// Takes the people of one set without those of another.
    #[must_use]
    pub fn minus(from: Self, exclude: Self) -> Self {
        Self::Minus(Difference {
            from: Box::new(from),
            exclude: Box::new(exclude),
        })
    }

    /// Takes the people a guarded statement names.
    #[must_use]
    pub fn sql(sql: impl Into<String>) -> Self {
        Self::Subjects(SubjectsRule { sql: sql.into() })
    }

    /// Takes the people with a row in a dataset that meets the condition.
    #[must_use]
    pub fn having(dataset: impl Into<String>, condition: Condition) -> Self {
        Self::Trait(TraitRule {
            dataset: dataset.into(),
            r#where: condition,
        })
    }

    /// Takes the people with at least so many matching events inside a window.
    #[must_use]
    pub fn did(
        dataset: impl Into<String>,
        condition: Option<Condition>,
        window: Window,
        times_min: i64,
    ) -> Self {
        Self::Event(EventRule {
            dataset: dataset.into(),
            occurrence: Occurrence::Did,
            r#where: condition,
            window,
            measure: Measure::Count,
            is: Test::AtLeast(Value::Int(times_min)),
        })
    }
}
