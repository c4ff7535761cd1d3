//! The configuration of an installation: `yuntu.toml` in its folder, or defaults that make it run at once.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use yuntu_app::engine::EngineConfig;
use yuntu_app::imports::IntakeConfig;
use yuntu_app::lake::{DropArea, LakeConfig, S3Settings};
use yuntu_app::outbound::{MailConfig, Medium, Outbound, OutboundConfig, SmsConfig};
use yuntu_app::store::{DatabaseConfig, Migrate};
use yuntu_app::vault::PasskeySite;
use yuntu_app::{Platform, PlatformConfig};
use yuntu_statement::ContactSlot;
use yuntu_statement::render::Installation;
use yuntu_terms::{Region, SystemClock, SystemEntropy, Text};
use yuntu_web::{Certificates, TlsFiles};

use crate::failure::{Failure, OrFail as _};
use custody::KeysSection;

pub(crate) use custody::must_exist;

mod custody;
mod faults;
mod keys;

/// What `yuntu.toml` may hold; whatever is left out has its default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Where everything of the installation lies; CN when left out.
    region: Option<Region>,
    database: DatabaseSection,
    lake: LakeSection,
    intake: IntakeSection,
    ledger: LedgerSection,
    keys: KeysSection,
    server: ServerSection,
    web: WebSection,
    /// The mail server; mail stays in the local outbox when left out.
    mail: Option<MailConfig>,
    /// The provider of text messages; they stay in the local outbox when left out.
    sms: Option<SmsConfig>,
    operator: OperatorSection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DatabaseSection {
    /// `sqlite://…` or `postgres://…`; a file in the folder when left out.
    url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LakeSection {
    /// An S3-speaking store; a folder when left out.
    s3: Option<S3Section>,
}

/// What files may come in.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct IntakeSection {
    /// How large a file may be that is uploaded; 64 GiB when left out.
    file_bytes_max: Option<u64>,
    /// A folder that holds one folder for each enterprise, named by its id, where it puts files by itself.
    folder: Option<PathBuf>,
    /// The same in an S3-speaking store.
    s3: Option<S3Section>,
    /// The folder inside that store.
    prefix: String,
    /// After how many rows an import commits; a small machine takes fewer than the default of a million.
    chunk_rows: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct S3Section {
    endpoint: String,
    bucket: String,
    /// The region as the service names it, such as `cn-north-1`.
    service_region: String,
    access_key_id: String,
    /// The file that holds the secret key, so that it is not in this file.
    secret_access_key_file: PathBuf,
    /// Whether the endpoint may be reached without TLS; for tests on one machine.
    #[serde(default)]
    allow_http: bool,
}

impl S3Section {
    fn settings(&self) -> Result<S3Settings, Failure> {
        let secret = fs::read_to_string(&self.secret_access_key_file).or_fail(
            "secret_access_key_file 无法读取",
            "secret_access_key_file cannot be read",
        )?;
        Ok(S3Settings {
            endpoint: self.endpoint.clone(),
            bucket: self.bucket.clone(),
            service_region: self.service_region.clone(),
            access_key_id: self.access_key_id.clone(),
            secret_access_key: secret.trim().to_owned(),
            allow_http: self.allow_http,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LedgerSection {
    /// The name under which the ledger signs.
    name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ServerSection {
    /// The address to listen on.
    listen: Option<SocketAddr>,
    /// The certificate of the site, in PEM; a proxy speaks TLS when left out.
    certificate: Option<PathBuf>,
    /// Its private key.
    key: Option<PathBuf>,
    /// An address that sends whoever comes without TLS to the origin.
    redirect: Option<SocketAddr>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WebSection {
    /// The origin at which people reach the site, such as `https://yuntu.example`: links lead there, and passkeys belong
    /// to it. `http://localhost` with the port when left out, which does on one's own machine.
    origin: Option<String>,
}

/// Who runs the installation: what the statement says of its operator (PIPL 17, clauses R23, R26 and R27).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OperatorSection {
    /// The registered name.
    name: String,
    /// The postal address.
    address: String,
    /// The mailbox for rights, complaints and reports about minors.
    privacy_email: String,
    /// The telephone for the same.
    privacy_phone: String,
    /// The person in charge of personal information protection.
    privacy_officer: String,
    /// Where the statement and its versions are read.
    website: String,
}

impl OperatorSection {
    fn installation(&self) -> Installation {
        Installation::new(ContactSlot::ALL.iter().map(|slot| {
            let value = match slot {
                ContactSlot::OperatorName => &self.name,
                ContactSlot::OperatorAddress => &self.address,
                ContactSlot::PrivacyEmail => &self.privacy_email,
                ContactSlot::PrivacyPhone => &self.privacy_phone,
                ContactSlot::PrivacyOfficer => &self.privacy_officer,
                ContactSlot::Website => &self.website,
            };
            (*slot, value.clone())
        }))
    }
}

/// Names the key of `[operator]` that fills a slot.
pub(crate) fn operator_key(slot: ContactSlot) -> &'static str {
    match slot {
        ContactSlot::OperatorName => "name",
        ContactSlot::OperatorAddress => "address",
        ContactSlot::PrivacyEmail => "privacy_email",
        ContactSlot::PrivacyPhone => "privacy_phone",
        ContactSlot::PrivacyOfficer => "privacy_officer",
        ContactSlot::Website => "website",
    }
}

impl Config {
    /// Reads the configuration of a folder; an absent file means defaults.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("yuntu.toml");
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| faults::unusable(&text, &error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).or_fail(
                format!("配置文件 {} 无法读取", path.display()),
                format!("the configuration `{}` cannot be read", path.display()),
            ),
        }
    }

    /// Returns the address to listen on.
    pub(crate) fn listen(&self) -> SocketAddr {
        self.server
            .listen
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)))
    }

    /// Takes an address that goes before the configured one; an origin that is not configured follows it.
    pub(crate) fn listen_on(&mut self, address: SocketAddr) {
        self.server.listen = Some(address);
    }

    /// Returns the origin at which people reach the site.
    pub(crate) fn origin(&self) -> String {
        match &self.web.origin {
            Some(origin) => origin.clone(),
            None if self.server.certificate.is_some() => {
                format!("https://localhost:{}", self.listen().port())
            }
            None => format!("http://localhost:{}", self.listen().port()),
        }
    }

    /// Reads the certificate and its key, if the server is to speak TLS itself.
    pub(crate) fn certificates(&self, folder: &Path) -> Result<Option<Arc<Certificates>>, Failure> {
        let (certificate, key) = match (&self.server.certificate, &self.server.key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => (folder.join(certificate), folder.join(key)),
            (Some(_), None) | (None, Some(_)) => {
                return Err(Failure::new(
                    "yuntu.toml 的 [server] 中 certificate 与 key 须同时填写",
                    "[server] of yuntu.toml needs `certificate` and `key` together",
                ));
            }
        };
        let opened = Certificates::open(TlsFiles { certificate, key });
        opened.map(Some).map_err(|fault| {
            Failure::new(
                "yuntu.toml 的 [server] 所指的证书无法使用",
                "the certificate that [server] of yuntu.toml names cannot be used",
            )
            .remedy(fault.remedy())
        })
    }

    /// Returns the address that sends on whoever comes without TLS.
    pub(crate) fn redirect(&self) -> Option<SocketAddr> {
        self.server.redirect
    }

    /// Takes the origin, at which passkeys must be possible.
    pub(crate) fn site(&self) -> Result<PasskeySite, Failure> {
        PasskeySite::new(&self.origin()).map_err(|_form| {
            Failure::new(
                "yuntu.toml 中 [web] 的 origin 不可用",
                "`origin` of [web] in yuntu.toml cannot be used",
            )
            .remedy(Text::new(
                "请填写 https:// 加域名（可带端口），末尾不带斜杠；本机试用可填 http://localhost:8080",
                "give https:// and a name, with a port where needed and no slash at the end; http://localhost:8080 does on one's own machine",
            ))
        })
    }

    /// Lists the kinds of message for which no way out is configured.
    pub(crate) fn stays_here(&self) -> Vec<Medium> {
        let mail = self.mail.is_none().then_some(Medium::Mail);
        let sms = self.sms.is_none().then_some(Medium::Sms);
        mail.into_iter().chain(sms).collect()
    }

    /// Returns who runs the installation.
    pub(crate) fn operator(&self) -> Installation {
        self.operator.installation()
    }

    /// Opens the installation; a new folder becomes one. No other process has its ledger then.
    pub(crate) async fn open(&self, folder: &Path, migrate: Migrate) -> Result<Platform, Failure> {
        let (config, site) = (self.platform(folder, migrate)?, self.site()?);
        let platform = Platform::open(config).await.or_fail(
            format!("安装 {} 无法打开", folder.display()),
            format!(
                "the installation in `{}` cannot be opened",
                folder.display()
            ),
        )?;
        Ok(platform.at_origin(site))
    }

    /// Opens an installation on which a server may run.
    pub(crate) async fn open_beside(&self, folder: &Path) -> Result<Platform, Failure> {
        must_exist(folder)?;
        let config = self.platform(folder, Migrate::Require)?;
        Platform::open_beside(config).await.or_fail(
            format!("安装 {} 无法打开", folder.display()),
            format!(
                "the installation in `{}` cannot be opened",
                folder.display()
            ),
        )
    }

    fn platform(&self, folder: &Path, migrate: Migrate) -> Result<PlatformConfig, Failure> {
        for part in ["lake", "keys"] {
            let path = folder.join(part);
            fs::create_dir_all(&path).or_fail(
                format!("安装文件夹 {} 无法建立", folder.display()),
                format!(
                    "the folder `{}` of the installation cannot be made",
                    folder.display()
                ),
            )?;
        }
        let region = self.region.unwrap_or(Region::CN);
        let mut database = DatabaseConfig::new(self.database_url(folder));
        database.migrate = migrate;
        Ok(PlatformConfig {
            database,
            lake: self.lake_in_parts(folder, region)?,
            region,
            keys: self.keys.provider(folder)?,
            suite: self.keys.suite(),
            ledger: folder.join("ledger"),
            ledger_name: self
                .ledger
                .name
                .clone()
                .unwrap_or_else(|| String::from("yuntu.example/ledger")),
            ledger_key: folder.join("keys/ledger"),
            operator: self.operator(),
            outbound: self.outbound(folder)?,
            engine: EngineConfig::default(),
            intake: self.intake(folder)?,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        })
    }

    /// Opens the ways out that are configured.
    fn outbound(&self, folder: &Path) -> Result<Outbound, Failure> {
        let config = OutboundConfig {
            mail: self.mail.clone(),
            sms: self.sms.clone(),
        };
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        Outbound::open(&config.below(folder), clock, entropy)
            .map_err(|error| faults::refused(&error))
    }

    fn database_url(&self, folder: &Path) -> String {
        self.database
            .url
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}?mode=rwc", folder.join("yuntu.db").display()))
    }

    /// Opens the drop area that is configured.
    fn intake(&self, folder: &Path) -> Result<IntakeConfig, Failure> {
        let section = &self.intake;
        let drop_area = match (&section.folder, &section.s3) {
            (None, None) => None,
            (Some(area), None) => Some(DropArea::folder(&folder.join(area)).or_fail(
                "yuntu.toml 的 [intake] 所指的文件夹无法使用",
                "the folder that [intake] of yuntu.toml names cannot be used",
            )?),
            (None, Some(s3)) => Some(DropArea::s3(&s3.settings()?, &section.prefix).or_fail(
                "yuntu.toml 的 [intake] 的 S3 设置无法使用",
                "the S3 settings of [intake] in yuntu.toml cannot be used",
            )?),
            (Some(_), Some(_)) => {
                return Err(Failure::new(
                    "yuntu.toml 的 [intake] 中 folder 与 s3 只能填写一个",
                    "[intake] of yuntu.toml takes `folder` or `s3`, not both",
                ));
            }
        };
        let default = IntakeConfig::default();
        Ok(IntakeConfig {
            file_bytes_max: section.file_bytes_max.unwrap_or(default.file_bytes_max),
            drop_area,
            ..default
        })
    }

    fn lake_in_parts(&self, folder: &Path, region: Region) -> Result<LakeConfig, Failure> {
        let lake = self.lake(folder, region)?;
        let chunk_rows = self.intake.chunk_rows.unwrap_or(lake.chunk_rows);
        Ok(LakeConfig { chunk_rows, ..lake })
    }

    fn lake(&self, folder: &Path, region: Region) -> Result<LakeConfig, Failure> {
        let Some(s3) = &self.lake.s3 else {
            return LakeConfig::local(&folder.join("lake"), region).or_fail(
                "数据文件夹无法使用",
                "the folder of the lake cannot be used",
            );
        };
        let settings = s3.settings()?;
        LakeConfig::s3(&settings, region)
            .or_fail("S3 设置无法使用", "the S3 settings cannot be used")
    }
}

#[cfg(test)]
mod tests {
    use yuntu_statement::Statement;

    use super::*;

    #[test]
    fn every_fact_about_the_operator_has_a_key() {
        let keys = ContactSlot::ALL.iter().map(|slot| operator_key(*slot));
        let lines: Vec<_> = keys.map(|key| format!("{key} = \"of {key}\"\n")).collect();
        let text = format!("[operator]\n{}", lines.concat());
        let operator = toml::from_str::<Config>(&text).unwrap().operator();
        assert!(operator.missing(Statement::in_force().unwrap()).is_empty());
        for slot in ContactSlot::ALL {
            let value = operator.value(*slot, yuntu_terms::Lang::En);
            assert_eq!(value, format!("of {}", operator_key(*slot)));
        }
        assert!(toml::from_str::<Config>("[operator]\nphone = \"1\"\n").is_err());
    }
}
