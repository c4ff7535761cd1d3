use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use tokio::runtime::{Handle, RuntimeFlavor};
use yuntu_ledger::{Leaf, Log};
use yuntu_terms::clause;

use crate::dialect::Lock;
use crate::entity::ledger_leaf;
use crate::error::StoreError;
use crate::link::Link;
use crate::read::Reader;
use crate::rows::{Place, number};
use crate::store::Store;
use crate::tx::{LeafId, Tx};

// A batch bounds how long the lock is held and how much memory the leaves take.
const BATCH: u64 = 4_096;

const INDEX: Place = Place("ledger_leaf", "leaf_index");

/// What one call of the sequencer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequenced {
    /// How many leaves got their index by this call.
    pub numbered: u64,
    /// How many entries the ledger holds now.
    pub size: u64,
}

impl Store {
    /// Gives each committed leaf its place and writes the leaves into the ledger.
    ///
    /// The database comes first: a leaf's index is committed before the leaf goes to a file, so that whatever is lost
    /// between the two is written by the next call, in the same order. Callers in several processes may overlap; each
    /// leaf gets exactly one index and the indices have no gaps.
    ///
    /// # Errors
    /// [`StoreError::LedgerAhead`] when the files hold more than the database numbered, [`StoreError::Ledger`] when a
    /// file cannot be written, or a fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn sequence(&self, log: &mut Log) -> Result<Sequenced, StoreError> {
        clause::hit!(R23);
        let mut numbered = 0;
        loop {
            let batch = self
                .run_exempt("ledger.number", async |tx: Tx| number_batch(&tx).await)
                .await?;
            numbered += batch;
            if batch < BATCH {
                break;
            }
        }
        let reader = self.read();
        let rows = next_index(&reader.link).await?;
        if log.size() > rows {
            return Err(StoreError::LedgerAhead {
                files: log.size(),
                rows,
            });
        }
        while log.size() < rows {
            let first = log.size();
            let leaves = leaves_from(&reader.link, first).await?;
            off_the_workers(|| log.append_from(first, &leaves))?;
        }
        Ok(Sequenced {
            numbered,
            size: log.size(),
        })
    }
}

impl Reader {
    /// Returns the leaf's index in the ledger, or nothing while it has none.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such leaf, or a fault of the database.
    pub async fn leaf_index(&self, leaf: LeafId) -> Result<Option<u64>, StoreError> {
        let row = ledger_leaf::Entity::find_by_id(leaf.0)
            .one(&self.link)
            .await?;
        let row = row.ok_or(StoreError::Missing {
            what: "ledger leaf",
        })?;
        row.leaf_index.map(|index| INDEX.count(index)).transpose()
    }

    /// Counts the committed leaves that have no index yet.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn leaves_waiting(&self) -> Result<u64, StoreError> {
        use sea_orm::PaginatorTrait;
        let waiting = ledger_leaf::Entity::find().filter(ledger_leaf::Column::LeafIndex.is_null());
        Ok(waiting.count(&self.link).await?)
    }
}

async fn next_index(link: &Link) -> Result<u64, StoreError> {
    let sql = "SELECT COALESCE(MAX(leaf_index) + 1, 0) AS next_index FROM ledger_leaf";
    let row = link
        .query_one_raw(Statement::from_string(link.get_database_backend(), sql))
        .await?;
    let next: i64 = row.ok_or(INDEX.broken())?.try_get("", "next_index")?;
    INDEX.count(next)
}

/// Numbers what is committed, in the order of insertion, under the lock that makes numbering exclusive.
async fn number_batch(tx: &Tx) -> Result<u64, StoreError> {
    tx.dialect.lock(&tx.link, Lock::Sequencer).await?;
    let next = next_index(&tx.link).await?;
    let sql = "UPDATE ledger_leaf SET leaf_index = numbered.place FROM (\
               SELECT id, row_number() OVER (ORDER BY id) - 1 + $1 AS place \
               FROM ledger_leaf WHERE leaf_index IS NULL ORDER BY id LIMIT $2) AS numbered \
               WHERE ledger_leaf.id = numbered.id";
    let values = [number(next).into(), number(BATCH).into()];
    let backend = tx.link.get_database_backend();
    let done = tx
        .link
        .execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await?;
    Ok(done.rows_affected())
}

async fn leaves_from(link: &Link, first: u64) -> Result<Vec<Leaf>, StoreError> {
    let rows: Vec<Vec<u8>> = ledger_leaf::Entity::find()
        .select_only()
        .column(ledger_leaf::Column::Leaf)
        .filter(ledger_leaf::Column::LeafIndex.gte(number(first)))
        .order_by_asc(ledger_leaf::Column::LeafIndex)
        .limit(BATCH)
        .into_tuple()
        .all(link)
        .await?;
    if rows.is_empty() {
        return Err(INDEX.broken());
    }
    rows.into_iter()
        .map(|bytes| Leaf::from_bytes(bytes).map_err(StoreError::Entry))
        .collect()
}

/// Runs blocking work so that the runtime's other tasks go on, where the runtime has more than one worker.
fn off_the_workers<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
