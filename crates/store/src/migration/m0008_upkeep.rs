use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// What runs around the accounts: from where acts came, tries that failed, known browsers, limits by network, and sealed
/// hashes of passwords.
#[derive(Debug)]
pub(super) struct Upkeep;

impl MigrationName for Upkeep {
    fn name(&self) -> &'static str {
        "m0008_upkeep"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Upkeep {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in more_columns() {
            let alter = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        let index = Index::create()
            .table("code")
            .name("ix_code_network_mac_sent_at")
            .col("network_mac")
            .col("sent_at")
            .to_owned();
        manager.create_index(index).await?;
        for table in new_tables() {
            table.create(manager).await?;
        }
        Ok(())
    }
}

fn more_columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("account", may("password_sealed", Blob)),
        ("account_act", may("origin_id", Uuid)),
        ("account_act", may("network_sealed", Blob)),
        ("account_act", may("agent_sealed", Blob)),
        ("code", may("network_mac", Blob)),
    ]
}

fn new_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "sign_in_try",
            vec![
                need("id", Uuid),
                need("address_mac", Blob),
                need("method", Text),
                need("network_sealed", Blob),
                may("agent_sealed", Blob),
                need("tried_at", Int),
            ],
        )
        .key(&["id"])
        .index(&["address_mac", "tried_at"])
        .index(&["tried_at"]),
        NewTable::new(
            "device",
            vec![
                need("id", Uuid),
                need("account_id", Uuid),
                need("mark_mac", Blob),
                may("agent_sealed", Blob),
                may("network_sealed", Blob),
                need("first_at", Int),
                need("seen_at", Int),
            ],
        )
        .key(&["id"])
        .refers("account_id", "account")
        .unique(&["account_id", "mark_mac"])
        .index(&["seen_at"]),
    ]
}
