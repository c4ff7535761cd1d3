use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::Index;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

/// Entries of the ledger by kind, newest last: when something was done the last time, and what an audit counts.
#[derive(Debug)]
pub(super) struct Kinds;

impl MigrationName for Kinds {
    fn name(&self) -> &'static str {
        "m0013_kinds"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Kinds {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .table("ledger_leaf")
            .name("ix_ledger_leaf_kind_recorded_at")
            .col("kind")
            .col("recorded_at")
            .to_owned();
        manager.create_index(index).await
    }
}
