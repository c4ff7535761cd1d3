use yuntu_policy::NextProof;
use yuntu_store::{
    CodeOutcome, CodeUse, Confirmed, SealedUse, SignInMethod, StoreError, TOTP_FAILURES_MAX, Tx,
    TypedCode,
};
use yuntu_terms::{AccountId, Digest, FactorId};
use yuntu_vault::{Password, PasswordVerdict, RecoveryCode, TotpStep, VerificationCode};

use super::CeremonyAnswer;
use crate::accounts::{AccountError, TypedIn};
use crate::error::AppError;
use crate::platform::Platform;

/// A second factor as somebody shows it, or the other proof that a held sign-in waits for.
///
/// # Clause
/// R2, R9
#[derive(Debug)]
pub enum Second {
    /// A code of the authenticator.
    Totp(VerificationCode),
    /// A recovery code.
    Recovery(RecoveryCode),
    /// The answer of a passkey.
    Passkey(CeremonyAnswer),
    /// A code that was sent to an address of the account.
    Code(TypedIn),
    /// The password.
    Password(Password),
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
    Code(TypedCode),
    /// Whether it is the account's.
    Password(bool),
    /// There is no such factor, or something else is asked for.
    Nothing,
}

/// What came of using up what was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Used {
    /// It opens what it is shown for, now and for the first time.
    Right,
    /// It opens nothing.
    Wrong,
    /// It is a code that is no longer good.
    Spent,
}

impl From<bool> for Used {
    fn from(right: bool) -> Self {
        if right { Self::Right } else { Self::Wrong }
    }
}

impl Shown {
    /// Returns the code of the ledger.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Totp { .. } => "totp",
            Self::Recovery(_) => "recovery",
            Self::Passkey(_) => "passkey",
            Self::Code(_) => "code",
            Self::Password(_) => "password",
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
            (Self::Code(_) | Self::Password(_), _) => SignInMethod::PasswordAndCode,
            (Self::Recovery(_), true) => SignInMethod::PasswordAndRecovery,
            (Self::Recovery(_), false) => SignInMethod::CodeAndRecovery,
        }
    }

    /// Returns what a try that failed stands under in the person's own log.
    pub(super) const fn method_tried(&self, first: SignInMethod) -> SignInMethod {
        match self {
            Self::Code(_) => SignInMethod::Code,
            Self::Password(_) => SignInMethod::Password,
            Self::Totp { .. } | Self::Recovery(_) | Self::Passkey(_) | Self::Nothing => {
                self.method_after(first)
            }
        }
    }

    /// Says what is wrong with what was shown.
    pub(super) const fn wrong(&self, used: Used, left: u32) -> AccountError {
        match (self, used) {
            (Self::Code(_), Used::Spent) => AccountError::SpentCode,
            (Self::Code(_), Used::Right | Used::Wrong) => AccountError::WrongCode { left },
            (Self::Password(_), _) => AccountError::WrongNextPassword { left },
            (Self::Totp { .. } | Self::Recovery(_) | Self::Passkey(_) | Self::Nothing, _) => {
                AccountError::WrongFactor { left }
            }
        }
    }

    /// Returns how somebody proved herself who showed this in a session that is open.
    pub(super) const fn method_alone(&self) -> SignInMethod {
        match self {
            Self::Totp { .. } | Self::Nothing => SignInMethod::Totp,
            Self::Recovery(_) => SignInMethod::Recovery,
            Self::Passkey(_) => SignInMethod::Passkey,
            Self::Code(_) => SignInMethod::Code,
            Self::Password(_) => SignInMethod::Password,
        }
    }

    /// Uses it up: says whether it opens something, now and for the first time.
    pub(super) async fn use_up(&self, tx: &Tx, account: AccountId) -> Result<Used, AppError> {
        let right = match self {
            Self::Code(typed) => {
                return Ok(match tx.try_code(typed).await? {
                    // A code of one's own opens nobody else's account.
                    CodeOutcome::Right(proven) => {
                        let own = tx.read().list_address_macs(account).await?;
                        Used::from(own.contains(&proven.address))
                    }
                    CodeOutcome::Wrong { .. } => Used::Wrong,
                    CodeOutcome::Spent => Used::Spent,
                });
            }
            Self::Password(right) => *right,
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
            Self::Totp { .. }
            | Self::Recovery(_)
            | Self::Passkey(_)
            | Self::Code(_)
            | Self::Password(_)
            | Self::Nothing => {}
        }
        Ok(Used::from(right))
    }
}

impl Platform {
    /// Prepares what was shown for the account, if it is what is asked for.
    pub(super) async fn shown(
        &self,
        account: AccountId,
        asked: NextProof,
        second: &Second,
    ) -> Result<Shown, AppError> {
        let fits = match second {
            Second::Totp(_) | Second::Recovery(_) | Second::Passkey(_) => NextProof::Factor,
            Second::Code(_) => NextProof::Code,
            Second::Password(_) => NextProof::Password,
        };
        if fits != asked {
            return Ok(Shown::Nothing);
        }
        match second {
            Second::Code(typed) => {
                let (request, code) = (typed.request, &typed.code);
                let hashed = self.store().hash_code(request, CodeUse::SignIn, code);
                Ok(Shown::Code(hashed.await?))
            }
            Second::Password(password) => {
                let stored = self.store().find_password_hash(account).await?;
                let verdict = self
                    .inner
                    .passwords
                    .verify(password.clone(), stored)
                    .await?;
                Ok(Shown::Password(verdict != PasswordVerdict::Wrong))
            }
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
