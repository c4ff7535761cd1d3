//! The subcommands, one file each.

pub(crate) mod demo;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod migrate;
pub(crate) mod operator;
pub(crate) mod operators;
pub(crate) mod outbox;
pub(crate) mod prove;
pub(crate) mod serve;
pub(crate) mod statement;

use std::future::Future;

use yuntu_app::{AppError, Platform};
use yuntu_ledger::LedgerError;

use crate::failure::{Failure, OrFail as _};

/// Takes what a command recorded into the ledger; a server that runs on the installation does it itself.
pub(crate) async fn sequence(platform: &Platform) -> Result<(), Failure> {
    match platform.sequence().await {
        Ok(_) | Err(AppError::Ledger(LedgerError::Locked)) => Ok(()),
        // It is durable already; the next start takes its entry into the ledger.
        Err(error) => Err(error).or_fail(
            "已完成，但账本暂时无法收录",
            "it is done, but the ledger cannot take its entry in",
        ),
    }
}

/// Runs a subcommand's future to its end on all cores.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Planning a deep query needs more stack than the default.
        .thread_stack_size(8 << 20)
        .build()
        .or_fail("程序无法启动", "the program cannot start")?;
    runtime.block_on(future)
}
