//! How the demo tells what happens while it happens.

/// Receives the account of the demo; the command prints it, tests keep it.
pub trait Teller: Send + Sync {
    /// Begins a chapter.
    fn chapter(&self, title: &str);
    /// Tells one line.
    fn line(&self, text: &str);
    /// Shows how far a long step is: what is done of what is to do, in bytes.
    fn progress(&self, label: &str, done: u64, total: u64);
    /// Ends the progress of a long step.
    fn progress_done(&self);
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Teller for Silent {
    fn chapter(&self, _title: &str) {}
    fn line(&self, _text: &str) {}
    fn progress(&self, _label: &str, _done: u64, _total: u64) {}
    fn progress_done(&self) {}
}
