//! What of the values kept sealed somebody sees on a page: decided here, durable before the first value is opened.

use std::collections::BTreeSet;

use yuntu_statement::Invoker;
use yuntu_terms::{AccountId, ClauseId, EnterpriseId, RepresentativeId, Sink, Warrant, clause};

use crate::{
    Action, Facts, OperatorAction, OperatorRole, Refusal, Role, decide_act,
    decide_exception_control, decide_operator_act, may,
};

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// What is kept of whoever looks.
    Own,
    /// Names and addresses of who acts for the same enterprise.
    Colleagues(EnterpriseId),
    /// What the enterprise handed in to be certified.
    Certification(EnterpriseId),
    /// What one person in the enterprise's data agreed to and what it rests on.
    Consents(EnterpriseId),
    /// Whom to ask about the source of a dataset, and the papers that prove it.
    Declaration(EnterpriseId),
    /// How partners are reached, and the papers of the agreements with them.
    Partners(EnterpriseId),
    /// The papers that prove the use of an exception.
    ExceptionPapers(EnterpriseId),
    /// How many people in the enterprise's data agreed to what.
    ConsentCounts(EnterpriseId),
    /// Who works for the platform.
    Operators,
    /// What dangerous acts wait, whom they name and why.
    Proposals,
    /// What the platform does again and again, who did it and what was found.
    Duties,
    /// The measures against enterprises and what was written of them.
    Measures,
    /// The measures against the enterprise of whoever looks.
    OwnMeasures(EnterpriseId),
    /// Why an enterprise asks for technical help.
    Help(EnterpriseId),
    /// The technical help for the enterprise of whoever looks: who offers it, and what was looked at.
    OwnHelp(EnterpriseId),
}

impl View {
    /// Returns the stable code of the ledger.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Colleagues(_) => "colleagues",
            Self::Certification(_) => "certification",
            Self::Consents(_) => "consents",
            Self::Declaration(_) => "declaration",
            Self::Partners(_) => "partners",
            Self::ExceptionPapers(_) => "exception_papers",
            Self::ConsentCounts(_) => "consent_counts",
            Self::Operators => "operators",
            Self::Proposals => "proposals",
            Self::Duties => "duties",
            Self::Measures => "measures",
            Self::OwnMeasures(_) => "own_measures",
            Self::Help(_) => "help",
            Self::OwnHelp(_) => "own_help",
        }
    }

    /// Returns the enterprise whose people or papers are shown, where there is one.
    #[must_use]
    pub const fn enterprise(self) -> Option<EnterpriseId> {
        match self {
            Self::Colleagues(enterprise)
            | Self::Certification(enterprise)
            | Self::Consents(enterprise)
            | Self::OwnMeasures(enterprise)
            | Self::Help(enterprise)
            | Self::OwnHelp(enterprise)
            | Self::Declaration(enterprise)
            | Self::Partners(enterprise)
            | Self::ExceptionPapers(enterprise)
            | Self::ConsentCounts(enterprise) => Some(enterprise),
            Self::Own | Self::Operators | Self::Proposals | Self::Duties | Self::Measures => None,
        }
    }
}

/// A view that was decided and is not recorded yet; it opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageView(View);

impl PageView {
    /// Returns what is shown.
    #[must_use]
    pub const fn view(&self) -> View {
        self.0
    }
}

/// A view whose ledger entry is durable; it opens what it names towards one page, and nothing else.
///
/// Only what has made the entry durable calls it so, which the house checks hold:
///
/// ```compile_fail,E0423
/// fn forge(view: yuntu_policy::PageView) -> yuntu_policy::RecordedView {
///     yuntu_policy::RecordedView(view)
/// }
/// ```
///
/// # Clause
/// R22, R23
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedView(PageView);

impl RecordedView {
    /// Says that the entry of this view is durable.
    #[must_use]
    pub const fn recorded(view: PageView) -> Self {
        Self(view)
    }

    /// Says whether the view counts the people in the data of this enterprise.
    #[must_use]
    pub fn counts_people_of(&self, enterprise: EnterpriseId) -> bool {
        self.0.view() == View::ConsentCounts(enterprise)
    }
}

impl Warrant for RecordedView {
    fn opens(&self, sink: Sink) -> bool {
        match sink {
            Sink::Page => true,
            // The enterprise's own program asks as its people do.
            Sink::Json => matches!(
                self.0.view(),
                View::Consents(_) | View::OwnMeasures(_) | View::OwnHelp(_)
            ),
            Sink::Row
            | Sink::Mail
            | Sink::Sms
            | Sink::Destination
            | Sink::OwnFile
            | Sink::RegulatorReport => false,
        }
    }
}

/// Decides whether somebody who is signed in may look at what is kept of a person: only at what is kept of herself.
///
/// # Clause
/// R22, R26
#[must_use]
pub fn decide_own(signed_in: AccountId, about: AccountId) -> Option<PageView> {
    clause::hit!(R26);
    (signed_in == about).then_some(PageView(View::Own))
}

/// Decides whether a role may see who else acts for the enterprise.
///
/// # Clause
/// R3, R22
#[must_use]
pub fn decide_colleagues(role: Role, enterprise: EnterpriseId) -> Option<PageView> {
    may(role, Action::ManageMembers).then_some(PageView(View::Colleagues(enterprise)))
}

/// Decides whether a role may see whom to ask about the source of a dataset, and the papers that prove it.
///
/// # Clause
/// U3, R22
#[must_use]
pub fn decide_declaration_view(role: Role, enterprise: EnterpriseId) -> Option<PageView> {
    may(role, Action::DeclareSource).then_some(PageView(View::Declaration(enterprise)))
}

/// Decides whether a role may see how partners are reached, and the papers of the agreements with them.
///
/// # Clause
/// R15, R16, R22
#[must_use]
pub fn decide_partner_view(role: Role, enterprise: EnterpriseId) -> Option<PageView> {
    may(role, Action::ManagePartners).then_some(PageView(View::Partners(enterprise)))
}

/// Decides whether a representative sees what her enterprise handed in.
///
/// # Errors
/// As [`decide_act`] for [`Action::ApplyForCertification`].
/// # Clause
/// R3, R23
pub fn decide_own_certification(
    enterprise: EnterpriseId,
    representative: RepresentativeId,
    facts: &Facts,
) -> Result<PageView, Refusal> {
    let action = Action::ApplyForCertification;
    decide_act(action, enterprise, representative, facts)?;
    Ok(PageView(View::Certification(enterprise)))
}

/// Decides whether a representative sees what one person in the enterprise's data agreed to.
///
/// # Errors
/// As [`decide_act`] for [`Action::ServeRights`].
/// # Clause
/// U4, R26
pub fn decide_consent_view(
    enterprise: EnterpriseId,
    representative: RepresentativeId,
    facts: &Facts,
) -> Result<PageView, Refusal> {
    decide_act(Action::ServeRights, enterprise, representative, facts)?;
    Ok(PageView(View::Consents(enterprise)))
}

/// Decides whether a representative sees how many people in the enterprise's data agreed to what.
///
/// # Errors
/// As [`decide_act`] for [`Action::ViewReport`].
/// # Clause
/// U4
pub fn decide_consent_counts(
    enterprise: EnterpriseId,
    representative: RepresentativeId,
    facts: &Facts,
) -> Result<PageView, Refusal> {
    decide_act(Action::ViewReport, enterprise, representative, facts)?;
    Ok(PageView(View::ConsentCounts(enterprise)))
}

/// Decides whether an operator sees the register of operators.
///
/// # Errors
/// [`Refusal`] with clause, fact and remedy.
/// # Clause
/// R23
pub fn decide_operator_register(role: OperatorRole) -> Result<PageView, Refusal> {
    decide_operator_act(role, OperatorAction::ViewOperators)?;
    Ok(PageView(View::Operators))
}

/// Decides whether an operator sees the proposals.
///
/// # Errors
/// [`Refusal`] with clause, fact and remedy.
/// # Clause
/// R23
pub fn decide_proposal_view(role: OperatorRole) -> Result<PageView, Refusal> {
    decide_operator_act(role, OperatorAction::ViewProposals)?;
    Ok(PageView(View::Proposals))
}

/// Decides whether an operator sees what was recorded of the platform's duties.
///
/// # Errors
/// [`Refusal`] with clause, fact and remedy.
/// # Clause
/// R23
pub fn decide_duty_view(role: OperatorRole) -> Result<PageView, Refusal> {
    decide_operator_act(role, OperatorAction::ViewDuties)?;
    Ok(PageView(View::Duties))
}

/// Decides whether an operator sees the measures.
///
/// # Errors
/// [`Refusal`] with clause, fact and remedy.
/// # Clause
/// U5, R23
pub fn decide_measure_view(role: OperatorRole) -> Result<PageView, Refusal> {
    decide_operator_act(role, OperatorAction::ViewMeasures)?;
    Ok(PageView(View::Measures))
}

/// Decides whether a representative sees the measures against her enterprise.
///
/// # Errors
/// As [`decide_act`] for [`Action::AnswerMeasure`].
/// # Clause
/// U5, R23
pub fn decide_own_measures(
    enterprise: EnterpriseId,
    representative: RepresentativeId,
    facts: &Facts,
) -> Result<PageView, Refusal> {
    decide_act(Action::AnswerMeasure, enterprise, representative, facts)?;
    Ok(PageView(View::OwnMeasures(enterprise)))
}

/// Decides whether an operator sees why an enterprise asks for technical help.
///
/// # Errors
/// [`Refusal`] with clause, fact and remedy.
/// # Clause
/// U2, R23
pub fn decide_help_view(role: OperatorRole, enterprise: EnterpriseId) -> Result<PageView, Refusal> {
    decide_operator_act(role, OperatorAction::GiveHelp)?;
    Ok(PageView(View::Help(enterprise)))
}

/// Decides whether a representative sees the technical help for her enterprise.
///
/// # Errors
/// As [`decide_act`] for [`Action::AskHelp`].
/// # Clause
/// U2, R23
pub fn decide_own_help(
    enterprise: EnterpriseId,
    representative: RepresentativeId,
    facts: &Facts,
) -> Result<PageView, Refusal> {
    decide_act(Action::AskHelp, enterprise, representative, facts)?;
    Ok(PageView(View::OwnHelp(enterprise)))
}

/// Decides whether a member sees the papers that prove the use of an exception: who may confirm it has to read them.
///
/// # Errors
/// As [`decide_exception_control`].
/// # Clause
/// R7, R21, R23
pub fn decide_exception_view(
    clause: ClauseId,
    (enterprise, role): (EnterpriseId, Role),
    functions: &BTreeSet<Invoker>,
) -> Result<PageView, Refusal> {
    decide_exception_control(clause, role, functions)?;
    Ok(PageView(View::ExceptionPapers(enterprise)))
}

#[cfg(test)]
mod tests {
    use yuntu_terms::{Pii, SeededEntropy, Timestamp};

    use super::*;

    fn account(entropy: &SeededEntropy) -> AccountId {
        AccountId::generate(Timestamp::from_micros(0), entropy).unwrap()
    }

    fn enterprise() -> EnterpriseId {
        EnterpriseId::generate(Timestamp::from_micros(0), &SeededEntropy::new(6)).unwrap()
    }

    #[test]
    fn a_person_sees_her_own_values_on_a_page_and_nobody_elses() {
        let _mark = clause::check!(R26);
        let entropy = SeededEntropy::new(5);
        let (own, other) = (account(&entropy), account(&entropy));
        assert_eq!(decide_own(own, other), None);
        let warrant = RecordedView::recorded(decide_own(own, own).unwrap());
        let nickname = Pii::new(String::from("小李"));
        let opened = |sink| nickname.open(&warrant, sink, String::len);
        assert_eq!(opened(Sink::Page), Some(6));
        for sink in [
            Sink::Row,
            Sink::Json,
            Sink::Mail,
            Sink::Sms,
            Sink::Destination,
        ] {
            assert_eq!(opened(sink), None);
        }
    }

    #[test]
    fn only_who_manages_members_sees_who_they_are() {
        for &role in Role::ALL {
            let view = decide_colleagues(role, enterprise());
            let manages = matches!(role, Role::Owner | Role::Admin);
            assert_eq!(view.is_some(), manages, "{role}");
            let of = view.and_then(|view| view.view().enterprise());
            assert_eq!(of.is_some(), manages);
        }
    }

    #[test]
    fn papers_of_a_source_are_for_who_declares_it() {
        for &role in Role::ALL {
            let view = decide_declaration_view(role, enterprise());
            let declares = matches!(role, Role::Owner | Role::Admin | Role::PrivacyContact);
            assert_eq!(view.is_some(), declares, "{role}");
            let view = decide_partner_view(role, enterprise());
            assert_eq!(view.is_some(), declares, "{role}");
        }
    }

    #[test]
    fn register_and_proposals_are_shown_to_the_roles_that_may_see_them() {
        assert!(decide_operator_register(OperatorRole::Auditor).is_ok());
        assert!(decide_operator_register(OperatorRole::Reviewer).is_err());
        assert!(decide_proposal_view(OperatorRole::Auditor).is_ok());
        assert!(decide_proposal_view(OperatorRole::Support).is_err());
        assert!(decide_duty_view(OperatorRole::Auditor).is_ok());
        assert!(decide_duty_view(OperatorRole::Reviewer).is_err());
    }
}
