//! Mail and text messages: what they say, and how they leave the platform.
//!
//! A [`Message`] is made in the transaction that makes it necessary, travels sealed through the store's outbox as the
//! bytes of [`Message::into_payload`], and is sent by [`Outbound::send`], which opens personal data with a warrant at
//! `Sink::Mail` or `Sink::Sms` and nowhere else. This crate knows neither rows nor rules.
//!
//! Where nothing is configured, [`Outbound::channel`] answers [`Channel::Local`]: such a message is written to the
//! outbox under that name, no worker takes it, and the console shows it with [`Message::open`].
//!
//! # Configuration
//! ```
//! use std::path::Path;
//! use std::sync::Arc;
//! use yuntu_outbound::{Channel, Medium, Outbound, OutboundConfig};
//! use yuntu_terms::{SystemClock, SystemEntropy};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config: OutboundConfig = toml::from_str(
//!     r#"
//!     [mail]
//!     host = "smtp.example.cn"
//!     security = "starttls"            # or "tls"; "plain" to an address of the same machine only
//!     from = "no-reply@example.cn"
//!     region = "CN"                    # where the server stands (R13)
//!     username = "no-reply@example.cn"
//!     password_file = "keys/smtp"      # the password is not in this file
//!     "#,
//! )?;
//! # let folder = tempfile::tempdir()?;
//! # std::fs::create_dir(folder.path().join("keys"))?;
//! # std::fs::write(folder.path().join("keys/smtp"), "a password")?;
//! # let folder: &Path = folder.path();
//! let outbound = Outbound::open(&config.below(folder), Arc::new(SystemClock), Arc::new(SystemEntropy))?;
//! assert_eq!(outbound.channel(Medium::Mail), Channel::Mail);
//! assert_eq!(outbound.channel(Medium::Sms), Channel::Local);
//! # Ok(())
//! # }
//! ```
//!
//! Text messages leave by Alibaba Cloud; its console must know a template for each kind and language, with the words of
//! [`Kind::sms_template`]:
//! ```toml
//! [sms]
//! access_key_id = "…"
//! access_key_secret_file = "keys/sms"
//! sign_name = "云图"
//! templates.code = { zh = "SMS_100000001", en = "SMS_100000002" }
//! ```

mod config;
mod error;
mod html;
mod letter;
mod message;
mod mime;
mod notice;
mod outbound;
mod recipient;
mod sms;
mod smtp;
mod texts;
mod words;

pub use config::{MailConfig, OutboundConfig, Security, SmsConfig, SmsTemplates};
pub use error::{Cause, ConfigError, Failure, SendError};
pub use letter::Letter;
pub use message::{InvalidMessage, Message};
pub use notice::{
    Asks, CertificationNews, CodeUse, DueDuty, EndingNews, EndingPaper, FactorNews, HelpNews, Kind,
    MeasureNews, ShownFirst, StandingNews, TakenMeasure, Told,
};
pub use outbound::{Channel, Outbound, Provider};
pub use recipient::{InvalidRecipient, Medium, Recipient};
pub use sms::{AliyunSms, SmsSender};
pub use smtp::Mailer;
pub use words::{Code, InvalidWord, Line, Link};
