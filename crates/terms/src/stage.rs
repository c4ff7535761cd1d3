use serde::{Deserialize, Serialize};

use crate::Text;

/// The stage of a person's relation with a brand in the O-5A model, from none to the deepest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationStage {
    /// O: in the pool of the industry, no relation inside the window.
    Opportunity,
    /// A1: passive exposure.
    Aware,
    /// A2: deep or light interactive contact.
    Appeal,
    /// A3: active search or deep interest.
    Ask,
    /// A4: bought.
    Act,
    /// A5: bought again, or is a fan.
    Advocate,
}

impl RelationStage {
    /// Every stage, shallowest first.
    pub const ALL: [Self; 6] = [
        Self::Opportunity,
        Self::Aware,
        Self::Appeal,
        Self::Ask,
        Self::Act,
        Self::Advocate,
    ];

    /// Returns the printed code: O, A1 to A5.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Opportunity => "O",
            Self::Aware => "A1",
            Self::Appeal => "A2",
            Self::Ask => "A3",
            Self::Act => "A4",
            Self::Advocate => "A5",
        }
    }

    /// Finds the stage with this printed code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.code() == code)
    }

    /// Returns the name in both languages.
    #[must_use]
    pub fn name(self) -> Text {
        match self {
            Self::Opportunity => Text::new("机会", "Opportunity"),
            Self::Aware => Text::new("了解", "Aware"),
            Self::Appeal => Text::new("吸引", "Appeal"),
            Self::Ask => Text::new("问询", "Ask"),
            Self::Act => Text::new("行动", "Act"),
            Self::Advocate => Text::new("拥护", "Advocate"),
        }
    }
}
