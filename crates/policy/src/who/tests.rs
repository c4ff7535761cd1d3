use yuntu_terms::clause;

use super::{Grounds, Rules, Whose, may, may_on};
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
            for grounds in Grounds::ALL {
                let asked = rules
                    .ask(role, action, action.resource(), (Whose::Own, grounds))
                    .unwrap();
                assert_eq!(may_on(role, action, grounds), asked, "{role} {action}");
            }
            let both = may_on(role, action, Grounds::BOTH);
            assert_eq!(may(role, action), both, "{role} {action}");
        }
    }
}

#[test]
fn nobody_does_anything_to_what_belongs_to_another_enterprise() {
    let rules = Rules::embedded().unwrap();
    for &role in Role::ALL {
        for &action in Action::ALL {
            let asked = rules
                .ask(
                    role,
                    action,
                    action.resource(),
                    (Whose::Foreign, Grounds::BOTH),
                )
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
                (Whose::Own, Grounds::BOTH)
            )
            .is_err()
    );
}

#[test]
fn only_what_makes_an_enterprise_ready_goes_without_certification_or_letter() {
    let none = Grounds::ALL[0];
    let early: Vec<Action> = Action::ALL
        .iter()
        .copied()
        .filter(|action| may_on(Role::Owner, *action, none))
        .collect();
    assert_eq!(
        early,
        [
            Action::AcceptStatement,
            Action::ApplyForCertification,
            Action::ManageMembers,
            Action::AnswerMeasure,
            Action::AskHelp
        ]
    );
    for grounds in Grounds::ALL {
        let may = may_on(Role::Owner, Action::Instruct, grounds);
        assert_eq!(may, grounds == Grounds::BOTH, "{grounds:?}");
    }
}
