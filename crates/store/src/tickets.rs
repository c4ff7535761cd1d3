use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use yuntu_terms::{AccountId, TicketId, Timestamp, clause};
use yuntu_vault::SessionSecret;

use crate::entity::ticket;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment};
use crate::sessions::SignInMethod;
use crate::tx::Tx;

const TABLE: &str = "ticket";

/// How long the second step may be waited for.
pub const TICKET_LIFE: Duration = Duration::from_mins(10);
/// How often it may be tried on one ticket.
pub const TICKET_TRIES_MAX: u32 = 5;

/// What happens once the second step was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketGoal {
    /// A session begins.
    SignIn,
    /// The password goes and a session begins.
    Recover,
}

impl TicketGoal {
    /// Returns the code of the column.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Recover => "recover",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::SignIn, Self::Recover]
            .into_iter()
            .find(|goal| goal.code() == code)
    }
}

/// That somebody showed the first factor of an account; it opens nothing but the second step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// The id.
    pub id: TicketId,
    /// Whose account.
    pub account: AccountId,
    /// What it leads to.
    pub goal: TicketGoal,
    /// How the first factor was shown.
    pub method: SignInMethod,
    /// Until when it is good.
    pub expires: Timestamp,
}

fn hash(secret: &SessionSecret) -> Vec<u8> {
    secret.hash().as_bytes().to_vec()
}

impl Tx {
    /// Opens a ticket and returns its secret, which is told once and kept nowhere.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such account, or a fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn open_ticket(
        &self,
        account: AccountId,
        goal: TicketGoal,
        method: SignInMethod,
    ) -> Result<(TicketId, SessionSecret), StoreError> {
        let (id, now): (TicketId, _) = (self.new_id()?, self.now());
        let secret = SessionSecret::generate(&*self.entropy)?;
        let row = ticket::Model {
            id: id.uuid(),
            account_id: account.uuid(),
            secret_hash: hash(&secret),
            goal: goal.code().to_owned(),
            method: method.code().to_owned(),
            tries: 0,
            created_at: now.as_micros(),
            expires_at: now.plus(TICKET_LIFE).as_micros(),
            used_at: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("account"))?;
        Ok((id, secret))
    }

    /// Counts a try on a ticket; says how many are left after it, or nothing when the ticket is no longer good.
    ///
    /// The transaction must commit for the try to count.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn try_ticket(&self, id: TicketId) -> Result<Option<u32>, StoreError> {
        use ticket::Column;
        clause::hit!(R2);
        // Counted before anything is compared, in one statement, so that no two tries share a number.
        let counted = ticket::Entity::update_many()
            .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::UsedAt.is_null())
            .filter(Column::ExpiresAt.gt(self.now().as_micros()))
            .filter(Column::Tries.lt(i64::from(TICKET_TRIES_MAX)))
            .exec(&self.link)
            .await?;
        if counted.rows_affected != 1 {
            return Ok(None);
        }
        let row = ticket::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?
            .ok_or(StoreError::Missing { what: TABLE })?;
        let tries = Place(TABLE, "tries").count(row.tries)?;
        let left = u64::from(TICKET_TRIES_MAX).saturating_sub(tries);
        u32::try_from(left)
            .map(Some)
            .map_err(|_range| Place(TABLE, "tries").broken())
    }

    /// Uses up a ticket; says whether it had not been used before.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn use_ticket(&self, id: TicketId) -> Result<bool, StoreError> {
        use ticket::Column;
        let done = ticket::Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(self.now().as_micros()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::UsedAt.is_null())
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Ends the tickets of an account that are under way, because what they were given for has changed.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn end_tickets(&self, account: AccountId) -> Result<(), StoreError> {
        use ticket::Column;
        let now = self.now().as_micros();
        ticket::Entity::update_many()
            .col_expr(Column::ExpiresAt, Expr::value(now))
            .filter(Column::AccountId.eq(account.uuid()))
            .filter(Column::ExpiresAt.gt(now))
            .exec(&self.link)
            .await?;
        Ok(())
    }

    pub(crate) async fn erase_tickets(&self, account: AccountId) -> Result<(), StoreError> {
        ticket::Entity::delete_many()
            .filter(ticket::Column::AccountId.eq(account.uuid()))
            .exec(&self.link)
            .await?;
        Ok(())
    }
}

impl Reader {
    /// Counts the tickets of an account that were opened since a moment.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn tickets_since(
        &self,
        account: AccountId,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        use ticket::Column;
        let opened = ticket::Entity::find()
            .filter(Column::AccountId.eq(account.uuid()))
            .filter(Column::CreatedAt.gte(since.as_micros()));
        Ok(opened.count(&self.link).await?)
    }

    /// Finds the ticket with this secret, if it is good at this moment.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn find_ticket(
        &self,
        secret: &SessionSecret,
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        use ticket::Column;
        let row = ticket::Entity::find()
            .filter(Column::SecretHash.eq(hash(secret)))
            .filter(Column::UsedAt.is_null())
            .filter(Column::ExpiresAt.gt(now.as_micros()))
            .filter(Column::Tries.lt(i64::from(TICKET_TRIES_MAX)))
            .one(&self.link)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Ticket {
            id: TicketId::from_uuid(row.id),
            account: AccountId::from_uuid(row.account_id),
            goal: TicketGoal::from_code(&row.goal).ok_or(Place(TABLE, "goal").broken())?,
            method: SignInMethod::from_code(&row.method).ok_or(Place(TABLE, "method").broken())?,
            expires: moment(row.expires_at),
        }))
    }
}
