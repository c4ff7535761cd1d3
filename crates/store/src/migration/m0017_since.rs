use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::{Expr, ExprTrait, Index, Query, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::Int;
use super::shape::may;

/// Since when an address is an account's, and the index by which invitations to an address are counted.
#[derive(Debug)]
pub(super) struct Since;

impl MigrationName for Since {
    fn name(&self) -> &'static str {
        "m0017_since"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Since {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (since, mac) in [("email_since", "email_mac"), ("phone_since", "phone_mac")] {
            let alter = Table::alter()
                .table("account")
                .add_column(may(since, Int))
                .to_owned();
            manager.alter_table(alter).await?;
            // Nobody noted when an address came that is there already: it came no later than the account changed last.
            let known = Query::update()
                .table("account")
                .value(since, Expr::col("updated_at"))
                .and_where(Expr::col(mac).is_not_null())
                .to_owned();
            manager.execute(known).await?;
        }
        let index = Index::create()
            .table("invitation")
            .name("ix_invitation_address_mac_created_at")
            .col("address_mac")
            .col("created_at")
            .to_owned();
        manager.create_index(index).await
    }
}
