//! Runs the built command.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The two languages by their option.
pub(crate) const LANGS: [&str; 2] = ["zh", "en"];

/// The command with an environment of its own.
pub(crate) fn yuntu() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yuntu"));
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// Runs the command to its end.
pub(crate) fn run<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Done {
    Done::of(&yuntu().args(arguments).output().unwrap())
}

/// How a run of the command ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// Asserts the code and that a word stands in what was printed.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, word: &str) {
        let said = [self.out.as_str(), self.err.as_str()].concat();
        assert_eq!(self.code, code, "{said}");
        assert!(said.contains(word), "`{word}` is not in: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

/// Says whether a text holds a Chinese character.
pub(crate) fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// Makes an installation and returns when it is whole.
pub(crate) fn install(folder: &Path) {
    let done = run([
        OsStr::new("migrate"),
        OsStr::new("--data"),
        folder.as_os_str(),
    ]);
    assert_eq!(done.code, 0, "{}", done.err);
}
