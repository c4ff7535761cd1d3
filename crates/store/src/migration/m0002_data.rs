use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Datasets, their declarations and scopes, the consent log, instructions and imports.
#[derive(Debug)]
pub(super) struct Business;

impl MigrationName for Business {
    fn name(&self) -> &'static str {
        "m0002_data"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Business {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in dataset_tables().into_iter().chain(consent_tables()) {
            table.create(manager).await?;
        }
        Ok(())
    }
}

#[expect(clippy::too_many_lines, reason = "a list of tables without a branch")]
fn dataset_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "dataset",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("name", Text),
                need("about_persons", Int),
                need("region", Text),
                need("standing", Text),
                may("standing_reason", Text),
                need("created_at", Int),
                need("updated_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .unique(&["enterprise_id", "name"]),
        NewTable::new(
            "dataset_column",
            vec![
                need("dataset_id", Uuid),
                need("position", Int),
                need("name", Text),
                need("role", Text),
                need("class", Text),
                need("data_type", Text),
                may("confirmed_by", Uuid),
                may("confirmed_at", Int),
            ],
        )
        .key(&["dataset_id", "position"])
        .refers("dataset_id", "dataset")
        .refers("confirmed_by", "representative")
        .unique(&["dataset_id", "name"]),
        NewTable::new(
            "source_declaration",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("dataset_id", Uuid),
                need("version", Int),
                need("source_kind", Text),
                need("collected_how", Text),
                need("bases", Text),
                need("period_from", Int),
                need("period_until", Int),
                may("contact_sealed", Blob),
                need("evidence", Text),
                need("complete", Int),
                need("confirmed_by", Uuid),
                need("confirmed_at", Int),
                may("superseded_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("dataset_id", "dataset")
        .refers("confirmed_by", "representative")
        .unique(&["dataset_id", "version"]),
        NewTable::new(
            "dataset_scope",
            vec![
                need("dataset_id", Uuid),
                need("version", Int),
                need("scope", Text),
                need("recorded_by", Uuid),
                need("recorded_at", Int),
            ],
        )
        .key(&["dataset_id", "version"])
        .refers("dataset_id", "dataset")
        .refers("recorded_by", "representative"),
        NewTable::new(
            "import_job",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("dataset_id", Uuid),
                may("instruction_id", Uuid),
                need("status", Text),
                may("source_digest", Blob),
                need("mapping", Text),
                may("checkpoint", Text),
                need("rows_read", Int),
                need("rows_loaded", Int),
                need("rows_quarantined", Int),
                may("failure", Text),
                need("created_at", Int),
                need("updated_at", Int),
                may("finished_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("dataset_id", "dataset")
        .index(&["dataset_id"]),
    ]
}

fn consent_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "consent_head",
            vec![
                need("enterprise_id", Uuid),
                need("seq", Int),
                need("records", Int),
            ],
        )
        .key(&["enterprise_id"])
        .refers("enterprise_id", "enterprise"),
        NewTable::new(
            "subject_event",
            vec![
                need("enterprise_id", Uuid),
                need("seq", Int),
                need("subject", Int),
                need("kind", Text),
                may("record_id", Uuid),
                may("purpose", Text),
                may("operation", Text),
                may("recipient", Text),
                may("consent_kind", Text),
                may("status", Text),
                may("valid_from", Int),
                may("valid_until", Int),
                may("source", Text),
                may("evidence", Blob),
                need("recorded_at", Int),
            ],
        )
        .key(&["enterprise_id", "seq"])
        .refers("enterprise_id", "enterprise")
        .index(&["enterprise_id", "subject"]),
        NewTable::new(
            "instruction",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("representative_id", Uuid),
                need("purposes", Text),
                need("operations", Text),
                need("recipients", Text),
                need("datasets", Text),
                may("note", Text),
                need("period_from", Int),
                need("period_until", Int),
                need("recorded_at", Int),
                may("revoked_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("representative_id", "representative")
        .index(&["enterprise_id", "recorded_at"]),
    ]
}
