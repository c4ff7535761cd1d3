//! The signature of requests to Alibaba Cloud, `ACS3-HMAC-SHA256`.
//!
//! Written from the provider's description, "Request syntax and signature method V3"
//! (help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature), whose example with fixed values is a test
//! below.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// A request whose parameters stand in the query and whose body is empty.
pub(super) struct Request<'a> {
    pub(super) host: &'a str,
    pub(super) action: &'a str,
    pub(super) version: &'a str,
    /// When, in UTC and whole seconds: `2023-10-26T10:22:32Z`.
    pub(super) date: &'a str,
    /// A value that no other request has.
    pub(super) nonce: &'a str,
    pub(super) parameters: &'a [(&'a str, &'a str)],
}

/// A request with its signature: the query, and the headers beside `host`.
pub(super) struct Signed {
    pub(super) query: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Request<'_> {
    /// Signs the request; `None` never happens, since HMAC takes keys of every length.
    pub(super) fn sign(&self, key_id: &str, secret: &str) -> Option<Signed> {
        let query = canonical_query(self.parameters);
        let body = hex(&Sha256::digest(b""));
        // In the order of their names, as the signature wants them.
        let mut headers = vec![
            ("host", self.host.to_owned()),
            ("x-acs-action", self.action.to_owned()),
            ("x-acs-content-sha256", body.clone()),
            ("x-acs-date", self.date.to_owned()),
            ("x-acs-signature-nonce", self.nonce.to_owned()),
            ("x-acs-version", self.version.to_owned()),
        ];
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut canonical = format!("POST\n/\n{query}\n");
        for (name, value) in &headers {
            canonical.push_str(name);
            canonical.push(':');
            canonical.push_str(value.trim());
            canonical.push('\n');
        }
        canonical.push('\n');
        canonical.push_str(&names);
        canonical.push('\n');
        canonical.push_str(&body);
        let to_sign = format!("{ALGORITHM}\n{}", hex(&Sha256::digest(&canonical)));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        mac.update(to_sign.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        headers.remove(0);
        headers.push((
            "authorization",
            format!("{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"),
        ));
        Some(Signed { query, headers })
    }
}

fn canonical_query(parameters: &[(&str, &str)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let mut query = String::new();
    for (name, value) in sorted {
        if !query.is_empty() {
            query.push('&');
        }
        push_encoded(&mut query, name);
        query.push('=');
        push_encoded(&mut query, value);
    }
    query
}

/// Encodes every byte but the unreserved ones (RFC 3986, 2.3).
fn push_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").ok();
        }
    }
}

/// Writes bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_has_its_published_signature() {
        let request = Request {
            host: "ecs.cn-shanghai.aliyuncs.com",
            action: "RunInstances",
            version: "2014-05-26",
            date: "2023-10-26T10:22:32Z",
            nonce: "3156853299f313e23d1673dc12e1703d",
            parameters: &[
                ("RegionId", "cn-shanghai"),
                (
                    "ImageId",
                    "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
                ),
            ],
        };
        let signed = request
            .sign("YourAccessKeyId", "YourAccessKeySecret")
            .unwrap();
        let (_, authorization) = signed.headers.last().unwrap();
        assert_eq!(
            authorization,
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,\
             SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
             Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }

    #[test]
    fn what_is_not_unreserved_is_encoded_and_parameters_are_sorted() {
        assert_eq!(
            canonical_query(&[("b", "a b*c~d/e+"), ("a", "云{\"}")]),
            "a=%E4%BA%91%7B%22%7D&b=a%20b%2Ac~d%2Fe%2B"
        );
    }
}
