//! Requests that may be sent again: what was done under a key is done once, and its answer is kept for a day.
//!
//! The key is claimed in the transaction of the act itself, so that a crash between the act and its answer cannot make
//! the act happen twice; what is lost then is the answer, and whoever asks again is told so.

use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use yuntu_terms::{Digest, EnterpriseId, Id, RepeatId, RepresentativeId, Timestamp};
use yuntu_vault::{KeyScope, SealContext, Sealed};

use crate::entity::idempotent_request as row;
use crate::error::StoreError;
use crate::rows::{Place, insert, moment};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "idempotent_request";

/// How long a key stands for its request.
pub const REPEAT_LIFE: Duration = Duration::from_hours(24);

/// The claim of one request to the key that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatClaim {
    id: RepeatId,
    enterprise: EnterpriseId,
    representative: RepresentativeId,
    key: Digest,
    request: Digest,
}

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeated {
    /// Nothing was done under it yet.
    New(RepeatClaim),
    /// The same request was answered.
    Answered {
        /// The status of the answer.
        status: u16,
        /// The body of the answer.
        body: Vec<u8>,
    },
    /// The same request did something, and its answer is not there: it still runs, or was interrupted.
    Unanswered,
    /// Another request came with it.
    Other,
}

impl Store {
    /// Says what a key stands for that a representative sends with a request.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the answer cannot be opened, or a fault of the database.
    ///
    /// # Clause
    /// U2
    pub async fn repeated(
        &self,
        enterprise: EnterpriseId,
        representative: RepresentativeId,
        key: Digest,
        request: Digest,
    ) -> Result<Repeated, StoreError> {
        let found = find(&self.read().link, representative, key).await?;
        let Some(found) = found.filter(|found| is_live(found, self.now())) else {
            return Ok(Repeated::New(RepeatClaim {
                id: Id::generate(self.now(), &*self.database.entropy)?,
                enterprise,
                representative,
                key,
                request,
            }));
        };
        if found.request_digest != request.as_bytes() {
            return Ok(Repeated::Other);
        }
        let (Some(status), Some(sealed)) = (found.status, found.answer_sealed) else {
            return Ok(Repeated::Unanswered);
        };
        let scope = KeyScope::Enterprise(EnterpriseId::from_uuid(found.enterprise_id));
        let id = found.id;
        let context = context(id.as_bytes());
        let plain = self
            .vault
            .unseal(&scope, &context, &Sealed::from_bytes(sealed)?)
            .await?;
        Ok(Repeated::Answered {
            status: u16::try_from(status).map_err(|_range| Place(TABLE, "status").broken())?,
            body: plain.expose().to_vec(),
        })
    }

    /// Keeps the answer to a request that did something under its key; one that did nothing claimed nothing, and is asked
    /// anew.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when it cannot be sealed, or a fault of the database.
    pub async fn keep_answer(
        &self,
        claim: &RepeatClaim,
        status: u16,
        body: &[u8],
    ) -> Result<(), StoreError> {
        let scope = KeyScope::Enterprise(claim.enterprise);
        let id = claim.id.uuid();
        let sealed = self
            .vault
            .seal(&scope, &context(id.as_bytes()), body)
            .await?;
        let sealed = sealed.into_bytes();
        self.run_exempt("repeat.answer", async |tx: Tx| {
            row::Entity::update_many()
                .col_expr(row::Column::Status, i64::from(status).into())
                .col_expr(row::Column::AnswerSealed, sealed.clone().into())
                .filter(row::Column::Id.eq(id))
                .exec(&tx.link)
                .await?;
            Ok(())
        })
        .await
    }
}

impl Tx {
    /// Claims a key for the act of this transaction: it is done if and only if the key becomes this request's.
    pub(crate) async fn claim(&self, claim: &RepeatClaim) -> Result<(), StoreError> {
        let taken = StoreError::Conflict {
            what: "idempotency key",
        };
        if let Some(found) = find(&self.link, claim.representative, claim.key).await? {
            if found.id == claim.id.uuid() {
                // A request that does several things claims its key with the first.
                return Ok(());
            }
            if is_live(&found, self.now()) {
                return Err(taken);
            }
            row::Entity::delete_by_id(found.id).exec(&self.link).await?;
        }
        let row = row::Model {
            id: claim.id.uuid(),
            enterprise_id: claim.enterprise.uuid(),
            representative_id: claim.representative.uuid(),
            key_hash: claim.key.as_bytes().to_vec(),
            request_digest: claim.request.as_bytes().to_vec(),
            status: None,
            answer_sealed: None,
            created_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("idempotency key"))
    }
}

async fn find(
    link: &crate::link::Link,
    representative: RepresentativeId,
    key: Digest,
) -> Result<Option<row::Model>, StoreError> {
    Ok(row::Entity::find()
        .filter(row::Column::RepresentativeId.eq(representative.uuid()))
        .filter(row::Column::KeyHash.eq(key.as_bytes().to_vec()))
        .one(link)
        .await?)
}

fn is_live(found: &row::Model, now: Timestamp) -> bool {
    now < moment(found.created_at).plus(REPEAT_LIFE)
}

fn context(id: &[u8; 16]) -> SealContext<'_> {
    SealContext {
        table: TABLE,
        row: id,
        column: "answer_sealed",
    }
}
