use std::fmt;

use yuntu_terms::{Digest, Entropy, EntropyFailure, IdentifierError, clause, read_digits};
use zeroize::Zeroizing;

use crate::crypto::{put_field, same};
use crate::{KeyedHash, VaultError};

const DIGITS: usize = 6;
const CODES: u32 = 1_000_000;

/// A code of six digits that is sent to an address, or shown by an authenticator; wiped when dropped, never printed.
///
/// It has 20 bits, so it holds only as long as whoever keeps it counts the tries, lets it work once and ends it within
/// minutes (NIST SP 800-63B).
///
/// # Clause
/// R2, R22
pub struct VerificationCode(Zeroizing<String>);

/// What a code is good for: one request and one purpose, so that it opens nothing else.
#[derive(Debug, Clone, Copy)]
pub struct CodeBinding<'a> {
    /// The request that the code was sent for.
    pub request: &'a str,
    /// What it may be used for, such as `sign_in`.
    pub purpose: &'a str,
}

impl VerificationCode {
    /// Draws a code; all million are equally likely.
    ///
    /// # Errors
    /// [`EntropyFailure`] when there is no randomness.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, EntropyFailure> {
        // The last multiple of a million that fits; numbers from there on would favour the low codes.
        const END: u32 = u32::MAX - u32::MAX % CODES;
        loop {
            let mut bytes = Zeroizing::new([0; 4]);
            entropy.fill(bytes.as_mut())?;
            let number = u32::from_le_bytes(*bytes);
            if number < END {
                return Ok(Self(Zeroizing::new(format!("{:06}", number % CODES))));
            }
        }
    }

    /// Takes a code as a person types it: full-width digits, spaces and hyphens are understood.
    ///
    /// # Errors
    /// Why it has not the form of a code.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        read_digits(text, DIGITS).map(Self)
    }

    /// Lends the six digits to the message that carries them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Hashes the code for storing, under a key that the database does not hold: without it the million codes cannot be
    /// tried out on a stolen row.
    ///
    /// # Errors
    /// [`VaultError::LeaseEnded`].
    pub fn hash(&self, key: &KeyedHash, binding: CodeBinding<'_>) -> Result<Digest, VaultError> {
        clause::hit!(R2);
        let mut message = Zeroizing::new(Vec::new());
        for field in [binding.purpose, binding.request, self.expose()] {
            put_field(&mut message, field.as_bytes());
        }
        key.digest(&message)
    }

    /// Says whether this is the code that was stored for the binding.
    ///
    /// # Errors
    /// [`VaultError::LeaseEnded`].
    pub fn matches(
        &self,
        key: &KeyedHash,
        binding: CodeBinding<'_>,
        stored: &Digest,
    ) -> Result<bool, VaultError> {
        Ok(same(&self.hash(key, binding)?, stored))
    }
}

impl fmt::Debug for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationCode([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use yuntu_terms::SeededEntropy;

    use super::*;

    /// The chi-square sum of counts that are expected to be equal.
    fn chi_square(counts: &[u32]) -> f64 {
        let cells = u32::try_from(counts.len()).unwrap();
        let expected = f64::from(counts.iter().sum::<u32>()) / f64::from(cells);
        counts
            .iter()
            .map(|count| (f64::from(*count) - expected).powi(2) / expected)
            .sum()
    }

    #[test]
    fn all_codes_are_equally_likely() {
        let entropy = SeededEntropy::new(6);
        let mut thousands = vec![0; 1_000];
        let mut digits = vec![vec![0; 10]; DIGITS];
        for _ in 0..200_000 {
            let code = VerificationCode::draw(&entropy).unwrap();
            let number: usize = code.expose().parse().unwrap();
            thousands[number / 1_000] += 1;
            for (place, digit) in code.expose().bytes().enumerate() {
                digits[place][usize::from(digit - b'0')] += 1;
            }
        }
        // The 99.9th percentiles of the distribution with 999 and with 9 degrees of freedom.
        assert!(
            chi_square(&thousands) < 1_142.8,
            "{}",
            chi_square(&thousands)
        );
        for counts in digits {
            assert!(chi_square(&counts) < 27.9, "{counts:?}");
        }
    }

    /// Gives prepared numbers, one a call.
    #[derive(Debug)]
    struct Prepared(Mutex<Vec<u32>>);

    impl Entropy for Prepared {
        fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyFailure> {
            let number = self.0.lock().unwrap().remove(0);
            buffer.copy_from_slice(&number.to_le_bytes());
            Ok(())
        }
    }

    #[test]
    fn numbers_that_would_favour_low_codes_are_drawn_again() {
        let draw = |numbers: &[u32]| {
            let entropy = Prepared(Mutex::new(numbers.to_vec()));
            VerificationCode::draw(&entropy)
                .unwrap()
                .expose()
                .to_owned()
        };
        assert_eq!(draw(&[7]), "000007");
        assert_eq!(draw(&[4_293_999_999]), "999999");
        // 4,294,000,000 is the first beyond the last whole million.
        assert_eq!(draw(&[4_294_000_000, u32::MAX, 42]), "000042");
    }

    #[test]
    fn a_code_is_read_as_people_type_it_and_never_printed() {
        for spelling in ["012345", " 012 345 ", "012-345", "０１２３４５"] {
            assert_eq!(
                VerificationCode::parse(spelling).unwrap().expose(),
                "012345"
            );
        }
        for bad in ["", "01234", "0123456", "01234a"] {
            assert!(VerificationCode::parse(bad).is_err(), "{bad}");
        }
        let code = VerificationCode::parse("012345").unwrap();
        assert_eq!(format!("{code:?}"), "VerificationCode([redacted])");
    }
}
