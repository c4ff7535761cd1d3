use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) nickname_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) email_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) email_mac: Option<Vec<u8>>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) phone_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) phone_mac: Option<Vec<u8>>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) password_hash: Option<String>,
    pub(crate) password_changed_at: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub(crate) standing: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) lang: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) realm: String,
    pub(crate) password_needs_factor: i64,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) password_sealed: Option<Vec<u8>>,
    pub(crate) email_since: Option<i64>,
    pub(crate) phone_since: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
