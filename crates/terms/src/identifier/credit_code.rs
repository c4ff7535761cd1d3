use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::IdentifierError;
use super::signs::collect;
use crate::clause;

const LEN: usize = 18;
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A unified social credit code (统一社会信用代码, GB 32100) of 18 characters: registering authority, kind of body, region,
/// organisation code and check character.
///
/// It is printed on every licence and is no personal data. The letters I, O, Z, S and V do not occur and are not
/// taken for the digits they resemble: a code that has them is mistyped.
///
/// # Clause
/// U1
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnifiedSocialCreditCode(String);

impl UnifiedSocialCreditCode {
    /// Brings a code to its normal form of 18 digits and capitals.
    ///
    /// # Errors
    /// Why it is no such code.
    pub fn normal(text: &str) -> Result<Zeroizing<String>, IdentifierError> {
        let code = collect(text, (LEN, LEN), |index, sign| {
            let sign = sign.to_ascii_uppercase();
            let fits = match index {
                // The region is a code of GB/T 2260.
                2..8 => sign.is_ascii_digit(),
                _ => value(sign).is_some(),
            };
            fits.then_some(sign)
        })?;
        let mut weight = 1;
        let mut sum = 0;
        for value in code.chars().take(LEN - 1).filter_map(value) {
            sum += value * weight;
            weight = weight * 3 % 31;
        }
        // A remainder of zero gives the check character `0`.
        let check = (31 - sum % 31) % 31;
        if code.chars().next_back().and_then(value) == Some(check) {
            Ok(code)
        } else {
            Err(IdentifierError::CheckCharacter)
        }
    }

    /// Takes a code that a person typed.
    ///
    /// # Errors
    /// Why it is no such code.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        clause::hit!(U1);
        Self::normal(text).map(|mut code| Self(std::mem::take(&mut *code)))
    }

    /// Returns the 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether the organisation code inside has the check character of GB 11714 (place 17).
    ///
    /// Codes in use break it, so a reviewer is told and nobody is refused.
    #[must_use]
    pub fn has_organisation_check(&self) -> bool {
        const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
        let mut organisation = self.0.chars().skip(8);
        let sum: u32 = organisation
            .by_ref()
            .take(WEIGHTS.len())
            .zip(WEIGHTS)
            .map(|(sign, weight)| sign.to_digit(36).unwrap_or(0) * weight)
            .sum();
        let check = match 11 - sum % 11 {
            10 => Some('X'),
            11 => Some('0'),
            digit => char::from_digit(digit, 10),
        };
        organisation.next() == check
    }
}

fn value(sign: char) -> Option<usize> {
    ALPHABET.find(sign)
}

impl fmt::Display for UnifiedSocialCreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UnifiedSocialCreditCode {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for UnifiedSocialCreditCode {
    type Error = IdentifierError;

    fn try_from(text: String) -> Result<Self, IdentifierError> {
        Self::parse(&text)
    }
}

impl From<UnifiedSocialCreditCode> for String {
    fn from(code: UnifiedSocialCreditCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> IdentifierError {
        UnifiedSocialCreditCode::parse(text).unwrap_err()
    }

    #[test]
    fn the_published_and_computed_codes_are_taken() {
        let _mark = clause::check!(U1);
        for good in [
            "91110108MA9YT0010R",
            "91310115MAC8XQ7R2G",
            "514403005001234538",
            "1233010047005A3P3B",
            "91510107MADRLA2R00",
            "91440305MAKGKG6N7X",
            "91440305MAQ3GEH00P",
            "91440305MA7PQ67PXY",
            "91440305MA8CL79F6W",
            "91350100M000100Y43",
            "9144030071526726XG",
            "91330100799655058B",
            "91110000802100433B",
            "914403001922038216",
            "91110108551385082Q",
        ] {
            let code = UnifiedSocialCreditCode::parse(good).unwrap();
            assert_eq!(code.as_str(), good);
            assert!(code.has_organisation_check(), "{good}");
        }
    }

    #[test]
    fn a_code_whose_organisation_check_is_wrong_is_taken_and_told() {
        for used in ["91110108MA01YBNX62", "52100000500000784G"] {
            let code = UnifiedSocialCreditCode::parse(used).unwrap();
            assert!(!code.has_organisation_check(), "{used}");
        }
    }

    #[test]
    fn a_code_is_taken_as_people_type_it() {
        for spelling in [
            "9144030071526726xg",
            "91 440300 71526726X G",
            "91440300-71526726X-G",
            "９１４４０３００７１５２６７２６ｘＧ",
            "\u{feff}9144030071526726XG\u{200b}",
        ] {
            let code: UnifiedSocialCreditCode = spelling.parse().unwrap();
            assert_eq!(code.to_string(), "9144030071526726XG");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(error(""), IdentifierError::Empty);
        assert_eq!(
            error("91110108MA9YT0010"),
            IdentifierError::Length {
                found: 17,
                least: 18,
                most: 18
            }
        );
        assert_eq!(
            error("91350100M000100Y4Z"),
            IdentifierError::Character { place: 18 }
        );
        assert_eq!(
            error("91350100M00O100Y43"),
            IdentifierError::Character { place: 12 }
        );
        assert_eq!(
            error("9I350100M000100Y43"),
            IdentifierError::Character { place: 2 }
        );
        assert_eq!(
            error("9135A100M000100Y43"),
            IdentifierError::Character { place: 5 }
        );
        assert_eq!(error("91310115MA1H8R7C6D"), IdentifierError::CheckCharacter);
    }

    #[test]
    fn a_code_survives_json_and_a_wrong_one_does_not_come_in() {
        let json = "\"91350100M000100Y43\"";
        let code: UnifiedSocialCreditCode = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), json);
        assert!(serde_json::from_str::<UnifiedSocialCreditCode>("\"91350100M000100Y44\"").is_err());
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,40}") {
            let _answer = UnifiedSocialCreditCode::parse(&text);
        }

        #[test]
        fn of_all_check_characters_one_is_right(body in "[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{9}") {
            let right = ALPHABET
                .chars()
                .filter(|check| UnifiedSocialCreditCode::normal(&format!("{body}{check}")).is_ok());
            prop_assert_eq!(right.count(), 1);
        }

        #[test]
        fn no_single_slip_is_taken(place in 0_usize..18, other in 0_usize..31) {
            let right: Vec<char> = "9144030071526726XG".chars().collect();
            let mut slip = right.clone();
            slip[place] = ALPHABET.chars().nth(other).unwrap();
            let taken = UnifiedSocialCreditCode::normal(&String::from_iter(&slip)).is_ok();
            prop_assert_eq!(taken, slip == right);
        }
    }
}
