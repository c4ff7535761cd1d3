use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use yuntu_terms::{AccountId, CeremonyId, clause};

use crate::entity::ceremony;
use crate::error::StoreError;
use crate::rows::insert;
use crate::tx::Tx;

const TABLE: &str = "ceremony";

/// How long a person has for a ceremony.
pub const CEREMONY_LIFE: Duration = Duration::from_mins(5);

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

impl Tx {
    /// Keeps the state of a ceremony that begins.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such account, or a fault of the database.
    ///
    /// # Clause
    /// R2
    pub async fn open_ceremony(
        &self,
        id: CeremonyId,
        account: Option<AccountId>,
        goal: CeremonyGoal,
        state: &[u8],
    ) -> Result<(), StoreError> {
        let now = self.now();
        let row = ceremony::Model {
            id: id.uuid(),
            account_id: account.map(AccountId::uuid),
            goal: goal.code().to_owned(),
            state: state.to_vec(),
            created_at: now.as_micros(),
            expires_at: now.plus(CEREMONY_LIFE).as_micros(),
            used_at: None,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))
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
