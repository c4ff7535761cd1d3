//! One use of an exception: what it opens, its proofs, what comes next, and the work on its ground.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::exceptions::ProofInput;
use yuntu_statement::Proof;
use yuntu_terms::{Digest, ExceptionUseId, PaperId, Text, clause};

use super::{PATH, state_text};
use crate::console::instructions::one::jobs_table;
use crate::console::{Console, Seated};
use crate::files::{Upload, attachment};
use crate::forms::{Fields, Sent};
use crate::input::{InPath, Named};
use crate::problem::Problem;
use crate::report::{Block, Section, opened, section};
use crate::state::Site;
use crate::view::Wrong;

/// The page of one use.
pub(super) struct Topic {
    pub(super) id: ExceptionUseId,
}

pub(super) type View = Console<Topic>;

/// What was typed into which form, and what is wrong with it.
pub(super) struct Again<'a> {
    /// The form: the code of a proof, or the act.
    pub(super) at: &'a str,
    pub(super) typed: &'a Fields,
    pub(super) wrong: Wrong,
}

pub(super) async fn page(
    console: Console,
    Named(id): Named<ExceptionUseId>,
) -> Result<Response, Problem> {
    let view = console.about(Topic { id });
    view.show(None).await
}

/// Does what was chosen: prove by words or a day, invoke, confirm, decline or end.
pub(super) async fn sent(
    console: Console,
    Named(id): Named<ExceptionUseId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R7);
    let view = console.about(Topic { id });
    let (platform, caller) = (&view.site.platform, &view.who.caller);
    let reason = fields.one("reason");
    let (at, done) = match fields.one("act") {
        "prove" => match view.typed_proof(&fields).await {
            Ok(done) => (fields.one("proof"), done),
            Err(again) => return view.show(Some(again)).await,
        },
        "invoke" => {
            let invoked = platform.invoke_exception(caller, id).await;
            ("invoke", invoked.map(|_digest| ()))
        }
        "confirm" => {
            let shown: Digest = fields.id("digest")?;
            let confirmed = platform.confirm_exception(caller, id, shown).await;
            ("confirm", confirmed)
        }
        "decline" => (
            "decline",
            platform.decline_exception(caller, id, reason).await,
        ),
        "end" => ("end", platform.end_exception(caller, id, reason).await),
        _ => return Err(Problem::no_such_act()),
    };
    view.answer((at, &fields), done).await
}

/// Takes the file of a proof, or the one that shows that people were told.
pub(super) async fn add(
    console: Console,
    Named(id): Named<ExceptionUseId>,
    upload: Upload,
) -> Result<Response, Problem> {
    clause::hit!(R21);
    let view = console.about(Topic { id });
    let (platform, caller) = (&view.site.platform, &view.who.caller);
    let Upload {
        fields,
        name,
        bytes,
    } = upload;
    let at = fields.one("proof");
    let done = if at == "notice" {
        platform
            .record_exception_notice(caller, id, (&name, bytes))
            .await
    } else {
        let proof = Proof::from_code(at).ok_or_else(Problem::not_found)?;
        let input = ProofInput::File { name, bytes };
        platform.add_exception_proof(caller, id, proof, input).await
    };
    view.answer((at, &fields), done).await
}

/// Hands out a paper; the look is on record before it leaves.
pub(super) async fn file(
    State(site): State<Site>,
    seated: Seated,
    InPath((id, paper)): InPath<(ExceptionUseId, PaperId)>,
) -> Result<Response, Problem> {
    let opened = site
        .platform
        .open_exception_paper(&seated.caller, id, paper);
    attachment(opened.await?)
}

impl View {
    /// Puts a proof on record that is no file; what cannot be read is shown again.
    async fn typed_proof<'a>(&self, fields: &'a Fields) -> Result<Result<(), AppError>, Again<'a>> {
        let at = fields.one("proof");
        let again = |wrong| Again {
            at,
            typed: fields,
            wrong,
        };
        let no_such = || Text::new("没有这一项证明", "There is no such proof.");
        let proof = Proof::from_code(at);
        let proof = proof.ok_or_else(|| again(Wrong::field("", no_such())))?;
        let (words, typed) = (fields.one("words"), fields.one("day"));
        let input = if typed.is_empty() {
            ProofInput::Words(words.to_owned())
        } else {
            let mut wrong = Wrong::default();
            match wrong.day("day", typed, true) {
                Some(day) => ProofInput::Day(day),
                None => return Err(again(wrong)),
            }
        };
        let (platform, caller) = (&self.site.platform, &self.who.caller);
        Ok(platform
            .add_exception_proof(caller, self.about.id, proof, input)
            .await)
    }

    async fn answer(
        &self,
        (at, typed): (&str, &Fields),
        done: Result<(), AppError>,
    ) -> Result<Response, Problem> {
        let error = match done {
            Ok(()) => return Ok(self.on_to(&format!("{PATH}/{}", self.about.id), "")),
            Err(error) => error,
        };
        let wrong = if let AppError::Invalid { what, reason } = &error {
            let field = match *what {
                "citation" => "words",
                "day of the notice" => "day",
                other => other,
            };
            Wrong::field(field, Text::new(reason.zh, reason.en))
        } else {
            Wrong::of(error)?
        };
        self.show(Some(Again { at, typed, wrong })).await
    }

    async fn show(&self, mut again: Option<Again<'_>>) -> Result<Response, Problem> {
        let (lang, platform, caller) = (self.lang, &self.site.platform, &self.who.caller);
        let status = again
            .as_ref()
            .map_or_else(|| Wrong::default().status(), |it| it.wrong.status());
        let view = platform.view_exception_use(caller, self.about.id).await?;
        let mut sections = vec![self.facts(&view).await?, self.proofs(&view, &mut again)];
        sections.extend(self.next(&view, again));
        sections.push(self.jobs().await?);
        let exception = view.exception;
        let title = format!("{} {}", exception.clause, exception.name.get(lang));
        let path = format!("{PATH}/{}", self.about.id);
        let frame = self
            .frame(title, path)
            .below(self.link(PATH, "全部例外", "All exceptions"));
        let now = self.site.platform.now();
        let lead = opened(&state_text(&view.found, view.state, (lang, now)), lang);
        self.shown(frame, lead, sections, status)
    }

    async fn jobs(&self) -> Result<Section, Problem> {
        let (lang, platform) = (self.lang, &self.site.platform);
        let jobs = platform
            .exception_jobs(&self.who.caller, self.about.id)
            .await?;
        let title = lang.pick("依此进行的工作", "Work on its ground");
        let block = if jobs.is_empty() {
            Block::Text(self.t(
                "还没有工作以它为依据。接口请求在 exception 字段写明其编号即可引用。",
                "No work has claimed it yet. A request to the API claims it by its id, in the field exception.",
            ))
        } else {
            Block::Table(jobs_table(self, &jobs))
        };
        Ok(section("jobs", title, vec![block]))
    }
}
