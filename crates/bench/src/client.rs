//! A client of the API: one connection that is kept open.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use yuntu_terms::ApiSecret;

/// One connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Client {
    pub(crate) async fn connect(port: u16, token: &ApiSecret) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            token: token.expose().to_owned(),
        })
    }

    /// Sends JSON and returns what comes back, nothing where nothing does.
    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        let (mut status, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            let read = self.stream.read_line(&mut line).await?;
            ensure!(read > 0, "{path}: the server closed the connection");
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if status.is_none() {
                status = line.split(' ').nth(1).map(str::to_owned);
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        let mut content = vec![0; length];
        self.stream.read_exact(&mut content).await?;
        let status = status.context("an answer without a status")?;
        let text = String::from_utf8_lossy(&content);
        ensure!(status.starts_with('2'), "{path}: {status}: {text}");
        Ok(serde_json::from_slice(&content).unwrap_or_default())
    }
}
