use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) account_id: Uuid,
    #[sea_orm(column_type = "Blob")]
    pub(crate) secret_hash: Vec<u8>,
    #[sea_orm(column_type = "Text")]
    pub(crate) method: String,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) agent_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) network_sealed: Option<Vec<u8>>,
    pub(crate) created_at: i64,
    pub(crate) seen_at: i64,
    pub(crate) proven_at: i64,
    pub(crate) idle_until: i64,
    pub(crate) ends_at: i64,
    pub(crate) ended_at: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) ended_why: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub(crate) realm: String,
    pub(crate) representative_id: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
