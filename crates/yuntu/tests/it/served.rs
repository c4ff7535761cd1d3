//! What the server logs, and that it holds what it acknowledged.

use yuntu_testkit::{Postgres, TestStore};

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
