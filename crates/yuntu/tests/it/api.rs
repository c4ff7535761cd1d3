//! A program that speaks to the API of a running server.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

/// What a file is sent as.
pub(crate) const OCTETS: &str = "application/octet-stream";

/// Requests to one server under one token.
#[derive(Clone)]
pub(crate) struct Api {
    port: u16,
    token: String,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    asked: String,
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Api {
    pub(crate) fn new(port: u16, token: &str) -> Self {
        let token = token.to_owned();
        Self { port, token }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, ("application/json", b""))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(
            "POST",
            path,
            ("application/json", body.to_string().as_bytes()),
        )
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(
            "PUT",
            path,
            ("application/json", body.to_string().as_bytes()),
        )
    }

    /// Sends a body of a kind.
    pub(crate) fn send(&self, method: &str, path: &str, body: (&str, &[u8])) -> Answer {
        self.send_with(&[], (method, path), body)
    }

    /// Sends a body of a kind with more headers. The older version of the protocol is one in which an answer ends with its
    /// connection and has no pieces.
    pub(crate) fn send_with(
        &self,
        headers: &[(&str, &str)],
        (method, path): (&str, &str),
        (kind, body): (&str, &[u8]),
    ) -> Answer {
        let (port, token, length) = (self.port, &self.token, body.len());
        let more = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        let more: String = more.collect();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: localhost:{port}\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n"
        );
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let body = answer.split_off(end.unwrap() + 4);
        let head = String::from_utf8(answer).unwrap().to_lowercase();
        Answer {
            asked: format!("{method} {path}"),
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body,
        }
    }
}

impl Answer {
    /// Asserts the status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text());
        self
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let parsed = serde_json::from_slice(&self.body);
        parsed.unwrap_or_else(|error| panic!("{}: {error}: {}", self.asked, self.text()))
    }

    /// Returns the id of what was made.
    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }

    /// Returns the items of a list.
    #[track_caller]
    pub(crate) fn items(&self) -> Vec<Value> {
        self.json()["items"].as_array().unwrap().clone()
    }

    /// Returns the facts that a refusal names.
    #[track_caller]
    pub(crate) fn facts(&self) -> Vec<String> {
        let reasons = self.json()["reasons"].clone();
        let reasons = reasons.as_array().unwrap().iter();
        reasons
            .map(|it| it["fact"].as_str().unwrap().to_owned())
            .collect()
    }
}
