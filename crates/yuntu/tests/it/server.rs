//! The server as a process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::command::yuntu;

/// Waits until something is so.
pub(crate) async fn happens(what: impl Fn() -> bool + Send + Sync) {
    let waiting = async {
        while !what() {
            tokio::task::yield_now().await;
        }
    };
    let happened = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    happened.expect("it does not happen");
}

/// A running `yuntu serve`.
pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Server {
    pub(crate) fn start(data: &Path) -> Self {
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
        let address = line.split("//").nth(1).unwrap_or_default();
        let mut server = Self {
            address: address.trim_end().trim_end_matches('/').to_owned(),
            child,
        };
        assert!(!server.address.is_empty(), "{}", server.errors());
        server
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address.parse().unwrap()
    }

    pub(crate) fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ))
    }

    /// Tells the server to stop, waits until it has, and returns its log.
    pub(crate) fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        self.errors()
    }

    pub(crate) fn log(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.errors()
    }

    fn errors(&mut self) -> String {
        let mut log = String::new();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
