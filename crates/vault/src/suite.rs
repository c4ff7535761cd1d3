use serde::{Deserialize, Serialize};

/// The algorithms of a key; each key version keeps the suite it was made with.
///
/// Files of the lake are outside the choice: Parquet modular encryption knows AES-GCM only.
///
/// # Clause
/// R22
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suite {
    /// AES-256-GCM, HMAC-SHA-256 and HKDF-SHA-256.
    #[default]
    International,
    /// SM4-GCM (GB/T 32907), HMAC-SM3 (GB/T 32905) and HKDF over it.
    National,
}

impl Suite {
    /// Every suite.
    pub const ALL: [Self; 2] = [Self::International, Self::National];

    /// Returns the byte that names the suite in stored forms.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::International => 1,
            Self::National => 2,
        }
    }

    /// Finds the suite of a stored byte.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.code() == code)
    }
}
