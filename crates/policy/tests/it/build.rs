//! A request that is permitted, and the facts that permit it.

use std::collections::BTreeSet;

use yuntu_consent::DatasetScope;
use yuntu_policy::{
    AcceptanceFacts, ActorFacts, AgreementFacts, ColumnFacts, ConsentFacts, CrossBorderFacts,
    DatasetFacts, DeclarationFacts, EnterpriseFacts, ExceptionFacts, Facts, HelpApproval,
    HelpClaim, HelpFacts, HelpScope, InstructionFacts, Mechanism, OperatorRole, PartnerFacts,
    Period, ProofFacts, PurposeFacts, Request, Role, Standing, StatementFacts, Wants,
};
use yuntu_statement::{Invoker, Proof};
use yuntu_terms::{
    ClauseId, ColumnClass, ConsentKind, Digest, Id, Kind, LegalBasis, Operation, Purpose,
    Recipient, Region, SeededEntropy, Timestamp,
};

pub(crate) const NOW: i64 = 1_000_000_000;
pub(crate) const HOUR: i64 = 3_600_000_000;

pub(crate) fn id<K: Kind>(seed: u64) -> Id<K> {
    Id::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed)).unwrap()
}

pub(crate) fn at(moment: i64) -> Timestamp {
    Timestamp::from_micros(moment)
}

pub(crate) fn purpose(text: &str) -> Purpose {
    text.parse().unwrap()
}

pub(crate) fn now_and_hours(hours: i64) -> Period {
    Period {
        from: at(0),
        until: at(NOW + hours * HOUR),
    }
}

pub(crate) fn partner() -> Recipient {
    Recipient::Partner(id(9))
}

pub(crate) fn abroad() -> Region {
    "SG".parse().unwrap()
}

/// An analyst's wish to process a dataset for insight.
pub(crate) fn processing() -> Request {
    Request {
        permit_id: id(1),
        actor: id(2),
        enterprise: id(3),
        purpose: purpose("marketing.insight"),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        datasets: vec![id(5), id(6)],
        instruction: id(4),
        basis: LegalBasis::Consent,
        exception: None,
        exception_use: None,
        wants: Wants::default(),
        help: None,
    }
}

/// A wish to share a dataset, with its identifiers, with a partner.
pub(crate) fn sharing() -> Request {
    Request {
        operation: Operation::Share,
        recipient: partner(),
        datasets: vec![id(5)],
        wants: Wants::default().and_class(ColumnClass::Identifier),
        ..processing()
    }
}

/// A wish on the ground of a legal duty.
pub(crate) fn on_duty() -> Request {
    Request {
        basis: LegalBasis::LegalDuty,
        exception: Some("R7a".parse().unwrap()),
        exception_use: Some(id(8)),
        ..processing()
    }
}

/// An operator's wish to look at a dataset under technical help.
pub(crate) fn looking() -> Request {
    Request {
        help: Some(HelpClaim {
            help: id(10),
            operator: id(11),
            pseudonym: Digest::new([4; 32]),
        }),
        ..processing()
    }
}

/// The help that the owner approved for an hour.
pub(crate) fn help() -> HelpFacts {
    HelpFacts {
        id: id(10),
        enterprise: id(3),
        datasets: vec![id(5), id(6)],
        instruction: id(4),
        purpose: purpose("marketing.insight"),
        scopes: vec![HelpScope::Rows],
        standing: Some(Standing::Active),
        approval: Some(HelpApproval {
            by: id(2),
            period: Period {
                from: at(NOW - HOUR),
                until: at(NOW + HOUR),
            },
            operator: id(11),
            role: Some(OperatorRole::Support),
            operator_standing: Some(Standing::Active),
        }),
    }
}

fn column(name: &str, class: ColumnClass) -> ColumnFacts {
    ColumnFacts {
        class,
        name: name.to_owned(),
    }
}

pub(crate) fn scope() -> DatasetScope {
    DatasetScope {
        purposes: BTreeSet::from([purpose("marketing")]),
        operations: BTreeSet::from([Operation::Process, Operation::Share]),
        recipients: BTreeSet::from([Recipient::Enterprise, partner()]),
        kind: ConsentKind::Separate,
        from: at(0),
        until: None,
    }
}

pub(crate) fn people() -> DatasetFacts {
    DatasetFacts {
        measures: Some(Vec::new()),
        id: id(5),
        enterprise: id(3),
        standing: Some(Standing::Active),
        region: Some(Region::CN),
        about_persons: Some(true),
        columns: Some(vec![
            column("subject", ColumnClass::Personal),
            column("city", ColumnClass::NonPersonal),
            column("age", ColumnClass::Personal),
            column("income", ColumnClass::Sensitive),
            column("phone_hash", ColumnClass::Identifier),
        ]),
        declaration: Some(DeclarationFacts {
            id: id(7),
            complete: true,
            proved: true,
            period: Some(now_and_hours(30)),
            bases: vec![LegalBasis::Consent, LegalBasis::LegalDuty],
        }),
        scope: Some(scope()),
        own_records: None,
    }
}

pub(crate) fn lookup() -> DatasetFacts {
    DatasetFacts {
        measures: Some(Vec::new()),
        id: id(6),
        about_persons: Some(false),
        columns: Some(vec![column("product", ColumnClass::NonPersonal)]),
        scope: None,
        ..people()
    }
}

/// The exception that the duty rests on: invoked, proved and confirmed by another one.
fn exception() -> ExceptionFacts {
    ExceptionFacts {
        id: id(8),
        enterprise: id(3),
        clause: "R7a".parse().unwrap(),
        ground: Some(LegalBasis::LegalDuty),
        invokers: vec![Invoker::PrivacyOfficer],
        invoked_by: Some(id(20)),
        invoked_as: Some(Invoker::PrivacyOfficer),
        confirmed_by: Some(id(2)),
        proofs_required: vec![Proof::CitedLaw],
        proofs: vec![ProofFacts {
            proof: Proof::CitedLaw,
            digest: Digest::new([2; 32]),
            recorded: at(5),
        }],
        days_max: Some(365),
        datasets: vec![id(5), id(6)],
        purpose: purpose("marketing.insight"),
        operation: Operation::Process,
        recipient: Recipient::Enterprise,
        period: Some(now_and_hours(8)),
        standing: Some(Standing::Active),
    }
}

/// The partner, under agreement.
fn registered() -> PartnerFacts {
    PartnerFacts {
        id: id(9),
        enterprise: id(3),
        standing: Some(Standing::Active),
        region: Some(Region::CN),
        agreement: Some(AgreementFacts {
            period: now_and_hours(15),
            purposes: vec![purpose("marketing")],
            operations: vec![Operation::Share],
            classes: vec![ColumnClass::Personal, ColumnClass::Identifier],
        }),
        assessed_until: Some(at(NOW + 20 * HOUR)),
        cross_border: None,
    }
}

/// Facts that permit all four requests.
pub(crate) fn facts() -> Facts {
    Facts {
        now: at(NOW),
        statement: Some(StatementFacts {
            version: "1.0".to_owned(),
            digest: Digest::new([1; 32]),
            effective: at(0),
            accepted: Some(AcceptanceFacts {
                version: "1.0".to_owned(),
                at: at(5),
            }),
        }),
        purpose: Some(PurposeFacts {
            id: purpose("marketing.insight"),
            clause: ClauseId::u(4),
            bases: vec![LegalBasis::Consent, LegalBasis::LegalDuty],
            consent: Some(ConsentKind::Expressed),
            classes: vec![
                ColumnClass::NonPersonal,
                ColumnClass::Personal,
                ColumnClass::Sensitive,
                ColumnClass::Identifier,
            ],
            operations: vec![Operation::Process, Operation::Share],
            refusable: true,
        }),
        enterprise: Some(EnterpriseFacts {
            measures: Some(Vec::new()),
            id: id(3),
            standing: Some(Standing::Active),
            certified: Some(now_and_hours(40)),
        }),
        actor: Some(ActorFacts {
            id: id(2),
            enterprise: Some(id(3)),
            role: Some(Role::Owner),
            standing: Some(Standing::Active),
            letter: Some(now_and_hours(20)),
            scopes: None,
        }),
        instruction: Some(InstructionFacts {
            id: id(4),
            enterprise: id(3),
            by: id(2),
            purposes: vec![purpose("marketing")],
            operations: vec![Operation::Process, Operation::Share],
            recipients: vec![Recipient::Enterprise, partner()],
            datasets: vec![id(5), id(6)],
            recorded: at(9),
            period: Some(now_and_hours(10)),
            standing: Some(Standing::Active),
        }),
        datasets: vec![people(), lookup()],
        partner: Some(registered()),
        exception: Some(exception()),
        help: Some(help()),
        consent: Some(ConsentFacts {
            version: 12,
            root: Digest::new([3; 32]),
        }),
    }
}

/// A recorded way from the country to the region abroad.
pub(crate) fn way_out() -> CrossBorderFacts {
    CrossBorderFacts {
        from: Region::CN,
        to: abroad(),
        mechanism: Mechanism::StandardContract,
        period: now_and_hours(12),
    }
}
