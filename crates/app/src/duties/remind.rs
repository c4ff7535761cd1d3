use serde_json::json;
use yuntu_outbound::{DueDuty, EndingNews, Link, Message};
use yuntu_policy::{DutyKind, EndingStep, OperatorRole, operator_may};
use yuntu_store::{AccountStanding, EndingOf, Tx};
use yuntu_terms::{AccountId, clause};

use super::DutyState;
use crate::accounts::notice::Notice;
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

const PATH: &str = "/operator/duties";

impl Platform {
    /// Tells who answers for it what is due within ninety, thirty or seven days, or overdue; returns how much it told.
    ///
    /// # Errors
    /// [`AppError::Store`]; what was told by then is not told again.
    /// # Clause
    /// R23
    pub async fn tell_duties(&self) -> Result<u64, AppError> {
        clause::hit!(R23);
        let mut told = 0;
        for duty in self.duties_state().await?.duties {
            if let Some(step) = duty.near {
                told += self.tell_duty(&duty, step).await?;
            }
        }
        Ok(told)
    }

    async fn tell_duty(&self, duty: &DutyState, step: EndingStep) -> Result<u64, AppError> {
        let of = EndingOf::duty(duty.kind, duty.last.map(|last| last.id), duty.due);
        if self.store().read().is_ending_told(of, step).await? {
            return Ok(0);
        }
        let whom = self.who_answers(duty.kind).await?;
        if whom.is_empty() {
            return Ok(0);
        }
        let link = self.origin().map(|origin| format!("{origin}{PATH}"));
        let link = link.and_then(|link| Link::try_from(link).ok());
        let what = (due_duty(duty.kind), news_of(step));
        let mut notices: Vec<Notice> = Vec::new();
        for account in whom {
            let lang = self.lang_of(account).await?;
            let message = |to| Message::duty_due(to, lang, what, duty.due, link.clone());
            notices.extend(self.seal_to_all(account, message).await?);
        }
        let actor = self.store().platform_pseudonym().await?;
        let notices = notices.as_slice();
        let clauses = [duty.kind.clause()];
        self.store()
            .run_tx("duty.tell", async |tx: Tx| {
                if !tx.note_ending(of, step).await? {
                    return Ok(0);
                }
                let body = json!({
                    "kind": duty.kind, "step": step, "due": duty.due,
                    "told": notices.iter().map(Notice::noted).collect::<Vec<_>>(),
                });
                tx.append(&entry(&tx, "duty.told", &clauses, actor, body)?)
                    .await?;
                for notice in notices {
                    notice.put(&tx).await?;
                }
                Ok::<_, AppError>(1)
            })
            .await
    }

    /// Lists the accounts of the operators who answer for a duty; where there is none, of those who keep the register.
    async fn who_answers(&self, kind: DutyKind) -> Result<Vec<AccountId>, AppError> {
        let read = self.store().read();
        let (mut answer, mut keep) = (Vec::new(), Vec::new());
        for operator in read.list_operators().await? {
            let account = read.find_account(operator.account).await?;
            let active = account.is_some_and(|it| it.standing == AccountStanding::Active);
            if !active || operator.enrolled.is_none() {
                continue;
            }
            if operator_may(operator.role, kind.recorded_by()) {
                answer.push(operator.account);
            } else if operator.role == OperatorRole::Administrator {
                keep.push(operator.account);
            }
        }
        Ok(if answer.is_empty() { keep } else { answer })
    }
}

const fn due_duty(kind: DutyKind) -> DueDuty {
    match kind {
        DutyKind::ComplianceAudit => DueDuty::ComplianceAudit,
        DutyKind::MinorsAudit => DueDuty::MinorsAudit,
        DutyKind::Training => DueDuty::Training,
        DutyKind::EmergencyDrill => DueDuty::EmergencyDrill,
    }
}

const fn news_of(step: EndingStep) -> EndingNews {
    match step {
        EndingStep::Quarter => EndingNews::Quarter,
        EndingStep::Month => EndingNews::Month,
        EndingStep::Week => EndingNews::Week,
        EndingStep::Over => EndingNews::Over,
    }
}
