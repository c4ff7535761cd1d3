//! The register of operators: who works for the platform, who can sign in, and how one is suspended or let in again.

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::operators::ListedOperator;
use yuntu_app::policy::{OperatorAction, ProposalKind, Tie, operator_may, operator_may_propose};
use yuntu_app::proposals::{ProposalReason, Proposed};
use yuntu_app::store::AccountStanding;
use yuntu_app::words::minute;
use yuntu_terms::{OperatorId, clause};

use super::Desk;
use super::proposals::mended;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Part, section};
use crate::view::{Asked, Wrong};

const PATH: &str = "/operator/people";

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Desk<Topic>;

/// Which operator's form is shown again, what is wrong in it, and what was typed.
#[derive(Default)]
struct Again<'a> {
    operator: Option<OperatorId>,
    wrong: Wrong,
    typed: &'a str,
}

pub(super) async fn page(view: View, asked: Asked) -> Result<Response, Problem> {
    let done = match asked.done.as_str() {
        "suspended" => view.lang.pick(
            "已停用，其全部会话已即刻结束。",
            "She is suspended, and all her sessions ended at once.",
        ),
        "proposed" => view.lang.pick(
            "已提出，等待另一人核准。",
            "It is proposed and waits for another operator.",
        ),
        _ => "",
    };
    view.list(done, Again::default()).await
}

pub(super) async fn sent(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(R23);
    let id = fields.id("operator")?;
    match fields.one("act") {
        "suspend" => view.suspend(id).await,
        "restore" => view.restore(id, fields.one("reason")).await,
        _ => Err(Problem::no_such_act()),
    }
}

impl View {
    async fn suspend(&self, id: OperatorId) -> Result<Response, Problem> {
        let platform = &self.site.platform;
        match platform.suspend_operator(&self.who.caller, id).await {
            Ok(()) => Ok(self.on_to(PATH, "suspended")),
            Err(error) => self.again(id, error, "").await,
        }
    }

    async fn restore(&self, id: OperatorId, typed: &str) -> Result<Response, Problem> {
        let reason = match ProposalReason::parse(typed) {
            Ok(reason) => reason,
            Err(error) => return self.again(id, error, typed).await,
        };
        let (platform, caller) = (&self.site.platform, &self.who.caller);
        let restore = Proposed::RestoreOperator(id);
        match platform.propose(caller, restore, &reason).await {
            Ok(_id) => Ok(self.on_to(PATH, "proposed")),
            Err(error) => self.again(id, error, typed).await,
        }
    }

    async fn again(
        &self,
        id: OperatorId,
        error: AppError,
        typed: &str,
    ) -> Result<Response, Problem> {
        // Whoever is not in the register has no form that could say so.
        if let AppError::Missing { .. } = error {
            return Err(error.into());
        }
        let again = Again {
            operator: Some(id),
            wrong: Wrong::field("reason", mended(error)?),
            typed,
        };
        self.list("", again).await
    }

    async fn list(&self, done: &str, mut again: Again<'_>) -> Result<Response, Problem> {
        let lang = self.lang;
        let listed = self.site.platform.operators(&self.who.caller).await?;
        let status = if again.operator.is_some() {
            again.wrong.status()
        } else {
            StatusCode::OK
        };
        let mut blocks = Vec::new();
        for one in &listed {
            blocks.push(Block::Part(self.part(one)));
            let wrong = if again.operator == Some(one.operator.id) {
                std::mem::take(&mut again.wrong)
            } else {
                Wrong::default()
            };
            let typed = if wrong.is_nothing() { "" } else { again.typed };
            if let Some(form) = self.act(one, typed) {
                blocks.push(Block::Form(Box::new(wrong.into_form(form, lang))));
            }
        }
        let note = lang.pick(
            "停用由一人即可完成，用于立即止损；恢复会重新给予权限，须由一人提出、另一人在“双人核准”页批准。任何人都不能停用自己，也不能提出或批准与自己有关的恢复。",
            "One operator suspends alone, so that harm stops at once. Letting somebody in again gives power back: one proposes it, and another approves it on the page of the two-person rule. Nobody suspends herself, and nobody proposes or approves what is about her.",
        );
        blocks.push(Block::Note(note.to_owned()));
        let heading = lang.pick("名册", "The register");
        let title = lang.pick("运营人员", "Operators");
        let frame = self.frame(title, PATH).saying(done);
        let sections = vec![section("register", heading, blocks)];
        self.shown(frame, "", sections, status)
    }

    fn part(&self, one: &ListedOperator) -> Part {
        let lang = self.lang;
        let fact = |zh: &str, en: &str, value: String| (lang.pick(zh, en).to_owned(), value);
        let state = match (one.standing, one.operator.enrolled) {
            (AccountStanding::Active, Some(_)) => lang.pick("可登录", "can sign in"),
            (AccountStanding::Active, None) => lang.pick("尚未登记", "has not enrolled yet"),
            (AccountStanding::Suspended, _) => lang.pick("已停用", "suspended"),
            (AccountStanding::Closed, _) => lang.pick("已注销", "closed"),
        };
        let here = if one.operator.id == self.who.caller.operator {
            lang.pick("（您自己）", " (you)")
        } else {
            ""
        };
        let never = lang.pick("近 30 日内没有", "not in the last 30 days");
        let signed_in = one.signed_in.map_or_else(|| never.to_owned(), minute);
        Part {
            title: format!("{}{here}", one.address.as_deref().unwrap_or("–")),
            facts: vec![
                fact("角色", "Role", one.operator.role.name(lang).to_owned()),
                fact("状态", "State", state.to_owned()),
                fact("最近登录", "Last sign-in", signed_in),
                fact("编号", "Id", one.operator.id.to_string()),
                fact("加入于", "Since", minute(one.operator.created)),
            ],
        }
    }

    /// Offers what this operator may do with another.
    fn act(&self, one: &ListedOperator, typed: &str) -> Option<FormView> {
        let (lang, role) = (self.lang, self.who.caller.role);
        let id = one.operator.id;
        let name = one.address.as_deref().unwrap_or_default();
        let form = |of: &'static str| FormView {
            hidden: vec![("operator", id.to_string())],
            ..self.form(of, PATH)
        };
        let another = id != self.who.caller.operator;
        let restore = ProposalKind::RestoreOperator;
        match one.standing {
            AccountStanding::Active
                if another && operator_may(role, OperatorAction::SuspendOperator) =>
            {
                let label = lang.pick(format!("停用：{name}"), format!("Suspend: {name}"));
                Some(FormView {
                    acts: vec![("suspend", label, true)],
                    ..form("suspend")
                })
            }
            AccountStanding::Suspended
                if another && operator_may_propose(role, restore, Tie::None) =>
            {
                let label = lang.pick(
                    format!("提出恢复：{name}"),
                    format!("Propose to let in again: {name}"),
                );
                let reason = InputView {
                    apart: format!("-{id}"),
                    ..InputView::line("reason", lang.pick("恢复的理由", "Why she is let in again"))
                };
                Some(FormView {
                    inputs: vec![reason.with(typed).because(lang.pick(
                        "必填，10 至 1000 个字符。供第二人判断并供审计；加密保存，账本中不出现。",
                        "Necessary, 10 to 1000 characters. For the second person to judge and for those who audit; kept encrypted, and not in the ledger.",
                    )).needed()],
                    acts: vec![("restore", label, false)],
                    ..form("restore")
                })
            }
            AccountStanding::Active | AccountStanding::Suspended | AccountStanding::Closed => None,
        }
    }
}
