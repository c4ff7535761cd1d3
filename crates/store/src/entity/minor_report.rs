use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "minor_report")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    #[sea_orm(column_type = "Blob")]
    pub(crate) receipt_mac: Vec<u8>,
    #[sea_orm(column_type = "Blob")]
    pub(crate) network_mac: Vec<u8>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) account_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) enterprise_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) person_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) why_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) contact_sealed: Option<Vec<u8>>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) words_sealed: Option<Vec<u8>>,
    pub(crate) lang: String,
    pub(crate) state: String,
    pub(crate) account_id: Option<Uuid>,
    pub(crate) decided_by: Option<Uuid>,
    pub(crate) reported_at: i64,
    pub(crate) due_at: i64,
    pub(crate) decided_at: Option<i64>,
    pub(crate) erase_at: Option<i64>,
    pub(crate) settled_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
