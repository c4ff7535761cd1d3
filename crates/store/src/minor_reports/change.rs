use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use yuntu_policy::MinorReportState;
use yuntu_terms::{AccountId, MinorReportId, OperatorId, Timestamp, clause};

use super::{REPORT_NETWORK_QUOTAS, SealedMinorReport, SealedReportWords, TABLE, report_of};
use crate::entity::minor_report;
use crate::error::StoreError;
use crate::limits::{COUNTED_FOR, Limit, Limited};
use crate::rows::insert;
use crate::tx::Tx;

/// What a report becomes.
#[derive(Debug)]
pub enum ReportMove<'a> {
    /// The account is suspended, and its erasure begins at this moment.
    Uphold {
        /// The account.
        account: AccountId,
        /// Who decides.
        by: OperatorId,
        /// When the erasure begins.
        erase: Timestamp,
        /// Why.
        words: &'a SealedReportWords,
    },
    /// No account is removed for it.
    Dismiss {
        /// Who decides.
        by: OperatorId,
        /// Why.
        words: &'a SealedReportWords,
    },
    /// The rows of the account are erased.
    Erase,
    /// The keys of the account are destroyed too.
    Remove,
}

impl ReportMove<'_> {
    const fn to(&self) -> MinorReportState {
        match self {
            Self::Uphold { .. } => MinorReportState::Upheld,
            Self::Dismiss { .. } => MinorReportState::Dismissed,
            Self::Erase => MinorReportState::Erasing,
            Self::Remove => MinorReportState::Removed,
        }
    }
}

impl Tx {
    /// Takes a report, unless too many came from its network; then nothing is kept.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R29
    pub async fn take_minor_report(
        &self,
        sealed: &SealedMinorReport,
    ) -> Result<Option<Limit>, StoreError> {
        use minor_report::Column;
        clause::hit!(R29);
        let now = self.now();
        let most = REPORT_NETWORK_QUOTAS.iter().map(|it| it.times_max).max();
        let came: Vec<i64> = minor_report::Entity::find()
            .select_only()
            .column(Column::ReportedAt)
            .filter(Column::NetworkMac.eq(sealed.row.network_mac.clone()))
            .filter(Column::ReportedAt.gt(now.minus(COUNTED_FOR).as_micros()))
            .order_by_desc(Column::ReportedAt)
            .limit(most.map(u64::from))
            .into_tuple()
            .all(&self.link)
            .await?;
        let quotas = REPORT_NETWORK_QUOTAS.iter();
        let until = quotas.filter_map(|quota| quota.used_up_until(&came, now));
        if let Some(until) = until.max() {
            let of = Limited::Network;
            return Ok(Some(Limit { until, of }));
        }
        insert(&self.link, sealed.row.clone()).await?;
        Ok(None)
    }

    /// Moves a report on.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such report; [`StoreError::Conflict`] when it has moved on meanwhile, so
    /// that this cannot follow.
    ///
    /// # Clause
    /// R29
    pub async fn move_minor_report(
        &self,
        id: MinorReportId,
        to: &ReportMove<'_>,
    ) -> Result<(), StoreError> {
        use minor_report::Column;
        clause::hit!(R29);
        let row = minor_report::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        let row = row.ok_or(StoreError::Missing { what: TABLE })?;
        let from = report_of(&row)?.state;
        if !from.may_become(to.to()) {
            return Err(StoreError::Conflict { what: TABLE });
        }
        let now = self.now().as_micros();
        let mut update = minor_report::Entity::update_many()
            .col_expr(Column::State, Expr::value(to.to().code()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::State.eq(from.code()));
        let nothing = || Expr::value(Option::<Vec<u8>>::None);
        match to {
            ReportMove::Uphold {
                account,
                by,
                erase,
                words,
            } => {
                same_report(id, words)?;
                update = update
                    .col_expr(Column::AccountId, Expr::value(account.uuid()))
                    .col_expr(Column::DecidedBy, Expr::value(by.uuid()))
                    .col_expr(Column::EraseAt, Expr::value(erase.as_micros()))
                    .col_expr(Column::WordsSealed, Expr::value(words.bytes.clone()))
                    .col_expr(Column::DecidedAt, Expr::value(now));
            }
            ReportMove::Dismiss { by, words } => {
                same_report(id, words)?;
                update = update
                    .col_expr(Column::DecidedBy, Expr::value(by.uuid()))
                    .col_expr(Column::EraseAt, Expr::value(Option::<i64>::None))
                    .col_expr(Column::WordsSealed, Expr::value(words.bytes.clone()))
                    .col_expr(Column::ContactSealed, nothing())
                    .col_expr(Column::DecidedAt, Expr::value(now))
                    .col_expr(Column::SettledAt, Expr::value(now));
            }
            // What was told of a person who may be a minor goes with what she told herself.
            ReportMove::Erase => {
                for column in [
                    Column::AccountSealed,
                    Column::EnterpriseSealed,
                    Column::PersonSealed,
                    Column::WhySealed,
                    Column::ContactSealed,
                ] {
                    update = update.col_expr(column, nothing());
                }
            }
            ReportMove::Remove => {
                update = update.col_expr(Column::SettledAt, Expr::value(now));
            }
        }
        let done = update.exec(&self.link).await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict { what: TABLE })
        }
    }
}

fn same_report(id: MinorReportId, words: &SealedReportWords) -> Result<(), StoreError> {
    if words.id == id {
        Ok(())
    } else {
        Err(StoreError::Missing { what: TABLE })
    }
}
