//! The versions of a declaration, each with what it says and what changed, and what is to be known of them first.

use yuntu_app::policy::{DeclarationPart, EndingStep};
use yuntu_app::words::minute;
use yuntu_app::{Confirmer, DeclarationView, SourceView};
use yuntu_terms::{Lang, Timestamp};

use super::View;
use super::form::last_day;
use crate::report::{Block, Part, Section, opened, section};

/// Says what is to be known first of a declaration; nothing needs doing when the first line stands alone.
pub(crate) fn warnings(source: &SourceView, lang: Lang) -> Vec<String> {
    let t = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
    let mut lines = Vec::new();
    let Some(it) = source.in_force() else {
        lines.push(t(
            "还没有已确认的来源与合法性说明：数据集处于隔离，任何处理都会被拒绝。",
            "There is no confirmed declaration of source and lawfulness: the dataset waits in quarantine and all work on it is refused.",
        ));
        return lines;
    };
    let until = it.declaration.declared.period.map(|it| it.until);
    let until = until.map_or_else(String::new, last_day);
    lines.push(match it.ending {
        None => lang.pick(
            format!("说明已确认，有效至 {until}（含当日）。"),
            format!("The declaration is confirmed and in force until {until}, that day included."),
        ),
        Some(EndingStep::Over) => lang.pick(
            format!("说明已于 {until} 到期：任何处理都会被拒绝，请重新确认。"),
            format!("The declaration ended on {until}: all work on the dataset is refused. Confirm it anew."),
        ),
        Some(EndingStep::Quarter | EndingStep::Month | EndingStep::Week) => lang.pick(
            format!("说明将于 {until} 到期，届时处理随即停止：请及时重新确认。"),
            format!("The declaration ends on {until}, and all work on the dataset with it. Confirm it anew in time."),
        ),
    });
    for gap in &it.gaps {
        let text = gap.text();
        lines.push(lang.pick(
            format!("证明不足，处理会被拒绝：{}", text.zh),
            format!("The proof does not hold and work is refused. {}", text.en),
        ));
    }
    match it.confirmer {
        Confirmer::InForce => {}
        Confirmer::LetterEnded => lines.push(t(
            "确认本说明的代表，其授权函件已到期。说明仍然有效，因为确认时她有权代表企业；请由有权的代表重新确认。",
            "The letter of the representative who confirmed this has ended. The declaration stands, since she might bind the enterprise then; let somebody who may today confirm it anew.",
        )),
        Confirmer::Left => lines.push(t(
            "确认本说明的代表已不再代表企业。说明仍然有效，因为确认时她有权代表企业；请由有权的代表重新确认。",
            "The representative who confirmed this no longer acts for the enterprise. The declaration stands, since she might bind it then; let somebody who may today confirm it anew.",
        )),
    }
    lines
}

impl View {
    pub(super) fn versions(&self, source: &SourceView) -> Section {
        let lang = self.lang;
        let mut blocks = Vec::new();
        if source.versions.is_empty() {
            blocks.push(Block::Text(
                self.t("还没有版本。", "There is no version yet."),
            ));
        }
        for (place, it) in source.versions.iter().enumerate() {
            blocks.push(Block::Part(self.version(it)));
            if let Some(before) = source.versions.get(place + 1) {
                blocks.extend(self.changes(it, before));
            }
        }
        section("versions", lang.pick("版本", "Versions"), blocks)
    }

    fn version(&self, view: &DeclarationView) -> Part {
        let (it, lang) = (&view.declaration, self.lang);
        let state = match (it.complete, it.superseded) {
            (_, Some(at)) => {
                let at = minute(at);
                lang.pick(format!("已于 {at} 被取代"), format!("superseded at {at}"))
            }
            (true, None) => self.t("有效版本", "the version in force"),
            (false, None) => self.t("草稿，未确认", "a draft, not confirmed"),
        };
        let mut facts = vec![(self.t("状态", "State"), state)];
        for &part in DeclarationPart::ALL {
            let name = part.text();
            facts.push((opened(name.get(lang), lang), self.said(view, part)));
        }
        if !view.gaps.is_empty() {
            let gaps: Vec<String> = view
                .gaps
                .iter()
                .map(|gap| gap.what().get(lang).to_owned())
                .collect();
            facts.push((
                self.t("尚缺", "Still missing"),
                gaps.join(lang.pick("；", "; ")),
            ));
        }
        let by = if it.by == self.who.caller.representative {
            self.t("您", "you")
        } else {
            it.by.to_string()
        };
        let by = format!("{by} · {}", minute(it.recorded));
        let who = if it.complete {
            self.t("确认人", "Confirmed by")
        } else {
            self.t("保存人", "Saved by")
        };
        facts.push((who, by));
        if let Some(digest) = it.digest {
            facts.push((
                self.t("摘要（已记入账本）", "Digest (as the ledger has it)"),
                digest.to_string(),
            ));
        }
        let number = it.version;
        Part {
            title: lang.pick(format!("第 {number} 版"), format!("Version {number}")),
            facts,
        }
    }

    /// Shows what a version says otherwise than the one before.
    fn changes(&self, view: &DeclarationView, before: &DeclarationView) -> Option<Block> {
        if view.changed.is_empty() {
            return None;
        }
        let lang = self.lang;
        let rows = view.changed.iter().map(|&part| {
            let name = part.text();
            vec![
                opened(name.get(lang), lang),
                self.said(before, part),
                self.said(view, part),
            ]
        });
        let (new, old) = (view.declaration.version, before.declaration.version);
        Some(Block::Table(self.table(
            lang.pick(
                format!("第 {new} 版相对第 {old} 版的变更"),
                format!("What changed from version {old} to version {new}"),
            ),
            &[("部分", "Part"), ("之前", "Before"), ("现在", "Now")],
            rows,
        )))
    }

    /// Writes what a version says in one of its parts.
    fn said(&self, view: &DeclarationView, part: DeclarationPart) -> String {
        let (it, lang) = (&view.declaration.declared, self.lang);
        let nothing = || String::from("–");
        let list = |names: Vec<String>| {
            if names.is_empty() {
                nothing()
            } else {
                names.join(lang.pick("；", "; "))
            }
        };
        match part {
            DeclarationPart::SourceKind => it
                .kind
                .map_or_else(nothing, |kind| kind.text().get(lang).to_owned()),
            DeclarationPart::CollectedHow if it.collected_how.is_empty() => nothing(),
            DeclarationPart::CollectedHow => it.collected_how.clone(),
            DeclarationPart::Collected => it
                .collected
                .map_or_else(nothing, |it| self.days(it.from, it.until)),
            DeclarationPart::Bases => list(
                it.bases
                    .iter()
                    .map(|basis| basis.text().get(lang).to_owned())
                    .collect(),
            ),
            DeclarationPart::Notice => it.notice.clone().unwrap_or_else(nothing),
            DeclarationPart::Contact => match (&view.contact, view.declaration.has_contact) {
                (Some(contact), _) => contact.clone(),
                (None, true) => self.t(
                    "已填写，仅可声明来源的代表可见",
                    "given; shown to those who may declare",
                ),
                (None, false) => nothing(),
            },
            DeclarationPart::Period => it
                .period
                .map_or_else(nothing, |it| self.days(it.from, Some(it.until))),
            DeclarationPart::Evidence => {
                let here = it.evidence.iter().map(|paper| {
                    let digest: String = paper.digest.to_string().chars().take(12).collect();
                    format!("{} {digest}…", paper.kind.text().get(lang))
                });
                let elsewhere = view.declaration.elsewhere.iter().map(|digest| {
                    let digest: String = digest.to_string().chars().take(12).collect();
                    format!("{} {digest}…", self.t("企业留存", "kept by the enterprise"))
                });
                list(here.chain(elsewhere).collect())
            }
            DeclarationPart::Confirms => list(
                it.confirms
                    .iter()
                    .map(|it| it.text().get(lang).to_owned())
                    .collect(),
            ),
        }
    }

    fn days(&self, from: Timestamp, until: Option<Timestamp>) -> String {
        let from = from.day_in_china();
        match until.map(last_day) {
            Some(until) => self
                .lang
                .pick(format!("{from} 至 {until}"), format!("{from} to {until}")),
            None => self.lang.pick(
                format!("{from} 起，仍在收集"),
                format!("since {from}, still going on"),
            ),
        }
    }
}
