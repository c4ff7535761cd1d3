//! Second factors: an authenticator, passkeys, and recovery codes that stand in for one that is lost.
//!
//! What a factor shows is prepared first, with the keys it needs, and counted in the transaction that lets the person
//! in: a step of an authenticator, a recovery code and a ceremony open something once.

mod change;
mod finish;
mod passkey;
mod prove;
mod second;
mod totp;
mod words;

pub use change::{RemoveFactor, ShownFactor};
pub(crate) use passkey::refused as refused_passkey;
pub use passkey::{Ceremony, CeremonyAnswer, PasskeyLabel};
pub use second::Second;
pub(crate) use totp::SETUP_MAX;
pub use totp::{FactorAdded, NewAuthenticator};
