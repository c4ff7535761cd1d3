use yuntu_policy::{ApplicationField, NoLook};
use yuntu_store::FileFault;
use yuntu_terms::{ErrorKind, Text};

use super::account_check::PaymentFault;
use super::form::FieldFault;

/// Why an act of a certification was not done; it quotes nothing that was typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificationError {
    /// Some fields are wrong or missing; what was right is kept.
    #[error("fields are wrong or missing")]
    Faults(Vec<(ApplicationField, FieldFault)>),
    /// A file is not taken.
    #[error(transparent)]
    File(#[from] FileFault),
    /// The application has as many files as it may.
    #[error("the application has as many files as it may")]
    TooManyFiles,
    /// The enterprise has an open application already.
    #[error("an application is open already")]
    OpenAlready,
    /// The application has moved on, so that this is no longer possible.
    #[error("the application has moved on")]
    MovedOn,
    /// A decision against an enterprise needs its reasons, and a question its words.
    #[error("the words are missing or too long")]
    Words,
    /// Another enterprise was certified with the credit code meanwhile.
    #[error("the credit code is taken")]
    CodeTaken,
    /// Whoever reviews is concerned.
    #[error("the reviewer is concerned")]
    Concerned,
    /// The bank account is not verified by a payment yet.
    #[error("the bank account is not verified")]
    Unverified,
    /// A payment cannot be as it was written down.
    #[error(transparent)]
    Payment(#[from] PaymentFault),
    /// A value may not be looked at.
    #[error(transparent)]
    Look(#[from] NoLook),
}

impl CertificationError {
    /// Says what the error means to a caller.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Faults(_)
            | Self::File(_)
            | Self::TooManyFiles
            | Self::Words
            | Self::Payment(_) => ErrorKind::Invalid,
            Self::OpenAlready | Self::MovedOn | Self::CodeTaken | Self::Unverified => {
                ErrorKind::Conflict
            }
            Self::Concerned | Self::Look(_) => ErrorKind::Refused,
        }
    }

    /// Says why, and what to do, to the person.
    ///
    /// # Clause
    /// U1
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Faults(_) => Text::new(
                "有的项目有误或缺失，请按各项旁的说明修改",
                "Some fields are wrong or missing; see what stands beside each.",
            ),
            Self::File(fault) => fault.text(),
            Self::TooManyFiles => Text::new(
                "每份申请最多 12 个文件，请先删除不需要的",
                "An application has at most 12 files; remove one that is not needed first.",
            ),
            Self::OpenAlready => Text::new(
                "本企业已有一份未办结的申请，请继续办理",
                "Your enterprise has an open application already; please go on with it.",
            ),
            Self::MovedOn => Text::new(
                "申请的状态已改变，此操作不再可行；请查看最新状态",
                "The application has moved on and this is no longer possible; see where it stands.",
            ),
            Self::Words => Text::new(
                "请写明理由或问题，一至一千个字符",
                "Please give the reasons or the question, in 1 to 1,000 characters.",
            ),
            Self::CodeTaken => Text::new(
                "此统一社会信用代码已属于另一家已认证的企业，不能通过",
                "The credit code belongs to another certified enterprise; it cannot be approved.",
            ),
            Self::Unverified => Text::new(
                "银行账户尚未以小额打款核验，不能通过；请先记录打款结果",
                "The bank account is not verified by a small payment yet, so it cannot be approved; record how the payment came out first.",
            ),
            Self::Payment(fault) => fault.text(),
            Self::Concerned => NoLook::Concerned.text(),
            Self::Look(why) => why.text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_in_both_languages() {
        for error in [
            CertificationError::Faults(Vec::new()),
            CertificationError::File(FileFault::Kind),
            CertificationError::TooManyFiles,
            CertificationError::OpenAlready,
            CertificationError::MovedOn,
            CertificationError::Words,
            CertificationError::CodeTaken,
            CertificationError::Concerned,
            CertificationError::Unverified,
            CertificationError::Payment(PaymentFault::Amount),
            CertificationError::Payment(PaymentFault::Paid),
            CertificationError::Payment(PaymentFault::Result),
            CertificationError::Payment(PaymentFault::Reason),
            CertificationError::Look(NoLook::SecondPerson),
        ] {
            let text = error.text();
            assert!(!text.zh.is_ascii() && text.en.is_ascii(), "{text:?}");
        }
    }
}
