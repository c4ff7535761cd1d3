use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use yuntu_demo::{DemoError, DemoOptions};
use yuntu_terms::{SystemClock, SystemEntropy};

use crate::cli::Demo;
use crate::commands::block_on;
use crate::failure::{Failure, OrFail as _};
use crate::output::Output;
use crate::progress::Terminal;

/// Runs the main job; its folder is kept where the caller named one.
pub(crate) fn run(demo: &Demo, out: &Output) -> Result<ExitCode, Failure> {
    // Without --out the folder is left for the reader to look at; it lies in the system's own temporary place.
    let folder = match &demo.out {
        Some(folder) => folder.clone(),
        None => tempfile::Builder::new()
            .prefix("yuntu-demo-")
            .tempdir()
            .or_fail(
                "无法建立临时文件夹；请用 --out 指定文件夹",
                "no temporary folder can be made; name a folder with --out",
            )?
            .keep(),
    };
    let options = DemoOptions {
        lang: out.lang,
        out: folder,
        cache: demo.cache.clone().unwrap_or_else(cache),
        generated: demo.generated,
        seed: demo.seed,
        database: demo.database.clone(),
    };
    let teller = Terminal::new(out);
    let clock = Arc::new(SystemClock);
    let done: Result<_, DemoError> = block_on(async {
        Ok(yuntu_demo::run(&options, &teller, clock, Arc::new(SystemEntropy)).await)
    })?;
    match done {
        Ok(_summary) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            let (text, remedy) = (error.text(), error.remedy());
            let mut failure = Failure::new(text.zh, text.en);
            if let Some(cause) = error.cause() {
                failure = failure.because(cause);
            }
            if let Some(remedy) = remedy {
                failure = failure.remedy(remedy);
            }
            Err(failure)
        }
    }
}

/// The folder for fetched tables, where the desktop's convention puts it.
fn cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(home)
        .unwrap_or_else(std::env::temp_dir)
        .join("yuntu")
        .join("tables")
}
