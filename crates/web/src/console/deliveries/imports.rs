//! The imports of a dataset, and its next delivery.

use axum::extract::Request;
use axum::response::Response;
use yuntu_app::imports::{ImportFrom, ImportView};
use yuntu_app::store::SourceLabel;
use yuntu_app::words::{grouped, import_text, minute};
use yuntu_terms::{DatasetId, ImportId, Lang};

use super::{path_form, take, upload_form, wrong_of};
use crate::console::{Console, datasets};
use crate::forms::{Fields, Sent};
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{Block, Link, Section, Table, section};
use crate::view::Wrong;

struct Topic {
    dataset: DatasetId,
}

type View = Console<Topic>;

pub(super) async fn page(
    console: Console,
    Named(dataset): Named<DatasetId>,
) -> Result<Response, Problem> {
    let view = console.about(Topic { dataset });
    view.show((Wrong::default(), Wrong::default(), "")).await
}

/// Takes the next delivery as a file.
pub(super) async fn file(
    console: Console,
    Named(dataset): Named<DatasetId>,
    request: Request,
) -> Result<Response, Problem> {
    let view = console.about(Topic { dataset });
    // Before a large file is taken: is there such a dataset?
    let platform = &view.site.platform;
    platform.view_dataset(&view.who.caller, dataset).await?;
    match take(&view, request).await? {
        Ok(laid) => {
            let from = ImportFrom::Deposit(laid.id);
            view.begin(&from, "file", "").await
        }
        Err(wrong) => view.show((wrong, Wrong::default(), "")).await,
    }
}

/// Takes the next delivery by its path in the drop area.
pub(super) async fn named(
    console: Console,
    Named(dataset): Named<DatasetId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let view = console.about(Topic { dataset });
    let path = fields.one("path").trim();
    view.begin(&ImportFrom::Path(path.to_owned()), "path", path)
        .await
}

impl View {
    fn path(&self) -> String {
        format!("{}/{}/imports", datasets::PATH, self.about.dataset)
    }

    /// Asks for the import and leads to it, or to the list when there are several.
    async fn begin(
        &self,
        from: &ImportFrom,
        field: &'static str,
        path: &str,
    ) -> Result<Response, Problem> {
        let platform = &self.site.platform;
        let begun = platform.begin_import(&self.who.caller, self.about.dataset, from, None);
        match begun.await {
            Ok(imports) => {
                let to = match imports.as_slice() {
                    [one] => format!("{}/{one}", self.path()),
                    _ => self.path(),
                };
                Ok(self.on_to(&to, ""))
            }
            Err(error) => {
                let wrong = wrong_of(error, field)?;
                let wrong = if field == "file" {
                    (wrong, Wrong::default(), path)
                } else {
                    (Wrong::default(), wrong, path)
                };
                self.show(wrong).await
            }
        }
    }

    async fn show(&self, (file, named, path): (Wrong, Wrong, &str)) -> Result<Response, Problem> {
        let (lang, platform) = (self.lang, &self.site.platform);
        let described = platform
            .view_dataset(&self.who.caller, self.about.dataset)
            .await?;
        let found = platform
            .list_imports(&self.who.caller, self.about.dataset)
            .await?;
        let status = Wrong::status_of([&file, &named]);
        let act = lang.pick("上传并导入", "Upload and import");
        let upload = upload_form(self, "next", &self.path(), act);
        let upload = Block::Form(Box::new(file.into_form(upload, lang)));
        let mut next = vec![
            Block::Text(self.t(
                "字段须与建立数据集时确认的相同。同一份文件再次导入不会改变任何内容。",
                "Its columns must be those that were confirmed for the dataset. The same file imported again changes nothing.",
            )),
            upload,
        ];
        if let Some(form) = path_form(self, &self.path(), path, self.t("导入", "Import")) {
            next.push(Block::Form(Box::new(named.into_form(form, lang))));
        }
        let sections = vec![
            self.list(&found),
            section("next", lang.pick("下一次交付", "The next delivery"), next),
        ];
        let title = lang.pick(
            format!("导入：{}", described.name),
            format!("Imports: {}", described.name),
        );
        let frame = self.frame(title, self.path()).below(Link {
            text: described.name,
            ..self.link(
                &format!("{}/{}", datasets::PATH, self.about.dataset),
                "",
                "",
            )
        });
        self.shown(frame, "", sections, status)
    }

    fn list(&self, found: &[ImportView]) -> Section {
        let lang = self.lang;
        let title = lang.pick("全部导入", "All imports");
        if found.is_empty() {
            let text = self.t("还没有导入。", "Nothing was imported yet.");
            return section("imports", title, vec![Block::Text(text)]);
        }
        let address = |id: ImportId| self.address(&format!("{}/{id}", self.path()));
        let links = found.iter().enumerate();
        let links = links.map(|(row, view)| ((row, 0), address(view.import.id)));
        let rows = found.iter().map(|view| {
            let progress = &view.import.progress;
            vec![
                minute(view.import.created),
                source_word(view.source.as_ref(), lang),
                state_word(view, lang),
                grouped(progress.rows_loaded),
                grouped(progress.rows_quarantined),
            ]
        });
        let table = Table {
            links: links.collect(),
            ..self.table(
                self.t("最近的导入", "The newest imports"),
                &[
                    ("开始", "Begun"),
                    ("来源", "From"),
                    ("结果", "Outcome"),
                    ("导入行", "Rows loaded"),
                    ("隔离行", "Rows in quarantine"),
                ],
                rows,
            )
        };
        section("imports", title, vec![Block::Table(table)])
    }
}

/// Says from where rows come.
pub(super) fn source_word(source: Option<&SourceLabel>, lang: Lang) -> String {
    match source {
        Some(SourceLabel::Upload(name) | SourceLabel::Path(name)) => name.clone(),
        Some(SourceLabel::Events) => lang.pick("接口逐行发送", "rows by the API").to_owned(),
        None => lang.pick("安装时导入", "at the installation").to_owned(),
    }
}

/// Says how far an import is, in a few words.
pub(super) fn state_word(view: &ImportView, lang: Lang) -> String {
    let import = &view.import;
    if import.same_as.is_some() {
        return lang
            .pick("已导入过，未改变", "imported before, nothing changed")
            .to_owned();
    }
    if import.cancel_asked.is_some() && !import.status.is_final() {
        return lang.pick("正在取消", "being cancelled").to_owned();
    }
    import_text(import.status).get(lang).to_owned()
}
