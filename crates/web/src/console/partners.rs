//! The register of partners in the console: who may receive, and the form for the next one.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use yuntu_app::policy::{Action, EndingStep, Standing};
use yuntu_app::store::Partner;
use yuntu_app::words::partner_standing_text;
use yuntu_terms::{Lang, clause};

use self::form::Filled;
use super::Console;
use crate::files::UPLOAD_BYTES_MAX;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, Link, Section, section};
use crate::state::Site;
use crate::view::Wrong;

mod form;
mod one;
mod parts;

pub(super) const PATH: &str = "/console/partners";

/// How many bytes the form may have: two long texts, of which each sign may take nine bytes on its way.
const FORM_BYTES_MAX: usize = 131_072;

/// Makes the routes of the register.
pub(super) fn router() -> Router<Site> {
    Router::new()
        .route(
            PATH,
            get(page)
                .post(sent)
                .layer(DefaultBodyLimit::max(FORM_BYTES_MAX)),
        )
        .route(
            "/console/partners/{partner}",
            get(one::page)
                .post(one::sent)
                .layer(DefaultBodyLimit::max(FORM_BYTES_MAX)),
        )
        .route(
            "/console/partners/{partner}/papers",
            post(one::add).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)),
        )
        .route("/console/partners/{partner}/papers/{paper}", get(one::file))
}

/// Says in one line how many partners may soon receive no more, or may receive no more already; nothing when none is near.
pub(super) async fn ending_note(console: &Console) -> Result<String, Problem> {
    let platform = &console.site.platform;
    let all = platform.partners(&console.who.caller).await?;
    let steps = all.iter().filter_map(|it| platform.partner_ending(it));
    let (over, near): (Vec<_>, Vec<_>) = steps.partition(|it| *it == EndingStep::Over);
    let mut parts = Vec::new();
    if !over.is_empty() {
        let count = over.len();
        parts.push(console.lang.pick(
            format!("{count} 个合作方的依据已到期，不再接收"),
            format!("{count} may receive no more, since what entitled them has ended"),
        ));
    }
    if !near.is_empty() {
        let count = near.len();
        parts.push(console.lang.pick(
            format!("{count} 个合作方的依据将在三十日内到期"),
            format!("what entitles {count} to receive ends within thirty days"),
        ));
    }
    Ok(parts.join(console.lang.pick("；", "; ")))
}

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Console<Topic>;

async fn page(view: View) -> Result<Response, Problem> {
    view.show(None, Wrong::default()).await
}

/// Registers a partner as it was typed.
async fn sent(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(R15);
    let typed = match form::read(&fields) {
        Ok(typed) => typed,
        Err(wrong) => return view.show(Some(&fields), wrong).await,
    };
    let platform = &view.site.platform;
    match platform.register_partner(&view.who.caller, typed).await {
        Ok(id) => Ok(view.on_to(&format!("{PATH}/{id}"), "registered")),
        Err(error) => view.show(Some(&fields), Wrong::of(error)?).await,
    }
}

impl View {
    async fn show(&self, typed: Option<&Fields>, wrong: Wrong) -> Result<Response, Problem> {
        let (lang, platform, caller) = (self.lang, &self.site.platform, &self.who.caller);
        let status = wrong.status();
        let found = platform.partners(caller).await?;
        let mut sections = vec![self.list(&found)];
        if platform.can(caller, Action::ManagePartners).await? {
            let filled = Filled { typed, kept: None };
            let act = (
                "register",
                self.t("登记，下一步上传文件", "Register it; the papers come next"),
            );
            let form = self.partner_form(PATH, &filled, act);
            let form = wrong.into_form(form, lang);
            let text = self.t(
                "登记后为草稿，对方不接收任何数据；上传协议与影响评估报告、补齐所缺之处后，使其生效。除名称与地区外，都可以稍后补充。",
                "What is registered is a draft, by which the partner receives nothing. Add the agreement and the report of the impact assessment, complete what is missing, and put it in force. All but name and region can follow later.",
            );
            let blocks = vec![Block::Text(text), Block::Form(Box::new(form))];
            let title = lang.pick("登记合作方", "Register a partner");
            sections.push(section("register", title, blocks));
        }
        let title = lang.pick("合作方", "Partners");
        let frame = self.frame(title, PATH).below(self.up());
        let lead = self.t(
            "只能向已登记、协议与评估有效的合作方提供数据，或委托其处理；到期的同一刻随即停止。",
            "Data goes only to partners who are registered, under an agreement and an assessment that hold; the moment one ends, so does everything that partner was to receive.",
        );
        self.shown(frame, lead, sections, status)
    }

    fn list(&self, found: &[Partner]) -> Section {
        let links = found.iter().map(|it| Link {
            address: self.address(&format!("{PATH}/{}", it.facts.id)),
            text: it.name.clone(),
            note: self.state(it),
        });
        let nothing = self.t("还没有登记合作方。", "No partner is registered yet.");
        let block = Block::links(links.collect(), nothing);
        section(
            "partners",
            self.lang.pick("登记册", "The register"),
            vec![block],
        )
    }

    /// Says how a partner stands, and until when.
    fn state(&self, it: &Partner) -> String {
        state_of(it, self.site.platform.partner_ending(it), self.lang)
    }
}

/// Says how a partner stands, and how near its end is.
fn state_of(it: &Partner, ending: Option<EndingStep>, lang: Lang) -> String {
    let standing = it.facts.standing.unwrap_or(Standing::Pending);
    let text = partner_standing_text(standing);
    let (zh, en) = (&text.zh, &text.en);
    let until = it.facts.ends().map(form::last_day).unwrap_or_default();
    match ending {
        None if standing == Standing::Active => lang.pick(
            format!("{zh}，有效至 {until}（含当日）"),
            format!("{en} until {until}, that day included"),
        ),
        None => text.get(lang).to_owned(),
        Some(EndingStep::Over) => lang.pick(
            format!("已于 {until} 到期，不再接收"),
            format!("ended on {until}; it receives nothing more"),
        ),
        Some(EndingStep::Quarter | EndingStep::Month | EndingStep::Week) => lang.pick(
            format!("{zh}，将于 {until} 到期"),
            format!("{en}, and ends on {until}"),
        ),
    }
}
