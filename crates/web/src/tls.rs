//! The server's own end of TLS 1.3, with a certificate that is read anew while the server runs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{InconsistentKeys, ServerConfig};
use tls_listener::TlsListener;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use yuntu_terms::{Text, clause};

/// Where the certificate and its key lie, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate of the site, followed by those between it and an authority that browsers know.
    pub certificate: PathBuf,
    /// Its private key: PKCS#8, PKCS#1 or SEC 1, without a passphrase.
    pub key: PathBuf,
}

/// Why a certificate cannot be used. Nothing of a file is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.what())]
pub enum TlsFault {
    /// The file of the certificate cannot be read, or holds none.
    Certificate,
    /// The file of the key cannot be read, or holds none.
    Key,
    /// The key is of a kind that TLS 1.3 does not use.
    KeyKind,
    /// The key belongs to another certificate.
    Mismatch,
    /// The library has no suite for TLS 1.3.
    Protocol,
}

impl TlsFault {
    /// Returns what is wrong, for the log.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Certificate => "a certificate that cannot be read",
            Self::Key => "a private key that cannot be read",
            Self::KeyKind => "a private key of a kind that cannot be used",
            Self::Mismatch => "a private key that does not belong to the certificate",
            Self::Protocol => "a build without TLS 1.3",
        }
    }

    /// Returns what to do.
    #[must_use]
    pub fn remedy(self) -> Text {
        match self {
            Self::Certificate => Text::new(
                "certificate 须指向 PEM 文件：先是本站证书，其后是中间证书；并须可读",
                "`certificate` must name a readable PEM file: the certificate of the site first, then those between it and the authority",
            ),
            Self::Key => Text::new(
                "key 须指向不带口令的 PEM 私钥文件（PKCS#8、PKCS#1 或 SEC 1），并须可读",
                "`key` must name a readable PEM file with a private key without a passphrase (PKCS#8, PKCS#1 or SEC 1)",
            ),
            Self::KeyKind => Text::new(
                "请使用 ECDSA P-256、P-384，Ed25519 或至少 2048 位的 RSA 私钥",
                "use a private key of ECDSA P-256 or P-384, of Ed25519, or of RSA with at least 2048 bits",
            ),
            Self::Mismatch => Text::new(
                "请把同一次签发的证书与私钥放在一起",
                "put a certificate and a key that were made together there",
            ),
            Self::Protocol => Text::new("请重新安装程序", "install the program anew"),
        }
    }
}

/// A certificate in use, and where a newer one will lie.
#[derive(Debug)]
pub struct Certificates {
    files: TlsFiles,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificates {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// [`TlsFault`] when they cannot be used.
    pub fn open(files: TlsFiles) -> Result<Arc<Self>, TlsFault> {
        let current = RwLock::new(Arc::new(read(&files)?));
        Ok(Arc::new(Self { files, current }))
    }

    /// Reads both again and uses them for whoever comes from now on; what cannot be used changes nothing.
    ///
    /// # Errors
    /// [`TlsFault`] when they cannot be used.
    pub fn refresh(&self) -> Result<(), TlsFault> {
        let newer = Arc::new(read(&self.files)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = newer;
        Ok(())
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read();
        Some(Arc::clone(&current.unwrap_or_else(PoisonError::into_inner)))
    }
}

fn read(files: &TlsFiles) -> Result<CertifiedKey, TlsFault> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|_file| TlsFault::Key)?;
    let key = ring::sign::any_supported_type(&key).map_err(|_kind| TlsFault::KeyKind)?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // A key whose public half the library cannot tell is tried by the first visitor.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => Err(TlsFault::Mismatch),
        Err(_form) => Err(TlsFault::Certificate),
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let read = CertificateDer::pem_file_iter(file).map_err(|_file| TlsFault::Certificate)?;
    let chain: Result<Vec<_>, _> = read.collect();
    let chain = chain.map_err(|_form| TlsFault::Certificate)?;
    if chain.is_empty() {
        return Err(TlsFault::Certificate);
    }
    Ok(chain)
}

/// Puts TLS 1.3, and nothing older, before a listener. A visitor who does not finish the handshake in ten seconds is let go,
/// and keeps nobody else waiting.
///
/// # Errors
/// [`TlsFault::Protocol`].
/// # Clause
/// R22
pub(crate) fn guarded(
    listener: TcpListener,
    certificates: Arc<Certificates>,
) -> Result<TlsListener<TcpListener, TlsAcceptor>, TlsFault> {
    clause::hit!(R22);
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .map_err(|_provider| TlsFault::Protocol)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsListener::new(
        TlsAcceptor::from(Arc::new(config)),
        listener,
    ))
}
