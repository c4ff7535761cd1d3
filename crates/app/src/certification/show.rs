use std::collections::BTreeMap;

use yuntu_policy::{Action, ApplicationField, Facts, RecordedView, decide_own_certification};
use yuntu_store::{Application, Note};
use yuntu_terms::{Pii, Sink, Warrant, clause};

use super::form::masked;
use super::{ApplicationView, Certification, FileView, NoteView, Shown};
use crate::caller::Caller;
use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Shows how the certification of the caller's enterprise stands, with what was handed in and who looked at it.
    ///
    /// The sensitive numbers are shown masked to their own enterprise too.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not apply for the enterprise.
    /// # Clause
    /// U1, R3, R23
    pub async fn certification(&self, caller: &Caller) -> Result<Certification, AppError> {
        let view = self.own_view(caller).await?;
        let read = self.store().read();
        let enterprise = read.find_enterprise(caller.enterprise).await?;
        let mut all = read.list_applications(caller.enterprise).await?;
        let newest = all.iter().position(|one| one.state.is_open()).unwrap_or(0);
        let current = (newest < all.len()).then(|| all.remove(newest));
        let current = match current {
            Some(application) => Some(self.own_application(application, view).await?),
            None => None,
        };
        Ok(Certification {
            certified: enterprise.and_then(|enterprise| enterprise.certified),
            current,
            earlier: all,
            assessed: self.assessment_state().await?.opens,
            looks: read.list_looks(caller.enterprise).await?,
        })
    }

    /// Decides whether the caller sees what the enterprise handed in, and makes it durable that she does.
    pub(super) async fn own_view(&self, caller: &Caller) -> Result<RecordedView, AppError> {
        let (reader, now) = (self.store().facts(), self.now());
        let &Caller {
            enterprise,
            representative,
            ..
        } = caller;
        let facts = Facts {
            enterprise: reader.enterprise(enterprise).await?,
            actor: reader.actor(enterprise, representative, now).await?,
            ..Facts::nothing(now)
        };
        match decide_own_certification(enterprise, representative, &facts) {
            Ok(view) => self.view_as(caller, view).await,
            Err(refusal) => {
                let action = Action::ApplyForCertification;
                Err(self.refuse(caller, action, refusal).await?)
            }
        }
    }

    async fn own_application(
        &self,
        application: Application,
        view: RecordedView,
    ) -> Result<ApplicationView, AppError> {
        clause::hit!(R23);
        let values = self.store().application_values(&application).await?;
        let mut shown = BTreeMap::new();
        for (field, value) in &values {
            let one = if field.is_sensitive() {
                Shown::Masked(masked(*field, value))
            } else {
                Shown::Plain(opened(value, &view)?)
            };
            shown.insert(*field, one);
        }
        let read = self.store().read();
        let mut files = Vec::new();
        for document in read
            .list_documents(application.enterprise, application.id)
            .await?
        {
            let name = self
                .store()
                .document_name(application.enterprise, document.id)
                .await?;
            let name = name.map(|name| opened(&name, &view)).transpose()?;
            files.push(FileView { document, name });
        }
        let notes = self.store().application_notes(&application).await?;
        let history = notes.iter().map(|note| noted(note, &view));
        Ok(ApplicationView {
            history: history.collect::<Result<_, _>>()?,
            payments: read
                .list_account_checks(application.enterprise, application.id)
                .await?,
            account_verified: read
                .is_account_verified(application.enterprise, application.id)
                .await?,
            application,
            values: shown,
            files,
        })
    }
}

/// Opens a value towards the page.
pub(super) fn opened(value: &Pii<String>, warrant: &dyn Warrant) -> Result<String, AppError> {
    value
        .open(warrant, Sink::Page, String::clone)
        .ok_or(AppError::Internal {
            what: "a warrant that opens no page",
        })
}

pub(super) fn noted(note: &Note, warrant: &dyn Warrant) -> Result<NoteView, AppError> {
    let text = note.text.as_ref();
    Ok(NoteView {
        state: note.state,
        author: note.author,
        field: note.field,
        text: text.map(|text| opened(text, warrant)).transpose()?,
        at: note.at,
    })
}

/// Says which necessary fields an application lacks.
pub(super) fn lacking(has: impl Fn(ApplicationField) -> bool) -> Vec<ApplicationField> {
    let necessary = ApplicationField::ALL.iter().copied();
    necessary
        .filter(|field| field.is_necessary() && !has(*field))
        .collect()
}
