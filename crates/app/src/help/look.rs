//! An operator looks: the help is decided, the look is in the enterprise's log, and only then the room beside this one reads.

use yuntu_policy::{
    Facts, HelpClaim, HelpGrant, HelpRequest, HelpScope, OperatorAction, decide_help,
};
use yuntu_store::{Help, NewLook};
use yuntu_terms::{HelpId, Pii, clause};

use super::read::HelpStructure;
use super::{invalid, missing};
use crate::accounts::AccountError;
use crate::error::AppError;
use crate::operators::OperatorCaller;
use crate::platform::Platform;
use crate::runs::{Answer, Done};

/// How many rows one look shows at most.
pub const HELP_ROWS_MAX: u64 = 100;
/// How many bytes all cells of one look have at most: one cell can hold a whole dataset.
pub const HELP_BYTES_MAX: u64 = 64 * 1024;
/// How long a statement may be.
const STATEMENT_CHARS_MAX: usize = 10_000;

/// A statement with which rows are looked at.
pub struct HelpStatement(String);

// It may name people.
impl std::fmt::Debug for HelpStatement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HelpStatement").finish_non_exhaustive()
    }
}

impl HelpStatement {
    /// Takes a statement as a person types it.
    ///
    /// # Errors
    /// [`AppError::Invalid`].
    /// # Clause
    /// U2
    pub fn parse(typed: &str) -> Result<Self, AppError> {
        let text = typed.trim();
        let fits = (1..=STATEMENT_CHARS_MAX).contains(&text.chars().count());
        if fits && !text.contains('\0') {
            return Ok(Self(text.to_owned()));
        }
        invalid(
            "statement",
            "请填写一条查询语句（最多 10000 个字符）",
            "write one statement of at most 10000 characters",
        )
    }
}

impl Platform {
    /// Shows an operator the structure of the datasets that the enterprise opened to her. The look is in the enterprise's
    /// own log before anything leaves.
    ///
    /// # Errors
    /// [`AppError::Refused`] with every reason, which the log has too; [`AppError::Missing`] when there is no such request;
    /// [`AppError::Account`] when as many of her looks were refused of late as are borne.
    /// # Clause
    /// U2, R23
    pub async fn look_at_structure(
        &self,
        caller: &OperatorCaller,
        id: HelpId,
    ) -> Result<HelpStructure, AppError> {
        clause::hit!(U2);
        let (request, facts) = self.asked_look(caller, id, HelpScope::Structure).await?;
        let look = self.new_look(caller, &request, None).await?;
        let grant = self.granted(&request, &facts, &look).await?;
        let recorded = self.store().record_help_look(grant, &look).await?;
        self.structure_in_help(&recorded).await
    }

    /// Lets an operator run one statement over the datasets that the enterprise opened to her: decided like every run, in
    /// the name of who approved it, with the filter of consent, and no more than [`HELP_ROWS_MAX`] rows of
    /// [`HELP_BYTES_MAX`] bytes together.
    ///
    /// # Errors
    /// As [`Platform::look_at_structure`]; [`AppError::Stopped`] when the help ended meanwhile; [`AppError::Engine`] when the
    /// statement is wrong or gives more.
    /// # Clause
    /// U2, U4, R23
    pub async fn look_at_rows(
        &self,
        caller: &OperatorCaller,
        id: HelpId,
        statement: &HelpStatement,
    ) -> Result<Done, AppError> {
        clause::hit!(U2);
        let (request, facts) = self.asked_look(caller, id, HelpScope::Rows).await?;
        let look = self
            .new_look(caller, &request, Some(&Pii::new(statement.0.clone())))
            .await?;
        let grant = self.granted(&request, &facts, &look).await?;
        match self.rows_in_help(&grant, &statement.0, look).await? {
            Answer::Done(done) => Ok(*done),
            Answer::Refused(refusal) => Err(AppError::Refused(refusal)),
        }
    }

    /// Gathers what a look is decided on.
    async fn asked_look(
        &self,
        caller: &OperatorCaller,
        id: HelpId,
        scope: HelpScope,
    ) -> Result<(HelpRequest, Facts), AppError> {
        self.authorise_operator(caller, OperatorAction::GiveHelp)
            .await?;
        let found = self.store().read().find_help(id).await?;
        let help: Help = found.ok_or_else(missing)?;
        let read = self.store().read();
        let limit = read.help_refusal_limit(caller.operator, self.now());
        if let Some(limit) = limit.await? {
            return Err(AccountError::TooOften { until: limit.until }.into());
        }
        let pseudonym = self.store().account_pseudonym(caller.account).await?;
        let request = HelpRequest {
            claim: HelpClaim {
                help: id,
                operator: caller.operator,
                pseudonym: *pseudonym.as_digest(),
            },
            enterprise: help.asked.enterprise,
            scope,
        };
        let (reader, now) = (self.store().facts(), self.now());
        let enterprise = help.asked.enterprise;
        let actor = match help.approved {
            Some((by, ..)) => reader.actor(enterprise, by, now).await?,
            None => None,
        };
        let facts = Facts {
            enterprise: reader.enterprise(enterprise).await?,
            actor,
            help: reader.help(id, now).await?,
            instruction: reader
                .instruction(enterprise, help.asked.instruction)
                .await?,
            ..Facts::nothing(now)
        };
        Ok((request, facts))
    }

    /// Seals what the log will have of a look.
    async fn new_look<'a>(
        &self,
        caller: &'a OperatorCaller,
        request: &HelpRequest,
        statement: Option<&Pii<String>>,
    ) -> Result<NewLook<'a>, AppError> {
        let store = self.store();
        Ok(NewLook {
            sealed: store.seal_help_look(request, statement).await?,
            who: (
                store.account_pseudonym(caller.account).await?,
                caller.into(),
            ),
        })
    }

    /// Decides a look; a refusal is in the enterprise's log before it is told.
    async fn granted(
        &self,
        request: &HelpRequest,
        facts: &Facts,
        look: &NewLook<'_>,
    ) -> Result<HelpGrant, AppError> {
        match decide_help(request, facts) {
            Ok(grant) => Ok(grant),
            Err(refusal) => {
                self.store().record_help_refusal(look, &refusal).await?;
                Err(refusal.into())
            }
        }
    }
}
