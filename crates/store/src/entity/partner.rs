use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub(crate) name: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) region: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) standing: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) agreement: Option<String>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) agreement_digest: Option<Vec<u8>>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) cross_border: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: Option<i64>,
    pub(crate) assessed_until: Option<i64>,
    pub(crate) ends_at: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) standing_reason: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
