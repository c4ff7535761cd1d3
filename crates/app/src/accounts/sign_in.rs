use serde_json::json;
use yuntu_store::{AccountStanding, CodeUse, NewSession, SealedSession, SignInMethod, Tx};
use yuntu_terms::{AccountId, ClauseId, SessionId};
use yuntu_vault::{Password, PasswordHash, PasswordVerdict, SessionSecret};

use super::prove::TypedIn;
use super::{AccountError, Address, SESSION_IDLE, SESSION_LONGEST, Visit};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// That somebody is signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
    /// Its secret, for the cookie; it is told once and kept nowhere.
    pub secret: SessionSecret,
}

impl Platform {
    /// Signs in whoever types the code that came to her account's address.
    ///
    /// # Errors
    /// [`AccountError`]: a code that is wrong or no longer good, too many tries, or an account that is suspended.
    /// # Clause
    /// R2
    pub async fn sign_in_by_code(
        &self,
        typed: &TypedIn,
        address: &Address,
        visit: Visit,
    ) -> Result<SignedIn, AppError> {
        let account = self
            .prove_account(CodeUse::SignIn, typed, address, &visit.network)
            .await?;
        let session = self
            .seal_sign_in(account, SignInMethod::Code, visit)
            .await?;
        self.open_session(account, &session, SignInMethod::Code, None)
            .await
    }

    /// Signs in whoever knows the password of her account. The work is the same where there is no account or no password.
    ///
    /// # Errors
    /// [`AccountError`]: wrong, too many tries, too many people at once, or an account that is suspended.
    /// # Clause
    /// R2
    pub async fn sign_in_by_password(
        &self,
        address: &Address,
        password: Password,
        visit: Visit,
    ) -> Result<SignedIn, AppError> {
        let counted = self.counted_at(address, &visit.network).await?;
        self.check_brake(counted).await?;
        let read = self.store().read();
        let found = read.find_account_at(&counted.address).await?;
        // An id that nobody has asks the database the same.
        let id = match &found {
            Some(account) => account.id,
            None => self.new_id()?,
        };
        let stored = read.find_password_hash(id).await?;
        let passwords = &self.inner.passwords;
        let verdict = passwords.verify(password.clone(), stored).await?;
        let renewed = match verdict {
            PasswordVerdict::Wrong => {
                return Err(self.count_wrong_password(counted).await?.into());
            }
            PasswordVerdict::Right => None,
            PasswordVerdict::RightButOutdated => Some(passwords.hash(password).await?),
        };
        // The tries of others at the same moment may have used up what is borne.
        self.check_brake(counted).await?;
        let session = self.seal_sign_in(id, SignInMethod::Password, visit).await?;
        self.open_session(id, &session, SignInMethod::Password, renewed.as_ref())
            .await
    }

    pub(super) async fn seal_sign_in(
        &self,
        account: AccountId,
        method: SignInMethod,
        visit: Visit,
    ) -> Result<SealedSession, AppError> {
        // A suspended account is told so only now that the person has shown who she is.
        let found = self.store().read().find_account(account).await?;
        match found.map(|account| account.standing) {
            Some(AccountStanding::Active) => {}
            Some(AccountStanding::Suspended) => return Err(AccountError::Suspended.into()),
            Some(AccountStanding::Closed) | None => return Err(AccountError::SpentCode.into()),
        }
        let new = NewSession {
            account,
            method,
            agent: visit.agent,
            network: Some(visit.network),
            idle: SESSION_IDLE,
            longest: SESSION_LONGEST,
        };
        Ok(self.store().seal_session(&new).await?)
    }

    async fn open_session(
        &self,
        account: AccountId,
        session: &SealedSession,
        method: SignInMethod,
        renewed: Option<&PasswordHash>,
    ) -> Result<SignedIn, AppError> {
        let actor = self.store().account_pseudonym(account).await?;
        let secret = self
            .store()
            .run_tx("session.open", async |tx: Tx| {
                if let Some(hash) = renewed {
                    tx.set_password_hash(account, Some(hash)).await?;
                }
                for address in tx.read().list_address_macs(account).await? {
                    tx.forgive_failures(&address).await?;
                }
                let secret = tx.open_session(session).await?;
                let body = json!({ "session": session.id(), "method": method.code() });
                let opened = entry(&tx, "session.opened", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(account, &opened).await?;
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
