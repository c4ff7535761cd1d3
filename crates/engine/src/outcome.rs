use std::collections::BTreeMap;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use serde::Serialize;
use yuntu_consent::{Funnel, SubjectSet};
use yuntu_terms::{RelationStage, Timestamp};

use crate::insight::{Base, Cell, Overlap};
use crate::labels::Label;
use crate::receipt::ReceiptBody;
use crate::stage::Flow;

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The answer.
    pub result: QueryResult,
    /// Why people are missing, for each dataset about persons.
    pub funnels: BTreeMap<String, Funnel>,
    /// What the metrics stand on.
    pub base: Base,
    /// How closely each column of the answer is tied to persons.
    pub labels: Vec<Label>,
    /// What the ledger keeps of the run.
    pub receipt: ReceiptBody,
}

/// The answer to a query.
#[derive(Debug, Clone)]
pub enum QueryResult {
    /// Rows.
    Rows(Rows),
    /// People; they stay inside the platform until an activation.
    People(SubjectSet),
    /// A distribution over stages.
    Stages(StageDistribution),
    /// A flow between stages.
    Flow(Box<FlowResult>),
    /// A profile.
    Profile(Profile),
    /// Overlaps of each pair, in the order of the names.
    Overlap(Vec<OverlapPair>),
}

/// Rows of a statement.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The columns.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

impl Rows {
    /// Counts the rows.
    pub fn len(&self) -> u64 {
        self.batches
            .iter()
            .map(|batch| batch.num_rows() as u64)
            .sum()
    }

    /// Says whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How many people each stage has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageDistribution {
    /// The moment.
    pub as_of: Timestamp,
    /// The stages, shallowest first; their sizes add up to the people asked about.
    pub stages: Vec<StageSize>,
    /// A1 to A5 together.
    pub assets: u64,
    /// (A1 + A2) / A3, lower is better.
    pub conversion_coefficient: Option<f64>,
    /// What the sizes stand on.
    pub base: Base,
    /// The people of each stage.
    #[serde(skip)]
    pub people: BTreeMap<RelationStage, SubjectSet>,
}

/// How many people one stage has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageSize {
    /// The stage.
    pub stage: RelationStage,
    /// The people in it.
    pub people: u64,
    /// Its part of the people asked about.
    pub share: Option<f64>,
}

/// A flow between stages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlowResult {
    /// The moves.
    pub flow: Flow,
    /// What the counts stand on.
    pub base: Base,
}

/// What distinguishes a target from a base.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Profile {
    /// |T|
    pub target: u64,
    /// |B|
    pub base_population: u64,
    /// One entry for each feature, in the order asked for.
    pub dimensions: Vec<ProfileDimension>,
    /// What the metrics stand on.
    pub base: Base,
}

/// One feature of a profile.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProfileDimension {
    /// The dataset.
    pub dataset: String,
    /// The column.
    pub column: String,
    /// One cell for each value, in the order of the values.
    pub cells: Vec<Cell>,
    /// How many people of the base have a value at all; the rest is unknown, not average.
    pub known: u64,
}

/// The overlap of one pair of audiences.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverlapPair {
    /// The name of X.
    pub x: String,
    /// The name of Y.
    pub y: String,
    /// The metrics.
    pub overlap: Overlap,
    /// What the metrics stand on.
    pub base: Base,
}
