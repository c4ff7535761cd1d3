use yuntu_statement::Statement;
use yuntu_terms::SeededEntropy;

use super::*;

fn each(f: impl FnMut(&Exception)) {
    Statement::in_force()
        .unwrap()
        .exceptions()
        .iter()
        .for_each(f);
}

#[test]
fn who_may_invoke_is_what_the_statement_says_and_nothing_else() {
    let _marks = (clause::check!(R7), clause::check!(R21));
    each(|exception| {
        for only in Invoker::ALL {
            let verdict = decide_invocation(exception, &BTreeSet::from([*only]));
            let named = exception.invokers.contains(only);
            assert_eq!(verdict.is_ok(), named, "{} {only}", exception.clause);
            if let Err(refusal) = verdict {
                assert_eq!(refusal.first().clause(), exception.clause);
                assert!(refusal.lacks(MissingFact::ExceptionInvoker));
            }
        }
        assert!(decide_invocation(exception, &BTreeSet::new()).is_err());
    });
}

#[test]
fn the_second_person_runs_the_account_or_has_a_function_and_did_not_invoke_it() {
    let _mark = clause::check!(R23);
    let clause = "R7g".parse().unwrap();
    let counsel = BTreeSet::from([Invoker::LegalCounsel]);
    for &role in Role::ALL {
        let runs_it = matches!(role, Role::Owner | Role::Admin);
        let plain = decide_exception_control(clause, role, &BTreeSet::new());
        assert_eq!(plain.is_ok(), runs_it, "{role}");
        assert!(decide_exception_control(clause, role, &counsel).is_ok());
    }
    let person = |seed| {
        let entropy = SeededEntropy::new(seed);
        RepresentativeId::generate(Timestamp::from_micros(0), &entropy).unwrap()
    };
    assert!(decide_second_person(clause, Some(person(1)), person(2)).is_ok());
    for first in [Some(person(1)), None] {
        let refusal = decide_second_person(clause, first, person(1)).unwrap_err();
        assert!(refusal.lacks(MissingFact::ExceptionConfirmed));
    }
}
