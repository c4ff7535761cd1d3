use super::*;
#[test]
fn a_statement_does_not_differ_from_itself() {
    let statement = Statement::in_force().unwrap();
    let diff = diff(statement, statement);
    assert!(diff.is_empty() && !diff.reduces_rights());
    assert!(diff.asked_anew.is_empty() && diff.reworded.is_empty());
}
