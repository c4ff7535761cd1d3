use std::collections::BTreeSet;

use sea_orm::sea_query::{ExprTrait, SimpleExpr};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    prelude::Uuid,
};
use yuntu_terms::{DepositId, EnterpriseId, Timestamp};
use yuntu_vault::{KeyScope, SealContext, Sealed};

use crate::entity::{deposit, import_job};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, number, one_row};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "deposit";

/// A file that was laid down, or is being laid down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepositRow {
    /// The id.
    pub id: DepositId,
    /// Whose it is.
    pub enterprise: EnterpriseId,
    /// The name that it came with.
    pub name: String,
    /// How long it is, once it is there whole.
    pub bytes: Option<u64>,
    /// When it was begun.
    pub created: Timestamp,
}

fn context(row: &[u8]) -> SealContext<'_> {
    SealContext {
        table: TABLE,
        row,
        column: "name_sealed",
    }
}

impl Store {
    /// Notes a deposit before anything of it is written, so that none can be forgotten.
    ///
    /// # Errors
    /// [`StoreError::Vault`], or a fault of the database.
    ///
    /// # Clause
    /// R22
    pub async fn begin_deposit(
        &self,
        enterprise: EnterpriseId,
        id: DepositId,
        name: &str,
    ) -> Result<(), StoreError> {
        let (scope, uuid) = (KeyScope::Enterprise(enterprise), id.uuid());
        let context = context(uuid.as_bytes());
        let sealed = self.vault.seal(&scope, &context, name.as_bytes()).await?;
        let sealed = sealed.into_bytes();
        self.run_exempt("deposit.begin", async |tx: Tx| {
            let row = deposit::Model {
                id: id.uuid(),
                enterprise_id: enterprise.uuid(),
                name_sealed: sealed.clone(),
                bytes: None,
                created_at: tx.now().as_micros(),
            };
            insert(&tx.link, row).await
        })
        .await
    }

    /// Finds a deposit of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when its name cannot be opened, or a fault of the database.
    pub async fn find_deposit(
        &self,
        enterprise: EnterpriseId,
        id: DepositId,
    ) -> Result<Option<DepositRow>, StoreError> {
        let row = deposit::Entity::find_by_id(id.uuid())
            .filter(deposit::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.read().link)
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let sealed = Sealed::from_bytes(row.name_sealed)?;
        let scope = KeyScope::Enterprise(enterprise);
        let context = context(row.id.as_bytes());
        let plain = self.vault.unseal(&scope, &context, &sealed).await?;
        let name = String::from_utf8_lossy(plain.expose()).into_owned();
        let bytes = row.bytes.map(|bytes| Place(TABLE, "bytes").count(bytes));
        Ok(Some(DepositRow {
            id,
            enterprise,
            name,
            bytes: bytes.transpose()?,
            created: moment(row.created_at),
        }))
    }
}

impl Tx {
    /// Records that a deposit is there whole.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such deposit that is being laid down.
    ///
    /// # Clause
    /// U3
    pub async fn finish_deposit(
        &self,
        enterprise: EnterpriseId,
        id: DepositId,
        bytes: u64,
    ) -> Result<(), StoreError> {
        let done = deposit::Entity::update_many()
            .col_expr(deposit::Column::Bytes, Some(number(bytes)).into())
            .filter(deposit::Column::Id.eq(id.uuid()))
            .filter(deposit::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(deposit::Column::Bytes.is_null())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }

    /// Forgets a deposit that is removed; says whether it was there.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R14
    pub async fn forget_deposit(&self, id: DepositId) -> Result<bool, StoreError> {
        let row = deposit::Entity::delete_by_id(id.uuid());
        Ok(row.exec(&self.link).await?.rows_affected > 0)
    }
}

impl Reader {
    /// Lists deposits that may go: those begun before a moment for which no import waits, those whose imports have all ended,
    /// and those that broke off while they were laid down, which shows by another moment.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deposits_due(
        &self,
        before: Timestamp,
        broken_before: Timestamp,
        most: u64,
    ) -> Result<Vec<(EnterpriseId, DepositId)>, StoreError> {
        use import_job::Column;
        let id = deposit::Column::Id;
        let ended = deposits_of(Column::FinishedAt.is_not_null());
        let ended = id.in_subquery(ended.into_query());
        let awaited = deposits_of(Column::FinishedAt.is_null());
        let left = id.not_in_subquery(awaited.into_query());
        let created = deposit::Column::CreatedAt;
        let old = created.lt(before.as_micros());
        let broken = deposit::Column::Bytes
            .is_null()
            .and(created.lt(broken_before.as_micros()));
        let rows = deposit::Entity::find()
            .filter(left.and(old.or(ended)).or(broken))
            .order_by_asc(deposit::Column::CreatedAt)
            .limit(most)
            .all(&self.link)
            .await?;
        let ids = rows.into_iter().map(|row| {
            let enterprise = EnterpriseId::from_uuid(row.enterprise_id);
            (enterprise, DepositId::from_uuid(row.id))
        });
        Ok(ids.collect())
    }

    /// Lists the deposits for which an import waits that has not ended.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn deposits_awaited(&self) -> Result<BTreeSet<DepositId>, StoreError> {
        let ids = deposits_of(import_job::Column::FinishedAt.is_null());
        let ids: Vec<Uuid> = ids.into_tuple().all(&self.link).await?;
        Ok(ids.into_iter().map(DepositId::from_uuid).collect())
    }
}

/// Chooses the deposits of those imports.
fn deposits_of(which: SimpleExpr) -> Select<import_job::Entity> {
    import_job::Entity::find()
        .select_only()
        .column(import_job::Column::DepositId)
        .filter(import_job::Column::DepositId.is_not_null())
        .filter(which)
}
