//! The demo's account on a terminal, with bars for the long steps.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use yuntu_demo::Teller;

use crate::output::Output;

/// Prints the account; bars appear on a terminal only.
pub(crate) struct Terminal<'a> {
    out: &'a Output,
    bar: Mutex<Option<ProgressBar>>,
}

impl<'a> Terminal<'a> {
    pub(crate) fn new(out: &'a Output) -> Self {
        Self {
            out,
            bar: Mutex::new(None),
        }
    }
}

impl Teller for Terminal<'_> {
    fn chapter(&self, title: &str) {
        self.out.line(&format!("\n== {title}"));
    }

    fn line(&self, text: &str) {
        self.out.line(text);
    }

    fn progress(&self, label: &str, done: u64, total: u64) {
        let mut bar = self
            .bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(total);
            let style =
                ProgressStyle::with_template("{msg:<12} [{bar:32}] {bytes}/{total_bytes} {eta}");
            if let Ok(style) = style {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_message(label.to_owned());
            bar
        });
        bar.set_position(done);
    }

    fn progress_done(&self) {
        let mut bar = self
            .bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(bar) = bar.take() {
            bar.finish_and_clear();
        }
    }
}
