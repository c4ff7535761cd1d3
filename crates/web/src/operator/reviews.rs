//! The queue of certifications under review, and one of them: masked until a look with a reason, decided in words.

mod payment;
mod view;

use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::certification::{CertificationError, LookFor, Question};
use yuntu_app::policy::{ApplicationField, LookReason};
use yuntu_terms::{ApplicationId, DocumentId, Pii, clause};

use super::Desk;
use crate::files::attachment;
use crate::forms::{Fields, Sent};
use crate::input::{Here, InPath, Named};
use crate::problem::Problem;

use view::{PATH, Topic};

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

pub(super) async fn queue(desk: Desk) -> Result<Response, Problem> {
    let waiting = desk.site.platform.review_queue(&desk.who.caller).await?;
    view::queue(&desk, &waiting)
}

pub(super) async fn page(desk: Desk, Named(id): Named<ApplicationId>) -> Result<Response, Problem> {
    show(desk, id, &Again::default()).await
}

async fn show(desk: Desk, id: ApplicationId, again: &Again<'_>) -> Result<Response, Problem> {
    let platform = &desk.site.platform;
    let found = platform.review(&desk.who.caller, id).await?;
    let fields = platform.certification_fields()?;
    desk.about(Topic { fields }).show(&found, again)
}

pub(super) async fn sent(
    desk: Desk,
    here: Here,
    Named(id): Named<ApplicationId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    let mut again = Again {
        typed: Some(&fields),
        ..Again::default()
    };
    match act(&desk, &here, id, &fields).await {
        Ok(Acted::Decided) => return Ok(desk.on_to(PATH, "")),
        Ok(Acted::Recorded) => return Ok(desk.on_to(&format!("{PATH}/{id}"), "")),
        Ok(Acted::Looked(field, value)) => again.opened = Some((field, value)),
        Err(AppError::Certification(error)) => again.error = Some(error),
        Err(error) => return Err(error.into()),
    }
    show(desk, id, &again).await
}

enum Acted {
    Decided,
    Recorded,
    Looked(ApplicationField, String),
}

async fn act(
    desk: &Desk,
    here: &Here,
    id: ApplicationId,
    fields: &Fields,
) -> Result<Acted, AppError> {
    let (platform, caller) = (&desk.site.platform, &desk.who.caller);
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
    desk: Desk,
    InPath((application, document)): InPath<(ApplicationId, DocumentId)>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    let reason = reason(&fields).ok_or_else(Problem::not_found)?;
    let (platform, what) = (&desk.site.platform, (application, document));
    let looked = platform.look_into_file(&desk.who.caller, what, reason);
    match looked.await {
        Ok(file) => attachment(file),
        Err(AppError::Certification(error)) => {
            let again = Again {
                error: Some(error),
                ..Again::default()
            };
            show(desk, application, &again).await
        }
        Err(error) => Err(error.into()),
    }
}
