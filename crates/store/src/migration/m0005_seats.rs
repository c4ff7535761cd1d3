use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::{Index, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// The seat that a session has taken, and invitations to take one.
#[derive(Debug)]
pub(super) struct Seats;

impl MigrationName for Seats {
    fn name(&self) -> &'static str {
        "m0005_seats"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Seats {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Written beside the column: one of the databases adds no reference to a table that exists.
        let mut seat = may("representative_id", Uuid);
        seat.extra("REFERENCES representative (id) ON DELETE RESTRICT");
        let alter = Table::alter().table("session").add_column(seat).to_owned();
        manager.alter_table(alter).await?;
        let index = Index::create()
            .table("session")
            .name("ix_session_representative_id")
            .col("representative_id")
            .to_owned();
        manager.create_index(index).await?;
        NewTable::new(
            "invitation",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("inviter_id", Uuid),
                need("role", Text),
                need("medium", Text),
                may("address_sealed", Blob),
                may("address_mac", Blob),
                need("secret_hash", Blob),
                need("created_at", Int),
                need("expires_at", Int),
                may("accepted_at", Int),
                may("revoked_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("inviter_id", "representative")
        .unique(&["secret_hash"])
        .index(&["enterprise_id", "created_at"])
        .create(manager)
        .await
    }
}
