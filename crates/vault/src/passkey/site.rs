use webauthn_rp::request::{AsciiDomain, DomainOrigin, Port, RpId, Scheme};

/// A site that passkeys belong to: its origin, and the domain that they are made for.
#[derive(Debug)]
pub struct PasskeySite {
    rp: RpId,
    text: String,
    secure: bool,
    host: String,
    port: Option<u16>,
}

/// The text is no origin at which passkeys work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an origin for passkeys: expected https:// with a name of its own, or http://localhost"
)]
pub struct InvalidOrigin(());

impl PasskeySite {
    /// Takes an origin, such as `https://yuntu.example`, or `http://localhost:8080` on one's own machine. An address of
    /// numbers is none: browsers make passkeys for names only.
    ///
    /// # Errors
    /// [`InvalidOrigin`].
    pub fn new(origin: &str) -> Result<Self, InvalidOrigin> {
        let bad = InvalidOrigin(());
        let (scheme, rest) = origin.split_once("://").ok_or(bad)?;
        let (host, port) = match rest.split_once(':') {
            Some((host, port)) => {
                let number: u16 = port.parse().map_err(|_digits| bad)?;
                // Written as a browser writes it.
                if number.to_string() != port {
                    return Err(bad);
                }
                (host, Some(number))
            }
            None => (rest, None),
        };
        let secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(bad),
        };
        let by_default = if secure { 443 } else { 80 };
        let is_local = host == "localhost";
        let named = is_local || (host.contains('.') && is_name(host));
        if !named || (!secure && !is_local) || port == Some(by_default) {
            return Err(bad);
        }
        let domain = AsciiDomain::try_from(host.to_owned()).map_err(|_domain| bad)?;
        Ok(Self {
            rp: RpId::Domain(domain),
            text: origin.to_owned(),
            secure,
            host: host.to_owned(),
            port,
        })
    }

    /// Returns the origin as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) const fn rp(&self) -> &RpId {
        &self.rp
    }

    /// Returns the origin that an answer must come from.
    pub(super) fn origin(&self) -> DomainOrigin<'_, '_> {
        DomainOrigin {
            scheme: if self.secure {
                Scheme::Https
            } else {
                Scheme::Other("http")
            },
            host: &self.host,
            port: self.port.map_or(Port::None, Port::Val),
        }
    }
}

/// Says whether a host is a name in lower case and no address of numbers.
fn is_name(host: &str) -> bool {
    let signs = host
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
    let last = host.rsplit('.').next().unwrap_or_default();
    signs && last.bytes().any(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_secure_name_or_ones_own_machine() {
        for good in [
            "https://yuntu.example",
            "https://cdp.yuntu.example:8443",
            "http://localhost:8080",
            "http://localhost",
            "https://localhost:8443",
        ] {
            assert_eq!(PasskeySite::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "yuntu.example",
            "http://yuntu.example",
            "https://127.0.0.1:8080",
            "http://127.0.0.1:8080",
            "https://Yuntu.example",
            "https://yuntu.example/",
            "https://yuntu.example:443",
            "https://yuntu.example:08443",
            "https://yuntu.example:x",
            "https://name",
            "https://user@yuntu.example",
            "ftp://yuntu.example",
            "https://云图.example",
        ] {
            assert!(PasskeySite::new(bad).is_err(), "{bad}");
        }
    }
}
