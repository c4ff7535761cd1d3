use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::{ColumnDef, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Papers that belong to no application: letters of members and impact assessments; who was told of an end; how the
/// payment to a bank account came out.
#[derive(Debug)]
pub(super) struct Papers;

impl MigrationName for Papers {
    fn name(&self) -> &'static str {
        "m0011_papers"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Papers {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in more_columns() {
            let alter = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        for table in paper_tables().into_iter().chain(review_tables()) {
            table.create(manager).await?;
        }
        Ok(())
    }
}

fn more_columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("letter", may("paper_id", Uuid)),
        ("letter", may("paper_erased_at", Int)),
        ("application", may("erased_at", Int)),
    ]
}

fn paper_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "paper",
            vec![
                need("id", Uuid),
                may("enterprise_id", Uuid),
                need("kind", Text),
                need("name_sealed", Blob),
                need("size_bytes", Int),
                need("chunks", Int),
                need("digest", Blob),
                need("created_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise"),
        NewTable::new(
            "paper_chunk",
            vec![
                need("paper_id", Uuid),
                need("place", Int),
                need("bytes_sealed", Blob),
            ],
        )
        .key(&["paper_id", "place"])
        .refers("paper_id", "paper"),
        NewTable::new(
            "paper_look",
            vec![
                need("leaf_id", Int),
                need("paper_id", Uuid),
                need("enterprise_id", Uuid),
                need("representative_id", Uuid),
                need("looked_at", Int),
            ],
        )
        .key(&["leaf_id"])
        .refers("leaf_id", "ledger_leaf")
        .refers("representative_id", "representative")
        .index(&["paper_id", "looked_at"])
        .index(&["looked_at"]),
    ]
}

fn review_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "ending_notice",
            vec![
                need("about", Text),
                need("object_id", Uuid),
                need("ends_at", Int),
                need("step", Text),
                need("told_at", Int),
            ],
        )
        .key(&["about", "object_id", "ends_at", "step"])
        .index(&["told_at"]),
        NewTable::new(
            "account_check",
            vec![
                need("application_id", Uuid),
                need("number", Int),
                need("enterprise_id", Uuid),
                need("result", Text),
                may("reason", Text),
                need("amount_fen", Int),
                need("paid_at", Int),
                need("operator_id", Uuid),
                need("recorded_at", Int),
            ],
        )
        .key(&["application_id", "number"])
        .refers("application_id", "application")
        .refers("enterprise_id", "enterprise"),
        NewTable::new(
            "assessment",
            vec![
                need("id", Uuid),
                need("paper_id", Uuid),
                need("made_at", Int),
                need("review_at", Int),
                need("result", Text),
                may("recorded_by", Uuid),
                need("recorded_at", Int),
                may("enforced_at", Int),
            ],
        )
        .key(&["id"])
        .refers("paper_id", "paper")
        .index(&["enforced_at"]),
    ]
}
