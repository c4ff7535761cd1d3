use std::fs;

use proptest::prelude::*;
use yuntu_statement::{FILES, Sources, Statement, StatementError, check};
use yuntu_terms::Lang;

const V1: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/v1");

fn texts() -> Vec<(String, String)> {
    FILES
        .into_iter()
        .map(|file| {
            (
                file.to_owned(),
                fs::read_to_string(format!("{V1}/{file}")).unwrap(),
            )
        })
        .collect()
}

fn with(file: &str, text: &str) -> Result<Statement, StatementError> {
    let mut files = texts();
    for (name, old) in &mut files {
        if name == file {
            text.clone_into(old);
        }
    }
    Statement::parse(&Sources::new(files)?)
}

#[test]
fn a_folder_of_files_is_the_same_statement_as_the_one_inside_the_program() {
    let outside = Statement::read_dir(V1.as_ref()).unwrap();
    assert_eq!(&outside, Statement::in_force().unwrap());
    assert_eq!(outside.digest(), Statement::in_force().unwrap().digest());
    assert!(check(&outside).is_empty());
}

#[test]
fn a_misspelt_entry_is_named_with_file_line_and_remedy() {
    let error = with("rights.toml", "[[right]]\nright = \"acess\"\n").unwrap_err();
    let english = error.describe(Lang::En);
    assert!(
        english.starts_with("`rights.toml`, line 2, column 9: unknown variant"),
        "{english}"
    );
    assert!(english.contains("correct the entry there"), "{english}");
    assert_eq!(error.to_string(), english);
    let chinese = error.describe(Lang::Zh);
    assert!(
        chinese.starts_with("“rights.toml”第 2 行第 9 列"),
        "{chinese}"
    );
    assert!(chinese.contains("请改正该处"), "{chinese}");
}

#[test]
fn a_key_nobody_knows_is_an_error_rather_than_ignored() {
    let text = format!(
        "surprise = 1\n{}",
        fs::read_to_string(format!("{V1}/meta.toml")).unwrap()
    );
    let error = with("meta.toml", &text).unwrap_err();
    assert!(
        error.to_string().contains("unknown field `surprise`"),
        "{error}"
    );
}

#[test]
fn a_missing_file_an_unknown_file_and_a_missing_folder_are_each_told() {
    let mut files = texts();
    files.pop();
    let missing = Sources::new(files).unwrap_err();
    assert!(matches!(
        missing,
        StatementError::MissingFile {
            file: "exceptions.toml"
        }
    ));
    let mut files = texts();
    files.push(("extra.toml".to_owned(), String::new()));
    let unknown = Sources::new(files).unwrap_err();
    assert!(matches!(&unknown, StatementError::UnknownFile { file } if file == "extra.toml"));
    let nowhere = Statement::read_dir("/nonexistent/statement".as_ref()).unwrap_err();
    assert!(matches!(nowhere, StatementError::Unreadable { .. }));
    for error in [missing, unknown, nowhere] {
        assert_ne!(error.describe(Lang::Zh), error.describe(Lang::En));
    }
}

#[test]
fn bytes_that_are_no_text_are_named_by_their_line() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in texts() {
        fs::write(folder.path().join(name), text).unwrap();
    }
    fs::write(folder.path().join("rights.toml"), b"# one\n# two\n\xff\xfe").unwrap();
    fs::write(folder.path().join("notes.txt"), "left alone").unwrap();
    let error = Statement::read_dir(folder.path()).unwrap_err();
    let StatementError::NotText { file, line } = &error else {
        panic!("{error}");
    };
    assert_eq!((file.as_str(), *line), ("rights.toml", 3));
}

#[test]
fn a_file_larger_than_any_statement_is_refused_before_it_is_parsed() {
    let mut files = texts();
    files[0].1 = "#".repeat((4 << 20) + 1);
    let error = Sources::new(files).unwrap_err();
    assert!(matches!(&error, StatementError::TooLarge { file } if file == "meta.toml"));
}

#[test]
fn deeply_nested_input_is_an_error_and_no_crash() {
    let text = format!("rule = {}", "[".repeat(100_000));
    assert!(with("retention.toml", &text).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,200}", at in 0usize..14) {
        let file = FILES[at];
        prop_assert!(with(file, &text).is_err());
    }

    #[test]
    fn a_file_cut_short_never_panics(at in 0usize..14, permille in 0usize..1000) {
        let (file, text) = &texts()[at];
        let keep = text.chars().count() * permille / 1000;
        let short: String = text.chars().take(keep).collect();
        if let Err(error) = with(file, &short) {
            prop_assert!(error.to_string().contains(file.as_str()));
        }
    }
}
