//! The functions that an owner gives to members: who may invoke a lawful exception (R7, R21).

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use yuntu_statement::Invoker;
use yuntu_terms::{EnterpriseId, RepresentativeId, clause};

use crate::entity::member_function;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert};
use crate::tx::Tx;

const TABLE: &str = "member_function";

impl Tx {
    /// Gives a function to a member of this enterprise, or takes it; says whether that changed anything.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such representative.
    ///
    /// # Clause
    /// R7, R21
    pub async fn set_function(
        &self,
        enterprise: EnterpriseId,
        (member, function): (RepresentativeId, Invoker),
        given: bool,
        by: RepresentativeId,
    ) -> Result<bool, StoreError> {
        use member_function::Column;
        clause::hit!(R7);
        let known = self.read().find_representative(enterprise, member).await?;
        known.ok_or(StoreError::Missing {
            what: "representative",
        })?;
        let one = Column::RepresentativeId
            .eq(member.uuid())
            .and(Column::Function.eq(function.code()));
        if !given {
            let done = member_function::Entity::delete_many()
                .filter(one)
                .exec(&self.link)
                .await?;
            return Ok(done.rows_affected > 0);
        }
        let held = member_function::Entity::find().filter(one);
        if held.count(&self.link).await? > 0 {
            return Ok(false);
        }
        let row = member_function::Model {
            representative_id: member.uuid(),
            function: function.code().to_owned(),
            enterprise_id: enterprise.uuid(),
            given_by: by.uuid(),
            given_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("function of a member"))?;
        Ok(true)
    }
}

impl Tx {
    /// Takes every function from somebody who acts for the enterprise no longer.
    pub(crate) async fn take_functions(&self, member: RepresentativeId) -> Result<(), StoreError> {
        member_function::Entity::delete_many()
            .filter(member_function::Column::RepresentativeId.eq(member.uuid()))
            .exec(&self.link)
            .await?;
        Ok(())
    }
}

impl Reader {
    /// Tells which functions the members of an enterprise have.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a row cannot be read, or a fault of the database.
    ///
    /// # Clause
    /// R7, R21
    pub async fn list_functions(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<BTreeMap<RepresentativeId, BTreeSet<Invoker>>, StoreError> {
        let rows = member_function::Entity::find()
            .filter(member_function::Column::EnterpriseId.eq(enterprise.uuid()))
            .all(&self.link)
            .await?;
        let mut functions: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for row in rows {
            let function = Invoker::from_code(&row.function);
            functions
                .entry(RepresentativeId::from_uuid(row.representative_id))
                .or_default()
                .insert(function.ok_or(Place(TABLE, "function").broken())?);
        }
        Ok(functions)
    }
}
