use serde_json::json;
use yuntu_outbound::{Medium, Message, Told};
use yuntu_store::{CodeUse, ContactKind, Session, SessionEnd, Tx};
use yuntu_terms::{ClauseId, Pii};

use super::AccountError;
use super::address::recipient;
use super::notice::Notice;
use super::prove::TypedIn;
use super::sign_up::taken;
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Makes the address to which a code was sent a person's contact, in the place of the one of its kind. Her other
    /// sessions end, and both addresses are told.
    ///
    /// # Errors
    /// [`AccountError`]: no fresh proof, a code that is wrong or no longer good, or an address that has an account
    /// meanwhile.
    /// # Clause
    /// R2
    pub async fn change_contact(
        &self,
        session: &Session,
        typed: &TypedIn,
        network: &Pii<String>,
    ) -> Result<(), AppError> {
        self.needs_fresh_proof(session)?;
        let account = session.account;
        let counted = self.counted_for(session, network).await?;
        let proven = self.try_code(CodeUse::NewContact, typed, &counted).await?;
        if proven.account != Some(account) {
            return Err(AccountError::SpentCode.into());
        }
        let store = self.store();
        let found = store.new_contact_of_code(account, typed.request).await?;
        let (kind, address) = found.ok_or(AccountError::SpentCode)?;
        let sealed = store.seal_contact(account, kind, &address).await?;
        let notices = self.contact_notices(session, kind, address).await?;
        let actor = store.account_pseudonym(account).await?;
        store
            .run_tx("contact.change", async |tx: Tx| {
                tx.set_contact(&sealed).await.map_err(taken)?;
                let why = SessionEnd::ContactChanged;
                let ended = tx.end_all_but(account, Some(session.id), why).await?;
                let mut told = Vec::new();
                for notice in &notices {
                    notice.put(&tx).await?;
                    told.push(notice.noted());
                }
                let body = json!({ "sessions_ended": ended, "told": told });
                let changed = entry(&tx, "contact.changed", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(session, &changed).await?;
                Ok(())
            })
            .await
    }

    /// Seals what the new address is told, and the one it takes the place of. Where there was none of its kind, the
    /// person's other address is told.
    async fn contact_notices(
        &self,
        session: &Session,
        kind: ContactKind,
        address: Pii<String>,
    ) -> Result<Vec<Notice>, AppError> {
        let (now, lang) = (self.now(), self.lang_of(session.account).await?);
        let contact = self.store().account_contact(session.account).await?;
        let contact = contact.ok_or(AccountError::SignedOut)?;
        let email = contact.email.map(|address| (ContactKind::Email, address));
        let phone = contact.phone.map(|number| (ContactKind::Phone, number));
        let (medium, old) = match kind {
            ContactKind::Email => (Medium::Mail, email.or(phone)),
            ContactKind::Phone => (Medium::Sms, phone.or(email)),
        };
        let mut notices = Vec::new();
        let new = recipient(kind, address)?;
        let message = Message::contact_changed(new, lang, medium, Told::New, now);
        notices.push(self.seal_notice(message).await?);
        if let Some((kind, address)) = old {
            let old = recipient(kind, address)?;
            let message = Message::contact_changed(old, lang, medium, Told::Old, now);
            notices.push(self.seal_notice(message).await?);
        }
        Ok(notices)
    }
}
