use std::sync::Arc;

use yuntu_terms::{Clock, Entropy, OutboxId, Region, Warrant};

use crate::config::OutboundConfig;
use crate::error::{Cause, ConfigError, Failure, SendError};
use crate::message::Message;
use crate::recipient::Medium;
use crate::sms::{AliyunSms, SmsSender};
use crate::smtp::Mailer;

/// The name under which a message waits in the outbox.
///
/// It is written when the message is made. A message that was made for the local outbox stays there, even if a way out is
/// configured later: by then it is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// It leaves by mail.
    Mail,
    /// It leaves as a text message.
    Sms,
    /// It stays and is shown in the console, because nothing is configured.
    Local,
}

impl Channel {
    /// Returns the value for the outbox row.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::Local => "local",
        }
    }
}

/// Whoever carries messages for the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// What it carries.
    pub medium: Medium,
    /// Its server.
    pub host: String,
    /// Where that stands.
    pub region: Region,
}

/// The ways out that are configured.
#[derive(Debug, Default)]
pub struct Outbound {
    mail: Option<Mailer>,
    sms: Option<Box<dyn SmsSender>>,
}

impl Outbound {
    /// Has no way out: every message stays in the local outbox.
    #[must_use]
    pub fn local() -> Self {
        Self::default()
    }

    /// Opens what the configuration names.
    ///
    /// # Errors
    /// [`ConfigError`] names the value that cannot be used.
    ///
    /// # Clause
    /// R13
    pub fn open(
        config: &OutboundConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, ConfigError> {
        let mail = match &config.mail {
            Some(mail) => Some(Mailer::open(mail, Arc::clone(&clock))?),
            None => None,
        };
        let sms: Option<Box<dyn SmsSender>> = match &config.sms {
            Some(sms) => Some(Box::new(AliyunSms::open(sms, clock, entropy)?)),
            None => None,
        };
        Ok(Self { mail, sms })
    }

    /// Sends text messages by another provider.
    #[must_use]
    pub fn with_sms(mut self, sender: Box<dyn SmsSender>) -> Self {
        self.sms = Some(sender);
        self
    }

    /// Returns under which name a new message waits in the outbox.
    #[must_use]
    pub fn channel(&self, medium: Medium) -> Channel {
        match medium {
            Medium::Mail if self.mail.is_some() => Channel::Mail,
            Medium::Sms if self.sms.is_some() => Channel::Sms,
            Medium::Mail | Medium::Sms => Channel::Local,
        }
    }

    /// Lists the channels whose messages a worker takes; empty when everything stays here.
    #[must_use]
    pub fn channels(&self) -> Vec<Channel> {
        [Medium::Mail, Medium::Sms]
            .into_iter()
            .map(|medium| self.channel(medium))
            .filter(|channel| *channel != Channel::Local)
            .collect()
    }

    /// Lists whoever carries messages out; all stand in the country, because no other is taken.
    ///
    /// # Clause
    /// R13, R27
    #[must_use]
    pub fn providers(&self) -> Vec<Provider> {
        let mail = self.mail.as_ref().map(|it| (Medium::Mail, it.host()));
        let sms = self.sms.as_ref().map(|it| (Medium::Sms, it.host()));
        let both = mail.into_iter().chain(sms);
        both.map(|(medium, host)| Provider {
            medium,
            host,
            region: Region::CN,
        })
        .collect()
    }

    /// Sends one message by its way out; `id` is that of its outbox row.
    ///
    /// # Errors
    /// [`SendError`], whose class says what the worker does next: retry, give up, or keep the message and raise an
    /// alarm.
    ///
    /// # Clause
    /// R2, R23
    pub async fn send(
        &self,
        warrant: &(dyn Warrant + Sync),
        id: OutboxId,
        message: &Message,
    ) -> Result<(), SendError> {
        let missing = || SendError::Configuration(Failure::of(Cause::NotConfigured));
        match message.medium() {
            Medium::Mail => {
                let mailer = self.mail.as_ref().ok_or_else(missing)?;
                mailer.send(warrant, id, message).await
            }
            Medium::Sms => {
                let sender = self.sms.as_ref().ok_or_else(missing)?;
                sender.send(warrant, id, message).await
            }
        }
    }
}
