use zeroize::Zeroizing;

use super::IdentifierError;
use super::signs::{collect, digit, mask, values};
use crate::{Pii, clause};

/// A bank card's number (ISO/IEC 7812): 16 to 19 digits, the last of them a check digit.
///
/// # Clause
/// U1
#[derive(Debug)]
pub struct BankCard(Pii<String>);

/// The number of an account at a bank, such as an enterprise's settlement account: 8 to 32 digits.
///
/// Each bank counts its own way and there is no common check digit: whether the account is the enterprise's is shown
/// by a small payment to it, never by arithmetic.
///
/// # Clause
/// U1
#[derive(Debug)]
pub struct BankAccount(Pii<String>);

impl BankCard {
    /// Brings a number to its digits.
    ///
    /// # Errors
    /// Why it is no card's number.
    pub fn normal(text: &str) -> Result<Zeroizing<String>, IdentifierError> {
        let number = collect(text, (16, 19), digit)?;
        // The first digit names the issuer's trade; banks and payment have 3 to 6.
        if !number.starts_with(['3', '4', '5', '6']) {
            return Err(IdentifierError::Beginning);
        }
        let sum: u32 = values(&number)
            .rev()
            .enumerate()
            .map(|(index, value)| value * if index % 2 == 1 { 2 } else { 1 })
            .map(|doubled| doubled / 10 + doubled % 10)
            .sum();
        if sum.is_multiple_of(10) {
            Ok(number)
        } else {
            Err(IdentifierError::CheckCharacter)
        }
    }

    /// Takes a number that a person typed.
    ///
    /// # Errors
    /// Why it is no card's number.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        clause::hit!(U1);
        Self::normal(text).map(|mut number| Self(Pii::new(std::mem::take(&mut *number))))
    }

    /// Shows the last four digits, the others hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        self.0.digest(|number| mask(number, 0, 4))
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

impl BankAccount {
    /// Brings a number to its digits.
    ///
    /// # Errors
    /// Why it is no account's number.
    pub fn normal(text: &str) -> Result<Zeroizing<String>, IdentifierError> {
        collect(text, (8, 32), digit)
    }

    /// Takes a number that a person typed.
    ///
    /// # Errors
    /// Why it is no account's number.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        clause::hit!(U1);
        Self::normal(text).map(|mut number| Self(Pii::new(std::mem::take(&mut *number))))
    }

    /// Shows the last four digits, the others hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        self.0.digest(|number| mask(number, 0, 4))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> IdentifierError {
        BankCard::parse(text).unwrap_err()
    }

    #[test]
    fn cards_are_known_by_their_check_digit() {
        let _mark = clause::check!(U1);
        for good in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "４１１１１１１１１１１１１１１１",
        ] {
            assert_eq!(BankCard::normal(good).unwrap().as_str(), "4111111111111111");
        }
        assert_eq!(error("4111111111111112"), IdentifierError::CheckCharacter);
        assert_eq!(error("0000000000000000"), IdentifierError::Beginning);
        assert_eq!(error("2026032112345678"), IdentifierError::Beginning);
        assert_eq!(
            error("4111 1111 1111 111l"),
            IdentifierError::Character { place: 19 }
        );
        assert_eq!(
            error("411111111111111"),
            IdentifierError::Length {
                found: 15,
                least: 16,
                most: 19
            }
        );
    }

    #[test]
    fn an_account_of_an_enterprise_has_no_check_digit() {
        for good in [
            "41111112",
            "4111111111111112",
            "12345678901234567890123456789012",
        ] {
            assert_eq!(BankAccount::normal(good).unwrap().as_str(), good);
        }
        assert_eq!(
            BankAccount::parse("1234567").unwrap_err(),
            IdentifierError::Length {
                found: 7,
                least: 8,
                most: 32
            }
        );
        assert_eq!(
            BankAccount::parse("6222-0000 A").unwrap_err(),
            IdentifierError::Character { place: 11 }
        );
    }

    #[test]
    fn neither_is_printed_and_four_digits_are_shown() {
        let card = BankCard::parse("4111111111111111").unwrap();
        assert_eq!(format!("{card:?}"), "BankCard([redacted])");
        assert_eq!(card.masked(), "************1111");
        let account = BankAccount::parse("123456789").unwrap();
        assert_eq!(format!("{account:?}"), "BankAccount([redacted])");
        assert_eq!(account.masked(), "*****6789");
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,40}") {
            let _answer = BankCard::parse(&text);
            let _answer = BankAccount::parse(&text);
        }

        #[test]
        fn of_all_check_digits_one_is_right(body in "[3-6][0-9]{14,17}") {
            let right = (0..10).filter(|check| BankCard::normal(&format!("{body}{check}")).is_ok());
            prop_assert_eq!(right.count(), 1);
        }
    }
}
