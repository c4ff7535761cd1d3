//! Lawful exceptions to consent (R7, R21): what is on record of one use, who may invoke it and who may confirm it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use yuntu_statement::{Exception, Invoker, Proof};
use yuntu_terms::{
    ClauseId, DatasetId, Digest, EnterpriseId, ExceptionUseId, Lang, LegalBasis, Operation,
    Purpose, Recipient, RepresentativeId, Timestamp, clause,
};

use crate::role::coded;
use crate::{MissingFact, Period, Reason, Refusal, Role, Standing};

/// One use of an exception: what the statement asks of it, and what is on record (R7, R21).
///
/// # Clause
/// R7, R21
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionFacts {
    /// The use.
    pub id: ExceptionUseId,
    /// Whose it is.
    pub enterprise: EnterpriseId,
    /// The lettered part of R7 or R21.
    pub clause: ClauseId,
    /// The ground of law it stands on; an exception without one opens nothing.
    pub ground: Option<LegalBasis>,
    /// The functions that may invoke it.
    pub invokers: Vec<Invoker>,
    /// The proofs it asks for.
    pub proofs_required: Vec<Proof>,
    /// How many days one use may last.
    pub days_max: Option<u32>,
    /// Who invoked it.
    pub invoked_by: Option<RepresentativeId>,
    /// In which function.
    pub invoked_as: Option<Invoker>,
    /// Who confirmed it.
    pub confirmed_by: Option<RepresentativeId>,
    /// The proofs on record.
    pub proofs: Vec<ProofFacts>,
    /// The datasets it opens.
    pub datasets: Vec<DatasetId>,
    /// The purpose, and none below it.
    pub purpose: Purpose,
    /// The operation.
    pub operation: Operation,
    /// Who receives the result.
    pub recipient: Recipient,
    /// Its period.
    pub period: Option<Period>,
    /// Whether it stands: confirmed, and not ended.
    pub standing: Option<Standing>,
}

/// A proof on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFacts {
    /// Which proof it is.
    pub proof: Proof,
    /// The digest of the document, or of the words.
    pub digest: Digest,
    /// When it was recorded.
    pub recorded: Timestamp,
}

impl ExceptionFacts {
    /// Adds what a statement asks of the exception.
    #[must_use]
    pub fn under(self, exception: &Exception) -> Self {
        Self {
            ground: exception.grounded(),
            invokers: exception.invokers.clone(),
            proofs_required: exception.proofs.clone(),
            days_max: exception.days_max,
            ..self
        }
    }

    /// Lists the proofs that are asked for and not on record.
    pub fn lacks(&self, now: Timestamp) -> impl Iterator<Item = Proof> + '_ {
        let on_record = move |asked: Proof| {
            self.proofs
                .iter()
                .any(|it| it.proof == asked && it.recorded <= now)
        };
        let asked = self.proofs_required.iter().copied();
        asked.filter(move |proof| !on_record(*proof))
    }

    /// Says how far the use has come.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> ExceptionState {
        let over = self.period.is_none_or(|period| period.until <= now);
        let begun = self.period.is_some_and(|period| period.from <= now);
        match (self.standing, self.invoked_by, self.confirmed_by) {
            (Some(Standing::Ended), _, _) => ExceptionState::Ended,
            (_, Some(_), Some(_)) if !over && begun => ExceptionState::InForce,
            (_, Some(_), Some(_)) if !over => ExceptionState::Ahead,
            _ if over => ExceptionState::Over,
            (_, Some(_), _) => ExceptionState::Invoked,
            (_, None, _) => ExceptionState::Draft,
        }
    }
}

coded! {
    /// How far a use of an exception has come.
    ///
    /// # Clause
    /// R7, R21
    ExceptionState {
        /// It is being written and proved.
        Draft = "draft";
        /// It was invoked and waits for a second person.
        Invoked = "invoked";
        /// It is confirmed and has not begun.
        Ahead = "ahead";
        /// It opens what it names.
        InForce = "in_force";
        /// Its period is over.
        Over = "over";
        /// It was declined or ended.
        Ended = "ended";
    }
}

impl ExceptionState {
    /// Returns the name in one language.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Draft => lang.pick("草稿", "draft"),
            Self::Invoked => {
                lang.pick("已援引，待另一人确认", "invoked, waits for a second person")
            }
            Self::Ahead => lang.pick("已确认，尚未开始", "confirmed, not begun yet"),
            Self::InForce => lang.pick("生效中", "in force"),
            Self::Over => lang.pick("期限已过", "its period is over"),
            Self::Ended => lang.pick("已终止", "ended"),
        }
    }
}

/// Decides whether somebody with these functions may invoke an exception, and in which of them.
///
/// # Errors
/// [`Refusal`] when the statement names none of her functions.
/// # Clause
/// R7, R21
pub fn decide_invocation(
    exception: &Exception,
    functions: &BTreeSet<Invoker>,
) -> Result<Invoker, Refusal> {
    clause::hit!(R7);
    clause::hit!(R21);
    let able = |it: &&Invoker| functions.contains(it);
    let found = exception.invokers.iter().find(able).copied();
    found.ok_or_else(|| under(exception.clause, MissingFact::ExceptionInvoker))
}

/// Decides whether somebody may confirm, decline or end a use of an exception: who runs the account, or has a function of
/// her own.
///
/// # Errors
/// [`Refusal`] when she is neither.
/// # Clause
/// R7, R21, R23
pub fn decide_exception_control(
    clause: ClauseId,
    role: Role,
    functions: &BTreeSet<Invoker>,
) -> Result<(), Refusal> {
    clause::hit!(R23);
    let runs_it = match role {
        Role::Owner | Role::Admin => true,
        Role::Analyst | Role::Viewer | Role::PrivacyContact => false,
    };
    if runs_it || !functions.is_empty() {
        Ok(())
    } else {
        Err(under(clause, MissingFact::ExceptionControl))
    }
}

/// Decides whether a person may be the second one who confirms: never who invoked it.
///
/// # Errors
/// [`Refusal`] when she invoked it herself.
/// # Clause
/// R7, R21, R23
pub fn decide_second_person(
    clause: ClauseId,
    invoked_by: Option<RepresentativeId>,
    by: RepresentativeId,
) -> Result<(), Refusal> {
    clause::hit!(R23);
    if invoked_by.is_some_and(|first| first != by) {
        Ok(())
    } else {
        Err(under(clause, MissingFact::ExceptionConfirmed))
    }
}

fn under(clause: ClauseId, fact: MissingFact) -> Refusal {
    Refusal::one(Reason::of(fact).under(clause))
}

#[cfg(test)]
mod tests;
