//! Dangerous acts: what one operator proposes, another approves or declines.

mod form;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use yuntu_app::AppError;
use yuntu_app::outbound::Medium;
use yuntu_app::policy::{
    OperatorRole, ProposalKind, Tie, operator_may_decide, operator_may_propose,
};
use yuntu_app::proposals::{Approved, ProposalReason, ShownProposal};
use yuntu_app::store::ProposalStanding;
use yuntu_app::words::minute;
use yuntu_terms::{Lang, Text, clause};

use self::form::{anchor_of, proposed};
use super::Desk;
use crate::forms::{Fields, Sent};
use crate::input::InQuery;
use crate::problem::Problem;
use crate::report::{Block, FormView, Link, Part, Section, opened, section};
use crate::view::{Asked, Wrong};

const PATH: &str = "/operator/proposals";

/// What another page has already chosen, for the form that proposes it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    object: String,
}

/// Leads to the form that proposes this for this object.
pub(super) fn link_to(kind: ProposalKind, object: &str, text: String, lang: Lang) -> Link {
    let (code, kind_code, anchor) = (lang.pick("zh", "en"), kind.code(), anchor_of(kind));
    Link {
        address: format!("{PATH}?lang={code}&kind={kind_code}&object={object}#{anchor}"),
        text,
        note: String::new(),
    }
}

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Desk<Topic>;

pub(super) async fn page(
    view: View,
    (asked, InQuery(chosen)): (Asked, InQuery<Chosen>),
) -> Result<Response, Problem> {
    let Chosen { kind, object } = chosen;
    let done = match asked.done.as_str() {
        "proposed" => view.lang.pick(
            "已提出，等待另一人核准。",
            "It is proposed and waits for another operator.",
        ),
        "approved" => view
            .lang
            .pick("已批准并完成。", "It is approved, and done."),
        "ended" => view.lang.pick("提案已结束。", "The proposal has ended."),
        _ => "",
    };
    let (kind, object) = (
        ProposalKind::from_code(&kind),
        Fields::only("object", object),
    );
    view.list(done, kind, (Wrong::default(), &object)).await
}

pub(super) async fn sent(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(R23);
    match fields.one("act") {
        "propose" => view.propose(&fields).await,
        "approve" => view.approve(&fields).await,
        act @ ("decline" | "withdraw") => {
            let id = fields.id("proposal")?;
            let platform = &view.site.platform;
            if act == "decline" {
                platform.decline_proposal(&view.who.caller, id).await?;
            } else {
                platform.withdraw_proposal(&view.who.caller, id).await?;
            }
            Ok(view.on_to(PATH, "ended"))
        }
        _ => Err(Problem::no_such_act()),
    }
}

/// Says what of an act that cannot be proposed the person can mend in the form.
pub(super) fn mended(error: AppError) -> Result<Text, Problem> {
    if let AppError::Invalid { reason, .. } = &error {
        Ok(Text::new(reason.zh, opened(reason.en, Lang::En)))
    } else if let AppError::Missing { .. } = &error {
        Ok(Text::new(
            "没有此对象，或已经关闭",
            "There is no such thing, or it is closed.",
        ))
    } else {
        Err(error.into())
    }
}

impl View {
    async fn propose(&self, fields: &Fields) -> Result<Response, Problem> {
        let kind = ProposalKind::from_code(fields.one("kind"));
        let kind = kind.ok_or_else(|| Problem::invalid("没有此类操作", "there is no such kind"))?;
        let mut wrong = Wrong::default();
        let proposed = proposed(kind, fields).map_err(|text| wrong.add("object", text));
        let reason = match ProposalReason::parse(fields.one("reason")) {
            Ok(reason) => Some(reason),
            Err(error) => {
                wrong.add("reason", mended(error)?);
                None
            }
        };
        let (Ok(proposed), Some(reason)) = (proposed, reason) else {
            return self.list("", Some(kind), (wrong, fields)).await;
        };
        let platform = &self.site.platform;
        match platform.propose(&self.who.caller, proposed, &reason).await {
            Ok(_id) => Ok(self.on_to(PATH, "proposed")),
            Err(error) => {
                let wrong = Wrong::field("object", mended(error)?);
                self.list("", Some(kind), (wrong, fields)).await
            }
        }
    }

    async fn approve(&self, fields: &Fields) -> Result<Response, Problem> {
        let id = fields.id("proposal")?;
        let digest = fields.id("digest")?;
        let platform = &self.site.platform;
        match platform
            .approve_proposal(&self.who.caller, id, digest)
            .await?
        {
            Approved::Done => Ok(self.on_to(PATH, "approved")),
            Approved::Added { until, .. } => {
                let (until, lang) = (minute(until), self.lang);
                let sent = if platform.kept_here().contains(&Medium::Mail) {
                    lang.pick(
                        "未配置邮件服务，发往本人邮箱的登记链接留在本机发件箱中",
                        "No service carries mail, so that the link to enrol, which is for her mail address alone, waits in the local outbox",
                    )
                } else {
                    lang.pick(
                        "登记链接已发往本人邮箱",
                        "The link to enrol was sent to her mail address",
                    )
                };
                let text = lang.pick(
                    format!("{sent}；{until} 前有效，只能使用一次。此处不显示，因为只有本人可以使用它。如其未收到，或链接已过期，可由维护人员在服务器上用 yuntu operator add 重新生成。"),
                    format!("{sent}; it is good until {until}, and works once. It is not shown here, because nobody but her may use it. If it does not come or has ended, whoever keeps the machine makes another with yuntu operator add."),
                );
                let blocks = vec![Block::Text(text)];
                let heading = lang.pick("运营人员已新增", "The operator is added");
                let sections = vec![section("added", heading, blocks)];
                self.show("", sections, StatusCode::OK)
            }
        }
    }

    async fn list(
        &self,
        done: &str,
        about: Option<ProposalKind>,
        (wrong, typed): (Wrong, &Fields),
    ) -> Result<Response, Problem> {
        let lang = self.lang;
        let proposals = self.site.platform.proposals(&self.who.caller).await?;
        let status = wrong.status();
        let mut waiting = Vec::new();
        let mut over = Vec::new();
        let now = self.site.platform.now();
        for shown in &proposals {
            let part = Block::Part(self.part(shown));
            let it = &shown.proposal;
            if it.standing == ProposalStanding::Open && now < it.expires {
                waiting.push(part);
                waiting.extend(self.acts(shown));
            } else {
                over.push(part);
            }
        }
        let none = || Block::Text(lang.pick("没有。", "None.").to_owned());
        if waiting.is_empty() {
            waiting.push(none());
        }
        if over.is_empty() {
            over.push(none());
        }
        let heading = lang.pick("等待第二人", "Waiting for a second person");
        let mut sections = vec![section("waiting", heading, waiting)];
        let mut wrong = Some(wrong);
        for &kind in ProposalKind::ALL {
            if operator_may_propose(self.who.caller.role, kind, Tie::None) {
                let wrong = wrong.take_if(|_| about == Some(kind));
                sections.push(self.propose_form(kind, wrong.map(|wrong| (wrong, typed))));
            }
        }
        let heading = lang.pick("已结束", "Over");
        sections.push(section("over", heading, over));
        self.show(done, sections, status)
    }

    fn part(&self, shown: &ShownProposal) -> Part {
        let (it, lang) = (&shown.proposal, self.lang);
        let standing = match it.standing {
            ProposalStanding::Open => lang.pick("等待核准", "waits"),
            ProposalStanding::Approved => lang.pick("已批准并完成", "approved, and done"),
            ProposalStanding::Declined => lang.pick("已拒绝", "declined"),
            ProposalStanding::Withdrawn => lang.pick("已撤回", "taken back"),
        };
        let fact = |zh: &str, en: &str, value: String| (lang.pick(zh, en).to_owned(), value);
        // An operator who is added is known by her address alone; what stands in its place is her role.
        let (object, role) = match it.object.split_once(' ') {
            Some((operator, role)) => (Some(operator), Some(role)),
            None if it.kind == ProposalKind::AddOperator => (None, Some(it.object.as_str())),
            None => (Some(it.object.as_str()), None),
        };
        let mut facts = Vec::new();
        facts.extend(object.map(|object| fact("对象", "To what", object.to_owned())));
        if let Some(name) = &shown.enterprise {
            facts.push(fact("企业", "Enterprise", name.clone()));
        }
        let role = role.and_then(|code| code.parse::<OperatorRole>().ok());
        facts.extend(role.map(|role| fact("角色", "Role", role.name(lang).to_owned())));
        if let Some(address) = &shown.address {
            facts.push(fact("邮箱", "Mail address", address.clone()));
        }
        facts.push(fact("理由", "Why", shown.reason.clone()));
        facts.push(fact("提出人", "Proposed by", it.proposer.to_string()));
        facts.push(fact("提出于", "Proposed at", minute(it.proposed)));
        facts.push(fact("有效至", "Until", minute(it.expires)));
        facts.push(fact("状态", "State", standing.to_owned()));
        if let Some(decider) = it.decider {
            facts.push(fact("处理人", "By", decider.to_string()));
        }
        let title = format!("{} · {}", it.kind.name(lang), minute(it.proposed));
        Part { title, facts }
    }

    /// Offers what this operator may do with a proposal that waits.
    fn acts(&self, shown: &ShownProposal) -> Option<Block> {
        let (it, lang) = (&shown.proposal, self.lang);
        let own = it.proposer == self.who.caller.operator;
        let about = it.object.starts_with(&self.who.caller.operator.to_string());
        let tie = match (own, about) {
            (true, _) => Tie::Proposer,
            (false, true) => Tie::Concerned,
            (false, false) => Tie::None,
        };
        let name = it.kind.name(lang);
        let mut acts = Vec::new();
        if operator_may_decide(self.who.caller.role, it.kind, tie) {
            let approve = lang.pick(format!("批准：{name}"), format!("Approve: {name}"));
            acts.push(("approve", approve, false));
            let decline = lang.pick(format!("拒绝：{name}"), format!("Decline: {name}"));
            acts.push(("decline", decline, true));
        }
        if own {
            let withdraw = lang.pick(format!("撤回：{name}"), format!("Take back: {name}"));
            acts.push(("withdraw", withdraw, true));
        }
        (!acts.is_empty()).then(|| {
            Block::Form(Box::new(FormView {
                hidden: vec![
                    ("proposal", it.id.to_string()),
                    ("digest", it.digest.to_string()),
                ],
                acts,
                ..self.form("decide", PATH)
            }))
        })
    }

    fn show(
        &self,
        done: &str,
        sections: Vec<Section>,
        status: StatusCode,
    ) -> Result<Response, Problem> {
        let title = self.lang.pick("双人核准", "Two-person rule");
        let frame = self.frame(title, PATH).saying(done);
        self.shown(frame, "", sections, status)
    }
}
