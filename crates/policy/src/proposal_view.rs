use yuntu_terms::{Sink, Warrant};

use crate::{OperatorAction, OperatorRole, Refusal, decide_operator_act};

/// Opens what stands in a proposal, its reason and whom it names, towards the page of an operator who may see it.
///
/// It is made by [`decide_proposal_view`] alone.
///
/// # Clause
/// R22, R23
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposalView(());

impl Warrant for ProposalView {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

/// Decides whether an operator sees the proposals.
///
/// # Errors
/// [`Refusal`] with clause, fact and remedy.
///
/// # Clause
/// R23
pub fn decide_proposal_view(role: OperatorRole) -> Result<ProposalView, Refusal> {
    decide_operator_act(role, OperatorAction::ViewProposals).map(|()| ProposalView(()))
}

/// Opens the report of an impact assessment towards the page of an operator who may see it.
///
/// It is made by [`decide_assessment_view`] alone.
///
/// # Clause
/// R23
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssessmentView(());

impl Warrant for AssessmentView {
    fn opens(&self, sink: Sink) -> bool {
        sink == Sink::Page
    }
}

/// Decides whether an operator sees the impact assessments and their reports.
///
/// # Errors
/// [`Refusal`] with clause, fact and remedy.
///
/// # Clause
/// R23
pub fn decide_assessment_view(role: OperatorRole) -> Result<AssessmentView, Refusal> {
    decide_operator_act(role, OperatorAction::ViewAssessments).map(|()| AssessmentView(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_is_shown_on_a_page_to_who_may_see_it_and_nowhere_else() {
        let view = decide_proposal_view(OperatorRole::Auditor).unwrap();
        assert!(view.opens(Sink::Page));
        for sink in [
            Sink::Row,
            Sink::Json,
            Sink::Mail,
            Sink::Sms,
            Sink::Destination,
        ] {
            assert!(!view.opens(sink));
        }
        assert!(decide_proposal_view(OperatorRole::Support).is_err());
    }
}
