use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "instruction")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) representative_id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub(crate) purposes: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) operations: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) recipients: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) datasets: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) note: Option<String>,
    pub(crate) period_from: i64,
    pub(crate) period_until: i64,
    pub(crate) recorded_at: i64,
    pub(crate) revoked_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
