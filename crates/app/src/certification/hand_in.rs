use jiff::civil::Date;
use serde_json::json;
use yuntu_outbound::{CertificationNews, Line, Link, Message};
use yuntu_policy::{Action, ApplicationField, ApplicationState};
use yuntu_store::{
    Application, ApplicationValues, CodeMac, NoteAuthor, SealedNote, StoreError, Tx,
};
use yuntu_terms::{ApplicationId, ClauseId, Pii, UnifiedSocialCreditCode, clause};

use super::CertificationError;
use super::form::{FieldFault, check, code_of, is_words};
use super::show::lacking;
use crate::accounts::notice::Notice;
use crate::caller::{Caller, entry};
use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Hands an application in for review, for the first time or as the answer to a question.
    ///
    /// Everything is checked again on this day: a paper may have ended, and another enterprise may have been certified
    /// with the same credit code.
    ///
    /// # Errors
    /// [`CertificationError::Faults`] with every field that is wrong or missing, [`CertificationError::Words`] when the
    /// answer is too long, [`CertificationError::MovedOn`] when the application cannot be handed in.
    /// # Clause
    /// U1, R3
    pub async fn submit_certification(
        &self,
        caller: &Caller,
        id: ApplicationId,
        answer: Option<&Pii<String>>,
        link: &Link,
    ) -> Result<(), AppError> {
        clause::hit!(U1);
        self.authorise(caller, Action::ApplyForCertification)
            .await?;
        let application = self.own_editable(caller, id).await?;
        if answer.is_some_and(|answer| !is_words(answer)) {
            return Err(CertificationError::Words.into());
        }
        let values = self.store().application_values(&application).await?;
        let faults = self.faults_of(&application, &values).await?;
        if !faults.is_empty() {
            return Err(CertificationError::Faults(faults).into());
        }
        let code = code_of(&values).ok_or(AppError::Internal {
            what: "a credit code that was checked",
        })?;
        let mac = self.store().code_mac(&code).await?;
        let note = self
            .store()
            .seal_note(
                caller.enterprise,
                id,
                (NoteAuthor::Enterprise, None),
                answer,
            )
            .await?;
        let news = CertificationNews::Submitted;
        let notices = self.tell_applicant(&application, news, link).await?;
        let next = (ApplicationState::Submitted, Some(mac));
        self.go_on(caller, id, next, (&[note], &notices)).await
    }

    /// Takes an application back, also a draft; it cannot be taken up again.
    ///
    /// # Errors
    /// [`CertificationError::MovedOn`] when it is not open; [`AppError::Missing`] when there is none.
    /// # Clause
    /// U1, R3
    pub async fn withdraw_certification(
        &self,
        caller: &Caller,
        id: ApplicationId,
        link: &Link,
    ) -> Result<(), AppError> {
        self.authorise(caller, Action::ApplyForCertification)
            .await?;
        let application = self.own_application_row(caller, id).await?;
        let about = (NoteAuthor::Enterprise, None);
        let note = self
            .store()
            .seal_note(caller.enterprise, id, about, None)
            .await?;
        let news = CertificationNews::Withdrawn;
        let notices = self.tell_applicant(&application, news, link).await?;
        let next = (ApplicationState::Withdrawn, None);
        self.go_on(caller, id, next, (&[note], &notices)).await
    }

    async fn go_on(
        &self,
        caller: &Caller,
        id: ApplicationId,
        (next, mac): (ApplicationState, Option<CodeMac>),
        (notes, notices): (&[SealedNote], &[Notice]),
    ) -> Result<(), AppError> {
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("certification.go_on", async |tx: Tx| {
                if let Some(mac) = mac {
                    tx.set_code_mac(caller.enterprise, id, mac).await?;
                }
                tx.move_application(caller.enterprise, id, (next, None), notes)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "application": id, "state": next,
                    "told": notices.iter().map(Notice::noted).collect::<Vec<_>>(),
                });
                let kind = match next {
                    ApplicationState::Withdrawn => "certification.withdrawn",
                    ApplicationState::Draft
                    | ApplicationState::Submitted
                    | ApplicationState::Asked
                    | ApplicationState::Approved
                    | ApplicationState::Rejected => "certification.submitted",
                };
                let clauses = [ClauseId::u(1), ClauseId::r(3)];
                let moved = entry(&tx, kind, &clauses, actor, body)?;
                tx.append_own(caller, &moved).await?;
                for notice in notices {
                    notice.put(&tx).await?;
                }
                Ok(())
            })
            .await
            .map_err(moved_on)
    }

    /// Finds what is wrong or missing on this day.
    pub(super) async fn faults_of(
        &self,
        application: &Application,
        values: &ApplicationValues,
    ) -> Result<Vec<(ApplicationField, FieldFault)>, AppError> {
        let today: Date = self.now().day_in_china();
        let read = self.store().read();
        let files = read
            .list_documents(application.enterprise, application.id)
            .await?;
        let has = |field: ApplicationField| {
            values.contains_key(&field) || files.iter().any(|file| file.field == field)
        };
        let assessed = self.assessment_state().await?.opens;
        let lack = |field: ApplicationField| {
            if field.is_sensitive() && !assessed {
                (field, FieldFault::Assessment)
            } else {
                (field, FieldFault::Missing)
            }
        };
        let mut faults: Vec<_> = lacking(has).into_iter().map(lack).collect();
        for (field, value) in values {
            if let Err(fault) = check(*field, value, today) {
                faults.push((*field, fault));
            }
            if field.is_sensitive() && application.consented.is_none() {
                faults.push((*field, FieldFault::Consent));
            }
        }
        if let Some(code) = code_of(values)
            && self.is_taken(&code, application).await?
        {
            faults.push((ApplicationField::CreditCode, FieldFault::Taken));
        }
        faults.sort_by_key(|(field, _)| *field);
        Ok(faults)
    }

    async fn is_taken(
        &self,
        code: &UnifiedSocialCreditCode,
        application: &Application,
    ) -> Result<bool, AppError> {
        let read = self.store().read();
        Ok(read
            .is_code_of_another(code, application.enterprise)
            .await?)
    }

    /// Seals what is told to who handles an application, at every address of the account.
    pub(super) async fn tell_applicant(
        &self,
        application: &Application,
        news: CertificationNews,
        link: &Link,
    ) -> Result<Vec<Notice>, AppError> {
        let read = self.store().read();
        let seat = read
            .find_representative(application.enterprise, application.applicant)
            .await?;
        let Some(account) = seat.and_then(|seat| seat.account) else {
            return Ok(Vec::new());
        };
        let Some(account) = read.find_account(account).await? else {
            return Ok(Vec::new());
        };
        let enterprise = read.find_enterprise(application.enterprise).await?;
        let name = enterprise.map(|enterprise| enterprise.name);
        let called = Line::lossy(&name.unwrap_or_default());
        let message = |to| {
            Message::certification_changed(to, account.lang, called.clone(), news, link.clone())
        };
        self.seal_to_all(account.id, message).await
    }
}

pub(super) fn moved_on(error: AppError) -> AppError {
    if matches!(&error, AppError::Store(StoreError::Conflict { what } | StoreError::Missing { what }) if *what == "application")
    {
        CertificationError::MovedOn.into()
    } else {
        error
    }
}
