use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, prelude::Uuid};
use yuntu_policy::{DeclarationFacts, Period};
use yuntu_terms::{
    DatasetId, DeclarationId, Digest, EnterpriseId, Id, LegalBasis, Pii, RepresentativeId, clause,
};
use yuntu_vault::{KeyScope, SealContext};

use crate::entity::source_declaration;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, name, number, to_json};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "source_declaration";

/// A declaration of source and lawfulness as a representative makes it (U3).
#[derive(Debug)]
pub struct NewDeclaration {
    /// The kind of source, by code.
    pub source_kind: String,
    /// How the data was collected.
    pub collected_how: String,
    /// The grounds it claims.
    pub bases: Vec<LegalBasis>,
    /// The period it speaks for.
    pub period: Period,
    /// Whom to ask about it.
    pub contact: Option<Pii<String>>,
    /// The digests of the proofs.
    pub evidence: Vec<Digest>,
}

/// A declaration whose contact is sealed and whose row is not written yet.
#[derive(Debug, Clone)]
pub struct SealedDeclaration {
    id: DeclarationId,
    source_kind: String,
    collected_how: String,
    bases: Vec<LegalBasis>,
    period: Period,
    contact: Option<Vec<u8>>,
    evidence: Vec<Digest>,
}

impl Store {
    /// Seals the contact of a declaration under the enterprise's key, before the transaction begins.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when a text is not acceptable, [`StoreError::Vault`] or [`StoreError::Entropy`].
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
                let context = SealContext {
                    table: TABLE,
                    row: uuid.as_bytes(),
                    column: "contact_sealed",
                };
                let value = contact.digest(|text| sealer.seal(&context, text.as_bytes()))?;
                Some(value.into_bytes())
            }
            None => None,
        };
        Ok(SealedDeclaration {
            id,
            source_kind: name(&new.source_kind, "kind of source")?,
            collected_how: new.collected_how.clone(),
            bases: new.bases.clone(),
            period: new.period,
            contact,
            evidence: new.evidence.clone(),
        })
    }
}

impl Tx {
    /// Records a signed declaration of source and lawfulness; it takes the place of the one before, which is kept.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such dataset or representative.
    ///
    /// # Clause
    /// U3
    pub async fn record_declaration(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        by: RepresentativeId,
        sealed: &SealedDeclaration,
    ) -> Result<DeclarationId, StoreError> {
        clause::hit!(U3);
        self.own_dataset(enterprise, dataset).await?;
        let known = self.read().find_representative(enterprise, by).await?;
        known.ok_or(StoreError::Missing {
            what: "representative",
        })?;
        let now = self.now().as_micros();
        let earlier = source_declaration::Entity::find()
            .filter(source_declaration::Column::DatasetId.eq(dataset.uuid()))
            .count(&self.link)
            .await?;
        source_declaration::Entity::update_many()
            .col_expr(source_declaration::Column::SupersededAt, now.into())
            .filter(source_declaration::Column::DatasetId.eq(dataset.uuid()))
            .filter(source_declaration::Column::SupersededAt.is_null())
            .exec(&self.link)
            .await?;
        let complete = !sealed.collected_how.trim().is_empty()
            && !sealed.bases.is_empty()
            && !sealed.evidence.is_empty()
            && sealed.contact.is_some();
        let row = source_declaration::Model {
            id: sealed.id.uuid(),
            enterprise_id: enterprise.uuid(),
            dataset_id: dataset.uuid(),
            version: number(earlier) + 1,
            source_kind: sealed.source_kind.clone(),
            collected_how: sealed.collected_how.clone(),
            bases: to_json(&sealed.bases, "legal bases")?,
            period_from: sealed.period.from.as_micros(),
            period_until: sealed.period.until.as_micros(),
            contact_sealed: sealed.contact.clone(),
            evidence: to_json(&sealed.evidence, "evidence")?,
            complete: i64::from(complete),
            confirmed_by: by.uuid(),
            confirmed_at: now,
            superseded_at: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("declaration"))?;
        Ok(sealed.id)
    }
}

impl Reader {
    /// Loads the declarations in force of several datasets in one statement.
    pub(crate) async fn declarations_of(
        &self,
        datasets: &[DatasetId],
    ) -> Result<BTreeMap<Uuid, DeclarationFacts>, StoreError> {
        let rows = source_declaration::Entity::find()
            .filter(
                source_declaration::Column::DatasetId.is_in(datasets.iter().map(|id| id.uuid())),
            )
            .filter(source_declaration::Column::SupersededAt.is_null())
            .order_by_asc(source_declaration::Column::Version)
            .all(&self.link)
            .await?;
        let mut facts = BTreeMap::new();
        for row in rows {
            let declaration = DeclarationFacts {
                id: DeclarationId::from_uuid(row.id),
                complete: row.complete != 0,
                period: Some(Period {
                    from: moment(row.period_from),
                    until: moment(row.period_until),
                }),
                bases: Place(TABLE, "bases").json(&row.bases)?,
            };
            facts.insert(row.dataset_id, declaration);
        }
        Ok(facts)
    }
}
