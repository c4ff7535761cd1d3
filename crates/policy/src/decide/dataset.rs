//! Each dataset of the request: whose it is, declared, active, classified, consented to (U3, U4, U5, R8).

use yuntu_consent::Question;
use yuntu_terms::{DatasetId, LegalBasis, clause};

use super::basis;
use super::recipient::consent_kind_asked;
use crate::refusal::About;
use crate::{Action, ColumnFacts, DatasetFacts, Facts, MissingFact, Reason, Request, Standing};

pub(super) fn some_are_named(request: &Request, _facts: &Facts) -> Option<Reason> {
    MissingFact::NoDataset.unless(!request.datasets.is_empty())
}

/// Returns the dataset; one of another enterprise is as good as none.
pub(super) fn found<'a>(
    request: &Request,
    facts: &'a Facts,
    dataset: DatasetId,
) -> Option<&'a DatasetFacts> {
    facts
        .datasets
        .iter()
        .find(|it| it.id == dataset && it.enterprise == request.enterprise)
}

type Check = fn(&Request, &Facts, &DatasetFacts) -> Option<Reason>;

const CHECKS: &[Check] = &[
    instruction_covers,
    exception_covers,
    is_active,
    no_measure_stops,
    is_declared,
    declaration_is_proved,
    declaration_is_in_period,
    declaration_claims_basis,
    has_subject,
    has_consent,
    has_wanted_columns,
    wanted_columns_are_of_wanted_classes,
    has_region,
];

/// Lists what is missing about one dataset.
pub(super) fn reasons<'a>(
    request: &'a Request,
    facts: &'a Facts,
    dataset: DatasetId,
) -> impl Iterator<Item = Reason> + 'a {
    let found = found(request, facts, dataset);
    let unknown = MissingFact::Dataset.unless(found.is_some());
    let others = found.into_iter().flat_map(move |it| {
        CHECKS
            .iter()
            .filter_map(move |check| check(request, facts, it))
    });
    unknown
        .into_iter()
        .chain(others)
        .map(move |reason| reason.about(About::Dataset(dataset)))
}

fn instruction_covers(request: &Request, facts: &Facts, it: &DatasetFacts) -> Option<Reason> {
    let instruction = facts
        .instruction
        .as_ref()
        .filter(|known| known.enterprise == request.enterprise)?;
    MissingFact::InstructionDataset.unless(instruction.datasets.contains(&it.id))
}

fn exception_covers(request: &Request, facts: &Facts, it: &DatasetFacts) -> Option<Reason> {
    let claimed = basis::claimed(request, facts)?;
    basis::object(
        MissingFact::ExceptionDataset,
        request,
        claimed.datasets.contains(&it.id),
    )
}

fn is_active(_request: &Request, _facts: &Facts, it: &DatasetFacts) -> Option<Reason> {
    clause::hit!(U5);
    MissingFact::DatasetStanding.unless(it.standing == Some(Standing::Active))
}

fn no_measure_stops(request: &Request, facts: &Facts, it: &DatasetFacts) -> Option<Reason> {
    clause::hit!(U5);
    let action = Action::of(request.operation);
    match &it.measures {
        None => Some(Reason::of(MissingFact::Measure)),
        Some(measures) => measures
            .iter()
            .find(|it| it.stops(action, facts.now))
            .map(Reason::of_measure),
    }
}

fn is_declared(_request: &Request, _facts: &Facts, it: &DatasetFacts) -> Option<Reason> {
    clause::hit!(U3);
    MissingFact::Declaration.unless(it.declaration.as_ref().is_some_and(|it| it.complete))
}

/// A paper that was taken back takes the declaration with it, unless the others prove enough.
fn declaration_is_proved(_request: &Request, _facts: &Facts, it: &DatasetFacts) -> Option<Reason> {
    let declaration = it.declaration.as_ref().filter(|it| it.complete)?;
    MissingFact::DeclarationProof.unless(declaration.proved)
}

fn declaration_is_in_period(
    _request: &Request,
    facts: &Facts,
    it: &DatasetFacts,
) -> Option<Reason> {
    let declaration = it.declaration.as_ref()?;
    let period = declaration.period;
    MissingFact::DeclarationPeriod.unless(period.is_some_and(|period| period.holds(facts.now)))
}

/// Data about no person needs no ground to be processed.
fn declaration_claims_basis(
    request: &Request,
    _facts: &Facts,
    it: &DatasetFacts,
) -> Option<Reason> {
    let declaration = it.declaration.as_ref()?;
    let claims = !it.is_about_persons() || declaration.bases.contains(&request.basis);
    MissingFact::DeclarationBasis.unless(claims)
}

/// What is about persons is admitted person by person, so the rows say whose they are.
fn has_subject(_request: &Request, _facts: &Facts, it: &DatasetFacts) -> Option<Reason> {
    clause::hit!(R8);
    MissingFact::Subject.unless(!it.lacks_subject())
}

/// On the ground of consent there is a declared scope that covers the request, or people's own records.
fn has_consent(request: &Request, facts: &Facts, it: &DatasetFacts) -> Option<Reason> {
    clause::hit!(U4);
    // Where the rows name nobody, no consent would help.
    let about_persons = it.is_about_persons() && !it.lacks_subject();
    if !about_persons || request.basis != LegalBasis::Consent {
        return None;
    }
    if it.own_records.is_some_and(|records| records > 0) {
        return None;
    }
    let kind = consent_kind_asked(request, facts);
    let question = Question::new(
        request.purpose.clone(),
        request.operation,
        request.recipient,
        0,
    )
    .with_kind(kind);
    let scope = it.scope.as_ref();
    let covered = scope.is_some_and(|it| it.in_period(facts.now) && it.covers(&question));
    let reason = MissingFact::Consent.unless(covered);
    reason.map(|reason| reason.asking(kind))
}

fn has_wanted_columns(request: &Request, _facts: &Facts, it: &DatasetFacts) -> Option<Reason> {
    let known = |columns: &Vec<ColumnFacts>| {
        request.wants.columns.get(&it.id).is_none_or(|wanted| {
            wanted
                .iter()
                .all(|name| columns.iter().any(|column| column.name == *name))
        })
    };
    MissingFact::Columns.unless(it.columns.as_ref().is_some_and(known))
}

/// A column is not smuggled in by its name: its class is asked for too, and judged against the purpose.
fn wanted_columns_are_of_wanted_classes(
    request: &Request,
    _facts: &Facts,
    it: &DatasetFacts,
) -> Option<Reason> {
    let (wanted, columns) = request.wants.columns.get(&it.id).zip(it.columns.as_ref())?;
    let smuggled = columns.iter().any(|column| {
        wanted.contains(&column.name) && !request.wants.classes.contains(&column.class)
    });
    MissingFact::ColumnClass.unless(!smuggled)
}

fn has_region(_request: &Request, _facts: &Facts, it: &DatasetFacts) -> Option<Reason> {
    MissingFact::Region.unless(it.region.is_some())
}
