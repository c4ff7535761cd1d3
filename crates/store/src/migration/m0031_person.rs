use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::Index;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

/// One person's events in their order by one index: without the number in it SQLite reads the whole log backwards instead.
#[derive(Debug)]
pub(super) struct Person;

const TABLE: &str = "subject_event";

impl MigrationName for Person {
    fn name(&self) -> &'static str {
        "m0031_person"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Person {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::create();
        index.table(TABLE).name("ix_subject_event_person");
        for column in ["enterprise_id", "subject", "seq"] {
            index.col(column);
        }
        manager.create_index(index).await?;
        let mut before = Index::drop();
        before
            .table(TABLE)
            .name("ix_subject_event_enterprise_id_subject");
        manager.drop_index(before).await
    }
}
