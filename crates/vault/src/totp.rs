use std::fmt;

use aes_gcm::aead::KeyInit;
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use yuntu_terms::{Entropy, EntropyFailure, Timestamp, clause};
use zeroize::Zeroizing;

use crate::VerificationCode;

const SECRET_LEN: usize = 20;
const DIGITS: u32 = 6;
const STEP_MICROS: i64 = 30_000_000;
/// How many steps a clock may be ahead or behind.
const DRIFT: i64 = 1;

/// The secret that an authenticator app shares with the platform (RFC 6238: HMAC-SHA-1, 30 seconds, six digits, which
/// is what every app understands); wiped when dropped, never printed.
///
/// # Clause
/// R2, R22
pub struct TotpSecret(Zeroizing<[u8; SECRET_LEN]>);

/// The number of a step of 30 seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TotpStep(i64);

impl TotpStep {
    /// Wraps the number of a step, as it was stored.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// Returns the number of the step.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    const fn at(now: Timestamp) -> Self {
        Self(now.as_micros().div_euclid(STEP_MICROS))
    }
}

impl TotpSecret {
    /// Draws a new secret.
    ///
    /// # Errors
    /// [`EntropyFailure`] when there is no randomness.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyFailure> {
        let mut secret = Zeroizing::new([0; SECRET_LEN]);
        entropy.fill(secret.as_mut())?;
        Ok(Self(secret))
    }

    /// Takes a secret that was sealed: 20 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes
            .try_into()
            .ok()
            .map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// Lends the bytes, to be sealed.
    #[must_use]
    pub fn expose(&self) -> &[u8; SECRET_LEN] {
        &self.0
    }

    /// Returns the secret as it is typed into an app: 32 letters and digits.
    #[must_use]
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(self.0.as_ref()))
    }

    /// Returns the address that an app reads from a picture; `label` is what it shows beside the issuer.
    #[must_use]
    pub fn uri(&self, issuer: &str, label: &str) -> Zeroizing<String> {
        let (issuer, label) = (percent(issuer), percent(label));
        Zeroizing::new(format!(
            "otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits={DIGITS}&period=30",
            *issuer,
            *label,
            *self.base32(),
            *issuer,
        ))
    }

    /// Finds the step whose code this is, of the present one and its neighbours.
    ///
    /// A step works once: `last` is the step that was accepted last, and neither it nor one before it is found. Whoever
    /// stores the answer does so in the transaction that lets the person in, or two requests share one code.
    #[must_use]
    pub fn matching_step(
        &self,
        code: &VerificationCode,
        now: Timestamp,
        last: Option<TotpStep>,
    ) -> Option<TotpStep> {
        clause::hit!(R2);
        let present = TotpStep::at(now).0;
        let mut found = Choice::from(0);
        let mut step = 0;
        // Every step is compared, so that the time does not tell which one it was.
        for candidate in present - DRIFT..=present + DRIFT {
            let right = self.code(candidate)?;
            let unused = last.is_none_or(|last| candidate > last.0);
            let same =
                right.as_bytes().ct_eq(code.expose().as_bytes()) & Choice::from(u8::from(unused));
            step.conditional_assign(&candidate, same);
            found |= same;
        }
        bool::from(found).then_some(TotpStep(step))
    }

    fn code(&self, step: i64) -> Option<Zeroizing<String>> {
        let number = one_time_number(self.0.as_ref(), step.cast_unsigned())?;
        Some(Zeroizing::new(format!(
            "{:06}",
            number % 10_u32.pow(DIGITS)
        )))
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret([redacted])")
    }
}

/// Computes the 31 bits that the digits are the end of (RFC 4226, 5.3).
fn one_time_number(secret: &[u8], step: u64) -> Option<u32> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash.last()? & 15);
    let bytes = hash.get(offset..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*bytes) & 0x7fff_ffff)
}

/// Writes a text for an address: all but letters, digits and `-._~` as percent signs and bytes (RFC 3986).
fn percent(text: &str) -> Zeroizing<String> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| DIGITS.get(usize::from(value)).map(|sign| char::from(*sign));
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 3));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(digit(byte >> 4));
            out.extend(digit(byte & 15));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use yuntu_terms::SeededEntropy;

    use super::*;

    const RFC_SECRET: &[u8; 20] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn code(text: &str) -> VerificationCode {
        VerificationCode::parse(text).unwrap()
    }

    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        for (seconds, digits) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            let step = TotpStep::at(at(seconds)).get().cast_unsigned();
            let number = one_time_number(RFC_SECRET, step).unwrap();
            assert_eq!(number % 100_000_000, digits, "{seconds}");
        }
    }

    #[test]
    fn the_vectors_of_rfc_4226_hold() {
        let secret = TotpSecret::from_slice(RFC_SECRET).unwrap();
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(secret.code(step).unwrap().as_str(), code);
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_and_a_step_works_once() {
        let _mark = clause::check!(R2);
        let secret = TotpSecret::from_slice(RFC_SECRET).unwrap();
        // The code of step 1, 30 to 59 seconds.
        let code = code("287082");
        for seconds in [0, 29, 30, 59, 60, 89] {
            let step = secret.matching_step(&code, at(seconds), None);
            assert_eq!(step, Some(TotpStep::new(1)), "{seconds}");
        }
        for seconds in [-1, 90, 1_000_000] {
            assert_eq!(
                secret.matching_step(&code, at(seconds), None),
                None,
                "{seconds}"
            );
        }
        let after = |last| secret.matching_step(&code, at(45), Some(TotpStep::new(last)));
        assert_eq!(after(0), Some(TotpStep::new(1)));
        assert_eq!(after(1), None);
        assert_eq!(after(2), None);
    }

    #[test]
    fn a_wrong_code_matches_no_step() {
        let secret = TotpSecret::generate(&SeededEntropy::new(9)).unwrap();
        let now = at(1_800_000_000);
        let matching = (0..1_000_000).step_by(7).filter(|number| {
            let code = code(&format!("{number:06}"));
            secret.matching_step(&code, now, None).is_some()
        });
        // Three codes are good, and at most three of these are among them.
        assert!(matching.count() <= 3);
    }

    #[test]
    fn an_app_reads_the_address_and_the_secret_survives_sealing() {
        let secret = TotpSecret::from_slice(RFC_SECRET).unwrap();
        assert_eq!(
            secret.uri("云图 Yuntu", "li.lei@example.cn").as_str(),
            "otpauth://totp/%E4%BA%91%E5%9B%BE%20Yuntu:li.lei%40example.cn\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E4%BA%91%E5%9B%BE%20Yuntu\
             &algorithm=SHA1&digits=6&period=30"
        );
        let again = TotpSecret::from_slice(secret.expose()).unwrap();
        assert_eq!(again.base32(), secret.base32());
        assert!(TotpSecret::from_slice(b"short").is_none());
        assert_eq!(format!("{secret:?}"), "TotpSecret([redacted])");
    }
}
