use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use serde::{Deserialize, Serialize};
use yuntu_terms::{Digest, EnterpriseId, PaperId, Pii, clause};
use yuntu_vault::{KeyScope, SealContext, Sealed};

use crate::entity::consent_proof;
use crate::error::StoreError;
use crate::rows::Place;
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "consent_proof";
const BODY: &str = "body_sealed";

/// What a consent record rests on: how it was collected, which notice the person was shown, and the proof.
///
/// Many records rest on the same; it is kept once and each record names its digest.
///
/// # Clause
/// U4
#[derive(Debug, Default)]
pub struct ConsentProof {
    /// How the person said it, such as `web form`.
    pub method: Option<String>,
    /// The notice that the person was shown.
    pub notice: Option<NoticeShown>,
    /// In which language she was asked, as a BCP 47 tag.
    pub language: Option<String>,
    /// Where the proof lies outside of the platform; it may be about a person.
    pub reference: Option<Pii<String>>,
    /// The paper of a dataset that lies here.
    pub paper: Option<(PaperId, Digest)>,
}

/// The notice that a person was shown before she said yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeShown {
    /// Its version, as the enterprise counts them.
    pub version: String,
    /// The digest of its text.
    pub digest: Option<Digest>,
}

impl ConsentProof {
    /// Says whether it says nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.method.is_none()
            && self.notice.is_none()
            && self.language.is_none()
            && self.reference.is_none()
            && self.paper.is_none()
    }
}

/// What a record rests on, sealed; made by [`Store::seal_proofs`].
#[derive(Debug, Clone)]
pub struct SealedProof {
    digest: Digest,
    body: Vec<u8>,
}

impl SealedProof {
    /// Returns the keyed hash by which records name it.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

#[derive(Serialize)]
struct Written<'a> {
    method: Option<&'a str>,
    notice: Option<&'a NoticeShown>,
    paper: Option<(PaperId, Digest)>,
    reference: Option<&'a str>,
    // Left out where it is not said, so that what was recorded before it was asked keeps its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
}

#[derive(Deserialize)]
struct Read {
    method: Option<String>,
    notice: Option<NoticeShown>,
    paper: Option<(PaperId, Digest)>,
    reference: Option<String>,
    #[serde(default)]
    language: Option<String>,
}

impl Store {
    /// Seals what records rest on; the same always has the same digest, which tells nobody without the key what it is.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// U4, R22
    pub async fn seal_proofs(
        &self,
        enterprise: EnterpriseId,
        proofs: &[ConsentProof],
    ) -> Result<Vec<SealedProof>, StoreError> {
        clause::hit!(R22);
        if proofs.is_empty() {
            return Ok(Vec::new());
        }
        let scope = KeyScope::Enterprise(enterprise);
        let hasher = self.vault.hasher(&scope, "consent.proof").await?;
        let sealer = self.vault.sealer(&scope).await?;
        let seal = |proof: &ConsentProof| {
            let text = written(proof)?;
            let digest = hasher.digest(&text)?;
            let body = sealer.seal(&context(digest.as_bytes()), &text)?;
            Ok(SealedProof {
                digest,
                body: body.into_bytes(),
            })
        };
        proofs.iter().map(seal).collect()
    }

    /// Opens what records rest on, by the digests that they name.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed, [`StoreError::Inconsistent`], or a fault of the database.
    ///
    /// # Clause
    /// U4
    pub async fn open_proofs(
        &self,
        enterprise: EnterpriseId,
        digests: &[Digest],
    ) -> Result<BTreeMap<Digest, ConsentProof>, StoreError> {
        if digests.is_empty() {
            return Ok(BTreeMap::new());
        }
        let named = digests.iter().map(|digest| digest.as_bytes().to_vec());
        let rows = consent_proof::Entity::find()
            .filter(consent_proof::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(consent_proof::Column::Digest.is_in(named))
            .all(&self.read().link)
            .await?;
        if rows.is_empty() {
            return Ok(BTreeMap::new());
        }
        let scope = KeyScope::Enterprise(enterprise);
        let keys = self.vault.unsealer(&scope).await?;
        let open = |row: consent_proof::Model| {
            let digest = Place(TABLE, "digest").digest(&row.digest)?;
            let sealed = Sealed::from_bytes(row.body_sealed)?;
            let plain = keys.unseal(&context(digest.as_bytes()), &sealed)?;
            let read: Read = serde_json::from_slice(plain.expose())
                .map_err(|_quotes_the_text| Place(TABLE, BODY).broken())?;
            let proof = ConsentProof {
                method: read.method,
                notice: read.notice,
                language: read.language,
                reference: read.reference.map(Pii::new),
                paper: read.paper,
            };
            Ok((digest, proof))
        };
        rows.into_iter().map(open).collect()
    }
}

impl Tx {
    /// Keeps what records rest on; what is there already stays.
    pub(crate) async fn keep_proofs(
        &self,
        enterprise: EnterpriseId,
        proofs: &[SealedProof],
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO consent_proof (enterprise_id, digest, body_sealed, recorded_at) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT (enterprise_id, digest) DO NOTHING";
        let backend = self.link.get_database_backend();
        for proof in proofs {
            let values = [
                enterprise.uuid().into(),
                proof.digest.as_bytes().to_vec().into(),
                proof.body.clone().into(),
                self.now().as_micros().into(),
            ];
            let statement = Statement::from_sql_and_values(backend, sql, values);
            self.link.execute_raw(statement).await?;
        }
        Ok(())
    }
}

fn written(proof: &ConsentProof) -> Result<Vec<u8>, StoreError> {
    let write = |reference: Option<&str>| {
        let written = Written {
            method: proof.method.as_deref(),
            notice: proof.notice.as_ref(),
            paper: proof.paper,
            reference,
            language: proof.language.as_deref(),
        };
        serde_json::to_vec(&written).map_err(|_unwritable| StoreError::Encoding {
            what: "proof of consent",
        })
    };
    match &proof.reference {
        Some(reference) => reference.digest(|text| write(Some(text.as_str()))),
        None => write(None),
    }
}

fn context(row: &[u8; 32]) -> SealContext<'_> {
    SealContext {
        table: TABLE,
        row,
        column: BODY,
    }
}
