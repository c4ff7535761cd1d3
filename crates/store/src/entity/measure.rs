use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "measure")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) dataset_id: Option<Uuid>,
    pub(crate) kind: String,
    pub(crate) ground: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) actions: String,
    #[sea_orm(column_type = "Blob")]
    pub(crate) words_sealed: Vec<u8>,
    pub(crate) then_kind: Option<String>,
    pub(crate) due_at: Option<i64>,
    pub(crate) answered_at: Option<i64>,
    pub(crate) follows: Option<Uuid>,
    pub(crate) taken_by: Uuid,
    pub(crate) taken_at: i64,
    pub(crate) confirm_by: Option<i64>,
    pub(crate) confirmed_by: Option<Uuid>,
    pub(crate) prior_standing: Option<String>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) ended_by: Option<Uuid>,
    pub(crate) ended_as: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
