use std::time::Duration;

use futures::future::join_all;
use yuntu_outbound::{Channel, Message, SendError};
use yuntu_policy::decide_errand;
use yuntu_store::{AfterFailure, LeasedMessage, StoreError};
use yuntu_terms::Pii;

use super::notice::{NOBODY, errand_of};
use crate::error::AppError;
use crate::platform::Platform;

/// Longer than the time limit of one message.
const LEASE: Duration = Duration::from_mins(6);
/// How long a message waits that cannot leave for want of configuration.
const UNTIL_MENDED: Duration = Duration::from_mins(5);
/// How many messages of each channel one call takes, so that its caller can stop between calls.
const BATCH_MAX: u32 = 20;

/// What became of the messages that were due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deliveries {
    /// They left.
    pub sent: u32,
    /// They will be tried again.
    pub retried: u32,
    /// They never leave.
    pub dead: u32,
    /// They wait until the configuration is mended.
    pub kept: u32,
    /// Whether more may be due at once, because a call takes a part of what waits.
    pub more: bool,
}

impl Deliveries {
    fn plus(self, other: Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            retried: self.retried + other.retried,
            dead: self.dead + other.dead,
            kept: self.kept + other.kept,
            more: self.more || other.more,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Sent,
    Nobody,
    Retried,
    Dead,
    Kept,
}

impl Platform {
    /// Sends messages that are due, each under a warrant for its own kind and way out; the ways out work side by side, so
    /// that one that does not answer holds up no other.
    ///
    /// A message whose lease ended while it was sent may leave twice; its id tells the copies apart.
    ///
    /// # Errors
    /// [`AppError::Store`] when the outbox cannot be read or written; what was sent by then stays sent.
    /// # Clause
    /// R22, R23
    pub async fn deliver_messages(&self) -> Result<Deliveries, AppError> {
        let channels = self.inner.outbound.channels().into_iter();
        let channels = channels.map(Channel::as_str).chain([NOBODY]);
        // All are awaited even when one fails: what is being sent is not dropped half-way.
        let done = join_all(channels.map(|channel| self.deliver_by(channel))).await;
        let mut all = Deliveries::default();
        for done in done {
            all = all.plus(done?);
        }
        Ok(all)
    }

    async fn deliver_by(&self, channel: &str) -> Result<Deliveries, AppError> {
        let mut done = Deliveries::default();
        for _ in 0..BATCH_MAX {
            let leased = self.store().lease_message(&[channel], LEASE).await?;
            let Some(mut message) = leased else {
                return Ok(done);
            };
            let fate = match self.deliver(&mut message).await {
                // Somebody else holds it by now and says what became of it.
                Err(AppError::Store(StoreError::Conflict { .. })) => continue,
                fate => fate?,
            };
            match fate {
                Fate::Sent => done.sent += 1,
                Fate::Retried => done.retried += 1,
                Fate::Dead => done.dead += 1,
                Fate::Kept => done.kept += 1,
                Fate::Nobody => {}
            }
        }
        done.more = true;
        Ok(done)
    }

    async fn deliver(&self, leased: &mut LeasedMessage) -> Result<Fate, AppError> {
        let store = self.store();
        if leased.channel == NOBODY {
            store.finish_message(leased).await?;
            return Ok(Fate::Nobody);
        }
        let payload = std::mem::replace(&mut leased.payload, Pii::new(Vec::new()));
        let Ok(message) = Message::from_payload(payload) else {
            return self.give_up(leased, "malformed").await;
        };
        let (errand, sink) = (errand_of(message.kind()), message.medium().sink());
        let Ok(warrant) = decide_errand(errand, sink, self.inner.statement) else {
            return self.give_up(leased, "not_warranted").await;
        };
        let sent = self.inner.outbound.send(&warrant, leased.id, &message);
        match sent.await {
            Ok(()) => {
                store.finish_message(leased).await?;
                Ok(Fate::Sent)
            }
            Err(SendError::Temporary(failure)) => {
                let after = store.fail_message(leased, &failure.to_string()).await?;
                Ok(match after {
                    AfterFailure::Retried(_) => Fate::Retried,
                    AfterFailure::Dead => Fate::Dead,
                })
            }
            Err(SendError::Permanent(failure)) => self.give_up(leased, &failure.to_string()).await,
            Err(SendError::Configuration(failure)) => {
                let failure = failure.to_string();
                tracing::error!(
                    message.channel = leased.channel,
                    message.failure = failure,
                    "messages cannot leave until the configuration is mended"
                );
                store.keep_message(leased, &failure, UNTIL_MENDED).await?;
                Ok(Fate::Kept)
            }
        }
    }

    async fn give_up(&self, leased: &LeasedMessage, failure: &str) -> Result<Fate, AppError> {
        tracing::warn!(
            message.channel = leased.channel,
            message.failure = failure,
            "a message was given up"
        );
        self.store().give_up_message(leased, failure).await?;
        Ok(Fate::Dead)
    }
}
