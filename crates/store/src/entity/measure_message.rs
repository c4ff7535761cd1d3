use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "measure_message")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) measure_id: Uuid,
    pub(crate) place: i64,
    pub(crate) kind: String,
    pub(crate) author_id: Uuid,
    #[sea_orm(column_type = "Blob")]
    pub(crate) words_sealed: Vec<u8>,
    pub(crate) paper_id: Option<Uuid>,
    pub(crate) sent_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
