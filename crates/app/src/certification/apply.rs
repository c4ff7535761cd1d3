use serde_json::{Value, json};
use yuntu_policy::{Action, ApplicationField};
use yuntu_store::{Application, SealedValue, StoreError, Tx};
use yuntu_terms::{AccountId, ApplicationId, ClauseId, Pii, clause};

use super::CertificationError;
use super::form::{FieldFault, Typed, check, is_blank};
use crate::caller::{Caller, entry};
use crate::error::AppError;
use crate::platform::Platform;

/// What a save of the form will change.
#[derive(Default)]
struct Changes {
    keeps: Vec<(ApplicationField, Pii<String>)>,
    removes: Vec<ApplicationField>,
    faults: Vec<(ApplicationField, FieldFault)>,
}

impl Platform {
    /// Begins an application of the caller's enterprise, also to renew a certification that ends or has ended.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not apply, [`CertificationError::OpenAlready`] when one is open.
    /// # Clause
    /// U1, R3
    pub async fn begin_certification(&self, caller: &Caller) -> Result<ApplicationId, AppError> {
        self.authorise(caller, Action::ApplyForCertification)
            .await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("certification.begin", async |tx: Tx| {
                let id = tx
                    .begin_application(caller.enterprise, caller.representative)
                    .await?;
                let body = json!({ "enterprise": caller.enterprise, "application": id });
                let clauses = [ClauseId::u(1), ClauseId::r(3)];
                let begun = entry(&tx, "certification.begun", &clauses, actor, body)?;
                tx.append_own(caller, &begun).await?;
                Ok(id)
            })
            .await
            .map_err(open_already)
    }

    /// Keeps what was typed into the form, as far as it is right; what is wrong is named field by field.
    ///
    /// A minor's number is kept nowhere, and one kept before goes. The sensitive numbers are kept only with the person's
    /// own consent, and only while an impact assessment is in force; without the consent, those kept before go at once.
    ///
    /// # Errors
    /// [`CertificationError::Faults`] when fields are wrong, after the others were kept; [`CertificationError::MovedOn`]
    /// when there is no such application that can be changed.
    /// # Clause
    /// U1, R29
    pub async fn save_certification(
        &self,
        caller: &Caller,
        id: ApplicationId,
        typed: &Typed,
    ) -> Result<(), AppError> {
        clause::hit!(U1);
        self.authorise(caller, Action::ApplyForCertification)
            .await?;
        let application = self.own_editable(caller, id).await?;
        let assessed = self.assessment_state().await?.opens;
        let Changes {
            keeps,
            removes,
            faults,
        } = self.changes_of(typed, assessed);
        let mut sealed = Vec::with_capacity(keeps.len());
        for (field, value) in &keeps {
            let one = self
                .store()
                .seal_value(caller.enterprise, id, *field, value)
                .await?;
            sealed.push(one);
        }
        // Where nothing is asked, a box that is not there says nothing.
        let says = assessed && application.consented.is_some() != typed.agrees;
        let consent = says.then_some(typed.agrees);
        let kept: Vec<_> = keeps.iter().map(|(field, _)| field.code()).collect();
        let refused: Vec<_> = faults.iter().map(|(field, _)| field.code()).collect();
        let minor = faults.iter().any(|(_, fault)| *fault == FieldFault::Minor);
        let body = json!({
            "enterprise": caller.enterprise, "application": id, "kept": kept,
            "removed": removes, "refused": refused, "consent": consent, "minor": minor,
        });
        let change = (sealed.as_slice(), removes.as_slice(), consent);
        self.record_save(caller, id, change, body).await?;
        if faults.is_empty() {
            Ok(())
        } else {
            Err(CertificationError::Faults(faults).into())
        }
    }

    async fn record_save(
        &self,
        caller: &Caller,
        id: ApplicationId,
        (sealed, removes, consent): (&[SealedValue], &[ApplicationField], Option<bool>),
        body: Value,
    ) -> Result<(), AppError> {
        let actor = self.pseudonym(caller).await?;
        let body = &body;
        self.store()
            .run_tx("certification.save", async |tx: Tx| {
                tx.remove_values(caller.enterprise, id, removes).await?;
                tx.keep_values(caller.enterprise, id, sealed).await?;
                if let Some(agrees) = consent {
                    tx.set_sensitive_consent(caller.enterprise, id, agrees)
                        .await?;
                }
                let clauses = [ClauseId::u(1), ClauseId::r(29)];
                let saved = entry(&tx, "certification.saved", &clauses, actor, body.clone())?;
                tx.append_own(caller, &saved).await?;
                Ok(())
            })
            .await
    }

    /// Sorts what was typed into what is kept, what goes and what is wrong.
    fn changes_of(&self, typed: &Typed, assessed: bool) -> Changes {
        let today = self.now().day_in_china();
        let mut changes = Changes::default();
        for (field, text) in &typed.values {
            let removes = typed.removes.contains(field);
            match (is_blank(text) || removes, field.is_sensitive()) {
                (true, true) if !removes => {}
                (true, _) => changes.removes.push(*field),
                // U1: nothing of a sensitive number is looked at before the impact assessment.
                (false, true) if !assessed => {
                    changes.faults.push((*field, FieldFault::Assessment));
                }
                (false, sensitive) => match check(*field, text, today) {
                    Err(fault) => {
                        // R29: nothing of a minor's number stays, nor of one that was kept before.
                        if fault == FieldFault::Minor {
                            changes.removes.push(*field);
                        }
                        changes.faults.push((*field, fault));
                    }
                    Ok(_kept) if sensitive && !typed.agrees => {
                        changes.faults.push((*field, FieldFault::Consent));
                    }
                    Ok(kept) => changes.keeps.push((*field, kept)),
                },
            }
        }
        changes
    }

    /// Finds an application of the caller's enterprise that can be changed.
    pub(super) async fn own_editable(
        &self,
        caller: &Caller,
        id: ApplicationId,
    ) -> Result<Application, AppError> {
        let application = self.own_application_row(caller, id).await?;
        if application.state.is_editable() {
            Ok(application)
        } else {
            Err(CertificationError::MovedOn.into())
        }
    }

    pub(super) async fn own_application_row(
        &self,
        caller: &Caller,
        id: ApplicationId,
    ) -> Result<Application, AppError> {
        let read = self.store().read();
        let found = read.find_application(caller.enterprise, id).await?;
        found.ok_or(AppError::Missing {
            what: "application",
        })
    }

    /// Finds the account of the person in the caller's seat.
    pub(crate) async fn person_of(&self, caller: &Caller) -> Result<Option<AccountId>, AppError> {
        let read = self.store().read();
        let seat = read
            .find_representative(caller.enterprise, caller.representative)
            .await?;
        Ok(seat.and_then(|seat| seat.account))
    }
}

fn open_already(error: AppError) -> AppError {
    if matches!(&error, AppError::Store(StoreError::Conflict { what }) if *what == "application") {
        CertificationError::OpenAlready.into()
    } else {
        error
    }
}
