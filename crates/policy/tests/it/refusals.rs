//! One test for each rule: take one thing away, and the refusal names it.

use yuntu_policy::{
    Facts, HelpRequest, HelpScope, MissingFact, OperatorRole, Period, Reason, Refusal, Request,
    Role, Standing, decide, decide_help, decide_help_statement,
};
use yuntu_statement::Invoker;
use yuntu_terms::{ClauseId, ColumnClass, Lang, LegalBasis, Operation, Recipient, clause};

use crate::build::{
    HOUR, NOW, abroad, at, facts, id, looking, lookup, now_and_hours, on_duty, people, processing,
    purpose, sharing, way_out,
};

type Change = fn(&mut Request, &mut Facts);

fn refused(mut request: Request, change: Change) -> Refusal {
    let mut facts = facts();
    change(&mut request, &mut facts);
    decide(&request, &facts).unwrap_err()
}

/// Asserts that the change alone leads to exactly this reason.
fn lacks(fact: MissingFact, request: Request, change: Change) {
    let refusal = refused(request, change);
    let found: Vec<_> = refusal.reasons().map(yuntu_policy::Reason::fact).collect();
    assert_eq!(found, [fact]);
}

#[test]
fn the_four_requests_are_permitted_as_they_stand() {
    for request in [processing(), sharing(), on_duty(), looking()] {
        assert!(decide(&request, &facts()).is_ok());
    }
}

#[test]
fn an_expired_letter_removes_the_right_to_instruct() {
    let _mark = clause::check!(R3);
    lacks(MissingFact::Letter, processing(), |_, facts| {
        facts.actor.as_mut().unwrap().letter = Some(now_and_hours(0));
    });
    lacks(MissingFact::Letter, processing(), |_, facts| {
        facts.actor.as_mut().unwrap().letter = None;
    });
}

#[test]
fn who_does_not_act_for_the_enterprise_learns_nothing_about_it() {
    let changes: [Change; 5] = [
        |_, facts| facts.actor = None,
        |_, facts| facts.enterprise = None,
        |_, facts| facts.actor.as_mut().unwrap().enterprise = Some(id(77)),
        |_, facts| facts.actor.as_mut().unwrap().id = id(77),
        // Everything else is wrong too, and none of it shows.
        |request, facts| {
            facts.actor.as_mut().unwrap().enterprise = None;
            facts.enterprise.as_mut().unwrap().standing = Some(Standing::Frozen);
            facts.instruction = None;
            request.datasets.push(id(88));
        },
    ];
    for change in changes {
        lacks(MissingFact::Enterprise, processing(), change);
    }
}

#[test]
fn a_role_does_only_what_the_rules_allow() {
    let _mark = clause::check!(R23);
    lacks(MissingFact::Role, processing(), |_, facts| {
        facts.actor.as_mut().unwrap().role = Some(Role::Viewer);
    });
    lacks(MissingFact::Role, sharing(), |_, facts| {
        facts.actor.as_mut().unwrap().role = Some(Role::Analyst);
    });
    lacks(MissingFact::Role, processing(), |_, facts| {
        facts.actor.as_mut().unwrap().role = None;
    });
}

#[test]
fn a_frozen_enterprise_or_dataset_is_refused() {
    let _mark = clause::check!(U5);
    for standing in [Standing::Frozen, Standing::Pending, Standing::Ended] {
        let mut facts = facts();
        facts.enterprise.as_mut().unwrap().standing = Some(standing);
        let refusal = decide(&processing(), &facts).unwrap_err();
        assert!(refusal.lacks(MissingFact::EnterpriseStanding));
        assert_eq!(refusal.first().clause(), ClauseId::u(5));
    }
    lacks(MissingFact::DatasetStanding, processing(), |_, facts| {
        facts.datasets[0].standing = Some(Standing::Frozen);
    });
    lacks(MissingFact::ActorStanding, processing(), |_, facts| {
        facts.actor.as_mut().unwrap().standing = Some(Standing::Frozen);
    });
    lacks(MissingFact::Certification, processing(), |_, facts| {
        facts.enterprise.as_mut().unwrap().certified = Some(now_and_hours(-1));
    });
}

#[test]
fn without_the_acceptance_of_the_version_that_decides_nothing_moves() {
    let _mark = clause::check!(U1);
    lacks(MissingFact::Acceptance, processing(), |_, facts| {
        facts.statement.as_mut().unwrap().accepted = None;
    });
    lacks(MissingFact::Acceptance, processing(), |_, facts| {
        facts.statement.as_mut().unwrap().version = "2.0".to_owned();
    });
    lacks(MissingFact::Statement, processing(), |_, facts| {
        facts.statement.as_mut().unwrap().effective = at(NOW + 1);
    });
}

#[test]
fn without_an_instruction_that_covers_the_work_it_is_refused() {
    let _mark = clause::check!(U2);
    let cases: [(MissingFact, Change); 9] = [
        (MissingFact::Instruction, |_, facts| {
            facts.instruction = None;
        }),
        (MissingFact::InstructionStanding, |_, facts| {
            facts.instruction.as_mut().unwrap().standing = Some(Standing::Ended);
        }),
        (MissingFact::InstructionPeriod, |_, facts| {
            facts.instruction.as_mut().unwrap().period = Some(now_and_hours(0));
        }),
        (MissingFact::InstructionRecorded, |_, facts| {
            facts.instruction.as_mut().unwrap().recorded = at(NOW + 1);
        }),
        (MissingFact::InstructionPurpose, |_, facts| {
            facts.instruction.as_mut().unwrap().purposes = vec![purpose("marketing.audience")];
        }),
        (MissingFact::InstructionOperation, |_, facts| {
            facts.instruction.as_mut().unwrap().operations = vec![Operation::Share];
        }),
        (MissingFact::InstructionRecipient, |_, facts| {
            facts.instruction.as_mut().unwrap().recipients = vec![Recipient::Public];
        }),
        (MissingFact::InstructionDataset, |_, facts| {
            facts.instruction.as_mut().unwrap().datasets = vec![id(5)];
        }),
        (MissingFact::NoDataset, |request, _| {
            request.datasets.clear();
        }),
    ];
    for (fact, change) in cases {
        lacks(fact, processing(), change);
    }
}

#[test]
fn what_belongs_to_another_enterprise_reads_as_not_found() {
    let unknown = refused(processing(), |_, facts| {
        facts.datasets.remove(0);
    });
    let foreign = refused(processing(), |_, facts| {
        let it = &mut facts.datasets[0];
        it.enterprise = id(77);
        // None of what is wrong with it shows.
        it.standing = Some(Standing::Frozen);
        it.declaration = None;
    });
    assert!(unknown.lacks(MissingFact::Dataset));
    assert_eq!(foreign, unknown);
    assert_eq!(foreign.text(Lang::En), unknown.text(Lang::En));

    let unknown = refused(processing(), |_, facts| facts.instruction = None);
    let foreign = refused(processing(), |_, facts| {
        let it = facts.instruction.as_mut().unwrap();
        it.enterprise = id(77);
        it.standing = Some(Standing::Ended);
    });
    assert_eq!(foreign, unknown);

    let unknown = refused(sharing(), |_, facts| facts.partner = None);
    let foreign = refused(sharing(), |_, facts| {
        let it = facts.partner.as_mut().unwrap();
        it.enterprise = id(77);
        it.agreement = None;
    });
    assert_eq!(foreign, unknown);
}

#[test]
fn an_undeclared_dataset_is_refused() {
    let _mark = clause::check!(U3);
    lacks(MissingFact::Declaration, processing(), |_, facts| {
        facts.datasets[0].declaration = None;
    });
    lacks(MissingFact::Declaration, processing(), |_, facts| {
        facts.datasets[0].declaration.as_mut().unwrap().complete = false;
    });
    lacks(MissingFact::DeclarationProof, processing(), |_, facts| {
        facts.datasets[0].declaration.as_mut().unwrap().proved = false;
    });
    lacks(MissingFact::DeclarationPeriod, processing(), |_, facts| {
        facts.datasets[0].declaration.as_mut().unwrap().period = Some(now_and_hours(0));
    });
    lacks(MissingFact::DeclarationBasis, processing(), |_, facts| {
        facts.datasets[0].declaration.as_mut().unwrap().bases = vec![LegalBasis::Contract];
    });
}

#[test]
fn a_dataset_without_scope_or_own_records_lacks_consent() {
    let _mark = clause::check!(U4);
    lacks(MissingFact::Consent, processing(), |_, facts| {
        facts.datasets[0].scope = None;
        facts.datasets[0].own_records = Some(0);
    });
    lacks(MissingFact::Consent, processing(), |_, facts| {
        facts.datasets[0].scope.as_mut().unwrap().until = Some(at(NOW));
    });
    lacks(MissingFact::Consent, sharing(), |_, facts| {
        facts.datasets[0].scope.as_mut().unwrap().kind = yuntu_terms::ConsentKind::Explicit;
    });
    let mut own = facts();
    own.datasets[0].scope = None;
    own.datasets[0].own_records = Some(1);
    assert!(decide(&processing(), &own).is_ok());
    lacks(MissingFact::ConsentIndex, processing(), |_, facts| {
        facts.consent = None;
    });
}

#[test]
fn a_dataset_that_claims_to_be_about_nobody_is_not_believed_with_a_personal_column() {
    let refusal = refused(processing(), |_, facts| {
        facts.datasets[1].columns = people().columns;
    });
    // Its rows name nobody, so no consent would help.
    let facts: Vec<_> = refusal.reasons().map(Reason::fact).collect();
    assert_eq!(facts, [MissingFact::Subject]);
    assert!(!lookup().is_about_persons() && !lookup().lacks_subject());
    assert!(people().is_about_persons() && !people().lacks_subject());
}

#[test]
fn the_statement_bounds_purpose_operation_class_and_ground() {
    let _mark = clause::check!(R8);
    lacks(MissingFact::Purpose, processing(), |_, facts| {
        facts.purpose = None;
    });
    lacks(MissingFact::Purpose, processing(), |_, facts| {
        facts.purpose.as_mut().unwrap().id = purpose("marketing");
    });
    lacks(MissingFact::PurposeOperation, processing(), |_, facts| {
        facts.purpose.as_mut().unwrap().operations.remove(0);
    });
    lacks(MissingFact::Basis, processing(), |_, facts| {
        facts.purpose.as_mut().unwrap().bases.remove(0);
    });
    lacks(MissingFact::PurposeClass, processing(), |request, facts| {
        request.wants.classes.insert(ColumnClass::Sensitive);
        let classes = &mut facts.purpose.as_mut().unwrap().classes;
        classes.retain(|class| *class != ColumnClass::Sensitive);
    });
}

#[test]
fn a_column_is_not_smuggled_in_by_its_name() {
    lacks(MissingFact::ColumnClass, processing(), |request, _| {
        request.wants = request.wants.clone().and_columns(id(5), ["age", "income"]);
    });
    lacks(MissingFact::Columns, processing(), |request, _| {
        request.wants = request.wants.clone().and_columns(id(5), ["age", "shoe"]);
    });
    lacks(MissingFact::Columns, processing(), |_, facts| {
        facts.datasets[0].columns = None;
    });
}

#[test]
fn an_exception_without_its_proof_is_refused() {
    let _mark = clause::check!(R7);
    lacks(MissingFact::ExceptionProof, on_duty(), |_, facts| {
        facts.exception.as_mut().unwrap().proofs.clear();
    });
    lacks(MissingFact::ExceptionProof, on_duty(), |_, facts| {
        facts.exception.as_mut().unwrap().proofs[0].recorded = at(NOW + 1);
    });
    lacks(MissingFact::ExceptionProof, on_duty(), |_, facts| {
        facts.exception.as_mut().unwrap().proofs_required.clear();
    });
    lacks(MissingFact::ExceptionInvoker, on_duty(), |_, facts| {
        facts.exception.as_mut().unwrap().invoked_as = Some(Invoker::SecurityOfficer);
    });
    lacks(MissingFact::ExceptionInvoker, on_duty(), |_, facts| {
        facts.exception.as_mut().unwrap().invoked_as = None;
    });
    lacks(MissingFact::Exception, on_duty(), |request, _| {
        request.exception = None;
    });
    lacks(MissingFact::Exception, on_duty(), |_, facts| {
        facts.exception.as_mut().unwrap().ground = None;
    });
    lacks(
        MissingFact::ExceptionUnneeded,
        processing(),
        |request, _| {
            request.exception = Some("R7a".parse().unwrap());
        },
    );
}

#[test]
fn an_exception_opens_nothing_before_a_second_person_and_nothing_outside_what_it_names() {
    let _mark = clause::check!(R7);
    let cases: [(MissingFact, Change); 14] = [
        (MissingFact::ExceptionConfirmed, |_, facts| {
            facts.exception.as_mut().unwrap().confirmed_by = None;
        }),
        (MissingFact::ExceptionConfirmed, |_, facts| {
            let it = facts.exception.as_mut().unwrap();
            it.confirmed_by = it.invoked_by;
        }),
        (MissingFact::ExceptionStanding, |_, facts| {
            facts.exception.as_mut().unwrap().standing = Some(Standing::Ended);
        }),
        (MissingFact::ExceptionStanding, |_, facts| {
            facts.exception.as_mut().unwrap().standing = None;
        }),
        (MissingFact::ExceptionPeriod, |_, facts| {
            facts.exception.as_mut().unwrap().period = Some(now_and_hours(0));
        }),
        (MissingFact::ExceptionPeriod, |_, facts| {
            let from = at(NOW + 1);
            let it = facts.exception.as_mut().unwrap();
            it.period = it.period.map(|period| Period { from, ..period });
        }),
        (MissingFact::ExceptionPeriod, |_, facts| {
            facts.exception.as_mut().unwrap().period = None;
        }),
        // Longer than the statement allows: a shorter limit of a later version counts too.
        (MissingFact::ExceptionPeriod, |_, facts| {
            let until = at(NOW).plus_days(365);
            let it = facts.exception.as_mut().unwrap();
            it.period = it.period.map(|period| Period { until, ..period });
        }),
        (MissingFact::ExceptionPeriod, |_, facts| {
            facts.exception.as_mut().unwrap().days_max = None;
        }),
        (MissingFact::ExceptionPurpose, |_, facts| {
            facts.exception.as_mut().unwrap().purpose = purpose("marketing");
        }),
        (MissingFact::ExceptionOperation, |_, facts| {
            facts.exception.as_mut().unwrap().operation = Operation::Share;
        }),
        (MissingFact::ExceptionRecipient, |_, facts| {
            facts.exception.as_mut().unwrap().recipient = Recipient::Public;
        }),
        (MissingFact::ExceptionDataset, |_, facts| {
            facts.exception.as_mut().unwrap().datasets = vec![id(5)];
        }),
        (MissingFact::Exception, |_, facts| {
            facts.exception.as_mut().unwrap().enterprise = id(77);
        }),
    ];
    for (fact, change) in cases {
        lacks(fact, on_duty(), change);
    }
    // The last moment inside, which the permit does not outlive.
    let mut last = facts();
    last.exception.as_mut().unwrap().period = Some(Period {
        from: at(NOW),
        until: at(NOW + 1),
    });
    let permit = decide(&on_duty(), &last).unwrap();
    assert_eq!(permit.expires_at(), at(NOW + 1));
    assert_eq!(permit.exception_use(), Some(id(8)));
}

#[test]
fn an_exception_for_collecting_opens_no_sharing() {
    let _mark = clause::check!(R21);
    let refusal = refused(sharing(), |request, _| {
        request.basis = LegalBasis::LegalDuty;
        request.exception = Some("R7a".parse().unwrap());
    });
    assert_eq!(refusal.first().fact(), MissingFact::Exception);
    assert_eq!(refusal.first().clause(), ClauseId::r(21));
}

#[test]
fn a_partner_is_registered_active_and_under_agreement() {
    let _mark = (clause::check!(R15), clause::check!(R16));
    lacks(MissingFact::PartnerStanding, sharing(), |_, facts| {
        facts.partner.as_mut().unwrap().standing = Some(Standing::Frozen);
    });
    lacks(MissingFact::Agreement, sharing(), |_, facts| {
        facts.partner.as_mut().unwrap().agreement = None;
    });
    lacks(MissingFact::AgreementPeriod, sharing(), |_, facts| {
        let agreement = facts.partner.as_mut().unwrap().agreement.as_mut().unwrap();
        agreement.period = now_and_hours(0);
    });
    lacks(MissingFact::AgreementScope, sharing(), |_, facts| {
        let agreement = facts.partner.as_mut().unwrap().agreement.as_mut().unwrap();
        agreement.classes = vec![ColumnClass::Personal];
    });
    lacks(MissingFact::PartnerAssessment, sharing(), |_, facts| {
        facts.partner.as_mut().unwrap().assessed_until = None;
    });
    lacks(MissingFact::PartnerAssessment, sharing(), |_, facts| {
        facts.partner.as_mut().unwrap().assessed_until = Some(facts.now);
    });
    lacks(MissingFact::Partner, sharing(), |_, facts| {
        facts.partner = None;
    });
}

fn approval(facts: &mut Facts) -> &mut yuntu_policy::HelpApproval {
    facts.help.as_mut().unwrap().approval.as_mut().unwrap()
}

#[test]
fn a_look_of_technical_help_goes_no_further_than_its_approval() {
    let _mark = clause::check!(U2);
    let cases: [(MissingFact, Change); 14] = [
        (MissingFact::Help, |_, facts| facts.help = None),
        (MissingFact::Help, |_, facts| {
            facts.help.as_mut().unwrap().enterprise = id(77);
        }),
        (MissingFact::HelpApproval, |_, facts| {
            let help = facts.help.as_mut().unwrap();
            (help.standing, help.approval) = (Some(Standing::Pending), None);
        }),
        (MissingFact::HelpStanding, |_, facts| {
            facts.help.as_mut().unwrap().standing = Some(Standing::Ended);
        }),
        (MissingFact::HelpOperator, |request, _| {
            request.help.as_mut().unwrap().operator = id(12);
        }),
        (MissingFact::HelpOperator, |_, facts| {
            approval(facts).operator_standing = Some(Standing::Frozen);
        }),
        (MissingFact::HelpOperator, |_, facts| {
            approval(facts).role = Some(OperatorRole::Auditor);
        }),
        (MissingFact::HelpPeriod, |_, facts| {
            approval(facts).period.until = facts.now;
        }),
        (MissingFact::HelpScope, |_, facts| {
            facts.help.as_mut().unwrap().scopes = vec![HelpScope::Structure];
        }),
        (MissingFact::HelpApprover, |_, facts| {
            approval(facts).by = id(22);
        }),
        // She may still process, but let nobody look any more.
        (MissingFact::HelpApprover, |_, facts| {
            facts.actor.as_mut().unwrap().role = Some(Role::Analyst);
        }),
        (MissingFact::HelpInstruction, |_, facts| {
            facts.help.as_mut().unwrap().instruction = id(44);
        }),
        (MissingFact::HelpPurpose, |_, facts| {
            facts.help.as_mut().unwrap().purpose = purpose("marketing");
        }),
        (MissingFact::HelpDataset, |_, facts| {
            facts.help.as_mut().unwrap().datasets = vec![id(5)];
        }),
    ];
    for (fact, change) in cases {
        lacks(fact, looking(), change);
    }
    for wider in [sharing(), on_duty()] {
        let help = looking().help;
        let refusal = decide(&Request { help, ..wider }, &facts()).unwrap_err();
        assert!(refusal.lacks(MissingFact::HelpOperation));
    }
}

#[test]
fn a_look_at_structure_takes_the_approval_and_whoever_gave_it() {
    let _mark = clause::check!(U2);
    let mut open = facts();
    open.help.as_mut().unwrap().scopes = vec![HelpScope::Structure];
    let look = |facts: &Facts, scope| {
        let request = HelpRequest {
            claim: looking().help.unwrap(),
            enterprise: id(3),
            scope,
        };
        decide_help(&request, facts)
    };
    let grant = look(&open, HelpScope::Structure).unwrap();
    assert_eq!((grant.by(), grant.until()), (id(2), at(NOW + HOUR)));
    let refusal = look(&open, HelpScope::Rows).unwrap_err();
    assert!(refusal.lacks(MissingFact::HelpScope));
    open.now = at(NOW + HOUR - 1);
    assert!(look(&open, HelpScope::Structure).is_ok());
    open.now = at(NOW + HOUR);
    let refusal = look(&open, HelpScope::Structure).unwrap_err();
    assert!(refusal.lacks(MissingFact::HelpPeriod));
    // Revoked or over, the instruction that the help names ends looks at structure too.
    let revoked: [(MissingFact, Change); 4] = [
        (MissingFact::InstructionStanding, |_, facts| {
            facts.instruction.as_mut().unwrap().standing = Some(Standing::Ended);
        }),
        (MissingFact::InstructionPeriod, |_, facts| {
            facts.instruction.as_mut().unwrap().period = None;
        }),
        (MissingFact::Instruction, |_, facts| {
            facts.instruction = None;
        }),
        (MissingFact::Instruction, |_, facts| {
            facts.instruction.as_mut().unwrap().id = id(44);
        }),
    ];
    for (fact, change) in revoked {
        let mut facts = facts();
        facts.help.as_mut().unwrap().scopes = HelpScope::ALL.to_vec();
        change(&mut looking(), &mut facts);
        for &scope in HelpScope::ALL {
            let refusal = look(&facts, scope).unwrap_err();
            assert!(refusal.lacks(fact), "{scope} {fact:?}");
        }
    }
    assert!(decide_help_statement(&grant, 0).is_ok());
    let refusal = decide_help_statement(&grant, 1).unwrap_err();
    assert!(refusal.lacks(MissingFact::HelpAudience));
    let mut removed = facts();
    removed.help.as_mut().unwrap().scopes = HelpScope::ALL.to_vec();
    removed.actor.as_mut().unwrap().standing = Some(Standing::Ended);
    for &scope in HelpScope::ALL {
        let refusal = look(&removed, scope).unwrap_err();
        assert!(refusal.lacks(MissingFact::ActorStanding), "{scope}");
    }
}

#[test]
fn the_recipient_fits_the_operation() {
    for (operation, recipient) in [
        (Operation::Process, Recipient::Public),
        (Operation::Share, Recipient::Enterprise),
        (Operation::Share, Recipient::Public),
        (Operation::Transfer, Recipient::Enterprise),
        (Operation::Publicise, Recipient::Enterprise),
        (Operation::Publicise, crate::build::partner()),
    ] {
        let request = Request {
            operation,
            recipient,
            ..processing()
        };
        let refusal = decide(&request, &facts()).unwrap_err();
        assert!(
            refusal.lacks(MissingFact::Recipient),
            "{operation} {recipient}"
        );
    }
}

#[test]
fn data_stays_in_its_region_unless_a_recorded_way_out_covers_it() {
    let _mark = clause::check!(R13);
    lacks(MissingFact::CrossBorder, sharing(), |_, facts| {
        facts.partner.as_mut().unwrap().region = Some(abroad());
    });
    lacks(MissingFact::CrossBorder, sharing(), |_, facts| {
        let partner = facts.partner.as_mut().unwrap();
        partner.region = Some(abroad());
        partner.cross_border = Some(way_out());
        partner.cross_border.as_mut().unwrap().period = now_and_hours(0);
    });
    lacks(MissingFact::Region, sharing(), |_, facts| {
        facts.partner.as_mut().unwrap().region = None;
    });
    lacks(MissingFact::Region, processing(), |_, facts| {
        facts.datasets[0].region = None;
    });
    let mut open = facts();
    let partner = open.partner.as_mut().unwrap();
    partner.region = Some(abroad());
    partner.cross_border = Some(way_out());
    let permit = decide(&sharing(), &open).unwrap();
    assert_eq!(permit.consent_kind(), yuntu_terms::ConsentKind::Separate);
}

#[test]
fn a_refusal_gives_every_reason_at_once_in_both_languages() {
    let refusal = refused(processing(), |_, facts| {
        facts.instruction = None;
        facts.datasets[0].declaration = None;
    });
    assert_eq!(
        refusal.text(Lang::En),
        format!(
            "refused\nU2: there is no record of this instruction. Let an authorised representative record an \
             instruction first.\nU3: the dataset has no complete declaration of source and lawfulness ({0}). Complete \
             and confirm the declaration of source and lawfulness.",
            people().id
        )
    );
    assert!(
        refusal
            .text(Lang::Zh)
            .starts_with("拒绝\nU2：没有该指示的记录。")
    );
    let json = serde_json::to_value(&refusal).unwrap();
    assert_eq!(json["reasons"][0]["clause"], "U2");
    assert_eq!(json["reasons"][0]["fact"], "instruction");
    assert_eq!(
        json["reasons"][1]["about"]["dataset"],
        people().id.to_string()
    );
    assert!(
        json["reasons"][1]["remedy"]["zh"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
}

#[test]
fn every_missing_fact_says_what_and_how_in_both_languages() {
    for &fact in MissingFact::ALL {
        for lang in Lang::ALL {
            assert!(!fact.what(lang).is_empty() && !fact.remedy(lang).is_empty());
        }
        assert_ne!(fact.what(Lang::Zh), fact.what(Lang::En));
        assert!(fact.what(Lang::En).is_ascii() && fact.remedy(Lang::En).is_ascii());
        assert!(
            !fact
                .what(Lang::Zh)
                .contains(|c: char| c.is_ascii_alphabetic())
        );
    }
}
