//! One use of an exception: what it opens, its proofs, what comes next, and the work on its ground.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::certification::CertificationError;
use yuntu_app::exceptions::ProofInput;
use yuntu_statement::Proof;
use yuntu_terms::{Digest, ExceptionUseId, Lang, Text, clause};

use super::{PATH, parts};
use crate::account::{Wrong, section, shown, to};
use crate::console::Seated;
use crate::console::instructions::one::jobs_table;
use crate::console::members::letters::day;
use crate::files::{Upload, attachment};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::{InPath, Language, Named};
use crate::problem::Problem;
use crate::report::{Block, Link, Section, opened};
use crate::state::Site;

/// The page of one use.
pub(super) struct View<'a> {
    pub(super) site: &'a Site,
    pub(super) seated: &'a Seated,
    pub(super) lang: Lang,
    pub(super) mark: &'a FormMark,
    pub(super) id: ExceptionUseId,
}

/// What was typed into which form, and what is wrong with it.
pub(super) struct Again<'a> {
    /// The form: the code of a proof, or the act.
    pub(super) at: &'a str,
    pub(super) typed: &'a Fields,
    pub(super) wrong: Wrong,
}

pub(super) async fn page(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    Named(id): Named<ExceptionUseId>,
    mark: FormMark,
) -> Result<Response, Problem> {
    let view = View {
        site: &site,
        seated: &seated,
        lang,
        mark: &mark,
        id,
    };
    view.show(None).await
}

/// Does what was chosen: prove by words or a day, invoke, confirm, decline or end.
pub(super) async fn sent(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    Named(id): Named<ExceptionUseId>,
    mark: FormMark,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R7);
    let view = View {
        site: &site,
        seated: &seated,
        lang,
        mark: &mark,
        id,
    };
    let (platform, caller) = (&site.platform, &seated.caller);
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
            let shown: Digest = fields
                .one("digest")
                .parse()
                .map_err(|_form| Problem::not_found())?;
            let confirmed = platform.confirm_exception(caller, id, shown).await;
            ("confirm", confirmed)
        }
        "decline" => (
            "decline",
            platform.decline_exception(caller, id, reason).await,
        ),
        "end" => ("end", platform.end_exception(caller, id, reason).await),
        _ => return Err(Problem::invalid("没有此操作", "there is no such act")),
    };
    view.answer((at, &fields), done).await
}

/// Takes the file of a proof, or the one that shows that people were told.
pub(super) async fn add(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    Named(id): Named<ExceptionUseId>,
    mark: FormMark,
    upload: Upload,
) -> Result<Response, Problem> {
    clause::hit!(R21);
    let view = View {
        site: &site,
        seated: &seated,
        lang,
        mark: &mark,
        id,
    };
    let (platform, caller) = (&site.platform, &seated.caller);
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
    InPath((id, paper)): InPath<(String, String)>,
) -> Result<Response, Problem> {
    let id = id.parse().map_err(|_id| Problem::not_found())?;
    let paper = paper.parse().map_err(|_id| Problem::not_found())?;
    let opened = site
        .platform
        .open_exception_paper(&seated.caller, id, paper);
    attachment(opened.await?)
}

impl View<'_> {
    pub(super) fn t(&self, zh: &str, en: &str) -> String {
        self.lang.pick(zh, en).to_owned()
    }

    /// Puts a proof on record that is no file; what cannot be read is shown again.
    async fn typed_proof<'a>(&self, fields: &'a Fields) -> Result<Result<(), AppError>, Again<'a>> {
        let at = fields.one("proof");
        let again = |field, text| Again {
            at,
            typed: fields,
            wrong: Wrong::field(field, text),
        };
        let no_such = || Text::new("没有这一项证明", "There is no such proof.");
        let proof = Proof::from_code(at).ok_or_else(|| again("", no_such()))?;
        let (words, typed) = (fields.one("words"), fields.one("day"));
        let input = if typed.is_empty() {
            ProofInput::Words(words.to_owned())
        } else {
            let form = Text::new(
                "应为日期，如 2026-12-31",
                "This is a date such as 2026-12-31.",
            );
            ProofInput::Day(day(typed, true).ok_or_else(|| again("day", form))?)
        };
        let (platform, caller) = (&self.site.platform, &self.seated.caller);
        Ok(platform
            .add_exception_proof(caller, self.id, proof, input)
            .await)
    }

    async fn answer(
        &self,
        (at, typed): (&str, &Fields),
        done: Result<(), AppError>,
    ) -> Result<Response, Problem> {
        let error = match done {
            Ok(()) => return Ok(to(&format!("{PATH}/{}", self.id), self.lang)),
            Err(error) => error,
        };
        let wrong = if let AppError::Certification(CertificationError::File(fault)) = &error {
            Wrong::field("file", fault.text())
        } else if let AppError::Invalid { what, reason } = &error {
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
        let (lang, platform, caller) = (self.lang, &self.site.platform, &self.seated.caller);
        let status = again
            .as_ref()
            .map_or_else(|| Wrong::default().status(), |it| it.wrong.status());
        let view = platform.view_exception_use(caller, self.id).await?;
        let mut sections = vec![self.facts(&view).await?, self.proofs(&view, &mut again)];
        sections.extend(self.next(&view, again));
        sections.push(self.jobs().await?);
        let exception = view.exception;
        let title = format!("{} {}", exception.clause, exception.name.get(lang));
        let path = format!("{PATH}/{}", self.id);
        let mut frame = self.seated.person.frame(lang, title, path, self.mark);
        frame.up = Some(Link {
            address: format!("{PATH}?lang={}", lang.pick("zh", "en")),
            text: self.t("全部例外", "All exceptions"),
            note: String::new(),
        });
        let now = self.site.platform.now();
        let lead = opened(
            &parts::state_text(&view.found, view.state, (lang, now)),
            lang,
        );
        shown(self.site, self.mark, frame, lead, sections, status)
    }

    async fn jobs(&self) -> Result<Section, Problem> {
        let (lang, platform) = (self.lang, &self.site.platform);
        let jobs = platform
            .exception_jobs(&self.seated.caller, self.id)
            .await?;
        let title = lang.pick("依此进行的工作", "Work on its ground");
        let block = if jobs.is_empty() {
            Block::Text(self.t(
                "还没有工作以它为依据。接口请求在 exception 字段写明其编号即可引用。",
                "No work has claimed it yet. A request to the API claims it by its id, in the field exception.",
            ))
        } else {
            Block::Table(jobs_table(self.site, &jobs, lang))
        };
        Ok(section("jobs", title, vec![block]))
    }
}
