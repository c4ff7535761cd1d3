//! Proofs: receipts as files, the ledger's checkpoint and the key that verifies both offline.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use yuntu_terms::ReceiptId;

use crate::input::{Bearer, Named};
use crate::problem::Problem;

const TEXT: [(axum::http::HeaderName, &str); 1] = [(CONTENT_TYPE, "text/plain; charset=utf-8")];

/// Gives the file of a receipt: what the run was, and the ledger's proof; `yuntu verify` checks it offline.
#[utoipa::path(
    get, path = "/api/v1/receipts/{receipt}", tag = "proofs",
    params(("receipt" = String, Path, description = "the id of the receipt")),
    responses((status = 200, body = Object, content_type = "application/json"), Problem)
)]
pub(crate) async fn receipt(
    Bearer { site, caller }: Bearer,
    Named(receipt): Named<ReceiptId>,
) -> Result<impl IntoResponse, Problem> {
    let file = site.platform.receipt_file(&caller, receipt).await?;
    Ok(([(CONTENT_TYPE, "application/json")], file))
}

/// Gives the signed checkpoint of the ledger, with everything in it that was acknowledged so far.
#[utoipa::path(
    get, path = "/api/v1/ledger/checkpoint", tag = "proofs",
    responses((status = 200, body = String, content_type = "text/plain"), Problem)
)]
pub(crate) async fn checkpoint(
    Bearer { site, caller }: Bearer,
) -> Result<impl IntoResponse, Problem> {
    Ok((TEXT, site.platform.checkpoint(&caller).await?))
}

/// Gives the key that verifies checkpoints and receipts.
#[utoipa::path(
    get, path = "/api/v1/ledger/key", tag = "proofs",
    responses((status = 200, body = String, content_type = "text/plain"), Problem)
)]
pub(crate) async fn key(Bearer { site, .. }: Bearer) -> Result<impl IntoResponse, Problem> {
    Ok((TEXT, format!("{}\n", site.platform.verifier())))
}
