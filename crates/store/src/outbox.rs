use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
};
use yuntu_terms::{EnterpriseId, Id, OutboxId, Pii, Timestamp};
use yuntu_vault::{KeyScope, SealContext, Sealed};

use crate::entity::outbox;
use crate::error::StoreError;
use crate::queue::{AfterFailure, QUEUED, Queue, Wanted};
use crate::rows::{Place, insert, moment};
use crate::store::Store;
use crate::tx::Tx;

const OUTBOX: Queue = Queue {
    table: "outbox",
    what: "outbox message",
    selector: "channel",
};
const PAYLOAD: &str = "payload_sealed";
const ATTEMPTS_MAX: i64 = 8;

/// A message that waits to leave the platform: it leaves if and only if its transaction commits.
///
/// It is sealed before the transaction begins, by [`Store::seal_message`].
#[derive(Debug, Clone)]
pub struct SealedMessage {
    id: OutboxId,
    enterprise: Option<EnterpriseId>,
    channel: String,
    payload: Sealed,
    run_at: Timestamp,
}

impl SealedMessage {
    /// Returns the message's id.
    pub const fn id(&self) -> OutboxId {
        self.id
    }
}

/// A message that a sender holds until the lease ends.
#[derive(Debug)]
pub struct LeasedMessage {
    /// The message.
    pub id: OutboxId,
    /// For whom it is sent.
    pub enterprise: Option<EnterpriseId>,
    /// How it leaves, such as `mail`.
    pub channel: String,
    /// Whom it goes to and what it says.
    pub payload: Pii<Vec<u8>>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    lease: Uuid,
}

/// A message that waits, as somebody reads it who does not send it.
#[derive(Debug)]
pub struct WaitingMessage {
    /// The message.
    pub id: OutboxId,
    /// Since when it waits.
    pub created: Timestamp,
    /// Whom it goes to and what it says.
    pub payload: Pii<Vec<u8>>,
}

fn scope_of(enterprise: Option<EnterpriseId>) -> KeyScope {
    enterprise.map_or(KeyScope::Platform, KeyScope::Enterprise)
}

fn context(id: &Uuid) -> SealContext<'_> {
    SealContext {
        table: OUTBOX.table,
        row: id.as_bytes(),
        column: PAYLOAD,
    }
}

impl Store {
    /// Seals a message for the outbox under the enterprise's key, or the platform's.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R22
    pub async fn seal_message(
        &self,
        enterprise: Option<EnterpriseId>,
        channel: &str,
        payload: &Pii<Vec<u8>>,
    ) -> Result<SealedMessage, StoreError> {
        let now = self.now();
        let id: OutboxId = Id::generate(now, &*self.database.entropy)?;
        let sealer = self.vault.sealer(&scope_of(enterprise)).await?;
        let payload = payload.digest(|bytes| sealer.seal(&context(&id.uuid()), bytes))?;
        Ok(SealedMessage {
            id,
            enterprise,
            channel: channel.to_owned(),
            payload,
            run_at: now,
        })
    }

    /// Takes the oldest message of these channels that is due, for as long as the lease lasts.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the payload cannot be opened, or a fault of the database.
    pub async fn lease_message(
        &self,
        channels: &[&str],
        lease_for: Duration,
    ) -> Result<Option<LeasedMessage>, StoreError> {
        let leased = self
            .run_exempt("outbox.lease", async |tx: Tx| {
                let lease = tx.new_id().map(OutboxId::uuid)?;
                let now = tx.now();
                let until = now.plus(lease_for);
                let wanted = Wanted {
                    kinds: channels,
                    of: None,
                };
                let Some(id) = OUTBOX.lease(&tx.link, wanted, lease, now, until).await? else {
                    return Ok(None);
                };
                let row = outbox::Entity::find_by_id(id).one(&tx.link).await?;
                Ok(row.map(|row| (row, lease)))
            })
            .await?;
        match leased {
            Some((row, lease)) => self.open_message(row, lease).await.map(Some),
            None => Ok(None),
        }
    }

    /// Lists the newest messages that wait under one channel, newest first, without taking them.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when a payload cannot be opened, or a fault of the database.
    ///
    /// # Clause
    /// R22
    pub async fn list_waiting_messages(
        &self,
        channel: &str,
        limit: u64,
    ) -> Result<Vec<WaitingMessage>, StoreError> {
        use outbox::Column;
        let rows = outbox::Entity::find()
            .filter(Column::Channel.eq(channel))
            .filter(Column::State.eq(QUEUED))
            .filter(Column::PayloadSealed.is_not_null())
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .limit(limit)
            .all(&self.read().link)
            .await?;
        let mut waiting = Vec::with_capacity(rows.len());
        for mut row in rows {
            waiting.push(WaitingMessage {
                id: OutboxId::from_uuid(row.id),
                created: moment(row.created_at),
                payload: self.open_payload(&mut row).await?,
            });
        }
        Ok(waiting)
    }

    async fn open_payload(&self, row: &mut outbox::Model) -> Result<Pii<Vec<u8>>, StoreError> {
        let enterprise = row.enterprise_id.map(EnterpriseId::from_uuid);
        let sealed = row.payload_sealed.take();
        let sealed = sealed.ok_or(Place(OUTBOX.table, PAYLOAD).broken())?;
        let sealed = Sealed::from_bytes(sealed)?;
        let (scope, context) = (scope_of(enterprise), context(&row.id));
        let plain = self.vault.unseal(&scope, &context, &sealed).await?;
        Ok(plain.into_pii())
    }

    async fn open_message(
        &self,
        mut row: outbox::Model,
        lease: Uuid,
    ) -> Result<LeasedMessage, StoreError> {
        let payload = self.open_payload(&mut row).await?;
        Ok(LeasedMessage {
            id: OutboxId::from_uuid(row.id),
            enterprise: row.enterprise_id.map(EnterpriseId::from_uuid),
            channel: row.channel,
            payload,
            attempt: u32::try_from(row.attempts)
                .map_err(|_range| Place(OUTBOX.table, "attempts").broken())?,
            lease,
        })
    }

    /// Acknowledges a message that has left and lets go of what it said.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the lease has ended and somebody else may have sent it too.
    pub async fn finish_message(&self, message: &LeasedMessage) -> Result<(), StoreError> {
        self.run_exempt("outbox.finish", async |tx: Tx| {
            OUTBOX
                .finish(&tx.link, message.id.uuid(), message.lease, tx.now())
                .await?;
            tx.forget_payload(message.id).await
        })
        .await
    }

    /// Gives up a message that can never leave, such as one to an address that does not exist, and lets go of what it
    /// said; the failure's code holds no values of rows.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the lease has ended and somebody else may hold the message.
    pub async fn give_up_message(
        &self,
        message: &LeasedMessage,
        failure: &str,
    ) -> Result<(), StoreError> {
        let (id, lease) = (message.id, message.lease);
        self.run_exempt("outbox.give_up", async |tx: Tx| {
            OUTBOX
                .give_up(&tx.link, id.uuid(), lease, failure, tx.now())
                .await?;
            tx.forget_payload(id).await
        })
        .await
    }

    /// Keeps a message that cannot leave for want of configuration: it is due again after this time, and the attempt
    /// does not count, however long it takes until somebody configures the way out.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the lease has ended and somebody else may hold the message.
    pub async fn keep_message(
        &self,
        message: &LeasedMessage,
        failure: &str,
        wait: Duration,
    ) -> Result<Timestamp, StoreError> {
        let (id, lease) = (message.id, message.lease);
        self.run_exempt("outbox.keep", async |tx: Tx| {
            let run_at = tx.now().plus(wait);
            OUTBOX
                .put_back(&tx.link, id.uuid(), lease, failure, run_at)
                .await?;
            Ok(run_at)
        })
        .await
    }

    /// Gives a message back after a failure that may pass, whose code holds no values of rows.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the lease has ended and somebody else may hold the message.
    pub async fn fail_message(
        &self,
        message: &LeasedMessage,
        failure: &str,
    ) -> Result<AfterFailure, StoreError> {
        self.run_exempt("outbox.fail", async |tx: Tx| {
            OUTBOX
                .fail(
                    &tx.link,
                    message.id.uuid(),
                    message.lease,
                    failure,
                    tx.now(),
                )
                .await
        })
        .await
    }
}

impl Tx {
    async fn forget_payload(&self, id: OutboxId) -> Result<(), StoreError> {
        let forget = Query::update()
            .table(OUTBOX.table)
            .value(PAYLOAD, Option::<Vec<u8>>::None)
            .and_where(Expr::col("id").eq(id.uuid()))
            .to_owned();
        self.link.execute(&forget).await?;
        Ok(())
    }

    /// Puts a sealed message into the outbox; it leaves if and only if this transaction commits.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn enqueue_message(&self, message: &SealedMessage) -> Result<OutboxId, StoreError> {
        let row = outbox::Model {
            id: message.id.uuid(),
            enterprise_id: message.enterprise.map(EnterpriseId::uuid),
            channel: message.channel.clone(),
            payload_sealed: Some(message.payload.as_bytes().to_vec()),
            state: QUEUED.to_owned(),
            attempts: 0,
            attempts_max: ATTEMPTS_MAX,
            run_at: message.run_at.as_micros(),
            leased_until: None,
            lease: None,
            failure: None,
            created_at: self.now().as_micros(),
            finished_at: None,
        };
        insert(&self.link, row).await?;
        Ok(message.id)
    }
}
