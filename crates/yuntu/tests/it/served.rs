//! What the server logs, and that it holds what it acknowledged.

use tokio_rustls::rustls::version::TLS13;
use yuntu_testkit::{Authority, Postgres, TestStore};

use crate::command::{LANGS, run};
use crate::server::{Server, happens};

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_is_logged_and_no_value_of_a_request_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let like = TestStore::postgres().await.unwrap().url();
    let (postgres, name) = (Postgres::shared().unwrap(), "served_until_it_goes");
    let drop = || postgres.sql(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    drop().unwrap();
    postgres.sql(&format!("CREATE DATABASE {name}")).unwrap();
    let (start, rest) = like.split_once("/t_").unwrap();
    let (_, host) = rest.split_once('?').unwrap();
    let config = format!("[database]\nurl = \"{start}/{name}?{host}\"\n");
    std::fs::write(folder.path().join("yuntu.toml"), config).unwrap();
    let server = Server::start(folder.path());
    // The database goes away while the server runs.
    drop().unwrap();
    let answer = server.ask(
        "POST /api/v1/consents/withdrawals HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer yuntu_canary\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{\"value\":\"canary\"}",
    );
    let status: u16 = answer.split(' ').nth(1).unwrap().parse().unwrap();
    assert!((500..=599).contains(&status), "{answer}");
    assert!(!answer.contains("canary"), "{answer}");
    // What runs beside the server says once that it fails, and the figures say it as long as it does.
    let figure = "yuntu_worker_failing{worker=\"messages\"} 1";
    happens(|| server.get("/metrics").contains(figure)).await;
    let log = server.log();
    assert_eq!(
        log.matches("\"worker.kind\":\"messages\"").count(),
        1,
        "{log}"
    );
    assert!(
        log.contains("\"http.status\":5") && log.contains("\"level\":\"ERROR\""),
        "{log}"
    );
    assert!(!log.contains("canary"), "{log}");
}

#[test]
fn links_lead_to_the_address_that_is_listened_on() {
    let folder = tempfile::tempdir().unwrap();
    let tips = |server: &Server| server.get("/safety?lang=en");
    let server = Server::start(folder.path());
    let here = format!("http://localhost:{}/", server.address().port());
    let page = tips(&server);
    assert!(page.contains(&here), "{here}: {page}");
    drop(server);
    // What is configured stands.
    let config = "[web]\norigin = \"https://yuntu.example\"\n";
    std::fs::write(folder.path().join("yuntu.toml"), config).unwrap();
    let server = Server::start(folder.path());
    let page = tips(&server);
    assert!(page.contains("https://yuntu.example/"), "{page}");
    assert!(!page.contains("http://localhost"), "{page}");
}

const OPERATOR: &str = "[operator]\nname = \"n\"\naddress = \"a\"\nprivacy_email = \"e\"\nprivacy_phone = \"p\"\nprivacy_officer = \"o\"\nwebsite = \"w\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_command_speaks_tls_where_it_has_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::of_localhost().unwrap();
    let (pem, key) = (folder.path().join("site.pem"), folder.path().join("k"));
    authority.write(&pem, &key).unwrap();
    let config = "[server]\nlisten = \"127.0.0.1:0\"\ncertificate = \"site.pem\"\nkey = \"k\"\n";
    std::fs::write(folder.path().join("yuntu.toml"), config).unwrap();
    let server = Server::start_as_configured(folder.path());
    let answer = authority.get(server.address(), &[&TLS13], "/healthz").await;
    assert!(answer.unwrap().starts_with("HTTP/1.1 200"));
}

#[test]
fn other_machines_are_not_served_without_tls() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |section: &str| {
        let config = format!("[server]\nlisten = \"0.0.0.0:0\"\n{section}{OPERATOR}");
        std::fs::write(folder.path().join("yuntu.toml"), config).unwrap();
        let folder = folder.path().to_str().unwrap();
        LANGS.map(|lang| run(["serve", "--data", folder, "--lang", lang]))
    };
    for (section, words) in [
        ("", ["没有 TLS", "without TLS"]),
        (
            "[web]\norigin = \"http://localhost\"\n",
            ["没有 TLS", "without TLS"],
        ),
        (
            "certificate = \"keys/site.pem\"\n",
            ["同时填写", "together"],
        ),
        (
            "certificate = \"absent\"\nkey = \"absent\"\n",
            ["须指向 PEM", "must name a readable PEM"],
        ),
        (
            "certificate = 3\n",
            ["请写 PEM 证书", "the certificate in PEM"],
        ),
    ] {
        for (done, word) in serve(section).iter().zip(words) {
            done.expect(1, word);
        }
    }
}
