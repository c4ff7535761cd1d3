//! Measures against the enterprise of the token: listed, answered, appealed (U5).

use axum::Json;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yuntu_app::measures::{MeasurePaper, MeasureWords, ShownMeasure};
use yuntu_app::store::MeasureMessageKind;
use yuntu_terms::{DatasetId, Lang, MeasureId, Sink, Timestamp};

use crate::api::Items;
use crate::input::{Bearer, Body, Named};
use crate::problem::{Problem, TextView};
use crate::state::Site;

/// How large a JSON body may be that carries a paper of 5 MiB in base64.
pub(super) const PAPER_JSON_BYTES_MAX: usize = 8 << 20;

/// Makes the routes.
pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(answer))
        .routes(routes!(appeal))
        .layer(DefaultBodyLimit::max(PAPER_JSON_BYTES_MAX))
        .routes(routes!(list))
}

/// A measure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeasureView {
    /// The id.
    #[schema(value_type = String)]
    id: MeasureId,
    /// `ask_proof`, `limit_features`, `freeze_dataset`, `freeze_enterprise`, `close_enterprise` or `reclaim`.
    kind: &'static str,
    /// Whether it stands now.
    in_force: bool,
    /// The dataset, where it is against one.
    #[schema(value_type = Option<String>)]
    dataset: Option<DatasetId>,
    /// What is limited, where features are.
    actions: Vec<&'static str>,
    /// Why, as the notice says it.
    ground: TextView,
    /// Why, in the words of an operator.
    words: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Until when proof is given, where it is asked for.
    #[schema(value_type = Option<String>, format = DateTime)]
    due: Option<Timestamp>,
    /// What happens then without an answer.
    then: Option<&'static str>,
    /// How it ended, where it has: `lifted`, `lapsed`, `satisfied` or `followed`.
    ended: Option<&'static str>,
    /// What was written of it, in its order.
    messages: Vec<MessageView>,
}

/// What was written of a measure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageView {
    /// `answer`, `appeal`, `reply` or `lifting`.
    #[schema(value_type = String)]
    kind: MeasureMessageKind,
    /// The words.
    words: String,
    /// Whether a paper came with it.
    paper: bool,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    sent: Timestamp,
}

/// What the enterprise writes of a measure.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordsBody {
    /// 10 to 2000 characters.
    words: String,
    /// A paper with it.
    paper: Option<PaperBody>,
}

/// A paper that comes with an answer or an appeal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaperBody {
    /// The name of the file.
    name: String,
    /// The file itself in base64 (RFC 4648, with padding): a PDF, PNG or JPEG of at most 5 MiB, known by its content.
    content: String,
}

// A paper may be about people.
impl std::fmt::Debug for PaperBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaperBody").finish_non_exhaustive()
    }
}

impl WordsBody {
    /// Reads what is written and the paper with it.
    fn read(self) -> Result<(MeasureWords, Option<MeasurePaper>), Problem> {
        let words = MeasureWords::parse(&self.words)?;
        let paper = self.paper.map(|PaperBody { name, content }| {
            let bytes = BASE64.decode(content.as_bytes()).map_err(|_form| {
                Problem::invalid(
                    "paper.content 须为带填充的 base64（RFC 4648），不含换行",
                    "`paper.content` is base64 with padding (RFC 4648) and without line breaks",
                )
            })?;
            Ok::<_, Problem>(MeasurePaper { name, bytes })
        });
        Ok((words, paper.transpose()?))
    }
}

impl From<ShownMeasure> for MeasureView {
    fn from(it: ShownMeasure) -> Self {
        let told = it.measure.told;
        Self {
            id: it.measure.id,
            kind: told.kind.code(),
            in_force: it.stands,
            dataset: told.dataset,
            actions: told.actions.iter().map(|action| action.code()).collect(),
            ground: TextView {
                zh: told.ground.why(Lang::Zh).to_owned(),
                en: told.ground.why(Lang::En).to_owned(),
            },
            words: it.words,
            since: it.measure.taken,
            due: told.due.map(|(due, _)| due),
            then: told.due.map(|(_, then)| then.code()),
            ended: it.measure.ended.map(|(end, ..)| end.code()),
            messages: it
                .messages
                .into_iter()
                .map(|(kind, words, paper, sent)| MessageView {
                    kind,
                    words,
                    paper: paper.is_some(),
                    sent,
                })
                .collect(),
        }
    }
}

/// Lists the measures against the enterprise, newest first.
#[utoipa::path(
    get, path = "/api/v1/measures", tag = "measures",
    responses(
        (status = 200, body = Items<MeasureView>),
        Problem,
    )
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
) -> Result<Json<Items<MeasureView>>, Problem> {
    let found = site.platform.own_measures(&caller, Sink::Json).await?;
    Ok(Items::of(found))
}

/// Answers an ask for proof, with a paper where one proves it.
#[utoipa::path(
    post, path = "/api/v1/measures/{measure}/answers", tag = "measures", request_body = WordsBody,
    params(("measure" = String, Path)),
    responses(
        (status = 204, description = "it is recorded"),
        Problem,
    )
)]
pub(crate) async fn answer(
    Bearer { site, caller }: Bearer,
    Named(id): Named<MeasureId>,
    Body(body): Body<WordsBody>,
) -> Result<StatusCode, Problem> {
    let (words, paper) = body.read()?;
    let written = (&words, paper);
    site.platform.answer_measure(&caller, id, written).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Appeals against a measure, with a paper where one helps.
#[utoipa::path(
    post, path = "/api/v1/measures/{measure}/appeals", tag = "measures", request_body = WordsBody,
    params(("measure" = String, Path)),
    responses(
        (status = 204, description = "it is recorded"),
        Problem,
    )
)]
pub(crate) async fn appeal(
    Bearer { site, caller }: Bearer,
    Named(id): Named<MeasureId>,
    Body(body): Body<WordsBody>,
) -> Result<StatusCode, Problem> {
    let (words, paper) = body.read()?;
    let written = (&words, paper);
    site.platform.appeal_measure(&caller, id, written).await?;
    Ok(StatusCode::NO_CONTENT)
}
