//! The certification of the enterprise: its form, its files, where it stands and who looked at it.

mod form;
mod view;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{get, post};
use yuntu_app::AppError;
use yuntu_app::certification::{Certification, CertificationError};
use yuntu_app::policy::ApplicationField;
use yuntu_terms::{ApplicationId, Lang, Pii, clause};

use super::Seated;
use crate::account::{Asked, to_with};
use crate::files::{UPLOAD_BYTES_MAX, Upload, attachment};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::{Here, Language, Named};
use crate::problem::Problem;
use crate::state::Site;

pub(crate) use form::status as told_status;
use view::View;

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

async fn page(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    mark: FormMark,
    asked: Asked,
) -> Result<Response, Problem> {
    let found = site.platform.certification(&seated.caller).await?;
    show(
        &site,
        &seated,
        lang,
        &mark,
        (&found, &asked.done, Again::default()),
    )
    .await
}

async fn show(
    site: &Site,
    seated: &Seated,
    lang: Lang,
    mark: &FormMark,
    (found, done, again): (&Certification, &str, Again<'_>),
) -> Result<Response, Problem> {
    let enterprise = site
        .platform
        .enterprise_name(seated.caller.enterprise)
        .await?;
    let view = View {
        fields: site.platform.certification_fields()?,
        site,
        seated,
        lang,
        mark,
    };
    view.show(&enterprise, found, done, &again)
}

async fn sent(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    here: Here,
    mark: FormMark,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(U1);
    match act(&site, &seated, &here, &fields).await {
        Ok(done) => Ok(to_with(PATH, lang, &[("done", done)])),
        Err(Failed::Problem(problem)) => Err(problem),
        Err(Failed::Told(error)) => {
            let found = site.platform.certification(&seated.caller).await?;
            let again = Again {
                typed: Some(&fields),
                error: Some(error),
                upload: None,
            };
            show(&site, &seated, lang, &mark, (&found, "", again)).await
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

async fn act(
    site: &Site,
    seated: &Seated,
    here: &Here,
    fields: &Fields,
) -> Result<&'static str, Failed> {
    let (platform, caller) = (&site.platform, &seated.caller);
    let kind = fields.one("act");
    if kind == "begin" {
        platform.begin_certification(caller).await?;
        return Ok("begun");
    }
    let id = application(fields)?;
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
            let document = fields.one("document").parse();
            let document = document.map_err(|_form| Problem::not_found())?;
            platform
                .remove_certification_file(caller, id, document)
                .await?;
            Ok("removed")
        }
        _ => Err(Problem::invalid("没有此操作", "there is no such act").into()),
    }
}

fn application(fields: &Fields) -> Result<ApplicationId, Problem> {
    let id = fields.one("application").parse();
    id.map_err(|_form| Problem::not_found())
}

async fn add(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    mark: FormMark,
    upload: Upload,
) -> Result<Response, Problem> {
    clause::hit!(R22);
    let Upload {
        fields,
        name,
        bytes,
    } = upload;
    let id = application(&fields)?;
    let field = ApplicationField::from_code(fields.one("field")).ok_or_else(Problem::not_found)?;
    let place = (id, field);
    let added = site
        .platform
        .add_certification_file(&seated.caller, place, &name, bytes)
        .await;
    match added.map_err(Failed::from) {
        Ok(_document) => Ok(to_with(PATH, lang, &[("done", "added")])),
        Err(Failed::Problem(problem)) => Err(problem),
        Err(Failed::Told(error)) => {
            let found = site.platform.certification(&seated.caller).await?;
            let again = Again {
                typed: None,
                error: Some(error),
                upload: Some(field),
            };
            show(&site, &seated, lang, &mark, (&found, "", again)).await
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
