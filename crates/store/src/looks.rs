use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_policy::{ApplicationField, Look, LookReason, RecordedLook};
use yuntu_terms::{
    ApplicationId, ClauseId, DocumentId, EnterpriseId, Id, LookId, OperatorId, Timestamp, clause,
};

use crate::acts::Whose;
use crate::applications::field_of;
use crate::entity::look;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "look";
/// How many looks a list shows at most.
const SHOWN_MAX: u64 = 500;

/// A look of the operator's people at something masked, as the enterprise may read it: not who, but what, why and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedAt {
    /// The id.
    pub id: LookId,
    /// The application.
    pub application: ApplicationId,
    /// The field.
    pub field: ApplicationField,
    /// The file, where the field is one.
    pub document: Option<DocumentId>,
    /// Why.
    pub reason: LookReason,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Makes a look durable, in the ledger, in the enterprise's own log and in that of who looks, before anything is opened by
    /// it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such application, or a fault of the database; then nothing may be opened.
    ///
    /// # Clause
    /// R23
    pub async fn record_look(
        &self,
        look: Look,
        operator: OperatorId,
        (actor, whose): (Pseudonym, Whose<'_>),
    ) -> Result<RecordedLook, StoreError> {
        clause::hit!(R23);
        self.run_tx("look.record", async |tx: Tx| {
            let asked = look.request();
            let id: LookId = Id::generate(tx.now(), &*tx.entropy)?;
            let entry = Entry {
                kind: EntryKind::known("certification.looked_at"),
                at: tx.now(),
                clauses: vec![ClauseId::r(23)],
                actor,
                body: json!({
                    "look": id, "enterprise": asked.enterprise,
                    "application": asked.application, "field": asked.field,
                    "document": asked.document, "reason": asked.reason,
                }),
            };
            let leaf = tx.append_own(whose, &entry).await?;
            let row = look::Model {
                id: id.uuid(),
                enterprise_id: asked.enterprise.uuid(),
                application_id: asked.application.uuid(),
                field: asked.field.code().to_owned(),
                document_id: asked.document.map(Id::uuid),
                reason: asked.reason.code().to_owned(),
                operator_id: operator.uuid(),
                leaf_id: leaf.0,
                looked_at: tx.now().as_micros(),
            };
            insert(&tx.link, row)
                .await
                .map_err(|error| error.conflict("application"))
        })
        .await?;
        Ok(RecordedLook::recorded(look))
    }
}

impl Reader {
    /// Lists the looks at what an enterprise handed in, newest first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn list_looks(&self, enterprise: EnterpriseId) -> Result<Vec<LookedAt>, StoreError> {
        let rows = look::Entity::find()
            .filter(look::Column::EnterpriseId.eq(enterprise.uuid()))
            .order_by_desc(look::Column::LookedAt)
            .order_by_desc(look::Column::Id)
            .limit(SHOWN_MAX)
            .all(&self.link)
            .await?;
        rows.iter().map(looked_at).collect()
    }
}

fn looked_at(row: &look::Model) -> Result<LookedAt, StoreError> {
    Ok(LookedAt {
        id: LookId::from_uuid(row.id),
        application: ApplicationId::from_uuid(row.application_id),
        field: field_of(&row.field, TABLE)?,
        document: row.document_id.map(DocumentId::from_uuid),
        reason: LookReason::from_code(&row.reason).ok_or(Place(TABLE, "reason").broken())?,
        at: moment(row.looked_at),
    })
}
