//! Whether a request is permitted, as one long list of conditions: written without a look at the checks.

use yuntu_policy::{
    DatasetFacts, Facts, HelpClaim, HelpScope, OperatorRole, PartnerFacts, Request, Role, Standing,
};
use yuntu_terms::{ColumnClass, ConsentKind, LegalBasis, Operation, Recipient};

/// Says whether a permit is due.
pub(crate) fn permitted(request: &Request, facts: &Facts) -> bool {
    conditions(request, facts).unwrap_or(false)
}

fn conditions(request: &Request, facts: &Facts) -> Option<bool> {
    let now = facts.now;
    let inside = |period: yuntu_policy::Period| period.from <= now && now < period.until;
    let mut all = Vec::new();

    let actor = facts.actor.as_ref()?;
    let enterprise = facts.enterprise.as_ref()?;
    all.push(actor.id == request.actor);
    all.push(actor.enterprise? == request.enterprise);
    all.push(enterprise.id == request.enterprise);
    all.push(actor.standing? == Standing::Active);
    all.push(inside(actor.letter?));
    all.push(enterprise.standing? == Standing::Active);
    all.push(inside(enterprise.certified?));
    let may: &[Operation] = match actor.role? {
        Role::Owner => &Operation::ALL,
        Role::Admin => &[Operation::Process, Operation::Share],
        Role::Analyst => &[Operation::Process],
        Role::Viewer | Role::PrivacyContact => &[],
    };
    all.push(may.contains(&request.operation));

    let statement = facts.statement.as_ref()?;
    let accepted = statement.accepted.as_ref()?;
    all.push(statement.effective <= now && accepted.at <= now);
    all.push(accepted.version == statement.version);

    let instruction = facts.instruction.as_ref()?;
    all.push(instruction.id == request.instruction);
    all.push(instruction.enterprise == request.enterprise);
    all.push(instruction.standing? == Standing::Active);
    all.push(inside(instruction.period?) && instruction.recorded <= now);
    all.push(
        instruction
            .purposes
            .iter()
            .any(|purpose| purpose.covers(&request.purpose)),
    );
    all.push(instruction.operations.contains(&request.operation));
    all.push(instruction.recipients.contains(&request.recipient));

    let purpose = facts.purpose.as_ref()?;
    all.push(purpose.id == request.purpose);
    all.push(purpose.operations.contains(&request.operation));
    all.push(purpose.bases.contains(&request.basis));
    for class in &request.wants.classes {
        all.push(purpose.classes.contains(class));
    }
    all.push(grounded(request, facts)?);

    let partner = facts.partner.as_ref();
    all.push(match (request.operation, request.recipient) {
        (Operation::Process, Recipient::Enterprise) | (Operation::Publicise, Recipient::Public) => {
            true
        }
        (Operation::Process | Operation::Share | Operation::Transfer, Recipient::Partner(id)) => {
            let partner = partner?;
            partner.id == id
                && partner.enterprise == request.enterprise
                && agreed(request, facts, partner)?
        }
        _ => false,
    });

    if let Some(claim) = &request.help {
        all.push(helped(request, facts, claim)?);
    }
    all.push(!request.datasets.is_empty() && facts.consent.is_some());
    for id in &request.datasets {
        let own = |it: &&DatasetFacts| it.id == *id && it.enterprise == request.enterprise;
        let dataset = facts.datasets.iter().find(own)?;
        all.push(instruction.datasets.contains(id));
        all.push(usable(request, facts, dataset)?);
    }
    Some(all.into_iter().all(|holds| holds))
}

fn helped(request: &Request, facts: &Facts, claim: &HelpClaim) -> Option<bool> {
    let help = facts.help.as_ref()?;
    let approval = help.approval.as_ref()?;
    let eight_hours = 8 * 3_600 * 1_000_000;
    let (from, until) = (approval.period.from, approval.period.until);
    let all = [
        help.id == claim.help,
        help.enterprise == request.enterprise,
        help.standing? == Standing::Active,
        approval.operator == claim.operator,
        approval.operator_standing? == Standing::Active,
        [OperatorRole::Support, OperatorRole::Security].contains(&approval.role?),
        from <= facts.now && facts.now < until,
        until.as_micros() - from.as_micros() <= eight_hours,
        help.scopes.contains(&HelpScope::Rows),
        approval.by == request.actor,
        [Role::Owner, Role::Admin].contains(&facts.actor.as_ref()?.role?),
        help.instruction == request.instruction,
        help.purpose == request.purpose,
        request.operation == Operation::Process,
        request.recipient == Recipient::Enterprise,
        request.basis == LegalBasis::Consent,
        request.datasets.iter().all(|id| help.datasets.contains(id)),
    ];
    Some(all.into_iter().all(|holds| holds))
}

fn grounded(request: &Request, facts: &Facts) -> Option<bool> {
    if request.basis == LegalBasis::Consent {
        return Some(request.exception.is_none() && request.exception_use.is_none());
    }
    let exception = facts.exception.as_ref()?;
    let letter = exception.clause.to_string();
    let row = if request.operation == Operation::Process {
        "R7"
    } else {
        "R21"
    };
    let period = exception.period?;
    let longest = period
        .from
        .plus_days(i32::try_from(exception.days_max?).ok()?);
    let mut all = vec![
        exception.enterprise == request.enterprise,
        request.exception_use == Some(exception.id),
        exception.confirmed_by? != exception.invoked_by?,
        exception.standing? == Standing::Active,
        period.from <= facts.now && facts.now < period.until && period.until <= longest,
        exception.purpose == request.purpose,
        exception.operation == request.operation,
        exception.recipient == request.recipient,
    ];
    for dataset in &request.datasets {
        all.push(exception.datasets.contains(dataset));
    }
    let proved = exception.proofs_required.iter().all(|code| {
        exception
            .proofs
            .iter()
            .any(|proof| proof.proof == *code && proof.recorded <= facts.now)
    });
    Some(
        request.exception == Some(exception.clause)
            && letter.trim_end_matches(|c: char| c.is_ascii_lowercase()) == row
            && exception.ground? == request.basis
            && exception.invokers.contains(exception.invoked_as.as_ref()?)
            && !exception.proofs_required.is_empty()
            && proved
            && all.into_iter().all(|holds| holds),
    )
}

fn agreed(request: &Request, facts: &Facts, partner: &PartnerFacts) -> Option<bool> {
    let agreement = partner.agreement.as_ref()?;
    let to = partner.region?;
    let mut all = vec![
        partner.standing? == Standing::Active,
        facts.now < partner.assessed_until?,
        agreement.period.from <= facts.now && facts.now < agreement.period.until,
        agreement.operations.contains(&request.operation),
        agreement
            .purposes
            .iter()
            .any(|purpose| purpose.covers(&request.purpose)),
    ];
    for class in &request.wants.classes {
        all.push(*class == ColumnClass::NonPersonal || agreement.classes.contains(class));
    }
    for dataset in &facts.datasets {
        let named =
            request.datasets.contains(&dataset.id) && dataset.enterprise == request.enterprise;
        if named && dataset.region? != to {
            let way = partner.cross_border.as_ref()?;
            all.push(Some(way.from) == dataset.region && way.to == to);
            all.push(way.period.from <= facts.now && facts.now < way.period.until);
        }
    }
    Some(all.into_iter().all(|holds| holds))
}

fn usable(request: &Request, facts: &Facts, dataset: &DatasetFacts) -> Option<bool> {
    let declaration = dataset.declaration.as_ref()?;
    let period = declaration.period?;
    let columns = dataset.columns.as_ref()?;
    dataset.region?;
    let mut all = vec![
        dataset.standing? == Standing::Active,
        declaration.complete,
        declaration.proved,
        period.from <= facts.now && facts.now < period.until,
    ];
    if let Some(names) = request.wants.columns.get(&dataset.id) {
        for name in names {
            let column = columns.iter().find(|column| column.name == *name)?;
            all.push(request.wants.classes.contains(&column.class));
        }
    }
    let about_things = dataset.about_persons == Some(false);
    let impersonal = about_things
        && columns
            .iter()
            .all(|column| column.class == ColumnClass::NonPersonal);
    all.push(!about_things || impersonal);
    if !impersonal {
        all.push(declaration.bases.contains(&request.basis));
        if request.basis == LegalBasis::Consent {
            all.push(consented(request, facts, dataset));
        }
    }
    Some(all.into_iter().all(|holds| holds))
}

fn consented(request: &Request, facts: &Facts, dataset: &DatasetFacts) -> bool {
    if dataset.own_records.unwrap_or(0) > 0 {
        return true;
    }
    let abroad = match request.recipient {
        Recipient::Partner(_) => facts.datasets.iter().any(|it| {
            request.datasets.contains(&it.id)
                && it.enterprise == request.enterprise
                && it.region.is_some()
                && it.region != facts.partner.as_ref().and_then(|partner| partner.region)
        }),
        Recipient::Enterprise | Recipient::Public => false,
    };
    let purpose = facts.purpose.as_ref().and_then(|purpose| purpose.consent);
    let least = if abroad || request.operation != Operation::Process {
        ConsentKind::Separate
    } else {
        purpose.unwrap_or(ConsentKind::Expressed)
    };
    dataset.scope.as_ref().is_some_and(|scope| {
        scope.from <= facts.now
            && scope.until.is_none_or(|until| facts.now < until)
            && scope.purposes.iter().any(|it| it.covers(&request.purpose))
            && scope.operations.contains(&request.operation)
            && scope.recipients.contains(&request.recipient)
            && scope.kind >= least
    })
}
