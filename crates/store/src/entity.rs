//! The rows as the query builder sees them, one file for each table.

pub(crate) mod api_token;
pub(crate) mod audience;
pub(crate) mod audience_snapshot;
pub(crate) mod consent_head;
pub(crate) mod dataset;
pub(crate) mod dataset_column;
pub(crate) mod dataset_scope;
pub(crate) mod destroyed_scope;
pub(crate) mod enterprise;
pub(crate) mod import_job;
pub(crate) mod instruction;
pub(crate) mod job;
pub(crate) mod ledger_leaf;
pub(crate) mod letter;
pub(crate) mod outbox;
pub(crate) mod partner;
pub(crate) mod permit;
pub(crate) mod receipt;
pub(crate) mod receipt_dataset;
pub(crate) mod refusal;
pub(crate) mod representative;
pub(crate) mod source_declaration;
pub(crate) mod statement_acceptance;
pub(crate) mod wrapped_key;
