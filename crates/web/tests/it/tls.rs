//! The server's own TLS: version 1.3 alone, one visitor never in another's way, and certificates that are renewed.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use yuntu_app::vault::PasskeySite;
use yuntu_terms::clause;
use yuntu_testkit::Authority;
use yuntu_web::{Certificates, Doors, TlsFault, TlsFiles};

use crate::site::{ORIGIN, Site};

const NEW: &[&SupportedProtocolVersion] = &[&TLS13];
const OLD: &[&SupportedProtocolVersion] = &[&TLS12];

fn files(folder: &Path) -> TlsFiles {
    TlsFiles {
        certificate: folder.join("site.pem"),
        key: folder.join("site.key"),
    }
}

fn written(folder: &Path) -> Authority {
    let (authority, files) = (Authority::of_localhost().unwrap(), files(folder));
    authority.write(&files.certificate, &files.key).unwrap();
    authority
}

/// A server with TLS and a door that sends on.
struct Served {
    secure: SocketAddr,
    plain: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
    _site: Site,
}

impl Served {
    async fn open(certificates: &Arc<Certificates>) -> Self {
        let site = Site::open().await;
        let platform = site.platform.clone();
        let platform = platform.at_origin(PasskeySite::new(ORIGIN).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addresses = (listener.local_addr().unwrap(), plain.local_addr().unwrap());
        let doors = Doors {
            listener,
            certificates: Some(Arc::clone(certificates)),
            plain: Some(plain),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(yuntu_web::serve(doors, platform, async {
            // Told or dropped, it is over.
            drop(stopped.await);
        }));
        Self {
            secure: addresses.0,
            plain: addresses.1,
            stop,
            running,
            _site: site,
        }
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }
}

async fn plainly(server: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let asked = format!("GET {path} HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A server that speaks only TLS may hang up in the middle.
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_tls_1_3_is_spoken_and_others_are_sent_to_it() {
    let _mark = clause::check!(R22);
    let folder = tempfile::tempdir().unwrap();
    let authority = written(folder.path());
    let certificates = Certificates::open(files(folder.path())).unwrap();
    let served = Served::open(&certificates).await;
    // Visitors who say nothing keep nobody waiting.
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect(served.secure).await.unwrap());
    }
    let answer = authority.get(served.secure, NEW, "/healthz").await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"),
        "{answer}"
    );
    assert!(authority.get(served.secure, OLD, "/healthz").await.is_err());
    let answer = plainly(served.secure, "/healthz").await;
    assert!(!answer.contains("HTTP/1.1 200"), "{answer}");
    let answer = plainly(served.plain, "/statement?lang=zh").await;
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
    let there = format!("location: {ORIGIN}/statement?lang=zh\r\n");
    assert!(answer.contains(&there), "{answer}");
    drop(silent);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_used_without_a_restart_and_a_bad_one_never() {
    let folder = tempfile::tempdir().unwrap();
    let first = written(folder.path());
    let certificates = Certificates::open(files(folder.path())).unwrap();
    let served = Served::open(&certificates).await;
    // The worker has had its first turn once the metrics say so; from then on only this test reads anew for a minute.
    let turned = "yuntu_worker_turns_total{worker=\"certificate\",outcome=\"done\"} 1";
    loop {
        let metrics = first.get(served.secure, NEW, "/metrics").await.unwrap();
        if metrics.contains(turned) {
            break;
        }
        tokio::task::yield_now().await;
    }
    let second = written(folder.path());
    certificates.refresh().unwrap();
    assert!(second.get(served.secure, NEW, "/healthz").await.is_ok());
    assert!(first.get(served.secure, NEW, "/healthz").await.is_err());
    for (certificate, key, fault) in [
        ("", second.key.as_str(), TlsFault::Certificate),
        ("no PEM", second.key.as_str(), TlsFault::Certificate),
        (second.certificate.as_str(), "", TlsFault::Key),
        (
            second.certificate.as_str(),
            first.key.as_str(),
            TlsFault::Mismatch,
        ),
        (
            second.certificate.as_str(),
            second.certificate.as_str(),
            TlsFault::Key,
        ),
    ] {
        let files = files(folder.path());
        std::fs::write(&files.certificate, certificate).unwrap();
        std::fs::write(&files.key, key).unwrap();
        assert_eq!(certificates.refresh(), Err(fault));
        assert_eq!(Certificates::open(files).unwrap_err(), fault);
        assert!(second.get(served.secure, NEW, "/healthz").await.is_ok());
    }
    served.end().await;
}
