use serde_json::json;
use yuntu_outbound::{FactorNews, Message};
use yuntu_store::{FactorKind, FactorsHeld, ListedFactor, Realm, Session, SessionEnd, Tx};
use yuntu_terms::{ClauseId, FactorId, Timestamp};
use yuntu_vault::{Password, RecoveryCode, SignInFactors};

use crate::accounts::{AccountError, OwnValues};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// Which second factor goes.
#[derive(Debug)]
pub struct RemoveFactor {
    /// Which.
    pub factor: FactorId,
    /// A new password, needed where the old one does not do without a second factor.
    pub password: Option<Password>,
}

/// A second factor as its owner is shown it.
#[derive(Debug, Clone)]
pub struct ShownFactor {
    /// The id.
    pub id: FactorId,
    /// What it is.
    pub kind: FactorKind,
    /// What she calls it.
    pub label: Option<String>,
    /// Since when it counts.
    pub confirmed: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

impl Platform {
    /// Lists a person's second factors for her own page, the oldest first.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R2, R26
    pub async fn shown_factors(&self, own: &OwnValues) -> Result<Vec<ShownFactor>, AppError> {
        let factors = self.store().list_factors(own.account.id).await?;
        let shown = factors.into_iter().map(|factor| ShownFactor {
            id: factor.id,
            kind: factor.kind,
            label: factor.label.and_then(|label| own.read(&label)),
            confirmed: factor.confirmed,
            used: factor.used,
        });
        Ok(shown.collect())
    }

    /// Says whether a person may change her second factors now: she has just shown who she is, by a second factor where
    /// she has one.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R2
    pub async fn may_change_factors(&self, session: &Session) -> Result<bool, AppError> {
        match self.needs_second_proof(session).await {
            Ok(()) => Ok(true),
            Err(AppError::Account(AccountError::ProofNeeded)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Lists a person's second factors, the oldest first.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R2
    pub async fn factors(&self, session: &Session) -> Result<Vec<ListedFactor>, AppError> {
        Ok(self.store().list_factors(session.account).await?)
    }

    /// Says which second factors a person has and how many recovery codes are left.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R2
    pub async fn factors_held(&self, session: &Session) -> Result<FactorsHeld, AppError> {
        Ok(self.store().read().factors_held(session.account).await?)
    }

    /// Removes one of a person's second factors. Her other sessions end and each of her addresses is told. A password
    /// that was chosen beside a second factor must be replaced when the last one goes.
    ///
    /// # Errors
    /// [`AccountError`]: no fresh proof, no such factor, [`AccountError::PasswordNeedsFactor`], a new password that may
    /// not be chosen, [`AccountError::LastFactor`] of an operator.
    /// # Clause
    /// R2, R24
    pub async fn remove_factor(
        &self,
        session: &Session,
        remove: RemoveFactor,
    ) -> Result<(), AppError> {
        self.needs_second_proof(session).await?;
        let (store, id) = (self.store(), session.account);
        let factors = store.list_factors(id).await?;
        let which = factors.iter().find(|factor| factor.id == remove.factor);
        let kind = which.ok_or(AppError::Missing { what: "factor" })?.kind;
        let is_last = factors.len() == 1;
        let account = self.active(id).await?;
        if is_last && account.realm == Realm::Operator {
            return Err(AccountError::LastFactor.into());
        }
        let hash = match remove.password {
            Some(password) => {
                let alone = SignInFactors::PasswordAlone;
                self.check_password(id, &password, alone).await?;
                let hash = self.inner.passwords.hash(password).await?;
                Some(store.seal_password(id, &hash).await?)
            }
            None if is_last && account.password_needs_factor => {
                return Err(AccountError::PasswordNeedsFactor.into());
            }
            None => None,
        };
        let (now, lang) = (self.now(), account.lang);
        let notices = self
            .seal_to_all(id, |to| {
                Message::factor_changed(to, lang, FactorNews::Removed, now)
            })
            .await?;
        let actor = store.account_pseudonym(id).await?;
        store
            .run_tx("factor.remove", async |tx: Tx| {
                if let Some(hash) = &hash {
                    tx.set_password_hash(id, Some(hash)).await?;
                    tx.set_password_needs_factor(id, false).await?;
                }
                tx.remove_factor(id, remove.factor).await?;
                // Somebody may have removed another one, or set a short password, at the same moment.
                let held = tx.read().factors_held(id).await?;
                let now_account = tx.read().find_account(id).await?;
                let needs = now_account.is_some_and(|account| account.password_needs_factor);
                if !held.any() && account.realm == Realm::Operator {
                    return Err(AccountError::LastFactor.into());
                }
                if !held.any() && needs {
                    return Err(AccountError::PasswordNeedsFactor.into());
                }
                let why = SessionEnd::FactorsChanged;
                let ended = tx.end_all_but(id, Some(session.id), why).await?;
                tx.end_tickets(id).await?;
                let mut told = Vec::new();
                for notice in &notices {
                    notice.put(&tx).await?;
                    told.push(notice.noted());
                }
                let body = json!({
                    "factor": remove.factor, "kind": kind.code(), "sessions_ended": ended,
                    "password_set": hash.is_some(), "told": told,
                });
                let clauses = [ClauseId::r(2), ClauseId::r(24)];
                let removed = entry(&tx, "factor.removed", &clauses, actor, body)?;
                tx.append_own(session, &removed).await?;
                Ok::<_, AppError>(())
            })
            .await
    }

    /// Makes a person's recovery codes anew; none of the old ones opens anything from now on. Each of her addresses is
    /// told.
    ///
    /// # Errors
    /// [`AccountError::ProofNeeded`], or [`AccountError::NoFactor`] when she has no second factor.
    /// # Clause
    /// R2
    pub async fn new_recovery_codes(
        &self,
        session: &Session,
    ) -> Result<Vec<RecoveryCode>, AppError> {
        self.needs_second_proof(session).await?;
        let (store, account) = (self.store(), session.account);
        if !store.read().factors_held(account).await?.any() {
            return Err(AccountError::NoFactor.into());
        }
        let (codes, hashes) = self.draw_recovery_codes(account).await?;
        let (now, lang) = (self.now(), self.lang_of(account).await?);
        let notices = self
            .seal_to_all(account, |to| {
                Message::factor_changed(to, lang, FactorNews::CodesReplaced, now)
            })
            .await?;
        let actor = store.account_pseudonym(account).await?;
        store
            .run_tx("recovery.replace", async |tx: Tx| {
                tx.replace_recovery_codes(account, &hashes).await?;
                let mut told = Vec::new();
                for notice in &notices {
                    notice.put(&tx).await?;
                    told.push(notice.noted());
                }
                let body = json!({ "recovery_codes": hashes.len(), "told": told });
                let clauses = [ClauseId::r(2)];
                let made = entry(&tx, "recovery_codes.replaced", &clauses, actor, body)?;
                tx.append_own(session, &made).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(codes)
    }
}
