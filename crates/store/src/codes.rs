use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, prelude::Uuid};
use yuntu_terms::{AccountId, CodeId, Digest, Id, Pii, Timestamp};
use yuntu_vault::{CodeBinding, KeyScope, SealContext, Sealed, VerificationCode};

use crate::addresses::{AddressMac, NetworkMac};
use crate::entity::code;
use crate::error::StoreError;
use crate::limits::{COUNTED_FOR, Limit, Quota};
use crate::representatives::ContactKind;
use crate::rows::Place;
use crate::store::Store;

mod change;

const TABLE: &str = "code";
const ADDRESS: &str = "address_sealed";
const CODE_MAC: &str = "sign_in.code";

/// How long a code can be used.
pub const CODE_LIFE: Duration = Duration::from_mins(5);
/// How often a code can be tried.
pub const CODE_TRIES_MAX: u32 = 5;
/// How often codes are sent to one address: with a minute between two, five an hour, ten a day.
pub const CODE_QUOTAS: [Quota; 3] = [
    Quota::new(1, Duration::from_mins(1)),
    Quota::new(5, Duration::from_hours(1)),
    Quota::new(10, COUNTED_FOR),
];
/// How often codes are sent at the wish of one network, whatever the addresses: many people may share one, and whoever
/// floods other people's mailboxes from it meets an end.
pub const CODE_NETWORK_QUOTAS: [Quota; 2] = [
    Quota::new(60, Duration::from_mins(15)),
    Quota::new(600, COUNTED_FOR),
];

/// What a code is for; it opens nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeUse {
    /// To open an account.
    SignUp,
    /// To sign in.
    SignIn,
    /// To get back into an account.
    Recover,
    /// To make an address the contact of an account.
    NewContact,
}

impl CodeUse {
    /// Returns the code of the column.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::SignIn => "sign_in",
            Self::Recover => "recover",
            Self::NewContact => "new_contact",
        }
    }
}

/// What a code is asked for.
#[derive(Debug)]
pub struct NewCode<'a> {
    /// What it is for.
    pub code_use: CodeUse,
    /// What kind of address it goes to: a phone number gets a text message, an email address a mail.
    pub kind: ContactKind,
    /// The address, normalised.
    pub address: &'a Pii<String>,
    /// The account whose contact changes. A code for anything else names none: whether an account has the address is looked
    /// up when the code is typed, so that asking leaves the same row for every address.
    pub account: Option<AccountId>,
    /// The network from which it is asked for.
    pub network: NetworkMac,
}

/// A code that is made and not yet counted or kept; made by [`Store::seal_code`].
#[derive(Debug, Clone)]
pub struct SealedCode {
    id: CodeId,
    code_use: CodeUse,
    address: AddressMac,
    address_sealed: Option<Vec<u8>>,
    account: Option<AccountId>,
    network: NetworkMac,
    hash: Digest,
}

impl SealedCode {
    /// Returns the id the code will have: it goes into the form in which the code is typed.
    pub const fn id(&self) -> CodeId {
        self.id
    }

    /// Returns the hash of the address it goes to.
    pub const fn address(&self) -> &AddressMac {
        &self.address
    }
}

/// A code as somebody typed it, hashed for the request it belongs to; made by [`Store::hash_code`].
#[derive(Debug, Clone, Copy)]
pub struct TypedCode {
    id: CodeId,
    code_use: CodeUse,
    hash: Digest,
}

/// What became of a wish for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeIssue {
    /// It counts as sent and is good until this moment.
    Issued {
        /// When it ends.
        expires: Timestamp,
    },
    /// Too many were sent to the address, or asked for from the network; nothing was kept.
    Limited(Limit),
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeOutcome {
    /// It was right, and is used up now.
    Right(ProvenAddress),
    /// It was wrong.
    Wrong {
        /// How many tries are left.
        left: u32,
    },
    /// There is no such code, or it was used, tried too often or is too old.
    Spent,
}

/// An address whose owner has just typed the code that was sent there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenAddress {
    /// The hash of the address; what was typed beside the code must have the same.
    pub address: AddressMac,
    /// The account whose contact the code was asked for to change.
    pub account: Option<AccountId>,
}

fn context(id: &Uuid) -> SealContext<'_> {
    SealContext {
        table: TABLE,
        row: id.as_bytes(),
        column: ADDRESS,
    }
}

impl Store {
    /// Makes a code of six digits for an address, with the same work whether or not an account has it. The digits are
    /// told once, to be sent; what is kept is a keyed hash that is bound to this request and use.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when a new contact is asked for without an account or anything else with one, [`StoreError::Vault`] or
    /// [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R2, R22
    pub async fn seal_code(
        &self,
        new: &NewCode<'_>,
    ) -> Result<(SealedCode, VerificationCode), StoreError> {
        let id: CodeId = Id::generate(self.now(), &*self.database.entropy)?;
        let code = VerificationCode::draw(&*self.database.entropy)?;
        let address_sealed = match (new.code_use, new.account) {
            (CodeUse::NewContact, Some(account)) => {
                let sealer = self.vault.sealer(&KeyScope::Account(account)).await?;
                let bytes = new
                    .address
                    .digest(|text| sealer.seal(&context(&id.uuid()), text.as_bytes()))?;
                Some(bytes.into_bytes())
            }
            (CodeUse::NewContact, None) => {
                return Err(StoreError::Invalid {
                    what: "code",
                    reason: "expected the account whose contact changes",
                });
            }
            (CodeUse::SignUp | CodeUse::SignIn | CodeUse::Recover, None) => None,
            (CodeUse::SignUp | CodeUse::SignIn | CodeUse::Recover, Some(_)) => {
                return Err(StoreError::Invalid {
                    what: "code",
                    reason: "expected no account",
                });
            }
        };
        let typed = self.hash_code(id, new.code_use, &code).await?;
        let sealed = SealedCode {
            id,
            code_use: new.code_use,
            address: self.address_mac(new.kind, new.address).await?,
            address_sealed,
            account: new.account,
            network: new.network,
            hash: typed.hash,
        };
        Ok((sealed, code))
    }

    /// Hashes what somebody typed for the request with this id.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// R2
    pub async fn hash_code(
        &self,
        id: CodeId,
        code_use: CodeUse,
        code: &VerificationCode,
    ) -> Result<TypedCode, StoreError> {
        let hasher = self.vault.hasher(&KeyScope::Platform, CODE_MAC).await?;
        let binding = CodeBinding {
            request: &id.to_string(),
            purpose: code_use.code(),
        };
        let hash = code.hash(&hasher, binding)?;
        Ok(TypedCode { id, code_use, hash })
    }

    /// Opens the new address that a code was sent to for this account, so that it can become the contact.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or the value was moved or changed, or a fault of the database.
    pub async fn new_contact_of_code(
        &self,
        account: AccountId,
        id: CodeId,
    ) -> Result<Option<(ContactKind, Pii<String>)>, StoreError> {
        let row = code::Entity::find_by_id(id.uuid())
            .filter(code::Column::AccountId.eq(account.uuid()))
            .one(&self.read().link)
            .await?;
        let Some((row, bytes)) = row.and_then(|mut row| {
            let bytes = row.address_sealed.take()?;
            Some((row, bytes))
        }) else {
            return Ok(None);
        };
        let sealer = self.vault.unsealer(&KeyScope::Account(account)).await?;
        let plain = sealer.unseal(&context(&row.id), &Sealed::from_bytes(bytes)?)?;
        let address = plain
            .into_pii_text()
            .ok_or(Place(TABLE, ADDRESS).broken())?;
        Ok(Some((kind_of(&row)?, address)))
    }
}

const fn medium(kind: ContactKind) -> &'static str {
    match kind {
        ContactKind::Phone => "sms",
        ContactKind::Email => "mail",
    }
}

fn kind_of(row: &code::Model) -> Result<ContactKind, StoreError> {
    [ContactKind::Phone, ContactKind::Email]
        .into_iter()
        .find(|kind| medium(*kind) == row.medium)
        .ok_or(Place(TABLE, "medium").broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_quota_counts_what_may_be_swept() {
        let mut quotas = CODE_QUOTAS.iter().chain(&CODE_NETWORK_QUOTAS);
        assert!(quotas.all(|quota| quota.within <= COUNTED_FOR));
    }
}
