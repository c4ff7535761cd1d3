use serde_json::json;
use yuntu_store::{
    AddressMac, CodeOutcome, CodeUse, FailureQuotas, NetworkMac, ProvenAddress, Realm, SealedTry,
    Session, SignInMethod, Tx,
};
use yuntu_terms::{AccountId, ClauseId, CodeId, Pii, SessionId, clause};
use yuntu_vault::{Password, PasswordVerdict, SessionSecret, VerificationCode};

use super::{AccountError, Address, Visit};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// A code as somebody typed it, with the request it belongs to.
#[derive(Debug)]
pub struct TypedIn {
    /// The request, from the form.
    pub request: CodeId,
    /// The six digits.
    pub code: VerificationCode,
}

/// On whose account failures are counted, and what the owner of the address reads of them.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    pub(crate) address: AddressMac,
    pub(crate) network: NetworkMac,
    pub(crate) from: SealedTry,
}

impl Platform {
    /// Shows with a code that was asked for [to sign in](super::CodeFor::SignIn) that the person of a session is still
    /// there. The session gets a new secret.
    ///
    /// # Errors
    /// [`AccountError`] when the code is not good, was sent for another account, or was tried too often.
    /// # Clause
    /// R2
    pub async fn prove_by_code(
        &self,
        session: &Session,
        typed: &TypedIn,
        network: &Pii<String>,
    ) -> Result<SessionSecret, AppError> {
        let counted = self.counted_for(session, network).await?;
        let proven = self.try_code(CodeUse::SignIn, typed, &counted).await?;
        if self.holder_of(&proven.address).await? != Some(session.account) {
            return Err(AccountError::SpentCode.into());
        }
        self.renew_proof(session, SignInMethod::Code).await
    }

    /// Shows with the password that the person of a session is still there. The session gets a new secret.
    ///
    /// # Errors
    /// [`AccountError`] when the password is wrong or was tried too often.
    /// # Clause
    /// R2
    pub async fn prove_by_password(
        &self,
        session: &Session,
        password: Password,
        network: &Pii<String>,
    ) -> Result<SessionSecret, AppError> {
        let counted = self.counted_for(session, network).await?;
        self.check_brake(&counted).await?;
        let stored = self.store().find_password_hash(session.account).await?;
        let verdict = self.inner.passwords.verify(password, stored).await?;
        if verdict == PasswordVerdict::Wrong {
            return Err(self.count_wrong_password(&counted).await?.into());
        }
        self.renew_proof(session, SignInMethod::Password).await
    }

    async fn renew_proof(
        &self,
        session: &Session,
        method: SignInMethod,
    ) -> Result<SessionSecret, AppError> {
        let account = session.account;
        let actor = self.store().account_pseudonym(account).await?;
        self.store()
            .run_tx("session.prove", async |tx: Tx| {
                let secret = tx.prove_session(account, session.id, method).await?;
                let body = json!({ "session": session.id, "method": method.code() });
                let clauses = [ClauseId::r(2)];
                let proven = entry(&tx, "session.proven", &clauses, actor, body)?;
                tx.append_own(session, &proven).await?;
                Ok(secret)
            })
            .await
    }

    /// Says whose failures a person's session counts for: those of her first address.
    pub(crate) async fn counted_for(
        &self,
        session: &Session,
        network: &Pii<String>,
    ) -> Result<Counted, AppError> {
        self.counted_of(session.account, network).await
    }

    /// Says whose failures count at an account: those of its first address.
    pub(crate) async fn counted_of(
        &self,
        account: AccountId,
        network: &Pii<String>,
    ) -> Result<Counted, AppError> {
        let macs = self.store().read().list_address_macs(account).await?;
        let address = macs.into_iter().next().ok_or(AccountError::SignedOut)?;
        self.counted(address, network, None).await
    }

    pub(crate) async fn counted_at(
        &self,
        address: &Address,
        visit: &Visit,
    ) -> Result<Counted, AppError> {
        let store = self.store();
        let address = store.address_mac(address.kind(), address.as_pii()).await?;
        self.counted(address, &visit.network, visit.agent.as_ref())
            .await
    }

    async fn counted(
        &self,
        address: AddressMac,
        network: &Pii<String>,
        agent: Option<&Pii<String>>,
    ) -> Result<Counted, AppError> {
        let store = self.store();
        Ok(Counted {
            address,
            network: store.network_mac(network).await?,
            from: store.seal_try(address, network, agent).await?,
        })
    }

    /// Refuses cheaply, before any work, who failed too often.
    pub(crate) async fn check_brake(&self, counted: &Counted) -> Result<(), AppError> {
        let Counted {
            address, network, ..
        } = counted;
        let (read, quotas) = (self.store().read(), FailureQuotas::default());
        let limit = read.brake(address, network, &quotas, self.now()).await?;
        match limit {
            None => Ok(()),
            Some(limit) => Err(AccountError::TooOften { until: limit.until }.into()),
        }
    }

    /// Tries a code that was sent to an address, and returns the account that has the address.
    ///
    /// A code for an address without an account was never told to anybody.
    pub(crate) async fn prove_account(
        &self,
        code_use: CodeUse,
        typed: &TypedIn,
        address: &Address,
        visit: &Visit,
    ) -> Result<AccountId, AppError> {
        let counted = self.counted_at(address, visit).await?;
        let proven = self.try_code(code_use, typed, &counted).await?;
        if proven.address != counted.address {
            return Err(AccountError::SpentCode.into());
        }
        let account = self.holder_of(&proven.address).await?;
        Ok(account.ok_or(AccountError::SpentCode)?)
    }

    /// Finds the account to which a code may lead whose address was proven; who works for the platform gets none.
    async fn holder_of(&self, address: &AddressMac) -> Result<Option<AccountId>, AppError> {
        let found = self.store().read().find_account_at(address).await?;
        let public = found.filter(|account| account.realm == Realm::Public);
        Ok(public.map(|account| account.id))
    }

    /// Tries a code, counting the failure; a right one is used up when this returns.
    ///
    /// It is a transaction of its own: the account of who has proven nothing would need keys, and a try must count
    /// whatever happens next. What a person typed beside the code is therefore checked before.
    pub(crate) async fn try_code(
        &self,
        code_use: CodeUse,
        typed: &TypedIn,
        counted: &Counted,
    ) -> Result<ProvenAddress, AppError> {
        clause::hit!(R2);
        self.check_brake(counted).await?;
        let store = self.store();
        let hashed = store
            .hash_code(typed.request, code_use, &typed.code)
            .await?;
        let actor = store.stranger_pseudonym(typed.request).await?;
        let quotas = FailureQuotas::default();
        let tried: Result<ProvenAddress, AccountError> = store
            .run_tx("code.try", async |tx: Tx| {
                let Counted {
                    address,
                    network,
                    from,
                } = counted;
                let read = tx.read();
                let limit = read.brake(address, network, &quotas, tx.now()).await?;
                if let Some(limit) = limit {
                    return Ok(Err(AccountError::TooOften { until: limit.until }));
                }
                let outcome = tx.try_code(&hashed).await?;
                let (result, tried) = match outcome {
                    CodeOutcome::Right(proven) => ("right", Ok(proven)),
                    CodeOutcome::Wrong { left } => ("wrong", Err(AccountError::WrongCode { left })),
                    CodeOutcome::Spent => ("spent", Err(AccountError::SpentCode)),
                };
                // The address that was proven, not the one that was typed: a code of one's own excuses nobody from
                // failures at somebody else's address.
                if let Ok(proven) = &tried {
                    tx.forgive_failures(&proven.address).await?;
                } else {
                    tx.count_failure(address, network).await?;
                    tx.record_try(from, SignInMethod::Code).await?;
                }
                let body = json!({ "use": code_use.code(), "result": result });
                let clauses = [ClauseId::r(2)];
                tx.append(&entry(&tx, "code.tried", &clauses, actor, body)?)
                    .await?;
                Ok::<_, AppError>(tried)
            })
            .await?;
        Ok(tried?)
    }

    /// Counts a wrong password, and says what to answer.
    pub(crate) async fn count_wrong_password(
        &self,
        counted: &Counted,
    ) -> Result<AccountError, AppError> {
        let attempt: SessionId = self.new_id()?;
        let actor = self.store().stranger_pseudonym(attempt).await?;
        let quotas = FailureQuotas::default();
        self.store()
            .run_tx("password.wrong", async |tx: Tx| {
                let Counted {
                    address,
                    network,
                    from,
                } = counted;
                let read = tx.read();
                let limit = read.brake(address, network, &quotas, tx.now()).await?;
                if let Some(limit) = limit {
                    return Ok(AccountError::TooOften { until: limit.until });
                }
                tx.count_failure(address, network).await?;
                tx.record_try(from, SignInMethod::Password).await?;
                let body = json!({ "method": "password" });
                let clauses = [ClauseId::r(2)];
                tx.append(&entry(&tx, "sign_in.failed", &clauses, actor, body)?)
                    .await?;
                Ok(AccountError::WrongPassword)
            })
            .await
    }
}
