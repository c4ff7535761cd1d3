//! An installation that runs: a database, a mail server, `yuntu serve`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use yuntu_testkit::{
    Authority, Backend, Browser, OwnDatabase, Postgres, SmsProvider, SmtpIdentity, SmtpSecurity,
    SmtpServer,
};

use crate::api::Api;
use crate::command::run;
use crate::real::Real;
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

pub(crate) use in_every_way;

/// Where the operator says that the statement is read; another site, whose host has other letters than Latin ones.
const WEBSITE: &str = "https://云图运营者.example/about/privacy-and-security";

/// How many tenths of a second a mail may take; the machine that tests may be busy with other things.
const WAITS: u32 = 900;

/// An installation with its server and its mail.
pub(crate) struct House {
    _folder: tempfile::TempDir,
    data: PathBuf,
    mail: SmtpServer,
    sms: Option<SmsProvider>,
    server: Option<Server>,
    port: u16,
    lang: String,
    looks: bool,
    _database: Option<OwnDatabase>,
}

/// How the installation's mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailBy {
    Plain,
    StartTls,
    Tls,
}

impl House {
    /// Sets one up whose mail goes to a server on the same machine and whose text messages stay there, and serves it.
    pub(crate) fn open(lang: &str, backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mail = SmtpServer::start(SmtpSecurity::Plain, None).unwrap();
        let ways = mail_section(&mail, MailBy::Plain);
        Self::serve((folder, mail, None), &ways, (lang, backend))
    }

    /// Sets one up whose mail is encrypted on its way and whose text messages go to a provider.
    pub(crate) fn with_services(lang: &str, backend: Backend, by: MailBy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let authority = Authority::of_localhost().unwrap();
        let (certificate, key) = (file("mail.pem"), file("mail.key"));
        authority.write(&certificate, &key).unwrap();
        std::fs::write(file("mail-ca.pem"), &authority.root).unwrap();
        let identity = SmtpIdentity {
            certificate: &certificate,
            key: &key,
        };
        let security = match by {
            MailBy::Plain => SmtpSecurity::Plain,
            MailBy::StartTls => SmtpSecurity::StartTls(identity),
            MailBy::Tls => SmtpSecurity::Tls(identity),
        };
        let mail = SmtpServer::start(security, None).unwrap();
        let sms = SmsProvider::start(&json!([200, "OK"])).unwrap();
        std::fs::write(file("sms-secret"), SmsProvider::SECRET).unwrap();
        let ways = format!(
            "{}\n[sms]\nendpoint = \"{}\"\naccess_key_id = \"a-key\"\naccess_key_secret_file = \"sms-secret\"\nsign_name = \"云图\"\ntemplates.code = {{ zh = \"SMS_100000001\", en = \"SMS_100000002\" }}\n",
            mail_section(&mail, by),
            sms.endpoint(),
        );
        Self::serve((folder, mail, Some(sms)), &ways, (lang, backend))
    }

    fn serve(
        (folder, mail, sms): (tempfile::TempDir, SmtpServer, Option<SmsProvider>),
        ways: &str,
        (lang, backend): (&str, Backend),
    ) -> Self {
        let database = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Postgres::shared().unwrap().empty_database().unwrap()),
        };
        let port = free_port();
        let mut config = surroundings(port, ways);
        write!(config, "\n[operator]\nwebsite = \"{WEBSITE}\"\n").unwrap();
        if let Some(database) = &database {
            write!(config, "\n[database]\nurl = \"{}\"\n", database.url()).unwrap();
        }
        std::fs::write(folder.path().join("yuntu.toml"), config).unwrap();
        let data = folder.path().to_owned();
        let server = Server::start_as_configured(&data);
        Self {
            _folder: folder,
            data,
            mail,
            sms,
            server: Some(server),
            port,
            lang: lang.to_owned(),
            // Pages are the same on both databases, and one look at those of a journey in every way is enough.
            looks: backend == Backend::Sqlite,
            _database: database,
        }
    }

    /// Serves what the main job has left on the real tables. A journey in Chinese is made on SQLite, the same in English on
    /// PostgreSQL.
    pub(crate) fn of_demo(lang: &str) -> Self {
        let backend = if lang == "en" {
            Backend::Postgres
        } else {
            Backend::Sqlite
        };
        let real = Real::on(backend);
        let data = real.data();
        let mail = SmtpServer::start(SmtpSecurity::Plain, None).unwrap();
        let port = free_port();
        let file = data.join("yuntu.toml");
        let mut config = std::fs::read_to_string(&file).unwrap();
        let ways = mail_section(&mail, MailBy::Plain);
        config.push_str(&surroundings(port, &ways));
        std::fs::create_dir(data.join("drop")).unwrap();
        config.push_str("\n[intake]\nfolder = \"drop\"\n");
        std::fs::write(&file, config).unwrap();
        let server = Server::start_as_configured(&data);
        Self {
            _folder: real.folder,
            data,
            mail,
            sms: None,
            server: Some(server),
            port,
            lang: lang.to_owned(),
            looks: true,
            _database: real.database,
        }
    }

    /// Returns the folder of the installation.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Starts a browser in front of it.
    pub(crate) async fn browser(&self) -> Browser {
        let site = format!("http://localhost:{}", self.port);
        Browser::open(&site, &scratch()).await.unwrap()
    }

    /// Looks at a page; its pictures get this name.
    pub(crate) async fn look(&self, browser: &Browser, page: &str) {
        if self.looks {
            let name = format!("{page}-{}", self.lang);
            browser.look(&name).await.unwrap();
        }
    }

    /// Waits for the mail to this address whose text has these words and returns it; the newest counts.
    pub(crate) async fn mail_to(&self, address: &str, words: &str) -> String {
        for _ in 0..WAITS {
            let mails = self.mail.mails().unwrap();
            let to = |mail: &&serde_json::Value| mail["to"].to_string().contains(address);
            let texts = mails.iter().rev().filter(to);
            let mut texts = texts.map(|mail| mail["text"].as_str().unwrap().to_owned());
            if let Some(text) = texts.find(|text| text.contains(words)) {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no mail with `{words}` came to {address}");
    }

    /// Waits for the code that comes to this number.
    pub(crate) fn code_by_sms(&self, number: &str) -> String {
        let provider = self.sms.as_ref().unwrap();
        let within = Duration::from_millis(100) * WAITS;
        tokio::task::block_in_place(|| provider.code_to(number, within)).unwrap()
    }

    /// Says whether every mail so far came on an encrypted way.
    pub(crate) fn all_mail_is_encrypted(&self) -> bool {
        let mails = self.mail.mails().unwrap();
        !mails.is_empty() && mails.iter().all(|mail| mail["encrypted"] == true)
    }

    /// Waits for the newest code that came to this address, other than one that is known.
    pub(crate) async fn code_to(&self, address: &str, known: &[String]) -> String {
        for _ in 0..WAITS {
            let mails = self.mail.mails().unwrap();
            let to = |mail: &&serde_json::Value| mail["to"].to_string().contains(address);
            let codes = mails
                .iter()
                .rev()
                .filter(to)
                .filter_map(|mail| digits(mail["text"].as_str()?));
            if let Some(code) = codes.into_iter().find(|code| !known.contains(code)) {
                return code;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no new code came to {address}");
    }
}

/// A person with an address and what she would type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Someone {
    pub(crate) address: &'static str,
    pub(crate) nickname: &'static str,
    pub(crate) password: &'static str,
}

impl House {
    /// Opens an account as somebody would, from the first page on.
    pub(crate) async fn register(&self, browser: &Browser, who: Someone) {
        browser.goto(&self.at("/account/register")).await.unwrap();
        browser.fill("address", who.address).await.unwrap();
        browser.press("button[value='ask']").await.unwrap();
        let code = self.code_to(who.address, &[]).await;
        browser.fill("code", &code).await.unwrap();
        browser.fill("nickname", who.nickname).await.unwrap();
        browser.fill("password", who.password).await.unwrap();
        browser.tick("[name='accept']").await.unwrap();
        browser.press("button[value='open']").await.unwrap();
    }

    /// Adds an operator at the command line and returns the link that it prints.
    pub(crate) fn add_operator(&self, address: &str, role: &str) -> String {
        let data = self.data().to_str().unwrap();
        let done = run([
            "operator", "add", "--data", data, "--email", address, "--role", role,
        ]);
        assert_eq!(done.code, 0, "{}", done.err);
        done.out.trim().to_owned()
    }

    /// Puts an impact assessment in force at the command line.
    pub(crate) fn assess(&self) {
        let data = self.data().to_str().unwrap();
        let report = self.data().join("report.pdf");
        std::fs::write(&report, yuntu_testkit::pdf("impact assessment")).unwrap();
        let (made, review) = (today(0), today(300));
        let done = run([
            "operator",
            "assess",
            "--data",
            data,
            "--report",
            report.to_str().unwrap(),
            "--made",
            &made,
            "--review",
            &review,
            "--result",
            "with_measures",
        ]);
        assert_eq!(done.code, 0, "{}", done.err);
    }

    /// Signs in by a code, and accepts the statement where that is asked.
    pub(crate) async fn sign_in_by_code(&self, browser: &Browser, address: &str) {
        browser.goto(&self.at("/account/sign-in")).await.unwrap();
        browser.fill("address", address).await.unwrap();
        browser.press("button[value='ask']").await.unwrap();
        let code = self.code_to(address, &[]).await;
        browser.fill("code", &code).await.unwrap();
        browser.press("button[value='code']").await.unwrap();
        if browser.path().await.unwrap().starts_with("/account/accept") {
            browser.tick("[name='accept']").await.unwrap();
            browser.press("button[value='accept']").await.unwrap();
        }
    }

    /// Signs in by password.
    pub(crate) async fn sign_in(&self, browser: &Browser, who: Someone) {
        browser.goto(&self.at("/account/sign-in")).await.unwrap();
        browser
            .fill_in("#password-address", who.address)
            .await
            .unwrap();
        browser.fill("password", who.password).await.unwrap();
        browser.press("button[value='password']").await.unwrap();
    }

    /// Signs out by the button of the frame.
    pub(crate) async fn sign_out(&self, browser: &Browser) {
        browser.press("header form button").await.unwrap();
    }

    /// Returns the id of the enterprise that has data in it.
    pub(crate) fn enterprise(&self) -> String {
        let lake = std::fs::read_dir(self.data.join("lake")).unwrap();
        let mut names = lake.map(|it| it.unwrap().file_name().into_string().unwrap());
        names.find(|name| name.starts_with("ent_")).unwrap()
    }

    /// Speaks to its API under a token.
    pub(crate) fn api(&self, token: &str) -> Api {
        Api::new(self.port, token)
    }

    /// Kills the server where it stands and starts another.
    pub(crate) fn kill_the_server(&mut self) {
        drop(self.server.take());
        self.server = Some(Server::start_as_configured(&self.data));
    }

    /// Says whether the journey is made in Chinese.
    pub(crate) fn is_chinese(&self) -> bool {
        self.lang == "zh"
    }

    /// Returns a path of the site in the language of the journey.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{path}?lang={}", self.lang)
    }
}

fn mail_section(mail: &SmtpServer, by: MailBy) -> String {
    let (security, more) = match by {
        MailBy::Plain => ("plain", ""),
        MailBy::StartTls => ("starttls", "ca_file = \"mail-ca.pem\"\n"),
        MailBy::Tls => ("tls", "ca_file = \"mail-ca.pem\"\n"),
    };
    format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"{security}\"\nregion = \"CN\"\nfrom = \"noreply@yuntu.example\"\n{more}",
        mail.port()
    )
}

/// Finds six digits that stand alone; those inside the secret of a link do not.
pub(crate) fn digits(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .find(|run| run.len() == 6 && run.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
}

/// Returns the day so many days from now, in China.
pub(crate) fn today(days: i32) -> String {
    use yuntu_terms::{Clock as _, SystemClock};
    let day = SystemClock.now().plus_days(days).day_in_china();
    day.to_string()
}

fn scratch() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// Asks the system for a port that nobody has; the origin of the site stands in its configuration.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Says where the site is reached and which server takes its mail.
fn surroundings(port: u16, ways: &str) -> String {
    format!(
        "[web]\norigin = \"http://localhost:{port}\"\n\n{ways}\n[server]\nlisten = \"127.0.0.1:{port}\"\n"
    )
}
