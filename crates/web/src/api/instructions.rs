//! Instructions: recorded, listed, revoked (U2).

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::policy::Period;
use yuntu_app::store::{
    CitedOutcome, CitedWork, Import, ImportStatus, Instruction, NewInstruction,
};
use yuntu_terms::{
    DatasetId, HelpId, ImportId, InstructionId, Operation, PermitId, Purpose, ReceiptId, Recipient,
    RepresentativeId, Timestamp,
};

use crate::api::{After, Items, Made};
use crate::input::{Asks, Bearer, Body, Named};
use crate::problem::Problem;

/// An instruction to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstructionBody {
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
    /// The purposes; one to import names none.
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
    /// The representative who gave it.
    #[schema(value_type = String)]
    by: RepresentativeId,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded: Timestamp,
    /// From when it holds.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Until when (exclusive).
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// `active`, or `ended` when it was revoked; whether it holds now, `from` and `until` say.
    standing: Option<String>,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked: Option<Timestamp>,
    /// The note for the reader.
    note: Option<String>,
}

impl From<Instruction> for InstructionView {
    fn from(instruction: Instruction) -> Self {
        let facts = instruction.facts;
        Self {
            id: facts.id,
            purposes: facts.purposes,
            operations: facts.operations,
            recipients: facts.recipients,
            datasets: facts.datasets,
            by: facts.by,
            recorded: facts.recorded,
            from: facts.period.map(|it| it.from),
            until: facts.period.map(|it| it.until),
            standing: facts.standing.map(|it| it.to_string()),
            revoked: instruction.revoked,
            note: instruction.note,
        }
    }
}

/// An instruction with the imports on it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstructionShown {
    /// The instruction.
    #[serde(flatten)]
    instruction: InstructionView,
    /// The newest imports on it, newest first; only one to import, which names no purpose, has any.
    imports: Vec<ImportOn>,
}

/// An import on an instruction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportOn {
    /// The id.
    #[schema(value_type = String)]
    id: ImportId,
    /// Into which dataset.
    #[schema(value_type = String)]
    dataset: DatasetId,
    /// `queued`, `running`, `done`, `cancelled` or `failed`.
    #[schema(value_type = String)]
    status: ImportStatus,
    /// Rows that are live because of it.
    rows: u64,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
}

impl From<Import> for ImportOn {
    fn from(import: Import) -> Self {
        Self {
            id: import.id,
            dataset: import.dataset,
            status: import.status,
            rows: import.progress.rows_loaded,
            created: import.created,
        }
    }
}

/// A piece of work that cited an instruction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobView {
    /// The permit that was asked for.
    #[schema(value_type = String)]
    permit: PermitId,
    /// The representative who asked.
    #[schema(value_type = String)]
    by: RepresentativeId,
    /// What for.
    #[schema(value_type = String)]
    purpose: Purpose,
    /// What is done.
    #[schema(value_type = String)]
    operation: Operation,
    /// To whom the result goes.
    #[schema(value_type = Object)]
    recipient: Recipient,
    /// When it was decided.
    #[schema(value_type = String, format = DateTime)]
    decided: Timestamp,
    /// `refused`, `permitted` (no receipt: it runs, or did not come to its end), `stopped` or `done`.
    outcome: &'static str,
    /// By what it was stopped, by code.
    stopped: Option<&'static str>,
    /// The receipt of what was done.
    #[schema(value_type = Option<String>)]
    receipt: Option<ReceiptId>,
    /// The technical help under which an operator looked, where one did.
    #[schema(value_type = Option<String>)]
    help: Option<HelpId>,
    /// The number of the decision; the `before` of the next page.
    number: i64,
}

impl From<CitedWork> for JobView {
    fn from(work: CitedWork) -> Self {
        let (outcome, stopped, receipt) = match work.outcome {
            CitedOutcome::Refused => ("refused", None, None),
            CitedOutcome::Permitted => ("permitted", None, None),
            CitedOutcome::Stopped(reason) => ("stopped", Some(reason.code()), None),
            CitedOutcome::Done(receipt) => ("done", None, Some(receipt)),
        };
        Self {
            permit: work.permit,
            by: work.by,
            purpose: work.purpose,
            operation: work.operation,
            recipient: work.recipient,
            decided: work.decided,
            outcome,
            stopped,
            receipt,
            help: work.help,
            number: work.leaf.number(),
        }
    }
}

/// Records an instruction.
#[utoipa::path(
    post, path = "/api/v1/instructions", tag = "instructions", request_body = InstructionBody,
    responses((status = 201, body = Made), Problem)
)]
pub(crate) async fn create(
    Bearer { site, caller }: Bearer,
    Body(new): Body<InstructionBody>,
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

/// Lists the instructions of the enterprise, newest first, a hundred to a page.
#[utoipa::path(
    get, path = "/api/v1/instructions", tag = "instructions",
    params(("before" = Option<String>, Query, description = "the id of the last instruction of the page before")),
    responses((status = 200, body = Items<InstructionView>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
    Asks(after): Asks<After<String>>,
) -> Result<Json<Items<InstructionView>>, Problem> {
    let platform = &site.platform;
    let found = platform.list_instructions(&caller, after.id()?).await?;
    Ok(Items::of(found))
}

/// Shows an instruction, with the imports on it.
#[utoipa::path(
    get, path = "/api/v1/instructions/{instruction}", tag = "instructions",
    params(("instruction" = String, Path, description = "the id of the instruction")),
    responses((status = 200, body = InstructionShown), Problem)
)]
pub(crate) async fn show(
    Bearer { site, caller }: Bearer,
    Named(instruction): Named<InstructionId>,
) -> Result<Json<InstructionShown>, Problem> {
    let platform = &site.platform;
    let found = platform.view_instruction(&caller, instruction).await?;
    let imports = platform.instruction_imports(&caller, instruction).await?;
    Ok(Json(InstructionShown {
        instruction: found.into(),
        imports: imports.into_iter().map(ImportOn::from).collect(),
    }))
}

/// Lists what was done under an instruction, and what was refused, newest first, fifty to a page.
#[utoipa::path(
    get, path = "/api/v1/instructions/{instruction}/jobs", tag = "instructions",
    params(
        ("instruction" = String, Path, description = "the id of the instruction"),
        ("before" = Option<i64>, Query, description = "the number of the last job of the page before"),
    ),
    responses((status = 200, body = Items<JobView>), Problem)
)]
pub(crate) async fn jobs(
    Bearer { site, caller }: Bearer,
    Named(instruction): Named<InstructionId>,
    Asks(after): Asks<After<i64>>,
) -> Result<Json<Items<JobView>>, Problem> {
    let platform = &site.platform;
    let found = platform
        .instruction_jobs(&caller, instruction, after.leaf())
        .await?;
    Ok(Items::of(found))
}

/// Revokes an instruction: the next run that cites it is refused.
#[utoipa::path(
    post, path = "/api/v1/instructions/{instruction}/revocation", tag = "instructions",
    params(("instruction" = String, Path, description = "the id of the instruction")),
    responses((status = 204), Problem)
)]
pub(crate) async fn revoke(
    Bearer { site, caller }: Bearer,
    Named(instruction): Named<InstructionId>,
) -> Result<StatusCode, Problem> {
    let platform = &site.platform;
    platform.revoke_instruction(&caller, instruction).await?;
    Ok(StatusCode::NO_CONTENT)
}
