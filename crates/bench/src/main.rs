//! Yuntu as a contestant of `cargo xtask bench`: answers one line for each line asked.
//!
//! It is built with the `dev` profile like the rest and is never shipped.
#![expect(
    clippy::print_stdout,
    reason = "the contestant answers on standard output"
)]

mod ledger;

use std::io::{BufRead, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};

use ledger::Ledger;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let _events = arguments.next().context("the path of the events")?;
    let _consent = arguments.next().context("the path of the consent")?;
    let work = arguments.next().context("the path of the work folder")?;
    std::fs::create_dir_all(&work)?;
    let mut ledger = Ledger::new(&work);
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match *words.as_slice() {
            ["append", batches, batch] => Some(ledger.append(batches.parse()?, batch.parse()?)?),
            ["verify"] => Some(ledger.verify()?),
            _ => None,
        };
        match answer {
            Some(answer) => println!("ok {answer}"),
            None => println!("unable not in this contestant yet"),
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}
