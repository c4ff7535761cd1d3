//! The part of the configuration about messages. Nothing secret stands in it: it names the files that hold secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use yuntu_terms::{ClauseId, Lang, Region, clause};
use zeroize::Zeroizing;

use crate::error::ConfigError;
use crate::notice::Kind;
use crate::recipient::{is_domain, is_mail};

const SECONDS_DEFAULT: u64 = 60;
const SECONDS_MAX: u64 = 300;
const SECRET_BYTES_MAX: u64 = 4_096;

/// How messages leave; what is left out stays in the outbox of the console.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutboundConfig {
    /// The mail server that takes our mail.
    pub mail: Option<MailConfig>,
    /// The provider that takes our text messages.
    pub sms: Option<SmsConfig>,
}

/// The mail server that takes our mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The name or address of the server; its certificate must bear it.
    pub host: String,
    /// The port; 587 for `starttls`, 465 for `tls`, 25 for `plain` when left out.
    pub port: Option<u16>,
    /// How the session is protected.
    pub security: Security,
    /// The file of the authorities to trust, in PEM, instead of those of the system.
    pub ca_file: Option<PathBuf>,
    /// The name to sign in with.
    pub username: Option<String>,
    /// The file that holds the password, so that it is not in this one.
    pub password_file: Option<PathBuf>,
    /// The address from which mail comes.
    pub from: String,
    /// Where the server stands; addresses of people in the mainland go to it.
    pub region: Region,
    /// How long one message may take, from connecting to the last reply, in seconds: 1 to 300, 60 when left out.
    pub time_limit_seconds: Option<u64>,
}

/// How a session with the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// It begins in the clear and must become encrypted before anything is said; a server that cannot is refused.
    StartTls,
    /// It is encrypted from the first byte.
    Tls,
    /// It is never encrypted: for a server on the same machine, by its loopback address.
    Plain,
}

/// The account with the provider of text messages, Alibaba Cloud.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsConfig {
    /// The service's host in the mainland, `dysmsapi.aliyuncs.com` when left out; or `http://` and a loopback address with
    /// a port, for a stand-in on the same machine.
    pub endpoint: Option<String>,
    /// The id of the access key.
    pub access_key_id: String,
    /// The file that holds the secret of the access key, so that it is not in this one.
    pub access_key_secret_file: PathBuf,
    /// The signature that the provider has approved, such as `云图`.
    pub sign_name: String,
    /// The approved template of each kind of message; a kind without one is not sent.
    pub templates: BTreeMap<Kind, SmsTemplates>,
    /// How long one message may take, in seconds: 1 to 300, 60 when left out.
    pub time_limit_seconds: Option<u64>,
}

/// The codes of one kind's templates.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsTemplates {
    /// The Chinese template, such as `SMS_100000001`.
    pub zh: String,
    /// The English template.
    pub en: String,
}

impl SmsTemplates {
    pub(crate) fn get(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}

impl OutboundConfig {
    /// Takes relative paths as below this folder.
    #[must_use]
    pub fn below(mut self, folder: &Path) -> Self {
        if let Some(mail) = &mut self.mail {
            for file in [&mut mail.ca_file, &mut mail.password_file] {
                *file = file.take().map(|path| folder.join(path));
            }
        }
        if let Some(sms) = &mut self.sms {
            sms.access_key_secret_file = folder.join(&sms.access_key_secret_file);
        }
        self
    }
}

/// A password or key; it is wiped when dropped and never printed.
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    /// Reads the first line of a file.
    pub(crate) fn read(field: &'static str, path: &Path) -> Result<Self, ConfigError> {
        let unreadable = || {
            ConfigError::new(
                field,
                "文件无法读取，或不是一行不超过 4096 字节的文字；请检查路径、权限和内容",
                "the file cannot be read or is not one line of at most 4096 bytes; check path, rights and content",
            )
        };
        let size = fs::metadata(path).map_err(|_no_path| unreadable())?.len();
        if size > SECRET_BYTES_MAX {
            return Err(unreadable());
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|_no_path| unreadable())?);
        let line = text.trim_end_matches(['\r', '\n']);
        if line.is_empty() || line.contains(char::is_control) {
            return Err(unreadable());
        }
        Ok(Self(Zeroizing::new(line.to_owned())))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Reads a time limit.
pub(crate) fn time_limit(
    field: &'static str,
    seconds: Option<u64>,
) -> Result<Duration, ConfigError> {
    let seconds = seconds.unwrap_or(SECONDS_DEFAULT);
    if (1..=SECONDS_MAX).contains(&seconds) {
        return Ok(Duration::from_secs(seconds));
    }
    Err(ConfigError::new(
        field,
        "须为 1 至 300 秒",
        "expected 1 to 300 seconds",
    ))
}

impl MailConfig {
    /// Checks what can be checked before the first session.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.region != Region::CN {
            clause::hit!(R13);
            return Err(ConfigError::new(
                "mail.region",
                "邮件服务器不在境内，个人信息不得经它发出（R13）；请使用境内的服务器",
                "the mail server stands abroad and must not get personal data (R13); use one in the mainland",
            )
            .by(ClauseId::r(13)));
        }
        if !is_domain(&self.host) && self.host.parse::<IpAddr>().is_err() {
            return Err(ConfigError::new(
                "mail.host",
                "须为域名或 IP 地址",
                "expected a domain name or an IP address",
            ));
        }
        if !is_mail(&self.from) {
            return Err(ConfigError::new(
                "mail.from",
                "须为邮箱地址，如 no-reply@example.cn",
                "expected a mail address, such as no-reply@example.cn",
            ));
        }
        self.check_security()?;
        self.check_login()
    }

    fn check_security(&self) -> Result<(), ConfigError> {
        let here = self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if self.security == Security::Plain && !here {
            return Err(ConfigError::new(
                "mail.security",
                "不加密只能用于本机的回环地址（127.0.0.1 或 ::1）；请改用 starttls 或 tls",
                "plain is for a loopback address only (127.0.0.1 or ::1); use starttls or tls",
            ));
        }
        if self.security == Security::Plain && self.ca_file.is_some() {
            return Err(ConfigError::new(
                "mail.ca_file",
                "不加密时不检查证书；请去掉此项或改用 starttls 或 tls",
                "plain checks no certificate; leave this out or use starttls or tls",
            ));
        }
        Ok(())
    }

    fn check_login(&self) -> Result<(), ConfigError> {
        let named = self.username.as_deref();
        if named.is_some() != self.password_file.is_some() {
            return Err(ConfigError::new(
                "mail.username",
                "username 和 password_file 须同时填写或同时省略",
                "username and password_file go together: give both or neither",
            ));
        }
        if named.is_some_and(|name| name.is_empty() || name.contains(char::is_control)) {
            return Err(ConfigError::new(
                "mail.username",
                "不得为空或含控制字符",
                "expected a name without control characters",
            ));
        }
        Ok(())
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::Plain => 25,
        })
    }
}
