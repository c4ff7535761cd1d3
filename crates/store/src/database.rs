use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};
use sea_orm_migration::MigratorTrait;
use tokio::sync::Semaphore;
use yuntu_terms::{Clock, Entropy, Timestamp, clause};

use crate::config::{DatabaseConfig, Migrate};
use crate::dialect::{Dialect, Isolation, Lock};
use crate::error::StoreError;
use crate::migration::Migrator;
use crate::shelf::RowShelf;

/// An open database whose settings were read back and whose schema this program knows.
///
/// The vault keeps its wrapped keys on rows, and the store seals with the vault; so the database is opened first, its
/// [shelf](Self::key_shelf) goes into the vault, and both become a [`Store`](crate::Store).
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) pool: DatabaseConnection,
    pub(crate) dialect: Dialect,
    pub(crate) writers: Option<Arc<Semaphore>>,
    pub(crate) busy_timeout: Duration,
    statements: Arc<AtomicU64>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Database {
    /// Opens the database, reads its settings back, and brings the schema up to date if the configuration says so.
    ///
    /// # Errors
    /// [`StoreError::Address`], [`StoreError::Setting`], [`StoreError::SchemaNewer`], [`StoreError::SchemaPending`],
    /// or a fault of the database.
    pub async fn connect(
        config: &DatabaseConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let dialect = Dialect::of_url(config.url())?;
        let mut pool = sea_orm::Database::connect(dialect.connect_options(config)).await?;
        let statements = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&statements);
        pool.set_metric_callback(move |_statement| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        dialect.check_settings(&pool).await?;
        let database = Self {
            pool,
            dialect,
            writers: dialect.one_writer().then(|| Arc::new(Semaphore::new(1))),
            busy_timeout: config.busy_timeout,
            statements,
            clock,
            entropy,
        };
        database.bring_up_to_date(config.migrate).await?;
        Ok(database)
    }

    async fn bring_up_to_date(&self, migrate: Migrate) -> Result<(), StoreError> {
        // One transaction under a lock: two processes that start at once do not migrate twice, and a killed one
        // leaves nothing half made.
        let options = self.dialect.begin_options(Isolation::Committed);
        let tx = self.pool.begin_with_options(options).await?;
        self.dialect.lock(&tx, Lock::Migration).await?;
        let applied = applied_migrations(self.dialect, &tx).await?;
        let known: Vec<String> = Migrator::migrations()
            .iter()
            .map(|m| m.name().to_owned())
            .collect();
        if let Some(unknown) = applied.iter().find(|name| !known.contains(name)) {
            return Err(StoreError::SchemaNewer {
                migration: unknown.clone(),
            });
        }
        let missing = known.iter().filter(|name| !applied.contains(*name)).count();
        match migrate {
            Migrate::Require if missing > 0 => return Err(StoreError::SchemaPending { missing }),
            Migrate::Apply if missing > 0 => Migrator::up(&tx, None).await?,
            Migrate::Apply | Migrate::Require => {}
        }
        tx.commit().await?;
        Ok(())
    }

    /// Returns the present moment of the clock that the rows are dated by.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Counts the statements that this process has sent to the database since it opened it.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Returns the shelf on which the vault keeps its wrapped keys.
    pub fn key_shelf(&self) -> Arc<RowShelf> {
        Arc::new(RowShelf::new(self.clone()))
    }

    /// Rewrites what the database still holds of removed rows, so that none of their bytes is left in its files.
    ///
    /// # Errors
    /// Busy, when a transaction that may still see those rows goes on for more than ten seconds: nothing is rewritten,
    /// and it is to be tried again. Else a fault of the database.
    /// # Clause
    /// R14
    pub async fn scrub(&self) -> Result<(), StoreError> {
        clause::hit!(R14);
        self.dialect.scrub(&self.pool).await
    }

    /// Lists every column of every table as the database itself tells it.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn live_columns(&self) -> Result<BTreeSet<(String, String)>, StoreError> {
        self.dialect.live_columns(&self.pool).await
    }

    /// Counts the rows of every table.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn live_rows(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        self.dialect.live_rows(&self.pool).await
    }

    /// Closes every connection; what was acknowledged is on disk already.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn close(self) -> Result<(), StoreError> {
        self.pool.close().await?;
        Ok(())
    }
}

async fn applied_migrations<C: ConnectionTrait>(
    dialect: Dialect,
    db: &C,
) -> Result<BTreeSet<String>, StoreError> {
    let table = Migrator::migration_table_name().to_string();
    let exists = dialect
        .live_columns(db)
        .await?
        .iter()
        .any(|(name, _)| *name == table);
    if !exists {
        return Ok(BTreeSet::new());
    }
    let models = Migrator::get_migration_models(db).await?;
    Ok(models.into_iter().map(|model| model.version).collect())
}
