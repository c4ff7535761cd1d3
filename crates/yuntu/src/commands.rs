//! The subcommands, one file each.

pub(crate) mod demo;
pub(crate) mod ledger;
pub(crate) mod migrate;
pub(crate) mod operator;
pub(crate) mod prove;
pub(crate) mod serve;
pub(crate) mod statement;
pub(crate) mod token;

use std::future::Future;

use crate::failure::{Failure, OrFail as _};

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
