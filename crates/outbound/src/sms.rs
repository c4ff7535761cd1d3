//! Text messages: what every provider can do, and the one provider that is built in.

mod acs3;
mod aliyun;
mod answer;

use std::fmt;

use async_trait::async_trait;
use yuntu_terms::{OutboxId, Warrant};

use crate::error::SendError;
use crate::message::Message;

pub use aliyun::AliyunSms;

/// Sends text messages through a provider.
///
/// An implementation opens personal data at `Sink::Sms` by [`Message::open`] and nowhere else, sends to endpoints in the
/// mainland alone (R13), and keeps what the provider says out of its errors.
#[async_trait]
pub trait SmsSender: Send + Sync + fmt::Debug {
    /// Returns the host that receives the messages, without port.
    fn host(&self) -> String;

    /// Sends one text message; `id` is that of its outbox row.
    ///
    /// # Errors
    /// [`SendError`], whose class says whether the same message may leave later.
    async fn send(
        &self,
        warrant: &(dyn Warrant + Sync),
        id: OutboxId,
        message: &Message,
    ) -> Result<(), SendError>;
}
