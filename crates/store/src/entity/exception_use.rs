use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exception_use")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    #[sea_orm(column_type = "Text")]
    pub(crate) clause: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) datasets: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) purpose: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) operation: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) recipient: String,
    pub(crate) period_from: i64,
    pub(crate) period_until: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) why: String,
    pub(crate) drafted_by: Uuid,
    pub(crate) drafted_at: i64,
    pub(crate) notice_due_at: Option<i64>,
    pub(crate) invoked_by: Option<Uuid>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) invoked_as: Option<String>,
    pub(crate) invoked_at: Option<i64>,
    pub(crate) digest: Option<Vec<u8>>,
    pub(crate) confirmed_by: Option<Uuid>,
    pub(crate) confirmed_at: Option<i64>,
    pub(crate) ended_by: Option<Uuid>,
    pub(crate) ended_at: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) ended_as: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) end_reason: Option<String>,
    pub(crate) notice_paper_id: Option<Uuid>,
    pub(crate) notice_by: Option<Uuid>,
    pub(crate) notice_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
