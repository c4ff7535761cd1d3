use serde_json::json;
use yuntu_policy::{Arrived, NextProof, decide_arrival};
use yuntu_store::{
    Account, AccountStanding, CodeUse, NewSession, Realm, SealedPassword, SealedSession,
    SignInMethod, TicketGoal, Tx,
};
use yuntu_terms::{AccountId, ClauseId, SessionId, clause};
use yuntu_vault::{Password, PasswordVerdict, SessionSecret};

use super::arrive::Asked;
use super::prove::TypedIn;
use super::session::{idle, longest};
use super::{AccountError, Address, Visit};
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

/// How far a sign-in has come.
#[derive(Debug)]
pub enum SignInStep {
    /// To its end.
    Done(SignedIn),
    /// The first proof is shown, and another is asked for.
    Second(SecondStep),
}

/// What leads from the first proof to the second; it opens nothing else.
#[derive(Debug)]
pub struct SecondStep {
    /// The secret of the ticket, for a cookie; it is told once and kept nowhere.
    pub ticket: SessionSecret,
    /// What is asked for.
    pub asked: Asked,
}

/// What a first proof has shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct First<'a> {
    pub(crate) account: AccountId,
    pub(crate) method: SignInMethod,
    pub(crate) goal: TicketGoal,
    /// The password, hashed anew.
    pub(crate) renewed: Option<&'a SealedPassword>,
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
    ) -> Result<SignInStep, AppError> {
        let account = self
            .prove_account(CodeUse::SignIn, typed, address, &visit)
            .await?;
        let first = First {
            account,
            method: SignInMethod::Code,
            goal: TicketGoal::SignIn,
            renewed: None,
        };
        self.after_first(first, visit).await
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
    ) -> Result<SignInStep, AppError> {
        let public = Realm::Public;
        let (account, renewed) = self
            .check_sign_in_password(public, address, password, &visit)
            .await?;
        let first = First {
            account,
            method: SignInMethod::Password,
            goal: TicketGoal::SignIn,
            renewed: renewed.as_ref(),
        };
        self.after_first(first, visit).await
    }

    /// Compares a password with that of the account of this realm that has the address.
    pub(crate) async fn check_sign_in_password(
        &self,
        realm: Realm,
        address: &Address,
        password: Password,
        visit: &Visit,
    ) -> Result<(AccountId, Option<SealedPassword>), AppError> {
        let counted = self.counted_at(address, visit).await?;
        self.check_brake(&counted).await?;
        let read = self.store().read();
        let found = read.find_account_at(&counted.address).await?;
        // An id that nobody has asks the database the same.
        let id = match found.filter(|account| account.realm == realm) {
            Some(account) => account.id,
            None => self.new_id()?,
        };
        let stored = self.store().find_password_hash(id).await?;
        let passwords = &self.inner.passwords;
        let verdict = passwords.verify(password.clone(), stored).await?;
        let renewed = match verdict {
            PasswordVerdict::Wrong => {
                return Err(self.count_wrong_password(&counted).await?.into());
            }
            PasswordVerdict::Right => None,
            PasswordVerdict::RightButOutdated => {
                let hash = passwords.hash(password).await?;
                Some(self.store().seal_password(id, &hash).await?)
            }
        };
        // The tries of others at the same moment may have used up what is borne.
        self.check_brake(&counted).await?;
        Ok((id, renewed))
    }

    /// Goes on after the first proof: to the end where it is enough, else to a ticket for the next.
    pub(crate) async fn after_first(
        &self,
        first: First<'_>,
        visit: Visit,
    ) -> Result<SignInStep, AppError> {
        let account = first.account;
        self.active(account).await?;
        let held = self.store().read().factors_held(account).await?;
        let facts = self.arrival_facts(&first, held, &visit).await?;
        let next = match decide_arrival(&facts) {
            Arrived::Enough => {
                let session = self.seal_sign_in(account, first.method, visit).await?;
                let signed_in = match first.goal {
                    TicketGoal::SignIn => self.open_session(first, &session).await?,
                    TicketGoal::Recover => self.open_recovered(account, &session).await?,
                };
                return Ok(SignInStep::Done(signed_in));
            }
            Arrived::AskAnother(next) => next,
        };
        let ticket = match next {
            NextProof::Factor => self.begin_second(first).await?,
            NextProof::Code | NextProof::Password => {
                self.hold_sign_in(first, next, &facts, &visit).await?
            }
        };
        let asked = self.asked(account, next, held).await?;
        Ok(SignInStep::Second(SecondStep { ticket, asked }))
    }

    /// Opens the way to the second factor.
    async fn begin_second(&self, first: First<'_>) -> Result<SessionSecret, AppError> {
        clause::hit!(R2);
        let account = first.account;
        let actor = self.store().account_pseudonym(account).await?;
        self.store()
            .run_tx("ticket.open", async |tx: Tx| {
                if let Some(hash) = first.renewed {
                    tx.set_password_hash(account, Some(hash)).await?;
                }
                let (id, secret) = tx.open_ticket(account, first.goal, first.method).await?;
                let body = json!({
                    "ticket": id, "method": first.method.code(), "goal": first.goal.code(),
                });
                let begun = entry(&tx, "sign_in.begun", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(account, &begun).await?;
                Ok(secret)
            })
            .await
    }

    /// Finds an account that can be used; a suspended one is told so only after the person has shown who she is.
    pub(crate) async fn active(&self, account: AccountId) -> Result<Account, AppError> {
        let found = self.store().read().find_account(account).await?;
        let account = found.ok_or(AccountError::SpentCode)?;
        match account.standing {
            AccountStanding::Active => Ok(account),
            AccountStanding::Suspended => Err(AccountError::Suspended.into()),
            AccountStanding::Closed => Err(AccountError::SpentCode.into()),
        }
    }

    pub(crate) async fn seal_sign_in(
        &self,
        account: AccountId,
        method: SignInMethod,
        visit: Visit,
    ) -> Result<SealedSession, AppError> {
        let realm = self.active(account).await?.realm;
        let new = NewSession {
            account,
            method,
            agent: visit.agent,
            network: Some(visit.network),
            idle: idle(realm),
            longest: longest(realm),
        };
        Ok(self.store().seal_session(&new).await?)
    }

    async fn open_session(
        &self,
        first: First<'_>,
        session: &SealedSession,
    ) -> Result<SignedIn, AppError> {
        let (account, method) = (first.account, first.method);
        let actor = self.store().account_pseudonym(account).await?;
        let secret = self
            .store()
            .run_tx("session.open", async |tx: Tx| {
                if let Some(hash) = first.renewed {
                    tx.set_password_hash(account, Some(hash)).await?;
                }
                for address in tx.read().list_address_macs(account).await? {
                    tx.forgive_failures(&address).await?;
                }
                let secret = tx.open_session(session).await?;
                let body = json!({ "session": session.id(), "method": method.code() });
                let opened = entry(&tx, "session.opened", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(session, &opened).await?;
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
