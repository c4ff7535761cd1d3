//! Certification of enterprises: one module for each side, all methods on [`Platform`](crate::Platform).
//!
//! Who applies fills in a draft, hands it in, answers what is asked and may take it back. Who reviews sees what the review
//! needs, masked, and opens a value by a recorded look only.

use std::collections::BTreeMap;

use yuntu_policy::{ApplicationField, ApplicationState, Period};
use yuntu_store::{AccountCheck, Application, Document, LookedAt, NoteAuthor};
use yuntu_terms::Timestamp;

mod account_check;
mod apply;
mod error;
mod fields;
mod files;
mod form;
mod hand_in;
mod industry;
mod look;
mod own;
mod review;
mod show;
mod sweep;

pub use account_check::{PAYMENT_FEN_MAX, PaymentFault, TypedPayment};
pub use error::CertificationError;
pub use fields::Field;
pub use files::OpenedFile;
pub(crate) use files::file_of;
pub use form::{FieldFault, Typed};
pub use industry::industries;
pub use look::LookFor;
pub use own::{OwnApplication, OwnSeat};
pub use review::{Question, Review};
pub use sweep::SweptCertifications;

/// How an application stands, as the people of its enterprise see it.
///
/// # Clause
/// U1, R3, R23
#[derive(Debug)]
pub struct Certification {
    /// The period in which the enterprise is certified.
    pub certified: Option<Period>,
    /// The application that is open, or else the newest.
    pub current: Option<ApplicationView>,
    /// The others, newest first.
    pub earlier: Vec<Application>,
    /// Whether the sensitive numbers may be asked for: an impact assessment is in force.
    pub assessed: bool,
    /// What the operator's people looked at, newest first.
    pub looks: Vec<LookedAt>,
}

/// An application with what may be seen of it.
///
/// # Clause
/// U1, R23
#[derive(Debug)]
pub struct ApplicationView {
    /// The application.
    pub application: Application,
    /// Its values, by field.
    pub values: BTreeMap<ApplicationField, Shown>,
    /// Its files.
    pub files: Vec<FileView>,
    /// What happened to it, oldest first.
    pub history: Vec<NoteView>,
    /// The small payments to its account, the last first.
    pub payments: Vec<AccountCheck>,
    /// Whether the account that it names now is verified.
    pub account_verified: bool,
}

/// A value as it is shown.
///
/// # Clause
/// R23
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// In full.
    Plain(String),
    /// With all hidden but what tells it from another.
    Masked(String),
}

impl Shown {
    /// Returns what stands on the page.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Masked(text) => text,
        }
    }
}

/// A file as it is listed.
///
/// # Clause
/// R22
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileView {
    /// What is known of it.
    pub document: Document,
    /// Its name, for who may see it.
    pub name: Option<String>,
}

/// A line of the history as it is shown.
///
/// # Clause
/// U1
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteView {
    /// Into which state the application went.
    pub state: ApplicationState,
    /// Who wrote it.
    pub author: NoteAuthor,
    /// The field it is about.
    pub field: Option<ApplicationField>,
    /// What was written.
    pub text: Option<String>,
    /// When.
    pub at: Timestamp,
}
