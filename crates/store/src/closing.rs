//! Closing an account for good: its own values, its seats, and what was told under them.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, prelude::Uuid};
use yuntu_policy::{ApplicationState, Role, Standing};
use yuntu_terms::{AccountId, EnterpriseId, Pii, RepresentativeId, clause};

use crate::entity::{
    api_token, application, application_message, application_value, representative,
};
use crate::error::StoreError;
use crate::read::Reader;
use crate::representatives::{Representative, representative_of};
use crate::tx::Tx;

/// What a token is called once its person is erased.
const NO_LABEL: &str = "-";

/// What was closed with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedAccount {
    /// The seats; the key of each is to be destroyed.
    pub seats: Vec<RepresentativeId>,
    /// The enterprises that nobody owns any more.
    pub without_owner: Vec<EnterpriseId>,
}

impl Tx {
    /// Closes an account and erases what it holds of its person: its own values and sessions, its seats with letters and
    /// tokens, what it told in applications, and invitations to it
    /// and by it. The bare rows that others refer to stay. It may be
    /// called again.
    ///
    /// The caller destroys the keys of the account and of its seats afterwards: from then on the names under which the
    /// person stands in the ledger point to nobody.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such account, or a fault of the database.
    ///
    /// # Clause
    /// R14, R26, R29
    pub async fn close_account(&self, account: AccountId) -> Result<ClosedAccount, StoreError> {
        clause::hit!(R14);
        let seats = self.read().list_seats(account).await?;
        let without_owner = self.read().solely_owned(account).await?;
        for seat in &seats {
            self.erase_representative(seat.enterprise, seat.id).await?;
            self.revoke_letters(seat.enterprise, seat.id).await?;
            self.revoke_invitations_of(seat.enterprise, Some(seat.id))
                .await?;
            self.take_functions(seat.id).await?;
            self.erase_papers_of(seat.enterprise, seat.id).await?;
            self.erase_tokens(seat).await?;
            self.erase_applications_of(seat).await?;
        }
        self.erase_account(account).await?;
        Ok(ClosedAccount {
            seats: seats.into_iter().map(|seat| seat.id).collect(),
            without_owner,
        })
    }

    async fn erase_tokens(&self, seat: &Representative) -> Result<(), StoreError> {
        use api_token::Column;
        let own = || {
            api_token::Entity::update_many()
                .filter(Column::RepresentativeId.eq(seat.id.uuid()))
                .filter(Column::EnterpriseId.eq(seat.enterprise.uuid()))
        };
        own()
            .col_expr(Column::Label, Expr::value(NO_LABEL))
            .exec(&self.link)
            .await?;
        own()
            .col_expr(Column::RevokedAt, Expr::value(self.now().as_micros()))
            .filter(Column::RevokedAt.is_null())
            .exec(&self.link)
            .await?;
        Ok(())
    }

    /// Erases what the person told in applications that she handled, and takes back those that are open.
    async fn erase_applications_of(&self, seat: &Representative) -> Result<(), StoreError> {
        use application::Column;
        let ids: Vec<Uuid> = application::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::RepresentativeId.eq(seat.id.uuid()))
            .into_tuple()
            .all(&self.link)
            .await?;
        for id in &ids {
            for document in self.documents_of_application(*id).await? {
                self.erase_documents(&[document]).await?;
            }
        }
        application_value::Entity::delete_many()
            .filter(application_value::Column::ApplicationId.is_in(ids.iter().copied()))
            .exec(&self.link)
            .await?;
        let nothing = || Expr::value(Option::<Vec<u8>>::None);
        application_message::Entity::update_many()
            .col_expr(application_message::Column::TextSealed, nothing())
            .filter(application_message::Column::ApplicationId.is_in(ids.iter().copied()))
            .exec(&self.link)
            .await?;
        let now = self.now().as_micros();
        application::Entity::update_many()
            .col_expr(Column::CodeMac, nothing())
            .col_expr(Column::SensitiveErasedAt, Expr::value(now))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .exec(&self.link)
            .await?;
        let open = ApplicationState::ALL.iter().filter(|it| it.is_open());
        application::Entity::update_many()
            .col_expr(
                Column::State,
                Expr::value(ApplicationState::Withdrawn.code()),
            )
            .col_expr(Column::DecidedAt, Expr::value(now))
            .filter(Column::Id.is_in(ids))
            .filter(Column::State.is_in(open.map(|state| state.code())))
            .exec(&self.link)
            .await?;
        Ok(())
    }
}

impl Reader {
    /// Lists the enterprises that nobody else owns: without this person they have no owner.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R29
    pub async fn solely_owned(&self, account: AccountId) -> Result<Vec<EnterpriseId>, StoreError> {
        use representative::Column;
        let mut alone = Vec::new();
        for seat in self.list_seats(account).await? {
            if seat.role != Role::Owner || seat.standing == Standing::Ended {
                continue;
            }
            let others = representative::Entity::find()
                .filter(Column::EnterpriseId.eq(seat.enterprise.uuid()))
                .filter(Column::Role.eq(Role::Owner.code()))
                .filter(Column::Standing.eq(Standing::Active.code()))
                .filter(Column::Id.ne(seat.id.uuid()))
                .count(&self.link)
                .await?;
            if others == 0 {
                alone.push(seat.enterprise);
            }
        }
        Ok(alone)
    }

    /// Lists the people who act for the enterprises of exactly this name, which is compared and goes nowhere,, who have an account and have not left.
    ///
    /// # Errors
    /// As [`Reader::solely_owned`].
    ///
    /// # Clause
    /// R29
    pub async fn list_seats_at(
        &self,
        name: &Pii<String>,
    ) -> Result<Vec<Representative>, StoreError> {
        use crate::entity::enterprise;
        let at = enterprise::Entity::find()
            .select_only()
            .column(enterprise::Column::Id)
            .filter(name.digest(|text| enterprise::Column::Name.eq(text.as_str())))
            .into_tuple::<Uuid>()
            .all(&self.link)
            .await?;
        let rows = representative::Entity::find()
            .filter(representative::Column::EnterpriseId.is_in(at))
            .filter(representative::Column::Standing.ne(Standing::Ended.code()))
            .filter(representative::Column::AccountId.is_not_null())
            .all(&self.link)
            .await?;
        rows.iter().map(representative_of).collect()
    }
}
