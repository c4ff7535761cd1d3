use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::TlsConnector;
use crate::error::{Cause, ConfigError, Failure, SendError};

/// Whom to trust, and which name the certificate must bear; there is no way to trust everybody.
pub(super) struct Trust {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Trust {
    /// Trusts the authorities of the file, or those of the system.
    pub(super) fn read(host: &str, ca_file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut roots = RootCertStore::empty();
        match ca_file {
            Some(path) => add_file(&mut roots, path)?,
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if roots.is_empty() {
            return Err(ConfigError::new(
                "mail.ca_file",
                "没有可信任的证书机构；请安装系统证书（如 ca-certificates），或填写 PEM 文件",
                "there is no authority to trust; install the system's (such as ca-certificates) or name a PEM file",
            ));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_no_detail| broken_name())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            name: ServerName::try_from(host.to_owned()).map_err(|_malformed| broken_name())?,
        })
    }

    /// Encrypts the connection, once the server has shown a certificate that bears its name.
    pub(super) async fn connect(
        &self,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, SendError> {
        self.connector
            .connect(self.name.clone(), stream)
            .await
            .map_err(|error| classified(&error))
    }
}

fn classified(error: &std::io::Error) -> SendError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => {
            SendError::Configuration(Failure::of(Cause::Untrusted))
        }
        Some(_other) => SendError::Configuration(Failure::of(Cause::Handshake)),
        None => SendError::Temporary(Failure::of(Cause::Interrupted)),
    }
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), ConfigError> {
    let unreadable = || {
        ConfigError::new(
            "mail.ca_file",
            "文件无法读取，或不是 PEM 格式的证书；请检查路径、权限和内容",
            "the file cannot be read or holds no certificates in PEM; check path, rights and content",
        )
    };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|_no_path| unreadable())?;
    for certificate in certificates {
        let certificate = certificate.map_err(|_no_detail| unreadable())?;
        roots.add(certificate).map_err(|_no_detail| unreadable())?;
    }
    Ok(())
}

fn broken_name() -> ConfigError {
    ConfigError::new(
        "mail.host",
        "不能作为证书上的名称；请填写证书所载的域名",
        "cannot be the name on a certificate; give the domain name that the certificate bears",
    )
}
