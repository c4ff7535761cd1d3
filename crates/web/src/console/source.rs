//! Where a dataset comes from and by what right: the declaration, its versions and the papers it rests on.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{get, post};
use yuntu_app::policy::{DeclarationGap, EvidenceKind};
use yuntu_app::{AppError, NewEvidence, SourceView};
use yuntu_terms::{DatasetId, PaperId, Text, clause};

use super::{Console, Seated};
use crate::files::{UPLOAD_BYTES_MAX, Upload, attachment};
use crate::forms::{Fields, Sent};
use crate::input::{InPath, Named};
use crate::problem::Problem;
use crate::report::{Block, Section, section};
use crate::state::Site;
use crate::view::{Asked, Wrong};

mod form;
mod papers;
mod versions;

pub(super) use papers::paper_title;
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

struct Topic {
    dataset: DatasetId,
}

type View = Console<Topic>;

async fn page(
    console: Console,
    Named(dataset): Named<DatasetId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let view = console.about(Topic { dataset });
    view.show(None, Forms::default(), &asked.done).await
}

async fn sent(
    console: Console,
    Named(dataset): Named<DatasetId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(U3);
    let view = console.about(Topic { dataset });
    match fields.one("act") {
        "confirm" => view.declare(&fields, true).await,
        "draft" => view.declare(&fields, false).await,
        "revoke" => view.revoke(&fields).await,
        _ => Err(Problem::no_such_act()),
    }
}

/// Takes a paper.
async fn add(
    console: Console,
    Named(dataset): Named<DatasetId>,
    upload: Upload,
) -> Result<Response, Problem> {
    clause::hit!(U3);
    let view = console.about(Topic { dataset });
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
    let platform = &view.site.platform;
    match platform.add_evidence(&view.who.caller, dataset, new).await {
        Ok(_paper) => Ok(view.on_to(&path(dataset), "paper")),
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
    InPath((dataset, paper)): InPath<(DatasetId, PaperId)>,
) -> Result<Response, Problem> {
    let opened = site.platform.open_evidence(&seated.caller, dataset, paper);
    attachment(opened.await?)
}

impl View {
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
            .declare_source(&self.who.caller, self.about.dataset, typed)
            .await;
        match done {
            Ok(_done) => {
                let done = if confirms { "declared" } else { "drafted" };
                Ok(self.on_to(&path(self.about.dataset), done))
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
        let (platform, caller) = (&self.site.platform, &self.who.caller);
        let reason = fields.one("reason");
        match platform
            .revoke_evidence(caller, self.about.dataset, paper, reason)
            .await
        {
            Ok(()) => Ok(self.on_to(&path(self.about.dataset), "revoked")),
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
        let platform = &self.site.platform;
        let source = platform
            .source_of(&self.who.caller, self.about.dataset)
            .await?;
        let status = Wrong::status_of([&forms.declare, &forms.paper, &forms.revoke]);
        let mut sections = vec![self.standing(&source, done)];
        let [of_declare, of_paper, of_revoke] = [&forms.declare, &forms.paper, &forms.revoke]
            .map(|it| typed.filter(|_| !it.is_nothing()));
        if source.may_declare {
            sections.push(self.form_section(&source, of_declare, forms.declare));
        }
        sections.push(self.papers(&source, (of_paper, forms.paper), (of_revoke, forms.revoke)));
        sections.push(self.versions(&source));
        let title = self.t("来源与合法性说明", "Source and lawfulness");
        let frame = self
            .frame(title, path(self.about.dataset))
            .below(self.dataset_link(self.about.dataset, source.dataset.name.clone()));
        self.shown(frame, source.dataset.name, sections, status)
    }

    /// Says what was just done and what is to be known first: whether it is in force, ends, or rests on what is gone.
    fn standing(&self, source: &SourceView, done: &str) -> Section {
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
}
