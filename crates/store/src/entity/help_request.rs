use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "help_request")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) representative_id: Uuid,
    pub(crate) instruction_id: Uuid,
    pub(crate) purpose: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) datasets: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) scopes: String,
    #[sea_orm(column_type = "Blob")]
    pub(crate) words_sealed: Vec<u8>,
    pub(crate) asked_at: i64,
    pub(crate) waits_until: i64,
    pub(crate) approved_by: Option<Uuid>,
    pub(crate) operator_id: Option<Uuid>,
    pub(crate) approved_at: Option<i64>,
    pub(crate) approved_until: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) ended_as: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
