//! A new dataset begins with a file.

use axum::extract::{Request, State};
use axum::response::Response;
use yuntu_app::policy::Action;
use yuntu_terms::Lang;

use super::{form, path_field, take, upload_form};
use crate::account::told::shown;
use crate::account::{Wrong, section, to_with};
use crate::console::{Seated, datasets};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::Language;
use crate::problem::Problem;
use crate::report::{Block, FormView, Link};
use crate::state::Site;

const PATH: &str = "/console/datasets/new";
pub(super) const COLUMNS: &str = "/console/datasets/new/columns";

pub(super) async fn page(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    let may = site.platform.authorise(&seated.caller, Action::ImportData);
    may.await?;
    view(
        &site,
        &seated,
        lang,
        &mark,
        (Wrong::default(), Wrong::default(), ""),
    )
}

/// Takes a file and goes on to its columns.
pub(super) async fn file(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    mark: FormMark,
    request: Request,
) -> Result<Response, Problem> {
    match take(&site, &seated, request).await? {
        Ok(laid) => {
            let id = laid.id.to_string();
            Ok(to_with(COLUMNS, lang, &[("deposit", &id)]))
        }
        Err(wrong) => view(&site, &seated, lang, &mark, (wrong, Wrong::default(), "")),
    }
}

/// Takes a path and goes on to the columns of what lies there.
pub(super) async fn named(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    mark: FormMark,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let path = fields.one("path").trim();
    let from = yuntu_app::imports::ImportFrom::Path(path.to_owned());
    match site.platform.propose_mapping(&seated.caller, &from).await {
        Ok(_proposal) => Ok(to_with(COLUMNS, lang, &[("path", path)])),
        Err(error) => {
            let wrong = super::wrong_of(error, "path")?;
            view(&site, &seated, lang, &mark, (Wrong::default(), wrong, path))
        }
    }
}

fn view(
    site: &Site,
    seated: &Seated,
    lang: Lang,
    mark: &FormMark,
    (file, named, path): (Wrong, Wrong, &str),
) -> Result<Response, Problem> {
    let code = lang.pick("zh", "en");
    let status = if file.is_nothing() {
        named.status()
    } else {
        file.status()
    };
    let action = format!("{PATH}/file?lang={code}");
    let act = lang.pick("上传并查看字段", "Upload and look at the columns");
    let upload = upload_form(site, lang, ("new", action, mark.text(), act));
    let heading = lang.pick("上传文件", "Upload a file");
    let mut sections = vec![section(
        "file",
        heading,
        vec![Block::Form(Box::new(file.into_form(upload, lang)))],
    )];
    if site.platform.intake().drop_area.is_some() {
        let by_path = FormView {
            inputs: vec![path_field(lang).with(path)],
            acts: vec![(
                "path",
                lang.pick("查看字段", "Look at the columns").to_owned(),
                false,
            )],
            ..form("path", format!("{PATH}?lang={code}"), mark.text())
        };
        let heading = lang.pick("使用投递区中的文件", "Use a file in the drop area");
        let block = Block::Form(Box::new(named.into_form(by_path, lang)));
        sections.push(section("path", heading, vec![block]));
    }
    let title = lang.pick("新建数据集", "New dataset");
    let mut frame = seated.person.frame(lang, title, PATH, mark);
    frame.up = Some(Link {
        address: format!("{}?lang={code}", datasets::PATH),
        text: lang.pick("全部数据集", "All datasets").to_owned(),
        note: String::new(),
    });
    let lead = lang.pick(
        "先提供一份文件：平台会提议每个字段的作用与类别，由您逐一确认，然后才开始导入。",
        "A dataset begins with a file: the platform proposes what each column is and how closely it is tied to a person, you confirm each, and only then rows come in.",
    );
    shown(site, mark, frame, lead, sections, status)
}
