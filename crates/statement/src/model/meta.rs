use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use yuntu_terms::{ClauseId, Text, Timestamp};

/// The version of a statement, such as `1.0`; later versions compare greater.
///
/// # Clause
/// R27, R30
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StatementVersion {
    major: u16,
    minor: u16,
}

/// The text is not a version of a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a version: expected two numbers joined by a dot, such as 1.0")]
pub struct InvalidVersion(());

impl StatementVersion {
    /// Makes a version from its two numbers.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for StatementVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for StatementVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let version = text
            .split_once('.')
            .and_then(|(major, minor)| Some(Self::new(major.parse().ok()?, minor.parse().ok()?)))
            .ok_or(InvalidVersion(()))?;
        // One version has one text: `01.0` and `+1.0` would be two names of the same thing.
        if version.to_string() == text {
            Ok(version)
        } else {
            Err(InvalidVersion(()))
        }
    }
}

impl TryFrom<String> for StatementVersion {
    type Error = InvalidVersion;

    fn try_from(text: String) -> Result<Self, InvalidVersion> {
        text.parse()
    }
}

impl From<StatementVersion> for String {
    fn from(version: StatementVersion) -> Self {
        version.to_string()
    }
}

/// What a statement says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    /// The version.
    pub version: StatementVersion,
    /// The version this one follows; none for the first.
    pub supersedes: Option<StatementVersion>,
    /// When the version was published with notice.
    pub published: Timestamp,
    /// When the version comes into force.
    pub effective: Timestamp,
    /// The name of the platform.
    pub platform: Text,
    /// The title of the document.
    pub title: Text,
    /// The title of the part about business data.
    pub title_u: Text,
    /// The title of the part about representatives.
    pub title_r: Text,
    /// The opening words, before the first clause.
    pub preamble: Text,
    /// Where the statement applies (R31).
    pub surfaces: Vec<Surface>,
}

/// A website, program or service to which the statement applies.
///
/// # Clause
/// R31
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surface {
    /// The stable id.
    pub id: String,
    /// The name a reader knows it by.
    pub name: Text,
    /// The clause that brings it under the statement.
    pub clause: ClauseId,
}
