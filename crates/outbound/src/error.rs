use std::fmt;

use yuntu_terms::{ClauseId, Text};

/// A message was not sent; what a worker does next depends on the class.
///
/// Neither the message nor the code holds an address, a word of the message or a word of the other side, whose replies
/// quote addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The same message may leave later: try again with growing pauses.
    #[error("the message cannot leave now ({0})")]
    Temporary(Failure),
    /// This message never leaves: give it up.
    #[error("the message cannot leave ({0})")]
    Permanent(Failure),
    /// No message leaves until a person mends something, here or at the other side: keep it without counting the
    /// attempt, and raise an alarm.
    #[error("messages cannot leave with this configuration ({0})")]
    Configuration(Failure),
}

/// What went wrong, with the step and the number of the reply where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    cause: Cause,
    detail: Option<String>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The message was worthless before it could leave.
    Expired,
    /// The warrant does not open personal data for this way out.
    NotWarranted,
    /// Nothing is configured for this way out.
    NotConfigured,
    /// The provider's template for this kind and language is not configured.
    NoTemplate,
    /// The message or an address would have broken the protocol.
    Malformed,
    /// The other side cannot be reached.
    Unreachable,
    /// The other side did not answer within the time limit.
    TimedOut,
    /// The other side hung up or spoke something else.
    Interrupted,
    /// The server offers no encryption.
    NoEncryption,
    /// The server's certificate is not one that the configuration trusts.
    Untrusted,
    /// No encrypted connection came about, for another reason.
    Handshake,
    /// The credentials were refused, or none of the ways to give them is offered.
    Login,
    /// The other side says: not now.
    Busy,
    /// The other side says no.
    Refused,
    /// The system gave no randomness.
    Entropy,
}

impl Cause {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotWarranted => "not_warranted",
            Self::NotConfigured => "not_configured",
            Self::NoTemplate => "no_template",
            Self::Malformed => "malformed",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Interrupted => "interrupted",
            Self::NoEncryption => "no_encryption",
            Self::Untrusted => "untrusted",
            Self::Handshake => "handshake",
            Self::Login => "login",
            Self::Busy => "busy",
            Self::Refused => "refused",
            Self::Entropy => "entropy",
        }
    }

    /// Returns what a person at the console reads.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Expired => Text::new("发出前已过期", "it had ended before it could leave"),
            Self::NotWarranted => Text::new(
                "没有为此发送打开个人信息的依据",
                "nothing justifies opening personal data for this",
            ),
            Self::NotConfigured => Text::new("未配置此发送方式", "this way out is not configured"),
            Self::NoTemplate => Text::new(
                "未配置此类短信的模板",
                "the template for this kind of text message is not configured",
            ),
            Self::Malformed => {
                Text::new("内容不合协议", "the message would have broken the protocol")
            }
            Self::Unreachable => Text::new("无法连接对方", "the other side cannot be reached"),
            Self::TimedOut => Text::new(
                "对方未在时限内答复",
                "the other side did not answer within the time limit",
            ),
            Self::Interrupted => {
                Text::new("对方中断了会话", "the other side broke off the session")
            }
            Self::NoEncryption => Text::new(
                "邮件服务器不提供加密",
                "the mail server offers no encryption",
            ),
            Self::Untrusted => Text::new(
                "邮件服务器的证书不受信任",
                "the mail server's certificate is not trusted",
            ),
            Self::Handshake => {
                Text::new("无法建立加密连接", "no encrypted connection could be made")
            }
            Self::Login => Text::new("登录凭据被拒绝", "the credentials were refused"),
            Self::Busy => Text::new("对方请求稍后再试", "the other side asks to try again later"),
            Self::Refused => Text::new("对方拒收", "the other side refused it"),
            Self::Entropy => Text::new("系统未提供随机数", "the system gave no randomness"),
        }
    }
}

impl Failure {
    pub(crate) const fn of(cause: Cause) -> Self {
        Self {
            cause,
            detail: None,
        }
    }

    pub(crate) const fn at(cause: Cause, detail: String) -> Self {
        Self {
            cause,
            detail: Some(detail),
        }
    }

    /// Returns what went wrong.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cause.as_str())?;
        match &self.detail {
            Some(detail) => write!(f, ".{detail}"),
            None => Ok(()),
        }
    }
}

impl SendError {
    /// Returns what went wrong.
    #[must_use]
    pub const fn failure(&self) -> &Failure {
        match self {
            Self::Temporary(failure) | Self::Permanent(failure) | Self::Configuration(failure) => {
                failure
            }
        }
    }

    /// Returns the code for the outbox row and the log, such as `refused.rcpt.550`.
    #[must_use]
    pub fn code(&self) -> String {
        self.failure().to_string()
    }
}

/// A value of the configuration cannot be used; the message names the value and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {}", text.en)]
pub struct ConfigError {
    field: &'static str,
    text: Text,
    clause: Option<ClauseId>,
}

impl ConfigError {
    pub(crate) fn new(field: &'static str, zh: &str, en: &str) -> Self {
        Self {
            field,
            text: Text::new(zh, en),
            clause: None,
        }
    }

    pub(crate) fn by(mut self, clause: ClauseId) -> Self {
        self.clause = Some(clause);
        self
    }

    /// Returns the value's place, such as `sms.endpoint`.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// Returns what is wrong and what to do, in both languages.
    #[must_use]
    pub const fn text(&self) -> &Text {
        &self.text
    }

    /// Returns the clause that forbids the value, if it is one.
    #[must_use]
    pub const fn clause(&self) -> Option<ClauseId> {
        self.clause
    }
}
