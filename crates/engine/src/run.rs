use std::sync::Arc;
use std::time::Duration;

use yuntu_lake::Lake;
use yuntu_policy::RecordedPermit;
use yuntu_terms::{Clock, Timestamp, clause};

use crate::error::{Budget, EngineError};
use crate::guard::EndWithWaiter;
use crate::labels::{self, Label, TableShape};
use crate::outcome::Outcome;
use crate::query::{Query, RunInput};
use crate::receipt::{ReceiptBody, ReceiptDataset, ReceiptException};

mod admission;
mod answer;
mod hash;
pub(crate) mod pool;
mod profile;

use admission::Admitted;
use answer::Answered;

/// How much one run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineConfig {
    /// Memory of statements.
    pub memory_bytes: usize,
    /// Rows of a result.
    pub rows_max: u64,
    /// Time of a run.
    pub time_max: Duration,
    /// How many parts of a scan run at once; the number of cores is a good choice.
    pub partitions: usize,
    /// Rows of a batch.
    pub batch_size: usize,
}

/// How long a run may take, unless the configuration says otherwise; well below the life of a permit.
pub const TIME_MAX: Duration = Duration::from_mins(5);

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            rows_max: 1_000_000,
            time_max: TIME_MAX,
            partitions: std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get),
            batch_size: 8_192,
        }
    }
}

/// What was asked, on which permit, and when.
struct Done<'a> {
    permit: &'a RecordedPermit,
    input: &'a RunInput,
    query: &'a Query,
    started: Timestamp,
}

/// The only way to work on business data.
#[derive(Debug, Clone)]
pub struct Engine {
    lake: Lake,
    clock: Arc<dyn Clock>,
    config: EngineConfig,
}

impl Engine {
    /// Makes an engine over a lake.
    #[must_use]
    pub fn new(lake: Lake, clock: Arc<dyn Clock>, config: EngineConfig) -> Self {
        Self {
            lake,
            clock,
            config,
        }
    }

    /// Answers a query over what the permit admits.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when the input does not fit the permit, [`EngineError::Expired`] when the permit ends
    /// before the answer, [`EngineError::Invalid`] when the query is wrong, [`EngineError::Budget`] when it needs too
    /// much, [`EngineError::Cancelled`], [`EngineError::Internal`].
    ///
    /// # Clause
    /// U2, U4
    pub async fn run(
        &self,
        permit: &RecordedPermit,
        input: &RunInput,
        query: &Query,
    ) -> Result<Outcome, EngineError> {
        clause::hit!(U2);
        let started = self.clock.now();
        let admitted = Arc::new(Admitted::new(self, permit, input)?);
        let _end = EndWithWaiter(Arc::clone(&admitted.watch));
        let asked = (Arc::clone(&admitted), input.clone(), query.clone());
        let answering = pool::run(async move {
            let (admitted, input, query) = asked;
            answer::answer(&admitted, &input, &query).await
        });
        // The watch goes by the clock that is passed in; should that stand still, or an operator not come back to the
        // watch, nobody waits longer than this.
        let answered = tokio::time::timeout(self.config.time_max, answering)
            .await
            .map_err(|_elapsed| EngineError::Budget(Budget::Time))??;
        let done = Done {
            permit,
            input,
            query,
            started,
        };
        let receipt = self.receipt(&done, &admitted, &answered)?;
        Ok(Outcome {
            result: answered.result,
            funnels: admitted.funnels.clone(),
            base: admitted.base,
            labels: answered.labels,
            receipt,
        })
    }

    /// Says of each column that a statement would give how closely it is tied to persons, and from which inputs and by
    /// which rule it came to be so. The statement is planned over tables without rows and never run.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when the statement is wrong, [`EngineError::Budget`] when planning takes too long.
    ///
    /// # Clause
    /// R8
    pub async fn labels_of(
        &self,
        tables: Vec<TableShape>,
        sql: &str,
        as_of: Timestamp,
    ) -> Result<Vec<Label>, EngineError> {
        labels::labels_of(self.config, tables, sql.to_owned(), as_of).await
    }

    fn receipt(
        &self,
        done: &Done<'_>,
        admitted: &Admitted,
        answered: &Answered,
    ) -> Result<ReceiptBody, EngineError> {
        let Done {
            permit,
            input,
            query,
            started,
        } = *done;
        let datasets = admitted.guards.iter().map(|guard| {
            let dataset = ReceiptDataset {
                dataset: guard.snapshot.dataset,
                version: guard.snapshot.version,
                digest: guard.snapshot.digest,
                funnel: admitted.funnels.get(&guard.name).copied(),
                beyond_consent: admitted.beyond_consent.get(&guard.name).copied(),
            };
            (guard.name.clone(), dataset)
        });
        Ok(ReceiptBody {
            form: 1,
            permit: permit.id(),
            permit_digest: permit.digest(),
            enterprise: permit.enterprise(),
            instruction: permit.instruction(),
            purpose: permit.purpose().clone(),
            operation: permit.operation(),
            recipient: permit.recipient(),
            exception: exception_of(permit),
            statement_version: permit.statement_version().to_owned(),
            consent_version: input.consent.version(),
            consent_root: input.consent.root(),
            plan_hash: hash::of_plan(input, query)?,
            as_of: input.as_of,
            datasets: datasets.collect(),
            rows_in: admitted.watch.rows(),
            rows_out: hash::rows_out(&answered.result),
            output_hash: hash::of_result(&answered.result)?,
            labels: answered.labels.clone(),
            started,
            finished: self.clock.now(),
        })
    }
}

/// Names the exception on whose ground a permit admits people.
fn exception_of(permit: &RecordedPermit) -> Option<ReceiptException> {
    let (clause, id) = permit.exception().zip(permit.exception_use())?;
    let basis = permit.basis();
    Some(ReceiptException { clause, id, basis })
}
