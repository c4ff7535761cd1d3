use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::authority::Authority;

/// The first byte of a TLS session.
const HANDSHAKE: u8 = 0x16;
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// A proxy as an installation has one before it: one port of the loopback that speaks TLS for `localhost` and hands on what
/// was asked as it is, and that sends whoever asks without TLS to the same place with it. It ends with the value.
#[derive(Debug)]
pub struct Front {
    port: u16,
    authority: PathBuf,
    task: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

/// What the proxy knows.
struct Door {
    behind: SocketAddr,
    port: u16,
    cookie: Option<String>,
    tls: TlsAcceptor,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Front {
    /// Opens a proxy before this server. A cookie goes along with what is asked, as if the browser of somebody who is signed
    /// in had asked.
    ///
    /// # Errors
    /// When no certificate can be made or no port is free.
    pub async fn open(behind: SocketAddr, cookie: Option<String>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let authority = folder.path().join("authority.pem");
        let tls = TlsAcceptor::from(Arc::new(certified(&authority)?));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let door = Arc::new(Door {
            behind,
            port,
            cookie,
            tls,
        });
        let task = tokio::spawn(async move {
            while let Ok((stream, _peer)) = listener.accept().await {
                let door = Arc::clone(&door);
                // Who hangs up early is no fault.
                tokio::spawn(async move { door.serve(stream).await.ok() });
            }
        });
        Ok(Self {
            port,
            authority,
            task,
            _folder: folder,
        })
    }

    /// Returns host and port.
    #[must_use]
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// Returns the file of the authority that vouches for the proxy, in PEM.
    #[must_use]
    pub fn authority(&self) -> &Path {
        &self.authority
    }
}

impl Door {
    async fn serve(&self, mut stream: TcpStream) -> Result<()> {
        let mut first = [0];
        stream.peek(&mut first).await?;
        if first == [HANDSHAKE] {
            let mut session = self.tls.accept(stream).await?;
            let (line, rest) = head(&mut session).await?;
            let mut server = TcpStream::connect(self.behind).await?;
            let cookie = self.cookie.as_ref();
            let cookie = cookie.map_or_else(String::new, |it| format!("Cookie: {it}\r\n"));
            let asked = format!("{line}\r\n{cookie}{rest}");
            server.write_all(asked.as_bytes()).await?;
            copy_bidirectional(&mut session, &mut server).await?;
            return Ok(());
        }
        let (line, _rest) = head(&mut stream).await?;
        let path = line.split(' ').nth(1).context("no path")?;
        let there = format!("https://localhost:{}{path}", self.port);
        let answer = format!(
            "HTTP/1.1 301 Moved Permanently\r\nLocation: {there}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).await?;
        Ok(stream.shutdown().await?)
    }
}

/// Reads the first line of a request, and the rest of its head with whatever came along.
async fn head<S: AsyncRead + Unpin>(stream: &mut S) -> Result<(String, String)> {
    let mut text = String::new();
    while !text.contains("\r\n\r\n") {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).await?;
        ensure!(read > 0 && text.len() < HEAD_BYTES_MAX, "no whole head");
        text += std::str::from_utf8(bytes.get(..read).unwrap_or_default())?;
    }
    let (line, rest) = text.split_once("\r\n").context("no line")?;
    Ok((line.to_owned(), rest.to_owned()))
}

/// Lets an authority, which it writes to the file, certify `localhost`.
fn certified(file: &Path) -> Result<ServerConfig> {
    let authority = Authority::of_localhost()?;
    std::fs::write(file, &authority.root)?;
    let certificate = CertificateDer::from_pem_slice(authority.certificate.as_bytes())?;
    let key = PrivateKeyDer::from_pem_slice(authority.key.as_bytes())?;
    Ok(
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?,
    )
}
