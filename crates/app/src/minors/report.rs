use serde_json::json;
use yuntu_policy::{MinorReportState, decide_report_words};
use yuntu_store::{NewMinorReport, Tx};
use yuntu_terms::{ClauseId, EnterpriseName, MinorReportId, Pii, Sink, Timestamp, clause};
use yuntu_vault::RecoveryCode;

use crate::accounts::{AccountError, Address, Visit};
use crate::caller::entry;
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// What somebody types into a report, in one line: who the person is, or why she may be a minor.
#[derive(Debug)]
pub struct ReportText(Pii<String>);

impl ReportText {
    /// How long a line may be.
    ///
    /// # Units
    /// Characters.
    pub const CHARS_MAX: usize = 1_000;

    /// Takes a line as a person types it; nothing when she typed nothing.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for this field when it is too long or has characters that nobody sees.
    /// # Clause
    /// R29
    pub fn parse(field: &'static str, typed: &str) -> Result<Option<Self>, AppError> {
        let text = typed.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let fits = text.chars().count() <= Self::CHARS_MAX;
        if fits && !text.chars().any(char::is_control) {
            return Ok(Some(Self(Pii::new(text.to_owned()))));
        }
        Err(AppError::Invalid {
            what: field,
            reason: Said::new(
                "请写在一行之内，最多一千个字符",
                "write it in one line of at most 1,000 characters",
            ),
        })
    }

    /// Lends the text under its protection.
    #[must_use]
    pub const fn as_pii(&self) -> &Pii<String> {
        &self.0
    }
}

/// A report as it was typed: whatever the person knows.
#[derive(Debug)]
pub struct TypedReport {
    /// An address of the account.
    pub account: Option<Address>,
    /// The enterprise for which the person acts.
    pub enterprise: Option<EnterpriseName>,
    /// Who the person is.
    pub person: Option<ReportText>,
    /// Why she may be a minor.
    pub why: Option<ReportText>,
    /// Where the answer goes.
    pub contact: Option<Address>,
}

/// That a report was taken: the same for every report.
#[derive(Debug)]
pub struct ReportTaken {
    /// The number.
    pub id: MinorReportId,
    /// The code that shows the outcome together with the number; it is told once.
    pub code: RecoveryCode,
    /// Until when the report is settled.
    pub due: Timestamp,
}

/// What became of a report, as whoever holds its receipt reads it.
#[derive(Debug)]
pub struct ReportAnswer {
    /// Where it stands.
    pub state: MinorReportState,
    /// When it came.
    pub reported: Timestamp,
    /// Until when it is settled.
    pub due: Timestamp,
    /// When it was decided.
    pub decided: Option<Timestamp>,
    /// When it was settled.
    pub settled: Option<Timestamp>,
    /// Why nothing was removed for it.
    pub words: Option<String>,
}

impl Platform {
    /// Takes a report of an account that may be a minor's. Nothing is looked up: answer and work are the same whether or
    /// not there is such an account.
    ///
    /// # Errors
    /// [`AppError::Invalid`] naming the field when the report names neither account nor enterprise, or no reason;
    /// [`AccountError::TooOften`] when too many came from the network.
    /// # Clause
    /// R29
    pub async fn report_minor(
        &self,
        report: &TypedReport,
        visit: &Visit,
    ) -> Result<ReportTaken, AppError> {
        clause::hit!(R29);
        let why = checked(report)?;
        let store = self.store();
        let enterprise = report.enterprise.as_ref();
        let enterprise = enterprise.map(|name| Pii::new(name.as_str().to_owned()));
        let due = self.now().plus_days(self.removal_days());
        let new = NewMinorReport {
            account: report.account.as_ref().map(Address::as_pii),
            enterprise: enterprise.as_ref(),
            person: report.person.as_ref().map(ReportText::as_pii),
            why: why.as_pii(),
            contact: report.contact.as_ref().map(Address::as_pii),
            lang: visit.lang,
            network: store.network_mac(&visit.network).await?,
            due,
        };
        let (sealed, code) = store.seal_minor_report(&new).await?;
        let id = sealed.id();
        let actor = store.stranger_pseudonym(id).await?;
        let limit = store
            .run_tx("minor_report.take", async |tx: Tx| {
                let limit = tx.take_minor_report(&sealed).await?;
                if limit.is_none() {
                    let body = json!({ "report": id, "due": due });
                    let clauses = [ClauseId::r(29)];
                    let taken = entry(&tx, "minor_report.received", &clauses, actor, body)?;
                    tx.append(&taken).await?;
                }
                Ok::<_, AppError>(limit)
            })
            .await?;
        match limit {
            None => Ok(ReportTaken { id, code, due }),
            Some(limit) => Err(AccountError::TooOften { until: limit.until }.into()),
        }
    }

    /// Says what became of a report, to whoever holds its receipt.
    ///
    /// # Errors
    /// [`AppError::Store`]. Nothing comes back when number and code do not belong together, or the report is forgotten.
    /// # Clause
    /// R29
    pub async fn follow_report(
        &self,
        id: MinorReportId,
        code: &RecoveryCode,
    ) -> Result<Option<ReportAnswer>, AppError> {
        clause::hit!(R29);
        let store = self.store();
        let Some(report) = store.find_report_by_receipt(id, code).await? else {
            return Ok(None);
        };
        let words = match report.state {
            MinorReportState::Dismissed => store.report_texts(id).await?.words,
            MinorReportState::Received
            | MinorReportState::Upheld
            | MinorReportState::Erasing
            | MinorReportState::Removed => None,
        };
        let warrant = decide_report_words();
        let read = |words: &Pii<String>| words.open(&warrant, Sink::Page, String::clone);
        Ok(Some(ReportAnswer {
            state: report.state,
            reported: report.reported,
            due: report.due,
            decided: report.decided,
            settled: report.settled,
            words: words.as_ref().and_then(read),
        }))
    }

    /// Returns within how many days a report is settled, as the statement promises.
    ///
    /// # Clause
    /// R29
    #[must_use]
    pub fn removal_days(&self) -> i32 {
        let days = self.statement().commitments().minors.removal_days_max;
        i32::try_from(days).unwrap_or(i32::MAX)
    }
}

/// Asks for what an operator needs to begin: something by which the account is found, and a reason.
fn checked(report: &TypedReport) -> Result<&ReportText, AppError> {
    if report.account.is_none() && report.enterprise.is_none() {
        return Err(AppError::Invalid {
            what: "account",
            reason: Said::new(
                "请至少填写帐号的邮箱或手机号，或者其所代表企业的名称",
                "give at least an address of the account or the name of the enterprise",
            ),
        });
    }
    report.why.as_ref().ok_or(AppError::Invalid {
        what: "why",
        reason: Said::new(
            "请写明为什么认为对方未成年",
            "say why the person may be a minor",
        ),
    })
}
