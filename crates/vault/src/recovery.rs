use std::fmt;

use yuntu_terms::{Digest, Entropy, EntropyFailure, clause};
use zeroize::Zeroizing;

use crate::crypto::{put_field, same};
use crate::{KeyedHash, VaultError};

/// Crockford's base 32: no I, L, O and U, so that a code read from paper has one reading.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS: usize = 6;
const GROUP_LEN: usize = 4;
const LEN: usize = GROUPS * GROUP_LEN;

/// A code on paper that stands in for a lost second factor: 24 characters, 120 random bits; wiped when dropped, never
/// printed.
///
/// Each works once, which whoever stores the hashes sees to.
///
/// # Clause
/// R2, R22
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// How many a person is given at once.
    pub const SET: usize = 10;

    /// Draws the codes that a person is given at once.
    ///
    /// # Errors
    /// [`EntropyFailure`] when there is no randomness.
    pub fn draw_set(entropy: &dyn Entropy) -> Result<Vec<Self>, EntropyFailure> {
        (0..Self::SET).map(|_| Self::draw(entropy)).collect()
    }

    /// Draws one code, for something that a person keeps on paper.
    ///
    /// # Errors
    /// [`EntropyFailure`] when there is no randomness.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, EntropyFailure> {
        let mut bytes = Zeroizing::new([0; LEN]);
        entropy.fill(bytes.as_mut())?;
        let mut code = Zeroizing::new(String::with_capacity(LEN));
        // Of each byte five bits; 256 is a multiple of 32, so no character is favoured.
        let signs = bytes
            .iter()
            .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)));
        code.extend(signs.map(|sign| char::from(*sign)));
        Ok(Self(code))
    }

    /// Takes a code as a person types it: in any case, with or without its hyphens, O for 0, I and L for 1; nothing when
    /// it has not the form of a code.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = Zeroizing::new(String::with_capacity(LEN));
        for sign in text
            .chars()
            .filter(|sign| *sign != '-' && !sign.is_whitespace())
        {
            let sign = match sign.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let known = u8::try_from(sign).is_ok_and(|byte| ALPHABET.contains(&byte));
            if !known || code.len() == LEN {
                return None;
            }
            code.push(sign);
        }
        (code.len() == LEN).then_some(Self(code))
    }

    /// Returns the code as it is shown once: six groups of four with hyphens.
    #[must_use]
    pub fn shown(&self) -> Zeroizing<String> {
        let mut shown = Zeroizing::new(String::with_capacity(LEN + GROUPS));
        for (index, sign) in self.0.chars().enumerate() {
            if index > 0 && index % GROUP_LEN == 0 {
                shown.push('-');
            }
            shown.push(sign);
        }
        shown
    }

    /// Hashes the code for storing, bound to whose it is.
    ///
    /// # Errors
    /// [`VaultError::LeaseEnded`].
    pub fn hash(&self, key: &KeyedHash, owner: &str) -> Result<Digest, VaultError> {
        clause::hit!(R2);
        let mut message = Zeroizing::new(Vec::new());
        put_field(&mut message, owner.as_bytes());
        put_field(&mut message, self.0.as_bytes());
        key.digest(&message)
    }

    /// Finds the place of this code among the owner's stored hashes; every one of them is compared.
    ///
    /// # Errors
    /// [`VaultError::LeaseEnded`].
    pub fn find(
        &self,
        key: &KeyedHash,
        owner: &str,
        stored: &[Digest],
    ) -> Result<Option<usize>, VaultError> {
        let hash = self.hash(key, owner)?;
        let mut found = None;
        for (index, other) in stored.iter().enumerate() {
            if same(&hash, other) {
                found = Some(index);
            }
        }
        Ok(found)
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use yuntu_terms::SeededEntropy;

    use super::*;

    #[test]
    fn a_code_survives_paper() {
        let code = RecoveryCode::parse("0A1B-2C3D-4E5F-6G7H-8J9K-MNPQ").unwrap();
        assert_eq!(code.shown().as_str(), "0A1B-2C3D-4E5F-6G7H-8J9K-MNPQ");
        let typed = RecoveryCode::parse(" oa1b 2c3d-4e5f6g7h-8j9k mnpq").unwrap();
        assert_eq!(typed.shown(), code.shown());
        let one = RecoveryCode::parse("0AlB-2C3D-4E5F-6G7H-8J9K-MNPQ").unwrap();
        assert_eq!(one.shown(), code.shown());
        for bad in [
            "",
            "0A1B-2C3D",
            "0A1B-2C3D-4E5F-6G7H-8J9K-MNPQ-0",
            "UA1B-2C3D-4E5F-6G7H-8J9K-MNPQ",
            "云A1B-2C3D-4E5F-6G7H-8J9K-MNPQ",
        ] {
            assert!(RecoveryCode::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(format!("{code:?}"), "RecoveryCode([redacted])");
    }

    #[test]
    fn a_set_has_ten_codes_of_which_none_is_twice() {
        let set = RecoveryCode::draw_set(&SeededEntropy::new(3)).unwrap();
        let shown: BTreeSet<_> = set.iter().map(|code| code.shown().to_string()).collect();
        assert_eq!(shown.len(), RecoveryCode::SET);
        for code in &shown {
            assert!(RecoveryCode::parse(code).is_some(), "{code}");
        }
    }
}
