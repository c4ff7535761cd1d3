//! The house's own tool: checks, the whole CI run, and the benchmarks.
#![expect(
    clippy::print_stdout,
    reason = "a command-line tool answers on standard output"
)]

mod bench;
mod cargo;
mod ci;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "xtask", about = "House checks, CI and benchmarks of Yuntu")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Checks the house rules that no compiler checks.
    Tidy,
    /// Runs everything that CI runs, in CI's order.
    Ci,
    /// Measures our programs beside their peers.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<bool> {
    let root = root()?;
    match &cli.task {
        Task::Tidy => tidy::report(&root),
        Task::Ci => ci::run(&root),
        Task::Bench(options) => bench::run(&root, options),
    }
}

/// Finds the workspace's folder from this package's own manifest.
fn root() -> Result<PathBuf> {
    // Cargo says where it runs; a program that another clone built in the same target folder would look there.
    let run = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = run.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    here.parent()
        .map(Path::to_path_buf)
        .context("the package has no folder above it")
}
