//! The certification of the enterprise: its form, its files, where it stands and who looked at it.

mod form;
mod view;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{get, post};
use yuntu_app::AppError;
use yuntu_app::certification::CertificationError;
use yuntu_app::policy::ApplicationField;
use yuntu_terms::{Pii, clause};

use super::{Console, Seated};
use crate::files::{UPLOAD_BYTES_MAX, Upload, attachment};
use crate::forms::{Fields, Sent};
use crate::input::{Here, Named};
use crate::problem::Problem;
use crate::state::Site;
use crate::view::Asked;

use view::Topic;

const PATH: &str = "/console/certification";

/// Makes the routes of the certification.
pub(super) fn router() -> Router<Site> {
    let upload = post(add).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX));
    Router::new()
        .route(PATH, get(page).post(sent))
        .route("/console/certification/files", upload)
        .route("/console/certification/files/{document}", get(file))
}

/// What is shown again because something in it is wrong.
#[derive(Default)]
struct Again<'a> {
    typed: Option<&'a Fields>,
    error: Option<CertificationError>,
    /// The file field whose upload was refused.
    upload: Option<ApplicationField>,
}

async fn page(console: Console, asked: Asked) -> Result<Response, Problem> {
    show(console, &asked.done, &Again::default()).await
}

async fn show(console: Console, done: &str, again: &Again<'_>) -> Result<Response, Problem> {
    let caller = &console.who.caller;
    let platform = &console.site.platform;
    let found = platform.certification(caller).await?;
    let enterprise = platform.enterprise_name(caller.enterprise).await?;
    let fields = platform.certification_fields()?;
    let view = console.about(Topic { fields });
    view.show(&enterprise, &found, done, again)
}

async fn sent(
    console: Console,
    here: Here,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(U1);
    match act(&console, &here, &fields).await {
        Ok(done) => Ok(console.on_to(PATH, done)),
        Err(Failed::Problem(problem)) => Err(problem),
        Err(Failed::Told(error)) => {
            let again = Again {
                typed: Some(&fields),
                error: Some(error),
                upload: None,
            };
            show(console, "", &again).await
        }
    }
}

/// Why an act was not done: something that the person can mend in the form, or something else.
enum Failed {
    Told(CertificationError),
    Problem(Problem),
}

impl From<AppError> for Failed {
    fn from(error: AppError) -> Self {
        if let AppError::Certification(told) = error {
            Self::Told(told)
        } else {
            Self::Problem(error.into())
        }
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

async fn act(console: &Console, here: &Here, fields: &Fields) -> Result<&'static str, Failed> {
    let (platform, caller) = (&console.site.platform, &console.who.caller);
    let kind = fields.one("act");
    if kind == "begin" {
        platform.begin_certification(caller).await?;
        return Ok("begun");
    }
    let id = fields.id("application")?;
    match kind {
        "save" => {
            platform
                .save_certification(caller, id, &form::typed(fields))
                .await?;
            Ok("saved")
        }
        "submit" => {
            let answer = fields.one("answer").trim();
            let answer = (!answer.is_empty()).then(|| Pii::new(answer.to_owned()));
            let link = here.link(PATH)?;
            platform
                .save_certification(caller, id, &form::typed(fields))
                .await?;
            platform
                .submit_certification(caller, id, answer.as_ref(), &link)
                .await?;
            Ok("submitted")
        }
        "withdraw" => {
            let link = here.link(PATH)?;
            platform.withdraw_certification(caller, id, &link).await?;
            Ok("withdrawn")
        }
        "remove" => {
            let document = fields.id("document")?;
            platform
                .remove_certification_file(caller, id, document)
                .await?;
            Ok("removed")
        }
        _ => Err(Problem::no_such_act().into()),
    }
}

async fn add(console: Console, upload: Upload) -> Result<Response, Problem> {
    clause::hit!(R22);
    let Upload {
        fields,
        name,
        bytes,
    } = upload;
    let id = fields.id("application")?;
    let field = ApplicationField::from_code(fields.one("field")).ok_or_else(Problem::not_found)?;
    let (platform, caller) = (&console.site.platform, &console.who.caller);
    let added = platform.add_certification_file(caller, (id, field), &name, bytes);
    match added.await.map_err(Failed::from) {
        Ok(_document) => Ok(console.on_to(PATH, "added")),
        Err(Failed::Problem(problem)) => Err(problem),
        Err(Failed::Told(error)) => {
            let again = Again {
                typed: None,
                error: Some(error),
                upload: Some(field),
            };
            show(console, "", &again).await
        }
    }
}

async fn file(
    State(site): State<Site>,
    seated: Seated,
    Named(document): Named<yuntu_terms::DocumentId>,
) -> Result<Response, Problem> {
    let file = site
        .platform
        .certification_file(&seated.caller, document)
        .await?;
    attachment(file)
}
