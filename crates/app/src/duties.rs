//! What the operator of the platform does again and again: audits of compliance, training, exercises. When each is due,
//! what was done, what was found and whether it is mended.

mod record;
mod remind;
mod sweep;

use serde_json::json;
use yuntu_policy::{
    DutyKind, EndingStep, OperatorAction, PromisedAudits, RecordedView, decide_duty_report,
    decide_duty_view, reminder_at,
};
use yuntu_store::{DutyRecord, DutyTexts, PaperOf, Tx};
use yuntu_terms::{ClauseId, DutyRecordId, Pii, Sink, Timestamp, clause};

use crate::caller::entry;
use crate::certification::{OpenedFile, file_of};
use crate::error::AppError;
use crate::operators::OperatorCaller;
use crate::platform::Platform;

pub use record::{DutyReport, Mended};

/// How the platform stands with one of its duties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DutyState {
    /// Which.
    pub kind: DutyKind,
    /// After how many months at most it is done again.
    pub months: u32,
    /// When it was done last, if ever.
    pub last: Option<DutyRecord>,
    /// When it is due.
    pub due: Timestamp,
    /// How near that is, if it is near.
    pub near: Option<EndingStep>,
}

/// How the platform stands with its duties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutiesState {
    /// Of how many persons it keeps data.
    pub persons: u64,
    /// Each duty.
    pub duties: Vec<DutyState>,
    /// How many findings are open past their day.
    pub findings_late: u64,
}

impl DutiesState {
    /// Says whether something waits for a person: a duty is due within thirty days or overdue, or a finding is not mended
    /// in time.
    #[must_use]
    pub fn alarm(&self) -> bool {
        let near = |duty: &DutyState| match duty.near {
            Some(EndingStep::Month | EndingStep::Week | EndingStep::Over) => true,
            Some(EndingStep::Quarter) | None => false,
        };
        self.findings_late > 0 || self.duties.iter().any(near)
    }
}

/// What was done, with what was written of it, as an operator may read it.
#[derive(Debug)]
pub struct DutyBook {
    /// Each time, the last one first.
    pub records: Vec<(DutyRecord, DutyTexts)>,
    view: RecordedView,
}

impl DutyBook {
    /// Reads what somebody wrote, for the page.
    #[must_use]
    pub fn read(&self, words: &Pii<String>) -> String {
        let text = words.open(&self.view, Sink::Page, String::clone);
        text.unwrap_or_default()
    }
}

impl Platform {
    /// Says how the platform stands with its duties at this moment. What was never done counts from the first entry of the
    /// ledger on.
    ///
    /// # Errors
    /// [`AppError::Store`] or [`AppError::Lake`].
    /// # Clause
    /// R23
    pub async fn duties_state(&self) -> Result<DutiesState, AppError> {
        clause::hit!(R23);
        let (now, persons) = (self.now(), self.persons_counted().await?);
        let promised = &self.statement().commitments().assessments;
        let promised = PromisedAudits {
            audit_months_max: promised.audit_months_max,
            minors_audit_months_max: promised.minors_audit_months_max,
        };
        let read = self.store().read();
        let begun = read.first_entry().await?.unwrap_or(now);
        let mut duties = Vec::new();
        for &kind in DutyKind::ALL {
            let months = kind.months_max(persons, promised);
            let last = read.last_duty(kind).await?;
            let since = last.map_or(begun, |record| record.told.done);
            let due = since.day_end_after_months(months);
            duties.push(DutyState {
                kind,
                months,
                last,
                due,
                near: reminder_at(due, now),
            });
        }
        Ok(DutiesState {
            persons,
            duties,
            findings_late: read.findings_late(now).await?,
        })
    }

    /// Lists what was done with what was found, the last one first. That it was looked at is in the ledger first.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator may not see it.
    /// # Clause
    /// R23
    pub async fn duty_book(&self, caller: &OperatorCaller) -> Result<DutyBook, AppError> {
        self.authorise_operator(caller, OperatorAction::ViewDuties)
            .await?;
        let view = decide_duty_view(self.role_of(caller).await?)?;
        let view = self.view_as_operator(caller, view).await?;
        let mut records = Vec::new();
        for record in self.store().read().list_duties().await? {
            if let Some(texts) = self.store().duty_texts(record.id).await? {
                records.push((record, texts));
            }
        }
        Ok(DutyBook { records, view })
    }

    /// Opens the report of a duty that was done; that it was opened is in the ledger first.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator may not see it; [`AppError::Missing`] when there is none.
    /// # Clause
    /// R23
    pub async fn open_duty_report(
        &self,
        caller: &OperatorCaller,
        id: DutyRecordId,
    ) -> Result<OpenedFile, AppError> {
        self.authorise_operator(caller, OperatorAction::ViewDuties)
            .await?;
        let view = decide_duty_report(self.role_of(caller).await?)?;
        let missing = || AppError::Missing { what: "duty" };
        let found = self.store().read().find_duty(id).await?;
        let paper = found.ok_or_else(missing)?.paper;
        let opened = self.store().open_paper(PaperOf::Platform, paper).await?;
        let opened = opened.ok_or_else(missing)?;
        let actor = self.store().account_pseudonym(caller.account).await?;
        self.store()
            .run_tx("duty.open", async |tx: Tx| {
                let body = json!({ "duty": id });
                let noted = entry(&tx, "duty.opened", &[ClauseId::r(23)], actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        file_of((&opened.name, &opened.bytes), opened.paper.kind, &view)
    }
}
