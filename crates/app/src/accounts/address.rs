use yuntu_outbound::Recipient;
use yuntu_store::ContactKind;
use yuntu_terms::{EmailAddress, IdentifierError, Lang, MobileNumber, Pii};
use yuntu_vault::SessionSecret;

use super::AccountError;
use crate::error::AppError;

/// Where a person gets codes and by which she signs in.
#[derive(Debug)]
pub enum Address {
    /// A mail address.
    Email(EmailAddress),
    /// A mobile number of the mainland.
    Phone(MobileNumber),
}

impl Address {
    /// Takes a mail address as a person types it.
    ///
    /// # Errors
    /// Why it is none.
    /// # Clause
    /// R2
    pub fn email(typed: &str) -> Result<Self, IdentifierError> {
        EmailAddress::parse(typed).map(Self::Email)
    }

    /// Takes a mobile number as a person types it.
    ///
    /// # Errors
    /// Why it is none.
    /// # Clause
    /// R2
    pub fn phone(typed: &str) -> Result<Self, IdentifierError> {
        MobileNumber::parse(typed).map(Self::Phone)
    }

    /// Returns which kind it is.
    #[must_use]
    pub const fn kind(&self) -> ContactKind {
        match self {
            Self::Email(_) => ContactKind::Email,
            Self::Phone(_) => ContactKind::Phone,
        }
    }

    /// Lends the address under its protection.
    #[must_use]
    pub const fn as_pii(&self) -> &Pii<String> {
        match self {
            Self::Email(address) => address.as_pii(),
            Self::Phone(number) => number.as_pii(),
        }
    }

    pub(crate) fn into_pii(self) -> Pii<String> {
        match self {
            Self::Email(address) => address.into_pii(),
            Self::Phone(number) => number.into_pii(),
        }
    }

    pub(crate) fn into_recipient(self) -> Result<Recipient, AppError> {
        recipient(self.kind(), self.into_pii())
    }
}

/// Makes the recipient of a message of an address that is normalised.
pub(crate) fn recipient(kind: ContactKind, address: Pii<String>) -> Result<Recipient, AppError> {
    match kind {
        ContactKind::Email => Recipient::mail(address),
        ContactKind::Phone => Recipient::sms(address),
    }
    .map_err(|_form| AccountError::Unreachable.into())
}

/// What a person wants to be called: 1 to 40 characters in one line.
#[derive(Debug)]
pub struct Nickname(Pii<String>);

impl Nickname {
    const CHARS_MAX: usize = 40;

    /// Takes a nickname as a person types it.
    ///
    /// # Errors
    /// [`AccountError::Nickname`].
    /// # Clause
    /// R2
    pub fn parse(typed: &str) -> Result<Self, AccountError> {
        let text = typed.trim();
        let fits = (1..=Self::CHARS_MAX).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(Pii::new(text.to_owned())))
        } else {
            Err(AccountError::Nickname)
        }
    }

    /// Lends the nickname under its protection.
    #[must_use]
    pub const fn as_pii(&self) -> &Pii<String> {
        &self.0
    }

    pub(super) fn into_pii(self) -> Pii<String> {
        self.0
    }
}

/// From where somebody comes, and in which language.
#[derive(Debug)]
pub struct Visit {
    /// The network of the request, such as `192.0.2.0/24`, cut off where one person's reach ends.
    pub network: Pii<String>,
    /// What the browser says of itself.
    pub agent: Option<Pii<String>>,
    /// The kind of browser and system, in a few words such as `Firefox · Linux`, as far as it says so.
    pub family: Option<String>,
    /// The mark that the browser brings, which some account may know.
    pub mark: Option<SessionSecret>,
    /// The language of the page.
    pub lang: Lang,
}
