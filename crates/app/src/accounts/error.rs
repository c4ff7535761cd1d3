use std::time::Duration;

use yuntu_terms::{ErrorKind, Text, Timestamp};
use yuntu_vault::{PasswordError, PasswordFault};

use crate::error::AppError;
use crate::words::minute;

/// Why a person could not do with her account what she wanted; nothing in it tells whether an account exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// It was tried too often; it is allowed again at this moment.
    #[error("tried too often")]
    TooOften {
        /// When.
        until: Timestamp,
    },
    /// Too many passwords are being checked.
    #[error("too many sign-ins at the moment")]
    Busy,
    /// The code is wrong.
    #[error("the code is wrong")]
    WrongCode {
        /// How often it can still be tried.
        left: u32,
    },
    /// There is no such code, or it was used, was tried too often, is too old, or was sent to another address.
    #[error("the code is no longer good")]
    SpentCode,
    /// Address and password do not go together.
    #[error("the address or the password is wrong")]
    WrongPassword,
    /// The session has ended.
    #[error("not signed in")]
    SignedOut,
    /// The act needs a proof that is younger than what the session has.
    #[error("a fresh proof is needed")]
    ProofNeeded,
    /// The version of the statement in force was not accepted.
    #[error("the statement in force was not accepted")]
    NotAccepted,
    /// The purpose is not one that a person can choose.
    #[error("the purpose is not an optional one")]
    NotOptional,
    /// The address belongs to an account; said only to who proved to hold the address.
    #[error("the address has an account already")]
    AddressTaken,
    /// No message reaches the address.
    #[error("no message can be sent to the address")]
    Unreachable,
    /// The account is suspended; said only to who proved to hold it.
    #[error("the account is suspended")]
    Suspended,
    /// The nickname cannot be used.
    #[error("the nickname is not 1 to 40 characters in one line")]
    Nickname,
    /// The second factor is wrong.
    #[error("the second factor is wrong")]
    WrongFactor {
        /// How often it can still be tried.
        left: u32,
    },
    /// The password is wrong for which a sign-in was held.
    #[error("the password is wrong")]
    WrongNextPassword {
        /// How often it can still be tried.
        left: u32,
    },
    /// The second factor is wrong, in a session that is open.
    #[error("the proof is wrong")]
    WrongProof,
    /// The way to the second step is no longer good: it was used, is too old, or was tried too often.
    #[error("the second step is no longer possible")]
    SpentTicket,
    /// The authenticator bore too many wrong codes; another factor opens it again.
    #[error("the authenticator is locked")]
    FactorLocked,
    /// The account has an authenticator already.
    #[error("there is an authenticator already")]
    FactorExists,
    /// The secret of an authenticator was never shown, or too long ago.
    #[error("no authenticator waits to be confirmed")]
    NoFactor,
    /// What holds for the password alone does not hold for this one.
    #[error("the password does not do without a second factor")]
    PasswordNeedsFactor,
    /// The passkey does not prove what was asked, or the ceremony was used or is over.
    #[error("the passkey was not accepted")]
    Passkey,
    /// The name of a passkey cannot be used.
    #[error("the label is not 1 to 40 characters in one line")]
    Label,
    /// An operator keeps at least one second factor.
    #[error("the last second factor stays")]
    LastFactor,
    /// The password may not be chosen.
    #[error(transparent)]
    Password(PasswordFault),
}

impl AccountError {
    /// Says what the error means to a caller.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::TooOften { .. } | Self::Busy => ErrorKind::Unavailable,
            Self::WrongPassword
            | Self::SignedOut
            | Self::ProofNeeded
            | Self::Suspended
            | Self::FactorLocked
            | Self::LastFactor => ErrorKind::Refused,
            Self::AddressTaken | Self::FactorExists => ErrorKind::Conflict,
            Self::WrongCode { .. }
            | Self::SpentCode
            | Self::NotAccepted
            | Self::NotOptional
            | Self::Unreachable
            | Self::Nickname
            | Self::WrongFactor { .. }
            | Self::WrongNextPassword { .. }
            | Self::WrongProof
            | Self::SpentTicket
            | Self::NoFactor
            | Self::PasswordNeedsFactor
            | Self::Passkey
            | Self::Label
            | Self::Password(_) => ErrorKind::Invalid,
        }
    }

    /// Says why, and what to do, to the person.
    ///
    /// # Clause
    /// R2
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::TooOften { until } => {
                // Rounded up, or it would be too early by some seconds.
                let until = minute(until.plus(Duration::from_secs(59)));
                Text::new(
                    format!("尝试过于频繁，请在 {until} 之后再试"),
                    format!("This was tried too often; try again after {until}."),
                )
            }
            Self::Busy => Text::new(
                "此刻登录的人太多，请稍后再试",
                "Too many people are signing in at the moment; try again shortly.",
            ),
            Self::WrongCode { left } => Text::new(
                format!("验证码不正确，还可以再试 {left} 次"),
                format!("The code is wrong; tries left: {left}."),
            ),
            Self::SpentCode => Text::new(
                "验证码已失效（已使用、已过期或错误次数过多），请重新获取",
                "The code is no longer good: it was used, is too old or was wrong too often. Ask for a new one.",
            ),
            Self::WrongPassword => Text::new(
                "邮箱、手机号或密码不正确；也可以改用验证码登录",
                "The address or the password is wrong; you can sign in with a code instead.",
            ),
            Self::SignedOut => Text::new("请先登录", "Please sign in first."),
            Self::ProofNeeded => Text::new(
                "此操作需要再次确认是您本人：请输入密码或验证码",
                "This needs another proof that it is you: give your password or a code.",
            ),
            Self::NotAccepted => Text::new(
                "请先阅读并明确接受现行版本的隐私声明",
                "Please read the privacy statement in force and accept it expressly.",
            ),
            Self::NotOptional => Text::new(
                "声明中没有此可选目的",
                "The statement has no such optional purpose.",
            ),
            Self::AddressTaken => Text::new(
                "此邮箱或手机号已有帐号，请直接登录",
                "This address has an account already; please sign in.",
            ),
            Self::Unreachable => Text::new(
                "无法向此地址发送消息；邮箱请使用英文字母、数字和常用符号",
                "No message can be sent to this address; a mail address must be in ASCII.",
            ),
            Self::Suspended => Text::new(
                "此帐号已被暂停使用，请与我们联系",
                "This account is suspended; please contact us.",
            ),
            Self::Nickname => Text::new(
                "昵称须为一行一至四十个字符",
                "A nickname has 1 to 40 characters in one line.",
            ),
            Self::Password(fault) => fault.text(),
            Self::WrongFactor { .. }
            | Self::WrongNextPassword { .. }
            | Self::WrongProof
            | Self::SpentTicket
            | Self::FactorLocked
            | Self::FactorExists
            | Self::NoFactor
            | Self::PasswordNeedsFactor
            | Self::Passkey
            | Self::Label
            | Self::LastFactor => self.factor_text(),
        }
    }
}

impl From<PasswordFault> for AppError {
    fn from(fault: PasswordFault) -> Self {
        Self::Account(AccountError::Password(fault))
    }
}

impl From<PasswordError> for AppError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Account(AccountError::Busy),
            PasswordError::Entropy(failure) => Self::Entropy(failure),
            PasswordError::Damaged => Self::Internal {
                what: "a stored password hash",
            },
            PasswordError::Primitive => Self::Internal {
                what: "hashing a password",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_in_both_languages() {
        let until = Timestamp::from_micros(0);
        for error in [
            AccountError::TooOften { until },
            AccountError::Busy,
            AccountError::WrongCode { left: 3 },
            AccountError::SpentCode,
            AccountError::WrongPassword,
            AccountError::SignedOut,
            AccountError::ProofNeeded,
            AccountError::NotAccepted,
            AccountError::NotOptional,
            AccountError::AddressTaken,
            AccountError::Unreachable,
            AccountError::Suspended,
            AccountError::Nickname,
            AccountError::WrongFactor { left: 2 },
            AccountError::WrongNextPassword { left: 2 },
            AccountError::WrongProof,
            AccountError::SpentTicket,
            AccountError::FactorLocked,
            AccountError::FactorExists,
            AccountError::NoFactor,
            AccountError::PasswordNeedsFactor,
            AccountError::Passkey,
            AccountError::Label,
            AccountError::LastFactor,
            AccountError::Password(PasswordFault::Common),
        ] {
            let text = error.text();
            let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(han(&text.zh) && !han(&text.en), "{text:?}");
        }
    }
}
