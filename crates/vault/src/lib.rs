//! Envelope keys, sealed values and keyed hashes.
//!
//! Every scope (the platform, an enterprise, a part, a subject, a representative) has a key of its own, wrapped by the
//! key of the scope above it; the platform's key is wrapped by a [`KeyProvider`], and the wrapped keys lie on a
//! [`KeyShelf`]. Destroying the key of a scope makes what it sealed, and everything below it, unreadable.
//!
//! What proves a person at the door is here too: passwords, codes that are sent, one-time codes of an authenticator,
//! recovery codes and the secrets of sessions. This crate makes and compares them; how often somebody may try, and that
//! a code works once, is the business of whoever stores them.
//!
//! # Bounds
//! A scope key never encrypts: it is the root of a key derivation. Each sealed value carries 24 random bytes, of which
//! 12 choose a subkey and 12 are the GCM nonce under it. Two values share both with a chance of about `q² / 2^193` after
//! `q` values, so 2^64 values under one key version stay below 2^-64; no counter is kept. One value has at most
//! [`PLAIN_LEN_MAX`] bytes. A key encryption key in a hardware module takes random 96-bit nonces directly; it wraps
//! platform keys only, a handful in its life, far below the 2^32 of NIST SP 800-38D.

mod cache;
mod code;
mod crypto;
mod disk;
mod error;
mod folder;
mod handle;
mod key;
mod passkey;
mod password;
mod provider;
mod recovery;
mod scope;
mod sealed;
mod session;
mod shelf;
mod suite;
mod totp;
mod vault;
mod wrap;

pub use cache::LEASE;
pub use code::{CodeBinding, VerificationCode};
pub use error::{ProviderError, ShelfError, VaultError};
pub use folder::FolderShelf;
pub use handle::{KeyedHash, Sealer};
pub use key::{DataKey, Plain, RootKey};
pub use passkey::{
    Begun, InvalidOrigin, NewPasskey, PASSKEY_ANSWER_MAX, PasskeyAnswer, PasskeyError,
    PasskeyPerson, PasskeySite,
};
pub use password::hasher::{
    HasherLimits, PasswordError, PasswordHash, PasswordHasher, PasswordVerdict,
};
pub use password::{Password, PasswordFault, SignInFactors};
pub use provider::file::FileProvider;
pub use provider::key_file::{Argon2Costs, SecretText, Unlock};
pub use provider::pkcs11::{Pkcs11Key, Pkcs11Provider};
pub use provider::{KekId, KeyProvider};
pub use recovery::RecoveryCode;
pub use scope::{InvalidKeyScope, KeyScope};
pub use sealed::{PLAIN_LEN_MAX, SealContext, Sealed};
pub use session::{InvalidSessionSecret, SessionSecret};
pub use shelf::{Insertion, KeyShelf, Replacement, Shelved, WrappedKey};
pub use suite::Suite;
pub use totp::{TotpSecret, TotpStep};
pub use vault::{RenewReport, RewrapReport, Vault, VaultParts};
