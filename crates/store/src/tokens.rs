use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest as _, Sha256};
use yuntu_policy::Action;
use yuntu_terms::{ApiSecret, ApiTokenId, EnterpriseId, RepresentativeId, Timestamp};

use crate::entity::api_token;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, moment_if, name, one_row, to_json};
use crate::store::Store;
use crate::tx::Tx;

// 256 random bits: no guess finds them, so a plain hash hides them as well as a slow one.
const SECRET_BYTES: usize = 32;
const PREFIX: &str = "yuntu_";

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiToken {
    /// What the representative calls it.
    pub label: String,
    /// What it is good for.
    pub scopes: BTreeSet<Action>,
    /// When it ends.
    pub expires: Timestamp,
}

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
    /// What it is good for.
    pub scopes: BTreeSet<Action>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// When it was used last, to the hour; never, when nothing stands there.
    pub used: Option<Timestamp>,
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
        new: &NewApiToken,
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
            label: name(&new.label, "label")?,
            secret_hash: hash(&secret),
            created_at: self.now().as_micros(),
            expires_at: new.expires.as_micros(),
            revoked_at: None,
            scopes: to_json(&new.scopes, "scopes")?,
            used_at: None,
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
        row.map(token_of).transpose()
    }

    /// Finds a token of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_api_token_by_id(
        &self,
        enterprise: EnterpriseId,
        id: ApiTokenId,
    ) -> Result<Option<ApiToken>, StoreError> {
        let row = api_token::Entity::find_by_id(id.uuid())
            .filter(api_token::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        row.map(token_of).transpose()
    }

    /// Lists the newest tokens of an enterprise, or of one representative there, newest first.
    ///
    /// # Errors
    /// As [`Reader::find_api_token_by_id`].
    pub async fn list_api_tokens(
        &self,
        enterprise: EnterpriseId,
        only: Option<RepresentativeId>,
        limit: u64,
    ) -> Result<Vec<ApiToken>, StoreError> {
        let mut query = api_token::Entity::find()
            .filter(api_token::Column::EnterpriseId.eq(enterprise.uuid()))
            .order_by_desc(api_token::Column::Id)
            .limit(limit);
        if let Some(only) = only {
            query = query.filter(api_token::Column::RepresentativeId.eq(only.uuid()));
        }
        let rows = query.all(&self.link).await?;
        rows.into_iter().map(token_of).collect()
    }
}

impl Store {
    /// Notes that a token was used; the ledger hears of what is done with it.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn note_token_use(&self, id: ApiTokenId) -> Result<(), StoreError> {
        self.run_exempt("token.use", async |tx: Tx| {
            api_token::Entity::update_many()
                .col_expr(api_token::Column::UsedAt, tx.now().as_micros().into())
                .filter(api_token::Column::Id.eq(id.uuid()))
                .exec(&tx.link)
                .await?;
            Ok(())
        })
        .await
    }
}

fn token_of(row: api_token::Model) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: ApiTokenId::from_uuid(row.id),
        enterprise: EnterpriseId::from_uuid(row.enterprise_id),
        representative: RepresentativeId::from_uuid(row.representative_id),
        scopes: Place("api_token", "scopes").json(&row.scopes)?,
        label: row.label,
        created: moment(row.created_at),
        expires: moment(row.expires_at),
        revoked: moment_if(row.revoked_at),
        used: moment_if(row.used_at),
    })
}

fn hash(secret: &ApiSecret) -> Vec<u8> {
    Sha256::digest(secret.expose()).to_vec()
}
