use std::fmt;

use serde::{Deserialize, Serialize};

/// The dense number of a data subject (个人信息主体) inside one enterprise; never used again after erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubjectId(u32);

impl SubjectId {
    /// How many subjects share one bucket of files: 2^20, whose bitmap is 128 KiB and stays in cache.
    pub const PER_BUCKET: u32 = 1 << 20;

    /// Wraps the dense number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Returns the dense number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Returns the bucket of files that holds the subject's rows, 0 to 4095.
    #[must_use]
    pub const fn bucket(self) -> u32 {
        self.0 / Self::PER_BUCKET
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
