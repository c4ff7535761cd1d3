//! Tokens: what there are, and their end. They are made in the console, by a person.

use axum::Json;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use yuntu_app::store::ApiToken;
use yuntu_terms::{ApiTokenId, RepresentativeId, Timestamp};

use crate::api::Items;
use crate::input::{Bearer, Named};
use crate::problem::Problem;

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    /// The id.
    #[schema(value_type = String)]
    id: ApiTokenId,
    /// On whose behalf it acts.
    #[schema(value_type = String)]
    representative: RepresentativeId,
    /// What it is called.
    label: String,
    /// What it is good for, such as `view_report`.
    scopes: Vec<&'static str>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When it ends (exclusive).
    #[schema(value_type = String, format = DateTime)]
    expires: Timestamp,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked: Option<Timestamp>,
    /// When it was used last, to the hour.
    #[schema(value_type = Option<String>, format = DateTime)]
    used: Option<Timestamp>,
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            representative: token.representative,
            label: token.label,
            scopes: token.scopes.iter().map(|it| it.code()).collect(),
            created: token.created,
            expires: token.expires,
            revoked: token.revoked,
            used: token.used,
        }
    }
}

/// Lists the newest tokens: those of one's own person, and for who manages members those of the enterprise.
#[utoipa::path(
    get, path = "/api/v1/tokens", tag = "tokens",
    responses((status = 200, body = Items<TokenView>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
) -> Result<Json<Items<TokenView>>, Problem> {
    let found = site.platform.tokens(&caller).await?;
    Ok(Items::of(found))
}

/// Revokes a token, also the one with which it is called: whoever calls with it next is nobody.
#[utoipa::path(
    post, path = "/api/v1/tokens/{token}/revocation", tag = "tokens",
    params(("token" = String, Path, description = "the id of the token")),
    responses((status = 204), Problem)
)]
pub(crate) async fn revoke(
    Bearer { site, caller }: Bearer,
    Named(token): Named<ApiTokenId>,
) -> Result<StatusCode, Problem> {
    site.platform.revoke_token(&caller, token).await?;
    Ok(StatusCode::NO_CONTENT)
}
