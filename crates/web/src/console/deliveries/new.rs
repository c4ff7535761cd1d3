//! A new dataset begins with a file.

use axum::extract::Request;
use axum::response::Response;
use yuntu_app::imports::ImportFrom;
use yuntu_app::policy::Action;

use super::{path_form, take, upload_form, wrong_of};
use crate::console::{Console, datasets};
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, section};
use crate::view::{Wrong, to_with};

pub(super) const PATH: &str = "/console/datasets/new";
pub(super) const COLUMNS: &str = "/console/datasets/new/columns";

pub(super) async fn page(console: Console) -> Result<Response, Problem> {
    let platform = &console.site.platform;
    let may = platform.authorise(&console.who.caller, Action::ImportData);
    may.await?;
    show(&console, Wrong::default(), Wrong::default(), "")
}

/// Takes a file and goes on to its columns.
pub(super) async fn file(console: Console, request: Request) -> Result<Response, Problem> {
    match take(&console, request).await? {
        Ok(laid) => {
            let id = laid.id.to_string();
            Ok(to_with(COLUMNS, console.lang, &[("deposit", &id)]))
        }
        Err(wrong) => show(&console, wrong, Wrong::default(), ""),
    }
}

/// Takes a path and goes on to the columns of what lies there.
pub(super) async fn named(
    console: Console,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let path = fields.one("path").trim();
    let from = ImportFrom::Path(path.to_owned());
    let platform = &console.site.platform;
    match platform.propose_mapping(&console.who.caller, &from).await {
        Ok(_proposal) => Ok(to_with(COLUMNS, console.lang, &[("path", path)])),
        Err(error) => show(&console, Wrong::default(), wrong_of(error, "path")?, path),
    }
}

fn show(console: &Console, file: Wrong, named: Wrong, path: &str) -> Result<Response, Problem> {
    let lang = console.lang;
    let status = Wrong::status_of([&file, &named]);
    let act = lang.pick("上传并查看字段", "Upload and look at the columns");
    let form = file.into_form(upload_form(console, "new", PATH, act), lang);
    let heading = lang.pick("上传文件", "Upload a file");
    let mut sections = vec![section("file", heading, vec![Block::Form(Box::new(form))])];
    let act = console.t("查看字段", "Look at the columns");
    if let Some(form) = path_form(console, PATH, path, act) {
        let heading = lang.pick("使用投递区中的文件", "Use a file in the drop area");
        let block = Block::Form(Box::new(named.into_form(form, lang)));
        sections.push(section("path", heading, vec![block]));
    }
    let frame = console
        .frame(lang.pick("新建数据集", "New dataset"), PATH)
        .below(console.link(datasets::PATH, "全部数据集", "All datasets"));
    let lead = lang.pick(
        "先提供一份文件：平台会提议每个字段的作用与类别，由您逐一确认，然后才开始导入。",
        "A dataset begins with a file: the platform proposes what each column is and how closely it is tied to a person, you confirm each, and only then rows come in.",
    );
    console.shown(frame, lead, sections, status)
}
