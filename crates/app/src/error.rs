use yuntu_engine::EngineError;
use yuntu_lake::LakeError;
use yuntu_ledger::{Flaw, LedgerError};
use yuntu_policy::{DeclarationGap, NoErrand, PartnerGap, Refusal, StopReason};
use yuntu_statement::StatementError;
use yuntu_store::StoreError;
use yuntu_terms::{EntropyFailure, ErrorKind};
use yuntu_vault::{ProviderError, VaultError};

use crate::accounts::AccountError;
use crate::certification::CertificationError;
use crate::consents::LineFault;
use crate::exceptions::ExceptionError;

/// A fixed text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

impl Said {
    /// Puts the two languages beside each other.
    #[must_use]
    pub const fn new(zh: &'static str, en: &'static str) -> Self {
        Self { zh, en }
    }
}

/// Why a use-case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The policy says no; the refusal names clause, fact and remedy.
    #[error("refused")]
    Refused(#[source] Box<Refusal>),
    /// What was under way was stopped; nothing of its result was given out.
    #[error("it was stopped: {}", .0.what(yuntu_terms::Lang::En))]
    Stopped(StopReason),
    /// A person cannot do this with her account, or not now.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// An act of a certification was not done.
    #[error(transparent)]
    Certification(#[from] CertificationError),
    /// A message may not leave.
    #[error(transparent)]
    Message(#[from] NoErrand),
    /// There is no such thing, or the caller may not know of it.
    #[error("there is no such {what}")]
    Missing {
        /// What was looked for.
        what: &'static str,
    },
    /// The input cannot be used.
    #[error("the {what} is not valid: {}", reason.en)]
    Invalid {
        /// What was given.
        what: &'static str,
        /// What is wrong with it.
        reason: Said,
    },
    /// A declaration was confirmed that is not complete; nothing was recorded.
    #[error("the declaration lacks {} parts", .0.len())]
    Declaration(Vec<DeclarationGap>),
    /// A partner's registration was to be put in force and is not complete; nothing was recorded.
    #[error("the registration of the partner lacks {} parts", .0.len())]
    Partner(Vec<PartnerGap>),
    /// The use of an exception to consent cannot go on as it is; nothing was recorded.
    #[error(transparent)]
    Exception(#[from] ExceptionError),
    /// Lines of a file of consent records cannot be used; nothing of the file was recorded.
    #[error(
        "{total} lines of the consent file are not valid; {}",
        first_of(faults)
    )]
    ConsentLines {
        /// The first of them.
        faults: Vec<LineFault>,
        /// How many there are.
        total: u64,
    },
    /// Consent records of a request cannot be used; none of it was recorded. Here a line is the place of a record.
    #[error("{total} of the consent records are not valid; {}", first_of(faults))]
    ConsentRecords {
        /// The first of them.
        faults: Vec<LineFault>,
        /// How many there are.
        total: u64,
    },
    /// An import that was waited for failed.
    #[error("the import failed: {code}")]
    ImportFailed {
        /// Why, by the code in its row.
        code: String,
    },
    /// A file of the installation could not be used.
    #[error("cannot use the file `{file}`")]
    File {
        /// Its name inside the installation.
        file: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Rows of the relational store.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// Files of business data.
    #[error("the lake failed")]
    Lake(#[from] LakeError),
    /// A run.
    #[error("the run failed")]
    Engine(#[from] EngineError),
    /// The ledger.
    #[error("the ledger failed")]
    Ledger(#[from] LedgerError),
    /// A proof does not hold.
    #[error("the proof does not hold")]
    Flaw(#[from] Flaw),
    /// Keys.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The provider of the key encryption key.
    #[error("the key provider failed")]
    Provider(#[from] ProviderError),
    /// The statement.
    #[error("the statement cannot be used")]
    Statement(#[from] StatementError),
    /// Randomness.
    #[error("no id could be made")]
    Entropy(#[from] EntropyFailure),
    /// Something that cannot be happened: a fault of ours.
    #[error("internal fault: {what}")]
    Internal {
        /// Where.
        what: &'static str,
    },
}

impl AppError {
    /// Says what the error means to a caller.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused(_) | Self::Message(_) => ErrorKind::Refused,
            Self::Account(error) => error.kind(),
            Self::Certification(error) => error.kind(),
            Self::Exception(error) => error.kind(),
            Self::Missing { .. } => ErrorKind::NotFound,
            Self::Invalid { .. }
            | Self::Declaration(_)
            | Self::Partner(_)
            | Self::ConsentLines { .. }
            | Self::ConsentRecords { .. }
            | Self::ImportFailed { .. } => ErrorKind::Invalid,
            Self::Stopped(_) => ErrorKind::Conflict,
            Self::Store(error) => error.kind(),
            Self::Lake(error) => error.kind(),
            Self::Engine(error) => error.kind(),
            Self::Ledger(error) => error.kind(),
            Self::File { .. } | Self::Provider(_) => ErrorKind::Unavailable,
            Self::Flaw(_)
            | Self::Vault(_)
            | Self::Statement(_)
            | Self::Entropy(_)
            | Self::Internal { .. } => ErrorKind::Internal,
        }
    }

    /// Returns the refusal, where the policy said no.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        if let Self::Refused(refusal) = self {
            Some(refusal)
        } else {
            None
        }
    }
}

fn first_of(faults: &[LineFault]) -> String {
    faults.first().map_or_else(String::new, |fault| {
        format!("the first is {}: {}", fault.line, fault.reason.en)
    })
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
