use std::time::Duration;

use sea_orm::sea_query::IntoCondition;
use sea_orm::{
    ActiveValue, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Condition,
};
use yuntu_terms::{Timestamp, clause};

use crate::addresses::{AddressMac, NetworkMac};
use crate::entity::sign_in_failure;
use crate::error::StoreError;
use crate::link::Link;
use crate::read::Reader;
use crate::rows::moment;
use crate::tx::Tx;

/// The longest time over which any limit counts; younger rows are not swept.
pub(crate) const COUNTED_FOR: Duration = Duration::from_hours(24);

/// How often something may happen within a time that slides along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How often.
    pub times_max: u32,
    /// Within which time, a day at most.
    pub within: Duration,
}

impl Quota {
    /// Makes a quota.
    pub const fn new(times_max: u32, within: Duration) -> Self {
        Self { times_max, within }
    }

    /// Says until when the quota is used up, given when things happened, newest first.
    pub(crate) fn used_up_until(self, newest_first: &[i64], now: Timestamp) -> Option<Timestamp> {
        let last = usize::try_from(self.times_max.checked_sub(1)?).ok()?;
        let until = moment(*newest_first.get(last)?).plus(self.within);
        (until > now).then_some(until)
    }
}

/// Whose quota is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// The address's.
    Address,
    /// The network's.
    Network,
    /// The enterprise's.
    Enterprise,
    /// The operator's.
    Operator,
    /// That of all together: somebody tries many addresses from many networks.
    Everyone,
}

/// The answer that something happened too often: an answer, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// When it is allowed again.
    pub until: Timestamp,
    /// Whose quota is used up.
    pub of: Limited,
}

/// How many failures to sign in are borne.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureQuotas {
    /// For one address, whether an account has it or not.
    pub address: Quota,
    /// From one network.
    pub network: Quota,
    /// Of all together.
    pub everyone: Quota,
}

/// What failed of late, around an account to which somebody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailuresLately {
    /// How often, at the addresses of the account, since its owner was last there.
    pub at_address: u64,
    /// At how many other addresses, from the network from which she comes.
    pub other_addresses: u64,
}

/// Says until when one of the quotas is used up by rows of a kind, which tell by a column when each happened.
pub(crate) async fn used_up<E: EntityTrait>(
    link: &Link,
    (of, which): (Limited, Condition),
    at: E::Column,
    quotas: &[Quota],
    now: Timestamp,
) -> Result<Option<Limit>, StoreError> {
    let most = quotas.iter().map(|quota| quota.times_max).max();
    let happened: Vec<i64> = E::find()
        .select_only()
        .column(at)
        .filter(which)
        .filter(at.gt(now.minus(COUNTED_FOR).as_micros()))
        .order_by_desc(at)
        .limit(most.map(u64::from))
        .into_tuple()
        .all(link)
        .await?;
    let until = quotas.iter();
    let until = until.filter_map(|quota| quota.used_up_until(&happened, now));
    Ok(until.max().map(|until| Limit { until, of }))
}

impl Default for FailureQuotas {
    fn default() -> Self {
        let quarter = Duration::from_mins(15);
        Self {
            address: Quota::new(10, quarter),
            network: Quota::new(50, quarter),
            everyone: Quota::new(300, quarter),
        }
    }
}

impl Tx {
    /// Counts a wrong code or password for an address and a network.
    ///
    /// The transaction must commit for it to count: its body returns the refusal as a value, not as an error.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn count_failure(
        &self,
        address: &AddressMac,
        network: &NetworkMac,
    ) -> Result<(), StoreError> {
        clause::hit!(R2);
        let row = sign_in_failure::ActiveModel {
            id: ActiveValue::NotSet,
            address_mac: ActiveValue::Set(address.to_column()),
            network_mac: ActiveValue::Set(network.to_column()),
            failed_at: ActiveValue::Set(self.now().as_micros()),
        };
        sign_in_failure::Entity::insert(row)
            .exec_without_returning(&self.link)
            .await?;
        Ok(())
    }

    /// Forgets the failures of an address, whose owner has just proven to be there.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn forgive_failures(&self, address: &AddressMac) -> Result<u64, StoreError> {
        let done = sign_in_failure::Entity::delete_many()
            .filter(sign_in_failure::Column::AddressMac.eq(address.to_column()))
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected)
    }
}

impl Reader {
    /// Says whether an attempt to sign in must wait, because of failures of its address, of its network or of all.
    ///
    /// In a transaction that then [counts](Tx::count_failure), the quota is exact; outside it is cheap and may let a
    /// few through that came at the same moment.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn brake(
        &self,
        address: &AddressMac,
        network: &NetworkMac,
        quotas: &FailureQuotas,
        now: Timestamp,
    ) -> Result<Option<Limit>, StoreError> {
        use sign_in_failure::Column;
        let of_address = Column::AddressMac.eq(address.to_column()).into_condition();
        let of_network = Column::NetworkMac.eq(network.to_column()).into_condition();
        let mut longest: Option<Limit> = None;
        for (of, quota, which) in [
            (Limited::Address, quotas.address, of_address),
            (Limited::Network, quotas.network, of_network),
            (Limited::Everyone, quotas.everyone, Condition::all()),
        ] {
            let failed = self.failures(which, quota, now).await?;
            if let Some(until) = quota.used_up_until(&failed, now)
                && longest.is_none_or(|limit| limit.until < until)
            {
                longest = Some(Limit { until, of });
            }
        }
        Ok(longest)
    }

    /// Counts the failures of the last [day](COUNTED_FOR) that still count: those at the addresses of an account, from
    /// wherever, and the other addresses at which there were any from a network.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R9
    pub async fn failures_lately(
        &self,
        own: &[AddressMac],
        network: &NetworkMac,
        now: Timestamp,
    ) -> Result<FailuresLately, StoreError> {
        use sign_in_failure::Column;
        clause::hit!(R9);
        let since = now.minus(COUNTED_FOR).as_micros();
        let lately = || sign_in_failure::Entity::find().filter(Column::FailedAt.gt(since));
        let own: Vec<Vec<u8>> = own.iter().map(|mac| mac.to_column()).collect();
        let at_address = lately().filter(Column::AddressMac.is_in(own.clone()));
        let others = lately()
            .filter(Column::NetworkMac.eq(network.to_column()))
            .filter(Column::AddressMac.is_not_in(own))
            .select_only()
            .column(Column::AddressMac)
            .distinct();
        Ok(FailuresLately {
            at_address: at_address.count(&self.link).await?,
            other_addresses: others.count(&self.link).await?,
        })
    }

    /// Lists when failures happened, newest first, as many as the quota needs to know.
    async fn failures(
        &self,
        which: Condition,
        quota: Quota,
        now: Timestamp,
    ) -> Result<Vec<i64>, StoreError> {
        use sign_in_failure::Column;
        let since = now.minus(quota.within).as_micros();
        Ok(sign_in_failure::Entity::find()
            .select_only()
            .column(Column::FailedAt)
            .filter(which)
            .filter(Column::FailedAt.gt(since))
            .order_by_desc(Column::FailedAt)
            .limit(u64::from(quota.times_max))
            .into_tuple()
            .all(&self.link)
            .await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_slides_along() {
        let quota = Quota::new(2, Duration::from_secs(10));
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let happened = [8_000_000, 3_000_000, 1_000_000];
        assert_eq!(quota.used_up_until(&happened, at(12)), Some(at(13)));
        assert_eq!(quota.used_up_until(&happened, at(13)), None);
        assert_eq!(quota.used_up_until(&happened[..1], at(9)), None);
    }
}
