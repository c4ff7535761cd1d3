//! Files that come in: laid down or named, their columns confirmed, their import followed.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use axum::http::HeaderMap;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use futures::TryStreamExt as _;
use yuntu_app::AppError;
use yuntu_app::lake::{Deposit, LakeError};
use yuntu_terms::Text;

use super::Console;
use crate::forms::checked;
use crate::guard;
use crate::input::of_status;
use crate::problem::Problem;
use crate::report::{FormView, InputView, UploadTexts};
use crate::state::Site;
use crate::view::Wrong;

mod columns;
mod import;
mod imports;
mod new;

/// How long an upload may take.
const UPLOAD_MAX: Duration = Duration::from_hours(12);
/// How long a page may take that looks into a file.
const PAGE_MAX: Duration = Duration::from_mins(2);
/// How many bytes the fields of a file with very many columns may have.
const FORM_BYTES_MAX: usize = 8 << 20;
/// How many bytes the fields before a file may have together.
const FIELDS_BYTES_MAX: usize = 4_096;
/// The kinds of files that a browser offers.
const KINDS: &str = ".csv,.tsv,.txt,.ndjson,.jsonl,.json,.parquet";

/// Makes the routes.
pub(super) fn router() -> Router<Site> {
    let pages = Router::new()
        .route("/console/datasets/new", get(new::page).post(new::named))
        .route(
            "/console/datasets/new/columns",
            get(columns::page).post(columns::sent),
        )
        .route(
            "/console/datasets/{dataset}/imports",
            get(imports::page).post(imports::named),
        )
        .route(
            "/console/datasets/{dataset}/imports/{import}",
            get(import::page).post(import::sent),
        )
        .route(
            "/console/datasets/{dataset}/imports/{import}/quarantine",
            get(import::quarantined),
        )
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn_with_state(PAGE_MAX, guard::time));
    let uploads = Router::new()
        .route("/console/datasets/new/file", post(new::file))
        .route(
            "/console/datasets/{dataset}/imports/file",
            post(imports::file),
        )
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(UPLOAD_MAX, guard::time));
    pages.merge(uploads).layer(from_fn(guard::same_site))
}

/// Takes a form whose last field is a file. The mark comes first, so that nothing is taken from another site.
async fn take<P: Sync>(
    view: &Console<P>,
    request: Request,
) -> Result<Result<Deposit, Wrong>, Problem> {
    let (site, caller) = (&view.site, &view.who.caller);
    let headers: HeaderMap = request.headers().clone();
    crate::api::check_length(site, &headers)?;
    let parts = Multipart::from_request(request, site).await;
    let mut parts = parts.map_err(|rejection| of_status(rejection.status()))?;
    let fault = |error: axum::extract::multipart::MultipartError| of_status(error.status());
    let (mut typed, mut length) = (Vec::new(), 0);
    while let Some(mut part) = parts.next_field().await.map_err(fault)? {
        let field = part.name().unwrap_or_default().to_owned();
        if field == "file" {
            checked(&headers, typed)?;
            let name = part.file_name().unwrap_or_default().to_owned();
            let content = part.map_err(std::io::Error::other);
            let laid = site.platform.lay_deposit(caller, &name, content);
            return Ok(match laid.await {
                Ok(deposit) => Ok(deposit),
                Err(error) => Err(wrong_of(error, "file")?),
            });
        }
        let mut text = Vec::new();
        while let Some(chunk) = part.chunk().await.map_err(fault)? {
            length += chunk.len();
            if length > FIELDS_BYTES_MAX {
                return Err(Problem::too_large());
            }
            text.extend_from_slice(&chunk);
        }
        typed.push((field, String::from_utf8_lossy(&text).into_owned()));
    }
    checked(&headers, typed)?;
    let text = Text::new("请选择一个文件", "Choose a file.");
    Ok(Err(Wrong::field("file", text)))
}

/// Reads what a person can mend; a file or a path that cannot be used is told at its field.
fn wrong_of(error: AppError, field: &'static str) -> Result<Wrong, Problem> {
    if let AppError::Lake(LakeError::Source(_) | LakeError::Mapping(_)) = &error {
        return Ok(Wrong::field(field, error.text()));
    }
    Wrong::of(error)
}

/// The field of a file.
fn file_field<P>(view: &Console<P>) -> InputView {
    let lang = view.lang;
    let most = view.site.platform.intake().file_bytes_max >> 20;
    let most = if most < 1_024 {
        format!("{most} MiB")
    } else {
        format!("{} GiB", most >> 10)
    };
    let label = lang.pick(
        format!("文件（CSV、JSON 行或 Parquet，最大 {most}；可拖放到此处）"),
        format!("The file (CSV, JSON lines or Parquet, at most {most}; it can be dragged here)"),
    );
    let note = lang.pick(
        "必填。文件在接收时即逐页加密，不以明文落盘；导入结束后删除，未导入的保留七天。",
        "Necessary. It is encrypted page by page as it arrives and never lies in plain; it goes when its import has ended, and after seven days where nobody imports it.",
    );
    InputView::file(label, KINDS).because(note).needed()
}

/// The form of a file, which is sent below a path.
fn upload_form<P>(view: &Console<P>, id: &'static str, path: &str, act: &str) -> FormView {
    let lang = view.lang;
    FormView {
        inputs: vec![file_field(view)],
        acts: vec![("file", act.to_owned(), false)],
        upload: Some(UploadTexts {
            sent: lang.pick(
                "已上传 {} / {}，每秒 {}，约剩 {}",
                "{} of {} sent, {} a second, about {} left",
            ),
            stop: lang.pick("停止上传", "Stop the upload"),
            stopped: lang.pick(
                "上传已停止，数据集没有变化。",
                "The upload was stopped; no dataset has changed.",
            ),
            broken: lang.pick(
                "连接中断，文件未传完；请检查网络后重新上传。",
                "The connection broke before the whole file was sent; check it and upload the file again.",
            ),
        }),
        ..view.form(id, &format!("{path}/file"))
    }
}

/// The form of a path in the drop area, where the installation has one.
fn path_form<P>(view: &Console<P>, path: &str, typed: &str, act: String) -> Option<FormView> {
    view.site.platform.intake().drop_area.as_ref()?;
    let lang = view.lang;
    let label = lang.pick(
        "投递区中的路径（文件，或以 / 结尾的文件夹）",
        "Path in the drop area (a file, or a folder with / at the end)",
    );
    let note = lang.pick(
        "必填。相对于本企业在投递区的文件夹；文件夹中的全部文件按名称次序导入，文件在原处读取。",
        "Necessary. It begins at your enterprise's folder of the drop area; of a folder every file comes in, in the order of names, and files are read where they lie.",
    );
    let input = InputView::line("path", label).with(typed);
    Some(FormView {
        inputs: vec![input.because(note).needed()],
        acts: vec![("path", act, false)],
        ..view.form("path", path)
    })
}
