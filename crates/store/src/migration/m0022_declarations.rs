use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::{Expr, Query, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// Declarations of source with everything that they say, drafts of them, and the papers they rest on.
#[derive(Debug)]
pub(super) struct Declarations;

impl MigrationName for Declarations {
    fn name(&self) -> &'static str {
        "m0022_declarations"
    }
}

/// The columns that a declaration keeps from before: the new name, and the old one where it was another.
const KEPT: [(&str, &str); 15] = [
    ("id", "id"),
    ("enterprise_id", "enterprise_id"),
    ("dataset_id", "dataset_id"),
    ("version", "version"),
    ("source_kind", "source_kind"),
    ("collected_how", "collected_how"),
    ("bases", "bases"),
    ("period_from", "period_from"),
    ("period_until", "period_until"),
    ("contact_sealed", "contact_sealed"),
    ("evidence", "evidence"),
    ("complete", "complete"),
    ("recorded_by", "confirmed_by"),
    ("recorded_at", "confirmed_at"),
    ("superseded_at", "superseded_at"),
];
const OLD: &str = "source_declaration";
const NEW: &str = "declaration";

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Declarations {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        // SQLite cannot let an old column be empty, and a draft has gaps: what was declared moves to a new table. What was
        // ticked then is not known, so that nothing is.
        let mut old = Query::select();
        old.columns(KEPT.map(|(_, from)| from));
        old.expr(Expr::value("[]")).from(OLD);
        let mut moved = Query::insert();
        let columns = KEPT.iter().map(|(to, _)| *to);
        moved.into_table(NEW).columns(columns.chain(["confirms"]));
        moved
            .select_from(old)
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        manager.execute(moved).await?;
        manager
            .drop_table(Table::drop().table(OLD).to_owned())
            .await
    }
}

fn tables() -> Vec<NewTable> {
    vec![
        NewTable::new(
            NEW,
            vec![
                need("id", Uuid),
                need("enterprise_id", Uuid),
                need("dataset_id", Uuid),
                need("version", Int),
                may("source_kind", Text),
                need("collected_how", Text),
                may("collected_from", Int),
                may("collected_until", Int),
                need("bases", Text),
                may("notice", Text),
                may("period_from", Int),
                may("period_until", Int),
                may("contact_sealed", Blob),
                need("evidence", Text),
                need("confirms", Text),
                may("confirmed_text", Text),
                may("digest", Blob),
                need("complete", Int),
                need("recorded_by", Uuid),
                need("recorded_at", Int),
                may("superseded_at", Int),
            ],
        )
        .key(&["id"])
        .refers("enterprise_id", "enterprise")
        .refers("dataset_id", "dataset")
        .refers("recorded_by", "representative")
        .unique(&["dataset_id", "version"])
        .index(&["period_until"]),
        NewTable::new(
            "declaration_evidence",
            vec![
                need("paper_id", Uuid),
                need("enterprise_id", Uuid),
                need("dataset_id", Uuid),
                need("kind", Text),
                need("digest", Blob),
                need("added_by", Uuid),
                need("added_at", Int),
                may("revoked_at", Int),
                may("revoked_by", Uuid),
                may("revoked_reason", Text),
            ],
        )
        .key(&["paper_id"])
        .refers("enterprise_id", "enterprise")
        .refers("dataset_id", "dataset")
        .refers("added_by", "representative")
        .index(&["dataset_id"]),
    ]
}
