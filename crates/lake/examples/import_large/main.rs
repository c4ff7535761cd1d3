//! Imports a file of so many GiB about so many people into a new lake in a folder: `import_large FOLDER GIB PEOPLE`.
//!
//! The file is made while it is read and takes no room. It prints how far it is, and at the end how much memory it took; the
//! allocator is that of the program.
#![expect(
    clippy::print_stdout,
    reason = "an example tells what it measured on standard output"
)]

mod made;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use yuntu_lake::{
    CancelToken, ColumnMapping, ColumnRole, ColumnType, DatasetKind, Encoding, IdentifierForm,
    IdentifierKind, ImportPlan, Lake, LakeConfig, Mapping, Progress, Source, SourceFormat,
    TimeFormat,
};
use yuntu_terms::{Clock as _, ColumnClass, Entropy, Id, Kind, Region, SystemClock, SystemEntropy};
use yuntu_vault::{
    Argon2Costs, FileProvider, FolderShelf, SecretText, Suite, Unlock, Vault, VaultParts,
};

use crate::made::Made;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [folder, gib, people] = arguments.as_slice() else {
        return Err("import_large FOLDER GIB PEOPLE".into());
    };
    let lake = lake(Path::new(folder)).await?;
    let made = Made::new(gib.parse::<u64>()? << 30, people.parse()?);
    let rows = made.rows();
    let plan = ImportPlan {
        enterprise: id()?,
        dataset: id()?,
        mapping: mapping(),
    };
    let told = AtomicU64::new(0);
    let tell = |progress: Progress| {
        let done = progress.bytes_done >> 30;
        if told.swap(done, Ordering::Relaxed) != done {
            println!("{done} GiB, {} rows", progress.rows);
        }
    };
    let start = SystemClock.now();
    let source = Source::new(Box::new(made))?;
    let report = lake
        .import(&plan, source, &tell, &CancelToken::new())
        .await?;
    let took = (SystemClock.now().as_micros() - start.as_micros()) / 1_000_000;
    if (report.rows, report.quarantined) != (rows, 0) {
        return Err(format!("{} of {rows} rows", report.rows).into());
    }
    let people = lake.identities(plan.enterprise).await?.identifiers;
    println!("{gib} GiB, {rows} rows of {people} people in {took} s");
    let status = std::fs::read_to_string("/proc/self/status")?;
    let memory = status.lines().filter(|line| line.starts_with("VmHWM"));
    memory.for_each(|line| println!("{line}"));
    Ok(())
}

fn id<K: Kind>() -> Result<Id<K>, impl Error> {
    Id::generate(SystemClock.now(), &SystemEntropy as &dyn Entropy)
}

async fn lake(folder: &Path) -> Result<Lake, Box<dyn Error>> {
    std::fs::create_dir(folder)?;
    let unlock = Unlock::Passphrase(SecretText::new("a passphrase for measuring".to_owned()));
    let provider = FileProvider::create(
        &folder.join("keys"),
        &unlock,
        Suite::default(),
        Argon2Costs::LEAST,
        &SystemEntropy,
    )?;
    let parts = VaultParts {
        provider: Arc::new(provider),
        shelf: Arc::new(FolderShelf::open(&folder.join("shelf")).await?),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        suite: Suite::default(),
    };
    let vault = Arc::new(Vault::open(parts).await?);
    let config = LakeConfig::local(&folder.join("lake"), Region::CN)?;
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    Ok(Lake::open(config, vault, clock, entropy).await?)
}

fn mapping() -> Mapping {
    let member = ColumnRole::Identifier {
        kind: IdentifierKind::MemberId,
        form: IdentifierForm::Plain,
        keep_original: false,
    };
    let property = |name, column_type| column(name, ColumnRole::Property, column_type);
    Mapping {
        source: SourceFormat::Csv {
            delimiter: b',',
            header: true,
            encoding: Encoding::Utf8,
        },
        kind: DatasetKind::Persons,
        columns: vec![
            ColumnMapping {
                class: ColumnClass::Identifier,
                ..column("member", member, ColumnType::Text)
            },
            column("event_type", ColumnRole::EventType, ColumnType::Text),
            property("channel", ColumnType::Text),
            property("amount", ColumnType::Int),
            column("happened", ColumnRole::EventTime, ColumnType::Timestamp),
            property("page", ColumnType::Text),
        ],
        time_zone: "UTC".to_owned(),
        nulls: Vec::new(),
        consents: Vec::new(),
    }
}

fn column(name: &str, role: ColumnRole, column_type: ColumnType) -> ColumnMapping {
    ColumnMapping {
        source: name.to_owned(),
        name: name.to_owned(),
        role,
        class: ColumnClass::Personal,
        column_type,
        time_format: TimeFormat::UnixSeconds,
    }
}
