use std::future::Future;
use std::sync::Arc;

use yuntu_ledger::Pseudonym;
use yuntu_terms::{RepresentativeId, Timestamp};
use yuntu_vault::{KeyScope, Vault};

use crate::database::Database;
use crate::error::StoreError;
use crate::link::Link;
use crate::read::Reader;
use crate::tx::Tx;

/// The rows of the platform: one type over both databases.
///
/// Rows are read through [`Store::read`] and changed inside [`Store::run_tx`]; facts for the policy come from
/// [`Store::facts`]. Values are sealed before a transaction begins, because a new key is a write of its own.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) database: Database,
    pub(crate) vault: Arc<Vault>,
}

impl Store {
    /// Joins an open database with the vault, whose keys may lie on the database's own [shelf](Database::key_shelf).
    pub const fn new(database: Database, vault: Arc<Vault>) -> Self {
        Self { database, vault }
    }

    /// Returns the database under the store.
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// Returns the vault.
    pub const fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// Returns the reading side: each call sees what is committed.
    pub fn read(&self) -> Reader {
        Reader::new(Link::Pool(self.database.pool.clone()))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.database.clock.now()
    }

    /// Runs the body in a transaction of this name and commits what it did.
    ///
    /// The body may run several times, because a transaction that loses against others is tried again: it must do
    /// nothing that lasts outside the transaction. Transactions behave as if they ran one after another, on both
    /// databases.
    ///
    /// # Errors
    /// What the body returns; [`StoreError::Unrecorded`] when it changed rows and appended nothing to the ledger;
    /// [`StoreError::Contended`] when it lost every attempt; or a fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn run_tx<T, E, F, R>(&self, name: &'static str, body: F) -> Result<T, E>
    where
        F: Fn(Tx) -> R + Send + Sync,
        R: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: From<StoreError> + Send,
    {
        self.database.run_kept(name, body).await
    }

    /// Runs housekeeping that owes the ledger nothing.
    pub(crate) async fn run_exempt<T, F, R>(
        &self,
        name: &'static str,
        body: F,
    ) -> Result<T, StoreError>
    where
        F: Fn(Tx) -> R + Send + Sync,
        R: Future<Output = Result<T, StoreError>> + Send,
        T: Send,
    {
        self.database.run_exempt(name, body).await
    }

    /// Returns the name under which a representative stands in the ledger; it points to nobody once the
    /// representative's key is destroyed.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or the vault fails.
    ///
    /// # Clause
    /// R23
    pub async fn pseudonym(
        &self,
        representative: RepresentativeId,
    ) -> Result<Pseudonym, StoreError> {
        let scope = KeyScope::Representative(representative);
        let mac = self
            .vault
            .mac(&scope, "ledger.actor", representative.uuid().as_bytes())
            .await?;
        Ok(Pseudonym::from_mac(mac))
    }
}
