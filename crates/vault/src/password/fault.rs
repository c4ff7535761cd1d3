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
        }
    }

    /// Says what the fault means to a caller: the input can be mended.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        ErrorKind::Invalid
    }
}
