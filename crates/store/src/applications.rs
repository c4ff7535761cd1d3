use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
};
use yuntu_policy::{ApplicationField, ApplicationState};
use yuntu_terms::{
    ApplicationId, EnterpriseId, OperatorId, RepresentativeId, Timestamp, UnifiedSocialCreditCode,
};

use crate::entity::{application, enterprise};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, moment, moment_if};

mod change;
mod erase;
mod seal;

pub use seal::{ApplicationValues, CodeMac, Note, SealedNote, SealedValue};

const TABLE: &str = "application";
/// How many applications a list shows at most.
const SHOWN_MAX: u64 = 200;

/// An application for certification, without its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The id.
    pub id: ApplicationId,
    /// Which enterprise applies.
    pub enterprise: EnterpriseId,
    /// Who handles it for the enterprise.
    pub applicant: RepresentativeId,
    /// Where it stands.
    pub state: ApplicationState,
    /// When the person agreed to the use of the two numbers that take a consent of their own.
    pub consented: Option<Timestamp>,
    /// When it was begun.
    pub created: Timestamp,
    /// When it changed last.
    pub updated: Timestamp,
    /// When it was handed in last.
    pub submitted: Option<Timestamp>,
    /// When it came to an end.
    pub decided: Option<Timestamp>,
    /// Who approved or rejected it.
    pub decided_by: Option<OperatorId>,
    /// When the sensitive numbers were erased after the review.
    pub sensitive_erased: Option<Timestamp>,
}

/// Who wrote a line of the history of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteAuthor {
    /// The enterprise.
    Enterprise,
    /// The operator of the platform.
    Operator,
}

impl NoteAuthor {
    /// Returns the code of the column.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Operator => "operator",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        [Self::Enterprise, Self::Operator]
            .into_iter()
            .find(|author| author.code() == code)
    }
}

impl Reader {
    /// Finds an application of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_application(
        &self,
        enterprise: EnterpriseId,
        id: ApplicationId,
    ) -> Result<Option<Application>, StoreError> {
        let row = application::Entity::find_by_id(id.uuid())
            .filter(application::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        row.as_ref().map(application_of).transpose()
    }

    /// Finds an application of any enterprise, for a reviewer; a draft is nobody else's business.
    ///
    /// # Errors
    /// As [`Reader::find_application`].
    pub async fn find_application_for_review(
        &self,
        id: ApplicationId,
    ) -> Result<Option<Application>, StoreError> {
        let row = application::Entity::find_by_id(id.uuid())
            .filter(application::Column::SubmittedAt.is_not_null())
            .one(&self.link)
            .await?;
        row.as_ref().map(application_of).transpose()
    }

    /// Lists the applications of an enterprise, newest first.
    ///
    /// # Errors
    /// As [`Reader::find_application`].
    pub async fn list_applications(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<Vec<Application>, StoreError> {
        let rows = application::Entity::find()
            .filter(application::Column::EnterpriseId.eq(enterprise.uuid()))
            .order_by_desc(application::Column::CreatedAt)
            .order_by_desc(application::Column::Id)
            .limit(SHOWN_MAX)
            .all(&self.link)
            .await?;
        rows.iter().map(application_of).collect()
    }

    /// Lists the applications that wait for a reviewer or for the enterprise's answer, who waits longest first.
    ///
    /// # Errors
    /// As [`Reader::find_application`].
    pub async fn list_applications_in_review(&self) -> Result<Vec<Application>, StoreError> {
        let states = [ApplicationState::Submitted, ApplicationState::Asked];
        let rows = application::Entity::find()
            .filter(application::Column::State.is_in(states.map(ApplicationState::code)))
            .order_by_asc(application::Column::SubmittedAt)
            .order_by_asc(application::Column::Id)
            .limit(SHOWN_MAX)
            .all(&self.link)
            .await?;
        rows.iter().map(application_of).collect()
    }

    /// Says whether another enterprise bears this credit code; whose it is, is not told.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U1
    pub async fn is_code_of_another(
        &self,
        code: &UnifiedSocialCreditCode,
        than: EnterpriseId,
    ) -> Result<bool, StoreError> {
        let others = enterprise::Entity::find()
            .filter(enterprise::Column::CreditCode.eq(code.as_str()))
            .filter(enterprise::Column::Id.ne(than.uuid()))
            .count(&self.link)
            .await?;
        Ok(others > 0)
    }

    /// Counts the open applications of other enterprises that were handed in with this credit code.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// U1
    pub async fn count_rivals(&self, id: ApplicationId) -> Result<u64, StoreError> {
        let row = application::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        let Some((own, mac)) = row.and_then(|row| Some((row.enterprise_id, row.code_mac?))) else {
            return Ok(0);
        };
        let states = [ApplicationState::Submitted, ApplicationState::Asked];
        Ok(application::Entity::find()
            .filter(application::Column::CodeMac.eq(mac))
            .filter(application::Column::EnterpriseId.ne(own))
            .filter(application::Column::State.is_in(states.map(ApplicationState::code)))
            .count(&self.link)
            .await?)
    }

    /// Finds the row of an application of this enterprise that is open.
    pub(crate) async fn open_application_row(
        &self,
        enterprise: Uuid,
    ) -> Result<Option<application::Model>, StoreError> {
        let states = [
            ApplicationState::Draft,
            ApplicationState::Submitted,
            ApplicationState::Asked,
        ];
        Ok(application::Entity::find()
            .filter(application::Column::EnterpriseId.eq(enterprise))
            .filter(application::Column::State.is_in(states.map(ApplicationState::code)))
            .one(&self.link)
            .await?)
    }
}

pub(crate) fn application_of(row: &application::Model) -> Result<Application, StoreError> {
    Ok(Application {
        id: ApplicationId::from_uuid(row.id),
        enterprise: EnterpriseId::from_uuid(row.enterprise_id),
        applicant: RepresentativeId::from_uuid(row.representative_id),
        state: ApplicationState::from_code(&row.state).ok_or(Place(TABLE, "state").broken())?,
        consented: moment_if(row.consented_at),
        created: moment(row.created_at),
        updated: moment(row.updated_at),
        submitted: moment_if(row.submitted_at),
        decided: moment_if(row.decided_at),
        decided_by: row.decided_by.map(OperatorId::from_uuid),
        sensitive_erased: moment_if(row.sensitive_erased_at),
    })
}

pub(crate) fn field_of(code: &str, table: &'static str) -> Result<ApplicationField, StoreError> {
    ApplicationField::from_code(code).ok_or(Place(table, "field").broken())
}
