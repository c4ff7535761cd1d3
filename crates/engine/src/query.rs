use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use yuntu_consent::{ConsentSnapshot, SubjectSet};
use yuntu_lake::DatasetSnapshot;
use yuntu_terms::{AudienceId, Timestamp};

use crate::audience::{Audience, Moment};
use crate::guard::Cancel;
use crate::stage::StageRules;

/// What is asked of the permitted data; the JSON form is the one of the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "query", rename_all = "snake_case")]
pub enum Query {
    /// One SELECT, or EXPLAIN of one, over the datasets of the permit by their names.
    Sql(SqlQuery),
    /// The people of an audience.
    Audience(AudienceQuery),
    /// How many people each stage has.
    Stages(StagesQuery),
    /// How people moved between stages.
    Flow(FlowQuery),
    /// What distinguishes a target from a base.
    Profile(ProfileQuery),
    /// How audiences overlap.
    Overlap(OverlapQuery),
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlQuery {
    /// The statement; `$as_of` stands for the moment of evaluation.
    pub sql: String,
}

/// An audience to evaluate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudienceQuery {
    /// The audience.
    pub audience: Audience,
}

/// A distribution over stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StagesQuery {
    /// The name under which the run holds the rules.
    pub rules: String,
    /// The moment.
    #[serde(default)]
    pub at: Moment,
    /// Among whom; everybody admitted when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Audience>,
}

/// A flow between two moments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowQuery {
    /// The name under which the run holds the rules.
    pub rules: String,
    /// The first moment.
    pub start: Moment,
    /// The second moment.
    #[serde(default)]
    pub end: Moment,
    /// Among whom; everybody admitted when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Audience>,
    /// Who has a new order between the two moments, judged at the second; counts towards repurchase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reordered: Option<Audience>,
}

/// A profile of a target against a base.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileQuery {
    /// The target.
    pub target: Audience,
    /// The base; everybody admitted when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Audience>,
    /// The features.
    pub dimensions: Vec<Dimension>,
    /// The smallest group a metric may stand on.
    pub group_min: u64,
}

/// A feature of people: the values of a column of a dataset.
///
/// A person has every value that one of their rows has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// The dataset, by its name in the run.
    pub dataset: String,
    /// The column.
    pub column: String,
}

/// Overlaps of each pair of some audiences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverlapQuery {
    /// The audiences by the name the result shows.
    pub audiences: BTreeMap<String, Audience>,
    /// The smallest group a metric may stand on.
    pub group_min: u64,
}

/// What a run works on beside the permit.
#[derive(Debug, Clone)]
pub struct RunInput {
    /// The consent of the enterprise's people; of the version the permit cites.
    pub consent: Arc<ConsentSnapshot>,
    /// How many subject numbers the enterprise has handed out.
    pub population: u32,
    /// The datasets; each must be in the permit.
    pub datasets: Vec<RunDataset>,
    /// Saved audiences that the query may refer to.
    pub audiences: BTreeMap<AudienceId, SavedAudience>,
    /// Stage rules that the query may refer to.
    pub rules: BTreeMap<String, StageRules>,
    /// The moment of evaluation: windows end here.
    pub as_of: Timestamp,
    /// How many rows the result may have, where it is fewer than of any run.
    pub rows_max: Option<u64>,
    /// How many bytes all cells of its rows may have together, where that is bounded: one cell can hold a whole table.
    pub bytes_max: Option<u64>,
    /// Stops the run from outside.
    pub cancel: Cancel,
}

/// A dataset of a run.
#[derive(Debug, Clone)]
pub struct RunDataset {
    /// The name queries use.
    pub name: String,
    /// What is live in it.
    pub snapshot: Arc<DatasetSnapshot>,
    /// The subjects with a row in it, admitted or not; empty for a lookup dataset.
    pub uploaded: Arc<SubjectSet>,
}

/// A saved audience.
#[derive(Debug, Clone)]
pub enum SavedAudience {
    /// Evaluated anew each time.
    Dynamic(Audience),
    /// The members at some moment; those who are not admitted now are left out.
    Fixed(Arc<SubjectSet>),
}
