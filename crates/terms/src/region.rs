use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where data is stored or a partner works: an ISO 3166-1 alpha-2 country code, such as `CN`.
///
/// # Clause
/// R13
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region([u8; 2]);

/// The text is not a region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a region: expected a two-letter country code in capitals, such as CN")]
pub struct InvalidRegion(());

impl Region {
    /// The mainland of China, where data collected in the country stays (R13).
    pub const CN: Self = Self(*b"CN");
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.0;
        write!(f, "{}{}", char::from(a), char::from(b))
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    fn from_str(text: &str) -> Result<Self, InvalidRegion> {
        match text.as_bytes() {
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => Ok(Self([*a, *b])),
            _ => Err(InvalidRegion(())),
        }
    }
}

impl TryFrom<String> for Region {
    type Error = InvalidRegion;

    fn try_from(text: String) -> Result<Self, InvalidRegion> {
        text.parse()
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.to_string()
    }
}
