//! Where a dataset comes from and by what right: the declaration, its versions and the papers it rests on.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{get, post};
use yuntu_app::certification::CertificationError;
use yuntu_app::policy::{DeclarationGap, EvidenceKind};
use yuntu_app::{AppError, NewEvidence, SourceView};
use yuntu_terms::{DatasetId, Lang, PaperId, Text, clause};

use super::Seated;
use super::datasets::PATH;
use crate::account::{Asked, Wrong, section, shown, to_with};
use crate::files::{UPLOAD_BYTES_MAX, Upload, attachment};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::{InPath, Language, Named};
use crate::problem::Problem;
use crate::report::{Block, FormView, Link};
use crate::state::Site;

mod form;
mod papers;
mod versions;

pub(super) use versions::warnings;

/// How many bytes the form may have: two long texts, of which each sign may take nine bytes on its way.
const FORM_BYTES_MAX: usize = 131_072;

/// Makes the routes of declarations.
pub(super) fn router() -> Router<Site> {
    Router::new()
        .route(
            "/console/datasets/{dataset}/source",
            get(page)
                .post(sent)
                .layer(DefaultBodyLimit::max(FORM_BYTES_MAX)),
        )
        .route(
            "/console/datasets/{dataset}/source/papers",
            post(add).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)),
        )
        .route(
            "/console/datasets/{dataset}/source/papers/{paper}",
            get(file),
        )
}

/// Returns the path of the page.
pub(crate) fn path(dataset: DatasetId) -> String {
    format!("/console/datasets/{dataset}/source")
}

/// What is wrong with each form of the page.
#[derive(Debug, Default)]
struct Forms {
    declare: Wrong,
    paper: Wrong,
    revoke: Wrong,
}

struct View<'a> {
    site: &'a Site,
    seated: &'a Seated,
    lang: Lang,
    mark: &'a FormMark,
    dataset: DatasetId,
}

async fn page(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    Named(dataset): Named<DatasetId>,
    mark: FormMark,
    asked: Asked,
) -> Result<Response, Problem> {
    let view = View {
        site: &site,
        seated: &seated,
        lang,
        mark: &mark,
        dataset,
    };
    view.show(None, Forms::default(), &asked.done).await
}

async fn sent(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    Named(dataset): Named<DatasetId>,
    mark: FormMark,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(U3);
    let view = View {
        site: &site,
        seated: &seated,
        lang,
        mark: &mark,
        dataset,
    };
    match fields.one("act") {
        "confirm" => view.declare(&fields, true).await,
        "draft" => view.declare(&fields, false).await,
        "revoke" => view.revoke(&fields).await,
        _ => Err(Problem::invalid("没有此操作", "there is no such act")),
    }
}

/// Takes a paper.
async fn add(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    Named(dataset): Named<DatasetId>,
    mark: FormMark,
    upload: Upload,
) -> Result<Response, Problem> {
    clause::hit!(U3);
    let view = View {
        site: &site,
        seated: &seated,
        lang,
        mark: &mark,
        dataset,
    };
    let wrong = |paper| Forms {
        paper,
        ..Forms::default()
    };
    let Some(kind) = EvidenceKind::from_code(upload.fields.one("kind")) else {
        let text = Text::new("请选择此文件证明什么", "Choose what the file shows.");
        let forms = wrong(Wrong::field("kind", text));
        return view.show(Some(&upload.fields), forms, "").await;
    };
    let new = NewEvidence {
        kind,
        name: upload.name,
        bytes: upload.bytes,
    };
    match site
        .platform
        .add_evidence(&seated.caller, dataset, new)
        .await
    {
        Ok(_paper) => Ok(to_with(&path(dataset), lang, &[("done", "paper")])),
        Err(AppError::Certification(CertificationError::File(fault))) => {
            let forms = wrong(Wrong::field("file", fault.text()));
            view.show(Some(&upload.fields), forms, "").await
        }
        Err(error) => {
            let forms = wrong(Wrong::of(error)?);
            view.show(Some(&upload.fields), forms, "").await
        }
    }
}

/// Hands out a paper.
async fn file(
    State(site): State<Site>,
    seated: Seated,
    InPath((dataset, paper)): InPath<(String, String)>,
) -> Result<Response, Problem> {
    let dataset = dataset.parse().map_err(|_id| Problem::not_found())?;
    let paper = paper.parse().map_err(|_id| Problem::not_found())?;
    let opened = site.platform.open_evidence(&seated.caller, dataset, paper);
    attachment(opened.await?)
}

impl View<'_> {
    async fn declare(&self, fields: &Fields, confirms: bool) -> Result<Response, Problem> {
        let wrong = |declare| Forms {
            declare,
            ..Forms::default()
        };
        let typed = match form::read(fields, confirms) {
            Ok(typed) => typed,
            Err(odd) => return self.show(Some(fields), wrong(odd), "").await,
        };
        // Who ticks nothing and confirms would save a draft unawares.
        let unticked = confirms && typed.confirms.is_empty();
        if unticked {
            let text = DeclarationGap::MayBind.text();
            let odd = Wrong::field("confirms", text);
            return self.show(Some(fields), wrong(odd), "").await;
        }
        let platform = &self.site.platform;
        let done = platform
            .declare_source(&self.seated.caller, self.dataset, typed)
            .await;
        match done {
            Ok(_done) => {
                let done = if confirms { "declared" } else { "drafted" };
                Ok(to_with(&path(self.dataset), self.lang, &[("done", done)]))
            }
            Err(AppError::Declaration(gaps)) => {
                let mut odd = Wrong::default();
                for gap in gaps {
                    odd.add(form::field_of(gap), gap.text());
                }
                self.show(Some(fields), wrong(odd), "").await
            }
            Err(AppError::Missing { what: "paper" }) => {
                let text = Text::new(
                    "所选的一份证明已撤回，请重新选择",
                    "One of the papers was taken back; choose again.",
                );
                let odd = Wrong::field("evidence", text);
                self.show(Some(fields), wrong(odd), "").await
            }
            Err(error) => self.show(Some(fields), wrong(Wrong::of(error)?), "").await,
        }
    }

    async fn revoke(&self, fields: &Fields) -> Result<Response, Problem> {
        let wrong = |revoke| Forms {
            revoke,
            ..Forms::default()
        };
        let paper: Result<PaperId, _> = fields.one("paper").parse();
        let Ok(paper) = paper else {
            let text = Text::new("请选择要撤回的证明", "Choose the paper to take back.");
            let forms = wrong(Wrong::field("paper", text));
            return self.show(Some(fields), forms, "").await;
        };
        let (platform, caller) = (&self.site.platform, &self.seated.caller);
        let reason = fields.one("reason");
        match platform
            .revoke_evidence(caller, self.dataset, paper, reason)
            .await
        {
            Ok(()) => Ok(to_with(
                &path(self.dataset),
                self.lang,
                &[("done", "revoked")],
            )),
            Err(error) => {
                let forms = wrong(Wrong::of(error)?);
                self.show(Some(fields), forms, "").await
            }
        }
    }

    async fn show(
        &self,
        typed: Option<&Fields>,
        forms: Forms,
        done: &str,
    ) -> Result<Response, Problem> {
        let (platform, lang) = (&self.site.platform, self.lang);
        let source = platform
            .source_of(&self.seated.caller, self.dataset)
            .await?;
        let status = [&forms.declare, &forms.paper, &forms.revoke]
            .into_iter()
            .find(|wrong| !wrong.is_nothing())
            .unwrap_or(&forms.declare)
            .status();
        let mut sections = vec![self.standing(&source, done)];
        let [of_declare, of_paper, of_revoke] = [&forms.declare, &forms.paper, &forms.revoke]
            .map(|it| typed.filter(|_| !it.is_nothing()));
        if source.may_declare {
            sections.push(self.form_section(&source, of_declare, forms.declare));
        }
        sections.push(self.papers(&source, (of_paper, forms.paper), (of_revoke, forms.revoke)));
        sections.push(self.versions(&source));
        let title = self.t("来源与合法性说明", "Source and lawfulness");
        let person = &self.seated.person;
        let mut frame = person.frame(lang, title, path(self.dataset), self.mark);
        frame.up = Some(Link {
            address: format!("{PATH}/{}?lang={}", self.dataset, lang.pick("zh", "en")),
            text: source.dataset.name.clone(),
            note: String::new(),
        });
        shown(
            self.site,
            self.mark,
            frame,
            source.dataset.name,
            sections,
            status,
        )
    }

    /// Says what was just done and what is to be known first: whether it is in force, ends, or rests on what is gone.
    fn standing(&self, source: &SourceView, done: &str) -> crate::report::Section {
        let mut blocks = Vec::new();
        let said = match done {
            "declared" => self.t(
                "说明已确认并生效。",
                "The declaration is confirmed and in force.",
            ),
            "drafted" => self.t("草稿已保存。", "The draft is saved."),
            "paper" => self.t(
                "证明已上传；确认说明时请勾选它。",
                "The paper is kept; tick it when you confirm the declaration.",
            ),
            "revoked" => self.t("证明已撤回。", "The paper is taken back."),
            _ => String::new(),
        };
        if !said.is_empty() {
            blocks.push(Block::Note(said));
        }
        blocks.extend(
            versions::warnings(source, self.lang)
                .into_iter()
                .map(Block::Text),
        );
        section("standing", self.lang.pick("现状", "How it stands"), blocks)
    }

    fn t(&self, zh: &str, en: &str) -> String {
        self.lang.pick(zh, en).to_owned()
    }

    /// Makes a form without fields that is sent to this page.
    fn form(&self, id: &'static str) -> FormView {
        FormView {
            id,
            action: format!("{}?lang={}", path(self.dataset), self.lang.pick("zh", "en")),
            mark: self.mark.text(),
            ..FormView::default()
        }
    }
}
