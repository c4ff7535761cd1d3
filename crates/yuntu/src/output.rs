//! What the command prints: results to standard output, errors to standard error, in one language.

use std::io::{self, Write};

use yuntu_terms::Lang;

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

    /// Prints an error with the chain of its causes, each once.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        let mut err = self.err.lock();
        let label = self.lang.pick("错误", "error");
        drop(writeln!(err, "{label}: {error}"));
        for cause in error.chain().skip(1) {
            drop(writeln!(
                err,
                "  {}: {cause}",
                self.lang.pick("原因", "because")
            ));
        }
    }

    /// Prints what the reader can do about an error.
    pub(crate) fn hint(&self, text: &str) {
        drop(writeln!(self.err.lock(), "  → {text}"));
    }
}
