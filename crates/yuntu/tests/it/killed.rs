//! An installation whose server is killed again and again, and which a test looks at beside it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use yuntu_app::engine::EngineConfig;
use yuntu_app::imports::IntakeConfig;
use yuntu_app::lake::{
    ColumnMapping, ColumnRole, ColumnType, DatasetKind, Encoding, IdentifierForm, IdentifierKind,
    LakeConfig, Mapping, SourceFormat, TimeFormat,
};
use yuntu_app::outbound::Outbound;
use yuntu_app::policy::Period;
use yuntu_app::store::{Contact, DatabaseConfig, NewEnterprise};
use yuntu_app::vault::{FileProvider, Suite, Unlock};
use yuntu_app::{Caller, Enrolment, Platform, PlatformConfig};
use yuntu_statement::render::Installation;
use yuntu_terms::{ColumnClass, Digest, Entropy, Lang, Pii, Region, SystemClock, SystemEntropy};
use yuntu_testkit::{Backend, OwnDatabase, Postgres};

use crate::command::install;
use crate::server::Server;

/// How often a server is killed over each database; `YUNTU_KILLS` asks for another number.
const KILLS: u64 = 50;
const LEDGER: &str = "test.example/ledger";

/// Says how often a server is killed over each database.
pub(crate) fn kills() -> u64 {
    let asked = std::env::var_os("YUNTU_KILLS").and_then(|text| text.into_string().ok());
    asked.and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

/// An installation without a server.
pub(crate) struct Kept {
    folder: tempfile::TempDir,
    url: String,
    _database: Option<OwnDatabase>,
}

impl Kept {
    /// Makes one over a database, whose configuration says more at its end.
    pub(crate) fn on(backend: Backend, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Postgres::shared().unwrap().empty_database().unwrap()),
        };
        let file = folder.path().join("yuntu.db");
        let url = database.as_ref().map_or_else(
            || format!("sqlite://{}?mode=rwc", file.display()),
            |database| database.url().to_owned(),
        );
        let config =
            format!("[ledger]\nname = \"{LEDGER}\"\n\n[database]\nurl = \"{url}\"\n\n{more}");
        std::fs::write(folder.path().join("yuntu.toml"), config).unwrap();
        install(folder.path());
        Self {
            folder,
            url,
            _database: database,
        }
    }

    /// Returns the folder of the installation.
    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a server, which is killed when it is dropped.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self.data())
    }

    /// Opens the platform beside whatever serves it.
    pub(crate) async fn beside(&self) -> Platform {
        let keys = self.data().join("keys");
        let unlock = Unlock::Credential(keys.join("credential"));
        let config = PlatformConfig {
            database: DatabaseConfig::new(&self.url),
            lake: LakeConfig::local(&self.data().join("lake"), Region::CN).unwrap(),
            region: Region::CN,
            keys: Arc::new(FileProvider::open(&keys.join("kek"), &unlock).unwrap()),
            suite: Suite::International,
            ledger: self.data().join("ledger"),
            ledger_name: LEDGER.to_owned(),
            ledger_key: keys.join("ledger"),
            operator: Installation::default(),
            outbound: Outbound::local(),
            engine: EngineConfig::default(),
            intake: IntakeConfig::default(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        };
        Platform::open_beside(config).await.unwrap()
    }
}

/// Lets a drawn time pass, at most so long: not a wait for something to be so, but the moment of a kill.
pub(crate) async fn pass(random: &dyn Entropy, longest: Duration) {
    let mut drawn = [0; 2];
    random.fill(&mut drawn).unwrap();
    let share = u32::from(u16::from_le_bytes(drawn));
    tokio::time::sleep(longest * share / u32::from(u16::MAX)).await;
}

/// Enrols an enterprise that may do everything for a year.
pub(crate) async fn enrol(platform: &Platform) -> Caller {
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
            name: Pii::new(String::from("Owner")),
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

/// Members with their age.
pub(crate) fn mapping() -> Mapping {
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
        consents: Vec::new(),
    }
}

/// A column of whole numbers, or of an identifier.
pub(crate) fn column(source: &str, role: ColumnRole, class: ColumnClass) -> ColumnMapping {
    ColumnMapping {
        source: source.to_owned(),
        name: source.to_owned(),
        role,
        class,
        column_type: ColumnType::Int,
        time_format: TimeFormat::Iso,
    }
}
