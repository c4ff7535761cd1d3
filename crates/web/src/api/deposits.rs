//! Files that are laid down to be imported, and what their columns are proposed to be.

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header::CONTENT_LENGTH};
use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::Caller;
use yuntu_app::imports::{ImportFrom, LoweredBecause};
use yuntu_app::lake::{Evidence, LakeError, Mapping, SourceFault};
use yuntu_terms::{DepositId, Digest};

use crate::input::{Bearer, Body as JsonBody, InQuery, Named};
use crate::problem::Problem;
use crate::state::{Site, to_its_end};

/// What goes with a file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Name {
    name: String,
}

/// A file that was laid down.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DepositView {
    /// The id, under which its import is asked for within seven days.
    #[schema(value_type = String, example = "dep_0192f0c1000070008000000000000001")]
    id: DepositId,
    /// How many bytes it has.
    bytes: u64,
    /// SHA-256 of it.
    #[schema(value_type = String)]
    digest: Digest,
}

/// Lays a file down: the body is the file, of any size that the installation takes.
///
/// It is kept sealed until its import has ended, and for seven days where nobody imports it.
#[utoipa::path(
    post, path = "/api/v1/deposits", tag = "imports",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(("name" = Option<String>, Query, description = "the name of the file, by which people know it again")),
    responses((status = 201, body = DepositView), Problem)
)]
pub(crate) async fn lay(
    Bearer { site, caller }: Bearer,
    InQuery(Name { name }): InQuery<Name>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<DepositView>), Problem> {
    check_length(&site, &headers)?;
    let content = body.into_data_stream().map_err(std::io::Error::other);
    let laid = site.platform.lay_deposit(&caller, &name, content).await?;
    let view = DepositView {
        id: laid.id,
        bytes: laid.bytes,
        digest: laid.digest,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Refuses what says itself that it is too large, before any of it is taken.
pub(crate) fn check_length(site: &Site, headers: &HeaderMap) -> Result<(), Problem> {
    let most = site.platform.intake().file_bytes_max;
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    // A form has a little around the file.
    if length.is_some_and(|length| length > most.saturating_add(2 << 20)) {
        let error = LakeError::from(SourceFault::TooLarge(most));
        return Err(yuntu_app::AppError::from(error).into());
    }
    Ok(())
}

/// What the columns of a file are proposed to be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalView {
    /// The name of the file.
    name: String,
    /// The mapping, to be looked at by a person and sent back with the dataset.
    #[schema(value_type = Object)]
    mapping: Mapping,
    /// What speaks for each column, and some of its values, masked.
    columns: Vec<ProposedView>,
    /// The reasons with which a class may be made lower than identifier or sensitive.
    #[schema(value_type = Vec<String>)]
    reasons: [LoweredBecause; 4],
}

/// What is proposed for a column.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposedView {
    /// The name in the file.
    source: String,
    /// `check_digits`, `shape`, `name` or `type`.
    #[schema(value_type = String)]
    evidence: Evidence,
    /// Some values, masked.
    samples: Vec<String>,
}

/// Proposes what the columns of a deposit are.
#[utoipa::path(
    get, path = "/api/v1/deposits/{deposit}/proposal", tag = "imports",
    params(("deposit" = String, Path, description = "the id of the deposit")),
    responses((status = 200, body = ProposalView), Problem)
)]
pub(crate) async fn propose(
    Bearer { site, caller }: Bearer,
    Named(deposit): Named<DepositId>,
) -> Result<Json<ProposalView>, Problem> {
    proposal_of(&site, caller, ImportFrom::Deposit(deposit)).await
}

/// What a proposal is asked of: `deposit` or `path`, one of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// A file that was laid down.
    #[schema(value_type = Option<String>)]
    deposit: Option<DepositId>,
    /// A file in the enterprise's folder of the drop area, or a folder: then the first file below it is looked at.
    path: Option<String>,
}

/// Proposes what the columns of a file are, wherever it lies.
///
/// A path travels in the body, so that no log of addresses has it.
#[utoipa::path(
    post, path = "/api/v1/proposals", tag = "imports", request_body = Asked,
    responses((status = 200, body = ProposalView), Problem)
)]
pub(crate) async fn ask(
    Bearer { site, caller }: Bearer,
    JsonBody(asked): JsonBody<Asked>,
) -> Result<Json<ProposalView>, Problem> {
    let from = match (asked.deposit, asked.path) {
        (Some(deposit), None) => ImportFrom::Deposit(deposit),
        (None, Some(path)) => ImportFrom::Path(path),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Problem::invalid(
                "请给出 deposit 与 path 之一",
                "give either `deposit` or `path`",
            ));
        }
    };
    proposal_of(&site, caller, from).await
}

async fn proposal_of(
    site: &Site,
    caller: Caller,
    from: ImportFrom,
) -> Result<Json<ProposalView>, Problem> {
    let platform = site.platform.clone();
    let work = async move { platform.propose_mapping(&caller, &from).await };
    let (name, proposal) = to_its_end(work).await?;
    let columns = proposal.mapping.columns.iter();
    let columns = columns.zip(proposal.evidence).zip(proposal.samples);
    let columns = columns.map(|((column, evidence), samples)| ProposedView {
        source: column.source.clone(),
        evidence,
        samples,
    });
    Ok(Json(ProposalView {
        name,
        columns: columns.collect(),
        reasons: LoweredBecause::ALL,
        mapping: proposal.mapping,
    }))
}
