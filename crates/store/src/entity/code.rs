use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "code")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub(crate) code_use: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) medium: String,
    #[sea_orm(column_type = "Blob")]
    pub(crate) address_mac: Vec<u8>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) address_sealed: Option<Vec<u8>>,
    pub(crate) account_id: Option<Uuid>,
    #[sea_orm(column_type = "Blob")]
    pub(crate) code_hash: Vec<u8>,
    pub(crate) tries: i64,
    pub(crate) sent_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) used_at: Option<i64>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) network_mac: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
