use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use yuntu_terms::{AccountId, clause};
use yuntu_vault::{KeyScope, PasswordHash, Sealed};

use super::{TABLE, context};
use crate::entity::account;
use crate::error::StoreError;
use crate::rows::{Place, one_row};
use crate::store::Store;
use crate::tx::Tx;

const SEALED: &str = "password_sealed";
const PLAIN: &str = "password_hash";

/// The hash of a password, sealed under the account's key, so that whoever has the rows alone has nothing to guess at;
/// made by [`Store::seal_password`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPassword {
    pub(super) account: AccountId,
    pub(super) bytes: Vec<u8>,
}

fn parsed(text: &str, column: &'static str) -> Result<PasswordHash, StoreError> {
    PasswordHash::parse(text).map_err(|_damaged| Place(TABLE, column).broken())
}

impl Store {
    /// Seals the hash of an account's password.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or the vault fails.
    ///
    /// # Clause
    /// R22
    pub async fn seal_password(
        &self,
        account: AccountId,
        hash: &PasswordHash,
    ) -> Result<SealedPassword, StoreError> {
        clause::hit!(R22);
        let sealer = self.vault.sealer(&KeyScope::Account(account)).await?;
        let place = account.uuid();
        let bytes = sealer.seal(&context(&place, SEALED), hash.expose().as_bytes())?;
        Ok(SealedPassword {
            account,
            bytes: bytes.into_bytes(),
        })
    }

    /// Returns the hash of an account's password, to be compared and nothing else.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when it is no hash of a kind and cost that are accepted, [`StoreError::Vault`] when it
    /// cannot be opened, or a fault of the database.
    pub async fn find_password_hash(
        &self,
        id: AccountId,
    ) -> Result<Option<PasswordHash>, StoreError> {
        let row = account::Entity::find_by_id(id.uuid())
            .one(&self.read().link)
            .await?;
        // Asked for in any case, and never taken from what is at hand: an id that nobody has costs the same, and so does one
        // whose owner was here a moment ago.
        let sealer = self.vault.unsealer_anew(&KeyScope::Account(id)).await;
        let Some(row) = row else { return Ok(None) };
        if let Some(bytes) = row.password_sealed {
            let plain = sealer?.unseal(&context(&row.id, SEALED), &Sealed::from_bytes(bytes)?)?;
            let text = std::str::from_utf8(plain.expose());
            let text = text.map_err(|_form| Place(TABLE, SEALED).broken())?;
            return parsed(text, SEALED).map(Some);
        }
        // From before hashes were sealed; the upkeep seals what is left of them.
        let plain = row.password_hash;
        plain.map(|text| parsed(&text, PLAIN)).transpose()
    }

    /// Finds hashes that were written before hashes were sealed, and seals them.
    ///
    /// # Errors
    /// As [`Store::seal_password`], or a fault of the database.
    ///
    /// # Clause
    /// R22
    pub async fn seal_plain_passwords(
        &self,
        limit: u64,
    ) -> Result<Vec<SealedPassword>, StoreError> {
        let rows = account::Entity::find()
            .filter(account::Column::PasswordHash.is_not_null())
            .limit(limit)
            .all(&self.read().link)
            .await?;
        let mut sealed = Vec::with_capacity(rows.len());
        for row in rows {
            if let Some(text) = row.password_hash {
                let hash = parsed(&text, PLAIN)?;
                let account = AccountId::from_uuid(row.id);
                sealed.push(self.seal_password(account, &hash).await?);
            }
        }
        Ok(sealed)
    }
}

impl Tx {
    /// Puts the sealed hash in the place of the plain one, if that is still there; says whether it was.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R22
    pub async fn replace_plain_password(
        &self,
        sealed: &SealedPassword,
    ) -> Result<bool, StoreError> {
        use account::Column;
        let done = account::Entity::update_many()
            .col_expr(Column::PasswordSealed, Expr::value(sealed.bytes.clone()))
            .col_expr(Column::PasswordHash, Expr::value(Option::<String>::None))
            .filter(Column::Id.eq(sealed.account.uuid()))
            .filter(Column::PasswordHash.is_not_null())
            .filter(Column::PasswordSealed.is_null())
            .exec(&self.link)
            .await?;
        Ok(one_row(done.rows_affected, TABLE).is_ok())
    }
}
