use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotent_request")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) representative_id: Uuid,
    #[sea_orm(column_type = "Blob")]
    pub(crate) key_hash: Vec<u8>,
    #[sea_orm(column_type = "Blob")]
    pub(crate) request_digest: Vec<u8>,
    pub(crate) status: Option<i64>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) answer_sealed: Option<Vec<u8>>,
    pub(crate) created_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
