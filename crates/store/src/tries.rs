use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};
use yuntu_terms::{Id, Pii, SignInTryId, Timestamp, clause};
use yuntu_vault::{KeyScope, SealContext, Sealed};

use crate::addresses::AddressMac;
use crate::entity::sign_in_try;
use crate::error::StoreError;
use crate::rows::{Place, insert, moment};
use crate::sessions::SignInMethod;
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "sign_in_try";
const NETWORK: &str = "network_sealed";
const AGENT: &str = "agent_sealed";

/// From where somebody tries to sign in at an address; made by [`Store::seal_try`].
///
/// It is sealed under the platform's key and found by the hash of the address, with the same work and the same row whether
/// or not an account has the address.
#[derive(Debug, Clone)]
pub struct SealedTry {
    id: SignInTryId,
    address: AddressMac,
    network: Vec<u8>,
    agent: Option<Vec<u8>>,
}

/// A try to sign in that failed, as the owner of the address reads it.
#[derive(Debug)]
pub struct FailedTry {
    /// How.
    pub method: SignInMethod,
    /// When.
    pub at: Timestamp,
    /// From which network.
    pub network: Pii<String>,
    /// What the browser said of itself.
    pub agent: Option<Pii<String>>,
}

fn context<'a>(id: &'a Uuid, column: &'a str) -> SealContext<'a> {
    SealContext {
        table: TABLE,
        row: id.as_bytes(),
        column,
    }
}

impl Store {
    /// Seals from where somebody tries to sign in at an address.
    ///
    /// # Errors
    /// [`StoreError::Vault`] or [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R1, R22
    pub async fn seal_try(
        &self,
        address: AddressMac,
        network: &Pii<String>,
        agent: Option<&Pii<String>>,
    ) -> Result<SealedTry, StoreError> {
        let id: SignInTryId = Id::generate(self.now(), &*self.database.entropy)?;
        let sealer = self.vault.sealer(&KeyScope::Platform).await?;
        let seal = |column: &str, value: &Pii<String>| {
            value.digest(|text| sealer.seal(&context(&id.uuid(), column), text.as_bytes()))
        };
        let agent = agent.map(|agent| seal(AGENT, agent)).transpose()?;
        Ok(SealedTry {
            id,
            address,
            network: seal(NETWORK, network)?.into_bytes(),
            agent: agent.map(Sealed::into_bytes),
        })
    }

    /// Lists the newest failed tries at these addresses from a moment on and before another, newest first; of each address
    /// those since it is its owner's.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when a value cannot be opened, or a fault of the database.
    ///
    /// # Clause
    /// R1
    pub async fn list_tries(
        &self,
        addresses: &[(AddressMac, Timestamp)],
        from: Timestamp,
        until: Timestamp,
        limit: u64,
    ) -> Result<Vec<FailedTry>, StoreError> {
        use sign_in_try::Column;
        if addresses.is_empty() {
            return Ok(Vec::new());
        }
        let mut own = Condition::any();
        for (address, since) in addresses {
            let at_address = Condition::all()
                .add(Column::AddressMac.eq(address.to_column()))
                .add(Column::TriedAt.gte(since.as_micros().max(from.as_micros())));
            own = own.add(at_address);
        }
        let rows = sign_in_try::Entity::find()
            .filter(own)
            .filter(Column::TriedAt.lt(until.as_micros()))
            .order_by_desc(Column::TriedAt)
            .order_by_desc(Column::Id)
            .limit(limit)
            .all(&self.read().link)
            .await?;
        let sealer = self.vault.unsealer(&KeyScope::Platform).await?;
        let open = |id: Uuid, column: &'static str, bytes: Vec<u8>| {
            let plain = sealer.unseal(&context(&id, column), &Sealed::from_bytes(bytes)?)?;
            let text = plain.into_pii_text();
            text.ok_or(Place(TABLE, column).broken())
        };
        rows.into_iter()
            .map(|row| {
                let agent = row.agent_sealed;
                Ok(FailedTry {
                    method: SignInMethod::from_code(&row.method)
                        .ok_or(Place(TABLE, "method").broken())?,
                    at: moment(row.tried_at),
                    network: open(row.id, NETWORK, row.network_sealed)?,
                    agent: agent.map(|bytes| open(row.id, AGENT, bytes)).transpose()?,
                })
            })
            .collect()
    }
}

impl Tx {
    /// Keeps a try that failed, for who owns the address and for nobody else.
    ///
    /// The transaction must commit for it to stay: its body returns the refusal as a value, not as an error.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R1
    pub async fn record_try(
        &self,
        sealed: &SealedTry,
        method: SignInMethod,
    ) -> Result<(), StoreError> {
        clause::hit!(R1);
        let row = sign_in_try::Model {
            id: sealed.id.uuid(),
            address_mac: sealed.address.to_column(),
            method: method.code().to_owned(),
            network_sealed: sealed.network.clone(),
            agent_sealed: sealed.agent.clone(),
            tried_at: self.now().as_micros(),
        };
        insert(&self.link, row).await
    }
}
