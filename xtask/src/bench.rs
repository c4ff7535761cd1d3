//! Our programs beside their peers: one run, the same files, the same answers, compared by process CPU time.
//!
//! Machines that run this are shared and noisy. So contestants take turns within each round, figures are medians, CPU time is
//! what counts and wall time is a remark.

mod dataset;
mod peers;
mod rows;
mod table;
mod worker;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use dataset::Dataset;
use rows::{ROWS, Row};
use table::{Measure, Table};
use worker::{Answer, Worker};

use crate::cargo::cargo;

/// What to measure, and how often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How much data.
    #[arg(long, value_enum, default_value_t = Size::S)]
    size: Size,
    /// How often each row is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Measures the import alone, which alone fits the largest size.
    #[arg(long)]
    import_only: bool,
    /// Imports a file of so many GiB instead, made on the way, and tells how much memory that took; no peer takes part.
    #[arg(long, value_name = "GIB")]
    large: Option<u64>,
    /// How many people the large file is about.
    #[arg(long, default_value_t = 20_000_000)]
    people: u64,
    /// Measures the release build, which takes long to make the first time, instead of the one of demo and tests.
    #[arg(long)]
    release: bool,
}

/// How much data a run works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Size {
    /// 100,000 people, 1,000,000 events.
    #[value(name = "S")]
    S,
    /// 500,000 people, 5,000,000 events.
    #[value(name = "M")]
    M,
    /// 5,000,000 people, 50,000,000 events.
    #[value(name = "L")]
    L,
}

impl Size {
    const fn people(self) -> u32 {
        match self {
            Self::S => 100_000,
            Self::M => 500_000,
            Self::L => 5_000_000,
        }
    }

    const fn events(self) -> u32 {
        self.people() * 10
    }

    const fn name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::M => "M",
            Self::L => "L",
        }
    }
}

/// Runs the benchmarks and says whether all contestants gave the same answers.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let folder = target(root).join("bench");
    std::fs::create_dir_all(&folder)?;
    if let Some(gib) = options.large {
        return large(root, &folder, gib, options);
    }
    let dataset = Dataset::prepare(&folder, options.size)?;
    println!(
        "size {}: {} people, {} events, 60 % of the people consent; {}",
        options.size.name(),
        options.size.people(),
        options.size.events(),
        if options.release {
            "release profile"
        } else {
            "dev profile with the hot crates optimised"
        }
    );
    let mut contestants = vec![ours(root, &folder, &dataset, options.release)?];
    for peer in peers::all(&folder, &dataset)? {
        match peer {
            Ok(worker) => contestants.push(worker),
            Err(missing) => println!("missing: {missing}"),
        }
    }
    let (mut table, mut taken) = (Table::default(), Vec::new());
    for round in 0..options.rounds {
        let rows = ROWS.iter().filter(|row| round == 0 || !row.once);
        for row in rows.filter(|row| !options.import_only || row.imports()) {
            measure(row, round, &mut contestants, &mut table)?;
            if row.imports() {
                for worker in &contestants {
                    taken.push(format!("{} {} MiB", worker.name(), worker.memory()? >> 20));
                }
            }
        }
    }
    print!("{table}");
    println!(
        "Most memory up to the end of the import: {}.",
        taken.join(", ")
    );
    Ok(table.answers_agree())
}

/// Imports a file that fits no memory and, made on the way, needs no room.
fn large(root: &Path, folder: &Path, gib: u64, options: &Options) -> Result<bool> {
    let lake = folder.join("large");
    if lake.exists() {
        std::fs::remove_dir_all(&lake)?;
    }
    let profile = if options.release { "release" } else { "dev" };
    let run = [
        "run",
        "--quiet",
        "--profile",
        profile,
        "--package",
        "yuntu-lake",
        "--example",
        "import_large",
        "--",
    ];
    let status = cargo(root, &run)
        .arg(&lake)
        .args([gib.to_string(), options.people.to_string()])
        .status()
        .context("cargo does not start")?;
    std::fs::remove_dir_all(&lake)?;
    Ok(status.success())
}

/// Lets every contestant do one row; who begins changes with the round.
fn measure(
    row: &'static Row,
    round: usize,
    contestants: &mut [Worker],
    table: &mut Table,
) -> Result<()> {
    let count = contestants.len();
    for turn in 0..count {
        let Some(worker) = contestants.get_mut((turn + round) % count) else {
            continue;
        };
        match worker.ask(row.request)? {
            Answer::Done { answer, cpu, wall } => {
                table.add(row, worker.name(), Measure { cpu, wall }, &answer);
            }
            Answer::Unable(reason) => table.unable(row, worker.name(), &reason),
        }
    }
    Ok(())
}

/// Builds and starts our own contestant.
fn ours(root: &Path, folder: &Path, dataset: &Dataset, release: bool) -> Result<Worker> {
    let (profile, place) = if release {
        ("release", "release")
    } else {
        ("dev", "debug")
    };
    let build = [
        "build",
        "--quiet",
        "--profile",
        profile,
        "--bin",
        "yuntu-bench",
    ];
    let status = cargo(root, &build)
        .status()
        .context("cargo does not start")?;
    if !status.success() {
        bail!("our own contestant does not build");
    }
    let mut command = Command::new(target(root).join(place).join("yuntu-bench"));
    command
        .arg(dataset.events())
        .arg(dataset.consent())
        .arg(folder.join("ours"));
    Worker::start("yuntu", command)
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells its tools by the environment where it builds"
)]
fn target(root: &Path) -> PathBuf {
    std::env::var("CARGO_TARGET_DIR").map_or_else(|_unset| root.join("target"), PathBuf::from)
}
