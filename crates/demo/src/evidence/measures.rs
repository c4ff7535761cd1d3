//! A dataset that is frozen while it is read: what stops, what is told, who decides, and that lifting restores everything.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use yuntu_app::accounts::LooksFrom;
use yuntu_app::consent::ConsentSource;
use yuntu_app::engine::{Audience, AudienceQuery, Everyone, Query, SqlQuery};
use yuntu_app::measures::{MeasurePaper, MeasureToTake, MeasureWords};
use yuntu_app::operators::OperatorCaller;
use yuntu_app::outbound::Kind;
use yuntu_app::policy::{MeasureGround, MeasureKind, OperatorRole, Period, StopReason, Wants};
use yuntu_app::{Answer, AppError, Ask, Caller, Platform};
use yuntu_terms::{
    ClauseId, Clock, DatasetId, Digest, Entropy, InstructionId, Lang, MeasureId, Operation,
    Recipient, Sink, Text,
};

use super::Checked;
use super::operators::operator;
use crate::error::DemoError;
use crate::{install, mappings};

const OWNER: &str = "frozen@prove.example";
const FIRST: &str = "first@demo.yuntu.example";
const SECOND: &str = "second@demo.yuntu.example";
const PURPOSE: &str = "marketing.insight";
/// How many people there are; all but one of them agreed.
const MEMBERS: u32 = 9;
/// How long running work may go on after a measure.
const STOPS_WITHIN: Duration = Duration::from_secs(5);
/// How often is looked whether a run has begun.
const LOOKS: u32 = 500;

/// Two who work for the platform, and the enterprise against which they act.
struct Cast {
    platform: Platform,
    caller: Caller,
    dataset: DatasetId,
    instruction: InstructionId,
    first: OperatorCaller,
    second: OperatorCaller,
}

/// Opens a new installation, freezes a dataset there while it is read, lifts that again, and says what held.
pub(super) async fn checks(
    folder: &Path,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Vec<Checked>, DemoError> {
    std::fs::create_dir_all(folder).map_err(|e| DemoError::file(folder, e))?;
    let cast = Cast::new(folder, clock, entropy).await?;
    let before = cast.answer().await?;
    let (freeze, stopped) = cast.freeze_while_it_is_read().await?;
    let refused = cast.is_refused_by(freeze).await?;
    let decided = cast.takes_two(freeze).await?;
    let heard = cast.is_told_and_heard(freeze).await?;
    let still = cast.is_refused_by(freeze).await?;
    let why = words("the contract says where they come from")?;
    let lifting = cast.platform.lift_measure(&cast.second, freeze, &why);
    lifting.await?;
    let restored = before.is_some() && cast.answer().await? == before;
    let row = ClauseId::u(5);
    Ok(vec![
        (
            row,
            Text::new(
                "冻结数据集使正在读取它的任务在五秒内停止，新的请求被拒绝并写明是哪项措施",
                "a freeze stopped within five seconds what was reading the dataset, and new work was refused by the number of the measure",
            ),
            stopped && refused && still,
        ),
        (
            row,
            Text::new(
                "冻结只能由第二名运营人员确认，关闭企业不能由一人决定",
                "only a second operator confirmed the freeze, and nobody closed the enterprise alone",
            ),
            decided,
        ),
        (
            row,
            Text::new(
                "企业成员收到通知，读到理由，附文件提出申诉并获答复",
                "the members were told, read why, and were answered when they appealed with a paper",
            ),
            heard,
        ),
        (
            row,
            Text::new(
                "解除后同一查询得出同样的结果摘要，没有任何数据丢失",
                "lifted, the same question had an answer of the same digest over the same rows: nothing was lost",
            ),
            restored,
        ),
    ])
}

fn words(text: &str) -> Result<MeasureWords, DemoError> {
    Ok(MeasureWords::parse(text)?)
}

impl Cast {
    async fn new(
        folder: &Path,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, DemoError> {
        let platform = install::open(folder, clock, entropy).await?;
        let caller = install::enrol(&platform, "Frozen Works", OWNER, Lang::En).await?;
        let mapping = mappings::people();
        let dataset = platform.create_dataset(&caller, "people", &mapping).await?;
        let head = "member_id,email,age,income,home,household_size,kids,under_14\n";
        let rows = (1..=MEMBERS).map(|it| format!("{it},p{it}@example.com,35-44,,,2,0,no\n"));
        let file = folder.join("people.csv");
        std::fs::write(
            &file,
            format!("{head}{}", rows.collect::<Vec<_>>().concat()),
        )
        .map_err(|e| DemoError::file(&file, e))?;
        platform
            .import_file(&caller, dataset, &mapping, &file, &|_| {})
            .await?;
        install::declare(&platform, &caller, dataset).await?;
        let head = "member_id,purpose,operation,recipient,kind,status,from,until,proof\n";
        let given = (1..MEMBERS).map(|it| {
            format!(
                "{it},{PURPOSE},process,enterprise,explicit,given,2026-01-05T00:00:00Z,,box 7\n"
            )
        });
        let given = format!("{head}{}", given.collect::<Vec<_>>().concat());
        platform
            .record_consent_file(&caller, ConsentSource::Api, std::io::Cursor::new(given))
            .await?;
        let period = Period {
            from: platform.now(),
            until: platform.now().plus_days(30),
        };
        let purposes = ["marketing"];
        let instruction =
            install::instruct(&platform, &caller, &purposes, vec![dataset], period).await?;
        let first = operator(&platform, FIRST, OperatorRole::Security).await?;
        let second = operator(&platform, SECOND, OperatorRole::Administrator).await?;
        Ok(Self {
            platform,
            caller,
            dataset,
            instruction,
            first,
            second,
        })
    }

    fn ask(&self, query: Query) -> Result<Ask, DemoError> {
        Ok(Ask {
            purpose: install::purpose(PURPOSE)?,
            operation: Operation::Process,
            recipient: Recipient::Enterprise,
            exception: None,
            instruction: self.instruction,
            datasets: BTreeMap::from([(String::from("people"), self.dataset)]),
            wants: Wants::default(),
            query,
            rules: BTreeMap::new(),
            as_of: self.platform.now(),
        })
    }

    fn everyone(&self) -> Result<Ask, DemoError> {
        self.ask(Query::Audience(AudienceQuery {
            audience: Audience::Everyone(Everyone {}),
        }))
    }

    /// Counts everybody who agreed; returns the digest of the answer and how many rows are live.
    async fn answer(&self) -> Result<Option<(Digest, u64)>, DemoError> {
        let answer = self.platform.run(&self.caller, &self.everyone()?).await?;
        let rows = self.platform.dataset_overview(&self.caller, self.dataset);
        let rows = rows.await?.rows;
        Ok(match answer {
            Answer::Done(done) => Some((done.outcome.receipt.output_hash, rows)),
            Answer::Refused(_) => None,
        })
    }

    /// Freezes the dataset while a statement reads it that would go on for hours.
    async fn freeze_while_it_is_read(&self) -> Result<(MeasureId, bool), DemoError> {
        let others = (1..16).map(|n| format!(" CROSS JOIN people p{n}"));
        let others = others.collect::<Vec<_>>().concat();
        let sum = (1..16).map(|n| format!(" + length(p{n}.age)"));
        let sum = sum.collect::<Vec<_>>().concat();
        let sql = format!("SELECT sum(length(p0.age){sum}) AS n FROM people p0{others}");
        let ask = self.ask(Query::Sql(SqlQuery { sql }))?;
        let (platform, caller) = (self.platform.clone(), self.caller.clone());
        let cited = async || -> Result<usize, DemoError> {
            let work = self
                .platform
                .instruction_jobs(&self.caller, self.instruction, None);
            Ok(work.await?.len())
        };
        let before = cited().await?;
        let mut run = tokio::spawn(async move { platform.run(&caller, &ask).await });
        let mut looks = 0;
        while cited().await? == before && looks < LOOKS && !run.is_finished() {
            looks += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let freeze = MeasureToTake {
            enterprise: self.caller.enterprise,
            dataset: Some(self.dataset),
            kind: MeasureKind::FreezeDataset,
            ground: MeasureGround::Source,
            actions: Vec::new(),
            due: None,
            words: words("we cannot see where these people come from")?,
        };
        let freeze = self.platform.take_measure(&self.first, freeze).await?;
        let ended = tokio::time::timeout(STOPS_WITHIN, &mut run).await;
        run.abort();
        let frozen = StopReason::DatasetFrozen;
        let stopped = matches!(ended, Ok(Ok(Err(AppError::Stopped(reason)))) if reason == frozen);
        Ok((freeze, stopped))
    }

    async fn is_refused_by(&self, freeze: MeasureId) -> Result<bool, DemoError> {
        let answer = self.platform.run(&self.caller, &self.everyone()?).await?;
        let Answer::Refused(refusal) = answer else {
            return Ok(false);
        };
        let named = refusal.first().text(Lang::En).contains(&freeze.to_string());
        Ok(named && refusal.first().clause() == ClauseId::u(5))
    }

    async fn takes_two(&self, freeze: MeasureId) -> Result<bool, DemoError> {
        let alone = self.platform.confirm_measure(&self.first, freeze).await;
        let alone = matches!(alone, Err(AppError::Missing { .. }));
        self.platform.confirm_measure(&self.second, freeze).await?;
        let closing = MeasureToTake {
            enterprise: self.caller.enterprise,
            dataset: None,
            kind: MeasureKind::CloseEnterprise,
            ground: MeasureGround::Breach,
            actions: Vec::new(),
            due: None,
            words: words("made up for this check alone")?,
        };
        let closed = self.platform.take_measure(&self.first, closing).await;
        Ok(alone && matches!(closed, Err(AppError::Invalid { .. })))
    }

    async fn is_told_and_heard(&self, freeze: MeasureId) -> Result<bool, DemoError> {
        let platform = &self.platform;
        let mail = platform.local_messages(LooksFrom::CommandLine).await?;
        let mut kinds = mail.iter().map(|it| it.message.kind());
        let told = kinds.any(|kind| kind == Kind::MeasureNews);
        let appeal = words("the contract with our partner is attached")?;
        let paper = MeasurePaper {
            name: String::from("contract.pdf"),
            bytes: install::paper("contract, fictional"),
        };
        platform
            .appeal_measure(&self.caller, freeze, (&appeal, Some(paper)))
            .await?;
        let reply = words("we read it by the end of the day")?;
        platform
            .reply_to_appeal(&self.second, freeze, &reply)
            .await?;
        let shown = platform.own_measures(&self.caller, Sink::Page).await?;
        let one = shown.iter().find(|it| it.measure.id == freeze);
        Ok(told
            && one.is_some_and(|it| {
                it.words.contains("where these people come from")
                    && it.messages.len() == 2
                    && it.messages.iter().any(|(_, _, paper, _)| paper.is_some())
            }))
    }
}
