use serde_json::json;
use yuntu_outbound::{Line, Message};
use yuntu_store::{ListedDevice, Meeting, Session, Tx};
use yuntu_terms::{AccountId, ClauseId, DeviceId, clause};
use yuntu_vault::SessionSecret;

use super::notice::Notice;
use super::{SignedIn, Visit};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// How somebody came in whose browser is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// She has just opened the account, so there is nobody to warn.
    Registered,
    /// She came into an account that was there.
    SignedIn,
}

impl Platform {
    /// Looks at the mark of the browser in which somebody has just signed in, and returns the mark that it keeps. Where the
    /// account does not know it, each address of the account is told of the sign-in.
    ///
    /// It is called before the secret of the session leaves: where it fails nobody is let in, and nobody is let in untold.
    ///
    /// # Errors
    /// [`AppError::Store`], or [`AppError::Message`] when the notice may not leave.
    /// # Clause
    /// R9, R22
    pub async fn meet_device(
        &self,
        signed_in: &SignedIn,
        visit: &Visit,
        arrival: Arrival,
    ) -> Result<SessionSecret, AppError> {
        clause::hit!(R9);
        let (account, store) = (signed_in.account, self.store());
        let mark = match &visit.mark {
            Some(mark) => mark.clone(),
            None => store.draw_mark()?,
        };
        let (network, agent) = (&visit.network, visit.agent.as_ref());
        let sealed = store.seal_device(account, &mark, network, agent).await?;
        let notices = match arrival {
            Arrival::Registered => Vec::new(),
            Arrival::SignedIn => self.sign_in_notices(account, visit).await?,
        };
        let origin = store.seal_origin(account, network, agent).await?;
        let actor = store.account_pseudonym(account).await?;
        let clauses = [ClauseId::r(9)];
        store
            .run_tx("device.meet", async |tx: Tx| {
                match tx.meet_device(&sealed).await? {
                    Meeting::Known(device) => {
                        let body = json!({ "device": device, "session": signed_in.session });
                        let seen = entry(&tx, "device.seen", &clauses, actor, body)?;
                        tx.append(&seen).await?;
                    }
                    Meeting::New(device) => {
                        let mut told = Vec::new();
                        for notice in &notices {
                            notice.put(&tx).await?;
                            told.push(notice.noted());
                        }
                        let body = json!({
                            "device": device, "session": signed_in.session, "told": told,
                        });
                        let met = entry(&tx, "device.met", &clauses, actor, body)?;
                        tx.append_own((account, &origin), &met).await?;
                    }
                }
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(mark)
    }

    async fn sign_in_notices(
        &self,
        account: AccountId,
        visit: &Visit,
    ) -> Result<Vec<Notice>, AppError> {
        let (now, lang) = (self.now(), self.lang_of(account).await?);
        let silent = lang.pick("没有说明", "nothing");
        let family = visit.family.as_deref().unwrap_or(silent);
        self.seal_to_all(account, |to| {
            Message::new_sign_in(to, lang, Line::lossy(family), now)
        })
        .await
    }

    /// Lists the browsers that a person's account knows, the one seen last first.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R9
    pub async fn devices(&self, session: &Session) -> Result<Vec<ListedDevice>, AppError> {
        Ok(self.store().list_devices(session.account).await?)
    }

    /// Forgets a browser that a person's account knows: the next sign-in with it counts as one with a new browser.
    ///
    /// # Errors
    /// [`AppError::Store`] when she has no such browser.
    /// # Clause
    /// R9
    pub async fn forget_device(&self, session: &Session, device: DeviceId) -> Result<(), AppError> {
        let account = session.account;
        let actor = self.store().account_pseudonym(account).await?;
        self.store()
            .run_tx("device.forget", async |tx: Tx| {
                tx.forget_device(account, device).await?;
                let body = json!({ "device": device });
                let forgotten = entry(&tx, "device.forgotten", &[ClauseId::r(9)], actor, body)?;
                tx.append_own(session, &forgotten).await?;
                Ok(())
            })
            .await
    }
}
