//! The register of partners: who may receive, under which agreement, in which standing (R15, R16).

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::partners::{
    PartnerMove, PartnerPaperView, PartnerVersionView, PartnerView, TypedPartner,
};
use yuntu_app::policy::{
    AssessmentResult, BorderGround, Mechanism, PartnerAgreement, PartnerAssessment, PartnerRole,
    Period, SubProcessing,
};
use yuntu_app::store::Partner;
use yuntu_terms::{
    ColumnClass, DatasetId, Digest, InstructionId, Operation, PaperId, PartnerId, Pii, Purpose,
    Region, RepresentativeId, Timestamp,
};

use super::declarations::GapView;
use super::instructions::JobView;
use crate::api::{After, Items, Made};
use crate::input::{Asks, Bearer, Body, Named};
use crate::problem::Problem;
use crate::state::Site;

pub(crate) mod papers;

/// The impact assessment of a partner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssessmentBody {
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    made: Timestamp,
    /// When it has to be looked at again; from then on nothing is provided.
    #[schema(value_type = String, format = DateTime)]
    review: Timestamp,
    /// `acceptable`, `with_measures` or `not_acceptable`.
    #[schema(value_type = String)]
    result: AssessmentResult,
}

/// The ground for sending data abroad.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BorderBody {
    /// `assessment`, `certification` or `standard_contract`.
    #[schema(value_type = String)]
    mechanism: Mechanism,
    /// The number under which it was filed, approved or certified.
    filing: String,
    /// The region that the data leaves, such as `CN`.
    #[schema(value_type = String)]
    region: Region,
    /// From when it holds.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Until when (exclusive).
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

/// What is said of a partner and the agreement with it. All but name and region may be missing until it is put in force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerBody {
    /// The name.
    name: String,
    /// The unified social credit code of a partner in China.
    credit_code: Option<String>,
    /// `entrusted` (it works for you, PIPL 21) or `independent` (it decides for itself, PIPL 23).
    #[schema(value_type = Option<String>)]
    role: Option<PartnerRole>,
    /// Where it works: a country by its two letters, such as `CN`.
    #[schema(value_type = String)]
    region: Region,
    /// How it is reached: an email address or a phone number.
    contact: Option<String>,
    /// The purposes; each covers those below it.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    purposes: Vec<Purpose>,
    /// `process` for who is entrusted; `share` and `transfer` for who is independent.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    operations: Vec<Operation>,
    /// The classes of column: `identifier`, `sensitive`, `personal`, `non_personal`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    classes: Vec<ColumnClass>,
    /// In which way it gets and uses the data.
    #[serde(default)]
    manner: String,
    /// What it owes: how it protects the data, and what becomes of it at the end.
    #[serde(default)]
    obligations: String,
    /// Whether an entrusted processor may entrust others: `never` or `agreed_first`.
    #[schema(value_type = Option<String>)]
    sub_processing: Option<SubProcessing>,
    /// From when the agreement holds.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Until when (exclusive), at most three years ahead.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// The impact assessment (PIPL 55).
    assessment: Option<AssessmentBody>,
    /// The ground for sending data abroad (PIPL 38).
    cross_border: Option<BorderBody>,
}

impl From<PartnerBody> for TypedPartner {
    fn from(body: PartnerBody) -> Self {
        let period = body.from.zip(body.until);
        let terms = PartnerAgreement {
            name: body.name,
            credit_code: body.credit_code,
            role: body.role,
            region: body.region,
            purposes: body.purposes,
            operations: body.operations,
            classes: body.classes,
            manner: body.manner,
            obligations: body.obligations,
            sub_processing: body.sub_processing,
            period: period.map(|(from, until)| Period { from, until }),
            assessment: body.assessment.map(|it| PartnerAssessment {
                made: it.made,
                review: it.review,
                result: it.result,
            }),
            cross_border: body.cross_border.map(|it| BorderGround {
                mechanism: it.mechanism,
                filing: it.filing,
                from: it.region,
                period: Period {
                    from: it.from,
                    until: it.until,
                },
            }),
        };
        Self {
            terms,
            contact: body.contact.map(Pii::new),
        }
    }
}

/// A partner, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartnerRow {
    /// The id, which recipients name as `{"partner": id}`.
    #[schema(value_type = String)]
    id: PartnerId,
    /// The name.
    name: String,
    /// `pending` (not in force yet), `active`, `frozen` (suspended) or `ended`.
    standing: Option<String>,
    /// Why it stands so, where that was said.
    reason: Option<String>,
    /// Where it works.
    #[schema(value_type = Option<String>)]
    region: Option<Region>,
    /// The version that is in force.
    version: Option<u64>,
    /// When the first thing ends on which it may receive: agreement, assessment or the ground for sending data abroad.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends: Option<Timestamp>,
    /// `month`, `week` or `over`: a warning that it ends soon or has ended.
    ending: Option<String>,
}

impl PartnerRow {
    fn of(site: &Site, it: Partner) -> Self {
        Self {
            ending: site.platform.partner_ending(&it).map(|it| it.to_string()),
            id: it.facts.id,
            standing: it.facts.standing.map(|it| it.to_string()),
            region: it.facts.region,
            ends: it.facts.ends(),
            name: it.name,
            reason: it.reason,
            version: it.version,
        }
    }
}

/// A version of what is said of a partner.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartnerVersionShown {
    /// Its number among the versions of the partner.
    version: u64,
    /// `draft` or `enforced`; of several that were put in force the newest holds.
    state: &'static str,
    /// What it says.
    #[schema(value_type = Object)]
    terms: PartnerAgreement,
    /// How the partner is reached, for those who may keep the register.
    contact: Option<String>,
    /// The papers it rests on.
    #[schema(value_type = Vec<String>)]
    papers: Vec<PaperId>,
    /// The digest of what was put in force, as the ledger has it.
    #[schema(value_type = Option<String>)]
    digest: Option<Digest>,
    /// Who recorded it.
    #[schema(value_type = String)]
    by: RepresentativeId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    recorded: Timestamp,
    /// When it was put in force.
    #[schema(value_type = Option<String>, format = DateTime)]
    enforced: Option<Timestamp>,
}

impl From<PartnerVersionView> for PartnerVersionShown {
    fn from(view: PartnerVersionView) -> Self {
        let it = view.version;
        Self {
            version: it.version,
            state: match it.enforced {
                Some(_) => "enforced",
                None => "draft",
            },
            terms: it.terms,
            contact: view.contact,
            papers: it.papers.iter().map(|it| it.paper).collect(),
            digest: it.digest,
            by: it.by,
            recorded: it.recorded,
            enforced: it.enforced.map(|(_, at)| at),
        }
    }
}

/// A paper of a partner.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartnerPaperShown {
    /// The id.
    #[schema(value_type = String)]
    id: PaperId,
    /// What it shows: `agreement`, `assessment` or `cross_border`.
    kind: String,
    /// The SHA-256 digest of its bytes.
    #[schema(value_type = String)]
    digest: Digest,
    /// Who added it.
    #[schema(value_type = String)]
    added_by: RepresentativeId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    added: Timestamp,
    /// How many looks of your own people into it are on record.
    looks: usize,
}

impl From<PartnerPaperView> for PartnerPaperShown {
    fn from(view: PartnerPaperView) -> Self {
        let it = view.row;
        Self {
            id: it.paper.paper,
            kind: it.paper.kind.to_string(),
            digest: it.paper.digest,
            added_by: it.by,
            added: it.added,
            looks: view.looks.len(),
        }
    }
}

/// A partner with everything that is on record of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartnerShown {
    /// How it stands.
    partner: PartnerRow,
    /// The versions, the newest first.
    versions: Vec<PartnerVersionShown>,
    /// What the draft lacks.
    missing: Vec<GapView>,
    /// The papers, the newest first.
    papers: Vec<PartnerPaperShown>,
    /// The datasets whose scope in force names it.
    #[schema(value_type = Vec<String>)]
    datasets: Vec<DatasetId>,
    /// The newest instructions that name it.
    #[schema(value_type = Vec<String>)]
    instructions: Vec<InstructionId>,
}

impl PartnerShown {
    fn of(site: &Site, view: PartnerView) -> Self {
        Self {
            partner: PartnerRow::of(site, view.partner),
            versions: view.versions.into_iter().map(Into::into).collect(),
            missing: view.gaps.into_iter().map(Into::into).collect(),
            papers: view.papers.into_iter().map(Into::into).collect(),
            datasets: view.datasets.into_iter().map(|(id, _)| id).collect(),
            instructions: view.instructions.iter().map(|it| it.facts.id).collect(),
        }
    }
}

/// Registers a partner as a draft; it receives nothing before that is put in force.
#[utoipa::path(
    post, path = "/api/v1/partners", tag = "partners", request_body = PartnerBody,
    responses((status = 201, body = Made), Problem)
)]
pub(crate) async fn register(
    Bearer { site, caller }: Bearer,
    Body(new): Body<PartnerBody>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let id = site.platform.register_partner(&caller, new.into()).await?;
    Ok((StatusCode::CREATED, Made::new(&id)))
}

/// Lists the register of partners, by name.
#[utoipa::path(
    get, path = "/api/v1/partners", tag = "partners",
    responses((status = 200, body = Items<PartnerRow>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
) -> Result<Json<Items<PartnerRow>>, Problem> {
    let found = site.platform.partners(&caller).await?;
    let rows = found.into_iter().map(|it| PartnerRow::of(&site, it));
    Ok(Items::of(rows))
}

/// Shows a partner with its versions, its papers and what names it.
#[utoipa::path(
    get, path = "/api/v1/partners/{partner}", tag = "partners",
    params(("partner" = String, Path, description = "the id of the partner")),
    responses((status = 200, body = PartnerShown), Problem)
)]
pub(crate) async fn show(
    Bearer { site, caller }: Bearer,
    Named(id): Named<PartnerId>,
) -> Result<Json<PartnerShown>, Problem> {
    let view = site.platform.view_partner(&caller, id).await?;
    Ok(Json(PartnerShown::of(&site, view)))
}

/// A version, by its number among the versions of the partner.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerVersionNamed {
    /// The number.
    version: u64,
}

/// Keeps what is said of a partner now as its draft, which takes the place of an earlier draft; what is in force stays so.
#[utoipa::path(
    post, path = "/api/v1/partners/{partner}/versions", tag = "partners", request_body = PartnerBody,
    params(("partner" = String, Path, description = "the id of the partner")),
    responses((status = 201, body = PartnerVersionNamed), Problem)
)]
pub(crate) async fn correct(
    Bearer { site, caller }: Bearer,
    Named(id): Named<PartnerId>,
    Body(new): Body<PartnerBody>,
) -> Result<(StatusCode, Json<PartnerVersionNamed>), Problem> {
    let platform = &site.platform;
    let version = platform.correct_partner(&caller, id, new.into()).await?;
    Ok((StatusCode::CREATED, Json(PartnerVersionNamed { version })))
}

/// What was put in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartnerEnforced {
    /// The digest of the version with its papers, as the ledger has it.
    #[schema(value_type = String)]
    digest: Digest,
}

/// Puts the draft in force with the newest paper of each kind; each part that is missing is named.
#[utoipa::path(
    post, path = "/api/v1/partners/{partner}/enforcement", tag = "partners", request_body = PartnerVersionNamed,
    params(("partner" = String, Path, description = "the id of the partner")),
    responses((status = 200, body = PartnerEnforced), Problem)
)]
pub(crate) async fn enforce(
    Bearer { site, caller }: Bearer,
    Named(id): Named<PartnerId>,
    Body(shown): Body<PartnerVersionNamed>,
) -> Result<Json<PartnerEnforced>, Problem> {
    let platform = &site.platform;
    let digest = platform.enforce_partner(&caller, id, shown.version).await?;
    Ok(Json(PartnerEnforced { digest }))
}

/// Why a partner is suspended, resumed or ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerReason {
    /// Why, in one line and without personal data.
    reason: String,
}

/// Suspends a partner: what it was to receive is stopped, and nothing is permitted until it is resumed.
#[utoipa::path(
    post, path = "/api/v1/partners/{partner}/suspension", tag = "partners", request_body = PartnerReason,
    params(("partner" = String, Path, description = "the id of the partner")),
    responses((status = 204), Problem)
)]
pub(crate) async fn suspend(
    Bearer { site, caller }: Bearer,
    Named(id): Named<PartnerId>,
    Body(why): Body<PartnerReason>,
) -> Result<StatusCode, Problem> {
    let step = (PartnerMove::Suspend, why.reason.as_str());
    site.platform.move_partner(&caller, id, step).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Resumes a partner that was suspended.
#[utoipa::path(
    post, path = "/api/v1/partners/{partner}/resumption", tag = "partners", request_body = PartnerReason,
    params(("partner" = String, Path, description = "the id of the partner")),
    responses((status = 204), Problem)
)]
pub(crate) async fn resume(
    Bearer { site, caller }: Bearer,
    Named(id): Named<PartnerId>,
    Body(why): Body<PartnerReason>,
) -> Result<StatusCode, Problem> {
    let step = (PartnerMove::Resume, why.reason.as_str());
    site.platform.move_partner(&caller, id, step).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a partner for good: what it was to receive is stopped, and nothing more is permitted.
#[utoipa::path(
    post, path = "/api/v1/partners/{partner}/end", tag = "partners", request_body = PartnerReason,
    params(("partner" = String, Path, description = "the id of the partner")),
    responses((status = 204), Problem)
)]
pub(crate) async fn end(
    Bearer { site, caller }: Bearer,
    Named(id): Named<PartnerId>,
    Body(why): Body<PartnerReason>,
) -> Result<StatusCode, Problem> {
    let step = (PartnerMove::End, why.reason.as_str());
    site.platform.move_partner(&caller, id, step).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the work whose result a partner was to receive, and what was refused, newest first, fifty to a page.
#[utoipa::path(
    get, path = "/api/v1/partners/{partner}/jobs", tag = "partners",
    params(
        ("partner" = String, Path, description = "the id of the partner"),
        ("before" = Option<i64>, Query, description = "the number of the last job of the page before"),
    ),
    responses((status = 200, body = Items<JobView>), Problem)
)]
pub(crate) async fn jobs(
    Bearer { site, caller }: Bearer,
    Named(id): Named<PartnerId>,
    Asks(after): Asks<After<i64>>,
) -> Result<Json<Items<JobView>>, Problem> {
    let platform = &site.platform;
    let found = platform.partner_jobs(&caller, id, after.leaf()).await?;
    Ok(Items::of(found))
}
