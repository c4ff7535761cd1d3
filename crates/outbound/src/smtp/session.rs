use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use smtp_proto::Response;
use smtp_proto::response::parser::ResponseReceiver;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

use crate::config::Secret;
use crate::error::{Cause, Failure, SendError};

/// Who signs in.
pub(super) struct Login {
    pub(super) username: String,
    pub(super) password: Secret,
}

/// What is handed over, from whom and to whom.
pub(super) struct Envelope<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) bytes: &'a [u8],
}

/// A step of the session, by which a reply is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Greeting,
    Hello,
    StartTls,
    Login,
    From,
    To,
    Data,
    End,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "greeting",
            Self::Hello => "ehlo",
            Self::StartTls => "starttls",
            Self::Login => "auth",
            Self::From => "mail",
            Self::To => "rcpt",
            Self::Data => "data",
            Self::End => "end",
        })
    }
}

/// What the server says it can do.
#[derive(Debug, Default)]
struct Offer {
    starttls: bool,
    plain: bool,
    login: bool,
}

/// A session with a mail server that has greeted and named its extensions.
pub(super) struct Session<S> {
    stream: S,
    offer: Offer,
}

type Reply = Response<String>;

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    /// Waits for the greeting on a new connection and says who we are.
    pub(super) async fn greeted(stream: S, from: &str) -> Result<Self, SendError> {
        let mut session = Self {
            stream,
            offer: Offer::default(),
        };
        let greeting = session.reply().await?;
        accepted(Step::Greeting, &greeting, 220)?;
        session.hello(from).await?;
        Ok(session)
    }

    /// Says who we are anew after STARTTLS: what was said in the clear counts no more (RFC 3207, 4.2).
    pub(super) async fn resumed(stream: S, from: &str) -> Result<Self, SendError> {
        let mut session = Self {
            stream,
            offer: Offer::default(),
        };
        session.hello(from).await?;
        Ok(session)
    }

    async fn hello(&mut self, from: &str) -> Result<(), SendError> {
        let domain = from.rsplit_once('@').map_or(from, |(_, domain)| domain);
        let reply = self
            .command(Step::Hello, &format!("EHLO {domain}"), 250)
            .await?;
        self.offer = Offer::read(&reply.message);
        Ok(())
    }

    /// Asks the server to encrypt; a server that does not offer it gets nothing to see.
    pub(super) async fn ask_for_tls(&mut self) -> Result<(), SendError> {
        if !self.offer.starttls {
            return Err(SendError::Configuration(Failure::of(Cause::NoEncryption)));
        }
        self.command(Step::StartTls, "STARTTLS", 220).await?;
        Ok(())
    }

    /// Gives the connection back, to be encrypted.
    pub(super) fn into_stream(self) -> S {
        self.stream
    }

    /// Signs in, hands over the mail and takes leave.
    pub(super) async fn submit(
        &mut self,
        login: Option<&Login>,
        envelope: &Envelope<'_>,
    ) -> Result<(), SendError> {
        if let Some(login) = login {
            self.sign_in(login).await?;
        }
        let from = format!("MAIL FROM:<{}>", envelope.from);
        self.command(Step::From, &from, 250).await?;
        let to = Zeroizing::new(format!("RCPT TO:<{}>", envelope.to));
        self.command(Step::To, &to, 250).await?;
        self.command(Step::Data, "DATA", 354).await?;
        self.write(&stuffed(envelope.bytes)).await?;
        let reply = self.reply().await?;
        accepted(Step::End, &reply, 250)?;
        // The mail is theirs now; a server that is rude at parting does not make us send it twice.
        self.command(Step::End, "QUIT", 221).await.ok();
        Ok(())
    }

    async fn sign_in(&mut self, login: &Login) -> Result<(), SendError> {
        let password = login.password.expose();
        if self.offer.plain {
            let secret = Zeroizing::new(format!("\0{}\0{password}", login.username));
            let secret = Zeroizing::new(BASE64_STANDARD.encode(secret.as_bytes()));
            let line = Zeroizing::new(format!("AUTH PLAIN {}", *secret));
            self.command(Step::Login, &line, 235).await?;
            return Ok(());
        }
        if self.offer.login {
            self.command(Step::Login, "AUTH LOGIN", 334).await?;
            let name = BASE64_STANDARD.encode(&login.username);
            self.command(Step::Login, &name, 334).await?;
            let secret = Zeroizing::new(BASE64_STANDARD.encode(password));
            self.command(Step::Login, &secret, 235).await?;
            return Ok(());
        }
        let detail = String::from("not_offered");
        Err(SendError::Configuration(Failure::at(Cause::Login, detail)))
    }

    async fn command(&mut self, step: Step, line: &str, expected: u16) -> Result<Reply, SendError> {
        // Addresses are checked when made; a second look costs nothing, a smuggled command much.
        if line.contains(['\r', '\n', '\0']) {
            return Err(SendError::Permanent(Failure::of(Cause::Malformed)));
        }
        let line = Zeroizing::new(format!("{line}\r\n"));
        self.write(line.as_bytes()).await?;
        let reply = self.reply().await?;
        accepted(step, &reply, expected)?;
        Ok(reply)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        self.stream
            .write_all(bytes)
            .await
            .map_err(|_no_detail| interrupted())?;
        self.stream
            .flush()
            .await
            .map_err(|_no_detail| interrupted())
    }

    /// Reads one reply; more than one is a breach of the protocol, since we never ask twice before an answer.
    ///
    /// So nothing that was slipped in before encryption began is taken for an answer of the encrypted session.
    async fn reply(&mut self) -> Result<Reply, SendError> {
        let mut receiver = ResponseReceiver::default();
        let mut buffer = [0; 1_024];
        loop {
            let read = self
                .stream
                .read(&mut buffer)
                .await
                .map_err(|_no_detail| interrupted())?;
            let mut bytes = buffer.get(..read).unwrap_or_default().iter();
            if read == 0 {
                return Err(interrupted());
            }
            match receiver.parse(&mut bytes) {
                Ok(reply) if bytes.len() == 0 => return Ok(reply),
                Err(smtp_proto::Error::NeedsMoreData { .. }) => {}
                _broken => return Err(interrupted()),
            }
        }
    }
}

impl Offer {
    /// Reads the lines of an answer to EHLO after the first, which is a greeting.
    fn read(message: &str) -> Self {
        let mut offer = Self::default();
        for line in message.lines().skip(1) {
            let line = line.to_ascii_uppercase();
            let mut words = line.split([' ', '=']);
            match words.next() {
                Some("STARTTLS") => offer.starttls = true,
                Some("AUTH") => {
                    for word in words {
                        offer.plain |= word == "PLAIN";
                        offer.login |= word == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offer
    }
}

fn interrupted() -> SendError {
    SendError::Temporary(Failure::of(Cause::Interrupted))
}

/// Judges a reply: 4xx is for later; 5xx about the recipient or the mail is for good; any other 5xx is about us.
fn accepted(step: Step, reply: &Reply, expected: u16) -> Result<(), SendError> {
    // 251 takes the mail as well and says that it goes on from there.
    if reply.code == expected || (step == Step::To && reply.code == 251) {
        return Ok(());
    }
    let failure = |cause| Failure::at(cause, format!("{step}.{}", reply.code));
    Err(match (reply.code, step) {
        (400..=499, _) => SendError::Temporary(failure(Cause::Busy)),
        (530 | 534 | 535 | 538, _) | (500..=599, Step::Login) => {
            SendError::Configuration(failure(Cause::Login))
        }
        (500..=599, Step::To | Step::Data | Step::End) => {
            SendError::Permanent(failure(Cause::Refused))
        }
        (500..=599, Step::Greeting | Step::Hello | Step::StartTls | Step::From) => {
            SendError::Configuration(failure(Cause::Refused))
        }
        _ => interrupted(),
    })
}

/// Doubles a dot that begins a line, and ends with the line that ends a mail.
fn stuffed(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 8 + 8);
    let mut at_start = true;
    for byte in bytes {
        if at_start && *byte == b'.' {
            out.push(b'.');
        }
        out.push(*byte);
        at_start = *byte == b'\n';
    }
    if !at_start {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    Zeroizing::new(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_cannot_end_a_mail_early() {
        let text = |bytes: &[u8]| String::from_utf8(stuffed(bytes).to_vec()).unwrap();
        assert_eq!(text(b"a\r\n.\r\nb"), "a\r\n..\r\nb\r\n.\r\n");
        assert_eq!(text(b".a.\r\n..b\r\n"), "..a.\r\n...b\r\n.\r\n");
        assert_eq!(text(b""), ".\r\n");
    }

    #[test]
    fn an_offer_is_read_whatever_its_letters() {
        let offer = Offer::read("mx.example.cn\nSIZE 1000\nstarttls\nAUTH=LOGIN PLAIN");
        assert!(offer.starttls && offer.plain && offer.login);
        let offer = Offer::read("STARTTLS AUTH PLAIN\nXSTARTTLS\nAUTH CRAM-MD5");
        assert!(!offer.starttls && !offer.plain && !offer.login);
    }
}
