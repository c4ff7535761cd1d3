//! A look of technical help goes as far as the enterprise approved, and no further (U2).

use yuntu_terms::{LegalBasis, Operation, Recipient, clause};

use crate::help::granted;
use crate::refusal::About;
use crate::{
    Action, Facts, HelpFacts, HelpRequest, HelpScope, MissingFact, Period, Reason, Request, may,
};

/// Lists what a request lacks that names technical help; one that names none is not touched.
pub(super) fn reasons(request: &Request, facts: &Facts) -> Vec<Reason> {
    clause::hit!(U2);
    let Some(claim) = &request.help else {
        return Vec::new();
    };
    let asked = HelpRequest {
        claim: claim.clone(),
        enterprise: request.enterprise,
        scope: HelpScope::Rows,
    };
    let help = facts.help.as_ref();
    let mut reasons = granted(&asked, help, facts.now);
    if let Some(help) = help.filter(|_| reasons.is_empty()) {
        reasons.extend(beyond(request, facts, help));
    }
    reasons
}

/// Lists where a request goes beyond the help that it names.
fn beyond<'a>(
    request: &'a Request,
    facts: &Facts,
    help: &'a HelpFacts,
) -> impl Iterator<Item = Reason> + 'a {
    let role = facts.actor.as_ref().and_then(|actor| actor.role);
    let approver = help
        .approval
        .as_ref()
        .is_some_and(|it| it.by == request.actor)
        && role.is_some_and(|role| may(role, Action::ApproveHelp));
    let looks = request.operation == Operation::Process
        && request.recipient == Recipient::Enterprise
        && request.basis == LegalBasis::Consent;
    let checks = [
        (MissingFact::HelpApprover, approver),
        (
            MissingFact::HelpInstruction,
            request.instruction == help.instruction,
        ),
        (MissingFact::HelpPurpose, request.purpose == help.purpose),
        (MissingFact::HelpOperation, looks),
    ];
    let others = request
        .datasets
        .iter()
        .filter(|id| !help.datasets.contains(id));
    let datasets = others.map(|id| Reason::of(MissingFact::HelpDataset).about(About::Dataset(*id)));
    let checks = checks.into_iter();
    checks
        .filter_map(|(fact, holds)| fact.unless(holds))
        .chain(datasets)
}

/// Returns until when a request that names help may last.
pub(super) fn period(request: &Request, facts: &Facts) -> Option<Period> {
    request.help.as_ref()?;
    let approval = facts.help.as_ref()?.approval.as_ref()?;
    Some(approval.period)
}
