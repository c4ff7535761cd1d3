//! Lawful exceptions to consent in the console: both lists with what each opens, the uses, and the form to draft one.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use yuntu_app::AppError;
use yuntu_app::exceptions::{EXCEPTION_USES_PAGE, ExceptionRow, ExceptionsView};
use yuntu_app::policy::ExceptionState;
use yuntu_app::store::ExceptionUse;
use yuntu_app::words::minute;
use yuntu_statement::render::basis_name;
use yuntu_statement::{ExceptionList, Invoker};
use yuntu_terms::{Lang, Text, Timestamp, clause};

use self::form::Draft;
use super::Console;
use crate::files::UPLOAD_BYTES_MAX;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, Link, Part, Section, opened, section};
use crate::state::Site;
use crate::view::{Asked, Wrong};

mod form;
mod next;
mod one;
mod parts;

pub(super) const PATH: &str = "/console/exceptions";

/// How many bytes a form may have: a long text, of which each sign may take nine bytes on its way.
const FORM_BYTES_MAX: usize = 65_536;

/// Makes the routes of exceptions.
pub(super) fn router() -> Router<Site> {
    Router::new()
        .route(
            PATH,
            get(page)
                .post(sent)
                .layer(DefaultBodyLimit::max(FORM_BYTES_MAX)),
        )
        .route(
            "/console/exceptions/{use}",
            get(one::page)
                .post(one::sent)
                .layer(DefaultBodyLimit::max(FORM_BYTES_MAX)),
        )
        .route(
            "/console/exceptions/{use}/papers",
            post(one::add).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)),
        )
        .route("/console/exceptions/{use}/papers/{paper}", get(one::file))
}

/// Says in one line how often people are still to be told of an exception, and by when; nothing when they are told.
pub(super) async fn owed(console: &Console) -> Result<String, Problem> {
    let platform = &console.site.platform;
    let owed = platform.notices_owed(&console.who.caller).await?;
    let Some(first) = owed.first() else {
        return Ok(String::new());
    };
    let (count, by) = (owed.len(), minute(*first));
    let overdue = *first <= platform.now();
    Ok(match (console.lang, overdue) {
        (Lang::Zh, false) => format!("{count} 项待事后告知本人，最早须在 {by} 前"),
        (Lang::En, false) => format!("people are to be told of {count}, the first by {by}"),
        (Lang::Zh, true) => format!("{count} 项待事后告知本人，最早一项应在 {by} 前，已逾期"),
        (Lang::En, true) => {
            format!("people are to be told of {count}; the first was due by {by} and is overdue")
        }
    })
}

#[derive(Default)]
struct Topic;

type View = Console<Topic>;

async fn page(view: View, asked: Asked) -> Result<Response, Problem> {
    view.show(&Draft::default(), Wrong::default(), &asked.before)
        .await
}

/// Drafts the use of an exception as it was typed.
async fn sent(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(R7);
    let draft = Draft::typed(&fields);
    let new = match draft.read(view.site.platform.now()) {
        Ok(new) => new,
        Err(wrong) => return view.show(&draft, wrong, "").await,
    };
    match view
        .site
        .platform
        .draft_exception(&view.who.caller, &new)
        .await
    {
        Ok(id) => Ok(view.on_to(&format!("{PATH}/{id}"), "")),
        Err(error) => view.show(&draft, of_draft(error)?, "").await,
    }
}

/// Tells what is wrong with a draft beside the field it is about.
fn of_draft(error: AppError) -> Result<Wrong, Problem> {
    if let AppError::Exception(fault) = &error {
        return Ok(Wrong::field("clause", fault.text()));
    }
    let AppError::Invalid { what, reason } = &error else {
        return Wrong::of(error);
    };
    let field = match *what {
        "period of the exception" => "until",
        "datasets of the exception" => "datasets",
        other => other,
    };
    Ok(Wrong::field(field, Text::new(reason.zh, reason.en)))
}

impl View {
    async fn show(&self, draft: &Draft, wrong: Wrong, before: &str) -> Result<Response, Problem> {
        let (lang, platform) = (self.lang, &self.site.platform);
        let status = wrong.status();
        let view = platform
            .exceptions(&self.who.caller, before.parse().ok())
            .await?;
        let mut sections = vec![self.uses(&view)];
        if view.rows.iter().any(|row| row.may_invoke) {
            sections.push(self.invoke(&view, draft, wrong).await?);
        } else {
            sections.push(self.nobody());
        }
        for list in ExceptionList::ALL {
            sections.push(self.list(*list, &view.rows));
        }
        let title = lang.pick("同意的例外", "Exceptions to consent");
        let frame = self.frame(title, PATH).below(self.up());
        let lead = self.t(
            "没有哪一项例外是默认的：须由担任所列职能的人凭证明援引，再由另一人确认，才在期限内开放所写明的数据集与目的，并全部记入账本。例外免去的只是同意，不是告知。",
            "None is a default: somebody with the function named invokes it on its proofs, another person confirms it, and only then it opens the datasets and the purpose that it names, for its period, all of it in the ledger. It dispenses with consent, not with notice.",
        );
        self.shown(frame, lead, sections, status)
    }

    fn uses(&self, view: &ExceptionsView) -> Section {
        let (lang, title) = (self.lang, self.lang.pick("援引记录", "Uses"));
        if view.uses.is_empty() {
            let text = self.t(
                "还没有援引过任何例外：一切处理都以个人同意为依据。",
                "No exception was ever invoked: all work stands on consent.",
            );
            return section("uses", title, vec![Block::Text(text)]);
        }
        let now = self.site.platform.now();
        let link = |(found, state): &(ExceptionUse, ExceptionState)| {
            let facts = &found.facts;
            let statement = self.site.platform.statement();
            let name = statement.exception(facts.clause);
            let name = name.map_or("", |it| it.name.get(lang));
            let purpose = self.purpose(&facts.purpose);
            Link {
                address: self.address(&format!("{PATH}/{}", facts.id)),
                text: lang.pick(
                    format!("{} {name}：{purpose}", facts.clause),
                    format!("{} {name}: {purpose}", facts.clause),
                ),
                note: state_text(found, *state, (lang, now)),
            }
        };
        let mut links: Vec<_> = view.uses.iter().map(link).collect();
        let shown = (view.uses.as_slice(), EXCEPTION_USES_PAGE);
        let earlier = ("更早的援引", "Earlier uses");
        links.extend(self.older(shown, PATH, |(it, _)| it.facts.id, earlier));
        section("uses", title, vec![Block::Links(links)])
    }

    /// Says why there is no form, and who can change that.
    fn nobody(&self) -> Section {
        let text = self.t(
            "您没有可以援引例外的职能。所有者在“成员”页授予：法务负责人、个人信息保护负责人、安全负责人。",
            "You have none of the functions that invoke an exception. The owner gives them on the page of a member: legal counsel, person in charge of personal information protection, security officer.",
        );
        let members = self.link("/console/members", "成员", "Members");
        let blocks = vec![Block::Text(text), Block::Links(vec![members])];
        section("invoke", self.lang.pick("援引例外", "Invoke one"), blocks)
    }

    fn list(&self, list: ExceptionList, rows: &[ExceptionRow]) -> Section {
        let lang = self.lang;
        let mut blocks = Vec::new();
        let (anchor, title) = match list {
            ExceptionList::Collection => (
                "collection",
                lang.pick(
                    "收集、使用的十二项（R7）",
                    "Twelve for collection and use (R7)",
                ),
            ),
            ExceptionList::Provision => {
                blocks.push(Block::Text(self.t(
                    "平台目前没有任何提供、转让或公开数据的功能：这些例外可以援引并由策略裁定，但在这类功能建成之前不会有数据因此离开。",
                    "The platform has no function yet that provides, transfers or publishes data: these can be invoked and are decided on by the policy, but until there is such a function no data leaves on their ground.",
                )));
                (
                    "provision",
                    lang.pick(
                        "提供、公开的九项（R21）",
                        "Nine for provision and publication (R21)",
                    ),
                )
            }
        };
        let of_list = rows.iter().filter(|row| row.exception.list == list);
        blocks.extend(of_list.map(|row| Block::Part(self.row(row))));
        section(anchor, title, blocks)
    }

    fn row(&self, row: &ExceptionRow) -> Part {
        let (lang, it) = (self.lang, row.exception);
        let join = |words: Vec<&str>| words.join(lang.pick("、", ", "));
        let title = format!("{} {}", it.clause, it.name.get(lang));
        let opens = (
            self.t("开放什么", "What it opens"),
            it.opens.get(lang).to_owned(),
        );
        if let Some(because) = &it.unavailable {
            let because = because.get(lang);
            let state = lang.pick(
                format!("不可援引，因为：{because}"),
                format!("Not available, because: {because}"),
            );
            return Part {
                title,
                facts: vec![opens, (self.t("可否援引", "Available"), state)],
            };
        }
        let ground = it.ground.map_or("", |ground| basis_name(ground, lang));
        let article = it.article.as_ref().map_or("", |text| text.get(lang));
        let names = row.purposes.iter().map(|rule| rule.name.get(lang));
        let state = if row.purposes.is_empty() {
            self.t(
                "目前不开放任何目的：声明没有为任何业务目的列出这一依据。",
                "Opens no purpose at present: the statement lists this ground for no purpose of business data.",
            )
        } else {
            let names = join(names.collect());
            lang.pick(format!("可用于：{names}"), format!("For: {names}"))
        };
        let days = it.days_max.unwrap_or(0);
        let who = it.invokers.iter().map(|who: &Invoker| who.name(lang));
        let proofs = it.proofs.iter().map(|proof| proof.name(lang));
        Part {
            title,
            facts: vec![
                opens,
                (
                    self.t("依据", "Ground"),
                    lang.pick(
                        format!("{ground}（{article}）"),
                        format!("{} ({article})", opened(ground, lang)),
                    ),
                ),
                (
                    self.t("谁可援引", "Who may invoke it"),
                    opened(&join(who.collect()), lang),
                ),
                (
                    self.t("所需证明", "Proofs"),
                    opened(&join(proofs.collect()), lang),
                ),
                (
                    self.t("单次最长", "Longest use"),
                    lang.pick(format!("{days} 天"), format!("{days} days")),
                ),
                (self.t("可否援引", "Available"), state),
            ],
        }
    }
}

/// Writes a period.
fn period_text(period: yuntu_app::policy::Period, lang: Lang) -> String {
    let (from, until) = (minute(period.from), minute(period.until));
    lang.pick(format!("{from} 至 {until}"), format!("{from} to {until}"))
}

/// Says in one line how far a use has come.
fn state_text(
    found: &ExceptionUse,
    state: ExceptionState,
    (lang, now): (Lang, Timestamp),
) -> String {
    let period = found.facts.period;
    let name = state.name(lang);
    let mut text = match state {
        ExceptionState::InForce | ExceptionState::Invoked | ExceptionState::Ahead => {
            let period = period.map_or_else(String::new, |it| period_text(it, lang));
            lang.pick(format!("{name}（{period}）"), format!("{name} ({period})"))
        }
        ExceptionState::Draft | ExceptionState::Over | ExceptionState::Ended => name.to_owned(),
    };
    if let Some(due) = found.notice_due.filter(|_| found.owes_notice()) {
        let (by, overdue) = (minute(due), due <= now);
        let owed = match (lang, overdue) {
            (Lang::Zh, false) => format!("；须在 {by} 前告知本人"),
            (Lang::En, false) => format!("; people are to be told by {by}"),
            (Lang::Zh, true) => format!("；应在 {by} 前告知本人，已逾期"),
            (Lang::En, true) => format!("; people were to be told by {by}, which is overdue"),
        };
        text.push_str(&owed);
    }
    text
}
