//! The verdict: each check looks at one thing and names what is missing; a permit is what no check objects to.

mod basis;
mod dataset;
mod help;
mod instruction;
mod issue;
mod party;
mod recipient;

pub use recipient::{consent_kind, consent_kind_asked, recipient_fits};

use yuntu_terms::clause;

use crate::{ActorFacts, EnterpriseFacts, Facts, MissingFact, Permit, Reason, Refusal, Request};

/// A check of the request as a whole.
type Check = fn(&Request, &Facts) -> Option<Reason>;

/// The checks in the order of their reasons.
const CHECKS: &[Check] = &[
    party::actor_is_active,
    party::actor_has_letter,
    party::role_may,
    party::token_covers,
    party::enterprise_is_active,
    party::no_measure_stops,
    party::enterprise_is_certified,
    party::statement_is_known,
    party::statement_is_accepted,
    instruction::exists,
    instruction::stands,
    instruction::is_in_period,
    instruction::was_recorded_before,
    instruction::covers_purpose,
    instruction::covers_operation,
    instruction::covers_recipient,
    basis::purpose_exists,
    basis::purpose_allows_operation,
    basis::purpose_allows_classes,
    basis::purpose_allows_basis,
    basis::exception_fits,
    basis::exception_is_invoked,
    basis::exception_is_proved,
    basis::exception_is_confirmed,
    basis::exception_stands,
    basis::exception_is_in_period,
    basis::exception_covers_purpose,
    basis::exception_covers_operation,
    basis::exception_covers_recipient,
    basis::exception_is_needed,
    dataset::some_are_named,
    recipient::fits_operation,
    recipient::is_registered,
    recipient::is_active,
    recipient::has_agreement,
    recipient::agreement_is_in_period,
    recipient::agreement_covers,
    recipient::is_assessed,
    recipient::stays_in_region,
    party::consent_index_is_ready,
];

/// Decides whether data may move, and how far.
///
/// The request gets all it wants or is refused with every reason at once. Whoever does not act for the enterprise, and
/// whoever names a dataset, instruction or partner of another, learns no more than that there is no such thing.
///
/// # Errors
/// [`Refusal`] with the clause, the missing fact and the remedy of each reason.
/// # Clause
/// U2, U3, U4, U5, R3, R7, R8, R13, R15, R16, R21, R23
#[must_use = "a permit is recorded and used, a refusal is shown"]
pub fn decide(request: &Request, facts: &Facts) -> Result<Permit, Refusal> {
    let parties = party::belongs(request, facts).map_err(Refusal::one)?;
    let mut reasons = CHECKS.iter().filter_map(|check| check(request, facts));
    let first = reasons.next();
    let mut others: Vec<Reason> = reasons.collect();
    for &dataset in &request.datasets {
        others.extend(dataset::reasons(request, facts, dataset));
    }
    others.extend(help::reasons(request, facts));
    if let Some(first) = first {
        return Err(Refusal::new(first, others));
    }
    if !others.is_empty() {
        let first = others.remove(0);
        return Err(Refusal::new(first, others));
    }
    clause::hit!(U2);
    // INVARIANT: the checks passed, so every fact is there; if one is not, the answer is still a refusal.
    issue::permit(request, facts, parties)
        .ok_or_else(|| Refusal::one(Reason::of(MissingFact::Statement)))
}

/// The two parties of a request that belong together.
#[derive(Debug, Clone, Copy)]
struct Parties<'a> {
    actor: &'a ActorFacts,
    enterprise: &'a EnterpriseFacts,
}
