//! The papers of a dataset: what each shows, whether it still counts, who looked, and the forms to add and take back.

use yuntu_app::policy::EvidenceKind;
use yuntu_app::words::minute;
use yuntu_app::{EvidenceView, SourceView};
use yuntu_terms::Lang;

use super::{View, path};
use crate::files::KINDS;
use crate::forms::Fields;
use crate::report::{Block, FormView, InputView, Link, Part, Section, opened, section};
use crate::view::Wrong;

/// Names a paper by what it shows and when it came.
pub(crate) fn paper_title(view: &EvidenceView, lang: Lang) -> String {
    let kind = view.paper.evidence.kind.text();
    let name = opened(kind.get(lang), lang);
    format!("{name} · {}", minute(view.paper.added))
}

impl View {
    pub(super) fn papers(
        &self,
        source: &SourceView,
        (of_add, add): (Option<&Fields>, Wrong),
        (of_revoke, revoke): (Option<&Fields>, Wrong),
    ) -> Section {
        let lang = self.lang;
        let mut blocks = Vec::new();
        if source.papers.is_empty() {
            blocks.push(Block::Text(
                self.t("还没有证明文件。", "There is no paper yet."),
            ));
        }
        blocks.extend(source.papers.iter().map(|it| Block::Part(self.paper(it))));
        if source.may_declare {
            let links: Vec<Link> = source
                .papers
                .iter()
                .filter_map(|it| self.download(it))
                .collect();
            if !links.is_empty() {
                blocks.push(Block::Links(links));
            }
            let form = add.into_form(self.add_form(of_add), lang);
            blocks.push(Block::Form(Box::new(form)));
            if source.papers.iter().any(|it| it.paper.revoked.is_none()) {
                let form = revoke.into_form(self.revoke_form(source, of_revoke), lang);
                blocks.push(Block::Form(Box::new(form)));
            }
        }
        section("papers", lang.pick("证明文件", "Papers"), blocks)
    }

    pub(super) fn title(&self, view: &EvidenceView) -> String {
        paper_title(view, self.lang)
    }

    fn paper(&self, view: &EvidenceView) -> Part {
        let it = &view.paper;
        let state = match (it.revoked, &view.file) {
            (Some(at), _) => {
                let why = it.reason.as_deref().unwrap_or_default();
                let at = minute(at);
                self.lang.pick(
                    format!("已于 {at} 撤回：{why}"),
                    format!("taken back at {at}: {why}"),
                )
            }
            (None, None) => self.t("文件已不存在", "the file is gone"),
            (None, Some(_)) => self.t("有效", "good"),
        };
        let file = view.file.map_or_else(String::new, |file| {
            let kind = file.kind.code().to_uppercase();
            format!("{kind}, {} KiB", file.size_bytes.div_ceil(1_024))
        });
        let looks = view.looks.first().map_or_else(
            || self.t("还没有", "not yet"),
            |last| {
                let (many, at) = (view.looks.len(), minute(last.at));
                self.lang.pick(
                    format!("{many} 次，最近 {at}"),
                    format!("{many}, last at {at}"),
                )
            },
        );
        Part {
            title: self.title(view),
            facts: vec![
                (self.t("状态", "State"), state),
                (self.t("文件", "File"), file),
                (
                    self.t("文件摘要（SHA-256）", "Digest of the file (SHA-256)"),
                    it.evidence.digest.to_string(),
                ),
                (self.t("被查看", "Looked at"), looks),
            ],
        }
    }

    fn download(&self, view: &EvidenceView) -> Option<Link> {
        view.file?;
        let title = self.title(view);
        Some(Link {
            address: format!(
                "{}/papers/{}",
                path(self.about.dataset),
                view.paper.evidence.paper
            ),
            text: self
                .lang
                .pick(format!("下载：{title}"), format!("Download: {title}")),
            note: self.t("下载会留下记录", "the download is recorded"),
        })
    }

    fn add_form(&self, typed: Option<&Fields>) -> FormView {
        let lang = self.lang;
        let chosen = typed.map_or("", |fields| fields.one("kind"));
        let kinds = EvidenceKind::ALL.iter().map(|kind| {
            let text = kind.text();
            (kind.code().to_owned(), opened(text.get(lang), lang))
        });
        FormView {
            inputs: vec![
                self.pick("kind", self.t("证明什么", "What it shows"), chosen, kinds)
                    .because(self.t(
                        "不同来源所需的证明不同。",
                        "Each kind of source asks for its own.",
                    ))
                    .needed(),
                InputView::file(
                    self.t(
                        "文件（PDF、PNG 或 JPEG，最大 5 MiB）",
                        "The file (PDF, PNG or JPEG, at most 5 MiB)",
                    ),
                    KINDS,
                )
                .because(self.t(
                    "加密保存，按内容检查；只有可声明来源的代表能打开，每次都有记录。",
                    "Kept encrypted and looked through; only representatives who may declare open it, and each look is recorded.",
                ))
                .needed(),
            ],
            acts: vec![("paper", self.t("上传证明", "Add the paper"), true)],
            ..self.form("paper", &format!("{}/papers", path(self.about.dataset)))
        }
    }

    fn revoke_form(&self, source: &SourceView, typed: Option<&Fields>) -> FormView {
        let chosen = typed.map_or("", |fields| fields.one("paper"));
        let good = source.papers.iter().filter(|it| it.paper.revoked.is_none());
        let papers = good.map(|it| (it.paper.evidence.paper.to_string(), self.title(it)));
        FormView {
            inputs: vec![
                self.pick("paper", self.t("撤回哪一份", "Which paper"), chosen, papers)
                    .because(self.t(
                        "以它为据的说明若其余证明不足，处理随即停止；只以它为据的默认同意范围不再有效。",
                        "If the other papers do not prove enough, work on the dataset stops at once; a default scope of consent that rests on it alone no longer holds.",
                    ))
                    .needed(),
                InputView::line("reason", self.t("理由", "Why"))
                    .with(typed.map_or("", |fields| fields.one("reason")))
                    .because(self.t(
                        "一行，例如“已由新合同取代”。请勿写入个人信息。",
                        "One line, such as “replaced by the new contract”. Write no personal data here.",
                    ))
                    .needed(),
            ],
            acts: vec![("revoke", self.t("撤回证明", "Take the paper back"), true)],
            ..self.form("revoke", &path(self.about.dataset))
        }
    }
}
