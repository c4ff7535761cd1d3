use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::certification::{CertificationError, Field, NoteView, Review, Shown, industries};
use yuntu_app::policy::{ApplicationField, ApplicationState, LookReason, ProposalKind};
use yuntu_app::store::Application;
use yuntu_app::words::minute;
use yuntu_terms::{ApplicationId, Lang};

use super::Again;
use crate::either::{history_table, status_of};
use crate::operator::Desk;
use crate::operator::proposals::link_to;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputKind, InputView, Link, Section, opened, section};

pub(super) const PATH: &str = "/operator/reviews";
/// The line for words about no field in particular.
pub(super) const GENERAL: &str = "general";
const HOUR_MICROS: i64 = 3_600_000_000;

/// Shows what waits, who waits longest first: no name and no value.
pub(super) fn queue(desk: &Desk, waiting: &[Application]) -> Result<Response, Problem> {
    let (lang, now) = (desk.lang, desk.site.platform.now());
    let link = |application: &Application| {
        let since = application.submitted.unwrap_or(application.created);
        let hours = (now.as_micros() - since.as_micros()).max(0) / HOUR_MICROS;
        let state = application.state.name();
        Link {
            address: desk.address(&format!("{PATH}/{}", application.id)),
            text: application.id.to_string(),
            note: lang.pick(
                format!("{}，已等待 {} 天 {} 小时", state.zh, hours / 24, hours % 24),
                format!(
                    "{}, waiting {} d {} h",
                    opened(&state.en, Lang::En),
                    hours / 24,
                    hours % 24
                ),
            ),
        }
    };
    let none = desk.t("没有待审核的申请。", "Nothing waits for review.");
    let block = Block::links(waiting.iter().map(link).collect(), none);
    let heading = lang.pick("等待最久的在前", "Who waits longest comes first");
    let sections = vec![section("queue", heading, vec![block])];
    let title = desk.t("待审核的企业认证", "Certifications under review");
    desk.shown(desk.frame(title, PATH), "", sections, StatusCode::OK)
}

/// The page of one application.
pub(super) struct Topic {
    pub(super) fields: Vec<Field>,
}

pub(super) type View = Desk<Topic>;

impl View {
    pub(super) fn show(&self, found: &Review, again: &Again<'_>) -> Result<Response, Problem> {
        let lang = self.lang;
        let id = found.view.application.id;
        let status = again.error.as_ref().map_or(StatusCode::OK, status_of);
        let in_review = matches!(
            found.view.application.state,
            ApplicationState::Submitted | ApplicationState::Asked
        );
        let mut sections = vec![self.state(found, again)];
        sections.push(self.values(found, again, in_review));
        sections.push(self.papers(found, in_review));
        sections.push(self.payment(found, again, in_review && !found.concerned));
        if in_review && !found.concerned {
            sections.push(self.decide(found, again));
        }
        sections.push(self.history(&found.view.history));
        let title = lang.pick("审核一份企业认证", "Review one certification");
        let path = format!("{PATH}/{id}");
        let frame =
            self.frame(title, path)
                .below(self.link(PATH, "待审核的申请", "What waits for review"));
        let lead = self.t(
            "与个人有关的内容一律遮挡。查看任一项须先选择理由；每次查看在显示之前记入账本，企业能在其认证页看到。",
            "Everything about people is masked. A look takes a reason first; each look is in the ledger before anything is shown, and the enterprise sees it on its certification page.",
        );
        self.shown(frame, lead, sections, status)
    }

    /// Makes a form that is sent to the page of an application.
    pub(super) fn of(&self, id: &'static str, application: ApplicationId) -> FormView {
        self.form(id, &format!("{PATH}/{application}"))
    }

    fn state(&self, found: &Review, again: &Again<'_>) -> Section {
        let lang = self.lang;
        let application = &found.view.application;
        let state = application.state.name();
        let mut facts = vec![(self.t("状态", "State"), opened(state.get(lang), lang))];
        if let Some(submitted) = application.submitted {
            facts.push((self.t("提交于", "Submitted"), minute(submitted)));
        }
        let rivals = match found.rivals {
            0 => self.t("无", "none"),
            count => count.to_string(),
        };
        facts.push((
            self.t(
                "其他企业以同一代码提出的未办结申请",
                "Open applications of others with the same code",
            ),
            rivals,
        ));
        if found.organisation_check == Some(false) {
            facts.push((
                self.t("提示", "Remark"),
                self.t(
                    "代码第 9 至 17 位的组织机构代码校验不符；在用的代码中也有此情形，请核对登记信息",
                    "The organisation code inside (places 9 to 17) breaks its own check; some codes in use do, so compare it with the register",
                ),
            ));
        }
        let mut blocks = vec![Block::Facts(facts)];
        if found.concerned {
            blocks.push(Block::Note(self.t(
                "您在此企业有席位，须由他人审核。",
                "You have a seat in this enterprise; somebody else must review it.",
            )));
        }
        let told = again.error.as_ref();
        if let Some(error) = told.filter(|it| !matches!(it, CertificationError::Payment(_))) {
            let text = error.text();
            let form = FormView {
                wrong: vec![text.get(lang).to_owned()],
                wrong_lead: lang.pick("没有完成", "This was not done"),
                ..self.of("told", application.id)
            };
            blocks.push(Block::Form(Box::new(form)));
        }
        section("state", lang.pick("状态", "Where it stands"), blocks)
    }

    fn name(&self, code: ApplicationField) -> String {
        let field = self.about.fields.iter().find(|field| field.code == code);
        field.map_or_else(String::new, |field| field.name.get(self.lang).to_owned())
    }

    fn values(&self, found: &Review, again: &Again<'_>, in_review: bool) -> Section {
        let lang = self.lang;
        let mut facts = Vec::new();
        let mut forms = Vec::new();
        for (code, value) in &found.view.values {
            let looked = again.opened.as_ref().filter(|(field, _)| field == code);
            let industry = industries()
                .find(|(known, _)| *code == ApplicationField::Industry && *known == value.text());
            let text = match (looked, industry) {
                (Some((_, text)), _) => text.clone(),
                (None, Some((_, name))) => name.get(lang).to_owned(),
                (None, None) => value.text().to_owned(),
            };
            facts.push((self.name(*code), text));
            if matches!(value, Shown::Masked(_)) && looked.is_none() && in_review {
                forms.push(self.look(found, *code));
            }
        }
        let mut blocks = vec![Block::Facts(facts)];
        if again.opened.is_some() {
            blocks.push(Block::Note(self.t(
                "此次查看已记入账本；离开本页后该项恢复遮挡。",
                "This look is in the ledger; once you leave the page the value is masked again.",
            )));
        }
        for (form, is_bank) in forms {
            if is_bank {
                blocks.push(Block::Note(self.t(
                    "银行账户须先由另一人同意：请先提出，获准后 24 小时内可查看。",
                    "The bank account takes a second person first: propose it, and once approved you can look for 24 hours.",
                )));
                let object = found.view.application.id.to_string();
                let text = self.t("提出查看此银行账户", "Propose a look at this bank account");
                let kind = ProposalKind::UnmaskBankAccount;
                blocks.push(Block::Links(vec![link_to(kind, &object, text, lang)]));
            }
            blocks.push(Block::Form(Box::new(form)));
        }
        section(
            "values",
            lang.pick("企业提交的内容", "What the enterprise told"),
            blocks,
        )
    }

    fn look(&self, found: &Review, code: ApplicationField) -> (FormView, bool) {
        let name = self.name(code);
        let label = self
            .lang
            .pick(format!("查看“{name}”"), format!("Look at: {name}"));
        let mut form = FormView {
            inputs: vec![self.reason(code.code())],
            acts: vec![("look", label, true)],
            ..self.of("look", found.view.application.id)
        };
        form.hidden.push(("field", code.code().to_owned()));
        (form, code == ApplicationField::BankAccount)
    }

    fn reason(&self, apart: &str) -> InputView {
        let reasons = LookReason::ALL.iter().map(|reason| {
            let text = reason.text();
            let label = opened(text.get(self.lang), self.lang);
            (reason.code().to_owned(), label, false)
        });
        InputView {
            kind: InputKind::One(reasons.collect()),
            apart: format!("-{apart}"),
            ..InputView::line("reason", self.t("查看的理由", "Why you look"))
        }
    }

    fn papers(&self, found: &Review, in_review: bool) -> Section {
        let lang = self.lang;
        let application = found.view.application.id;
        let mut blocks = Vec::new();
        for file in &found.view.files {
            let document = &file.document;
            let name = self.name(document.field);
            let kib = document.size_bytes.div_ceil(1_024);
            let what = format!("{name} · {} · {kib} KiB", document.kind.code());
            blocks.push(Block::Text(what));
            if in_review {
                let apart = document.id.to_string();
                let path = format!("{PATH}/{application}/files/{}", document.id);
                let label = lang.pick(format!("打开“{name}”"), format!("Open: {name}"));
                let form = FormView {
                    inputs: vec![self.reason(&apart)],
                    acts: vec![("open", label, true)],
                    ..self.form("paper", &path)
                };
                blocks.push(Block::Form(Box::new(form)));
            }
        }
        if blocks.is_empty() {
            blocks.push(Block::Text(self.t("没有文件。", "There is no file.")));
        }
        section("papers", lang.pick("证照与函件", "The papers"), blocks)
    }

    fn decide(&self, found: &Review, again: &Again<'_>) -> Section {
        let lang = self.lang;
        let typed = |name: &str| again.typed.map_or("", |fields| fields.one(name));
        let line =
            |name: &'static str, label: String| InputView::line(name, label).with(typed(name));
        let mut inputs = vec![line(GENERAL, self.t("总体", "In general")).because(self.t(
            "企业会原样看到这里写的话。补正与驳回至少写一项；通过时不发送。",
            "The enterprise reads these words as they are. To ask again or to reject, write at least one; an approval sends none.",
        ))];
        let fields = self.about.fields.iter();
        inputs.extend(fields.map(|field| line(field.code.code(), field.name.get(lang).to_owned())));
        let submitted = found.view.application.state == ApplicationState::Submitted;
        let mut acts = Vec::new();
        if submitted {
            acts.push(("ask", self.t("请企业补正", "Ask the enterprise"), false));
            acts.push(("approve", self.t("通过认证", "Approve"), true));
        }
        acts.push(("reject", self.t("驳回申请", "Reject"), true));
        let form = FormView {
            inputs,
            acts,
            ..self.of("decide", found.view.application.id)
        };
        section(
            "decide",
            lang.pick("作出决定", "Decide"),
            vec![Block::Form(Box::new(form))],
        )
    }

    fn history(&self, history: &[NoteView]) -> Section {
        let who = [
            self.t("企业", "the enterprise"),
            self.t("审核人员", "a reviewer"),
        ];
        let about = |note: &NoteView| note.field.map_or_else(String::new, |code| self.name(code));
        let table = history_table(self, history, &who, about);
        let title = self.lang.pick("经过", "What happened so far");
        section("history", title, vec![Block::Table(table)])
    }
}
