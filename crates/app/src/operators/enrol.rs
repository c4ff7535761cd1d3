use serde_json::json;
use yuntu_policy::OperatorRole;
use yuntu_store::{Confirmed, FactorKind, Operator, SealedFactor, Tx};
use yuntu_terms::{AccountId, ClauseId, FactorId, Pii, clause};
use yuntu_vault::{
    Password, RecoveryCode, SessionSecret, SignInFactors, TotpStep, VerificationCode,
};

use crate::accounts::AccountError;
use crate::caller::entry;
use crate::error::AppError;
use crate::factors::{
    Ceremony, CeremonyAnswer, NewAuthenticator, PasskeyLabel, SETUP_MAX, refused_passkey,
};
use crate::platform::Platform;

/// An enrolment that is under way.
#[derive(Debug)]
pub struct Enrolling<T> {
    /// What the person becomes.
    pub role: OperatorRole,
    /// The second factor that she sets up.
    pub factor: T,
}

/// The second factor of an operator who enrols, as she shows that it is hers.
///
/// # Clause
/// R2, R23
#[derive(Debug)]
pub enum FirstFactor {
    /// A code of the authenticator that the enrolment showed.
    Totp(VerificationCode),
    /// A passkey, made in the ceremony that the enrolment began, with its name.
    Passkey(CeremonyAnswer, PasskeyLabel),
}

/// The same, ready for the transaction.
enum Ready {
    Totp(FactorId, TotpStep),
    Passkey(SealedFactor),
}

impl Ready {
    fn id(&self) -> FactorId {
        match self {
            Self::Totp(id, _) => *id,
            Self::Passkey(sealed) => sealed.id(),
        }
    }

    const fn kind(&self) -> FactorKind {
        match self {
            Self::Totp(..) => FactorKind::Totp,
            Self::Passkey(_) => FactorKind::Passkey,
        }
    }

    async fn keep(&self, tx: &Tx, account: AccountId) -> Result<(), AppError> {
        match self {
            Self::Totp(id, step) => {
                if !tx.confirm_totp(account, *id, *step).await? {
                    return Err(AccountError::NoFactor.into());
                }
            }
            Self::Passkey(sealed) => tx.add_passkey(sealed).await.map_err(refused_passkey)?,
        }
        Ok(())
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
    pub async fn enrolment(&self, key: &str) -> Result<Enrolling<NewAuthenticator>, AppError> {
        let (operator, _secret) = self.enrolling(key).await?;
        Ok(Enrolling {
            role: operator.role,
            factor: self.begin_totp_of(operator.account).await?,
        })
    }

    /// Opens an enrolment by the secret of its link, to make a passkey in the place of an authenticator.
    ///
    /// # Errors
    /// [`AccountError::SpentTicket`] when the link was used or is over, [`AccountError::TooOften`].
    /// # Clause
    /// R2, R23
    pub async fn enrolment_by_passkey(
        &self,
        key: &str,
        network: &Pii<String>,
    ) -> Result<Enrolling<Ceremony>, AppError> {
        let (operator, _secret) = self.enrolling(key).await?;
        Ok(Enrolling {
            role: operator.role,
            factor: self.begin_passkey_of(operator.account, network).await?,
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

    /// Enrols an operator: sets her password and lets the second factor count that she shows. There is no way around
    /// either.
    ///
    /// # Errors
    /// [`AccountError`]: a link that is no longer good, a password that may not be chosen, a wrong code, a passkey that
    /// is not right.
    /// # Clause
    /// R2, R23, R24
    pub async fn enrol_operator(
        &self,
        key: &str,
        password: Password,
        factor: &FirstFactor,
    ) -> Result<Enrolled, AppError> {
        clause::hit!(R23);
        let (operator, secret) = self.enrolling(key).await?;
        let (account, store) = (operator.account, self.store());
        let factors = SignInFactors::WithSecondFactor;
        let needs_factor = self.check_password(account, &password, factors).await?;
        let factor = self.first_factor(account, factor).await?;
        let hash = self.inner.passwords.hash(password).await?;
        let hash = self.store().seal_password(account, &hash).await?;
        let (codes, hashes) = self.draw_recovery_codes(account).await?;
        let actor = store.account_pseudonym(account).await?;
        store
            .run_tx("operator.enrol", async |tx: Tx| {
                if !tx.finish_enrolment(operator.id, &secret).await? {
                    return Err(AccountError::SpentTicket.into());
                }
                factor.keep(&tx, account).await?;
                tx.set_password_hash(account, Some(&hash)).await?;
                tx.set_password_needs_factor(account, needs_factor).await?;
                tx.replace_recovery_codes(account, &hashes).await?;
                let body = json!({
                    "operator": operator.id, "role": operator.role.code(),
                    "factor": factor.id(), "kind": factor.kind().code(),
                });
                let clauses = [ClauseId::r(2), ClauseId::r(23)];
                let enrolled = entry(&tx, "operator.enrolled", &clauses, actor, body)?;
                tx.append_own(account, &enrolled).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(Enrolled { codes })
    }

    async fn first_factor(
        &self,
        account: AccountId,
        factor: &FirstFactor,
    ) -> Result<Ready, AppError> {
        match factor {
            FirstFactor::Totp(code) => {
                let waiting = Confirmed::NotYet(self.now().minus(SETUP_MAX));
                let held = self.store().find_totp(account, waiting).await?;
                let held = held.ok_or(AccountError::NoFactor)?;
                let step = held.secret.matching_step(code, self.now(), None);
                Ok(Ready::Totp(held.id, step.ok_or(AccountError::WrongProof)?))
            }
            FirstFactor::Passkey(answer, label) => {
                let made = self.made_passkey(account, answer, label).await?;
                Ok(Ready::Passkey(made))
            }
        }
    }
}
