use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value};
use serde_json::json;
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_terms::{
    ClauseId, DatasetId, Digest, EnterpriseId, PermitId, ReceiptId, Timestamp, clause,
};

use crate::bulk::insert_all;
use crate::entity::{permit, receipt, receipt_dataset};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment};
use crate::tx::{LeafId, Tx};

/// A receipt of one run, as the engine wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReceipt {
    /// The id that stands in the body.
    pub id: ReceiptId,
    /// The permit under which the run took place.
    pub permit: PermitId,
    /// The datasets that were read.
    pub datasets: Vec<DatasetId>,
    /// The canonical JSON.
    pub body: Vec<u8>,
    /// The digest of the body.
    pub digest: Digest,
}

/// A receipt on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The id.
    pub id: ReceiptId,
    /// The permit under which the run took place.
    pub permit: PermitId,
    /// The canonical JSON.
    pub body: Vec<u8>,
    /// The digest of the body.
    pub digest: Digest,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// The entry in the ledger.
    pub leaf: LeafId,
}

impl Tx {
    /// Records the receipt of a run and puts its digest into the ledger.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such permit, [`StoreError::Conflict`] when the receipt is
    /// recorded already.
    ///
    /// # Clause
    /// U2, R23
    pub async fn record_receipt(
        &self,
        enterprise: EnterpriseId,
        actor: Pseudonym,
        new: &NewReceipt,
    ) -> Result<LeafId, StoreError> {
        clause::hit!(R23);
        let permit = permit::Entity::find_by_id(new.permit.uuid())
            .filter(permit::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        permit.ok_or(StoreError::Missing { what: "permit" })?;
        let entry = Entry {
            kind: EntryKind::known("receipt.recorded"),
            at: self.now(),
            clauses: vec![ClauseId::u(2), ClauseId::r(23)],
            actor,
            body: json!({
                "receipt": new.id, "permit": new.permit, "enterprise": enterprise, "digest": new.digest,
            }),
        };
        let leaf = self.append(&entry).await?;
        let row = receipt::Model {
            id: new.id.uuid(),
            enterprise_id: enterprise.uuid(),
            permit_id: new.permit.uuid(),
            body: new.body.clone(),
            digest: new.digest.as_bytes().to_vec(),
            recorded_at: self.now().as_micros(),
            leaf_id: leaf.0,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("receipt"))?;
        let rows = new
            .datasets
            .iter()
            .map(|dataset| vec![Value::from(new.id.uuid()), dataset.uuid().into()]);
        insert_all(
            &self.link,
            "receipt_dataset",
            &["receipt_id", "dataset_id"],
            rows,
        )
        .await
        .map_err(|error| StoreError::from(error).conflict("dataset"))?;
        Ok(leaf)
    }
}

impl Reader {
    /// Finds a receipt of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_receipt(
        &self,
        enterprise: EnterpriseId,
        id: ReceiptId,
    ) -> Result<Option<Receipt>, StoreError> {
        let row = receipt::Entity::find_by_id(id.uuid())
            .filter(receipt::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        row.map(receipt_of).transpose()
    }

    /// Lists the newest runs that read a dataset of this enterprise, newest first: who used my data.
    ///
    /// # Errors
    /// As [`Reader::find_receipt`].
    pub async fn list_receipts_of(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        limit: u64,
    ) -> Result<Vec<Receipt>, StoreError> {
        use sea_orm::QueryTrait;
        let runs = receipt_dataset::Entity::find()
            .select_only()
            .column(receipt_dataset::Column::ReceiptId)
            .filter(receipt_dataset::Column::DatasetId.eq(dataset.uuid()))
            .into_query();
        let rows = receipt::Entity::find()
            .filter(receipt::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(receipt::Column::Id.in_subquery(runs))
            .order_by_desc(receipt::Column::LeafId)
            .limit(limit)
            .all(&self.link)
            .await?;
        rows.into_iter().map(receipt_of).collect()
    }
}

fn receipt_of(row: receipt::Model) -> Result<Receipt, StoreError> {
    Ok(Receipt {
        id: ReceiptId::from_uuid(row.id),
        permit: PermitId::from_uuid(row.permit_id),
        digest: Place("receipt", "digest").digest(&row.digest)?,
        body: row.body,
        recorded: moment(row.recorded_at),
        leaf: LeafId(row.leaf_id),
    })
}
