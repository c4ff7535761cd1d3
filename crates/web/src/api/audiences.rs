//! Audiences: saved, shown, evaluated; members never leave here.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::consent::Funnel;
use yuntu_app::engine::Base;
use yuntu_app::{AudienceSpec, Evaluation};
use yuntu_terms::{AudienceId, ExceptionUseId, InstructionId, Purpose, ReceiptId, Timestamp};

use crate::api::{Items, Made};
use crate::input::{Bearer, Body, Named};
use crate::problem::Problem;
use crate::state::to_its_end;

/// An audience to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAudience {
    /// Its name.
    name: String,
    /// What it is for.
    #[schema(value_type = String, example = "marketing.insight")]
    purpose: Purpose,
    /// The rule (`audience`), the datasets by the names it uses, and the stage rules it uses. The rule may name other saved
    /// audiences of the enterprise; a dataset has the same name in both.
    #[schema(value_type = Object)]
    spec: AudienceSpec,
}

/// An audience in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AudienceItem {
    /// The id.
    #[schema(value_type = String)]
    id: AudienceId,
    /// The name.
    name: String,
    /// The purpose.
    #[schema(value_type = String)]
    purpose: Purpose,
}

/// An audience.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AudienceView {
    /// The id.
    #[schema(value_type = String)]
    id: AudienceId,
    /// The name.
    name: String,
    /// The purpose it was saved for.
    #[schema(value_type = String)]
    purpose: Purpose,
    /// The rule, its datasets and stage rules.
    #[schema(value_type = Object)]
    spec: AudienceSpec,
    /// When it was saved.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// Its evaluations, oldest first.
    snapshots: Vec<SnapshotView>,
}

/// An evaluation of an audience.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SnapshotView {
    /// Its number, from 1.
    number: u64,
    /// How many people.
    people: u64,
    /// When it was taken.
    #[schema(value_type = String, format = DateTime)]
    taken: Timestamp,
    /// The version of the consent log that decided.
    consent_version: u64,
    /// The receipt of the run.
    #[schema(value_type = Option<String>)]
    receipt: Option<ReceiptId>,
}

/// How an audience is to be evaluated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evaluate {
    /// What for.
    #[schema(value_type = String, example = "marketing.insight")]
    purpose: Purpose,
    /// On which instruction.
    #[schema(value_type = String)]
    instruction: InstructionId,
    /// The use of a lawful exception on whose ground it is evaluated (R7, R21); on consent when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    exception: Option<ExceptionUseId>,
    /// The moment for which it is evaluated; now when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    as_of: Option<Timestamp>,
}

/// The size of an audience and why people are missing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Evaluated {
    /// How many people.
    people: u64,
    /// What the number stands on.
    #[schema(value_type = Object)]
    base: Base,
    /// For each dataset about persons, why people are missing.
    #[schema(value_type = Object)]
    funnels: BTreeMap<String, Funnel>,
    /// The receipt of the run.
    #[schema(value_type = String)]
    receipt: ReceiptId,
}

/// Saves an audience.
#[utoipa::path(
    post, path = "/api/v1/audiences", tag = "audiences", request_body = NewAudience,
    responses((status = 201, body = Made), Problem)
)]
pub(crate) async fn save(
    Bearer { site, caller }: Bearer,
    Body(new): Body<NewAudience>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let platform = &site.platform;
    let id = platform
        .save_audience(&caller, &new.name, &new.purpose, &new.spec)
        .await?;
    Ok((StatusCode::CREATED, Made::new(&id)))
}

/// Lists the audiences of the enterprise, by name.
#[utoipa::path(
    get, path = "/api/v1/audiences", tag = "audiences",
    responses((status = 200, body = Items<AudienceItem>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
) -> Result<Json<Items<AudienceItem>>, Problem> {
    let found = site.platform.list_audiences(&caller).await?;
    let item = |(id, name, purpose)| AudienceItem { id, name, purpose };
    let items = found.into_iter().map(item);
    Ok(Items::of(items))
}

/// Shows an audience with the sizes of its evaluations.
#[utoipa::path(
    get, path = "/api/v1/audiences/{audience}", tag = "audiences",
    params(("audience" = String, Path, description = "the id of the audience")),
    responses((status = 200, body = AudienceView), Problem)
)]
pub(crate) async fn show(
    Bearer { site, caller }: Bearer,
    Named(audience): Named<AudienceId>,
) -> Result<Json<AudienceView>, Problem> {
    let found = site.platform.view_audience(&caller, audience).await?;
    let snapshots = found.snapshots.iter().map(|it| SnapshotView {
        number: it.number,
        people: it.count,
        taken: it.taken,
        consent_version: it.origin.consent_version,
        receipt: it.origin.receipt,
    });
    let snapshots = snapshots.collect();
    Ok(Json(AudienceView {
        id: found.id,
        name: found.name,
        purpose: found.purpose,
        spec: found.spec,
        created: found.created,
        snapshots,
    }))
}

/// Evaluates an audience.
///
/// Its members are kept inside the platform, sealed; the answer says how many they are and why others are missing.
#[utoipa::path(
    post, path = "/api/v1/audiences/{audience}/evaluations", tag = "audiences", request_body = Evaluate,
    params(("audience" = String, Path, description = "the id of the audience")),
    responses((status = 201, body = Evaluated), Problem)
)]
pub(crate) async fn evaluate(
    Bearer { site, caller }: Bearer,
    Named(audience): Named<AudienceId>,
    Body(how): Body<Evaluate>,
) -> Result<(StatusCode, Json<Evaluated>), Problem> {
    let platform = site.platform.clone();
    let evaluation = Evaluation {
        purpose: how.purpose,
        instruction: how.instruction,
        exception: how.exception,
        as_of: how.as_of.unwrap_or_else(|| platform.now()),
    };
    let work = async move {
        platform
            .evaluate_audience(&caller, audience, &evaluation)
            .await?
            .done()
    };
    let done = to_its_end(work).await?;
    let counted = done
        .audience_size()
        .ok_or_else(|| Problem::internal("an audience has no size"))?;
    let answer = Evaluated {
        people: counted.people,
        base: done.outcome.base,
        funnels: counted.funnels,
        receipt: done.receipt,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}
