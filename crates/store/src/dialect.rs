//! What differs between SQLite and PostgreSQL; nothing outside this file asks which of them it talks to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sea_orm::sqlx::Error;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr, IsolationLevel, RuntimeErr,
    SqliteTransactionMode, Statement, TransactionOptions,
};

use crate::config::DatabaseConfig;
use crate::error::{FaultClass, StoreError};

/// One of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// How strictly a transaction is kept apart from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// As if transactions ran one after another; the same meaning on both databases.
    Serial,
    /// Each statement sees what is committed; for queues and numbering under a lock.
    Committed,
}

/// The locks that are held until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    Migration,
    Sequencer,
}

impl Lock {
    // Any two constants serve, as long as nothing else on the server uses them.
    const fn number(self) -> i64 {
        match self {
            Self::Migration => 0x5975_6e74_7501,
            Self::Sequencer => 0x5975_6e74_7502,
        }
    }
}

impl Dialect {
    pub(crate) fn of_url(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Ok(Self::Postgres);
        }
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() && !path.contains("memory") => Ok(Self::Sqlite),
            _ => Err(StoreError::Address),
        }
    }

    pub(crate) fn connect_options(self, config: &DatabaseConfig) -> ConnectOptions {
        let mut options = ConnectOptions::new(config.url());
        // Statements and their values stay out of logs and spans.
        options
            .sqlx_logging(false)
            .record_stmt_in_spans(false)
            .max_connections(config.connections_max)
            .acquire_timeout(config.busy_timeout.max(Duration::from_secs(1)))
            .test_before_acquire(false);
        match self {
            Self::Sqlite => {
                let busy = config.busy_timeout;
                options.map_sqlx_sqlite_opts(move |sqlite| {
                    sqlite
                        .create_if_missing(true)
                        .journal_mode(SqliteJournalMode::Wal)
                        .synchronous(SqliteSynchronous::Full)
                        .foreign_keys(true)
                        .busy_timeout(busy)
                        .pragma("secure_delete", "ON")
                });
            }
            Self::Postgres => {
                options.set_application_name("yuntu");
            }
        }
        options
    }

    /// Reads back the settings on which durability, integrity and erasure depend.
    pub(crate) async fn check_settings(self, db: &DatabaseConnection) -> Result<(), StoreError> {
        let wanted: &[(&'static str, &str)] = match self {
            Self::Sqlite => &[
                ("journal_mode", "wal"),
                ("synchronous", "2"),
                ("foreign_keys", "1"),
                ("secure_delete", "1"),
            ],
            // `fsync` belongs to the server's owner; `synchronous_commit` to the session.
            Self::Postgres => &[("server_encoding", "UTF8")],
        };
        for (setting, value) in wanted {
            if self.setting(db, setting).await?.as_deref() != Some(*value) {
                return Err(StoreError::Setting { setting });
            }
        }
        Ok(())
    }

    async fn setting(
        self,
        db: &DatabaseConnection,
        name: &str,
    ) -> Result<Option<String>, StoreError> {
        let sql = match self {
            Self::Sqlite => format!("PRAGMA {name}"),
            Self::Postgres => format!("SHOW {name}"),
        };
        let row = db
            .query_one_raw(Statement::from_string(db.get_database_backend(), sql))
            .await?;
        let Some(row) = row else { return Ok(None) };
        if let Ok(text) = row.try_get_by_index::<String>(0) {
            return Ok(Some(text));
        }
        Ok(Some(row.try_get_by_index::<i64>(0)?.to_string()))
    }

    /// Says whether writers must be let in one by one inside this process.
    pub(crate) const fn one_writer(self) -> bool {
        matches!(self, Self::Sqlite)
    }

    pub(crate) const fn begin_options(self, isolation: Isolation) -> TransactionOptions {
        match self {
            // The write lock is taken at once: a transaction that reads first and writes later could not wait for it.
            Self::Sqlite => TransactionOptions {
                isolation_level: None,
                access_mode: None,
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            },
            Self::Postgres => TransactionOptions {
                isolation_level: Some(match isolation {
                    Isolation::Serial => IsolationLevel::Serializable,
                    Isolation::Committed => IsolationLevel::ReadCommitted,
                }),
                access_mode: None,
                sqlite_transaction_mode: None,
            },
        }
    }

    /// Holds the lock until the transaction ends.
    pub(crate) async fn lock<C: ConnectionTrait>(self, tx: &C, lock: Lock) -> Result<(), DbErr> {
        match self {
            // The transaction holds the only write lock already.
            Self::Sqlite => Ok(()),
            Self::Postgres => {
                let sql = format!("SELECT pg_advisory_xact_lock({})", lock.number());
                let statement = Statement::from_string(tx.get_database_backend(), sql);
                tx.query_one_raw(statement).await.map(drop)
            }
        }
    }

    /// Lists every column of every table, for comparison with what is classified.
    pub(crate) async fn live_columns<C: ConnectionTrait>(
        self,
        db: &C,
    ) -> Result<BTreeSet<(String, String)>, StoreError> {
        let sql = match self {
            Self::Sqlite => {
                "SELECT m.name AS table_name, c.name AS column_name \
                 FROM sqlite_schema AS m, pragma_table_info(m.name) AS c \
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            }
            Self::Postgres => {
                "SELECT table_name::text AS table_name, column_name::text AS column_name \
                 FROM information_schema.columns WHERE table_schema = 'public'"
            }
        };
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let mut columns = BTreeSet::new();
        for row in db.query_all_raw(statement).await? {
            columns.insert((
                row.try_get("", "table_name")?,
                row.try_get("", "column_name")?,
            ));
        }
        Ok(columns)
    }

    /// Counts the rows of every table that the database tells of.
    pub(crate) async fn live_rows<C: ConnectionTrait>(
        self,
        db: &C,
    ) -> Result<BTreeMap<String, i64>, StoreError> {
        let mut rows = BTreeMap::new();
        for (table, _column) in self.live_columns(db).await? {
            if rows.contains_key(&table) {
                continue;
            }
            let sql = format!("SELECT COUNT(*) AS row_count FROM \"{table}\"");
            let statement = Statement::from_string(db.get_database_backend(), sql);
            if let Some(row) = db.query_one_raw(statement).await? {
                rows.insert(table, row.try_get("", "row_count")?);
            }
        }
        Ok(rows)
    }

    /// Lets go of the bytes of destroyed keys as far as is cheap; [`Dialect::scrub`] does the rest.
    pub(crate) async fn forget_keys(self, db: &DatabaseConnection) -> Result<(), StoreError> {
        let sql = match self {
            Self::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)",
            Self::Postgres => "VACUUM wrapped_key",
        };
        db.execute_unprepared(sql).await?;
        Ok(())
    }

    /// Makes the database let go of the bytes of removed rows: SQLite overwrites them at once and keeps them in its
    /// log until it is cut; PostgreSQL keeps them in place until the table is rewritten.
    pub(crate) async fn scrub(self, db: &DatabaseConnection) -> Result<(), StoreError> {
        let statements: &[&str] = match self {
            Self::Sqlite => &["PRAGMA wal_checkpoint(TRUNCATE)"],
            Self::Postgres => &[
                OLDER_WORK_GONE,
                "VACUUM (FULL) wrapped_key",
                "VACUUM (FULL) representative",
                "VACUUM (FULL) outbox",
                "VACUUM (FULL) account",
                "VACUUM (FULL) account_act",
                "VACUUM (FULL) code",
                "VACUUM (FULL) session",
                "VACUUM (FULL) sign_in_failure",
                "VACUUM (FULL) sign_in_try",
                "VACUUM (FULL) device",
                "VACUUM (FULL) factor",
                "VACUUM (FULL) recovery_code",
                "VACUUM (FULL) ticket",
                "VACUUM (FULL) ceremony",
                "VACUUM (FULL) invitation",
                "VACUUM (FULL) api_token",
                "VACUUM (FULL) minor_report",
                "VACUUM (FULL) paper",
                "VACUUM (FULL) paper_chunk",
                "VACUUM (FULL) application",
                "VACUUM (FULL) application_value",
                "VACUUM (FULL) application_message",
                "VACUUM (FULL) document",
                "VACUUM (FULL) document_chunk",
                "CHECKPOINT",
            ],
        };
        for sql in statements {
            db.execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

/// Waits up to ten seconds until nothing that began before now is left, and fails as busy otherwise.
///
/// A rewrite carries over every removed row that its own snapshot or another of this database may still see. Its own
/// snapshot reaches back to the oldest running transaction of the whole server, whatever database that writes to; so
/// both are waited for. Standbys that hold rows back count as readers.
const OLDER_WORK_GONE: &str = "\
    DO $$ DECLARE horizon xid8 := pg_current_xact_id(); BEGIN \
      FOR turn IN 1..200 LOOP \
        PERFORM pg_stat_clear_snapshot(); \
        IF pg_snapshot_xmin(pg_current_snapshot()) >= horizon \
          AND NOT EXISTS (SELECT 1 FROM pg_stat_activity \
            WHERE (datname = current_database() OR datname IS NULL) AND pid <> pg_backend_pid() \
              AND backend_xmin IS NOT NULL AND age(backend_xmin) > age(horizon::xid)) \
          AND NOT EXISTS (SELECT 1 FROM pg_replication_slots \
            WHERE xmin IS NOT NULL AND age(xmin) > age(horizon::xid)) \
        THEN RETURN; END IF; \
        PERFORM pg_sleep(0.05); \
      END LOOP; \
      RAISE EXCEPTION 'older transactions keep removed rows' USING ERRCODE = '55P03'; END $$";

/// Sorts a fault of the driver by what a caller can do about it, with the database's own code.
pub(crate) fn classify(error: &DbErr) -> (FaultClass, Option<String>) {
    let (DbErr::Conn(RuntimeErr::SqlxError(inner))
    | DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))) = error
    else {
        let class = if matches!(error, DbErr::ConnectionAcquire(_)) {
            FaultClass::Unavailable
        } else if matches!(error, DbErr::RecordNotInserted | DbErr::RecordNotUpdated) {
            FaultClass::Unique
        } else {
            FaultClass::Other
        };
        return (class, None);
    };
    if let Error::Database(fault) = inner.as_ref() {
        let code = fault.code().map(std::borrow::Cow::into_owned);
        let class = if fault.is_unique_violation() {
            FaultClass::Unique
        } else if fault.is_foreign_key_violation() {
            FaultClass::Reference
        } else {
            code.as_deref().map_or(FaultClass::Other, class_of_code)
        };
        return (class, code);
    }
    (class_of_driver(inner), None)
}

fn class_of_driver(error: &Error) -> FaultClass {
    if matches!(
        error,
        Error::PoolTimedOut
            | Error::PoolClosed
            | Error::WorkerCrashed
            | Error::Io(_)
            | Error::Tls(_)
            | Error::Protocol(_)
    ) {
        FaultClass::Unavailable
    } else if matches!(
        error,
        Error::ColumnDecode { .. } | Error::Decode(_) | Error::Encode(_)
    ) {
        FaultClass::Value
    } else {
        FaultClass::Other
    }
}

fn class_of_code(code: &str) -> FaultClass {
    match code {
        // PostgreSQL: serialization failure, deadlock, lock not available.
        "40001" | "40P01" | "55P03" => FaultClass::Busy,
        // PostgreSQL: starting up, shutting down, too many connections.
        "57P01" | "57P02" | "57P03" | "53300" => FaultClass::Unavailable,
        "53100" => FaultClass::Full,
        "XX001" | "XX002" => FaultClass::Damaged,
        code if code.len() == 5 && (code.starts_with("22") || code.starts_with("23")) => {
            FaultClass::Value
        }
        code if code.len() == 5 && code.starts_with("08") => FaultClass::Unavailable,
        // SQLite: the low byte is the primary code, the rest refines it.
        code => match code.parse::<u32>().map(|number| number & 0xff) {
            Ok(5 | 6) => FaultClass::Busy,
            Ok(11 | 26) => FaultClass::Damaged,
            Ok(13) => FaultClass::Full,
            Ok(10 | 14) => FaultClass::Unavailable,
            Ok(18..=20) => FaultClass::Value,
            _ => FaultClass::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_without_the_settings_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!(
            "sqlite:{}?mode=rwc",
            folder.path().join("plain.db").display()
        );
        let plain = sea_orm::Database::connect(&url).await.unwrap();
        let error = Dialect::Sqlite.check_settings(&plain).await.unwrap_err();
        assert!(matches!(
            error,
            StoreError::Setting {
                setting: "journal_mode"
            }
        ));
        plain
            .execute_unprepared("PRAGMA journal_mode = WAL")
            .await
            .unwrap();
        plain
            .execute_unprepared("PRAGMA synchronous = NORMAL")
            .await
            .unwrap();
        let error = Dialect::Sqlite.check_settings(&plain).await.unwrap_err();
        assert!(matches!(
            error,
            StoreError::Setting {
                setting: "synchronous"
            }
        ));
        plain
            .execute_unprepared("PRAGMA synchronous = FULL")
            .await
            .unwrap();
        plain
            .execute_unprepared("PRAGMA secure_delete = OFF")
            .await
            .unwrap();
        let error = Dialect::Sqlite.check_settings(&plain).await.unwrap_err();
        assert!(matches!(
            error,
            StoreError::Setting {
                setting: "secure_delete"
            }
        ));
    }

    #[test]
    fn codes_of_both_databases_fall_into_classes() {
        for (code, class) in [
            ("40001", FaultClass::Busy),
            ("40P01", FaultClass::Busy),
            ("5", FaultClass::Busy),
            ("517", FaultClass::Busy),
            ("53100", FaultClass::Full),
            ("13", FaultClass::Full),
            ("11", FaultClass::Damaged),
            ("22021", FaultClass::Value),
            ("08006", FaultClass::Unavailable),
            ("10", FaultClass::Unavailable),
            ("XX000", FaultClass::Other),
            ("1", FaultClass::Other),
        ] {
            assert_eq!(class_of_code(code), class, "{code}");
        }
    }
}
