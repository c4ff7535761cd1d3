use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_agreement")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) partner_id: Uuid,
    pub(crate) version: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) terms: String,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) contact_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Text")]
    pub(crate) papers: String,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) digest: Option<Vec<u8>>,
    pub(crate) recorded_by: Uuid,
    pub(crate) recorded_at: i64,
    pub(crate) enforced_by: Option<Uuid>,
    pub(crate) enforced_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
