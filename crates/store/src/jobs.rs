use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
};
use serde_json::Value;
use yuntu_terms::{EnterpriseId, JobId, Timestamp};

use crate::entity::job;
use crate::error::StoreError;
use crate::queue::{AfterFailure, QUEUED, Queue, Wanted};
use crate::rows::{Place, insert, moment, to_json};
use crate::store::Store;
use crate::tx::Tx;

const JOBS: Queue = Queue {
    table: "job",
    what: "job",
    selector: "kind",
};

/// A piece of work for a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// What kind of work, such as `audience.build`.
    pub kind: String,
    /// For whom.
    pub enterprise: Option<EnterpriseId>,
    /// What the worker needs to know: ids and numbers, never personal data.
    pub payload: Value,
    /// Not before this time.
    pub run_at: Timestamp,
    /// How often it may fail.
    pub attempts_max: u32,
    /// Jobs with the same key exist once.
    pub dedupe_key: Option<String>,
}

/// A job that a worker holds until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedJob {
    /// The job.
    pub id: JobId,
    /// The kind of work.
    pub kind: String,
    /// For whom.
    pub enterprise: Option<EnterpriseId>,
    /// What the worker needs to know.
    pub payload: Value,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Since when it is due.
    pub run_at: Timestamp,
    lease: Uuid,
}

impl Tx {
    /// Queues a job that exists if and only if this transaction commits.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a job with the same key exists, or a fault of the database.
    pub async fn enqueue_job(&self, new: &NewJob) -> Result<JobId, StoreError> {
        let id: JobId = self.new_id()?;
        let row = job::Model {
            id: id.uuid(),
            enterprise_id: new.enterprise.map(EnterpriseId::uuid),
            kind: new.kind.clone(),
            payload: to_json(&new.payload, "job")?,
            state: QUEUED.to_owned(),
            attempts: 0,
            attempts_max: i64::from(new.attempts_max.max(1)),
            run_at: new.run_at.as_micros(),
            leased_until: None,
            lease: None,
            failure: None,
            dedupe_key: new.dedupe_key.clone(),
            created_at: self.now().as_micros(),
            finished_at: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("job"))?;
        Ok(id)
    }

    /// Lets a job that waits for its time run now, if there is one with this key.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn hasten_job(&self, dedupe_key: &str) -> Result<(), StoreError> {
        job::Entity::update_many()
            .col_expr(job::Column::RunAt, self.now().as_micros().into())
            .filter(job::Column::DedupeKey.eq(dedupe_key))
            .filter(job::Column::State.eq(QUEUED))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Lets the jobs of these kinds run now that wait for their time for an enterprise, in the order in which they would have.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn hasten_jobs(
        &self,
        enterprise: EnterpriseId,
        kinds: &[&str],
    ) -> Result<(), StoreError> {
        use job::Column;
        use sea_orm::sea_query::ExprTrait;
        let now = self.now().as_micros();
        let waiting = Condition::all()
            .add(Column::EnterpriseId.eq(enterprise.uuid()))
            .add(Column::Kind.is_in(kinds.iter().copied()))
            .add(Column::State.eq(QUEUED))
            .add(Column::RunAt.gt(now));
        let last: Option<i64> = job::Entity::find()
            .select_only()
            .column(Column::RunAt)
            .filter(waiting.clone())
            .order_by_desc(Column::RunAt)
            .limit(1)
            .into_tuple()
            .one(&self.link)
            .await?;
        let Some(last) = last else { return Ok(()) };
        job::Entity::update_many()
            .col_expr(Column::RunAt, Expr::col(Column::RunAt).sub(last - now))
            .filter(waiting)
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Acknowledges a job in the transaction that holds its effects, so that both happen or neither.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the lease has ended and somebody else may hold the job.
    pub async fn finish_job(&self, job: &LeasedJob) -> Result<(), StoreError> {
        JOBS.finish(&self.link, job.id.uuid(), job.lease, self.now())
            .await
    }
}

impl Store {
    /// Queues a job that belongs to no act of anybody, such as a sweep.
    ///
    /// # Errors
    /// As [`Tx::enqueue_job`].
    pub async fn schedule_job(&self, new: &NewJob) -> Result<JobId, StoreError> {
        self.run_exempt("job.schedule", async |tx: Tx| tx.enqueue_job(new).await)
            .await
    }

    /// Takes the oldest job of these kinds that is due, for as long as the lease lasts.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lease_job(
        &self,
        kinds: &[&str],
        lease_for: Duration,
    ) -> Result<Option<LeasedJob>, StoreError> {
        self.lease(Wanted { kinds, of: None }, lease_for).await
    }

    /// Takes the oldest job of these kinds that is due for an enterprise.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn lease_job_of(
        &self,
        enterprise: EnterpriseId,
        kinds: &[&str],
        lease_for: Duration,
    ) -> Result<Option<LeasedJob>, StoreError> {
        let of = Some(enterprise);
        self.lease(Wanted { kinds, of }, lease_for).await
    }

    /// Lists the enterprises for which jobs of these kinds are due that nobody works on, who waits longest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn jobs_wait(&self, kinds: &[&str]) -> Result<Vec<EnterpriseId>, StoreError> {
        use sea_orm::ConnectionTrait;
        use sea_orm::sea_query::{ExprTrait, Order};
        let mut waiting = JOBS.due(kinds, self.now());
        waiting
            .column("enterprise_id")
            .and_where(Expr::col("enterprise_id").is_not_null())
            .group_by_col("enterprise_id")
            .order_by_expr(Expr::col("run_at").min(), Order::Asc);
        let rows = self.read().link.query_all(&waiting).await?;
        let ids = rows.iter().map(|row| row.try_get("", "enterprise_id"));
        let ids: Vec<Uuid> = ids.collect::<Result<_, _>>()?;
        Ok(ids.into_iter().map(EnterpriseId::from_uuid).collect())
    }

    async fn lease(
        &self,
        wanted: Wanted<'_>,
        lease_for: Duration,
    ) -> Result<Option<LeasedJob>, StoreError> {
        self.run_exempt("job.lease", async |tx: Tx| {
            let lease = tx.new_id().map(JobId::uuid)?;
            let now = tx.now();
            let until = now.plus(lease_for);
            let Some(id) = JOBS.lease(&tx.link, wanted, lease, now, until).await? else {
                return Ok(None);
            };
            let row = job::Entity::find_by_id(id).one(&tx.link).await?;
            row.map(|row| leased(row, lease)).transpose()
        })
        .await
    }

    /// Ends the leases of jobs of these kinds whose workers are known to be gone.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn release_jobs(&self, kinds: &[&str]) -> Result<u64, StoreError> {
        self.run_exempt("job.release", async |tx: Tx| {
            JOBS.release(&tx.link, kinds, tx.now()).await
        })
        .await
    }

    /// Lengthens the lease of a job that is still being worked on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the lease has ended and somebody else may hold the job.
    pub async fn extend_job(&self, job: &LeasedJob, lease_for: Duration) -> Result<(), StoreError> {
        self.run_exempt("job.extend", async |tx: Tx| {
            let until = tx.now().plus(lease_for);
            JOBS.extend(&tx.link, job.id.uuid(), job.lease, until).await
        })
        .await
    }

    /// Does what [`Tx::hasten_jobs`] does, where it is no act of anybody.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn hasten_jobs(
        &self,
        enterprise: EnterpriseId,
        kinds: &[&str],
    ) -> Result<(), StoreError> {
        self.run_exempt("job.hasten", async |tx: Tx| {
            tx.hasten_jobs(enterprise, kinds).await
        })
        .await
    }

    /// Acknowledges a job whose effects are elsewhere.
    ///
    /// # Errors
    /// As [`Tx::finish_job`].
    pub async fn finish_job(&self, job: &LeasedJob) -> Result<(), StoreError> {
        self.run_exempt("job.finish", async |tx: Tx| tx.finish_job(job).await)
            .await
    }

    /// Gives a job back, as if it had not been tried, for whoever comes next from a moment on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the lease has ended and somebody else may hold the job.
    pub async fn put_back_job(
        &self,
        job: &LeasedJob,
        why: &str,
        run_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.run_exempt("job.put_back", async |tx: Tx| {
            let id = job.id.uuid();
            JOBS.put_back(&tx.link, id, job.lease, why, run_at).await
        })
        .await
    }

    /// Gives a job back after a failure, whose code holds no values of rows.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the lease has ended and somebody else may hold the job.
    pub async fn fail_job(
        &self,
        job: &LeasedJob,
        failure: &str,
    ) -> Result<AfterFailure, StoreError> {
        self.run_exempt("job.fail", async |tx: Tx| {
            JOBS.fail(&tx.link, job.id.uuid(), job.lease, failure, tx.now())
                .await
        })
        .await
    }
}

fn leased(row: job::Model, lease: Uuid) -> Result<LeasedJob, StoreError> {
    Ok(LeasedJob {
        id: JobId::from_uuid(row.id),
        kind: row.kind,
        enterprise: row.enterprise_id.map(EnterpriseId::from_uuid),
        payload: Place("job", "payload").json(&row.payload)?,
        run_at: moment(row.run_at),
        attempt: u32::try_from(row.attempts).map_err(|_range| Place("job", "attempts").broken())?,
        lease,
    })
}
