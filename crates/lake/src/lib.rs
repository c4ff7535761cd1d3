//! Business data: intake, identity maps, encrypted Parquet in buckets of subjects, and the manifests that say what is live.
//!
//! Direct identifiers leave at the door: a part holds the dense number of a person and never what names that person. Every
//! part has a key of its own in the vault; destroying it destroys the part. A manifest is replaced atomically, so a part
//! is live with all its rows or not at all.

mod classes;
mod config;
mod deposit;
mod door;
mod drop_area;
mod error;
mod flags;
mod identity;
mod import;
mod intake;
mod lake;
mod local;
mod manifest;
mod mapping;
mod mask;
mod merge;
mod normalise;
mod originals;
mod paged;
mod part_file;
mod part_write;
mod propose;
mod quarantine;
mod reader;
mod report;
mod resolve;
mod rewrite;
mod sample;
mod scan;
mod source;
mod storage;

pub use config::{LakeConfig, S3Settings};
pub use deposit::Deposit;
pub use drop_area::DropArea;
pub use error::{LakeError, Look, MappingFault, PathFault, SourceFault};
pub use flags::{FlagChunk, FlagColumn, FlagMeaning, FlagSink};
pub use identity::IdentityMap;
pub use lake::Lake;
pub use manifest::{Column, DatasetSnapshot, Part, RowGroupIndex, SUBJECT, schema_of};
pub use mapping::{
    COLUMNS_MAX, ColumnMapping, ColumnRole, ColumnType, DatasetKind, Encoding, IdentifierForm,
    IdentifierKind, Mapping, SourceFormat, TimeFormat,
};
pub use propose::{Evidence, Proposal, propose};
pub use reader::{PartReader, PartScan, Predicate};
pub use report::{
    CancelToken, ImportOutcome, ImportPlan, ImportReport, Progress, QuarantinedRow, RowFault,
};
pub use rewrite::{CollectReport, RewriteReport};
pub use source::{SeekRead, Source};
