use serde_json::json;
use yuntu_outbound::{Channel, Letter, Message};
use yuntu_policy::{MessageWarrant, decide_showing};
use yuntu_store::Tx;
use yuntu_terms::{ClauseId, OutboxId, Sink, Timestamp, clause};

use super::notice::errand_of;
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// The newest messages that are shown.
const SHOWN_MAX: u64 = 100;

/// From where somebody looks at the messages that cannot leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooksFrom {
    /// From the command line of the machine, where the installation's keys lie.
    CommandLine,
}

impl LooksFrom {
    const fn code(self) -> &'static str {
        match self {
            Self::CommandLine => "command_line",
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
    /// Shows the newest messages that wait in the local outbox, newest first. The look is in the ledger before the first
    /// word is shown.
    ///
    /// # Errors
    /// [`AppError::Message`] when the statement bears no such message, [`AppError::Store`].
    /// # Clause
    /// R22, R23
    pub async fn local_messages(&self, from: LooksFrom) -> Result<Vec<LocalMessage>, AppError> {
        clause::hit!(R23);
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

    async fn record_look(&self, from: LooksFrom, shown: &[LocalMessage]) -> Result<(), AppError> {
        let look: OutboxId = self.new_id()?;
        let actor = self.store().stranger_pseudonym(look).await?;
        let messages: Vec<OutboxId> = shown.iter().map(|one| one.id).collect();
        let body = json!({ "from": from.code(), "messages": messages });
        self.store()
            .run_tx("outbox.look", async |tx: Tx| {
                let clauses = [ClauseId::r(22), ClauseId::r(23)];
                tx.append(&entry(&tx, "outbox.shown", &clauses, actor, body.clone())?)
                    .await?;
                Ok(())
            })
            .await
    }
}
