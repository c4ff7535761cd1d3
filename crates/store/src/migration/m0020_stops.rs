use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Int, Text, Uuid};
use super::shape::{NewTable, need};

/// Runs that were stopped before they had a receipt, and by what.
#[derive(Debug)]
pub(super) struct Stops;

impl MigrationName for Stops {
    fn name(&self) -> &'static str {
        "m0020_stops"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Stops {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = NewTable::new(
            "run_stop",
            vec![
                need("permit_id", Uuid),
                need("enterprise_id", Uuid),
                need("reason", Text),
                need("stopped_at", Int),
                need("leaf_id", Int),
            ],
        )
        .key(&["permit_id"])
        .refers("permit_id", "permit")
        .refers("enterprise_id", "enterprise");
        table.create(manager).await
    }
}
