//! The form in which a key lies on the shelf: format, suite, who wrapped it, and the wrapped bytes.

use yuntu_terms::Entropy;

use crate::crypto::{self, Use};
use crate::key::RootKey;
use crate::provider::{KekId, KeyProvider};
use crate::{KeyScope, Suite, VaultError};

const FORMAT: u8 = 1;
const BY_PROVIDER: u8 = 0;
const BY_PARENT: u8 = 1;

/// What wraps a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A key encryption key of the provider.
    Kek(KekId),
    /// A version of the key of the scope above.
    Parent(u32),
}

/// The readable part of a wrapped key.
#[derive(Debug)]
pub(crate) struct Wrapping<'a> {
    pub(crate) suite: Suite,
    pub(crate) holder: Holder,
    body: &'a [u8],
}

impl<'a> Wrapping<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, VaultError> {
        let [FORMAT, suite, by, rest @ ..] = bytes else {
            return Err(VaultError::WrappedKeyDamaged);
        };
        let suite = Suite::from_code(*suite).ok_or(VaultError::WrappedKeyDamaged)?;
        let (holder, body) = match *by {
            BY_PROVIDER => rest
                .split_first_chunk()
                .map(|(kek, body)| (Holder::Kek(KekId::new(*kek)), body)),
            BY_PARENT => rest
                .split_first_chunk()
                .map(|(version, body)| (Holder::Parent(u32::from_be_bytes(*version)), body)),
            _ => None,
        }
        .ok_or(VaultError::WrappedKeyDamaged)?;
        Ok(Self {
            suite,
            holder,
            body,
        })
    }

    pub(crate) fn open_with_parent(
        &self,
        parent: (&RootKey, Suite, u32),
        place: (KeyScope, u32),
    ) -> Result<RootKey, VaultError> {
        let (root, suite, version) = parent;
        let aad = associated(self.suite, BY_PARENT, Some(version), place);
        let bytes = crypto::open(root, suite, Use::Wrap, &aad, self.body).map_err(damaged)?;
        RootKey::from_slice(&bytes).ok_or(VaultError::WrappedKeyDamaged)
    }

    pub(crate) fn open_with_provider(
        &self,
        provider: &dyn KeyProvider,
        kek: KekId,
        place: (KeyScope, u32),
    ) -> Result<RootKey, VaultError> {
        let aad = associated(self.suite, BY_PROVIDER, None, place);
        Ok(provider.unwrap(kek, &aad, self.body)?)
    }
}

fn damaged(error: VaultError) -> VaultError {
    if matches!(error, VaultError::Malformed | VaultError::Unreadable) {
        VaultError::WrappedKeyDamaged
    } else {
        error
    }
}

pub(crate) fn wrap_with_parent(
    parent: (&RootKey, Suite, u32),
    place: (KeyScope, u32),
    key: (&RootKey, Suite),
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, VaultError> {
    let (root, parent_suite, parent_version) = parent;
    let (key, suite) = key;
    let aad = associated(suite, BY_PARENT, Some(parent_version), place);
    let mut out = vec![FORMAT, suite.code(), BY_PARENT];
    out.extend_from_slice(&parent_version.to_be_bytes());
    let input = (aad.as_slice(), key.expose().as_slice());
    crypto::seal_into(root, parent_suite, Use::Wrap, input, entropy, &mut out)?;
    Ok(out)
}

pub(crate) fn wrap_with_provider(
    provider: &dyn KeyProvider,
    place: (KeyScope, u32),
    key: (&RootKey, Suite),
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, VaultError> {
    let (key, suite) = key;
    let aad = associated(suite, BY_PROVIDER, None, place);
    let (kek, body) = provider.wrap(entropy, &aad, key)?;
    let mut out = vec![FORMAT, suite.code(), BY_PROVIDER];
    out.extend_from_slice(kek.as_bytes());
    out.extend_from_slice(&body);
    Ok(out)
}

fn associated(
    suite: Suite,
    by: u8,
    parent_version: Option<u32>,
    (scope, version): (KeyScope, u32),
) -> Vec<u8> {
    let mut aad = vec![FORMAT, suite.code(), by];
    aad.extend_from_slice(&parent_version.unwrap_or(0).to_be_bytes());
    aad.extend_from_slice(&version.to_be_bytes());
    crypto::put_field(&mut aad, scope.to_string().as_bytes());
    aad
}
