//! What the statement allows for the purpose, and on which ground (U4, R7, R8, R21).

use yuntu_terms::{ClauseId, LegalBasis, Operation, clause};

use crate::refusal::About;
use crate::{ExceptionFacts, Facts, MissingFact, PurposeFacts, Reason, Request};

fn purpose<'a>(request: &Request, facts: &'a Facts) -> Option<&'a PurposeFacts> {
    facts.purpose.as_ref().filter(|it| it.id == request.purpose)
}

pub(super) fn purpose_exists(request: &Request, facts: &Facts) -> Option<Reason> {
    MissingFact::Purpose.unless(purpose(request, facts).is_some())
}

pub(super) fn purpose_allows_operation(request: &Request, facts: &Facts) -> Option<Reason> {
    let purpose = purpose(request, facts)?;
    MissingFact::PurposeOperation.unless(purpose.operations.contains(&request.operation))
}

pub(super) fn purpose_allows_classes(request: &Request, facts: &Facts) -> Option<Reason> {
    clause::hit!(R8);
    let purpose = purpose(request, facts)?;
    let refused = request
        .wants
        .classes
        .iter()
        .find(|class| !purpose.classes.contains(class))?;
    Some(Reason::of(MissingFact::PurposeClass).about(About::Class(*refused)))
}

pub(super) fn purpose_allows_basis(request: &Request, facts: &Facts) -> Option<Reason> {
    let purpose = purpose(request, facts)?;
    MissingFact::Basis.unless(purpose.bases.contains(&request.basis))
}

/// Returns the row that lists the exceptions for the operation.
const fn list(operation: Operation) -> ClauseId {
    match operation {
        Operation::Process => ClauseId::r(7),
        Operation::Share | Operation::Transfer | Operation::Publicise => ClauseId::r(21),
    }
}

/// Returns the exception that the request claims and that fits its ground and operation.
fn claimed<'a>(request: &Request, facts: &'a Facts) -> Option<&'a ExceptionFacts> {
    facts.exception.as_ref().filter(|it| {
        request.exception == Some(it.clause)
            && it.clause.row() == list(request.operation)
            && it.ground == Some(request.basis)
    })
}

fn needs_exception(request: &Request) -> bool {
    request.basis != LegalBasis::Consent
}

/// An exception is never a default: another ground than consent is claimed by name.
pub(super) fn exception_fits(request: &Request, facts: &Facts) -> Option<Reason> {
    clause::hit!(R7);
    let fits = !needs_exception(request) || claimed(request, facts).is_some();
    object(MissingFact::Exception, request, fits)
}

pub(super) fn exception_is_invoked(request: &Request, facts: &Facts) -> Option<Reason> {
    let claimed = claimed(request, facts).filter(|_| needs_exception(request))?;
    let invoked = claimed
        .invoked_by
        .as_ref()
        .is_some_and(|by| claimed.invokers.contains(by));
    object(MissingFact::ExceptionInvoker, request, invoked)
}

pub(super) fn exception_is_proved(request: &Request, facts: &Facts) -> Option<Reason> {
    let claimed = claimed(request, facts).filter(|_| needs_exception(request))?;
    let on_record = |code: &String| {
        claimed
            .proofs
            .iter()
            .any(|proof| proof.code == *code && proof.recorded <= facts.now)
    };
    // An exception that asks for no proof would be a default in disguise.
    let proved =
        !claimed.proofs_required.is_empty() && claimed.proofs_required.iter().all(on_record);
    object(MissingFact::ExceptionProof, request, proved)
}

pub(super) fn exception_is_needed(request: &Request, _facts: &Facts) -> Option<Reason> {
    let needed = needs_exception(request) || request.exception.is_none();
    object(MissingFact::ExceptionUnneeded, request, needed)
}

fn object(fact: MissingFact, request: &Request, holds: bool) -> Option<Reason> {
    let row = list(request.operation);
    if !holds && row == ClauseId::r(21) {
        clause::hit!(R21);
    }
    fact.unless(holds).map(|reason| reason.under(row))
}
