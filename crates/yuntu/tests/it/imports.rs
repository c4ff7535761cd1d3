//! Imports in the running server, which is killed again and again: nothing acknowledged is lost, nothing comes in twice.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use yuntu_app::engine::EngineConfig;
use yuntu_app::imports::{ImportFrom, ImportView, IntakeConfig};
use yuntu_app::lake::{
    ColumnMapping, ColumnRole, ColumnType, DatasetKind, Encoding, IdentifierForm, IdentifierKind,
    LakeConfig, Mapping, SourceFormat, TimeFormat,
};
use yuntu_app::outbound::Outbound;
use yuntu_app::policy::Period;
use yuntu_app::store::{Contact, DatabaseConfig, ImportStatus, NewEnterprise};
use yuntu_app::vault::{FileProvider, Suite, Unlock};
use yuntu_app::{Caller, Enrolment, Platform, PlatformConfig};
use yuntu_statement::render::Installation;
use yuntu_terms::{
    ColumnClass, DatasetId, Digest, Entropy as _, ImportId, Lang, Pii, Region, SystemClock,
    SystemEntropy,
};
use yuntu_testkit::Postgres;

use crate::command::install;
use crate::server::Server;

/// How often the server is killed over each database; `YUNTU_KILLS` asks for another number.
const KILLS: usize = 50;
/// How many rows a file has, and how many of them a part: there are many commits to be killed between.
const ROWS: u64 = 3_000;
const CHUNK_ROWS: usize = 75;
/// The latest moment of a kill; a server needs some of it to start.
const LONGEST: Duration = Duration::from_millis(2_500);

fn kills() -> usize {
    let asked = std::env::var_os("YUNTU_KILLS").and_then(|text| text.into_string().ok());
    asked.and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

/// An installation beside whose server a test looks at the rows.
struct Beside {
    platform: Platform,
    caller: Caller,
    dataset: DatasetId,
}

impl Beside {
    async fn open(folder: &Path, database: String) -> Self {
        let keys = folder.join("keys");
        let unlock = Unlock::Credential(keys.join("credential"));
        let config = PlatformConfig {
            database: DatabaseConfig::new(database),
            lake: LakeConfig::local(&folder.join("lake"), Region::CN).unwrap(),
            region: Region::CN,
            keys: Arc::new(FileProvider::open(&keys.join("kek"), &unlock).unwrap()),
            suite: Suite::International,
            ledger: folder.join("ledger"),
            ledger_name: String::from("yuntu.example/ledger"),
            ledger_key: keys.join("ledger"),
            operator: Installation::default(),
            outbound: Outbound::local(),
            engine: EngineConfig::default(),
            intake: IntakeConfig::default(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        };
        let platform = Platform::open_beside(config).await.unwrap();
        let caller = enrol(&platform).await;
        let mapping = mapping();
        let made = platform.create_dataset(&caller, "members", &mapping);
        let dataset = made.await.unwrap();
        Self {
            platform,
            caller,
            dataset,
        }
    }

    /// Lays a file down and asks for its import; from then on both are acknowledged.
    async fn ask(&self, file: u64) -> ImportId {
        let rows = (0..ROWS).map(|row| format!("f{file}r{row},{}\n", row % 90));
        let text = format!("member_id,age\n{}", rows.collect::<Vec<_>>().concat());
        let content = stream::iter([Ok(Bytes::from(text))]);
        let laid = self.platform.lay_deposit(&self.caller, "a.csv", content);
        let from = ImportFrom::Deposit(laid.await.unwrap().id);
        let begun = self
            .platform
            .begin_import(&self.caller, self.dataset, &from, None);
        begun.await.unwrap()[0]
    }

    async fn view(&self, id: ImportId) -> ImportView {
        let shown = self.platform.view_import(&self.caller, self.dataset, id);
        shown.await.unwrap()
    }

    async fn rows(&self) -> u64 {
        let overview = self.platform.dataset_overview(&self.caller, self.dataset);
        overview.await.unwrap().rows
    }
}

fn mapping() -> Mapping {
    let column = |source: &str, role, class| ColumnMapping {
        source: source.to_owned(),
        name: source.to_owned(),
        role,
        class,
        column_type: ColumnType::Int,
        time_format: TimeFormat::Iso,
    };
    let member = ColumnRole::Identifier {
        kind: IdentifierKind::MemberId,
        form: IdentifierForm::Plain,
        keep_original: false,
    };
    Mapping {
        source: SourceFormat::Csv {
            delimiter: b',',
            header: true,
            encoding: Encoding::Utf8,
        },
        kind: DatasetKind::Persons,
        columns: vec![
            column("member_id", member, ColumnClass::Identifier),
            column("age", ColumnRole::Attribute, ColumnClass::Personal),
        ],
        time_zone: String::from("UTC"),
        nulls: Vec::new(),
    }
}

async fn enrol(platform: &Platform) -> Caller {
    let now = platform.now();
    let year = Period {
        from: now.plus_days(-1),
        until: now.plus_days(365),
    };
    let enrolment = Enrolment {
        enterprise: NewEnterprise {
            name: String::from("Killed Often"),
            credit_code: None,
            industry: String::from("retail"),
            region: Region::CN,
        },
        owner: Contact {
            name: Pii::new(String::from("owner")),
            phone: None,
            email: Some(Pii::new(String::from("owner@example.com"))),
        },
        lang: Lang::En,
        certified: year,
        letter: Digest::new([9; 32]),
        letter_period: year,
    };
    let caller = platform.enrol(enrolment).await.unwrap();
    platform.accept_statement(&caller, Lang::En).await.unwrap();
    caller
}

async fn a_server_killed_at_any_moment_loses_and_doubles_nothing(url: Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let database = url
        .as_ref()
        .map_or_else(String::new, |url| format!("[database]\nurl = \"{url}\"\n"));
    let intake = format!("{database}[intake]\nchunk_rows = {CHUNK_ROWS}\n");
    fs::write(data.join("yuntu.toml"), intake).unwrap();
    install(data);
    let url = url.unwrap_or_else(|| format!("sqlite://{}", data.join("yuntu.db").display()));
    let beside = Beside::open(data, url).await;
    let mut asked = vec![beside.ask(0).await];
    let (mut killed, mut begun, mut resumed) = (0, 0, 0);
    while killed < kills() {
        let server = Server::start(data);
        let mut random = [0; 2];
        SystemEntropy.fill(&mut random).unwrap();
        let share = u32::from(u16::from_le_bytes(random));
        // Not a wait for something to be so: the moment of the kill is what is drawn.
        tokio::time::sleep(LONGEST * share / u32::from(u16::MAX)).await;
        drop(server);
        killed += 1;
        let newest = beside.view(*asked.last().unwrap()).await;
        begun += usize::from(newest.import.status == ImportStatus::Running);
        resumed += usize::from(newest.resumed);
        if newest.import.status.is_final() {
            asked.push(beside.ask(asked.len() as u64).await);
        }
    }
    assert!(
        begun > 3 && resumed > 0,
        "{killed} kills: {begun} under way, {resumed} resumed"
    );
    let server = Server::start(data);
    let mut done = 0;
    for id in &asked {
        let ended = async {
            loop {
                let view = beside.view(*id).await;
                if view.import.status.is_final() {
                    return view;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_mins(2), ended)
            .await
            .unwrap();
        let import = ended.import;
        assert_eq!(import.status, ImportStatus::Done, "{:?}", import.failure);
        assert_eq!((import.progress.rows_loaded, import.same_as), (ROWS, None));
        done += ROWS;
    }
    // What is live is exactly what was acknowledged.
    assert_eq!(beside.rows().await, done, "after {killed} kills");
    let again = beside.ask(0).await;
    let ended = async {
        while !beside.view(again).await.import.status.is_final() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), ended)
        .await
        .unwrap();
    assert_eq!(
        beside.view(again).await.import.same_as,
        asked.first().copied()
    );
    assert_eq!(beside.rows().await, done);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_sqlite_a_server_killed_at_any_moment_loses_and_doubles_nothing() {
    a_server_killed_at_any_moment_loses_and_doubles_nothing(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_postgres_a_server_killed_at_any_moment_loses_and_doubles_nothing() {
    let own = Postgres::shared().unwrap().empty_database().unwrap();
    let url = own.url().to_owned();
    a_server_killed_at_any_moment_loses_and_doubles_nothing(Some(url)).await;
}
