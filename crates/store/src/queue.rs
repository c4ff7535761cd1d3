//! The mechanics that jobs and the outbox share: lease, retry with back-off, give up, acknowledge.

use std::time::Duration;

use sea_orm::sea_query::{
    Cond, Expr, ExprTrait, LockBehavior, LockType, Order, Query, SelectStatement,
};
use sea_orm::{ConnectionTrait, prelude::Uuid};
use yuntu_terms::{EnterpriseId, Timestamp};

use crate::error::StoreError;
use crate::link::Link;

const RETRY_FIRST: Duration = Duration::from_secs(5);
const RETRY_LONGEST: Duration = Duration::from_hours(1);

pub(crate) const QUEUED: &str = "queued";
pub(crate) const RUNNING: &str = "running";
pub(crate) const DONE: &str = "done";
pub(crate) const DEAD: &str = "dead";

/// One of the two queues, by the name of its table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queue {
    pub(crate) table: &'static str,
    pub(crate) what: &'static str,
    /// The column by which a worker chooses what it can do.
    pub(crate) selector: &'static str,
}

/// What a worker can do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Of what kinds, or by which channels.
    pub(crate) kinds: &'a [&'a str],
    /// For whom, where it is for one.
    pub(crate) of: Option<EnterpriseId>,
}

/// What became of an item that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// It runs again at this time.
    Retried(Timestamp),
    /// It failed too often and waits for a person.
    Dead,
}

impl Queue {
    /// Takes the oldest item that is due and that nobody works on.
    pub(crate) async fn lease(
        self,
        link: &Link,
        wanted: Wanted<'_>,
        lease: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Uuid>, StoreError> {
        self.bury_abandoned(link, now).await?;
        let Some(row) = link.query_one(&self.next(wanted, now)).await? else {
            return Ok(None);
        };
        let id: Uuid = row.try_get("", "id")?;
        let update = Query::update()
            .table(self.table)
            .value("state", RUNNING)
            .value("lease", lease)
            .value("leased_until", until.as_micros())
            .value("attempts", Expr::col("attempts").add(1))
            .and_where(Expr::col("id").eq(id))
            .to_owned();
        link.execute(&update).await?;
        Ok(Some(id))
    }

    fn next(self, wanted: Wanted<'_>, now: Timestamp) -> SelectStatement {
        let mut next = self.due(wanted.kinds, now);
        if let Some(enterprise) = wanted.of {
            next.and_where(Expr::col("enterprise_id").eq(enterprise.uuid()));
        }
        next.column("id")
            .order_by("run_at", Order::Asc)
            .order_by("id", Order::Asc)
            .limit(1)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        next
    }

    /// Chooses what is due and nobody works on.
    pub(crate) fn due(self, kinds: &[&str], now: Timestamp) -> SelectStatement {
        let now = now.as_micros();
        let waiting = Cond::all()
            .add(Expr::col("state").eq(QUEUED))
            .add(Expr::col("run_at").lte(now));
        let abandoned = Cond::all()
            .add(Expr::col("state").eq(RUNNING))
            .add(Expr::col("leased_until").lte(now));
        Query::select()
            .from(self.table)
            .cond_where(Cond::any().add(waiting).add(abandoned))
            .and_where(Expr::col(self.selector).is_in(kinds.iter().copied()))
            .to_owned()
    }

    /// Gives up items whose last attempt ended without a word.
    async fn bury_abandoned(self, link: &Link, now: Timestamp) -> Result<(), StoreError> {
        let update = Query::update()
            .table(self.table)
            .value("state", DEAD)
            .value("failure", "abandoned")
            .value("finished_at", now.as_micros())
            .value("lease", Option::<Uuid>::None)
            .and_where(Expr::col("state").eq(RUNNING))
            .and_where(Expr::col("leased_until").lte(now.as_micros()))
            .and_where(Expr::col("attempts").gte(Expr::col("attempts_max")))
            .to_owned();
        link.execute(&update).await?;
        Ok(())
    }

    /// Acknowledges the item, if the lease still holds.
    pub(crate) async fn finish(
        self,
        link: &Link,
        id: Uuid,
        lease: Uuid,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = Query::update()
            .table(self.table)
            .value("state", DONE)
            .value("finished_at", now.as_micros())
            .value("lease", Option::<Uuid>::None)
            .and_where(Expr::col("id").eq(id))
            .and_where(Expr::col("lease").eq(lease))
            .to_owned();
        self.held(link.execute(&update).await?.rows_affected())
    }

    /// Lengthens the lease, if it still holds.
    pub(crate) async fn extend(
        self,
        link: &Link,
        id: Uuid,
        lease: Uuid,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let update = Query::update()
            .table(self.table)
            .value("leased_until", until.as_micros())
            .and_where(Expr::col("id").eq(id))
            .and_where(Expr::col("lease").eq(lease))
            .to_owned();
        self.held(link.execute(&update).await?.rows_affected())
    }

    /// Ends the leases of workers that are gone, so that their items are taken up at once and as if not tried: that a server
    /// ended is no failure of what it worked on, and must not lengthen its next wait.
    pub(crate) async fn release(
        self,
        link: &Link,
        kinds: &[&str],
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let update = Query::update()
            .table(self.table)
            .value("leased_until", now.as_micros())
            .value("attempts", Expr::col("attempts").sub(1))
            .and_where(Expr::col("state").eq(RUNNING))
            .and_where(Expr::col("leased_until").gt(now.as_micros()))
            .and_where(Expr::col(self.selector).is_in(kinds.iter().copied()))
            .to_owned();
        Ok(link.execute(&update).await?.rows_affected())
    }

    /// Gives the item back after a failure: it runs again later, or is dead when it failed too often.
    pub(crate) async fn fail(
        self,
        link: &Link,
        id: Uuid,
        lease: Uuid,
        failure: &str,
        now: Timestamp,
    ) -> Result<AfterFailure, StoreError> {
        let select = Query::select()
            .columns(["attempts", "attempts_max"])
            .from(self.table)
            .and_where(Expr::col("id").eq(id))
            .and_where(Expr::col("lease").eq(lease))
            .to_owned();
        let Some(row) = link.query_one(&select).await? else {
            return Err(StoreError::Conflict { what: self.what });
        };
        let attempts: i64 = row.try_get("", "attempts")?;
        let attempts_max: i64 = row.try_get("", "attempts_max")?;
        let mut update = Query::update();
        update
            .table(self.table)
            .value("failure", failure)
            .value("lease", Option::<Uuid>::None)
            .value("leased_until", Option::<i64>::None)
            .and_where(Expr::col("id").eq(id))
            .and_where(Expr::col("lease").eq(lease));
        let after = if attempts >= attempts_max {
            update
                .value("state", DEAD)
                .value("finished_at", now.as_micros());
            AfterFailure::Dead
        } else {
            let run_at = now.plus(retry_after(attempts));
            update
                .value("state", QUEUED)
                .value("run_at", run_at.as_micros());
            AfterFailure::Retried(run_at)
        };
        self.held(link.execute(&update).await?.rows_affected())?;
        Ok(after)
    }

    /// Gives up the item at once, whatever attempts are left.
    pub(crate) async fn give_up(
        self,
        link: &Link,
        id: Uuid,
        lease: Uuid,
        failure: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = Query::update()
            .table(self.table)
            .value("state", DEAD)
            .value("failure", failure)
            .value("finished_at", now.as_micros())
            .value("lease", Option::<Uuid>::None)
            .value("leased_until", Option::<i64>::None)
            .and_where(Expr::col("id").eq(id))
            .and_where(Expr::col("lease").eq(lease))
            .to_owned();
        self.held(link.execute(&update).await?.rows_affected())
    }

    /// Gives the item back until a moment, as if it had not been tried.
    pub(crate) async fn put_back(
        self,
        link: &Link,
        id: Uuid,
        lease: Uuid,
        failure: &str,
        run_at: Timestamp,
    ) -> Result<(), StoreError> {
        let update = Query::update()
            .table(self.table)
            .value("state", QUEUED)
            .value("failure", failure)
            .value("attempts", Expr::col("attempts").sub(1))
            .value("run_at", run_at.as_micros())
            .value("lease", Option::<Uuid>::None)
            .value("leased_until", Option::<i64>::None)
            .and_where(Expr::col("id").eq(id))
            .and_where(Expr::col("lease").eq(lease))
            .to_owned();
        self.held(link.execute(&update).await?.rows_affected())
    }

    fn held(self, rows: u64) -> Result<(), StoreError> {
        if rows == 1 {
            Ok(())
        } else {
            Err(StoreError::Conflict { what: self.what })
        }
    }
}

fn retry_after(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or_default();
    (RETRY_FIRST * 2_u32.pow(doublings)).min(RETRY_LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_an_hour() {
        let waits: Vec<_> = [1, 2, 3, 50].map(|n| retry_after(n).as_secs()).to_vec();
        assert_eq!(waits, [5, 10, 20, 3_600]);
    }
}
