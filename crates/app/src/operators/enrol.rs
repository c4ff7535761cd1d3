use std::fmt;

use serde_json::json;
use yuntu_policy::OperatorRole;
use yuntu_store::{Confirmed, FactorKind, Operator, Tx};
use yuntu_terms::{ClauseId, clause};
use yuntu_vault::{Password, RecoveryCode, SessionSecret, SignInFactors, VerificationCode};

use crate::accounts::AccountError;
use crate::caller::entry;
use crate::error::AppError;
use crate::factors::{NewAuthenticator, SETUP_MAX};
use crate::platform::Platform;

/// An enrolment that is under way.
pub struct Enrolling {
    /// What the person becomes.
    pub role: OperatorRole,
    /// The secret of the authenticator that she sets up.
    pub authenticator: NewAuthenticator,
}

impl fmt::Debug for Enrolling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enrolling")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// That somebody is an operator now.
#[derive(Debug)]
pub struct Enrolled {
    /// Her recovery codes, told once and kept as hashes only.
    pub codes: Vec<RecoveryCode>,
}

impl Platform {
    /// Opens an enrolment by the secret of its link: what the person becomes, and an authenticator to set up. Opened
    /// again, it is the same.
    ///
    /// # Errors
    /// [`AccountError::SpentTicket`] when the link was used or is over.
    /// # Clause
    /// R2, R23
    pub async fn enrolment(&self, key: &str) -> Result<Enrolling, AppError> {
        let (operator, _secret) = self.enrolling(key).await?;
        let authenticator = self.begin_totp_of(operator.account).await?;
        Ok(Enrolling {
            role: operator.role,
            authenticator,
        })
    }

    async fn enrolling(&self, key: &str) -> Result<(Operator, SessionSecret), AppError> {
        let secret = SessionSecret::parse(key).map_err(|_form| AccountError::SpentTicket)?;
        let read = self.store().read();
        let found = read.find_enrolment(&secret, self.now()).await?;
        let operator = found.ok_or(AccountError::SpentTicket)?;
        self.active(operator.account).await?;
        Ok((operator, secret))
    }

    /// Enrols an operator: sets her password and lets the authenticator count whose code she types. There is no way
    /// around either.
    ///
    /// # Errors
    /// [`AccountError`]: a link that is no longer good, a password that may not be chosen, a wrong code.
    /// # Clause
    /// R2, R23, R24
    pub async fn enrol_operator(
        &self,
        key: &str,
        password: Password,
        code: &VerificationCode,
    ) -> Result<Enrolled, AppError> {
        clause::hit!(R23);
        let (operator, secret) = self.enrolling(key).await?;
        let (account, store) = (operator.account, self.store());
        let factors = SignInFactors::WithSecondFactor;
        let needs_factor = self.check_password(account, &password, factors).await?;
        let waiting = Confirmed::NotYet(self.now().minus(SETUP_MAX));
        let held = store.find_totp(account, waiting).await?;
        let held = held.ok_or(AccountError::NoFactor)?;
        let step = held.secret.matching_step(code, self.now(), None);
        let step = step.ok_or(AccountError::WrongProof)?;
        let hash = self.inner.passwords.hash(password).await?;
        let hash = self.store().seal_password(account, &hash).await?;
        let (codes, hashes) = self.draw_recovery_codes(account).await?;
        let actor = store.account_pseudonym(account).await?;
        store
            .run_tx("operator.enrol", async |tx: Tx| {
                if !tx.finish_enrolment(operator.id, &secret).await? {
                    return Err(AccountError::SpentTicket.into());
                }
                if !tx.confirm_totp(account, held.id, step).await? {
                    return Err(AccountError::NoFactor.into());
                }
                tx.set_password_hash(account, Some(&hash)).await?;
                tx.set_password_needs_factor(account, needs_factor).await?;
                tx.replace_recovery_codes(account, &hashes).await?;
                let body = json!({
                    "operator": operator.id, "role": operator.role.code(),
                    "factor": held.id, "kind": FactorKind::Totp.code(),
                });
                let clauses = [ClauseId::r(2), ClauseId::r(23)];
                let enrolled = entry(&tx, "operator.enrolled", &clauses, actor, body)?;
                tx.append_own(account, &enrolled).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(Enrolled { codes })
    }
}
