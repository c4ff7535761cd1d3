//! The query engine of Yuntu: audiences, stages, insight and guarded SQL over rows that a permit admits.
//!
//! One scan leads to rows. It takes the permit, the consent snapshot and the manifest, opens the files itself, and yields
//! what the permit admits; refused rows and columns do not exist for anything above it. Architecture invariant: the
//! engine decides nothing, it obeys a permit.

pub mod audience;
mod error;
mod guard;
mod insight;
mod labels;
mod outcome;
mod query;
mod receipt;
mod run;
mod sql;
mod stage;

pub use audience::{
    Audience, Condition, EventRule, Everyone, Measure, Moment, Occurrence, SequenceRule, Step,
    Test, Value, Window,
};
pub use error::{Budget, EngineError, Invalid, Problem, Refused};
pub use guard::Cancel;
pub use insight::{
    Base, Cell, CellCounts, Interval, Overlap, TGI_CELL_MIN, cell, overlap, ratio, tgi_interval,
};
pub use labels::{LABEL_CAUSES_MAX, Label, LabelCause, LabelRule, TableShape};
pub use outcome::{
    FlowResult, Outcome, OverlapPair, Profile, ProfileDimension, QueryResult, Rows,
    StageDistribution, StageSize,
};
pub use query::{
    AudienceQuery, Dimension, FlowQuery, OverlapQuery, ProfileQuery, Query, RunDataset, RunInput,
    SavedAudience, SqlQuery, StagesQuery,
};
pub use receipt::{ReceiptBody, ReceiptDataset, ReceiptException};
pub use run::{Engine, EngineConfig, TIME_MAX};
pub use stage::{
    Behaviour, Flow, Scene, SceneCount, StageAssignment, StageMovement, StageRule, StageRules,
};
