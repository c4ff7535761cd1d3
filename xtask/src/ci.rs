//! The whole CI run: quick checks first, tests last, stopped at the first failure.

mod counts;
mod features;
mod goldens;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use counts::Counts;

use crate::cargo::cargo;

/// Runs every step and says whether all of them hold.
///
/// The tests come last, so that their runner's own lines and the sum over them close the output.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let start = now();
    let mut steps = Steps::new(root);
    steps.step("format", |root| {
        succeed(cargo(root, &["fmt", "--all", "--check"]))
    })?;
    steps.step("tidy", |root| {
        if crate::tidy::report(root)? {
            return Ok(());
        }
        bail!("the house rules above are broken")
    })?;
    steps.step("one build for all", features::same)?;
    // Flags after `--` reach the workspace's own crates only; RUSTFLAGS would rebuild every dependency.
    steps.step("clippy", |root| {
        let arguments = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ];
        succeed(cargo(root, &arguments))
    })?;
    steps.step("documentation", |root| {
        let mut command = cargo(root, &["doc", "--workspace", "--no-deps"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        succeed(command)
    })?;
    let mut counts = Counts::default();
    steps.step("tests", |root| {
        let before = goldens::digest(root)?;
        counts = test(root)?;
        goldens::unchanged(root, &before)
    })?;
    steps.print(start.elapsed());
    println!("{counts}");
    Ok(counts.failed == 0)
}

/// The steps done so far with the time that each took.
struct Steps<'a> {
    root: &'a Path,
    done: Vec<(&'static str, Duration)>,
}

impl<'a> Steps<'a> {
    fn new(root: &'a Path) -> Self {
        Self {
            root,
            done: Vec::new(),
        }
    }

    fn step(&mut self, name: &'static str, work: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        println!("\n== {name}");
        let start = now();
        let result = work(self.root);
        let took = start.elapsed();
        self.done.push((name, took));
        result.with_context(|| format!("step `{name}` failed after {:.1} s", took.as_secs_f64()))
    }

    fn print(&self, total: Duration) {
        println!();
        for (name, took) in &self.done {
            println!("{name:<16}{:>8.1} s", took.as_secs_f64());
        }
        println!("{:<16}{:>8.1} s", "total", total.as_secs_f64());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the steps of a run are timed, nothing is decided by it"
)]
fn now() -> Instant {
    Instant::now()
}

fn succeed(mut command: Command) -> Result<()> {
    let status = command.status().context("cargo does not start")?;
    if status.success() {
        return Ok(());
    }
    bail!("`{}` ended with {status}", words(&command))
}

/// Runs every test and doctest, shows what the runner prints, and adds up its closing lines.
fn test(root: &Path) -> Result<Counts> {
    let mut command = cargo(root, &["test", "--workspace", "--no-fail-fast"]);
    command
        .env("INSTA_UPDATE", "no")
        .env("INSTA_FORCE_PASS", "0")
        .stdout(Stdio::piped());
    let mut child = command.spawn().context("cargo does not start")?;
    let output = child.stdout.take().context("the runner has no output")?;
    let mut counts = Counts::default();
    let mut lines = BufReader::new(output);
    let mut line = Vec::new();
    // A test may print bytes that are no text; a count line never does.
    while lines.read_until(b'\n', &mut line)? > 0 {
        std::io::stdout().write_all(&line)?;
        counts.read(&String::from_utf8_lossy(&line));
        line.clear();
    }
    let status = child.wait()?;
    if !status.success() {
        println!("{counts}");
        bail!("`{}` ended with {status}", words(&command));
    }
    if counts.passed == 0 {
        bail!("the runner ran no test");
    }
    if counts.ignored > 0 {
        bail!("{} tests are ignored; none may be", counts.ignored);
    }
    Ok(counts)
}

fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
