use yuntu_terms::clause;

use super::*;
use crate::model::StatementVersion;

fn in_force() -> Statement {
    Statement::in_force().unwrap().clone()
}

fn compared(edit: impl Fn(&mut Statement)) -> Vec<ChangedPart> {
    let (old, mut new) = (in_force(), in_force());
    edit(&mut new);
    side_by_side(&old, &new, Lang::En, &Installation::default())
}

fn said(side: Option<&Vec<Piece>>) -> String {
    let pieces = side.into_iter().flatten();
    pieces.map(|piece| piece.text.as_str()).collect()
}

/// The words of one side that the other lacks.
fn differing(side: Option<&Vec<Piece>>) -> Vec<&str> {
    let pieces = side.into_iter().flatten();
    let pieces = pieces.filter(|piece| piece.differs);
    pieces.map(|piece| piece.text.as_str()).collect()
}

#[test]
fn the_same_version_has_nothing_side_by_side() {
    assert!(compared(|_| ()).is_empty());
}

#[test]
fn a_reworded_clause_is_read_whole_with_the_words_that_changed() {
    let _mark = clause::check!(R27);
    let parts = compared(|new| {
        new.meta.version = StatementVersion::new(1, 1);
        let clause = new.clauses.iter_mut().find(|it| it.id.to_string() == "R12");
        let clause = clause.unwrap();
        clause.body.en = clause.body.en.replace("180 days", "90 days");
    });
    // The head of the document tells version and digest.
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].clause, None);
    let part = &parts[1];
    assert_eq!(part.clause, Some(ClauseId::r(12)));
    assert_eq!(part.kind, ChangeKind::Changed);
    let changed: Vec<&Row> = part.rows.iter().filter(|row| !row.is_same()).collect();
    assert_eq!(changed.len(), 1);
    assert_eq!(differing(changed[0].old.as_ref()), ["180"]);
    assert_eq!(differing(changed[0].new.as_ref()), ["90"]);
    let body = &in_force().clause(ClauseId::r(12)).unwrap().body.en.clone();
    let olds: Vec<String> = part.rows.iter().map(|row| said(row.old.as_ref())).collect();
    assert_eq!(olds.join("\n\n"), body.trim());
}

#[test]
fn of_a_list_only_the_rows_that_changed_are_shown() {
    let parts = compared(|new| {
        new.cookies[3].lifetime_seconds_max = 86_400;
        let more = new.cookies[0].clone();
        new.cookies.push(more);
    });
    let cookies = parts.iter().find(|part| part.title.contains("Cookies"));
    let rows = &cookies.unwrap().rows;
    assert_eq!(rows.len(), 2);
    assert_eq!(differing(rows[0].old.as_ref()), ["180"]);
    assert_eq!(differing(rows[0].new.as_ref()), ["1"]);
    assert!(rows[1].old.is_none());
    assert!(said(rows[1].new.as_ref()).contains("session"));
}

#[test]
fn a_clause_that_left_and_one_that_came_are_shown_on_one_side() {
    let gone = compared(|new| drop(new.clauses.remove(0)));
    let part = gone.iter().find(|part| part.clause.is_some()).unwrap();
    assert_eq!(part.kind, ChangeKind::Removed);
    assert!(
        part.rows
            .iter()
            .all(|row| row.new.is_none() && row.old.is_some())
    );
    let (new, mut old) = (in_force(), in_force());
    old.clauses.remove(0);
    let come = side_by_side(&old, &new, Lang::Zh, &Installation::default());
    let part = come.iter().find(|part| part.clause.is_some()).unwrap();
    assert_eq!(part.kind, ChangeKind::Added);
    assert!(
        part.rows
            .iter()
            .all(|row| row.old.is_none() && row.new.is_some())
    );
}

#[test]
fn chinese_is_compared_sign_by_sign() {
    let row = in_words("180 日内不再询问", "90 日内不会询问");
    assert_eq!(differing(row.old.as_ref()), ["180", "再"]);
    assert_eq!(differing(row.new.as_ref()), ["90", "会"]);
}
