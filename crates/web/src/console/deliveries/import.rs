//! One import: how far, how fast, why not, and what did not fit. The page of one that runs is asked for anew by itself.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use yuntu_app::imports::{ImportFault, ImportView, Pace};
use yuntu_app::words::{grouped, minute};
use yuntu_terms::{DatasetId, ImportId, Lang};

use super::imports::{source_word, state_word};
use crate::console::{Console, Seated, datasets, instructions};
use crate::forms::{Fields, Sent};
use crate::input::{InPath, InQuery, Language};
use crate::problem::Problem;
use crate::quarantine;
use crate::report::{Block, FormView, Link, Section, section};
use crate::state::Site;

/// After how many seconds a browser asks again how far an import is.
const REFRESH: &str = "3";

/// How the page is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct How {
    /// With `still` the page stays as it is until one asks for it.
    refresh: String,
}

struct Topic {
    found: ImportView,
    still: bool,
}

type View = Console<Topic>;

pub(super) async fn page(
    console: Console,
    InPath((dataset, import)): InPath<(DatasetId, ImportId)>,
    InQuery(how): InQuery<How>,
) -> Result<Response, Problem> {
    let platform = &console.site.platform;
    let found = platform.view_import(&console.who.caller, dataset, import);
    let found = found.await?;
    let view = console.about(Topic {
        found,
        still: how.refresh == "still",
    });
    view.show(&format!("{}/{dataset}/imports", datasets::PATH))
}

/// Asks that the import stops.
pub(super) async fn sent(
    console: Console,
    InPath((dataset, import)): InPath<(DatasetId, ImportId)>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    if fields.one("act") == "cancel" {
        let platform = &console.site.platform;
        let cancelled = platform.cancel_import(&console.who.caller, dataset, import);
        cancelled.await?;
    }
    let path = format!("{}/{dataset}/imports/{import}", datasets::PATH);
    Ok(console.on_to(&path, ""))
}

/// Hands out the rows that did not fit.
pub(super) async fn quarantined(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    InPath((dataset, import)): InPath<(DatasetId, ImportId)>,
) -> Result<Response, Problem> {
    let platform = &site.platform;
    let found = platform.quarantine_of_import(&seated.caller, dataset, import);
    Ok(quarantine::csv(found.await?, lang))
}

impl View {
    /// Shows the import, below the path of all of its dataset.
    fn show(&self, all: &str) -> Result<Response, Problem> {
        let (lang, found) = (self.lang, &self.about.found);
        let path = format!("{all}/{}", found.import.id);
        let mut frame = self.frame(lang.pick("导入", "Import"), &path);
        if self.about.still {
            frame.query = String::from("refresh=still&");
        }
        frame.up = Some(self.link(all, "全部导入", "All imports"));
        let mut sections = vec![self.progress(&path)];
        sections.extend(self.instruction());
        sections.extend(self.outcome(&path));
        if self.is_open() && found.import.cancel_asked.is_none() {
            let label = self.t("取消导入", "Cancel the import");
            let cancel = FormView {
                acts: vec![("cancel", label, true)],
                ..self.form("cancel", &path)
            };
            let text = self.t(
                "取消后，已提交的行保留；再次导入同一文件会从该处继续，不会重复。",
                "What is committed stays when it is cancelled; the same file imported again goes on from there and nothing is doubled.",
            );
            let blocks = vec![Block::Text(text), Block::Form(Box::new(cancel))];
            sections.push(section("cancel", lang.pick("取消", "Cancel"), blocks));
        }
        let lead = source_word(found.source.as_ref(), lang);
        let mut page = self.shown(frame, lead, sections, StatusCode::OK)?;
        if self.is_open() && !self.about.still {
            let refresh = HeaderName::from_static("refresh");
            page.headers_mut()
                .insert(refresh, HeaderValue::from_static(REFRESH));
        }
        Ok(page)
    }

    /// Leads to the instruction on which it is done.
    fn instruction(&self) -> Option<Section> {
        let id = self.about.found.import.instruction?;
        let path = format!("{}/{id}", instructions::PATH);
        let link = self.link(&path, "依据的指示", "The instruction on which it is done");
        let title = self.lang.pick("指示", "Instruction");
        Some(section(
            "instruction",
            title,
            vec![Block::Links(vec![link])],
        ))
    }

    fn is_open(&self) -> bool {
        !self.about.found.import.status.is_final()
    }

    fn progress(&self, path: &str) -> Section {
        let (lang, import) = (self.lang, &self.about.found.import);
        let progress = &import.progress;
        let mut facts = vec![
            (self.t("状态", "State"), state_word(&self.about.found, lang)),
            (
                self.t("已导入行", "Rows loaded"),
                grouped(progress.rows_loaded),
            ),
            (
                self.t("隔离行", "Rows in quarantine"),
                grouped(progress.rows_quarantined),
            ),
            (
                self.t("已读取", "Read"),
                read(progress.bytes_done, progress.bytes_total, lang),
            ),
        ];
        if let Some(pace) = self.about.found.pace {
            facts.extend(self.pace(pace));
        }
        if progress.conflicts > 0 {
            let name = self.t("标识冲突", "Conflicts of identifiers");
            let rows = grouped(progress.conflicts);
            let text = lang.pick(
                format!("{rows} 行同时指向两位已知的人：二者视为同一人，同意以最严者为准"),
                format!("{rows} rows named two known people. They are one person, and of their consents the strictest counts"),
            );
            facts.push((name, text));
        }
        facts.push((self.t("开始", "Begun"), minute(import.created)));
        if let Some(finished) = import.finished {
            facts.push((self.t("结束", "Ended"), minute(finished)));
        }
        let mut blocks = vec![Block::Facts(facts)];
        if progress.conflicts > 0 {
            blocks.push(Block::Note(self.t(
                "一人至多合并 16 个编号，超出的行计入冲突但不合并。冲突很多时，请检查标识列中是否有“-”“0”之类的占位值：映射应将其列为空值。",
                "At most 16 numbers are taken for one person; a row that leads beyond is counted as a conflict and joins nobody. Where conflicts are many, see whether the identifier columns hold placeholders such as - or 0, which the mapping should list as empty values.",
            )));
        }
        if self.about.found.resumed && self.is_open() {
            blocks.push(Block::Note(self.t(
                "导入曾中断：现从已提交处继续，没有遗漏也没有重复。",
                "The import was interrupted: it goes on from what was committed, with nothing lost and nothing doubled.",
            )));
        }
        if self.is_open() {
            blocks.push(self.refreshing(path));
        }
        section("progress", lang.pick("进度", "Progress"), blocks)
    }

    /// Lets a person stop the page from being asked for anew, or begin it again.
    fn refreshing(&self, path: &str) -> Block {
        let link = if self.about.still {
            self.link(path, "自动刷新此页", "Refresh this page by itself")
        } else {
            let code = self.lang.pick("zh", "en");
            Link {
                address: format!("{path}?refresh=still&lang={code}"),
                text: self.t("停止自动刷新", "Stop refreshing this page"),
                note: self.t("此页每三秒刷新一次", "it is refreshed every three seconds"),
            }
        };
        Block::Links(vec![link])
    }

    fn pace(&self, pace: Pace) -> [(String, String); 2] {
        let minutes = pace.seconds_left.div_ceil(60);
        let left = if pace.seconds_left < 60 {
            self.t("不到一分钟", "less than a minute")
        } else {
            self.lang.pick(
                format!("约 {minutes} 分钟"),
                format!("about {minutes} minutes"),
            )
        };
        [
            (
                self.t("每秒行数", "Rows a second"),
                grouped(pace.rows_per_second),
            ),
            (self.t("剩余时间", "Time left"), left),
        ]
    }

    /// What came of it: why it failed, whether it was the same file, and which rows did not fit.
    fn outcome(&self, path: &str) -> Option<Section> {
        let (lang, import) = (self.lang, &self.about.found.import);
        let mut blocks = Vec::new();
        if let Some(failure) = &import.failure {
            blocks.push(Block::Text(ImportFault::text(failure).get(lang).to_owned()));
        }
        let mut links = Vec::new();
        if let Some(same) = import.same_as {
            blocks.push(Block::Text(self.t(
                "同一份文件此前已经导入，这一次没有改变任何内容。",
                "The same file was imported before; this time nothing was changed.",
            )));
            let path = path.replace(&import.id.to_string(), &same.to_string());
            links.push(self.link(&path, "查看那次导入", "See that import"));
        }
        if import.progress.rows_quarantined > 0 {
            let text = self.t(
                "下载未导入的行（CSV）",
                "Download the rows that did not fit (CSV)",
            );
            links.push(Link {
                note: self.t(
                    "行号、字段与原因，不含数值",
                    "lines, columns and reasons, without values",
                ),
                ..self.named(&format!("{path}/quarantine"), text)
            });
        }
        if !links.is_empty() {
            blocks.push(Block::Links(links));
        }
        if blocks.is_empty() {
            return None;
        }
        Some(section("outcome", lang.pick("结果", "Outcome"), blocks))
    }
}

/// Says how much of a file was read.
fn read(done: u64, total: u64, lang: Lang) -> String {
    let size = |bytes: u64| match bytes {
        0..1_048_576 => format!("{} KiB", bytes.div_ceil(1_024)),
        _ => format!("{} MiB", grouped(bytes >> 20)),
    };
    let share = done
        .saturating_mul(100)
        .checked_div(total)
        .unwrap_or(0)
        .min(100);
    lang.pick(
        format!("{share}%（{} / {}）", size(done), size(total)),
        format!("{share}% ({} of {})", size(done), size(total)),
    )
}
