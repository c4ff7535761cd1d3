use serde_json::{Value, json};
use yuntu_outbound::{Kind, Medium, Message};
use yuntu_policy::{Errand, decide_errand};
use yuntu_store::{ContactKind, SealedMessage, StoreError, Tx};
use yuntu_terms::{AccountId, OutboxId, Pii};

use super::address::recipient;
use crate::error::AppError;
use crate::platform::Platform;

/// The channel of a message that goes to nobody: it stands where a message would, so that an address without an account
/// leaves the same rows as one with an account.
pub(crate) const NOBODY: &str = "nobody";

/// A message whose errand was decided and which is sealed for the outbox.
#[derive(Debug)]
pub(crate) struct Notice {
    sealed: SealedMessage,
    errand: Errand,
    medium: Medium,
}

impl Notice {
    /// Returns what the ledger says of it: neither to whom, nor whether it goes to anybody.
    pub(crate) fn noted(&self) -> Value {
        let medium = match self.medium {
            Medium::Mail => "mail",
            Medium::Sms => "sms",
        };
        json!({ "message": self.sealed.id(), "about": self.errand.code(), "medium": medium })
    }

    pub(crate) async fn put(&self, tx: &Tx) -> Result<OutboxId, StoreError> {
        tx.enqueue_message(&self.sealed).await
    }
}

/// Returns the errand on which a message of this kind goes.
pub(crate) const fn errand_of(kind: Kind) -> Errand {
    match kind {
        Kind::Code | Kind::AccountExists => Errand::Code,
        Kind::ContactChanged => Errand::ContactChanged,
        Kind::PasswordChanged => Errand::PasswordChanged,
        Kind::FactorChanged => Errand::FactorChanged,
        Kind::NewSignIn => Errand::NewSignIn,
        Kind::SignInHeld => Errand::SignInHeld,
        Kind::Invitation => Errand::Invitation,
        Kind::CertificationChanged => Errand::CertificationChanged,
        Kind::PaperEnding => Errand::PaperEnding,
        Kind::DutyDue => Errand::DutyDue,
        Kind::OperatorAdded => Errand::OperatorAdded,
        Kind::StatementChanged => Errand::StatementChanged,
        Kind::StandingChanged => Errand::StandingChanged,
        Kind::ReportAnswered => Errand::ReportAnswered,
        Kind::MeasureNews => Errand::MeasureNews,
        Kind::HelpNews => Errand::HelpNews,
    }
}

impl Platform {
    /// Decides whether a message may leave and seals it for the outbox.
    pub(crate) async fn seal_notice(&self, message: Message) -> Result<Notice, AppError> {
        let channel = self.inner.outbound.channel(message.medium()).as_str();
        self.seal_for(channel, message, <[u8]>::to_vec).await
    }

    /// Does what [`Platform::seal_notice`] does, and keeps nothing of what the message says.
    pub(crate) async fn seal_for_nobody(&self, message: Message) -> Result<Notice, AppError> {
        self.seal_for(NOBODY, message, |bytes| vec![0; bytes.len()])
            .await
    }

    async fn seal_for(
        &self,
        channel: &str,
        message: Message,
        kept: fn(&[u8]) -> Vec<u8>,
    ) -> Result<Notice, AppError> {
        let medium = message.medium();
        let warrant = decide_errand(
            errand_of(message.kind()),
            medium.sink(),
            self.inner.statement,
        )?;
        let payload = message.into_payload().map_err(|_form| AppError::Internal {
            what: "writing a message",
        })?;
        let payload = payload.map(|bytes| kept(bytes));
        let sealed = self.store().seal_message(None, channel, &payload).await?;
        Ok(Notice {
            sealed,
            errand: warrant.errand(),
            medium,
        })
    }

    /// Seals a notice to each address that an account has.
    pub(crate) async fn seal_to_all(
        &self,
        account: AccountId,
        message: impl Fn(yuntu_outbound::Recipient) -> Message + Send,
    ) -> Result<Vec<Notice>, AppError> {
        let Some(contact) = self.store().account_contact(account).await? else {
            return Ok(Vec::new());
        };
        let addresses: [(ContactKind, Option<Pii<String>>); 2] = [
            (ContactKind::Email, contact.email),
            (ContactKind::Phone, contact.phone),
        ];
        let mut notices = Vec::new();
        for (kind, address) in addresses {
            if let Some(address) = address {
                let message = message(recipient(kind, address)?);
                notices.push(self.seal_notice(message).await?);
            }
        }
        Ok(notices)
    }
}
