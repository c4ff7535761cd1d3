use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// What the platform does again and again, each time that it was done, and what was found.
#[derive(Debug)]
pub(super) struct Duties;

impl MigrationName for Duties {
    fn name(&self) -> &'static str {
        "m0016_duties"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Duties {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        Ok(())
    }
}

fn tables() -> [NewTable; 2] {
    [
        NewTable::new(
            "duty_record",
            vec![
                need("id", Uuid),
                need("kind", Text),
                need("done_at", Int),
                need("body_sealed", Blob),
                need("result", Text),
                need("paper_id", Uuid),
                need("recorded_by", Uuid),
                need("recorded_at", Int),
            ],
        )
        .key(&["id"])
        .refers("paper_id", "paper")
        .index(&["kind", "done_at"]),
        NewTable::new(
            "duty_finding",
            vec![
                need("id", Uuid),
                need("record_id", Uuid),
                need("place", Int),
                need("words_sealed", Blob),
                need("due_at", Int),
                may("closing_sealed", Blob),
                may("closed_by", Uuid),
                may("closed_at", Int),
            ],
        )
        .key(&["id"])
        .unique(&["record_id", "place"])
        .refers("record_id", "duty_record")
        .index(&["closed_at", "due_at"]),
    ]
}
