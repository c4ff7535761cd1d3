use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Int, Text, Uuid};
use super::shape::{NewTable, need};

/// How the classes of columns changed after they were confirmed.
#[derive(Debug)]
pub(super) struct Classes;

impl MigrationName for Classes {
    fn name(&self) -> &'static str {
        "m0025_classes"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Classes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::new(
            "column_change",
            vec![
                need("dataset_id", Uuid),
                need("position", Int),
                need("number", Int),
                need("from_class", Text),
                need("to_class", Text),
                need("reason", Text),
                need("changed_by", Uuid),
                need("changed_at", Int),
            ],
        )
        .key(&["dataset_id", "position", "number"])
        .refers("dataset_id", "dataset")
        .refers("changed_by", "representative")
        .create(manager)
        .await
    }
}
