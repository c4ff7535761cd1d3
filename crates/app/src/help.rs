//! Technical help (U2): an enterprise asks for it, approves one named operator for some hours, reads every look in its own
//! log, and ends it at any moment.
//!
//! Who works for the platform has no other way to business data. What an operator does stands in [`offer`] and [`look`];
//! the one room in which a look reaches data is [`read`], whose functions take a look that was decided.

mod look;
mod notice;
mod offer;
mod own;
mod read;
mod sweep;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use yuntu_outbound::HelpNews;
use yuntu_policy::{
    Action, HELP_LASTS_MAX, HelpEnd, HelpScope, InstructionFacts, Period, Standing, StopReason,
};
use yuntu_store::{Help, NewHelp, Tx};
use yuntu_terms::{
    ClauseId, DatasetId, HelpId, HelpOfferId, InstructionId, Operation, Pii, Purpose, Recipient,
    Timestamp, clause,
};

use crate::accounts::notice::Notice;
use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;

pub use look::{HELP_ROWS_MAX, HelpStatement};
pub use offer::{HelpName, OfferedHelp, OperatorHelp};
pub use own::{HELP_LOOKS_PAGE, HELPS_PAGE, HelpView, OfferView, ShownLook};
pub use read::{HelpDataset, HelpImport, HelpStructure};

/// How many datasets one request names at most.
pub const HELP_DATASETS_MAX: usize = 10;
/// How many hours an approval lasts at most.
pub const HELP_HOURS_MAX: u64 = HELP_LASTS_MAX.as_secs() / 3_600;

/// Why an enterprise asks for help: 10 to 2000 characters.
#[derive(Debug)]
pub struct HelpWords(Pii<String>);

impl HelpWords {
    /// Takes words as a person types them.
    ///
    /// # Errors
    /// [`AppError::Invalid`].
    /// # Clause
    /// U2
    pub fn parse(typed: &str) -> Result<Self, AppError> {
        let text = typed.trim();
        let fits = (10..=2_000).contains(&text.chars().count());
        let odd = |sign: char| sign.is_control() && sign != '\n' && sign != '\r';
        if fits && !text.chars().any(odd) {
            return Ok(Self(Pii::new(text.to_owned())));
        }
        invalid(
            "words",
            "请写明需要协助什么（10 至 2000 个字符）",
            "write 10 to 2000 characters about what help is needed with",
        )
    }
}

/// What an enterprise asks for.
#[derive(Debug)]
pub struct HelpToAsk {
    /// On which of its datasets.
    pub datasets: BTreeSet<DatasetId>,
    /// Under which instruction.
    pub instruction: InstructionId,
    /// What for.
    pub purpose: Purpose,
    /// What may be looked at.
    pub scopes: BTreeSet<HelpScope>,
    /// Why.
    pub words: HelpWords,
}

fn invalid<T>(what: &'static str, zh: &'static str, en: &'static str) -> Result<T, AppError> {
    let reason = Said::new(zh, en);
    Err(AppError::Invalid { what, reason })
}

const fn missing() -> AppError {
    AppError::Missing { what: "help" }
}

impl Platform {
    /// Opens a request for technical help; operators may offer from now on, and nobody sees anything yet.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not ask; [`AppError::Missing`] when a dataset or the instruction is not her
    /// enterprise's; [`AppError::Invalid`] when the request does not hold together.
    /// # Clause
    /// U2
    pub async fn ask_help(&self, caller: &Caller, new: HelpToAsk) -> Result<HelpId, AppError> {
        clause::hit!(U2);
        self.authorise(caller, Action::AskHelp).await?;
        self.check_help(caller, &new).await?;
        let asked = NewHelp {
            enterprise: caller.enterprise,
            by: caller.representative,
            datasets: new.datasets.into_iter().collect(),
            instruction: new.instruction,
            purpose: new.purpose,
            scopes: new.scopes,
        };
        let store = self.store();
        let sealed = store.seal_help(caller.enterprise, &new.words.0).await?;
        let actor = self.pseudonym(caller).await?;
        store
            .run_tx("help.ask", async |tx: Tx| {
                tx.open_help(&sealed, &asked).await?;
                let body = json!({
                    "help": sealed.id(), "enterprise": asked.enterprise, "datasets": asked.datasets,
                    "instruction": asked.instruction, "purpose": asked.purpose, "scopes": asked.scopes,
                });
                let noted = entry(&tx, "help.asked", &[ClauseId::u(2)], actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok(sealed.id())
            })
            .await
    }

    /// Says what of a request does not hold together.
    async fn check_help(&self, caller: &Caller, new: &HelpToAsk) -> Result<(), AppError> {
        if !(1..=HELP_DATASETS_MAX).contains(&new.datasets.len()) {
            return invalid(
                "datasets",
                "请选择 1 至 10 个数据集",
                "name between 1 and 10 datasets",
            );
        }
        if new.scopes.is_empty() {
            return invalid(
                "scope",
                "请至少选择一项可查看的内容",
                "say what may be looked at",
            );
        }
        for dataset in &new.datasets {
            self.own_dataset(caller, *dataset).await?;
        }
        if self.statement().purpose(&new.purpose).is_none() {
            return invalid(
                "purpose",
                "声明中没有此目的；请选用所列的目的",
                "the statement has no such purpose; use one that it lists",
            );
        }
        let read = self.store().read();
        let found = read.find_instruction(caller.enterprise, new.instruction);
        let found = found.await?.ok_or(AppError::Missing {
            what: "instruction",
        })?;
        if covers(&found.facts, new, self.now()) {
            return Ok(());
        }
        invalid(
            "instruction",
            "该指示未在期限内有效地包括此目的、所选数据集以及由本企业进行的处理；请选用包括它们的指示",
            "the instruction is not in force for this purpose, these datasets and processing for the enterprise itself; cite one that is",
        )
    }

    /// Approves one operator who offers, until a moment at most eight hours ahead.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not approve; [`AppError::Invalid`] when the time is not between now and
    /// eight hours, or the operator cannot help any more; [`AppError::Missing`] when the request does not wait any more or
    /// has no such offer.
    /// # Clause
    /// U2
    pub async fn approve_help(
        &self,
        caller: &Caller,
        id: HelpId,
        (offer, until): (HelpOfferId, Timestamp),
    ) -> Result<(), AppError> {
        clause::hit!(U2);
        self.authorise(caller, Action::ApproveHelp).await?;
        let help = self.own_help(caller, id).await?;
        let now = self.now();
        if until <= now || now.plus(HELP_LASTS_MAX) < until {
            return invalid(
                "until",
                "结束时间应在现在之后，最长八小时",
                "it ends after now and within eight hours",
            );
        }
        self.check_offer(&help, offer).await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("help.approve", async |tx: Tx| {
                let by = caller.representative;
                let operator = tx.approve_help(id, offer, by, until).await?;
                let operator = operator.ok_or_else(missing)?;
                let body = json!({
                    "help": id, "enterprise": caller.enterprise, "offer": offer,
                    "operator": operator, "until": until,
                });
                let noted = entry(&tx, "help.approved", &[ClauseId::u(2)], actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok(())
            })
            .await
    }

    /// Ends technical help at once, whether it was approved or still waits; what runs under it is stopped.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not; [`AppError::Missing`] when it has ended.
    /// # Clause
    /// U2
    pub async fn end_help(&self, caller: &Caller, id: HelpId) -> Result<(), AppError> {
        clause::hit!(U2);
        self.authorise(caller, Action::AskHelp).await?;
        let help = self.own_help(caller, id).await?;
        let news = self.tell_approvers(&help, HelpNews::Ended).await?;
        let actor = self.pseudonym(caller).await?;
        let told = news.as_slice();
        self.store()
            .run_tx("help.end", async |tx: Tx| {
                if !tx.end_help(id, HelpEnd::Enterprise).await? {
                    return Err(missing());
                }
                let body = ended_body(&help, HelpEnd::Enterprise, told);
                let noted = entry(&tx, "help.ended", &[ClauseId::u(2)], actor, body)?;
                tx.append_own(caller, &noted).await?;
                put(&tx, told).await
            })
            .await?;
        self.stop_helped(id);
        Ok(())
    }

    /// Stops in this process what runs under help that has ended; other processes see it in the rows.
    fn stop_helped(&self, id: HelpId) {
        self.stop_where(StopReason::HelpEnded, |work| work.help == Some(id));
    }

    /// Finds a request of the caller's enterprise.
    async fn own_help(&self, caller: &Caller, id: HelpId) -> Result<Help, AppError> {
        let found = self.store().read().find_help(id).await?;
        let own = found.filter(|it| it.asked.enterprise == caller.enterprise);
        own.ok_or_else(missing)
    }
}

/// Says whether an instruction is in force for what the help may look at.
fn covers(it: &InstructionFacts, new: &HelpToAsk, now: Timestamp) -> bool {
    it.standing == Some(Standing::Active)
        && it.period.is_some_and(|period: Period| period.holds(now))
        && it.purposes.iter().any(|own| own.covers(&new.purpose))
        && it.operations.contains(&Operation::Process)
        && it.recipients.contains(&Recipient::Enterprise)
        && new.datasets.iter().all(|id| it.datasets.contains(id))
}

/// What the ledger has of help that ended.
fn ended_body(help: &Help, end: HelpEnd, told: &[Notice]) -> serde_json::Value {
    json!({
        "help": help.id, "enterprise": help.asked.enterprise, "ended": end,
        "told": told.iter().map(Notice::noted).collect::<Vec<_>>(),
    })
}

async fn put(tx: &Tx, notices: &[Notice]) -> Result<(), AppError> {
    for notice in notices {
        notice.put(tx).await?;
    }
    Ok(())
}

/// Returns the name under which a statement knows a dataset, by its place in the request.
#[must_use]
pub fn table_name(place: usize) -> String {
    format!("d{}", place + 1)
}

/// Returns when help ends that is approved now for so many hours.
#[must_use]
pub fn help_until(now: Timestamp, hours: u64) -> Timestamp {
    now.plus(Duration::from_secs(hours.saturating_mul(3_600)))
}
