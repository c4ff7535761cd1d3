//! What stands on the page of a use: its facts, and its proofs with the forms that put them on record.

use yuntu_app::exceptions::{ExceptionAct, ExceptionUseView};
use yuntu_app::store::{ExceptionEnd, ExceptionProof, ExceptionUse};
use yuntu_app::words::{minute, operation_text};
use yuntu_statement::render::basis_name;
use yuntu_statement::{Proof, ProofForm};
use yuntu_terms::Lang;

use super::one::{Again, View};
use super::{PATH, period_text};
use crate::files::KINDS;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, Part, Section, opened, section};

impl View {
    pub(super) async fn facts(&self, view: &ExceptionUseView) -> Result<Section, Problem> {
        let (lang, found) = (self.lang, &view.found);
        let facts = &found.facts;
        let ground = view.exception.ground.map_or("", |it| basis_name(it, lang));
        let article = view.exception.article.as_ref();
        let article = article.map_or("", |text| text.get(lang));
        let mut pairs = vec![
            (
                self.t("依据", "Ground"),
                lang.pick(
                    format!("{ground}（{article}）"),
                    format!("{} ({article})", opened(ground, lang)),
                ),
            ),
            (self.t("目的", "Purpose"), self.purpose(&facts.purpose)),
            (
                self.t("操作", "Operation"),
                operation_text(facts.operation).get(lang).to_owned(),
            ),
            (
                self.t("接收方", "Recipient"),
                self.recipient_names().await?.of(facts.recipient),
            ),
        ];
        if let Some(period) = facts.period {
            pairs.push((self.t("期限", "Period"), period_text(period, lang)));
        }
        pairs.push((self.t("为何援引", "Why"), found.why.clone()));
        pairs.push((self.t("起草于", "Drafted"), minute(found.drafted.1)));
        if let (Some(at), Some(function)) = (found.invoked, facts.invoked_as) {
            let (at, function) = (minute(at), function.name(lang));
            let text = lang.pick(format!("{at}（{function}）"), format!("{at} ({function})"));
            pairs.push((self.t("援引于", "Invoked"), text));
        }
        if let Some(at) = found.confirmed {
            pairs.push((self.t("由另一人确认于", "Confirmed by another"), minute(at)));
        }
        if let Some((end, _, at, reason)) = &found.ended {
            let name = match end {
                ExceptionEnd::Declined => self.t("被拒绝于", "Declined"),
                ExceptionEnd::Ended => self.t("终止于", "Ended"),
            };
            let at = minute(*at);
            let text = lang.pick(format!("{at}：{reason}"), format!("{at}: {reason}"));
            pairs.push((name, text));
        }
        if let Some(digest) = found.digest {
            let name = self.t("援引内容的摘要", "Digest of what was invoked");
            pairs.push((name, digest.to_string()));
        }
        pairs.push((self.t("编号", "Id"), facts.id.to_string()));
        let links = self
            .dataset_links(|id| facts.datasets.contains(&id))
            .await?;
        let blocks = vec![Block::Facts(pairs), Block::Links(links)];
        Ok(section("facts", lang.pick("内容", "What it opens"), blocks))
    }

    /// Lists each proof that the statement asks for, with what is on record and the form for what is not.
    pub(super) fn proofs(&self, view: &ExceptionUseView, again: &mut Option<Again<'_>>) -> Section {
        let (lang, found) = (self.lang, &view.found);
        let (mut blocks, mut links) = (Vec::new(), Vec::new());
        for proof in &view.exception.proofs {
            let known = found.proofs.iter().find(|it| it.facts.proof == *proof);
            blocks.push(Block::Part(self.proof(*proof, known, found)));
            if let Some(paper) = known
                .and_then(|it| it.paper)
                .filter(|_| view.may.contains(&ExceptionAct::Control))
            {
                links.push(self.download(paper, &opened(proof.name(lang), lang)));
            }
            if view.may.contains(&ExceptionAct::Invoke) {
                let own = again.take_if(|it| it.at == proof.code());
                blocks.push(self.prove(*proof, known, own));
            }
        }
        if let Some(notice) = found
            .notice
            .filter(|_| view.may.contains(&ExceptionAct::Control))
        {
            links.push(self.download(notice.paper, &self.t("告知的证明", "That people were told")));
        }
        if !links.is_empty() {
            blocks.push(Block::Links(links));
        }
        section("proofs", lang.pick("证明", "Proofs"), blocks)
    }

    fn download(&self, paper: yuntu_terms::PaperId, title: &str) -> Link {
        Link {
            address: format!("{PATH}/{}/papers/{paper}", self.about.id),
            text: self
                .lang
                .pick(format!("下载：{title}"), format!("Download: {title}")),
            note: self.t("下载会留下记录", "the download is recorded"),
        }
    }

    fn proof(&self, proof: Proof, known: Option<&ExceptionProof>, found: &ExceptionUse) -> Part {
        let lang = self.lang;
        let mut facts = Vec::new();
        match known {
            None => facts.push((
                self.t("状态", "State"),
                self.t("尚未登记", "not on record yet"),
            )),
            Some(known) => {
                facts.push((
                    self.t("登记于", "On record since"),
                    minute(known.facts.recorded),
                ));
                if let Some(words) = &known.words {
                    facts.push((self.t("所引条文", "What is cited"), words.clone()));
                }
                if proof.form() == ProofForm::Day {
                    let due = found.notice_due.map_or_else(String::new, minute);
                    facts.push((self.t("最迟告知", "To be told by"), due));
                    let told = match found.notice {
                        Some(notice) => minute(notice.at),
                        None => self.t("尚未登记", "not on record yet"),
                    };
                    facts.push((self.t("已告知", "Told"), told));
                }
                let digest = known.facts.digest.to_string();
                facts.push((self.t("摘要（SHA-256）", "Digest (SHA-256)"), digest));
            }
        }
        Part {
            title: opened(proof.name(lang), lang),
            facts,
        }
    }

    fn prove(
        &self,
        proof: Proof,
        known: Option<&ExceptionProof>,
        again: Option<Again<'_>>,
    ) -> Block {
        let lang = self.lang;
        let name = proof.name(lang);
        let typed = |field: &str| {
            again
                .as_ref()
                .map_or("", |it| it.typed.one(field))
                .to_owned()
        };
        let (path, input) = match proof.form() {
            ProofForm::Paper => ("/papers", paper_input(lang)),
            ProofForm::Words => (
                "",
                InputView::lines("words", self.t("条文", "The article"))
                    .with(typed("words"))
                    .because(self.t(
                        "法律名称与条款项，例如“某法第九条第二款”；请勿写入个人信息。",
                        "The law with its article and paragraph, such as “Article 9(2) of the Act”; no personal data belongs here.",
                    ))
                    .needed(),
            ),
            ProofForm::Day => (
                "",
                InputView::day("day", self.t("最迟告知日", "Day by which people are told"))
                    .with(typed("day"))
                    .because(self.t(
                        "不晚于期限结束后 30 天；告知之后在此页登记其证明。",
                        "At most 30 days after the period ends; what shows that they were told is put on record on this page then.",
                    ))
                    .needed(),
            ),
        };
        let label = match known {
            Some(_) => lang.pick(format!("替换：{name}"), format!("Replace: {name}")),
            None => lang.pick(format!("登记：{name}"), format!("Put on record: {name}")),
        };
        let form = FormView {
            hidden: vec![("proof", proof.code().to_owned())],
            inputs: vec![input],
            acts: vec![("prove", label, true)],
            ..self.of(proof.code(), path)
        };
        let wrong = again.map_or_else(Default::default, |it| it.wrong);
        Block::Form(Box::new(wrong.into_form(form, lang)))
    }

    /// Makes a form that is sent to the page of the use, or below it.
    pub(super) fn of(&self, id: &'static str, below: &str) -> FormView {
        self.form(id, &format!("{PATH}/{}{below}", self.about.id))
    }
}

pub(super) fn paper_input(lang: Lang) -> InputView {
    let label = lang.pick(
        "文件（PDF、PNG 或 JPEG，最大 5 MiB）",
        "The file (PDF, PNG or JPEG, at most 5 MiB)",
    );
    InputView::file(label, KINDS)
        .because(lang.pick(
            "加密保存，按内容检查；只有可以确认例外的人能打开，每次都有记录。",
            "Kept encrypted and looked through; only who may confirm exceptions opens it, and each look is recorded.",
        ))
        .needed()
}
