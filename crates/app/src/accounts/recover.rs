use serde_json::json;
use yuntu_ledger::Pseudonym;
use yuntu_outbound::Message;
use yuntu_store::{CodeUse, SealedSession, SessionEnd, SignInMethod, TicketGoal, Tx};
use yuntu_terms::{AccountId, ClauseId};
use yuntu_vault::SessionSecret;

use super::notice::Notice;
use super::prove::TypedIn;
use super::sign_in::{First, SignInStep, SignedIn};
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
    ) -> Result<SignInStep, AppError> {
        let account = self
            .prove_account(CodeUse::Recover, typed, address, &visit)
            .await?;
        let first = First {
            account,
            method: SignInMethod::Code,
            goal: TicketGoal::Recover,
            renewed: None,
        };
        self.after_first(first, visit).await
    }

    /// Recovers an account without a second factor.
    pub(super) async fn open_recovered(
        &self,
        account: AccountId,
        session: &SealedSession,
    ) -> Result<SignedIn, AppError> {
        let notices = self.recovery_notices(account).await?;
        let actor = self.store().account_pseudonym(account).await?;
        let secret = self
            .store()
            .run_tx("account.recover", async |tx: Tx| {
                recover_in(&tx, (account, actor), session, &notices).await
            })
            .await?;
        Ok(SignedIn {
            account,
            session: session.id(),
            secret,
        })
    }

    /// Seals what each address of a recovered account is told.
    pub(crate) async fn recovery_notices(
        &self,
        account: AccountId,
    ) -> Result<Vec<Notice>, AppError> {
        let (now, lang) = (self.now(), self.lang_of(account).await?);
        self.seal_to_all(account, |to| Message::password_changed(to, lang, now))
            .await
    }
}

/// Takes the old password away, ends all sessions and opens a new one.
pub(crate) async fn recover_in(
    tx: &Tx,
    (account, actor): (AccountId, Pseudonym),
    session: &SealedSession,
    notices: &[Notice],
) -> Result<SessionSecret, AppError> {
    tx.set_password_hash(account, None).await?;
    tx.set_password_needs_factor(account, false).await?;
    let why = SessionEnd::PasswordChanged;
    let ended = tx.end_all_but(account, None, why).await?;
    let secret = tx.open_session(session).await?;
    let mut told = Vec::new();
    for notice in notices {
        notice.put(tx).await?;
        told.push(notice.noted());
    }
    let body = json!({
        "session": session.id(), "sessions_ended": ended, "told": told,
    });
    let recovered = entry(tx, "account.recovered", &[ClauseId::r(2)], actor, body)?;
    tx.append_own(session, &recovered).await?;
    Ok(secret)
}
