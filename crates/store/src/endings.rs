use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Cond, Condition, Expr, ExprTrait, Query};
use yuntu_terms::{Timestamp, clause};

use crate::columns::column_rules;
use crate::error::StoreError;
use crate::queue::{DEAD, DONE};
use crate::rows::Place;
use crate::tx::Tx;

/// Rows that go when the time is over that `columns.toml` gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// What people find in their own logs; the ledger keeps its entries, which nothing ties to a person then.
    OwnActs,
    /// Tries to sign in that failed, as the owners of the addresses read them.
    Tries,
    /// Codes that were sent.
    Codes,
    /// Failures that are counted.
    Failures,
    /// Sessions that have ended.
    Sessions,
    /// What led from a first factor to a second and was not used.
    Tickets,
    /// Registrations and uses of passkeys that came to no end.
    Ceremonies,
    /// Browsers from which nobody signed in again.
    Devices,
    /// Messages that left, were given up or wait no longer.
    Messages,
    /// Jobs that are done or were given up.
    Jobs,
    /// Tokens that were revoked or have ended.
    Tokens,
    /// Keys of requests that may be sent again, with their answers.
    Repeats,
    /// Looks of people of an enterprise into its papers.
    PaperLooks,
    /// Ends that were told.
    EndingNotices,
    /// Reports of minors' accounts that are settled.
    MinorReports,
    /// Dangerous acts that were proposed; the ledger keeps that they were and who decided.
    Proposals,
}

/// Where the rows of an ending lie and which are over.
struct Rows {
    table: &'static str,
    key: &'static str,
    over: fn(i64) -> Condition,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 16] = [
        Self::OwnActs,
        Self::Tries,
        Self::Codes,
        Self::Failures,
        Self::Sessions,
        Self::Tickets,
        Self::Ceremonies,
        Self::Devices,
        Self::Messages,
        Self::Jobs,
        Self::Tokens,
        Self::Repeats,
        Self::PaperLooks,
        Self::EndingNotices,
        Self::MinorReports,
        Self::Proposals,
    ];

    fn rows(self) -> Rows {
        let (table, key, over): (_, _, fn(i64) -> Condition) = match self {
            Self::OwnActs => ("account_act", "leaf_id", |end| before("acted_at", end)),
            Self::Tries => ("sign_in_try", "id", |end| before("tried_at", end)),
            Self::Codes => ("code", "id", |end| before("sent_at", end)),
            Self::Failures => ("sign_in_failure", "id", |end| before("failed_at", end)),
            Self::Sessions => ("session", "id", |end| {
                let ended = before("ended_at", end).add(Expr::col("idle_until").lt(end));
                ended.add(Expr::col("ends_at").lt(end))
            }),
            Self::Tickets => ("ticket", "id", |end| before("expires_at", end)),
            Self::Ceremonies => ("ceremony", "id", |end| before("expires_at", end)),
            Self::Devices => ("device", "id", |end| before("seen_at", end)),
            // What waits so long is stale, whatever it waits for.
            Self::Messages => ("outbox", "id", |end| before("created_at", end)),
            Self::Jobs => ("job", "id", |end| {
                let over = Expr::col("state").is_in([DONE, DEAD]);
                Cond::all().add(over).add(Expr::col("finished_at").lt(end))
            }),
            Self::MinorReports => ("minor_report", "id", |end| before("settled_at", end)),
            // From when it could no longer be decided.
            Self::Proposals => ("proposal", "id", |end| before("expires_at", end)),
            Self::Tokens => ("api_token", "id", |end| {
                before("revoked_at", end).add(Expr::col("expires_at").lt(end))
            }),
            Self::Repeats => ("idempotent_request", "id", |end| before("created_at", end)),
            Self::PaperLooks => ("paper_look", "leaf_id", |end| before("looked_at", end)),
            Self::EndingNotices => ("ending_notice", "told_at", |end| before("told_at", end)),
        };
        Rows { table, key, over }
    }

    /// Returns the table, as the ledger names it.
    pub fn table(self) -> &'static str {
        self.rows().table
    }

    /// Returns for how many days its rows are kept, as `columns.toml` says.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when it gives no such time, which a test excludes.
    ///
    /// # Clause
    /// R14
    pub fn kept_days(self) -> Result<i32, StoreError> {
        let Rows { table, key, .. } = self.rows();
        let broken = || Place(table, key).broken();
        let rules = column_rules()?;
        let rule = rules.get(table).and_then(|columns| columns.get(key));
        rule.and_then(|rule| days_in(&rule.retention))
            .ok_or_else(broken)
    }
}

fn before(column: &'static str, end: i64) -> Condition {
    Cond::any().add(Expr::col(column).lt(end))
}

/// Reads the time at the end of a code of retention, such as `6_months` or `until_ended_then_30_days`.
fn days_in(retention: &str) -> Option<i32> {
    let mut words = retention.rsplit('_');
    let unit = words.next()?;
    let number: i32 = words.next()?.parse().ok()?;
    match (number, unit) {
        (number, "day" | "days") => Some(number),
        // The longest six months, as the law asks for no less.
        (6, "months") => Some(184),
        (number, "year" | "years") => Some(number * 366),
        _ => None,
    }
}

impl Tx {
    /// Deletes rows whose time is over, as many as one transaction should; returns how many.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R1, R14
    pub async fn delete_ended(&self, ending: Ending, rows_max: u64) -> Result<u64, StoreError> {
        clause::hit!(R14);
        let end: Timestamp = self.now().plus_days(-ending.kept_days()?);
        let Rows { table, key, over } = ending.rows();
        let ended = Query::select()
            .column(key)
            .from(table)
            .cond_where(over(end.as_micros()))
            .limit(rows_max)
            .to_owned();
        // A transaction that deletes nothing has nothing to record.
        if self.link.query_one(&ended).await?.is_none() {
            return Ok(0);
        }
        let delete = Query::delete()
            .from_table(table)
            .and_where(Expr::col(key).in_subquery(ended))
            .to_owned();
        Ok(self.link.execute(&delete).await?.rows_affected())
    }

    /// Lets go of what messages say that were given up without a word of their sender; returns how many.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R14
    pub async fn forget_dead_payloads(&self, rows_max: u64) -> Result<u64, StoreError> {
        let dead = Query::select()
            .column("id")
            .from("outbox")
            .and_where(Expr::col("state").is_in([DONE, DEAD]))
            .and_where(Expr::col("payload_sealed").is_not_null())
            .limit(rows_max)
            .to_owned();
        if self.link.query_one(&dead).await?.is_none() {
            return Ok(0);
        }
        let forget = Query::update()
            .table("outbox")
            .value("payload_sealed", Option::<Vec<u8>>::None)
            .and_where(Expr::col("id").in_subquery(dead))
            .to_owned();
        Ok(self.link.execute(&forget).await?.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::COUNTED_FOR;

    #[test]
    fn every_ending_is_kept_as_long_as_its_columns_say_and_no_column_says_another_time() {
        let rules = column_rules().unwrap();
        for ending in Ending::ALL {
            let days = ending.kept_days().unwrap();
            for (column, rule) in &rules[ending.table()] {
                assert_eq!(days_in(&rule.retention), Some(days), "{ending:?} {column}");
            }
        }
        assert_eq!(Ending::OwnActs.kept_days().unwrap(), 184);
        assert_eq!(Ending::Sessions.kept_days().unwrap(), 30);
    }

    #[test]
    fn what_still_counts_is_kept() {
        let counted = i32::try_from(COUNTED_FOR.as_secs() / 86_400).unwrap();
        for ending in [Ending::Codes, Ending::Failures] {
            assert!(ending.kept_days().unwrap() >= counted, "{ending:?}");
        }
    }
}
