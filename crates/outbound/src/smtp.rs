//! Mail by SMTP: the submission half of RFC 5321, with STARTTLS (RFC 3207) and AUTH (RFC 4954).

mod session;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use yuntu_terms::{Clock, OutboxId, Sink, Warrant, clause};
use zeroize::Zeroizing;

use crate::config::{MailConfig, Secret, Security, time_limit};
use crate::error::{Cause, ConfigError, Failure, SendError};
use crate::message::Message;
use crate::mime;

use session::{Envelope, Login, Session};
use tls::Trust;

/// Sends mail through one server, a session for each message.
pub struct Mailer {
    host: String,
    port: u16,
    security: Security,
    trust: Option<Trust>,
    login: Option<Login>,
    from: String,
    time_limit: Duration,
    clock: Arc<dyn Clock>,
}

/// A mail ready to travel.
struct Parcel {
    to: Zeroizing<String>,
    bytes: Zeroizing<Vec<u8>>,
}

impl Mailer {
    /// Returns the server's name.
    pub(crate) fn host(&self) -> String {
        self.host.clone()
    }

    /// Reads the certificates and the password; nothing is sent yet.
    ///
    /// # Errors
    /// [`ConfigError`] names the value that cannot be used.
    ///
    /// # Clause
    /// R13
    pub fn open(config: &MailConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        config.check()?;
        let trust = match config.security {
            Security::StartTls | Security::Tls => {
                Some(Trust::read(&config.host, config.ca_file.as_deref())?)
            }
            Security::Plain => None,
        };
        let login = match (&config.username, &config.password_file) {
            (Some(username), Some(path)) => Some(Login {
                username: username.clone(),
                password: Secret::read("mail.password_file", path)?,
            }),
            _ => None,
        };
        Ok(Self {
            host: config.host.clone(),
            port: config.port(),
            security: config.security,
            trust,
            login,
            from: config.from.clone(),
            time_limit: time_limit("mail.time_limit_seconds", config.time_limit_seconds)?,
            clock,
        })
    }

    /// Returns how long one message may take; the lease of its outbox row must be longer.
    #[must_use]
    pub const fn time_limit(&self) -> Duration {
        self.time_limit
    }

    /// Sends one mail; `id` is that of its outbox row.
    ///
    /// When the connection is lost after the whole mail went out, nobody knows whether the server took it. It counts as
    /// not sent, and its second copy bears the same id.
    ///
    /// # Errors
    /// [`SendError`], whose class says whether the same mail may leave later.
    ///
    /// # Clause
    /// R2, R23
    pub async fn send(
        &self,
        warrant: &(dyn Warrant + Sync),
        id: OutboxId,
        message: &Message,
    ) -> Result<(), SendError> {
        let parcel = self.pack(warrant, id, message)?;
        match tokio::time::timeout(self.time_limit, self.deliver(&parcel)).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(SendError::Temporary(Failure::of(Cause::TimedOut))),
        }
    }

    fn pack(
        &self,
        warrant: &dyn Warrant,
        id: OutboxId,
        message: &Message,
    ) -> Result<Parcel, SendError> {
        let now = self.clock.now();
        if message.expires_at().is_some_and(|end| now >= end) {
            clause::hit!(R2);
            return Err(SendError::Permanent(Failure::of(Cause::Expired)));
        }
        let packed = message.open(warrant, Sink::Mail, |letter| {
            let bytes = mime::write(id, &self.from, message.lang(), letter, now)?;
            let to = Zeroizing::new(letter.to.clone());
            Ok(Parcel { to, bytes })
        });
        packed.unwrap_or(Err(SendError::Permanent(Failure::of(Cause::NotWarranted))))
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<(), SendError> {
        let address = (self.host.as_str(), self.port);
        let stream = TcpStream::connect(address)
            .await
            .map_err(|_names_host| SendError::Temporary(Failure::of(Cause::Unreachable)))?;
        let envelope = Envelope {
            from: &self.from,
            to: &parcel.to,
            bytes: &parcel.bytes,
        };
        let login = self.login.as_ref();
        match (&self.trust, self.security) {
            (Some(trust), Security::StartTls) => {
                let mut session = Session::greeted(stream, &self.from).await?;
                session.ask_for_tls().await?;
                let stream = trust.connect(session.into_stream()).await?;
                let mut session = Session::resumed(stream, &self.from).await?;
                session.submit(login, &envelope).await
            }
            (Some(trust), Security::Tls) => {
                let stream = trust.connect(stream).await?;
                let mut session = Session::greeted(stream, &self.from).await?;
                session.submit(login, &envelope).await
            }
            (None, Security::Plain) => {
                let mut session = Session::greeted(stream, &self.from).await?;
                session.submit(login, &envelope).await
            }
            // INVARIANT: `open` makes trust for every protected session and for no other.
            (None, Security::StartTls | Security::Tls) | (Some(_), Security::Plain) => {
                Err(SendError::Configuration(Failure::of(Cause::NoEncryption)))
            }
        }
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("from", &self.from)
            .field("time_limit", &self.time_limit)
            .finish_non_exhaustive()
    }
}
