use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Uuid,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "help_look")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) help_id: Uuid,
    pub(crate) operator_id: Uuid,
    pub(crate) scope: String,
    #[sea_orm(column_type = "Blob", nullable)]
    pub(crate) statement_sealed: Option<Vec<u8>>,
    pub(crate) permit_id: Option<Uuid>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) reasons: Option<String>,
    pub(crate) leaf_id: i64,
    pub(crate) looked_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
