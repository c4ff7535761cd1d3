use serde_json::json;
use yuntu_outbound::Message;
use yuntu_store::{Session, SessionEnd, Tx};
use yuntu_terms::{AccountId, ClauseId, Lang, Pii, clause};
use yuntu_vault::{Password, SignInFactors};

use super::AccountError;
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Sets a person's password, or takes it away. Her other sessions end, and each of her addresses is told.
    ///
    /// # Errors
    /// [`AccountError::ProofNeeded`] unless she has just shown who she is; [`AccountError::Password`] names what is wrong
    /// with the password; [`AccountError::Busy`].
    /// # Clause
    /// R2, R24
    pub async fn set_password(
        &self,
        session: &Session,
        password: Option<Password>,
    ) -> Result<(), AppError> {
        clause::hit!(R24);
        self.needs_fresh_proof(session)?;
        let account = session.account;
        let lang = self.lang_of(account).await?;
        let (hash, needs_factor) = match password {
            Some(password) => {
                let held = self.store().read().factors_held(account).await?;
                let factors = if held.any() {
                    SignInFactors::WithSecondFactor
                } else {
                    SignInFactors::PasswordAlone
                };
                let needs_factor = self.check_password(account, &password, factors).await?;
                let hash = self.inner.passwords.hash(password).await?;
                (
                    Some(self.store().seal_password(account, &hash).await?),
                    needs_factor,
                )
            }
            None => (None, false),
        };
        let now = self.now();
        let notices = self
            .seal_to_all(account, |to| Message::password_changed(to, lang, now))
            .await?;
        let actor = self.store().account_pseudonym(account).await?;
        self.store()
            .run_tx("password.set", async |tx: Tx| {
                tx.set_password_hash(account, hash.as_ref()).await?;
                tx.set_password_needs_factor(account, needs_factor).await?;
                let why = SessionEnd::PasswordChanged;
                let ended = tx.end_all_but(account, Some(session.id), why).await?;
                let mut told = Vec::new();
                for notice in &notices {
                    notice.put(&tx).await?;
                    told.push(notice.noted());
                }
                let body = json!({ "set": hash.is_some(), "sessions_ended": ended, "told": told });
                let clauses = [ClauseId::r(2), ClauseId::r(24)];
                let set = entry(&tx, "password.set", &clauses, actor, body)?;
                tx.append_own(session, &set).await?;
                Ok(())
            })
            .await
    }

    /// Checks a password that is chosen beside these factors; says whether it would not do alone.
    pub(crate) async fn check_password(
        &self,
        id: AccountId,
        password: &Password,
        factors: SignInFactors,
    ) -> Result<bool, AppError> {
        let contact = self.store().account_contact(id).await?;
        let contact = contact.ok_or(AccountError::SignedOut)?;
        let own: Vec<&Pii<String>> = [&contact.nickname, &contact.email, &contact.phone]
            .into_iter()
            .flatten()
            .collect();
        password.check(factors, &own)?;
        Ok(password.check(SignInFactors::PasswordAlone, &own).is_err())
    }

    /// Returns the language in which a person is written to.
    pub(crate) async fn lang_of(&self, account: AccountId) -> Result<Lang, AppError> {
        let found = self.store().read().find_account(account).await?;
        let account = found.ok_or(AccountError::SignedOut)?;
        Ok(account.lang)
    }
}
