use std::fmt;

use async_trait::async_trait;
use yuntu_terms::Timestamp;

use crate::{KeyScope, ShelfError};

/// A key as it lies on the shelf: wrapped by the key above it, of no use to anyone without that.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// Whose key.
    pub scope: KeyScope,
    /// The version; the highest of a scope seals, all of them unseal.
    pub version: u32,
    /// The wrapped bytes, opaque to a shelf and at most 1 KiB long.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappedKey")
            .field("scope", &self.scope)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// What a shelf holds of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shelved {
    /// Nothing, and nothing was ever destroyed here.
    Absent,
    /// The versions, lowest first and never empty.
    Live(Vec<WrappedKey>),
    /// The scope, or one above it, was destroyed; it never has a key again.
    Destroyed,
}

/// What came of putting a key on the shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insertion {
    /// The key lies on the shelf, durably.
    New,
    /// The scope has this version already; the shelf is as before.
    Taken,
    /// The scope, or one above it, was destroyed; the shelf is as before.
    Destroyed,
}

/// What came of exchanging the wrapped bytes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// The new bytes lie on the shelf, durably, and the old ones are gone.
    Done,
    /// The old bytes are not on the shelf (any more); it is as before.
    Changed,
}

/// Keeps wrapped keys.
///
/// Each call is atomic and durable when it returns, across processes too. A failure leaves the shelf as before, or
/// as after; never between.
///
/// # Clause
/// R22
#[async_trait]
pub trait KeyShelf: Send + Sync + fmt::Debug {
    /// Loads the keys of a scope.
    ///
    /// # Errors
    /// [`ShelfError`] when the storage fails or holds something else than keys.
    async fn load(&self, scope: KeyScope) -> Result<Shelved, ShelfError>;

    /// Puts a key on the shelf unless the scope has this version already or it, or a scope above it, was destroyed.
    ///
    /// # Errors
    /// [`ShelfError`] when the storage fails.
    async fn insert(&self, key: &WrappedKey) -> Result<Insertion, ShelfError>;

    /// Exchanges the bytes of a key when they are still the old ones.
    ///
    /// # Errors
    /// [`ShelfError`] when the storage fails.
    async fn replace(&self, old: &WrappedKey, bytes: &[u8]) -> Result<Replacement, ShelfError>;

    /// Lists the scopes right below one that have keys, in an order of the shelf's own that stays the same; `after` is
    /// the last scope of the page before.
    ///
    /// # Errors
    /// [`ShelfError`] when the storage fails.
    async fn below(
        &self,
        scope: KeyScope,
        after: Option<KeyScope>,
        limit: usize,
    ) -> Result<Vec<KeyScope>, ShelfError>;

    /// Removes every version of the scope and of all scopes below it, overwriting what the medium lets it, and
    /// remembers for ever that the scope was destroyed. Doing it twice is doing it once.
    ///
    /// # Errors
    /// [`ShelfError`] when the storage fails; the caller tries again until it succeeds.
    async fn destroy(&self, scope: KeyScope, at: Timestamp) -> Result<(), ShelfError>;
}
