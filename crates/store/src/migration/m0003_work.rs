use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Permits, refusals, receipts, audiences, jobs and the outbox.
#[derive(Debug)]
pub(super) struct Work;

impl MigrationName for Work {
    fn name(&self) -> &'static str {
        "m0003_work"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Work {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in decision_tables().into_iter().chain(queue_tables()) {
            table.create(manager).await?;
        }
        Ok(())
    }
}

#[expect(clippy::too_many_lines, reason = "a list of tables without a branch")]
fn decision_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "permit",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("representative_id", Uuid),
                may("instruction_id", Uuid),
                need("purpose", Text),
                need("operation", Text),
                need("recipient", Text),
                need("body", Text),
                need("digest", Blob),
                need("decided_at", Int),
                need("expires_at", Int),
                need("leaf_id", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("representative_id", "representative")
        .refers("leaf_id", "ledger_leaf")
        .index(&["enterprise_id", "decided_at"]),
        NewTable::new(
            "refusal",
            vec![
                need("permit_id", Uuid),
                need("enterprise_id", Uuid),
                need("representative_id", Uuid),
                need("purpose", Text),
                need("operation", Text),
                need("recipient", Text),
                need("reasons", Text),
                need("decided_at", Int),
                need("leaf_id", Int),
            ],
        )
        .key(&["permit_id"])
        .refers("leaf_id", "ledger_leaf")
        .index(&["enterprise_id", "decided_at"]),
        NewTable::new(
            "receipt",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("permit_id", Uuid),
                need("body", Blob),
                need("digest", Blob),
                need("recorded_at", Int),
                need("leaf_id", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("permit_id", "permit")
        .refers("leaf_id", "ledger_leaf")
        .index(&["enterprise_id", "recorded_at"]),
        NewTable::new(
            "receipt_dataset",
            vec![need("receipt_id", Uuid), need("dataset_id", Uuid)],
        )
        .key(&["receipt_id", "dataset_id"])
        .refers("receipt_id", "receipt")
        .refers("dataset_id", "dataset")
        .index(&["dataset_id"]),
        NewTable::new(
            "audience",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("name", Text),
                need("purpose", Text),
                need("definition", Text),
                need("created_by", Uuid),
                need("created_at", Int),
                need("updated_at", Int),
                may("retired_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("created_by", "representative")
        .unique(&["enterprise_id", "name"]),
        NewTable::new(
            "audience_snapshot",
            vec![
                need("audience_id", Uuid),
                need("number", Int),
                need("permit_id", Uuid),
                may("receipt_id", Uuid),
                may("members_sealed", Blob),
                need("members_count", Int),
                need("consent_version", Int),
                need("taken_at", Int),
            ],
        )
        .key(&["audience_id", "number"])
        .refers("audience_id", "audience")
        .refers("permit_id", "permit"),
    ]
}

fn queue_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "job",
            vec![
                need("id", Uuid),
                may("enterprise_id", Uuid),
                need("kind", Text),
                need("payload", Text),
                need("state", Text),
                need("attempts", Int),
                need("attempts_max", Int),
                need("run_at", Int),
                may("leased_until", Int),
                may("lease", Uuid),
                may("failure", Text),
                may("dedupe_key", Text),
                need("created_at", Int),
                may("finished_at", Int),
            ],
        )
        .key(&["id"])
        .unique(&["dedupe_key"])
        .index(&["state", "run_at"]),
        NewTable::new(
            "outbox",
            vec![
                need("id", Uuid),
                may("enterprise_id", Uuid),
                need("channel", Text),
                may("payload_sealed", Blob),
                need("state", Text),
                need("attempts", Int),
                need("attempts_max", Int),
                need("run_at", Int),
                may("leased_until", Int),
                may("lease", Uuid),
                may("failure", Text),
                need("created_at", Int),
                may("finished_at", Int),
            ],
        )
        .key(&["id"])
        .index(&["state", "run_at"]),
    ]
}
