//! What a permit says and opens.

use serde_json::Value;
use yuntu_consent::kind_for;
use yuntu_policy::{PERMIT_LIFETIME, Permit, RecordedPermit, decide};
use yuntu_terms::{ColumnClass, ConsentKind, LegalBasis, Operation, Sink, Warrant};

use crate::build::{
    HOUR, NOW, at, facts, id, looking, now_and_hours, on_duty, partner, people, processing, scope,
    sharing,
};

fn permit() -> Permit {
    decide(&processing(), &facts()).unwrap()
}

#[test]
fn a_permit_says_what_was_decided() {
    let permit = permit();
    assert_eq!(permit.id(), id(1));
    assert_eq!(permit.enterprise(), id(3));
    assert_eq!(permit.instruction(), id(4));
    assert_eq!(
        (permit.operation(), permit.basis()),
        (Operation::Process, LegalBasis::Consent)
    );
    assert_eq!(permit.consent_version(), 12);
    assert_eq!(permit.statement_version(), "1.0");
    let clauses: Vec<_> = permit.clauses().iter().map(ToString::to_string).collect();
    assert_eq!(clauses, ["U2", "U3", "U4"]);
    let opened = permit.dataset(people().id).unwrap();
    let names: Vec<_> = opened.columns().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["subject", "city", "age"]);
    assert_eq!(opened.class_of("age"), Some(ColumnClass::Personal));
    assert_eq!(opened.class_of("income"), None);
    assert!(permit.dataset(id(99)).is_none());
}

#[test]
fn only_the_named_columns_are_opened() {
    let mut request = processing();
    request.wants = request
        .wants
        .and_class(ColumnClass::Sensitive)
        .and_columns(id(5), ["income"]);
    let permit = decide(&request, &facts()).unwrap();
    let opened = permit.dataset(id(5)).unwrap();
    assert_eq!(opened.columns().len(), 1);
    assert!(opened.admits_class(ColumnClass::Sensitive));
    assert_eq!(permit.dataset(id(6)).unwrap().columns().len(), 1);
}

#[test]
fn the_permit_of_a_look_names_the_help_and_the_operator_and_ends_with_it() {
    let mut soon = facts();
    let help = soon.help.as_mut().unwrap();
    help.approval.as_mut().unwrap().period.until = at(NOW + 1);
    let look = decide(&looking(), &soon).unwrap();
    assert_eq!(look.expires_at(), at(NOW + 1));
    let claim = looking().help.unwrap();
    let named = format!(
        "\"help\":{{\"help\":\"{}\",\"operator\":\"{}\"}},\"id\":",
        claim.help, claim.pseudonym
    );
    assert!(
        look.canonical_json().contains(&named),
        "{}",
        look.canonical_json()
    );
    // What nobody looks at by help says nothing of it.
    assert!(!permit().canonical_json().contains("help"));
}

#[test]
fn a_permit_ends_with_the_first_thing_it_rests_on() {
    let permit = permit();
    assert_eq!(permit.issued_at(), at(NOW));
    assert_eq!(permit.expires_at(), at(NOW).plus(PERMIT_LIFETIME));
    assert!(permit.is_in_force(at(NOW)));
    assert!(!permit.is_in_force(permit.expires_at()));
    assert!(!permit.is_in_force(at(NOW - 1)));
    let mut soon = facts();
    let mut period = now_and_hours(1);
    period.until = at(NOW + HOUR / 60);
    soon.instruction.as_mut().unwrap().period = Some(period);
    assert_eq!(
        decide(&processing(), &soon).unwrap().expires_at(),
        period.until
    );
    let mut soon = facts();
    soon.partner
        .as_mut()
        .unwrap()
        .agreement
        .as_mut()
        .unwrap()
        .period = period;
    assert_eq!(
        decide(&sharing(), &soon).unwrap().expires_at(),
        period.until
    );
    assert_ne!(
        decide(&processing(), &soon).unwrap().expires_at(),
        period.until
    );
    let mut soon = facts();
    soon.partner.as_mut().unwrap().assessed_until = Some(period.until);
    assert_eq!(
        decide(&sharing(), &soon).unwrap().expires_at(),
        period.until
    );
}

#[test]
fn a_run_asks_consent_what_the_permit_says() {
    let permit = decide(&sharing(), &facts()).unwrap();
    let question = permit.question(id(5), 100).unwrap();
    assert_eq!(
        (question.operation, question.recipient),
        (Operation::Share, partner())
    );
    assert_eq!(question.kind_required(), ConsentKind::Separate);
    assert_eq!(kind_for(Operation::Share), ConsentKind::Separate);
    assert_eq!(question.scope, Some(scope()));
    assert!(permit.question(id(6), 100).is_none());
    let duty = decide(&on_duty(), &facts()).unwrap();
    assert_eq!(
        duty.question(id(5), 1).unwrap().basis,
        LegalBasis::LegalDuty
    );
    assert_eq!(
        duty.exception().map(|it| it.to_string()),
        Some("R7a".to_owned())
    );
}

#[test]
fn the_json_of_a_permit_is_canonical_and_its_digest_sees_every_field() {
    fn sorted(value: &Value, text: &str) {
        match value {
            Value::Object(map) => {
                // The order in the text, whatever order the map has.
                let mut keys: Vec<_> = map
                    .keys()
                    .map(|key| (text.find(&format!("\"{key}\":")), key))
                    .collect();
                keys.sort();
                let names: Vec<_> = keys.iter().map(|(_, key)| *key).collect();
                assert!(names.is_sorted(), "{names:?}");
                for value in map.values() {
                    sorted(value, &value.to_string());
                }
            }
            Value::Array(list) => list
                .iter()
                .for_each(|value| sorted(value, &value.to_string())),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let one = permit();
    let text = one.canonical_json();
    assert!(!text.is_empty() && !text.contains('\n'));
    let top: Vec<usize> = [
        "\"actor\":",
        "\"basis\":",
        "\"clauses\":",
        "\"consent_kind\":",
        "\"consent_root\":",
        "\"consent_version\":",
        "\"datasets\":",
        "\"enterprise\":",
        "\"exception\":",
        "\"exception_use\":",
        "\"expires_at\":",
        "\"id\":",
        "\"instruction\":",
        "\"issued_at\":",
        "\"operation\":",
        "\"purpose\":",
        "\"recipient\":",
        "\"refusable\":",
        "\"role\":",
        "\"statement_digest\":",
        "\"statement_version\":",
    ]
    .iter()
    .map(|key| text.find(key).unwrap())
    .collect();
    assert!(top.is_sorted());
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value.as_object().unwrap().len(), top.len());
    sorted(
        &value["datasets"][0]["columns"],
        &value["datasets"][0]["columns"].to_string(),
    );
    assert_eq!(one.digest(), permit().digest());
    let mut later = facts();
    later.now = at(NOW + 1);
    assert_ne!(
        decide(&processing(), &later).unwrap().digest(),
        one.digest()
    );
}

#[test]
fn a_recorded_permit_opens_only_the_sinks_of_its_operation() {
    let sinks = [
        Sink::Row,
        Sink::Page,
        Sink::Json,
        Sink::Mail,
        Sink::Sms,
        Sink::Destination,
        Sink::RegulatorReport,
    ];
    let opened = |permit: Permit| {
        let recorded = RecordedPermit::recorded(permit, 5);
        assert_eq!(recorded.ledger_seq(), 5);
        sinks.map(|sink| recorded.opens(sink))
    };
    let only = |wanted: &[Sink]| sinks.map(|sink| wanted.contains(&sink));
    assert_eq!(opened(permit()), only(&[Sink::Row]));
    let sharing_it = decide(&sharing(), &facts()).unwrap();
    assert_eq!(opened(sharing_it), only(&[Sink::Row, Sink::Destination]));
    let mut without_identifiers = sharing();
    without_identifiers
        .wants
        .classes
        .remove(&ColumnClass::Identifier);
    let permit = decide(&without_identifiers, &facts()).unwrap();
    assert_eq!(opened(permit), only(&[Sink::Row]));
}

#[test]
fn facts_and_requests_survive_their_json_form() {
    let text = serde_json::to_string(&facts()).unwrap();
    assert_eq!(
        serde_json::from_str::<yuntu_policy::Facts>(&text).unwrap(),
        facts()
    );
    let text = serde_json::to_string(&sharing()).unwrap();
    assert_eq!(
        serde_json::from_str::<yuntu_policy::Request>(&text).unwrap(),
        sharing()
    );
}
