use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_job")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) enterprise_id: Uuid,
    pub(crate) dataset_id: Uuid,
    pub(crate) instruction_id: Option<Uuid>,
    #[sea_orm(column_type = "Text")]
    pub(crate) status: String,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) source_digest: Option<Vec<u8>>,
    #[sea_orm(column_type = "Text")]
    pub(crate) mapping: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) checkpoint: Option<String>,
    pub(crate) rows_read: i64,
    pub(crate) rows_loaded: i64,
    pub(crate) rows_quarantined: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) failure: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) finished_at: Option<i64>,
    pub(crate) representative_id: Option<Uuid>,
    pub(crate) deposit_id: Option<Uuid>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) source_sealed: Option<Vec<u8>>,
    pub(crate) bytes_done: Option<i64>,
    pub(crate) bytes_total: Option<i64>,
    pub(crate) conflicts: Option<i64>,
    pub(crate) run_started_at: Option<i64>,
    pub(crate) run_rows: Option<i64>,
    pub(crate) run_bytes: Option<i64>,
    pub(crate) runs_in_vain: Option<i64>,
    pub(crate) cancel_asked_at: Option<i64>,
    pub(crate) same_as: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
