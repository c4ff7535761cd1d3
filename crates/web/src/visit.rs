//! From where somebody comes: her network, as far as one person's reach goes, and what her browser says of itself.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use yuntu_app::accounts::Visit;
use yuntu_app::vault::SessionSecret;
use yuntu_terms::{Lang, Pii};

use crate::cookies;
use crate::input::language;

/// The cookie with the mark by which an account knows a browser, as the statement declares it.
pub(crate) const DEVICE: &str = "__Host-device";

/// How much a browser may say of itself.
const AGENT_CHARS_MAX: usize = 200;

/// Somebody who comes.
#[derive(Debug)]
pub(crate) struct Visitor {
    network: String,
    agent: Option<String>,
    mark: Option<SessionSecret>,
    lang: Lang,
}

impl Visitor {
    /// Takes what an act keeps of her.
    pub(crate) fn visit(&self) -> Visit {
        Visit {
            network: Pii::new(self.network.clone()),
            agent: self.agent.clone().map(Pii::new),
            family: self.agent.as_deref().and_then(device),
            mark: self.mark.clone(),
            lang: self.lang,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(address)| address.ip());
        // A proxy may add a line of its own; what stands before it is the visitor's word.
        let mut lines = parts.headers.get_all("x-forwarded-for").iter();
        let forwarded = lines.next_back().and_then(|line| line.to_str().ok());
        let agent = parts.headers.get(USER_AGENT);
        let agent = agent.and_then(|text| text.to_str().ok());
        let agent = agent.map(|text| text.chars().take(AGENT_CHARS_MAX).collect());
        Ok(Self {
            network: network(peer, forwarded),
            agent,
            mark: cookies::find(&parts.headers, DEVICE)
                .and_then(|text| SessionSecret::parse(text).ok()),
            lang: language(&parts.headers, &parts.uri),
        })
    }
}

/// Finds the network: what a proxy on this machine says last of whom it speaks for, else that of the connection itself.
fn network(peer: Option<IpAddr>, forwarded: Option<&str>) -> String {
    let behind = peer
        .filter(|peer| peer.to_canonical().is_loopback())
        .and(forwarded)
        .and_then(|list| list.rsplit(',').next())
        .and_then(|last| last.trim().parse().ok());
    match behind
        .or(peer)
        .map(|address: IpAddr| address.to_canonical())
    {
        Some(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Some(IpAddr::V6(address)) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
        None => String::from("–"),
    }
}

/// Names a browser and its system as far as it says so of itself.
pub(crate) fn device(agent: &str) -> Option<String> {
    // The order matters: most browsers name those before them too.
    let browsers = [
        ("MicroMessenger/", "WeChat"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(sign, _)| agent.contains(sign));
        found.map(|(_, name)| *name)
    };
    match (find(&browsers), find(&systems)) {
        (Some(browser), Some(system)) => Some(format!("{browser} · {system}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn a_network_ends_where_the_reach_of_one_person_does_and_only_a_local_proxy_is_believed() {
        for (peer, forwarded, expected) in [
            ("203.0.113.9", None, "203.0.113.0/24"),
            ("203.0.113.9", Some("198.51.100.1"), "203.0.113.0/24"),
            ("127.0.0.1", None, "127.0.0.0/24"),
            (
                "127.0.0.1",
                Some("1.2.3.4, 198.51.100.1"),
                "198.51.100.0/24",
            ),
            ("127.0.0.1", Some("nobody"), "127.0.0.0/24"),
            ("::1", Some("2001:db8:1:2::3"), "2001:db8:1::/48"),
            ("::ffff:203.0.113.9", None, "203.0.113.0/24"),
        ] {
            let peer = peer.parse().unwrap();
            assert_eq!(network(Some(peer), forwarded), expected);
        }
        assert_eq!(network(None, Some("198.51.100.1")), "–");
    }

    #[tokio::test]
    async fn what_the_nearest_proxy_added_counts_even_in_a_line_of_its_own() {
        for (lines, expected) in [
            (&["1.2.3.4", "198.51.100.1"][..], "198.51.100.0/24"),
            (&["1.2.3.4", "5.6.7.8, 198.51.100.1"], "198.51.100.0/24"),
            (&["1.2.3.4, 198.51.100.1"], "198.51.100.0/24"),
            (&["1.2.3.4", "nobody"], "127.0.0.0/24"),
        ] {
            let peer: SocketAddr = "127.0.0.1:9".parse().unwrap();
            let mut request = Request::get("/").extension(ConnectInfo(peer));
            for line in lines {
                request = request.header("x-forwarded-for", *line);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let Ok(visitor) = Visitor::from_request_parts(&mut parts, &()).await;
            assert_eq!(visitor.network, expected, "{lines:?}");
        }
    }

    #[test]
    fn a_device_is_named_as_far_as_it_says_what_it_is() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
                Some("Firefox · Linux"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0",
                Some("Edge · Windows"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
                Some("Safari · iPhone"),
            ),
            ("curl/8", None),
            ("", None),
        ] {
            assert_eq!(device(agent).as_deref(), expected);
        }
    }
}
