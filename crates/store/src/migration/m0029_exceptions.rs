use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::{Index, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// The functions of members, the uses of lawful exceptions with their proofs, and the work that claims one.
#[derive(Debug)]
pub(super) struct Exceptions;

impl MigrationName for Exceptions {
    fn name(&self) -> &'static str {
        "m0029_exceptions"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Exceptions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        for table in ["permit", "refusal"] {
            let alter = Table::alter()
                .table(table)
                .add_column(may("exception_id", Uuid))
                .to_owned();
            manager.alter_table(alter).await?;
            let index = Index::create()
                .table(table)
                .name(format!("ix_{table}_exception_id_leaf_id"))
                .col("exception_id")
                .col("leaf_id")
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn tables() -> [NewTable; 3] {
    [functions(), uses(), proofs()]
}

fn functions() -> NewTable {
    NewTable::new(
        "member_function",
        vec![
            need("representative_id", Uuid),
            need("function", Text),
            need("enterprise_id", Uuid),
            need("given_by", Uuid),
            need("given_at", Int),
        ],
    )
    .key(&["representative_id", "function"])
    .refers("representative_id", "representative")
    .refers("enterprise_id", "enterprise")
    .index(&["enterprise_id"])
}

fn uses() -> NewTable {
    NewTable::new(
        "exception_use",
        vec![
            need("id", Uuid),
            need("enterprise_id", Uuid),
            need("clause", Text),
            need("datasets", Text),
            need("purpose", Text),
            need("operation", Text),
            need("recipient", Text),
            need("period_from", Int),
            need("period_until", Int),
            need("why", Text),
            need("drafted_by", Uuid),
            need("drafted_at", Int),
            may("notice_due_at", Int),
            may("invoked_by", Uuid),
            may("invoked_as", Text),
            may("invoked_at", Int),
            may("digest", Blob),
            may("confirmed_by", Uuid),
            may("confirmed_at", Int),
            may("ended_by", Uuid),
            may("ended_at", Int),
            may("ended_as", Text),
            may("end_reason", Text),
            may("notice_paper_id", Uuid),
            may("notice_by", Uuid),
            may("notice_at", Int),
        ],
    )
    .key(&["id"])
    .refers("enterprise_id", "enterprise")
    .refers("drafted_by", "representative")
    .refers("notice_paper_id", "paper")
    .index(&["enterprise_id", "ended_at"])
}

fn proofs() -> NewTable {
    NewTable::new(
        "exception_proof",
        vec![
            need("use_id", Uuid),
            need("proof", Text),
            may("paper_id", Uuid),
            may("words", Text),
            need("digest", Blob),
            need("added_by", Uuid),
            need("added_at", Int),
        ],
    )
    .key(&["use_id", "proof"])
    .refers("use_id", "exception_use")
    .refers("paper_id", "paper")
}
