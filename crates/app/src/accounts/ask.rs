use serde_json::json;
use yuntu_outbound::{Code, CodeUse as Usage, Message};
use yuntu_store::{
    Account, CODE_LIFE, CodeIssue, CodeUse, ContactKind, NewCode, Realm, Session, Tx,
};
use yuntu_terms::{AccountId, ClauseId, CodeId, Pii, Timestamp, clause};

use super::address::recipient;
use super::notice::Notice;
use super::{AccountError, Address, Visit};
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// What a stranger can ask a code for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeFor {
    /// To open an account.
    SignUp,
    /// To sign in, or to show again who she is.
    SignIn,
    /// To get back into an account whose password is lost or known to others.
    Recover,
}

/// The answer to whoever asks for a code: the same for every address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeAsked {
    /// The request, which goes into the form in which the code is typed.
    pub request: CodeId,
    /// Until when the code is good.
    pub expires: Timestamp,
}

/// What goes to the address.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reply {
    /// The code.
    Code,
    /// That there is an account already.
    AccountExists,
    /// Nothing.
    Nothing,
}

impl Platform {
    /// Sends a code to an address, if it is of use there.
    ///
    /// Answer, work and rows are the same whether or not an account has the address: where one has it and a code was
    /// asked to open another, the message says so instead of the code; where none has it, nothing leaves.
    ///
    /// # Errors
    /// [`AccountError::TooOften`] when too many were sent to the address or asked for from the network, [`AccountError::Unreachable`].
    /// # Clause
    /// R2, R22
    pub async fn ask_code(
        &self,
        code_for: CodeFor,
        address: Address,
        visit: &Visit,
    ) -> Result<CodeAsked, AppError> {
        let store = self.store();
        let mac = store.address_mac(address.kind(), address.as_pii()).await?;
        let realm = store.read().realm_at(&mac).await?;
        let (code_use, usage, reply) = match (code_for, realm) {
            (CodeFor::SignUp, None) => (CodeUse::SignUp, Usage::SignUp, Reply::Code),
            (CodeFor::SignUp, Some(_)) => (CodeUse::SignUp, Usage::SignUp, Reply::AccountExists),
            // Who works for the platform gets in by her own door alone.
            (CodeFor::SignIn, None | Some(Realm::Operator)) => {
                (CodeUse::SignIn, Usage::SignIn, Reply::Nothing)
            }
            (CodeFor::SignIn, Some(Realm::Public)) => (CodeUse::SignIn, Usage::SignIn, Reply::Code),
            (CodeFor::Recover, None | Some(Realm::Operator)) => {
                (CodeUse::Recover, Usage::Recover, Reply::Nothing)
            }
            (CodeFor::Recover, Some(Realm::Public)) => {
                (CodeUse::Recover, Usage::Recover, Reply::Code)
            }
        };
        let wish = Wish {
            code_use,
            usage,
            reply,
            account: None,
        };
        let address = (address.kind(), address.into_pii());
        self.send_code(wish, address, visit).await
    }

    /// Sends a code to an address that the person wants to make her contact. An address that an account has already is
    /// told so instead.
    ///
    /// # Errors
    /// [`AccountError::ProofNeeded`] unless she has just shown who she is, else as [`Platform::ask_code`].
    /// # Clause
    /// R2, R22
    pub async fn ask_new_contact(
        &self,
        session: &Session,
        address: Address,
        visit: &Visit,
    ) -> Result<CodeAsked, AppError> {
        self.needs_fresh_proof(session)?;
        let reply = match self.account_at(&address).await? {
            None => Reply::Code,
            Some(_) => Reply::AccountExists,
        };
        let wish = Wish {
            code_use: CodeUse::NewContact,
            usage: Usage::NewContact,
            reply,
            account: Some(session.account),
        };
        self.send_code(wish, (address.kind(), address.into_pii()), visit)
            .await
    }

    pub(crate) async fn account_at(&self, address: &Address) -> Result<Option<Account>, AppError> {
        let store = self.store();
        Ok(store
            .find_account_by(address.kind(), address.as_pii())
            .await?)
    }

    /// Sends a code, or what stands in its place, to an address that is normalised.
    pub(super) async fn send_code(
        &self,
        wish: Wish,
        (kind, address): (ContactKind, Pii<String>),
        visit: &Visit,
    ) -> Result<CodeAsked, AppError> {
        clause::hit!(R2);
        let store = self.store();
        let new = NewCode {
            code_use: wish.code_use,
            kind,
            address: &address,
            account: wish.account,
            network: store.network_mac(&visit.network).await?,
        };
        let (sealed, code) = store.seal_code(&new).await?;
        let request = sealed.id();
        let medium = match kind {
            ContactKind::Email => "mail",
            ContactKind::Phone => "sms",
        };
        let words = Code::try_from(code.expose()).map_err(|_form| AppError::Internal {
            what: "the form of a code",
        })?;
        let now = self.now();
        let to = recipient(kind, address)?;
        let message = match wish.reply {
            Reply::Code | Reply::Nothing => {
                Message::code(to, visit.lang, wish.usage, words, now.plus(CODE_LIFE))
            }
            Reply::AccountExists => Message::account_exists(to, visit.lang, now),
        };
        let notice: Notice = match wish.reply {
            Reply::Code | Reply::AccountExists => self.seal_notice(message).await?,
            Reply::Nothing => self.seal_for_nobody(message).await?,
        };
        // Nobody has shown who she is yet, not even who asks for an account's code.
        let actor = store.stranger_pseudonym(request).await?;
        let body = json!({
            "use": wish.code_use.code(), "medium": medium, "told": notice.noted(),
        });
        let issue = store
            .run_tx("code.ask", async |tx: Tx| {
                let issue = tx.issue_code(&sealed).await?;
                if let CodeIssue::Issued { .. } = issue {
                    let clauses = [ClauseId::r(2)];
                    tx.append(&entry(&tx, "code.asked", &clauses, actor, body.clone())?)
                        .await?;
                    notice.put(&tx).await?;
                }
                Ok::<_, AppError>(issue)
            })
            .await?;
        match issue {
            CodeIssue::Issued { expires } => Ok(CodeAsked { request, expires }),
            CodeIssue::Limited(limit) => {
                let until = limit.until;
                Err(AccountError::TooOften { until }.into())
            }
        }
    }
}

/// What is sent, and for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) code_use: CodeUse,
    pub(super) usage: Usage,
    pub(super) reply: Reply,
    /// Whose contact changes.
    pub(super) account: Option<AccountId>,
}
