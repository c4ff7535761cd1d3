use std::fmt;

use zeroize::Zeroize as _;

/// The secret of an API token: whoever holds it acts for a representative.
///
/// It cannot be printed, formatted into a log line or serialised; [`ApiSecret::expose`] lends the text to the few places
/// that hash it or hand it to its owner. It is wiped from memory when dropped. It is no personal data, so no warrant opens it.
///
/// ```compile_fail
/// let secret = yuntu_terms::ApiSecret::new(String::from("…"));
/// println!("{secret}");
/// ```
///
/// ```compile_fail
/// let secret = yuntu_terms::ApiSecret::new(String::from("…"));
/// serde_json::to_string(&secret);
/// ```
///
/// # Clause
/// R23
pub struct ApiSecret(String);

impl ApiSecret {
    /// Takes a secret under protection.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Lends the text to code that hashes it, or shows it once to whoever asked for the token.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Clone for ApiSecret {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl fmt::Debug for ApiSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Drop for ApiSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<'de> serde::Deserialize<'de> for ApiSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        let secret = ApiSecret::new(String::from("yuntu_canary"));
        assert_eq!(
            format!("{secret:?} {:?}", Some(&secret.clone())),
            "[redacted] Some([redacted])"
        );
        assert_eq!(secret.expose(), "yuntu_canary");
    }

    #[test]
    fn a_secret_is_read_from_a_form() {
        let secret: ApiSecret = serde_json::from_str("\"yuntu_x\"").unwrap();
        assert_eq!(secret.expose(), "yuntu_x");
    }
}
