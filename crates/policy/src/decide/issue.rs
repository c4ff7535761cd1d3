//! Writing the permit once nothing objects.

use yuntu_terms::{ClauseId, LegalBasis, Operation, Recipient, Timestamp};

use super::recipient::{agreement, consent_kind_asked};
use super::{Parties, basis, dataset, help};
use crate::permit::{PERMIT_LIFETIME, Permit, PermitDataset, PermitHelp};
use crate::{ColumnFacts, DatasetFacts, Facts, Period, Request};

pub(super) fn permit(request: &Request, facts: &Facts, parties: Parties<'_>) -> Option<Permit> {
    let statement = facts.statement.as_ref()?;
    let consent = facts.consent?;
    let mut datasets = Vec::with_capacity(request.datasets.len());
    for (place, id) in request.datasets.iter().enumerate() {
        // A dataset that is named twice is opened once.
        if !request.datasets.iter().take(place).any(|seen| seen == id) {
            datasets.push(open(request, dataset::found(request, facts, *id)?)?);
        }
    }
    Some(Permit {
        actor: request.actor,
        basis: request.basis,
        clauses: clauses(request, facts)?,
        consent_kind: consent_kind_asked(request, facts),
        consent_root: consent.root,
        consent_version: consent.version,
        datasets,
        enterprise: request.enterprise,
        exception: request.exception,
        exception_use: request.exception_use,
        expires_at: expiry(request, facts, parties)?,
        help: request.help.as_ref().map(|claim| PermitHelp {
            help: claim.help,
            operator: claim.pseudonym,
        }),
        id: request.permit_id,
        instruction: request.instruction,
        issued_at: facts.now,
        operation: request.operation,
        purpose: request.purpose.clone(),
        recipient: request.recipient,
        refusable: facts.purpose.as_ref()?.refusable,
        role: parties.actor.role?,
        statement_digest: statement.digest,
        statement_version: statement.version.clone(),
    })
}

fn open(request: &Request, it: &DatasetFacts) -> Option<PermitDataset> {
    let named = request.wants.columns.get(&it.id);
    let admitted = |column: &&ColumnFacts| {
        request.wants.classes.contains(&column.class)
            && named.is_none_or(|names| names.contains(&column.name))
    };
    Some(PermitDataset {
        about_persons: it.is_about_persons(),
        columns: it
            .columns
            .as_ref()?
            .iter()
            .filter(admitted)
            .cloned()
            .collect(),
        dataset: it.id,
        declaration: it.declaration.as_ref()?.id,
        region: it.region?,
        scope: it.scope.clone(),
    })
}

/// A permit ends with the first thing it rests on.
fn expiry(request: &Request, facts: &Facts, parties: Parties<'_>) -> Option<Timestamp> {
    let mut earliest = facts.now.plus(PERMIT_LIFETIME);
    let mut end = |period: Period| earliest = earliest.min(period.until);
    end(facts.instruction.as_ref()?.period?);
    end(parties.actor.letter?);
    end(parties.enterprise.certified?);
    if let Some(help) = help::period(request, facts) {
        end(help);
    }
    if let Some(claimed) = basis::claimed(request, facts) {
        end(claimed.period?);
    }
    for id in &request.datasets {
        end(dataset::found(request, facts, *id)?
            .declaration
            .as_ref()?
            .period?);
    }
    if agreement(request, facts).is_some() {
        earliest = earliest.min(facts.partner.as_ref()?.ends()?);
    }
    Some(earliest)
}

fn clauses(request: &Request, facts: &Facts) -> Option<Vec<ClauseId>> {
    let mut clauses = vec![ClauseId::u(2), ClauseId::u(3)];
    if request.basis == LegalBasis::Consent {
        clauses.push(ClauseId::u(4));
    }
    clauses.extend(request.exception);
    clauses.push(facts.purpose.as_ref()?.clause);
    if let Recipient::Partner(_) = request.recipient {
        clauses.extend([ClauseId::r(13), ClauseId::r(15), ClauseId::r(16)]);
    }
    if request.operation == Operation::Publicise {
        clauses.push(ClauseId::r(20));
    }
    clauses.sort_unstable();
    clauses.dedup();
    Some(clauses)
}
