//! One partner: how it stands, what is said of it, its papers, and what becomes of it.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::partners::{NewPartnerPaper, PartnerMove, PartnerView};
use yuntu_app::policy::{PartnerPaperKind, Standing};
use yuntu_terms::{PaperId, PartnerId, Text, clause};

use super::form::{self, Filled};
use super::{PATH, parts, state_of};
use crate::console::{Console, Seated};
use crate::files::{Upload, attachment};
use crate::forms::{Fields, Sent};
use crate::input::{InPath, Named};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Section, opened, section};
use crate::state::Site;
use crate::view::{Asked, Wrong};

pub(super) struct Topic {
    pub(super) id: PartnerId,
}

pub(super) type View = Console<Topic>;

/// What is wrong with each form of the page.
#[derive(Default)]
struct Forms {
    correct: Wrong,
    paper: Wrong,
    next: Wrong,
}

pub(super) async fn page(
    console: Console,
    Named(id): Named<PartnerId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let view = console.about(Topic { id });
    view.show(None, Forms::default(), &asked).await
}

/// Corrects what is said of the partner, puts it in force, or changes how it stands.
pub(super) async fn sent(
    console: Console,
    Named(id): Named<PartnerId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R16);
    let view = console.about(Topic { id });
    match fields.one("act") {
        "correct" => view.correct(&fields).await,
        "enforce" => view.enforce(&fields).await,
        "suspend" => view.step(PartnerMove::Suspend, &fields).await,
        "resume" => view.step(PartnerMove::Resume, &fields).await,
        "end" => view.step(PartnerMove::End, &fields).await,
        _ => Err(Problem::no_such_act()),
    }
}

/// Takes a paper.
pub(super) async fn add(
    console: Console,
    Named(id): Named<PartnerId>,
    upload: Upload,
) -> Result<Response, Problem> {
    clause::hit!(R16);
    let view = console.about(Topic { id });
    let wrong = |paper| Forms {
        paper,
        ..Forms::default()
    };
    let Some(kind) = PartnerPaperKind::from_code(upload.fields.one("kind")) else {
        let text = Text::new("请选择此文件是什么", "Choose what the file shows.");
        let forms = wrong(Wrong::field("kind", text));
        return view.show_again(&upload.fields, forms).await;
    };
    let new = NewPartnerPaper {
        kind,
        name: upload.name,
        bytes: upload.bytes,
    };
    let platform = &view.site.platform;
    match platform.add_partner_paper(&view.who.caller, id, new).await {
        Ok(_paper) => Ok(view.on_to(&view.path(), "paper")),
        Err(error) => {
            let forms = wrong(Wrong::of(error)?);
            view.show_again(&upload.fields, forms).await
        }
    }
}

/// Hands out a paper.
pub(super) async fn file(
    State(site): State<Site>,
    seated: Seated,
    InPath((partner, paper)): InPath<(PartnerId, PaperId)>,
) -> Result<Response, Problem> {
    let opened = site
        .platform
        .open_partner_paper(&seated.caller, partner, paper);
    attachment(opened.await?)
}

impl View {
    pub(super) fn path(&self) -> String {
        format!("{PATH}/{}", self.about.id)
    }

    async fn correct(&self, fields: &Fields) -> Result<Response, Problem> {
        let wrong = |correct| Forms {
            correct,
            ..Forms::default()
        };
        let typed = match form::read(fields) {
            Ok(typed) => typed,
            Err(odd) => return self.show_again(fields, wrong(odd)).await,
        };
        let (platform, caller) = (&self.site.platform, &self.who.caller);
        match platform.correct_partner(caller, self.about.id, typed).await {
            Ok(_version) => Ok(self.on_to(&self.path(), "corrected")),
            Err(error) => self.show_again(fields, wrong(Wrong::of(error)?)).await,
        }
    }

    async fn enforce(&self, fields: &Fields) -> Result<Response, Problem> {
        let shown: u64 = fields.id("version")?;
        let (platform, caller) = (&self.site.platform, &self.who.caller);
        let outcome = platform.enforce_partner(caller, self.about.id, shown).await;
        let next = match outcome {
            Ok(_digest) => return Ok(self.on_to(&self.path(), "enforced")),
            Err(AppError::Partner(gaps)) => {
                let mut odd = Wrong::default();
                for gap in gaps {
                    odd.add(form::field_of(gap), gap.text());
                }
                odd
            }
            Err(AppError::Missing { what: "draft" }) => {
                let text = Text::new(
                    "草稿已被更改；请查看现在的草稿后再使其生效",
                    "The draft has changed meanwhile; look at it before you put it in force.",
                );
                Wrong::field("", text)
            }
            Err(error) => Wrong::of(error)?,
        };
        let forms = Forms {
            next,
            ..Forms::default()
        };
        self.show_again(fields, forms).await
    }

    async fn step(&self, step: PartnerMove, fields: &Fields) -> Result<Response, Problem> {
        let (platform, caller) = (&self.site.platform, &self.who.caller);
        let asked = (step, fields.one("reason"));
        match platform.move_partner(caller, self.about.id, asked).await {
            Ok(()) => {
                let done = match step {
                    PartnerMove::Suspend => "suspended",
                    PartnerMove::Resume => "resumed",
                    PartnerMove::End => "ended",
                };
                Ok(self.on_to(&self.path(), done))
            }
            Err(error) => {
                let forms = Forms {
                    next: Wrong::of(error)?,
                    ..Forms::default()
                };
                self.show_again(fields, forms).await
            }
        }
    }

    async fn show_again(&self, fields: &Fields, forms: Forms) -> Result<Response, Problem> {
        self.show(Some(fields), forms, &Asked::default()).await
    }

    async fn show(
        &self,
        typed: Option<&Fields>,
        forms: Forms,
        asked: &Asked,
    ) -> Result<Response, Problem> {
        let (lang, platform, caller) = (self.lang, &self.site.platform, &self.who.caller);
        let view = platform.view_partner(caller, self.about.id).await?;
        let status = Wrong::status_of([&forms.correct, &forms.paper, &forms.next]);
        let is_open = view.partner.facts.standing != Some(Standing::Ended);
        let of = |wrong: &Wrong| typed.filter(|_| !wrong.is_nothing());
        let mut sections = vec![self.standing(&view, &asked.done)];
        if view.may_manage && is_open {
            sections.push(self.next(&view, (of(&forms.next), forms.next)));
            sections.push(self.papers(&view, Some((of(&forms.paper), forms.paper))));
            sections.push(self.correction(&view, (of(&forms.correct), forms.correct)));
        } else {
            sections.push(self.papers(&view, None));
        }
        sections.push(self.versions(&view));
        sections.push(self.named_by(&view));
        sections.push(self.jobs(&asked.before).await?);
        let frame = self
            .frame(view.partner.name.clone(), self.path())
            .below(self.link(PATH, "全部合作方", "All partners"));
        let lead = state_of(&view.partner, view.ending, lang);
        self.shown(frame, opened(&lead, lang), sections, status)
    }

    /// Says what was just done, why it stands so, and what is missing before it can be put in force.
    fn standing(&self, view: &PartnerView, done: &str) -> Section {
        let lang = self.lang;
        let mut blocks = Vec::new();
        if let Some(said) = parts::said(done) {
            blocks.push(Block::Note(said.get(lang).to_owned()));
        }
        if let Some(reason) = &view.partner.reason {
            blocks.push(Block::Facts(vec![(self.t("理由", "Why"), reason.clone())]));
        }
        if view.draft().is_some() && view.gaps.is_empty() {
            blocks.push(Block::Text(self.t(
                "草稿没有缺漏，可以生效；在此之前按已生效的版本执行。",
                "The draft lacks nothing and can be put in force; until then the version in force holds.",
            )));
        }
        if !view.gaps.is_empty() {
            blocks.push(Block::Text(self.t(
                "草稿生效前还缺：",
                "Before the draft can be put in force, this is missing:",
            )));
            let gaps = view.gaps.iter();
            blocks.extend(gaps.map(|gap| Block::Text(gap.text().get(lang).to_owned())));
        }
        section("standing", lang.pick("现状", "How it stands"), blocks)
    }

    /// What can be done next: put the draft in force, suspend, resume, end.
    fn next(&self, view: &PartnerView, (typed, wrong): (Option<&Fields>, Wrong)) -> Section {
        let lang = self.lang;
        let mut blocks = Vec::new();
        let of_draft = typed.is_some_and(|it| it.one("act") == "enforce");
        let (mut of_enforce, mut of_step) = (Wrong::default(), Wrong::default());
        if of_draft {
            of_enforce = wrong;
        } else {
            of_step = wrong;
        }
        if let Some(draft) = view.draft().filter(|_| view.gaps.is_empty() || of_draft) {
            let number = draft.version.version;
            let form = FormView {
                hidden: vec![("version", number.to_string())],
                acts: vec![(
                    "enforce",
                    lang.pick(
                        format!("使第 {number} 版生效"),
                        format!("Put version {number} in force"),
                    ),
                    false,
                )],
                ..self.form("enforce", &self.path())
            };
            blocks.push(Block::Form(Box::new(of_enforce.into_form(form, lang))));
        }
        blocks.push(Block::Text(self.t(
            "暂停与终止立即生效：正在向其提供的停止，新的被拒绝。终止不能恢复。",
            "Suspending and ending work at once: what it is receiving stops, and nothing more is permitted. Ending cannot be undone.",
        )));
        let reason = InputView::line("reason", self.t("理由", "Why"))
            .with(typed.map_or("", |it| it.one("reason")))
            .needed()
            .because(self.t(
                "必填，一行；请勿写入个人信息。",
                "Necessary, in one line; no personal data belongs here.",
            ));
        let end = ("end", self.t("终止合作", "End it"), true);
        let acts = match view.partner.facts.standing {
            Some(Standing::Active) => vec![("suspend", self.t("暂停", "Suspend it"), false), end],
            Some(Standing::Frozen) => vec![("resume", self.t("恢复", "Resume it"), false), end],
            Some(Standing::Pending | Standing::Ended) | None => vec![end],
        };
        let form = FormView {
            inputs: vec![reason],
            acts,
            ..self.form("step", &self.path())
        };
        blocks.push(Block::Form(Box::new(of_step.into_form(form, lang))));
        section("next", lang.pick("接下来", "What next"), blocks)
    }

    fn correction(&self, view: &PartnerView, (typed, wrong): (Option<&Fields>, Wrong)) -> Section {
        let lang = self.lang;
        let newest = view.versions.first();
        let kept = newest.map(|it| (&it.version.terms, it.contact.as_deref()));
        let filled = Filled { typed, kept };
        let act = ("correct", self.t("保存为草稿", "Save as the draft"));
        let form = self.partner_form(&self.path(), &filled, act);
        let form = wrong.into_form(form, lang);
        let text = self.t(
            "保存的内容成为草稿，取代先前的草稿；已生效的版本在新版本生效之前不变，并一直保留。",
            "What is saved becomes the draft and takes the place of an earlier one. The version in force stays as it is until the new one is put in force, and is kept for good.",
        );
        let title = lang.pick("更正或续签", "Correct or renew");
        section(
            "correct",
            title,
            vec![Block::Text(text), Block::Form(Box::new(form))],
        )
    }
}
