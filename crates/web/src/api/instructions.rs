//! Instructions: recorded, listed, revoked (U2).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::policy::{InstructionFacts, Period};
use yuntu_app::store::NewInstruction;
use yuntu_terms::{DatasetId, InstructionId, Operation, Purpose, Recipient, Timestamp};

use crate::api::{Items, Made};
use crate::input::{Bearer, Body, Named};
use crate::problem::{Problem, ProblemView};
use crate::state::Site;

/// An instruction to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instruction {
    /// The purposes; each covers the purposes below it.
    #[schema(value_type = Vec<String>)]
    purposes: Vec<Purpose>,
    /// The operations: `process`, `share`, `transfer`, `publicise`.
    #[schema(value_type = Vec<String>)]
    operations: Vec<Operation>,
    /// The recipients: `"enterprise"`, `"public"` or `{"partner": id}`.
    #[schema(value_type = Vec<Object>)]
    recipients: Vec<Recipient>,
    /// The datasets.
    #[schema(value_type = Vec<String>)]
    datasets: Vec<DatasetId>,
    /// From when it holds.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Until when (exclusive).
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// A note for the reader, without personal data.
    #[serde(default)]
    note: Option<String>,
}

/// An instruction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstructionView {
    /// The id.
    #[schema(value_type = String)]
    id: InstructionId,
    /// The purposes.
    #[schema(value_type = Vec<String>)]
    purposes: Vec<Purpose>,
    /// The operations.
    #[schema(value_type = Vec<String>)]
    operations: Vec<Operation>,
    /// The recipients.
    #[schema(value_type = Vec<Object>)]
    recipients: Vec<Recipient>,
    /// The datasets.
    #[schema(value_type = Vec<String>)]
    datasets: Vec<DatasetId>,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded: Timestamp,
    /// From when it holds.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Until when (exclusive).
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// `active`, or `ended` when it was revoked.
    standing: Option<String>,
}

impl From<InstructionFacts> for InstructionView {
    fn from(facts: InstructionFacts) -> Self {
        Self {
            id: facts.id,
            purposes: facts.purposes,
            operations: facts.operations,
            recipients: facts.recipients,
            datasets: facts.datasets,
            recorded: facts.recorded,
            from: facts.period.map(|it| it.from),
            until: facts.period.map(|it| it.until),
            standing: facts.standing.map(|it| it.to_string()),
        }
    }
}

/// Records an instruction.
#[utoipa::path(
    post, path = "/api/v1/instructions", tag = "instructions", request_body = Instruction,
    responses((status = 201, body = Made), (status = "default", body = ProblemView, content_type = "application/problem+json"))
)]
pub(crate) async fn create(
    State(site): State<Site>,
    Bearer(caller): Bearer,
    Body(new): Body<Instruction>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let new = NewInstruction {
        purposes: new.purposes,
        operations: new.operations,
        recipients: new.recipients,
        datasets: new.datasets,
        period: Period {
            from: new.from,
            until: new.until,
        },
        note: new.note,
    };
    let id = site.platform.instruct(&caller, &new).await?;
    Ok((StatusCode::CREATED, Made::new(&id)))
}

/// Lists the instructions of the enterprise, newest first.
#[utoipa::path(
    get, path = "/api/v1/instructions", tag = "instructions",
    responses((status = 200, body = Items<InstructionView>), (status = "default", body = ProblemView, content_type = "application/problem+json"))
)]
pub(crate) async fn list(
    State(site): State<Site>,
    Bearer(caller): Bearer,
) -> Result<Json<Items<InstructionView>>, Problem> {
    let found = site.platform.list_instructions(&caller).await?;
    let items = found.into_iter().map(InstructionView::from).collect();
    Ok(Json(Items { items }))
}

/// Revokes an instruction: the next run that cites it is refused.
#[utoipa::path(
    post, path = "/api/v1/instructions/{instruction}/revocation", tag = "instructions",
    params(("instruction" = String, Path, description = "the id of the instruction")),
    responses((status = 204), (status = "default", body = ProblemView, content_type = "application/problem+json"))
)]
pub(crate) async fn revoke(
    State(site): State<Site>,
    Bearer(caller): Bearer,
    Named(instruction): Named<InstructionId>,
) -> Result<StatusCode, Problem> {
    let platform = &site.platform;
    platform.revoke_instruction(&caller, instruction).await?;
    Ok(StatusCode::NO_CONTENT)
}
