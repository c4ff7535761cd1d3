use std::fmt;
use std::str::FromStr;

use yuntu_terms::{AccountId, EnterpriseId, PartId, RepresentativeId, SubjectId};

/// Whose key: each scope's key is wrapped by the key of the scope above it.
///
/// The text form is unique, sorts children behind their parent and is what a shelf files a key under:
/// `platform`, `ent_…`, `ent_…/prt_…`, `ent_…/subject/42`, `rep_…`, `acc_…`.
///
/// # Clause
/// R22
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyScope {
    /// The platform; its key is wrapped by the key provider.
    Platform,
    /// An enterprise, below the platform.
    Enterprise(EnterpriseId),
    /// One file of a dataset, below its enterprise.
    Part(EnterpriseId, PartId),
    /// A data subject of an enterprise, below that enterprise.
    Subject(EnterpriseId, SubjectId),
    /// A representative, below the platform.
    Representative(RepresentativeId),
    /// The account of a person, below the platform.
    Account(AccountId),
}

/// The text is not a key scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a key scope")]
pub struct InvalidKeyScope(());

impl KeyScope {
    /// Returns the scope whose key wraps this one's; the platform has none.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::Platform => None,
            Self::Enterprise(_) | Self::Representative(_) | Self::Account(_) => {
                Some(Self::Platform)
            }
            Self::Part(enterprise, _) | Self::Subject(enterprise, _) => {
                Some(Self::Enterprise(enterprise))
            }
        }
    }

    /// Lists the scope and those above it, the scope first.
    pub fn ancestry(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |scope| scope.parent())
    }

    /// Says whether destroying this scope's key makes the other's unreadable: it is the same or lies below.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        other.ancestry().any(|scope| scope == self)
    }
}

impl fmt::Display for KeyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str("platform"),
            Self::Enterprise(enterprise) => write!(f, "{enterprise}"),
            Self::Part(enterprise, part) => write!(f, "{enterprise}/{part}"),
            Self::Subject(enterprise, subject) => write!(f, "{enterprise}/subject/{subject}"),
            Self::Representative(representative) => write!(f, "{representative}"),
            Self::Account(account) => write!(f, "{account}"),
        }
    }
}

impl FromStr for KeyScope {
    type Err = InvalidKeyScope;

    fn from_str(text: &str) -> Result<Self, InvalidKeyScope> {
        let scope = parse(text).ok_or(InvalidKeyScope(()))?;
        // A number with a sign or leading zeros parses but is not the text form.
        if scope.to_string() == text {
            Ok(scope)
        } else {
            Err(InvalidKeyScope(()))
        }
    }
}

fn parse(text: &str) -> Option<KeyScope> {
    if text == "platform" {
        return Some(KeyScope::Platform);
    }
    if let Ok(representative) = text.parse() {
        return Some(KeyScope::Representative(representative));
    }
    if let Ok(account) = text.parse() {
        return Some(KeyScope::Account(account));
    }
    let Some((enterprise, rest)) = text.split_once('/') else {
        return text.parse().ok().map(KeyScope::Enterprise);
    };
    let enterprise = enterprise.parse().ok()?;
    match rest.strip_prefix("subject/") {
        Some(number) => {
            let number = number.parse().ok()?;
            Some(KeyScope::Subject(enterprise, SubjectId::new(number)))
        }
        None => rest
            .parse()
            .ok()
            .map(|part| KeyScope::Part(enterprise, part)),
    }
}

#[cfg(test)]
mod tests {
    use yuntu_terms::{Id, Kind, SeededEntropy, Timestamp};

    use super::*;

    fn id<K: Kind>(seed: u64) -> Id<K> {
        Id::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed)).unwrap()
    }

    fn all() -> [KeyScope; 6] {
        [
            KeyScope::Platform,
            KeyScope::Enterprise(id(1)),
            KeyScope::Part(id(1), id(2)),
            KeyScope::Subject(id(1), SubjectId::new(7)),
            KeyScope::Representative(id(3)),
            KeyScope::Account(id(4)),
        ]
    }

    #[test]
    fn a_scope_survives_its_text_form() {
        for scope in all() {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
    }

    #[test]
    fn what_only_resembles_a_scope_does_not_parse() {
        let enterprise: EnterpriseId = id(1);
        for bad in [
            String::new(),
            String::from("Platform"),
            format!("{enterprise}/"),
            format!("{enterprise}/subject/007"),
            format!("{enterprise}/subject/+7"),
            format!("{enterprise}/subject/4294967296"),
            format!("{enterprise}/subject/7/7"),
            format!("{}/subject/7", KeyScope::Account(id(4))),
            format!("{}/", KeyScope::Account(id(4))),
        ] {
            assert!(bad.parse::<KeyScope>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_scope_covers_itself_and_what_lies_below() {
        let [platform, enterprise, part, subject, representative, account] = all();
        assert!(all().into_iter().all(|scope| platform.covers(scope)));
        assert!(enterprise.covers(part) && enterprise.covers(subject));
        assert!(!enterprise.covers(representative) && !enterprise.covers(platform));
        assert!(!KeyScope::Enterprise(id(9)).covers(part));
        assert!(!part.covers(subject) && part.covers(part));
        assert!(account.covers(account) && !account.covers(representative));
        assert!(!enterprise.covers(account) && !representative.covers(account));
        assert!(!account.covers(KeyScope::Account(id(9))));
        assert_eq!(account.parent(), Some(platform));
    }
}
