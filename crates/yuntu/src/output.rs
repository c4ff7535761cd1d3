//! What the command prints: results to standard output, errors to standard error, in one language.

use std::io::{self, Write};

use yuntu_terms::Lang;

use crate::failure::Failure;

/// The two streams and the language.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) lang: Lang,
    out: io::Stdout,
    err: io::Stderr,
}

impl Output {
    pub(crate) fn new(lang: Lang) -> Self {
        Self {
            lang,
            out: io::stdout(),
            err: io::stderr(),
        }
    }

    /// Prints a line of the result; a reader that has gone away ends the printing, not the work.
    pub(crate) fn line(&self, text: &str) {
        drop(writeln!(self.out.lock(), "{text}"));
    }

    /// Prints what the reader should know or do.
    pub(crate) fn hint(&self, text: &str) {
        drop(writeln!(self.err.lock(), "  → {text}"));
    }

    /// Prints what is wrong with the arguments.
    pub(crate) fn complain(&self, text: &str) {
        drop(self.err.lock().write_all(text.as_bytes()));
    }

    /// Prints what could not be done, why, and what to do.
    pub(crate) fn error(&self, failure: &Failure) {
        let mut err = self.err.lock();
        let (what, cause, remedy) = failure.parts(self.lang);
        drop(writeln!(err, "{}: {what}", self.lang.pick("错误", "error")));
        if let Some(cause) = cause {
            let label = self.lang.pick("原因", "because");
            drop(writeln!(err, "  {label}: {cause}"));
        }
        if let Some(remedy) = remedy {
            drop(writeln!(err, "  → {remedy}"));
        }
    }
}
