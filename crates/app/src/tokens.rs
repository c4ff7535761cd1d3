//! Tokens with which programs act for a representative: what each is good for, until when, and its end.

use std::time::Duration;

use serde_json::json;
use yuntu_policy::{Action, StopReason};
use yuntu_store::{ApiToken, NewApiToken, Tx};
use yuntu_terms::{ApiSecret, ApiTokenId, ClauseId, clause};

use crate::accounts::Visit;
use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many days a token is good for at most.
pub const TOKEN_DAYS_MAX: i32 = 366;

/// How many tokens a page shows.
const SHOWN: u64 = 200;

/// How often it is noted that a token is used.
const USE_NOTED: Duration = Duration::from_hours(1);

impl Platform {
    /// Makes a token with which a program acts for a representative until it ends. It is never good for more than she may
    /// do herself, now and at each use.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the representative may not act, or not do what the token is to be good for;
    /// [`AppError::Invalid`] when it is good for nothing, for what only a person does, for longer than a year, or already
    /// over.
    /// # Clause
    /// R18, R23
    pub async fn create_token(
        &self,
        caller: &Caller,
        new: &NewApiToken,
    ) -> Result<(ApiTokenId, ApiSecret), AppError> {
        clause::hit!(R23);
        self.authorise(caller, Action::ViewReport).await?;
        check(new, self.now())?;
        // Who acts by a token makes none: it would outlive its own end.
        if caller.is_program() {
            let reason = Said::new(
                "令牌不能生成令牌；请登录控制台",
                "a token makes no token; sign in to the console",
            );
            return Err(AppError::Invalid {
                what: "token",
                reason,
            });
        }
        for scope in &new.scopes {
            self.authorise(caller, *scope).await?;
        }
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("token.create", async |tx: Tx| {
                let (id, secret) = tx
                    .create_api_token(caller.enterprise, caller.representative, new)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "token": id, "expires": new.expires,
                    "scopes": new.scopes,
                });
                let clauses = [ClauseId::r(23)];
                tx.append_own(caller, &entry(&tx, "token.created", &clauses, actor, body)?)
                    .await?;
                Ok((id, secret))
            })
            .await
    }

    /// Lists the newest tokens: one's own, and for who manages members those of everybody in the enterprise.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports.
    /// # Clause
    /// R23
    pub async fn tokens(&self, caller: &Caller) -> Result<Vec<ApiToken>, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        let manages = self.can(caller, Action::ManageMembers).await?;
        let only = (!manages).then_some(caller.representative);
        let read = self.store().read();
        Ok(read.list_api_tokens(caller.enterprise, only, SHOWN).await?)
    }

    /// Revokes a token: whoever calls with it next is nobody, and what runs by it is stopped. Everybody may end her own, who manages members any.
    ///
    /// # Errors
    /// [`AppError::Missing`] when the enterprise has no such token, or it is not the caller's to end.
    /// # Clause
    /// R23
    pub async fn revoke_token(&self, caller: &Caller, id: ApiTokenId) -> Result<(), AppError> {
        let missing = AppError::Missing { what: "api token" };
        let read = self.store().read();
        let found = read.find_api_token_by_id(caller.enterprise, id).await?;
        let Some(token) = found else {
            return Err(missing);
        };
        let own = token.representative == caller.representative;
        if !own && !self.can(caller, Action::ManageMembers).await? {
            return Err(missing);
        }
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("token.revoke", async |tx: Tx| {
                tx.revoke_api_token(caller.enterprise, id).await?;
                let body = json!({
                    "enterprise": caller.enterprise, "token": id, "of": token.representative,
                });
                let clauses = [ClauseId::r(23)];
                tx.append_own(caller, &entry(&tx, "token.revoked", &clauses, actor, body)?)
                    .await?;
                Ok::<_, AppError>(())
            })
            .await?;
        self.stop_where(StopReason::TokenEnded, |work| work.token == Some(id));
        Ok(())
    }

    /// Finds on whose behalf a token acts, and from where the call comes; nothing when it is unknown, ended or revoked.
    ///
    /// # Errors
    /// [`AppError::Store`] when the store fails.
    /// # Clause
    /// R23
    pub async fn caller_of_token(
        &self,
        secret: &ApiSecret,
        visit: &Visit,
    ) -> Result<Option<Caller>, AppError> {
        let now = self.now();
        let found = self.store().read().find_api_token(secret).await?;
        let Some(token) = found.filter(|token| token.is_good(now)) else {
            return Ok(None);
        };
        if token.used.is_none_or(|used| used.plus(USE_NOTED) <= now) {
            self.store().note_token_use(token.id).await?;
        }
        let mut caller = Caller::of(token.enterprise, token.representative);
        caller.scopes = Some(token.scopes);
        caller.token = Some(token.id);
        if let Some(account) = self.person_of(&caller).await? {
            let (network, agent) = (&visit.network, visit.agent.as_ref());
            let sealed = self.store().seal_origin(account, network, agent);
            caller.origin = Some(sealed.await?);
        }
        Ok(Some(caller))
    }
}

fn check(new: &NewApiToken, now: yuntu_terms::Timestamp) -> Result<(), AppError> {
    if new.scopes.is_empty() || !new.scopes.iter().all(|it| Action::OF_TOKENS.contains(it)) {
        return Err(AppError::Invalid {
            what: "scopes",
            reason: Said::new(
                "请至少选择一项令牌可用的权限",
                "it names at least one act, and none that only a person does",
            ),
        });
    }
    if new.expires <= now || new.expires > now.plus_days(TOKEN_DAYS_MAX) {
        return Err(AppError::Invalid {
            what: "until",
            reason: Said::new(
                "应在今天之后、一年之内",
                "it ends later than now, and within a year",
            ),
        });
    }
    Ok(())
}
