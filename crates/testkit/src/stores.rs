use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use tempfile::TempDir;
use yuntu_store::{Database, DatabaseConfig, Store};
use yuntu_terms::{Clock, Entropy, MockClock, SystemEntropy, Timestamp};
use yuntu_vault::{Argon2Costs, FileProvider, Suite, Unlock, Vault, VaultParts};

use crate::postgres::{OwnDatabase, Postgres};

/// The databases that the product runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A store on a migrated database of its own, with a vault on its rows and a clock that stands still.
#[derive(Debug)]
pub struct TestStore {
    /// The store.
    pub store: Store,
    /// The clock of the store; it starts in the morning of 21 March 2026.
    pub clock: MockClock,
    config: DatabaseConfig,
    own: Option<OwnDatabase>,
    folder: TempDir,
}

impl TestStore {
    /// Makes a store on a database of this kind.
    ///
    /// # Errors
    /// When a part is missing or does not start; the message says what to do.
    pub async fn on(backend: Backend) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (config, own) = match backend {
            Backend::Sqlite => (DatabaseConfig::new(sqlite_url(folder.path())), None),
            Backend::Postgres => {
                let own = Postgres::shared()?.own_database(migrate).await?;
                (DatabaseConfig::new(own.url()), Some(own))
            }
        };
        let clock = MockClock::new(start());
        write_credential(&credential(folder.path()))?;
        let store = open(&config, &clock, folder.path()).await?;
        Ok(Self {
            store,
            clock,
            config,
            own,
            folder,
        })
    }

    /// Makes a store on a SQLite file.
    ///
    /// # Errors
    /// As [`TestStore::on`].
    pub async fn sqlite() -> Result<Self> {
        Self::on(Backend::Sqlite).await
    }

    /// Makes a store on a PostgreSQL database.
    ///
    /// # Errors
    /// As [`TestStore::on`].
    pub async fn postgres() -> Result<Self> {
        Self::on(Backend::Postgres).await
    }

    /// Opens the same database and keys once more, as another process would.
    ///
    /// # Errors
    /// As [`TestStore::on`].
    pub async fn reopen(&self) -> Result<Store> {
        open(&self.config, &self.clock, self.folder.path()).await
    }

    /// Returns the configuration of the database.
    pub const fn config(&self) -> &DatabaseConfig {
        &self.config
    }

    /// Returns the address of the database.
    pub fn url(&self) -> String {
        match &self.own {
            Some(own) => own.url().to_owned(),
            None => sqlite_url(self.folder.path()),
        }
    }

    /// Returns the folder that goes with the value.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Reads every byte that the database keeps on disk: the file and its log, or the files of the server's database.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn raw_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let Some(own) = &self.own else {
            for file in fs::read_dir(self.folder.path())? {
                let path = file?.path();
                if path
                    .file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with("yuntu.db"))
                {
                    bytes.extend(fs::read(path)?);
                }
            }
            return Ok(bytes);
        };
        let server = Postgres::shared()?;
        server.sql("CHECKPOINT")?;
        let data = server.sql("SHOW data_directory")?;
        let name = own.name();
        let oid = server.sql(&format!(
            "SELECT oid FROM pg_database WHERE datname = '{name}'"
        ))?;
        for file in fs::read_dir(PathBuf::from(data.trim()).join("base").join(oid.trim()))? {
            bytes.extend(fs::read(file?.path())?);
        }
        Ok(bytes)
    }
}

/// The moment at which the tests' clocks start.
fn start() -> Timestamp {
    // 2026-03-21T08:00:00Z.
    Timestamp::from_micros(1_774_080_000_000_000)
}

fn sqlite_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("yuntu.db").display())
}

fn credential(folder: &Path) -> PathBuf {
    folder.join("credential")
}

fn write_credential(path: &Path) -> Result<()> {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes)?;
    fs::write(path, bytes)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(())
}

async fn migrate(url: String) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(MockClock::new(start()));
    let database =
        Database::connect(&DatabaseConfig::new(url), clock, Arc::new(SystemEntropy)).await?;
    database.close().await?;
    Ok(())
}

async fn open(config: &DatabaseConfig, clock: &MockClock, folder: &Path) -> Result<Store> {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let database = Database::connect(config, Arc::clone(&clock), Arc::clone(&entropy)).await?;
    let unlock = Unlock::Credential(credential(folder));
    let file = folder.join("keys");
    let provider = if file.exists() {
        FileProvider::open(&file, &unlock)
    } else {
        FileProvider::create(
            &file,
            &unlock,
            Suite::International,
            Argon2Costs::LEAST,
            &*entropy,
        )
    };
    let parts = VaultParts {
        provider: Arc::new(provider.context("the key file cannot be used")?),
        shelf: database.key_shelf(),
        clock,
        entropy,
        suite: Suite::International,
    };
    let vault = Vault::open(parts).await?;
    Ok(Store::new(database, Arc::new(vault)))
}

impl TestStore {
    /// Opens the store of another process's [`TestStore`] by the address of its database and its folder.
    ///
    /// # Errors
    /// As [`TestStore::on`].
    pub async fn open_other(url: &str, folder: &Path) -> Result<Store> {
        let config = DatabaseConfig::new(url.to_owned());
        open(&config, &MockClock::new(start()), folder).await
    }
}
