use std::time::Duration;

use serde_json::json;
use yuntu_store::{AccountStanding, ListedSession, Realm, Session, SessionEnd, Tx};
use yuntu_terms::{ClauseId, SessionId};
use yuntu_vault::SessionSecret;

use super::{AccountError, Visit};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// How long a session stays open without use.
pub const SESSION_IDLE: Duration = Duration::from_mins(30);
/// How long a session stays open at most.
pub const SESSION_LONGEST: Duration = Duration::from_hours(12);
/// How long an operator's session stays open without use.
pub const OPERATOR_IDLE: Duration = Duration::from_mins(15);
/// How long an operator's session stays open at most.
pub const OPERATOR_LONGEST: Duration = Duration::from_hours(8);
/// How long a proof lasts for an act that changes how the account is entered.
pub const PROOF_FRESH_FOR: Duration = Duration::from_mins(10);

pub(crate) const fn idle(realm: Realm) -> Duration {
    match realm {
        Realm::Public => SESSION_IDLE,
        Realm::Operator => OPERATOR_IDLE,
    }
}

pub(crate) const fn longest(realm: Realm) -> Duration {
    match realm {
        Realm::Public => SESSION_LONGEST,
        Realm::Operator => OPERATOR_LONGEST,
    }
}

impl Platform {
    /// Finds the session whose secret a cookie brings back, and notes that it is in use.
    ///
    /// # Errors
    /// [`AccountError::SignedOut`] when there is none that is good, or its account is not active.
    /// # Clause
    /// R2
    pub async fn session(&self, cookie: &str) -> Result<Session, AppError> {
        self.session_in(Realm::Public, cookie).await
    }

    /// Finds the session of one realm; the secret of another realm's opens nothing here.
    pub(crate) async fn session_in(&self, realm: Realm, cookie: &str) -> Result<Session, AppError> {
        let secret = SessionSecret::parse(cookie).map_err(|_form| AccountError::SignedOut)?;
        let read = self.store().read();
        let found = read.find_session(&secret, self.now()).await?;
        let session = found.ok_or(AccountError::SignedOut)?;
        let account = read.find_account(session.account).await?;
        account
            .filter(|account| account.standing == AccountStanding::Active)
            .filter(|account| account.realm == realm && session.realm == realm)
            .ok_or(AccountError::SignedOut)?;
        self.store().touch_session(&session, idle(realm)).await?;
        Ok(session)
    }

    /// Notes from where the request came that brought a session; what the person does in it stands in her own log with it.
    ///
    /// # Errors
    /// [`AppError::Store`] when her key fails.
    /// # Clause
    /// R1
    pub async fn seen_from(&self, session: Session, visit: &Visit) -> Result<Session, AppError> {
        let (network, agent) = (&visit.network, visit.agent.as_ref());
        let sealed = self.store().seal_origin(session.account, network, agent);
        Ok(Session {
            origin: Some(sealed.await?),
            ..session
        })
    }

    /// Ends the session of whoever signs out.
    ///
    /// # Errors
    /// [`AppError::Store`] when it has ended already.
    /// # Clause
    /// R2
    pub async fn sign_out(&self, session: &Session) -> Result<(), AppError> {
        self.end(session, session.id, SessionEnd::SignedOut).await
    }

    /// Lists a person's open sessions, the one used last first.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R2
    pub async fn sessions(&self, session: &Session) -> Result<Vec<ListedSession>, AppError> {
        Ok(self.store().list_sessions(session.account).await?)
    }

    /// Ends one of a person's sessions from another.
    ///
    /// # Errors
    /// [`AppError::Store`] when she has no such session that is open.
    /// # Clause
    /// R2
    pub async fn end_session(&self, session: &Session, other: SessionId) -> Result<(), AppError> {
        self.end(session, other, SessionEnd::Dismissed).await
    }

    async fn end(
        &self,
        session: &Session,
        which: SessionId,
        why: SessionEnd,
    ) -> Result<(), AppError> {
        let account = session.account;
        let actor = self.store().account_pseudonym(account).await?;
        self.store()
            .run_tx("session.end", async |tx: Tx| {
                tx.end_session(account, which, why).await?;
                let body = json!({ "session": which, "why": why.code() });
                let ended = entry(&tx, "session.ended", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(session, &ended).await?;
                Ok(())
            })
            .await
    }

    /// Ends all of a person's sessions but this one; returns how many ended.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R2
    pub async fn end_other_sessions(&self, session: &Session) -> Result<u64, AppError> {
        let account = session.account;
        let actor = self.store().account_pseudonym(account).await?;
        self.store()
            .run_tx("session.end_others", async |tx: Tx| {
                let why = SessionEnd::Dismissed;
                let ended = tx.end_all_but(account, Some(session.id), why).await?;
                let body = json!({ "stays": session.id, "ended": ended, "why": why.code() });
                let clauses = [ClauseId::r(2)];
                let others = entry(&tx, "session.others_ended", &clauses, actor, body)?;
                tx.append_own(session, &others).await?;
                Ok(ended)
            })
            .await
    }

    /// Says whether a person has shown who she is a short while ago, as acts ask for that change how an account is entered.
    ///
    /// # Clause
    /// R2
    #[must_use]
    pub fn is_freshly_proven(&self, session: &Session) -> bool {
        session.is_proven_within(PROOF_FRESH_FOR, self.now())
    }

    /// Refuses an act that changes how an account is entered, unless the person has just shown who she is.
    pub(crate) fn needs_fresh_proof(&self, session: &Session) -> Result<(), AccountError> {
        if self.is_freshly_proven(session) {
            Ok(())
        } else {
            Err(AccountError::ProofNeeded)
        }
    }
}
