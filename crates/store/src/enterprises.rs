use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};
use yuntu_policy::{Period, Standing};
use yuntu_terms::{EnterpriseId, Region, Timestamp};

use crate::entity::enterprise;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, name, one_row};
use crate::tx::Tx;

const TABLE: &str = "enterprise";

/// What is told of an enterprise when it opens an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEnterprise {
    /// The name.
    pub name: String,
    /// The unified social credit code, once it is known and checked.
    pub credit_code: Option<String>,
    /// The industry.
    pub industry: String,
    /// Where its data is kept.
    pub region: Region,
}

/// An enterprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enterprise {
    /// The id.
    pub id: EnterpriseId,
    /// The name.
    pub name: String,
    /// The unified social credit code.
    pub credit_code: Option<String>,
    /// The industry.
    pub industry: String,
    /// Where its data is kept.
    pub region: Region,
    /// Whether the platform serves it.
    pub standing: Standing,
    /// The reason of a measure against it (U5).
    pub standing_reason: Option<String>,
    /// The period of its certification.
    pub certified: Option<Period>,
    /// When it opened the account.
    pub created: Timestamp,
}

impl Tx {
    /// Opens the account of an enterprise; it is pending until certified.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when a text is not acceptable, [`StoreError::Conflict`] when the credit code is taken.
    pub async fn create_enterprise(&self, new: &NewEnterprise) -> Result<EnterpriseId, StoreError> {
        let id: EnterpriseId = self.new_id()?;
        let now = self.now().as_micros();
        let row = enterprise::Model {
            id: id.uuid(),
            name: name(&new.name, "name of the enterprise")?,
            credit_code: new.credit_code.clone(),
            industry: name(&new.industry, "industry")?,
            region: new.region.to_string(),
            standing: Standing::Pending.code().to_owned(),
            standing_reason: None,
            certified_from: None,
            certified_until: None,
            created_at: now,
            updated_at: now,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("enterprise"))?;
        Ok(id)
    }

    /// Records the certification of an enterprise, which makes a pending one active.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such enterprise that is pending or active.
    ///
    /// # Clause
    /// U1, R3
    pub async fn certify_enterprise(
        &self,
        id: EnterpriseId,
        period: Period,
    ) -> Result<(), StoreError> {
        let standings = [Standing::Pending.code(), Standing::Active.code()];
        let done = enterprise::Entity::update_many()
            .col_expr(enterprise::Column::Standing, Standing::Active.code().into())
            .col_expr(
                enterprise::Column::CertifiedFrom,
                period.from.as_micros().into(),
            )
            .col_expr(
                enterprise::Column::CertifiedUntil,
                period.until.as_micros().into(),
            )
            .col_expr(enterprise::Column::UpdatedAt, self.now().as_micros().into())
            .filter(enterprise::Column::Id.eq(id.uuid()))
            .filter(enterprise::Column::Standing.is_in(standings))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }

    /// Takes or lifts a measure against an enterprise (U5).
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such enterprise.
    ///
    /// # Clause
    /// U5
    pub async fn set_enterprise_standing(
        &self,
        id: EnterpriseId,
        standing: Standing,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let done = enterprise::Entity::update_many()
            .col_expr(enterprise::Column::Standing, standing.code().into())
            .col_expr(
                enterprise::Column::StandingReason,
                reason.map(str::to_owned).into(),
            )
            .col_expr(enterprise::Column::UpdatedAt, self.now().as_micros().into())
            .filter(enterprise::Column::Id.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }
}

impl Reader {
    /// Finds an enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_enterprise(
        &self,
        id: EnterpriseId,
    ) -> Result<Option<Enterprise>, StoreError> {
        let row = enterprise::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        row.map(enterprise_of).transpose()
    }

    /// Lists the ids of every enterprise there ever was.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn list_enterprise_ids(&self) -> Result<Vec<EnterpriseId>, StoreError> {
        let ids: Vec<Uuid> = enterprise::Entity::find()
            .select_only()
            .column(enterprise::Column::Id)
            .order_by_asc(enterprise::Column::Id)
            .into_tuple()
            .all(&self.link)
            .await?;
        Ok(ids.into_iter().map(EnterpriseId::from_uuid).collect())
    }
}

pub(crate) fn standing_of(code: &str, table: &'static str) -> Result<Standing, StoreError> {
    Standing::from_code(code).ok_or(Place(table, "standing").broken())
}

pub(crate) fn period_of(from: Option<i64>, until: Option<i64>) -> Option<Period> {
    Some(Period {
        from: moment(from?),
        until: moment(until?),
    })
}

pub(crate) fn enterprise_of(row: enterprise::Model) -> Result<Enterprise, StoreError> {
    Ok(Enterprise {
        id: EnterpriseId::from_uuid(row.id),
        name: row.name,
        credit_code: row.credit_code,
        industry: row.industry,
        region: Place(TABLE, "region").parse(&row.region)?,
        standing: standing_of(&row.standing, TABLE)?,
        standing_reason: row.standing_reason,
        certified: period_of(row.certified_from, row.certified_until),
        created: moment(row.created_at),
    })
}
