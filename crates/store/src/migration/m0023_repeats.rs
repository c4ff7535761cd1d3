use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Uuid};
use super::shape::{NewTable, may, need};

/// Requests that may be sent again.
#[derive(Debug)]
pub(super) struct Repeats;

impl MigrationName for Repeats {
    fn name(&self) -> &'static str {
        "m0023_repeats"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Repeats {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::new(
            "idempotent_request",
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("representative_id", Uuid),
                need("key_hash", Blob),
                need("request_digest", Blob),
                may("status", Int),
                may("answer_sealed", Blob),
                need("created_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("representative_id", "representative")
        .unique(&["representative_id", "key_hash"])
        .create(manager)
        .await
    }
}
