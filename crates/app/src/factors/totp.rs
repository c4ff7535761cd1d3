use std::fmt;
use std::time::Duration;

use serde_json::json;
use yuntu_outbound::{FactorNews, Message};
use yuntu_store::{Confirmed, FactorKind, Session, SessionEnd, SignInMethod, StoreError, Tx};
use yuntu_terms::{AccountId, ClauseId, Digest, clause};
use yuntu_vault::{RecoveryCode, SessionSecret, TotpSecret, VerificationCode};

use crate::accounts::AccountError;
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// How long a person has to set up an authenticator.
pub(crate) const SETUP_MAX: Duration = Duration::from_mins(15);
/// The name that an authenticator app shows.
const ISSUER: &str = "云图 Yuntu";

/// The secret of an authenticator, to be shown to its person until she confirms it.
pub struct NewAuthenticator {
    secret: TotpSecret,
    label: String,
}

impl NewAuthenticator {
    /// Lends the address that an app reads from a picture, and the secret as it is typed into one.
    pub fn read<R>(&self, reader: impl FnOnce(&str, &str) -> R) -> R {
        reader(&self.secret.uri(ISSUER, &self.label), &self.secret.base32())
    }
}

impl fmt::Debug for NewAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewAuthenticator([redacted])")
    }
}

/// That a second factor counts from now on.
#[derive(Debug)]
pub struct FactorAdded {
    /// The recovery codes, when these are the first; told once and kept as hashes only.
    pub codes: Vec<RecoveryCode>,
    /// The new secret of the session.
    pub secret: SessionSecret,
}

impl Platform {
    /// Begins to set up an authenticator: its secret is shown until it is confirmed, a quarter of an hour at most.
    /// Asked again in that time, it is the same.
    ///
    /// # Errors
    /// [`AccountError::ProofNeeded`] unless the person has just shown who she is; [`AccountError::FactorExists`].
    /// # Clause
    /// R2
    pub async fn begin_totp(&self, session: &Session) -> Result<NewAuthenticator, AppError> {
        self.needs_second_proof(session).await?;
        self.begin_totp_of(session.account).await
    }

    pub(crate) async fn begin_totp_of(
        &self,
        account: AccountId,
    ) -> Result<NewAuthenticator, AppError> {
        let store = self.store();
        let waiting = Confirmed::NotYet(self.now().minus(SETUP_MAX));
        let label = label_of(account);
        if let Some(held) = store.find_totp(account, waiting).await? {
            let secret = held.secret;
            return Ok(NewAuthenticator { secret, label });
        }
        let secret = TotpSecret::generate(&*self.inner.entropy)?;
        let sealed = store.seal_totp(account, &secret).await?;
        let actor = store.account_pseudonym(account).await?;
        store
            .run_tx("totp.begin", async |tx: Tx| {
                tx.begin_totp(&sealed).await.map_err(exists)?;
                let body = json!({ "factor": sealed.id(), "kind": FactorKind::Totp.code() });
                let begun = entry(&tx, "factor.begun", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(account, &begun).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(NewAuthenticator { secret, label })
    }

    /// Lets the authenticator count whose code the person types. Her other sessions end, each of her addresses is told,
    /// and with her first factor she gets recovery codes.
    ///
    /// # Errors
    /// [`AccountError::NoFactor`] when none waits, [`AccountError::WrongProof`] when the code is not its.
    /// # Clause
    /// R2
    pub async fn confirm_totp(
        &self,
        session: &Session,
        code: &VerificationCode,
    ) -> Result<FactorAdded, AppError> {
        clause::hit!(R2);
        self.needs_second_proof(session).await?;
        let (account, store) = (session.account, self.store());
        let waiting = Confirmed::NotYet(self.now().minus(SETUP_MAX));
        let held = store.find_totp(account, waiting).await?;
        let held = held.ok_or(AccountError::NoFactor)?;
        let step = held.secret.matching_step(code, self.now(), None);
        let step = step.ok_or(AccountError::WrongProof)?;
        let (codes, hashes) = self.first_recovery_codes(account).await?;
        let (now, lang) = (self.now(), self.lang_of(account).await?);
        let notices = self
            .seal_to_all(account, |to| {
                Message::factor_changed(to, lang, FactorNews::Added, now)
            })
            .await?;
        let actor = store.account_pseudonym(account).await?;
        let secret = store
            .run_tx("totp.confirm", async |tx: Tx| {
                if !tx.confirm_totp(account, held.id, step).await? {
                    return Err(AccountError::NoFactor.into());
                }
                if !hashes.is_empty() {
                    tx.replace_recovery_codes(account, &hashes).await?;
                }
                let why = SessionEnd::FactorsChanged;
                let ended = tx.end_all_but(account, Some(session.id), why).await?;
                let method = SignInMethod::Totp;
                let secret = tx.prove_session(account, session.id, method).await?;
                let mut told = Vec::new();
                for notice in &notices {
                    notice.put(&tx).await?;
                    told.push(notice.noted());
                }
                let body = json!({
                    "factor": held.id, "kind": FactorKind::Totp.code(), "sessions_ended": ended,
                    "recovery_codes": hashes.len(), "told": told,
                });
                let added = entry(&tx, "factor.added", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(session, &added).await?;
                Ok::<_, AppError>(secret)
            })
            .await?;
        Ok(FactorAdded { codes, secret })
    }

    /// Draws recovery codes with their hashes, unless the account has some.
    pub(crate) async fn first_recovery_codes(
        &self,
        account: AccountId,
    ) -> Result<(Vec<RecoveryCode>, Vec<Digest>), AppError> {
        let held = self.store().read().factors_held(account).await?;
        if held.recovery_codes > 0 {
            return Ok((Vec::new(), Vec::new()));
        }
        self.draw_recovery_codes(account).await
    }

    pub(crate) async fn draw_recovery_codes(
        &self,
        account: AccountId,
    ) -> Result<(Vec<RecoveryCode>, Vec<Digest>), AppError> {
        let codes = RecoveryCode::draw_set(&*self.inner.entropy)?;
        let mut hashes = Vec::with_capacity(codes.len());
        for code in &codes {
            hashes.push(self.store().hash_recovery_code(account, code).await?);
        }
        Ok((codes, hashes))
    }
}

/// What tells two accounts apart in an app without naming anybody: a picture of the code may be seen by others.
pub(super) fn label_of(account: AccountId) -> String {
    let id = account.to_string();
    id.chars().skip(id.len().saturating_sub(6)).collect()
}

pub(super) fn exists(error: StoreError) -> AppError {
    if let StoreError::Conflict { .. } = error {
        AccountError::FactorExists.into()
    } else {
        error.into()
    }
}
