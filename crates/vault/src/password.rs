//! Passwords: how they are held, checked when chosen, hashed and verified.

mod fault;
pub(crate) mod hasher;
mod rules;

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

pub use fault::PasswordFault;
pub use rules::SignInFactors;

/// A password as it is hashed: in Unicode's normal form NFC (NIST SP 800-63B-4, 3.1.1.2), nothing cut off, nothing
/// trimmed; wiped when dropped, never printed.
///
/// # Clause
/// R2, R24
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The most characters (code points) that are taken, so that a stranger cannot have us chew on a book.
    pub const CHARS_MAX: usize = 256;

    /// Takes what a person typed.
    ///
    /// # Errors
    /// [`PasswordFault::TooLong`].
    pub fn new(typed: String) -> Result<Self, PasswordFault> {
        let typed = Zeroizing::new(typed);
        // A composed text has at most as many characters as it was typed with.
        if typed.chars().nth(Self::CHARS_MAX).is_some() {
            return Err(PasswordFault::TooLong {
                most: Self::CHARS_MAX,
            });
        }
        // No text grows more than threefold, so nothing is left behind by a reallocation.
        let mut text = Zeroizing::new(String::with_capacity(typed.len() * 3));
        text.extend(typed.nfc());
        Ok(Self(text))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_whole_and_in_one_normal_form() {
        let text = |typed: &str| Password::new(typed.to_owned()).unwrap().expose().to_owned();
        assert_eq!(text("  spaces stay  "), "  spaces stay  ");
        // A letter and its accent typed apart.
        assert_eq!(text("e\u{301}te\u{301}"), "\u{e9}t\u{e9}");
        // NFC keeps full-width letters apart from narrow ones.
        assert_eq!(text("Ａ"), "Ａ");
        assert_eq!(text(&"云".repeat(256)), "云".repeat(256));
        assert!(matches!(
            Password::new("云".repeat(257)),
            Err(PasswordFault::TooLong { most: 256 })
        ));
        let password = Password::new("secret".to_owned()).unwrap();
        assert_eq!(format!("{password:?}"), "Password([redacted])");
    }
}
