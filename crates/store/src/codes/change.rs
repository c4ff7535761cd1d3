use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use yuntu_terms::{AccountId, Timestamp, clause};

use super::{
    CODE_LIFE, CODE_NETWORK_QUOTAS, CODE_QUOTAS, CODE_TRIES_MAX, CodeIssue, CodeOutcome,
    ProvenAddress, SealedCode, TABLE, TypedCode, kind_of, medium,
};
use crate::addresses::{AddressMac, NetworkMac};
use crate::entity::code;
use crate::error::StoreError;
use crate::limits::{Limit, Limited, used_up};
use crate::read::Reader;
use crate::rows::{Place, insert};
use crate::tx::Tx;

impl Reader {
    /// Says whether a code may be sent to the address at the wish of the network now, and if not, when the next one may.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn code_limit(
        &self,
        address: &AddressMac,
        network: &NetworkMac,
        now: Timestamp,
    ) -> Result<Option<Limit>, StoreError> {
        use code::Column;
        let at_address = Column::AddressMac.eq(address.to_column());
        let from_network = Column::NetworkMac.eq(network.to_column());
        let mut longest: Option<Limit> = None;
        for (of, which, quotas) in [
            (Limited::Address, at_address, &CODE_QUOTAS[..]),
            (Limited::Network, from_network, &CODE_NETWORK_QUOTAS[..]),
        ] {
            let which = (of, which.into_condition());
            let limit =
                used_up::<code::Entity>(&self.link, which, Column::SentAt, quotas, now).await?;
            if let Some(limit) = limit
                && longest.is_none_or(|other| other.until < limit.until)
            {
                longest = Some(limit);
            }
        }
        Ok(longest)
    }
}

impl Tx {
    /// Keeps a code and counts it as sent, unless too many were sent to the address or asked for from the network,
    /// whatever they were for.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such account, or a fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn issue_code(&self, sealed: &SealedCode) -> Result<CodeIssue, StoreError> {
        clause::hit!(R2);
        let now = self.now();
        let read = self.read();
        let limit = read.code_limit(&sealed.address, &sealed.network, now);
        if let Some(limit) = limit.await? {
            return Ok(CodeIssue::Limited(limit));
        }
        let expires = now.plus(CODE_LIFE);
        let row = code::Model {
            id: sealed.id.uuid(),
            code_use: sealed.code_use.code().to_owned(),
            medium: medium(sealed.address.kind()).to_owned(),
            address_mac: sealed.address.to_column(),
            address_sealed: sealed.address_sealed.clone(),
            account_id: sealed.account.map(AccountId::uuid),
            code_hash: sealed.hash.as_bytes().to_vec(),
            tries: 0,
            sent_at: now.as_micros(),
            expires_at: expires.as_micros(),
            used_at: None,
            network_mac: Some(sealed.network.to_column()),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        Ok(CodeIssue::Issued { expires })
    }

    /// Tries a code: each try counts, a right one once.
    ///
    /// The transaction must commit for the try to count: its body returns a wrong code as a value, not as an error.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn try_code(&self, typed: &TypedCode) -> Result<CodeOutcome, StoreError> {
        clause::hit!(R2);
        let now = self.now().as_micros();
        // Counted before it is looked at, in one statement, so that no two tries share a number.
        let counted = code::Entity::update_many()
            .col_expr(code::Column::Tries, Expr::col(code::Column::Tries).add(1))
            .filter(code::Column::Id.eq(typed.id.uuid()))
            .filter(code::Column::CodeUse.eq(typed.code_use.code()))
            .filter(code::Column::UsedAt.is_null())
            .filter(code::Column::ExpiresAt.gt(now))
            .filter(code::Column::Tries.lt(i64::from(CODE_TRIES_MAX)))
            .exec(&self.link)
            .await?;
        if counted.rows_affected != 1 {
            return Ok(CodeOutcome::Spent);
        }
        let row = code::Entity::find_by_id(typed.id.uuid())
            .one(&self.link)
            .await?
            .ok_or(StoreError::Missing { what: TABLE })?;
        // Keyed hashes: how long the comparison takes tells nothing about the digits.
        if row.code_hash != typed.hash.as_bytes() {
            let tries = Place(TABLE, "tries").count(row.tries)?;
            let left = u64::from(CODE_TRIES_MAX).saturating_sub(tries);
            let left = u32::try_from(left).map_err(|_range| Place(TABLE, "tries").broken())?;
            return Ok(CodeOutcome::Wrong { left });
        }
        let used = code::Entity::update_many()
            .col_expr(code::Column::UsedAt, now.into())
            .filter(code::Column::Id.eq(typed.id.uuid()))
            .filter(code::Column::UsedAt.is_null())
            .exec(&self.link)
            .await?;
        if used.rows_affected != 1 {
            return Ok(CodeOutcome::Spent);
        }
        Ok(CodeOutcome::Right(ProvenAddress {
            address: AddressMac::new(
                kind_of(&row)?,
                Place(TABLE, "address_mac").digest(&row.address_mac)?,
            ),
            account: row.account_id.map(AccountId::from_uuid),
        }))
    }
}
