//! Yuntu as a contestant of `cargo xtask bench`: answers one line for each line asked.
//!
//! It is built with the `dev` profile like the rest and is never shipped.
#![expect(
    clippy::print_stdout,
    reason = "the contestant answers on standard output"
)]

mod client;
mod consents;
mod house;
mod ledger;
mod permits;
mod queries;

use std::io::{BufRead, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use consents::Consents;
use house::{House, Site};
use ledger::Ledger;
use queries::{Queries, Scope};
use yuntu_lake::DatasetSnapshot;

/// Why a row about consents cannot be measured.
const NOBODY: &str = "people come first";

/// The allocator of the program that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let events = arguments.next().context("the path of the events")?;
    let consent = arguments.next().context("the path of the consent")?;
    let work = arguments.next().context("the path of the work folder")?;
    std::fs::create_dir_all(&work)?;
    let mut contestant = Contestant {
        ledger: Ledger::new(&work),
        site: Site::open(&work.join("house")).await?,
        imported: None,
        queries: None,
        consents: None,
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
    site: Site,
    imported: Option<DatasetSnapshot>,
    queries: Option<Queries>,
    consents: Option<Consents>,
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
                let imported = self.site.import(&self.events).await?;
                Ok(self.imported.insert(imported).rows().to_string())
            }
            ["consent"] => {
                let imported = self.imported.take().context("import comes first")?;
                let house = House::build(&self.site, imported, &self.consent).await?;
                self.queries = Some(Queries::new(house));
                Ok(String::from("done"))
            }
            ["people"] => {
                let built = Consents::build(&self.work.join("consents"), &self.consent).await?;
                Ok(self.consents.insert(built).people())
            }
            ["give", count, clients] => {
                let (count, clients) = (count.parse()?, clients.parse()?);
                self.consents()?.give(count, clients).await
            }
            ["read", count] => self.consents()?.read(count.parse()?).await,
            ["withdraw", count] => {
                let consents = self.consents.as_mut().context(NOBODY)?;
                consents.withdraw(count.parse()?).await
            }
            ["group", whose] => self.queries()?.group(scope(whose)?).await,
            ["distinct", whose] => self.queries()?.distinct(scope(whose)?).await,
            ["audience", whose] => self.queries()?.audience(scope(whose)?).await,
            ["point", whose, count] => self.queries()?.point(scope(whose)?, count.parse()?).await,
            _ => bail!("unknown request"),
        }
    }

    fn consents(&self) -> Result<&Consents> {
        self.consents.as_ref().context(NOBODY)
    }

    fn queries(&self) -> Result<&Queries> {
        self.queries
            .as_ref()
            .context("import and consent come first")
    }
}

fn scope(word: &str) -> Result<Scope> {
    match word {
        "open" => Ok(Scope::Everybody),
        "consented" => Ok(Scope::Consented),
        _ => bail!("neither `open` nor `consented`"),
    }
}
