use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use yuntu_policy::{AgreementFacts, CrossBorderFacts, PartnerFacts, Standing};
use yuntu_terms::{Digest, EnterpriseId, PartnerId, Region};

use crate::enterprises::standing_of;
use crate::entity::partner;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, name, one_row, to_json};
use crate::tx::Tx;

const TABLE: &str = "partner";

/// A partner as the enterprise registers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPartner {
    /// The name.
    pub name: String,
    /// Where it works.
    pub region: Region,
    /// The agreement and the digest of its document.
    pub agreement: Option<(AgreementFacts, Digest)>,
    /// The recorded ground for sending data across a border.
    pub cross_border: Option<CrossBorderFacts>,
}

/// A partner in an enterprise's register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// The name.
    pub name: String,
    /// What the policy asks about it.
    pub facts: PartnerFacts,
}

impl Tx {
    /// Enters a partner into the enterprise's register.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the name is not acceptable, [`StoreError::Missing`] when there is no such enterprise.
    ///
    /// # Clause
    /// R15, R16
    pub async fn register_partner(
        &self,
        enterprise: EnterpriseId,
        new: &NewPartner,
    ) -> Result<PartnerId, StoreError> {
        let id: PartnerId = self.new_id()?;
        let now = self.now().as_micros();
        let agreement = new.agreement.as_ref();
        let row = partner::Model {
            id: id.uuid(),
            enterprise_id: enterprise.uuid(),
            name: name(&new.name, "name of the partner")?,
            region: new.region.to_string(),
            standing: Standing::Active.code().to_owned(),
            agreement: agreement
                .map(|(facts, _)| to_json(facts, "agreement"))
                .transpose()?,
            agreement_digest: agreement.map(|(_, digest)| digest.as_bytes().to_vec()),
            cross_border: new
                .cross_border
                .as_ref()
                .map(|facts| to_json(facts, "cross-border ground"))
                .transpose()?,
            created_at: now,
            updated_at: now,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        Ok(id)
    }

    /// Changes the standing of a partner of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such partner.
    ///
    /// # Clause
    /// R15
    pub async fn set_partner_standing(
        &self,
        enterprise: EnterpriseId,
        id: PartnerId,
        standing: Standing,
    ) -> Result<(), StoreError> {
        let done = partner::Entity::update_many()
            .col_expr(partner::Column::Standing, standing.code().into())
            .col_expr(partner::Column::UpdatedAt, self.now().as_micros().into())
            .filter(partner::Column::Id.eq(id.uuid()))
            .filter(partner::Column::EnterpriseId.eq(enterprise.uuid()))
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
            .all(&self.link)
            .await?;
        rows.into_iter().map(partner_of).collect()
    }
}

fn partner_of(row: partner::Model) -> Result<Partner, StoreError> {
    let agreement = row
        .agreement
        .map(|text| Place(TABLE, "agreement").json(&text));
    let cross_border = row
        .cross_border
        .map(|text| Place(TABLE, "cross_border").json(&text));
    Ok(Partner {
        name: row.name,
        facts: PartnerFacts {
            id: PartnerId::from_uuid(row.id),
            enterprise: EnterpriseId::from_uuid(row.enterprise_id),
            standing: Some(standing_of(&row.standing, TABLE)?),
            region: Some(Place(TABLE, "region").parse(&row.region)?),
            agreement: agreement.transpose()?,
            cross_border: cross_border.transpose()?,
        },
    })
}
