use serde_json::json;
use yuntu_policy::{Action, ApplicationField};
use yuntu_store::{CheckedFile, FileKind, StoreError, Tx};
use yuntu_terms::{ApplicationId, ClauseId, DocumentId, Pii, Sink, Warrant, clause};

use super::CertificationError;
use super::show::opened;
use crate::caller::{Caller, entry};
use crate::error::AppError;
use crate::platform::Platform;

/// A file on its way to a person, who keeps it or opens it; the platform runs and shows none of it.
#[derive(Debug)]
pub struct OpenedFile {
    /// Its name, made safe.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Platform {
    /// Takes a file as an answer of an application, after looking through it.
    ///
    /// # Errors
    /// [`CertificationError::File`] when it is hostile, damaged or of another kind, [`CertificationError::TooManyFiles`],
    /// [`CertificationError::MovedOn`] when the application cannot be changed; [`AppError::Missing`] when it is not the
    /// caller's enterprise's or the field takes no file.
    /// # Clause
    /// U1, R22
    pub async fn add_certification_file(
        &self,
        caller: &Caller,
        (id, field): (ApplicationId, ApplicationField),
        declared: &str,
        bytes: Vec<u8>,
    ) -> Result<DocumentId, AppError> {
        clause::hit!(R22);
        self.authorise(caller, Action::ApplyForCertification)
            .await?;
        self.own_editable(caller, id).await?;
        if !field.is_file() {
            return Err(AppError::Missing { what: "field" });
        }
        let file = CheckedFile::check(declared, bytes).map_err(CertificationError::File)?;
        let sealed = self.store().seal_document(caller.enterprise, &file).await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("certification.add_file", async |tx: Tx| {
                tx.record_document(id, field, caller.representative, &sealed)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "application": id, "field": field,
                    "document": sealed.id(), "digest": sealed.digest(),
                });
                let clauses = [ClauseId::u(1), ClauseId::r(22)];
                let added = entry(&tx, "certification.file_added", &clauses, actor, body)?;
                tx.append_own(caller, &added).await?;
                Ok(())
            })
            .await
            .map_err(of_file)?;
        Ok(sealed.id())
    }

    /// Removes a file from an application that can be changed.
    ///
    /// # Errors
    /// [`CertificationError::MovedOn`] when it cannot be changed; [`AppError::Missing`] when there is no such application
    /// of the caller's enterprise, [`AppError::Store`] no such file in it.
    /// # Clause
    /// R26
    pub async fn remove_certification_file(
        &self,
        caller: &Caller,
        id: ApplicationId,
        document: DocumentId,
    ) -> Result<(), AppError> {
        self.authorise(caller, Action::ApplyForCertification)
            .await?;
        self.own_editable(caller, id).await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("certification.remove_file", async |tx: Tx| {
                tx.remove_document(caller.enterprise, id, document).await?;
                let body = json!({
                    "enterprise": caller.enterprise, "application": id, "document": document,
                });
                let clauses = [ClauseId::r(26)];
                let removed = entry(&tx, "certification.file_removed", &clauses, actor, body)?;
                tx.append_own(caller, &removed).await?;
                Ok(())
            })
            .await
    }

    /// Opens a file that the caller's enterprise handed in.
    ///
    /// # Errors
    /// [`AppError::Missing`] when the enterprise has no such file.
    /// # Clause
    /// R23, R26
    pub async fn certification_file(
        &self,
        caller: &Caller,
        document: DocumentId,
    ) -> Result<OpenedFile, AppError> {
        let view = self.own_view(caller).await?;
        let store = self.store();
        let found = store.open_document(caller.enterprise, document).await?;
        let found = found.ok_or(AppError::Missing { what: "document" })?;
        opened_file(&found, &view)
    }
}

/// Opens name and content towards the page of who may see them.
pub(super) fn opened_file(
    found: &yuntu_store::OpenedDocument,
    warrant: &dyn Warrant,
) -> Result<OpenedFile, AppError> {
    file_of((&found.name, &found.bytes), found.document.kind, warrant)
}

/// Opens a file of this kind towards a page.
pub(crate) fn file_of(
    (name, bytes): (&Pii<String>, &Pii<Vec<u8>>),
    kind: FileKind,
    warrant: &dyn Warrant,
) -> Result<OpenedFile, AppError> {
    let bytes = bytes.open(warrant, Sink::Page, Vec::clone);
    Ok(OpenedFile {
        name: opened(name, warrant)?,
        kind,
        bytes: bytes.ok_or(AppError::Internal {
            what: "a warrant that opens no page",
        })?,
    })
}

fn of_file(error: AppError) -> AppError {
    if matches!(&error, AppError::Store(StoreError::Invalid { what, .. }) if *what == "document") {
        CertificationError::TooManyFiles.into()
    } else {
        error
    }
}
