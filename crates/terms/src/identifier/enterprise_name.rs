use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::IdentifierError;
use super::signs::signs;

const CHARS: std::ops::RangeInclusive<usize> = 2..=100;

/// The registered name of an enterprise (企业名称): 2 to 100 characters, at least one of them a Chinese character or a
/// letter.
///
/// Spellings of one name meet: spaces are joined to one and fall away beside Chinese characters, and brackets are wide
/// in a Chinese name, as the register prints them, and narrow in any other.
///
/// # Clause
/// U1
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnterpriseName(String);

impl EnterpriseName {
    /// Takes a name that a person typed.
    ///
    /// # Errors
    /// Why it is no enterprise's name.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let chinese = text.chars().any(is_han);
        let mut name = String::with_capacity(text.len());
        let mut gap = false;
        for (place, sign) in signs(text) {
            if sign.is_whitespace() {
                gap = true;
                continue;
            }
            let sign = match sign {
                '(' if chinese => '（',
                ')' if chinese => '）',
                _ if is_allowed(sign) => sign,
                _ => return Err(IdentifierError::Character { place }),
            };
            let apart = |c: char| c.is_ascii_graphic();
            if std::mem::take(&mut gap)
                && name.chars().next_back().is_some_and(apart)
                && apart(sign)
            {
                name.push(' ');
            }
            name.push(sign);
        }
        let found = name.chars().count();
        if found == 0 {
            return Err(IdentifierError::Empty);
        }
        if !CHARS.contains(&found) {
            return Err(IdentifierError::Length {
                found,
                least: *CHARS.start(),
                most: *CHARS.end(),
            });
        }
        if !name.chars().any(char::is_alphabetic) {
            return Err(IdentifierError::NoLetters);
        }
        Ok(Self(name))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_allowed(sign: char) -> bool {
    sign.is_alphanumeric() || "()&.,'-/+·、•—《》“”".contains(sign)
}

const fn is_han(sign: char) -> bool {
    matches!(sign, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

impl fmt::Display for EnterpriseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EnterpriseName {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for EnterpriseName {
    type Error = IdentifierError;

    fn try_from(text: String) -> Result<Self, IdentifierError> {
        Self::parse(&text)
    }
}

impl From<EnterpriseName> for String {
    fn from(name: EnterpriseName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> String {
        EnterpriseName::parse(text).unwrap().to_string()
    }

    fn error(text: &str) -> IdentifierError {
        EnterpriseName::parse(text).unwrap_err()
    }

    #[test]
    fn spellings_of_a_name_meet() {
        for spelling in [
            "云图咨询（上海）有限公司",
            "云图咨询(上海)有限公司",
            " 云图咨询 ( 上海 )\u{3000}有限公司",
            "云图咨询（上海）\u{200b}有限公司",
        ] {
            assert_eq!(name(spelling), "云图咨询（上海）有限公司", "{spelling}");
        }
        assert_eq!(
            name("Ａｃｍｅ  （China）  Co., Ltd."),
            "Acme (China) Co., Ltd."
        );
        assert_eq!(name("上海 K&M 3D 打印有限公司"), "上海K&M 3D打印有限公司");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(error(" "), IdentifierError::Empty);
        let length = |found| IdentifierError::Length {
            found,
            least: 2,
            most: 100,
        };
        assert_eq!(error("云"), length(1));
        assert_eq!(error(&"云".repeat(101)), length(101));
        assert_eq!(error("云图<b>"), IdentifierError::Character { place: 3 });
        assert_eq!(
            error("云图\u{7}公司"),
            IdentifierError::Character { place: 3 }
        );
        assert_eq!(error("123456"), IdentifierError::NoLetters);
    }

    proptest! {
        #[test]
        fn a_name_is_its_own_normal_form(text in "\\PC{0,40}") {
            if let Ok(name) = EnterpriseName::parse(&text) {
                prop_assert_eq!(EnterpriseName::parse(name.as_str()).unwrap(), name);
            }
        }
    }
}
