use sea_orm::{EntityTrait, prelude::Uuid};
use yuntu_ledger::Pseudonym;
use yuntu_terms::{AccountId, Id, Kind, Lang, Pii, Timestamp, clause};
use yuntu_vault::{KeyScope, PasswordHash, SealContext, Sealed, Sealer};

use crate::addresses::AddressMac;
use crate::entity::account;
use crate::error::StoreError;
use crate::realm::Realm;
use crate::representatives::ContactKind;
use crate::rows::Place;
use crate::store::Store;

mod change;
mod find;
mod password;

pub use password::SealedPassword;

const TABLE: &str = "account";
const NICKNAME: &str = "nickname_sealed";

/// What is told of a person who opens an account; at least one address is needed.
#[derive(Debug)]
pub struct NewAccount {
    /// What the person wants to be called.
    pub nickname: Option<Pii<String>>,
    /// The mobile number, normalised and proven.
    pub phone: Option<Pii<String>>,
    /// The email address, normalised and proven.
    pub email: Option<Pii<String>>,
    /// The hash of a password, with its algorithm and costs.
    pub password: Option<PasswordHash>,
    /// The language of messages.
    pub lang: Lang,
}

/// The personal values of an account; none can be printed, and none leaves without a warrant.
#[derive(Debug)]
pub struct AccountContact {
    /// What the person wants to be called.
    pub nickname: Option<Pii<String>>,
    /// The mobile number, normalised.
    pub phone: Option<Pii<String>>,
    /// The email address, normalised.
    pub email: Option<Pii<String>>,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStanding {
    /// The person can sign in.
    Active,
    /// The platform lets nobody in.
    Suspended,
    /// It was closed for ever.
    Closed,
}

impl AccountStanding {
    /// Returns the code of the column and of the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Closed]
            .into_iter()
            .find(|standing| standing.code() == code)
    }
}

/// An account, without personal values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The id.
    pub id: AccountId,
    /// For what it is good.
    pub realm: Realm,
    /// Whether it can be used.
    pub standing: AccountStanding,
    /// The language of messages.
    pub lang: Lang,
    /// Whether there is a phone number.
    pub has_phone: bool,
    /// Whether there is an email address.
    pub has_email: bool,
    /// When the password was set; without one there is no password.
    pub password_changed: Option<Timestamp>,
    /// Whether the password may be chosen beside a second factor only.
    pub password_needs_factor: bool,
    /// Since when.
    pub created: Timestamp,
}

/// An account whose values are sealed and whose row is not written yet; made by [`Store::seal_account`].
#[derive(Debug, Clone)]
pub struct SealedAccount {
    id: AccountId,
    nickname: Option<Vec<u8>>,
    phone: Option<SealedContact>,
    email: Option<SealedContact>,
    password: Option<SealedPassword>,
    lang: Lang,
    realm: Realm,
}

impl SealedAccount {
    /// Makes it the account of another realm than the public one.
    #[must_use]
    pub fn in_realm(self, realm: Realm) -> Self {
        Self { realm, ..self }
    }

    /// Returns the id the account will have.
    pub const fn id(&self) -> AccountId {
        self.id
    }
}

/// A sealed nickname of an account; made by [`Store::seal_nickname`].
#[derive(Debug, Clone)]
pub struct SealedNickname {
    account: AccountId,
    sealed: Vec<u8>,
}

/// A sealed address of an account, with its keyed hash; made by [`Store::seal_contact`].
#[derive(Debug, Clone)]
pub struct SealedContact {
    account: AccountId,
    sealed: Vec<u8>,
    mac: AddressMac,
}

/// The address that an account had until now, still sealed; [`Store::open_former_contact`] opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerContact {
    account: AccountId,
    kind: ContactKind,
    sealed: Vec<u8>,
}

const fn column_of(kind: ContactKind) -> &'static str {
    match kind {
        ContactKind::Phone => "phone_sealed",
        ContactKind::Email => "email_sealed",
    }
}

fn context<'a>(id: &'a Uuid, column: &'a str) -> SealContext<'a> {
    SealContext {
        table: TABLE,
        row: id.as_bytes(),
        column,
    }
}

fn seal(
    sealer: &Sealer,
    id: AccountId,
    column: &str,
    value: &Pii<String>,
) -> Result<Vec<u8>, StoreError> {
    let bytes = value.digest(|text| sealer.seal(&context(&id.uuid(), column), text.as_bytes()))?;
    Ok(bytes.into_bytes())
}

fn open(
    sealer: &Sealer,
    id: AccountId,
    column: &'static str,
    bytes: Vec<u8>,
) -> Result<Pii<String>, StoreError> {
    let plain = sealer.unseal(&context(&id.uuid(), column), &Sealed::from_bytes(bytes)?)?;
    plain.into_pii_text().ok_or(Place(TABLE, column).broken())
}

impl Store {
    /// Seals the personal values of a new account under a key of its own.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when there is no address, [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R22
    pub async fn seal_account(&self, new: &NewAccount) -> Result<SealedAccount, StoreError> {
        clause::hit!(R22);
        if new.phone.is_none() && new.email.is_none() {
            return Err(StoreError::Invalid {
                what: "account",
                reason: "expected a phone number or an email address",
            });
        }
        let id: AccountId = Id::generate(self.now(), &*self.database.entropy)?;
        let nickname = match &new.nickname {
            Some(nickname) => Some(self.seal_nickname(id, nickname).await?.sealed),
            None => None,
        };
        let phone = match &new.phone {
            Some(phone) => Some(self.seal_contact(id, ContactKind::Phone, phone).await?),
            None => None,
        };
        let email = match &new.email {
            Some(email) => Some(self.seal_contact(id, ContactKind::Email, email).await?),
            None => None,
        };
        let password = match &new.password {
            Some(hash) => Some(self.seal_password(id, hash).await?),
            None => None,
        };
        Ok(SealedAccount {
            id,
            nickname,
            phone,
            email,
            password,
            lang: new.lang,
            realm: Realm::Public,
        })
    }

    /// Seals what a person wants to be called.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or the vault fails.
    ///
    /// # Clause
    /// R22
    pub async fn seal_nickname(
        &self,
        account: AccountId,
        nickname: &Pii<String>,
    ) -> Result<SealedNickname, StoreError> {
        let sealer = self.vault.sealer(&KeyScope::Account(account)).await?;
        Ok(SealedNickname {
            account,
            sealed: seal(&sealer, account, NICKNAME, nickname)?,
        })
    }

    /// Seals a phone number or email address of an account.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or the vault fails.
    ///
    /// # Clause
    /// R22
    pub async fn seal_contact(
        &self,
        account: AccountId,
        kind: ContactKind,
        value: &Pii<String>,
    ) -> Result<SealedContact, StoreError> {
        let sealer = self.vault.sealer(&KeyScope::Account(account)).await?;
        Ok(SealedContact {
            account,
            sealed: seal(&sealer, account, column_of(kind), value)?,
            mac: self.address_mac(kind, value).await?,
        })
    }

    /// Opens the address that an account had before, so that the person can be told there too.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed.
    pub async fn open_former_contact(
        &self,
        former: &FormerContact,
    ) -> Result<Pii<String>, StoreError> {
        let scope = KeyScope::Account(former.account);
        let sealer = self.vault.unsealer(&scope).await?;
        let column = column_of(former.kind);
        open(&sealer, former.account, column, former.sealed.clone())
    }

    /// Finds the account with this phone number or email address, which is compared by keyed hash.
    ///
    /// # Errors
    /// [`StoreError::Vault`], or a fault of the database.
    pub async fn find_account_by(
        &self,
        kind: ContactKind,
        value: &Pii<String>,
    ) -> Result<Option<Account>, StoreError> {
        let mac = self.address_mac(kind, value).await?;
        self.read().find_account_at(&mac).await
    }

    /// Opens the personal values of an account; each leaves only at a sink that a warrant opens.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or a value was moved or changed, or a fault of the database.
    pub async fn account_contact(
        &self,
        id: AccountId,
    ) -> Result<Option<AccountContact>, StoreError> {
        let row = account::Entity::find_by_id(id.uuid())
            .one(&self.read().link)
            .await?;
        let Some(row) = row.filter(|row| row.phone_sealed.is_some() || row.email_sealed.is_some())
        else {
            return Ok(None);
        };
        let sealer = self.vault.unsealer(&KeyScope::Account(id)).await?;
        let open = |column, bytes: Option<Vec<u8>>| {
            bytes
                .map(|bytes| open(&sealer, id, column, bytes))
                .transpose()
        };
        Ok(Some(AccountContact {
            nickname: open(NICKNAME, row.nickname_sealed)?,
            phone: open(column_of(ContactKind::Phone), row.phone_sealed)?,
            email: open(column_of(ContactKind::Email), row.email_sealed)?,
        }))
    }

    /// Returns the name under which whoever made a request stands in the ledger while nobody knows who it is. It is made
    /// of the request's id alone, so that the ledger ties no two requests together and tells of no account.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the vault fails.
    ///
    /// # Clause
    /// R22, R23
    pub async fn stranger_pseudonym<K: Kind>(
        &self,
        request: Id<K>,
    ) -> Result<Pseudonym, StoreError> {
        let value = request.uuid();
        let mac = self
            .vault
            .mac(&KeyScope::Platform, "ledger.stranger", value.as_bytes())
            .await?;
        Ok(Pseudonym::from_mac(mac))
    }

    /// Returns the name under which the platform itself stands in the ledger, for what it does unasked.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// R23
    pub async fn platform_pseudonym(&self) -> Result<Pseudonym, StoreError> {
        let scope = KeyScope::Platform;
        let mac = self
            .vault
            .mac(&scope, "ledger.platform", b"platform")
            .await?;
        Ok(Pseudonym::from_mac(mac))
    }

    /// Returns the name under which an account stands in the ledger; it points to nobody once the account's key is
    /// destroyed.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or the vault fails.
    ///
    /// # Clause
    /// R23
    pub async fn account_pseudonym(&self, account: AccountId) -> Result<Pseudonym, StoreError> {
        let scope = KeyScope::Account(account);
        let value = account.uuid();
        let mac = self
            .vault
            .mac(&scope, "ledger.actor", value.as_bytes())
            .await?;
        Ok(Pseudonym::from_mac(mac))
    }
}
