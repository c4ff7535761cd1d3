use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ActiveValue, DatabaseTransaction, DbErr, EntityTrait, RuntimeErr, TransactionTrait};
use tokio::sync::OwnedSemaphorePermit;
use yuntu_ledger::Entry;
use yuntu_terms::{Clock, Entropy, Id, Kind, Timestamp, clause};

use crate::database::Database;
use crate::dialect::{Dialect, Isolation};
use crate::entity::ledger_leaf;
use crate::error::{DatabaseFault, FaultClass, StoreError};
use crate::link::{Link, Open};
use crate::read::Reader;

// Enough for eight writers that all want the same row; who loses so often meets a lock that nobody gives back.
const ATTEMPTS_MAX: u32 = 16;
const BACKOFF: Duration = Duration::from_millis(2);
const BACKOFF_DOUBLINGS_MAX: u32 = 6;

/// The number of a ledger leaf in the order of insertion; its place in the ledger is known after sequencing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafId(pub(crate) i64);

impl LeafId {
    /// Names a leaf by its number, as a page of a list does.
    #[must_use]
    pub const fn of_number(number: i64) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

/// An open transaction; everything done through it happens as one, together with its ledger entries.
///
/// It rolls back when the body returns an error, when the body is dropped, and when it changed rows without
/// [appending](Tx::append) to the ledger.
#[derive(Debug)]
pub struct Tx {
    pub(crate) link: Link,
    pub(crate) dialect: Dialect,
    open: Arc<Open>,
    clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

/// Whether a transaction owes the ledger an entry for what it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Books {
    /// Each change needs a ledger entry.
    Kept,
    /// Housekeeping that changes nobody's rights: leases, numbering, keys.
    Exempt,
}

impl Tx {
    /// Returns the reading side of this transaction: it sees what the transaction wrote.
    pub fn read(&self) -> Reader {
        Reader::new(self.link.clone())
    }

    /// Returns the present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes a new id.
    ///
    /// # Errors
    /// [`StoreError::Entropy`] when the source of randomness fails.
    pub fn new_id<K: Kind>(&self) -> Result<Id<K>, StoreError> {
        Ok(Id::generate(self.clock.now(), &*self.entropy)?)
    }

    /// Puts an entry into the ledger, in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Ledger`] when the entry has no canonical form, or a fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn append(&self, entry: &Entry) -> Result<LeafId, StoreError> {
        clause::hit!(R23);
        let leaf = entry.to_leaf().map_err(StoreError::Entry)?;
        let row = ledger_leaf::ActiveModel {
            id: ActiveValue::NotSet,
            kind: ActiveValue::Set(entry.kind.as_str().to_owned()),
            leaf: ActiveValue::Set(leaf.into_bytes()),
            leaf_index: ActiveValue::Set(None),
            recorded_at: ActiveValue::Set(self.now().as_micros()),
        };
        let inserted = ledger_leaf::Entity::insert(row).exec(&self.link).await?;
        self.open.note_append();
        Ok(LeafId(inserted.last_insert_id))
    }
}

impl Database {
    /// Runs the body in a transaction that owes the ledger an entry for what it changes.
    pub(crate) async fn run_kept<T, E, F, R>(&self, name: &'static str, body: F) -> Result<T, E>
    where
        F: Fn(Tx) -> R + Send + Sync,
        R: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: From<StoreError> + Send,
    {
        self.run(name, Isolation::Serial, Books::Kept, body).await
    }

    /// Runs a change of keys, which owes the ledger nothing and is as strict as any transaction.
    pub(crate) async fn run_strict<T, F, R>(
        &self,
        name: &'static str,
        body: F,
    ) -> Result<T, StoreError>
    where
        F: Fn(Tx) -> R + Send + Sync,
        R: Future<Output = Result<T, StoreError>> + Send,
        T: Send,
    {
        self.run(name, Isolation::Serial, Books::Exempt, body).await
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
        self.run(name, Isolation::Committed, Books::Exempt, body)
            .await
    }

    async fn run<T, E, F, R>(
        &self,
        name: &'static str,
        isolation: Isolation,
        books: Books,
        body: F,
    ) -> Result<T, E>
    where
        F: Fn(Tx) -> R + Send + Sync,
        R: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: From<StoreError> + Send,
    {
        for attempt in 1..=ATTEMPTS_MAX {
            match self.attempt(name, isolation, books, &body).await {
                Attempt::Done(outcome) => return outcome,
                Attempt::Lost => {
                    tracing::debug!(
                        transaction.name = name,
                        transaction.attempt = attempt,
                        "transaction lost an attempt"
                    );
                    tokio::time::sleep(self.backoff(attempt)?).await;
                }
            }
        }
        Err(StoreError::Contended {
            name,
            attempts: ATTEMPTS_MAX,
        }
        .into())
    }

    async fn attempt<T, E, F, R>(
        &self,
        name: &'static str,
        isolation: Isolation,
        books: Books,
        body: &F,
    ) -> Attempt<T, E>
    where
        F: Fn(Tx) -> R + Send + Sync,
        R: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: From<StoreError> + Send,
    {
        let turn = match self.turn().await {
            Ok(turn) => turn,
            Err(error) => return Attempt::failed(error),
        };
        let (transaction, _turn) = match self.begin(isolation, turn).await {
            Ok(begun) => begun,
            Err(error) => return Attempt::of_fault(&error),
        };
        let open = Arc::new(Open::new(transaction));
        let tx = Tx {
            link: Link::Open(Arc::clone(&open)),
            dialect: self.dialect,
            open: Arc::clone(&open),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
        };
        let outcome = body(tx).await;
        let Some(open) = Arc::into_inner(open) else {
            return Attempt::failed(StoreError::Escaped { name });
        };
        match outcome {
            Ok(_) if books == Books::Kept && open.is_unrecorded() => {
                roll_back(open.transaction).await;
                Attempt::failed(StoreError::Unrecorded { name })
            }
            Ok(value) => match open.transaction.commit().await {
                Ok(()) => Attempt::Done(Ok(value)),
                Err(error) => Attempt::of_fault(&error),
            },
            Err(error) => {
                let lost = open.is_lost();
                roll_back(open.transaction).await;
                if lost {
                    Attempt::Lost
                } else {
                    Attempt::Done(Err(error))
                }
            }
        }
    }

    /// Begins a transaction, to the end even when nobody waits for it any more.
    ///
    /// Whoever is cut off between the sending of `BEGIN` and its answer would give a connection back to the pool that is
    /// inside a transaction, of which the pool knows nothing; the next who gets it would fail.
    async fn begin(
        &self,
        isolation: Isolation,
        turn: Turn,
    ) -> Result<(DatabaseTransaction, Turn), DbErr> {
        let options = self.dialect.begin_options(isolation);
        let pool = self.pool.clone();
        let begun =
            tokio::spawn(async move { Ok((pool.begin_with_options(options).await?, turn)) });
        begun
            .await
            .unwrap_or_else(|error| Err(DbErr::Conn(RuntimeErr::Internal(error.to_string()))))
    }

    /// Waits for this process's turn to write, where the database lets one writer in at a time.
    async fn turn(&self) -> Result<Turn, StoreError> {
        let Some(writers) = &self.writers else {
            return Ok(None);
        };
        let turn = Arc::clone(writers).acquire_owned();
        match tokio::time::timeout(self.busy_timeout, turn).await {
            Ok(Ok(turn)) => Ok(Some(turn)),
            // The semaphore is never closed; what is left is the time-out.
            Ok(Err(_)) | Err(_) => Err(StoreError::Database(DatabaseFault::busy())),
        }
    }

    fn backoff(&self, attempt: u32) -> Result<Duration, StoreError> {
        let mut random = [0; 1];
        self.entropy.fill(&mut random)?;
        let [random] = random;
        let longest = BACKOFF * 2_u32.pow(attempt.min(BACKOFF_DOUBLINGS_MAX));
        // Between a half and the whole, so that two losers do not meet again.
        Ok(longest / 2 + longest / 512 * u32::from(random))
    }
}

/// The right to write, where the database lets one writer in at a time.
type Turn = Option<OwnedSemaphorePermit>;

enum Attempt<T, E> {
    Done(Result<T, E>),
    Lost,
}

impl<T, E: From<StoreError>> Attempt<T, E> {
    fn failed(error: StoreError) -> Self {
        Self::Done(Err(error.into()))
    }

    fn of_fault(error: &sea_orm::DbErr) -> Self {
        let fault = DatabaseFault::from(error);
        if fault.class() == FaultClass::Busy {
            Self::Lost
        } else {
            Self::failed(StoreError::Database(fault))
        }
    }
}

async fn roll_back(transaction: DatabaseTransaction) {
    // The outcome is decided already; a connection that cannot roll back is closed, which rolls back too.
    if let Err(error) = transaction.rollback().await {
        let fault = DatabaseFault::from(&error);
        tracing::warn!(database.fault = %fault, "rolling back failed");
    }
}
