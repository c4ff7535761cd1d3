use serde::{Deserialize, Serialize};

/// How closely a column is tied to a person (R8).
///
/// The order is the order of strictness: combining two columns yields the stricter class.
///
/// # Clause
/// R8
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnClass {
    /// Says nothing about a person unless combined with personal data.
    NonPersonal,
    /// Relates to an identified or identifiable person.
    Personal,
    /// Personal data whose leak or misuse easily harms dignity, safety or property (PIPL 28).
    Sensitive,
    /// Names a person directly: phone, email, member id, device id, plain or hashed.
    Identifier,
}

impl ColumnClass {
    /// Returns the class of a value computed from both inputs.
    #[must_use]
    pub fn combine(self, other: Self) -> Self {
        self.max(other)
    }

    /// Says whether a value of this class is personal data.
    #[must_use]
    pub fn is_personal(self) -> bool {
        self != Self::NonPersonal
    }

    /// Returns the stable code used in files and APIs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NonPersonal => "non_personal",
            Self::Personal => "personal",
            Self::Sensitive => "sensitive",
            Self::Identifier => "identifier",
        }
    }
}
