use serde_json::json;
use yuntu_policy::{
    ApplicationField, LookFacts, LookReason, LookRequest, OperatorAction, RecordedLook,
    decide_look, operator_may,
};
use yuntu_store::Application;
use yuntu_terms::{ApplicationId, ClauseId, DocumentId, clause};

use super::files::opened_file;
use super::show::opened;
use super::{CertificationError, OpenedFile};
use crate::error::AppError;
use crate::operators::OperatorCaller;
use crate::platform::Platform;

/// What a reviewer wants to see, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookFor {
    /// The application.
    pub application: ApplicationId,
    /// The field.
    pub field: ApplicationField,
    /// Why.
    pub reason: LookReason,
}

impl Platform {
    /// Opens a masked value of an application. The look is in the ledger, and in the enterprise's own log, before the
    /// value leaves; the bank account takes a second person's agreement first.
    ///
    /// # Errors
    /// [`CertificationError::Look`] with why not; [`AppError::Missing`] when there is no such application or value.
    /// # Clause
    /// R23
    pub async fn look(&self, caller: &OperatorCaller, what: LookFor) -> Result<String, AppError> {
        clause::hit!(R23);
        let application = self.reviewed(caller, what.application).await?;
        let mut values = self.store().application_values(&application).await?;
        let value = values.remove(&what.field);
        let value = value.ok_or(AppError::Missing { what: "value" })?;
        let look = self.recorded_look(caller, &application, what, None).await?;
        opened(&value, &look)
    }

    /// Opens a file of an application, by a look like any other.
    ///
    /// # Errors
    /// As [`Platform::look`].
    /// # Clause
    /// R23
    pub async fn look_into_file(
        &self,
        caller: &OperatorCaller,
        (application, document): (ApplicationId, DocumentId),
        reason: LookReason,
    ) -> Result<OpenedFile, AppError> {
        clause::hit!(R23);
        let application = self.reviewed(caller, application).await?;
        let store = self.store();
        let found = store
            .open_document(application.enterprise, document)
            .await?;
        let found = found.filter(|found| found.document.application == application.id);
        let found = found.ok_or(AppError::Missing { what: "document" })?;
        let what = LookFor {
            application: application.id,
            field: found.document.field,
            reason,
        };
        let look = self
            .recorded_look(caller, &application, what, Some(document))
            .await?;
        opened_file(&found, &look)
    }

    async fn recorded_look(
        &self,
        caller: &OperatorCaller,
        application: &Application,
        what: LookFor,
        document: Option<DocumentId>,
    ) -> Result<RecordedLook, AppError> {
        let role = self.role_of(caller).await?;
        let is_seconded = match self.may_unmask(caller, application.id).await {
            Ok(()) => true,
            Err(AppError::Refused(_)) => false,
            Err(error) => return Err(error),
        };
        let facts = LookFacts {
            may_review: operator_may(role, OperatorAction::OpenMaskedValue),
            is_concerned: Some(self.is_concerned(caller, application).await?),
            state: Some(application.state),
            is_seconded,
        };
        let request = LookRequest {
            enterprise: application.enterprise,
            application: application.id,
            field: what.field,
            document,
            reason: what.reason,
        };
        let look = match decide_look(request, &facts) {
            Ok(look) => look,
            Err(why) => {
                let body = json!({
                    "operator": caller.operator, "action": OperatorAction::OpenMaskedValue,
                    "application": application.id, "missing": [why.to_string()],
                });
                let actor = self.store().account_pseudonym(caller.account).await?;
                self.note_refused((actor, caller.into()), &[ClauseId::r(23)], body)
                    .await?;
                return Err(CertificationError::Look(why).into());
            }
        };
        let actor = self.store().account_pseudonym(caller.account).await?;
        Ok(self
            .store()
            .record_look(look, caller.operator, (actor, caller.into()))
            .await?)
    }
}
