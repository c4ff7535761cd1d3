use serde_json::json;
use yuntu_ledger::Pseudonym;
use yuntu_statement::{ProcessingRole, PurposeRule};
use yuntu_store::{Choice, Session, Tx, Whose};
use yuntu_terms::{AccountId, ClauseId, Purpose, Timestamp, clause};

use super::AccountError;
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// A purpose that a person can turn on and off, with what she said last.
#[derive(Debug, Clone)]
pub struct OptionalPurpose {
    /// The purpose, with what it is for in both languages.
    pub rule: &'static PurposeRule,
    /// Whether it is on; it is off unless she turned it on.
    pub choice: Choice,
    /// When she said so, if she ever said anything.
    pub since: Option<Timestamp>,
}

impl Platform {
    /// Lists the optional purposes of the statement with a person's choices.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R0, R26
    pub async fn choices(&self, session: &Session) -> Result<Vec<OptionalPurpose>, AppError> {
        let chosen = self.store().read().choices_of(session.account).await?;
        let optional = self.statement().purposes().iter();
        Ok(optional
            .filter(|rule| is_optional(rule))
            .map(|rule| {
                let said = chosen.get(&rule.id);
                OptionalPurpose {
                    rule,
                    choice: said.map_or(Choice::Off, |said| said.choice),
                    since: said.map(|said| said.at),
                }
            })
            .collect())
    }

    /// Turns an optional purpose on or off.
    ///
    /// # Errors
    /// [`AccountError::NotOptional`] when the statement has no such optional purpose.
    /// # Clause
    /// R0, R26
    pub async fn choose(
        &self,
        session: &Session,
        purpose: &Purpose,
        choice: Choice,
    ) -> Result<(), AppError> {
        clause::hit!(R26);
        self.optional_purpose(purpose)?;
        let actor = self.store().account_pseudonym(session.account).await?;
        self.store()
            .run_tx("choice.record", async |tx: Tx| {
                self.record(
                    &tx,
                    (session.account, session.into()),
                    actor,
                    purpose,
                    choice,
                )
                .await
            })
            .await
    }

    pub(super) async fn record(
        &self,
        tx: &Tx,
        (account, whose): (AccountId, Whose<'_>),
        actor: Pseudonym,
        purpose: &Purpose,
        choice: Choice,
    ) -> Result<(), AppError> {
        let version = self.statement().version().to_string();
        tx.record_choice(account, purpose, choice, &version).await?;
        let body = json!({
            "purpose": purpose, "on": choice == Choice::On, "version": version,
        });
        let clauses = [ClauseId::r(0), ClauseId::r(26)];
        let chosen = entry(tx, "choice.recorded", &clauses, actor, body)?;
        tx.append_own(whose, &chosen).await?;
        Ok(())
    }

    pub(super) fn optional_purpose(&self, purpose: &Purpose) -> Result<(), AccountError> {
        let rule = self.statement().purpose(purpose);
        rule.filter(|rule| is_optional(rule))
            .map(|_rule| ())
            .ok_or(AccountError::NotOptional)
    }
}

/// Says whether a person chooses: for what an enterprise does with its customers' data, those customers do.
fn is_optional(rule: &PurposeRule) -> bool {
    !rule.necessary && rule.role == ProcessingRole::Controller
}
