use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::Table;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::Text;
use super::shape::may;

/// The proofs that a version of what a dataset declares rests on.
#[derive(Debug)]
pub(super) struct Scopes;

impl MigrationName for Scopes {
    fn name(&self) -> &'static str {
        "m0025_scopes"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Scopes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let alter = Table::alter()
            .table("dataset_scope")
            .add_column(may("evidence", Text))
            .to_owned();
        manager.alter_table(alter).await
    }
}
