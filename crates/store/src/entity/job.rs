use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Option<Uuid>,
    #[sea_orm(column_type = "Text")]
    pub(crate) kind: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) payload: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) state: String,
    pub(crate) attempts: i64,
    pub(crate) attempts_max: i64,
    pub(crate) run_at: i64,
    pub(crate) leased_until: Option<i64>,
    pub(crate) lease: Option<Uuid>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) failure: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) dedupe_key: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) finished_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
