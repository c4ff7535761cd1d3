use std::process::ExitCode;

use yuntu_app::AppError;
use yuntu_app::accounts::Address;
use yuntu_app::assessments::AssessmentReport;
use yuntu_app::operators::NewOperator;
use yuntu_app::policy::{AssessmentResult, EndingStep};
use yuntu_terms::{Text, Timestamp};

use crate::cli::{AddOperator, Assess, DataFolder, Operator};
use crate::commands::block_on;
use crate::config::Config;
use crate::failure::{Failure, OrFail as _};
use crate::output::Output;

/// Runs a subcommand about operators.
pub(crate) fn run(command: &Operator, out: &Output) -> Result<ExitCode, Failure> {
    match command {
        Operator::Add(add) => self::add(add, out),
        Operator::Assess(assess) => self::assess(assess, out),
        Operator::Duties(folder) => duties(folder, out),
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

/// Records an impact assessment with its report and puts it in force.
fn assess(assess: &Assess, out: &Output) -> Result<ExitCode, Failure> {
    let wrong = || Failure::new("不能登记影响评估", "the assessment cannot be recorded");
    let day = |typed: &str| {
        let start = format!("{typed}T00:00:00+08:00").parse::<Timestamp>();
        start.map_err(|_form| {
            let text = Text::new("日期应如 2026-12-31", "a day is written such as 2026-12-31");
            wrong().remedy(text)
        })
    };
    let result = AssessmentResult::from_code(&assess.result).ok_or_else(|| {
        let text = Text::new(
            "结论应为 acceptable、with_measures 或 not_acceptable",
            "the result is acceptable, with_measures or not_acceptable",
        );
        wrong().remedy(text)
    })?;
    let bytes = std::fs::read(&assess.report).or_fail(
        "无法读取评估报告；请检查路径与权限",
        "the report cannot be read; check path and permissions",
    )?;
    let name = assess.report.file_name();
    let report = AssessmentReport {
        name: name.map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        bytes,
        made: day(&assess.made)?,
        review: day(&assess.review)?,
        result,
    };
    let config = Config::read(&assess.folder.data)?;
    let id = block_on(async {
        let platform = config.open_beside(&assess.folder.data).await?;
        let recorded = platform.enforce_assessment_here(report).await;
        recorded.map_err(|error| because(wrong(), &error))
    })?;
    out.line(&id.to_string());
    Ok(ExitCode::SUCCESS)
}

/// Lists when each duty is due and when it was done last, one a line.
fn duties(folder: &DataFolder, out: &Output) -> Result<ExitCode, Failure> {
    let config = Config::read(&folder.data)?;
    let state = block_on(async {
        let platform = config.open_beside(&folder.data).await?;
        let state = platform.duties_state().await;
        state.or_fail("无法读取各项期限", "the duties cannot be read")
    })?;
    let lang = out.lang;
    for duty in &state.duties {
        let (due, name) = (duty.due.day_in_china(), duty.kind.text());
        let last = duty.last.map(|last| last.told.done.day_in_china());
        let never = || lang.pick("尚未做过", "never yet").to_owned();
        let last = last.map_or_else(never, |day| day.to_string());
        let near = duty.near.map_or("", |step| match step {
            EndingStep::Over => lang.pick("，已逾期", ", overdue"),
            EndingStep::Quarter | EndingStep::Month | EndingStep::Week => {
                lang.pick("，即将到期", ", due soon")
            }
        });
        out.line(&lang.pick(
            format!("{due} 之前：{}（上次：{last}）{near}", name.zh),
            format!("before {due}: {} (last: {last}){near}", name.en),
        ));
    }
    if state.findings_late > 0 {
        let late = state.findings_late;
        out.hint(&lang.pick(
            format!("逾期未整改的发现项：{late}"),
            format!("findings not mended in time: {late}"),
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn refused(error: &AppError) -> Failure {
    let failure = Failure::new("不能新增运营人员", "the operator cannot be added");
    because(failure, error)
}

fn because(failure: Failure, error: &AppError) -> Failure {
    if let AppError::Invalid { reason, .. } = error {
        failure.remedy(Text::new(reason.zh, reason.en))
    } else {
        failure.because(error.text())
    }
}
