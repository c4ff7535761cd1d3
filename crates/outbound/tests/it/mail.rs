use std::fs;
use std::sync::Arc;

use serde_json::Value;
use yuntu_outbound::{
    Cause, Channel, Line, Link, MailConfig, Mailer, Medium, Message, Outbound, OutboundConfig,
    Provider, Recipient, Security, SendError,
};
use yuntu_terms::{ClauseId, Lang, MockClock, Pii, Region, SeededEntropy, Sink, clause};
use yuntu_testkit::{SmtpLogin, SmtpSecurity, SmtpServer};

use crate::rig::{Authority, Only, clock, code_to, config, id, identity, now, send, with_login};

type Spoil<'a> = &'a dyn Fn(&mut MailConfig);

fn header<'a>(mail: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = mail["headers"].as_array().unwrap();
    let named = headers.iter().filter(|header| header[0] == name);
    named.map(|header| header[1].as_str().unwrap()).collect()
}

fn only_mail(server: &SmtpServer) -> Value {
    let mut mails = server.mails().unwrap();
    assert_eq!(mails.len(), 1);
    mails.remove(0)
}

#[tokio::test]
async fn a_code_arrives_after_starttls_and_reads_right_in_chinese() {
    let authority = Authority::new();
    let files = authority.files();
    let server = SmtpServer::start(SmtpSecurity::StartTls(identity(&files)), None).unwrap();
    let config = config(server.port(), Security::StartTls, Some(authority.ca()));
    send(&config, "li.wei+x@example.cn").await.unwrap();
    let mail = only_mail(&server);
    assert_eq!(mail["encrypted"], true);
    assert_eq!(mail["from"], "no-reply@yuntu.example");
    assert_eq!(mail["to"], serde_json::json!(["li.wei+x@example.cn"]));
    assert_eq!(mail["subject"], "云图验证码");
    assert_eq!(header(&mail, "From"), ["云图 <no-reply@yuntu.example>"]);
    assert_eq!(header(&mail, "Date"), ["Sat, 21 Mar 2026 08:00:00 +0000"]);
    assert_eq!(header(&mail, "Content-Language"), ["zh-CN"]);
    let message_id = format!("<{}@yuntu.example>", id());
    assert_eq!(header(&mail, "Message-ID"), [message_id.as_str()]);
    for part in ["text", "html"] {
        let words = mail[part].as_str().unwrap();
        assert!(
            words.contains("004217") && words.contains("5 分钟"),
            "{words}"
        );
    }
    assert!(mail["raw"].as_str().unwrap().is_ascii());
}

#[tokio::test]
async fn both_ways_to_sign_in_work_over_implicit_tls_and_a_wrong_password_does_not() {
    let authority = Authority::new();
    let files = authority.files();
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) = (folder.path().join("right"), folder.path().join("wrong"));
    fs::write(&right, "a pass wörd ✓\n").unwrap();
    fs::write(&wrong, "another\n").unwrap();
    for without in [&["LOGIN"][..], &["PLAIN"]] {
        let login = SmtpLogin {
            username: "云图",
            password: "a pass wörd ✓",
            without,
        };
        let security = SmtpSecurity::Tls(identity(&files));
        let server = SmtpServer::start(security, Some(login)).unwrap();
        let plain = config(server.port(), Security::Tls, Some(authority.ca()));
        let signed = with_login(plain.clone(), "云图", &right);
        send(&signed, "li@example.cn").await.unwrap();
        let mail = only_mail(&server);
        assert_eq!(mail["encrypted"], true);
        assert_eq!(mail["login"], "云图");

        let error = send(&with_login(plain.clone(), "云图", &wrong), "li@example.cn").await;
        let error = error.unwrap_err();
        assert!(matches!(error, SendError::Configuration(_)), "{error}");
        assert_eq!(error.code(), "login.auth.535");
        let error = send(&plain, "li@example.cn").await.unwrap_err();
        assert_eq!(error.code(), "login.mail.530");
        assert_eq!(server.mails().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_or_another_name_gets_nothing() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let other_name = Authority::naming("mail.yuntu.test");
    for (shown, trusted) in [
        (&theirs, Some(ours.ca())),
        (&theirs, None),
        (&other_name, Some(other_name.ca())),
    ] {
        let files = shown.files();
        for (offered, wanted) in [
            (SmtpSecurity::StartTls(identity(&files)), Security::StartTls),
            (SmtpSecurity::Tls(identity(&files)), Security::Tls),
        ] {
            let server = SmtpServer::start(offered, None).unwrap();
            let config = config(server.port(), wanted, trusted.clone());
            let error = send(&config, "li@example.cn").await.unwrap_err();
            assert!(matches!(error, SendError::Configuration(_)), "{error}");
            assert_eq!(error.failure().cause(), Cause::Untrusted);
            assert!(server.mails().unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn a_server_without_encryption_gets_nothing_unless_it_is_on_this_machine_and_allowed() {
    let server = SmtpServer::start(SmtpSecurity::Plain, None).unwrap();
    let authority = Authority::new();
    for (security, cause) in [
        (Security::StartTls, Cause::NoEncryption),
        (Security::Tls, Cause::Handshake),
    ] {
        let config = config(server.port(), security, Some(authority.ca()));
        let error = send(&config, "li@example.cn").await.unwrap_err();
        assert!(matches!(error, SendError::Configuration(_)), "{error}");
        assert_eq!(error.failure().cause(), cause);
    }
    assert!(server.mails().unwrap().is_empty());
    let plain = config(server.port(), Security::Plain, None);
    send(&plain, "li@example.cn").await.unwrap();
    assert_eq!(only_mail(&server)["encrypted"], false);
    for host in ["smtp.example.cn", "192.0.2.1", "localhost.example.cn"] {
        let mut config = plain.clone();
        config.host = host.to_owned();
        let error = Mailer::open(&config, clock()).unwrap_err();
        assert_eq!(error.field(), "mail.security", "{host}");
    }
}

#[tokio::test]
async fn what_the_server_says_decides_whether_to_try_again() {
    let server = SmtpServer::start(SmtpSecurity::Plain, None).unwrap();
    let config = config(server.port(), Security::Plain, None);
    let refused = send(&config, "refused.li@example.cn").await.unwrap_err();
    assert!(matches!(refused, SendError::Permanent(_)), "{refused}");
    assert_eq!(refused.code(), "refused.rcpt.550");
    for (address, code) in [
        ("later.li@example.cn", "busy.rcpt.450"),
        ("busy.li@example.cn", "busy.rcpt.421"),
        ("dropped.li@example.cn", "interrupted"),
    ] {
        let error = send(&config, address).await.unwrap_err();
        assert!(matches!(error, SendError::Temporary(_)), "{error}");
        assert_eq!(error.code(), code);
    }
    // The server's replies quote the address; our errors do not.
    assert!(!format!("{refused:?} {refused}").contains("li@"));
    assert!(server.mails().unwrap().is_empty());
}

#[tokio::test]
async fn typed_words_reach_neither_header_nor_tag_nor_a_second_recipient() {
    for bad in [
        "li@example.cn\r\nBcc: b@example.cn",
        "li@example.cn>\r\nRCPT TO:<b@example.cn",
        "li@example.cn, b@example.cn",
    ] {
        assert!(Recipient::mail(Pii::new(bad.to_owned())).is_err());
    }
    assert!(Line::try_from("x\r\nBcc: b@example.cn").is_err());
    let server = SmtpServer::start(SmtpSecurity::Plain, None).unwrap();
    let config = config(server.port(), Security::Plain, None);
    let mailer = Mailer::open(&config, clock()).unwrap();
    let to = Recipient::mail(Pii::new("li@example.cn".to_owned())).unwrap();
    // The hardest lines that may pass: encoded words, a lone dot, tags, and what a browser may say.
    let message = Message::invitation(
        to,
        Lang::En,
        Line::try_from("=?utf-8?B?DQpCY2M6IGJAZXhhbXBsZS5jbg==?= <script>").unwrap(),
        Line::lossy(".\r\n.\r\nMAIL FROM:<x@example.cn>\r\nBcc: b@example.cn"),
        Link::try_from("https://yuntu.example/i/1?a=1&b=2").unwrap(),
        "2026-03-28T08:00:00Z".parse().unwrap(),
    );
    mailer
        .send(&Only(Sink::Mail), id(), &message)
        .await
        .unwrap();
    let mail = only_mail(&server);
    assert_eq!(mail["to"], serde_json::json!(["li@example.cn"]));
    assert_eq!(mail["subject"], "An invitation to Yuntu");
    let headers = mail["headers"].as_array().unwrap();
    let mut names: Vec<_> = headers.iter().map(|h| h[0].as_str().unwrap()).collect();
    names.sort_unstable();
    let expected = [
        "Auto-Submitted",
        "Content-Language",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ];
    assert_eq!(names, expected);
    let text = mail["text"].as_str().unwrap();
    assert!(
        text.contains(". . MAIL FROM:<x@example.cn> Bcc: b@example.cn"),
        "{text}"
    );
    let html = mail["html"].as_str().unwrap();
    assert!(
        html.contains("&lt;script&gt;") && !html.contains("<script"),
        "{html}"
    );
    assert!(
        html.contains("href=\"https://yuntu.example/i/1?a=1&amp;b=2\""),
        "{html}"
    );
}

#[tokio::test]
async fn what_has_ended_or_has_no_warrant_does_not_leave() {
    let _mark = clause::check!(R2);
    let server = SmtpServer::start(SmtpSecurity::Plain, None).unwrap();
    let config = config(server.port(), Security::Plain, None);
    let clock = MockClock::new(now());
    let mailer = Mailer::open(&config, Arc::new(clock.clone())).unwrap();
    let message = code_to("li@example.cn", Lang::En);
    for sink in [Sink::Page, Sink::Sms, Sink::Json] {
        let error = mailer.send(&Only(sink), id(), &message).await.unwrap_err();
        assert!(matches!(error, SendError::Permanent(_)), "{error}");
        assert_eq!(error.code(), "not_warranted");
    }
    clock.set(message.expires_at().unwrap());
    let error = mailer
        .send(&Only(Sink::Mail), id(), &message)
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Permanent(_)), "{error}");
    assert_eq!(error.code(), "expired");
    assert!(server.mails().unwrap().is_empty());
    clock.set(now());
    mailer
        .send(&Only(Sink::Mail), id(), &message)
        .await
        .unwrap();
    assert_eq!(only_mail(&server)["subject"], "Your Yuntu code");
}

#[tokio::test]
async fn without_a_configuration_everything_stays_in_the_local_outbox() {
    let outbound = Outbound::local();
    assert_eq!(outbound.channel(Medium::Mail), Channel::Local);
    assert_eq!(outbound.channel(Medium::Sms), Channel::Local);
    assert!(outbound.channels().is_empty());
    let message = code_to("li@example.cn", Lang::En);
    let sent = outbound.send(&Only(Sink::Mail), id(), &message).await;
    assert_eq!(sent.unwrap_err().code(), "not_configured");
    let shown = message.open(&Only(Sink::Page), Sink::Page, |letter| letter.text.clone());
    assert!(shown.unwrap().contains("004217"));

    let config = OutboundConfig {
        mail: Some(config(25, Security::Plain, None)),
        sms: None,
    };
    let outbound = Outbound::open(&config, clock(), Arc::new(SeededEntropy::new(1))).unwrap();
    assert_eq!(outbound.channels(), [Channel::Mail]);
    assert_eq!(outbound.channel(Medium::Sms), Channel::Local);
    let carrier = Provider {
        medium: Medium::Mail,
        host: config.mail.unwrap().host,
        region: Region::CN,
    };
    assert_eq!(outbound.providers(), [carrier]);
}

#[test]
fn a_wrong_value_is_named_with_what_to_do() {
    let good = config(25, Security::Plain, None);
    let missing = tempfile::tempdir().unwrap().path().join("missing");
    let cases: [(&str, Spoil<'_>); 8] = [
        ("mail.region", &|c| {
            c.region = "SG".parse::<Region>().unwrap();
        }),
        ("mail.host", &|c| c.host = "smtp example".to_owned()),
        ("mail.from", &|c| c.from = "Yuntu <a@example.cn>".to_owned()),
        ("mail.username", &|c| c.username = Some("li".to_owned())),
        ("mail.password_file", &|c| {
            c.username = Some("li".to_owned());
            c.password_file = Some(missing.clone());
        }),
        ("mail.ca_file", &|c| c.ca_file = Some(missing.clone())),
        ("mail.ca_file", &|c| {
            c.security = Security::Tls;
            c.ca_file = Some(missing.clone());
        }),
        ("mail.time_limit_seconds", &|c| {
            c.time_limit_seconds = Some(0);
        }),
    ];
    for (field, spoil) in cases {
        let mut config = good.clone();
        spoil(&mut config);
        let error = Mailer::open(&config, clock()).unwrap_err();
        assert_eq!(error.field(), field);
        assert!(!error.text().zh.is_empty());
        assert!(!error.to_string().contains("missing"), "{error}");
        let by_clause = field == "mail.region";
        assert_eq!(error.clause() == Some(ClauseId::r(13)), by_clause);
    }
    assert!(toml::from_str::<OutboundConfig>("[mail]\nhostname = \"x\"\n").is_err());
}

#[test]
fn a_secret_is_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, "hunter2").unwrap();
    let config = with_login(config(25, Security::Plain, None), "li", &file);
    let mailer = Mailer::open(&config, clock()).unwrap();
    assert!(!format!("{config:?} {mailer:?}").contains("hunter2"));
}
