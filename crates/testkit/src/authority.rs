use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

/// An authority of a test and the certificate that it gave to `localhost` and `127.0.0.1`, all in PEM.
#[derive(Debug)]
pub struct Authority {
    /// The certificate of the authority.
    pub root: String,
    /// The certificate of `localhost`.
    pub certificate: String,
    /// The private key of `localhost`.
    pub key: String,
}

impl Authority {
    /// Makes an authority and lets it certify `localhost`.
    ///
    /// # Errors
    /// When no key or certificate can be made.
    pub fn of_localhost() -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        // A certificate whose subject is its issuer's would be taken for one that vouches for itself.
        let name = "authority of the tests";
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        Ok(Self {
            root: issuer.pem(),
            certificate: params.signed_by(&key, &issuer)?.pem(),
            key: key.serialize_pem(),
        })
    }

    /// Asks a server for a path as a browser that trusts this authority alone and speaks these versions of TLS; returns the
    /// whole answer.
    ///
    /// # Errors
    /// When no session comes about or it breaks.
    pub async fn get(
        &self,
        server: SocketAddr,
        versions: &[&'static SupportedProtocolVersion],
        path: &str,
    ) -> Result<String> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.root.as_bytes())?)?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(server).await?;
        let name = ServerName::try_from("localhost")?;
        let connector = TlsConnector::from(Arc::new(config));
        let mut session = connector.connect(name, stream).await?;
        let asked = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        session.write_all(asked.as_bytes()).await?;
        let mut answer = Vec::new();
        session
            .read_to_end(&mut answer)
            .await
            .context("no whole answer")?;
        Ok(String::from_utf8(answer)?)
    }

    /// Writes certificate and key where a server finds them.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, certificate: &Path, key: &Path) -> Result<()> {
        std::fs::write(certificate, &self.certificate)?;
        Ok(std::fs::write(key, &self.key)?)
    }
}
