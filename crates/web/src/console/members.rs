//! Members of the enterprise: who acts for it, who is invited, and what each may.

use axum::response::Response;
use yuntu_app::policy::{Period, Role};
use yuntu_app::words::minute;
use yuntu_app::{MemberView, OpenInvitation};
use yuntu_terms::{Lang, Text, Timestamp, clause};

use super::Console;
use crate::account::address;
use crate::forms::{Fields, Sent};
use crate::input::Here;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, Part, Section, opened, section};
use crate::view::{Asked, Wrong};

pub(super) mod letters;
pub(super) mod one;

const PATH: &str = "/console/members";

/// What is wrong with each form of the page.
#[derive(Debug, Default)]
struct Forms {
    invite: Wrong,
    leave: Wrong,
}

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Console<Topic>;

pub(super) async fn page(view: View, asked: Asked) -> Result<Response, Problem> {
    view.show(None, Forms::default(), &asked.done).await
}

pub(super) async fn sent(
    view: View,
    here: Here,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R3);
    let (platform, caller) = (&view.site.platform, &view.who.caller);
    match fields.one("act") {
        "invite" => match view.invite(&fields, &here).await? {
            wrong if wrong.is_nothing() => Ok(view.on_to(PATH, "invited")),
            invite => {
                let wrong = Forms {
                    invite,
                    ..Forms::default()
                };
                view.show(Some(&fields), wrong, "").await
            }
        },
        "revoke" => {
            let id = fields.id("invitation")?;
            platform.revoke_invitation(caller, id).await?;
            Ok(view.on_to(PATH, "revoked"))
        }
        "leave" => match platform.leave(caller).await {
            Ok(()) => Ok(view.on_to("/account", "left")),
            Err(error) => {
                let wrong = Forms {
                    leave: Wrong::of(error)?,
                    ..Forms::default()
                };
                view.show(None, wrong, "").await
            }
        },
        _ => Err(Problem::no_such_act()),
    }
}

impl View {
    async fn invite(&self, fields: &Fields, here: &Here) -> Result<Wrong, Problem> {
        let mut wrong = Wrong::default();
        let address = address(fields.one("address"));
        let role = Role::from_code(fields.one("role"));
        if role.is_none() {
            wrong.add("role", choose_role());
        }
        let address = match address {
            Ok(address) => Some(address),
            Err(text) => {
                wrong.add("address", text);
                None
            }
        };
        let (Some(address), Some(role)) = (address, role) else {
            return Ok(wrong);
        };
        let here = here.clone();
        let link = move |secret: &str| here.link(&format!("/account/join/{secret}")).ok();
        let platform = &self.site.platform;
        let invited = platform.invite(&self.who.caller, address, role, self.lang, link);
        match invited.await {
            Ok(_) => Ok(wrong),
            Err(error) => Wrong::of(error),
        }
    }

    async fn show(
        &self,
        typed: Option<&Fields>,
        wrong: Forms,
        done: &str,
    ) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = Wrong::status_of([&wrong.leave, &wrong.invite]);
        let platform = &self.site.platform;
        let (members, invitations) = platform.members(&self.who.caller).await?;
        let own = members.iter().find(|member| member.own);
        let own = own.map_or(Role::Viewer, |member| member.role);
        let done = match done {
            "invited" => lang.pick(
                "邀请已发出，七日内有效。",
                "The invitation is on its way, good for seven days.",
            ),
            "revoked" => lang.pick("邀请已撤回。", "The invitation is revoked."),
            "changed" => lang.pick("已更改。", "It is changed."),
            "letter" => lang.pick("授权函件已加密保存。", "The letter is kept, encrypted."),
            "removed" => lang.pick("该成员已移除。", "The member is removed."),
            _ => "",
        };
        let mut sections = vec![
            self.members(&members),
            self.invite_form(own, typed, wrong.invite),
        ];
        if !invitations.is_empty() {
            sections.push(self.invitations(invitations));
        }
        sections.push(self.leave(wrong.leave));
        let title = lang.pick("成员", "Members");
        let frame = self.frame(title, PATH).saying(done);
        self.shown(frame, "", sections, status)
    }

    fn members(&self, members: &[MemberView]) -> Section {
        let lang = self.lang;
        let now = self.site.platform.now();
        let link = |member: &MemberView| {
            let role = opened(member.role.name(lang), lang);
            let letter = letter_text(member.letter, now, lang);
            let own = if member.own {
                lang.pick("（您）", " (you)")
            } else {
                ""
            };
            Link {
                address: self.address(&format!("{PATH}/{}", member.representative)),
                text: format!("{}{own}", name_of(member, lang)),
                note: lang.pick(format!("{role}；{letter}"), format!("{role}; {letter}")),
            }
        };
        let links = members.iter().map(link).collect();
        let title = lang.pick("代表企业的人", "Who acts for the enterprise");
        section("members", title, vec![Block::Links(links)])
    }

    fn invite_form(&self, own: Role, typed: Option<&Fields>, wrong: Wrong) -> Section {
        let lang = self.lang;
        let typed = |name: &str| typed.map_or("", |fields| fields.one(name));
        let note = self.t(
            "用于发送邀请；只有拥有此地址的帐号才能接受。接受或撤回后即删除，仅为限制邀请次数而保留其密钥散列一日。",
            "The invitation goes there, and only the account that has the address can accept it. It is erased once the invitation is accepted or revoked; a keyed hash of it stays for a day, to limit how often it is invited.",
        );
        let form = FormView {
            inputs: vec![
                InputView::line("address", self.t("邮箱或手机号", "Email or mobile number"))
                    .with(typed("address"))
                    .because(note)
                    .needed(),
                role_input(own, typed("role"), lang),
            ],
            acts: vec![("invite", self.t("发送邀请", "Send the invitation"), false)],
            ..self.form("invite", PATH)
        };
        let form = wrong.into_form(form, lang);
        let title = lang.pick("邀请", "Invite somebody");
        section("invite", title, vec![Block::Form(Box::new(form))])
    }

    fn invitations(&self, invitations: Vec<OpenInvitation>) -> Section {
        let lang = self.lang;
        let mut blocks = Vec::new();
        for invitation in invitations {
            let address = invitation.address;
            blocks.push(Block::Part(Part {
                title: address.clone(),
                facts: vec![
                    (
                        self.t("角色", "Role"),
                        opened(invitation.role.name(lang), lang),
                    ),
                    (self.t("有效至", "Good until"), minute(invitation.expires)),
                ],
            }));
            let label = lang.pick(format!("撤回：{address}"), format!("Revoke: {address}"));
            let form = FormView {
                hidden: vec![("invitation", invitation.id.to_string())],
                acts: vec![("revoke", label, true)],
                ..self.form("revoke", PATH)
            };
            blocks.push(Block::Form(Box::new(form)));
        }
        let title = lang.pick("尚未接受的邀请", "Invitations that are open");
        section("invitations", title, blocks)
    }

    fn leave(&self, wrong: Wrong) -> Section {
        let text = self.t(
            "退出后您不再能以此企业的名义行事；至少须留下一位所有者。",
            "After that you can do nothing in its name any more; at least one owner stays.",
        );
        let form = FormView {
            acts: vec![("leave", self.t("退出此企业", "Leave this enterprise"), true)],
            ..self.form("leave", PATH)
        };
        let form = wrong.into_form(form, self.lang);
        let title = self.lang.pick("退出", "Leave");
        let blocks = vec![Block::Text(text), Block::Form(Box::new(form))];
        section("leave", title, blocks)
    }
}

fn choose_role() -> Text {
    Text::new("请选择一个角色", "Please choose a role.")
}

/// Names a member as far as she lets herself be named.
fn name_of(member: &MemberView, lang: Lang) -> String {
    let parts = [member.name.clone(), member.address.clone()];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        lang.pick("未关联帐号的代表", "A representative without an account")
            .to_owned()
    } else {
        parts.join(" · ")
    }
}

/// Says whether a letter gives the right to act at this moment.
fn letter_text(letter: Option<Period>, now: Timestamp, lang: Lang) -> String {
    let Some(period) = letter else {
        return lang.pick("没有授权函件", "no letter").to_owned();
    };
    let until = minute(period.until);
    if period.holds(now) {
        lang.pick(
            format!("授权函件至 {until}"),
            format!("letter until {until}"),
        )
    } else if now < period.from {
        let from = minute(period.from);
        lang.pick(
            format!("授权函件自 {from} 起"),
            format!("letter from {from} on"),
        )
    } else {
        lang.pick(
            format!("授权函件已于 {until} 到期"),
            format!("letter ended at {until}"),
        )
    }
}

/// Makes the list of roles; what only an owner gives is offered to an owner alone.
fn role_input(own: Role, chosen: &str, lang: Lang) -> InputView {
    let roles = Role::ALL.iter();
    // Who says nothing gives the least.
    let chosen = if chosen.is_empty() {
        Role::Viewer.code()
    } else {
        chosen
    };
    let offered = roles.filter(|role| **role != Role::Owner || own == Role::Owner);
    let option = |role: &Role| {
        let code = role.code().to_owned();
        (code, opened(role.name(lang), lang), role.code() == chosen)
    };
    let note = lang.pick(
        "所有者约束企业；管理员管理帐号；分析师处理数据；查看者阅读报告；隐私联系人答复个人。",
        "An owner binds the enterprise; an admin runs it; an analyst works on data; a viewer reads reports; a privacy contact answers to people.",
    );
    InputView::one(
        "role",
        lang.pick("角色", "Role"),
        offered.map(option).collect(),
    )
    .because(note)
}
