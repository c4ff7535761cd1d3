//! Who asks, for whom, under which statement.

use yuntu_terms::clause;

use super::Parties;
use crate::{Action, Facts, MissingFact, Reason, Request, Standing, may};

/// The representative acts for the enterprise; else nothing further is said.
pub(super) fn belongs<'a>(request: &Request, facts: &'a Facts) -> Result<Parties<'a>, Reason> {
    clause::hit!(R3);
    let actor = facts
        .actor
        .as_ref()
        .filter(|actor| actor.id == request.actor && actor.enterprise == Some(request.enterprise));
    let enterprise = facts
        .enterprise
        .as_ref()
        .filter(|enterprise| enterprise.id == request.enterprise);
    actor
        .zip(enterprise)
        .map(|(actor, enterprise)| Parties { actor, enterprise })
        .ok_or(Reason::of(MissingFact::Enterprise))
}

pub(super) fn actor_is_active(_request: &Request, facts: &Facts) -> Option<Reason> {
    let actor = facts.actor.as_ref();
    MissingFact::ActorStanding
        .unless(actor.is_some_and(|actor| actor.standing == Some(Standing::Active)))
}

pub(super) fn actor_has_letter(_request: &Request, facts: &Facts) -> Option<Reason> {
    let letter = facts.actor.as_ref().and_then(|actor| actor.letter);
    MissingFact::Letter.unless(letter.is_some_and(|period| period.holds(facts.now)))
}

pub(super) fn role_may(request: &Request, facts: &Facts) -> Option<Reason> {
    let role = facts.actor.as_ref().and_then(|actor| actor.role);
    let action = Action::of(request.operation);
    MissingFact::Role.unless(role.is_some_and(|role| may(role, action)))
}

pub(super) fn token_covers(request: &Request, facts: &Facts) -> Option<Reason> {
    let actor = facts.actor.as_ref();
    let action = Action::of(request.operation);
    MissingFact::TokenScope.unless(actor.is_some_and(|actor| actor.token_covers(action)))
}

pub(super) fn enterprise_is_active(_request: &Request, facts: &Facts) -> Option<Reason> {
    clause::hit!(U5);
    let enterprise = facts.enterprise.as_ref();
    MissingFact::EnterpriseStanding
        .unless(enterprise.is_some_and(|it| it.standing == Some(Standing::Active)))
}

/// No measure against the enterprise stops the operation; what is unknown stops it.
pub(super) fn no_measure_stops(request: &Request, facts: &Facts) -> Option<Reason> {
    clause::hit!(U5);
    let measures = facts
        .enterprise
        .as_ref()
        .and_then(|it| it.measures.as_ref());
    let action = Action::of(request.operation);
    match measures {
        None => Some(Reason::of(MissingFact::Measure)),
        Some(measures) => measures
            .iter()
            .find(|it| it.stops(action, facts.now))
            .map(Reason::of_measure),
    }
}

pub(super) fn enterprise_is_certified(_request: &Request, facts: &Facts) -> Option<Reason> {
    let certified = facts.enterprise.as_ref().and_then(|it| it.certified);
    MissingFact::Certification.unless(certified.is_some_and(|period| period.holds(facts.now)))
}

pub(super) fn statement_is_known(_request: &Request, facts: &Facts) -> Option<Reason> {
    let statement = facts.statement.as_ref();
    MissingFact::Statement.unless(statement.is_some_and(|it| it.effective <= facts.now))
}

/// The version that decides is the one the enterprise accepted: an older rule stays for whoever accepted no newer one.
pub(super) fn statement_is_accepted(_request: &Request, facts: &Facts) -> Option<Reason> {
    clause::hit!(U1);
    let statement = facts.statement.as_ref()?;
    let accepted = statement.accepted.as_ref();
    MissingFact::Acceptance
        .unless(accepted.is_some_and(|it| it.version == statement.version && it.at <= facts.now))
}

pub(super) fn consent_index_is_ready(_request: &Request, facts: &Facts) -> Option<Reason> {
    MissingFact::ConsentIndex.unless(facts.consent.is_some())
}
