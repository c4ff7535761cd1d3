use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
};
use yuntu_policy::ApplicationField;
use yuntu_terms::{
    ApplicationId, Digest, DocumentId, EnterpriseId, Id, Pii, RepresentativeId, Timestamp, clause,
};
use yuntu_vault::KeyScope;

use crate::entity::{document, document_chunk};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, number, one_row};

use crate::store::Store;
use crate::tx::Tx;

mod check;
mod fault;
mod jpeg;
mod name;
mod pdf;
mod png;
mod sealed;
#[cfg(test)]
mod tests;

pub use check::{CheckedFile, FILE_BYTES_MAX, FileKind};
pub use fault::FileFault;
pub(crate) use sealed::{FileTables, SealedFile};

const TABLE: &str = "document";
const CHUNKS: &str = "document_chunk";
const TABLES: FileTables = FileTables {
    files: TABLE,
    pieces: CHUNKS,
};
/// How many files one application may have.
pub const DOCUMENTS_MAX: u64 = 12;

/// A file that is sealed and whose rows are not written yet; made by [`Store::seal_document`].
#[derive(Debug, Clone)]
pub struct SealedDocument {
    enterprise: EnterpriseId,
    file: SealedFile,
}

impl SealedDocument {
    /// Returns the id the document will have.
    #[must_use]
    pub const fn id(&self) -> DocumentId {
        DocumentId::from_uuid(self.file.id)
    }

    /// Returns the digest of the bytes.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.file.digest
    }
}

/// A file that an enterprise handed in, without its name and content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The id.
    pub id: DocumentId,
    /// Whose it is.
    pub enterprise: EnterpriseId,
    /// The application it belongs to.
    pub application: ApplicationId,
    /// What it answers.
    pub field: ApplicationField,
    /// What it is.
    pub kind: FileKind,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// The digest of its bytes.
    pub digest: Digest,
    /// When it was handed in.
    pub created: Timestamp,
}

/// A file with its name and content, under protection.
#[derive(Debug)]
pub struct OpenedDocument {
    /// What is known of it without opening it.
    pub document: Document,
    /// The name, made safe.
    pub name: Pii<String>,
    /// The content.
    pub bytes: Pii<Vec<u8>>,
}

impl Store {
    /// Seals a file that was looked through, piece by piece, under the enterprise's key.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R22
    pub async fn seal_document(
        &self,
        enterprise: EnterpriseId,
        file: &CheckedFile,
    ) -> Result<SealedDocument, StoreError> {
        clause::hit!(R22);
        let id: DocumentId = Id::generate(self.now(), &*self.database.entropy)?;
        let keys = self.vault.sealer(&KeyScope::Enterprise(enterprise)).await?;
        let file = TABLES.seal(&keys, id.uuid(), file)?;
        Ok(SealedDocument { enterprise, file })
    }

    /// Opens the name of a document of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or the value was moved, or a fault of the database.
    pub async fn document_name(
        &self,
        enterprise: EnterpriseId,
        id: DocumentId,
    ) -> Result<Option<Pii<String>>, StoreError> {
        match self.read().document_row(enterprise, id).await? {
            Some(row) => Ok(Some(self.open_name(enterprise, &row).await?)),
            None => Ok(None),
        }
    }

    async fn open_name(
        &self,
        enterprise: EnterpriseId,
        row: &document::Model,
    ) -> Result<Pii<String>, StoreError> {
        let scope = KeyScope::Enterprise(enterprise);
        let keys = self.vault.unsealer(&scope).await?;
        TABLES.open_name(&keys, row.id, row.name_sealed.clone())
    }

    /// Opens a document of this enterprise; name and content leave only at a sink that a warrant opens.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or a piece was moved or changed, [`StoreError::Inconsistent`] when
    /// a piece is missing, or a fault of the database.
    ///
    /// # Clause
    /// R22
    pub async fn open_document(
        &self,
        enterprise: EnterpriseId,
        id: DocumentId,
    ) -> Result<Option<OpenedDocument>, StoreError> {
        let reader = self.read();
        let Some(row) = reader.document_row(enterprise, id).await? else {
            return Ok(None);
        };
        let name = self.open_name(enterprise, &row).await?;
        let document = document_of(&row)?;
        let broken = || Place(CHUNKS, "bytes_sealed").broken();
        let keys = self
            .vault
            .unsealer(&KeyScope::Enterprise(enterprise))
            .await?;
        let mut pieces = Vec::new();
        for place in 0..row.chunks {
            let piece = document_chunk::Entity::find_by_id((row.id, place))
                .one(&reader.link)
                .await?
                .ok_or_else(broken)?;
            pieces.push(piece.bytes_sealed);
        }
        let bytes = TABLES.open_bytes(&keys, row.id, pieces, document.digest)?;
        Ok(Some(OpenedDocument {
            document,
            name,
            bytes,
        }))
    }
}

impl Tx {
    /// Records a sealed file as an answer of an application of its enterprise.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the application has as many files as it may, [`StoreError::Missing`] when the
    /// enterprise has no such application that can be changed, or no such representative.
    ///
    /// # Clause
    /// U1, R22
    pub async fn record_document(
        &self,
        application: ApplicationId,
        field: ApplicationField,
        by: RepresentativeId,
        sealed: &SealedDocument,
    ) -> Result<(), StoreError> {
        self.editable_application(sealed.enterprise, application)
            .await?;
        let others = document::Entity::find()
            .filter(document::Column::ApplicationId.eq(application.uuid()))
            .count(&self.link)
            .await?;
        if others >= DOCUMENTS_MAX {
            return Err(StoreError::Invalid {
                what: "document",
                reason: "expected at most 12 files for one application",
            });
        }
        let file = &sealed.file;
        let row = document::Model {
            id: file.id,
            enterprise_id: sealed.enterprise.uuid(),
            application_id: application.uuid(),
            field: field.code().to_owned(),
            kind: file.kind.code().to_owned(),
            name_sealed: file.name.clone(),
            size_bytes: number(file.size_bytes as u64),
            chunks: number(file.pieces.len() as u64),
            digest: file.digest.as_bytes().to_vec(),
            recorded_by: by.uuid(),
            created_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        for (bytes_sealed, place) in file.pieces.iter().cloned().zip(0_i64..) {
            let row = document_chunk::Model {
                document_id: file.id,
                place,
                bytes_sealed,
            };
            insert(&self.link, row).await?;
        }
        Ok(())
    }

    /// Removes a file from an application that can still be changed.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such application that can be changed, or no such file in it.
    ///
    /// # Clause
    /// R26
    pub async fn remove_document(
        &self,
        enterprise: EnterpriseId,
        application: ApplicationId,
        id: DocumentId,
    ) -> Result<(), StoreError> {
        self.editable_application(enterprise, application).await?;
        let row = self.read().document_row(enterprise, id).await?;
        let own = row.filter(|row| row.application_id == application.uuid());
        let own = own.ok_or(StoreError::Missing { what: TABLE })?;
        self.erase_documents(&[own.id]).await
    }

    /// Removes files with all their pieces.
    pub(crate) async fn erase_documents(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        document_chunk::Entity::delete_many()
            .filter(document_chunk::Column::DocumentId.is_in(ids.iter().copied()))
            .exec(&self.link)
            .await?;
        let done = document::Entity::delete_many()
            .filter(document::Column::Id.is_in(ids.iter().copied()))
            .exec(&self.link)
            .await?;
        match ids {
            [_one] => one_row(done.rows_affected, TABLE),
            _ => Ok(()),
        }
    }

    pub(crate) async fn documents_of_application(
        &self,
        application: Uuid,
    ) -> Result<Vec<Uuid>, StoreError> {
        Ok(document::Entity::find()
            .select_only()
            .column(document::Column::Id)
            .filter(document::Column::ApplicationId.eq(application))
            .into_tuple()
            .all(&self.link)
            .await?)
    }
}

impl Reader {
    async fn document_row(
        &self,
        enterprise: EnterpriseId,
        id: DocumentId,
    ) -> Result<Option<document::Model>, StoreError> {
        Ok(document::Entity::find_by_id(id.uuid())
            .filter(document::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?)
    }

    /// Finds a document of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_document(
        &self,
        enterprise: EnterpriseId,
        id: DocumentId,
    ) -> Result<Option<Document>, StoreError> {
        let row = self.document_row(enterprise, id).await?;
        row.as_ref().map(document_of).transpose()
    }

    /// Lists the documents of an application of this enterprise, in the order in which they were handed in.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    pub async fn list_documents(
        &self,
        enterprise: EnterpriseId,
        application: ApplicationId,
    ) -> Result<Vec<Document>, StoreError> {
        let rows = document::Entity::find()
            .filter(document::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(document::Column::ApplicationId.eq(application.uuid()))
            .order_by_asc(document::Column::CreatedAt)
            .order_by_asc(document::Column::Id)
            .all(&self.link)
            .await?;
        rows.iter().map(document_of).collect()
    }
}

fn document_of(row: &document::Model) -> Result<Document, StoreError> {
    Ok(Document {
        id: DocumentId::from_uuid(row.id),
        enterprise: EnterpriseId::from_uuid(row.enterprise_id),
        application: ApplicationId::from_uuid(row.application_id),
        field: ApplicationField::from_code(&row.field).ok_or(Place(TABLE, "field").broken())?,
        kind: FileKind::from_code(&row.kind).ok_or(Place(TABLE, "kind").broken())?,
        size_bytes: Place(TABLE, "size_bytes").count(row.size_bytes)?,
        digest: Place(TABLE, "digest").digest(&row.digest)?,
        created: moment(row.created_at),
    })
}
