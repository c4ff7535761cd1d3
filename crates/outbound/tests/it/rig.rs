use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use yuntu_outbound::{Code, CodeUse, MailConfig, Mailer, Message, Recipient, Security, SendError};
use yuntu_terms::{
    Clock, Id, Lang, MockClock, OutboxId, Pii, Region, SeededEntropy, Sink, Timestamp, Warrant,
};
use yuntu_testkit::SmtpIdentity;

/// Opens personal data at one sink.
pub(crate) struct Only(pub(crate) Sink);

impl Warrant for Only {
    fn opens(&self, sink: Sink) -> bool {
        sink == self.0
    }
}

/// An authority with a certificate for 127.0.0.1, as files.
pub(crate) struct Authority {
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::naming("127.0.0.1")
    }

    /// Makes an authority whose server certificate bears this name.
    pub(crate) fn naming(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let server = server.signed_by(&key, &ca).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: String| {
            std::fs::write(folder.path().join(file), text).unwrap();
        };
        write("ca.pem", ca.pem());
        write("server.pem", server.pem());
        write("server.key", key.serialize_pem());
        Self { folder }
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub(crate) fn files(&self) -> (PathBuf, PathBuf) {
        let path = self.folder.path();
        (path.join("server.pem"), path.join("server.key"))
    }
}

pub(crate) fn identity((certificate, key): &(PathBuf, PathBuf)) -> SmtpIdentity<'_> {
    SmtpIdentity { certificate, key }
}

pub(crate) fn config(port: u16, security: Security, ca_file: Option<PathBuf>) -> MailConfig {
    MailConfig {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        security,
        ca_file,
        username: None,
        password_file: None,
        from: "no-reply@yuntu.example".to_owned(),
        region: Region::CN,
        time_limit_seconds: Some(20),
    }
}

pub(crate) fn with_login(mut config: MailConfig, username: &str, file: &Path) -> MailConfig {
    config.username = Some(username.to_owned());
    config.password_file = Some(file.to_owned());
    config
}

pub(crate) fn now() -> Timestamp {
    "2026-03-21T08:00:00Z".parse().unwrap()
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(MockClock::new(now()))
}

pub(crate) fn id() -> OutboxId {
    Id::generate(now(), &SeededEntropy::new(7)).unwrap()
}

pub(crate) fn code_to(address: &str, lang: Lang) -> Message {
    let to = Recipient::mail(Pii::new(address.to_owned())).unwrap();
    let code = Code::try_from("004217").unwrap();
    let until = "2026-03-21T08:05:00Z".parse().unwrap();
    Message::code(to, lang, CodeUse::SignIn, code, until)
}

/// Sends a code to the address with this configuration.
pub(crate) async fn send(config: &MailConfig, address: &str) -> Result<(), SendError> {
    let mailer = Mailer::open(config, clock()).unwrap();
    let message = code_to(address, Lang::Zh);
    mailer.send(&Only(Sink::Mail), id(), &message).await
}
