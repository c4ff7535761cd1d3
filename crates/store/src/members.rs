use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use yuntu_policy::{Period, Role, Standing};
use yuntu_terms::{AccountId, EnterpriseId, Id, RepresentativeId, SessionId, Timestamp, clause};

use crate::entity::{representative, session};
use crate::error::StoreError;
use crate::read::Reader;
use crate::representatives::{Representative, SealedRepresentative, representative_of};
use crate::rows::one_row;
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "representative";

/// Somebody who acts for an enterprise, with the letter that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The seat.
    pub seat: Representative,
    /// The period in which her letters let her act at the moment of asking, or the nearest one.
    pub letter: Option<Period>,
}

impl Store {
    /// Makes a seat for a person who has an account, where her values are; the seat itself has none.
    ///
    /// # Errors
    /// [`StoreError::Entropy`].
    ///
    /// # Clause
    /// R3
    pub fn new_seat(&self) -> Result<SealedRepresentative, StoreError> {
        let id: RepresentativeId = Id::generate(self.now(), &*self.database.entropy)?;
        Ok(SealedRepresentative::without_values(id))
    }
}

impl Tx {
    /// Lets a session act in one of its person's seats that are not ended.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the person has no such seat or no such session that has not ended.
    ///
    /// # Clause
    /// R3
    pub async fn take_seat(
        &self,
        account: AccountId,
        id: SessionId,
        seat: RepresentativeId,
    ) -> Result<(), StoreError> {
        clause::hit!(R3);
        let own = representative::Entity::find_by_id(seat.uuid())
            .filter(representative::Column::AccountId.eq(account.uuid()))
            .filter(representative::Column::Standing.ne(Standing::Ended.code()))
            .one(&self.link)
            .await?;
        own.ok_or(StoreError::Missing { what: TABLE })?;
        let done = session::Entity::update_many()
            .col_expr(session::Column::RepresentativeId, seat.uuid().into())
            .filter(session::Column::Id.eq(id.uuid()))
            .filter(session::Column::AccountId.eq(account.uuid()))
            .filter(session::Column::EndedAt.is_null())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, "session")
    }

    /// Changes the role of a representative of this enterprise who has not left.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such representative; [`StoreError::Invalid`] when nobody would
    /// own the enterprise any more.
    ///
    /// # Clause
    /// R3
    pub async fn set_role(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
        role: Role,
    ) -> Result<(), StoreError> {
        clause::hit!(R3);
        if role != Role::Owner {
            self.keep_an_owner(enterprise, id).await?;
        }
        let done = representative::Entity::update_many()
            .col_expr(representative::Column::Role, role.code().into())
            .col_expr(
                representative::Column::UpdatedAt,
                self.now().as_micros().into(),
            )
            .filter(representative::Column::Id.eq(id.uuid()))
            .filter(representative::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(representative::Column::Standing.ne(Standing::Ended.code()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }

    /// Ends the seat of a representative of this enterprise: letters and invitations are revoked, functions taken, nothing
    /// goes in her name any more.
    ///
    /// # Errors
    /// As [`Tx::set_role`].
    ///
    /// # Clause
    /// R3
    pub async fn end_seat(
        &self,
        enterprise: EnterpriseId,
        id: RepresentativeId,
    ) -> Result<(), StoreError> {
        self.keep_an_owner(enterprise, id).await?;
        let done = representative::Entity::update_many()
            .col_expr(
                representative::Column::Standing,
                Standing::Ended.code().into(),
            )
            .col_expr(
                representative::Column::UpdatedAt,
                self.now().as_micros().into(),
            )
            .filter(representative::Column::Id.eq(id.uuid()))
            .filter(representative::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(representative::Column::Standing.ne(Standing::Ended.code()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)?;
        self.revoke_invitations_of(enterprise, Some(id)).await?;
        self.take_functions(id).await?;
        self.revoke_letters(enterprise, id).await
    }

    /// Refuses to take the ownership away from whoever is the only one to have it.
    ///
    /// Two owners who demote each other at once write to each other's rows: on PostgreSQL the owners' rows are written
    /// first, so that one of the two waits and then sees what the other did.
    async fn keep_an_owner(
        &self,
        enterprise: EnterpriseId,
        leaving: RepresentativeId,
    ) -> Result<(), StoreError> {
        representative::Entity::update_many()
            .col_expr(
                representative::Column::UpdatedAt,
                self.now().as_micros().into(),
            )
            .filter(representative::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(representative::Column::Role.eq(Role::Owner.code()))
            .filter(representative::Column::Standing.eq(Standing::Active.code()))
            .exec(&self.link)
            .await?;
        let owners = representative::Entity::find()
            .filter(representative::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(representative::Column::Role.eq(Role::Owner.code()))
            .filter(representative::Column::Standing.eq(Standing::Active.code()))
            .all(&self.link)
            .await?;
        let only = matches!(&owners[..], [owner] if owner.id == leaving.uuid());
        if only {
            return Err(StoreError::Invalid {
                what: "representative",
                reason: "the last owner stays one",
            });
        }
        Ok(())
    }
}

impl Reader {
    /// Lists the representatives of an enterprise who have not left, the first first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R3
    pub async fn list_members(
        &self,
        enterprise: EnterpriseId,
        now: Timestamp,
    ) -> Result<Vec<Member>, StoreError> {
        let rows = representative::Entity::find()
            .filter(representative::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(representative::Column::Standing.ne(Standing::Ended.code()))
            .order_by_asc(representative::Column::Id)
            .all(&self.link)
            .await?;
        let mut members = Vec::with_capacity(rows.len());
        for row in &rows {
            let seat = representative_of(row)?;
            let letter = self.authority_of(enterprise, seat.id, now).await?;
            members.push(Member { seat, letter });
        }
        Ok(members)
    }
}
