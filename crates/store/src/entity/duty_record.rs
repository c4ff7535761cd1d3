use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "duty_record")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub(crate) kind: String,
    pub(crate) done_at: i64,
    #[sea_orm(column_type = "Blob")]
    pub(crate) body_sealed: Vec<u8>,
    #[sea_orm(column_type = "Text")]
    pub(crate) result: String,
    pub(crate) paper_id: Uuid,
    pub(crate) recorded_by: Uuid,
    pub(crate) recorded_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
