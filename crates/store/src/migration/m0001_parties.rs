use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::ColumnDef;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Enterprises, the people who act for them, partners, keys and the ledger's leaves.
#[derive(Debug)]
pub(super) struct Parties;

impl MigrationName for Parties {
    fn name(&self) -> &'static str {
        "m0001_parties"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Parties {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        Ok(())
    }
}

#[expect(clippy::too_many_lines, reason = "a list of tables without a branch")]
fn tables() -> Vec<NewTable> {
    let mut leaf_id = ColumnDef::new("id");
    leaf_id
        .big_integer()
        .not_null()
        .auto_increment()
        .primary_key();
    vec![
        NewTable::new(
            "ledger_leaf",
            vec![
                leaf_id,
                need("kind", Text),
                need("leaf", Blob),
                may("leaf_index", Int),
                need("recorded_at", Int),
            ],
        )
        .unique(&["leaf_index"]),
        NewTable::new(
            "wrapped_key",
            vec![
                need("scope", Text),
                need("version", Int),
                may("parent", Text),
                need("rank", Int),
                need("ordinal", Int),
                need("wrapped", Blob),
            ],
        )
        .key(&["scope", "version"])
        .index(&["parent", "rank", "ordinal"]),
        NewTable::new(
            "destroyed_scope",
            vec![need("scope", Text), need("destroyed_at", Int)],
        )
        .key(&["scope"]),
        NewTable::new(
            "enterprise",
            vec![
                need("id", Uuid),
                need("name", Text),
                may("credit_code", Text),
                need("industry", Text),
                need("region", Text),
                need("standing", Text),
                may("standing_reason", Text),
                may("certified_from", Int),
                may("certified_until", Int),
                need("created_at", Int),
                need("updated_at", Int),
            ],
        )
        .key(&["id"])
        .unique(&["credit_code"]),
        NewTable::new(
            "representative",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("role", Text),
                need("standing", Text),
                may("name_sealed", Blob),
                may("phone_sealed", Blob),
                may("phone_mac", Blob),
                may("email_sealed", Blob),
                may("email_mac", Blob),
                need("created_at", Int),
                need("updated_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .unique(&["phone_mac"])
        .unique(&["email_mac"])
        .index(&["enterprise_id"]),
        NewTable::new(
            "letter",
            vec![
                need("representative_id", Uuid),
                need("number", Int),
                need("enterprise_id", Uuid),
                need("document_digest", Blob),
                need("valid_from", Int),
                need("valid_until", Int),
                may("revoked_at", Int),
                need("recorded_at", Int),
            ],
        )
        .key(&["representative_id", "number"])
        .refers("representative_id", "representative")
        .refers("enterprise_id", "enterprise"),
        NewTable::new(
            "api_token",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("representative_id", Uuid),
                need("label", Text),
                need("secret_hash", Blob),
                need("created_at", Int),
                need("expires_at", Int),
                may("revoked_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("representative_id", "representative")
        .unique(&["secret_hash"]),
        NewTable::new(
            "statement_acceptance",
            vec![
                need("representative_id", Uuid),
                need("statement_version", Text),
                need("enterprise_id", Uuid),
                need("statement_digest", Blob),
                need("lang", Text),
                need("accepted_at", Int),
            ],
        )
        .key(&["representative_id", "statement_version"])
        .refers("representative_id", "representative")
        .refers("enterprise_id", "enterprise"),
        NewTable::new(
            "partner",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("name", Text),
                need("region", Text),
                need("standing", Text),
                may("agreement", Text),
                may("agreement_digest", Blob),
                may("cross_border", Text),
                need("created_at", Int),
                need("updated_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .index(&["enterprise_id"]),
    ]
}
