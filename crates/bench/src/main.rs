//! Yuntu as a contestant of `cargo xtask bench`: answers one line for each line asked.
//!
//! It is built with the `dev` profile like the rest and is never shipped.
#![expect(
    clippy::print_stdout,
    reason = "the contestant answers on standard output"
)]

mod consents;
mod house;
mod ledger;
mod permits;
mod queries;

use std::io::{BufRead, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use consents::Consents;
use house::House;
use ledger::Ledger;
use queries::{Queries, Scope};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let events = arguments.next().context("the path of the events")?;
    let consent = arguments.next().context("the path of the consent")?;
    let work = arguments.next().context("the path of the work folder")?;
    std::fs::create_dir_all(&work)?;
    let mut contestant = Contestant {
        ledger: Ledger::new(&work),
        consents: None,
        queries: None,
        events,
        consent,
        work,
    };
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let answer = Box::pin(contestant.answer(&line?)).await?;
        println!("ok {answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

struct Contestant {
    ledger: Ledger,
    consents: Option<Consents>,
    queries: Option<Queries>,
    events: PathBuf,
    consent: PathBuf,
    work: PathBuf,
}

impl Contestant {
    async fn answer(&mut self, request: &str) -> Result<String> {
        let words: Vec<&str> = request.split(' ').collect();
        match *words.as_slice() {
            ["append", batches, batch] => self.ledger.append(batches.parse()?, batch.parse()?),
            ["verify"] => self.ledger.verify(),
            ["import"] => {
                let folder = self.work.join("house");
                let house = House::build(&folder, &self.events, &self.consent).await?;
                Ok(self.queries.insert(Queries::new(house)).imported())
            }
            ["changes", count] => self.consents().await?.change(count.parse()?).await,
            ["withdrawals", count] => self.consents().await?.withdraw(count.parse()?).await,
            ["group", whose] => self.queries()?.group(scope(whose)?).await,
            ["distinct", whose] => self.queries()?.distinct(scope(whose)?).await,
            ["audience", whose] => self.queries()?.audience(scope(whose)?).await,
            ["point", whose, count] => self.queries()?.point(scope(whose)?, count.parse()?).await,
            _ => bail!("unknown request"),
        }
    }

    /// Returns the platform of the rows about consent, which is made with the first of them.
    async fn consents(&mut self) -> Result<&mut Consents> {
        if self.consents.is_none() {
            let made = Consents::build(&self.work.join("consents")).await?;
            self.consents = Some(made);
        }
        self.consents.as_mut().context("no platform")
    }

    fn queries(&self) -> Result<&Queries> {
        self.queries.as_ref().context("import comes first")
    }
}

fn scope(word: &str) -> Result<Scope> {
    match word {
        "open" => Ok(Scope::Everybody),
        "consented" => Ok(Scope::Consented),
        _ => bail!("neither `open` nor `consented`"),
    }
}
