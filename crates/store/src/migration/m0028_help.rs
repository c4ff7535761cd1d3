use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Technical help: what enterprises ask for and approve, who offers it, and every look.
#[derive(Debug)]
pub(super) struct Help;

impl MigrationName for Help {
    fn name(&self) -> &'static str {
        "m0028_help"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Help {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        Ok(())
    }
}

fn tables() -> [NewTable; 3] {
    [
        NewTable::new(
            "help_request",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("representative_id", Uuid),
                need("instruction_id", Uuid),
                need("purpose", Text),
                need("datasets", Text),
                need("scopes", Text),
                need("words_sealed", Blob),
                need("asked_at", Int),
                need("waits_until", Int),
                may("approved_by", Uuid),
                may("operator_id", Uuid),
                may("approved_at", Int),
                may("approved_until", Int),
                may("ended_at", Int),
                may("ended_as", Text),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("instruction_id", "instruction")
        .refers("operator_id", "operator")
        .index(&["enterprise_id"])
        .index(&["ended_at", "waits_until"]),
        NewTable::new(
            "help_offer",
            vec![
                need("id", Uuid),
                need("help_id", Uuid),
                need("operator_id", Uuid),
                need("name_sealed", Blob),
                need("offered_at", Int),
                may("withdrawn_at", Int),
            ],
        )
        .key(&["id"])
        .refers("help_id", "help_request")
        .refers("operator_id", "operator")
        .unique(&["help_id", "operator_id"]),
        NewTable::new(
            "help_look",
            vec![
                need("id", Uuid),
                need("help_id", Uuid),
                need("operator_id", Uuid),
                need("scope", Text),
                may("statement_sealed", Blob),
                may("permit_id", Uuid),
                may("reasons", Text),
                need("leaf_id", Int),
                need("looked_at", Int),
            ],
        )
        .key(&["id"])
        .refers("help_id", "help_request")
        .index(&["help_id", "leaf_id"])
        .index(&["permit_id"]),
    ]
}
