//! Impact assessments: without one in force, identity-card numbers and bank accounts are not asked for.

use serde_json::{Value, json};
use yuntu_ledger::Pseudonym;
use yuntu_policy::{
    AssessmentResult, EndingStep, OperatorAction, decide_assessment_view, may_ask_sensitive,
};
use yuntu_store::{Assessment, CheckedFile, NewAssessment, PaperOf, SealedPaper, Tx};
use yuntu_terms::{AssessmentId, ClauseId, Timestamp, clause};

use crate::caller::entry;
use crate::certification::{CertificationError, OpenedFile, file_of};
use crate::error::{AppError, Said};
use crate::operators::OperatorCaller;
use crate::platform::Platform;

/// After how many days an assessment is looked at again at the latest; the law asks for it whenever something changes.
const REVIEW_DAYS_MAX: i32 = 366;

/// The report of an impact assessment as it is handed in.
pub struct AssessmentReport {
    /// The name that the file came with.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// When the assessment was made.
    pub made: Timestamp,
    /// When it has to be looked at again.
    pub review: Timestamp,
    /// What it came to.
    pub result: AssessmentResult,
}

// A report names who made it.
impl std::fmt::Debug for AssessmentReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AssessmentReport").finish_non_exhaustive()
    }
}

/// How the platform stands with its impact assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssessmentState {
    /// The assessment that was put in force last.
    pub found: Option<Assessment>,
    /// Whether the sensitive numbers may be asked for under it now.
    pub opens: bool,
    /// The alarm: none is in force, or its review is near or past.
    pub alarm: bool,
}

impl Platform {
    /// Says how the platform stands with its impact assessment at this moment.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// U1, R23
    pub async fn assessment_state(&self) -> Result<AssessmentState, AppError> {
        clause::hit!(U1);
        let (found, now) = (
            self.store().read().find_assessment_in_force().await?,
            self.now(),
        );
        let opens = may_ask_sensitive(found.map(|it| it.facts()).as_ref(), now);
        let near = found.is_some_and(|it| it.told.review <= now.plus_days(EndingStep::MONTH_DAYS));
        Ok(AssessmentState {
            found,
            opens,
            alarm: !opens || near,
        })
    }

    /// Records an impact assessment with its report; a second person puts it in force by a proposal.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator does not answer for privacy; [`AppError::Invalid`] when its days cannot be;
    /// [`CertificationError::File`] when the report is hostile, damaged or of another kind.
    /// # Clause
    /// U1, R23
    pub async fn record_assessment(
        &self,
        caller: &OperatorCaller,
        report: AssessmentReport,
    ) -> Result<AssessmentId, AppError> {
        clause::hit!(R23);
        self.authorise_operator(caller, OperatorAction::RecordAssessment)
            .await?;
        let (sealed, new) = self.sealed_report(report).await?;
        let by = Some(caller.operator);
        let actor = self.store().account_pseudonym(caller.account).await?;
        let who = (actor, Some(caller));
        self.keep_assessment(&sealed, NewAssessment { by, ..new }, who)
            .await
    }

    /// Records an impact assessment at the machine itself and puts it in force: for whoever sets the platform up, before
    /// there are operators.
    ///
    /// # Errors
    /// As [`Platform::record_assessment`].
    /// # Clause
    /// U1
    pub async fn enforce_assessment_here(
        &self,
        report: AssessmentReport,
    ) -> Result<AssessmentId, AppError> {
        let (sealed, new) = self.sealed_report(report).await?;
        let actor = self.store().platform_pseudonym().await?;
        self.keep_assessment(&sealed, new, (actor, None)).await
    }

    async fn sealed_report(
        &self,
        report: AssessmentReport,
    ) -> Result<(SealedPaper, NewAssessment), AppError> {
        let now = self.now();
        let fault = |what, reason| Err(AppError::Invalid { what, reason });
        if report.made > now {
            let reason = Said::new("评估日期不能在将来", "it cannot be made in the future");
            return fault("made", reason);
        }
        if report.review <= now || report.review > now.plus_days(REVIEW_DAYS_MAX) {
            let reason = Said::new(
                "下次复核应在将来，且不晚于一年后",
                "the next review is in the future, a year ahead at most",
            );
            return fault("review", reason);
        }
        let file =
            CheckedFile::check(&report.name, report.bytes).map_err(CertificationError::File)?;
        let sealed = self.store().seal_paper(PaperOf::Platform, &file).await?;
        let new = NewAssessment {
            made: report.made,
            review: report.review,
            result: report.result,
            by: None,
        };
        Ok((sealed, new))
    }

    async fn keep_assessment(
        &self,
        sealed: &SealedPaper,
        new: NewAssessment,
        (actor, by): (Pseudonym, Option<&OperatorCaller>),
    ) -> Result<AssessmentId, AppError> {
        self.store()
            .run_tx("assessment.record", async |tx: Tx| {
                let id = tx.record_assessment(sealed, new).await?;
                let body = json!({
                    "assessment": id, "report": sealed.digest(), "made": new.made,
                    "review": new.review, "result": new.result,
                    "by": by.map_or(json!("command_line"), |_operator| Value::Null),
                });
                let clauses = [ClauseId::u(1), ClauseId::r(23)];
                let kind = "assessment.recorded";
                let recorded = entry(&tx, kind, &clauses, actor, body)?;
                if let Some(operator) = by {
                    tx.append_own(operator, &recorded).await?;
                } else {
                    tx.append(&recorded).await?;
                    tx.enforce_assessment(id).await?;
                }
                Ok::<_, AppError>(id)
            })
            .await
    }

    /// Lists the impact assessments, the last recorded first.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator may not see them.
    /// # Clause
    /// R23
    pub async fn assessments(&self, caller: &OperatorCaller) -> Result<Vec<Assessment>, AppError> {
        self.authorise_operator(caller, OperatorAction::ViewAssessments)
            .await?;
        Ok(self.store().read().list_assessments().await?)
    }

    /// Opens the report of an impact assessment; that it was opened is in the ledger first.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the operator may not see it; [`AppError::Missing`] when there is none.
    /// # Clause
    /// R23
    pub async fn open_assessment(
        &self,
        caller: &OperatorCaller,
        id: AssessmentId,
    ) -> Result<OpenedFile, AppError> {
        self.authorise_operator(caller, OperatorAction::ViewAssessments)
            .await?;
        let view = decide_assessment_view(self.role_of(caller).await?)?;
        let missing = || AppError::Missing { what: "assessment" };
        let found = self.store().read().find_assessment(id).await?;
        let paper = found.ok_or_else(missing)?.paper;
        let opened = self.store().open_paper(PaperOf::Platform, paper).await?;
        let opened = opened.ok_or_else(missing)?;
        let actor = self.store().account_pseudonym(caller.account).await?;
        self.store()
            .run_tx("assessment.open", async |tx: Tx| {
                let clauses = [ClauseId::r(23)];
                let body = json!({ "assessment": id });
                let noted = entry(&tx, "assessment.opened", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        file_of((&opened.name, &opened.bytes), opened.paper.kind, &view)
    }
}
