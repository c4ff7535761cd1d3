//! The server as a process: what it logs, and that it holds what it acknowledged.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use yuntu_testkit::{Postgres, TestStore};

use crate::command::yuntu;

pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has ended already is as good.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Server {
    fn start(data: &Path) -> Self {
        Self::start_with(data, &["--listen", "127.0.0.1:0"])
    }

    /// Starts the server on the address that its configuration names; what it logs goes nowhere.
    pub(crate) fn start_as_configured(data: &Path) -> Self {
        let mut server = Self::start_with(data, &[]);
        let mut errors = server.child.stderr.take().unwrap();
        // Whoever does not read stops the server once the pipe is full.
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        server
    }

    fn start_with(data: &Path, more: &[&str]) -> Self {
        let mut child = yuntu()
            .arg("serve")
            .args(more)
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .split("//")
            .nth(1)
            .unwrap()
            .trim_end()
            .trim_end_matches('/');
        Self {
            address: address.to_owned(),
            child,
        }
    }

    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn log(mut self) -> String {
        self.child.kill().unwrap();
        let mut log = String::new();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut log).unwrap();
        self.child.wait().unwrap();
        log
    }
}

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
    let log = server.log();
    assert!(
        log.contains("\"http.status\":5") && log.contains("\"level\":\"ERROR\""),
        "{log}"
    );
    assert!(!log.contains("canary"), "{log}");
}
