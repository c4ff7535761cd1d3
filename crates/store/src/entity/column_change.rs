use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "column_change")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) dataset_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) position: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) from_class: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) to_class: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) reason: String,
    pub(crate) changed_by: Uuid,
    pub(crate) changed_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
