use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "proposal")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub(crate) kind: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) object: String,
    #[sea_orm(column_type = "Blob")]
    pub(crate) particulars_sealed: Vec<u8>,
    #[sea_orm(column_type = "Blob")]
    pub(crate) reason_sealed: Vec<u8>,
    #[sea_orm(column_type = "Blob")]
    pub(crate) digest: Vec<u8>,
    #[sea_orm(column_type = "Text")]
    pub(crate) standing: String,
    pub(crate) proposed_by: Uuid,
    pub(crate) proposed_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) decided_by: Option<Uuid>,
    pub(crate) decided_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
