use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Measures against enterprises and datasets, and what was written of them.
#[derive(Debug)]
pub(super) struct Measures;

impl MigrationName for Measures {
    fn name(&self) -> &'static str {
        "m0024_measures"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Measures {
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
            "measure",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                may("dataset_id", Uuid),
                need("kind", Text),
                need("ground", Text),
                need("actions", Text),
                need("words_sealed", Blob),
                may("then_kind", Text),
                may("due_at", Int),
                may("answered_at", Int),
                may("follows", Uuid),
                need("taken_by", Uuid),
                need("taken_at", Int),
                may("confirm_by", Int),
                may("confirmed_by", Uuid),
                may("prior_standing", Text),
                may("ended_at", Int),
                may("ended_by", Uuid),
                may("ended_as", Text),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("dataset_id", "dataset")
        .refers("taken_by", "operator")
        .index(&["enterprise_id", "ended_at"])
        .index(&["ended_at", "due_at"]),
        NewTable::new(
            "measure_message",
            vec![
                need("id", Uuid),
                need("measure_id", Uuid),
                need("place", Int),
                need("kind", Text),
                need("author_id", Uuid),
                need("words_sealed", Blob),
                may("paper_id", Uuid),
                need("sent_at", Int),
            ],
        )
        .key(&["id"])
        .refers("measure_id", "measure")
        .refers("paper_id", "paper")
        .unique(&["measure_id", "place"]),
    ]
}
