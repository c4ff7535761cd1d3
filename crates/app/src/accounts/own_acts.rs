use serde_json::Value;
use yuntu_ledger::Entry;
use yuntu_policy::Role;
use yuntu_statement::Statement;
use yuntu_store::{FailedTry, OwnEntry, Session, SignInMethod};
use yuntu_terms::{ClauseId, Lang, Pii, Text, Timestamp, clause};

use super::AccountError;
use crate::certification;
use crate::error::AppError;
use crate::minors;
use crate::platform::Platform;

/// How many entries of a person's own log one page has.
const PAGE: u64 = 50;
/// How many failed tries between the entries of a page are shown at most.
const TRIES_MAX: u64 = 200;

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActResult {
    /// It was done.
    Done,
    /// It failed: somebody, she or another, did not get in.
    Failed,
}

impl ActResult {
    /// Returns the word for it.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Done => Text::new("成功", "done"),
            Self::Failed => Text::new("失败", "failed"),
        }
    }
}

/// Something that a person did with her account, or a try at it that failed.
#[derive(Debug)]
pub struct OwnAct {
    /// What it was, by the kind of its ledger entry.
    pub kind: String,
    /// What it was, in words.
    pub text: Text,
    /// When.
    pub at: Timestamp,
    /// How it ended.
    pub result: ActResult,
    /// From which network, where that is known.
    pub network: Option<Pii<String>>,
    /// What the browser said of itself.
    pub agent: Option<Pii<String>>,
    /// The clauses of the statement that it answers to.
    pub clauses: Vec<ClauseId>,
}

/// A page of a person's own log.
#[derive(Debug)]
pub struct OwnActs {
    /// What she did and which tries failed, newest first.
    pub acts: Vec<OwnAct>,
    /// What to ask for the next, older page; there is none without it.
    pub older: Option<i64>,
}

impl Platform {
    /// Lists what a person did with her account and the tries to sign in at her addresses that failed, newest first, a page
    /// at a time. What was done stands in the ledger as well, without network and browser.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R1
    pub async fn own_acts(
        &self,
        session: &Session,
        before: Option<i64>,
    ) -> Result<OwnActs, AppError> {
        clause::hit!(R1);
        let (store, read) = (self.store(), self.store().read());
        let account = read.find_account(session.account).await?;
        let account = account.ok_or(AccountError::SignedOut)?;
        let mut done = store.list_own_acts(account.id, before, PAGE + 1).await?;
        let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let more = done.len() > shown;
        done.truncate(shown);
        let last = done.last().filter(|_| more);
        let older = last.map(|own| own.number);
        // Before the account was there, the address was somebody else's affair.
        let from = last.map_or(account.created, |own| own.entry.at);
        let until = match before {
            None => Some(self.now().plus_days(1)),
            Some(number) => read.own_act_at(account.id, number).await?,
        };
        let failed = match until {
            Some(until) => {
                let addresses = read.list_address_macs(account.id).await?;
                store.list_tries(&addresses, from, until, TRIES_MAX).await?
            }
            None => Vec::new(),
        };
        let statement = self.statement();
        let done = done.into_iter().map(|own| done_act(own, statement));
        let mut acts: Vec<OwnAct> = done.chain(failed.into_iter().map(failed_act)).collect();
        acts.sort_by_key(|act| std::cmp::Reverse(act.at));
        Ok(OwnActs { acts, older })
    }
}

fn done_act(own: OwnEntry, statement: &Statement) -> OwnAct {
    OwnAct {
        text: words(&own.entry, statement),
        kind: own.entry.kind.as_str().to_owned(),
        at: own.entry.at,
        result: ActResult::Done,
        network: own.network,
        agent: own.agent,
        clauses: own.entry.clauses,
    }
}

fn failed_act(tried: FailedTry) -> OwnAct {
    let (zh, en) = match tried.method {
        SignInMethod::Code => ("输入验证码", "A code was typed"),
        SignInMethod::Password | SignInMethod::PasswordAndCode => {
            ("输入密码", "A password was typed")
        }
        SignInMethod::CodeAndTotp | SignInMethod::PasswordAndTotp | SignInMethod::Totp => (
            "输入身份验证器的验证码",
            "A code of an authenticator was typed",
        ),
        SignInMethod::CodeAndRecovery
        | SignInMethod::PasswordAndRecovery
        | SignInMethod::Recovery => ("输入恢复码", "A recovery code was typed"),
        SignInMethod::CodeAndPasskey | SignInMethod::PasswordAndPasskey | SignInMethod::Passkey => {
            ("使用通行密钥", "A passkey was used")
        }
    };
    OwnAct {
        kind: String::from("sign_in.failed"),
        text: Text::new(zh, en),
        at: tried.at,
        result: ActResult::Failed,
        network: Some(tried.network),
        agent: tried.agent,
        clauses: vec![ClauseId::r(1), ClauseId::r(2)],
    }
}

fn words(entry: &Entry, statement: &Statement) -> Text {
    let body = &entry.body;
    match entry.kind.as_str() {
        "account.opened" => Text::new("注册帐号", "Opened the account"),
        "account.recovered" => Text::new("找回帐号", "Recovered the account"),
        "factor.added" => Text::new("添加第二验证方式", "Added a second factor"),
        "factor.begun" => Text::new("开始设置验证器", "Began to set up an authenticator"),
        "factor.labelled" => Text::new("为通行密钥命名", "Named a passkey"),
        "factor.removed" => Text::new("移除第二验证方式", "Removed a second factor"),
        "recovery_codes.replaced" => Text::new("重新生成恢复码", "Made the recovery codes anew"),
        "recovery_code.used" => Text::new("使用恢复码", "Used a recovery code"),
        "sign_in.begun" => Text::new(
            "登录的第一步（等待第二验证方式）",
            "First step of a sign-in (a second factor was asked for)",
        ),
        "sign_in.held" => Text::new(
            "此前有多次失败，陌生浏览器中的登录被拦下，要求再次证明",
            "A sign-in in a strange browser was held after failures; another proof was asked for",
        ),
        kind if kind.starts_with("certification.") => certification::words(kind),
        kind if kind.starts_with("minor_report.") => minors::words(kind),
        "choice.recorded" => choice(body, statement),
        "contact.changed" => Text::new("更换邮箱或手机号", "Changed an address"),
        "device.forgotten" => Text::new("忘记一个浏览器", "Forgot a browser"),
        "device.met" => Text::new("在新的浏览器中登录", "Signed in with a new browser"),
        "enterprise.created" => Text::new("创建企业", "Created an enterprise"),
        "invitation.accepted" => role(
            body,
            ("接受邀请，成为企业的", "Accepted an invitation, as "),
        ),
        "invitation.revoked" => Text::new("撤回邀请", "Revoked an invitation"),
        "assessment.recorded" => Text::new("登记影响评估", "Recorded an impact assessment"),
        "assessment.opened" => Text::new(
            "打开影响评估报告",
            "Opened the report of an impact assessment",
        ),
        "letter.opened" => Text::new("查看授权函件", "Opened a letter of authorisation"),
        "letter.recorded" => Text::new("登记成员的授权函件", "Recorded a member's letter"),
        "member.invited" => role(body, ("邀请他人成为企业的", "Invited somebody, as ")),
        "member.left" => Text::new("退出企业", "Left an enterprise"),
        "member.removed" => Text::new("移除企业成员", "Removed a member"),
        "member.role_changed" => role(body, ("将企业成员改为", "Made a member ")),
        "nickname.set" => Text::new("修改昵称", "Changed the nickname"),
        "password.set" => match body.get("set").and_then(Value::as_bool) {
            Some(false) => Text::new("取消密码", "Took the password away"),
            Some(true) | None => Text::new("设置密码", "Set the password"),
        },
        "seat.taken" => Text::new("选择所代表的企业", "Chose the enterprise to act for"),
        "session.ended" => match body.get("why").and_then(Value::as_str) {
            Some("signed_out") => Text::new("退出登录", "Signed out"),
            Some(_) | None => Text::new("结束一个登录会话", "Ended a session"),
        },
        "session.opened" => Text::new("登录", "Signed in"),
        "session.others_ended" => Text::new("结束其他登录会话", "Ended the other sessions"),
        "session.proven" => Text::new("再次确认身份", "Showed again who you are"),
        "statement.accepted" => {
            let version = body.get("version").and_then(Value::as_str);
            let version = version.unwrap_or_default();
            Text::new(
                format!("接受隐私声明 {version} 版"),
                format!("Accepted version {version} of the privacy statement"),
            )
        }
        _ => Text::new("其他操作", "Something else"),
    }
}

fn choice(body: &Value, statement: &Statement) -> Text {
    let purpose = body.get("purpose").and_then(Value::as_str);
    let purpose = purpose.and_then(|id| id.parse().ok());
    let rule = purpose.and_then(|id| statement.purpose(&id));
    let on = body.get("on").and_then(Value::as_bool) == Some(true);
    let name = |lang| rule.map_or("", |rule| rule.name.get(lang));
    let (zh, en) = if on {
        ("打开", "Turned on")
    } else {
        ("关闭", "Turned off")
    };
    Text::new(
        format!("{zh}可选目的“{}”", name(Lang::Zh)),
        format!("{en} the optional purpose “{}”", name(Lang::En)),
    )
}

fn role(body: &Value, (zh, en): (&str, &str)) -> Text {
    let role = body.get("role").and_then(Value::as_str);
    let role = role.and_then(Role::from_code);
    let name = |lang| role.map_or("–", |role| role.name(lang));
    Text::new(
        format!("{zh}{}", name(Lang::Zh)),
        format!("{en}{}", name(Lang::En)),
    )
}
