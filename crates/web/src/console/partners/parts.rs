//! The parts of a partner's page that only tell: its versions, its papers, what names it and what went to it.

use yuntu_app::JOBS_PAGE;
use yuntu_app::partners::{PartnerPaperView, PartnerVersionView, PartnerView};
use yuntu_app::policy::{BorderGround, PartnerPaperKind, PartnerRole, SubProcessing};
use yuntu_app::store::LeafId;
use yuntu_app::words::{class_text, minute, operation_text};
use yuntu_terms::Text;

use super::form::last_day;
use super::one::View;
use crate::console::instructions;
use crate::console::instructions::one::jobs_table;
use crate::files::KINDS;
use crate::forms::Fields;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, Part, Section, opened, section};
use crate::view::Wrong;

/// Says what was just done.
pub(super) fn said(done: &str) -> Option<Text> {
    Some(match done {
        "registered" => Text::new(
            "已登记为草稿；下一步上传文件。",
            "It is registered as a draft; the papers come next.",
        ),
        "corrected" => Text::new("草稿已保存。", "The draft is saved."),
        "enforced" => Text::new("新版本已生效。", "The version is in force."),
        "paper" => Text::new("文件已上传。", "The paper is kept."),
        "suspended" => Text::new(
            "已暂停：正在向其提供的已停止。",
            "It is suspended; what it was receiving is stopped.",
        ),
        "resumed" => Text::new("已恢复。", "It is resumed."),
        "ended" => Text::new(
            "已终止：正在向其提供的已停止。",
            "It has ended; what it was receiving is stopped.",
        ),
        _ => return None,
    })
}

impl View {
    pub(super) fn papers(
        &self,
        view: &PartnerView,
        add: Option<(Option<&Fields>, Wrong)>,
    ) -> Section {
        let lang = self.lang;
        let mut blocks = Vec::new();
        if view.papers.is_empty() {
            blocks.push(Block::Text(
                self.t("还没有文件。", "There is no paper yet."),
            ));
        }
        blocks.extend(view.papers.iter().map(|it| Block::Part(self.paper(it))));
        if view.may_manage {
            let links = view.papers.iter().filter_map(|it| self.download(it));
            let links: Vec<Link> = links.collect();
            if !links.is_empty() {
                blocks.push(Block::Links(links));
            }
        }
        if let Some((typed, wrong)) = add {
            let form = wrong.into_form(self.paper_form(typed), lang);
            blocks.push(Block::Form(Box::new(form)));
        }
        section("papers", lang.pick("文件", "Papers"), blocks)
    }

    fn paper_title(&self, view: &PartnerPaperView) -> String {
        let kind = view.row.paper.kind.text();
        let name = opened(kind.get(self.lang), self.lang);
        format!("{name} · {}", minute(view.row.added))
    }

    fn paper(&self, view: &PartnerPaperView) -> Part {
        let file = view.file.map_or_else(
            || self.t("文件已不存在", "the file is gone"),
            |file| {
                let kind = file.kind.code().to_uppercase();
                format!("{kind}, {} KiB", file.size_bytes.div_ceil(1_024))
            },
        );
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
            title: self.paper_title(view),
            facts: vec![
                (self.t("文件", "File"), file),
                (
                    self.t("文件摘要（SHA-256）", "Digest of the file (SHA-256)"),
                    view.row.paper.digest.to_string(),
                ),
                (self.t("被查看", "Looked at"), looks),
            ],
        }
    }

    fn download(&self, view: &PartnerPaperView) -> Option<Link> {
        view.file?;
        let title = self.paper_title(view);
        Some(Link {
            address: format!("{}/papers/{}", self.path(), view.row.paper.paper),
            text: self
                .lang
                .pick(format!("下载：{title}"), format!("Download: {title}")),
            note: self.t("下载会留下记录", "the download is recorded"),
        })
    }

    fn paper_form(&self, typed: Option<&Fields>) -> FormView {
        let lang = self.lang;
        let chosen = typed.map_or("", |fields| fields.one("kind"));
        let kinds = PartnerPaperKind::ALL.iter().map(|kind| {
            let text = kind.text();
            (kind.code().to_owned(), opened(text.get(lang), lang))
        });
        FormView {
            inputs: vec![
                self.pick("kind", self.t("是什么文件", "What it is"), chosen, kinds)
                    .because(self.t(
                        "协议与评估报告必须有；境外的合作方还须有出境机制的文件。新版本以每种最新的一份为据。",
                        "The agreement and the report of the assessment are necessary; of a partner abroad, the paper of the way abroad too. A new version rests on the newest of each kind.",
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
                    "加密保存，按内容检查；只有管理合作方的代表能打开，每次都有记录。",
                    "Kept encrypted and looked through; only representatives who keep the register open it, and each look is recorded.",
                ))
                .needed(),
            ],
            acts: vec![("paper", self.t("上传文件", "Add the paper"), true)],
            ..self.form("paper", &format!("{}/papers", self.path()))
        }
    }

    pub(super) fn versions(&self, view: &PartnerView) -> Section {
        let title = self.lang.pick("版本", "Versions");
        let in_force = view.partner.version;
        let parts = view.versions.iter();
        let parts = parts.map(|it| Block::Part(self.version(it, in_force)));
        section("versions", title, parts.collect())
    }

    fn version(&self, view: &PartnerVersionView, in_force: Option<u64>) -> Part {
        let (it, lang) = (&view.version, self.lang);
        let number = it.version;
        let state = match it.enforced {
            None => self.t("草稿，未生效", "a draft, not in force"),
            Some((_, at)) if in_force == Some(number) => {
                let at = minute(at);
                lang.pick(format!("{at} 起生效"), format!("in force since {at}"))
            }
            Some((_, at)) => {
                let at = minute(at);
                lang.pick(
                    format!("{at} 生效，已被取代"),
                    format!("put in force at {at}, superseded since"),
                )
            }
        };
        let mut facts = vec![(self.t("状态", "State"), state)];
        facts.extend(self.terms(view));
        if let Some(digest) = it.digest {
            facts.push((
                self.t("摘要（已记入账本）", "Digest (as the ledger has it)"),
                digest.to_string(),
            ));
        }
        facts.push((self.t("保存于", "Saved"), minute(it.recorded)));
        Part {
            title: lang.pick(format!("第 {number} 版"), format!("Version {number}")),
            facts,
        }
    }

    /// Writes what a version says, line by line.
    fn terms(&self, view: &PartnerVersionView) -> Vec<(String, String)> {
        let (it, lang) = (&view.version.terms, self.lang);
        let said = |text: Option<Text>| {
            text.map_or_else(|| "–".to_owned(), |text| opened(text.get(lang), lang))
        };
        let join = |parts: Vec<String>| {
            if parts.is_empty() {
                "–".to_owned()
            } else {
                parts.join(lang.pick("；", "; "))
            }
        };
        let purposes = it.purposes.iter().map(|it| self.purpose(it)).collect();
        let operations = it.operations.iter().map(|it| operation_text(*it));
        let operations = operations.map(|it| it.get(lang).to_owned()).collect();
        let classes = it.classes.iter().map(|it| class_text(*it));
        let classes = classes.map(|it| it.get(lang).to_owned()).collect();
        let days = |from, until| {
            let (from, until) = (minute(from), last_day(until));
            lang.pick(
                format!("{from} 至 {until}（含当日）"),
                format!("{from} to {until}, that day included"),
            )
        };
        let period = it.period.map(|it| days(it.from, it.until));
        let assessment = it.assessment.map(|it| {
            let result = it.result.text();
            let result = result.get(lang);
            let days = days(it.made, it.review);
            lang.pick(format!("{result}；{days}"), format!("{result}; {days}"))
        });
        let border = it.cross_border.as_ref().map(|it| self.border(it, days));
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        let mut facts = vec![
            (self.t("名称", "Name"), it.name.clone()),
            (self.t("所在地区", "Region"), it.region.to_string()),
            (
                self.t("身份", "What it is"),
                said(it.role.map(PartnerRole::text)),
            ),
            (
                self.t("统一社会信用代码", "Unified social credit code"),
                or_none(it.credit_code.clone()),
            ),
        ];
        if let Some(contact) = &view.contact {
            facts.push((self.t("联系方式", "How it is reached"), contact.clone()));
        }
        facts.extend([
            (self.t("目的", "Purposes"), join(purposes)),
            (self.t("操作", "Operations"), join(operations)),
            (self.t("数据类别", "Classes of data"), join(classes)),
            (self.t("处理方式", "In which way"), it.manner.clone()),
            (self.t("对方的义务", "What it owes"), it.obligations.clone()),
            (
                self.t("转委托", "Entrusting others"),
                said(it.sub_processing.map(SubProcessing::text)),
            ),
            (
                self.t("协议期限", "Period of the agreement"),
                or_none(period),
            ),
            (self.t("影响评估", "Impact assessment"), or_none(assessment)),
            (self.t("出境依据", "The way abroad"), or_none(border)),
        ]);
        facts
    }

    fn border(
        &self,
        it: &BorderGround,
        days: impl Fn(yuntu_terms::Timestamp, yuntu_terms::Timestamp) -> String,
    ) -> String {
        let way = it.mechanism.text();
        let days = days(it.period.from, it.period.until);
        let (filing, from) = (&it.filing, it.from);
        self.lang.pick(
            format!("{} {filing}，自 {from} 出境；{days}", way.zh),
            format!("{} {filing}, out of {from}; {days}", way.en),
        )
    }

    /// Leads to what names the partner: datasets whose scope does, and instructions.
    pub(super) fn named_by(&self, view: &PartnerView) -> Section {
        let lang = self.lang;
        let datasets = view.datasets.iter().map(|(id, name)| Link {
            address: self.address(&format!("/console/datasets/{id}/consent")),
            text: name.clone(),
            note: self.t(
                "同意范围包括此合作方",
                "its scope of consent names the partner",
            ),
        });
        let now = self.site.platform.now();
        let given = view.instructions.iter().map(|it| Link {
            address: self.address(&format!("{}/{}", instructions::PATH, it.facts.id)),
            text: instructions::title_of(self, it),
            note: instructions::state_of(it, now, lang),
        });
        let links: Vec<Link> = datasets.chain(given).collect();
        let nothing = self.t(
            "还没有同意范围或指示以其为接收方。",
            "No scope of consent and no instruction names it yet.",
        );
        let title = lang.pick(
            "以其为接收方的同意范围与指示",
            "Scopes and instructions that name it",
        );
        section("named", title, vec![Block::links(links, nothing)])
    }

    /// Shows the work whose result it was to receive.
    pub(super) async fn jobs(&self, before: &str) -> Result<Section, Problem> {
        let lang = self.lang;
        let title = lang.pick("向其提供或由其处理的工作", "Work towards it");
        let (platform, caller) = (&self.site.platform, &self.who.caller);
        let before = before.parse().ok().map(LeafId::of_number);
        let jobs = platform.partner_jobs(caller, self.about.id, before).await?;
        if jobs.is_empty() {
            let text = self.t("还没有。", "There is none yet.");
            return Ok(section("jobs", title, vec![Block::Text(text)]));
        }
        let mut blocks = vec![Block::Table(jobs_table(self, &jobs))];
        let earlier = ("更早的工作", "Earlier work");
        let shown = (jobs.as_slice(), JOBS_PAGE);
        let older = self.older(shown, &self.path(), |it| it.leaf.number(), earlier);
        blocks.extend(older.map(|link| Block::Links(vec![link])));
        Ok(section("jobs", title, blocks))
    }
}
