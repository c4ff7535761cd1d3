//! Technical help from the request to its end: what it opens, what it leaves shut, and that every look is in the log.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use yuntu_app::consent::ConsentSource;
use yuntu_app::engine::QueryResult;
use yuntu_app::help::{HelpName, HelpStatement, HelpToAsk, HelpWords, help_until};
use yuntu_app::operators::OperatorCaller;
use yuntu_app::policy::{HelpScope, OperatorRole, Period};
use yuntu_app::store::HelpLookOutcome;
use yuntu_app::{AppError, Caller, Platform};
use yuntu_terms::{
    ClauseId, Clock, DatasetId, Entropy, HelpId, InstructionId, Lang, Sink, Text, Timestamp,
};

use super::Checked;
use super::operators::operator;
use crate::error::DemoError;
use crate::{install, mappings};

/// Three people, of whom two agreed.
const PEOPLE: &str = "member_id,email,age,income,home,household_size,kids,under_14\n\
    h1,h1@store.example,31,,,,,\nh2,h2@store.example,32,,,,,\nh3,h3@store.example,33,,,,,\n";
const CONSENTS: &str = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n\
    h1,marketing.insight,process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n\
    h2,marketing.insight,process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n";

/// How long the shortest approval of the check lasts.
const SHORT: Duration = Duration::from_millis(50);

/// Opens a new installation, lets an operator help there, and says what held.
pub(super) async fn checks(
    folder: &Path,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Vec<Checked>, DemoError> {
    std::fs::create_dir_all(folder).map_err(|e| DemoError::file(folder, e))?;
    let platform = install::open(folder, clock, entropy).await?;
    let owner = "helped@prove.example";
    let caller = install::enrol(&platform, "Helped Works", owner, Lang::En).await?;
    let file = folder.join("people.csv");
    std::fs::write(&file, PEOPLE).map_err(|e| DemoError::file(&file, e))?;
    let mapping = mappings::people();
    let dataset = platform.create_dataset(&caller, "people", &mapping).await?;
    platform
        .import_file(&caller, dataset, &mapping, &file, &|_| {})
        .await?;
    install::declare(&platform, &caller, dataset).await?;
    let consents = std::io::Cursor::new(CONSENTS);
    platform
        .record_consent_file(&caller, ConsentSource::Api, consents)
        .await?;
    let now = platform.now();
    let period = Period {
        from: now.plus_days(-1),
        until: now.plus_days(1),
    };
    let purposes = ["marketing"];
    let instruction =
        install::instruct(&platform, &caller, &purposes, vec![dataset], period).await?;
    let address = "support@demo.yuntu.example";
    let story = Story {
        operator: operator(&platform, address, OperatorRole::Support).await?,
        platform: &platform,
        caller: &caller,
        dataset,
        instruction,
    };
    let row = ClauseId::u(2);
    Ok(vec![
        (
            row,
            Text::new(
                "未经批准的技术协助看不到任何数据，企业结束后也看不到；批准期间只见同意的人，每次查看都在企业的日志里",
                "technical help saw nothing before its approval and nothing after the enterprise ended it; in between it saw whoever agreed and nobody else, and each look is in the enterprise's log",
            ),
            story.is_opened_and_ended().await?,
        ),
        (
            row,
            Text::new(
                "到期的技术协助被拒绝，被拒的查看也在企业的日志里",
                "technical help past its time was refused, and the refused look is in the enterprise's log",
            ),
            story.is_shut_by_time().await?,
        ),
    ])
}

struct Story<'a> {
    platform: &'a Platform,
    caller: &'a Caller,
    operator: OperatorCaller,
    dataset: DatasetId,
    instruction: InstructionId,
}

impl Story<'_> {
    async fn ask(&self) -> Result<HelpId, DemoError> {
        let new = HelpToAsk {
            datasets: BTreeSet::from([self.dataset]),
            instruction: self.instruction,
            purpose: install::purpose("marketing.insight")?,
            scopes: HelpScope::ALL.iter().copied().collect(),
            words: HelpWords::parse("made up for this check")?,
        };
        Ok(self.platform.ask_help(self.caller, new).await?)
    }

    async fn approve(&self, help: HelpId, until: Timestamp) -> Result<(), DemoError> {
        let name = HelpName::parse("Support")?;
        let offer = self.platform.offer_help(&self.operator, help, &name);
        let approved = (offer.await?, until);
        self.platform
            .approve_help(self.caller, help, approved)
            .await?;
        Ok(())
    }

    /// Looks at rows; says how many were seen, or that it was refused.
    async fn look(&self, help: HelpId) -> Result<Option<u64>, DemoError> {
        let statement = HelpStatement::parse("SELECT age FROM d1")?;
        let done = self
            .platform
            .look_at_rows(&self.operator, help, &statement)
            .await;
        match done {
            Ok(done) => match done.outcome.result {
                QueryResult::Rows(rows) => Ok(Some(rows.len())),
                QueryResult::People(_)
                | QueryResult::Stages(_)
                | QueryResult::Flow(_)
                | QueryResult::Profile(_)
                | QueryResult::Overlap(_) => {
                    Err(DemoError::Broken("a look answered another question"))
                }
            },
            Err(AppError::Refused(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the log of the enterprise: of each look, the newest first, whether rows were shown.
    async fn logged(&self, help: HelpId) -> Result<Vec<bool>, DemoError> {
        let at = (None, Sink::Page);
        let (_view, looks) = self.platform.view_help(self.caller, help, at).await?;
        let shown = looks
            .iter()
            .map(|it| matches!(it.look.outcome, HelpLookOutcome::Done(_)));
        Ok(shown.collect())
    }

    async fn is_opened_and_ended(&self) -> Result<bool, DemoError> {
        let help = self.ask().await?;
        let before = self.look(help).await?;
        self.approve(help, help_until(self.platform.now(), 8))
            .await?;
        let seen = self.look(help).await?;
        self.platform.end_help(self.caller, help).await?;
        let after = self.look(help).await?;
        let logged = self.logged(help).await?;
        Ok((before, seen, after) == (None, Some(2), None) && logged == [false, true, false])
    }

    async fn is_shut_by_time(&self) -> Result<bool, DemoError> {
        let help = self.ask().await?;
        let until = self.platform.now().plus(SHORT);
        self.approve(help, until).await?;
        while self.platform.now() < until {
            tokio::time::sleep(SHORT).await;
        }
        let late = self.look(help).await?;
        Ok(late.is_none() && self.logged(help).await? == [false])
    }
}
