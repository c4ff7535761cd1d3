use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
};
use yuntu_terms::{AccountId, DeviceId, Id, Pii, Timestamp};
use yuntu_vault::{KeyScope, SealContext, Sealed, SessionSecret};

use crate::entity::device;
use crate::error::StoreError;
use crate::rows::{Place, insert, moment, one_row};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "device";
const NETWORK: &str = "network_sealed";
const AGENT: &str = "agent_sealed";
const MARK_MAC: &str = "device.mark";

/// How many browsers an account knows; the one that was away longest goes first.
pub const DEVICES_MAX: u64 = 20;

/// A browser whose mark is hashed and whose values are sealed for one account; made by [`Store::seal_device`].
#[derive(Debug, Clone)]
pub struct SealedDevice {
    id: DeviceId,
    account: AccountId,
    mark: Vec<u8>,
    agent: Option<Vec<u8>>,
    network: Vec<u8>,
}

/// What an account knew of a browser before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meeting {
    /// It knew its mark.
    Known(DeviceId),
    /// It had not seen the mark, and keeps it from now on.
    New(DeviceId),
}

/// A browser as its owner sees it in a list.
#[derive(Debug)]
pub struct ListedDevice {
    /// The id.
    pub id: DeviceId,
    /// When she first signed in with it.
    pub first: Timestamp,
    /// When she last signed in with it.
    pub seen: Timestamp,
    /// What it said of itself at first.
    pub agent: Option<Pii<String>>,
    /// From which network it came at first.
    pub network: Option<Pii<String>>,
}

fn context<'a>(id: &'a Uuid, column: &'a str) -> SealContext<'a> {
    SealContext {
        table: TABLE,
        row: id.as_bytes(),
        column,
    }
}

impl Store {
    /// Draws the mark of a browser that brings none: 256 random bits.
    ///
    /// # Errors
    /// [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R9
    pub fn draw_mark(&self) -> Result<SessionSecret, StoreError> {
        Ok(SessionSecret::generate(&*self.database.entropy)?)
    }

    /// Hashes the mark of a browser for one account and seals what tells the browser from the account's others.
    ///
    /// The hash is under the account's own key: nobody sees in the rows that two accounts are used in one browser.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R9, R22
    pub async fn seal_device(
        &self,
        account: AccountId,
        mark: &SessionSecret,
        network: &Pii<String>,
        agent: Option<&Pii<String>>,
    ) -> Result<SealedDevice, StoreError> {
        let id: DeviceId = Id::generate(self.now(), &*self.database.entropy)?;
        let sealer = self.vault.sealer(&KeyScope::Account(account)).await?;
        let mark = sealer.hasher(MARK_MAC)?.digest(mark.hash().as_bytes())?;
        let seal = |column: &str, value: &Pii<String>| {
            value.digest(|text| sealer.seal(&context(&id.uuid(), column), text.as_bytes()))
        };
        let agent = agent.map(|agent| seal(AGENT, agent)).transpose()?;
        Ok(SealedDevice {
            id,
            account,
            mark: mark.as_bytes().to_vec(),
            agent: agent.map(Sealed::into_bytes),
            network: seal(NETWORK, network)?.into_bytes(),
        })
    }

    /// Says whether an account knows the mark that a browser brings.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or a fault of the database.
    ///
    /// # Clause
    /// R9
    pub async fn knows_device(
        &self,
        account: AccountId,
        mark: &SessionSecret,
    ) -> Result<bool, StoreError> {
        let sealer = self.vault.sealer(&KeyScope::Account(account)).await?;
        let mark = sealer.hasher(MARK_MAC)?.digest(mark.hash().as_bytes())?;
        let held = device::Entity::find()
            .filter(device::Column::AccountId.eq(account.uuid()))
            .filter(device::Column::MarkMac.eq(mark.as_bytes().to_vec()))
            .count(&self.read().link)
            .await?;
        Ok(held > 0)
    }

    /// Lists the browsers that an account knows, the one seen last first.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when a value cannot be opened, or a fault of the database.
    ///
    /// # Clause
    /// R9
    pub async fn list_devices(&self, account: AccountId) -> Result<Vec<ListedDevice>, StoreError> {
        let rows = device::Entity::find()
            .filter(device::Column::AccountId.eq(account.uuid()))
            .order_by_desc(device::Column::SeenAt)
            .order_by_desc(device::Column::Id)
            .all(&self.read().link)
            .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sealer = self.vault.unsealer(&KeyScope::Account(account)).await?;
        let open = |id: Uuid, column: &'static str, bytes: Option<Vec<u8>>| {
            let Some(bytes) = bytes else { return Ok(None) };
            let plain = sealer.unseal(&context(&id, column), &Sealed::from_bytes(bytes)?)?;
            let text = plain.into_pii_text();
            text.map(Some).ok_or(Place(TABLE, column).broken())
        };
        rows.into_iter()
            .map(|row| {
                Ok(ListedDevice {
                    id: DeviceId::from_uuid(row.id),
                    first: moment(row.first_at),
                    seen: moment(row.seen_at),
                    agent: open(row.id, AGENT, row.agent_sealed)?,
                    network: open(row.id, NETWORK, row.network_sealed)?,
                })
            })
            .collect()
    }
}

impl Tx {
    /// Notes that a browser came with a mark: it is known, or known from now on; of more than [`DEVICES_MAX`], the one that
    /// was away longest goes.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the same mark comes twice at the same moment, or a fault of the database.
    ///
    /// # Clause
    /// R9
    pub async fn meet_device(&self, sealed: &SealedDevice) -> Result<Meeting, StoreError> {
        use device::Column;
        let now = self.now().as_micros();
        let known = device::Entity::find()
            .filter(Column::AccountId.eq(sealed.account.uuid()))
            .filter(Column::MarkMac.eq(sealed.mark.clone()))
            .one(&self.link)
            .await?;
        if let Some(row) = known {
            device::Entity::update_many()
                .col_expr(Column::SeenAt, Expr::value(now))
                .filter(Column::Id.eq(row.id))
                .exec(&self.link)
                .await?;
            return Ok(Meeting::Known(DeviceId::from_uuid(row.id)));
        }
        self.make_room(sealed.account).await?;
        let row = device::Model {
            id: sealed.id.uuid(),
            account_id: sealed.account.uuid(),
            mark_mac: sealed.mark.clone(),
            agent_sealed: sealed.agent.clone(),
            network_sealed: Some(sealed.network.clone()),
            first_at: now,
            seen_at: now,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        Ok(Meeting::New(sealed.id))
    }

    /// Lets the browsers go that leave no place for one more.
    async fn make_room(&self, account: AccountId) -> Result<(), StoreError> {
        use device::Column;
        let of_account = || device::Entity::find().filter(Column::AccountId.eq(account.uuid()));
        let held = of_account().count(&self.link).await?;
        let Some(over) = held.checked_sub(DEVICES_MAX - 1).filter(|over| *over > 0) else {
            return Ok(());
        };
        let oldest = of_account()
            .order_by_asc(Column::SeenAt)
            .order_by_asc(Column::Id)
            .limit(over)
            .all(&self.link)
            .await?;
        device::Entity::delete_many()
            .filter(Column::Id.is_in(oldest.into_iter().map(|row| row.id)))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Forgets a browser of this account.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the account knows no such browser.
    ///
    /// # Clause
    /// R9
    pub async fn forget_device(&self, account: AccountId, id: DeviceId) -> Result<(), StoreError> {
        use device::Column;
        let done = device::Entity::delete_many()
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::AccountId.eq(account.uuid()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }
}
