use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use yuntu_terms::{AccountId, Digest, FactorId, clause};
use yuntu_vault::TotpStep;

use super::{FactorKind, SealedFactor, SealedLabel, SealedUse, TABLE, TOTP_FAILURES_MAX};
use crate::entity::{factor, recovery_code};
use crate::error::StoreError;
use crate::rows::{insert, one_row};
use crate::tx::Tx;

impl Tx {
    /// Keeps the secret of an authenticator that waits for its first code, in the place of one that waited before.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the account has an authenticator that counts.
    ///
    /// # Clause
    /// R2
    pub async fn begin_totp(&self, sealed: &SealedFactor) -> Result<(), StoreError> {
        let of_account = factor::Column::AccountId.eq(sealed.account.uuid());
        let is_totp = factor::Column::Kind.eq(FactorKind::Totp.code());
        factor::Entity::delete_many()
            .filter(of_account.clone())
            .filter(is_totp.clone())
            .filter(factor::Column::ConfirmedAt.is_null())
            .exec(&self.link)
            .await?;
        let counts = factor::Entity::find()
            .filter(of_account)
            .filter(is_totp)
            .one(&self.link)
            .await?;
        if counts.is_some() {
            return Err(StoreError::Conflict { what: TABLE });
        }
        self.insert_factor(sealed, None).await
    }

    /// Lets an authenticator count whose first code was right; the code's step is used up with it. Says whether it
    /// was still waiting.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn confirm_totp(
        &self,
        account: AccountId,
        id: FactorId,
        step: TotpStep,
    ) -> Result<bool, StoreError> {
        use factor::Column;
        let now = self.now().as_micros();
        let done = factor::Entity::update_many()
            .col_expr(Column::ConfirmedAt, Expr::value(now))
            .col_expr(Column::UsedAt, Expr::value(now))
            .col_expr(Column::LastStep, Expr::value(step.get()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::AccountId.eq(account.uuid()))
            .filter(Column::ConfirmedAt.is_null())
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Uses up a step of an authenticator: says whether the code of this step still opened something. A step opens
    /// nothing once it or a later one did, nor after [`TOTP_FAILURES_MAX`] wrong codes in a row.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn use_totp(&self, id: FactorId, step: TotpStep) -> Result<bool, StoreError> {
        use factor::Column;
        clause::hit!(R2);
        let unused = Column::LastStep
            .is_null()
            .or(Column::LastStep.lt(step.get()));
        let done = factor::Entity::update_many()
            .col_expr(Column::LastStep, Expr::value(step.get()))
            .col_expr(Column::UsedAt, Expr::value(self.now().as_micros()))
            .col_expr(Column::Failures, Expr::value(0_i64))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::ConfirmedAt.is_not_null())
            .filter(Column::Failures.lt(i64::from(TOTP_FAILURES_MAX)))
            .filter(unused)
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Counts a wrong code of an authenticator. The transaction must commit for it to count.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn count_totp_failure(&self, id: FactorId) -> Result<(), StoreError> {
        use factor::Column;
        factor::Entity::update_many()
            .col_expr(Column::Failures, Expr::col(Column::Failures).add(1))
            .filter(Column::Id.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Forgets the wrong codes of an account's authenticator, after another factor has shown who she is.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn forgive_totp_failures(&self, account: AccountId) -> Result<(), StoreError> {
        use factor::Column;
        factor::Entity::update_many()
            .col_expr(Column::Failures, Expr::value(0_i64))
            .filter(Column::AccountId.eq(account.uuid()))
            .filter(Column::Failures.gt(0))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Adds a passkey.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is a passkey with this credential already.
    ///
    /// # Clause
    /// R2
    pub async fn add_passkey(&self, sealed: &SealedFactor) -> Result<(), StoreError> {
        let now = self.now().as_micros();
        self.insert_factor(sealed, Some(now)).await
    }

    async fn insert_factor(
        &self,
        sealed: &SealedFactor,
        confirmed_at: Option<i64>,
    ) -> Result<(), StoreError> {
        let row = factor::Model {
            id: sealed.id.uuid(),
            account_id: sealed.account.uuid(),
            kind: sealed.kind.code().to_owned(),
            label_sealed: sealed.label.clone(),
            secret_sealed: sealed.secret.clone(),
            credential_mac: sealed.credential.clone(),
            last_step: None,
            failures: 0,
            created_at: self.now().as_micros(),
            confirmed_at,
            used_at: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))
    }

    /// Keeps what a passkey's use left behind (its counter, whether it is backed up), unless another use came between.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another use came between.
    ///
    /// # Clause
    /// R2
    pub async fn use_passkey(&self, sealed: &SealedUse) -> Result<(), StoreError> {
        use factor::Column;
        let done = factor::Entity::update_many()
            .col_expr(Column::SecretSealed, Expr::value(sealed.after.clone()))
            .col_expr(Column::UsedAt, Expr::value(self.now().as_micros()))
            .filter(Column::Id.eq(sealed.id.uuid()))
            .filter(Column::SecretSealed.eq(sealed.before.clone()))
            .exec(&self.link)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict { what: TABLE })
        }
    }

    /// Gives one of a person's passkeys another name.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when she has no such passkey.
    pub async fn label_factor(&self, sealed: &SealedLabel) -> Result<(), StoreError> {
        use factor::Column;
        let done = factor::Entity::update_many()
            .col_expr(Column::LabelSealed, Expr::value(sealed.label.clone()))
            .filter(Column::Id.eq(sealed.id.uuid()))
            .filter(Column::AccountId.eq(sealed.account.uuid()))
            .filter(Column::Kind.eq(FactorKind::Passkey.code()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }

    /// Removes one of a person's second factors; her recovery codes go with the last one.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when she has no such factor.
    ///
    /// # Clause
    /// R2
    pub async fn remove_factor(&self, account: AccountId, id: FactorId) -> Result<(), StoreError> {
        let done = factor::Entity::delete_many()
            .filter(factor::Column::Id.eq(id.uuid()))
            .filter(factor::Column::AccountId.eq(account.uuid()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)?;
        if !self.read().factors_held(account).await?.any() {
            self.delete_recovery_codes(account).await?;
        }
        Ok(())
    }

    /// Puts a new set of recovery codes in the place of the old one, of which none opens anything any more.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn replace_recovery_codes(
        &self,
        account: AccountId,
        hashes: &[Digest],
    ) -> Result<(), StoreError> {
        self.delete_recovery_codes(account).await?;
        for (number, hash) in (1..).zip(hashes) {
            let row = recovery_code::Model {
                account_id: account.uuid(),
                number,
                code_hash: hash.as_bytes().to_vec(),
                created_at: self.now().as_micros(),
                used_at: None,
            };
            insert(&self.link, row).await?;
        }
        Ok(())
    }

    /// Uses up a recovery code; says whether it was one of the account's that had not been used.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn use_recovery_code(
        &self,
        account: AccountId,
        hash: &Digest,
    ) -> Result<bool, StoreError> {
        use recovery_code::Column;
        clause::hit!(R2);
        let done = recovery_code::Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(self.now().as_micros()))
            .filter(Column::AccountId.eq(account.uuid()))
            .filter(Column::CodeHash.eq(hash.as_bytes().to_vec()))
            .filter(Column::UsedAt.is_null())
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected == 1)
    }

    async fn delete_recovery_codes(&self, account: AccountId) -> Result<(), StoreError> {
        recovery_code::Entity::delete_many()
            .filter(recovery_code::Column::AccountId.eq(account.uuid()))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Removes every second factor and recovery code of an account.
    pub(crate) async fn erase_factors(&self, account: AccountId) -> Result<(), StoreError> {
        factor::Entity::delete_many()
            .filter(factor::Column::AccountId.eq(account.uuid()))
            .exec(&self.link)
            .await?;
        self.delete_recovery_codes(account).await
    }
}
