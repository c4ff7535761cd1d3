use anyhow::{Result, anyhow};
use yuntu_consent::ConsentSnapshot;
use yuntu_lake::DatasetSnapshot;
use yuntu_policy::{
    AcceptanceFacts, ActorFacts, ColumnFacts, ConsentFacts, DatasetFacts, DeclarationFacts,
    EnterpriseFacts, Facts, InstructionFacts, Period, PurposeFacts, RecordedPermit, Request, Role,
    Standing, StatementFacts, Wants, decide,
};
use yuntu_terms::{
    ClauseId, ColumnClass, Digest, Entropy, Id, Kind, LegalBasis, Operation, Purpose, Recipient,
    Region, Timestamp,
};

/// The purpose of every query.
pub(crate) const PURPOSE: &str = "marketing.insight";

/// Asks the real policy for a permit on a dataset; that it is in a ledger is measured elsewhere.
pub(crate) fn permit(
    dataset: &DatasetSnapshot,
    consent: &ConsentSnapshot,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<RecordedPermit> {
    let purpose: Purpose = PURPOSE.parse()?;
    let request = Request {
        permit_id: id(now, entropy)?,
        actor: id(now, entropy)?,
        enterprise: dataset.enterprise,
        purpose: purpose.clone(),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        datasets: vec![dataset.dataset],
        instruction: id(now, entropy)?,
        basis: LegalBasis::Consent,
        exception: None,
        help: None,
        exception_use: None,
        wants: Wants::default(),
    };
    let facts = facts(&request, dataset, consent, now, entropy)?;
    let permit = decide(&request, &facts)
        .map_err(|refusal| anyhow!("refused: {:?}", refusal.reasons().collect::<Vec<_>>()))?;
    Ok(RecordedPermit::recorded(permit, 1))
}

fn statement(early: Timestamp) -> StatementFacts {
    StatementFacts {
        version: "1".to_owned(),
        digest: Digest::new([1; 32]),
        effective: early,
        accepted: Some(AcceptanceFacts {
            version: "1".to_owned(),
            at: early,
        }),
    }
}

fn facts(
    request: &Request,
    dataset: &DatasetSnapshot,
    consent: &ConsentSnapshot,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Facts> {
    let early = now.plus_days(-400);
    let period = Some(Period {
        from: early,
        until: now.plus_days(400),
    });
    Ok(Facts {
        statement: Some(statement(early)),
        purpose: Some(PurposeFacts {
            id: request.purpose.clone(),
            clause: ClauseId::u(4),
            bases: vec![LegalBasis::Consent],
            consent: None,
            classes: vec![ColumnClass::NonPersonal, ColumnClass::Personal],
            operations: vec![Operation::Process],
            refusable: true,
        }),
        enterprise: Some(EnterpriseFacts {
            measures: Some(Vec::new()),
            id: request.enterprise,
            standing: Some(Standing::Active),
            certified: period,
        }),
        actor: Some(ActorFacts {
            id: request.actor,
            enterprise: Some(request.enterprise),
            role: Some(Role::Analyst),
            standing: Some(Standing::Active),
            letter: period,
            scopes: None,
        }),
        instruction: Some(InstructionFacts {
            id: request.instruction,
            enterprise: request.enterprise,
            by: request.actor,
            purposes: vec![request.purpose.clone()],
            operations: vec![Operation::Process],
            recipients: vec![Recipient::Enterprise],
            datasets: request.datasets.clone(),
            recorded: early,
            period,
            standing: Some(Standing::Active),
        }),
        datasets: vec![DatasetFacts {
            measures: Some(Vec::new()),
            id: dataset.dataset,
            enterprise: dataset.enterprise,
            standing: Some(Standing::Active),
            region: Some(Region::CN),
            about_persons: Some(true),
            columns: Some(columns(dataset)),
            declaration: Some(DeclarationFacts {
                id: id(now, entropy)?,
                complete: true,
                proved: true,
                period,
                bases: vec![LegalBasis::Consent],
            }),
            scope: None,
            own_records: Some(1),
        }],
        consent: Some(ConsentFacts {
            version: consent.version(),
            root: consent.root(),
        }),
        ..Facts::nothing(now)
    })
}

fn columns(dataset: &DatasetSnapshot) -> Vec<ColumnFacts> {
    let facts = |column: &yuntu_lake::Column| ColumnFacts {
        class: column.class,
        name: column.name.clone(),
    };
    dataset.columns.iter().map(facts).collect()
}

/// Makes an id of any kind.
pub(crate) fn id<K: Kind>(now: Timestamp, entropy: &dyn Entropy) -> Result<Id<K>> {
    Ok(Id::generate(now, entropy)?)
}
