use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "look")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) application_id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub(crate) field: String,
    pub(crate) document_id: Option<Uuid>,
    #[sea_orm(column_type = "Text")]
    pub(crate) reason: String,
    pub(crate) operator_id: Uuid,
    pub(crate) leaf_id: i64,
    pub(crate) looked_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
