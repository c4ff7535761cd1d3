use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use yuntu_policy::AcceptanceFacts;
use yuntu_terms::{Digest, EnterpriseId, Lang, RepresentativeId, clause};

use crate::entity::statement_acceptance;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{insert, moment, to_code};
use crate::tx::Tx;

/// A version of the statement as a representative accepted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedStatement {
    /// The version.
    pub version: String,
    /// The digest of that version.
    pub digest: Digest,
    /// The language in which it was read.
    pub lang: Lang,
}

impl Tx {
    /// Records that a representative accepted a version of the statement for the enterprise.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the representative accepted that version already, [`StoreError::Missing`] when the
    /// enterprise has no such representative.
    ///
    /// # Clause
    /// U1
    pub async fn accept_statement(
        &self,
        enterprise: EnterpriseId,
        representative: RepresentativeId,
        accepted: &AcceptedStatement,
    ) -> Result<(), StoreError> {
        clause::hit!(U1);
        let known = self
            .read()
            .find_representative(enterprise, representative)
            .await?;
        known.ok_or(StoreError::Missing {
            what: "representative",
        })?;
        let row = statement_acceptance::Model {
            representative_id: representative.uuid(),
            statement_version: accepted.version.clone(),
            enterprise_id: enterprise.uuid(),
            statement_digest: accepted.digest.as_bytes().to_vec(),
            lang: to_code(&accepted.lang, "language")?,
            accepted_at: self.now().as_micros(),
        };
        insert(&self.link, row)
            .await
            .map_err(|error| error.conflict("acceptance"))
    }
}

impl Reader {
    /// Returns the newest acceptance of the statement for an enterprise.
    pub(crate) async fn acceptance_of(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<Option<AcceptanceFacts>, StoreError> {
        let newest = statement_acceptance::Entity::find()
            .filter(statement_acceptance::Column::EnterpriseId.eq(enterprise.uuid()))
            .order_by_desc(statement_acceptance::Column::AcceptedAt)
            .one(&self.link)
            .await?;
        Ok(newest.map(|row| AcceptanceFacts {
            version: row.statement_version,
            at: moment(row.accepted_at),
        }))
    }
}
