use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
};
use yuntu_terms::{Digest, EnterpriseId, Id, PaperId, Pii, RepresentativeId, Timestamp, clause};
use yuntu_vault::KeyScope;

use crate::documents::{CheckedFile, FileKind, FileTables, SealedFile};
use crate::entity::{paper, paper_chunk, paper_look};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, number, one_row};

use crate::store::Store;
use crate::tx::{LeafId, Tx};

const TABLE: &str = "paper";
const CHUNKS: &str = "paper_chunk";
const TABLES: FileTables = FileTables {
    files: TABLE,
    pieces: CHUNKS,
};
/// How many looks a list shows at most.
const LOOKS_MAX: u64 = 100;

/// Whose a paper is: under whose key it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperOf {
    /// An enterprise's.
    Enterprise(EnterpriseId),
    /// The platform's own.
    Platform,
}

impl PaperOf {
    const fn scope(self) -> KeyScope {
        match self {
            Self::Enterprise(enterprise) => KeyScope::Enterprise(enterprise),
            Self::Platform => KeyScope::Platform,
        }
    }

    fn column(self) -> Option<Uuid> {
        match self {
            Self::Enterprise(enterprise) => Some(enterprise.uuid()),
            Self::Platform => None,
        }
    }
}

/// A paper that is sealed and whose rows are not written yet; made by [`Store::seal_paper`].
#[derive(Debug, Clone)]
pub struct SealedPaper {
    of: PaperOf,
    file: SealedFile,
}

impl SealedPaper {
    /// Returns the id that the paper will have.
    #[must_use]
    pub const fn id(&self) -> PaperId {
        PaperId::from_uuid(self.file.id)
    }

    /// Returns the digest of its bytes.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.file.digest
    }

    pub(crate) const fn of(&self) -> PaperOf {
        self.of
    }
}

/// A paper that belongs to no application, without its name and content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paper {
    /// The id.
    pub id: PaperId,
    /// What it is.
    pub kind: FileKind,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// The digest of its bytes.
    pub digest: Digest,
    /// When it was handed in.
    pub created: Timestamp,
}

/// A paper with its name and content, under protection.
#[derive(Debug)]
pub struct OpenedPaper {
    /// What is known of it without opening it.
    pub paper: Paper,
    /// The name, made safe.
    pub name: Pii<String>,
    /// The content.
    pub bytes: Pii<Vec<u8>>,
}

/// A look of a person of the enterprise into a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaperLook {
    /// Who looked.
    pub by: RepresentativeId,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Seals a file that was looked through as a paper that belongs to no application.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R3, R22
    pub async fn seal_paper(
        &self,
        of: PaperOf,
        file: &CheckedFile,
    ) -> Result<SealedPaper, StoreError> {
        let id: PaperId = Id::generate(self.now(), &*self.database.entropy)?;
        let keys = self.vault.sealer(&of.scope()).await?;
        let file = TABLES.seal(&keys, id.uuid(), file)?;
        Ok(SealedPaper { of, file })
    }

    /// Opens a paper; name and content leave only at a sink that a warrant opens.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or a piece was moved or changed, [`StoreError::Inconsistent`] when
    /// a piece is missing, or a fault of the database.
    ///
    /// # Clause
    /// R22
    pub async fn open_paper(
        &self,
        of: PaperOf,
        id: PaperId,
    ) -> Result<Option<OpenedPaper>, StoreError> {
        let reader = self.read();
        let Some(row) = reader.paper_row(of, id).await? else {
            return Ok(None);
        };
        let paper = paper_of(&row)?;
        let keys = self.vault.unsealer(&of.scope()).await?;
        let pieces: Vec<Vec<u8>> = paper_chunk::Entity::find()
            .filter(paper_chunk::Column::PaperId.eq(row.id))
            .order_by_asc(paper_chunk::Column::Place)
            .all(&reader.link)
            .await?
            .into_iter()
            .map(|piece| piece.bytes_sealed)
            .collect();
        if number(pieces.len() as u64) != row.chunks {
            return Err(Place(CHUNKS, "bytes_sealed").broken());
        }
        let bytes = TABLES.open_bytes(&keys, row.id, pieces, paper.digest)?;
        let name = TABLES.open_name(&keys, row.id, row.name_sealed)?;
        Ok(Some(OpenedPaper { paper, name, bytes }))
    }
}

impl Tx {
    /// Keeps a sealed paper.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such enterprise, or a fault of the database.
    ///
    /// # Clause
    /// R22
    pub async fn keep_paper(&self, sealed: &SealedPaper) -> Result<(), StoreError> {
        let file = &sealed.file;
        let row = paper::Model {
            id: file.id,
            enterprise_id: sealed.of.column(),
            kind: file.kind.code().to_owned(),
            name_sealed: file.name.clone(),
            size_bytes: number(file.size_bytes as u64),
            chunks: number(file.pieces.len() as u64),
            digest: file.digest.as_bytes().to_vec(),
            created_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        for (bytes_sealed, place) in file.pieces.iter().cloned().zip(0_i64..) {
            let row = paper_chunk::Model {
                paper_id: file.id,
                place,
                bytes_sealed,
            };
            insert(&self.link, row).await?;
        }
        Ok(())
    }

    /// Notes beside its ledger entry that somebody of the enterprise looked into a paper of it.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn note_paper_look(
        &self,
        enterprise: EnterpriseId,
        (id, by): (PaperId, RepresentativeId),
        leaf: LeafId,
    ) -> Result<(), StoreError> {
        clause::hit!(R23);
        let row = paper_look::Model {
            leaf_id: leaf.0,
            paper_id: id.uuid(),
            enterprise_id: enterprise.uuid(),
            representative_id: by.uuid(),
            looked_at: self.now().as_micros(),
        };
        insert(&self.link, row).await
    }

    /// Erases a paper with all its pieces.
    pub(crate) async fn erase_paper(&self, id: Uuid) -> Result<(), StoreError> {
        paper_chunk::Entity::delete_many()
            .filter(paper_chunk::Column::PaperId.eq(id))
            .exec(&self.link)
            .await?;
        let done = paper::Entity::delete_by_id(id).exec(&self.link).await?;
        one_row(done.rows_affected, TABLE)
    }
}

impl Reader {
    async fn paper_row(
        &self,
        of: PaperOf,
        id: PaperId,
    ) -> Result<Option<paper::Model>, StoreError> {
        let owner = match of.column() {
            Some(enterprise) => paper::Column::EnterpriseId.eq(enterprise),
            None => Expr::col(paper::Column::EnterpriseId).is_null(),
        };
        Ok(paper::Entity::find_by_id(id.uuid())
            .filter(owner)
            .one(&self.link)
            .await?)
    }

    /// Finds a paper of this owner.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_paper(&self, of: PaperOf, id: PaperId) -> Result<Option<Paper>, StoreError> {
        let row = self.paper_row(of, id).await?;
        row.as_ref().map(paper_of).transpose()
    }

    /// Lists who of an enterprise looked into a paper of it, the latest first.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn list_paper_looks(
        &self,
        enterprise: EnterpriseId,
        id: PaperId,
    ) -> Result<Vec<PaperLook>, StoreError> {
        let rows = paper_look::Entity::find()
            .filter(paper_look::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(paper_look::Column::PaperId.eq(id.uuid()))
            .order_by_desc(paper_look::Column::LookedAt)
            .order_by_desc(paper_look::Column::LeafId)
            .limit(LOOKS_MAX)
            .all(&self.link)
            .await?;
        let looks = rows.into_iter().map(|row| PaperLook {
            by: RepresentativeId::from_uuid(row.representative_id),
            at: moment(row.looked_at),
        });
        Ok(looks.collect())
    }
}

fn paper_of(row: &paper::Model) -> Result<Paper, StoreError> {
    Ok(Paper {
        id: PaperId::from_uuid(row.id),
        kind: FileKind::from_code(&row.kind).ok_or(Place(TABLE, "kind").broken())?,
        size_bytes: Place(TABLE, "size_bytes").count(row.size_bytes)?,
        digest: Place(TABLE, "digest").digest(&row.digest)?,
        created: moment(row.created_at),
    })
}
