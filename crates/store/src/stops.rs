use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_policy::StopReason;
use yuntu_terms::{EnterpriseId, PermitId, Timestamp, clause};

use crate::acts::Whose;
use crate::entity::{permit, run_stop};
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment};
use crate::tx::{LeafId, Tx};

const TABLE: &str = "run_stop";

/// A run that was stopped: it has this instead of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunStop {
    /// The permit under which it ran.
    pub permit: PermitId,
    /// By what it was stopped.
    pub reason: StopReason,
    /// When that was recorded.
    pub stopped: Timestamp,
    /// The entry in the ledger.
    pub leaf: LeafId,
}

impl Tx {
    /// Records that a run was stopped, and by what, instead of its receipt; of a look under technical help it names the help.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such permit, [`StoreError::Conflict`] when that is recorded
    /// already.
    ///
    /// # Clause
    /// U2, U5, R23
    pub async fn record_stop(
        &self,
        enterprise: EnterpriseId,
        permit: PermitId,
        reason: StopReason,
        (actor, whose): (Pseudonym, Whose<'_>),
    ) -> Result<LeafId, StoreError> {
        clause::hit!(U5);
        let found = permit::Entity::find_by_id(permit.uuid())
            .filter(permit::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        found.ok_or(StoreError::Missing { what: "permit" })?;
        let help = self.read().helps_of(&[permit]).await?.remove(&permit);
        let mut body =
            json!({ "permit": permit, "enterprise": enterprise, "stopped": reason.code() });
        if let (Value::Object(body), Some(help)) = (&mut body, help) {
            body.insert("help".to_owned(), json!(help));
        }
        let entry = Entry {
            kind: EntryKind::known("run.stopped"),
            at: self.now(),
            clauses: vec![reason.clause()],
            actor,
            body,
        };
        let leaf = self.append_own(whose, &entry).await?;
        let row = run_stop::Model {
            permit_id: permit.uuid(),
            enterprise_id: enterprise.uuid(),
            reason: reason.code().to_owned(),
            stopped_at: self.now().as_micros(),
            leaf_id: leaf.0,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("stop of a run"))?;
        Ok(leaf)
    }
}

impl Reader {
    /// Lists which of these runs of an enterprise were stopped.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    pub async fn stops_of(
        &self,
        enterprise: EnterpriseId,
        permits: &[PermitId],
    ) -> Result<Vec<RunStop>, StoreError> {
        let rows = run_stop::Entity::find()
            .filter(run_stop::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(run_stop::Column::PermitId.is_in(permits.iter().map(|id| id.uuid())))
            .all(&self.link)
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(RunStop {
                    permit: PermitId::from_uuid(row.permit_id),
                    reason: Place(TABLE, "reason").code(&row.reason)?,
                    stopped: moment(row.stopped_at),
                    leaf: LeafId(row.leaf_id),
                })
            })
            .collect()
    }
}
