//! The command line.

pub(crate) mod words;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A customer-data platform whose privacy statement is a program.
#[derive(Debug, Parser)]
#[command(
    name = "yuntu",
    version,
    about,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// Language of what is printed; without it the locale decides.
    #[arg(long, global = true, value_enum)]
    pub(crate) lang: Option<LangChoice>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LangChoice {
    /// Chinese.
    Zh,
    /// English.
    En,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the main job on real data from start to end, show what is refused, verify the proofs.
    Demo(Demo),
    /// Serve the API and the pages.
    Serve(Serve),
    /// Bring the database to this version's tables.
    Migrate(DataFolder),
    /// Show the messages that could not leave because no way out is configured.
    Outbox(DataFolder),
    /// Add those who work for the operator of the platform.
    #[command(subcommand)]
    Operator(Operator),
    /// Check or compare statements.
    #[command(subcommand)]
    Statement(Statement),
    /// Show for each clause what enforces it, which tests prove it and what was checked live.
    Prove(Prove),
    /// Work on the ledger.
    #[command(subcommand)]
    Ledger(Ledger),
    /// Work on the keys.
    #[command(subcommand)]
    Keys(Keys),
    /// Verify a receipt or another proof, offline.
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where the report, receipts and ledger go; without it a temporary folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Run on generated data instead of fetching the real tables.
    #[arg(long)]
    pub(crate) generated: bool,
    /// The seed of the fictional consents (and of the generated data).
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Where fetched tables are kept between runs.
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// An empty PostgreSQL database to use instead of SQLite in the folder.
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
}

/// Where an installation keeps its configuration, database, files, keys and ledger.
#[derive(Debug, Args)]
pub(crate) struct DataFolder {
    /// The folder of the installation; `yuntu.toml` in it is read when there.
    #[arg(long, value_name = "DIR", default_value = "yuntu-data")]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// The address to listen on; overrides the configuration. Other machines are served only when the statement names
    /// its operator: section `[operator]` of `yuntu.toml`.
    #[arg(long)]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Operator {
    /// Add an operator and print a link to enrol, good for a day and once.
    Add(AddOperator),
    /// Record the impact assessment under which identity-card numbers and bank accounts are asked for, and put it in
    /// force.
    Assess(Assess),
    /// List when each audit, training and exercise is due.
    Duties(DataFolder),
}

#[derive(Debug, Args)]
pub(crate) struct AddOperator {
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// Her mail address; it must belong to no account of the public.
    #[arg(long)]
    pub(crate) email: String,
    /// What she is: reviewer, support, security, privacy, auditor or administrator.
    #[arg(long)]
    pub(crate) role: yuntu_app::policy::OperatorRole,
}

#[derive(Debug, Args)]
pub(crate) struct Assess {
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// The report: PDF, PNG or JPEG, at most 5 MiB.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: PathBuf,
    /// The day on which the assessment was made.
    #[arg(long, value_name = "DATE")]
    pub(crate) made: String,
    /// The day on which it is looked at again, within a year.
    #[arg(long, value_name = "DATE")]
    pub(crate) review: String,
    /// What it came to: `acceptable`, `with_measures` or `not_acceptable`.
    #[arg(long)]
    pub(crate) result: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Statement {
    /// Check a statement whole: nothing undeclared, no legal floor broken, both languages.
    Check {
        /// The folder of the statement; without it the one in force.
        folder: Option<PathBuf>,
    },
    /// Compare two statements and find reductions of rights.
    Diff {
        /// The folder of the earlier statement.
        old: PathBuf,
        /// The folder of the later statement; without it the one in force.
        new: Option<PathBuf>,
    },
    /// Print the statement in force, as this installation shows it.
    Show(DataFolder),
}

#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// Print an array with one object for each row.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// Recompute a ledger folder from its entries and compare every byte.
    Verify {
        /// The folder of the ledger.
        folder: PathBuf,
        /// The verifier key of the ledger, as text or as the path of a file that holds it.
        #[arg(long)]
        key: Option<String>,
    },
    /// Recompute the ledger of an installation and count what was done, act by act.
    Audit(Audit),
}

#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// How many days back the report begins.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3653))]
    pub(crate) back: u16,
    /// Print the report as an object.
    #[arg(long)]
    pub(crate) object: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Renew the keys of the platform and of every enterprise now; a server does it by itself every 90 days.
    Renew(DataFolder),
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The file of the receipt.
    pub(crate) file: PathBuf,
    /// The verifier key of the ledger, as text or as the path of a file that holds it.
    #[arg(long)]
    pub(crate) key: Option<String>,
}
