use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest as _, Sha256};
use yuntu_terms::{ApiSecret, ApiTokenId, EnterpriseId, RepresentativeId, Timestamp};

use crate::entity::api_token;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{insert, moment, moment_if, name, one_row};
use crate::tx::Tx;

// 256 random bits: no guess finds them, so a plain hash hides them as well as a slow one.
const SECRET_BYTES: usize = 32;
const PREFIX: &str = "yuntu_";

/// A token for the API, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// The token.
    pub id: ApiTokenId,
    /// For which enterprise it speaks.
    pub enterprise: EnterpriseId,
    /// Who answers for it.
    pub representative: RepresentativeId,
    /// What the representative calls it.
    pub label: String,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

impl ApiToken {
    /// Says whether the token is good at this moment.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now < self.expires
    }
}

impl Tx {
    /// Makes a token and returns its secret, which is shown once and kept nowhere.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such representative.
    ///
    /// # Clause
    /// R23
    pub async fn create_api_token(
        &self,
        enterprise: EnterpriseId,
        representative: RepresentativeId,
        label: &str,
        expires: Timestamp,
    ) -> Result<(ApiTokenId, ApiSecret), StoreError> {
        let known = self
            .read()
            .find_representative(enterprise, representative)
            .await?;
        known.ok_or(StoreError::Missing {
            what: "representative",
        })?;
        let mut bytes = [0; SECRET_BYTES];
        self.entropy.fill(&mut bytes)?;
        let secret = ApiSecret::new(format!("{PREFIX}{}", yuntu_terms::Digest::new(bytes)));
        let id: ApiTokenId = self.new_id()?;
        let row = api_token::Model {
            id: id.uuid(),
            enterprise_id: enterprise.uuid(),
            representative_id: representative.uuid(),
            label: name(label, "label")?,
            secret_hash: hash(&secret),
            created_at: self.now().as_micros(),
            expires_at: expires.as_micros(),
            revoked_at: None,
        };
        insert(&self.link, row).await?;
        Ok((id, secret))
    }

    /// Revokes a token of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such token that is not revoked.
    pub async fn revoke_api_token(
        &self,
        enterprise: EnterpriseId,
        id: ApiTokenId,
    ) -> Result<(), StoreError> {
        let done = api_token::Entity::update_many()
            .col_expr(api_token::Column::RevokedAt, self.now().as_micros().into())
            .filter(api_token::Column::Id.eq(id.uuid()))
            .filter(api_token::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(api_token::Column::RevokedAt.is_null())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, "api token")
    }
}

impl Reader {
    /// Finds the token with this secret, good or not.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn find_api_token(&self, secret: &ApiSecret) -> Result<Option<ApiToken>, StoreError> {
        if !secret.expose().starts_with(PREFIX) {
            return Ok(None);
        }
        let row = api_token::Entity::find()
            .filter(api_token::Column::SecretHash.eq(hash(secret)))
            .one(&self.link)
            .await?;
        Ok(row.map(|row| ApiToken {
            id: ApiTokenId::from_uuid(row.id),
            enterprise: EnterpriseId::from_uuid(row.enterprise_id),
            representative: RepresentativeId::from_uuid(row.representative_id),
            label: row.label,
            expires: moment(row.expires_at),
            revoked: moment_if(row.revoked_at),
        }))
    }
}

fn hash(secret: &ApiSecret) -> Vec<u8> {
    Sha256::digest(secret.expose()).to_vec()
}
