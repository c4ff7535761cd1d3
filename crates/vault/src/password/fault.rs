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
    /// It is among the passwords and words that are tried first, or little different.
    #[error("the password is a common one")]
    Common,
    /// It repeats itself or follows the keyboard, the alphabet, the digits or the calendar.
    #[error("the password follows a pattern")]
    Pattern,
    /// It is found in few tries although no single reason stands out.
    #[error("the password is easily guessed")]
    Guessable,
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
            Self::Common => Text::new(
                "这是常用或曾泄露的密码，会被最先尝试，请换一个",
                "This is a common or leaked password, which is tried first; please choose another.",
            ),
            Self::Pattern => Text::new(
                "密码有明显规律（重复、连续字符、键盘顺序或日期），请换一个",
                "The password follows a pattern (repeats, sequences, rows of keys or dates); please \
                 choose another.",
            ),
            Self::Guessable => Text::new(
                "密码容易猜到，请加长，或换成几个不相关的词",
                "The password is easily guessed; please make it longer or use a few unrelated words.",
            ),
        }
    }

    /// Says what the fault means to a caller: the input can be mended.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        ErrorKind::Invalid
    }
}
