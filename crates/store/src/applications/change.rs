use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use yuntu_policy::{ApplicationField, ApplicationState};
use yuntu_terms::{
    ApplicationId, EnterpriseId, EnterpriseName, Id, OperatorId, RepresentativeId,
    UnifiedSocialCreditCode, clause,
};

use super::seal::NOTES;
use super::{Application, CodeMac, SealedNote, SealedValue, TABLE, application_of};
use crate::entity::{application, application_message, application_value, enterprise};
use crate::error::StoreError;
use crate::rows::{insert, micros_if, number, one_row};
use crate::tx::Tx;

impl Tx {
    /// Begins an application of an enterprise.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when one is open already, [`StoreError::Missing`] when there is no such representative of
    /// the enterprise.
    ///
    /// # Clause
    /// U1, R3
    pub async fn begin_application(
        &self,
        enterprise: EnterpriseId,
        applicant: RepresentativeId,
    ) -> Result<ApplicationId, StoreError> {
        let read = self.read();
        let known = read.find_representative(enterprise, applicant).await?;
        known.ok_or(StoreError::Missing {
            what: "representative",
        })?;
        if read
            .open_application_row(enterprise.uuid())
            .await?
            .is_some()
        {
            return Err(StoreError::Conflict { what: TABLE });
        }
        let id: ApplicationId = Id::generate(self.now(), &*self.entropy)?;
        let now = self.now().as_micros();
        let row = application::Model {
            id: id.uuid(),
            enterprise_id: enterprise.uuid(),
            representative_id: applicant.uuid(),
            state: ApplicationState::Draft.code().to_owned(),
            code_mac: None,
            consented_at: None,
            created_at: now,
            updated_at: now,
            submitted_at: None,
            decided_at: None,
            decided_by: None,
            sensitive_erased_at: None,
            erased_at: None,
        };
        insert(&self.link, row).await?;
        Ok(id)
    }

    /// Finds an application of this enterprise that it can still change.
    pub(crate) async fn editable_application(
        &self,
        enterprise: EnterpriseId,
        id: ApplicationId,
    ) -> Result<Application, StoreError> {
        let found = self.read().find_application(enterprise, id).await?;
        found
            .filter(|application| application.state.is_editable())
            .ok_or(StoreError::Missing { what: TABLE })
    }

    /// Keeps values of an application that can still be changed; each takes the place of the one before.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such application that can be changed.
    ///
    /// # Clause
    /// U1
    pub async fn keep_values(
        &self,
        enterprise: EnterpriseId,
        id: ApplicationId,
        values: &[SealedValue],
    ) -> Result<(), StoreError> {
        self.editable_application(enterprise, id).await?;
        let now = self.now().as_micros();
        for value in values.iter().filter(|value| value.application == id) {
            self.drop_value(id, value.field).await?;
            let row = application_value::Model {
                application_id: id.uuid(),
                field: value.field.code().to_owned(),
                value_sealed: value.sealed.clone(),
                saved_at: now,
            };
            insert(&self.link, row).await?;
        }
        self.touch(id).await
    }

    /// Removes values from an application that can still be changed.
    ///
    /// # Errors
    /// As [`Tx::keep_values`].
    ///
    /// # Clause
    /// R26
    pub async fn remove_values(
        &self,
        enterprise: EnterpriseId,
        id: ApplicationId,
        fields: &[ApplicationField],
    ) -> Result<(), StoreError> {
        self.editable_application(enterprise, id).await?;
        for field in fields {
            self.drop_value(id, *field).await?;
        }
        self.touch(id).await
    }

    async fn drop_value(
        &self,
        id: ApplicationId,
        field: ApplicationField,
    ) -> Result<(), StoreError> {
        application_value::Entity::delete_many()
            .filter(application_value::Column::ApplicationId.eq(id.uuid()))
            .filter(application_value::Column::Field.eq(field.code()))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    async fn touch(&self, id: ApplicationId) -> Result<(), StoreError> {
        let done = application::Entity::update_many()
            .col_expr(
                application::Column::UpdatedAt,
                self.now().as_micros().into(),
            )
            .filter(application::Column::Id.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }

    /// Records that the person agrees to the use of the sensitive numbers, or no longer does; then they go at once.
    ///
    /// # Errors
    /// As [`Tx::keep_values`].
    ///
    /// # Clause
    /// U1, R26
    pub async fn set_sensitive_consent(
        &self,
        enterprise: EnterpriseId,
        id: ApplicationId,
        agrees: bool,
    ) -> Result<(), StoreError> {
        self.editable_application(enterprise, id).await?;
        let now = agrees.then(|| self.now());
        application::Entity::update_many()
            .col_expr(
                application::Column::ConsentedAt,
                Expr::value(micros_if(now)),
            )
            .filter(application::Column::Id.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        if agrees {
            return Ok(());
        }
        clause::hit!(R26);
        let sensitive: Vec<_> = ApplicationField::ALL
            .iter()
            .copied()
            .filter(|field| field.is_sensitive())
            .collect();
        self.remove_values(enterprise, id, &sensitive).await
    }

    /// Keeps the hash of the credit code with which an application is handed in.
    ///
    /// # Errors
    /// As [`Tx::keep_values`].
    ///
    /// # Clause
    /// U1
    pub async fn set_code_mac(
        &self,
        enterprise: EnterpriseId,
        id: ApplicationId,
        mac: CodeMac,
    ) -> Result<(), StoreError> {
        self.editable_application(enterprise, id).await?;
        application::Entity::update_many()
            .col_expr(
                application::Column::CodeMac,
                Expr::value(mac.0.as_bytes().to_vec()),
            )
            .filter(application::Column::Id.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Moves an application into its next state and writes the lines of its history.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such application, [`StoreError::Conflict`] when the state may not
    /// follow the one it is in.
    ///
    /// # Clause
    /// U1, R3
    pub async fn move_application(
        &self,
        enterprise: EnterpriseId,
        id: ApplicationId,
        (next, by): (ApplicationState, Option<OperatorId>),
        notes: &[SealedNote],
    ) -> Result<(), StoreError> {
        clause::hit!(U1);
        let row = application::Entity::find_by_id(id.uuid())
            .filter(application::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?
            .ok_or(StoreError::Missing { what: TABLE })?;
        let found = application_of(&row)?;
        if !found.state.may_become(next) {
            return Err(StoreError::Conflict { what: TABLE });
        }
        let now = self.now().as_micros();
        let mut update = application::Entity::update_many()
            .col_expr(application::Column::State, Expr::value(next.code()))
            .col_expr(application::Column::UpdatedAt, now.into());
        if next == ApplicationState::Submitted {
            update = update.col_expr(application::Column::SubmittedAt, now.into());
        }
        if !next.is_open() {
            let by = by.map(Id::uuid);
            update = update
                .col_expr(application::Column::DecidedAt, now.into())
                .col_expr(application::Column::DecidedBy, Expr::value(by));
        }
        let done = update
            .filter(application::Column::Id.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)?;
        self.write_notes(id, next, notes).await
    }

    async fn write_notes(
        &self,
        id: ApplicationId,
        state: ApplicationState,
        notes: &[SealedNote],
    ) -> Result<(), StoreError> {
        let earlier = application_message::Entity::find()
            .filter(application_message::Column::ApplicationId.eq(id.uuid()))
            .count(&self.link)
            .await?;
        let own = notes.iter().filter(|note| note.application == id);
        for (note, place) in own.zip(number(earlier) + 1..) {
            let row = application_message::Model {
                id: note.id,
                application_id: id.uuid(),
                number: place,
                state: state.code().to_owned(),
                author: note.author.code().to_owned(),
                field: note.field.map(|field| field.code().to_owned()),
                text_sealed: note.sealed.clone(),
                created_at: self.now().as_micros(),
            };
            insert(&self.link, row)
                .await
                .map_err(|error| error.conflict(NOTES))?;
        }
        Ok(())
    }

    /// Gives an enterprise the name, credit code and industry with which it is certified.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another enterprise bears the code, [`StoreError::Missing`] when there is no such
    /// enterprise.
    ///
    /// # Clause
    /// U1
    pub async fn identify_enterprise(
        &self,
        id: EnterpriseId,
        name: &EnterpriseName,
        code: &UnifiedSocialCreditCode,
        industry: &str,
    ) -> Result<(), StoreError> {
        let done = enterprise::Entity::update_many()
            .col_expr(enterprise::Column::Name, Expr::value(name.as_str()))
            .col_expr(enterprise::Column::CreditCode, Expr::value(code.as_str()))
            .col_expr(
                enterprise::Column::Industry,
                Expr::value(crate::rows::name(industry, "industry")?),
            )
            .col_expr(enterprise::Column::UpdatedAt, self.now().as_micros().into())
            .filter(enterprise::Column::Id.eq(id.uuid()))
            .exec(&self.link)
            .await
            .map_err(|error| StoreError::from(error).conflict("enterprise"))?;
        one_row(done.rows_affected, "enterprise")
    }
}
