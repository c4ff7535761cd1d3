use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "duty_finding")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) record_id: Uuid,
    pub(crate) place: i64,
    #[sea_orm(column_type = "Blob")]
    pub(crate) words_sealed: Vec<u8>,
    pub(crate) due_at: i64,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) closing_sealed: Option<Vec<u8>>,
    pub(crate) closed_by: Option<Uuid>,
    pub(crate) closed_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
