use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::Value;
use yuntu_terms::{
    AudienceId, EnterpriseId, PermitId, Purpose, ReceiptId, RepresentativeId, Timestamp, clause,
};
use yuntu_vault::{KeyScope, SealContext, Sealed};

use crate::entity::{audience, audience_snapshot};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, moment_if, name, number, one_row, to_json};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "audience";
const SNAPSHOT_TABLE: &str = "audience_snapshot";

/// An audience as a representative defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAudience {
    /// The name, which no other audience of the enterprise has.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The rule, as the engine writes it.
    pub definition: Value,
}

/// An audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// The id.
    pub id: AudienceId,
    /// The name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The rule.
    pub definition: Value,
    /// Who defined it.
    pub created_by: RepresentativeId,
    /// When.
    pub created: Timestamp,
    /// When it was retired.
    pub retired: Option<Timestamp>,
}

/// The members of an audience at one moment, sealed and not written yet.
#[derive(Debug, Clone)]
pub struct SealedSnapshot {
    members: Sealed,
    count: u64,
}

/// Where a snapshot comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotOrigin {
    /// The permit under which it was built.
    pub permit: PermitId,
    /// The receipt of the run.
    pub receipt: Option<ReceiptId>,
    /// The consent version that decided.
    pub consent_version: u64,
}

/// A snapshot on record, without its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Its number in the audience, from 1.
    pub number: u64,
    /// Where it comes from.
    pub origin: SnapshotOrigin,
    /// How many members it has.
    pub count: u64,
    /// When it was taken.
    pub taken: Timestamp,
}

fn context(id: &sea_orm::prelude::Uuid) -> SealContext<'_> {
    SealContext {
        table: SNAPSHOT_TABLE,
        row: id.as_bytes(),
        column: "members_sealed",
    }
}

impl Store {
    /// Seals the members of an audience under the enterprise's key, before the transaction begins.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// R22
    pub async fn seal_snapshot(
        &self,
        enterprise: EnterpriseId,
        audience: AudienceId,
        members: &[u8],
        count: u64,
    ) -> Result<SealedSnapshot, StoreError> {
        let scope = KeyScope::Enterprise(enterprise);
        let members = self
            .vault
            .seal(&scope, &context(&audience.uuid()), members)
            .await?;
        Ok(SealedSnapshot { members, count })
    }

    /// Opens the members of the newest snapshot of an audience of this enterprise, or nothing when there is none.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when they cannot be opened, or a fault of the database.
    pub async fn snapshot_members(
        &self,
        enterprise: EnterpriseId,
        id: AudienceId,
    ) -> Result<Option<(Snapshot, Vec<u8>)>, StoreError> {
        let reader = self.read();
        if reader.find_audience(enterprise, id).await?.is_none() {
            return Ok(None);
        }
        let Some(row) = newest(&reader, id).await? else {
            return Ok(None);
        };
        let snapshot = snapshot_of(&row)?;
        let Some(sealed) = row.members_sealed else {
            return Ok(None);
        };
        let scope = KeyScope::Enterprise(enterprise);
        let sealed = Sealed::from_bytes(sealed)?;
        let plain = self
            .vault
            .unseal(&scope, &context(&id.uuid()), &sealed)
            .await?;
        Ok(Some((snapshot, plain.expose().to_vec())))
    }
}

async fn newest(
    reader: &Reader,
    id: AudienceId,
) -> Result<Option<audience_snapshot::Model>, StoreError> {
    Ok(audience_snapshot::Entity::find()
        .filter(audience_snapshot::Column::AudienceId.eq(id.uuid()))
        .order_by_desc(audience_snapshot::Column::Number)
        .one(&reader.link)
        .await?)
}

impl Tx {
    /// Records the definition of an audience.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the name is not acceptable, [`StoreError::Conflict`] when it is taken,
    /// [`StoreError::Missing`] when the enterprise has no such representative.
    pub async fn create_audience(
        &self,
        enterprise: EnterpriseId,
        by: RepresentativeId,
        new: &NewAudience,
    ) -> Result<AudienceId, StoreError> {
        let known = self.read().find_representative(enterprise, by).await?;
        known.ok_or(StoreError::Missing {
            what: "representative",
        })?;
        let id: AudienceId = self.new_id()?;
        let now = self.now().as_micros();
        let row = audience::Model {
            id: id.uuid(),
            enterprise_id: enterprise.uuid(),
            name: name(&new.name, "name of the audience")?,
            purpose: new.purpose.to_string(),
            definition: to_json(&new.definition, "definition")?,
            created_by: by.uuid(),
            created_at: now,
            updated_at: now,
            retired_at: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        Ok(id)
    }

    /// Retires an audience of this enterprise and lets go of the members of its snapshots.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such audience that is not retired.
    ///
    /// # Clause
    /// R14
    pub async fn retire_audience(
        &self,
        enterprise: EnterpriseId,
        id: AudienceId,
    ) -> Result<(), StoreError> {
        clause::hit!(R14);
        let done = audience::Entity::update_many()
            .col_expr(audience::Column::RetiredAt, self.now().as_micros().into())
            .filter(audience::Column::Id.eq(id.uuid()))
            .filter(audience::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(audience::Column::RetiredAt.is_null())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)?;
        audience_snapshot::Entity::update_many()
            .col_expr(
                audience_snapshot::Column::MembersSealed,
                Option::<Vec<u8>>::None.into(),
            )
            .filter(audience_snapshot::Column::AudienceId.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Records a snapshot of an audience; the members of earlier snapshots go, their counts stay.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such audience or permit.
    ///
    /// # Clause
    /// U4
    pub async fn record_snapshot(
        &self,
        enterprise: EnterpriseId,
        id: AudienceId,
        origin: SnapshotOrigin,
        sealed: &SealedSnapshot,
    ) -> Result<u64, StoreError> {
        let known = self.read().find_audience(enterprise, id).await?;
        known.ok_or(StoreError::Missing { what: TABLE })?;
        let earlier = audience_snapshot::Entity::find()
            .filter(audience_snapshot::Column::AudienceId.eq(id.uuid()))
            .count(&self.link)
            .await?;
        audience_snapshot::Entity::update_many()
            .col_expr(
                audience_snapshot::Column::MembersSealed,
                Option::<Vec<u8>>::None.into(),
            )
            .filter(audience_snapshot::Column::AudienceId.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        let row = audience_snapshot::Model {
            audience_id: id.uuid(),
            number: number(earlier) + 1,
            permit_id: origin.permit.uuid(),
            receipt_id: origin.receipt.map(ReceiptId::uuid),
            members_sealed: Some(sealed.members.as_bytes().to_vec()),
            members_count: number(sealed.count),
            consent_version: number(origin.consent_version),
            taken_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("permit"))?;
        Ok(earlier + 1)
    }
}

impl Reader {
    /// Finds an audience of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_audience(
        &self,
        enterprise: EnterpriseId,
        id: AudienceId,
    ) -> Result<Option<Audience>, StoreError> {
        let row = audience::Entity::find_by_id(id.uuid())
            .filter(audience::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        row.map(audience_of).transpose()
    }

    /// Lists the audiences of an enterprise that are not retired, by name.
    ///
    /// # Errors
    /// As [`Reader::find_audience`].
    pub async fn list_audiences(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<Vec<Audience>, StoreError> {
        let rows = audience::Entity::find()
            .filter(audience::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(audience::Column::RetiredAt.is_null())
            .order_by_asc(audience::Column::Name)
            .all(&self.link)
            .await?;
        rows.into_iter().map(audience_of).collect()
    }

    /// Lists the snapshots of an audience of this enterprise, oldest first, without their members.
    ///
    /// # Errors
    /// As [`Reader::find_audience`].
    pub async fn list_snapshots(
        &self,
        enterprise: EnterpriseId,
        id: AudienceId,
    ) -> Result<Vec<Snapshot>, StoreError> {
        if self.find_audience(enterprise, id).await?.is_none() {
            return Ok(Vec::new());
        }
        let rows = audience_snapshot::Entity::find()
            .filter(audience_snapshot::Column::AudienceId.eq(id.uuid()))
            .order_by_asc(audience_snapshot::Column::Number)
            .all(&self.link)
            .await?;
        rows.iter().map(snapshot_of).collect()
    }
}

fn audience_of(row: audience::Model) -> Result<Audience, StoreError> {
    Ok(Audience {
        id: AudienceId::from_uuid(row.id),
        name: row.name,
        purpose: Place(TABLE, "purpose").parse(&row.purpose)?,
        definition: Place(TABLE, "definition").json(&row.definition)?,
        created_by: RepresentativeId::from_uuid(row.created_by),
        created: moment(row.created_at),
        retired: moment_if(row.retired_at),
    })
}

fn snapshot_of(row: &audience_snapshot::Model) -> Result<Snapshot, StoreError> {
    let place = |column| Place(SNAPSHOT_TABLE, column);
    Ok(Snapshot {
        number: place("number").count(row.number)?,
        origin: SnapshotOrigin {
            permit: PermitId::from_uuid(row.permit_id),
            receipt: row.receipt_id.map(ReceiptId::from_uuid),
            consent_version: place("consent_version").count(row.consent_version)?,
        },
        count: place("members_count").count(row.members_count)?,
        taken: moment(row.taken_at),
    })
}
