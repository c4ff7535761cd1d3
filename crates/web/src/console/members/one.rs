//! One member: her role, her letters of authorisation, and the end of her seat.

use axum::response::Response;
use yuntu_app::MemberView;
use yuntu_app::policy::{Action, Role};
use yuntu_statement::Invoker;
use yuntu_terms::{RepresentativeId, clause};

use super::{PATH, choose_role, letter_text, name_of, role_input};
use crate::console::Console;
use crate::forms::{Fields, Sent};
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{Block, FormView, Section, opened, section};
use crate::view::Wrong;

/// The page of one member.
pub(super) struct Topic {
    pub(super) id: RepresentativeId,
}

pub(super) type View = Console<Topic>;

pub(in crate::console) async fn page(
    console: Console,
    Named(id): Named<RepresentativeId>,
) -> Result<Response, Problem> {
    let view = console.about(Topic { id });
    view.show(None, Wrong::default()).await
}

pub(in crate::console) async fn sent(
    console: Console,
    Named(id): Named<RepresentativeId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R3);
    let view = console.about(Topic { id });
    let (platform, caller) = (&view.site.platform, &view.who.caller);
    let (outcome, done) = match fields.one("act") {
        "role" => match Role::from_code(fields.one("role")) {
            Some(role) => (platform.change_role(caller, id, role).await, "changed"),
            None => {
                return view
                    .show(Some(&fields), Wrong::field("role", choose_role()))
                    .await;
            }
        },
        "remove" => (platform.remove_member(caller, id).await, "removed"),
        act @ ("give" | "take") => {
            let function = Invoker::from_code(fields.one("function"));
            let function = function.ok_or_else(Problem::not_found)?;
            let set = platform.set_function(caller, id, function, act == "give");
            (set.await, "changed")
        }
        _ => return Err(Problem::no_such_act()),
    };
    match outcome {
        Ok(()) => Ok(view.on_to(PATH, done)),
        Err(error) => view.show(Some(&fields), Wrong::of(error)?).await,
    }
}

impl View {
    fn path(&self) -> String {
        format!("{PATH}/{}", self.about.id)
    }

    pub(super) async fn show(
        &self,
        typed: Option<&Fields>,
        wrong: Wrong,
    ) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let (members, _) = self.site.platform.members(&self.who.caller).await?;
        let own = members.iter().find(|member| member.own);
        let own = own.map_or(Role::Viewer, |member| member.role);
        let member = members.iter().find(|it| it.representative == self.about.id);
        let member = member.ok_or_else(Problem::not_found)?;
        let act = typed.map_or("", |fields| fields.one("act"));
        let (mut of_role, mut of_letter, mut of_end) = Default::default();
        match act {
            "letter" => of_letter = wrong,
            "remove" => of_end = wrong,
            _ => of_role = wrong,
        }
        let mut sections = vec![self.role(member, own, of_role)];
        let letters = self.site.platform.letters(&self.who.caller, self.about.id);
        let again = (typed.filter(|_| act == "letter"), of_letter);
        sections.push(self.letters((member, &members), &letters.await?, again));
        let able = self
            .site
            .platform
            .can(&self.who.caller, Action::SetFunction);
        sections.push(self.functions(member, able.await?));
        if !member.own {
            sections.push(self.end(member, of_end));
        }
        let name = name_of(member, lang);
        let role = opened(member.role.name(lang), lang);
        let letter = letter_text(member.letter, self.site.platform.now(), lang);
        let lead = lang.pick(format!("{role}；{letter}"), format!("{role}; {letter}"));
        let up = self.link(PATH, "全部成员", "All members");
        let frame = self.frame(name, self.path()).below(up);
        self.shown(frame, lead, sections, status)
    }

    fn role(&self, member: &MemberView, own: Role, wrong: Wrong) -> Section {
        let form = FormView {
            inputs: vec![role_input(own, member.role.code(), self.lang)],
            acts: vec![("role", self.t("更改角色", "Change the role"), false)],
            ..self.form("role", &self.path())
        };
        let form = wrong.into_form(form, self.lang);
        let title = self.lang.pick("角色", "Role");
        section("role", title, vec![Block::Form(Box::new(form))])
    }

    /// The functions that may invoke an exception to consent, and for an owner the forms to give and take them.
    fn functions(&self, member: &MemberView, able: bool) -> Section {
        let lang = self.lang;
        let held = member.functions.iter().map(|it| it.name(lang));
        let held: Vec<_> = held.collect();
        let held = if held.is_empty() {
            self.t("没有职能。", "She has none.")
        } else {
            opened(&held.join(lang.pick("、", ", ")), lang)
        };
        let text = self.t(
            "只有担任声明所列职能的成员可以援引同意的例外，且须另一人确认。职能由所有者授予和收回，与角色无关。",
            "Only a member with a function that the statement names may invoke an exception to consent, and another person has to confirm it. The owner gives and takes functions; they are apart from the role.",
        );
        let mut blocks = vec![Block::Text(text), Block::Text(held)];
        for function in Invoker::ALL.iter().filter(|_| able) {
            let name = function.name(lang);
            let act = if member.functions.contains(function) {
                let label = lang.pick(format!("收回：{name}"), format!("Take: {name}"));
                ("take", label, true)
            } else {
                let label = lang.pick(format!("授予：{name}"), format!("Give: {name}"));
                ("give", label, true)
            };
            let form = FormView {
                hidden: vec![("function", function.code().to_owned())],
                acts: vec![act],
                ..self.form(function.code(), &self.path())
            };
            blocks.push(Block::Form(Box::new(form)));
        }
        section("functions", lang.pick("职能", "Functions"), blocks)
    }

    fn end(&self, member: &MemberView, wrong: Wrong) -> Section {
        let lang = self.lang;
        let name = name_of(member, lang);
        let label = lang.pick(format!("移除“{name}”"), format!("Remove “{name}”"));
        let form = FormView {
            acts: vec![("remove", label, true)],
            ..self.form("remove", &self.path())
        };
        let form = wrong.into_form(form, lang);
        let text = self.t(
            "移除后其授权函件随即失效，此人的帐号不受影响。",
            "Her letters end with it; her account stays as it is.",
        );
        let title = lang.pick("移除", "Remove");
        let blocks = vec![Block::Text(text), Block::Form(Box::new(form))];
        section("remove", title, blocks)
    }
}
