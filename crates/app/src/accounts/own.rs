use serde_json::json;
use yuntu_policy::{RecordedView, decide_own};
use yuntu_store::{Account, AccountContact, Session, Tx};
use yuntu_terms::{ClauseId, EmailAddress, MobileNumber, Pii, Sink, Timestamp};

use super::{Acceptance, AccountError, Nickname};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// What an account holds of its person, for pages that she alone sees.
#[derive(Debug)]
pub struct OwnValues {
    /// The account, without personal values.
    pub account: Account,
    contact: AccountContact,
    warrant: RecordedView,
}

impl OwnValues {
    /// Returns what she wants to be called.
    #[must_use]
    pub fn nickname(&self) -> Option<String> {
        self.read(self.contact.nickname.as_ref()?)
    }

    /// Returns her email address, most of its name hidden: whoever looks over her shoulder does not learn it.
    #[must_use]
    pub fn email(&self) -> Option<String> {
        let masked = |text: &String| EmailAddress::parse(text).ok().map(|it| it.masked());
        let email = self.contact.email.as_ref()?;
        email.open(&self.warrant, Sink::Page, masked).flatten()
    }

    /// Returns her mobile number, its middle hidden.
    #[must_use]
    pub fn phone(&self) -> Option<String> {
        let masked = |text: &String| MobileNumber::parse(text).ok().map(|it| it.masked());
        let phone = self.contact.phone.as_ref()?;
        phone.open(&self.warrant, Sink::Page, masked).flatten()
    }

    /// Returns how she is greeted: by her nickname, else by an address of hers.
    #[must_use]
    pub fn name(&self) -> String {
        self.nickname()
            .or_else(|| self.email())
            .or_else(|| self.phone())
            .unwrap_or_default()
    }

    /// Returns what opens values of hers towards this page.
    pub(crate) const fn warrant(&self) -> &RecordedView {
        &self.warrant
    }

    /// Opens another value of hers towards her page.
    #[must_use]
    pub fn read(&self, value: &Pii<String>) -> Option<String> {
        value.open(&self.warrant, Sink::Page, String::clone)
    }
}

impl Platform {
    /// Opens what an account holds of its person, for her own page; one entry of the ledger says so for a minute
    /// of the session.
    ///
    /// # Errors
    /// [`AccountError::SignedOut`] when the account is gone.
    /// # Clause
    /// R2, R26
    pub async fn own_values(&self, session: &Session) -> Result<OwnValues, AppError> {
        let id = session.account;
        let account = self.store().read().find_account(id).await?;
        let account = account.ok_or(AccountError::SignedOut)?;
        let contact = self.store().account_contact(id).await?;
        let contact = contact.ok_or(AccountError::SignedOut)?;
        let view = decide_own(session.account, account.id).ok_or(AccountError::SignedOut)?;
        let warrant = self.view_own(session, view).await?;
        Ok(OwnValues {
            account,
            contact,
            warrant,
        })
    }

    /// Sets what a person wants to be called.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R2
    pub async fn set_nickname(
        &self,
        session: &Session,
        nickname: Nickname,
    ) -> Result<(), AppError> {
        let account = session.account;
        let store = self.store();
        let sealed = store.seal_nickname(account, nickname.as_pii()).await?;
        let actor = store.account_pseudonym(account).await?;
        store
            .run_tx("nickname.set", async |tx: Tx| {
                tx.set_nickname(&sealed).await?;
                let set = entry(&tx, "nickname.set", &[ClauseId::r(2)], actor, json!({}))?;
                tx.append_own(session, &set).await?;
                Ok(())
            })
            .await
    }

    /// Says whether a person accepted the version of the statement that is in force.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R0, U1
    pub async fn has_accepted(&self, session: &Session) -> Result<bool, AppError> {
        let version = self.statement().version().to_string();
        let read = self.store().read();
        let all = read.list_account_acceptances(session.account).await?;
        Ok(all.iter().any(|one| one.accepted.version == version))
    }

    /// Lists the versions of the statement that a person accepted, and when.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R26
    pub async fn acceptances(
        &self,
        session: &Session,
    ) -> Result<Vec<(String, Timestamp)>, AppError> {
        let read = self.store().read();
        let all = read.list_account_acceptances(session.account).await?;
        Ok(all
            .into_iter()
            .map(|one| (one.accepted.version, one.at))
            .collect())
    }

    /// Records that a person accepts the version of the statement that is in force, by an act of its own.
    ///
    /// # Errors
    /// [`AccountError::NotAccepted`] when she was shown another version.
    /// # Clause
    /// R0, U1
    pub async fn accept(&self, session: &Session, accepts: Acceptance) -> Result<(), AppError> {
        let accepted = self.accepted(accepts)?;
        if self.has_accepted(session).await? {
            return Ok(());
        }
        let account = session.account;
        let actor = self.store().account_pseudonym(account).await?;
        self.store()
            .run_tx("account.accept", async |tx: Tx| {
                tx.accept_for_account(account, &accepted).await?;
                let body = json!({
                    "version": accepted.version, "digest": accepted.digest, "lang": accepted.lang,
                });
                let clauses = [ClauseId::u(1), ClauseId::r(0)];
                let noted = entry(&tx, "statement.accepted", &clauses, actor, body)?;
                tx.append_own(session, &noted).await?;
                Ok(())
            })
            .await
    }
}
