use serde_json::json;
use yuntu_policy::{AccountCheckReason, AccountCheckResult};
use yuntu_store::{NewAccountCheck, Tx};
use yuntu_terms::{ApplicationId, ClauseId, Text, Timestamp, clause};

use super::CertificationError;
use super::hand_in::moved_on;
use crate::caller::entry;
use crate::error::AppError;
use crate::operators::OperatorCaller;
use crate::platform::Platform;

/// The most that the payment is: one yuan.
pub const PAYMENT_FEN_MAX: u32 = 100;
/// How exactly a reviewer writes down when she paid.
const MINUTE_MICROS: i64 = 60_000_000;

/// What of a payment cannot be, by the field that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaymentFault {
    /// The amount is not from 0.01 to 1.00 yuan.
    #[error("the amount is out of range")]
    Amount,
    /// It was made in the future, or before the number of the account was given.
    #[error("the moment is out of range")]
    Paid,
    /// Nobody says how it came out.
    #[error("the result is missing")]
    Result,
    /// A payment that failed has a reason, one that verified the account has none.
    #[error("result and reason do not fit")]
    Reason,
}

impl PaymentFault {
    /// Returns the field of the form.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::Paid => "paid",
            Self::Result => "result",
            Self::Reason => "why",
        }
    }

    /// Says what is wrong and what to do.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Amount => Text::new(
                "应为 0.01 至 1.00 元，如 0.37",
                "This is from 0.01 to 1.00 yuan, such as 0.37.",
            ),
            Self::Paid => Text::new(
                "应为打款的日期和时间，不在将来，也不早于企业填写此账户",
                "This is when the payment was made: not in the future, and not before the enterprise gave the account.",
            ),
            Self::Result => Text::new("请选择结果", "Please choose how it came out."),
            Self::Reason => Text::new(
                "未通过时须选择原因，已核验时不选",
                "Choose a reason when it failed, and none when it verified the account.",
            ),
        }
    }
}

/// A payment as a reviewer writes it down; what cannot be read is absent.
#[derive(Debug, Clone, Copy)]
pub struct TypedPayment {
    /// What was paid, in fen.
    pub amount_fen: Option<u32>,
    /// When, to the minute.
    pub paid: Option<Timestamp>,
    /// How it came out.
    pub result: Option<AccountCheckResult>,
    /// Why not.
    pub reason: Option<AccountCheckReason>,
}

impl Platform {
    /// Records how the small payment to the account of an application came out; an application is approved only when the
    /// last one verified the account that it names.
    ///
    /// # Errors
    /// [`CertificationError::Payment`] with what cannot be, [`CertificationError::Concerned`],
    /// [`CertificationError::MovedOn`] when the application is not under review; else as [`Platform::review`].
    /// # Clause
    /// U1, R23
    pub async fn record_account_check(
        &self,
        caller: &OperatorCaller,
        id: ApplicationId,
        typed: TypedPayment,
    ) -> Result<(), AppError> {
        clause::hit!(U1);
        let application = self.reviewable(caller, id).await?;
        let check = self.checked_payment(id, typed).await?;
        let actor = self.store().account_pseudonym(caller.account).await?;
        let enterprise = application.enterprise;
        self.store()
            .run_tx("certification.check_account", async |tx: Tx| {
                tx.record_account_check(enterprise, id, check, caller.operator)
                    .await?;
                let body = json!({
                    "enterprise": enterprise, "application": id, "result": check.result,
                    "reason": check.reason, "amount_fen": check.amount_fen, "paid": check.paid,
                });
                let clauses = [ClauseId::u(1)];
                let kind = "certification.account_checked";
                let checked = entry(&tx, kind, &clauses, actor, body)?;
                tx.append_own(caller, &checked).await?;
                Ok(())
            })
            .await
            .map_err(moved_on)
    }

    async fn checked_payment(
        &self,
        id: ApplicationId,
        typed: TypedPayment,
    ) -> Result<NewAccountCheck, AppError> {
        let fault = |fault| AppError::from(CertificationError::Payment(fault));
        let given = self.store().read().account_given(id).await?;
        let given = given.ok_or(CertificationError::MovedOn)?;
        let amount = typed.amount_fen;
        let amount = amount.filter(|fen| (1..=PAYMENT_FEN_MAX).contains(fen));
        let amount_fen = amount.ok_or_else(|| fault(PaymentFault::Amount))?;
        let now = self.now();
        let paid = typed.paid.filter(|paid| {
            let minute_ends = paid.as_micros().saturating_add(MINUTE_MICROS);
            *paid <= now && given.as_micros() < minute_ends
        });
        let paid = paid.ok_or_else(|| fault(PaymentFault::Paid))?;
        let result = typed.result.ok_or_else(|| fault(PaymentFault::Result))?;
        let failed = result == AccountCheckResult::Failed;
        if failed != typed.reason.is_some() {
            return Err(fault(PaymentFault::Reason));
        }
        Ok(NewAccountCheck {
            amount_fen,
            paid,
            result,
            reason: typed.reason,
        })
    }
}
