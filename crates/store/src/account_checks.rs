use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use yuntu_policy::{
    AccountCheckFacts, AccountCheckReason, AccountCheckResult, ApplicationField, ApplicationState,
    is_account_verified,
};
use yuntu_terms::{ApplicationId, EnterpriseId, OperatorId, Timestamp, clause};

use crate::entity::{account_check, application_value};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, number};
use crate::tx::Tx;

const TABLE: &str = "account_check";

/// How a small payment to the account of an application came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAccountCheck {
    /// What was paid, in fen.
    pub amount_fen: u32,
    /// When.
    pub paid: Timestamp,
    /// How it came out.
    pub result: AccountCheckResult,
    /// Why not, where it failed.
    pub reason: Option<AccountCheckReason>,
}

/// A payment that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountCheck {
    /// What was paid and how it came out.
    pub payment: NewAccountCheck,
    /// Who recorded it.
    pub by: OperatorId,
    /// When.
    pub recorded: Timestamp,
}

impl Tx {
    /// Records how a payment came out; earlier ones stay, the last one counts.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such application under review, or it names no account.
    ///
    /// # Clause
    /// U1
    pub async fn record_account_check(
        &self,
        enterprise: EnterpriseId,
        id: ApplicationId,
        check: NewAccountCheck,
        by: OperatorId,
    ) -> Result<(), StoreError> {
        clause::hit!(U1);
        let missing = StoreError::Missing {
            what: "application",
        };
        let read = self.read();
        let found = read.find_application(enterprise, id).await?;
        let in_review = [ApplicationState::Submitted, ApplicationState::Asked];
        if !found.is_some_and(|found| in_review.contains(&found.state))
            || read.account_given(id).await?.is_none()
        {
            return Err(missing);
        }
        let earlier = account_check::Entity::find()
            .filter(account_check::Column::ApplicationId.eq(id.uuid()))
            .count(&self.link)
            .await?;
        let row = account_check::Model {
            application_id: id.uuid(),
            number: number(earlier) + 1,
            enterprise_id: enterprise.uuid(),
            result: check.result.code().to_owned(),
            reason: check.reason.map(|reason| reason.code().to_owned()),
            amount_fen: i64::from(check.amount_fen),
            paid_at: check.paid.as_micros(),
            operator_id: by.uuid(),
            recorded_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))
    }
}

impl Reader {
    /// Lists the payments for an application of this enterprise, the last first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    pub async fn list_account_checks(
        &self,
        enterprise: EnterpriseId,
        id: ApplicationId,
    ) -> Result<Vec<AccountCheck>, StoreError> {
        let rows = account_check::Entity::find()
            .filter(account_check::Column::ApplicationId.eq(id.uuid()))
            .filter(account_check::Column::EnterpriseId.eq(enterprise.uuid()))
            .order_by_desc(account_check::Column::Number)
            .all(&self.link)
            .await?;
        rows.iter().map(check_of).collect()
    }

    /// Finds since when an application has the number of the account that it names now.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn account_given(&self, id: ApplicationId) -> Result<Option<Timestamp>, StoreError> {
        let key = (id.uuid(), ApplicationField::BankAccount.code().to_owned());
        let row = application_value::Entity::find_by_id(key)
            .one(&self.link)
            .await?;
        Ok(row.map(|row| moment(row.saved_at)))
    }

    /// Says whether the account that an application names now was verified by a payment.
    ///
    /// # Errors
    /// As [`Reader::list_account_checks`].
    ///
    /// # Clause
    /// U1
    pub async fn is_account_verified(
        &self,
        enterprise: EnterpriseId,
        id: ApplicationId,
    ) -> Result<bool, StoreError> {
        let Some(given) = self.account_given(id).await? else {
            return Ok(false);
        };
        let checks = self.list_account_checks(enterprise, id).await?;
        let last = checks.first().map(|check| AccountCheckFacts {
            result: check.payment.result,
            recorded: check.recorded,
        });
        Ok(is_account_verified(last.as_ref(), given))
    }
}

fn check_of(row: &account_check::Model) -> Result<AccountCheck, StoreError> {
    let place = |column| Place(TABLE, column);
    let reason = row
        .reason
        .as_deref()
        .map(|code| AccountCheckReason::from_code(code).ok_or_else(|| place("reason").broken()));
    let result = AccountCheckResult::from_code(&row.result);
    let amount = u32::try_from(row.amount_fen);
    Ok(AccountCheck {
        payment: NewAccountCheck {
            amount_fen: amount.map_err(|_range| place("amount_fen").broken())?,
            paid: moment(row.paid_at),
            result: result.ok_or_else(|| place("result").broken())?,
            reason: reason.transpose()?,
        },
        by: OperatorId::from_uuid(row.operator_id),
        recorded: moment(row.recorded_at),
    })
}
