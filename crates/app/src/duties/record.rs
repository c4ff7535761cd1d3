use serde_json::json;
use yuntu_policy::{DutyKind, DutyResult, OperatorAction};
use yuntu_store::{CheckedFile, NewDutyRecord, PaperOf, Tx};
use yuntu_terms::{ClauseId, DutyFindingId, DutyRecordId, Pii, Timestamp, clause};

use crate::caller::entry;
use crate::certification::CertificationError;
use crate::error::{AppError, Said};
use crate::operators::OperatorCaller;
use crate::platform::Platform;

/// How long what somebody writes of a body or a finding may be.
const BODY_CHARS_MAX: usize = 200;
const WORDS_CHARS_MAX: usize = 1_000;
/// How many things can be found at once.
const FINDINGS_MAX: usize = 50;
/// How far ahead the day may lie until which a finding is mended.
const MEND_DAYS_MAX: i32 = 2 * 366;

/// A duty that was done, as it is handed in.
pub struct DutyReport {
    /// Which.
    pub kind: DutyKind,
    /// On which day.
    pub done: Timestamp,
    /// Which body did it, or who.
    pub body: Pii<String>,
    /// What it came to.
    pub result: DutyResult,
    /// What was found, and until when it is mended.
    pub findings: Vec<(Pii<String>, Timestamp)>,
    /// The name that the report came with.
    pub name: String,
    /// The report.
    pub bytes: Vec<u8>,
}

// A report names who made it.
impl std::fmt::Debug for DutyReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DutyReport").finish_non_exhaustive()
    }
}

/// How a finding was mended, as it is handed in.
#[derive(Debug)]
pub struct Mended(Pii<String>);

impl Mended {
    /// Takes what somebody writes of it: 10 to 1000 characters.
    ///
    /// # Errors
    /// [`AppError::Invalid`].
    /// # Clause
    /// R23
    pub fn parse(typed: &str) -> Result<Self, AppError> {
        let text = typed.trim();
        if (10..=WORDS_CHARS_MAX).contains(&text.chars().count()) {
            return Ok(Self(Pii::new(text.to_owned())));
        }
        let reason = Said::new(
            "请说明如何整改，10 至 1000 字",
            "say in 10 to 1000 characters how it was mended",
        );
        Err(AppError::Invalid {
            what: "mended",
            reason,
        })
    }
}

fn fault<T>(what: &'static str, zh: &'static str, en: &'static str) -> Result<T, AppError> {
    let reason = Said::new(zh, en);
    Err(AppError::Invalid { what, reason })
}

fn chars(words: &Pii<String>) -> usize {
    words.digest(|text| text.chars().count())
}

impl Platform {
    /// Records that a duty was done, with its report and what was found. It is due anew from the day on which it was done.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator does not answer for this duty; [`AppError::Invalid`] when something that was
    /// told of it cannot be; [`CertificationError::File`] when the report is hostile, damaged or of another kind.
    /// # Clause
    /// R23
    pub async fn record_duty(
        &self,
        caller: &OperatorCaller,
        report: DutyReport,
    ) -> Result<DutyRecordId, AppError> {
        clause::hit!(R23);
        self.authorise_operator(caller, report.kind.recorded_by())
            .await?;
        check(&report, self.now())?;
        let file =
            CheckedFile::check(&report.name, report.bytes).map_err(CertificationError::File)?;
        let store = self.store();
        let paper = store.seal_paper(PaperOf::Platform, &file).await?;
        let sealed = store.seal_duty(&report.body, &report.findings).await?;
        let new = NewDutyRecord {
            kind: report.kind,
            done: report.done,
            result: report.result,
            by: caller.operator,
        };
        let actor = store.account_pseudonym(caller.account).await?;
        let clauses = [report.kind.clause()];
        store
            .run_tx("duty.record", async |tx: Tx| {
                tx.record_duty(&paper, &sealed, new).await?;
                let body = json!({
                    "duty": sealed.id(), "kind": new.kind, "done": new.done,
                    "result": new.result, "findings": report.findings.len(),
                    "report": paper.digest(),
                });
                let recorded = entry(&tx, "duty.recorded", &clauses, actor, body)?;
                tx.append_own(caller, &recorded).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(sealed.id())
    }

    /// Records that a finding was mended.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator does not answer for the duty at which it was found; [`AppError::Missing`] or
    /// [`AppError::Store`] when there is no such finding that is open.
    /// # Clause
    /// R23
    pub async fn close_finding(
        &self,
        caller: &OperatorCaller,
        id: DutyFindingId,
        mended: &Mended,
    ) -> Result<(), AppError> {
        clause::hit!(R23);
        self.authorise_operator(caller, OperatorAction::ViewDuties)
            .await?;
        let store = self.store();
        let found = store.read().find_duty_of(id).await?;
        let missing = AppError::Missing { what: "finding" };
        let duty = found.ok_or(missing)?;
        self.authorise_operator(caller, duty.told.kind.recorded_by())
            .await?;
        let sealed = store.seal_closing(id, &mended.0).await?;
        let actor = store.account_pseudonym(caller.account).await?;
        store
            .run_tx("duty.close_finding", async |tx: Tx| {
                tx.close_finding(&sealed, caller.operator).await?;
                let body = json!({ "duty": duty.id, "finding": id });
                let clauses = [ClauseId::r(23)];
                let closed = entry(&tx, "duty.finding_closed", &clauses, actor, body)?;
                tx.append_own(caller, &closed).await?;
                Ok(())
            })
            .await
    }
}

fn check(report: &DutyReport, now: Timestamp) -> Result<(), AppError> {
    if report.done > now {
        return fault(
            "done",
            "完成日期不能在将来",
            "it cannot have been done in the future",
        );
    }
    if !(1..=BODY_CHARS_MAX).contains(&chars(&report.body)) {
        return fault(
            "body",
            "请填写执行的机构或人员，1 至 200 字",
            "say in 1 to 200 characters which body did it, or who",
        );
    }
    let findings = &report.findings;
    if report.result.asks_for_findings() == findings.is_empty() {
        return fault(
            "findings",
            "有不符合之处时请逐项列出；全部符合时不应有发现项",
            "what was not as it must be is listed; where everything was, nothing is",
        );
    }
    if findings.len() > FINDINGS_MAX {
        return fault(
            "findings",
            "发现项最多 50 项",
            "at most 50 findings can be listed",
        );
    }
    let words = |(words, _): &(Pii<String>, _)| (1..=WORDS_CHARS_MAX).contains(&chars(words));
    if !findings.iter().all(words) {
        return fault(
            "findings",
            "每个发现项 1 至 1000 字",
            "a finding has 1 to 1000 characters",
        );
    }
    let last = now.plus_days(MEND_DAYS_MAX);
    let soon = |(_, due): &(_, Timestamp)| *due > report.done && *due <= last;
    if findings.iter().all(soon) {
        return Ok(());
    }
    fault(
        "findings",
        "整改期限应在完成日期之后，且不晚于两年",
        "a finding is mended after the day on which it was found, and within two years",
    )
}
