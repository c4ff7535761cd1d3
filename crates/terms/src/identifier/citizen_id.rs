use jiff::civil::Date;
use zeroize::Zeroizing;

use super::IdentifierError;
use super::signs::{collect, digit, mask, values};
use crate::{Pii, clause};

const LEN: usize = 18;
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
/// The years that a date of birth may lie in; the standard's own example is of 1880.
const YEARS: std::ops::RangeInclusive<i16> = 1_850..=2_100;
/// Below this age a person is a minor, who cannot act for an enterprise (R29).
const ADULT_YEARS: i16 = 18;
/// Below this age a guardian consents (PIPL 31).
const GUARDED_YEARS: i16 = 14;

/// A citizen identification number (公民身份号码, GB 11643): region, date of birth, sequence and check character.
///
/// Residence permits of Hong Kong, Macao and Taiwan residents and the permanent residence card of foreigners (since
/// 2023) are built alike. Of the region only the province is checked: a number keeps the county code of its day, and
/// counties come and go. The old form of 15 digits is refused.
///
/// # Clause
/// U1, R29
#[derive(Debug)]
pub struct CitizenId(Pii<String>);

/// Whose number it is, by its first digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdHolder {
    /// A citizen with an identity card.
    Citizen,
    /// A resident of Hong Kong, Macao or Taiwan with a residence permit (81, 82, 83).
    ResidencePermit,
    /// A foreigner with a permanent residence card (9).
    PermanentResident,
}

impl CitizenId {
    /// Brings a number to its normal form of 18 characters, the last a digit or `X`.
    ///
    /// # Errors
    /// Why it is no such number. Whether the date of birth lies in the future is asked with the day of use.
    pub fn normal(text: &str) -> Result<Zeroizing<String>, IdentifierError> {
        let number = collect(text, (LEN, LEN), |index, sign| match sign {
            'x' | 'X' if index == LEN - 1 => Some('X'),
            _ => digit(index, sign),
        })?;
        holder(&number).ok_or(IdentifierError::UnknownRegion)?;
        birth(&number)?;
        let sum: u32 = values(&number)
            .zip(WEIGHTS)
            .map(|(value, weight)| value * weight)
            .sum();
        let check = usize::try_from(sum % 11)
            .ok()
            .and_then(|place| CHECKS.get(place));
        if number.chars().next_back().as_ref() == check {
            Ok(number)
        } else {
            Err(IdentifierError::CheckCharacter)
        }
    }

    /// Takes a number that a person typed.
    ///
    /// # Errors
    /// Why it is no such number.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        clause::hit!(U1);
        Self::normal(text).map(|mut number| Self(Pii::new(std::mem::take(&mut *number))))
    }

    /// Says whose number it is.
    #[must_use]
    pub fn holder(&self) -> IdHolder {
        // INVARIANT: a number without a holder is not taken.
        self.0
            .digest(|number| holder(number))
            .unwrap_or(IdHolder::Citizen)
    }

    /// Returns the age in whole years on a day, counted from the birthday itself.
    ///
    /// Who was born on 29 February is a year older on 1 March of a common year: where the calendar leaves a doubt, a
    /// minor stays protected.
    ///
    /// # Errors
    /// [`IdentifierError::FutureDate`] when the person is not yet born on that day.
    pub fn age_on(&self, day: Date) -> Result<i16, IdentifierError> {
        let birth = self.0.digest(|number| birth(number))?;
        if birth > day {
            return Err(IdentifierError::FutureDate);
        }
        let before = (day.month(), day.day()) < (birth.month(), birth.day());
        Ok(day.year() - birth.year() - i16::from(before))
    }

    /// Says whether the person is a minor on a day: younger than 18.
    ///
    /// # Errors
    /// [`IdentifierError::FutureDate`].
    ///
    /// # Clause
    /// R29
    pub fn is_minor_on(&self, day: Date) -> Result<bool, IdentifierError> {
        clause::hit!(R29);
        Ok(self.age_on(day)? < ADULT_YEARS)
    }

    /// Says whether a guardian must consent for the person on a day: younger than 14.
    ///
    /// # Errors
    /// [`IdentifierError::FutureDate`].
    ///
    /// # Clause
    /// R29
    pub fn is_under_fourteen_on(&self, day: Date) -> Result<bool, IdentifierError> {
        Ok(self.age_on(day)? < GUARDED_YEARS)
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

fn holder(number: &str) -> Option<IdHolder> {
    match number.as_bytes() {
        [b'8', b'1'..=b'3', ..] => Some(IdHolder::ResidencePermit),
        // Taiwan, whose code the standard keeps.
        [b'7', b'1', ..] => Some(IdHolder::Citizen),
        // The province of the application follows the 9.
        [b'9', province @ ..] => is_province(province).then_some(IdHolder::PermanentResident),
        province => is_province(province).then_some(IdHolder::Citizen),
    }
}

/// Says whether the digits begin with a mainland province of GB/T 2260.
fn is_province(digits: &[u8]) -> bool {
    let [area, province, ..] = digits else {
        return false;
    };
    let provinces = match area {
        b'1' | b'6' => b'1'..=b'5',
        b'2' => b'1'..=b'3',
        b'3' => b'1'..=b'7',
        b'4' => b'1'..=b'6',
        b'5' => b'0'..=b'4',
        _ => return false,
    };
    provinces.contains(province)
}

fn birth(number: &str) -> Result<Date, IdentifierError> {
    let mut digits = values(number).skip(6);
    let mut next = |count: usize| {
        digits
            .by_ref()
            .take(count)
            .fold(0, |sum, value| sum * 10 + value)
    };
    let (year, month, day) = (next(4), next(2), next(2));
    i16::try_from(year)
        .ok()
        .filter(|year| YEARS.contains(year))
        .zip(i8::try_from(month).ok())
        .zip(i8::try_from(day).ok())
        .and_then(|((year, month), day)| Date::new(year, month, day).ok())
        .ok_or(IdentifierError::ImpossibleDate)
}

#[cfg(test)]
mod tests;
