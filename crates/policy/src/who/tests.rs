use yuntu_terms::clause;

use super::{Rules, Whose, may};
use crate::{Action, Resource, Role};

#[test]
fn the_embedded_rules_fit_their_schema_strictly() {
    Rules::embedded().unwrap();
}

#[test]
fn rules_that_do_not_fit_the_schema_are_refused() {
    let schema = super::SCHEMA;
    for bad in [
        "permit (principal, action, resource) when { principal.age > 1 };",
        "permit (principal, action == Yuntu::Action::\"fly\", resource);",
        "permit (principal in Yuntu::Role::\"king\", action, resource);",
        "permit (principal, action, resource",
    ] {
        assert!(Rules::parse(schema, bad).is_err(), "{bad}");
    }
}

#[test]
fn the_cached_verdicts_are_those_of_the_policies() {
    let _mark = clause::check!(R23);
    let rules = Rules::embedded().unwrap();
    for &role in Role::ALL {
        for &action in Action::ALL {
            let asked = rules
                .ask(role, action, action.resource(), Whose::Own)
                .unwrap();
            assert_eq!(may(role, action), asked, "{role} {action}");
        }
    }
}

#[test]
fn nobody_does_anything_to_what_belongs_to_another_enterprise() {
    let rules = Rules::embedded().unwrap();
    for &role in Role::ALL {
        for &action in Action::ALL {
            let asked = rules
                .ask(role, action, action.resource(), Whose::Foreign)
                .unwrap();
            assert!(!asked, "{role} {action}");
        }
    }
}

#[test]
fn an_action_on_the_wrong_kind_of_thing_is_no_question() {
    let rules = Rules::embedded().unwrap();
    assert!(
        rules
            .ask(
                Role::Owner,
                Action::ViewLedger,
                Resource::Dataset,
                Whose::Own
            )
            .is_err()
    );
}
