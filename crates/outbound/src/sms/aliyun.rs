use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, redirect};
use yuntu_terms::{ClauseId, Clock, Entropy, OutboxId, Sink, Warrant, clause};
use zeroize::Zeroizing;

use super::SmsSender;
use super::acs3::{Request, Signed, hex};
use super::answer;
use crate::config::{Secret, SmsConfig, SmsTemplates, time_limit};
use crate::error::{Cause, ConfigError, Failure, SendError};
use crate::letter::Letter;
use crate::message::Message;
use crate::notice::Kind;

/// The hosts of the service in the mainland: the public one, and those inside the provider's networks.
const HOSTS: &[&str] = &[
    "dysmsapi.aliyuncs.com",
    "dysmsapi-vpc.cn-hangzhou.aliyuncs.com",
    "dysmsapi-vpc.cn-shanghai.aliyuncs.com",
    "dysmsapi-vpc.cn-shenzhen.aliyuncs.com",
];
const ACTION: &str = "SendSms";
const VERSION: &str = "2017-05-25";
const ANSWER_BYTES_MAX: usize = 64 * 1_024;

/// Sends text messages through Alibaba Cloud (`Dysmsapi`, version 2017-05-25, `SendSms`).
pub struct AliyunSms {
    client: Client,
    endpoint: Endpoint,
    key_id: String,
    secret: Secret,
    sign_name: String,
    templates: BTreeMap<Kind, SmsTemplates>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Endpoint {
    scheme: &'static str,
    host: String,
}

impl AliyunSms {
    /// Reads the secret and prepares the client; nothing is sent yet.
    ///
    /// # Errors
    /// [`ConfigError`] names the value that cannot be used; an endpoint outside the mainland is refused by R13.
    ///
    /// # Clause
    /// R13
    pub fn open(
        config: &SmsConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, ConfigError> {
        let endpoint = Endpoint::read(config.endpoint.as_deref())?;
        let plain = |text: &str| !text.is_empty() && !text.contains(char::is_control);
        if !plain(&config.access_key_id) || config.access_key_id.contains([',', ' ']) {
            return Err(ConfigError::new(
                "sms.access_key_id",
                "不得为空或含空格、逗号",
                "expected an id without spaces and commas",
            ));
        }
        if !plain(&config.sign_name) {
            return Err(ConfigError::new(
                "sms.sign_name",
                "请填写服务商已审核的签名",
                "give the signature that the provider has approved",
            ));
        }
        let limit = time_limit("sms.time_limit_seconds", config.time_limit_seconds)?;
        Ok(Self {
            client: client(limit)?,
            endpoint,
            key_id: config.access_key_id.clone(),
            secret: Secret::read("sms.access_key_secret_file", &config.access_key_secret_file)?,
            sign_name: config.sign_name.clone(),
            templates: config.templates.clone(),
            clock,
            entropy,
        })
    }

    fn pack(
        &self,
        warrant: &dyn Warrant,
        id: OutboxId,
        message: &Message,
    ) -> Result<Signed, SendError> {
        let now = self.clock.now();
        if message.expires_at().is_some_and(|end| now >= end) {
            clause::hit!(R2);
            return Err(SendError::Permanent(Failure::of(Cause::Expired)));
        }
        let template = self
            .templates
            .get(&message.kind())
            .map(|templates| templates.get(message.lang()))
            .ok_or(SendError::Configuration(Failure::of(Cause::NoTemplate)))?;
        let mut nonce = [0; 16];
        self.entropy
            .fill(&mut nonce)
            .map_err(|_no_detail| SendError::Temporary(Failure::of(Cause::Entropy)))?;
        let date = now.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let signed = message.open(warrant, Sink::Sms, |letter| {
            let parameters = Zeroizing::new(variables(letter));
            let request = Request {
                host: &self.endpoint.host,
                action: ACTION,
                version: VERSION,
                date: &date,
                nonce: &hex(&nonce),
                parameters: &[
                    ("PhoneNumbers", &letter.to),
                    ("SignName", &self.sign_name),
                    ("TemplateCode", template),
                    ("TemplateParam", &parameters),
                    ("OutId", &id.to_string()),
                ],
            };
            request.sign(&self.key_id, self.secret.expose())
        });
        match signed {
            Some(Some(signed)) => Ok(signed),
            Some(None) => Err(SendError::Permanent(Failure::of(Cause::Malformed))),
            None => Err(SendError::Permanent(Failure::of(Cause::NotWarranted))),
        }
    }
}

#[async_trait]
impl SmsSender for AliyunSms {
    fn host(&self) -> String {
        let host = self.endpoint.host.split_once(':');
        host.map_or(self.endpoint.host.as_str(), |(name, _port)| name)
            .to_owned()
    }

    async fn send(
        &self,
        warrant: &(dyn Warrant + Sync),
        id: OutboxId,
        message: &Message,
    ) -> Result<(), SendError> {
        let Signed { query, headers } = self.pack(warrant, id, message)?;
        let Endpoint { scheme, host } = &self.endpoint;
        let url = Zeroizing::new(format!("{scheme}://{host}/?{}", *Zeroizing::new(query)));
        let mut request = self.client.post(url.as_str());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        // What the client says of a failure holds the address, and that holds the number.
        let response = request.send().await.map_err(|error| lost(&error))?;
        let status = response.status();
        let body = read_bounded(response).await?;
        answer::judge(status, &body)
    }
}

/// Writes the template's variable as the JSON that the provider fills in.
fn variables(letter: &Letter) -> String {
    let mut object = serde_json::Map::new();
    if let Some(variable) = &letter.variable {
        object.insert(variable.0.to_owned(), variable.1.clone().into());
    }
    serde_json::Value::Object(object).to_string()
}

fn client(limit: Duration) -> Result<Client, ConfigError> {
    Client::builder()
        .timeout(limit)
        // A redirect or a proxy would lead personal data to a host that nobody allowed.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|_no_detail| {
            ConfigError::new(
                "sms",
                "无法建立加密连接；请安装系统证书（如 ca-certificates）",
                "no encrypted connection can be made; install the system's certificates (such as ca-certificates)",
            )
        })
}

fn lost(error: &reqwest::Error) -> SendError {
    let cause = if error.is_timeout() {
        Cause::TimedOut
    } else if error.is_connect() {
        Cause::Unreachable
    } else {
        Cause::Interrupted
    };
    SendError::Temporary(Failure::of(cause))
}

async fn read_bounded(mut response: reqwest::Response) -> Result<Vec<u8>, SendError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(SendError::Temporary(Failure::of(Cause::Interrupted)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Endpoint {
    fn read(text: Option<&str>) -> Result<Self, ConfigError> {
        let text = text.unwrap_or("dysmsapi.aliyuncs.com");
        if HOSTS.contains(&text) {
            return Ok(Self {
                scheme: "https",
                host: text.to_owned(),
            });
        }
        let here = text.strip_prefix("http://").filter(|rest| {
            rest.parse()
                .is_ok_and(|at: SocketAddr| at.ip().is_loopback())
        });
        if let Some(host) = here {
            return Ok(Self {
                scheme: "http",
                host: host.to_owned(),
            });
        }
        clause::hit!(R13);
        Err(ConfigError::new(
            "sms.endpoint",
            "不是境内的服务地址，个人信息不得发往此处（R13）；请省略此项或填写 dysmsapi.aliyuncs.com",
            "not an endpoint in the mainland, so personal data must not go there (R13); leave it out or give dysmsapi.aliyuncs.com",
        )
        .by(ClauseId::r(13)))
    }
}

impl fmt::Debug for AliyunSms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AliyunSms")
            .field("endpoint", &self.endpoint)
            .field("sign_name", &self.sign_name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_abroad_is_refused_by_its_clause() {
        let _mark = clause::check!(R13);
        for bad in [
            "dysmsapi.ap-southeast-1.aliyuncs.com",
            "https://dysmsapi.aliyuncs.com",
            "http://dysmsapi.aliyuncs.com",
            "dysmsapi.aliyuncs.com.evil.example",
            "http://127.0.0.1.evil.example:80",
            "http://127.0.0.1:80@evil.example",
            "http://192.0.2.1:80",
            "",
        ] {
            let error = Endpoint::read(Some(bad)).unwrap_err();
            assert_eq!(error.clause(), Some(ClauseId::r(13)), "{bad}");
            assert_eq!(error.field(), "sms.endpoint");
        }
        assert_eq!(Endpoint::read(None).unwrap().scheme, "https");
        for good in ["http://127.0.0.1:8025", "http://[::1]:8025"] {
            assert_eq!(Endpoint::read(Some(good)).unwrap().scheme, "http");
        }
    }
}
