use yuntu_terms::{ErrorKind, Text};

/// Why a password is not taken; it quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// It has more characters than are taken.
    #[error("the password has more than {most} characters")]
    TooLong {
        /// The most that are taken.
        most: usize,
    },
    /// It has fewer characters than are needed.
    #[error("the password has fewer than {least} characters")]
    TooShort {
        /// The fewest that are needed.
        least: usize,
    },
    /// It is the person's own name, address or enterprise, or the product's name, with little added.
    #[error("the password is made of words that others know of the person")]
    OwnWords,
}

impl PasswordFault {
    /// Says why, to the person who chose it.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::TooLong { most } => Text::new(
                format!("密码不能超过 {most} 个字符"),
                format!("A password has at most {most} characters."),
            ),
            Self::TooShort { least } => Text::new(
                format!("密码至少需要 {least} 个字符；几个不相关的词连在一起就很好记"),
                format!(
                    "A password needs at least {least} characters; a few unrelated words are easy to \
                     remember."
                ),
            ),
            Self::OwnWords => Text::new(
                "密码由您的姓名、邮箱、手机号、企业名称或本产品名称构成，别人容易猜到，请换一个",
                "The password is made of your name, address, number or enterprise, or of this product's \
                 name, which others can guess; please choose another.",
            ),
        }
    }

    /// Says what the fault means to a caller: the input can be mended.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        ErrorKind::Invalid
    }
}
