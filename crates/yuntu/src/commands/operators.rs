use std::process::ExitCode;

use yuntu_app::AppError;
use yuntu_app::accounts::Address;
use yuntu_app::operators::NewOperator;
use yuntu_terms::Text;

use crate::cli::{AddOperator, Operator};
use crate::commands::block_on;
use crate::config::Config;
use crate::failure::Failure;
use crate::output::Output;

/// Runs a subcommand about operators.
pub(crate) fn run(command: &Operator, out: &Output) -> Result<ExitCode, Failure> {
    match command {
        Operator::Add(add) => self::add(add, out),
    }
}

/// Adds an operator and prints the link with which she enrols, once.
fn add(add: &AddOperator, out: &Output) -> Result<ExitCode, Failure> {
    let address = Address::email(&add.email).map_err(|fault| {
        Failure::new("邮箱不可用", "the mail address cannot be used").remedy(fault.text())
    })?;
    let config = Config::read(&add.folder.data)?;
    let added = block_on(async {
        // A server may run; it takes the entry into the ledger, or the next start does.
        let platform = config.open_beside(&add.folder.data).await?;
        let new = NewOperator {
            address,
            role: add.role,
            lang: out.lang,
        };
        platform
            .add_operator(new)
            .await
            .map_err(|error| refused(&error))
    })?;
    // The link is for the person at this terminal; only its hash is kept.
    let link = format!(
        "{}/operator/enrol?key={}",
        config.origin(),
        *added.secret.text()
    );
    out.hint(&out.lang.pick(
        format!(
            "请把此链接交给本人；{} 前有效，只能使用一次：",
            added.expires
        ),
        format!(
            "Give her this link; it is good until {}, and once:",
            added.expires
        ),
    ));
    out.line(&link);
    Ok(ExitCode::SUCCESS)
}

fn refused(error: &AppError) -> Failure {
    let failure = Failure::new("不能新增运营人员", "the operator cannot be added");
    if let AppError::Invalid { reason, .. } = error {
        failure.remedy(Text::new(reason.zh, reason.en))
    } else {
        failure.because(error.text())
    }
}
