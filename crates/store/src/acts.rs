use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use yuntu_ledger::{Entry, Leaf};
use yuntu_terms::{AccountId, Id, OriginId, Pii, RepresentativeId, Timestamp, clause};
use yuntu_vault::{KeyScope, SealContext, Sealed, Sealer};

use crate::entity::{account_act, ledger_leaf, representative};
use crate::error::StoreError;
use crate::read::Reader;
use crate::repeats::RepeatClaim;
use crate::rows::{Place, insert, moment};
use crate::sessions::{SealedSession, Session};
use crate::store::Store;
use crate::tx::{LeafId, Tx};

const TABLE: &str = "account_act";
const NETWORK: &str = "network_sealed";
const AGENT: &str = "agent_sealed";

/// From where a person does something: her network and what her browser says of itself, sealed under her key; made by
/// [`Store::seal_origin`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedOrigin {
    id: OriginId,
    account: AccountId,
    network: Vec<u8>,
    agent: Option<Vec<u8>>,
}

/// In whose log an entry stands, and from where it was done where that is known.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    who: Who,
    origin: Option<&'a SealedOrigin>,
    claim: Option<&'a RepeatClaim>,
}

/// Who acts.
#[derive(Debug, Clone, Copy)]
enum Who {
    /// A person with her account.
    Account(AccountId),
    /// Whoever sits there; nobody's log has it where no account does.
    Seat(RepresentativeId),
}

impl<'a> Whose<'a> {
    /// Names whoever sits in a seat.
    pub const fn of_seat(seat: RepresentativeId, origin: Option<&'a SealedOrigin>) -> Self {
        Self {
            who: Who::Seat(seat),
            origin,
            claim: None,
        }
    }

    /// Names a person by her account.
    pub const fn of_account(account: AccountId, origin: Option<&'a SealedOrigin>) -> Self {
        Self {
            who: Who::Account(account),
            origin,
            claim: None,
        }
    }

    /// Adds the key of the request with which it is asked: what is noted so is done once.
    #[must_use]
    pub const fn claiming(self, claim: Option<&'a RepeatClaim>) -> Self {
        Self { claim, ..self }
    }
}

impl From<AccountId> for Whose<'_> {
    fn from(account: AccountId) -> Self {
        Self::of_account(account, None)
    }
}

impl<'a> From<(AccountId, &'a SealedOrigin)> for Whose<'a> {
    fn from((account, origin): (AccountId, &'a SealedOrigin)) -> Self {
        Self::of_account(account, Some(origin))
    }
}

impl<'a> From<&'a Session> for Whose<'a> {
    fn from(session: &'a Session) -> Self {
        Self::of_account(session.account, session.origin.as_ref())
    }
}

impl<'a> From<&'a SealedSession> for Whose<'a> {
    fn from(session: &'a SealedSession) -> Self {
        Self::of_account(session.account(), session.origin())
    }
}

/// An entry of a person's own log.
#[derive(Debug)]
pub struct OwnEntry {
    /// Its number, by which an older page is asked for.
    pub number: i64,
    /// The entry, as it stands in the ledger.
    pub entry: Entry,
    /// From which network it was done, where that is known.
    pub network: Option<Pii<String>>,
    /// What the browser said of itself.
    pub agent: Option<Pii<String>>,
}

fn context<'a>(id: &'a [u8; 16], column: &'a str) -> SealContext<'a> {
    SealContext {
        table: TABLE,
        row: id,
        column,
    }
}

impl Tx {
    /// Puts an entry into the ledger and into the own log of the person who acts. Of a session, a sign-in or a call of the
    /// API the log keeps from where it was done; the ledger does not. A seat without an account has no log.
    ///
    /// # Errors
    /// As [`Tx::append`], and [`StoreError::Missing`] when there is no such account.
    ///
    /// # Clause
    /// R1, R23
    pub async fn append_own<'a>(
        &self,
        whose: impl Into<Whose<'a>> + Send,
        entry: &Entry,
    ) -> Result<LeafId, StoreError> {
        clause::hit!(R1);
        let Whose { who, origin, claim } = whose.into();
        if let Some(claim) = claim {
            self.claim(claim).await?;
        }
        let leaf = self.append(entry).await?;
        let Some(account) = self.account_of(who).await? else {
            return Ok(leaf);
        };
        let origin = origin.filter(|origin| origin.account == account);
        let row = account_act::Model {
            leaf_id: leaf.0,
            account_id: account.uuid(),
            acted_at: self.now().as_micros(),
            origin_id: origin.map(|origin| origin.id.uuid()),
            network_sealed: origin.map(|origin| origin.network.clone()),
            agent_sealed: origin.and_then(|origin| origin.agent.clone()),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("account"))?;
        Ok(leaf)
    }

    async fn account_of(&self, who: Who) -> Result<Option<AccountId>, StoreError> {
        match who {
            Who::Account(account) => Ok(Some(account)),
            Who::Seat(seat) => {
                let row = representative::Entity::find_by_id(seat.uuid())
                    .one(&self.link)
                    .await?;
                let row = row.ok_or(StoreError::Missing {
                    what: "representative",
                })?;
                Ok(row.account_id.map(Id::from_uuid))
            }
        }
    }
}

impl Store {
    /// Seals from where a person does something, under her own key.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when the key is destroyed or the vault fails, [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R1, R22
    pub async fn seal_origin(
        &self,
        account: AccountId,
        network: &Pii<String>,
        agent: Option<&Pii<String>>,
    ) -> Result<SealedOrigin, StoreError> {
        let id: OriginId = Id::generate(self.now(), &*self.database.entropy)?;
        let sealer = self.vault.sealer(&KeyScope::Account(account)).await?;
        let row = id.uuid().into_bytes();
        let seal = |column: &str, value: &Pii<String>| {
            value.digest(|text| sealer.seal(&context(&row, column), text.as_bytes()))
        };
        let agent = agent.map(|agent| seal(AGENT, agent)).transpose()?;
        Ok(SealedOrigin {
            id,
            account,
            network: seal(NETWORK, network)?.into_bytes(),
            agent: agent.map(Sealed::into_bytes),
        })
    }

    /// Lists entries of a person's own log, newest first; of those before a number if one is named.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when an entry cannot be read, [`StoreError::Vault`] when a value cannot be opened, or
    /// a fault of the database.
    ///
    /// # Clause
    /// R1
    pub async fn list_own_acts(
        &self,
        account: AccountId,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<OwnEntry>, StoreError> {
        let link = self.read().link;
        let mut own =
            account_act::Entity::find().filter(account_act::Column::AccountId.eq(account.uuid()));
        if let Some(before) = before {
            own = own.filter(account_act::Column::LeafId.lt(before));
        }
        let rows = own
            .order_by_desc(account_act::Column::LeafId)
            .limit(limit)
            .all(&link)
            .await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.leaf_id).collect();
        let leaves = ledger_leaf::Entity::find()
            .filter(ledger_leaf::Column::Id.is_in(ids))
            .all(&link)
            .await?;
        let mut leaves: BTreeMap<i64, Vec<u8>> =
            leaves.into_iter().map(|row| (row.id, row.leaf)).collect();
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sealer = self.vault.unsealer(&KeyScope::Account(account)).await?;
        let broken = || Place("ledger_leaf", "leaf").broken();
        rows.into_iter()
            .map(|row| {
                let leaf = leaves.remove(&row.leaf_id).ok_or_else(broken)?;
                let leaf = Leaf::from_bytes(leaf).map_err(|_form| broken())?;
                let entry = leaf.entry().map_err(|_form| broken())?;
                let number = row.leaf_id;
                let (network, agent) = open_origin(&sealer, row)?;
                Ok(OwnEntry {
                    number,
                    entry,
                    network,
                    agent,
                })
            })
            .collect()
    }
}

impl Reader {
    /// Says when the entry of a person's own log with this number was made.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn own_act_at(
        &self,
        account: AccountId,
        number: i64,
    ) -> Result<Option<Timestamp>, StoreError> {
        let row = account_act::Entity::find_by_id(number)
            .filter(account_act::Column::AccountId.eq(account.uuid()))
            .one(&self.link)
            .await?;
        Ok(row.map(|row| moment(row.acted_at)))
    }
}

type Opened = (Option<Pii<String>>, Option<Pii<String>>);

fn open_origin(sealer: &Sealer, row: account_act::Model) -> Result<Opened, StoreError> {
    let Some(origin) = row.origin_id else {
        return Ok((None, None));
    };
    let origin = origin.into_bytes();
    let open = |column: &'static str, bytes: Option<Vec<u8>>| {
        let Some(bytes) = bytes else { return Ok(None) };
        let plain = sealer.unseal(&context(&origin, column), &Sealed::from_bytes(bytes)?)?;
        let text = plain.into_pii_text();
        text.map(Some).ok_or(Place(TABLE, column).broken())
    };
    let network: Result<_, StoreError> = open(NETWORK, row.network_sealed);
    Ok((network?, open(AGENT, row.agent_sealed)?))
}
