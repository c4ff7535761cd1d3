//! The register of partners: who may receive, under which agreement, in which standing (R15, R16).

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, prelude::Uuid};
use yuntu_policy::{AgreementAbout, PartnerAgreement, PartnerFacts, Standing};
use yuntu_terms::{
    Digest, EnterpriseId, Id, PartnerAgreementId, PartnerId, Pii, RepresentativeId, clause,
};
use yuntu_vault::{KeyScope, SealContext, Sealed};

use crate::enterprises::standing_of;
use crate::entity::{partner, partner_agreement};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, micros_if, moment_if, name, number, one_row, to_json};
use crate::store::Store;
use crate::tx::Tx;

mod papers;
mod read;

pub use papers::{PARTNER_PAPERS_MAX, PartnerPaperRow};
pub use read::PartnerVersion;

const TABLE: &str = "partner";
const AGREEMENTS: &str = "partner_agreement";
/// How many partners the register of an enterprise may have, which bounds what every list of recipients holds.
pub const PARTNERS_MAX: u64 = 200;

/// What a representative says of a partner and the agreement with it.
#[derive(Debug)]
pub struct NewPartnerAgreement {
    /// What it says.
    pub terms: PartnerAgreement,
    /// How the partner is reached.
    pub contact: Option<Pii<String>>,
}

/// A version whose contact is sealed and whose row is not written yet.
#[derive(Debug, Clone)]
pub struct SealedPartnerAgreement {
    id: PartnerAgreementId,
    terms: PartnerAgreement,
    contact: Option<Vec<u8>>,
}

/// A partner in an enterprise's register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// The name.
    pub name: String,
    /// What the policy asks about it.
    pub facts: PartnerFacts,
    /// The version that is in force; none before the first was put in force.
    pub version: Option<u64>,
    /// Why it stands as it does, where that was said.
    pub reason: Option<String>,
}

fn context(id: &Uuid) -> SealContext<'_> {
    SealContext {
        table: AGREEMENTS,
        row: id.as_bytes(),
        column: "contact_sealed",
    }
}

impl Store {
    /// Seals how a partner is reached under the enterprise's key, before the transaction begins.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R15, R22
    pub async fn seal_partner_agreement(
        &self,
        enterprise: EnterpriseId,
        new: &NewPartnerAgreement,
    ) -> Result<SealedPartnerAgreement, StoreError> {
        let id: PartnerAgreementId = Id::generate(self.now(), &*self.database.entropy)?;
        let contact = match &new.contact {
            Some(contact) => {
                let sealer = self.vault.sealer(&KeyScope::Enterprise(enterprise)).await?;
                let uuid = id.uuid();
                let value = contact.digest(|text| sealer.seal(&context(&uuid), text.as_bytes()))?;
                Some(value.into_bytes())
            }
            None => None,
        };
        Ok(SealedPartnerAgreement {
            id,
            terms: new.terms.clone(),
            contact,
        })
    }

    /// Opens how a partner is reached; it leaves only at a sink that a warrant opens.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when it cannot be opened, or a fault of the database.
    ///
    /// # Clause
    /// R15, R22
    pub async fn partner_contact(
        &self,
        enterprise: EnterpriseId,
        id: PartnerAgreementId,
    ) -> Result<Option<Pii<String>>, StoreError> {
        let row = partner_agreement::Entity::find_by_id(id.uuid())
            .filter(partner_agreement::Column::EnterpriseId.eq(enterprise.uuid()))
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
            .ok_or(Place(AGREEMENTS, "contact_sealed").broken())
    }
}

impl Tx {
    /// Enters a partner into the enterprise's register, with the first draft of what is said of it; it receives nothing yet.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the name is not acceptable or the register has [as many](PARTNERS_MAX) as it may,
    /// [`StoreError::Missing`] when there is no such enterprise.
    ///
    /// # Clause
    /// R15, R16
    pub async fn register_partner(
        &self,
        enterprise: EnterpriseId,
        by: RepresentativeId,
        sealed: &SealedPartnerAgreement,
    ) -> Result<PartnerId, StoreError> {
        clause::hit!(R15);
        let registered = partner::Entity::find()
            .filter(partner::Column::EnterpriseId.eq(enterprise.uuid()))
            .count(&self.link)
            .await?;
        if registered >= PARTNERS_MAX {
            return Err(StoreError::Invalid {
                what: "partners",
                reason: "expected at most 200 partners on the register",
            });
        }
        let id: PartnerId = self.new_id()?;
        let now = self.now().as_micros();
        let row = partner::Model {
            id: id.uuid(),
            enterprise_id: enterprise.uuid(),
            name: name(&sealed.terms.name, "name of the partner")?,
            region: sealed.terms.region.to_string(),
            standing: Standing::Pending.code().to_owned(),
            agreement: None,
            agreement_digest: None,
            cross_border: None,
            created_at: now,
            updated_at: now,
            version: None,
            assessed_until: None,
            ends_at: None,
            standing_reason: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        self.draft_partner((enterprise, id), by, sealed).await?;
        Ok(id)
    }

    /// Keeps what is said of a partner as its draft, which takes the place of an earlier draft and of nothing else; returns its
    /// number among the versions.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such partner that has not ended; [`StoreError::Invalid`] when the name
    /// is not acceptable.
    ///
    /// # Clause
    /// R15, R16
    pub async fn draft_partner(
        &self,
        (enterprise, id): (EnterpriseId, PartnerId),
        by: RepresentativeId,
        sealed: &SealedPartnerAgreement,
    ) -> Result<u64, StoreError> {
        use partner_agreement::Column;
        self.touch_partner(enterprise, id).await?;
        name(&sealed.terms.name, "name of the partner")?;
        let of = Column::PartnerId.eq(id.uuid());
        let last = partner_agreement::Entity::find()
            .filter(of.clone())
            .order_by_desc(Column::Version)
            .one(&self.link)
            .await?;
        // A draft that goes takes its number with it: who was shown it puts no other in force by it.
        let last = last.map_or(Ok(0), |row| Place(AGREEMENTS, "version").count(row.version))?;
        partner_agreement::Entity::delete_many()
            .filter(of)
            .filter(Column::EnforcedAt.is_null())
            .exec(&self.link)
            .await?;
        let row = partner_agreement::Model {
            id: sealed.id.uuid(),
            enterprise_id: enterprise.uuid(),
            partner_id: id.uuid(),
            version: number(last + 1),
            terms: to_json(&sealed.terms, "terms")?,
            contact_sealed: sealed.contact.clone(),
            papers: "[]".to_owned(),
            digest: None,
            recorded_by: by.uuid(),
            recorded_at: self.now().as_micros(),
            enforced_by: None,
            enforced_at: None,
        };
        insert(&self.link, row).await?;
        Ok(last + 1)
    }

    /// Puts the draft that was shown in force, with the newest paper of each kind: from here on the policy asks it. A partner
    /// that was registered is active then; one that is suspended stays so. Returns the digest of the version.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such partner that has not ended, or its draft is not the one that was
    /// shown; [`StoreError::Invalid`] when the draft lacks something.
    ///
    /// # Clause
    /// R13, R15, R16
    pub async fn enforce_partner(
        &self,
        (enterprise, id): (EnterpriseId, PartnerId),
        by: RepresentativeId,
        shown: u64,
    ) -> Result<Digest, StoreError> {
        clause::hit!(R16);
        self.touch_partner(enterprise, id).await?;
        let read = self.read();
        let versions = read.list_partner_versions(enterprise, id).await?;
        let draft = versions.into_iter().next();
        let draft = draft.filter(|it| it.enforced.is_none() && it.version == shown);
        let draft = draft.ok_or(StoreError::Missing { what: "draft" })?;
        let papers = read.newest_partner_papers(enterprise, id).await?;
        let about = AgreementAbout {
            papers: &papers,
            has_contact: draft.has_contact,
            now: self.now(),
        };
        let lacking = || StoreError::Invalid {
            what: TABLE,
            reason: "expected a registration that lacks nothing",
        };
        if !draft.terms.lacks(about).is_empty() {
            return Err(lacking());
        }
        let (agreement, border, assessed) = draft.terms.facts().ok_or_else(lacking)?;
        let digest = draft.terms.digest(id, shown, &papers).ok_or_else(lacking)?;
        let facts = PartnerFacts {
            id,
            enterprise,
            standing: None,
            region: Some(draft.terms.region),
            agreement: Some(agreement),
            assessed_until: Some(assessed),
            cross_border: border,
        };
        {
            use partner_agreement::Column;
            let done = partner_agreement::Entity::update_many()
                .col_expr(Column::Papers, Expr::value(to_json(&papers, "papers")?))
                .col_expr(Column::Digest, Expr::value(digest.as_bytes().to_vec()))
                .col_expr(Column::EnforcedBy, Expr::value(by.uuid()))
                .col_expr(Column::EnforcedAt, Expr::value(self.now().as_micros()))
                .filter(Column::Id.eq(draft.id.uuid()))
                .filter(Column::EnforcedAt.is_null())
                .exec(&self.link)
                .await?;
            one_row(done.rows_affected, AGREEMENTS)?;
        }
        self.keep_facts(&facts, (&draft.terms.name, shown, digest))
            .await?;
        Ok(digest)
    }

    async fn keep_facts(
        &self,
        facts: &PartnerFacts,
        (name, version, digest): (&str, u64, Digest),
    ) -> Result<(), StoreError> {
        use partner::Column;
        let region = facts.region.map(|region| region.to_string());
        let border = facts.cross_border.as_ref();
        let border = border.map(|it| to_json(it, "cross-border ground"));
        let done = partner::Entity::update_many()
            .col_expr(Column::Name, Expr::value(name.to_owned()))
            .col_expr(Column::Region, Expr::value(region.unwrap_or_default()))
            .col_expr(
                Column::Agreement,
                Expr::value(to_json(&facts.agreement, "agreement")?),
            )
            .col_expr(
                Column::AgreementDigest,
                Expr::value(digest.as_bytes().to_vec()),
            )
            .col_expr(Column::CrossBorder, Expr::value(border.transpose()?))
            .col_expr(Column::Version, Expr::value(number(version)))
            .col_expr(
                Column::AssessedUntil,
                Expr::value(micros_if(facts.assessed_until)),
            )
            .col_expr(Column::EndsAt, Expr::value(micros_if(facts.ends())))
            .filter(Column::Id.eq(facts.id.uuid()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)?;
        partner::Entity::update_many()
            .col_expr(Column::Standing, Expr::value(Standing::Active.code()))
            .filter(Column::Id.eq(facts.id.uuid()))
            .filter(Column::Standing.eq(Standing::Pending.code()))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Changes the standing of a partner of this enterprise from one of those that it may have before, and keeps why.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such partner in one of them.
    ///
    /// # Clause
    /// R15
    pub async fn move_partner(
        &self,
        (enterprise, id): (EnterpriseId, PartnerId),
        (before, after): (&[Standing], Standing),
        reason: &str,
    ) -> Result<(), StoreError> {
        use partner::Column;
        clause::hit!(R15);
        let done = partner::Entity::update_many()
            .col_expr(Column::Standing, Expr::value(after.code()))
            .col_expr(Column::StandingReason, Expr::value(reason.to_owned()))
            .col_expr(Column::UpdatedAt, Expr::value(self.now().as_micros()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::Standing.is_in(before.iter().map(|it| it.code())))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }

    /// Takes hold of a partner that has not ended, so that nothing else changes of it meanwhile.
    async fn touch_partner(
        &self,
        enterprise: EnterpriseId,
        id: PartnerId,
    ) -> Result<(), StoreError> {
        use partner::Column;
        let done = partner::Entity::update_many()
            .col_expr(Column::UpdatedAt, Expr::value(self.now().as_micros()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::Standing.ne(Standing::Ended.code()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }
}

impl Reader {
    /// Finds a partner of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_partner(
        &self,
        enterprise: EnterpriseId,
        id: PartnerId,
    ) -> Result<Option<Partner>, StoreError> {
        let row = partner::Entity::find_by_id(id.uuid())
            .filter(partner::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        row.map(partner_of).transpose()
    }

    /// Lists the enterprise's register of partners, by name.
    ///
    /// # Errors
    /// As [`Reader::find_partner`].
    pub async fn list_partners(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<Vec<Partner>, StoreError> {
        let rows = partner::Entity::find()
            .filter(partner::Column::EnterpriseId.eq(enterprise.uuid()))
            .order_by_asc(partner::Column::Name)
            .order_by_asc(partner::Column::Id)
            .all(&self.link)
            .await?;
        rows.into_iter().map(partner_of).collect()
    }
}

pub(crate) fn partner_of(row: partner::Model) -> Result<Partner, StoreError> {
    let agreement = row
        .agreement
        .map(|text| Place(TABLE, "agreement").json(&text));
    let cross_border = row
        .cross_border
        .map(|text| Place(TABLE, "cross_border").json(&text));
    let version = row.version.map(|it| Place(TABLE, "version").count(it));
    Ok(Partner {
        name: row.name,
        facts: PartnerFacts {
            id: PartnerId::from_uuid(row.id),
            enterprise: EnterpriseId::from_uuid(row.enterprise_id),
            standing: Some(standing_of(&row.standing, TABLE)?),
            region: Some(Place(TABLE, "region").parse(&row.region)?),
            agreement: agreement.transpose()?,
            assessed_until: moment_if(row.assessed_until),
            cross_border: cross_border.transpose()?,
        },
        version: version.transpose()?,
        reason: row.standing_reason,
    })
}
