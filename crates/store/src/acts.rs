use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use yuntu_ledger::{Entry, Leaf};
use yuntu_terms::{AccountId, Timestamp, clause};

use crate::entity::{account_act, ledger_leaf};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert};
use crate::store::Store;
use crate::tx::{LeafId, Tx};

/// How long a person finds her acts at least: the longest six months have 184 days (R1).
pub const OWN_ACTS_DAYS_MIN: i32 = 184;

impl Tx {
    /// Puts an entry into the ledger and into the person's own log.
    ///
    /// # Errors
    /// As [`Tx::append`], and [`StoreError::Missing`] when there is no such account.
    ///
    /// # Clause
    /// R1, R23
    pub async fn append_own(
        &self,
        account: AccountId,
        entry: &Entry,
    ) -> Result<LeafId, StoreError> {
        clause::hit!(R1);
        let leaf = self.append(entry).await?;
        let row = account_act::Model {
            leaf_id: leaf.0,
            account_id: account.uuid(),
            acted_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("account"))?;
        Ok(leaf)
    }
}

impl Reader {
    /// Lists entries of a person's own log, newest first, each with its number; of those before a number if one is named.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when an entry cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R1
    pub async fn list_own_acts(
        &self,
        account: AccountId,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<(i64, Entry)>, StoreError> {
        let mut own = account_act::Entity::find()
            .select_only()
            .column(account_act::Column::LeafId)
            .filter(account_act::Column::AccountId.eq(account.uuid()));
        if let Some(before) = before {
            own = own.filter(account_act::Column::LeafId.lt(before));
        }
        let ids: Vec<i64> = own
            .order_by_desc(account_act::Column::LeafId)
            .limit(limit)
            .into_tuple()
            .all(&self.link)
            .await?;
        let rows = ledger_leaf::Entity::find()
            .filter(ledger_leaf::Column::Id.is_in(ids))
            .order_by_desc(ledger_leaf::Column::Id)
            .all(&self.link)
            .await?;
        let broken = || Place("ledger_leaf", "leaf").broken();
        rows.into_iter()
            .map(|row| {
                let leaf = Leaf::from_bytes(row.leaf).map_err(|_form| broken())?;
                let entry = leaf.entry().map_err(|_form| broken())?;
                Ok((row.id, entry))
            })
            .collect()
    }
}

impl Store {
    /// Sweeps from people's own logs what happened before this moment, but nothing younger than
    /// [`OWN_ACTS_DAYS_MIN`] days; returns how many. The ledger keeps its entries, which nothing ties to a person then.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R1
    pub async fn delete_own_acts_before(&self, before: Timestamp) -> Result<u64, StoreError> {
        let before = before.min(self.now().plus_days(-OWN_ACTS_DAYS_MIN));
        self.run_exempt("own_acts.sweep", async |tx: Tx| {
            let done = account_act::Entity::delete_many()
                .filter(account_act::Column::ActedAt.lt(before.as_micros()))
                .exec(&tx.link)
                .await?;
            Ok(done.rows_affected)
        })
        .await
    }
}
