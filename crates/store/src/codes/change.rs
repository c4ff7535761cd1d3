use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use yuntu_terms::{AccountId, Timestamp, clause};

use super::{
    CODE_LIFE, CODE_QUOTAS, CODE_TRIES_MAX, CODES_COUNTED, CodeIssue, CodeOutcome, ProvenAddress,
    SealedCode, TABLE, TypedCode, kind_of, medium,
};
use crate::addresses::AddressMac;
use crate::entity::code;
use crate::error::StoreError;
use crate::limits::{COUNTED_FOR, Limit, Limited};
use crate::read::Reader;
use crate::rows::{Place, insert};
use crate::tx::Tx;

impl Reader {
    /// Says whether a code may be sent to the address now, and if not, when the next one may.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn code_limit(
        &self,
        address: &AddressMac,
        now: Timestamp,
    ) -> Result<Option<Limit>, StoreError> {
        let sent: Vec<i64> = code::Entity::find()
            .select_only()
            .column(code::Column::SentAt)
            .filter(code::Column::AddressMac.eq(address.to_column()))
            .filter(code::Column::SentAt.gt(now.minus(COUNTED_FOR).as_micros()))
            .order_by_desc(code::Column::SentAt)
            .limit(CODES_COUNTED)
            .into_tuple()
            .all(&self.link)
            .await?;
        let until = CODE_QUOTAS
            .iter()
            .filter_map(|quota| quota.used_up_until(&sent, now))
            .max();
        Ok(until.map(|until| Limit {
            until,
            of: Limited::Address,
        }))
    }
}

impl Tx {
    /// Keeps a code and counts it as sent, unless too many were sent to the address, whatever they were for.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such account, or a fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn issue_code(&self, sealed: &SealedCode) -> Result<CodeIssue, StoreError> {
        clause::hit!(R2);
        let now = self.now();
        if let Some(limit) = self.read().code_limit(&sealed.address, now).await? {
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

    /// Sweeps codes that were sent before this moment, but none that still counts; returns how many.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R14
    pub async fn delete_codes_before(&self, before: Timestamp) -> Result<u64, StoreError> {
        clause::hit!(R14);
        let before = before.min(self.now().minus(COUNTED_FOR));
        let done = code::Entity::delete_many()
            .filter(code::Column::SentAt.lt(before.as_micros()))
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected)
    }
}
