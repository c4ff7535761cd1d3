//! The help of every command, as a file that a reviewer reads.

use std::path::Path;

use crate::command::{LANGS, run};

pub(crate) const COMMANDS: [&[&str]; 21] = [
    &[],
    &["demo"],
    &["serve"],
    &["migrate"],
    &["operator"],
    &["operator", "add"],
    &["operator", "assess"],
    &["operator", "duties"],
    &["outbox"],
    &["statement"],
    &["statement", "check"],
    &["statement", "diff"],
    &["statement", "show"],
    &["prove"],
    &["ledger"],
    &["ledger", "verify"],
    &["ledger", "audit"],
    &["keys"],
    &["keys", "renew"],
    &["verify"],
    &["--version"],
];

fn help(lang: &str) -> String {
    let mut pages = Vec::new();
    for command in COMMANDS {
        let mut arguments = command.to_vec();
        if command != ["--version"] {
            arguments.push("--help");
        }
        arguments.extend(["--lang", lang]);
        let done = run(&arguments);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.err.is_empty(), "{}", done.err);
        let line = [&["$ yuntu"], command].concat().join(" ");
        pages.push(format!("{line}\n{}\n", done.out.trim_end()));
    }
    pages.join("\n")
}

/// `YUNTU_UPDATE=1` writes the files anew.
#[test]
fn the_help_is_that_of_the_golden_files() {
    for lang in LANGS {
        let text = help(lang);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/help.{lang}.txt"));
        if std::env::var_os("YUNTU_UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            golden == text,
            "the help differs from golden/help.{lang}.txt: YUNTU_UPDATE=1 cargo test writes it, the difference wants a reviewer"
        );
    }
}

#[test]
fn no_english_heading_stands_in_the_chinese_help() {
    let text = help("zh");
    for word in [
        "Usage",
        "Options",
        "Commands",
        "Arguments",
        "Print",
        "possible values",
        "default",
    ] {
        assert!(!text.contains(word), "{word}");
    }
}
