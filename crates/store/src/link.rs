use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, Statement,
};

use crate::error::{DatabaseFault, FaultClass};

/// The way from the program to the database: a pool that only reads, or an open transaction that notes what passes.
#[derive(Debug, Clone)]
pub(crate) enum Link {
    Pool(DatabaseConnection),
    Open(Arc<Open>),
}

/// An open transaction and what was seen of it.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) transaction: DatabaseTransaction,
    mutated: AtomicBool,
    appended: AtomicU32,
    lost: AtomicBool,
}

impl Open {
    pub(crate) fn new(transaction: DatabaseTransaction) -> Self {
        Self {
            transaction,
            mutated: AtomicBool::new(false),
            appended: AtomicU32::new(0),
            lost: AtomicBool::new(false),
        }
    }

    /// Notes a ledger entry.
    pub(crate) fn note_append(&self) {
        self.appended.fetch_add(1, Ordering::Relaxed);
    }

    /// Says whether rows changed and the ledger got nothing.
    pub(crate) fn is_unrecorded(&self) -> bool {
        self.mutated.load(Ordering::Relaxed) && self.appended.load(Ordering::Relaxed) == 0
    }

    /// Says whether a statement failed because another transaction was in the way.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    fn note<T>(&self, outcome: Result<T, DbErr>) -> Result<T, DbErr> {
        if let Err(error) = &outcome
            && DatabaseFault::from(error).class() == FaultClass::Busy
        {
            self.lost.store(true, Ordering::Relaxed);
        }
        outcome
    }
}

fn reads_only(sql: &str) -> bool {
    let first = sql.split_ascii_whitespace().next().unwrap_or_default();
    first.eq_ignore_ascii_case("select")
}

impl Link {
    fn admit(&self, sql: &str) -> Result<(), DbErr> {
        if reads_only(sql) {
            return Ok(());
        }
        match self {
            // INVARIANT: a row changes only inside a transaction, where the ledger entry is asked for.
            Self::Pool(_) => Err(DbErr::Custom("a write outside a transaction".to_owned())),
            Self::Open(open) => {
                open.mutated.store(true, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}

#[async_trait]
impl ConnectionTrait for Link {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pool(pool) => pool.get_database_backend(),
            Self::Open(open) => open.transaction.get_database_backend(),
        }
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.admit(&stmt.sql)?;
        match self {
            Self::Pool(pool) => pool.execute_raw(stmt).await,
            Self::Open(open) => open.note(open.transaction.execute_raw(stmt).await),
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.admit(sql)?;
        match self {
            Self::Pool(pool) => pool.execute_unprepared(sql).await,
            Self::Open(open) => open.note(open.transaction.execute_unprepared(sql).await),
        }
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.admit(&stmt.sql)?;
        match self {
            Self::Pool(pool) => pool.query_one_raw(stmt).await,
            Self::Open(open) => open.note(open.transaction.query_one_raw(stmt).await),
        }
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.admit(&stmt.sql)?;
        match self {
            Self::Pool(pool) => pool.query_all_raw(stmt).await,
            Self::Open(open) => open.note(open.transaction.query_all_raw(stmt).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reads_only;

    #[test]
    fn only_a_select_counts_as_reading() {
        assert!(reads_only("SELECT 1"));
        assert!(reads_only("  select id FROM job"));
        for sql in [
            "INSERT INTO t",
            "UPDATE t",
            "DELETE",
            "WITH x AS (SELECT 1) DELETE FROM t",
            "PRAGMA x",
            "",
        ] {
            assert!(!reads_only(sql), "{sql}");
        }
    }
}
