use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "letter")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) representative_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i64,
    pub(crate) enterprise_id: Uuid,
    #[sea_orm(column_type = "Blob")]
    pub(crate) document_digest: Vec<u8>,
    pub(crate) valid_from: i64,
    pub(crate) valid_until: i64,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) recorded_at: i64,
    pub(crate) paper_id: Option<Uuid>,
    pub(crate) paper_erased_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
