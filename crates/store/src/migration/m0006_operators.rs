use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::{Table, TableAlterStatement};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Second factors, the way from the first to a session, and the people who work for the platform.
#[derive(Debug)]
pub(super) struct Operators;

impl MigrationName for Operators {
    fn name(&self) -> &'static str {
        "m0006_operators"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Operators {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(with_realm("account")).await?;
        let mut needs_factor = need("password_needs_factor", Int);
        needs_factor.default(0);
        let alter = Table::alter()
            .table("account")
            .add_column(needs_factor)
            .to_owned();
        manager.alter_table(alter).await?;
        manager.alter_table(with_realm("session")).await?;
        for table in factor_tables().into_iter().chain(operator_tables()) {
            table.create(manager).await?;
        }
        Ok(())
    }
}

/// Everybody who is there already is of the public.
fn with_realm(table: &'static str) -> TableAlterStatement {
    let mut realm = need("realm", Text);
    realm.default("public");
    Table::alter().table(table).add_column(realm).to_owned()
}

fn factor_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "factor",
            vec![
                need("id", Uuid),
                need("account_id", Uuid),
                need("kind", Text),
                may("label_sealed", Blob),
                need("secret_sealed", Blob),
                may("credential_mac", Blob),
                may("last_step", Int),
                need("failures", Int),
                need("created_at", Int),
                may("confirmed_at", Int),
                may("used_at", Int),
            ],
        )
        .key(&["id"])
        .refers("account_id", "account")
        .unique(&["credential_mac"])
        .index(&["account_id"]),
        NewTable::new(
            "recovery_code",
            vec![
                need("account_id", Uuid),
                need("number", Int),
                need("code_hash", Blob),
                need("created_at", Int),
                may("used_at", Int),
            ],
        )
        .key(&["account_id", "number"])
        .refers("account_id", "account"),
        NewTable::new(
            "ticket",
            vec![
                need("id", Uuid),
                need("account_id", Uuid),
                need("secret_hash", Blob),
                need("goal", Text),
                need("method", Text),
                need("tries", Int),
                need("created_at", Int),
                need("expires_at", Int),
                may("used_at", Int),
            ],
        )
        .key(&["id"])
        .refers("account_id", "account")
        .unique(&["secret_hash"])
        .index(&["account_id"])
        .index(&["expires_at"]),
        NewTable::new(
            "ceremony",
            vec![
                need("id", Uuid),
                may("account_id", Uuid),
                need("goal", Text),
                need("state", Blob),
                need("created_at", Int),
                need("expires_at", Int),
                may("used_at", Int),
            ],
        )
        .key(&["id"])
        .refers("account_id", "account")
        .index(&["account_id"])
        .index(&["expires_at"]),
    ]
}

fn operator_tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            "operator",
            vec![
                need("id", Uuid),
                need("account_id", Uuid),
                need("role", Text),
                may("enrolment_hash", Blob),
                may("enrolment_ends_at", Int),
                may("enrolled_at", Int),
                need("created_at", Int),
                need("updated_at", Int),
            ],
        )
        .key(&["id"])
        .refers("account_id", "account")
        .unique(&["account_id"])
        .unique(&["enrolment_hash"]),
        NewTable::new(
            "proposal",
            vec![
                need("id", Uuid),
                need("kind", Text),
                need("object", Text),
                need("particulars_sealed", Blob),
                need("reason_sealed", Blob),
                need("digest", Blob),
                need("standing", Text),
                need("proposed_by", Uuid),
                need("proposed_at", Int),
                need("expires_at", Int),
                may("decided_by", Uuid),
                may("decided_at", Int),
            ],
        )
        .key(&["id"])
        .refers("proposed_by", "operator")
        .refers("decided_by", "operator")
        .index(&["proposed_by"])
        .index(&["decided_by"])
        .index(&["standing", "expires_at"]),
    ]
}
