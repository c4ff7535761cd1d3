use serde::{Deserialize, Serialize};

/// What an error means to a caller; the transport maps each kind to its own status in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// A clause says no; the refusal names it.
    Refused,
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// The thing has changed meanwhile, or exists already.
    Conflict,
    /// The input is wrong; the caller can mend it.
    Invalid,
    /// A part that is needed does not answer; trying again may help.
    Unavailable,
    /// A fault of ours.
    Internal,
}
