//! The queue of certifications under review, and one of them: masked until a look with a reason, decided in words.

pub(crate) mod payment;
mod view;

use axum::extract::State;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::certification::{CertificationError, LookFor, Question, Review};
use yuntu_app::policy::{ApplicationField, LookReason};
use yuntu_terms::{ApplicationId, DocumentId, Lang, Pii, clause};

use super::OperatorIn;
use crate::account::to_with;
use crate::files::attachment;
use crate::forms::{Fields, FormMark, Sent};
use crate::input::{Here, InPath, Language, Named};
use crate::problem::Problem;
use crate::state::Site;

use view::View;

/// Where the enterprise reads what became of it.
const ENTERPRISE_PATH: &str = "/console/certification";

/// What stands on the page of one application beside the application itself.
#[derive(Default)]
pub(super) struct Again<'a> {
    /// What was typed into the forms.
    typed: Option<&'a Fields>,
    /// Why an act was not done.
    error: Option<CertificationError>,
    /// The value that a recorded look has just opened.
    opened: Option<(ApplicationField, String)>,
}

pub(super) async fn queue(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    let waiting = site.platform.review_queue(&operator.caller).await?;
    let title = lang.pick("待审核的企业认证", "Certifications under review");
    let frame = operator.inside().frame(lang, title, view::PATH, &mark);
    let page = view::queue(&waiting, site.platform.now(), frame)?;
    mark.keep(&site, page)
}

pub(super) async fn page(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    mark: FormMark,
    Named(id): Named<ApplicationId>,
) -> Result<Response, Problem> {
    let found = site.platform.review(&operator.caller, id).await?;
    show((&site, &operator), lang, &mark, (&found, Again::default()))
}

fn show(
    (site, operator): (&Site, &OperatorIn),
    lang: Lang,
    mark: &FormMark,
    (found, again): (&Review, Again<'_>),
) -> Result<Response, Problem> {
    let view = View {
        fields: site.platform.certification_fields()?,
        site,
        inside: operator.inside(),
        lang,
        mark,
    };
    view.show(found, &again)
}

pub(super) async fn sent(
    State(site): State<Site>,
    operator: OperatorIn,
    (Language(lang), here, mark): (Language, Here, FormMark),
    Named(id): Named<ApplicationId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    let mut again = Again {
        typed: Some(&fields),
        ..Again::default()
    };
    match act(&site, &operator, &here, id, &fields).await {
        Ok(Acted::Decided) => return Ok(to_with("/operator/reviews", lang, &[])),
        Ok(Acted::Recorded) => return Ok(to_with(&format!("/operator/reviews/{id}"), lang, &[])),
        Ok(Acted::Looked(field, value)) => again.opened = Some((field, value)),
        Err(AppError::Certification(error)) => again.error = Some(error),
        Err(error) => return Err(error.into()),
    }
    let found = site.platform.review(&operator.caller, id).await?;
    show((&site, &operator), lang, &mark, (&found, again))
}

enum Acted {
    Decided,
    Recorded,
    Looked(ApplicationField, String),
}

async fn act(
    site: &Site,
    operator: &OperatorIn,
    here: &Here,
    id: ApplicationId,
    fields: &Fields,
) -> Result<Acted, AppError> {
    let (platform, caller) = (&site.platform, &operator.caller);
    let missing = AppError::Missing { what: "field" };
    let link = || {
        here.link(ENTERPRISE_PATH)
            .map_err(|_problem| AppError::Invalid {
                what: "host",
                reason: yuntu_app::Said::new("不是本站的地址", "it is no address of this site"),
            })
    };
    match fields.one("act") {
        "look" => {
            let field = ApplicationField::from_code(fields.one("field"));
            let (Some(field), Some(reason)) = (field, reason(fields)) else {
                return Err(missing);
            };
            let what = LookFor {
                application: id,
                field,
                reason,
            };
            let value = platform.look(caller, what).await?;
            Ok(Acted::Looked(field, value))
        }
        "payment" => {
            platform
                .record_account_check(caller, id, payment::typed(fields))
                .await?;
            Ok(Acted::Recorded)
        }
        "approve" => {
            platform.approve_certification(caller, id, &link()?).await?;
            Ok(Acted::Decided)
        }
        "ask" => {
            let asked = words(fields);
            platform
                .ask_about_certification(caller, id, &asked, &link()?)
                .await?;
            Ok(Acted::Decided)
        }
        "reject" => {
            let reasons = words(fields);
            platform
                .reject_certification(caller, id, &reasons, &link()?)
                .await?;
            Ok(Acted::Decided)
        }
        _ => Err(AppError::Missing { what: "act" }),
    }
}

fn reason(fields: &Fields) -> Option<LookReason> {
    LookReason::from_code(fields.one("reason"))
}

/// Reads the words about each field and in general; an empty line says nothing.
fn words(fields: &Fields) -> Vec<Question> {
    let general = [(None, view::GENERAL)];
    let own = ApplicationField::ALL
        .iter()
        .map(|field| (Some(*field), field.code()));
    let lines = general.into_iter().chain(own);
    lines
        .map(|(field, name)| (field, fields.one(name).trim()))
        .filter(|(_, text)| !text.is_empty())
        .map(|(field, text)| Question {
            field,
            words: Pii::new(text.to_owned()),
        })
        .collect()
}

pub(super) async fn file(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    mark: FormMark,
    InPath((application, document)): InPath<(String, String)>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    let application: ApplicationId = application.parse().map_err(|_id| Problem::not_found())?;
    let document: DocumentId = document.parse().map_err(|_id| Problem::not_found())?;
    let reason = reason(&fields).ok_or_else(Problem::not_found)?;
    let what = (application, document);
    let looked = site
        .platform
        .look_into_file(&operator.caller, what, reason)
        .await;
    match looked {
        Ok(file) => attachment(file),
        Err(AppError::Certification(error)) => {
            let found = site.platform.review(&operator.caller, application).await?;
            let again = Again {
                error: Some(error),
                ..Again::default()
            };
            show((&site, &operator), lang, &mark, (&found, again))
        }
        Err(error) => Err(error.into()),
    }
}
