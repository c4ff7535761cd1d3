//! The main job of Yuntu on real tables, from an empty folder to proofs that anybody can verify.

mod account;
mod error;
mod evidence;
mod generate;
pub mod install;
mod mappings;
mod people;
mod prepare;
mod questions;
mod report;
mod source;
mod story;
mod table;
mod teller;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use yuntu_app::policy::Period;
use yuntu_app::{ConsentsRecorded, Platform};
use yuntu_terms::{Clock, Entropy, Lang, Pii, ReceiptId};

pub use error::DemoError;
pub use evidence::{Evidence, Proved, prove};
pub use source::Origin;
pub use teller::{Silent, Teller};

use account::Account;
use prepare::Prepared;
use source::Tables;
use story::Cast;

/// How the demo is to run.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// The language of the account.
    pub lang: Lang,
    /// Where the installation, the report, the receipts and the ledger go; must be empty or absent.
    pub out: PathBuf,
    /// Where fetched tables are kept between runs.
    pub cache: PathBuf,
    /// Whether to draw the tables instead of fetching them.
    pub generated: bool,
    /// The seed of the fictional consents, and of drawn tables.
    pub seed: u64,
    /// The address of an empty database, where the rows are not to be in the folder.
    pub database: Option<String>,
}

/// What the demo leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoSummary {
    /// The report in the language of the account.
    pub report: PathBuf,
    /// How many receipts were verified.
    pub receipts: usize,
    /// How many entries the ledger holds.
    pub entries: u64,
    /// How many requests were refused as they must be.
    pub refusals: usize,
}

/// Runs the main job.
///
/// # Errors
/// [`DemoError`] of the step that failed; a promise that does not hold is an error too.
/// # Clause
/// U2, U3, U4, R23
#[expect(clippy::too_many_lines, reason = "the story in its order")]
pub async fn run(
    options: &DemoOptions,
    teller: &dyn Teller,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<DemoSummary, DemoError> {
    let out = &options.out;
    make_empty(out)?;
    let account = Account::new(options.lang, teller);
    let tables = tables(options, &account)?;
    let prepared = prepare::prepare(&tables, &out.join("input"), options.seed)?;
    account.people(&prepared);

    let installation = out.join("installation");
    fs::create_dir_all(&installation).map_err(|e| DemoError::file(&installation, e))?;
    let platform =
        install::open_on(&installation, options.database.as_deref(), clock, entropy).await?;
    let (name, owner) = ("Riverside Grocers", install::OWNER);
    let caller = install::enrol(&platform, name, owner, options.lang).await?;
    account.enrolled(&platform, &caller);
    account.loading();
    let datasets = install::load(&platform, &caller, &tables, &prepared, teller).await?;
    account.loaded(&datasets);
    let consents = record_consents(&platform, &caller, &prepared).await?;
    account.consents(consents, prepared.minors.len());

    let now = platform.now();
    let period = Period {
        from: now,
        until: now.plus_days(90),
    };
    let ids = datasets.values().map(|it| it.id).collect();
    let purposes = ["marketing", "service", "research"];
    let instruction = install::instruct(&platform, &caller, &purposes, ids, period).await?;
    let cast = Cast {
        platform: &platform,
        caller: caller.clone(),
        datasets: &datasets,
        instruction,
    };
    account.instructed(instruction);

    let mut receipts = Vec::new();
    let audiences = cast.audiences(&mut receipts, options.lang).await?;
    account.audiences(&audiences);
    let insight = cast.insight(&mut receipts).await?;
    account.insight(&insight);
    let member = member_to_withdraw(&tables, &prepared, options.seed)?;
    let first = audiences
        .first()
        .ok_or(DemoError::Broken("there is no audience"))?;
    let withdrawal = cast.withdraw(first, member, &mut receipts).await?;
    account.withdrawal(&withdrawal);
    let refusals = cast.refusals(options.lang).await?;
    account.refusals(&refusals);

    write_receipts(&platform, &caller, &receipts, &out.join("receipts")).await?;
    let size = platform.sequence().await?;
    verify::copy_ledger(platform.ledger_folder(), &out.join("ledger"))?;
    let key = platform.verifier().to_string();
    let verified = verify::verify(&out.join("receipts"), &out.join("ledger"), &key)?;
    if verified.entries != size || verified.receipts != receipts.len() {
        return Err(DemoError::Broken("a proof is missing"));
    }
    account.verified(&verified);

    let told = report::Told {
        statement: platform.statement(),
        origin: tables.origin,
        seed: options.seed,
        datasets: &datasets,
        consents,
        minors: prepared.minors.len(),
        audiences: &audiences,
        insight: &insight,
        withdrawal: &withdrawal,
        refusals: &refusals,
        verified: &verified,
    };
    let report = report::write(&told, out, options.lang)?;
    account.end(&report, &installation);
    Ok(DemoSummary {
        report,
        receipts: verified.receipts,
        entries: verified.entries,
        refusals: refusals.len(),
    })
}

fn make_empty(out: &Path) -> Result<(), DemoError> {
    fs::create_dir_all(out).map_err(|e| DemoError::file(out, e))?;
    let mut entries = fs::read_dir(out).map_err(|e| DemoError::file(out, e))?;
    if entries.next().is_some() {
        return Err(DemoError::NotEmpty {
            path: out.to_owned(),
        });
    }
    Ok(())
}

fn tables(options: &DemoOptions, account: &Account<'_>) -> Result<Tables, DemoError> {
    let tables = if options.generated {
        generate::generate(&options.out.join("tables"), options.seed)?
    } else {
        account.fetching();
        source::obtain(&options.cache)?
    };
    account.origin(tables.origin);
    Ok(tables)
}

async fn record_consents(
    platform: &Platform,
    caller: &yuntu_app::Caller,
    prepared: &Prepared,
) -> Result<ConsentsRecorded, DemoError> {
    let path = &prepared.consents;
    let content = fs::File::open(path).map_err(|e| DemoError::file(path, e))?;
    let source = yuntu_app::consent::ConsentSource::Api;
    let recorded = platform
        .record_consent_file(caller, source, content)
        .await?;
    let until = platform.now().plus_days(4 * 365);
    let minors: Vec<_> = prepared
        .minors
        .iter()
        .map(|it| (Pii::new(it.to_string()), until))
        .collect();
    let kind = yuntu_app::lake::IdentifierKind::MemberId;
    platform.record_minors(caller, &kind, &minors).await?;
    Ok(recorded)
}

/// Finds a member of the first audience who consents to the first purpose.
fn member_to_withdraw(tables: &Tables, prepared: &Prepared, seed: u64) -> Result<i64, DemoError> {
    let of_campaign = |table| -> Result<BTreeSet<i64>, DemoError> {
        let rows = table::read(tables, table, ["campaign_id", "household_id"])?;
        let households = rows.into_iter().filter_map(|[campaign, household]| {
            let here = campaign == table::Cell::Int(questions::CAMPAIGN);
            prepare::int(&household).filter(|_| here)
        });
        Ok(households.collect())
    };
    let silent = &of_campaign("campaigns")? - &of_campaign("coupon_redemptions")?;
    let given =
        |household: &i64| people::draw(seed, *household, story::PURPOSES[0]) == people::Draw::Given;
    let adult = |household: &i64| prepared.minors.binary_search(household).is_err();
    let known = |household: &i64| prepared.households.binary_search(household).is_ok();
    silent
        .into_iter()
        .find(|it| given(it) && adult(it) && known(it))
        .ok_or(DemoError::Broken("nobody in the audience can withdraw"))
}

async fn write_receipts(
    platform: &Platform,
    caller: &yuntu_app::Caller,
    receipts: &[ReceiptId],
    folder: &Path,
) -> Result<(), DemoError> {
    fs::create_dir_all(folder).map_err(|e| DemoError::file(folder, e))?;
    platform.sequence().await?;
    for receipt in receipts {
        let text = platform.receipt_file(caller, *receipt).await?;
        let path = folder.join(format!("{receipt}.json"));
        fs::write(&path, text).map_err(|e| DemoError::file(&path, e))?;
    }
    Ok(())
}

/// The datasets by name, as the story needs them.
type Datasets = BTreeMap<String, install::Loaded>;
