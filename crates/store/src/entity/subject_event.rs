use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subject_event")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) enterprise_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) seq: i64,
    pub(crate) subject: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) kind: String,
    pub(crate) record_id: Option<Uuid>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) purpose: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) operation: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) recipient: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) consent_kind: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) status: Option<String>,
    pub(crate) valid_from: Option<i64>,
    pub(crate) valid_until: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) source: Option<String>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) evidence: Option<Vec<u8>>,
    pub(crate) recorded_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
#[expect(
    dead_code,
    reason = "the derive asks for it; the migrations hold the foreign keys"
)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
