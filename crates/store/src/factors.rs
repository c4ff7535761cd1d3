use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, prelude::Uuid};
use yuntu_terms::{AccountId, Digest, FactorId, Id, Pii, Timestamp};
use yuntu_vault::{KeyScope, Plain, RecoveryCode, SealContext, Sealed, Sealer, TotpSecret};

use crate::entity::{factor, recovery_code};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, moment, moment_if};
use crate::store::Store;

mod change;

pub(crate) const TABLE: &str = "factor";
const LABEL: &str = "label_sealed";
const SECRET: &str = "secret_sealed";
const RECOVERY_MAC: &str = "sign_in.recovery";
const CREDENTIAL_MAC: &str = "sign_in.credential";

/// How many wrong codes in a row an authenticator bears before another factor must be used (NIST SP 800-63B-4, 3.2.2).
pub const TOTP_FAILURES_MAX: u32 = 100;

/// What kind of second factor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactorKind {
    /// An authenticator app.
    Totp,
    /// A passkey.
    Passkey,
}

impl FactorKind {
    /// Returns the code of the column and of the ledger.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Totp, Self::Passkey]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

/// A second factor as its owner sees it in a list.
#[derive(Debug)]
pub struct ListedFactor {
    /// The id.
    pub id: FactorId,
    /// What it is.
    pub kind: FactorKind,
    /// What the person calls it.
    pub label: Option<Pii<String>>,
    /// Since when it counts.
    pub confirmed: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

/// Which second factors an account has that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FactorsHeld {
    /// An authenticator.
    pub totp: bool,
    /// At least one passkey.
    pub passkey: bool,
    /// How many recovery codes are left.
    pub recovery_codes: u64,
}

impl FactorsHeld {
    /// Says whether there is a second factor; recovery codes only stand in for one.
    pub const fn any(self) -> bool {
        self.totp || self.passkey
    }
}

/// An authenticator's secret with its row.
#[derive(Debug)]
pub struct HeldTotp {
    /// The row.
    pub id: FactorId,
    /// The secret.
    pub secret: TotpSecret,
    /// How many wrong codes came in a row.
    pub failures: u64,
}

/// A passkey's state with its row.
#[derive(Debug)]
pub struct HeldPasskey {
    /// The row.
    pub id: FactorId,
    /// Whose it is.
    pub account: AccountId,
    /// What is kept of it, as it was given to [`Store::seal_passkey`].
    pub kept: Plain,
}

/// A second factor whose values are sealed and whose row is not written yet.
#[derive(Debug, Clone)]
pub struct SealedFactor {
    id: FactorId,
    account: AccountId,
    kind: FactorKind,
    label: Option<Vec<u8>>,
    secret: Vec<u8>,
    credential: Option<Vec<u8>>,
}

impl SealedFactor {
    /// Returns the id that the factor will have.
    pub const fn id(&self) -> FactorId {
        self.id
    }
}

/// What is kept of a passkey after a use, sealed for its row.
#[derive(Debug, Clone)]
pub struct SealedUse {
    id: FactorId,
    before: Vec<u8>,
    after: Vec<u8>,
}

/// What a person calls one of her passkeys, sealed for its row.
#[derive(Debug, Clone)]
pub struct SealedLabel {
    account: AccountId,
    id: FactorId,
    label: Vec<u8>,
}

fn context<'a>(id: &'a Uuid, column: &'a str) -> SealContext<'a> {
    SealContext {
        table: TABLE,
        row: id.as_bytes(),
        column,
    }
}

fn seal_label(sealer: &Sealer, id: FactorId, label: &Pii<String>) -> Result<Vec<u8>, StoreError> {
    let bytes = label.digest(|text| sealer.seal(&context(&id.uuid(), LABEL), text.as_bytes()))?;
    Ok(bytes.into_bytes())
}

fn open(
    sealer: &Sealer,
    id: Uuid,
    column: &'static str,
    bytes: Vec<u8>,
) -> Result<Plain, StoreError> {
    Ok(sealer.unseal(&context(&id, column), &Sealed::from_bytes(bytes)?)?)
}

impl Store {
    /// Seals the secret of an authenticator for a new row.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R2, R22
    pub async fn seal_totp(
        &self,
        account: AccountId,
        secret: &TotpSecret,
    ) -> Result<SealedFactor, StoreError> {
        let id: FactorId = Id::generate(self.now(), &*self.database.entropy)?;
        let sealer = self.vault.sealer(&KeyScope::Account(account)).await?;
        let bytes = sealer.seal(&context(&id.uuid(), SECRET), secret.expose())?;
        Ok(SealedFactor {
            id,
            account,
            kind: FactorKind::Totp,
            label: None,
            secret: bytes.into_bytes(),
            credential: None,
        })
    }

    /// Seals what is kept of a passkey for a new row; it is found again by the keyed hash of its credential's id.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R2, R22
    pub async fn seal_passkey(
        &self,
        account: AccountId,
        credential: &[u8],
        kept: &[u8],
        label: &Pii<String>,
    ) -> Result<SealedFactor, StoreError> {
        let id: FactorId = Id::generate(self.now(), &*self.database.entropy)?;
        let sealer = self.vault.sealer(&KeyScope::Account(account)).await?;
        let bytes = sealer.seal(&context(&id.uuid(), SECRET), kept)?;
        Ok(SealedFactor {
            id,
            account,
            kind: FactorKind::Passkey,
            label: Some(seal_label(&sealer, id, label)?),
            secret: bytes.into_bytes(),
            credential: Some(self.credential_mac(credential).await?),
        })
    }

    /// Seals what a person calls one of her passkeys.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// R22
    pub async fn seal_factor_label(
        &self,
        account: AccountId,
        id: FactorId,
        label: &Pii<String>,
    ) -> Result<SealedLabel, StoreError> {
        let sealer = self.vault.sealer(&KeyScope::Account(account)).await?;
        Ok(SealedLabel {
            account,
            id,
            label: seal_label(&sealer, id, label)?,
        })
    }

    /// Seals what is kept of a passkey after a use, to be put in the place of what was there before it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the passkey is gone, [`StoreError::Vault`], or a fault of the database.
    pub async fn seal_passkey_use(
        &self,
        held: &HeldPasskey,
        after: &[u8],
    ) -> Result<SealedUse, StoreError> {
        let row = factor::Entity::find_by_id(held.id.uuid())
            .one(&self.read().link)
            .await?
            .ok_or(StoreError::Missing { what: TABLE })?;
        let scope = KeyScope::Account(held.account);
        let sealer = self.vault.sealer(&scope).await?;
        let bytes = sealer.seal(&context(&held.id.uuid(), SECRET), after)?;
        Ok(SealedUse {
            id: held.id,
            before: row.secret_sealed,
            after: bytes.into_bytes(),
        })
    }

    /// Lists the second factors of an account that count, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when a value cannot be opened, or a fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn list_factors(&self, account: AccountId) -> Result<Vec<ListedFactor>, StoreError> {
        let rows = factor::Entity::find()
            .filter(factor::Column::AccountId.eq(account.uuid()))
            .filter(factor::Column::ConfirmedAt.is_not_null())
            .order_by_asc(factor::Column::Id)
            .all(&self.read().link)
            .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sealer = self.vault.unsealer(&KeyScope::Account(account)).await?;
        let listed = rows.into_iter().map(|row| {
            let label = row.label_sealed.map(|bytes| {
                let plain = open(&sealer, row.id, LABEL, bytes)?;
                plain.into_pii_text().ok_or(Place(TABLE, LABEL).broken())
            });
            Ok(ListedFactor {
                id: FactorId::from_uuid(row.id),
                kind: FactorKind::from_code(&row.kind).ok_or(Place(TABLE, "kind").broken())?,
                label: label.transpose()?,
                confirmed: moment(row.confirmed_at.unwrap_or(row.created_at)),
                used: moment_if(row.used_at),
            })
        });
        listed.collect()
    }

    /// Finds the authenticator of an account, confirmed or waiting to be, with its secret.
    ///
    /// # Errors
    /// As [`Store::list_factors`].
    pub async fn find_totp(
        &self,
        account: AccountId,
        confirmed: Confirmed,
    ) -> Result<Option<HeldTotp>, StoreError> {
        let column = factor::Column::ConfirmedAt;
        let state = match confirmed {
            Confirmed::Yes => column.is_not_null(),
            Confirmed::NotYet(since) => column
                .is_null()
                .and(factor::Column::CreatedAt.gt(since.as_micros())),
        };
        let row = factor::Entity::find()
            .filter(factor::Column::AccountId.eq(account.uuid()))
            .filter(factor::Column::Kind.eq(FactorKind::Totp.code()))
            .filter(state)
            .one(&self.read().link)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let sealer = self.vault.unsealer(&KeyScope::Account(account)).await?;
        let plain = open(&sealer, row.id, SECRET, row.secret_sealed)?;
        let secret = TotpSecret::from_slice(plain.expose());
        Ok(Some(HeldTotp {
            id: FactorId::from_uuid(row.id),
            secret: secret.ok_or(Place(TABLE, SECRET).broken())?,
            failures: Place(TABLE, "failures").count(row.failures)?,
        }))
    }

    /// Finds a passkey by the id of its credential.
    ///
    /// # Errors
    /// As [`Store::list_factors`].
    pub async fn find_passkey(&self, credential: &[u8]) -> Result<Option<HeldPasskey>, StoreError> {
        let mac = self.credential_mac(credential).await?;
        let row = factor::Entity::find()
            .filter(factor::Column::CredentialMac.eq(mac))
            .filter(factor::Column::ConfirmedAt.is_not_null())
            .one(&self.read().link)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let account = AccountId::from_uuid(row.account_id);
        self.held_passkey(account, row).await.map(Some)
    }

    /// Lists the passkeys of an account with what is kept of each.
    ///
    /// # Errors
    /// As [`Store::list_factors`].
    pub async fn list_passkeys(&self, account: AccountId) -> Result<Vec<HeldPasskey>, StoreError> {
        let rows = factor::Entity::find()
            .filter(factor::Column::AccountId.eq(account.uuid()))
            .filter(factor::Column::Kind.eq(FactorKind::Passkey.code()))
            .filter(factor::Column::ConfirmedAt.is_not_null())
            .order_by_asc(factor::Column::Id)
            .all(&self.read().link)
            .await?;
        let mut held = Vec::new();
        for row in rows {
            held.push(self.held_passkey(account, row).await?);
        }
        Ok(held)
    }

    async fn held_passkey(
        &self,
        account: AccountId,
        row: factor::Model,
    ) -> Result<HeldPasskey, StoreError> {
        let sealer = self.vault.unsealer(&KeyScope::Account(account)).await?;
        let plain = open(&sealer, row.id, SECRET, row.secret_sealed)?;
        Ok(HeldPasskey {
            id: FactorId::from_uuid(row.id),
            account,
            kept: plain,
        })
    }

    async fn credential_mac(&self, credential: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mac = self
            .vault
            .mac(&KeyScope::Platform, CREDENTIAL_MAC, credential)
            .await?;
        Ok(mac.as_bytes().to_vec())
    }

    /// Hashes a recovery code for its owner.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// R2, R22
    pub async fn hash_recovery_code(
        &self,
        account: AccountId,
        code: &RecoveryCode,
    ) -> Result<Digest, StoreError> {
        let scope = KeyScope::Account(account);
        let hasher = self.vault.hasher(&scope, RECOVERY_MAC).await?;
        Ok(code.hash(&hasher, &account.to_string())?)
    }
}

/// Whether a person has shown that she holds a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// She has: it counts.
    Yes,
    /// She was shown its secret after this moment, and has not used it yet.
    NotYet(Timestamp),
}

impl Reader {
    /// Says which second factors an account has.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn factors_held(&self, account: AccountId) -> Result<FactorsHeld, StoreError> {
        let rows = factor::Entity::find()
            .filter(factor::Column::AccountId.eq(account.uuid()))
            .filter(factor::Column::ConfirmedAt.is_not_null())
            .all(&self.link)
            .await?;
        let mut held = FactorsHeld::default();
        for row in rows {
            match FactorKind::from_code(&row.kind).ok_or(Place(TABLE, "kind").broken())? {
                FactorKind::Totp => held.totp = true,
                FactorKind::Passkey => held.passkey = true,
            }
        }
        held.recovery_codes = recovery_code::Entity::find()
            .filter(recovery_code::Column::AccountId.eq(account.uuid()))
            .filter(recovery_code::Column::UsedAt.is_null())
            .count(&self.link)
            .await?;
        Ok(held)
    }
}
