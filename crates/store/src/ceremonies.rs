use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use yuntu_terms::{AccountId, CeremonyId, clause};

use crate::addresses::NetworkMac;
use crate::entity::ceremony;
use crate::error::StoreError;
use crate::limits::{Limit, Limited, Quota};
use crate::rows::insert;
use crate::tx::Tx;

const TABLE: &str = "ceremony";

/// How long a person has for a ceremony.
pub const CEREMONY_LIFE: Duration = Duration::from_mins(5);
/// How many ceremonies one network begins: anybody may begin one, and each is a row until its day is over.
pub const CEREMONY_QUOTA: Quota = Quota::new(60, Duration::from_mins(15));

/// What a ceremony with a passkey is for; its state opens nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyGoal {
    /// To add a passkey to an account.
    Add,
    /// To sign in, or to show again who one is.
    SignIn,
}

impl CeremonyGoal {
    /// Returns the code of the column.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::SignIn => "sign_in",
        }
    }
}

/// A ceremony that begins.
#[derive(Debug)]
pub struct NewCeremony<'a> {
    /// Which.
    pub id: CeremonyId,
    /// Whose; anybody may begin to prove who she is.
    pub account: Option<AccountId>,
    /// What it is for.
    pub goal: CeremonyGoal,
    /// What checks the answer.
    pub state: &'a [u8],
    /// From which network it is asked for.
    pub network: NetworkMac,
}

impl Tx {
    /// Keeps the state of a ceremony that begins, unless its network began [too many](CEREMONY_QUOTA): then nothing is
    /// kept, and the limit is returned.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such account, or a fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn open_ceremony(&self, new: &NewCeremony<'_>) -> Result<Option<Limit>, StoreError> {
        clause::hit!(R2);
        if let Some(limit) = self.ceremony_limit(&new.network).await? {
            return Ok(Some(limit));
        }
        let now = self.now();
        let row = ceremony::Model {
            id: new.id.uuid(),
            account_id: new.account.map(AccountId::uuid),
            goal: new.goal.code().to_owned(),
            state: new.state.to_vec(),
            created_at: now.as_micros(),
            expires_at: now.plus(CEREMONY_LIFE).as_micros(),
            used_at: None,
            network_mac: Some(new.network.to_column()),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        Ok(None)
    }

    async fn ceremony_limit(&self, network: &NetworkMac) -> Result<Option<Limit>, StoreError> {
        use ceremony::Column;
        let (now, quota) = (self.now(), CEREMONY_QUOTA);
        let begun: Vec<i64> = ceremony::Entity::find()
            .select_only()
            .column(Column::CreatedAt)
            .filter(Column::NetworkMac.eq(network.to_column()))
            .filter(Column::CreatedAt.gt(now.minus(quota.within).as_micros()))
            .order_by_desc(Column::CreatedAt)
            .limit(u64::from(quota.times_max))
            .into_tuple()
            .all(&self.link)
            .await?;
        let of = Limited::Network;
        let until = quota.used_up_until(&begun, now);
        Ok(until.map(|until| Limit { until, of }))
    }

    /// Takes the state of a ceremony, once and before its end; nothing when it is for something else, for another
    /// account, used or over. The transaction must commit for it to be used up.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn take_ceremony(
        &self,
        id: CeremonyId,
        account: Option<AccountId>,
        goal: CeremonyGoal,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        use ceremony::Column;
        clause::hit!(R2);
        let now = self.now().as_micros();
        let whose = match account {
            Some(account) => Column::AccountId.eq(account.uuid()),
            None => Column::AccountId.is_null(),
        };
        let used = ceremony::Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(now))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::Goal.eq(goal.code()))
            .filter(whose)
            .filter(Column::UsedAt.is_null())
            .filter(Column::ExpiresAt.gt(now))
            .exec(&self.link)
            .await?;
        if used.rows_affected != 1 {
            return Ok(None);
        }
        let row = ceremony::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        Ok(row.map(|row| row.state))
    }

    pub(crate) async fn erase_ceremonies(&self, account: AccountId) -> Result<(), StoreError> {
        ceremony::Entity::delete_many()
            .filter(ceremony::Column::AccountId.eq(account.uuid()))
            .exec(&self.link)
            .await?;
        Ok(())
    }
}
