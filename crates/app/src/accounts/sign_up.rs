use serde_json::json;
use yuntu_statement::StatementVersion;
use yuntu_store::{
    AcceptedStatement, Choice, CodeUse, ContactKind, NewAccount, NewSession, SignInMethod,
    StoreError, Tx,
};
use yuntu_terms::{ClauseId, Lang, Pii, Purpose, clause};
use yuntu_vault::{Password, PasswordHash, SignInFactors};

use super::prove::TypedIn;
use super::sign_in::SignedIn;
use super::{AccountError, Address, Nickname, SESSION_IDLE, SESSION_LONGEST, Visit};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// That a person accepts a version of the statement, by an act of its own and never by going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acceptance {
    /// The version that she was shown.
    pub version: StatementVersion,
    /// The language in which she read it.
    pub lang: Lang,
}

/// What a person fills in to open an account.
#[derive(Debug)]
pub struct SignUp {
    /// The code that came to the address.
    pub typed: TypedIn,
    /// The address.
    pub address: Address,
    /// What she accepts.
    pub accepts: Acceptance,
    /// The optional purposes that she turns on; all others are off.
    pub purposes: Vec<Purpose>,
    /// What she wants to be called.
    pub nickname: Option<Nickname>,
    /// A password, if she wants one.
    pub password: Option<Password>,
}

/// What stands in the account's row and in the ledger of an acceptance.
struct Opening {
    accepted: AcceptedStatement,
    purposes: Vec<Purpose>,
    medium: &'static str,
    has_nickname: bool,
    has_password: bool,
}

impl Platform {
    /// Opens an account for whoever types the code that came to the address, and signs her in.
    ///
    /// The statement in force must be accepted expressly; of the optional purposes those are on that are named, and no
    /// other. What is filled in is checked before the code is used up.
    ///
    /// # Errors
    /// [`AccountError`]: not accepted, not an optional purpose, a password that may not be chosen, a code that is wrong
    /// or no longer good, or an address that has an account meanwhile.
    /// # Clause
    /// R0, R2, R24, U1
    pub async fn sign_up(&self, new: SignUp, visit: Visit) -> Result<SignedIn, AppError> {
        clause::hit!(R0);
        let opening = self.opening(&new)?;
        let counted = self.counted_at(&new.address, &visit).await?;
        self.check_brake(&counted).await?;
        let password = self.new_password(&new).await?;
        let proven = self.try_code(CodeUse::SignUp, &new.typed, &counted).await?;
        if proven.address != counted.address {
            return Err(AccountError::SpentCode.into());
        }
        let (phone, email) = match new.address.kind() {
            ContactKind::Phone => (Some(new.address.into_pii()), None),
            ContactKind::Email => (None, Some(new.address.into_pii())),
        };
        let new = NewAccount {
            nickname: new.nickname.map(Nickname::into_pii),
            phone,
            email,
            password,
            lang: visit.lang,
        };
        self.open_account(&new, &opening, visit).await
    }

    /// Checks what was accepted and chosen.
    fn opening(&self, new: &SignUp) -> Result<Opening, AppError> {
        let accepted = self.accepted(new.accepts)?;
        let mut purposes = new.purposes.clone();
        purposes.sort();
        purposes.dedup();
        for purpose in &purposes {
            self.optional_purpose(purpose)?;
        }
        Ok(Opening {
            accepted,
            purposes,
            medium: match new.address.kind() {
                ContactKind::Phone => "sms",
                ContactKind::Email => "mail",
            },
            has_nickname: new.nickname.is_some(),
            has_password: new.password.is_some(),
        })
    }

    /// Takes an acceptance of the version in force; of any other it is none.
    pub(super) fn accepted(&self, accepts: Acceptance) -> Result<AcceptedStatement, AccountError> {
        let statement = self.statement();
        if accepts.version != statement.version() {
            return Err(AccountError::NotAccepted);
        }
        Ok(AcceptedStatement {
            version: statement.version().to_string(),
            digest: statement.digest(),
            lang: accepts.lang,
        })
    }

    async fn new_password(&self, new: &SignUp) -> Result<Option<PasswordHash>, AppError> {
        let Some(password) = &new.password else {
            return Ok(None);
        };
        let mut own: Vec<&Pii<String>> = vec![new.address.as_pii()];
        own.extend(new.nickname.as_ref().map(Nickname::as_pii));
        password.check(SignInFactors::PasswordAlone, &own)?;
        Ok(Some(self.inner.passwords.hash(password.clone()).await?))
    }

    async fn open_account(
        &self,
        new: &NewAccount,
        opening: &Opening,
        visit: Visit,
    ) -> Result<SignedIn, AppError> {
        let store = self.store();
        let sealed = store.seal_account(new).await?;
        let account = sealed.id();
        let actor = store.account_pseudonym(account).await?;
        let session = store
            .seal_session(&NewSession {
                account,
                method: SignInMethod::Code,
                agent: visit.agent,
                network: Some(visit.network),
                idle: SESSION_IDLE,
                longest: SESSION_LONGEST,
            })
            .await?;
        let secret = store
            .run_tx("account.open", async |tx: Tx| {
                tx.create_account(&sealed).await.map_err(taken)?;
                let body = json!({
                    "medium": opening.medium, "nickname": opening.has_nickname,
                    "password": opening.has_password,
                });
                let opened = entry(&tx, "account.opened", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(&session, &opened).await?;
                let accepted = &opening.accepted;
                tx.accept_for_account(account, accepted).await?;
                let body = json!({
                    "version": accepted.version, "digest": accepted.digest, "lang": accepted.lang,
                });
                let clauses = [ClauseId::u(1), ClauseId::r(0)];
                let entry_of = entry(&tx, "statement.accepted", &clauses, actor, body)?;
                tx.append_own(&session, &entry_of).await?;
                for purpose in &opening.purposes {
                    let whose = (account, (&session).into());
                    self.record(&tx, whose, actor, purpose, Choice::On).await?;
                }
                let secret = tx.open_session(&session).await?;
                let body = json!({ "session": session.id(), "method": SignInMethod::Code.code() });
                let opened = entry(&tx, "session.opened", &[ClauseId::r(2)], actor, body)?;
                tx.append_own(&session, &opened).await?;
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

/// Tells an address that somebody else got first from other faults.
pub(super) fn taken(error: StoreError) -> AppError {
    if let StoreError::Conflict { .. } = error {
        AccountError::AddressTaken.into()
    } else {
        error.into()
    }
}
