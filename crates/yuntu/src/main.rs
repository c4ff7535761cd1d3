//! The command `yuntu`: configuration, wiring and subcommands; what they do is in the crates below.

mod cli;
mod commands;
mod config;
mod failure;
mod output;
mod progress;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, ValueEnum as _};
use yuntu_terms::Lang;

use crate::cli::{Cli, Command, LangChoice};
use crate::output::Output;

/// What one thread allocates and another frees goes back to the system; with the allocator of glibc a long import held two
/// thirds more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match read() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let out = Output::new(language(cli.lang));
    let done = match cli.command {
        Command::Demo(demo) => commands::demo::run(&demo, &out),
        Command::Serve(serve) => commands::serve::run(&serve, &out),
        Command::Migrate(folder) => commands::migrate::run(&folder, &out),
        Command::Outbox(folder) => commands::outbox::run(&folder, &out),
        Command::Operator(command) => commands::operators::run(&command, &out),
        Command::Statement(command) => commands::statement::run(&command, &out),
        Command::Prove(prove) => commands::prove::run(&prove, &out),
        Command::Ledger(command) => commands::ledger::run(&command, &out),
        Command::Keys(command) => commands::keys::run(&command, &out),
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

/// Reads the arguments; help and complaints are in the language that they ask for, as is everything else.
fn read() -> Result<Cli, ExitCode> {
    let lang = language(asked(std::env::args_os()));
    let command = match lang {
        Lang::Zh => cli::words::in_chinese(Cli::command()),
        Lang::En => Cli::command(),
    };
    let parsed = command
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| {
        let complains = error.use_stderr() && lang == Lang::Zh;
        let shows_help = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
        if complains && !shows_help {
            Output::new(lang).complain(&cli::words::complaint(&error));
        } else {
            // Nobody reads any more: the code still says how it ended.
            drop(error.print());
        }
        ExitCode::from(if error.use_stderr() { 2 } else { 0 })
    })
}

/// Finds the language before the arguments are read as a whole, because a complaint about them needs it.
fn asked(arguments: impl Iterator<Item = OsString>) -> Option<LangChoice> {
    let mut found = None;
    let mut after = false;
    for argument in arguments {
        let text = argument.to_str().unwrap_or_default();
        let value = if after {
            Some(text)
        } else {
            text.strip_prefix("--lang=")
        };
        if let Some(value) = value {
            found = LangChoice::from_str(value, true).ok();
        }
        after = text == "--lang";
    }
    found
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
