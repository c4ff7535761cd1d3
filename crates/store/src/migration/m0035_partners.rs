use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::sea_query::{Index, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::shape::Shape::{Blob, Int, Text, Uuid};
use super::shape::{NewTable, may, need};

/// The agreements with partners in their versions, the papers they rest on, and the way to the work towards a partner.
#[derive(Debug)]
pub(super) struct Partners;

impl MigrationName for Partners {
    fn name(&self) -> &'static str {
        "m0035_partners"
    }
}

#[async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and the desugared forms must agree"
)]
impl MigrationTrait for Partners {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, shape) in [
            ("version", Int),
            ("assessed_until", Int),
            ("ends_at", Int),
            ("standing_reason", Text),
        ] {
            let alter = Table::alter()
                .table("partner")
                .add_column(may(name, shape))
                .to_owned();
            manager.alter_table(alter).await?;
        }
        for table in [agreements(), papers()] {
            table.create(manager).await?;
        }
        for table in ["permit", "refusal"] {
            let index = Index::create()
                .table(table)
                .name(format!("ix_{table}_recipient"))
                .col("enterprise_id")
                .col("recipient")
                .col("leaf_id")
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn agreements() -> NewTable {
    NewTable::new(
        "partner_agreement",
        vec![
            need("id", Uuid),
            need("enterprise_id", Uuid),
            need("partner_id", Uuid),
            need("version", Int),
            need("terms", Text),
            may("contact_sealed", Blob),
            need("papers", Text),
            may("digest", Blob),
            need("recorded_by", Uuid),
            need("recorded_at", Int),
            may("enforced_by", Uuid),
            may("enforced_at", Int),
        ],
    )
    .key(&["id"])
    .refers("enterprise_id", "enterprise")
    .refers("partner_id", "partner")
    .unique(&["partner_id", "version"])
}

fn papers() -> NewTable {
    NewTable::new(
        "partner_paper",
        vec![
            need("paper_id", Uuid),
            need("enterprise_id", Uuid),
            need("partner_id", Uuid),
            need("kind", Text),
            need("digest", Blob),
            need("added_by", Uuid),
            need("added_at", Int),
        ],
    )
    .key(&["paper_id"])
    .refers("paper_id", "paper")
    .refers("enterprise_id", "enterprise")
    .refers("partner_id", "partner")
    .index(&["partner_id"])
}
