use std::fmt;

use yuntu_terms::{Digest, Pii};
use yuntu_vault::KeyScope;

use crate::error::StoreError;
use crate::representatives::ContactKind;
use crate::store::Store;

const PHONE_MAC: &str = "account.phone";
const EMAIL_MAC: &str = "account.email";
const NETWORK_MAC: &str = "sign_in.network";

/// The keyed hash of an address by which somebody signs in: limits and look-ups know people by it alone.
///
/// It is made by [`Store::address_mac`], with the same work for an address that no account has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AddressMac {
    kind: ContactKind,
    mac: Digest,
}

impl AddressMac {
    /// Returns the kind of address.
    pub const fn kind(&self) -> ContactKind {
        self.kind
    }

    pub(crate) const fn new(kind: ContactKind, mac: Digest) -> Self {
        Self { kind, mac }
    }

    pub(crate) fn to_column(self) -> Vec<u8> {
        self.mac.as_bytes().to_vec()
    }
}

// The hash of a person's address says who was here as long as the key lives; it is not printed either.
impl fmt::Debug for AddressMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressMac")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The keyed hash of the network from which somebody tries to sign in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NetworkMac(Digest);

impl NetworkMac {
    pub(crate) fn to_column(self) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }
}

impl fmt::Debug for NetworkMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkMac").finish_non_exhaustive()
    }
}

impl Store {
    /// Hashes a normalised phone number or email address.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// R22
    pub async fn address_mac(
        &self,
        kind: ContactKind,
        value: &Pii<String>,
    ) -> Result<AddressMac, StoreError> {
        let domain = match kind {
            ContactKind::Phone => PHONE_MAC,
            ContactKind::Email => EMAIL_MAC,
        };
        let hasher = self.vault.hasher(&KeyScope::Platform, domain).await?;
        let mac = value.digest(|text| hasher.digest(text.as_bytes()))?;
        Ok(AddressMac { kind, mac })
    }

    /// Hashes the network of a request, such as `192.0.2.0/24`, cut off where one person's reach ends.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// R22
    pub async fn network_mac(&self, network: &Pii<String>) -> Result<NetworkMac, StoreError> {
        let hasher = self.vault.hasher(&KeyScope::Platform, NETWORK_MAC).await?;
        let mac = network.digest(|text| hasher.digest(text.as_bytes()))?;
        Ok(NetworkMac(mac))
    }
}
