//! A file of consents from a form: read as it comes, laid down nowhere.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use yuntu_app::consent::ConsentSource;
use yuntu_app::{AppError, ConsentsRecorded};

use super::{Asked, PATH, View};
use crate::api::consents::FILE_BYTES_MAX;
use crate::forms::checked;
use crate::inflow::{Outflow, flow};
use crate::input::of_status;
use crate::problem::Problem;
use crate::state::to_its_end;
use crate::view::Wrong;

/// How many bytes the mark before the file may have.
const FIELD_BYTES_MAX: usize = 1_024;

pub(in crate::console) async fn sent(
    view: View,
    headers: HeaderMap,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let parts = parts.map_err(|rejection| of_status(rejection.status()))?;
    match take(&view, &headers, parts).await? {
        Ok(done) => {
            let again = done.recorded == 0 && done.already > 0;
            Ok(view.on_to(PATH, if again { "again" } else { "file" }))
        }
        Err(error) => {
            let text = if let AppError::ConsentLines { .. } = &error {
                error.text()
            } else if let AppError::Invalid { reason, .. } = &error {
                yuntu_terms::Text::new(reason.zh, reason.en)
            } else {
                return Err(error.into());
            };
            let wrong = Wrong::field("file", text);
            view.show(&Asked::default(), wrong).await
        }
    }
}

/// Reads the fields of the form, of which the mark comes before the file, and hands the file on as it comes.
async fn take(
    view: &View,
    headers: &HeaderMap,
    mut parts: Multipart,
) -> Result<Result<ConsentsRecorded, AppError>, Problem> {
    let fault = |error: axum::extract::multipart::MultipartError| of_status(error.status());
    let mut typed = Vec::new();
    while let Some(mut part) = parts.next_field().await.map_err(fault)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name != "file" {
            let mut text = Vec::new();
            while let Some(chunk) = part.chunk().await.map_err(fault)? {
                text.extend(chunk);
                if text.len() > FIELD_BYTES_MAX {
                    return Err(Problem::too_large());
                }
            }
            typed.push((name, String::from_utf8_lossy(&text).into_owned()));
            continue;
        }
        checked(headers, typed)?;
        let (mut inflow, outflow) = flow(FILE_BYTES_MAX);
        let work = record(view, outflow);
        while let Some(chunk) = part.chunk().await.map_err(fault)? {
            if !inflow.push(chunk).await {
                return Err(Problem::too_large());
            }
        }
        inflow.end().await;
        return work
            .await
            .map_err(|_panicked| Problem::internal("a consent file that stopped"));
    }
    checked(headers, typed)?;
    Err(Problem::invalid("缺少文件", "there is no file"))
}

fn record(
    view: &View,
    outflow: Outflow,
) -> tokio::task::JoinHandle<Result<ConsentsRecorded, AppError>> {
    let (platform, caller) = (view.site.platform.clone(), view.who.caller.clone());
    tokio::spawn(to_its_end(async move {
        let source = ConsentSource::Console;
        platform.record_consent_file(&caller, source, outflow).await
    }))
}
