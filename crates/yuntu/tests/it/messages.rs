//! Messages through the running program: they leave by a real mail server, or wait where the command shows them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use yuntu_app::accounts::{Address, CodeFor, Visit};
use yuntu_app::engine::EngineConfig;
use yuntu_app::lake::LakeConfig;
use yuntu_app::outbound::{MailConfig, Outbound, OutboundConfig, Security};
use yuntu_app::store::DatabaseConfig;
use yuntu_app::vault::{FileProvider, Suite, Unlock};
use yuntu_app::{Platform, PlatformConfig};
use yuntu_statement::render::Installation;
use yuntu_terms::{Lang, Pii, Region, SystemClock, SystemEntropy};
use yuntu_testkit::{SmtpLogin, SmtpSecurity, SmtpServer};

use crate::command::{LANGS, install, is_chinese, run};
use crate::server::{Server, happens};

const PASSWORD: &str = "canary of the mail server";

/// Opens an installation as another process of it does.
async fn open(folder: &Path, outbound: Outbound) -> Platform {
    let keys = folder.join("keys");
    let unlock = Unlock::Credential(keys.join("credential"));
    let config = PlatformConfig {
        database: DatabaseConfig::new(format!("sqlite://{}", folder.join("yuntu.db").display())),
        lake: LakeConfig::local(&folder.join("lake"), Region::CN).unwrap(),
        region: Region::CN,
        keys: Arc::new(FileProvider::open(&keys.join("kek"), &unlock).unwrap()),
        suite: Suite::International,
        ledger: folder.join("ledger"),
        ledger_name: String::from("yuntu.example/ledger"),
        ledger_key: keys.join("ledger"),
        operator: Installation::default(),
        outbound,
        engine: EngineConfig::default(),
        intake: yuntu_app::imports::IntakeConfig::default(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    Platform::open_beside(config).await.unwrap()
}

async fn ask_for_code(platform: &Platform, address: &str) {
    let visit = Visit {
        network: Pii::new(String::from("198.51.100.0/24")),
        agent: None,
        family: None,
        mark: None,
        lang: Lang::Zh,
    };
    let address = Address::email(address).unwrap();
    platform
        .ask_code(CodeFor::SignUp, address, &visit)
        .await
        .unwrap();
}

fn mail_section(port: u16) -> String {
    format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\nfrom = \"no-reply@yuntu.example\"\nregion = \"CN\"\nusername = \"yuntu\"\npassword_file = \"keys/smtp\"\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_leaves_by_the_configured_mail_server_and_by_no_other_way() {
    let login = SmtpLogin {
        username: "yuntu",
        password: PASSWORD,
        without: &[],
    };
    let mails = SmtpServer::start(SmtpSecurity::Plain, Some(login)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    install(data);
    fs::write(data.join("keys/smtp"), format!("{PASSWORD}\n")).unwrap();
    fs::write(data.join("yuntu.toml"), mail_section(mails.port())).unwrap();
    let server = Server::start(data);
    // The row says by which way it leaves; the running program takes it.
    let config: OutboundConfig = OutboundConfig {
        mail: Some(MailConfig {
            host: String::from("127.0.0.1"),
            port: Some(mails.port()),
            security: Security::Plain,
            ca_file: None,
            username: None,
            password_file: None,
            from: String::from("no-reply@yuntu.example"),
            region: Region::CN,
            time_limit_seconds: None,
        }),
        sms: None,
    };
    let ways = Outbound::open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
    let platform = open(data, ways).await;
    ask_for_code(&platform, "canary@example.cn").await;
    happens(|| !mails.mails().unwrap().is_empty()).await;
    let received: Vec<Value> = mails.mails().unwrap();
    assert_eq!(received[0]["to"][0], "canary@example.cn");
    assert_eq!(received[0]["login"], "yuntu");
    let text = received[0]["text"].as_str().unwrap();
    assert!(
        text.split(|sign: char| !sign.is_ascii_digit())
            .any(|word| word.len() == 6)
    );
    happens(|| {
        server
            .get("/metrics")
            .contains("yuntu_messages_total{fate=\"sent\"} 1")
    })
    .await;
    let log = server.stop();
    assert!(!log.contains("canary"), "{log}");
    assert_eq!(mails.mails().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_a_way_out_is_shown_and_the_look_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    install(data);
    let outbox = |lang| {
        let path = data.to_str().unwrap();
        let done = run(["outbox", "--data", path, "--lang", lang]);
        assert_eq!(done.code, 0, "{}", done.err);
        done.out
    };
    for (lang, nothing) in LANGS
        .into_iter()
        .zip(["没有等待的消息", "no message waits"])
    {
        assert!(outbox(lang).contains(nothing));
    }
    // A server on the same installation is not in the way.
    let server = Server::start(data);
    let platform = open(data, Outbound::local()).await;
    ask_for_code(&platform, "li@example.cn").await;
    let marks = [
        "未发出：没有配置邮件服务",
        "not sent: no mail service is configured",
    ];
    for (lang, mark) in LANGS.into_iter().zip(marks) {
        let shown = outbox(lang);
        assert!(
            shown.contains(mark) && shown.contains("li@example.cn"),
            "{shown}"
        );
        assert!(
            shown
                .split(|sign: char| !sign.is_ascii_digit())
                .any(|word| word.len() == 6)
        );
    }
    server.stop();
    // Each look that showed something is in the ledger, and nothing of what it showed.
    let mut looks = 0;
    for file in files(&data.join("ledger")) {
        let bytes = fs::read(file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        looks += text.matches("\"outbox.shown\"").count();
        assert!(!text.contains("li@example.cn"));
    }
    assert_eq!(looks, 2);
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_start_says_what_does_not_leave_and_what_of_a_way_out_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    install(data);
    let path = data.to_str().unwrap();
    let log = Server::start(data).stop();
    assert!(
        log.contains("mail ([mail])") && log.contains("`yuntu outbox`"),
        "{log}"
    );
    fs::write(data.join("yuntu.toml"), mail_section(25)).unwrap();
    for (lang, what) in LANGS
        .into_iter()
        .zip(["[mail] 的 password_file", "`password_file` in [mail]"])
    {
        let done = run(["serve", "--data", path, "--lang", lang]);
        done.expect(1, what);
        assert_eq!(is_chinese(&done.err), lang == "zh", "{}", done.err);
    }
    fs::write(data.join("keys/smtp"), PASSWORD).unwrap();
    let abroad = mail_section(25).replace("CN", "SG");
    fs::write(data.join("yuntu.toml"), abroad).unwrap();
    let done = run(["serve", "--data", path, "--lang", "en"]);
    done.expect(1, "R13");
    assert!(!done.err.contains("canary"), "{}", done.err);
}
