//! The versions of what is said of a partner, and the partners whose time comes to an end.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use yuntu_policy::{PartnerAgreement, PartnerPaper, Standing};
use yuntu_terms::{
    Digest, EnterpriseId, PartnerAgreementId, PartnerId, RepresentativeId, Timestamp, clause,
};

use super::{AGREEMENTS, Partner, partner_of};
use crate::entity::{partner, partner_agreement};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, moment};

/// A version of what is said of a partner and the agreement with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerVersion {
    /// The version.
    pub id: PartnerAgreementId,
    /// Its number among the versions of the partner; the first is 1.
    pub version: u64,
    /// What it says.
    pub terms: PartnerAgreement,
    /// Whether it says how the partner is reached, which is sealed.
    pub has_contact: bool,
    /// The papers it rests on; a draft rests on none yet.
    pub papers: Vec<PartnerPaper>,
    /// The digest of what was put in force.
    pub digest: Option<Digest>,
    /// Who recorded it.
    pub by: RepresentativeId,
    /// When.
    pub recorded: Timestamp,
    /// Who put it in force, and when; a draft was not.
    pub enforced: Option<(RepresentativeId, Timestamp)>,
}

impl Reader {
    /// Lists the versions of what is said of a partner, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read or no longer has the digest that was recorded with it, or a fault
    /// of the database.
    ///
    /// # Clause
    /// R16
    pub async fn list_partner_versions(
        &self,
        enterprise: EnterpriseId,
        id: PartnerId,
    ) -> Result<Vec<PartnerVersion>, StoreError> {
        use partner_agreement::Column;
        let rows = partner_agreement::Entity::find()
            .filter(Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(Column::PartnerId.eq(id.uuid()))
            .order_by_desc(Column::Version)
            .all(&self.link)
            .await?;
        rows.iter().map(version_of).collect()
    }

    /// Lists active and suspended partners whose agreement, assessment or ground across a border ends between two moments; a
    /// page after a partner.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R15
    pub async fn list_partners_ending(
        &self,
        (from, until): (Timestamp, Timestamp),
        after: Option<PartnerId>,
        limit: u64,
    ) -> Result<Vec<Partner>, StoreError> {
        use partner::Column;
        clause::hit!(R15);
        let standing = [Standing::Active.code(), Standing::Frozen.code()];
        let mut find = partner::Entity::find()
            .filter(Column::Standing.is_in(standing))
            .filter(Column::EndsAt.gte(from.as_micros()))
            .filter(Column::EndsAt.lt(until.as_micros()));
        if let Some(after) = after {
            find = find.filter(Column::Id.gt(after.uuid()));
        }
        let rows = find
            .order_by_asc(Column::Id)
            .limit(limit)
            .all(&self.link)
            .await?;
        rows.into_iter().map(partner_of).collect()
    }

    /// Says of partners how they stand at a moment: active only while everything lasts on which they may receive.
    pub(crate) async fn partner_standings(
        &self,
        partners: &BTreeSet<PartnerId>,
        now: Timestamp,
    ) -> Result<BTreeMap<PartnerId, Standing>, StoreError> {
        let rows = partner::Entity::find()
            .filter(partner::Column::Id.is_in(partners.iter().map(|id| id.uuid())))
            .all(&self.link)
            .await?;
        let mut found = BTreeMap::new();
        for row in rows {
            let facts = partner_of(row)?.facts;
            let begun = facts
                .agreement
                .as_ref()
                .is_some_and(|it| it.period.holds(now));
            let lasts = begun && facts.ends().is_some_and(|ends| now < ends);
            let standing = match facts.standing {
                Some(Standing::Active) if !lasts => Standing::Ended,
                Some(standing) => standing,
                None => continue,
            };
            found.insert(facts.id, standing);
        }
        Ok(found)
    }
}

/// Reads a row; what was put in force must have the digest that was recorded with it.
fn version_of(row: &partner_agreement::Model) -> Result<PartnerVersion, StoreError> {
    clause::hit!(R16);
    let place = |column| Place(AGREEMENTS, column);
    let terms: PartnerAgreement = place("terms").json(&row.terms)?;
    let papers: Vec<PartnerPaper> = place("papers").json(&row.papers)?;
    let version = place("version").count(row.version)?;
    let digest = row.digest.as_deref();
    let digest = digest.map(|it| place("digest").digest(it)).transpose()?;
    let partner = PartnerId::from_uuid(row.partner_id);
    if digest.is_some() && digest != terms.digest(partner, version, &papers) {
        return Err(place("digest").broken());
    }
    let enforced = row.enforced_by.zip(row.enforced_at);
    Ok(PartnerVersion {
        id: PartnerAgreementId::from_uuid(row.id),
        version,
        terms,
        has_contact: row.contact_sealed.is_some(),
        papers,
        digest,
        by: RepresentativeId::from_uuid(row.recorded_by),
        recorded: moment(row.recorded_at),
        enforced: enforced.map(|(by, at)| (RepresentativeId::from_uuid(by), moment(at))),
    })
}
