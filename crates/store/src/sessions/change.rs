use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use yuntu_terms::{AccountId, SessionId, clause};
use yuntu_vault::SessionSecret;

use super::{SealedSession, SessionEnd, SignInMethod, TABLE, hash};
use crate::accounts::AccountStanding;
use crate::entity::session;
use crate::error::StoreError;
use crate::rows::{insert, one_row};
use crate::tx::Tx;

impl Tx {
    /// Opens a session and returns its secret, which is told once and kept nowhere.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such account that is active.
    ///
    /// # Clause
    /// R2, R23
    pub async fn open_session(&self, sealed: &SealedSession) -> Result<SessionSecret, StoreError> {
        clause::hit!(R2);
        let account = self.read().find_account(sealed.account).await?;
        let account = account
            .filter(|account| account.standing == AccountStanding::Active)
            .ok_or(StoreError::Missing { what: "account" })?;
        let secret = SessionSecret::generate(&*self.entropy)?;
        let now = self.now();
        let ends = now.plus(sealed.longest);
        let row = session::Model {
            id: sealed.id.uuid(),
            account_id: sealed.account.uuid(),
            secret_hash: hash(&secret),
            method: sealed.method.code().to_owned(),
            agent_sealed: sealed.agent.clone(),
            network_sealed: sealed.network.clone(),
            created_at: now.as_micros(),
            seen_at: now.as_micros(),
            proven_at: now.as_micros(),
            idle_until: now.plus(sealed.idle).min(ends).as_micros(),
            ends_at: ends.as_micros(),
            ended_at: None,
            ended_why: None,
            // The account's own: no session is good where its account is not.
            realm: account.realm.code().to_owned(),
            representative_id: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        Ok(secret)
    }

    /// Notes that the person of an open session has shown again who she is. The session gets a new secret, because
    /// it may do more now than the old one was given for.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the account has no such session that is good.
    ///
    /// # Clause
    /// R2
    pub async fn prove_session(
        &self,
        account: AccountId,
        id: SessionId,
        method: SignInMethod,
    ) -> Result<SessionSecret, StoreError> {
        self.renew(account, id, Some(method)).await
    }

    /// Gives an open session a new secret; the old one opens nothing from now on.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the account has no such session that is good.
    ///
    /// # Clause
    /// R2
    pub async fn rotate_session(
        &self,
        account: AccountId,
        id: SessionId,
    ) -> Result<SessionSecret, StoreError> {
        self.renew(account, id, None).await
    }

    async fn renew(
        &self,
        account: AccountId,
        id: SessionId,
        proven: Option<SignInMethod>,
    ) -> Result<SessionSecret, StoreError> {
        use session::Column;
        let now = self.now().as_micros();
        let secret = SessionSecret::generate(&*self.entropy)?;
        let mut update =
            session::Entity::update_many().col_expr(Column::SecretHash, Expr::value(hash(&secret)));
        if let Some(method) = proven {
            update = update
                .col_expr(Column::ProvenAt, Expr::value(now))
                .col_expr(Column::Method, Expr::value(method.code()));
        }
        let done = update
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::AccountId.eq(account.uuid()))
            .filter(Column::EndedAt.is_null())
            .filter(Column::IdleUntil.gt(now))
            .filter(Column::EndsAt.gt(now))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)?;
        Ok(secret)
    }

    /// Ends a session of this account.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the account has no such session that has not ended.
    ///
    /// # Clause
    /// R2
    pub async fn end_session(
        &self,
        account: AccountId,
        id: SessionId,
        why: SessionEnd,
    ) -> Result<(), StoreError> {
        use session::Column;
        let done = session::Entity::update_many()
            .col_expr(Column::EndedAt, Expr::value(self.now().as_micros()))
            .col_expr(Column::EndedWhy, Expr::value(why.code()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::AccountId.eq(account.uuid()))
            .filter(Column::EndedAt.is_null())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }

    /// Ends the sessions of this account, but for one that stays if it is named; returns how many ended.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn end_all_but(
        &self,
        account: AccountId,
        stays: Option<SessionId>,
        why: SessionEnd,
    ) -> Result<u64, StoreError> {
        use session::Column;
        let mut update = session::Entity::update_many()
            .col_expr(Column::EndedAt, Expr::value(self.now().as_micros()))
            .col_expr(Column::EndedWhy, Expr::value(why.code()))
            .filter(Column::AccountId.eq(account.uuid()))
            .filter(Column::EndedAt.is_null());
        if let Some(stays) = stays {
            update = update.filter(Column::Id.ne(stays.uuid()));
        }
        Ok(update.exec(&self.link).await?.rows_affected)
    }
}
