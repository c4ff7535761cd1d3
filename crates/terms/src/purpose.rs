use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::PartnerId;

/// The id of a purpose in the statement's tree, such as `insight` or `insight.profile`.
///
/// The dots give the tree: a purpose covers itself and whatever lies below it.
///
/// # Clause
/// U4, R6
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Purpose(Arc<str>);

/// The text is not the id of a purpose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a purpose: expected 1 to 4 words of a to z, 0 to 9 and `_`, joined by dots, 64 characters at most"
)]
pub struct InvalidPurpose(());

impl Purpose {
    /// Returns the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether consent to this purpose reaches the other: the same purpose or one below it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other
            .0
            .strip_prefix(&*self.0)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Lists the purpose and its ancestors, nearest first.
    pub fn ancestry(&self) -> impl Iterator<Item = Self> + '_ {
        let mut next = Some(&*self.0);
        std::iter::from_fn(move || {
            let current = next?;
            next = current.rsplit_once('.').map(|(parent, _)| parent);
            Some(Self(Arc::from(current)))
        })
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Purpose {
    type Err = InvalidPurpose;

    fn from_str(text: &str) -> Result<Self, InvalidPurpose> {
        let word = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word
                    .bytes()
                    .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        };
        if text.len() <= 64 && text.split('.').count() <= 4 && text.split('.').all(word) {
            Ok(Self(Arc::from(text)))
        } else {
            Err(InvalidPurpose(()))
        }
    }
}

impl TryFrom<String> for Purpose {
    type Error = InvalidPurpose;

    fn try_from(text: String) -> Result<Self, InvalidPurpose> {
        text.parse()
    }
}

impl From<Purpose> for String {
    fn from(purpose: Purpose) -> Self {
        purpose.0.as_ref().to_owned()
    }
}

/// What is done with the data: the four flags of a consent scope.
///
/// # Clause
/// U4
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// The enterprise, through the platform, computes on the data (处理).
    Process,
    /// The data is provided to another controller while the enterprise keeps it (共享).
    Share,
    /// The data passes to another controller (转让).
    Transfer,
    /// The data is made public (公开披露).
    Publicise,
}

/// The text names no operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown operation: expected process, share, transfer or publicise")]
pub struct UnknownOperation(());

impl Operation {
    /// Every operation, in the order of the declaration.
    pub const ALL: [Self; 4] = [Self::Process, Self::Share, Self::Transfer, Self::Publicise];

    /// Returns the stable code used in files, APIs and the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Share => "share",
            Self::Transfer => "transfer",
            Self::Publicise => "publicise",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(text: &str) -> Result<Self, UnknownOperation> {
        Self::ALL
            .into_iter()
            .find(|op| op.code() == text)
            .ok_or(UnknownOperation(()))
    }
}

/// Who receives the result of an operation (PIPL 23 asks that consent names it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The enterprise itself: nothing leaves its own sphere.
    Enterprise,
    /// A registered partner.
    Partner(PartnerId),
    /// Everybody: the recipient of a publication.
    Public,
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enterprise => f.write_str("enterprise"),
            Self::Partner(id) => write!(f, "{id}"),
            Self::Public => f.write_str("public"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn purpose(text: &str) -> Purpose {
        text.parse().unwrap()
    }

    #[test]
    fn a_purpose_covers_itself_and_what_lies_below() {
        assert!(purpose("insight").covers(&purpose("insight")));
        assert!(purpose("insight").covers(&purpose("insight.profile")));
        assert!(!purpose("insight").covers(&purpose("insights")));
        assert!(!purpose("insight.profile").covers(&purpose("insight")));
    }

    #[test]
    fn ancestry_runs_from_the_purpose_to_the_root() {
        let texts: Vec<_> = purpose("a.b.c").ancestry().map(String::from).collect();
        assert_eq!(texts, ["a.b.c", "a.b", "a"]);
    }

    proptest! {
        #[test]
        fn covering_is_being_an_ancestor(a in "[ab](\\.[ab]){0,3}", b in "[ab](\\.[ab]){0,3}") {
            let (a, b) = (purpose(&a), purpose(&b));
            prop_assert_eq!(a.covers(&b), b.ancestry().any(|p| p == a));
        }
    }
}
