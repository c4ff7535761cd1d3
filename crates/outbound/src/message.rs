mod content;

use std::fmt;

use yuntu_terms::{Lang, Pii, Sink, Timestamp, Warrant};

use crate::letter::Letter;
use crate::notice::{
    Asks, CertificationNews, CodeUse, DueDuty, EndingNews, EndingPaper, FactorNews, HelpNews, Kind,
    MeasureNews, Notice, ShownFirst, StandingNews, Told,
};
use crate::recipient::{Medium, Recipient};
use crate::words::{Code, Line, Link};

use content::{About, Content, FORM, PAYLOAD_BYTES_MAX};

/// A message to one person: what it is about, in which language, and under protection to whom and what it says.
///
/// ```
/// use yuntu_outbound::{Code, CodeUse, Message, Recipient};
/// use yuntu_terms::{Lang, Pii, Timestamp};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let to = Recipient::mail(Pii::new("li@example.cn".to_owned()))?;
/// let until: Timestamp = "2026-03-21T08:05:00Z".parse()?;
/// let message = Message::code(to, Lang::Zh, CodeUse::SignIn, Code::try_from("004217")?, until);
/// let payload = message.into_payload()?; // what the store seals
/// assert_eq!(Message::from_payload(payload)?.expires_at(), Some(until));
/// # Ok(())
/// # }
/// ```
///
/// # Clause
/// R22, R23
pub struct Message {
    about: About,
    content: Pii<Content>,
}

/// The bytes are no message of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a message: the payload is damaged, too large or of another version")]
pub struct InvalidMessage(());

impl Message {
    /// Carries a verification code, which is worthless from `expires_at` on: what has not left by then never leaves.
    pub fn code(
        to: Recipient,
        lang: Lang,
        usage: CodeUse,
        code: Code,
        expires_at: Timestamp,
    ) -> Self {
        Self::new(
            to,
            lang,
            Notice::Code {
                usage,
                code,
                expires_at,
            },
        )
    }

    /// Tells whoever asked for a code to sign up with this address, or to make it a contact, that it has an account.
    pub fn account_exists(to: Recipient, lang: Lang, at: Timestamp) -> Self {
        Self::new(to, lang, Notice::AccountExists { at })
    }

    /// Tells one of the two addresses that the contact of an account changed; each is told by a message of its own.
    pub fn contact_changed(
        to: Recipient,
        lang: Lang,
        contact: Medium,
        told: Told,
        at: Timestamp,
    ) -> Self {
        Self::new(to, lang, Notice::ContactChanged { contact, told, at })
    }

    /// Tells that the password changed.
    pub fn password_changed(to: Recipient, lang: Lang, at: Timestamp) -> Self {
        Self::new(to, lang, Notice::PasswordChanged { at })
    }

    /// Tells that the second factors changed, or that a recovery code was used.
    pub fn factor_changed(to: Recipient, lang: Lang, news: FactorNews, at: Timestamp) -> Self {
        Self::new(to, lang, Notice::FactorChanged { news, at })
    }

    /// Tells of a sign-in from a device not seen before; `device` is what it says of itself ([`Line::lossy`]).
    pub fn new_sign_in(to: Recipient, lang: Lang, device: Line, at: Timestamp) -> Self {
        Self::new(to, lang, Notice::NewSignIn { device, at })
    }

    /// Tells that a sign-in from a device not seen before was held after failures, until one more proof is shown.
    pub fn sign_in_held(
        to: Recipient,
        lang: Lang,
        shown: ShownFirst,
        device: Line,
        at: Timestamp,
    ) -> Self {
        Self::new(to, lang, Notice::SignInHeld { shown, device, at })
    }

    /// Invites somebody to act for an enterprise; the invitation ends at `expires_at`.
    pub fn invitation(
        to: Recipient,
        lang: Lang,
        enterprise: Line,
        inviter: Line,
        link: Link,
        expires_at: Timestamp,
    ) -> Self {
        Self::new(
            to,
            lang,
            Notice::Invitation {
                enterprise,
                inviter,
                link,
                expires_at,
            },
        )
    }

    /// Tells of a new state of an enterprise's certification.
    pub fn certification_changed(
        to: Recipient,
        lang: Lang,
        enterprise: Line,
        news: CertificationNews,
        link: Link,
    ) -> Self {
        Self::new(
            to,
            lang,
            Notice::CertificationChanged {
                enterprise,
                news,
                link,
            },
        )
    }

    /// Tells that an account was suspended because it may be a minor's, or is open again; `contact` is whom to write to
    /// with an objection.
    pub fn standing_changed(
        to: Recipient,
        lang: Lang,
        news: StandingNews,
        contact: Line,
        link: Link,
        at: Timestamp,
    ) -> Self {
        Self::new(
            to,
            lang,
            Notice::StandingChanged {
                news,
                contact,
                link,
                at,
            },
        )
    }

    /// Tells whoever reported a minor's account that the report was decided; how stands behind the link and the receipt.
    pub fn report_answered(to: Recipient, lang: Lang, link: Link, at: Timestamp) -> Self {
        Self::new(to, lang, Notice::ReportAnswered { link, at })
    }

    /// Tells that a paper ends soon or has ended; the enterprise is empty where the paper is the platform's own.
    pub fn paper_ending(
        to: Recipient,
        lang: Lang,
        enterprise: Line,
        (paper, news): (EndingPaper, EndingNews),
        ends_at: Timestamp,
        link: Option<Link>,
    ) -> Self {
        Self::new(
            to,
            lang,
            Notice::PaperEnding {
                enterprise,
                paper,
                news,
                ends_at,
                link,
            },
        )
    }

    /// Tells who answers for it that a duty of the platform is due soon or overdue.
    pub fn duty_due(
        to: Recipient,
        lang: Lang,
        (duty, news): (DueDuty, EndingNews),
        due_at: Timestamp,
        link: Option<Link>,
    ) -> Self {
        Self::new(
            to,
            lang,
            Notice::DutyDue {
                duty,
                news,
                due_at,
                link,
            },
        )
    }

    /// Gives somebody whom two made an operator the link with which she enrols, which ends at `expires_at`.
    pub fn operator_added(to: Recipient, lang: Lang, link: Link, expires_at: Timestamp) -> Self {
        Self::new(to, lang, Notice::OperatorAdded { link, expires_at })
    }

    /// Tells everybody who acts for an enterprise of a measure against it, or of its end.
    pub fn measure_news(
        to: Recipient,
        lang: Lang,
        enterprise: Line,
        news: MeasureNews,
        at: Timestamp,
        link: Option<Link>,
    ) -> Self {
        Self::new(
            to,
            lang,
            Notice::MeasureNews {
                enterprise,
                news,
                at,
                link,
            },
        )
    }

    /// Tells whoever may approve it what became of the technical help that an enterprise asked for.
    pub fn help_news(
        to: Recipient,
        lang: Lang,
        enterprise: Line,
        news: HelpNews,
        at: Timestamp,
        link: Option<Link>,
    ) -> Self {
        Self::new(
            to,
            lang,
            Notice::HelpNews {
                enterprise,
                news,
                at,
                link,
            },
        )
    }

    /// Tells of a new version of the statement before it takes effect.
    pub fn statement_changed(
        to: Recipient,
        lang: Lang,
        version: Line,
        asks: Asks,
        effective_at: Timestamp,
        link: Link,
    ) -> Self {
        Self::new(
            to,
            lang,
            Notice::StatementChanged {
                version,
                asks,
                effective_at,
                link,
            },
        )
    }

    fn new(to: Recipient, lang: Lang, notice: Notice) -> Self {
        let medium = to.medium;
        let about = About {
            medium,
            kind: notice.kind(),
            lang,
            expires_at: notice.expires_at(),
        };
        let content = to.address.map(|to| Content {
            form: FORM,
            medium,
            lang,
            to: to.clone(),
            notice,
        });
        Self { about, content }
    }

    /// Returns how the message reaches its recipient.
    #[must_use]
    pub const fn medium(&self) -> Medium {
        self.about.medium
    }

    /// Returns what the message is about.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.about.kind
    }

    /// Returns the language of the message.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.about.lang
    }

    /// Returns from when on the message is worthless.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.about.expires_at
    }

    /// Lends the words to a sink that the warrant covers, or nothing: `Sink::Page` is the local outbox of the console.
    pub fn open<R>(
        &self,
        warrant: &dyn Warrant,
        sink: Sink,
        reader: impl FnOnce(&Letter) -> R,
    ) -> Option<R> {
        let About { medium, lang, .. } = self.about;
        self.content.open(warrant, sink, |content| {
            reader(&Letter::new(medium, lang, &content.to, &content.notice))
        })
    }

    /// Turns the message into the bytes that the outbox keeps sealed.
    ///
    /// # Errors
    /// [`InvalidMessage`] when the message cannot be written down, which no message that can be made does.
    pub fn into_payload(self) -> Result<Pii<Vec<u8>>, InvalidMessage> {
        let mut whole = false;
        let payload = self.content.map(|content| {
            // Room for all of it, so that growing leaves no copy behind.
            let mut bytes = Vec::with_capacity(PAYLOAD_BYTES_MAX);
            whole = serde_json::to_writer(&mut bytes, content).is_ok();
            bytes
        });
        whole.then_some(payload).ok_or(InvalidMessage(()))
    }

    /// Reads a message from the bytes of the outbox, checking each value again.
    ///
    /// # Errors
    /// [`InvalidMessage`] for bytes that [`Message::into_payload`] did not make.
    pub fn from_payload(payload: Pii<Vec<u8>>) -> Result<Self, InvalidMessage> {
        let mut about = None;
        let content = payload.map(|bytes| match Content::read(bytes) {
            Some(content) => {
                about = Some(content.about());
                content
            }
            None => Content::nothing(),
        });
        let about = about.ok_or(InvalidMessage(()))?;
        Ok(Self { about, content })
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("medium", &self.about.medium)
            .field("kind", &self.about.kind)
            .field("lang", &self.about.lang)
            .field("expires_at", &self.about.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
