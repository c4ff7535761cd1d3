use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::error::EngineError;

/// The threads on which queries run, one for each core, shared by all engines of the process.
///
/// A query computes for long between two points where it could give way. On threads of its own it keeps neither a
/// request nor a timer from running, and so what limits its time is always there to end it.
static POOL: OnceLock<Option<Runtime>> = OnceLock::new();

fn pool() -> Result<&'static Runtime, EngineError> {
    POOL.get_or_init(|| {
        Builder::new_multi_thread()
            .thread_name("yuntu-query")
            .enable_all()
            .build()
            .ok()
    })
    .as_ref()
    .ok_or_else(|| EngineError::internal("query threads"))
}

/// A task that ends with its handle.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs work on the query threads; a panic in it is an error of this run alone.
pub(crate) async fn run<T: Send + 'static>(
    work: impl Future<Output = Result<T, EngineError>> + Send + 'static,
) -> Result<T, EngineError> {
    let mut task = Task(pool()?.spawn(work));
    match (&mut task.0).await {
        Ok(done) => done,
        Err(error) if error.is_cancelled() => Err(EngineError::Cancelled),
        Err(_panic) => Err(EngineError::internal("query")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_of_one_run() {
        let panics = async { panic!("in a query") };
        let error = run::<()>(panics).await.unwrap_err();
        assert!(matches!(error, EngineError::Internal(_)), "{error}");
        assert_eq!(run(async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_ends() {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let endless = async move {
            let _kept = sender;
            std::future::pending::<Result<(), EngineError>>().await
        };
        let waited = tokio::time::timeout(std::time::Duration::from_millis(20), run(endless)).await;
        assert!(waited.is_err());
        // The sender is dropped with the work.
        assert!(receiver.await.is_err());
    }
}
