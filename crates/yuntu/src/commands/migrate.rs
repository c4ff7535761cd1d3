use std::process::ExitCode;

use yuntu_app::store::Migrate;

use crate::cli::DataFolder;
use crate::commands::block_on;
use crate::config::Config;
use crate::failure::Failure;
use crate::output::Output;

/// Brings the database to this version's tables.
pub(crate) fn run(folder: &DataFolder, out: &Output) -> Result<ExitCode, Failure> {
    let config = Config::read(&folder.data)?;
    block_on(async {
        config.open(&folder.data, Migrate::Apply).await?;
        Ok(())
    })?;
    out.line(out.lang.pick(
        "数据库已是本版本的表结构",
        "the database has this version's tables",
    ));
    Ok(ExitCode::SUCCESS)
}
