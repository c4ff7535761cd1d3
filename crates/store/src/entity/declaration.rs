use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "declaration")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) dataset_id: Uuid,
    pub(crate) version: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) source_kind: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(crate) collected_how: String,
    pub(crate) collected_from: Option<i64>,
    pub(crate) collected_until: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub(crate) bases: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) notice: Option<String>,
    pub(crate) period_from: Option<i64>,
    pub(crate) period_until: Option<i64>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) contact_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Text")]
    pub(crate) evidence: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) confirms: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) confirmed_text: Option<String>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) digest: Option<Vec<u8>>,
    pub(crate) complete: i64,
    pub(crate) recorded_by: Uuid,
    pub(crate) recorded_at: i64,
    pub(crate) superseded_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
