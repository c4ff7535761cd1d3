use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "source_declaration")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) dataset_id: Uuid,
    pub(crate) version: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) source_kind: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) collected_how: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) bases: String,
    pub(crate) period_from: i64,
    pub(crate) period_until: i64,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) contact_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Text")]
    pub(crate) evidence: String,
    pub(crate) complete: i64,
    pub(crate) confirmed_by: Uuid,
    pub(crate) confirmed_at: i64,
    pub(crate) superseded_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
