use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::{Index, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::Blob;
use super::shape::may;

/// What the doors of sign-in lacked: ceremonies count for the network that asks for them.
#[derive(Debug)]
pub(super) struct Doors;

impl MigrationName for Doors {
    fn name(&self) -> &'static str {
        "m0010_doors"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Doors {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let alter = Table::alter()
            .table("ceremony")
            .add_column(may("network_mac", Blob))
            .to_owned();
        manager.alter_table(alter).await?;
        let index = Index::create()
            .table("ceremony")
            .name("ix_ceremony_network_mac_created_at")
            .col("network_mac")
            .col("created_at")
            .to_owned();
        manager.create_index(index).await
    }
}
