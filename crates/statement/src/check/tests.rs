use std::collections::BTreeSet;

use yuntu_terms::{ClauseId, ColumnClass, ConsentKind, Lang, LegalBasis, Operation, Timestamp};

use super::*;
use crate::model::{
    AcceptanceAct, AcceptanceItem, Channel, ContactSlot, DeletionTrigger, ExportCondition,
    IncidentItem, Proof, ProvisionItem, PurposeRule, Right, SuccessionItem, WhenReduced,
};

type Break = fn(&mut Statement);

fn in_force() -> Statement {
    Statement::in_force().unwrap().clone()
}

fn drop_promise(statement: &mut Statement, promise: &str) {
    for clause in &mut statement.clauses {
        clause.promises.retain(|id| id.as_str() != promise);
    }
}

fn purpose<'a>(statement: &'a mut Statement, id: &str) -> &'a mut PurposeRule {
    let mut purposes = statement.purposes.iter_mut();
    purposes.find(|rule| rule.id.as_str() == id).unwrap()
}

/// Breaks each floor in turn: at least one way for each, more where it stands on several legs.
const BREAKS: &[(&str, Break)] = &[
    ("every_row_present", |s| {
        s.clauses.retain(|c| c.id != ClauseId::r(18));
    }),
    ("every_row_present", |s| s.clauses[0].controls.clear()),
    ("both_languages", |s| s.clauses[3].body.en.clear()),
    ("both_languages", |s| {
        s.clauses[3].body.zh = "Not Chinese at all.".into();
    }),
    ("both_languages", |s| {
        s.cookies[0].purpose.en = "登录".into();
    }),
    ("both_languages", |s| s.rights[2].law.zh.clear()),
    ("slots_filled_by_contacts", |s| s.contacts.clear()),
    ("slots_filled_by_contacts", |s| {
        s.meta.preamble.en.push_str(" {secret}");
    }),
    ("nothing_undeclared", |s| {
        s.categories.retain(|c| c.id.as_str() != "phone");
    }),
    ("nothing_undeclared", |s| {
        s.purposes.retain(|p| p.id.as_str() != "marketing");
    }),
    ("nothing_undeclared", |s| {
        s.rights.retain(|r| r.right != Right::Port);
    }),
    ("nothing_undeclared", |s| s.cookie_choices.clear()),
    ("nothing_undeclared", |s| s.controls.clear()),
    ("nothing_undeclared", |s| {
        s.retention.retain(|r| r.purpose.as_str() != "telemetry");
    }),
    ("nothing_undeclared", |s| {
        let again = s.cookies[0].clone();
        s.cookies.push(again);
    }),
    ("nothing_undeclared", |s| {
        s.categories[0].clause = "R2z".parse().unwrap();
    }),
    ("cookies_hardened", |s| s.cookies[0].secure = false),
    ("cookies_hardened", |s| s.cookies[0].http_only = false),
    ("cookies_hardened", |s| s.cookies[0].name = "session".into()),
    ("explicit_acceptance", |s| {
        s.commitments.acceptance.act = AcceptanceAct::Deemed;
    }),
    ("explicit_acceptance", |s| {
        s.commitments
            .acceptance
            .records
            .retain(|i| *i != AcceptanceItem::Digest);
    }),
    ("no_bundling", |s| drop_promise(s, "refusal_costs_nothing")),
    ("no_bundling", |s| {
        let rule = purpose(s, "telemetry");
        rule.bases = vec![LegalBasis::Contract];
        rule.consent = None;
    }),
    ("lawful_basis", |s| purpose(s, "account").bases.clear()),
    ("lawful_basis", |s| purpose(s, "telemetry").consent = None),
    ("withdrawal", |s| {
        drop_promise(s, "withdrawal_takes_effect_at_once");
    }),
    ("new_purpose", |s| {
        drop_promise(s, "new_purpose_new_consent");
    }),
    ("sensitive_separate_consent", |s| {
        purpose(s, "certification").consent = Some(ConsentKind::Explicit);
    }),
    ("sensitive_separate_consent", |s| {
        let mut sensitive = s.categories.iter_mut().filter(|c| c.sensitive);
        sensitive.next().unwrap().impact = None;
    }),
    ("identity_is_sensitive", |s| {
        for category in &mut s.categories {
            category.sensitive &= category.id.as_str() != "id_number";
        }
    }),
    ("provision_separate_consent", |s| {
        s.commitments.provision.consent = ConsentKind::Expressed;
    }),
    ("provision_separate_consent", |s| {
        s.commitments.publication.consent = ConsentKind::Explicit;
    }),
    ("provision_separate_consent", |s| {
        purpose(s, "marketing.insight")
            .operations
            .push(Operation::Share);
    }),
    ("child_not_wider", |s| {
        purpose(s, "research.industry")
            .classes
            .push(ColumnClass::Sensitive);
    }),
    ("child_not_wider", |s| {
        purpose(s, "service.care")
            .operations
            .push(Operation::Transfer);
    }),
    ("child_not_wider", |s| {
        purpose(s, "service").refusable = true;
    }),
    ("child_not_wider", |s| {
        purpose(s, "research.industry").retention_days_max = 1000;
    }),
    ("exceptions_grounded", |s| s.exceptions[0].ground = None),
    ("exceptions_grounded", |s| drop(s.exceptions.remove(4))),
    ("exceptions_grounded", |s| s.exceptions[0].invokers.clear()),
    ("exceptions_grounded", |s| {
        s.exceptions[4].proofs.retain(|p| *p != Proof::LaterNotice);
    }),
    ("exceptions_grounded", |s| {
        s.exceptions[5].proofs.retain(|p| *p != Proof::NoObjection);
    }),
    ("exceptions_grounded", |s| s.exceptions[0].article = None),
    ("exceptions_grounded", |s| s.exceptions[0].days_max = None),
    ("exceptions_grounded", |s| {
        s.exceptions[0].days_max = Some(366);
    }),
    ("exceptions_grounded", |s| {
        s.exceptions[4].days_max = Some(4);
    }),
    ("exceptions_grounded", |s| {
        s.exceptions[8].days_max = Some(1);
    }),
    ("exceptions_leave_notice", |s| {
        s.exceptions[13].notice = false;
    }),
    ("retention_bounded", |s| {
        purpose(s, "support").retention_days_max = 5000;
    }),
    ("retention_bounded", |s| {
        purpose(s, "support").retention_days_max = 0;
    }),
    ("retention_bounded", |s| s.retention[0].days_max = 16),
    ("logs_six_months", |s| {
        for rule in &mut s.retention {
            rule.days_min = rule.days_min.min(183);
        }
    }),
    ("logs_six_months", |s| {
        for rule in &mut s.retention {
            rule.pseudonymise_on_deregistration = false;
        }
    }),
    ("logs_six_months", |s| {
        s.retention
            .retain(|rule| rule.purpose.as_str() != "operation_log");
    }),
    ("evidence_three_years", |s| {
        s.commitments.provision.record_days_min = 1000;
    }),
    ("evidence_three_years", |s| {
        for rule in &mut s.retention {
            rule.days_min = rule.days_min.min(1095);
        }
    }),
    ("retention_exceptions_closed", |s| {
        s.retention_exceptions.clear();
    }),
    ("retention_exceptions_closed", |s| {
        s.retention_exceptions[0].storage_only = false;
    }),
    ("deletion_triggers", |s| {
        s.commitments
            .deletion_triggers
            .retain(|t| *t != DeletionTrigger::ConsentWithdrawn);
    }),
    ("stored_in_country", |s| {
        s.regions[0].code = "US".parse().unwrap();
    }),
    ("stored_in_country", |s| s.regions.clear()),
    ("export_conditions", |s| {
        s.cross_border
            .conditions
            .retain(|c| *c != ExportCondition::SeparateConsent);
    }),
    ("export_conditions", |s| s.cross_border.mechanisms.clear()),
    ("foreign_authorities", |s| {
        drop_promise(s, "no_handover_abroad_without_approval");
    }),
    ("provision_notice", |s| {
        let items = &mut s.commitments.provision.notice_items;
        items.retain(|item| *item != ProvisionItem::RecipientContact);
    }),
    ("succession_notice", |s| {
        let items = &mut s.commitments.succession.notice_items;
        items.retain(|item| *item != SuccessionItem::SuccessorName);
    }),
    ("entrusted_processing", |s| {
        drop_promise(s, "return_or_delete");
    }),
    ("joint_processing", |s| {
        drop_promise(s, "either_side_answers");
    }),
    ("device_not_searched", |s| {
        s.not_collected
            .retain(|entry| entry.id.as_str() != "running_processes");
    }),
    ("cookies_switchable", |s| {
        s.commitments.cookie_reask_days_min = 1;
    }),
    ("cookies_switchable", |s| {
        s.cookie_choices[1].necessary = true;
    }),
    ("rights_complete", |s| {
        s.rights.retain(|rule| rule.right != Right::Relatives);
    }),
    ("rights_complete", |s| {
        for clause in &mut s.clauses {
            clause.rights.retain(|right| *right != Right::Port);
        }
    }),
    ("rights_answered_in_time", |s| {
        s.rights[1].answer_days_max = 16;
    }),
    ("refusals_have_reasons", |s| {
        drop_promise(s, "refusal_with_reasons");
    }),
    ("automated_decisions", |s| {
        drop_promise(s, "marketing_option_not_personal");
    }),
    ("automated_decisions", |s| {
        drop_promise(s, "marketing_refusal_counts");
    }),
    ("automated_decisions", |s| {
        purpose(s, "marketing.measurement").refusable = false;
    }),
    ("two_age_thresholds", |s| {
        s.commitments.minors.adult_age = 16;
    }),
    ("two_age_thresholds", |s| {
        s.commitments.minors.guardian_age = 13;
    }),
    ("two_age_thresholds", |s| {
        s.commitments.minors.guardian_age = 18;
    }),
    ("minors_guarded", |s| {
        drop_promise(s, "staff_access_to_minors_approved_and_logged");
    }),
    ("contacts_named", |s| {
        s.contacts.retain(|c| c.slot != ContactSlot::OperatorName);
    }),
    ("contacts_named", |s| s.contacts[2].required = false),
    ("sign_in_codes", |s| {
        s.commitments.codes.valid_minutes_max = 11;
    }),
    ("sign_in_codes", |s| s.commitments.codes.uses_max = 2),
    ("incident_notice_complete", |s| {
        let items = &mut s.commitments.incident.notice_items;
        items.retain(|item| *item != IncidentItem::Contact);
    }),
    ("incident_notice_complete", |s| {
        s.commitments.incident.fallback = Channel::Mail;
    }),
    ("incident_report_clock", |s| {
        s.commitments.incident.report_hours_max = 5;
    }),
    ("incident_report_clock", |s| {
        s.commitments.incident.final_report_days_max = 31;
    }),
    ("security_measures", |s| {
        drop_promise(s, "encryption_at_rest");
    }),
    ("person_in_charge", |s| drop_promise(s, "person_in_charge")),
    ("audits", |s| {
        s.commitments.assessments.minors_audit_months_max = 24;
    }),
    ("impact_assessments", |s| {
        s.commitments.assessments.report_days_min = 365;
    }),
    ("lists_generated", |s| {
        drop_promise(s, "lists_from_live_system");
    }),
    ("statement_public", |s| {
        drop_promise(s, "every_version_reachable");
    }),
    ("revision", |s| {
        s.commitments.revision.when_reduced = WhenReduced::NoticeOnly;
    }),
    ("revision", |s| s.commitments.revision.notice_days_min = 3),
    ("revision", |s| {
        s.meta.effective = s.meta.published.plus_days(1);
    }),
    ("revision", |s| s.meta.supersedes = Some(s.meta.version)),
    ("cessation", |s| s.commitments.cessation.erase_days_max = 90),
    ("processor_measures", |s| {
        s.commitments.break_glass.hours_max = 72;
    }),
    ("processor_measures", |s| {
        drop_promise(s, "row_level_consent");
    }),
    ("aggregates_hidden", |s| {
        s.commitments.aggregates.cell_people_min = 10;
    }),
    ("penalty_notices", |s| {
        s.commitments.publication.approvals_min = 1;
    }),
];

#[test]
fn the_statement_in_force_falls_short_of_no_floor() {
    let shown: Vec<_> = check(&in_force()).iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

#[test]
fn whatever_breaks_a_floor_is_found() {
    for (at, (floor, break_it)) in BREAKS.iter().enumerate() {
        let mut statement = in_force();
        break_it(&mut statement);
        let found: BTreeSet<_> = check(&statement).iter().map(|f| f.floor).collect();
        assert!(found.contains(floor), "case {at} of {floor}: {found:?}");
    }
}

#[test]
fn every_floor_is_broken_by_some_test() {
    let all: BTreeSet<_> = floors().map(Floor::id).collect();
    let broken: BTreeSet<_> = BREAKS.iter().map(|(floor, _)| *floor).collect();
    assert_eq!(all, broken);
    assert_eq!(all.len(), floors().count(), "an id is used twice");
}

#[test]
fn every_promise_a_floor_demands_is_missed_when_it_goes() {
    let statement = in_force();
    let mut demanded = 0;
    for clause in &statement.clauses {
        for promise in &clause.promises {
            let mut without = statement.clone();
            drop_promise(&mut without, promise.as_str());
            let quoted = format!("`{promise}`");
            let missed = check(&without)
                .iter()
                .any(|f| f.problem.en.contains(&quoted));
            demanded += u32::from(missed);
        }
    }
    assert!(demanded >= 60, "{demanded}");
}

#[test]
fn a_finding_names_place_source_and_remedy_in_both_languages() {
    let mut statement = in_force();
    statement.commitments.codes.valid_minutes_max = 11;
    let findings = check(&statement);
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    assert_eq!(
        finding.show(Lang::En).to_string(),
        "commitments.toml: codes.valid_minutes_max (R2a): the value 11 is above the limit 10. \
         Source: statement R2; OWASP ASVS 5.0 on out-of-band codes. Do: make it 10 or less. [sign_in_codes]"
    );
    assert_eq!(
        finding.show(Lang::Zh).to_string(),
        "commitments.toml: codes.valid_minutes_max（R2a）：数值为 11，高于上限 10。\
         依据：声明 R2；OWASP ASVS 5.0 对带外验证码的要求。处理办法：改为不超过 10。［sign_in_codes］"
    );
}

#[test]
fn a_statement_effective_at_its_publication_is_found() {
    let mut statement = in_force();
    statement.meta.effective = Timestamp::from_micros(0);
    assert!(check(&statement).iter().any(|f| f.floor == "revision"));
}

type Said = (
    &'static str,
    fn(&Statement) -> u32,
    u32,
    &'static str,
    &'static str,
);

/// What a clause says in words, and where the data says it as a number.
const SAID: &[Said] = &[
    (
        "U2b",
        |s| s.commitments.break_glass.hours_max,
        8,
        "八小时",
        "eight hours",
    ),
    (
        "R2a",
        |s| s.commitments.codes.valid_minutes_max,
        5,
        "五分钟",
        "five minutes",
    ),
    (
        "R2a",
        |s| s.commitments.codes.attempts_max,
        5,
        "五次",
        "five wrong tries",
    ),
    (
        "R12",
        |s| s.commitments.cookie_reask_days_min,
        180,
        "180 日",
        "180 days",
    ),
    (
        "R17",
        |s| s.commitments.aggregates.cell_people_min,
        50,
        "五十人",
        "fifty people",
    ),
    (
        "R20",
        |s| s.commitments.publication.approvals_min,
        2,
        "两人",
        "two people",
    ),
    (
        "R23",
        |s| s.commitments.assessments.audit_months_max,
        24,
        "每两年",
        "every two years",
    ),
    (
        "R25",
        |s| s.commitments.incident.report_hours_max,
        4,
        "四小时",
        "four hours",
    ),
    (
        "R25",
        |s| s.commitments.incident.report_critical_hours_max,
        1,
        "一小时",
        "one hour",
    ),
    (
        "R25",
        |s| s.commitments.incident.final_report_days_max,
        30,
        "三十日",
        "thirty days",
    ),
    (
        "R25",
        |s| s.commitments.incident.vulnerability_hours_max,
        24,
        "二十四小时",
        "twenty-four",
    ),
    (
        "R26a",
        |s| s.rights[1].answer_days_max,
        15,
        "十五日",
        "fifteen days",
    ),
    (
        "R28",
        |s| s.commitments.cessation.notice_days_min,
        30,
        "三十日",
        "thirty days",
    ),
    (
        "R28",
        |s| s.commitments.cessation.erase_days_max,
        30,
        "三十日",
        "thirty days",
    ),
    (
        "R29",
        |s| s.commitments.minors.removal_days_max,
        3,
        "三日",
        "three days",
    ),
    (
        "R29",
        |s| s.commitments.minors.adult_age,
        18,
        "十八周岁",
        "eighteen",
    ),
    (
        "R29",
        |s| s.commitments.minors.guardian_age,
        14,
        "十四周岁",
        "fourteen",
    ),
    (
        "R30",
        |s| s.commitments.revision.notice_days_min,
        30,
        "三十日",
        "thirty days",
    ),
];

#[test]
fn the_numbers_in_the_words_are_the_numbers_in_the_data() {
    let statement = in_force();
    for (clause, read, number, zh, en) in SAID {
        let body = &statement.clause(clause.parse().unwrap()).unwrap().body;
        assert_eq!(read(&statement), *number, "{clause}");
        assert!(
            body.zh.contains(zh) && body.en.contains(en),
            "{clause}: {number}"
        );
    }
    let log = statement
        .retention
        .iter()
        .find(|rule| rule.id.as_str() == "operation_log")
        .unwrap();
    assert_eq!((log.days_min, log.days_max), (184, 200));
    let body = &statement.clause(ClauseId::r(1)).unwrap().body;
    assert!(body.zh.contains("184 日") && body.zh.contains("第 200 日"));
    assert!(body.en.contains("184 days") && body.en.contains("day 200"));
}
