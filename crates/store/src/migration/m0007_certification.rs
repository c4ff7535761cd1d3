use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Applications for certification, what was told in them, the files, and who looked at what.
#[derive(Debug)]
pub(super) struct Certification;

impl MigrationName for Certification {
    fn name(&self) -> &'static str {
        "m0007_certification"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Certification {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in application_tables().into_iter().chain(file_tables()) {
            table.create(manager).await?;
        }
        Ok(())
    }
}

fn application_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "application",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("representative_id", Uuid),
                need("state", Text),
                may("code_mac", Blob),
                may("consented_at", Int),
                need("created_at", Int),
                need("updated_at", Int),
                may("submitted_at", Int),
                may("decided_at", Int),
                may("decided_by", Uuid),
                may("sensitive_erased_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("representative_id", "representative")
        .index(&["enterprise_id", "created_at"])
        .index(&["state", "submitted_at"])
        .index(&["code_mac"]),
        NewTable::new(
            "application_value",
            vec![
                need("application_id", Uuid),
                need("field", Text),
                need("value_sealed", Blob),
                need("saved_at", Int),
            ],
        )
        .key(&["application_id", "field"])
        .refers("application_id", "application"),
        NewTable::new(
            "application_message",
            vec![
                need("id", Uuid),
                need("application_id", Uuid),
                need("number", Int),
                need("state", Text),
                need("author", Text),
                may("field", Text),
                may("text_sealed", Blob),
                need("created_at", Int),
            ],
        )
        .key(&["id"])
        .refers("application_id", "application")
        .unique(&["application_id", "number"]),
    ]
}

fn file_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "document",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("application_id", Uuid),
                need("field", Text),
                need("kind", Text),
                need("name_sealed", Blob),
                need("size_bytes", Int),
                need("chunks", Int),
                need("digest", Blob),
                need("recorded_by", Uuid),
                need("created_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("application_id", "application")
        .refers("recorded_by", "representative")
        .index(&["application_id"]),
        NewTable::new(
            "document_chunk",
            vec![
                need("document_id", Uuid),
                need("place", Int),
                need("bytes_sealed", Blob),
            ],
        )
        .key(&["document_id", "place"])
        .refers("document_id", "document"),
        NewTable::new(
            "look",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("application_id", Uuid),
                need("field", Text),
                may("document_id", Uuid),
                need("reason", Text),
                need("operator_id", Uuid),
                need("leaf_id", Int),
                need("looked_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("application_id", "application")
        .refers("leaf_id", "ledger_leaf")
        .index(&["enterprise_id", "looked_at"]),
    ]
}
