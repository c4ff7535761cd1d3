use std::process::ExitCode;

use crate::cli::Keys;
use crate::commands::{block_on, sequence};
use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::output::Output;

/// Renews the keys; a server may go on running beside it.
pub(crate) fn run(command: &Keys, out: &Output) -> Result<ExitCode, Failure> {
    let Keys::Renew(folder) = command;
    let config = Config::read(&folder.data)?;
    let done = block_on(async {
        let platform = config.open_beside(&folder.data).await?;
        let done = platform.renew_keys().await.or_fail(
            "密钥未能全部更新；此前的内容仍可读取，请重试",
            "not every key could be renewed; everything stays readable, try again",
        )?;
        sequence(&platform).await?;
        Ok(done)
    })?;
    let (rotated, rewrapped) = (done.rotated, done.rewrapped.rewrapped);
    out.line(&out.lang.pick(
        format!("已更新 {rotated} 个密钥，重新包裹其下 {rewrapped} 个"),
        format!("{rotated} keys renewed, {rewrapped} below them wrapped anew"),
    ));
    Ok(ExitCode::SUCCESS)
}
