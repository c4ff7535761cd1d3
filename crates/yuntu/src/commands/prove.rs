use std::process::ExitCode;
use std::sync::Arc;

use yuntu_demo::{Evidence, Proved};
use yuntu_terms::{SystemClock, SystemEntropy};

use crate::cli::Prove;
use crate::commands::block_on;
use crate::failure::{Failure, OrFail as _};
use crate::output::Output;

/// Shows each clause with its control, its tests and what was checked live.
pub(crate) fn run(prove: &Prove, out: &Output) -> Result<ExitCode, Failure> {
    let folder = tempfile::tempdir().or_fail(
        "无法建立临时文件夹；请检查 TMPDIR",
        "no temporary folder can be made; check TMPDIR",
    )?;
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let proved = block_on(async {
        Box::pin(yuntu_demo::prove(folder.path(), clock, entropy))
            .await
            .or_fail("现场检查未能完成", "the live checks could not be done")
    })?;
    if prove.json {
        out.line(
            &serde_json::to_string_pretty(&proved)
                .or_fail("无法写成 JSON", "the report cannot be written as JSON")?,
        );
    } else {
        for row in &proved {
            print(row, out);
        }
    }
    let holds = proved
        .iter()
        .flat_map(|row| &row.evidence)
        .all(|it| it.holds);
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(row: &Proved, out: &Output) {
    let state = row.state_text.get(out.lang);
    out.line(&format!("{:<4} {state}", row.clause.to_string()));
    for control in &row.control {
        out.line(&format!(
            "       {} {control}",
            out.lang.pick("控制", "control ")
        ));
    }
    for test in &row.tests {
        out.line(&format!(
            "       {} {test}",
            out.lang.pick("测试", "test    ")
        ));
    }
    for Evidence {
        what, at, holds, ..
    } in &row.evidence
    {
        let mark = if *holds {
            out.lang.pick("成立", "holds")
        } else {
            out.lang.pick("不成立", "FAILS")
        };
        out.line(&format!("       {mark} {at} {}", what.get(out.lang)));
    }
    if !row.missing.get(out.lang).is_empty() {
        out.line(&format!(
            "       {} {}",
            out.lang.pick("尚缺", "missing "),
            row.missing.get(out.lang)
        ));
    }
}
