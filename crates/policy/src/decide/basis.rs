//! What the statement allows for the purpose, and on which ground (U4, R7, R8, R21).

use yuntu_statement::ExceptionList;
use yuntu_terms::{ClauseId, LegalBasis, Operation, clause};

use crate::refusal::About;
use crate::{ExceptionFacts, Facts, MissingFact, Period, PurposeFacts, Reason, Request, Standing};

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
    ExceptionList::of(operation).row()
}

/// Returns the use of an exception that the request claims and that fits its ground and operation; one of another
/// enterprise is none.
pub(super) fn claimed<'a>(request: &Request, facts: &'a Facts) -> Option<&'a ExceptionFacts> {
    facts
        .exception
        .as_ref()
        .filter(|_| needs_exception(request))
        .filter(|it| {
            request.exception == Some(it.clause)
                && request.exception_use == Some(it.id)
                && it.enterprise == request.enterprise
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

/// Objects when an exception is claimed and it does not hold; that there is none is objected to once, by
/// [`exception_fits`].
fn holds(
    fact: MissingFact,
    request: &Request,
    facts: &Facts,
    holds: impl FnOnce(&ExceptionFacts) -> bool,
) -> Option<Reason> {
    claimed(request, facts).and_then(|it| object(fact, request, holds(it)))
}

pub(super) fn exception_is_invoked(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::ExceptionInvoker, request, facts, |it| {
        it.invoked_by.is_some()
            && it
                .invoked_as
                .is_some_and(|it_is| it.invokers.contains(&it_is))
    })
}

pub(super) fn exception_is_proved(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::ExceptionProof, request, facts, |it| {
        // An exception that asks for no proof would be a default in disguise.
        !it.proofs_required.is_empty() && it.lacks(facts.now).next().is_none()
    })
}

/// Nobody opens an exception alone.
pub(super) fn exception_is_confirmed(request: &Request, facts: &Facts) -> Option<Reason> {
    clause::hit!(R23);
    holds(MissingFact::ExceptionConfirmed, request, facts, |it| {
        it.confirmed_by.is_some() && it.confirmed_by != it.invoked_by
    })
}

pub(super) fn exception_stands(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::ExceptionStanding, request, facts, |it| {
        it.standing == Some(Standing::Active)
    })
}

/// The moment lies in its period, which is no longer than the statement allows.
pub(super) fn exception_is_in_period(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::ExceptionPeriod, request, facts, |it| {
        let allowed = |period: Period| it.days_max.is_some_and(|days| period.is_within_days(days));
        it.period
            .is_some_and(|period| period.holds(facts.now) && allowed(period))
    })
}

/// An exception opens the purpose it names and none below it.
pub(super) fn exception_covers_purpose(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::ExceptionPurpose, request, facts, |it| {
        it.purpose == request.purpose
    })
}

pub(super) fn exception_covers_operation(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::ExceptionOperation, request, facts, |it| {
        it.operation == request.operation
    })
}

pub(super) fn exception_covers_recipient(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::ExceptionRecipient, request, facts, |it| {
        it.recipient == request.recipient
    })
}

pub(super) fn exception_is_needed(request: &Request, _facts: &Facts) -> Option<Reason> {
    let none = request.exception.is_none() && request.exception_use.is_none();
    let needed = needs_exception(request) || none;
    object(MissingFact::ExceptionUnneeded, request, needed)
}

pub(super) fn object(fact: MissingFact, request: &Request, holds: bool) -> Option<Reason> {
    let row = list(request.operation);
    if !holds && row == ClauseId::r(21) {
        clause::hit!(R21);
    }
    fact.unless(holds).map(|reason| reason.under(row))
}
