use std::fmt;

use sha2::{Digest as _, Sha256};
use yuntu_terms::{Digest, Entropy, EntropyFailure, clause};
use zeroize::Zeroizing;

/// The secret of a session: 256 random bits that the browser keeps and the platform only knows by their hash; wiped when
/// dropped, never printed.
///
/// No guess finds 256 bits, so a plain hash hides them as well as a slow one.
///
/// # Clause
/// R2, R22
#[derive(Clone)]
pub struct SessionSecret(Zeroizing<[u8; 32]>);

/// The text is not the secret of a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the secret of a session")]
pub struct InvalidSessionSecret(());

impl SessionSecret {
    /// Draws a new secret.
    ///
    /// # Errors
    /// [`EntropyFailure`] when there is no randomness.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyFailure> {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    /// Takes the text form, as a cookie brings it back.
    ///
    /// # Errors
    /// [`InvalidSessionSecret`] when it is not 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidSessionSecret> {
        text.parse::<Digest>()
            .map(|bytes| Self(Zeroizing::new(*bytes.as_bytes())))
            .map_err(|_form| InvalidSessionSecret(()))
    }

    /// Returns the text form for the cookie: 64 hexadecimal digits.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(Digest::new(*self.0).to_string())
    }

    /// Returns what is stored, and by which a session is found.
    #[must_use]
    pub fn hash(&self) -> Digest {
        clause::hit!(R22);
        let hash: [u8; 32] = Sha256::digest(self.0.as_ref()).into();
        Digest::new(hash)
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use yuntu_terms::SeededEntropy;

    use super::*;

    #[test]
    fn a_secret_comes_back_from_its_cookie_and_is_kept_as_a_hash() {
        let _mark = clause::check!(R22);
        let secret = SessionSecret::generate(&SeededEntropy::new(1)).unwrap();
        let text = secret.text();
        let again = SessionSecret::parse(&text).unwrap();
        assert_eq!(again.hash(), secret.hash());
        assert_ne!(secret.hash().to_string(), *text);
        assert_eq!(format!("{secret:?}"), "SessionSecret([redacted])");
        let other = SessionSecret::generate(&SeededEntropy::new(2)).unwrap();
        assert_ne!(other.hash(), secret.hash());
        for bad in ["", "00", &text.to_uppercase(), &format!("{}0", *text)] {
            assert!(SessionSecret::parse(bad).is_err(), "{bad}");
        }
    }
}
