//! The two-person rule: a dangerous act is proposed by one operator and done when another approves it.
//!
//! It is done in the transaction of the approval, or not at all. Who may propose and who may decide is asked of the
//! policy at that moment; nobody decides what she proposed herself or what is about her.

mod decide;
mod propose;

use std::time::Duration;

use yuntu_policy::{MeasureKind, OperatorRole, ProposalKind};
use yuntu_store::Proposal;
use yuntu_terms::{ApplicationId, AssessmentId, EmailAddress, EnterpriseId, OperatorId};

pub use decide::Approved;
pub use propose::{ProposalReason, ShownProposal};

/// How long a proposal waits for a second person.
pub const PROPOSAL_LIFE: Duration = Duration::from_hours(72);
/// How long what was approved may be used, where the approval opens something.
pub const APPROVAL_LIFE: Duration = Duration::from_hours(24);

/// What is to be done.
///
/// # Clause
/// R23
#[derive(Debug)]
pub enum Proposed {
    /// Close an enterprise for ever.
    CloseEnterprise(EnterpriseId),
    /// Take the account of an enterprise back.
    ReclaimEnterprise(EnterpriseId),
    /// Let the proposer open the number of the bank account of an application, for [a day](APPROVAL_LIFE).
    UnmaskBankAccount(ApplicationId),
    /// Add an operator.
    AddOperator {
        /// Her mail address.
        address: EmailAddress,
        /// What she is.
        role: OperatorRole,
    },
    /// Put an impact assessment in force, so that sensitive numbers are asked for under it.
    EnforceAssessment(AssessmentId),
    /// Change what an operator is.
    ChangeOperatorRole {
        /// Which operator.
        operator: OperatorId,
        /// What she becomes.
        role: OperatorRole,
    },
    /// Let a suspended operator in again.
    RestoreOperator(OperatorId),
}

impl Proposed {
    /// Returns the kind of act.
    #[must_use]
    pub const fn kind(&self) -> ProposalKind {
        match self {
            Self::CloseEnterprise(_) => ProposalKind::CloseEnterprise,
            Self::ReclaimEnterprise(_) => ProposalKind::ReclaimEnterprise,
            Self::UnmaskBankAccount(_) => ProposalKind::UnmaskBankAccount,
            Self::AddOperator { .. } => ProposalKind::AddOperator,
            Self::EnforceAssessment(_) => ProposalKind::EnforceAssessment,
            Self::ChangeOperatorRole { .. } => ProposalKind::ChangeOperatorRole,
            Self::RestoreOperator(_) => ProposalKind::RestoreOperator,
        }
    }

    /// Returns what the column says it is done to; the address of a new operator stands sealed beside it.
    fn object(&self) -> String {
        match self {
            Self::CloseEnterprise(enterprise) | Self::ReclaimEnterprise(enterprise) => {
                enterprise.to_string()
            }
            Self::UnmaskBankAccount(application) => application.to_string(),
            Self::EnforceAssessment(assessment) => assessment.to_string(),
            Self::AddOperator { role, .. } => role.code().to_owned(),
            Self::ChangeOperatorRole { operator, role } => format!("{operator} {role}"),
            Self::RestoreOperator(operator) => operator.to_string(),
        }
    }

    /// Returns the operator whom it is about.
    const fn concerns(&self) -> Option<OperatorId> {
        match self {
            Self::ChangeOperatorRole { operator, .. } | Self::RestoreOperator(operator) => {
                Some(*operator)
            }
            Self::CloseEnterprise(_)
            | Self::ReclaimEnterprise(_)
            | Self::UnmaskBankAccount(_)
            | Self::EnforceAssessment(_)
            | Self::AddOperator { .. } => None,
        }
    }
}

/// What the column of a proposal says it is done to.
#[derive(Debug, Clone, Copy)]
enum Object {
    Enterprise(EnterpriseId, MeasureKind),
    Application,
    Assessment(AssessmentId),
    NewOperator(OperatorRole),
    Role(OperatorId, OperatorRole),
    Restored(OperatorId),
}

impl Object {
    fn of(proposal: &Proposal) -> Option<Self> {
        let text = proposal.object.as_str();
        match proposal.kind {
            ProposalKind::CloseEnterprise => {
                let closed = MeasureKind::CloseEnterprise;
                Some(Self::Enterprise(text.parse().ok()?, closed))
            }
            ProposalKind::ReclaimEnterprise => {
                Some(Self::Enterprise(text.parse().ok()?, MeasureKind::Reclaim))
            }
            ProposalKind::UnmaskBankAccount => Some(Self::Application),
            ProposalKind::EnforceAssessment => text.parse().ok().map(Self::Assessment),
            ProposalKind::AddOperator => text.parse().ok().map(Self::NewOperator),
            ProposalKind::ChangeOperatorRole => {
                let (operator, role) = text.split_once(' ')?;
                Some(Self::Role(operator.parse().ok()?, role.parse().ok()?))
            }
            ProposalKind::RestoreOperator => text.parse().ok().map(Self::Restored),
        }
    }

    /// Returns the operator whom it is about.
    const fn concerns(self) -> Option<OperatorId> {
        match self {
            Self::Role(operator, _) | Self::Restored(operator) => Some(operator),
            Self::Enterprise(..)
            | Self::Application
            | Self::Assessment(_)
            | Self::NewOperator(_) => None,
        }
    }
}
