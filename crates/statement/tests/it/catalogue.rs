use std::fs;
use std::path::{Path, PathBuf};

use yuntu_statement::{ControlEntry, ControlState, catalogue};
use yuntu_terms::ClauseId;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Rust sources of the repository, joined: where a test that is named must occur as a function.
fn sources() -> String {
    let mut text = String::new();
    let mut folders = vec![root().join("crates"), root().join("xtask")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    text
}

/// Says what is false in an entry.
fn faults(entry: &ControlEntry, sources: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for path in &entry.control {
        let inside = !path.starts_with('/') && !path.contains("..");
        if !inside || !root().join(path).exists() {
            faults.push(format!("{}: no such path: {path}", entry.clause));
        }
    }
    for test in &entry.tests {
        let name = test.rsplit("::").next().unwrap_or(test);
        if !sources.contains(&format!("fn {name}(")) {
            faults.push(format!("{}: no such test: {test}", entry.clause));
        }
    }
    let proved = !entry.control.is_empty() && !entry.tests.is_empty();
    let silent = entry.missing.zh.trim().is_empty() || entry.missing.en.trim().is_empty();
    let honest = match entry.state {
        ControlState::Enforced => proved,
        ControlState::Partly => proved && !silent,
        ControlState::NotYet => entry.tests.is_empty() && !silent,
    };
    if !honest {
        faults.push(format!(
            "{}: the state is not what the entry shows",
            entry.clause
        ));
    }
    faults
}

#[test]
fn the_catalogue_has_the_37_rows_in_order() {
    let rows: Vec<ClauseId> = catalogue()
        .unwrap()
        .iter()
        .map(|entry| entry.clause)
        .collect();
    let all: Vec<ClauseId> = ClauseId::all_rows().collect();
    assert_eq!(rows, all);
}

#[test]
fn what_the_catalogue_names_exists_and_no_row_claims_more_than_it_shows() {
    let sources = sources();
    let found: Vec<String> = catalogue()
        .unwrap()
        .iter()
        .flat_map(|entry| faults(entry, &sources))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_row_that_claims_too_much_is_caught() {
    let sources = "fn a_real_test() {}";
    let mut entry = catalogue().unwrap()[0].clone();
    entry.state = ControlState::NotYet;
    entry.control = Vec::new();
    entry.tests = Vec::new();
    entry.missing = yuntu_terms::Text::new("尚未建成。", "Not built yet.");
    assert!(faults(&entry, sources).is_empty());
    entry.tests = vec!["a_real_test".into()];
    assert_eq!(
        faults(&entry, sources).len(),
        1,
        "a row not yet enforced names a test"
    );
    entry.state = ControlState::Enforced;
    assert_eq!(faults(&entry, sources).len(), 1, "enforced without a path");
    entry.control = vec!["crates/statement/src/lib.rs".into()];
    assert!(faults(&entry, sources).is_empty());
    entry.control = vec!["crates/statement/src/no_such.rs".into()];
    assert_eq!(
        faults(&entry, sources).len(),
        1,
        "a path that does not exist"
    );
    entry.control = vec!["crates/statement/src/lib.rs".into()];
    entry.tests = vec!["a_test".into()];
    assert_eq!(
        faults(&entry, sources).len(),
        1,
        "a test that does not exist"
    );
    entry.tests = vec!["a_real_test".into()];
    entry.state = ControlState::Partly;
    entry.missing.zh.clear();
    assert_eq!(
        faults(&entry, sources).len(),
        1,
        "partly without what is missing"
    );
}
