//! Who receives the result: the partner, its agreement, its region (R13, R15, R16).

use yuntu_consent::kind_for;
use yuntu_terms::{ColumnClass, ConsentKind, Operation, PartnerId, Recipient, Region, clause};

use super::dataset;
use crate::{AgreementFacts, Facts, MissingFact, PartnerFacts, Reason, Request, Standing};

const fn partner_id(request: &Request) -> Option<PartnerId> {
    match request.recipient {
        Recipient::Partner(id) => Some(id),
        Recipient::Enterprise | Recipient::Public => None,
    }
}

fn partner<'a>(request: &Request, facts: &'a Facts) -> Option<&'a PartnerFacts> {
    let id = partner_id(request)?;
    facts
        .partner
        .as_ref()
        .filter(|it| it.id == id && it.enterprise == request.enterprise)
}

pub(super) fn agreement<'a>(request: &Request, facts: &'a Facts) -> Option<&'a AgreementFacts> {
    partner(request, facts)?.agreement.as_ref()
}

/// Says whether an operation can have this recipient at all.
///
/// # Clause
/// R15
#[must_use]
pub fn recipient_fits(operation: Operation, recipient: Recipient) -> bool {
    match operation {
        Operation::Process => recipient != Recipient::Public,
        Operation::Share | Operation::Transfer => matches!(recipient, Recipient::Partner(_)),
        Operation::Publicise => recipient == Recipient::Public,
    }
}

pub(super) fn fits_operation(request: &Request, _facts: &Facts) -> Option<Reason> {
    MissingFact::Recipient.unless(recipient_fits(request.operation, request.recipient))
}

pub(super) fn is_registered(request: &Request, facts: &Facts) -> Option<Reason> {
    clause::hit!(R15);
    let registered = partner_id(request).is_none() || partner(request, facts).is_some();
    MissingFact::Partner.unless(registered)
}

pub(super) fn is_active(request: &Request, facts: &Facts) -> Option<Reason> {
    let partner = partner(request, facts)?;
    MissingFact::PartnerStanding.unless(partner.standing == Some(Standing::Active))
}

pub(super) fn has_agreement(request: &Request, facts: &Facts) -> Option<Reason> {
    clause::hit!(R16);
    let partner = partner(request, facts)?;
    MissingFact::Agreement.unless(partner.agreement.is_some())
}

pub(super) fn agreement_is_in_period(request: &Request, facts: &Facts) -> Option<Reason> {
    let agreement = agreement(request, facts)?;
    MissingFact::AgreementPeriod.unless(agreement.period.holds(facts.now))
}

pub(super) fn agreement_covers(request: &Request, facts: &Facts) -> Option<Reason> {
    let agreement = agreement(request, facts)?;
    let purpose = agreement
        .purposes
        .iter()
        .any(|purpose| purpose.covers(&request.purpose));
    // What is about no person needs no agreement to name it.
    let classes = request
        .wants
        .classes
        .iter()
        .all(|class| *class == ColumnClass::NonPersonal || agreement.classes.contains(class));
    let covers = purpose && classes && agreement.operations.contains(&request.operation);
    MissingFact::AgreementScope.unless(covers)
}

/// An impact assessment stands before data is entrusted or provided, and is looked at again in time.
pub(super) fn is_assessed(request: &Request, facts: &Facts) -> Option<Reason> {
    clause::hit!(R15);
    let partner = partner(request, facts)?;
    let stands = partner
        .assessed_until
        .is_some_and(|until| facts.now < until);
    MissingFact::PartnerAssessment.unless(stands)
}

/// Lists the regions the data would leave for the partner's; a public page is everywhere.
fn leaves<'a>(request: &'a Request, facts: &'a Facts) -> impl Iterator<Item = Region> + 'a {
    let to = partner(request, facts).and_then(|it| it.region);
    request
        .datasets
        .iter()
        .filter_map(|id| dataset::found(request, facts, *id)?.region)
        .filter(move |from| to.is_some_and(|to| to != *from))
}

/// Data stays in its region unless a recorded ground in force covers the way out.
pub(super) fn stays_in_region(request: &Request, facts: &Facts) -> Option<Reason> {
    clause::hit!(R13);
    let partner = partner(request, facts)?;
    let Some(to) = partner.region else {
        return Some(Reason::of(MissingFact::Region));
    };
    let covered = |from: Region| {
        partner
            .cross_border
            .as_ref()
            .is_some_and(|it| it.from == from && it.to == to && it.period.holds(facts.now))
    };
    MissingFact::CrossBorder.unless(leaves(request, facts).all(covered))
}

/// Returns the kind of consent asked of each person: what operation and purpose ask, and separate consent where the data
/// crosses a border (PIPL 39).
///
/// # Clause
/// U4, R13
#[must_use]
pub fn consent_kind_asked(request: &Request, facts: &Facts) -> ConsentKind {
    let purpose = facts.purpose.as_ref().and_then(|purpose| purpose.consent);
    let crosses = leaves(request, facts).next().is_some();
    consent_kind(request.operation, purpose, crosses)
}

/// Returns the kind of consent that an operation takes for a purpose that asks for some kind, within a region or across a
/// border.
///
/// # Clause
/// U4, R13
#[must_use]
pub fn consent_kind(
    operation: Operation,
    purpose: Option<ConsentKind>,
    crosses: bool,
) -> ConsentKind {
    let border = crosses.then_some(ConsentKind::Separate);
    let more = purpose.into_iter().chain(border);
    more.fold(kind_for(operation), ConsentKind::max)
}
