use std::collections::BTreeMap;
use std::fmt;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, prelude::Uuid};
use yuntu_policy::{ApplicationField, ApplicationState};
use yuntu_terms::{
    ApplicationId, Digest, EnterpriseId, Id, Pii, Timestamp, UnifiedSocialCreditCode, clause,
};
use yuntu_vault::{KeyScope, SealContext, Sealed};

use super::{Application, NoteAuthor, field_of};
use crate::entity::{application_message, application_value};
use crate::error::StoreError;
use crate::rows::{Place, moment};
use crate::store::Store;

pub(super) const VALUES: &str = "application_value";
pub(super) const NOTES: &str = "application_message";
const VALUE: &str = "value_sealed";
const TEXT: &str = "text_sealed";
const CODE_MAC: &str = "application.credit_code";

/// What an application tells, by field, under protection.
pub type ApplicationValues = BTreeMap<ApplicationField, Pii<String>>;

/// A sealed value of an application; made by [`Store::seal_value`].
#[derive(Debug, Clone)]
pub struct SealedValue {
    pub(super) application: ApplicationId,
    pub(super) field: ApplicationField,
    pub(super) sealed: Vec<u8>,
}

/// A sealed line of the history of an application; made by [`Store::seal_note`].
///
/// It opens in its own row only; which line of the history it is, is known when it is written.
#[derive(Debug, Clone)]
pub struct SealedNote {
    pub(super) id: Uuid,
    pub(super) application: ApplicationId,
    pub(super) author: NoteAuthor,
    pub(super) field: Option<ApplicationField>,
    pub(super) sealed: Option<Vec<u8>>,
}

/// The keyed hash of a credit code, by which applications with the same code are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodeMac(pub(super) Digest);

impl fmt::Debug for CodeMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeMac").finish_non_exhaustive()
    }
}

/// A line of the history of an application.
#[derive(Debug)]
pub struct Note {
    /// Into which state the application went.
    pub state: ApplicationState,
    /// Who wrote it.
    pub author: NoteAuthor,
    /// The field it is about.
    pub field: Option<ApplicationField>,
    /// What was written, if anything was.
    pub text: Option<Pii<String>>,
    /// When.
    pub at: Timestamp,
}

/// The row of a value is the application and the field, so that a number cannot be passed off as another.
fn value_row(application: Uuid, field: ApplicationField) -> Vec<u8> {
    let mut row = application.as_bytes().to_vec();
    row.extend_from_slice(field.code().as_bytes());
    row
}

fn value_context(row: &[u8]) -> SealContext<'_> {
    SealContext {
        table: VALUES,
        row,
        column: VALUE,
    }
}

fn note_context(id: &Uuid) -> SealContext<'_> {
    SealContext {
        table: NOTES,
        row: id.as_bytes(),
        column: TEXT,
    }
}

impl Store {
    /// Seals a value of an application under its enterprise's key.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or the vault fails.
    ///
    /// # Clause
    /// R22
    pub async fn seal_value(
        &self,
        enterprise: EnterpriseId,
        application: ApplicationId,
        field: ApplicationField,
        value: &Pii<String>,
    ) -> Result<SealedValue, StoreError> {
        clause::hit!(R22);
        let keys = self.vault.sealer(&KeyScope::Enterprise(enterprise)).await?;
        let row = value_row(application.uuid(), field);
        let sealed = value.digest(|text| keys.seal(&value_context(&row), text.as_bytes()))?;
        Ok(SealedValue {
            application,
            field,
            sealed: sealed.into_bytes(),
        })
    }

    /// Seals what is said with a change of state, or notes that nothing is.
    ///
    /// # Errors
    /// As [`Store::seal_value`].
    ///
    /// # Clause
    /// R22
    pub async fn seal_note(
        &self,
        enterprise: EnterpriseId,
        application: ApplicationId,
        (author, field): (NoteAuthor, Option<ApplicationField>),
        text: Option<&Pii<String>>,
    ) -> Result<SealedNote, StoreError> {
        // A line has no name outside its rows, so it borrows a kind of id.
        let id: ApplicationId = Id::generate(self.now(), &*self.database.entropy)?;
        let id = id.uuid();
        let sealed = match text {
            Some(text) => {
                let scope = KeyScope::Enterprise(enterprise);
                let keys = self.vault.sealer(&scope).await?;
                let sealed = text.digest(|text| keys.seal(&note_context(&id), text.as_bytes()))?;
                Some(sealed.into_bytes())
            }
            None => None,
        };
        Ok(SealedNote {
            id,
            application,
            author,
            field,
            sealed,
        })
    }

    /// Hashes a credit code, so that applications with the same one are told.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    pub async fn code_mac(&self, code: &UnifiedSocialCreditCode) -> Result<CodeMac, StoreError> {
        let code = code.as_str().as_bytes();
        let mac = self.vault.mac(&KeyScope::Platform, CODE_MAC, code).await?;
        Ok(CodeMac(mac))
    }

    /// Opens the values of an application; each leaves only at a sink that a warrant opens.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or a value was moved or changed, or a fault of the database.
    pub async fn application_values(
        &self,
        application: &Application,
    ) -> Result<ApplicationValues, StoreError> {
        let id = application.id.uuid();
        let rows = application_value::Entity::find()
            .filter(application_value::Column::ApplicationId.eq(id))
            .all(&self.read().link)
            .await?;
        let scope = KeyScope::Enterprise(application.enterprise);
        let mut values = ApplicationValues::new();
        if rows.is_empty() {
            return Ok(values);
        }
        let keys = self.vault.unsealer(&scope).await?;
        for row in rows {
            let field = field_of(&row.field, VALUES)?;
            let place = value_row(id, field);
            let sealed = Sealed::from_bytes(row.value_sealed)?;
            let plain = keys.unseal(&value_context(&place), &sealed)?;
            let text = plain.into_pii_text().ok_or(Place(VALUES, VALUE).broken())?;
            values.insert(field, text);
        }
        Ok(values)
    }

    /// Opens the history of an application, oldest first.
    ///
    /// # Errors
    /// As [`Store::application_values`].
    pub async fn application_notes(
        &self,
        application: &Application,
    ) -> Result<Vec<Note>, StoreError> {
        let id = application.id.uuid();
        let rows = application_message::Entity::find()
            .filter(application_message::Column::ApplicationId.eq(id))
            .order_by_asc(application_message::Column::Number)
            .all(&self.read().link)
            .await?;
        let scope = KeyScope::Enterprise(application.enterprise);
        let mut sealer = None;
        let mut notes = Vec::with_capacity(rows.len());
        for row in rows {
            let text = match row.text_sealed {
                Some(bytes) => {
                    let opener = match sealer.take() {
                        Some(opener) => opener,
                        None => self.vault.unsealer(&scope).await?,
                    };
                    let plain =
                        opener.unseal(&note_context(&row.id), &Sealed::from_bytes(bytes)?)?;
                    sealer = Some(opener);
                    Some(plain.into_pii_text().ok_or(Place(NOTES, TEXT).broken())?)
                }
                None => None,
            };
            notes.push(Note {
                state: ApplicationState::from_code(&row.state)
                    .ok_or(Place(NOTES, "state").broken())?,
                author: NoteAuthor::from_code(&row.author)
                    .ok_or(Place(NOTES, "author").broken())?,
                field: row.field.map(|code| field_of(&code, NOTES)).transpose()?,
                text,
                at: moment(row.created_at),
            });
        }
        Ok(notes)
    }
}
