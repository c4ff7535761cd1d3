//! What is done with the use of an exception: prove it, invoke it, confirm or decline it, end it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::exceptions::ProofInput;
use yuntu_statement::Proof;
use yuntu_terms::{Digest, ExceptionUseId, PaperId, Timestamp};

use crate::files::attachment;
use crate::input::{Bearer, Body, InPath, InQuery, Named, of_status};
use crate::problem::Problem;

/// A proof that is no file: the words of a citation, or the moment by which people are told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProofBody {
    /// Which proof it is: `cited_law` or `later_notice`.
    #[schema(value_type = String)]
    proof: Proof,
    /// The words of the citation.
    #[serde(default)]
    words: Option<String>,
    /// The moment by which people are told.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// Puts a proof on record that is no file; it takes the place of the same one from before.
#[utoipa::path(
    post, path = "/api/v1/exception-uses/{use}/proofs", tag = "exceptions", request_body = ProofBody,
    params(("use" = String, Path, description = "the id of the use")),
    responses((status = 204), Problem)
)]
pub(crate) async fn prove(
    Bearer { site, caller }: Bearer,
    Named(id): Named<ExceptionUseId>,
    Body(new): Body<ProofBody>,
) -> Result<StatusCode, Problem> {
    let input = match (new.words, new.until) {
        (Some(words), None) => ProofInput::Words(words),
        (None, Some(day)) => ProofInput::Day(day),
        _ => {
            return Err(Problem::invalid(
                "words 与 until 须给出其一",
                "give one of `words` and `until`",
            ));
        }
    };
    let platform = &site.platform;
    platform
        .add_exception_proof(&caller, id, new.proof, input)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a paper shows, and what it is called.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    proof: Option<String>,
    name: String,
}

/// Puts a file on record: the body is a PDF, PNG or JPEG of at most 5 MiB, known by its content. It is a proof of a draft, or
/// shows that people were told of what was done in an emergency.
#[utoipa::path(
    post, path = "/api/v1/exception-uses/{use}/papers", tag = "exceptions",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(
        ("use" = String, Path, description = "the id of the use"),
        ("proof" = Option<String>, Query, description = "the code of the proof; without one the file shows that people were told"),
        ("name" = String, Query, description = "the name of the file"),
    ),
    responses((status = 204), Problem)
)]
pub(crate) async fn add(
    Bearer { site, caller }: Bearer,
    Named(id): Named<ExceptionUseId>,
    InQuery(told): InQuery<Told>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let bytes = bytes.map_err(|rejection| of_status(rejection.status()))?;
    let (platform, bytes) = (&site.platform, bytes.to_vec());
    let Some(code) = told.proof else {
        let file = (told.name.as_str(), bytes);
        platform.record_exception_notice(&caller, id, file).await?;
        return Ok(StatusCode::NO_CONTENT);
    };
    let proof = Proof::from_code(&code).ok_or_else(|| {
        Problem::invalid(
            "proof 须为该例外所需证明的代码；登记告知时不写",
            "`proof` is the code of a proof that the exception asks for; leave it out to record that people were told",
        )
    })?;
    let input = ProofInput::File {
        name: told.name,
        bytes,
    };
    platform
        .add_exception_proof(&caller, id, proof, input)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hands out a paper of a use; the look is on record before the file leaves.
#[utoipa::path(
    get, path = "/api/v1/exception-uses/{use}/papers/{paper}", tag = "exceptions",
    params(
        ("use" = String, Path, description = "the id of the use"),
        ("paper" = String, Path, description = "the id of the paper"),
    ),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), Problem)
)]
pub(crate) async fn open(
    Bearer { site, caller }: Bearer,
    InPath((id, paper)): InPath<(ExceptionUseId, PaperId)>,
) -> Result<Response, Problem> {
    attachment(
        site.platform
            .open_exception_paper(&caller, id, paper)
            .await?,
    )
}

/// What a second person confirms.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invoked {
    /// The digest of what was invoked.
    #[schema(value_type = String)]
    digest: Digest,
}

/// Invokes a draft whose proofs are all on record; each that is missing is named.
#[utoipa::path(
    post, path = "/api/v1/exception-uses/{use}/invocation", tag = "exceptions",
    params(("use" = String, Path, description = "the id of the use")),
    responses((status = 200, body = Invoked), Problem)
)]
pub(crate) async fn invoke(
    Bearer { site, caller }: Bearer,
    Named(id): Named<ExceptionUseId>,
) -> Result<Json<Invoked>, Problem> {
    let digest = site.platform.invoke_exception(&caller, id).await?;
    Ok(Json(Invoked { digest }))
}

/// Confirms what another one invoked, as it was shown.
#[utoipa::path(
    post, path = "/api/v1/exception-uses/{use}/confirmation", tag = "exceptions", request_body = Invoked,
    params(("use" = String, Path, description = "the id of the use")),
    responses((status = 204), Problem)
)]
pub(crate) async fn confirm(
    Bearer { site, caller }: Bearer,
    Named(id): Named<ExceptionUseId>,
    Body(shown): Body<Invoked>,
) -> Result<StatusCode, Problem> {
    let platform = &site.platform;
    platform
        .confirm_exception(&caller, id, shown.digest)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why a use is declined or ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Because {
    /// Why, in one line, without personal data.
    reason: String,
}

/// Declines what another one invoked.
#[utoipa::path(
    post, path = "/api/v1/exception-uses/{use}/refusal", tag = "exceptions", request_body = Because,
    params(("use" = String, Path, description = "the id of the use")),
    responses((status = 204), Problem)
)]
pub(crate) async fn decline(
    Bearer { site, caller }: Bearer,
    Named(id): Named<ExceptionUseId>,
    Body(why): Body<Because>,
) -> Result<StatusCode, Problem> {
    let platform = &site.platform;
    platform.decline_exception(&caller, id, &why.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a use at once: what runs on its ground is stopped, and the next run that claims it is refused.
#[utoipa::path(
    post, path = "/api/v1/exception-uses/{use}/end", tag = "exceptions", request_body = Because,
    params(("use" = String, Path, description = "the id of the use")),
    responses((status = 204), Problem)
)]
pub(crate) async fn end(
    Bearer { site, caller }: Bearer,
    Named(id): Named<ExceptionUseId>,
    Body(why): Body<Because>,
) -> Result<StatusCode, Problem> {
    let platform = &site.platform;
    platform.end_exception(&caller, id, &why.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
