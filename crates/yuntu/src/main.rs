//! The command `yuntu`: configuration, wiring and subcommands; what they do is in the crates below.

mod cli;
mod commands;
mod config;
mod output;
mod progress;

use std::process::ExitCode;

use clap::Parser as _;
use yuntu_terms::Lang;

use crate::cli::{Cli, Command, LangChoice};
use crate::output::Output;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let out = Output::new(language(cli.lang));
    let done = match cli.command {
        Command::Demo(demo) => commands::demo::run(&demo, &out),
        Command::Serve(serve) => commands::serve::run(&serve, &out),
        Command::Migrate(folder) => commands::migrate::run(&folder, &out),
        Command::Token(token) => commands::token::run(&token, &out),
        Command::Statement(command) => commands::statement::run(&command, &out),
        Command::Prove(prove) => commands::prove::run(&prove, &out),
        Command::Ledger(command) => commands::ledger::run(&command, &out),
        Command::Verify(verify) => commands::ledger::verify(&verify, &out),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            out.error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Picks the language: the option, else the locale as POSIX orders its variables, else English.
#[expect(
    clippy::disallowed_methods,
    reason = "configuration is read once, here"
)]
fn language(choice: Option<LangChoice>) -> Lang {
    match choice {
        Some(LangChoice::Zh) => Lang::Zh,
        Some(LangChoice::En) => Lang::En,
        None => ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .map_or(Lang::En, |locale| Lang::from_locale(&locale)),
    }
}
