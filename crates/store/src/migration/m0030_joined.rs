use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::Table;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::Int;
use super::shape::may;

/// Which two numbers of an enterprise's people turned out to be one person.
#[derive(Debug)]
pub(super) struct Joined;

impl MigrationName for Joined {
    fn name(&self) -> &'static str {
        "m0030_joined"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Joined {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let alter = Table::alter()
            .table("subject_event")
            .add_column(may("joined_with", Int))
            .to_owned();
        manager.alter_table(alter).await
    }
}
