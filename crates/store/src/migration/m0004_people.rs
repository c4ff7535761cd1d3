use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Accounts of people, what they accepted, chose and did, codes, sessions and limits of sign-in.
#[derive(Debug)]
pub(super) struct People;

impl MigrationName for People {
    fn name(&self) -> &'static str {
        "m0004_people"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for People {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in account_tables().into_iter().chain(sign_in_tables()) {
            table.create(manager).await?;
        }
        // Written beside the column: one of the databases adds no reference to a table that exists.
        let mut account = may("account_id", Uuid);
        account.extra("REFERENCES account (id) ON DELETE RESTRICT");
        let alter = Table::alter()
            .table("representative")
            .add_column(account)
            .to_owned();
        manager.alter_table(alter).await?;
        let index = Index::create()
            .table("representative")
            .name("ix_representative_account_id")
            .col("account_id")
            .to_owned();
        manager.create_index(index).await
    }
}

fn account_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "account",
            vec![
                need("id", Uuid),
                may("nickname_sealed", Blob),
                may("email_sealed", Blob),
                may("email_mac", Blob),
                may("phone_sealed", Blob),
                may("phone_mac", Blob),
                may("password_hash", Text),
                may("password_changed_at", Int),
                need("standing", Text),
                need("lang", Text),
                need("created_at", Int),
                need("updated_at", Int),
            ],
        )
        .key(&["id"])
        .unique(&["email_mac"])
        .unique(&["phone_mac"]),
        NewTable::new(
            "account_acceptance",
            vec![
                need("account_id", Uuid),
                need("statement_version", Text),
                need("statement_digest", Blob),
                need("lang", Text),
                need("accepted_at", Int),
            ],
        )
        .key(&["account_id", "statement_version"])
        .refers("account_id", "account"),
        NewTable::new(
            "account_choice",
            vec![
                need("account_id", Uuid),
                need("purpose", Text),
                need("number", Int),
                need("chosen", Int),
                need("statement_version", Text),
                need("chosen_at", Int),
            ],
        )
        .key(&["account_id", "purpose", "number"])
        .refers("account_id", "account"),
        NewTable::new(
            "account_act",
            vec![
                need("leaf_id", Int),
                need("account_id", Uuid),
                need("acted_at", Int),
            ],
        )
        .key(&["leaf_id"])
        .refers("leaf_id", "ledger_leaf")
        .refers("account_id", "account")
        .index(&["account_id", "leaf_id"])
        .index(&["acted_at"]),
    ]
}

fn sign_in_tables() -> Vec<NewTable> {
    let mut failure_id = ColumnDef::new("id");
    failure_id
        .big_integer()
        .not_null()
        .auto_increment()
        .primary_key();
    vec![
        NewTable::new(
            "code",
            vec![
                need("id", Uuid),
                need("code_use", Text),
                need("medium", Text),
                need("address_mac", Blob),
                may("address_sealed", Blob),
                may("account_id", Uuid),
                need("code_hash", Blob),
                need("tries", Int),
                need("sent_at", Int),
                need("expires_at", Int),
                may("used_at", Int),
            ],
        )
        .key(&["id"])
        .refers("account_id", "account")
        .index(&["address_mac", "sent_at"])
        .index(&["account_id"])
        .index(&["sent_at"]),
        NewTable::new(
            "sign_in_failure",
            vec![
                failure_id,
                need("address_mac", Blob),
                need("network_mac", Blob),
                need("failed_at", Int),
            ],
        )
        .index(&["address_mac", "failed_at"])
        .index(&["network_mac", "failed_at"])
        .index(&["failed_at"]),
        NewTable::new(
            "session",
            vec![
                need("id", Uuid),
                need("account_id", Uuid),
                need("secret_hash", Blob),
                need("method", Text),
                may("agent_sealed", Blob),
                may("network_sealed", Blob),
                need("created_at", Int),
                need("seen_at", Int),
                need("proven_at", Int),
                need("idle_until", Int),
                need("ends_at", Int),
                may("ended_at", Int),
                may("ended_why", Text),
            ],
        )
        .key(&["id"])
        .refers("account_id", "account")
        .unique(&["secret_hash"])
        .index(&["account_id"]),
    ]
}
