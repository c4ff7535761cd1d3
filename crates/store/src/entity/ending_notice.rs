use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ending_notice")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) about: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) object_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) ends_at: i64,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) step: String,
    pub(crate) told_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
