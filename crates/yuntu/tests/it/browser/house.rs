//! An installation that runs: a database and `yuntu serve`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use yuntu_testkit::{Backend, Browser, OwnDatabase, Postgres};

use crate::server::Server;

/// Makes a journey in each language on each database: a test each.
macro_rules! in_every_way {
    ($journey:path) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn in_chinese_on_sqlite() {
            $journey("zh", yuntu_testkit::Backend::Sqlite).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn in_english_on_sqlite() {
            $journey("en", yuntu_testkit::Backend::Sqlite).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn in_chinese_on_postgres() {
            $journey("zh", yuntu_testkit::Backend::Postgres).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn in_english_on_postgres() {
            $journey("en", yuntu_testkit::Backend::Postgres).await;
        }
    };
}

pub(super) use in_every_way;

/// An installation with its server.
pub(super) struct House {
    folder: tempfile::TempDir,
    server: Option<Server>,
    port: u16,
    lang: String,
    backend: Backend,
    _database: Option<OwnDatabase>,
}

impl House {
    /// Sets one up and serves it.
    pub(super) fn open(lang: &str, backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Postgres::shared().unwrap().empty_database().unwrap()),
        };
        let port = free_port();
        let mut config = format!("[server]\nlisten = \"127.0.0.1:{port}\"\n");
        if let Some(database) = &database {
            write!(config, "\n[database]\nurl = \"{}\"\n", database.url()).unwrap();
        }
        std::fs::write(folder.path().join("yuntu.toml"), config).unwrap();
        let mut house = Self {
            folder,
            server: None,
            port,
            lang: lang.to_owned(),
            backend,
            _database: database,
        };
        house.server = Some(Server::start_as_configured(house.data()));
        house
    }

    /// Returns the folder of the installation.
    pub(super) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a browser in front of it.
    pub(super) async fn browser(&self) -> Browser {
        let site = format!("http://localhost:{}", self.port);
        Browser::open(&site, &scratch()).await.unwrap()
    }

    /// Looks at a page; its pictures get this name. Pages are the same on both databases, and one look is enough.
    pub(super) async fn look(&self, browser: &Browser, page: &str) {
        if self.backend == Backend::Sqlite {
            let name = format!("{page}-{}", self.lang);
            browser.look(&name).await.unwrap();
        }
    }
}

fn scratch() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// Asks the system for a port that nobody has; the origin of the site stands in its configuration.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
