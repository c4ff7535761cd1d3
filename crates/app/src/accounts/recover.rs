use serde_json::json;
use yuntu_outbound::Message;
use yuntu_store::{CodeUse, SessionEnd, SignInMethod, Tx};
use yuntu_terms::ClauseId;

use super::prove::TypedIn;
use super::sign_in::SignedIn;
use super::{Address, Visit};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Lets a person back into her account by the code that came to its address: the old password opens nothing from now
    /// on, all sessions end, each of her addresses is told, and a new session begins, in which she can
    /// [set a password](Platform::set_password) at once.
    ///
    /// # Errors
    /// [`AccountError`](super::AccountError): a code that is wrong or no longer good, too many tries, or an account that is suspended.
    /// # Clause
    /// R2
    pub async fn recover(
        &self,
        typed: &TypedIn,
        address: &Address,
        visit: Visit,
    ) -> Result<SignedIn, AppError> {
        let account = self
            .prove_account(CodeUse::Recover, typed, address, &visit.network)
            .await?;
        let session = self
            .seal_sign_in(account, SignInMethod::Code, visit)
            .await?;
        let (now, lang) = (self.now(), self.lang_of(account).await?);
        let notices = self
            .seal_to_all(account, |to| Message::password_changed(to, lang, now))
            .await?;
        let actor = self.store().account_pseudonym(account).await?;
        let secret = self
            .store()
            .run_tx("account.recover", async |tx: Tx| {
                tx.set_password_hash(account, None).await?;
                let why = SessionEnd::PasswordChanged;
                let ended = tx.end_all_but(account, None, why).await?;
                let secret = tx.open_session(&session).await?;
                let mut told = Vec::new();
                for notice in &notices {
                    notice.put(&tx).await?;
                    told.push(notice.noted());
                }
                let body = json!({
                    "session": session.id(), "sessions_ended": ended, "told": told,
                });
                let recovered = entry(&tx, "account.recovered", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(account, &recovered).await?;
                Ok::<_, AppError>(secret)
            })
            .await?;
        Ok(SignedIn {
            account,
            session: session.id(),
            secret,
        })
    }
}
