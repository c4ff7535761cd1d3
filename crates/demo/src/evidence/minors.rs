//! An account that is reported, upheld and erased, from its first code to the code that nobody gets any more.

use std::path::Path;
use std::sync::Arc;

use yuntu_app::Platform;
use yuntu_app::accounts::{CodeFor, LooksFrom};
use yuntu_app::minors::{EraseWhen, ReportLinks, ReportText, TypedReport, Uphold};
use yuntu_app::outbound::{Kind, Link};
use yuntu_app::policy::{MinorReportState, OperatorRole};
use yuntu_terms::{Clock, Entropy, Lang};

use super::operators::{address, operator, visit};
use crate::error::DemoError;
use crate::install;

const MINOR: &str = "minor@store.example";
const OPERATOR: &str = "privacy@demo.yuntu.example";

/// Says whether a report removes an account: its owner gets codes before, and nobody does after.
pub(super) async fn a_report_removes_the_account(
    folder: &Path,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<bool, DemoError> {
    std::fs::create_dir_all(folder).map_err(|e| DemoError::file(folder, e))?;
    let platform = install::open(folder, clock, entropy).await?;
    install::enrol(&platform, "Hillside Grocers", MINOR, Lang::En).await?;
    let before = codes_after_asking(&platform).await?;
    let report = TypedReport {
        account: Some(address(MINOR)?),
        enterprise: None,
        person: None,
        why: ReportText::parse("why", "made up for this check")?,
        contact: None,
    };
    let taken = platform.report_minor(&report, &visit()).await?;
    let caller = operator(&platform, OPERATOR, OperatorRole::Privacy).await?;
    let found = platform.review_minor_report(&caller, taken.id).await?;
    let account = found
        .candidates
        .first()
        .ok_or(DemoError::Broken("no account fits the report"))?
        .account;
    let how = Uphold {
        account,
        words: ReportText::parse("words", "made up for this check")?,
        erase: EraseWhen::AtOnce,
    };
    platform
        .uphold_minor_report(&caller, taken.id, how, &links()?)
        .await?;
    let removed = platform.erase_reported_accounts().await? == 1;
    let answer = platform.follow_report(taken.id, &taken.code).await?;
    let told = answer.is_some_and(|answer| answer.state == MinorReportState::Removed);
    let after = codes_after_asking(&platform).await?;
    Ok(before == 1 && removed && told && after == before)
}

fn links() -> Result<ReportLinks, DemoError> {
    let link = |path: &str| {
        Link::try_from(format!("https://demo.yuntu.example{path}").as_str())
            .map_err(|_form| DemoError::Broken("a link of the check is none"))
    };
    Ok(ReportLinks {
        objection: link("/report-minor")?,
        outcome: link("/report-minor/outcome")?,
    })
}

/// Asks for a code to sign in and counts those that wait here.
async fn codes_after_asking(platform: &Platform) -> Result<usize, DemoError> {
    platform
        .ask_code(CodeFor::SignIn, address(MINOR)?, &visit())
        .await?;
    let messages = platform.local_messages(LooksFrom::CommandLine).await?;
    let codes = messages.iter().filter(|it| it.message.kind() == Kind::Code);
    Ok(codes.count())
}
