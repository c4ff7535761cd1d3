//! Instructions in the console: what the platform may do for the enterprise, and the form for the next one.

use axum::response::Response;
use yuntu_app::INSTRUCTIONS_PAGE;
use yuntu_app::policy::{Action, Standing};
use yuntu_app::store::Instruction;
use yuntu_app::words::minute;
use yuntu_terms::{InstructionId, Lang, Timestamp, clause};

use self::form::Draft;
use super::Console;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, Link, Section, section};
use crate::view::{Asked, Wrong};

mod form;
pub(super) mod one;

pub(super) const PATH: &str = "/console/instructions";

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Console<Topic>;

pub(super) async fn page(view: View, asked: Asked) -> Result<Response, Problem> {
    let draft = match asked.like.parse::<InstructionId>() {
        Ok(id) => {
            let earlier = view
                .site
                .platform
                .view_instruction(&view.who.caller, id)
                .await?;
            Draft::like(&earlier, view.site.platform.now())
        }
        Err(_none) => Draft::default(),
    };
    view.show(&draft, Wrong::default(), &asked.before).await
}

/// Records an instruction as it was typed.
pub(super) async fn sent(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(U2);
    let draft = Draft::typed(&fields);
    let new = match draft.read(view.site.platform.now()) {
        Ok(new) => new,
        Err(wrong) => return view.show(&draft, wrong, "").await,
    };
    match view.site.platform.instruct(&view.who.caller, &new).await {
        Ok(id) => Ok(view.on_to(&format!("{PATH}/{id}"), "")),
        Err(error) => view.show(&draft, Wrong::of(error)?, "").await,
    }
}

impl View {
    async fn show(&self, draft: &Draft, wrong: Wrong, before: &str) -> Result<Response, Problem> {
        let (lang, platform, caller) = (self.lang, &self.site.platform, &self.who.caller);
        let status = wrong.status();
        let before = before.parse().ok();
        let found = platform.list_instructions(caller, before).await?;
        let mut sections = vec![self.list(&found)];
        if platform.can(caller, Action::Instruct).await? {
            sections.push(self.instruct(draft, wrong).await?);
        }
        let title = lang.pick("指示", "Instructions");
        let frame = self.frame(title, PATH).below(self.up());
        let lead = self.t(
            "平台只按企业的指示处理业务数据：没有引用有效指示的工作一律拒绝。",
            "The platform works on business data by the enterprise's instructions only: work that cites none in force is refused.",
        );
        self.shown(frame, lead, sections, status)
    }

    fn list(&self, found: &[Instruction]) -> Section {
        let lang = self.lang;
        let title = lang.pick("已下达的指示", "Instructions on record");
        if found.is_empty() {
            let text = self.t("还没有指示。", "There is no instruction yet.");
            return section("instructions", title, vec![Block::Text(text)]);
        }
        let now = self.site.platform.now();
        let mut links: Vec<_> = found
            .iter()
            .map(|it| Link {
                address: self.address(&format!("{PATH}/{}", it.facts.id)),
                text: title_of(self, it),
                note: match &it.note {
                    Some(note) => format!("{} · {note}", state_of(it, now, lang)),
                    None => state_of(it, now, lang),
                },
            })
            .collect();
        let earlier = ("更早的指示", "Earlier instructions");
        let shown = (found, INSTRUCTIONS_PAGE);
        links.extend(self.older(shown, PATH, |it| it.facts.id, earlier));
        section("instructions", title, vec![Block::Links(links)])
    }
}

/// Names an instruction by its purposes.
pub(super) fn title_of<P>(view: &Console<P>, instruction: &Instruction) -> String {
    if instruction.is_to_import() {
        return view.t("导入数据", "Import data");
    }
    let names = instruction.facts.purposes.iter();
    let names: Vec<_> = names.map(|it| view.purpose(it)).collect();
    names.join(view.lang.pick("、", ", "))
}

/// Says whether an instruction holds at a moment.
pub(super) fn state_of(instruction: &Instruction, now: Timestamp, lang: Lang) -> String {
    if let Some(revoked) = instruction.revoked {
        let at = minute(revoked);
        return lang.pick(format!("已于 {at} 撤销"), format!("revoked {at}"));
    }
    let facts = &instruction.facts;
    match facts
        .period
        .filter(|_| facts.standing == Some(Standing::Active))
    {
        Some(period) if now < period.from => {
            let from = minute(period.from);
            lang.pick(format!("{from} 起有效"), format!("holds from {from}"))
        }
        Some(period) if now < period.until => {
            let until = minute(period.until);
            lang.pick(format!("有效至 {until}"), format!("in force until {until}"))
        }
        Some(period) => {
            let until = minute(period.until);
            lang.pick(format!("已于 {until} 到期"), format!("ended {until}"))
        }
        None => lang.pick("已终止", "ended").to_owned(),
    }
}
