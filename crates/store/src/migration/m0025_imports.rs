use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::Table;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Files that were laid down to be imported, and what an import needs to go on after its server was killed.
#[derive(Debug)]
pub(super) struct Imports;

impl MigrationName for Imports {
    fn name(&self) -> &'static str {
        "m0025_imports"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Imports {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let deposit = NewTable::new(
            "deposit",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("name_sealed", Blob),
                may("bytes", Int),
                need("created_at", Int),
            ],
        );
        let deposit = deposit
            .key(&["id"])
            .refers("enterprise_id", "enterprise")
            .index(&["created_at"]);
        deposit.create(manager).await?;
        let columns = [
            ("representative_id", Uuid),
            ("deposit_id", Uuid),
            ("source_sealed", Blob),
            ("bytes_done", Int),
            ("bytes_total", Int),
            ("conflicts", Int),
            ("run_started_at", Int),
            ("run_rows", Int),
            ("run_bytes", Int),
            ("runs_in_vain", Int),
            ("cancel_asked_at", Int),
            ("same_as", Uuid),
        ];
        for (name, shape) in columns {
            // SQLite takes one column at a time.
            let alter = Table::alter()
                .table("import_job")
                .add_column(may(name, shape))
                .to_owned();
            manager.alter_table(alter).await?;
        }
        let alter = Table::alter()
            .table("dataset")
            .add_column(may("mapping", Text))
            .to_owned();
        manager.alter_table(alter).await
    }
}
