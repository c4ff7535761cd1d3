use zeroize::Zeroizing;

use super::IdentifierError;
use super::signs::{is_separator, mask, signs};
use crate::{Pii, clause};

const MOBILE_LEN: usize = 11;

/// A telephone number of any country; its normal form is 11 digits for a mainland mobile, the digits with the area code
/// for a mainland landline, and `+` with the digits for any other.
#[derive(Debug)]
pub struct PhoneNumber(Pii<String>);

/// A mainland mobile number (手机号): 11 digits from 13 to 19, typed with or without the country code.
///
/// # Clause
/// U1
#[derive(Debug)]
pub struct MobileNumber(Pii<String>);

/// What was typed: its digits, and whether a plus or `00` says that they begin with a country code.
struct Dialled {
    digits: Zeroizing<String>,
    international: bool,
}

impl Dialled {
    fn read(text: &str) -> Result<Self, IdentifierError> {
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        let mut international = false;
        for (place, sign) in signs(text) {
            match sign {
                '0'..='9' => digits.push(sign),
                '+' if digits.is_empty() && !international => international = true,
                '.' | '(' | ')' => {}
                _ if is_separator(sign) => {}
                _ => return Err(IdentifierError::Character { place }),
            }
        }
        if let Some(rest) = digits.strip_prefix("00")
            && !international
        {
            digits = Zeroizing::new(rest.to_owned());
            international = true;
        }
        if digits.is_empty() {
            return Err(IdentifierError::Empty);
        }
        Ok(Self {
            digits,
            international,
        })
    }

    /// Returns the 11 digits when the number is a mainland mobile.
    fn mobile(&self) -> Option<&str> {
        let abroad = self
            .digits
            .strip_prefix("86")
            .filter(|rest| is_mobile(rest));
        abroad.or_else(|| {
            Some(self.digits.as_str()).filter(|digits| !self.international && is_mobile(digits))
        })
    }
}

impl PhoneNumber {
    /// Brings a number to its normal form, so that its spellings meet.
    ///
    /// # Errors
    /// Why it is no telephone number.
    pub fn normal(text: &str) -> Result<Zeroizing<String>, IdentifierError> {
        let dialled = Dialled::read(text)?;
        if let Some(mobile) = dialled.mobile() {
            return Ok(Zeroizing::new(mobile.to_owned()));
        }
        let found = dialled.digits.len();
        let (least, most) = if dialled.international {
            (7, 15)
        } else {
            (10, 12)
        };
        if !(least..=most).contains(&found) {
            return Err(IdentifierError::Length { found, least, most });
        }
        if dialled.international {
            return Ok(Zeroizing::new(format!("+{}", *dialled.digits)));
        }
        // A landline begins with the 0 of its area code.
        if dialled.digits.starts_with('0') {
            Ok(dialled.digits)
        } else {
            Err(IdentifierError::Beginning)
        }
    }

    /// Takes a number that a person typed.
    ///
    /// # Errors
    /// Why it is no telephone number.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        Self::normal(text).map(|mut number| Self(Pii::new(std::mem::take(&mut *number))))
    }

    /// Shows the number with all but three signs in front and four at the end hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        self.0.digest(|number| mask(number, 3, 4))
    }

    /// Lends the number under its protection.
    #[must_use]
    pub const fn as_pii(&self) -> &Pii<String> {
        &self.0
    }

    /// Returns the number under its protection.
    #[must_use]
    pub fn into_pii(self) -> Pii<String> {
        self.0
    }
}

impl MobileNumber {
    /// Brings a number to its 11 digits.
    ///
    /// # Errors
    /// Why it is no mainland mobile number.
    pub fn normal(text: &str) -> Result<Zeroizing<String>, IdentifierError> {
        let dialled = Dialled::read(text)?;
        if let Some(mobile) = dialled.mobile() {
            return Ok(Zeroizing::new(mobile.to_owned()));
        }
        let local = match dialled.digits.strip_prefix("86") {
            Some(rest) => rest,
            None if dialled.international => return Err(IdentifierError::Beginning),
            None => dialled.digits.as_str(),
        };
        if local.len() == MOBILE_LEN {
            Err(IdentifierError::Beginning)
        } else {
            Err(IdentifierError::Length {
                found: local.len(),
                least: MOBILE_LEN,
                most: MOBILE_LEN,
            })
        }
    }

    /// Takes a number that a person typed.
    ///
    /// # Errors
    /// Why it is no mainland mobile number.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        clause::hit!(U1);
        Self::normal(text).map(|mut number| Self(Pii::new(std::mem::take(&mut *number))))
    }

    /// Says whether the number lies in a block that was handed out to an operator when this was written.
    ///
    /// Blocks are added every year, so a number outside is doubted and not refused.
    #[must_use]
    pub fn is_in_known_block(&self) -> bool {
        self.0.digest(|number| {
            matches!(
                number.as_bytes(),
                [_, b'3' | b'8', ..]
                    | [_, b'4', b'5' | b'7', ..]
                    | [_, b'5' | b'9', b'0'..=b'3' | b'5'..=b'9', ..]
                    | [_, b'6', b'2' | b'5'..=b'7', ..]
                    | [_, b'6', b'1', b'0', ..]
                    | [_, b'7', b'0'..=b'3' | b'5'..=b'8', ..]
                    | [_, b'7', b'4', b'0', b'0'..=b'5', ..]
            )
        })
    }

    /// Shows the number with the four digits in the middle hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        self.0.digest(|number| mask(number, 3, 4))
    }

    /// Lends the number under its protection.
    #[must_use]
    pub const fn as_pii(&self) -> &Pii<String> {
        &self.0
    }

    /// Returns the number under its protection.
    #[must_use]
    pub fn into_pii(self) -> Pii<String> {
        self.0
    }
}

/// Says whether the digits are a mainland mobile number: 13 to 19.
fn is_mobile(digits: &str) -> bool {
    digits.len() == MOBILE_LEN && matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> IdentifierError {
        MobileNumber::parse(text).unwrap_err()
    }

    #[test]
    fn spellings_of_a_mobile_number_meet() {
        let _mark = clause::check!(U1);
        for spelling in [
            "13812345678",
            "+86 138 1234 5678",
            "0086-138-1234-5678",
            "8613812345678",
            "（+86）13812345678",
            "１３８１２３４５６７８",
            "\u{202d}138\u{a0}1234\u{2011}5678\u{202c}",
        ] {
            let mobile = MobileNumber::parse(spelling).unwrap().into_pii();
            let phone = PhoneNumber::parse(spelling).unwrap().into_pii();
            for number in [mobile, phone] {
                number.digest(|number| assert_eq!(number, "13812345678", "{spelling}"));
            }
        }
    }

    #[test]
    fn numbers_that_are_no_mainland_mobile_have_forms_of_their_own() {
        for (spelling, normal) in [
            ("+1 (212) 555-0100", "+12125550100"),
            ("00852 6123 4567", "+85261234567"),
            ("010-6552 9988", "01065529988"),
        ] {
            assert_eq!(PhoneNumber::normal(spelling).unwrap().as_str(), normal);
            assert!(MobileNumber::normal(spelling).is_err());
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(error(" - "), IdentifierError::Empty);
        let length = |found| IdentifierError::Length {
            found,
            least: 11,
            most: 11,
        };
        assert_eq!(error("1381234567"), length(10));
        assert_eq!(error("+86 138 1234 56789"), length(12));
        assert_eq!(
            error("1381234567x"),
            IdentifierError::Character { place: 11 }
        );
        assert_eq!(
            error("1+3812345678"),
            IdentifierError::Character { place: 2 }
        );
        for wrong in [
            "12012345678",
            "23812345678",
            "+85261234567",
            "+86 12812345678",
        ] {
            assert_eq!(error(wrong), IdentifierError::Beginning, "{wrong}");
        }
        assert_eq!(
            PhoneNumber::normal("12345").unwrap_err(),
            IdentifierError::Length {
                found: 5,
                least: 10,
                most: 12
            }
        );
    }

    #[test]
    fn a_number_outside_the_known_blocks_is_doubted_and_not_refused() {
        let known = |text| MobileNumber::parse(text).unwrap().is_in_known_block();
        for good in [
            "17012345678",
            "17112345678",
            "19212345678",
            "19612345678",
            "16101234567",
        ] {
            assert!(known(good), "{good}");
        }
        for doubtful in ["14012345678", "15412345678", "16812345678", "17406123456"] {
            assert!(!known(doubtful), "{doubtful}");
        }
    }

    #[test]
    fn a_number_is_not_printed_and_shown_masked() {
        let mobile = MobileNumber::parse("13812345678").unwrap();
        assert_eq!(format!("{mobile:?}"), "MobileNumber([redacted])");
        assert_eq!(mobile.masked(), "138****5678");
        let phone = PhoneNumber::parse("+12125550100").unwrap();
        assert_eq!(format!("{phone:?}"), "PhoneNumber([redacted])");
        assert_eq!(phone.masked(), "+12*****0100");
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own_normal_form(text in "[+(]?[0-9 ().-]{0,24}") {
            if let Ok(normal) = PhoneNumber::normal(&text) {
                let again = PhoneNumber::normal(&normal);
                prop_assert_eq!(again.unwrap(), normal);
            }
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,40}") {
            let _answer = PhoneNumber::parse(&text);
            let _answer = MobileNumber::parse(&text);
        }
    }
}
