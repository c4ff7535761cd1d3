use serde_json::json;
use yuntu_outbound::{Channel, Letter, Medium, Message};
use yuntu_policy::{MessageWarrant, OperatorAction, decide_showing};
use yuntu_store::Tx;
use yuntu_terms::{ClauseId, OutboxId, Sink, Timestamp, clause};

use super::notice::errand_of;
use crate::caller::entry;
use crate::error::AppError;
use crate::operators::OperatorCaller;
use crate::platform::Platform;

/// The newest messages that are shown.
const SHOWN_MAX: u64 = 100;

/// From where somebody looks at the messages that cannot leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooksFrom<'a> {
    /// From the command line of the machine, where the installation's keys lie.
    CommandLine,
    /// From the console of operators.
    Console(&'a OperatorCaller),
}

impl LooksFrom<'_> {
    const fn code(self) -> &'static str {
        match self {
            Self::CommandLine => "command_line",
            Self::Console(_) => "console",
        }
    }
}

/// A message that waits here, because nothing is configured by which it could leave.
#[derive(Debug)]
pub struct LocalMessage {
    /// The row of the outbox.
    pub id: OutboxId,
    /// Since when it waits.
    pub created: Timestamp,
    /// The message; [`LocalMessage::open`] lends its words.
    pub message: Message,
    warrant: MessageWarrant,
}

impl LocalMessage {
    /// Lends the words to a reader.
    pub fn open<R>(&self, reader: impl FnOnce(&Letter) -> R) -> Option<R> {
        self.message.open(&self.warrant, Sink::Page, reader)
    }
}

impl Platform {
    /// Says by which media nothing leaves, because no service is configured that would carry it: what goes by them waits
    /// in the local outbox.
    #[must_use]
    pub fn kept_here(&self) -> Vec<Medium> {
        let outbound = &self.inner.outbound;
        let here = |medium: &Medium| outbound.channel(*medium) == Channel::Local;
        [Medium::Mail, Medium::Sms]
            .into_iter()
            .filter(here)
            .collect()
    }

    /// Says how many of the newest messages wait in the local outbox, to an operator who may read them. Nothing of them is
    /// shown.
    ///
    /// # Errors
    /// [`AppError::Refused`], [`AppError::Missing`] when services carry everything.
    /// # Clause
    /// R23
    pub async fn local_messages_waiting(&self, caller: &OperatorCaller) -> Result<usize, AppError> {
        self.may_read_outbox(caller).await?;
        let channel = Channel::Local.as_str();
        let waiting = self.store().list_waiting_messages(channel, SHOWN_MAX);
        Ok(waiting.await?.len())
    }

    async fn may_read_outbox(&self, caller: &OperatorCaller) -> Result<(), AppError> {
        self.authorise_operator(caller, OperatorAction::ReadOutbox)
            .await?;
        if self.kept_here().is_empty() {
            return Err(AppError::Missing { what: "outbox" });
        }
        Ok(())
    }

    /// Shows the newest messages that wait in the local outbox, newest first. The look is in the ledger before the first
    /// word is shown; an operator's is in her own log too.
    ///
    /// # Errors
    /// [`AppError::Message`] when the statement bears no such message, [`AppError::Refused`] to an operator whose role may
    /// not, [`AppError::Missing`] to any when services carry everything, [`AppError::Store`].
    /// # Clause
    /// R22, R23
    pub async fn local_messages(&self, from: LooksFrom<'_>) -> Result<Vec<LocalMessage>, AppError> {
        clause::hit!(R23);
        if let LooksFrom::Console(caller) = from {
            self.may_read_outbox(caller).await?;
        }
        let store = self.store();
        let channel = Channel::Local.as_str();
        let waiting = store.list_waiting_messages(channel, SHOWN_MAX).await?;
        let mut shown = Vec::with_capacity(waiting.len());
        for one in waiting {
            let message =
                Message::from_payload(one.payload).map_err(|_form| AppError::Internal {
                    what: "the form of a message",
                })?;
            let warrant = decide_showing(errand_of(message.kind()), self.inner.statement)?;
            shown.push(LocalMessage {
                id: one.id,
                created: one.created,
                message,
                warrant,
            });
        }
        if !shown.is_empty() {
            self.record_look(from, &shown).await?;
        }
        Ok(shown)
    }

    async fn record_look(
        &self,
        from: LooksFrom<'_>,
        shown: &[LocalMessage],
    ) -> Result<(), AppError> {
        let look: OutboxId = self.new_id()?;
        let actor = match from {
            LooksFrom::CommandLine => self.store().stranger_pseudonym(look).await?,
            LooksFrom::Console(caller) => self.store().account_pseudonym(caller.account).await?,
        };
        let messages: Vec<OutboxId> = shown.iter().map(|one| one.id).collect();
        let body = json!({ "from": from.code(), "messages": messages });
        self.store()
            .run_tx("outbox.look", async |tx: Tx| {
                let clauses = [ClauseId::r(22), ClauseId::r(23)];
                let shown = entry(&tx, "outbox.shown", &clauses, actor, body.clone())?;
                match from {
                    LooksFrom::CommandLine => tx.append(&shown).await?,
                    LooksFrom::Console(caller) => tx.append_own(caller, &shown).await?,
                };
                Ok(())
            })
            .await
    }
}
