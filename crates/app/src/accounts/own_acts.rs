use yuntu_store::Session;
use yuntu_terms::{ClauseId, Text, Timestamp};

use crate::error::AppError;
use crate::platform::Platform;

/// The newest entries of a person's own log that are shown.
const SHOWN_MAX: u64 = 500;

/// Something that a person did with her account. What failed does not stand here: nobody knows who tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAct {
    /// What it was, by the kind of its ledger entry.
    pub kind: String,
    /// What it was, in words.
    pub text: Text,
    /// When.
    pub at: Timestamp,
    /// The clauses of the statement that it answers to.
    pub clauses: Vec<ClauseId>,
}

impl Platform {
    /// Lists what a person did with her account, newest first; each stands in the ledger as well.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R1
    pub async fn own_acts(&self, session: &Session) -> Result<Vec<OwnAct>, AppError> {
        let read = self.store().read();
        let entries = read.list_own_acts(session.account, SHOWN_MAX).await?;
        Ok(entries
            .into_iter()
            .map(|entry| OwnAct {
                text: words(entry.kind.as_str()),
                kind: entry.kind.as_str().to_owned(),
                at: entry.at,
                clauses: entry.clauses,
            })
            .collect())
    }
}

fn words(kind: &str) -> Text {
    match kind {
        "account.opened" => Text::new("注册帐号", "Opened the account"),
        "account.recovered" => Text::new("找回帐号", "Recovered the account"),
        "choice.recorded" => Text::new("选择可选目的", "Chose an optional purpose"),
        "contact.changed" => Text::new("更换联系方式", "Changed an address"),
        "factor.added" => Text::new("添加第二验证方式", "Added a second factor"),
        "factor.begun" => Text::new("开始设置验证器", "Began to set up an authenticator"),
        "factor.labelled" => Text::new("为通行密钥命名", "Named a passkey"),
        "factor.removed" => Text::new("移除第二验证方式", "Removed a second factor"),
        "password.set" => Text::new("设置密码", "Set the password"),
        "recovery_codes.replaced" => Text::new("重新生成恢复码", "Made the recovery codes anew"),
        "recovery_code.used" => Text::new("使用恢复码", "Used a recovery code"),
        "session.ended" => Text::new("结束会话", "Ended a session"),
        "session.opened" => Text::new("登录", "Signed in"),
        "session.others_ended" => Text::new("结束其他会话", "Ended the other sessions"),
        "session.proven" => Text::new("再次确认身份", "Showed again who she is"),
        "sign_in.begun" => Text::new(
            "登录的第一步（等待第二验证方式）",
            "First step of a sign-in (a second factor was asked for)",
        ),
        "statement.accepted" => Text::new("接受隐私声明", "Accepted the privacy statement"),
        other => Text::new(
            format!("其他操作（{other}）"),
            format!("Something else ({other})"),
        ),
    }
}
