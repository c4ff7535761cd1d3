use std::collections::BTreeSet;

use yuntu_statement::Statement;
use yuntu_terms::{ColumnClass, clause};

use super::{ApplicationField, ApplicationState, decide_review_view};

#[test]
fn an_application_moves_only_along_the_written_ways() {
    let _mark = clause::check!(U1);
    let mut ways = BTreeSet::new();
    for &from in ApplicationState::ALL {
        for &to in ApplicationState::ALL {
            if from.may_become(to) {
                ways.insert(format!("{from} {to}"));
            }
        }
        let ends = !ApplicationState::ALL.iter().any(|to| from.may_become(*to));
        assert_eq!(ends, !from.is_open(), "{from}");
        assert!(!from.is_editable() || from.is_open(), "{from}");
    }
    let written = [
        "asked rejected",
        "asked submitted",
        "asked withdrawn",
        "draft submitted",
        "draft withdrawn",
        "submitted approved",
        "submitted asked",
        "submitted rejected",
        "submitted withdrawn",
    ];
    assert_eq!(ways, written.map(String::from).into());
}

#[test]
fn every_field_is_one_that_the_statement_says_is_collected() {
    let statement = Statement::in_force().unwrap();
    let purpose = statement
        .purpose(&"certification".parse().unwrap())
        .unwrap();
    for &field in ApplicationField::ALL {
        let category = statement
            .categories()
            .iter()
            .find(|category| category.id.as_str() == field.category())
            .unwrap();
        assert_eq!(category.sensitive, field.is_sensitive(), "{field}");
        let kept = statement
            .retention()
            .iter()
            .find(|rule| rule.purpose == purpose.id && rule.categories.contains(&category.id));
        assert!(kept.is_some(), "{field}");
        // A paper is about the enterprise, and what it shows is personal all the same; its last day is not.
        let paper = ["licence", "authorisation_letter"].contains(&field.category());
        assert!(category.class == field.class() || paper, "{field}");
        assert!(purpose.classes.contains(&field.class()), "{field}");
    }
}

#[test]
fn a_reviewer_sees_nothing_about_a_person_without_a_look() {
    let _mark = clause::check!(R23);
    for &field in ApplicationField::ALL {
        let open = decide_review_view(field).is_some();
        assert_eq!(open, field.class() == ColumnClass::NonPersonal, "{field}");
    }
}
