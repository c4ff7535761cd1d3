use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use yuntu_policy::OperatorRole;
use yuntu_terms::{AccountId, OperatorId, Timestamp, clause};
use yuntu_vault::SessionSecret;

use crate::entity::operator;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, moment_if, one_row};
use crate::sessions::SessionEnd;
use crate::tx::Tx;

const TABLE: &str = "operator";

/// A person who works for the operator of the platform, without personal values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The id.
    pub id: OperatorId,
    /// The account, of the operators' realm.
    pub account: AccountId,
    /// What the person is.
    pub role: OperatorRole,
    /// Since when the person has set a password and a second factor.
    pub enrolled: Option<Timestamp>,
    /// Since when.
    pub created: Timestamp,
}

fn hash(secret: &SessionSecret) -> Vec<u8> {
    secret.hash().as_bytes().to_vec()
}

fn operator_of(row: &operator::Model) -> Result<Operator, StoreError> {
    Ok(Operator {
        id: OperatorId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        role: Place(TABLE, "role").parse(&row.role)?,
        enrolled: moment_if(row.enrolled_at),
        created: moment(row.created_at),
    })
}

impl Tx {
    /// Adds an operator, who has until this moment to enrol with this secret, of which a hash is kept.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the account is an operator's already.
    ///
    /// # Clause
    /// R23
    pub async fn add_operator(
        &self,
        account: AccountId,
        role: OperatorRole,
        (secret, until): (&SessionSecret, Timestamp),
    ) -> Result<OperatorId, StoreError> {
        clause::hit!(R23);
        let id: OperatorId = self.new_id()?;
        let now = self.now().as_micros();
        let row = operator::Model {
            id: id.uuid(),
            account_id: account.uuid(),
            role: role.code().to_owned(),
            enrolment_hash: Some(hash(secret)),
            enrolment_ends_at: Some(until.as_micros()),
            enrolled_at: None,
            created_at: now,
            updated_at: now,
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict(TABLE))?;
        Ok(id)
    }

    /// Gives an operator who has not enrolled another secret; the old one enrols nobody from now on.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such operator, or she has enrolled.
    ///
    /// # Clause
    /// R23
    pub async fn renew_enrolment(
        &self,
        id: OperatorId,
        until: Timestamp,
    ) -> Result<SessionSecret, StoreError> {
        use operator::Column;
        let secret = SessionSecret::generate(&*self.entropy)?;
        let done = operator::Entity::update_many()
            .col_expr(Column::EnrolmentHash, Expr::value(hash(&secret)))
            .col_expr(Column::EnrolmentEndsAt, Expr::value(until.as_micros()))
            .col_expr(Column::UpdatedAt, Expr::value(self.now().as_micros()))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::EnrolledAt.is_null())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)?;
        Ok(secret)
    }

    /// Uses up the secret of an enrolment; says whether it was still good.
    ///
    /// # Errors
    /// A fault of the database.
    ///
    /// # Clause
    /// R23
    pub async fn finish_enrolment(
        &self,
        id: OperatorId,
        secret: &SessionSecret,
    ) -> Result<bool, StoreError> {
        use operator::Column;
        clause::hit!(R23);
        let now = self.now().as_micros();
        let done = operator::Entity::update_many()
            .col_expr(Column::EnrolmentHash, Expr::value(Option::<Vec<u8>>::None))
            .col_expr(Column::EnrolledAt, Expr::value(now))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::EnrolmentHash.eq(hash(secret)))
            .filter(Column::EnrolmentEndsAt.gt(now))
            .filter(Column::EnrolledAt.is_null())
            .exec(&self.link)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Changes what an operator is; her sessions end, because they were opened for what she was.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such operator.
    ///
    /// # Clause
    /// R23
    pub async fn set_operator_role(
        &self,
        id: OperatorId,
        role: OperatorRole,
    ) -> Result<(), StoreError> {
        use operator::Column;
        let found = self.read().find_operator(id).await?;
        let operator = found.ok_or(StoreError::Missing { what: TABLE })?;
        let done = operator::Entity::update_many()
            .col_expr(Column::Role, Expr::value(role.code()))
            .col_expr(Column::UpdatedAt, Expr::value(self.now().as_micros()))
            .filter(Column::Id.eq(id.uuid()))
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)?;
        self.end_all_but(operator.account, None, SessionEnd::RoleChanged)
            .await?;
        Ok(())
    }
}

impl Reader {
    /// Finds an operator.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_operator(&self, id: OperatorId) -> Result<Option<Operator>, StoreError> {
        let row = operator::Entity::find_by_id(id.uuid())
            .one(&self.link)
            .await?;
        row.as_ref().map(operator_of).transpose()
    }

    /// Finds the operator whose account this is.
    ///
    /// # Errors
    /// As [`Reader::find_operator`].
    pub async fn find_operator_of(
        &self,
        account: AccountId,
    ) -> Result<Option<Operator>, StoreError> {
        let row = operator::Entity::find()
            .filter(operator::Column::AccountId.eq(account.uuid()))
            .one(&self.link)
            .await?;
        row.as_ref().map(operator_of).transpose()
    }

    /// Finds the operator who may enrol with this secret at this moment.
    ///
    /// # Errors
    /// As [`Reader::find_operator`].
    pub async fn find_enrolment(
        &self,
        secret: &SessionSecret,
        now: Timestamp,
    ) -> Result<Option<Operator>, StoreError> {
        use operator::Column;
        let row = operator::Entity::find()
            .filter(Column::EnrolmentHash.eq(hash(secret)))
            .filter(Column::EnrolmentEndsAt.gt(now.as_micros()))
            .filter(Column::EnrolledAt.is_null())
            .one(&self.link)
            .await?;
        row.as_ref().map(operator_of).transpose()
    }

    /// Lists the operators, the first first.
    ///
    /// # Errors
    /// As [`Reader::find_operator`].
    pub async fn list_operators(&self) -> Result<Vec<Operator>, StoreError> {
        let rows = operator::Entity::find()
            .order_by_asc(operator::Column::Id)
            .all(&self.link)
            .await?;
        rows.iter().map(operator_of).collect()
    }
}
