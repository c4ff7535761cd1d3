use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Uuid};
use super::shape::{NewTable, may, need};

/// What consent records rest on, and which deliveries of them were taken in.
#[derive(Debug)]
pub(super) struct Consents;

impl MigrationName for Consents {
    fn name(&self) -> &'static str {
        "m0019_consents"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Consents {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        Ok(())
    }
}

fn tables() -> [NewTable; 3] {
    [
        NewTable::new(
            "consent_proof",
            vec![
                need("enterprise_id", Uuid),
                need("digest", Blob),
                need("body_sealed", Blob),
                need("recorded_at", Int),
            ],
        )
        .key(&["enterprise_id", "digest"])
        .refers("enterprise_id", "enterprise"),
        NewTable::new(
            "consent_delivery",
            vec![
                need("enterprise_id", Uuid),
                need("digest", Blob),
                may("first_seq", Int),
                may("last_seq", Int),
                need("records", Int),
                need("unknown_rows", Blob),
                need("recorded_at", Int),
            ],
        )
        .key(&["enterprise_id", "digest"])
        .refers("enterprise_id", "enterprise"),
        NewTable::new(
            "consent_name",
            vec![
                need("enterprise_id", Uuid),
                need("record_id", Uuid),
                need("seq", Int),
            ],
        )
        .key(&["enterprise_id", "record_id"])
        .refers("enterprise_id", "enterprise"),
    ]
}
