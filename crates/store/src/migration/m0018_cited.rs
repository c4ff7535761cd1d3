use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::{Index, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::Uuid;
use super::shape::may;

/// Which instruction a refused request cited, and the indexes by which the work under an instruction is found.
#[derive(Debug)]
pub(super) struct Cited;

impl MigrationName for Cited {
    fn name(&self) -> &'static str {
        "m0018_cited"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Cited {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let alter = Table::alter()
            .table("refusal")
            .add_column(may("instruction_id", Uuid))
            .to_owned();
        manager.alter_table(alter).await?;
        for table in ["permit", "refusal"] {
            let index = Index::create()
                .table(table)
                .name(format!("ix_{table}_instruction_id_leaf_id"))
                .col("instruction_id")
                .col("leaf_id")
                .to_owned();
            manager.create_index(index).await?;
        }
        let index = Index::create()
            .table("receipt")
            .name("ix_receipt_permit_id")
            .col("permit_id")
            .to_owned();
        manager.create_index(index).await
    }
}
