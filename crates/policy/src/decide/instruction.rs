//! Work on business data needs a recorded instruction that covers it (U2).

use yuntu_terms::clause;

use crate::{Facts, InstructionFacts, MissingFact, Reason, Request, Standing};

/// Returns the instruction the request cites; one of another enterprise is none.
fn cited<'a>(request: &Request, facts: &'a Facts) -> Option<&'a InstructionFacts> {
    facts
        .instruction
        .as_ref()
        .filter(|it| it.id == request.instruction && it.enterprise == request.enterprise)
}

/// Objects when there is an instruction and it does not hold; its absence is objected to once, by [`exists`].
fn holds(
    fact: MissingFact,
    request: &Request,
    facts: &Facts,
    holds: impl FnOnce(&InstructionFacts) -> bool,
) -> Option<Reason> {
    cited(request, facts).and_then(|it| fact.unless(holds(it)))
}

pub(super) fn exists(request: &Request, facts: &Facts) -> Option<Reason> {
    clause::hit!(U2);
    MissingFact::Instruction.unless(cited(request, facts).is_some())
}

pub(super) fn stands(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::InstructionStanding, request, facts, |it| {
        it.standing == Some(Standing::Active)
    })
}

pub(super) fn is_in_period(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::InstructionPeriod, request, facts, |it| {
        it.period.is_some_and(|period| period.holds(facts.now))
    })
}

pub(super) fn was_recorded_before(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::InstructionRecorded, request, facts, |it| {
        it.recorded <= facts.now
    })
}

pub(super) fn covers_purpose(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::InstructionPurpose, request, facts, |it| {
        it.purposes
            .iter()
            .any(|purpose| purpose.covers(&request.purpose))
    })
}

pub(super) fn covers_operation(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::InstructionOperation, request, facts, |it| {
        it.operations.contains(&request.operation)
    })
}

pub(super) fn covers_recipient(request: &Request, facts: &Facts) -> Option<Reason> {
    holds(MissingFact::InstructionRecipient, request, facts, |it| {
        it.recipients.contains(&request.recipient)
    })
}
