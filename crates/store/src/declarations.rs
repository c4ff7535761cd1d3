use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, prelude::Uuid};
use yuntu_policy::{DeclarationAbout, DeclarationFacts, Declared};
use yuntu_terms::{
    DatasetId, DeclarationId, Digest, EnterpriseId, Id, Pii, RepresentativeId, clause,
};
use yuntu_vault::{KeyScope, SealContext, Sealed};

use crate::datasets::About;
use crate::entity::declaration;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, micros_if, number, to_json};
use crate::store::Store;
use crate::tx::Tx;

mod evidence;
mod read;

pub use evidence::{EVIDENCE_MAX, EvidencePaper};
pub use read::Declaration;

const TABLE: &str = "declaration";
/// The name under which the earliest contacts were sealed, which their seals are bound to.
const SEALED_AS: &str = "source_declaration";

/// A declaration of source and lawfulness as a representative makes it (U3).
#[derive(Debug)]
pub struct NewDeclaration {
    /// What it says.
    pub declared: Declared,
    /// Whom to ask about it.
    pub contact: Option<Pii<String>>,
}

/// A declaration whose contact is sealed and whose row is not written yet.
#[derive(Debug, Clone)]
pub struct SealedDeclaration {
    id: DeclarationId,
    declared: Declared,
    contact: Option<Vec<u8>>,
}

/// A version that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedDeclaration {
    /// The declaration.
    pub id: DeclarationId,
    /// Its number among the versions of the dataset; the first is 1.
    pub version: u64,
    /// The digest of what was confirmed; a draft has none.
    pub digest: Option<Digest>,
}

fn context(id: &Uuid) -> SealContext<'_> {
    SealContext {
        table: SEALED_AS,
        row: id.as_bytes(),
        column: "contact_sealed",
    }
}

impl Store {
    /// Seals the contact of a declaration under the enterprise's key, before the transaction begins.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// U3, R22
    pub async fn seal_declaration(
        &self,
        enterprise: EnterpriseId,
        new: &NewDeclaration,
    ) -> Result<SealedDeclaration, StoreError> {
        let id: DeclarationId = Id::generate(self.now(), &*self.database.entropy)?;
        let contact = match &new.contact {
            Some(contact) => {
                let sealer = self.vault.sealer(&KeyScope::Enterprise(enterprise)).await?;
                let uuid = id.uuid();
                let value = contact.digest(|text| sealer.seal(&context(&uuid), text.as_bytes()))?;
                Some(value.into_bytes())
            }
            None => None,
        };
        Ok(SealedDeclaration {
            id,
            declared: new.declared.clone(),
            contact,
        })
    }

    /// Opens whom to ask about a declaration; it leaves only at a sink that a warrant opens.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when it cannot be opened, or a fault of the database.
    ///
    /// # Clause
    /// U3, R22
    pub async fn declaration_contact(
        &self,
        enterprise: EnterpriseId,
        id: DeclarationId,
    ) -> Result<Option<Pii<String>>, StoreError> {
        let row = declaration::Entity::find_by_id(id.uuid())
            .filter(declaration::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.read().link)
            .await?;
        let Some(sealed) = row.and_then(|row| row.contact_sealed) else {
            return Ok(None);
        };
        let keys = self
            .vault
            .unsealer(&KeyScope::Enterprise(enterprise))
            .await?;
        let plain = keys.unseal(&context(&id.uuid()), &Sealed::from_bytes(sealed)?)?;
        let text = plain.into_pii_text();
        text.map(Some)
            .ok_or(Place(TABLE, "contact_sealed").broken())
    }
}

impl Tx {
    /// Records a declaration of source and lawfulness. One that lacks nothing takes the place of the version before, which is
    /// kept; any other is the draft of the dataset and takes nothing's place but an earlier draft's.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such dataset or representative, or the dataset no such paper that was
    /// not taken back.
    ///
    /// # Clause
    /// U3
    pub async fn record_declaration(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        by: RepresentativeId,
        sealed: &SealedDeclaration,
    ) -> Result<RecordedDeclaration, StoreError> {
        clause::hit!(U3);
        let read = self.read();
        let known = read.find_representative(enterprise, by).await?;
        known.ok_or(StoreError::Missing {
            what: "representative",
        })?;
        let found = read.find_dataset(enterprise, dataset).await?;
        let found = found.ok_or(StoreError::Missing { what: "dataset" })?;
        let standing = read.standing_evidence(&[dataset]).await?;
        for evidence in &sealed.declared.evidence {
            let paper = standing.iter().find(|it| it.evidence == *evidence);
            paper.ok_or(StoreError::Missing { what: "paper" })?;
        }
        let about = DeclarationAbout {
            about_persons: found.about == About::Persons,
            has_contact: sealed.contact.is_some(),
            now: self.now(),
        };
        let complete = sealed.declared.lacks(about).is_empty();
        let version = self.next_version(dataset, complete).await?;
        let confirmed = complete.then(|| sealed.declared.confirmed_text());
        let digest = confirmed.as_ref().and_then(|confirmed| {
            let declared = &sealed.declared;
            declared.digest(dataset, version, confirmed)
        });
        let row = self.row_of((enterprise, dataset, by), sealed, version)?;
        let row = declaration::Model {
            complete: i64::from(complete),
            confirmed_text: confirmed,
            digest: digest.map(|it| it.as_bytes().to_vec()),
            ..row
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("declaration"))?;
        Ok(RecordedDeclaration {
            id: sealed.id,
            version,
            digest,
        })
    }

    /// Makes room for the next version: the draft goes, and what was in force is superseded by what is complete.
    async fn next_version(&self, dataset: DatasetId, complete: bool) -> Result<u64, StoreError> {
        use declaration::Column;
        let of = Column::DatasetId.eq(dataset.uuid());
        declaration::Entity::delete_many()
            .filter(of.clone())
            .filter(Column::Complete.eq(0))
            .filter(Column::SupersededAt.is_null())
            .exec(&self.link)
            .await?;
        let last = declaration::Entity::find()
            .filter(of.clone())
            .order_by_desc(Column::Version)
            .one(&self.link)
            .await?;
        if complete {
            declaration::Entity::update_many()
                .col_expr(Column::SupersededAt, Expr::value(self.now().as_micros()))
                .filter(of)
                .filter(Column::SupersededAt.is_null())
                .exec(&self.link)
                .await?;
        }
        let last = last.map_or(Ok(0), |row| Place(TABLE, "version").count(row.version))?;
        Ok(last + 1)
    }

    fn row_of(
        &self,
        (enterprise, dataset, by): (EnterpriseId, DatasetId, RepresentativeId),
        sealed: &SealedDeclaration,
        version: u64,
    ) -> Result<declaration::Model, StoreError> {
        let it = &sealed.declared;
        let micros = |moment| micros_if(moment);
        Ok(declaration::Model {
            id: sealed.id.uuid(),
            enterprise_id: enterprise.uuid(),
            dataset_id: dataset.uuid(),
            version: number(version),
            source_kind: it.kind.map(|kind| kind.code().to_owned()),
            collected_how: it.collected_how.clone(),
            collected_from: micros(it.collected.map(|it| it.from)),
            collected_until: micros(it.collected.and_then(|it| it.until)),
            bases: to_json(&it.bases, "legal bases")?,
            notice: it.notice.clone(),
            period_from: micros(it.period.map(|it| it.from)),
            period_until: micros(it.period.map(|it| it.until)),
            contact_sealed: sealed.contact.clone(),
            evidence: to_json(&it.evidence, "evidence")?,
            confirms: to_json(&it.confirms, "confirmation")?,
            confirmed_text: None,
            digest: None,
            complete: 0,
            recorded_by: by.uuid(),
            recorded_at: self.now().as_micros(),
            superseded_at: None,
        })
    }
}

impl Reader {
    /// Tells of the declarations in force of several datasets, in two statements; a draft declares nothing.
    pub(crate) async fn declarations_of(
        &self,
        datasets: &[(DatasetId, About)],
    ) -> Result<BTreeMap<Uuid, DeclarationFacts>, StoreError> {
        let ids: Vec<DatasetId> = datasets.iter().map(|(id, _)| *id).collect();
        let found = self.declarations_in_force(&ids).await?;
        let standing = self.standing_evidence(&ids).await?;
        let mut facts = BTreeMap::new();
        for it in found {
            let about = datasets.iter().find(|(id, _)| *id == it.dataset);
            let persons = about.is_none_or(|(_, about)| *about == About::Persons);
            let mut left = it.declared.clone();
            left.evidence
                .retain(|named| standing.iter().any(|paper| paper.evidence == *named));
            // Of what was declared when proofs lay elsewhere, nothing can be taken back here.
            let proved = it.digest.is_none() || left.lacks_proof(persons).is_empty();
            let told = DeclarationFacts {
                id: it.id,
                complete: it.complete,
                proved,
                period: it.declared.period,
                bases: it.declared.bases,
            };
            facts.insert(it.dataset.uuid(), told);
        }
        Ok(facts)
    }
}
