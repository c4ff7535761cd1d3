//! Declarations of source and lawfulness, version by version, and the papers they rest on (U3).

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::policy::{
    Collected, Confirms, DeclarationGap, Declared, PartnerGap, Period, SourceKind,
};
use yuntu_app::{Confirmer, DeclarationView, TypedDeclaration};
use yuntu_terms::{
    DatasetId, DeclarationId, Digest, LegalBasis, PaperId, Pii, RepresentativeId, Timestamp,
};

use crate::api::Items;
use crate::input::{Bearer, Body, InPath, Named};
use crate::problem::{Problem, TextView};

pub(crate) mod papers;

/// A declaration of source and lawfulness. Without `confirms` it is kept as the draft of the dataset, whatever it lacks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDeclaration {
    /// The kind of source: `direct`, `partner`, `purchased`, `public`, `derived` or `devices`.
    #[schema(value_type = Option<String>)]
    source_kind: Option<SourceKind>,
    /// How the data was collected.
    #[serde(default)]
    collected_how: String,
    /// From when it was collected.
    #[schema(value_type = Option<String>, format = DateTime)]
    collected_from: Option<Timestamp>,
    /// Until when (exclusive); nothing while it goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    collected_until: Option<Timestamp>,
    /// The grounds, such as `consent`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    bases: Vec<LegalBasis>,
    /// The notice that people were shown; it may be a paper instead.
    notice: Option<String>,
    /// From when the declaration speaks.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Until when (exclusive), at most three years ahead.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Whom to ask about it: an email address or a phone number.
    contact: Option<String>,
    /// The papers of the dataset that it rests on.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    evidence: Vec<PaperId>,
    /// What you confirm: `source_lawful`, `consent_covers` (for data about persons) and `may_bind`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    confirms: Vec<Confirms>,
}

/// What was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeclarationMade {
    /// The id.
    #[schema(value_type = String)]
    id: DeclarationId,
    /// Its number among the versions of the dataset.
    version: u64,
    /// `in_force` or `draft`.
    state: &'static str,
    /// The digest of what was confirmed, as the ledger has it.
    #[schema(value_type = Option<String>)]
    digest: Option<Digest>,
    /// What a draft still lacks.
    missing: Vec<GapView>,
}

/// Something that a declaration, or the registration of a partner, lacks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GapView {
    /// What, by code.
    gap: String,
    /// The part it is about.
    part: String,
    /// What is missing.
    what: TextView,
    /// What to do about it.
    remedy: TextView,
}

/// A version of a declaration.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeclarationShown {
    /// The id.
    #[schema(value_type = String)]
    id: DeclarationId,
    /// Its number among the versions of the dataset.
    version: u64,
    /// `in_force`, `draft` or `superseded`.
    state: &'static str,
    /// What it says.
    #[schema(value_type = Object)]
    declared: Declared,
    /// Whom to ask, for those who may declare.
    contact: Option<String>,
    /// What was confirmed, word for word.
    confirmed_text: Option<String>,
    /// The digest of what was confirmed, as the ledger has it.
    #[schema(value_type = Option<String>)]
    digest: Option<Digest>,
    /// Who confirmed it, or saved the draft.
    #[schema(value_type = String)]
    by: RepresentativeId,
    /// `in_force`, `letter_ended` or `left`: how that person stands today. The declaration stands; a new confirmation is asked.
    confirmer: &'static str,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded: Timestamp,
    /// When another took its place.
    #[schema(value_type = Option<String>, format = DateTime)]
    superseded: Option<Timestamp>,
    /// `month`, `week` or `over`: a warning that its period ends soon or has ended.
    ending: Option<String>,
    /// What it lacks: a draft, or one in force since a paper was taken back.
    missing: Vec<GapView>,
    /// The parts that say something else than the version before.
    changed: Vec<String>,
}

impl From<PartnerGap> for GapView {
    fn from(gap: PartnerGap) -> Self {
        Self {
            gap: gap.code().to_owned(),
            part: gap.part().code().to_owned(),
            what: gap.what().into(),
            remedy: gap.remedy().into(),
        }
    }
}

fn gap_view(gap: DeclarationGap) -> GapView {
    GapView {
        gap: gap.code().to_owned(),
        part: gap.part().code().to_owned(),
        what: gap.what().into(),
        remedy: gap.remedy().into(),
    }
}

impl From<DeclarationView> for DeclarationShown {
    fn from(view: DeclarationView) -> Self {
        let it = view.declaration;
        let state = match (it.complete, it.superseded) {
            (_, Some(_)) => "superseded",
            (true, None) => "in_force",
            (false, None) => "draft",
        };
        Self {
            id: it.id,
            version: it.version,
            state,
            declared: it.declared,
            contact: view.contact,
            confirmed_text: it.confirmed_text,
            digest: it.digest,
            by: it.by,
            confirmer: match view.confirmer {
                Confirmer::InForce => "in_force",
                Confirmer::LetterEnded => "letter_ended",
                Confirmer::Left => "left",
            },
            recorded: it.recorded,
            superseded: it.superseded,
            ending: view.ending.map(|step| step.code().to_owned()),
            missing: view.gaps.into_iter().map(gap_view).collect(),
            changed: view.changed.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Declares the source and lawfulness of a dataset.
///
/// Confirmed and complete it is in force and takes the dataset out of quarantine; confirmed and incomplete it is refused with
/// all that is missing, and nothing is recorded; without a confirmation it is kept as a draft.
#[utoipa::path(
    post, path = "/api/v1/datasets/{dataset}/declarations", tag = "datasets", request_body = NewDeclaration,
    params(("dataset" = String, Path, description = "the id of the dataset")),
    responses((status = 201, body = DeclarationMade), Problem)
)]
pub(crate) async fn declare(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
    Body(new): Body<NewDeclaration>,
) -> Result<(StatusCode, Json<DeclarationMade>), Problem> {
    let period = match (new.from, new.until) {
        (Some(from), Some(until)) => Some(Period { from, until }),
        (None, None) => None,
        _ => {
            return Err(Problem::invalid(
                "from 与 until 须同时给出",
                "`from` and `until` go together",
            ));
        }
    };
    if new.collected_from.is_none() && new.collected_until.is_some() {
        return Err(Problem::invalid(
            "collected_until 须与 collected_from 同时给出",
            "`collected_until` needs `collected_from`",
        ));
    }
    let typed = TypedDeclaration {
        kind: new.source_kind,
        collected_how: new.collected_how,
        collected: new.collected_from.map(|from| Collected {
            from,
            until: new.collected_until,
        }),
        bases: new.bases,
        notice: new.notice,
        period,
        contact: new.contact.map(Pii::new),
        evidence: new.evidence,
        confirms: new.confirms,
    };
    let done = site
        .platform
        .declare_source(&caller, dataset, typed)
        .await?;
    let made = DeclarationMade {
        id: done.recorded.id,
        version: done.recorded.version,
        state: if done.gaps.is_empty() && done.recorded.digest.is_some() {
            "in_force"
        } else {
            "draft"
        },
        digest: done.recorded.digest,
        missing: done.gaps.into_iter().map(gap_view).collect(),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Lists the versions of a dataset's declaration, newest first.
#[utoipa::path(
    get, path = "/api/v1/datasets/{dataset}/declarations", tag = "datasets",
    params(("dataset" = String, Path, description = "the id of the dataset")),
    responses((status = 200, body = Items<DeclarationShown>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
) -> Result<Json<Items<DeclarationShown>>, Problem> {
    let source = site.platform.source_of(&caller, dataset).await?;
    Ok(Items::of(source.versions))
}

/// Shows one version of a dataset's declaration.
#[utoipa::path(
    get, path = "/api/v1/datasets/{dataset}/declarations/{declaration}", tag = "datasets",
    params(
        ("dataset" = String, Path, description = "the id of the dataset"),
        ("declaration" = String, Path, description = "the id of the version"),
    ),
    responses((status = 200, body = DeclarationShown), Problem)
)]
pub(crate) async fn show(
    Bearer { site, caller }: Bearer,
    InPath(path): InPath<(String, String)>,
) -> Result<Json<DeclarationShown>, Problem> {
    let (dataset, declaration) = of_dataset(&path)?;
    let found = site.platform.declaration(&caller, dataset, declaration);
    Ok(Json(found.await?.into()))
}

/// Reads which thing of which dataset a path names.
pub(crate) fn of_dataset<T: std::str::FromStr>(
    (dataset, thing): &(String, String),
) -> Result<(DatasetId, T), Problem> {
    let dataset = dataset.parse().map_err(|_id| Problem::not_found())?;
    let thing = thing.parse().map_err(|_id| Problem::not_found())?;
    Ok((dataset, thing))
}
