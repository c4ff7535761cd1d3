use yuntu_statement::Statement;
use yuntu_store::{FailedTry, OwnEntry, Session, SignInMethod};
use yuntu_terms::{ClauseId, Pii, Text, Timestamp, clause};

use super::AccountError;
use crate::error::AppError;
use crate::platform::Platform;
use crate::words::{act_text, is_refusal};

/// How many entries of a person's own log one page has.
const PAGE: u64 = 50;
/// How many failed tries between the entries of a page are shown at most.
const TRIES_MAX: u64 = 200;

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActResult {
    /// It was done.
    Done,
    /// It was refused: she may not, or a fact is missing.
    Refused,
    /// It failed: somebody, she or another, did not get in.
    Failed,
}

impl ActResult {
    /// Returns the word for it.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Done => Text::new("成功", "done"),
            Self::Refused => Text::new("拒绝", "refused"),
            Self::Failed => Text::new("失败", "failed"),
        }
    }
}

/// Something that a person did with her account or for an enterprise, or a try that was refused or failed.
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
    /// Lists what a person did with her account and for enterprises, what was refused to her, and the tries to sign in at her
    /// addresses that failed since they are hers, newest first, a page at a time. What was done or refused stands in the ledger as well, without
    /// network and browser.
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
        // Before the account was there, and before it had the address, that was somebody else's affair.
        let from = last.map_or(account.created, |own| own.entry.at);
        let until = match before {
            None => Some(self.now().plus_days(1)),
            Some(number) => read.own_act_at(account.id, number).await?,
        };
        let failed = match until {
            Some(until) => {
                let addresses = read.list_addresses_since(account.id).await?;
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
        text: act_text(&own.entry, statement),
        kind: own.entry.kind.as_str().to_owned(),
        at: own.entry.at,
        result: if is_refusal(&own.entry) {
            ActResult::Refused
        } else {
            ActResult::Done
        },
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
