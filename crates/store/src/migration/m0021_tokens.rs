use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::Table;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Int, Text};
use super::shape::{may, need};

/// What tokens were good for before anybody could say it: everything that a token can be.
const EVERYTHING: &str = r#"["process","share","transfer","publicise","import_data","declare_source","record_consent","serve_rights","instruct","manage_partners","view_report","view_ledger"]"#;

/// What a token is good for, and when it was used last.
#[derive(Debug)]
pub(super) struct Tokens;

impl MigrationName for Tokens {
    fn name(&self) -> &'static str {
        "m0021_tokens"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Tokens {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let scopes = need("scopes", Text).default(EVERYTHING).to_owned();
        for column in [scopes, may("used_at", Int)] {
            let alter = Table::alter()
                .table("api_token")
                .add_column(column)
                .to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
