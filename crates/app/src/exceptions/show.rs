//! The two lists with what each opens, the uses of an enterprise, and the papers that prove one.

use std::collections::BTreeSet;

use serde_json::json;
use yuntu_policy::{
    Action, ExceptionState, decide_exception_control, decide_exception_view, decide_invocation,
    decide_second_person,
};
use yuntu_statement::{Exception, Invoker, Proof, PurposeRule};
use yuntu_store::{Cited, CitedWork, ExceptionUse, PaperOf, Tx};
use yuntu_terms::{ClauseId, ExceptionUseId, PaperId, Timestamp, clause};

use crate::caller::{Caller, entry};
use crate::certification::{OpenedFile, file_of};
use crate::error::AppError;
use crate::instructions::JOBS_PAGE;
use crate::platform::Platform;

/// How many uses one page lists.
pub const EXCEPTION_USES_PAGE: u64 = 100;

/// One exception of the statement, and what it opens here.
#[derive(Debug, Clone)]
pub struct ExceptionRow {
    /// What the statement says of it.
    pub exception: &'static Exception,
    /// The purposes of business data that it opens at present.
    pub purposes: Vec<&'static PurposeRule>,
    /// Whether the caller has a function that may invoke it.
    pub may_invoke: bool,
}

/// Both lists, and the uses of the caller's enterprise.
#[derive(Debug, Clone)]
pub struct ExceptionsView {
    /// The exceptions, in the order of the statement.
    pub rows: Vec<ExceptionRow>,
    /// The newest uses, newest first, with how far each has come.
    pub uses: Vec<(ExceptionUse, ExceptionState)>,
    /// The functions of the caller.
    pub functions: BTreeSet<Invoker>,
}

/// What somebody may do with the use of an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExceptionAct {
    /// Prove and invoke it.
    Invoke,
    /// Confirm or decline it: the second person.
    Confirm,
    /// End it.
    End,
    /// Read its papers and record that people were told.
    Control,
}

/// A use of an exception as a member sees it.
#[derive(Debug, Clone)]
pub struct ExceptionUseView {
    /// What is on record.
    pub found: ExceptionUse,
    /// How far it has come.
    pub state: ExceptionState,
    /// What the statement says of the exception.
    pub exception: &'static Exception,
    /// The proofs that are not on record.
    pub lacks: Vec<Proof>,
    /// What the caller may do with it.
    pub may: BTreeSet<ExceptionAct>,
}

impl Platform {
    /// Lists the exceptions of both lists, what each opens, and a page of the uses of the caller's enterprise; `before` is the
    /// last of the page before.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports.
    /// # Clause
    /// R7, R21
    pub async fn exceptions(
        &self,
        caller: &Caller,
        before: Option<ExceptionUseId>,
    ) -> Result<ExceptionsView, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        let functions = self.own_functions(caller).await?;
        let able = self.can(caller, Action::InvokeException).await?;
        let exceptions = self.inner.statement.exceptions().iter();
        let rows = exceptions.map(|exception| ExceptionRow {
            exception,
            purposes: self.opened_by(exception),
            may_invoke: able
                && exception.is_available()
                && decide_invocation(exception, &functions).is_ok(),
        });
        let rows = rows.collect();
        let read = self.store().read();
        let uses = read
            .list_exception_uses(caller.enterprise, before, EXCEPTION_USES_PAGE)
            .await?;
        let now = self.now();
        let uses = uses.into_iter().map(|found| {
            let state = found.facts.state(now);
            (found, state)
        });
        Ok(ExceptionsView {
            rows,
            uses: uses.collect(),
            functions,
        })
    }

    /// Lists the days by which people are still to be told of an exception, the earliest first; whoever may not read reports
    /// sees none.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R7, R21
    pub async fn notices_owed(&self, caller: &Caller) -> Result<Vec<Timestamp>, AppError> {
        if !self.can(caller, Action::ViewReport).await? {
            return Ok(Vec::new());
        }
        let read = self.store().read();
        Ok(read.notices_owed(caller.enterprise).await?)
    }

    /// Shows the use of an exception, and what the caller may do with it.
    ///
    /// # Errors
    /// [`AppError::Missing`] when the enterprise has no such use.
    /// # Clause
    /// R7, R21
    pub async fn view_exception_use(
        &self,
        caller: &Caller,
        id: ExceptionUseId,
    ) -> Result<ExceptionUseView, AppError> {
        let role = self.authorise(caller, Action::ViewReport).await?;
        let found = self.own_exception_use(caller, id).await?;
        let exception = self.exception(found.facts.clause)?;
        let functions = self.own_functions(caller).await?;
        let state = found.facts.state(self.now());
        let facts = found.facts.clone().under(exception);
        let by = caller.representative;
        let able = self.can(caller, Action::InvokeException).await?;
        let controls = self.can(caller, Action::ConfirmException).await?;
        let clause = exception.clause;
        let may_control = controls && decide_exception_control(clause, role, &functions).is_ok();
        let own = found.drafted.0 == by || facts.invoked_by == Some(by);
        let second = decide_second_person(clause, facts.invoked_by, by).is_ok();
        let open = !matches!(state, ExceptionState::Ended | ExceptionState::Over);
        let invokes = able && decide_invocation(exception, &functions).is_ok();
        let may = [
            (
                ExceptionAct::Invoke,
                invokes && state == ExceptionState::Draft,
            ),
            (
                ExceptionAct::Confirm,
                may_control && second && state == ExceptionState::Invoked,
            ),
            (ExceptionAct::End, open && controls && (own || may_control)),
            (ExceptionAct::Control, may_control),
        ];
        Ok(ExceptionUseView {
            lacks: facts.lacks(self.now()).collect(),
            may: may
                .into_iter()
                .filter_map(|(act, may)| may.then_some(act))
                .collect(),
            found,
            state,
            exception,
        })
    }

    /// Lists the newest work that claimed the use of an exception, newest first: what was refused, what was permitted, and
    /// the receipt of what was done.
    ///
    /// # Errors
    /// [`AppError::Missing`] when the enterprise has no such use.
    /// # Clause
    /// R7, R21, R23
    pub async fn exception_jobs(
        &self,
        caller: &Caller,
        id: ExceptionUseId,
    ) -> Result<Vec<CitedWork>, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        self.own_exception_use(caller, id).await?;
        let read = self.store().read();
        let cited = Cited::Exception(id);
        Ok(read
            .list_cited_work(caller.enterprise, cited, None, JOBS_PAGE)
            .await?)
    }

    /// Opens a paper of the use of an exception for who may confirm it; the look is in the ledger and beside the paper
    /// before the file leaves.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not confirm exceptions; [`AppError::Missing`] when the use has no such paper.
    /// # Clause
    /// R7, R21, R22, R23
    pub async fn open_exception_paper(
        &self,
        caller: &Caller,
        id: ExceptionUseId,
        paper: PaperId,
    ) -> Result<OpenedFile, AppError> {
        clause::hit!(R23);
        let missing = || AppError::Missing { what: "paper" };
        let found = self.own_exception_use(caller, id).await?;
        let clause = found.facts.clause;
        let (role, functions) = self.may_control(caller, clause).await?;
        let enterprise = caller.enterprise;
        let notice = found.notice.map(|it| it.paper);
        let mut papers = found.proofs.iter().filter_map(|it| it.paper).chain(notice);
        if !papers.any(|it| it == paper) {
            return Err(missing());
        }
        let of = PaperOf::Enterprise(enterprise);
        let opened = self.store().open_paper(of, paper).await?;
        let opened = opened.ok_or_else(missing)?;
        let view = decide_exception_view(clause, (enterprise, role), &functions)?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("exception.paper", async |tx: Tx| {
                let body = json!({
                    "enterprise": enterprise, "exception_use": id, "paper": paper,
                });
                let clauses = [clause, ClauseId::r(23)];
                let noted = entry(&tx, "exception.paper_opened", &clauses, actor, body)?;
                let leaf = tx.append_own(caller, &noted).await?;
                tx.note_paper_look(enterprise, (paper, caller.representative), leaf)
                    .await?;
                Ok::<_, AppError>(())
            })
            .await?;
        let warrant = self.view_as(caller, view).await?;
        file_of((&opened.name, &opened.bytes), opened.paper.kind, &warrant)
    }
}
