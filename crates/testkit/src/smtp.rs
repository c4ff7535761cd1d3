use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

const PROGRAM: &str = include_str!("smtp-server.py");
const INSTALL: &str = "the mail server of the tests is missing: apt-get install python3-aiosmtpd";

/// The interpreters that may have it: the system's, for which the package is, then whichever comes first.
const PYTHONS: [&str; 2] = ["/usr/bin/python3", "python3"];

/// A real mail server (aiosmtpd) on a port of the loopback; it ends with the value.
///
/// What a recipient's name begins with decides its fate: `refused` 550, `later` 450, `busy` 421, `dropped` hangs up
/// after the mail went out.
#[derive(Debug)]
pub struct SmtpServer {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
    // The server ends when this closes.
    _lifeline: ChildStdin,
}

/// How the server protects a session.
#[derive(Debug, Clone, Copy)]
pub enum SmtpSecurity<'a> {
    /// Not at all.
    Plain,
    /// After STARTTLS, which it insists on.
    StartTls(SmtpIdentity<'a>),
    /// From the first byte.
    Tls(SmtpIdentity<'a>),
}

/// The files of the server's certificate and key, in PEM.
#[derive(Debug, Clone, Copy)]
pub struct SmtpIdentity<'a> {
    /// The certificate.
    pub certificate: &'a Path,
    /// Its key.
    pub key: &'a Path,
}

/// Who may send.
#[derive(Debug, Clone, Copy)]
pub struct SmtpLogin<'a> {
    /// The name to sign in with.
    pub username: &'a str,
    /// The password.
    pub password: &'a str,
    /// The mechanisms that are not offered, such as `PLAIN`.
    pub without: &'a [&'a str],
}

impl SmtpServer {
    /// Starts a server and waits until it listens.
    ///
    /// # Errors
    /// When aiosmtpd is not installed or the server does not start; the message says what to do.
    pub fn start(security: SmtpSecurity<'_>, login: Option<SmtpLogin<'_>>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (word, identity) = match security {
            SmtpSecurity::Plain => ("plain", None),
            SmtpSecurity::StartTls(identity) => ("starttls", Some(identity)),
            SmtpSecurity::Tls(identity) => ("tls", Some(identity)),
        };
        let options = json!({
            "folder": folder.path(),
            "security": word,
            "certificate": identity.map(|identity| identity.certificate),
            "key": identity.map(|identity| identity.key),
            "username": login.map(|login| login.username),
            "password": login.map(|login| login.password),
            "without": login.map(|login| login.without),
        });
        let mut process = Command::new(python()?)
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context(INSTALL)?;
        let mut lifeline = process.stdin.take().context("no standard input")?;
        writeln!(lifeline, "{options}")?;
        let mut line = String::new();
        let output = process.stdout.take().context("no standard output")?;
        BufReader::new(output).read_line(&mut line)?;
        let port = line
            .trim()
            .parse()
            .context("the mail server of the tests does not start")?;
        Ok(Self {
            process,
            port,
            folder,
            _lifeline: lifeline,
        })
    }

    /// Returns the port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lists the mails that it took, oldest first, with the fields `from`, `to`, `encrypted`, `login`, `subject`,
    /// `headers`, `text`, `html` and `raw`, as Python's mail parser reads them.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn mails(&self) -> Result<Vec<Value>> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                paths.push(path);
            }
        }
        paths.sort();
        let read = |path| Ok(serde_json::from_str(&fs::read_to_string(path)?)?);
        paths.into_iter().map(read).collect()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn python() -> Result<&'static str> {
    for python in PYTHONS {
        let asked = Command::new(python)
            .args(["-c", "import aiosmtpd"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if asked.is_ok_and(|status| status.success()) {
            return Ok(python);
        }
    }
    bail!("{INSTALL}")
}
