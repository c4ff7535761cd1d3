use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Reports of accounts that may be a minor's.
#[derive(Debug)]
pub(super) struct Minors;

impl MigrationName for Minors {
    fn name(&self) -> &'static str {
        "m0009_minors"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Minors {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::new(
            "minor_report",
            vec![
                need("id", Uuid),
                need("receipt_mac", Blob),
                need("network_mac", Blob),
                may("account_sealed", Blob),
                may("enterprise_sealed", Blob),
                may("person_sealed", Blob),
                may("why_sealed", Blob),
                may("contact_sealed", Blob),
                may("words_sealed", Blob),
                need("lang", Text),
                need("state", Text),
                may("account_id", Uuid),
                may("decided_by", Uuid),
                need("reported_at", Int),
                need("due_at", Int),
                may("decided_at", Int),
                may("erase_at", Int),
                may("settled_at", Int),
            ],
        )
        .key(&["id"])
        .refers("account_id", "account")
        .index(&["network_mac", "reported_at"])
        .index(&["state", "due_at"])
        .index(&["settled_at"])
        .create(manager)
        .await
    }
}
