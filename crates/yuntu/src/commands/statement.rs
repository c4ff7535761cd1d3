use std::path::Path;
use std::process::ExitCode;

use yuntu_statement::{Statement, StatementError, check, diff, render};

use crate::cli;
use crate::commands::operator;
use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::output::Output;

/// Checks, compares or prints statements.
pub(crate) fn run(command: &cli::Statement, out: &Output) -> Result<ExitCode, Failure> {
    match command {
        cli::Statement::Check { folder } => {
            let statement = match read(folder.as_deref()) {
                Ok(statement) => statement,
                Err(error) => return Ok(unreadable(out, &error)),
            };
            let findings = check(&statement);
            for finding in &findings {
                out.line(&finding.show(out.lang).to_string());
            }
            let (version, digest) = (statement.version(), statement.digest());
            if findings.is_empty() {
                out.line(&out.lang.pick(
                    format!("声明 {version} 成立，摘要 {digest}"),
                    format!("statement {version} holds, digest {digest}"),
                ));
                return Ok(ExitCode::SUCCESS);
            }
            let count = findings.len();
            out.line(&out.lang.pick(
                format!("声明 {version}：{count} 处不成立"),
                format!("statement {version}: {count} findings"),
            ));
            Ok(ExitCode::FAILURE)
        }
        cli::Statement::Diff { old, new } => {
            let (old, new) = match (read(Some(old)), read(new.as_deref())) {
                (Ok(old), Ok(new)) => (old, new),
                (Err(error), _) | (_, Err(error)) => return Ok(unreadable(out, &error)),
            };
            let diff = diff(&old, &new);
            out.line(&diff.show(out.lang).to_string());
            Ok(if diff.reduces_rights() {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            })
        }
        cli::Statement::Show(folder) => {
            let statement =
                Statement::in_force().or_fail("声明无法读取", "the statement cannot be read")?;
            let installation = Config::read(&folder.data)?.operator();
            if let Some(missing) = operator::missing(statement, &installation) {
                out.hint(missing.get(out.lang));
            }
            out.line(&render::plain(statement, out.lang, &installation));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn read(folder: Option<&Path>) -> Result<Statement, StatementError> {
    match folder {
        Some(folder) => Statement::read_dir(folder),
        None => Statement::in_force().cloned(),
    }
}

fn unreadable(out: &Output, error: &StatementError) -> ExitCode {
    out.line(&error.describe(out.lang));
    ExitCode::FAILURE
}
