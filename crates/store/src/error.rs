use std::fmt;

use sea_orm::DbErr;
use yuntu_ledger::{LeafError, LedgerError};
use yuntu_terms::{EntropyFailure, ErrorKind};
use yuntu_vault::VaultError;

use crate::dialect;

/// What went wrong between the program and its rows; no message holds SQL, a row's value or personal data.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database answered with a fault.
    #[error(transparent)]
    Database(#[from] DatabaseFault),
    /// The address of the database is neither SQLite nor PostgreSQL.
    #[error(
        "the database address must begin with `sqlite:` or `postgres:`, and SQLite needs a file"
    )]
    Address,
    /// The database does not honour a setting on which durability or erasure depends.
    #[error("the database does not honour `{setting}`")]
    Setting {
        /// The name of the setting.
        setting: &'static str,
    },
    /// The schema was made by a newer program.
    #[error("the schema holds the unknown migration `{migration}`: it was made by a newer program")]
    SchemaNewer {
        /// The first migration that this program does not know.
        migration: String,
    },
    /// The schema lacks migrations and the configuration forbids to apply them.
    #[error("the schema lacks {missing} migrations: run `yuntu migrate`")]
    SchemaPending {
        /// How many are missing.
        missing: usize,
    },
    /// Other transactions won every attempt.
    #[error("transaction `{name}` lost {attempts} attempts against others")]
    Contended {
        /// The name of the transaction.
        name: &'static str,
        /// How often it was tried.
        attempts: u32,
    },
    /// The transaction changed rows and put nothing into the ledger.
    #[error("transaction `{name}` changed rows without a ledger entry")]
    Unrecorded {
        /// The name of the transaction.
        name: &'static str,
    },
    /// The body of the transaction kept its handle.
    #[error("transaction `{name}` kept its handle beyond its body")]
    Escaped {
        /// The name of the transaction.
        name: &'static str,
    },
    /// The thing exists already or has changed meanwhile.
    #[error("the {what} exists already or has changed meanwhile")]
    Conflict {
        /// The kind of thing.
        what: &'static str,
    },
    /// There is no such thing in this enterprise.
    #[error("there is no such {what}")]
    Missing {
        /// The kind of thing.
        what: &'static str,
    },
    /// The input cannot be kept.
    #[error("the {what} is not acceptable: {reason}")]
    Invalid {
        /// The field.
        what: &'static str,
        /// What would be acceptable.
        reason: &'static str,
    },
    /// A row holds what the program cannot have written.
    #[error("table `{table}` column `{column}` holds what cannot be read")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The ledger's files hold more than the database knows of.
    #[error(
        "the ledger holds {files} entries and the database only {rows}: was it restored from a backup?"
    )]
    LedgerAhead {
        /// Entries in the files.
        files: u64,
        /// Entries with an index in the database.
        rows: u64,
    },
    /// The ledger could not be written.
    #[error("the ledger could not be written")]
    Ledger(#[source] LedgerError),
    /// The particulars of a ledger entry cannot be written in canonical form.
    #[error("the ledger entry has no canonical form")]
    Entry(#[source] LeafError),
    /// The vault could not seal or open a value.
    #[error("the vault could not seal or open a value")]
    Vault(#[source] VaultError),
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyFailure),
    /// A value of the program could not be written as JSON.
    #[error("the {what} could not be written as JSON")]
    Encoding {
        /// The kind of value.
        what: &'static str,
    },
}

impl StoreError {
    /// Returns what the error means to a caller.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Database(fault) => fault.kind(),
            Self::Vault(error) => error.kind(),
            Self::Ledger(error) => error.kind(),
            Self::Conflict { .. } => ErrorKind::Conflict,
            Self::Missing { .. } => ErrorKind::NotFound,
            // A leaf has its limits; what is too long for one came from outside.
            Self::Invalid { .. } | Self::Address | Self::Entry(_) => ErrorKind::Invalid,
            Self::Contended { .. } | Self::SchemaPending { .. } => ErrorKind::Unavailable,
            Self::Setting { .. }
            | Self::SchemaNewer { .. }
            | Self::Unrecorded { .. }
            | Self::Escaped { .. }
            | Self::Inconsistent { .. }
            | Self::LedgerAhead { .. }
            | Self::Entropy(_)
            | Self::Encoding { .. } => ErrorKind::Internal,
        }
    }

    /// Turns the breach of a uniqueness rule into a conflict over this kind of thing.
    #[must_use]
    pub(crate) fn conflict(self, what: &'static str) -> Self {
        if let Self::Database(fault) = &self {
            if fault.class == FaultClass::Unique {
                return Self::Conflict { what };
            }
            if fault.class == FaultClass::Reference {
                return Self::Missing { what };
            }
        }
        self
    }
}

impl From<VaultError> for StoreError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<LedgerError> for StoreError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        Self::Database(DatabaseFault::from(&error))
    }
}

/// A fault of the database, reduced to its class and code: the database's own message may quote values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFault {
    class: FaultClass,
    code: Option<String>,
}

/// The classes of faults that a caller treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultClass {
    /// Another transaction is in the way; trying again may help.
    Busy,
    /// The database does not answer.
    Unavailable,
    /// A uniqueness rule was breached.
    Unique,
    /// A row refers to one that does not exist.
    Reference,
    /// A value does not fit its column.
    Value,
    /// The disk is full.
    Full,
    /// The database's own files are damaged.
    Damaged,
    /// Something else.
    Other,
}

impl DatabaseFault {
    pub(crate) const fn busy() -> Self {
        Self {
            class: FaultClass::Busy,
            code: None,
        }
    }

    /// Returns the class.
    pub const fn class(&self) -> FaultClass {
        self.class
    }

    fn kind(&self) -> ErrorKind {
        match self.class {
            FaultClass::Busy | FaultClass::Unavailable | FaultClass::Full => ErrorKind::Unavailable,
            FaultClass::Unique => ErrorKind::Conflict,
            FaultClass::Reference => ErrorKind::NotFound,
            FaultClass::Value => ErrorKind::Invalid,
            FaultClass::Damaged | FaultClass::Other => ErrorKind::Internal,
        }
    }
}

impl From<&DbErr> for DatabaseFault {
    fn from(error: &DbErr) -> Self {
        let (class, code) = dialect::classify(error);
        Self { class, code }
    }
}

impl fmt::Display for DatabaseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.class {
            FaultClass::Busy => "the database is busy",
            FaultClass::Unavailable => "the database does not answer",
            FaultClass::Unique => "the row exists already",
            FaultClass::Reference => "the row refers to one that does not exist",
            FaultClass::Value => "a value does not fit its column",
            FaultClass::Full => "the disk of the database is full",
            FaultClass::Damaged => "the files of the database are damaged",
            FaultClass::Other => "the database failed",
        })?;
        match &self.code {
            Some(code) => write!(f, " (code {code})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DatabaseFault {}
