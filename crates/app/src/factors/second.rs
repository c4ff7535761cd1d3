use yuntu_store::{Confirmed, SealedUse, SignInMethod, StoreError, TOTP_FAILURES_MAX, Tx};
use yuntu_terms::{AccountId, Digest, FactorId};
use yuntu_vault::{RecoveryCode, TotpStep, VerificationCode};

use super::CeremonyAnswer;
use crate::accounts::AccountError;
use crate::error::AppError;
use crate::platform::Platform;

/// A second factor as somebody shows it.
///
/// # Clause
/// R2
#[derive(Debug)]
pub enum Second {
    /// A code of the authenticator.
    Totp(VerificationCode),
    /// A recovery code.
    Recovery(RecoveryCode),
    /// The answer of a passkey.
    Passkey(CeremonyAnswer),
}

/// What was shown, ready to be counted in a transaction.
#[derive(Debug)]
pub(super) enum Shown {
    Totp {
        id: FactorId,
        /// The step whose code it is; none when it is of no step near this moment.
        step: Option<TotpStep>,
    },
    Recovery(Digest),
    Passkey(SealedUse),
    /// There is no such factor.
    Nothing,
}

impl Shown {
    /// Returns the code of the ledger.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Totp { .. } => "totp",
            Self::Recovery(_) => "recovery",
            Self::Passkey(_) => "passkey",
            Self::Nothing => "none",
        }
    }

    /// Returns how somebody signed in who showed this after the first factor.
    pub(super) const fn method_after(&self, first: SignInMethod) -> SignInMethod {
        let by_password = matches!(
            first,
            SignInMethod::Password
                | SignInMethod::PasswordAndTotp
                | SignInMethod::PasswordAndRecovery
                | SignInMethod::PasswordAndPasskey
        );
        match (self, by_password) {
            (Self::Totp { .. } | Self::Nothing, true) => SignInMethod::PasswordAndTotp,
            (Self::Totp { .. } | Self::Nothing, false) => SignInMethod::CodeAndTotp,
            (Self::Passkey(_), true) => SignInMethod::PasswordAndPasskey,
            (Self::Passkey(_), false) => SignInMethod::CodeAndPasskey,
            (Self::Recovery(_), true) => SignInMethod::PasswordAndRecovery,
            (Self::Recovery(_), false) => SignInMethod::CodeAndRecovery,
        }
    }

    /// Returns how somebody proved herself who showed this in a session that is open.
    pub(super) const fn method_alone(&self) -> SignInMethod {
        match self {
            Self::Totp { .. } | Self::Nothing => SignInMethod::Totp,
            Self::Recovery(_) => SignInMethod::Recovery,
            Self::Passkey(_) => SignInMethod::Passkey,
        }
    }

    /// Uses it up: says whether it opens something, now and for the first time.
    pub(super) async fn use_up(&self, tx: &Tx, account: AccountId) -> Result<bool, AppError> {
        let right = match self {
            Self::Totp { id, step } => match step {
                Some(step) => tx.use_totp(*id, *step).await?,
                None => false,
            },
            Self::Recovery(hash) => tx.use_recovery_code(account, hash).await?,
            Self::Passkey(used) => match tx.use_passkey(used).await {
                Ok(()) => true,
                // Another use came between: the counter of this one is not the next.
                Err(StoreError::Conflict { .. }) => false,
                Err(error) => return Err(error.into()),
            },
            Self::Nothing => false,
        };
        match self {
            Self::Totp { id, .. } if !right => tx.count_totp_failure(*id).await?,
            Self::Recovery(_) | Self::Passkey(_) if right => {
                tx.forgive_totp_failures(account).await?;
            }
            Self::Totp { .. } | Self::Recovery(_) | Self::Passkey(_) | Self::Nothing => {}
        }
        Ok(right)
    }
}

impl Platform {
    /// Prepares what was shown for the account.
    pub(super) async fn shown(
        &self,
        account: AccountId,
        second: &Second,
    ) -> Result<Shown, AppError> {
        match second {
            Second::Totp(code) => {
                let held = self.store().find_totp(account, Confirmed::Yes).await?;
                let Some(held) = held else {
                    return Ok(Shown::Nothing);
                };
                if held.failures >= u64::from(TOTP_FAILURES_MAX) {
                    return Err(AccountError::FactorLocked.into());
                }
                // Whether the step was used before is asked of the row, in the transaction.
                let step = held.secret.matching_step(code, self.now(), None);
                Ok(Shown::Totp { id: held.id, step })
            }
            Second::Recovery(code) => {
                let hash = self.store().hash_recovery_code(account, code).await?;
                Ok(Shown::Recovery(hash))
            }
            Second::Passkey(answer) => {
                let (held, used) = self.proven_by_passkey(answer).await?;
                if held.account == account {
                    Ok(Shown::Passkey(used))
                } else {
                    Ok(Shown::Nothing)
                }
            }
        }
    }
}
